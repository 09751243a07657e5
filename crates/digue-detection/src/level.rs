//! What is usual: the level below which nineteen working days in twenty stay.
//!
//! An account's own days say it best; as long as there are few of them its peers speak, too. The
//! two are mixed as logarithms (a Gamma-Poisson account among Gamma accounts, taken at its upper
//! tail), so that an account is watched from its first minute and by its own habits after a month.

use std::collections::VecDeque;

/// Days that make the level.
const DAYS: usize = 80;
/// Days that wait before they count: a theft must not teach what is usual while it goes on.
pub(crate) const WAIT_DAYS: i32 = 3;
/// A day counts for at most this many times the level that it found.
const TAUGHT_MAX: f32 = 1.6;

/// One account's days of one kind of count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    days: VecDeque<(i32, u16)>,
    waiting: VecDeque<(i32, u16)>,
    /// 95th percentile of `days`.
    own: f32,
    /// Sum of `days`.
    sum: f32,
}

impl Level {
    /// Working days that made it.
    pub(crate) fn days(&self) -> usize {
        self.days.len()
    }

    /// The own level alone, at least 1; `None` before the fifth day.
    pub(crate) fn own(&self) -> Option<f32> {
        (self.days.len() >= 5).then_some(self.own.max(1.0))
    }

    /// The level at an account's age, with what its peers know, for whom `trust` days are worth of.
    pub(crate) fn usual(&self, peers: f32, age_days: i32) -> f32 {
        let days = self.days.len() as f32;
        // Peers weigh four days, more in the first two months, when work is still growing.
        let young = 8.0 * (1.0 - age_days as f32 / 60.0).max(0.0);
        let trust = 4.0 * 20.0 / days.max(20.0) + young;
        let own = self.own.max(1.0).ln();
        ((days * own + trust * peers.max(1.0).ln()) / (days + trust)).exp()
    }

    /// Mean of a calendar day, as a share of `usual`; 0.25 to 0.8.
    pub(crate) fn share_of(&self, usual: f32, day: i32) -> f32 {
        let first = self.days.front().map_or(day, |(day, _)| *day);
        let covered = ((day - first).max(0) as f32).max(self.days.len() as f32);
        let mean = (self.sum + 10.0 * 0.35 * usual) / (covered + 10.0);
        (1.15 * mean / usual).clamp(0.25, 0.8)
    }

    /// A working day is over.
    pub(crate) fn learn(&mut self, day: i32, count: u32, usual: f32) {
        let taught = (count as f32).min(TAUGHT_MAX * usual.max(1.0));
        self.waiting.push_back((day, whole(taught)));
        let ripe = self.waiting.iter().take_while(|(then, _)| day - then >= WAIT_DAYS).count();
        if ripe > 0 {
            for _ in 0..ripe {
                let ripe = self.waiting.pop_front().expect("counted");
                self.push(ripe);
            }
            self.sort();
        }
    }

    /// What was seen was found to be work: it teaches at once and whole.
    pub(crate) fn accept(&mut self, day: i32, count: u32) {
        while let Some(waiting) = self.waiting.pop_front() {
            self.push(waiting);
        }
        for _ in 0..3 {
            self.push((day, whole(count as f32 * 1.3)));
        }
        self.sort();
    }

    fn push(&mut self, (day, count): (i32, u16)) {
        self.days.push_back((day, count));
        if self.days.len() > DAYS {
            self.days.pop_front();
        }
    }

    fn sort(&mut self) {
        let mut counts: Vec<u16> = self.days.iter().map(|(_, count)| *count).collect();
        counts.sort_unstable();
        self.sum = counts.iter().map(|count| f32::from(*count)).sum();
        let place = 0.95 * (counts.len() as f32 + 1.0) - 1.0;
        let below = place.max(0.0) as usize;
        let last = counts.len() - 1;
        self.own = if below >= last {
            f32::from(counts[last])
        } else {
            let (low, high) = (f32::from(counts[below]), f32::from(counts[below + 1]));
            low + (place - below as f32) * (high - low)
        };
        // Work that grows: the second best of the last ten days.
        if counts.len() >= 10 {
            let mut recent: Vec<u16> = self.days.iter().rev().take(10).map(|(_, count)| *count).collect();
            recent.sort_unstable();
            self.own = self.own.max(f32::from(recent[8]));
        }
    }
}

fn whole(count: f32) -> u16 {
    count.round().clamp(0.0, 65_535.0) as u16
}

/// What the accounts of a portal have in common: mean and spread of their levels' logarithms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
    accounts: f64,
    sum: f64,
    squares: f64,
}

impl Peers {
    /// An account's own level changed.
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

    /// A high level among peers; three made-up accounts at `prior` speak as long as there are few.
    pub(crate) fn usual(&self, prior: f32) -> f32 {
        const SPREAD: f64 = 1.3;
        let prior = f64::from(prior.max(1.0).ln());
        let count = self.accounts + 3.0;
        let mean = (self.sum + 3.0 * prior) / count;
        let own = (self.squares
            - if self.accounts > 0.0 { self.sum * self.sum / self.accounts } else { 0.0 })
        .max(0.0);
        let deviation = ((own + 3.0) / count).sqrt();
        (mean + SPREAD * deviation).exp() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(days: impl Iterator<Item = u32>) -> Level {
        let mut level = Level::default();
        for (day, count) in days.enumerate() {
            level.learn(day as i32, count, 1000.0);
        }
        level
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
            level.learn(day, 400, before);
        }
        assert!(level.usual(4.0, 90) <= before * 1.01, "three days wait");
        level.learn(43, 400, before);
        level.learn(44, 400, before);
        assert!(level.usual(4.0, 90) < before * 1.7);
    }

    #[test]
    fn work_that_was_found_honest_teaches_at_once() {
        let mut level = level_of((0..40).map(|_| 4));
        level.accept(40, 40);
        assert!(level.usual(4.0, 90) > 20.0);
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
