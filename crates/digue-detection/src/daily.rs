//! The day's count against its prediction: finds slow reading, pulses, ramps and thefts by new
//! accounts.
//!
//! The count of an honest day is assumed to be negative-binomial about the account's mean (mixed
//! with its peers' while its own days are few); a share of [`Tuning::unlike_share`] of all days is
//! unlike the others and has a far longer tail. A theft adds some amount to each day on which it
//! works; there are five amounts, from half of the account's upper level to fifteen times that
//! level. For each, and for each use of the evidence besides volume ([`DayContext`]), the ratio of
//! the two likelihoods is a bet whose expectation on an honest day is 1; a CUSUM of them is an
//! e-detector (Lorden 1971; Shin, Ramdas and Rinaldo 2022): over T honest days it exceeds `10^b`
//! with a probability of at most `T / 10^b`. Sums restart rather than fall below 1, and days
//! without work neither win nor lose.
//!
//! `docs/decisions/0017-the-watch-bets-on-days.md` has the sketch of the proof and what was tried.

use crate::negative_binomial::log_negative_binomial;
use crate::tuning::Tuning;

/// Amounts that a theft adds, in upper levels of the account, and their shares of the bet. The
/// shares sum to 1, so that the mixture is a bet again.
const AMOUNTS: [(f32, f32); 5] = [
    (0.5, 0.25),
    (1.0, 0.25),
    (2.0, 0.2),
    (5.0, 0.2),
    (15.0, 0.1),
];
/// Shares of the three uses of the context (`DayContext::used`); they sum to 1, too.
const USES: [f32; 3] = [0.25, 0.5, 0.25];
/// Fewer persons than this are no evidence by themselves: any account has such a day.
const PERSONS_MIN: u32 = 5;

/// The predicted distribution of an honest day's count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prediction {
    /// Mean count beyond the first of a working day: a day is a working day because there was one.
    pub(crate) mean: f32,
    /// 1 / size of the negative binomial: the variance beyond Poisson's, divided by the squared
    /// mean.
    pub(crate) dispersion: f32,
}

impl Prediction {
    /// Mixes an account's `own` mean and dispersion over `days` with its peers': the mean and
    /// variance of the logarithms of their means (`peers`), and their dispersion.
    pub(crate) fn of(
        tuning: &Tuning,
        own: (f32, f32),
        (days, age_days): (usize, i32),
        peers: (f32, f32),
        peers_dispersion: f32,
    ) -> Self {
        // Consecutive days are alike: two count as one. Those of a newcomer, whose work is still
        // growing, count far less.
        let young = (1.0 - age_days as f32 / tuning.young_days).max(0.0);
        let number = days as f32 / (2.0 + 6.0 * young);
        let dispersion = (own.1 * days as f32 + peers_dispersion * 10.0) / (days as f32 + 10.0);
        let dispersion = dispersion.clamp(0.05, 3.0);
        let (peers_mean, spread) = (peers.0, peers.1.clamp(0.05, tuning.spread_max));
        if days == 0 {
            return Self::from_logarithm(peers_mean, spread, dispersion);
        }
        let mean = own.0.max(0.3);
        let noise = (1.0 / mean.max(0.5) + dispersion) / number;
        let weight = spread / (spread + noise);
        let logarithm = weight * mean.ln() + (1.0 - weight) * peers_mean;
        Self::from_logarithm(logarithm, spread * noise / (spread + noise), dispersion)
    }

    fn from_logarithm(logarithm: f32, variance: f32, dispersion: f32) -> Self {
        // Mean and dispersion of a negative binomial whose mean is itself log-normal.
        let between = variance.exp() - 1.0;
        Self {
            mean: (logarithm + variance / 2.0).exp().max(0.3),
            dispersion: dispersion + between * (1.0 + dispersion),
        }
    }

    /// The prediction for a day on which all accounts do `factor` times as much.
    pub(crate) fn times(self, factor: f32) -> Self {
        // The factor applies to the whole count; `mean` leaves out the first of the day.
        Self {
            mean: (self.mean + 1.0) * factor - 1.0,
            ..self
        }
    }

    /// The upper level: about nineteen days in twenty stay below it.
    pub(crate) fn upper(self) -> f32 {
        let variance = self.mean + self.mean * self.mean * self.dispersion;
        (1.0 + self.mean + 1.65 * variance.sqrt()).max(1.5)
    }

    fn log_honest(self, tuning: &Tuning, count: f32) -> f64 {
        let likely = log_count(count, self.mean, self.dispersion);
        let mean = tuning.unlike_mean * (self.mean + 1.0);
        let unlike = log_count(count, mean, 1.0 / tuning.unlike_size);
        let share = f64::from(tuning.unlike_share);
        // Far from both means the densities underflow to 0, whose logarithm would make every later
        // sum infinite.
        ((1.0 - share) * likely.exp() + share * unlike.exp())
            .max(1e-300)
            .ln()
    }

