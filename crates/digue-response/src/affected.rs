//! Who is affected, as versions: each computed from the journal, none overwritten.
//!
//! A notice cites one version; a larger later set opens a complement for the difference only.

use std::collections::BTreeMap;

use digue_types::lists;
use serde::{Deserialize, Serialize};

use crate::vocabulary::PersonKind;

lists! {
    /// How sure the number is.
    AffectedQuality "quality" {
        Exact "exact",
        LowerBound "lower-bound",
        UpperBound "upper-bound",
    }
}

lists! {
    /// Why a number is not exact.
    CountDoubt "doubt" {
        /// Responses that left without having been read: others may have been shown.
        Uninspected "uninspected",
        /// Responses of requests that name nobody were not seen: others may have been shown.
        Unseen "unseen",
        /// Responses of requests that name persons were not seen: they may not have been shown.
        Presumed "presumed",
        /// Found by a pattern outside of what the map describes: it may have been another number.
        Swept "swept",
        /// Identifiers that no alias brings to a person: they may be persons that are counted already.
        Unmerged "unmerged",
        /// Stated by somebody, and computed from nothing.
        Stated "stated",
    }
}

/// A doubt with how often it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QualityReason {
    pub doubt: CountDoubt,
    pub count: u64,
}

impl AffectedQuality {
    /// What the doubts leave of a number. Where others may be missing it is a lower bound; whoever
    /// counts leaves out then what may be counted twice.
    pub fn of(reasons: &[QualityReason]) -> Self {
        let has = |wanted: &[CountDoubt]| {
            reasons.iter().any(|reason| reason.count > 0 && wanted.contains(&reason.doubt))
        };
        if has(&[CountDoubt::Uninspected, CountDoubt::Unseen, CountDoubt::Stated]) {
            Self::LowerBound
        } else if has(&[CountDoubt::Presumed, CountDoubt::Swept, CountDoubt::Unmerged]) {
            Self::UpperBound
        } else {
            Self::Exact
        }
    }
}

/// One version of the set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AffectedVersion {
    /// From 1.
    pub number: u32,
    /// The question to the index, as `digue scope` writes it; empty for a number that somebody states.
    pub question: String,
    /// Checkpoint of the journal at which it was computed.
    pub checkpoint: String,
    /// SHA-256 of the sorted list, in hexadecimal: the same question at the same checkpoint gives the
    /// same one. Empty without a list.
    pub hash: String,
    pub quality: AffectedQuality,
    /// Why it is not exact, as version 0.1.0 wrote it; empty since.
    #[serde(default)]
    pub reason: String,
    /// Why it is not exact.
    #[serde(default)]
    pub reasons: Vec<QualityReason>,
    pub persons: u64,
    /// Exposures: how often somebody was shown.
    pub records: u64,
    /// Persons by category of data, in the words of the portal map.
    pub by_category: BTreeMap<String, u64>,
    /// Persons by population of the portals.
    pub by_population: BTreeMap<String, u64>,
    /// Persons who are not users themselves, as somebody states them.
    #[serde(default)]
    pub others: Vec<OtherQuestion>,
}

impl AffectedVersion {
    /// Users and others together.
    pub fn everybody(&self) -> u64 {
        self.persons + self.others.iter().map(|other| other.persons).sum::<u64>()
    }
}

/// Persons beside the users: relatives, trusted third persons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OtherQuestion {
    pub kind: PersonKind,
    pub persons: u64,
    /// Where the number comes from.
    pub basis: String,
}

/// One person of a set.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AffectedPerson {
    pub population: String,
    pub person: String,
}

/// Persons of `later` that `earlier` does not hold: the complement that is to be told. Both sorted.
pub fn complement(earlier: &[AffectedPerson], later: &[AffectedPerson]) -> Vec<AffectedPerson> {
    let mut known = earlier.iter().peekable();
    let new = later.iter().filter(|person| {
        while known.next_if(|other| other < person).is_some() {}
        known.peek() != Some(person)
    });
    new.cloned().collect()
}

/// Persons of either. Both sorted; so is the result.
pub fn union(first: &[AffectedPerson], second: &[AffectedPerson]) -> Vec<AffectedPerson> {
    let mut all = [first, second].concat();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_is_said_only_without_a_doubt() {
        let of = |doubts: &[CountDoubt]| {
            let reasons: Vec<QualityReason> =
                doubts.iter().map(|doubt| QualityReason { doubt: *doubt, count: 1 }).collect();
            AffectedQuality::of(&reasons)
        };
        assert_eq!(of(&[]), AffectedQuality::Exact);
        assert_eq!(of(&[CountDoubt::Unmerged]), AffectedQuality::UpperBound);
        assert_eq!(of(&[CountDoubt::Presumed]), AffectedQuality::UpperBound);
        assert_eq!(of(&[CountDoubt::Swept]), AffectedQuality::UpperBound);
        assert_eq!(of(&[CountDoubt::Unmerged, CountDoubt::Uninspected]), AffectedQuality::LowerBound);
        for doubt in CountDoubt::ALL {
            assert_ne!(of(&[*doubt]), AffectedQuality::Exact, "{doubt:?}");
        }
        assert_eq!(
            AffectedQuality::of(&[QualityReason { doubt: CountDoubt::Unseen, count: 0 }]),
            AffectedQuality::Exact
        );
    }

    fn people(numbers: &[u32]) -> Vec<AffectedPerson> {
        let mut people: Vec<AffectedPerson> = numbers
            .iter()
            .map(|number| AffectedPerson { population: "p".to_owned(), person: format!("{number:04}") })
            .collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    proptest::proptest! {
        #[test]
        fn a_complement_is_what_is_new_and_nothing_else(
            earlier in proptest::collection::vec(0_u32..40, 0..30),
            later in proptest::collection::vec(0_u32..40, 0..30),
        ) {
            let (earlier, later) = (people(&earlier), people(&later));
            let new = complement(&earlier, &later);
            let plain: Vec<AffectedPerson> = later.iter().filter(|p| !earlier.contains(p)).cloned().collect();
            proptest::prop_assert_eq!(&new, &plain);
            proptest::prop_assert_eq!(union(&earlier, &new), union(&earlier, &later));
        }
    }
}
