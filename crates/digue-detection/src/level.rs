//! The usual level: the one below which nineteen working days in twenty stay, and the mean and
//! dispersion from which a day's count is predicted.
//!
//! An account's own days are the best evidence; while there are few, its peers' are mixed in, so
//! that an account is judged from its first minute, and by its own habits after a month. A thief
//! who uses an account must not teach it: days wait before they count, a day teaches at most so
//! many times the usual level, the mean grows by at most so much in a month (see `tuning`), and
//! days that may have been theft never count. A whole portal may grow faster: counts are divided by
//! its factor of the day before they teach (`surge`).

use std::collections::VecDeque;

use crate::tuning::Tuning;

/// Working days from which the level is computed.
const DAYS: usize = 40;
/// Standard deviations from the mean to the 95th percentile of a skewed count.
const UPPER_DEVIATIONS: f32 = 1.8;
/// Least mean count beyond the first of a day: no account surely stops after one.
const BEYOND_MIN: f32 = 0.4;
/// Working days of an account before its growth is limited.
const GROWTH_AFTER: usize = 20;

/// Counts of the last days, as a ring without allocation: one exists for each account and kind of
/// count.
#[derive(Clone, Debug)]
struct LastDays {
    counts: [u16; DAYS],
    /// Where the next one goes.
    next: usize,
    len: usize,
}

impl Default for LastDays {
    fn default() -> Self {
        Self {
            counts: [0; DAYS],
            next: 0,
            len: 0,
        }
    }
}

impl LastDays {
    fn push(&mut self, count: u16) {
        self.counts[self.next] = count;
        self.next = (self.next + 1) % DAYS;
        self.len = (self.len + 1).min(DAYS);
    }

    /// The latest counts, at most `number`, in two parts.
    fn latest(&self, number: usize) -> (&[u16], &[u16]) {
        let number = number.min(self.len);
        match self.next.checked_sub(number) {
            Some(first) => (&self.counts[first..self.next], &[]),
            None => (
                &self.counts[DAYS - (number - self.next)..],
                &self.counts[..self.next],
            ),
        }
    }
}

/// One account's days of one kind of count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    days: LastDays,
    /// Day and count of days that do not teach yet.
    waiting: VecDeque<(i32, u16)>,
    /// 95th percentile of `days`.
    own: f32,
    mean: f32,
    /// Variance beyond Poisson's, divided by the squared mean.
    dispersion: f32,
    /// Limit from which the mean may grow, and the day on which it was set.
    ceiling: f32,
    ceiling_day: i32,
}

impl Level {
    /// Number of working days that taught it.
    pub(crate) fn days(&self) -> usize {
        self.days.len
    }

    /// The account's own level, at least 1; `None` before the fifth day.
    pub(crate) fn own(&self) -> Option<f32> {
        // Fewer days are no habit: a first busy day would count as the usual level.
        (self.days.len >= 5).then_some(self.own.max(1.0))
    }

    /// Mean count of a working day; `None` before the fifth.
    pub(crate) fn mean(&self) -> Option<f32> {
        (self.days.len >= 5).then_some(self.mean.max(0.2))
    }

    /// Mean count beyond the first of a working day: a day is a working day because there was one.
    pub(crate) fn mean_beyond(&self) -> Option<f32> {
        self.mean().map(beyond_first)
    }

    /// How much more the account's days vary than by chance (see the field).
    pub(crate) fn dispersion(&self) -> f32 {
        self.dispersion
    }

    /// The level of an account of this age: the geometric mean of its own and its peers', weighted
    /// by days.
    pub(crate) fn usual(&self, peers: f32, age_days: i32) -> f32 {
        let days = self.days.len as f32;
        // Peers weigh four days, more in the first two months, when work is still growing.
        let young = 8.0 * (1.0 - age_days as f32 / 60.0).max(0.0);
        let trust = 4.0 * 20.0 / days.max(20.0) + young;
        let own = self.own.max(1.0).ln();
        ((days * own + trust * peers.max(1.0).ln()) / (days + trust)).exp()
    }

    /// Adds a finished working day. With `is_confirmed`, a verdict found such days to be work, and
    /// they teach in full.
    pub(crate) fn learn(
        &mut self,
        tuning: &Tuning,
        day: i32,
        count: f32,
        usual: f32,
        is_confirmed: bool,
    ) {
        let taught = if is_confirmed {
            count
        } else {
            count.min(tuning.taught_max * usual.max(1.0))
        };
        self.waiting.push_back((day, whole(taught)));
        let ripe = self
            .waiting
            .iter()
            .take_while(|(then, _)| (day - then) as f32 >= tuning.wait_days)
            .count();
        if ripe > 0 {
            for _ in 0..ripe {
                let (_, count) = self.waiting.pop_front().expect("counted");
                self.days.push(count);
            }
            if is_confirmed {
                self.ceiling = f32::MAX;
            }
            self.reckon(tuning, day);
        }
    }

