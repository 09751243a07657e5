//! Inspections that may take long run apart from the workers that serve connections: a few at a
//! time, in turn between those who asked, the one that has used the least time first. A page made
//! to be slow to inspect slows down only the account, or the stranger, that requested it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use digue_access::shares::ShareExceeded;
use digue_access::turns::{LineFull, TurnOrder};
use digue_types::AccountId;
use http::header::{self, HeaderMap};
use tokio::sync::oneshot;

/// Inspections of one holder that may wait.
const WAITING_MAX: usize = 64;
/// The usual time of an inspection, and per megabyte ten times what the slowest reader needs.
const USUAL: Duration = Duration::from_millis(100);
const PER_MEGABYTE: Duration = Duration::from_secs(1);

/// Who takes turns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TurnHolder {
    Account(AccountId),
    /// Visitors who are not signed in: they have a name in common, and their addresses apart.
    Address(String),
}

impl TurnHolder {
    /// The visitors of an address; of the sixth version, those of its network of 64 bits, of which a
    /// client has every address.
    pub fn of_address(ip: &str) -> Self {
        Self::Address(match ip.parse() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            Ok(IpAddr::V4(_)) | Err(_) => ip.to_owned(),
        })
    }
}

/// Too much waits, or the holder has too much memory, for one more inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much is being inspected at once")]
pub struct InspectionBusy;

impl From<LineFull> for InspectionBusy {
    fn from(_: LineFull) -> Self {
        Self
    }
}

impl From<ShareExceeded> for InspectionBusy {
    fn from(_: ShareExceeded) -> Self {
        Self
    }
}

/// The order in which inspections run. Its lock is a leaf: turns are sent without it.
#[derive(Debug)]
pub struct InspectionQueue(Mutex<TurnOrder<TurnHolder, oneshot::Sender<Turn>>>);

/// The right to inspect; ends when dropped.
#[derive(Debug)]
struct Turn {
    queue: Arc<InspectionQueue>,
    holder: TurnHolder,
    since: Instant,
    is_given_up: bool,
}

impl Turn {
    /// Nothing waits for this turn any more. The caller starts the next in a loop: from `drop`,
    /// each abandoned turn would recurse once.
    fn give_up(mut self) {
        self.is_given_up = true;
        self.queue.order().end(&self.holder, 0);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_given_up {
            return;
        }
        let used = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.queue.order().end(&self.holder, used);
        self.queue.begin_next();
    }
}

impl InspectionQueue {
    pub fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(TurnOrder::new(workers, WAITING_MAX))))
    }

    /// As many workers as there are cores.
    pub fn of_this_machine() -> Arc<Self> {
        Self::new(std::thread::available_parallelism().map_or(2, usize::from))
    }

    fn order(&self) -> MutexGuard<'_, TurnOrder<TurnHolder, oneshot::Sender<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_next(self: &Arc<Self>) {
        loop {
            let Some((holder, waiting)) = self.order().begin() else {
                return;
            };
            let turn = Turn {
                queue: self.clone(),
                holder,
                since: Instant::now(),
                is_given_up: false,
            };
            // Without the lock: an abandoned turn comes back here, and ending it takes the lock
            // again.
            if let Err(turn) = waiting.send(turn) {
                turn.give_up();
            }
        }
    }

    /// Runs `work`, which inspects `bytes` bytes, when it is the holder's turn.
    pub async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        holder: &TurnHolder,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, InspectionBusy> {
        let (sender, receiver) = oneshot::channel();
        self.order().wait(holder, sender)?;
        self.begin_next();
        let turn = receiver
            .await
            .expect("a waiting job is always given its turn, never dropped");
        let done = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let done = work();
            // Before the result is handed over: the turn must not last until the request's task
            // runs again.
            drop(turn);
            (done, begun.elapsed())
        });
        let (done, took) = done.await.expect("the work catches its own panics");
        note_slow(bytes, took);
        Ok(done)
    }
}

/// Logs an inspection that takes longer than its size explains: the page was made so, or found a
/// fault in a reader.
fn note_slow(bytes: usize, took: Duration) {
    let megabytes = u32::try_from(bytes >> 20)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    if took > USUAL + PER_MEGABYTE.saturating_mul(megabytes) {
        tracing::warn!(
            bytes,
            millis = took.as_millis(),
            "An inspection took longer than its size explains"
        );
    }
}

/// Plain bodies up to this size are inspected where they arrive: handing them over takes longer.
pub const SHORT_BYTES: usize = 64 << 10;

/// In no coding, and no file whose parts are packed.
pub fn is_plain(headers: &HeaderMap, bytes: &Bytes) -> bool {
    // The last two: a response of several parts.
    let packed: [&[u8]; 4] = [b"PK", b"%PDF", b"--", b"\r\n--"];
    !headers.contains_key(header::CONTENT_ENCODING)
        && !packed.iter().any(|mark| bytes.starts_with(mark))
        && bytes.get(128..132) != Some(b"DICM")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn account(name: &str) -> TurnHolder {
        TurnHolder::Account(AccountId::parse(name).unwrap())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_whose_pages_never_end_leaves_a_worker_to_others() {
        let queue = InspectionQueue::new(2);
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let greedy: Vec<_> = (0..8)
            .map(|_| {
                let (queue, held) = (queue.clone(), held.clone());
                let work = move || held.lock().unwrap().recv().is_ok();
                tokio::spawn(async move { queue.run(&account("greedy"), 1, work).await })
            })
            .collect();
        // Answered although eight inspections of the other account hang.
        for _ in 0..20 {
            assert_eq!(queue.run(&account("honest"), 1, || 7).await, Ok(7));
        }
        (0..8).for_each(|_| release.send(()).unwrap());
        for task in greedy {
            assert_eq!(task.await.unwrap(), Ok(true));
        }
    }

    #[tokio::test]
    async fn whoever_goes_away_while_waiting_blocks_nobody() {
        let queue = InspectionQueue::new(2);
        for _ in 0..WAITING_MAX {
            let (sender, receiver) = oneshot::channel();
            queue.order().wait(&account("a1"), sender).unwrap();
            drop(receiver);
        }
        queue.begin_next();
        assert_eq!(queue.run(&account("a1"), 1, || 2).await, Ok(2));
    }

    #[test]
    fn an_address_of_the_sixth_version_is_one_with_those_of_its_network() {
        let of = TurnHolder::of_address;
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
