//! The streams as the page shows them: how each stands, what came last, what waits for a person.

use digue_access::Snapshot;
use digue_app::{Actor, App, OperationError};
use digue_store::{SignalStreamRecord, WaitingSignalRecord};
use digue_types::{AccountId, Timestamp, lists};
use ring::digest::{SHA256, digest};

use crate::{ReceiveRules, ReceiveWay, SharedSignals, SignalOutcome, SignalRefusal, streams};

/// The most changes that are shown, and decided, at a time.
pub const WAITING_MAX: usize = 200;
/// The last tokens that are shown.
const EVENTS_MAX: u32 = 100;

lists! {
    /// How a stream stands; the first that holds, in this order.
    StreamStanding "signal-standing" {
        /// Its transmitter does not answer polls.
        Failing "failing",
        /// Its transmitter says that it delivers nothing: `paused` or `disabled`.
        Stopped "stopped",
        /// Nothing was ever taken from it.
        Unheard "unheard",
        Heard "heard",
    }

    /// What a stream wants of an account.
    SignalChange "signal-change" {
        Close "close",
        Reopen "reopen",
    }
}

/// One stream.
#[derive(Clone, Debug)]
pub struct StreamView {
    pub name: String,
    pub issuer: String,
    /// False where tokens are fetched by polls.
    pub is_push: bool,
    pub standing: StreamStanding,
    pub heard_at: Option<Timestamp>,
    pub verified_at: Option<Timestamp>,
    /// The last poll that was answered.
    pub asked_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    /// Tokens that were refused, ever, and the last of them.
    pub refused: u64,
    pub refusal: Option<(Timestamp, SignalRefusal)>,
    /// Of the last 30 days.
    pub taken: u64,
    pub unknown_subjects: u64,
}

/// One token that was taken.
#[derive(Clone, Debug)]
pub struct SignalView {
    pub stream: String,
    pub event: String,
    pub subject: String,
    pub account: Option<AccountId>,
    pub accounts: u64,
    pub outcome: SignalOutcome,
    pub issued_at: Timestamp,
    pub taken_at: Timestamp,
}

/// One change that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingSignal {
    pub account: AccountId,
    pub change: SignalChange,
    pub stream: String,
    pub event: String,
    pub since: Timestamp,
}

#[derive(Clone, Debug)]
pub struct SignalsOverview {
    pub streams: Vec<StreamView>,
    /// The newest first.
    pub events: Vec<SignalView>,
    /// The newest of those whose subject is nobody here.
    pub unknown: Vec<SignalView>,
    /// The first `WAITING_MAX`, the oldest first.
    pub waiting: Vec<WaitingSignal>,
    pub waiting_count: usize,
    /// Of what is shown: what is decided is what was read.
    pub digest: String,
}

/// True where a stream is configured.
pub fn is_configured(app: &App) -> bool {
    !app.area::<SharedSignals>().rules.receive.is_empty()
}

/// # Errors
/// `Denied` for all but those who watch.
pub async fn overview(app: &App, actor: &Actor) -> Result<SignalsOverview, OperationError> {
    actor.must_watch()?;
    let records = app.store().signal_streams().await?;
    let counts = app.store().signal_counts().await?;
    let view = |rules: &ReceiveRules| {
        let record = records.iter().find(|record| record.name == rules.name);
        stream_view(rules, record, &counts)
    };
    let (waiting, waiting_count) = waiting(app).await?;
    let unknown = SignalOutcome::UnknownSubject.code();
    Ok(SignalsOverview {
        streams: streams(app)
            .map(|stream| view(stream.rules))
            .collect::<Result<_, _>>()?,
        events: events(app, None).await?,
        unknown: events(app, Some(unknown)).await?,
        digest: digest_of(&waiting),
        waiting,
        waiting_count,
    })
}

