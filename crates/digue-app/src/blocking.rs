//! Work that would hold up an async worker, and with it the responses of others: files, scans of
//! the index and the journal, uploads to be read, documents to be written.
//!
//! It runs on threads of its own, a few at once. What it computes is no matter of this file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use digue_journal::keyring::OpenedKeyring;
use digue_types::Event;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::areas::Area;
use crate::error::OperationError;

/// Pieces of work that run at once; the gateway needs the other cores of the machine.
const AT_ONCE: usize = 4;
/// Pieces of work that may wait; further ones are refused with `Busy`, because each holds its
/// upload or view.
const WAITING_MAX: usize = 128;

/// The turns of blocking work.
pub(crate) struct BlockingWork {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for BlockingWork {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Area for BlockingWork {}

/// A place among those that wait, given back when dropped.
struct WaitingPlace<'w>(&'w AtomicUsize);

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl BlockingWork {
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, OperationError> {
        let place = WaitingPlace(&self.waiting);
        if place.0.fetch_add(1, Ordering::SeqCst) >= WAITING_MAX {
            return Err(OperationError::Busy);
        }
        let turns = self.turns.clone();
        let turn = turns
            .acquire_owned()
            .await
            .expect("the turns are never closed");
        drop(place);
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work and not by the request: work goes on when its request is cancelled,
            // and still counts.
            let _turn = turn;
            work()
        });
        done.await
            .map_err(|error| OperationError::Unavailable(error.to_string()))
    }
}

impl App {
    /// Runs slow or blocking work off the async workers.
    ///
    /// # Errors
    /// `Busy` when too much waits already; `Unavailable` when it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, OperationError> {
        self.area::<BlockingWork>().run(work).await
    }

    /// `each_entry` off the async workers: `add` puts what it needs of each event into `found`.
    pub async fn gather<T: Send + 'static>(
        &self,
        first: u64,
        mut found: T,
        add: impl Fn(&mut T, Event) + Send + 'static,
    ) -> Result<T, OperationError> {
        let journal = self.journal().clone();
        let read = move || {
            let read = journal.each(first, &mut |_, opened| {
                if let OpenedKeyring::Event(event) = opened {
                    add(&mut found, event);
                }
            });
            read.map(|()| found)
        };
        self.blocking(read)
            .await?
            .map_err(|error| OperationError::Unavailable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Barrier;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn work_of_a_cancelled_request_keeps_its_turn_until_it_ends() {
        let blocking = BlockingWork::default();
        let together = Arc::new(Barrier::new(AT_ONCE + 1));
        for _ in 0..AT_ONCE {
            let together = together.clone();
            let mut request = Box::pin(blocking.run(move || {
                together.wait();
            }));
            assert!(poll_once(request.as_mut()).is_pending());
        }
        let mut next = pin!(blocking.run(|| 7));
        assert!(
            poll_once(next.as_mut()).is_pending(),
            "all turns are taken by cancelled requests"
        );
        assert_eq!(blocking.turns.available_permits(), 0);
        tokio::task::spawn_blocking(move || together.wait())
            .await
            .unwrap();
        assert_eq!(next.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_finds_no_place_to_wait_is_refused_and_places_are_given_back() {
        let blocking = BlockingWork::default();
        let all = blocking
            .turns
            .clone()
            .acquire_many_owned(u32::try_from(AT_ONCE).unwrap())
            .await
            .unwrap();
        let mut waiting: Vec<_> = (0..WAITING_MAX)
            .map(|n| Box::pin(blocking.run(move || n)))
            .collect();
        for request in &mut waiting {
            assert!(poll_once(request.as_mut()).is_pending());
        }
        assert!(matches!(
            blocking.run(|| ()).await,
            Err(OperationError::Busy)
        ));
        waiting.clear();
        assert_eq!(blocking.waiting.load(Ordering::SeqCst), 0);
        drop(all);
        assert!(blocking.run(|| ()).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_gives_its_turn_back() {
        let blocking = BlockingWork::default();
        for _ in 0..=AT_ONCE {
            let failed = blocking.run(|| panic!("a test")).await;
            assert!(matches!(failed, Err(OperationError::Unavailable(_))));
        }
    }
}
