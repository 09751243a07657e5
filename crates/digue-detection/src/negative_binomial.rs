//! Logarithms of negative-binomial probabilities, for counts that vary more than Poisson's.

/// Natural logarithm of the probability of `count` where the mean is `mean` and the variance
/// `mean + mean^2 / size`.
///
/// ```
/// use digue_detection::log_negative_binomial;
/// let all: f64 = (0..1000).map(|count| log_negative_binomial(f64::from(count), 4.0, 1.5).exp()).sum();
/// assert!((all - 1.0).abs() < 1e-6);
/// ```
pub fn log_negative_binomial(count: f64, mean: f64, size: f64) -> f64 {
    let (none, each) = (size / (size + mean), mean / (size + mean));
    if count <= FACTORS_MAX && count.fract() == 0.0 && size <= 1e3 {
        return size * none.ln() + factors(count, size, each).ln();
    }
    log_gamma(count + size) - log_gamma(size) - log_gamma(count + 1.0)
        + size * none.ln()
        + count * each.ln()
}

/// Up to this count the binomial coefficient is multiplied out, which is exact and several times as
/// fast: most days have only a few persons.
const FACTORS_MAX: f64 = 24.0;

/// The binomial coefficient of `count`, times `each` to the power of `count`.
fn factors(count: f64, size: f64, each: f64) -> f64 {
    let (mut product, mut factor) = (1.0, 1.0);
    while factor <= count {
        product *= (size + factor - 1.0) / factor * each;
        factor += 1.0;
    }
    product
}

/// Logarithm of the gamma function, by Stirling's series at arguments above 8: correct to eight
/// digits.
fn log_gamma(mut x: f64) -> f64 {
    let mut product = 1.0;
    while x < 8.0 {
        product *= x;
        x += 1.0;
    }
    (x - 0.5) * x.ln() - x + 0.918_938_533_204_672_7 + 1.0 / (12.0 * x)
        - 1.0 / (360.0 * x * x * x)
        - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplied_out_it_is_the_same() {
        for (mean, size) in [
            (0.3, 0.3),
            (4.0, 1.5),
            (300.0, 100.0),
            (0.3, 100.0),
            (5000.0, 0.4),
        ] {
            for count in 0..=24_u32 {
                let count = f64::from(count);
                let each = mean / (size + mean);
                let series = log_gamma(count + size) - log_gamma(size) - log_gamma(count + 1.0);
                let exact = factors(count, size, each).ln();
                assert!(
                    (exact - series - count * each.ln()).abs() < 1e-6,
                    "{mean} {size} {count}"
                );
            }
        }
    }

    #[test]
    fn log_gamma_is_that_of_factorials() {
        assert!(
            (log_gamma(1.0)).abs() < 1e-6 && (log_gamma(11.0) - 3_628_800_f64.ln()).abs() < 1e-6
        );
        assert!((log_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-6);
    }
}
