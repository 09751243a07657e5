//! Work that goes on when a response has left: it is finished before the gateway stops.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

/// Counts what is under way.
#[derive(Clone, Debug)]
pub(crate) struct After(watch::Sender<usize>);

impl Default for After {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl After {
    /// Starts `work`; false when there is no runtime any more that could do it.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> bool {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return false };
        let running = Running::of(&self.0);
        runtime.spawn(async move {
            work.await;
            drop(running);
        });
        true
    }

    /// Waits until nothing is under way, at most so long; false when something still is.
    pub(crate) async fn finish(&self, at_most: Duration) -> bool {
        let mut running = self.0.subscribe();
        let finished = running.wait_for(|count| *count == 0);
        tokio::time::timeout(at_most, finished).await.is_ok()
    }
}

/// Counted as long as it lives, also when its work panics.
struct Running(watch::Sender<usize>);

impl Running {
    fn of(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
