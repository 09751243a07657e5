//! The affected set, as versions: each computed from the journal, none overwritten.
//!
//! A notice cites one version; a larger later version gives a complement that informs only the
//! difference. This module counts; it knows neither the index nor the contacts of a person.

use std::collections::BTreeMap;

use digue_types::lists;
use serde::{Deserialize, Serialize};

use crate::vocabulary::PersonKind;

lists! {
    /// How exact a number is.
    AffectedQuality "quality" {
        Exact "exact",
        LowerBound "lower-bound",
        UpperBound "upper-bound",
        /// Requests named these persons, and the responses were not seen: they may have shown
        /// others, or nobody. It bounds nothing.
        Estimate "estimate",
    }
}

lists! {
    /// Why a number is not exact.
    CountDoubt "doubt" {
        /// Responses released uninspected: more persons may have been shown.
        Uninspected "uninspected",
        /// Responses that were not seen, to requests that name no person: more persons may have
        /// been shown.
        Unseen "unseen",
        /// Responses that were not seen, to requests that name persons: these may not have been
        /// shown, and others may have been.
        Presumed "presumed",
        /// Found by a pattern outside the map's description: it may be another number.
        Swept "swept",
        /// Identifiers without an alias: they may belong to persons already counted.
        Unmerged "unmerged",
        /// Entered by a person, not computed.
        Stated "stated",
    }
}

/// A doubt, and the number of responses or persons it concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QualityReason {
    pub doubt: CountDoubt,
    pub count: u64,
}

impl AffectedQuality {
    /// The quality that the doubts leave. Possibly missing persons outweigh possible double counts:
    /// the number is then a lower bound, and the caller leaves out what may be counted twice.
    pub fn of(reasons: &[QualityReason]) -> Self {
        let has = |wanted: &[CountDoubt]| {
            reasons
                .iter()
                .any(|reason| reason.count > 0 && wanted.contains(&reason.doubt))
        };
        if has(&[
            CountDoubt::Uninspected,
            CountDoubt::Unseen,
            CountDoubt::Stated,
        ]) {
            Self::LowerBound
        } else if has(&[CountDoubt::Presumed]) {
            Self::Estimate
        } else if has(&[CountDoubt::Swept, CountDoubt::Unmerged]) {
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
    /// The question to the index, as `digue scope` writes it; empty for a number that a person
    /// entered.
    pub question: String,
    /// Checkpoint of the journal from which it was computed.
    pub checkpoint: String,
    /// SHA-256 of the sorted list, in hexadecimal; empty without a list. The same question at the
    /// same checkpoint gives the same hash.
    pub hash: String,
    pub quality: AffectedQuality,
    /// Why it is not exact, as written by version 0.1.0; empty in later entries.
    #[serde(default)]
    pub reason: String,
    /// Why it is not exact.
    #[serde(default)]
    pub reasons: Vec<QualityReason>,
    pub persons: u64,
    /// Number of exposures.
    pub records: u64,
    /// Persons by category of data, in the words of the portal map.
    pub by_category: BTreeMap<String, u64>,
    /// Persons by population.
    pub by_population: BTreeMap<String, u64>,
    /// Persons who are not users themselves, as entered by a person.
    #[serde(default)]
    pub others: Vec<OtherQuestion>,
    /// When its persons were shown; `None` without a list, and in versions of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<ShownPeriod>,
    /// Persons of an earlier list who are not in this one, and why; `None` where it has them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
}

/// Persons whom an earlier list of the incident had and a later one has not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeftOut {
    pub persons: u64,
    /// What the officer wrote.
    pub reason: String,
}

/// The first and the last time at which a person of a list was shown, in microseconds UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShownPeriod {
    pub from: i64,
    pub to: i64,
}

impl AffectedVersion {
    /// True for a version that was computed, and therefore has a signed list.
    pub const fn has_list(&self) -> bool {
        !self.hash.is_empty()
    }

    /// Users and others together.
    pub fn everybody(&self) -> u64 {
        self.persons + self.others.iter().map(|other| other.persons).sum::<u64>()
    }
}

