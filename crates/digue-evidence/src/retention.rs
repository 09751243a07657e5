//! Retention of the journal: how long entries are kept, and the destruction of period keys after
//! that.
//!
//! The CNIL asks for six months to one year; longer, up to three years, only where internal control
//! needs it, with a documented reason (deliberation 2021-122). Keys are destroyed by whole periods,
//! so that an entry is readable for its retention and at most one period longer.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use digue_app::{App, Area, OperationError};
use digue_journal::journal::Forgotten;
use digue_journal::keyring::{PeriodKeyRecord, Stream};
use digue_journal::{AppendError, Journal, OpenError};
use digue_types::{AccountId, Act, Administration, Event, Subject, Timestamp};

const DAY: Duration = Duration::from_hours(24);
// Six months of the shortest length, so that no interpretation of `six months` is refused.
const SHORTEST: Duration = Duration::from_hours(24 * 180);
// A leap year: one year must be configurable without a reason, whenever it begins.
const LONGEST_WITHOUT_REASON: Duration = Duration::from_hours(24 * 366);
// Three years with a leap day.
const LONGEST: Duration = Duration::from_hours(24 * 1096);

/// How long entries are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    pub keep: Duration,
    pub reason: Option<String>,
}

/// Why a retention is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionError {
    TooShort,
    NeedsReason,
    TooLong,
}

impl Default for Retention {
    /// One year.
    fn default() -> Self {
        Self {
            keep: DAY * 365,
            reason: None,
        }
    }
}

impl Retention {
    pub fn new(keep: Duration, reason: Option<String>) -> Result<Self, RetentionError> {
        match keep {
            keep if keep < SHORTEST => Err(RetentionError::TooShort),
            keep if keep > LONGEST => Err(RetentionError::TooLong),
            keep if keep > LONGEST_WITHOUT_REASON && reason.is_none() => {
                Err(RetentionError::NeedsReason)
            }
            keep => Ok(Self { keep, reason }),
        }
    }

    /// Entries older than this may be forgotten.
    pub fn limit(&self, now: Timestamp) -> Timestamp {
        now.minus(self.keep)
    }
}

/// The retention of each stream of the journal.
#[derive(Clone, Debug, Default)]
pub struct Retentions {
    pub app: Retention,
    pub portals: Vec<(digue_types::PortalId, Retention)>,
}

impl Retentions {
    /// The retention of `stream`. A portal without a map has that of the acts of Digue itself.
    pub fn of(&self, stream: &Stream) -> &Retention {
        let of_portal = |portal| {
            self.portals
                .iter()
                .find(|(known, _)| known == portal)
                .map(|(_, keep)| keep)
        };
        match stream {
            Stream::Administration => &self.app,
            Stream::Portal(portal) => of_portal(portal).unwrap_or(&self.app),
        }
    }
}

/// The retentions in force; a reload replaces them.
// A leaf lock.
pub(crate) struct RetentionsInForce(RwLock<Arc<Retentions>>);

impl Area for RetentionsInForce {}

impl RetentionsInForce {
    pub(crate) fn new(retentions: Retentions) -> Self {
        Self(RwLock::new(Arc::new(retentions)))
    }
}

