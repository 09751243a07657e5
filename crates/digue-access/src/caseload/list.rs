//! One caseload as sorted arrays: 24 bytes for each relation, one or two cache lines for each
//! look-up.
//!
//! Person keys are spread evenly (they are a keyed hash), so the position of a key can be guessed
//! from its value. Galloping from there takes a few steps when the guess is good, and a logarithm
//! of the length when keys were chosen to make it bad.

use digue_types::PersonKey;

/// A person and the number of the term (`Caseloads::terms`) under which the relation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ListedRelation {
    pub(super) person: PersonKey,
    pub(super) term: u32,
}

/// Relations sorted by person.
#[derive(Clone, Debug, Default)]
pub(super) struct RelationList {
    /// The first halves of the person keys, in an array of their own: a search touches nothing
    /// else, and a cache line holds eight of them.
    firsts: Box<[u64]>,
    /// The second half and the term.
    rests: Box<[(u64, u32)]>,
}

impl RelationList {
    pub(super) fn new(mut relations: Vec<ListedRelation>) -> Self {
        relations.sort_unstable();
        // Extractions repeat rows; a repeated relation would only cost memory.
        relations.dedup();
        Self {
            firsts: relations.iter().map(|relation| relation.person.0).collect(),
            rests: relations
                .iter()
                .map(|relation| (relation.person.1, relation.term))
                .collect(),
        }
    }

    /// The term of every relation.
    pub(super) fn terms(&self) -> impl Iterator<Item = u32> + '_ {
        self.rests.iter().map(|(_, term)| *term)
    }

    pub(super) fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Touches every cache line of the list in order when `look_ups` are about to touch most of
    /// them: one sequential read is faster than as many random ones. Returns a checksum, so that
    /// the reads are not optimised away.
    pub(super) fn read_ahead(&self, look_ups: usize) -> u64 {
        if look_ups * 8 < self.len() {
            return 0;
        }
        // Eight first halves, or four pairs of second half and term, fill 64 bytes: one cache line.
        let firsts = self
            .firsts
            .iter()
            .step_by(8)
            .fold(0, |sum, first| sum ^ first);
        self.rests
            .iter()
            .step_by(4)
            .fold(firsts, |sum, (second, _)| sum ^ second)
    }

    /// The terms of one person.
    pub(super) fn terms_of(&self, person: PersonKey) -> impl Iterator<Item = u32> + '_ {
        let start = first_at_least(&self.firsts, person.0);
        let same = self.firsts[start..].iter().zip(&self.rests[start..]);
        let same = same
            .take_while(move |(first, _)| **first == person.0)
            .map(|(_, rest)| rest);
        same.filter(move |(second, _)| *second == person.1)
            .map(|(_, term)| *term)
    }
}

/// The first index whose value is not below `wanted`; the length where there is none.
fn first_at_least(sorted: &[u64], wanted: u64) -> usize {
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
