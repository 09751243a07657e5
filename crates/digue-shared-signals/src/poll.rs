//! Poll delivery (RFC 8936): the tokens of a transmitter are fetched, and acknowledged once they are
//! kept here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_app::{App, OperationError};
use digue_http::body;
use digue_security_events::delivery::{PollAnswer, PollRequest};
use digue_store::SignalStreamRecord;
use digue_types::Timestamp;
use futures_util::future::join_all;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode, Uri};

use crate::overview::forget_settled;
use crate::push::error_of;
use crate::take::take;
use crate::verify::NotTaken;
use crate::{EventStream, ReceiveWay, state, streams};

/// Tokens that are asked for at a time.
const EVENTS_A_REQUEST: usize = 64;
/// Requests of one poll: a transmitter that always has more leaves others their turn.
const REQUESTS_MAX: usize = 64;
const ANSWER_LASTS: Duration = Duration::from_secs(20);
/// 64 tokens of 64 KiB, and the JSON around them.
const ANSWER_BYTES_MAX: usize = 5 << 20;
/// A secret, not a page.
const TOKEN_BYTES_MAX: u64 = 64 << 10;

/// When a stream was last polled. Lost at a restart, which polls at once.
#[derive(Default)]
pub(crate) struct PollMemory {
    // A leaf.
    last: Mutex<Option<Timestamp>>,
    is_running: AtomicBool,
}

impl PollMemory {
    /// Takes the turn of a stream whose time has come and whose last poll has ended: of a transmitter
    /// that takes longer than its interval, the polls would pile up.
    fn begin(&self, every: Duration, now: Timestamp) -> Option<PollTurn<'_>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|at| now.since(at) >= every);
        if !is_due || self.is_running.swap(true, Ordering::AcqRel) {
            return None;
        }
        *last = Some(now);
        Some(PollTurn(&self.is_running))
    }
}

/// The one poll of a stream that runs; it ends with this.
struct PollTurn<'m>(&'m AtomicBool);

impl Drop for PollTurn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Why a poll failed.
#[derive(Debug, thiserror::Error)]
enum PollFault {
    #[error("{0}")]
    Transmitter(String),
    #[error(transparent)]
    Own(#[from] OperationError),
}

fn transmitter(error: impl std::fmt::Display) -> PollFault {
    PollFault::Transmitter(error.to_string())
}

/// Polls every stream whose time has come, side by side.
///
/// # Errors
/// When the store or the journal fails. A transmitter that does not answer is recorded, and no error.
pub async fn poll_due(app: &App) -> Result<(), OperationError> {
    forget_settled(app).await?;
    let due = streams(app).filter_map(|stream| poll_if_due(app, stream));
    let polled = join_all(due).await;
    polled.into_iter().collect()
}

fn poll_if_due<'a>(
    app: &'a App,
    stream: EventStream<'a>,
) -> Option<impl Future<Output = Result<(), OperationError>> + 'a> {
    let ReceiveWay::Poll {
        address,
        token,
        every,
    } = &stream.rules.way
    else {
        return None;
    };
    let turn = stream.memory.begin(*every, app.clock().now())?;
    Some(async move {
        let polled = poll(app, stream, address, token).await;
        drop(turn);
        polled
    })
}

async fn poll(
    app: &App,
    stream: EventStream<'_>,
    address: &Uri,
    token: &Path,
) -> Result<(), OperationError> {
    let name = &stream.rules.name;
    let polled = poll_all(app, stream, address, token).await;
    let now = app.clock().now();
    let turn = state::turn(app).await;
    match polled {
        Ok(()) => {
            let answered = |record: &mut SignalStreamRecord| {
                record.asked_at = Some(now);
                record.failing_since = None;
            };
            turn.update(app, name, answered).await
        }
        Err(error) => {
            tracing::warn!(stream = name, %error, "Polling a transmitter failed; retrying at its next interval");
            let failed = |record: &mut SignalStreamRecord| {
                record.failing_since = record.failing_since.or(Some(now));
            };
            turn.update(app, name, failed).await?;
            match error {
                PollFault::Transmitter(_) => Ok(()),
                PollFault::Own(error) => Err(error),
            }
        }
    }
}

