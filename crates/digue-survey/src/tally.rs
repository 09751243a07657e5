//! What was seen at one place over all responses: counts and distinct persons, never texts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};

use digue_identifiers::GlobalType;

use crate::known::{KnownValue, Spelling};
use crate::names::NameBeside;
use crate::value::{Spot, SpotSeen};

/// The most distinct values that are told apart; beyond it a count is a lower bound.
const DISTINCT_MAX: usize = 4096;

/// A hash that is the same within one run.
pub(crate) fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Distinct values, as hashes, up to a bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct DistinctValues(HashSet<u64>);

impl DistinctValues {
    pub(crate) fn add(&mut self, value: impl Hash) {
        if self.0.len() < DISTINCT_MAX {
            self.0.insert(hash_of(value));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for hash in other.0 {
            if self.0.len() < DISTINCT_MAX {
                self.0.insert(hash);
            }
        }
    }
}

/// What is known of a value besides its place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HitSigns {
    /// The person's own name stands close by.
    pub(crate) is_confirmed: bool,
    /// Another person's name stands there.
    pub(crate) is_contradicted: bool,
    /// No kind before this one shows the person in the same document.
    pub(crate) is_alone: bool,
}

/// For each person of one document, the first kind that shows them.
#[derive(Debug, Default)]
pub(crate) struct FirstKinds(HashMap<u32, u16>);

impl FirstKinds {
    pub(crate) fn note(&mut self, value: KnownValue) {
        let first = self.0.entry(value.person).or_insert(value.kind);
        *first = (*first).min(value.kind);
    }

    pub(crate) fn signs(&self, seen: &SpotSeen, beside: NameBeside) -> HitSigns {
        let is_alone = match seen {
            SpotSeen::Known { value, .. } => {
                let first = self.0.get(&value.person);
                first.is_none_or(|first| *first >= value.kind)
            }
            SpotSeen::Alike { .. } | SpotSeen::Variable(_) | SpotSeen::Other => false,
        };
        HitSigns {
            is_confirmed: beside == NameBeside::Own,
            is_contradicted: beside == NameBeside::Another,
            is_alone,
        }
    }
}

/// Known identifiers of one kind at one place.
#[derive(Clone, Debug, Default)]
pub(crate) struct KindTally {
    pub(crate) hits: usize,
    /// Hits of persons whom no kind before this one shows in the same document.
    pub(crate) alone: usize,
    /// Hits with the person's own name close by.
    pub(crate) confirmed: usize,
    /// Hits with another person's name close by.
    pub(crate) contradicted: usize,
    pub(crate) alike: usize,
    pub(crate) persons: DistinctValues,
}

impl KindTally {
    /// True when the person's name stands beside most of the hits, and another's beside few.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmed > 0
            && self.confirmed * 2 >= self.hits
            && self.contradicted * 4 <= self.confirmed
    }

    fn absorb(&mut self, other: Self) {
        self.hits += other.hits;
        self.alone += other.alone;
        self.confirmed += other.confirmed;
        self.contradicted += other.contradicted;
        self.alike += other.alike;
        self.persons.absorb(other.persons);
    }
}

/// Adds the texts of `other`, place by place.
pub(crate) fn absorb_tallies<K: Ord>(
    own: &mut BTreeMap<K, PlaceTally>,
    other: BTreeMap<K, PlaceTally>,
) {
    for (key, tally) in other {
        own.entry(key).or_default().absorb(tally);
    }
}

/// Texts at one place, in one context.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlaceTally {
    /// Texts that are not blank.
    pub(crate) texts: usize,
    /// Responses that have the place.
    pub(crate) responses: usize,
    pub(crate) kinds: BTreeMap<u16, KindTally>,
    /// Texts that have the shape of no kind.
    pub(crate) others: usize,
    pub(crate) other_case: bool,
    pub(crate) other_separators: bool,
    /// The types of the global identifiers.
    pub(crate) relays: BTreeSet<GlobalType>,
}

impl PlaceTally {
    pub(crate) fn add(&mut self, spot: &Spot, signs: HitSigns) {
        self.texts += 1;
        match &spot.seen {
            SpotSeen::Known { value, spelling } => {
                self.add_known(*value, *spelling, signs);
            }
            SpotSeen::Alike { kind } => self.kinds.entry(*kind).or_default().alike += 1,
            SpotSeen::Variable(_) | SpotSeen::Other => self.others += 1,
        }
    }

    fn add_known(&mut self, value: KnownValue, spelling: Spelling, signs: HitSigns) {
        let kind = self.kinds.entry(value.kind).or_default();
        kind.hits += 1;
        kind.alone += usize::from(signs.is_alone);
        kind.confirmed += usize::from(signs.is_confirmed);
        kind.contradicted += usize::from(signs.is_contradicted);
        kind.persons.add(value.person);
        self.other_case |= spelling.other_case;
        self.other_separators |= spelling.other_separators;
        self.relays.extend(spelling.relay);
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.texts += other.texts;
        self.responses += other.responses;
        self.others += other.others;
        self.other_case |= other.other_case;
        self.other_separators |= other.other_separators;
        self.relays.extend(other.relays);
        for (kind, tally) in other.kinds {
            self.kinds.entry(kind).or_default().absorb(tally);
        }
    }

    /// What was seen of the kinds that fit, and of all others; both with the texts of no kind.
    pub(crate) fn split(&self, fits: impl Fn(u16) -> bool) -> (Self, Self) {
        let of = |wanted: bool| {
            let kinds = self.kinds.iter().filter(|(kind, _)| fits(**kind) == wanted);
            Self {
                kinds: kinds.map(|(kind, seen)| (*kind, seen.clone())).collect(),
                ..self.clone()
            }
        };
        (of(true), of(false))
    }

    pub(crate) fn hits(&self) -> usize {
        self.kinds.values().map(|kind| kind.hits).sum()
    }

    pub(crate) fn spelling(&self) -> Spelling {
        Spelling {
            other_case: self.other_case,
            other_separators: self.other_separators,
            relay: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_values_are_bounded() {
        let mut values = DistinctValues::default();
        (0..10_000).for_each(|n| values.add(n));
        assert_eq!(values.len(), DISTINCT_MAX);
    }
}
