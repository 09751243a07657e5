//! The brake: how much a source may change by itself. A failed extraction looks like a file that
//! lost rows, and a stolen export like one that gained them.

use std::time::Duration;

use digue_administration::loads::LoadPreview;
use digue_store::DayOfChanges;
use digue_types::Timestamp;

/// Changes up to this number of rows never wait: a share of a small table is nothing.
pub const ROWS_FREE: u64 = 10;

const DAY: Duration = Duration::from_hours(24);

/// The largest changes within a day that need no person, in percent of the rows in force at its
/// beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brake {
    pub shrinks_at_most: u32,
    pub grows_at_most: u32,
}

impl Default for Brake {
    fn default() -> Self {
        Self {
            shrinks_at_most: 5,
            grows_at_most: 20,
        }
    }
}

impl Brake {
    /// Whether a change waits for a person. `day` is what the source changed by itself before, and
    /// how many rows were in force then: many small changes are judged as the large one that they
    /// make together.
    pub fn holds(self, change: &LoadPreview, day: DayOfChanges) -> bool {
        // An empty answer is the most common failure, and is held whatever its size.
        if change.rows == 0 && change.before > 0 {
            return true;
        }
        // A first load fills an empty table: the bound of the feed alone limits it.
        if change.before == 0 {
            return false;
        }
        let exceeds = |rows: u64, percent: u32| {
            let allowed = u128::from(day.before) * u128::from(percent) / 100;
            rows > ROWS_FREE && u128::from(rows) > allowed
        };
        exceeds(day.removed + change.removed, self.shrinks_at_most)
            || exceeds(day.added + change.growth.rows, self.grows_at_most)
    }
}

/// The day that a change falls into: the one that is running, or one that begins with it.
pub(crate) fn day_of(
    known: Option<DayOfChanges>,
    change: &LoadPreview,
    now: Timestamp,
) -> DayOfChanges {
    // A day that began with an empty table has no rows to take a percentage of: until its end every
    // change after the first load would be held.
    let runs = |day: &DayOfChanges| now.since(day.from) < DAY && day.before > 0;
    known.filter(runs).unwrap_or(DayOfChanges {
        from: now,
        before: change.before,
        removed: 0,
        added: 0,
    })
}

#[cfg(test)]
mod tests {
    use digue_administration::loads::LoadGrowth;
    use proptest::prelude::*;

    use super::*;

    fn change(before: u64, removed: u64, added: u64) -> LoadPreview {
        LoadPreview {
            before,
            rows: before - removed + added,
            removed,
            growth: LoadGrowth {
                rows: added,
                ..LoadGrowth::default()
            },
            unknown: None,
        }
    }

    /// A day that begins with the change.
    fn holds(change: &LoadPreview) -> bool {
        Brake::default().holds(change, day_of(None, change, Timestamp::ZERO))
    }

    #[test]
    fn a_source_that_answers_nothing_never_empties_what_is_in_force() {
        for before in [1, 5, 340_000] {
            assert!(holds(&change(before, before, 0)), "{before}");
        }
        assert!(!holds(&change(0, 0, 0)), "nothing was there");
    }

    #[test]
    fn a_share_of_the_rows_may_go_and_come() {
        let holds = |before, removed, added| holds(&change(before, removed, added));
        assert!(!holds(1000, 50, 0));
        assert!(holds(1000, 51, 0));
        assert!(!holds(1000, 0, 200));
        assert!(holds(1000, 0, 201));
        assert!(!holds(20, 10, 10), "a few rows of a small table");
        assert!(holds(20, 11, 0));
        assert!(!holds(0, 0, 1_000_000), "the first load");
    }

    #[test]
    fn a_slow_drain_waits_as_the_large_loss_that_it_is() {
        let at = Timestamp::from_secs;
        let (mut day, mut left) = (None, 10_000);
        for reading in 0..288 {
            let change = change(left, 20, 0);
            let of = day_of(day, &change, at(reading * 300));
            if Brake::default().holds(&change, of) {
                break;
            }
            left -= 20;
            day = Some(DayOfChanges {
                removed: of.removed + 20,
                ..of
            });
        }
        assert_eq!(left, 9_500, "five percent of a day, and no more");
        // The next day begins anew.
        let change = change(left, 20, 0);
        assert_eq!(day_of(day, &change, at(86_400)).before, 9_500);
    }

    proptest! {
        #[test]
        fn a_larger_loss_never_passes_where_a_smaller_one_waits(
            before in 1_u64..100_000, removed in 0_u64..100_000, more in 0_u64..1000,
        ) {
            let removed = removed.min(before);
            let larger = (removed + more).min(before);
            let holds = |removed| holds(&change(before, removed, 0));
            prop_assert!(!holds(removed) || holds(larger));
        }
    }
}
