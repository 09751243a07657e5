//! The factor of the portal's day: how many times their usual work its accounts do together.
//!
//! A campaign, a new form, the first of the month: where all accounts are three times as busy, one
//! that is three times as busy says nothing. The factor is the median, over the accounts at work
//! today, of what each has done so far divided by its own mean day. It is shrunk towards 1 where
//! few are at work and never below 1; to raise it, half of the accounts would have to read more.
//! Early in the day the factor of the days before applies.

use std::collections::VecDeque;

/// Buckets of a quarter of a doubling, from a 64th to about a thousand times the mean. A median
/// from buckets needs no sorted list, and those of one organisation can be subtracted.
const BUCKETS: usize = 64;
const PER_DOUBLING: f32 = 4.0;
const OF_ONE: f32 = 24.0;
/// Accounts at work from which on their median is used.
const ACCOUNTS_MIN: u32 = 5;
/// Days whose factors are remembered.
const DAYS: usize = 5;

/// The day of one group of accounts: a portal's, or an organisation's.
#[derive(Clone, Debug)]
pub(crate) struct Surge {
    day: i32,
    at_work: u32,
    buckets: Box<[u16; BUCKETS]>,
    /// Factors of the last days on which enough accounts were at work.
    past: VecDeque<f32>,
    /// With so many accounts at work, the factor is the square root of the median.
    doubt: f32,
    ordinary: f32,
}

/// An account's part in its group's day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SurgeShare {
    day: i32,
    /// Index of its bucket plus 1; 0 before its first count of the day.
    bucket: u8,
}

impl Surge {
    pub(crate) fn new(doubt: f32, ordinary: f32) -> Self {
        Self {
            ordinary,
            day: -1,
            at_work: 0,
            buckets: Box::new([0; BUCKETS]),
            past: VecDeque::new(),
            doubt,
        }
    }

    /// Records that an account has done `ratio` times its mean day so far.
    pub(crate) fn note(&mut self, share: &mut SurgeShare, day: i32, ratio: f32) {
        if day > self.day {
            self.close();
            self.day = day;
        }
        // A late entry of the day before would count in today's median; its day is closed.
        if day < self.day || !ratio.is_finite() || ratio <= 0.0 {
            return;
        }
        let bucket = (ratio.log2() * PER_DOUBLING + OF_ONE)
            .round()
            .clamp(0.0, BUCKETS as f32 - 1.0) as u8
            + 1;
        if share.day == day && share.bucket > 0 {
            if share.bucket == bucket {
                return;
            }
            let before = &mut self.buckets[usize::from(share.bucket) - 1];
            *before = before.saturating_sub(1);
        } else {
            self.at_work += 1;
        }
        let now = &mut self.buckets[usize::from(bucket) - 1];
        *now = now.saturating_add(1);
        *share = SurgeShare { day, bucket };
    }

    fn close(&mut self) {
        if let Some(factor) = self.of_today(None) {
            self.past.push_back(factor);
            if self.past.len() > DAYS {
                self.past.pop_front();
            }
        }
        self.at_work = 0;
        self.buckets.fill(0);
    }

    /// The day's factor so far without the accounts of `others`, at least 1; `None` where too few
    /// are at work.
    fn of_today(&self, others: Option<&Self>) -> Option<f32> {
        let others = others.filter(|others| others.day == self.day);
        // Saturating: an account that moved within the day stands in two organisations.
        let at_work = self
            .at_work
            .saturating_sub(others.map_or(0, |others| others.at_work));
        if at_work < ACCOUNTS_MIN {
            return None;
        }
        let (mut below, mut median) = (0, 0);
        for (place, count) in self.buckets.iter().enumerate() {
            below +=
                u32::from(count.saturating_sub(others.map_or(0, |others| others.buckets[place])));
            // The lower median: of two middles, the one that explains less.
            if below * 2 >= at_work {
                median = place;
                break;
            }
        }
        let ratio = ((median as f32 - OF_ONE) / PER_DOUBLING).exp2() / self.ordinary;
        let trust = at_work as f32 / (at_work as f32 + self.doubt);
        Some(ratio.max(1.0).powf(trust))
    }

    /// The factor of `day`, at least 1.
    pub(crate) fn factor(&self, day: i32) -> f32 {
        self.factor_without(None, day)
    }

    /// The factor of the rest of the group, without `part`: a theft by a whole organisation must
    /// not explain itself.
    pub(crate) fn factor_without(&self, part: Option<&Self>, day: i32) -> f32 {
        let today = if day == self.day {
            self.of_today(part).unwrap_or(1.0)
        } else {
            1.0
        };
        let mut past: Vec<f32> = self.past.iter().copied().collect();
        past.sort_by(f32::total_cmp);
        // The median of the days before: when most of them were busy, so is this morning.
        let before = past
            .get(past.len().saturating_sub(1) / 2)
            .copied()
            .unwrap_or(1.0);
        today.max(if past.len() >= 3 { before } else { 1.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(surge: &mut Surge, shares: &mut [SurgeShare], day: i32, ratio: impl Fn(usize) -> f32) {
        for (place, share) in shares.iter_mut().enumerate() {
            surge.note(share, day, ratio(place) / 2.0);
            surge.note(share, day, ratio(place));
        }
    }

    #[test]
    fn everybody_three_times_as_busy_is_a_factor_of_nearly_three() {
        let (mut surge, mut shares) = (Surge::new(3.0, 0.85), vec![SurgeShare::default(); 20]);
        day(&mut surge, &mut shares, 1, |place| {
            0.5 + place as f32 / 20.0
        });
        assert!((1.0..1.3).contains(&surge.factor(1)), "{}", surge.factor(1));
        day(&mut surge, &mut shares, 2, |place| {
            3.0 * (0.5 + place as f32 / 20.0)
        });
        assert!((2.3..3.4).contains(&surge.factor(2)), "{}", surge.factor(2));
        assert!(
            (surge.factor(3) - 1.0).abs() < 0.01,
            "one busy day says nothing of the next morning"
        );
    }

    #[test]
    fn a_few_thieves_move_nothing() {
        let (mut surge, mut shares) = (Surge::new(3.0, 0.85), vec![SurgeShare::default(); 12]);
        day(&mut surge, &mut shares, 1, |place| {
            if place < 4 { 50.0 } else { 0.8 }
        });
        assert!(surge.factor(1) < 1.2, "{}", surge.factor(1));
    }

    #[test]
    fn a_busy_week_speaks_for_the_next_morning() {
        let (mut surge, mut shares) = (Surge::new(3.0, 0.85), vec![SurgeShare::default(); 20]);
        for one in 1..6 {
            day(&mut surge, &mut shares, one, |_| 3.0);
        }
        assert!(surge.factor(6) > 2.0);
    }

    #[test]
    fn three_accounts_say_nothing() {
        let (mut surge, mut shares) = (Surge::new(3.0, 0.85), vec![SurgeShare::default(); 3]);
        day(&mut surge, &mut shares, 1, |_| 9.0);
        assert!((surge.factor(1) - 1.0).abs() < f32::EPSILON);
    }
}