fn stream_view(
    rules: &ReceiveRules,
    record: Option<&SignalStreamRecord>,
    counts: &[(String, String, u64)],
) -> Result<StreamView, OperationError> {
    let never = SignalStreamRecord::new(&rules.name);
    let record = record.unwrap_or(&never);
    let count = |is_meant: &dyn Fn(&str) -> bool| {
        let of = counts
            .iter()
            .filter(|(stream, outcome, _)| *stream == rules.name && is_meant(outcome));
        of.map(|(_, _, count)| count).sum()
    };
    let refusal = match &record.refusal {
        Some((at, code)) => Some((*at, parsed("refusal", code, SignalRefusal::parse)?)),
        None => None,
    };
    Ok(StreamView {
        name: rules.name.clone(),
        issuer: rules.issuer.clone(),
        is_push: matches!(rules.way, ReceiveWay::Push { .. }),
        standing: standing(record),
        heard_at: record.heard_at,
        verified_at: record.verified_at,
        asked_at: record.asked_at,
        failing_since: record.failing_since,
        refused: record.refused,
        refusal,
        taken: count(&|_| true),
        unknown_subjects: count(&|outcome| outcome == SignalOutcome::UnknownSubject.code()),
    })
}

fn standing(record: &SignalStreamRecord) -> StreamStanding {
    match record.heard_at {
        _ if record.failing_since.is_some() => StreamStanding::Failing,
        _ if record.status != "enabled" => StreamStanding::Stopped,
        None => StreamStanding::Unheard,
        Some(_) => StreamStanding::Heard,
    }
}

async fn events(app: &App, outcome: Option<&str>) -> Result<Vec<SignalView>, OperationError> {
    let kept = app.store().signals(outcome, EVENTS_MAX).await?;
    let view = |record: digue_store::SignalRecord| {
        Ok(SignalView {
            outcome: parsed("outcome", &record.outcome, SignalOutcome::parse)?,
            stream: record.stream,
            event: record.event,
            subject: record.subject,
            account: record.account,
            accounts: record.accounts,
            issued_at: record.issued_at,
            taken_at: record.taken_at,
        })
    };
    kept.into_iter().map(view).collect()
}

/// A stored code; one that cannot be read is an error and not a missing one.
fn parsed<T>(what: &str, code: &str, parse: fn(&str) -> Option<T>) -> Result<T, OperationError> {
    parse(code).ok_or_else(|| {
        OperationError::Unavailable(format!("the {what} {code} of a signal cannot be read"))
    })
}

/// How many changes wait, and since when the oldest; `None` where none does.
///
/// # Errors
/// `Denied` for all but those who watch.
pub async fn waiting_for(
    app: &App,
    actor: &Actor,
) -> Result<Option<(usize, Timestamp)>, OperationError> {
    actor.must_watch()?;
    let (found, count) = waiting(app).await?;
    Ok(found.first().map(|oldest| (count, oldest.since)))
}

/// Forgets what people have settled elsewhere: a request to reopen an account must not come back when
/// the account is closed again for another reason.
pub(crate) async fn forget_settled(app: &App) -> Result<(), OperationError> {
    for record in app.store().waiting_signals().await? {
        let snapshot = app.gateway().rules();
        let change = parsed("change", &record.change, SignalChange::parse)?;
        if !is_missing(&snapshot, &record.account, change) {
            let change = record.change.as_str();
            app.store()
                .remove_waiting_signal(&record.account, change)
                .await?;
        }
    }
    Ok(())
}

/// True while a change that was asked for is not made.
fn is_missing(rules: &Snapshot, account: &AccountId, change: SignalChange) -> bool {
    let record = rules.directory.find(account);
    record.is_some_and(|record| match change {
        SignalChange::Close => !record.is_suspended,
        SignalChange::Reopen => record.is_suspended,
    })
}

/// What still waits: people may have closed or resumed an account meanwhile. With their number in
/// all.
pub(crate) async fn waiting(app: &App) -> Result<(Vec<WaitingSignal>, usize), OperationError> {
    let snapshot = app.gateway().rules();
    let mut found = Vec::new();
    for record in app.store().waiting_signals().await? {
        let change = parsed("change", &record.change, SignalChange::parse)?;
        if is_missing(&snapshot, &record.account, change) {
            found.push(waiting_view(record, change));
        }
    }
    let count = found.len();
    found.truncate(WAITING_MAX);
    Ok((found, count))
}

fn waiting_view(record: WaitingSignalRecord, change: SignalChange) -> WaitingSignal {
    WaitingSignal {
        account: record.account,
        change,
        stream: record.stream,
        event: record.event,
        since: record.since,
    }
}

pub(crate) fn digest_of(waiting: &[WaitingSignal]) -> String {
    let line = |one: &WaitingSignal| format!("{}\t{}\n", one.account, one.change.code());
    let text: String = waiting.iter().map(line).collect();
    let digest = digest(&SHA256, text.as_bytes());
    let bytes = digest.as_ref().iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