/// A poll leaves the rest to the next one after this.
const POLL_LASTS: Duration = Duration::from_mins(2);

/// Asks until there is no more, each request with what became of the tokens before.
async fn poll_all(
    app: &App,
    stream: EventStream<'_>,
    address: &Uri,
    token: &Path,
) -> Result<(), PollFault> {
    let mut request = PollRequest {
        events_max: EVENTS_A_REQUEST,
        ..PollRequest::default()
    };
    let began = app.clock().now();
    for _ in 0..REQUESTS_MAX {
        if app.clock().now().since(began) > POLL_LASTS {
            return Ok(());
        }
        let answer = ask(app, address, token, &request).await?;
        let (next, failure) = take_all(app, stream, &answer).await;
        request = next;
        let is_acknowledged = request.taken.is_empty() && request.refused.is_empty();
        if let Some(failure) = failure {
            // What was taken is acknowledged; the others come again.
            if !is_acknowledged {
                request.events_max = 0;
                ask(app, address, token, &request).await?;
            }
            return Err(failure.into());
        }
        if is_acknowledged {
            return Ok(());
        }
        request.events_max = if answer.has_more { EVENTS_A_REQUEST } else { 0 };
    }
    Ok(())
}

/// Takes the tokens of an answer, until one fails.
async fn take_all(
    app: &App,
    stream: EventStream<'_>,
    answer: &PollAnswer,
) -> (PollRequest, Option<OperationError>) {
    let mut next = PollRequest {
        events_max: 0,
        taken: Vec::new(),
        refused: BTreeMap::new(),
    };
    for (id, token) in &answer.tokens {
        match take(app, stream, token, Some(id)).await {
            Ok(()) => next.taken.push(id.clone()),
            Err(NotTaken::Refused(why, detail)) => {
                next.refused.insert(id.clone(), (error_of(why), detail));
            }
            Err(NotTaken::Failed(error)) => return (next, Some(error)),
        }
    }
    (next, None)
}

async fn ask(
    app: &App,
    address: &Uri,
    token: &Path,
    request: &PollRequest,
) -> Result<PollAnswer, PollFault> {
    let client = app.client().ok_or_else(|| transmitter("no HTTP client"))?;
    let request = Request::post(address.clone())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, secret(token).await?)
        .body(body::full(request.to_json().to_string()))
        .map_err(transmitter)?;
    let answer = client.send(request, ANSWER_LASTS).await;
    let answer = answer.map_err(transmitter)?;
    if answer.status() != StatusCode::OK {
        return Err(transmitter(format!("status {}", answer.status())));
    }
    let read = body::collect(answer.into_body(), ANSWER_BYTES_MAX);
    let read = tokio::time::timeout(ANSWER_LASTS, read).await;
    let read = read.map_err(|_| transmitter("its answer does not end"))?;
    let read = read.map_err(|_| transmitter("its answer is too long or was cut off"))?;
    PollAnswer::parse(&read).map_err(transmitter)
}

/// Read each time: a token that was rotated needs no restart.
async fn secret(path: &Path) -> Result<HeaderValue, PollFault> {
    let path = path.to_owned();
    let read = move || {
        use std::io::Read as _;
        let file = std::fs::File::open(path)?;
        let mut text = String::new();
        file.take(TOKEN_BYTES_MAX).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    let read = tokio::task::spawn_blocking(read)
        .await
        .map_err(transmitter)?;
    let text = read.map_err(transmitter)?;
    let value = HeaderValue::try_from(format!("Bearer {}", text.trim()));
    let mut value = value.map_err(|_| transmitter("the token's file holds no token"))?;
    // Hidden from `Debug`, and never put into the table of HPACK (RFC 7541, 7.1.3).
    value.set_sensitive(true);
    Ok(value)
}
