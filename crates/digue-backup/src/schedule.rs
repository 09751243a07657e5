//! What is due: backups, drills, the visit of a removable disk. Time is an argument.

use std::time::Duration;

use digue_types::Timestamp;

/// From a deletion of snapshots to the removal of the packs that it marked: a day longer than they
/// must have been marked.
pub const TIDY_AFTER: Duration = Duration::from_hours(8 * 24);

/// How often something must succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cadence {
    pub every: Duration,
    /// Later than this after the last success it counts as overdue.
    pub overdue_after: Duration,
}

/// Where something stands in its cadence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DueState {
    /// It never succeeded: due now, and overdue from the first day.
    Never,
    Waiting {
        next: Timestamp,
    },
    Due {
        since: Duration,
    },
    Overdue {
        since: Duration,
    },
    /// The last success lies after now: the clock went back, and nothing is known.
    ClockMoved {
        last: Timestamp,
    },
}

impl Cadence {
    /// Overdue after one and a half times the interval, and never within a day of it.
    pub fn every(every: Duration) -> Self {
        Self {
            every,
            overdue_after: (every * 3 / 2).max(every + Duration::from_hours(1)),
        }
    }

    pub fn state(&self, last_success: Option<Timestamp>, now: Timestamp) -> DueState {
        let Some(last) = last_success else {
            return DueState::Never;
        };
        if last > now {
            return DueState::ClockMoved { last };
        }
        let age = now.since(last);
        if age > self.overdue_after {
            DueState::Overdue {
                since: age.saturating_sub(self.every),
            }
        } else if age >= self.every {
            DueState::Due {
                since: age.saturating_sub(self.every),
            }
        } else {
            DueState::Waiting {
                next: last.plus(self.every),
            }
        }
    }
}

impl DueState {
    /// True when it should run now. A clock that moved is no reason to wait.
    pub const fn runs_now(self) -> bool {
        match self {
            Self::Never | Self::Due { .. } | Self::Overdue { .. } | Self::ClockMoved { .. } => true,
            Self::Waiting { .. } => false,
        }
    }

    /// True when a check of it fails. What never ran fails.
    pub const fn is_red(self) -> bool {
        match self {
            Self::Never | Self::Overdue { .. } | Self::ClockMoved { .. } => true,
            Self::Waiting { .. } | Self::Due { .. } => false,
        }
    }
}

/// The share of a repository to read tonight, as restic's `n/t`: all of it is read in `of` nights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PackSlice {
    /// From 1 to `of`.
    pub part: u32,
    pub of: u32,
}

impl PackSlice {
    /// Tonight's slice: each part once in any `of` days in a row, without anything to remember.
    pub fn of_day(now: Timestamp, of: u32) -> Self {
        let of = of.max(1);
        let part = u32::try_from(now.utc_day().rem_euclid(i64::from(of))).unwrap_or(0) + 1;
        Self { part, of }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn what_never_ran_is_red_and_runs_now() {
        let state = Cadence::every(DAY).state(None, Timestamp::from_secs(1));
        assert!(state.is_red() && state.runs_now());
    }

    #[test]
    fn a_day_is_waited_for_then_due_then_overdue() {
        let cadence = Cadence::every(DAY);
        let last = Timestamp::from_secs(1_000_000);
        let after = |hours| cadence.state(Some(last), last.plus(Duration::from_hours(hours)));
        assert_eq!(
            after(23),
            DueState::Waiting {
                next: last.plus(DAY)
            }
        );
        assert_eq!(
            after(30),
            DueState::Due {
                since: Duration::from_hours(6)
            }
        );
        assert_eq!(
            after(37),
            DueState::Overdue {
                since: Duration::from_hours(13)
            }
        );
    }

    #[test]
    fn a_success_in_the_future_is_not_believed() {
        let state =
            Cadence::every(DAY).state(Some(Timestamp::from_secs(10)), Timestamp::from_secs(5));
        assert!(state.is_red() && state.runs_now());
    }

    #[test]
    fn a_month_of_nights_reads_everything() {
        let start = Timestamp::from_secs(1_764_000_000);
        let slices = (0..30).map(|night| PackSlice::of_day(start.plus(DAY * night), 30).part);
        assert_eq!(slices.collect::<BTreeSet<_>>(), (1..=30).collect());
    }
}
