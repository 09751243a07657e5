//! A journal whose entries become durable elsewhere, for several gateways.
//!
//! The committing thread hands batches to a `DurableElsewhere` and answers their callers; the
//! following thread gets signed entries, of all gateways, from a `SignedElsewhere`, brings the
//! folder to their checkpoint and informs the observer. So everything that reads the folder reads
//! what it reads of a journal of one machine, a checkpoint later. Databases and leases are not
//! known here.

use std::sync::PoisonError;
use std::time::Duration;

use crate::journal_state::{
    AppendError, Appended, SharedJournal, WaitingAppend, lock, next_batch, source_text,
};
use crate::keyring::OpenedKeyring;
use crate::observer::Committed;
use crate::open_error::OpenError;
use crate::tree::TreeEdge;

/// Entries in one batch: one head row is moved on by all gateways, and latency is the number of
/// gateways times one commit, whatever the size.
const BATCH_ENTRIES_MAX: usize = 256;
/// Turns of the following thread that `sign_committed` waits for at most.
const TURNS_WAITED: u32 = 40;

/// Turns after the last entry in which a journal that closes waits for its signature.
const LAST_TURNS_MAX: u32 = 10;

/// Gives batches of sealed entries their indexes and makes them durable.
pub trait DurableElsewhere: Send {
    /// Index of the first entry, once all of them are durable.
    ///
    /// # Errors
    /// They are not, or nobody knows: no response that they record may leave.
    fn commit(&mut self, entries: Vec<Vec<u8>>) -> Result<u64, AppendError>;
}

/// What came with one turn.
pub struct SignedEntries {
    /// The entries from the end of the folder's journal to the checkpoint, and none after it.
    pub entries: Vec<Vec<u8>>,
    /// The signed checkpoint.
    pub note: String,
}

/// Signs what became durable when that is this gateway's task, and reads what was signed.
pub trait SignedElsewhere: Send {
    /// What was signed beyond `known`, the folder's tree; `None` when nothing was.
    ///
    /// # Errors
    /// `Tampered` ends this journal: acknowledged entries were lost. So does `Held`: another gateway
    /// serves, and what this one knows is out of date. Any other error is tried again at the next
    /// turn.
    fn next(&mut self, known: &TreeEdge) -> Result<Option<SignedEntries>, OpenError>;

    /// The journal is closed in good order: every entry of this gateway is signed, or was refused.
    fn finish(&mut self) {}
}

pub(crate) fn commit_until_closed(shared: &SharedJournal, mut durable: Box<dyn DurableElsewhere>) {
    let mut had_company = false;
    while let Some(batch) = next_batch(shared, &mut had_company, BATCH_ENTRIES_MAX) {
        let (answers, entries): (Vec<_>, Vec<_>) = batch.into_iter().map(parted).unzip();
        match durable.commit(entries.into_iter().flatten().collect()) {
            Ok(first) => acknowledge(shared, answers, first),
            Err(error) => {
                let text = error.to_string();
                lock(&shared.status).failure = Some(text.clone());
                lock(&shared.observer).failed(&text);
                for (done, _) in answers {
                    done(Err(error.clone()));
                }
            }
        }
    }
    lock(&shared.queue).is_drained = true;
    shared.closing.notify_all();
}

type Answer = (Box<dyn FnOnce(Result<Appended, AppendError>) + Send>, u64);

/// Who waits for how many entries, and the entries.
fn parted(waiting: WaitingAppend) -> (Answer, Vec<Vec<u8>>) {
    let entries: Vec<Vec<u8>> = waiting
        .entries
        .into_iter()
        .map(|(bytes, _)| bytes)
        .collect();
    ((waiting.done, entries.len() as u64), entries)
}

fn acknowledge(shared: &SharedJournal, answers: Vec<Answer>, first: u64) {
    let count: u64 = answers.iter().map(|(_, count)| count).sum();
    {
        let mut status = lock(&shared.status);
        status.size = status.size.max(first + count);
        status.failure = None;
    }
    let mut next = first;
    for (done, count) in answers {
        done(Ok(Appended { first: next, count }));
        next += count;
    }
}

