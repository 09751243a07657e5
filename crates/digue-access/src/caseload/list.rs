//! One caseload as sorted arrays: 24 bytes for each relation, one or two cache lines for each
//! look-up.

use digue_types::PersonKey;

use crate::sorted_keys::first_at_least;

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
