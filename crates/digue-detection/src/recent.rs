//! Distinct persons of the last minute, ten minutes and hour of one account.

use std::collections::VecDeque;

use hashbrown::HashMap;

/// The windows, in seconds.
pub(crate) const WINDOWS: [u32; 3] = [60, 600, 3600];

/// Record pages of one second that count for pace: people open several tabs at once, and some
/// records have dates without a time.
const PACED_IN_A_SECOND: u32 = 4;

/// Bounds the memory: an account with more persons in an hour was contained long before.
const LOG_MAX: usize = 8192;

/// Distinct numbers in sliding windows, counted twice: all, and at most four of each second.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentEvents {
    last: HashMap<u32, u32>,
    /// Second, number, and whether it counts for pace; in order of time.
    log: VecDeque<(u32, u32, bool)>,
    /// How many entries at the front of `log` have left each window.
    released: [usize; 3],
    all: [u32; 3],
    paced: [u32; 3],
    now: u32,
    in_this_second: u32,
}

impl RecentEvents {
    /// Counts `key` at `second`, or at the latest second where the clock has stepped back. A number
    /// that is still in the longest window does not count again.
    pub(crate) fn meet(&mut self, second: u32, key: u32) {
        // The log must stay in order of time, or an early entry would hold the later ones in the
        // windows.
        let second = second.max(self.now);
        self.move_on(second);
        if self.last.contains_key(&key) {
            return;
        }
        if self.log.len() >= LOG_MAX {
            self.drop_first();
        }
        let is_paced = self.in_this_second < PACED_IN_A_SECOND;
        self.in_this_second += 1;
        self.last.insert(key, second);
        self.log.push_back((second, key, is_paced));
        for window in 0..3 {
            self.all[window] += 1;
            self.paced[window] += u32::from(is_paced);
        }
    }

    /// Removes from each window what is too old at `second`.
    pub(crate) fn move_on(&mut self, second: u32) {
        if second <= self.now {
            return;
        }
        (self.now, self.in_this_second) = (second, 0);
        for (window, length) in WINDOWS.into_iter().enumerate() {
            while let Some(&(at, _, is_paced)) = self.log.get(self.released[window]) {
                if at + length > second {
                    break;
                }
                self.released[window] += 1;
                self.all[window] -= 1;
                self.paced[window] -= u32::from(is_paced);
            }
        }
        while self.released[2] > 0 {
            self.drop_first();
        }
        if self.log.is_empty() && self.log.capacity() > 64 {
            // Returns the memory: with sixty thousand accounts the empty queues would add up.
            (self.log, self.last) = (VecDeque::new(), HashMap::new());
        }
    }

    pub(crate) fn all(&self) -> [u32; 3] {
        self.all
    }

    pub(crate) fn paced(&self) -> [u32; 3] {
        self.paced
    }

    fn drop_first(&mut self) {
        let Some((_, key, is_paced)) = self.log.pop_front() else {
            return;
        };
        self.last.remove(&key);
        for window in 0..3 {
            if self.released[window] > 0 {
                self.released[window] -= 1;
            } else {
                self.all[window] -= 1;
                self.paced[window] -= u32::from(is_paced);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_person_counts_once_an_hour_in_each_window() {
        let mut recent = RecentEvents::default();
        for second in 0..10 {
            recent.meet(1000 + second, second % 3);
        }
        assert_eq!(recent.all(), [3, 3, 3]);
        recent.move_on(1061);
        assert_eq!(recent.all(), [1, 3, 3]);
        recent.move_on(1000 + 3600 + 2);
        assert_eq!(recent.all(), [0, 0, 0]);
    }

    #[test]
    fn of_one_second_four_are_paced() {
        let mut recent = RecentEvents::default();
        for key in 0..35 {
            recent.meet(1000, key);
        }
        assert_eq!((recent.all()[0], recent.paced()[0]), (35, 4));
    }

    #[test]
    fn a_second_begins_anew_also_when_time_was_told_before() {
        let mut recent = RecentEvents::default();
        for second in 0..10 {
            recent.move_on(1000 + second);
            recent.meet(1000 + second, second);
        }
        assert_eq!(recent.paced(), [10, 10, 10]);
    }

    proptest! {
        #[test]
        fn counts_are_bounded_and_never_panic(steps in proptest::collection::vec((0u32..900, 0u32..40), 0..400)) {
            let mut recent = RecentEvents::default();
            let mut now = 0;
            for (wait, key) in steps {
                now += wait / 3;
                recent.meet(now, key);
                let [minute, ten, hour] = recent.all();
                prop_assert!(minute <= ten && ten <= hour && hour <= 40);
                prop_assert!(recent.paced()[0] <= minute);
            }
        }
    }
}
