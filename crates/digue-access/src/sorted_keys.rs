//! Search in sorted halves of person keys.
//!
//! Person keys are spread evenly (they are a keyed hash), so the position of a key can be guessed
//! from its value. Galloping from there takes a few steps when the guess is good, and a logarithm
//! of the length when keys were chosen to make it bad.

/// The first index whose value is not below `wanted`; the length where there is none.
pub(crate) fn first_at_least(sorted: &[u64], wanted: u64) -> usize {
    let length = sorted.len();
    let guess = usize::try_from((u128::from(wanted) * length as u128) >> 64)
        .expect("wanted / 2^64 is below 1, so the guess is below the length");
    let mut step = NEAR;
    let (mut low, mut high) = (guess.saturating_sub(step), (guess + step).min(length));
    while low > 0 && sorted[low] >= wanted {
        step *= 2;
        (low, high) = (low.saturating_sub(step), low);
    }
    while high < length && sorted[high - 1] < wanted {
        step *= 2;
        (low, high) = (high, (high + step).min(length));
    }
    low + sorted[low..high].partition_point(|value| *value < wanted)
}

/// Half of the first interval searched. A good guess is off by about the square root of the length:
/// so many positions for a usual caseload.
const NEAR: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_guess_ends_where_a_binary_search_does(
            values in proptest::collection::vec(prop_oneof![any::<u64>(), 0u64..50, Just(u64::MAX)], 0..300),
            wanted in prop_oneof![any::<u64>(), 0u64..60, Just(u64::MAX)],
        ) {
            let mut sorted = values;
            sorted.sort_unstable();
            for wanted in sorted.iter().copied().chain([wanted]) {
                let expected = sorted.partition_point(|value| *value < wanted);
                prop_assert_eq!(first_at_least(&sorted, wanted), expected);
            }
        }
    }
}
