//! Two identifiers side by side in every record: the same person under another number.
//!
//! A pair counts when it is one to one both ways, over enough persons, without one contradiction. A
//! token of one session changes, and fails this.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use smol_str::SmolStr;

use crate::known::KnownPersons;
use crate::value::is_code;

/// The fewest persons on whom a pair is believed.
pub(crate) const PERSONS_MIN: usize = 5;

/// The most names beside known identifiers, and the most persons of each, that are followed.
const NAMES_MAX: usize = 200;
const PERSONS_MAX: usize = 50_000;

/// How the other identifier is written beside the known one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AliasPlace {
    /// A member of JSON, by its name.
    Member(SmolStr),
    /// A segment of an address, after this one.
    Path(SmolStr),
}

/// Values seen beside known persons.
#[derive(Clone, Debug, Default)]
pub(crate) struct AliasTally {
    /// By person.
    values: HashMap<u32, SmolStr>,
    persons: HashMap<SmolStr, u32>,
    /// Persons with two values, or values with two persons.
    contradictions: usize,
}

/// All names beside known identifiers.
#[derive(Clone, Debug, Default)]
pub(crate) struct AliasSurvey {
    places: BTreeMap<AliasPlace, AliasTally>,
}

/// Another identifier of the same persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAlias {
    pub place: AliasPlace,
    /// The name of its kind in the map.
    pub kind: String,
    /// Persons seen with both, one to one.
    pub persons: usize,
    /// Identifier of the primary kind, and the other one.
    pub pairs: Vec<(String, String)>,
}

impl AliasSurvey {
    pub(crate) fn add(&mut self, place: AliasPlace, person: u32, value: &str) {
        if !self.places.contains_key(&place) && self.places.len() >= NAMES_MAX {
            return;
        }
        let tally = self.places.entry(place).or_default();
        if tally.values.len() >= PERSONS_MAX {
            return;
        }
        let value = SmolStr::new(value);
        let known = tally.values.entry(person).or_insert_with(|| value.clone());
        let holder = *tally.persons.entry(value.clone()).or_insert(person);
        tally.contradictions += usize::from(*known != value || holder != person);
    }

    /// The places that name the same persons, the most supported first.
    pub(crate) fn believed(&self) -> Vec<(&AliasPlace, &AliasTally)> {
        let is_believed = |(_, tally): &(&AliasPlace, &AliasTally)| {
            tally.contradictions == 0 && tally.values.len() >= PERSONS_MIN
        };
        let mut believed: Vec<_> = self.places.iter().filter(is_believed).collect();
        believed.sort_by_key(|(place, tally)| {
            (std::cmp::Reverse(tally.values.len()), (*place).clone())
        });
        believed
    }
}

impl AliasTally {
    /// The values by person, blank where a person was not seen with one.
    pub(crate) fn by_person(&self, known: &KnownPersons) -> Vec<String> {
        let value = |person: usize| self.values.get(&(person as u32)).map(ToString::to_string);
        (0..known.len())
            .map(|person| value(person).unwrap_or_default())
            .collect()
    }

    /// True for values that are no plain numbers.
    pub(crate) fn is_telling(&self) -> bool {
        self.values.values().all(|value| {
            let is_other = value.chars().any(|c| !c.is_ascii_digit());
            is_code(value) || value.len() >= 8 && is_other
        })
    }

    pub(crate) fn persons(&self) -> usize {
        self.values.len()
    }

    /// True when most of the values are other kinds' already.
    pub(crate) fn is_known(&self, known: &KnownPersons) -> bool {
        let count = self
            .values
            .values()
            .filter(|value| known.value(value).is_some())
            .count();
        count * 2 > self.values.len()
    }

    /// True for values that hold the person's own identifier in base64: no other identifier.
    pub(crate) fn is_encoding(&self, known: &KnownPersons) -> bool {
        let holds = |(person, value): (&u32, &SmolStr)| {
            let own = known.primary(*person);
            let whole = &value.as_bytes()[..value.trim_end_matches('=').len() / 4 * 4];
            !own.is_empty()
                && [
                    base64::engine::general_purpose::STANDARD,
                    base64::engine::general_purpose::URL_SAFE,
                ]
                .iter()
                .filter_map(|engine| engine.decode(whole).ok())
                .any(|bytes| String::from_utf8_lossy(&bytes).contains(own))
        };
        self.values.iter().filter(|pair| holds(*pair)).count() * 2 > self.values.len()
    }

    /// True when a known person's value is one of `texts`.
    pub(crate) fn names_one_of<'t>(&self, mut texts: impl Iterator<Item = &'t str>) -> bool {
        texts.any(|text| self.persons.contains_key(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> AliasPlace {
        AliasPlace::Member("uuid".into())
    }

    #[test]
    fn a_pair_without_contradiction_is_believed() {
        let mut survey = AliasSurvey::default();
        for person in 0..6 {
            survey.add(place(), person, &format!("u{person}"));
            survey.add(place(), person, &format!("u{person}"));
            survey.add(AliasPlace::Member("town".into()), person, "Évreux");
        }
        let believed = survey.believed();
        assert_eq!(believed.len(), 1);
        assert_eq!(believed[0].1.persons(), 6);
    }

    #[test]
    fn a_value_that_changes_or_is_shared_is_no_alias() {
        let mut survey = AliasSurvey::default();
        (0..10).for_each(|person| survey.add(place(), person, &format!("t{person}")));
        survey.add(place(), 3, "t99");
        assert!(survey.believed().is_empty());
        let mut few = AliasSurvey::default();
        (0..4).for_each(|person| few.add(place(), person, &format!("t{person}")));
        assert!(few.believed().is_empty());
    }
}
