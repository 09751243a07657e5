//! Enumeration: identifiers by a constant step, as no queue of persons comes.

/// Follows the sheets of one account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    last: Option<u64>,
    step: i64,
    run: u32,
}

/// Steps longer than this are leaps, not a walk.
const STEP_MAX: u64 = 100_000;

impl Order {
    /// The next sheet; how many came one after the other by the same step, this one included.
    pub(crate) fn next(&mut self, number: Option<u64>) -> u32 {
        let Some(number) = number else {
            return 0;
        };
        let step = self.last.filter(|last| last.abs_diff(number) <= STEP_MAX).map_or(0, |last| {
            let size = i64::try_from(last.abs_diff(number)).unwrap_or(0);
            if number >= last { size } else { -size }
        });
        self.last = Some(number);
        if step == 0 {
            // The same sheet again, or a leap.
            (self.step, self.run) = (0, 1);
        } else if step == self.step {
            self.run += 1;
        } else {
            (self.step, self.run) = (step, 2);
        }
        self.run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numbers: &[u64], expected: u32) {
        let mut order = Order::default();
        let last = numbers.iter().map(|&number| order.next(Some(number))).last();
        assert_eq!(last, Some(expected), "{numbers:?}");
    }

    #[test]
    fn a_constant_step_is_a_walk_up_or_down() {
        check(&[10, 47, 84, 121], 4);
        check(&[9, 8, 7, 6, 5], 5);
    }

    #[test]
    fn persons_as_they_come_are_not() {
        check(&[10, 11, 500, 20, 3], 2);
        check(&[7, 7, 7], 1);
        check(&[1, 10_000_000, 20_000_000], 1);
    }
}
