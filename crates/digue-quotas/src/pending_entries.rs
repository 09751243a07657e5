//! Entries that are journalled after their response has left: a stop of the gateway waits for them.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

/// The most entries that may be in progress, of responses that are being sent or have left. Without
/// a bound, a journal that does not answer would take the memory of the process, and the portals
/// with it.
const IN_PROGRESS_MAX: usize = 20_000;

/// Counts the entries in progress.
#[derive(Clone, Debug)]
pub struct PendingEntries(watch::Sender<usize>);

impl Default for PendingEntries {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl PendingEntries {
    /// Counts an entry that will be journalled once its response has left.
    pub fn begin(&self) -> PendingEntry {
        self.0.send_modify(|count| *count += 1);
        PendingEntry(self.0.clone())
    }

    /// Waits until none is in progress, at most `at_most`; false when some still are.
    pub async fn finish(&self, at_most: Duration) -> bool {
        let mut running = self.0.subscribe();
        let finished = running.wait_for(|count| *count == 0);
        tokio::time::timeout(at_most, finished).await.is_ok()
    }
}

/// Counted while it lives; also when its work panics, it is released.
#[derive(Debug)]
pub struct PendingEntry(watch::Sender<usize>);

impl PendingEntry {
    /// True when there is no room for one more.
    pub fn is_one_too_many(&self) -> bool {
        // Not `>=`: `begin` has counted this one already.
        *self.0.borrow() > IN_PROGRESS_MAX
    }

    /// Spawns the work; false when there is no runtime any more to run it.
    pub fn spawn(self, work: impl Future<Output = ()> + Send + 'static) -> bool {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return false;
        };
        runtime.spawn(async move {
            work.await;
            drop(self);
        });
        true
    }
}

impl Drop for PendingEntry {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
