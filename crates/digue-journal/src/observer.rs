//! Who is told of what became durable.

use digue_types::Event;

use crate::checkpoint::Checkpoint;

/// Receives what became durable, in order and without a gap. It must return quickly, since commits
/// and publications wait for it; `checkpoint` and `failed` may be called under the publisher's
/// lock, so they must not read the journal.
pub trait JournalObserver: Send {
    fn committed(&mut self, entries: &[Committed]);
    fn checkpoint(&mut self, _checkpoint: &Checkpoint) {}
    /// A commit failed, and its appends with it; or publishing failed, and is tried again.
    fn failed(&mut self, _error: &str) {}
}

/// An observer that ignores everything.
pub struct NoObserver;

impl JournalObserver for NoObserver {
    fn committed(&mut self, _entries: &[Committed]) {}
}

/// An entry that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub index: u64,
    pub event: Event,
}
