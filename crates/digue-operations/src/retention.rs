//! How long the journal is kept, and forgetting what is past its time.
//!
//! The CNIL asks for six months to one year; longer, up to three years, only where internal control
//! needs it, with the reason written down (Deliberation 2021-122). Keys are destroyed by whole periods,
//! so that an entry is kept at least its time and at most one period more.

use std::time::Duration;

use digue_journal::journal::Forgotten;
use digue_journal::keyring::Stream;
use digue_types::{Act, Timestamp};

use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::{House, Words};

const DAY: Duration = Duration::from_hours(24);
const SHORTEST: Duration = Duration::from_hours(24 * 180);
const LONGEST_WITHOUT_REASON: Duration = Duration::from_hours(24 * 366);
const LONGEST: Duration = Duration::from_hours(24 * 1096);

/// How long entries are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    pub keep: Duration,
    pub reason: Option<String>,
}

/// Why a retention cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionError {
    TooShort,
    NeedsReason,
    TooLong,
}

impl Default for Retention {
    /// One year.
    fn default() -> Self {
        Self { keep: DAY * 365, reason: None }
    }
}

impl Retention {
    pub fn new(keep: Duration, reason: Option<String>) -> Result<Self, RetentionError> {
        match keep {
            keep if keep < SHORTEST => Err(RetentionError::TooShort),
            keep if keep > LONGEST => Err(RetentionError::TooLong),
            keep if keep > LONGEST_WITHOUT_REASON && reason.is_none() => Err(RetentionError::NeedsReason),
            keep => Ok(Self { keep, reason }),
        }
    }

    /// What is older may be forgotten.
    pub fn limit(&self, now: Timestamp) -> Timestamp {
        now.minus(self.keep)
    }
}

/// The retention of each stream of the journal.
#[derive(Clone, Debug, Default)]
pub struct Retentions {
    pub house: Retention,
    pub portals: Vec<(digue_types::PortalId, Retention)>,
}

impl Retentions {
    /// That of `stream`; a portal whose map is gone is kept as long as the house's own acts.
    pub fn of(&self, stream: &Stream) -> &Retention {
        let of_portal = |portal| self.portals.iter().find(|(known, _)| known == portal).map(|(_, keep)| keep);
        match stream {
            Stream::House => &self.house,
            Stream::Portal(portal) => of_portal(portal).unwrap_or(&self.house),
        }
    }
}

/// Forgets what lies before `before` in every stream of the journal, or in one portal's.
///
/// # Errors
/// `Invalid` when that date is within the retention of a stream; nothing is forgotten then.
pub async fn forget(
    house: &House,
    actor: &Actor,
    before: Timestamp,
    only: Option<&Stream>,
) -> Result<Vec<(Stream, Forgotten)>, OperationError> {
    actor.must_act()?;
    let now = house.clock().now();
    let mut streams: Vec<Stream> = house.journal.keys().into_iter().map(|key| key.stream).collect();
    streams.sort_unstable();
    streams.dedup();
    streams.retain(|stream| only.is_none_or(|only| only == stream));
    if streams.is_empty() {
        return Err(OperationError::NotFound("stream"));
    }
    if streams.iter().any(|stream| before > house.retentions().of(stream).limit(now)) {
        return Err(OperationError::Invalid("invalid-forget-date"));
    }
    let mut done = Vec::new();
    for stream in streams {
        done.push((stream.clone(), forget_stream(house, actor, stream, before, now).await?));
    }
    house.rebuild_index();
    Ok(done)
}

/// What the house does by itself, once a day.
pub async fn forget_due(house: &House) -> Result<usize, OperationError> {
    let now = house.clock().now();
    let mut due: Vec<Stream> = Vec::new();
    for key in house.journal.keys() {
        let limit = house.retentions().of(&key.stream).limit(now);
        if key.destroyed.is_none() && key.period.end() <= limit && !due.contains(&key.stream) {
            due.push(key.stream);
        }
    }
    let count = due.len();
    for stream in due {
        let limit = house.retentions().of(&stream).limit(now);
        forget_stream(house, &Actor::digue(), stream, limit, now).await?;
    }
    if count > 0 {
        house.rebuild_index();
    }
    Ok(count)
}

async fn forget_stream(
    house: &House,
    actor: &Actor,
    stream: Stream,
    before: Timestamp,
    now: Timestamp,
) -> Result<Forgotten, OperationError> {
    let is_due = |key: &digue_journal::keyring::KeyRecord| {
        key.stream == stream && key.destroyed.is_none() && key.period.end() <= before
    };
    let periods: Vec<String> =
        house.journal.keys().iter().filter(|key| is_due(key)).map(|key| key.period.to_string()).collect();
    if !periods.is_empty() {
        // Said first: a key that is gone cannot be asked when it went.
        let words = Words {
            subject: stream.to_string(),
            before: periods.join(" "),
            after: before.to_string(),
            reason: house.retentions().of(&stream).reason.clone().unwrap_or_default(),
        };
        house.write_down(actor, Act::Forgotten, words).await?;
    }
    let journal = house.journal.clone();
    let forgotten = tokio::task::spawn_blocking(move || journal.forget(&stream, before, now)).await;
    let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    forgotten.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))
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