    fn log_theft(self, count: f32, amount: f32) -> f64 {
        let mean = self.mean + amount;
        let own = self.mean * self.mean * self.dispersion;
        log_count(count, mean, (own + 0.15 * amount * amount) / (mean * mean))
    }

    /// Decimal logarithms of the likelihood ratios, by amount.
    fn ratios(self, tuning: &Tuning, count: f32) -> [f32; AMOUNTS.len()] {
        let count = (count - 1.0).max(0.0);
        let honest = self.log_honest(tuning, count);
        let upper = self.upper();
        AMOUNTS.map(|(part, _)| {
            let ratio = (self.log_theft(count, part * upper) - honest) / std::f64::consts::LN_10;
            ratio as f32 * tuning.temper
        })
    }
}

/// The log-likelihood of `count`, with the dispersion instead of the size.
fn log_count(count: f32, mean: f32, dispersion: f32) -> f64 {
    log_negative_binomial(
        f64::from(count),
        f64::from(mean),
        1.0 / f64::from(dispersion.max(0.01)),
    )
}

/// Evidence of a day besides its volume, as decimal logarithms of bets: deviation from the
/// account's own habits, and signs that someone else uses the account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct DayContext {
    pub(crate) habits: f32,
    pub(crate) elsewhere: f32,
}

impl DayContext {
    /// The part that each use takes: nothing, the habits, both. Bounded by 1.5 times the evidence
    /// of the volume: a few persons at an odd hour from a new device are worth an alert, not a
    /// containment.
    fn used(self, volume: f32) -> [f32; USES.len()] {
        let most = 1.5 * volume.max(0.0);
        [
            0.0,
            self.habits.min(most),
            (self.habits + self.elsewhere).min(most),
        ]
    }
}

/// One CUSUM: its sum, the first day of the present rise, and the counts since then.
#[derive(Clone, Copy, Debug, Default)]
struct CusumState {
    sum: f32,
    since: i32,
    counted: u32,
    /// Sum of the upper levels of the working days since then.
    upper: f32,
}

/// The sums of one account for one kind of count, at the end of its last closed day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Daily {
    sums: [[CusumState; USES.len()]; AMOUNTS.len()],
}

/// Evidence that more is read than by the account's own work, and its figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rise {
    /// Decimal logarithm, over all amounts and uses together.
    pub(crate) evidence: f32,
    /// Length in days of the strongest sum's rise, the present day included.
    pub(crate) days: u32,
    pub(crate) counted: u32,
    /// Sum of the upper levels of these days.
    pub(crate) upper: f32,
}

impl Daily {
    /// The evidence if the day ended with this count; changes nothing. It grows with the count
    /// during the day, so the running value never exceeds that of the whole day (a test checks it).
    pub(crate) fn with(
        &self,
        tuning: &Tuning,
        day: i32,
        count: u32,
        honest: Prediction,
        context: DayContext,
    ) -> Rise {
        let ratios = honest.ratios(tuning, count as f32);
        let mut total = 0.0_f32;
        let mut most = Rise {
            evidence: -9.0,
            days: 1,
            counted: count,
            upper: honest.upper(),
        };
        for (amount, (_, share)) in AMOUNTS.into_iter().enumerate() {
            for (place, use_share) in USES.into_iter().enumerate() {
                let gains = [ratios[amount], context.used(ratios[amount])[place]];
                let next = self.next(tuning, (amount, place), day, count, honest.upper(), gains);
                // Slow growth of honest work adds up to any bar: below a share of the upper level
                // on each day it is taken for drift, and its evidence is bounded.
                let is_much = next.counted as f32 >= tuning.worthwhile * next.upper;
                let evidence = if is_much {
                    next.sum
                } else {
                    next.sum.min(tuning.drift_max)
                };
                let evidence = if next.counted < PERSONS_MIN {
                    evidence.min(0.0)
                } else {
                    evidence
                };
                // Single precision ends at 10^38: bounded, so that a mixture of such bets is still
                // a number.
                total += share * use_share * (evidence.min(30.0) * std::f32::consts::LN_10).exp();
                if evidence > most.evidence {
                    let days = u32::try_from(day - next.since + 1).unwrap_or(1);
                    most = Rise {
                        evidence,
                        days,
                        counted: next.counted,
                        upper: next.upper,
                    };
                }
            }
        }
        Rise {
            evidence: total.log10() + tuning.looseness,
            ..most
        }
    }

    /// Adds the final count of a day to the sums.
    pub(crate) fn close(
        &mut self,
        tuning: &Tuning,
        day: i32,
        count: u32,
        honest: Prediction,
        context: DayContext,
    ) {
        let ratios = honest.ratios(tuning, count as f32);
        let before = *self;
        for (amount, ratio) in ratios.into_iter().enumerate() {
            for place in 0..USES.len() {
                let gains = [ratio, context.used(ratio)[place]];
                self.sums[amount][place] =
                    before.next(tuning, (amount, place), day, count, honest.upper(), gains);
            }
        }
    }

