//! What the threads of a journal share: waiting appends, the tree's files, what was committed.
//!
//! Vocabulary and locks; who commits and who publishes is in `journal`, `committer` and `followed`.

use std::sync::atomic::AtomicU64;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_types::Event;

use crate::keyring::Keyring;
use crate::observer::JournalObserver;
use crate::open_error::OpenError;
use crate::publisher::Publisher;
use crate::seal::EVENT_BYTES_MAX;

/// How long the committer waits for further appends when the last batch had several. On a disk that
/// syncs in 0.2 ms, one sync for every two or three entries costs more than all the rest of a
/// response.
const GATHER: Duration = Duration::from_micros(700);

/// The position of an append in the journal: `count` entries from index `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub first: u64,
    pub count: u64,
}

/// Why an append was not acknowledged: the response that it records must not leave. After
/// `Unavailable` its entries may nevertheless be found in the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("{limit} appends are already waiting for the disk")]
    Busy { limit: usize },
    #[error("an entry has {bytes} bytes, at most {EVENT_BYTES_MAX} fit")]
    TooLong { bytes: usize },
    /// The key of its period was destroyed: nothing past its retention is written again.
    #[error("{0}")]
    PastRetention(String),
    /// The key of its period cannot be used: nothing was written.
    #[error("the entry cannot be sealed: {0}")]
    NotSealed(String),
    #[error("the journal cannot be written: {0}")]
    Unavailable(String),
    #[error("the journal is closed")]
    Closed,
}

/// How far the journal is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct JournalStatus {
    /// Entries that are durable.
    pub size: u64,
    /// Entries under the last signed checkpoint.
    pub checkpoint_size: u64,
    /// Why the last commit failed; `None` after the next recovery.
    pub failure: Option<String>,
    /// Nothing is acknowledged any more, whatever comes: another gateway serves on the shared
    /// journal, or acknowledged entries were lost. Only a new start of this process helps.
    pub is_ended: bool,
}

pub(crate) type Done = Box<dyn FnOnce(Result<Appended, AppendError>) + Send>;

pub(crate) struct WaitingAppend {
    pub(crate) entries: Vec<(Vec<u8>, Event)>,
    pub(crate) done: Done,
}

// Lock order: `queue`, `publisher`, `committed`, then `status`, `observer` or the keyring's. None
// is taken while a later one is held.
pub(crate) struct SharedJournal {
    /// Waiting appends and the state of closing. Held for moving lists only, save for the last
    /// publication of a journal that closes.
    pub(crate) queue: Mutex<AppendQueue>,
    /// Wakes the committer: entries wait, or the journal closes.
    pub(crate) work: Condvar,
    /// Wakes the publisher: the committer has ended.
    pub(crate) closing: Condvar,
    /// The tree and its files. Held for the whole of a publication, a recovery or a read, so that
    /// no reader sees tiles without their checkpoint, or a bundle that is being replaced.
    pub(crate) publisher: Mutex<Publisher>,
    /// Sealed entries that are durable and not in tiles yet, in order.
    pub(crate) committed: Mutex<Vec<Vec<u8>>>,
    pub(crate) status: Mutex<JournalStatus>,
    pub(crate) observer: Mutex<Box<dyn JournalObserver>>,
    pub(crate) keyring: Keyring,
    /// The first entry that pruning left.
    pub(crate) minimum: AtomicU64,
    pub(crate) queue_max: usize,
    pub(crate) checkpoint_every: Duration,
    /// Entries become durable elsewhere: see `followed`.
    pub(crate) is_followed: bool,
}

#[derive(Default)]
pub(crate) struct AppendQueue {
    pub(crate) waiting: Vec<WaitingAppend>,
    /// No append is accepted any more.
    pub(crate) is_closed: bool,
    /// The committer has ended: what the publisher finds next is the last.
    pub(crate) is_drained: bool,
}

/// Waits for appends; `None` once the journal is closed and none are left. `had_company` says
/// whether the last batch had several.
pub(crate) fn next_batch(
    shared: &SharedJournal,
    had_company: &mut bool,
    entries_max: usize,
) -> Option<Vec<WaitingAppend>> {
    let mut queue = lock(&shared.queue);
    while queue.waiting.is_empty() {
        if queue.is_closed {
            return None;
        }
        queue = shared
            .work
            .wait(queue)
            .unwrap_or_else(PoisonError::into_inner);
    }
    // A single writer never waits here: its next entry comes only after the answer to this one.
    if *had_company && !queue.is_closed {
        // Released meanwhile: the appends that are waited for need it.
        drop(queue);
        std::thread::park_timeout(GATHER);
        queue = lock(&shared.queue);
    }
    *had_company = queue.waiting.len() > 1;
    let mut entries = 0;
    let fitting = queue.waiting.iter().take_while(|waiting| {
        entries += waiting.entries.len();
        entries <= entries_max
    });
    let count = fitting.count().max(1);
    let rest = queue.waiting.split_off(count);
    Some(std::mem::replace(&mut queue.waiting, rest))
}

/// Locks, also after a panic of another thread: the journal's invariants are checked by `recover`
/// against the disk, not by the poisoning of a lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn source_text(error: &OpenError) -> String {
    match error {
        OpenError::Disk(source) => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}
