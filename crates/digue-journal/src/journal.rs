//! The writer: one durable commit for many entries, and a signed checkpoint at short intervals.
//!
//! Two threads. The *committer* appends waiting entries to the write-ahead file and makes them
//! durable with one sync; only then do callers get their answer. The *publisher* turns committed
//! entries into tiles and replaces the checkpoint. Opening a journal after a crash and recovering
//! from a failed disk are one function: `recover`.
//!
//! `followed` is the other way to be durable: elsewhere, for several gateways.
//!
//! What an entry means, and whether a response may leave, is not known here.

use std::collections::HashSet;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use digue_types::{Event, Timestamp};

use crate::checkpoint::Checkpoint;
use crate::codec;
use crate::committer::Committer;
use crate::disk::Disk;
use crate::followed::{self, DurableElsewhere, SignedElsewhere};
use crate::journal_state::{Done, SharedJournal, WaitingAppend, lock};
use crate::keyring::{KeyError, Keyring, OpenedKeyring, PeriodKeyRecord, Stream};
use crate::mirror;
use crate::note::Signer;
use crate::observer::JournalObserver;
use crate::open_error::OpenError;
use crate::proof::Prover;
use crate::prune::{self, Pruned};
use crate::publisher::Publisher;
use crate::reader;
use crate::receipt::Receipt;
use crate::seal::{ClearHeader, EVENT_BYTES_MAX, EntryKey};
use crate::tree::{Hash, TILE_WIDTH};
use crate::verify::{self, VerifyAgainst, VerifyReport};

pub use crate::journal_state::{AppendError, Appended, JournalStatus};

/// Entries that `each` reads in one step, 64 bundles: memory stays bounded, and publishing waits
/// for a step and not for the whole journal.
const READ_CHUNK: u64 = 64 * 256;

/// What a journal needs to run.
pub struct JournalOptions {
    pub disk: Disk,
    pub signer: Signer,
    /// Seals each entry under the key of its period.
    pub keyring: Keyring,
    /// Greatest number of waiting appends; the next one is refused with `AppendError::Busy`.
    pub queue_max: usize,
    /// The longest time between a commit and the checkpoint that covers it.
    pub checkpoint_every: Duration,
    pub observer: Box<dyn JournalObserver>,
}

/// A running journal. Dropping it closes it.
pub struct Journal {
    shared: Arc<SharedJournal>,
    /// Taken only by `close`, which holds it while it joins: a second `close` returns after the
    /// first. The threads never take it.
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// The folder's lock file, held until both threads have ended. Taken only by `close`, last.
    lock: Mutex<Option<File>>,
}