    /// `gains` are what the day adds to the sum: of its count, and of its context.
    fn next(
        &self,
        tuning: &Tuning,
        (amount, place): (usize, usize),
        day: i32,
        count: u32,
        upper: f32,
        [of_count, of_context]: [f32; 2],
    ) -> CusumState {
        let before = self.sums[amount][place];
        // A rise that lasts longer is how the account works now: its sum begins again.
        let begins = before.sum <= 0.0 || (day - before.since) as f32 >= tuning.rise_days;
        let sum = if begins { 0.0 } else { before.sum };
        let sum = sum + of_count + of_context;
        CusumState {
            sum,
            since: if begins { day } else { before.since },
            counted: if begins {
                count
            } else {
                before.counted.saturating_add(count)
            },
            upper: if begins { upper } else { before.upper + upper },
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuning() -> Tuning {
        Tuning::default()
    }

    const HONEST: Prediction = Prediction {
        mean: 4.0,
        dispersion: 0.4,
    };

    fn days(counts: &[u32]) -> f32 {
        let mut daily = Daily::default();
        let mut last = 0.0;
        for (day, &count) in counts.iter().enumerate() {
            last = daily
                .with(&tuning(), day as i32, count, HONEST, DayContext::default())
                .evidence;
            daily.close(&tuning(), day as i32, count, HONEST, DayContext::default());
        }
        last
    }

    #[test]
    fn twice_the_upper_level_is_evident_in_days() {
        assert!(
            days(&[3, 4, 24, 26, 28, 25]) > 4.0,
            "{}",
            days(&[3, 4, 24, 26, 28, 25])
        );
    }

    #[test]
    fn pulses_are_evident_too() {
        let month: Vec<u32> = (0..28)
            .map(|day| if day % 4 == 0 { 36 } else { 3 })
            .collect();
        assert!(days(&month[..25]) > 3.5, "{}", days(&month[..21]));
    }

    #[test]
    fn ordinary_days_and_one_busy_day_are_not() {
        let mut month = vec![2, 5, 1, 9, 3, 0, 4, 11, 2, 6, 3, 1, 14, 2, 8, 3];
        assert!(days(&month) < 1.0);
        month.push(25);
        assert!(days(&month) < 3.0, "{}", days(&month));
    }

    #[test]
    fn an_honest_day_has_an_expectation_of_one_for_every_amount() {
        for honest in [
            HONEST,
            Prediction {
                mean: 0.5,
                dispersion: 1.5,
            },
            Prediction {
                mean: 40.0,
                dispersion: 0.1,
            },
        ] {
            let mut expected = [0.0_f64; AMOUNTS.len()];
            for count in 0..60_000 {
                let likely = honest.log_honest(&tuning(), count as f32);
                for (sum, ratio) in expected.iter_mut().zip(honest.ratios(
                    &Tuning {
                        temper: 1.0,
                        ..tuning()
                    },
                    count as f32 + 1.0,
                )) {
                    *sum += likely.exp() * 10_f64.powf(f64::from(ratio));
                }
            }
            for sum in expected {
                assert!((0.97..1.001).contains(&sum), "{honest:?}: {sum}");
            }
        }
    }

    #[test]
    fn more_is_never_less_evident() {
        let mut last = -10.0;
        for count in 0..400 {
            let now = Daily::default()
                .with(&tuning(), 0, count, HONEST, DayContext::default())
                .evidence;
            assert!(
                now >= last - 0.05 || count < 8,
                "{count}: {now} after {last}"
            );
            last = now;
        }
    }

    /// How often honest days, drawn from the prediction, exceed `bar`.
    fn alarms(honest: Prediction, days: i32, bar: f32, state: &mut u64) -> u32 {
        let mut below = Vec::new();
        let mut sum = 0.0;
        for count in 0..3000 {
            sum += honest.log_honest(&tuning(), count as f32).exp();
            below.push(sum);
        }
        let (mut daily, mut alarms) = (Daily::default(), 0);
        for day in 0..days {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let drawn = (*state >> 11) as f64 / (1_u64 << 53) as f64;
            let count = below.partition_point(|share| *share < drawn) as u32 + 1;
            if daily
                .with(&tuning(), day, count, honest, DayContext::default())
                .evidence
                >= bar
            {
                alarms += 1;
                daily.forget();
            } else {
                daily.close(&tuning(), day, count, honest, DayContext::default());
            }
        }
        alarms
    }

    #[test]
    fn honest_days_alarm_no_oftener_than_is_stated() {
        let mut state = 7;
        for honest in [
            HONEST,
            Prediction {
                mean: 1.5,
                dispersion: 0.8,
            },
            Prediction {
                mean: 8.0,
                dispersion: 1.5,
            },
        ] {
            let alarms = alarms(honest, 60_000, 3.0, &mut state);
            assert!(
                alarms <= 60,
                "{honest:?}: {alarms} of 60,000 days, one in 1,000 is stated"
            );
        }
    }
}
