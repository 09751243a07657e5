//! Who is affected, as versions: each computed from the journal, none overwritten.
//!
//! A notice cites one version; a larger later set opens a complement for the difference only.

use std::collections::BTreeMap;

use digue_types::lists;
use serde::{Deserialize, Serialize};

use crate::vocabulary::PersonKind;

lists! {
    /// How sure the number is.
    Quality "quality" {
        Exact "exact",
        LowerBound "lower-bound",
        UpperBound "upper-bound",
    }
}

/// One version of the set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// The question to the index, as `digue scope` writes it; empty for a number that somebody states.
    pub question: String,
    /// Checkpoint of the journal at which it was computed.
    pub checkpoint: String,
    /// SHA-256 of the sorted list, in hexadecimal: the same question at the same checkpoint gives the
    /// same one. Empty without a list.
    pub hash: String,
    pub quality: Quality,
    /// Why it is not exact; empty when it is.
    pub reason: String,
    pub persons: u64,
    /// Exposures: how often somebody was shown.
    pub records: u64,
    /// Persons by category of data, in the words of the portal map.
    pub by_category: BTreeMap<String, u64>,
    /// Persons by population of the portals.
    pub by_population: BTreeMap<String, u64>,
    /// Persons who are not users themselves, as somebody states them.
    #[serde(default)]
    pub others: Vec<Others>,
}

/// Persons beside the users: relatives, trusted third persons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Others {
    pub kind: PersonKind,
    pub persons: u64,
    /// Where the number comes from.
    pub basis: String,
}

/// One person of a set.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Person {
    pub population: String,
    pub person: String,
}

/// Persons of `later` that `earlier` does not hold: the complement that is to be told. Both sorted.
pub fn complement(earlier: &[Person], later: &[Person]) -> Vec<Person> {
    let mut known = earlier.iter().peekable();
    let new = later.iter().filter(|person| {
        while known.next_if(|other| other < person).is_some() {}
        known.peek() != Some(person)
    });
    new.cloned().collect()
}

/// Persons of either. Both sorted; so is the result.
pub fn union(first: &[Person], second: &[Person]) -> Vec<Person> {
    let mut all = [first, second].concat();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(numbers: &[u32]) -> Vec<Person> {
        let mut people: Vec<Person> = numbers
            .iter()
            .map(|number| Person { population: "p".to_owned(), person: format!("{number:04}") })
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
            let plain: Vec<Person> = later.iter().filter(|p| !earlier.contains(p)).cloned().collect();
            proptest::prop_assert_eq!(&new, &plain);
            proptest::prop_assert_eq!(union(&earlier, &new), union(&earlier, &later));
        }
    }
}
