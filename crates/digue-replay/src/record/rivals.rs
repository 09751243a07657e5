//! What other rules would have found in the same theft: three rules in use, and a sequential test
//! of volume alone.
//!
//! They have every advantage: they look after each response, know each account's past without the
//! theft, and the test's threshold is the lowest that no honest day of the whole record crosses,
//! which no operator could know beforehand.

use std::collections::{BTreeMap, HashSet, VecDeque};

use digue_detection::log_negative_binomial;

use super::{RecordedView, RecordedWork};

/// A way of judging one account by its own views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rival {
    /// 25 distinct persons in three minutes.
    Minutes,
    /// 150 distinct persons in a day.
    Day,
    /// Twice the 99th percentile of the account's own days, from the tenth day on.
    OwnPercentile,
    /// CUSUM over days of a mixture of negative-binomial likelihood ratios.
    Cusum,
}

pub const RIVALS: [Rival; 4] = [
    Rival::Minutes,
    Rival::Day,
    Rival::OwnPercentile,
    Rival::Cusum,
];

impl Rival {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Minutes => "25-in-3-minutes",
            Self::Day => "150-a-day",
            Self::OwnPercentile => "twice-own-p99",
            Self::Cusum => "volume-cusum",
        }
    }
}

/// How many times as much as usual the thief may read, in the mixture of [`Rival::Cusum`].
const FACTORS: [f64; 7] = [1.3, 1.6, 2.0, 3.0, 5.0, 10.0, 30.0];
/// Days that wait before they teach.
const LAG_DAYS: usize = 3;
/// The most that one day contributes, as a natural logarithm: real work has days that no count
/// model predicts.
const DAY_MAX: f64 = 6.9;

/// The test of one account.
#[derive(Clone, Debug)]
pub struct Cusum {
    pool: (f64, f64),
    past: Vec<f64>,
    sums: [f64; FACTORS.len()],
}

impl Cusum {
    /// `pool`: mean and dispersion of all days of the record, for accounts without a past.
    pub fn new(pool: (f64, f64)) -> Self {
        Self {
            pool,
            past: Vec::new(),
            sums: [0.0; FACTORS.len()],
        }
    }

    /// Natural logarithm of the mixture, if the day ended with `count`.
    pub fn with(&self, count: f64) -> f64 {
        let sums = self.next(count);
        (sums.iter().map(|sum| sum.exp()).sum::<f64>() / FACTORS.len() as f64).ln()
    }

    /// Ends a day.
    pub fn close(&mut self, count: f64) {
        self.sums = self.next(count);
        self.past.push(count);
    }

    fn next(&self, count: f64) -> [f64; FACTORS.len()] {
        let (mean, size) = self.habit();
        let honest = log_negative_binomial(count, mean, size);
        std::array::from_fn(|place| {
            let ratio = log_negative_binomial(count, mean * FACTORS[place], size) - honest;
            // A sum never falls below zero: a theft that begins late must not first repay years of
            // honest days.
            self.sums[place].max(0.0) + ratio.min(DAY_MAX)
        })
    }

    /// Mean and dispersion: of its own days, with the pool's weighing as much as five of them.
    fn habit(&self) -> (f64, f64) {
        let known = &self.past[..self.past.len().saturating_sub(LAG_DAYS)];
        let known = &known[known.len().saturating_sub(80)..];
        let count = known.len() as f64;
        let mean = (known.iter().sum::<f64>() + 5.0 * self.pool.0) / (count + 5.0);
        let spread = known.iter().map(|seen| (seen - mean).powi(2)).sum::<f64>();
        let pooled = self.pool.0 + self.pool.0.powi(2) / self.pool.1;
        let variance = (spread + 5.0 * pooled * (mean / self.pool.0).powi(2)) / (count + 5.0);
        (
            mean,
            (mean * mean / (variance - mean).max(0.02 * mean)).clamp(0.2, 50.0),
        )
    }
}

/// What the rivals know about a record: the pool, and the threshold of the test.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    pub pool: (f64, f64),
    pub threshold: f64,
}

