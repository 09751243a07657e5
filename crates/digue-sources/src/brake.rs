//! The brake: how much a source may change by itself. A failed extraction looks like a file that
//! lost rows, and a stolen export like one that gained them.

use digue_administration::loads::LoadPreview;

/// Changes up to this number of rows never wait: a share of a small table is nothing.
pub const ROWS_FREE: u64 = 10;

/// The largest changes that need no person, in percent of the rows in force.
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
    /// Whether a change waits for a person.
    ///
    /// The base is what is in force, and not what the source had last: a slow drain over many
    /// readings is compared with what people rely on.
    pub fn holds(self, change: &LoadPreview) -> bool {
        // An empty answer is the most common failure, and is held whatever its size.
        if change.rows == 0 && change.before > 0 {
            return true;
        }
        // A first load fills an empty table: the bound of the feed alone limits it.
        if change.before == 0 {
            return false;
        }
        let exceeds = |rows: u64, percent: u32| {
            let allowed = u128::from(change.before) * u128::from(percent) / 100;
            rows > ROWS_FREE && u128::from(rows) > allowed
        };
        exceeds(change.removed, self.shrinks_at_most)
            || exceeds(change.growth.rows, self.grows_at_most)
    }
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
        }
    }

    #[test]
    fn a_source_that_answers_nothing_never_empties_what_is_in_force() {
        for before in [1, 5, 340_000] {
            assert!(
                Brake::default().holds(&change(before, before, 0)),
                "{before}"
            );
        }
        assert!(
            !Brake::default().holds(&change(0, 0, 0)),
            "nothing was there"
        );
    }

    #[test]
    fn a_share_of_the_rows_may_go_and_come() {
        let holds =
            |before, removed, added| Brake::default().holds(&change(before, removed, added));
        assert!(!holds(1000, 50, 0));
        assert!(holds(1000, 51, 0));
        assert!(!holds(1000, 0, 200));
        assert!(holds(1000, 0, 201));
        assert!(!holds(20, 10, 10), "a few rows of a small table");
        assert!(holds(20, 11, 0));
        assert!(!holds(0, 0, 1_000_000), "the first load");
    }

    proptest! {
        #[test]
        fn a_larger_loss_never_passes_where_a_smaller_one_waits(
            before in 1_u64..100_000, removed in 0_u64..100_000, more in 0_u64..1000,
        ) {
            let removed = removed.min(before);
            let larger = (removed + more).min(before);
            let holds = |removed| Brake::default().holds(&change(before, removed, 0));
            prop_assert!(!holds(removed) || holds(larger));
        }
    }
}