/// Persons other than the users: relatives, trusted third persons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OtherQuestion {
    pub kind: PersonKind,
    pub persons: u64,
    /// The source of the number.
    pub basis: String,
}

/// One person of a set.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AffectedPerson {
    pub population: String,
    pub person: String,
}

/// The persons of `later` who are not in `earlier`: those who are still to be informed. Both must
/// be sorted.
pub fn complement(earlier: &[AffectedPerson], later: &[AffectedPerson]) -> Vec<AffectedPerson> {
    let mut known = earlier.iter().peekable();
    let new = later.iter().filter(|person| {
        while known.next_if(|other| other < person).is_some() {}
        known.peek() != Some(person)
    });
    new.cloned().collect()
}

/// The versions whose lists a new one must contain: back to the one with a written reason for
/// leaving persons out. What went before that one was answered for.
pub fn to_be_contained(versions: &[AffectedVersion]) -> impl Iterator<Item = &AffectedVersion> {
    let mut lists = versions.iter().rev().filter(|version| version.has_list());
    let mut is_over = false;
    std::iter::from_fn(move || {
        let version = lists.next().filter(|_| !is_over)?;
        is_over = version.left_out.is_some();
        Some(version)
    })
}

/// The persons of either list, sorted and distinct.
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
            let reasons: Vec<QualityReason> = doubts
                .iter()
                .map(|doubt| QualityReason {
                    doubt: *doubt,
                    count: 1,
                })
                .collect();
            AffectedQuality::of(&reasons)
        };
        assert_eq!(of(&[]), AffectedQuality::Exact);
        assert_eq!(of(&[CountDoubt::Unmerged]), AffectedQuality::UpperBound);
        // "At most" would be a statement about responses that nobody saw.
        assert_eq!(of(&[CountDoubt::Presumed]), AffectedQuality::Estimate);
        assert_eq!(
            of(&[CountDoubt::Presumed, CountDoubt::Unmerged]),
            AffectedQuality::Estimate
        );
        assert_eq!(
            of(&[CountDoubt::Presumed, CountDoubt::Uninspected]),
            AffectedQuality::LowerBound
        );
        assert_eq!(of(&[CountDoubt::Swept]), AffectedQuality::UpperBound);
        assert_eq!(
            of(&[CountDoubt::Unmerged, CountDoubt::Uninspected]),
            AffectedQuality::LowerBound
        );
        for doubt in CountDoubt::ALL {
            assert_ne!(of(&[*doubt]), AffectedQuality::Exact, "{doubt:?}");
        }
        assert_eq!(
            AffectedQuality::of(&[QualityReason {
                doubt: CountDoubt::Unseen,
                count: 0
            }]),
            AffectedQuality::Exact
        );
    }

    #[test]
    fn a_list_contains_those_of_before_back_to_a_written_reason() {
        let version = |number: u32, has_list: bool, is_reasoned: bool| AffectedVersion {
            number,
            question: String::new(),
            checkpoint: String::new(),
            hash: if has_list { "00" } else { "" }.to_owned(),
            quality: AffectedQuality::Exact,
            reason: String::new(),
            reasons: Vec::new(),
            persons: 3,
            records: 3,
            by_category: BTreeMap::new(),
            by_population: BTreeMap::new(),
            others: Vec::new(),
            period: None,
            left_out: is_reasoned.then(|| LeftOut {
                persons: 1,
                reason: "mauvais compte".to_owned(),
            }),
        };
        let numbers = |versions: &[AffectedVersion]| -> Vec<u32> {
            to_be_contained(versions)
                .map(|version| version.number)
                .collect()
        };
        let all = [
            version(1, true, false),
            version(2, true, true),
            version(3, false, false),
            version(4, true, false),
        ];
        assert_eq!(numbers(&all), [4, 2]);
        assert_eq!(numbers(&all[..1]), [1]);
        assert_eq!(numbers(&[]), [0; 0]);
    }

    fn people(numbers: &[u32]) -> Vec<AffectedPerson> {
        let mut people: Vec<AffectedPerson> = numbers
            .iter()
            .map(|number| AffectedPerson {
                population: "p".to_owned(),
                person: format!("{number:04}"),
            })
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
