//! Slow reading: a little more each day. Sequential evidence, several slopes at once.
//!
//! For each slope a one-sided CUSUM of the day's count over the usual level. Its steps are turned
//! into evidence by the exponent for which the expectation of one honest day is 1 when counts have
//! an exponential tail: the sum is then an e-detector, and the bar is the in-control run length in
//! account-days (Wald; Lorden 1971; Shin, Ramdas and Rinaldo 2022).

/// Slopes, as parts of the way from the mean of a calendar day to the usual upper level.
const SLOPES: [f32; 3] = [1.0, 0.6, 0.35];

/// Fewer persons than this are a busy day.
const PERSONS_MIN: u32 = 6;
/// A rise is more than drift when it is at least so much of the usual level on every calendar day.
const WORTHWHILE: f32 = 0.72;
/// What drift is worth at most.
const DRIFT_MAX: f32 = 1.5;

/// Mean shares for which exponents are kept.
const SHARES: usize = 12;

/// `exponent(mean, slope)` where counts are in units of the usual level.
///
/// Solves `E[exp(l x)] = exp(l k)` for an exponential `x` of this mean: `-ln(1 - l mean) = l k`.
fn exponent(mean: f32, slope: f32) -> f32 {
    if slope <= mean {
        return 0.0;
    }
    let (mean, slope) = (f64::from(mean), f64::from(slope));
    let (mut low, mut high) = (1e-6, (1.0 - 1e-9) / mean);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if -(1.0 - middle * mean).ln() < middle * slope {
            low = middle;
        } else {
            high = middle;
        }
    }
    low as f32
}

/// Exponents, solved once.
#[derive(Clone, Debug)]
pub(crate) struct Exponents([[f32; 3]; SHARES]);

impl Exponents {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|place| {
            let mean = share_at(place);
            SLOPES.map(|part| exponent(mean, mean + (1.0 - mean) * part))
        }))
    }

    fn at(&self, share: f32) -> ([f32; 3], f32) {
        let place = ((share - 0.25) / 0.05).round().clamp(0.0, SHARES as f32 - 1.0) as usize;
        (self.0[place], share_at(place))
    }
}

fn share_at(place: usize) -> f32 {
    0.25 + 0.05 * place as f32
}

/// The sums of one account and one kind of count, at the end of its last closed day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slow {
    rises: [Sum; 3],
    last_day: Option<i32>,
}

/// One slope's sum, the first day of its present rise, and what was counted since.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    sum: f32,
    since: i32,
    counted: u32,
}

/// Evidence that reading is slow and steady, and its figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rise {
    /// Decimal logarithm, over the three slopes together.
    pub(crate) evidence: f32,
    /// Days since it began, the present one included, on the slope that says most.
    pub(crate) days: u32,
    pub(crate) counted: u32,
}

impl Slow {
    /// What it would be if the day ended with this count.
    pub(crate) fn with(&self, exponents: &Exponents, day: i32, count: u32, usual: f32, share: f32) -> Rise {
        let (rates, mean) = exponents.at(share);
        let mut total = 0.0_f64;
        let mut most = Rise { evidence: -1.0, days: 1, counted: count };
        for (place, part) in SLOPES.into_iter().enumerate() {
            let rise = self.next(place, day, count, usual, mean + (1.0 - mean) * part);
            let days = u32::try_from(day - rise.since + 1).unwrap_or(1);
            let is_much =
                rise.counted >= PERSONS_MIN && rise.counted as f32 >= WORTHWHILE * usual * days as f32;
            let evidence = rates[place] * rise.sum / std::f32::consts::LN_10;
            let evidence = evidence.min(if is_much { 30.0 } else { DRIFT_MAX });
            total += 10_f64.powf(f64::from(evidence)) / 3.0;
            if evidence > most.evidence {
                most = Rise { evidence, days, counted: rise.counted };
            }
        }
        Rise { evidence: total.log10() as f32, ..most }
    }

    /// The day is over.
    pub(crate) fn close(&mut self, exponents: &Exponents, day: i32, count: u32, usual: f32, share: f32) {
        let (_, mean) = exponents.at(share);
        for (place, part) in SLOPES.into_iter().enumerate() {
            self.rises[place] = self.next(place, day, count, usual, mean + (1.0 - mean) * part);
        }
        self.last_day = Some(day);
    }

    /// One slope after the days of rest since the last one, and this day.
    fn next(&self, place: usize, day: i32, count: u32, usual: f32, slope: f32) -> Sum {
        let rest = self.last_day.map_or(0, |last| (day - last - 1).max(0));
        let before = self.rises[place];
        let rested = before.sum - slope * rest as f32;
        let sum = (rested.max(0.0) + count as f32 / usual - slope).max(0.0);
        let begins = rested <= 0.0;
        Sum {
            sum,
            since: if begins { day } else { before.since },
            counted: if begins { count } else { before.counted + count },
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self { last_day: self.last_day, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(counts: &[u32]) -> f32 {
        let exponents = Exponents::new();
        let mut slow = Slow::default();
        let mut last = 0.0;
        for (day, &count) in counts.iter().enumerate() {
            last = slow.with(&exponents, day as i32, count, 10.0, 0.35).evidence;
            slow.close(&exponents, day as i32, count, 10.0, 0.35);
        }
        last
    }

    #[test]
    fn twice_the_usual_level_is_evident_in_three_days() {
        assert!(days(&[3, 4, 20, 22, 24]) > 3.3);
    }

    #[test]
    fn a_little_above_the_usual_level_is_evident_in_a_fortnight() {
        assert!(days(&[13; 14]) > 4.0);
    }

    #[test]
    fn ordinary_days_and_one_busy_day_are_not() {
        let mut month = vec![2, 5, 1, 9, 3, 0, 4, 11, 2, 6, 3, 1, 14, 2, 8, 3];
        assert!(days(&month) < 1.0);
        month.push(25);
        assert!(days(&month) < 3.0);
    }

    #[test]
    fn a_rest_lets_it_sink() {
        let exponents = Exponents::new();
        let mut slow = Slow::default();
        for day in 0..3 {
            slow.close(&exponents, day, 18, 10.0, 0.35);
        }
        let soon = slow.with(&exponents, 3, 3, 10.0, 0.35).evidence;
        let late = slow.with(&exponents, 40, 3, 10.0, 0.35).evidence;
        assert!(soon > 1.0 && late < 0.1, "{soon} {late}");
    }

    #[test]
    fn one_honest_day_has_an_expectation_of_one() {
        for mean in [0.25, 0.35, 0.5] {
            let slope = mean + (1.0 - mean) * 0.6;
            let rate = exponent(mean, slope);
            // The integral of exp(l x) over an exponential of this mean.
            let expectation = (1.0 / (1.0 - rate * mean)) / (rate * slope).exp();
            assert!((expectation - 1.0).abs() < 0.01, "{expectation}");
        }
    }
}