    /// Drops the days that still wait: they may have been part of a theft.
    pub(crate) fn forget_waiting(&mut self) {
        self.waiting.clear();
    }

    fn reckon(&mut self, tuning: &Tuning, day: i32) {
        let number = self.days.len as f32;
        let p95 = percentile_95(self.days.latest(DAYS));
        self.own = p95;
        // For work that grows: at least the second greatest of the last ten days, which one unusual
        // day cannot set.
        if self.days.len >= 10 {
            let [_, second, _] = greatest(self.days.latest(10));
            self.own = self.own.max(f32::from(second));
        }
        let mean = sum(self.days.latest(DAYS)) / number;
        let late_days = tuning.late_days as usize;
        // For work that grows or changes: the mean of the latest days, where it is higher.
        let late = sum(self.days.latest(late_days));
        // From the 95th percentile: with the variance, one unusual day would hide the next
        // (docs/decisions/0017).
        let deviation = ((p95 - mean) / UPPER_DEVIATIONS).max(0.0);
        let beyond = beyond_first(mean);
        self.dispersion = ((deviation * deviation - beyond) / (beyond * beyond)).max(0.0);
        self.mean = mean.max(late / number.min(late_days as f32));
        self.hold(tuning, day);
    }

    /// Limits the growth of the mean.
    fn hold(&mut self, tuning: &Tuning, day: i32) {
        if self.days.len < GROWTH_AFTER || self.ceiling <= 0.0 {
            (self.ceiling, self.ceiling_day) = (self.mean, day);
            return;
        }
        // At most a year: an account that returns after a long absence must not grow by all the
        // months that it was away.
        let months = (day - self.ceiling_day).clamp(0, 366) as f32 / 30.0;
        let ceiling = (self.ceiling * tuning.growth_a_month.powf(months)).max(0.5);
        if self.mean > ceiling {
            let held = ceiling / self.mean;
            self.mean = ceiling;
            self.own = (self.own * held).max(1.0);
        }
        (self.ceiling, self.ceiling_day) = (self.mean, day);
    }
}

/// The mean count beyond the first.
pub(crate) fn beyond_first(mean: f32) -> f32 {
    (mean - 1.0).max(BEYOND_MIN)
}

/// The 95th percentile of at most `DAYS` counts, interpolated. Among 40 counts it lies between the
/// second and the third greatest: three are enough, and nothing is sorted.
fn percentile_95(counts: (&[u16], &[u16])) -> f32 {
    let number = counts.0.len() + counts.1.len();
    let greatest = greatest(counts);
    let place = (0.95 * (number as f32 + 1.0) - 1.0).max(0.0);
    let (below, last) = (place as usize, number - 1);
    if below >= last {
        return f32::from(greatest[0]);
    }
    let (low, high) = (
        f32::from(greatest[last - below]),
        f32::from(greatest[last - below - 1]),
    );
    low + (place - below as f32) * (high - low)
}

/// The three greatest counts, the greatest first; 0 for missing ones.
fn greatest((earlier, later): (&[u16], &[u16])) -> [u16; 3] {
    let [mut first, mut second, mut third] = [0; 3];
    for &count in earlier.iter().chain(later) {
        third = third.max(count.min(second));
        second = second.max(count.min(first));
        first = first.max(count);
    }
    [first, second, third]
}

fn sum((earlier, later): (&[u16], &[u16])) -> f32 {
    earlier
        .iter()
        .chain(later)
        .map(|count| f32::from(*count))
        .sum()
}

fn whole(count: f32) -> u16 {
    count.round().clamp(0.0, 65_535.0) as u16
}

/// The accounts of a portal together: sums from which mean and variance of their levels' logarithms
/// follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
    accounts: f64,
    sum: f64,
    squares: f64,
}

impl Peers {
    /// Replaces the level of one account.
    pub(crate) fn replace(&mut self, before: Option<f32>, after: Option<f32>) {
        for (level, sign) in [(before, -1.0), (after, 1.0)] {
            if let Some(level) = level {
                let ln = f64::from(level.ln());
                self.accounts += sign;
                self.sum += sign * ln;
                self.squares += sign * ln * ln;
            }
        }
    }

    /// Accounts with a level.
    pub(crate) fn accounts(&self) -> f32 {
        self.accounts as f32
    }