/// How long each stream of the journal is kept.
pub fn in_force(app: &App) -> Arc<Retentions> {
    app.area::<RetentionsInForce>()
        .0
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Replaces the retentions, as a reload does.
pub fn set(app: &App, retentions: Retentions) {
    let mut in_force = app
        .area::<RetentionsInForce>()
        .0
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    *in_force = Arc::new(retentions);
}

/// Why nothing, or not everything, was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    #[error("the date is within the retention of {0}")]
    WithinRetention(Stream),
    #[error("there is no such stream")]
    NoStream,
    #[error(transparent)]
    Journal(#[from] OpenError),
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Forgets all entries before `before` in every stream of the journal, or in one. Each is
/// journalled before it happens. Blocks for a long time: not to be called from an async task.
pub fn forget_in(
    journal: &Journal,
    retentions: &Retentions,
    before: Timestamp,
    only: Option<&Stream>,
    now: Timestamp,
) -> Result<Vec<(Stream, Forgotten)>, ForgetError> {
    let mut streams = streams(journal);
    streams.retain(|stream| only.is_none_or(|only| only == stream));
    if streams.is_empty() {
        return Err(ForgetError::NoStream);
    }
    // All streams are checked before any is touched: half an operation that was refused could not
    // be undone.
    if let Some(stream) = streams
        .iter()
        .find(|stream| before > retentions.of(stream).limit(now))
    {
        return Err(ForgetError::WithinRetention(stream.clone()));
    }
    let forget = |stream: Stream| {
        let forgotten = forget_stream(journal, retentions, &stream, before, now)?;
        Ok((stream, forgotten))
    };
    streams.into_iter().map(forget).collect()
}

fn streams(journal: &Journal) -> Vec<Stream> {
    let mut streams: Vec<Stream> = journal.keys().into_iter().map(|key| key.stream).collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

/// Forgets the entries that are past their retention; the periodic task. Returns how many keys were
/// destroyed.
pub async fn forget_due(app: &App) -> Result<usize, OperationError> {
    let (journal, retentions, now) = (app.journal().clone(), in_force(app), app.clock().now());
    let is_due = |key: &PeriodKeyRecord| {
        // The end of a period, not its beginning: its youngest entry must be past the retention,
        // too.
        key.destroyed.is_none() && key.period.end() <= retentions.of(&key.stream).limit(now)
    };
    if !journal.keys().iter().any(is_due) {
        return Ok(0);
    }
    // Before the keys go: after a crash in between, the index must not answer from forgotten
    // entries.
    app.mark_index_stale()?;
    let work = move || {
        let mut count = 0;
        for stream in streams(&journal) {
            let limit = retentions.of(&stream).limit(now);
            count += forget_stream(&journal, &retentions, &stream, limit, now)?
                .keys
                .len();
        }
        Ok::<_, ForgetError>(count)
    };
    let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    let done = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| unavailable(&error))?;
    let count = done.map_err(|error| unavailable(&error))?;
    if count > 0 {
        // The index in memory still contains the forgotten entries.
        app.rebuild_index();
    }
    Ok(count)
}

fn forget_stream(
    journal: &Journal,
    retentions: &Retentions,
    stream: &Stream,
    before: Timestamp,
    now: Timestamp,
) -> Result<Forgotten, ForgetError> {
    let is_due = |key: &PeriodKeyRecord| {
        key.stream == *stream && key.destroyed.is_none() && key.period.end() <= before
    };
    let periods: Vec<String> = journal
        .keys()
        .iter()
        .filter(|key| is_due(key))
        .map(|key| key.period.to_string())
        .collect();
    if periods.is_empty() {
        return Ok(Forgotten {
            keys: Vec::new(),
            minimum: journal.minimum(),
        });
    }
    // Journalled first: a crash in between leaves a statement without a deletion, and the next run
    // deletes; the other order could leave a deletion without a trace.
    let act = Administration {
        at: now,
        actor: AccountId::parse("digue").expect("`digue` is a valid account name"),
        act: Act::Forgotten,
        subject: match stream {
            Stream::Administration => Subject::Administration,
            Stream::Portal(portal) => portal.into(),
        },
        before: periods.join(" "),
        after: before.to_string(),
        reason: retentions.of(stream).reason.clone().unwrap_or_default(),
    };
    journal.append_and_wait(vec![Event::Administration(act)])?;
    Ok(journal.forget(stream, before, now)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_between_six_months_and_three_years_and_long_ones_say_why() {
        let check = |days: u32, reason: Option<&str>, expected: Result<(), RetentionError>| {
            let made = Retention::new(DAY * days, reason.map(ToOwned::to_owned)).map(drop);
            assert_eq!(made, expected, "{days} days");
        };
        check(179, None, Err(RetentionError::TooShort));
        check(180, None, Ok(()));
        check(365, None, Ok(()));
        check(367, None, Err(RetentionError::NeedsReason));
        check(1096, Some("contrôle interne"), Ok(()));
        check(1097, Some("contrôle interne"), Err(RetentionError::TooLong));
    }
}
