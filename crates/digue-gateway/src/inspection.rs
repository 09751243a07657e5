//! Inspections that may take long run apart from the workers that serve connections: a few at a
//! time, in turn between accounts, the one that has used the least time first. A page made to be
//! slow to inspect slows down only the account that requested it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use digue_access::shares::ShareExceeded;
use digue_access::turns::{LineFull, TurnOrder};
use digue_identifiers::{
    Identifier, PersonNameTable, ResponseReading, SeenNames, ShownIdentifiers, Unreadable,
};
use digue_inspect::{Message, RewriteRefusal, names_shown, rewrite};
use digue_types::{AccountId, ReadFailure, UnreadCause};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};
use tokio::sync::oneshot;

use crate::portal::{Portal, Route};

/// Plain bodies up to this size are inspected where they arrive: handing them over takes longer.
pub(crate) const SHORT_BYTES: usize = 64 << 10;
/// Inspections of one account that may wait.
const WAITING_MAX: usize = 64;
/// The usual time of an inspection, and per megabyte ten times what the slowest reader needs.
const USUAL: Duration = Duration::from_millis(100);
const PER_MEGABYTE: Duration = Duration::from_secs(1);

/// The known names in a body, with the table that found them; or why they could not be searched
/// for.
pub(crate) type NamesReading = Result<(Arc<PersonNameTable>, SeenNames), ReadFailure>;

/// What a body shows.
#[derive(Debug, Default)]
pub(crate) struct BodyReading {
    pub(crate) shown: ShownIdentifiers,
    /// `None` where no name is searched for.
    pub(crate) names: Option<NamesReading>,
}

/// Too much waits, or the account holds too much memory, for one more inspection.
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
pub struct InspectionQueue(Mutex<TurnOrder<AccountId, oneshot::Sender<Turn>>>);

/// The right to inspect; ends when dropped.
#[derive(Debug)]
struct Turn {
    queue: Arc<InspectionQueue>,
    account: AccountId,
    since: Instant,
    is_given_up: bool,
}

impl Turn {
    /// Nothing waits for this turn any more. The caller starts the next in a loop: from `drop`,
    /// each abandoned turn would recurse once.
    fn give_up(mut self) {
        self.is_given_up = true;
        self.queue.order().end(&self.account, 0);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_given_up {
            return;
        }
        let used = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.queue.order().end(&self.account, used);
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

    fn order(&self) -> MutexGuard<'_, TurnOrder<AccountId, oneshot::Sender<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_next(self: &Arc<Self>) {
        loop {
            let Some((account, waiting)) = self.order().begin() else {
                return;
            };
            let turn = Turn {
                queue: self.clone(),
                account,
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

    /// Runs `work`, which inspects `bytes` bytes, when it is the account's turn.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        account: &AccountId,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, InspectionBusy> {
        let (sender, receiver) = oneshot::channel();
        self.order().wait(account, sender)?;
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
        let (done, took) = done.await.expect("`look_into` catches panics of the work");
        note_slow(bytes, took);
        Ok(done)
    }
}

/// Inspects one response, and searches it for the known names. A panic in a reader makes the
/// response unreadable: it is never taken for one without persons.
pub(crate) fn look_into(
    portal: &Portal,
    route: &Route,
    names: Option<&Arc<PersonNameTable>>,
    response: (StatusCode, &HeaderMap, &Bytes),
) -> Result<BodyReading, Unreadable> {
    let caught = catch_unwind(AssertUnwindSafe(|| read(portal, route, names, response)));
    caught.unwrap_or_else(|_| Err(ReadFailure::new(UnreadCause::Failed).into()))
}

fn read(
    portal: &Portal,
    route: &Route,
    names: Option<&Arc<PersonNameTable>>,
    response: (StatusCode, &HeaderMap, &Bytes),
) -> Result<BodyReading, Unreadable> {
    let codings = codings(response.1)?;
    let message = message(response, &codings)?;
    let limits = &route.inspect_limits;
    let shown = match digue_inspect::inspect(&route.response, &portal.kinds, &message, limits) {
        ResponseReading::Persons(shown) => shown,
        ResponseReading::ShowsNobody(_) => ShownIdentifiers::default(),
        ResponseReading::Unreadable(why) => return Err(why),
    };
    let names = search_names(route, &message, names);
    Ok(BodyReading { shown, names })
}

/// Only of what could be read: elsewhere it is unknown already who is shown.
fn search_names(
    route: &Route,
    message: &Message<'_>,
    names: Option<&Arc<PersonNameTable>>,
) -> Option<NamesReading> {
    names.map(|table| {
        let seen = names_shown(&route.response, message, &route.inspect_limits, table);
        seen.map(|seen| (table.clone(), seen))
            .map_err(|unreadable| unreadable.detail)
    })
}

/// What is left of a body without some of its records.
pub(crate) struct RewrittenReading {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: usize,
    pub(crate) reading: BodyReading,
}

/// Takes out of a response, or masks, the records that name anyone but `permitted`. A panic on the
/// way leaves it as it is.
pub(crate) fn without_records(
    portal: &Portal,
    route: &Route,
    names: Option<&Arc<PersonNameTable>>,
    response: (StatusCode, &HeaderMap, &Bytes),
    permitted: &HashSet<Identifier>,
) -> Result<RewrittenReading, RewriteRefusal> {
    let rewritten = catch_unwind(AssertUnwindSafe(|| {
        let codings = codings(response.1)?;
        let sent = message(response, &codings)?;
        let limits = &route.inspect_limits;
        let body = rewrite(&route.response, &portal.kinds, &sent, limits, permitted)?;
        let records = body.records();
        let (bytes, shown) = body.into_parts();
        let left = Message {
            content_encoding: "",
            body: &bytes,
            ..sent
        };
        let names = search_names(route, &left, names);
        Ok(RewrittenReading {
            bytes,
            records,
            reading: BodyReading { shown, names },
        })
    }));
    rewritten
        .unwrap_or_else(|_| Err(Unreadable::from(ReadFailure::new(UnreadCause::Failed)).into()))
}

fn unreadable(name: &'static str) -> Unreadable {
    ReadFailure::new(UnreadCause::Header).at(name).into()
}

fn codings(headers: &HeaderMap) -> Result<String, Unreadable> {
    let mut codings = Vec::new();
    for value in headers.get_all(header::CONTENT_ENCODING) {
        codings.push(value.to_str().map_err(|_| unreadable("content-encoding"))?);
    }
    Ok(codings.join(","))
}

fn message<'m>(
    (status, headers, body): (StatusCode, &'m HeaderMap, &'m Bytes),
    content_encoding: &'m str,
) -> Result<Message<'m>, Unreadable> {
    let types: Vec<&HeaderValue> = headers.get_all(header::CONTENT_TYPE).iter().collect();
    let content_type = match types[..] {
        [] => None,
        [one] => Some(one.to_str().map_err(|_| unreadable("content-type"))?),
        // Clients differ in which of several types they use.
        _ => return Err(unreadable("content-type")),
    };
    Ok(Message {
        status: status.as_u16(),
        content_type,
        content_encoding,
        body,
    })
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn account(name: &str) -> AccountId {
        AccountId::parse(name).unwrap()
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
}