    /// A high level among peers. Three assumed accounts at `prior` are included, which matter while
    /// there are few others.
    pub(crate) fn usual(&self, prior: f32) -> f32 {
        const SPREAD: f32 = 1.3;
        let (mean, variance) = self.logarithm(prior);
        (mean + SPREAD * variance.sqrt()).exp()
    }

    /// Mean and variance of the natural logarithms.
    pub(crate) fn logarithm(&self, prior: f32) -> (f32, f32) {
        let prior = f64::from(prior.max(0.3).ln());
        let count = self.accounts + 3.0;
        let mean = (self.sum + 3.0 * prior) / count;
        let own = (self.squares
            - if self.accounts > 0.0 {
                self.sum * self.sum / self.accounts
            } else {
                0.0
            })
        .max(0.0);
        (mean as f32, ((own + 3.0) / count) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(days: impl Iterator<Item = u32>) -> Level {
        let mut level = Level::default();
        for (day, count) in days.enumerate() {
            level.learn(&Tuning::default(), day as i32, count as f32, 1000.0, false);
        }
        level
    }

    #[test]
    fn the_latest_days_are_the_last_that_came() {
        let mut days = LastDays::default();
        for count in 1..=100_u16 {
            days.push(count);
            for number in [1, 3, 10, 28, DAYS] {
                let (earlier, later) = days.latest(number);
                let latest: Vec<u16> = earlier.iter().chain(later).copied().collect();
                let expected: Vec<u16> = (1..=count).rev().take(number).collect();
                assert_eq!(latest.into_iter().rev().collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn the_percentile_is_that_of_the_sorted_days() {
        let mut state = 1_u64;
        for number in 1..=DAYS {
            let counts: Vec<u16> = (0..number)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 60) as u16
                })
                .collect();
            let mut sorted = counts.clone();
            sorted.sort_unstable();
            let place = (0.95 * (number as f32 + 1.0) - 1.0).max(0.0);
            let at = |place: usize| f32::from(sorted[place.min(number - 1)]);
            let (low, high) = (at(place as usize), at(place as usize + 1));
            let expected = low + place.fract() * (high - low);
            assert!(
                (percentile_95((&counts, &[])) - expected).abs() < 1e-4,
                "{sorted:?}"
            );
        }
    }

    #[test]
    fn a_new_account_is_measured_by_its_peers_and_an_old_one_by_itself() {
        let new = Level::default();
        assert!((new.usual(12.0, 0) - 12.0).abs() < 0.1);
        let old = level_of((0..60).map(|day| 3 + day % 2));
        let usual = old.usual(12.0, 90);
        assert!((4.0..4.6).contains(&usual), "{usual}");
    }

    #[test]
    fn a_theft_teaches_little_and_late() {
        let mut level = level_of((0..40).map(|_| 4));
        let before = level.usual(4.0, 90);
        for day in 40..43 {
            level.learn(&Tuning::default(), day, 400.0, before, false);
        }
        assert!(level.usual(4.0, 90) <= before * 1.01, "three days wait");
        level.learn(&Tuning::default(), 43, 400.0, before, false);
        level.learn(&Tuning::default(), 44, 400.0, before, false);
        assert!(
            level.usual(4.0, 90) < before * 2.1,
            "{}",
            level.usual(4.0, 90)
        );
    }

    #[test]
    fn work_that_was_found_honest_teaches_whole() {
        let mut level = level_of((0..40).map(|_| 4));
        for day in 40..50 {
            level.learn(&Tuning::default(), day, 40.0, 4.0, true);
        }
        assert!(level.usual(4.0, 90) > 20.0, "{}", level.usual(4.0, 90));
    }

    #[test]
    fn a_thief_who_reads_a_little_more_each_day_at_most_doubles_the_mean_in_a_month() {
        let mut level = level_of((0..40).map(|_| 10));
        for day in 0..60_i32 {
            let usual = level.usual(10.0, 90);
            level.learn(
                &Tuning::default(),
                40 + day,
                10.0 * 1.05_f32.powi(day),
                usual,
                false,
            );
        }
        assert!(
            level.mean().unwrap() < 10.0 * 4.0 * 1.1,
            "{:?}",
            level.mean()
        );
    }

    #[test]
    fn peers_change_with_their_accounts() {
        let mut peers = Peers::default();
        let first = peers.usual(5.0);
        for _ in 0..50 {
            peers.replace(None, Some(2.0));
        }
        let many = peers.usual(5.0);
        assert!(many < first && many > 2.0, "{many}");
        for _ in 0..50 {
            peers.replace(Some(2.0), None);
        }
        assert!((peers.usual(5.0) - first).abs() < 0.01);
    }
}
