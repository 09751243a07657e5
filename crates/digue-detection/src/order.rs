//! Enumeration: identifiers that follow each other by a constant step, as those of work do not.
//!
//! A thief may open each record page twice, or work in between: several walks are followed at a
//! time, and opening the same page again changes nothing.

/// One walk: its last number, its step (0 before the second number), and its length.
#[derive(Clone, Copy, Debug)]
struct NumberWalk {
    last: u64,
    step: i64,
    run: u32,
}

/// Walks that are followed at a time.
const WALKS: usize = 4;
/// Longer steps are no walk.
const STEP_MAX: u64 = 100_000;

/// The walks of one account, the latest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberOrder(Vec<NumberWalk>);

impl NumberOrder {
    /// Adds the identifier of a record page; returns the length of its walk, this one included.
    pub(crate) fn next(&mut self, number: Option<u64>) -> u32 {
        let Some(number) = number else {
            return 0;
        };
        if let Some(place) = self.0.iter().position(|walk| walk.last == number) {
            return self.0[place].run;
        }
        let goes_on =
            |walk: &NumberWalk| walk.step != 0 && step(walk.last, number) == Some(walk.step);
        let place = self.0.iter().position(goes_on).or_else(|| {
            // A second number could give any walk its step; the latest is the likeliest.
            self.0
                .iter()
                .position(|walk| walk.step == 0 && step(walk.last, number).is_some())
        });
        let walk = match place {
            Some(place) => {
                let before = self.0.remove(place);
                let step = step(before.last, number).expect("found by it");
                NumberWalk {
                    last: number,
                    step,
                    run: before.run + 1,
                }
            }
            None => NumberWalk {
                last: number,
                step: 0,
                run: 1,
            },
        };
        self.0.insert(0, walk);
        // A walk of two is a guess: its last number may also begin another walk.
        if walk.run == 2 {
            self.0.insert(
                1,
                NumberWalk {
                    last: number,
                    step: 0,
                    run: 1,
                },
            );
        }
        self.0.truncate(WALKS);
        walk.run
    }
}

/// The step from one number to another; `None` for the same number and beyond `STEP_MAX`.
fn step(from: u64, to: u64) -> Option<i64> {
    let size = from.abs_diff(to);
    if size == 0 || size > STEP_MAX {
        return None;
    }
    let size = size.cast_signed();
    Some(if to > from { size } else { -size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numbers: &[u64], expected: u32) {
        let mut order = NumberOrder::default();
        let most = numbers.iter().map(|&number| order.next(Some(number))).max();
        assert_eq!(most, Some(expected), "{numbers:?}");
    }

    #[test]
    fn a_constant_step_is_a_walk_up_or_down() {
        check(&[10, 47, 84, 121], 4);
        check(&[9, 8, 7, 6, 5], 5);
    }

    #[test]
    fn a_sheet_opened_twice_does_not_hide_it() {
        check(&[10, 10, 11, 11, 12, 12, 13, 13], 4);
    }

    #[test]
    fn work_in_between_does_not_hide_it() {
        check(&[10, 11, 900_000, 12, 13, 500_000, 14], 5);
    }

    #[test]
    fn persons_as_they_come_are_not() {
        check(&[10, 11, 500, 20, 3], 2);
        check(&[7, 7, 7], 1);
        check(&[1, 10_000_000, 20_000_000], 1);
    }
}