pub(crate) fn follow_until_closed(shared: &SharedJournal, mut signed: Box<dyn SignedElsewhere>) {
    let mut last_turns = 0;
    loop {
        let is_last = wait_for_turn(shared);
        match follow(shared, &mut *signed) {
            Ok(()) => {}
            Err(error @ (OpenError::Tampered(_) | OpenError::Held)) => {
                end(shared, &error);
                return;
            }
            Err(error) => lock(&shared.observer).failed(&source_text(&error)),
        }
        if is_last {
            // Another gateway may be the one that signs.
            let status = lock(&shared.status).clone();
            if status.checkpoint_size < status.size && last_turns < LAST_TURNS_MAX {
                last_turns += 1;
                // Nothing unparks this thread: it is a pause.
                std::thread::park_timeout(shared.checkpoint_every);
                continue;
            }
            signed.finish();
            return;
        }
    }
}

/// Waits for the next turn; true when it is the last. The queue is free again afterwards.
fn wait_for_turn(shared: &SharedJournal) -> bool {
    let queue = lock(&shared.queue);
    if queue.is_drained {
        return true;
    }
    let waited = shared.closing.wait_timeout(queue, shared.checkpoint_every);
    waited.unwrap_or_else(PoisonError::into_inner).0.is_drained
}

/// Refuses everything from now on.
fn end(shared: &SharedJournal, error: &OpenError) {
    lock(&shared.queue).is_closed = true;
    shared.work.notify_all();
    let text = source_text(error);
    {
        let mut status = lock(&shared.status);
        status.failure = Some(text.clone());
        status.is_ended = true;
    }
    lock(&shared.observer).failed(&text);
}

fn follow(shared: &SharedJournal, signed: &mut dyn SignedElsewhere) -> Result<(), OpenError> {
    // A copy: the database is asked with no lock held. Only this thread moves the edge.
    let known = lock(&shared.publisher).edge.clone();
    let Some(news) = signed.next(&known)? else {
        return Ok(());
    };
    // Opened before anything is written: with an error here the next turn gets them again, and none
    // is missing in an index.
    let entries = &news.entries;
    let mut committed = Vec::with_capacity(entries.len());
    for (index, bytes) in (known.size()..).zip(entries) {
        // An entry of a retention that has ended is in the tree, and tells nothing.
        if let OpenedKeyring::Event(event) = shared.keyring.open(bytes)? {
            committed.push(Committed { index, event });
        }
    }
    let read = &mut |at: u64| {
        let skipped = usize::try_from(at - known.size()).unwrap_or(usize::MAX);
        Ok::<_, OpenError>(entries.iter().skip(skipped).cloned().collect())
    };
    let checkpoint = lock(&shared.publisher).publish_signed(&news.note, None, read)?;
    {
        let mut observer = lock(&shared.observer);
        observer.committed(&committed);
        observer.checkpoint(&checkpoint);
    }
    // After the observer, whose index answers for them: what waits for this checkpoint
    // (`wait_for_signature`) reads the index next.
    let mut status = lock(&shared.status);
    status.checkpoint_size = checkpoint.size;
    status.size = status.size.max(checkpoint.size);
    Ok(())
}

/// Waits until what was acknowledged before is signed, or for some turns of the following thread;
/// true when it is.
pub(crate) fn wait_for_signature(shared: &SharedJournal) -> bool {
    let wanted = lock(&shared.status).size;
    let turn = shared.checkpoint_every.max(Duration::from_millis(1));
    for _ in 0..TURNS_WAITED {
        let status = lock(&shared.status).clone();
        if status.checkpoint_size >= wanted {
            return true;
        }
        if status.is_ended {
            return false;
        }
        // Nothing unparks this thread: it is a pause.
        std::thread::park_timeout(turn);
    }
    lock(&shared.status).checkpoint_size >= wanted
}