impl Calibration {
    pub fn of(days: &[BTreeMap<i64, u32>]) -> Self {
        let counts: Vec<f64> = days
            .iter()
            .flat_map(|days| days.values())
            .map(|count| f64::from(*count))
            .collect();
        let all = counts.len().max(1) as f64;
        let mean = (counts.iter().sum::<f64>() / all).max(0.5);
        let variance = counts
            .iter()
            .map(|count| (count - mean).powi(2))
            .sum::<f64>()
            / all;
        let pool = (
            mean,
            (mean * mean / (variance - mean).max(0.02 * mean)).clamp(0.2, 50.0),
        );
        let mut threshold = f64::MIN;
        for days in days {
            let mut test = Cusum::new(pool);
            for count in days.values() {
                threshold = threshold.max(test.with(f64::from(*count)));
                test.close(f64::from(*count));
            }
        }
        Self { pool, threshold }
    }
}

/// Persons of the theft shown to an account before `rival` stopped it, and whether it did.
///
/// `days` are the account's own honest days, of which those before `start` are used; `views` its
/// own and the thief's from then on, in time order, the thief's marked true.
pub fn lost(
    rival: Rival,
    calibration: Calibration,
    days: &BTreeMap<i64, u32>,
    start: i64,
    views: &[(&RecordedView, bool)],
) -> (HashSet<u64>, bool) {
    let mut test = Cusum::new(calibration.pool);
    let mut past: Vec<u32> = Vec::new();
    for (_, count) in days.range(..start) {
        test.close(f64::from(*count));
        past.push(*count);
    }
    past.sort_unstable();
    let own = past
        .get(past.len().saturating_sub(1) * 99 / 100)
        .copied()
        .unwrap_or(0);
    let own = if past.len() >= 10 { own } else { u32::MAX / 2 };
    let mut lost = HashSet::new();
    let mut today: (i64, HashSet<u64>) = (start, HashSet::new());
    let mut recent: VecDeque<(i64, u64)> = VecDeque::new();
    for (view, is_theft) in views {
        if view.day() != today.0 {
            if !today.1.is_empty() {
                test.close(today.1.len() as f64);
            }
            today = (view.day(), HashSet::new());
        }
        today.1.extend(view.persons.iter().map(|person| person.key));
        let count = today.1.len();
        let is_over = match rival {
            Rival::Minutes => {
                recent.extend(view.persons.iter().map(|person| (view.at_ms, person.key)));
                while recent
                    .front()
                    .is_some_and(|(at, _)| view.at_ms - at > 180_000)
                {
                    recent.pop_front();
                }
                recent.len() >= 25
                    && recent
                        .iter()
                        .map(|(_, key)| key)
                        .collect::<HashSet<_>>()
                        .len()
                        >= 25
            }
            Rival::Day => count >= 150,
            Rival::OwnPercentile => count as u64 > 2 * u64::from(own),
            Rival::Cusum => test.with(count as f64) > calibration.threshold,
        };
        if is_over {
            return (lost, true);
        }
        if *is_theft {
            lost.extend(view.persons.iter().map(|person| person.key));
        }
    }
    (lost, false)
}

/// The views of `account` in a record from `from` until `until`, with the thief's among them,
/// marked true.
pub fn merged<'v>(
    record: &'v RecordedWork,
    theft: &'v [RecordedView],
    account: usize,
    from: i64,
    until: i64,
) -> Vec<(&'v RecordedView, bool)> {
    let first = record.views.partition_point(|view| view.day() < from);
    let own = record.views[first..]
        .iter()
        .take_while(|view| view.day() < until);
    let own = own.map(|view| (view, false));
    let theft = theft.iter().map(|view| (view, true));
    let all = own.chain(theft);
    let mut views: Vec<(&RecordedView, bool)> =
        all.filter(|(view, _)| view.account == account).collect();
    views.sort_by_key(|(view, _)| view.at_ms);
    views
}
