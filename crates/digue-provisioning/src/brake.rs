//! The brake: how many accounts a directory may close and open by itself within a day.

use std::time::Duration;

use digue_store::ScimDay;
use digue_types::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// The largest changes within a day that need no person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountBrake {
    /// Accounts, whatever the percentages say: a share of a small operator is nothing.
    pub free_a_day: u32,
    /// In percent of the open accounts at the beginning of the day.
    pub shrinks_at_most: u32,
    pub grows_at_most: u32,
}

impl Default for AccountBrake {
    fn default() -> Self {
        Self {
            free_a_day: 10,
            shrinks_at_most: 5,
            grows_at_most: 20,
        }
    }
}

impl AccountBrake {
    /// The accounts that a directory may open within a day.
    pub fn may_open(self, day: &ScimDay) -> u64 {
        share(day.before, self.grows_at_most).max(self.free_a_day.into())
    }

    /// The accounts that it may close: never more than half of a small operator, which the free ones
    /// would stop altogether.
    pub fn may_close(self, day: &ScimDay) -> u64 {
        let half = day.before.div_ceil(2);
        let free = u64::from(self.free_a_day).min(half);
        share(day.before, self.shrinks_at_most).max(free)
    }
}

fn share(of: u64, percent: u32) -> u64 {
    u64::try_from(u128::from(of) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

/// The day that a change falls into: the one that is running, or one that begins with it. `open` is
/// the number of open accounts now.
pub(crate) fn day_of(known: Option<ScimDay>, open: u64, now: Timestamp) -> ScimDay {
    let runs = |day: &ScimDay| now.since(day.from) < DAY;
    known.filter(runs).unwrap_or(ScimDay {
        from: now,
        before: open,
        closed: 0,
        opened: 0,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(before: u64) -> ScimDay {
        day_of(None, before, Timestamp::ZERO)
    }

    #[test]
    fn a_stolen_key_stops_no_operator() {
        let brake = AccountBrake::default();
        for (accounts, may_close) in [
            (1, 1),
            (2, 1),
            (5, 3),
            (20, 10),
            (200, 10),
            (340_000, 17_000),
        ] {
            assert_eq!(brake.may_close(&day(accounts)), may_close, "{accounts}");
        }
        for (accounts, may_open) in [(0, 10), (50, 10), (1000, 200)] {
            assert_eq!(brake.may_open(&day(accounts)), may_open, "{accounts}");
        }
    }

    #[test]
    fn a_day_begins_with_its_first_change() {
        let begun = ScimDay {
            closed: 3,
            ..day(40)
        };
        let later = |hours: i64| day_of(Some(begun), 7, Timestamp::from_secs(hours * 3600));
        assert_eq!(later(23), begun);
        assert_eq!((later(24).before, later(24).closed), (7, 0));
    }

    proptest! {
        #[test]
        fn more_accounts_never_allow_less(
            before in 0_u64..1_000_000, more in 0_u64..1000,
            free in 0_u32..100, shrinks in 0_u32..=100, grows in 0_u32..1000,
        ) {
            let brake = AccountBrake { free_a_day: free, shrinks_at_most: shrinks, grows_at_most: grows };
            let (small, large) = (day(before), day(before + more));
            prop_assert!(brake.may_close(&small) <= brake.may_close(&large));
            prop_assert!(brake.may_open(&small) <= brake.may_open(&large));
            prop_assert!(brake.may_close(&small) <= before || before == 0);
        }
    }
}
