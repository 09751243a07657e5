//! Slow reading: a little more each day. Sequential evidence, several slopes at once.
//!
//! For each slope a one-sided CUSUM of the day's count over the usual level. Its steps are turned
//! into evidence by the exponent for which the expectation of one honest day is 1 when counts have
//! an exponential tail: the sum is then an e-detector, and the bar is the in-control run length in
//! account-days (Wald; Lorden 1971; Shin, Ramdas and Rinaldo 2022).

/// Slopes, as parts of the way from the mean of a calendar day to the usual upper level.
const SLOPES: [f32; 3] = [1.0, 0.6, 0.35];

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
    sums: [f32; 3],
    last_day: Option<i32>,
    /// First day of the present rise of the flattest slope, and what was counted since.
    since: i32,
    counted: u32,
}

/// Evidence that reading is slow and steady, and its figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rise {
    /// Decimal logarithm, over the three slopes together.
    pub(crate) evidence: f32,
    /// Days since it began, the present one included.
    pub(crate) days: u32,
    pub(crate) counted: u32,
}

impl Slow {
    /// What it would be if the day ended with this count.
    pub(crate) fn with(&self, exponents: &Exponents, day: i32, count: u32, usual: f32, share: f32) -> Rise {
        let (rates, mean) = exponents.at(share);
        let mut total = 0.0_f64;
        for (place, part) in SLOPES.into_iter().enumerate() {
            let slope = mean + (1.0 - mean) * part;
            let sum = (self.rested(place, day, slope) + count as f32 / usual - slope).max(0.0);
            total += 10_f64.powf(f64::from((rates[place] * sum / std::f32::consts::LN_10).min(30.0))) / 3.0;
        }
        let since = if self.counted == 0 { day } else { self.since };
        Rise {
            evidence: total.log10() as f32,
            days: u32::try_from(day - since + 1).unwrap_or(1),
            counted: self.counted + count,
        }
    }

    /// The day is over.
    pub(crate) fn close(&mut self, exponents: &Exponents, day: i32, count: u32, usual: f32, share: f32) {
        let (_, mean) = exponents.at(share);
        for (place, part) in SLOPES.into_iter().enumerate() {
            let slope = mean + (1.0 - mean) * part;
            self.sums[place] = (self.rested(place, day, slope) + count as f32 / usual - slope).max(0.0);
        }
        self.last_day = Some(day);
        if self.sums[2] <= 0.0 {
            self.counted = 0;
        } else {
            if self.counted == 0 {
                self.since = day;
            }
            self.counted += count;
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self { last_day: self.last_day, ..Self::default() };
    }

    /// The sum after the days of rest since the last one.
    fn rested(&self, place: usize, day: i32, slope: f32) -> f32 {
        let rest = self.last_day.map_or(0, |last| (day - last - 1).max(0));
        (self.sums[place] - slope * rest as f32).max(0.0)
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
