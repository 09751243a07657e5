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

/// Keys without repetitions, looked up by a directory of their first bits: one step into the
/// directory and one into the keys, where a guess would take some ten at the size of a nation, each
/// of them out of the cache.
#[derive(Clone, Debug)]
pub(crate) struct KeyDirectory {
    keys: Box<[u64]>,
    /// For each value of the first bits, the first place whose key has these or greater ones; at the
    /// end the number of keys.
    starts: Box<[u32]>,
    /// How far a key is shifted to its first bits.
    shift: u32,
}

/// Keys of one value of the first bits, on average: a line of the cache. The directory is then half
/// a byte for each key.
const BUCKET: usize = 8;

impl KeyDirectory {
    /// In any order, with repetitions. None beyond four billion, which no file of a GiB has.
    pub(crate) fn new(mut keys: Vec<u64>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        let buckets = (keys.len() / BUCKET).max(2).next_power_of_two();
        let shift = u64::BITS - buckets.trailing_zeros();
        let mut starts = Vec::with_capacity(buckets + 1);
        let mut place = 0;
        for bucket in 0..buckets as u64 {
            while keys.get(place).is_some_and(|key| key >> shift < bucket) {
                place += 1;
            }
            starts.push(u32::try_from(place).expect("a file has fewer than four billion rows"));
        }
        starts.push(u32::try_from(keys.len()).expect("a file has fewer than four billion rows"));
        Self {
            keys: keys.into_boxed_slice(),
            starts: starts.into_boxed_slice(),
            shift,
        }
    }

    pub(crate) fn has(&self, key: u64) -> bool {
        let bucket = (key >> self.shift) as usize;
        let (Some(start), Some(end)) = (self.starts.get(bucket), self.starts.get(bucket + 1))
        else {
            return false;
        };
        // Searched and not scanned: keys may have been chosen to share their first bits.
        let found = &self.keys[*start as usize..*end as usize];
        found.binary_search(&key).is_ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many keys two sets have in common.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let (mut count, mut place) = (0, 0);
        for key in &self.keys {
            while other.keys.get(place).is_some_and(|known| known < key) {
                place += 1;
            }
            count += usize::from(other.keys.get(place) == Some(key));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_large_set_has_its_keys_and_no_others() {
        let spread = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let set = KeyDirectory::new((0..100_000).map(spread).collect());
        assert_eq!(set.len(), 100_000);
        assert!((0..100_000).all(|number| set.has(spread(number))));
        assert!((100_000..200_000).all(|number| !set.has(spread(number))));
    }

    proptest! {
        #[test]
        fn a_set_has_what_was_put_into_it(
            one in proptest::collection::vec(prop_oneof![any::<u64>(), 0u64..50, Just(u64::MAX)], 0..300),
            other in proptest::collection::vec(prop_oneof![any::<u64>(), 0u64..50], 0..300),
        ) {
            let all = |keys: &[u64]| keys.iter().copied().collect::<std::collections::BTreeSet<u64>>();
            let (set, another) = (KeyDirectory::new(one.clone()), KeyDirectory::new(other.clone()));
            let (one, other) = (all(&one), all(&other));
            prop_assert_eq!(set.len(), one.len());
            prop_assert_eq!(set.common(&another), one.intersection(&other).count());
            for key in one.union(&other) {
                prop_assert_eq!(set.has(*key), one.contains(key));
            }
            let none = KeyDirectory::new(Vec::new());
            prop_assert!(!none.has(0) && !none.has(u64::MAX) && none.len() == 0);
        }

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