impl Journal {
    /// Opens or creates the journal in the folder of `options.disk`, recovering what a crash left.
    pub fn open(options: JournalOptions) -> Result<Self, OpenError> {
        // The lock before anything is read: another writer might still change it.
        let lock = options.disk.lock()?.ok_or(OpenError::Held)?;
        if options.disk.read(mirror::MARK)?.is_some() {
            return Err(OpenError::Shared);
        }
        // Before anything is written: a damaged key file must stop the start, and not the first
        // append.
        options.keyring.load()?;
        let mut publisher = Publisher::new(options.disk, options.signer);
        let wal = publisher.recover()?;
        let size = publisher.edge.size();
        let minimum = prune::minimum(&publisher.disk, publisher.signer.verifier(), size)?;
        let shared = Arc::new(SharedJournal {
            queue: Mutex::default(),
            work: Condvar::new(),
            closing: Condvar::new(),
            publisher: Mutex::new(publisher),
            committed: Mutex::default(),
            status: Mutex::new(JournalStatus {
                size,
                checkpoint_size: size,
                failure: None,
                is_ended: false,
            }),
            observer: Mutex::new(options.observer),
            keyring: options.keyring,
            minimum: AtomicU64::new(minimum),
            queue_max: options.queue_max,
            checkpoint_every: options.checkpoint_every,
            is_followed: false,
        });
        let committer = Committer::new(shared.clone(), wal, size);
        let publishing = shared.clone();
        let threads = vec![
            std::thread::Builder::new()
                .name("journal-commit".into())
                .spawn(|| committer.run())?,
            std::thread::Builder::new()
                .name("journal-publish".into())
                .spawn(move || publish_until_closed(&publishing))?,
        ];
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Opens the folder of a journal that becomes durable elsewhere. The folder must have been
    /// brought up to date (`JournalMirror`): what comes by turns is held in memory.
    pub fn open_followed(
        options: JournalOptions,
        durable: Box<dyn DurableElsewhere>,
        signed: Box<dyn SignedElsewhere>,
    ) -> Result<Self, OpenError> {
        let held = options.disk.lock()?.ok_or(OpenError::Held)?;
        options.keyring.load()?;
        let mut publisher = Publisher::new(options.disk, options.signer);
        publisher.follow()?;
        publisher.disk.write_note(mirror::MARK, mirror::MARKED)?;
        let size = publisher.edge.size();
        let minimum = prune::minimum(&publisher.disk, publisher.signer.verifier(), size)?;
        let shared = Arc::new(SharedJournal {
            queue: Mutex::default(),
            work: Condvar::new(),
            closing: Condvar::new(),
            publisher: Mutex::new(publisher),
            committed: Mutex::default(),
            status: Mutex::new(JournalStatus {
                size,
                checkpoint_size: size,
                failure: None,
                is_ended: false,
            }),
            observer: Mutex::new(options.observer),
            keyring: options.keyring,
            minimum: AtomicU64::new(minimum),
            queue_max: options.queue_max,
            checkpoint_every: options.checkpoint_every,
            is_followed: true,
        });
        let (committing, following) = (shared.clone(), shared.clone());
        let threads = vec![
            std::thread::Builder::new()
                .name("journal-commit".into())
                .spawn(move || followed::commit_until_closed(&committing, durable))?,
            std::thread::Builder::new()
                .name("journal-follow".into())
                .spawn(move || followed::follow_until_closed(&following, signed))?,
        ];
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
            lock: Mutex::new(Some(held)),
        })
    }

    /// Adds `events` as one unit. `done` is called exactly once: by the committing thread, when all
    /// of them are durable or none is acknowledged; or at once, on this thread, when they are
    /// refused.
    pub fn append(
        &self,
        events: Vec<Event>,
        done: impl FnOnce(Result<Appended, AppendError>) + Send + 'static,
    ) {
        if let Err((error, done)) = self.enqueue(events, Box::new(done)) {
            done(Err(error));
        }
    }

    fn enqueue(&self, events: Vec<Event>, done: Done) -> Result<(), (AppendError, Done)> {
        // Encoded and sealed on the caller's thread: the committer, of which there is one, only
        // writes.
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            let bytes = codec::encode(&event);
            if bytes.len() > EVENT_BYTES_MAX {
                return Err((AppendError::TooLong { bytes: bytes.len() }, done));
            }
            match self.shared.keyring.seal(&event, &bytes) {
                Ok(sealed) => entries.push((sealed, event)),
                Err(error @ KeyError::Closed { .. }) => {
                    return Err((AppendError::PastRetention(error.to_string()), done));
                }
                Err(error) => return Err((AppendError::NotSealed(error.to_string()), done)),
            }
        }
        let mut queue = lock(&self.shared.queue);
        if queue.is_closed {
            return Err((AppendError::Closed, done));
        }
        if queue.waiting.len() >= self.shared.queue_max {
            return Err((
                AppendError::Busy {
                    limit: self.shared.queue_max,
                },
                done,
            ));
        }
        queue.waiting.push(WaitingAppend { entries, done });
        drop(queue);
        // There is one committer, and nobody else waits on it.
        self.shared.work.notify_one();
        Ok(())
    }

    /// Like `append`, but blocks this thread until the answer.
    pub fn append_and_wait(&self, events: Vec<Event>) -> Result<Appended, AppendError> {
        let (sender, receiver) = mpsc::channel();
        self.append(events, move |result| {
            let _ = sender.send(result);
        });
        receiver.recv().unwrap_or(Err(AppendError::Closed))
    }

    /// Index of the first entry that is left on the disk.
    pub fn minimum(&self) -> u64 {
        self.shared.minimum.load(Ordering::Acquire)
    }

    /// The published entries of `range` with their indexes, opened unless their key was destroyed;
    /// pruned entries are omitted.
    ///
    /// # Errors
    /// When the range goes past the last checkpoint, or a file cannot be read.
    pub fn entries(
        &self,
        range: std::ops::Range<u64>,
    ) -> Result<Vec<(u64, OpenedKeyring)>, OpenError> {
        let (first, sealed) = {
            // Under the lock, so that nothing is published or forgotten meanwhile: the name of the
            // last bundle contains its width, and a bundle that was pruned in between would look
            // tampered with. Entries are opened after it is released.
            let publisher = lock(&self.shared.publisher);
            let first = range.start.max(self.minimum());
            (
                first,
                reader::entries(
                    &publisher.disk,
                    first..range.end.max(first),
                    publisher.edge.size(),
                )?,
            )
        };
        (first..)
            .zip(&sealed)
            .map(|(index, bytes)| Ok((index, self.shared.keyring.open(bytes)?)))
            .collect()
    }

    /// Calls `take` with every durable entry from `first` on, in order, those not yet published
    /// included. Where entries become durable elsewhere, those that are not signed yet are not in
    /// the folder: their signature is waited for.
    ///
    /// # Errors
    /// A file cannot be read, or what is durable elsewhere was not signed within a bound.
    pub fn each(
        &self,
        first: u64,
        take: &mut dyn FnMut(u64, OpenedKeyring),
    ) -> Result<(), OpenError> {
        // What counts from this (budgets, the index) must not miss the last half second.
        if self.shared.is_followed && !followed::wait_for_signature(&self.shared) {
            let text = "the last entries are durable and not signed yet";
            return Err(OpenError::Disk(std::io::Error::other(text)));
        }
        let mut at = first;
        loop {
            let end = lock(&self.shared.publisher)
                .edge
                .size()
                .min(at.saturating_add(READ_CHUNK));
            if end <= at {
                break;
            }
            for (index, opened) in self.entries(at..end)? {
                take(index, opened);
            }
            at = end;
        }
        let (published, tail) = {
            let publisher = lock(&self.shared.publisher);
            let size = publisher.edge.size();
            (size, reader::unpublished(&publisher.disk, size)?)
        };
        // Entries published since the loop are not in the tail any more: they are read like the
        // others.
        if published > at {
            return self.each(at, take);
        }
        for (index, sealed) in (published..).zip(tail).filter(|(index, _)| *index >= at) {
            take(index, self.shared.keyring.open(&sealed)?);
        }
        Ok(())
    }

    /// Entry `index` with the proof that the journal contains it, to be verified without Digue.
    /// `discloses` adds the key that opens this entry and no other.
    pub fn receipt(&self, index: u64, discloses: bool) -> Result<Receipt, OpenError> {
        let publisher = lock(&self.shared.publisher);
        let checkpoint = reader::checkpoint_note(&publisher.disk)?;
        receipt(
            &publisher.disk,
            publisher.edge.size(),
            checkpoint,
            index,
            |sealed| {
                discloses
                    .then(|| self.shared.keyring.disclose(sealed))
                    .transpose()
            },
        )
    }

    /// The last checkpoint's signed note, and the proof that it continues the tree of `old`
    /// entries.
    pub fn continuation(&self, old: u64) -> Result<(String, Vec<Hash>), OpenError> {
        let publisher = lock(&self.shared.publisher);
        let note = reader::checkpoint_note(&publisher.disk)?;
        let size = publisher.edge.size();
        let proof = Prover::new(&publisher.disk, size).consistency(old, size)?;
        Ok((note, proof))
    }

    /// The proof that the tree of `new` entries continues that of `old`.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, OpenError> {
        let publisher = lock(&self.shared.publisher);
        Prover::new(&publisher.disk, publisher.edge.size()).consistency(old, new)
    }

    /// The root of the first `size` entries; `None` when so many are not published, or cannot be
    /// read.
    pub fn root(&self, size: u64) -> Option<Hash> {
        let publisher = lock(&self.shared.publisher);
        Prover::new(&publisher.disk, publisher.edge.size())
            .root(size)
            .ok()
    }

    /// Stores a checkpoint of this journal with the cosignatures of witnesses; receipts and readers
    /// get it from then on.
    pub fn keep_witnessed(&self, note: &str) -> Result<(), OpenError> {
        let publisher = lock(&self.shared.publisher);
        // The note comes from outside. Only what this journal's key signed is stored: receipts will
        // carry it.
        Checkpoint::open(note, publisher.signer.verifier())
            .map_err(|error| OpenError::Tampered(error.to_string()))?;
        Ok(publisher
            .disk
            .write_note(reader::WITNESSED, note.as_bytes())?)
    }

    /// A file that tlog clients may read: `checkpoint`, or a tile by its path.
    pub fn published_file(&self, path: &str) -> Result<Option<Vec<u8>>, OpenError> {
        let publisher = lock(&self.shared.publisher);
        reader::published_file(&publisher.disk, path)
    }

    /// Signs a statement about this journal with its key.
    ///
    /// # Panics
    /// When the statement does not begin with `digue-` and end with a newline: nothing that can be
    /// read as a checkpoint may be signed here.
    pub fn sign(&self, statement: &str) -> String {
        assert!(
            statement.starts_with("digue-") && statement.ends_with('\n'),
            "a statement of Digue"
        );
        lock(&self.shared.publisher).signer.sign(statement)
    }

    /// The public key in its C2SP form, to verify what the journal signed.
    pub fn public_key(&self) -> String {
        lock(&self.shared.publisher).signer.verifier().to_text()
    }

    /// The name of the journal.
    pub fn origin(&self) -> String {
        lock(&self.shared.publisher)
            .signer
            .verifier()
            .name()
            .to_owned()
    }

    /// The period keys, without their secrets.
    pub fn keys(&self) -> Vec<PeriodKeyRecord> {
        self.shared.keyring.records()
    }

    /// Destroys the keys of `stream` for periods that lie wholly before `before`, and removes from
    /// the disk the beginning of the journal that can no longer be read. May be repeated after an
    /// error.
    pub fn forget(
        &self,
        stream: &Stream,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Forgotten, OpenError> {
        // Destroying the keys is what ends the retention; pruning afterwards only frees space.
        let keys = self.shared.keyring.destroy(stream, before, now)?;
        let publisher = lock(&self.shared.publisher);
        let destroyed = self
            .shared
            .keyring
            .records()
            .into_iter()
            .filter(|key| key.destroyed.is_some());
        let destroyed: HashSet<u32> = destroyed.map(|key| key.number).collect();
        let known = Pruned::read(&publisher.disk, publisher.signer.verifier())?;
        let start = known.as_ref().map_or(0, |pruned| pruned.minimum);
        let minimum = readable_from(&publisher, start, &destroyed)?;
        if minimum > start {
            let root = Prover::new(&publisher.disk, publisher.edge.size()).root(minimum)?;
            // The signed note before the files: a beginning that is missing without it is damage.
            Pruned {
                minimum,
                root,
                at: now,
            }
            .write(&publisher.disk, &publisher.signer)?;
        }
        // Readers skip the entries before these are removed.
        // Pairs with the acquire in `minimum`, which is also called without the publisher's lock.
        self.shared.minimum.store(minimum, Ordering::Release);
        prune::remove_below(&publisher.disk, minimum)?;
        Ok(Forgotten { keys, minimum })
    }

    /// Reads the whole journal from the disk again and compares it with its signed root. Takes as
    /// long as the journal is.
    ///
    /// # Errors
    /// The check could not run.
    pub fn verify(&self) -> Result<VerifyReport, OpenError> {
        // Without the lock: publishing must not wait for a check of the whole journal.
        let (disk, key) = {
            let publisher = lock(&self.shared.publisher);
            (
                Disk::new(publisher.disk.root()),
                publisher.signer.verifier().clone(),
            )
        };
        verify::verify(&disk, &VerifyAgainst::key(&key), |_, _| {})
    }

    /// Signs a checkpoint over what is durable now, without waiting for the interval: an answer that
    /// rests on a checkpoint would leave out the entries after it. Blocks for one publication; where
    /// it fails, `status` still has the earlier checkpoint.
    pub fn sign_committed(&self) {
        if self.shared.is_followed {
            let _ = followed::wait_for_signature(&self.shared);
        } else {
            publish_committed(&self.shared);
        }
    }

    pub fn status(&self) -> JournalStatus {
        lock(&self.shared.status).clone()
    }

    /// Commits and publishes the waiting appends, then unlocks the folder. Later appends are
    /// refused.
    pub fn close(&self) {
        lock(&self.shared.queue).is_closed = true;
        self.shared.work.notify_all();
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
        lock(&self.lock).take();
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

/// Result of [`Journal::forget`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The keys that were destroyed now.
    pub keys: Vec<PeriodKeyRecord>,
    /// Index of the first entry that is left on the disk.
    pub minimum: u64,
}

/// Makes a receipt from the files of a journal whose checkpoint covers `size` entries.
pub fn receipt(
    disk: &Disk,
    size: u64,
    checkpoint: String,
    index: u64,
    disclose: impl FnOnce(&[u8]) -> Result<Option<EntryKey>, KeyError>,
) -> Result<Receipt, OpenError> {
    let proof = Prover::new(disk, size).inclusion(index, size)?;
    let sealed = reader::entries(disk, index..index + 1, size)?.remove(0);
    let disclosed = disclose(&sealed)?;
    Ok(Receipt {
        index,
        sealed,
        disclosed,
        proof,
        checkpoint,
    })
}

/// Index of the first entry that must stay: the beginning of the first bundle, from `start` on,
/// that is not full or has an entry whose key is not destroyed.
fn readable_from(
    publisher: &Publisher,
    start: u64,
    destroyed: &HashSet<u32>,
) -> Result<u64, OpenError> {
    let (width, size) = (TILE_WIDTH as u64, publisher.edge.size());
    let mut minimum = start;
    while minimum + width <= size {
        let entries = reader::bundle(&publisher.disk, minimum / width, TILE_WIDTH)?;
        let is_gone = |sealed: &Vec<u8>| {
            ClearHeader::of(sealed).is_ok_and(|clear| destroyed.contains(&clear.key))
        };
        if !entries.iter().all(is_gone) {
            break;
        }
        minimum += width;
    }
    Ok(minimum)
}

fn publish_until_closed(shared: &SharedJournal) {
    loop {
        let queue = lock(&shared.queue);
        let is_last = if queue.is_drained {
            true
        } else {
            let waited = shared.closing.wait_timeout(queue, shared.checkpoint_every);
            waited.unwrap_or_else(PoisonError::into_inner).0.is_drained
        };
        // After `is_last` was read: once the committer has ended, whatever it left is in
        // `committed` already.
        publish_committed(shared);
        if is_last {
            return;
        }
    }
}

fn publish_committed(shared: &SharedJournal) {
    let mut publisher = lock(&shared.publisher);
    // Under the publisher's lock: a recovery publishes the same entries from the write-ahead file,
    // and clears these under that lock.
    let entries = std::mem::take(&mut *lock(&shared.committed));
    if entries.is_empty() {
        return;
    }
    match publisher.publish(&entries) {
        Ok(checkpoint) => {
            lock(&shared.status).checkpoint_size = checkpoint.size;
            lock(&shared.observer).checkpoint(&checkpoint);
        }
        Err(error) => {
            // Nothing is lost: the entries are in the write-ahead file. They are put back before
            // those that were committed meanwhile, and published at the next interval.
            let mut committed = lock(&shared.committed);
            let newer = std::mem::replace(&mut *committed, entries);
            committed.extend(newer);
            lock(&shared.observer).failed(&error.to_string());
        }
    }
}
