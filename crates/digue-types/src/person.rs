//! A person, by the portal's own identifier.
//!
//! Digue keeps no name, address or birth date: only that identifier, in the canonical form that the
//! portal map gives it, and a 128-bit key of it for sets held in memory. The canonical form itself
//! is made in `digue-inspect`; see docs/decisions/0002 for the keys.

use std::fmt;
use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use smol_str::SmolStr;

use crate::ids::{IdError, PopulationId};

/// The longest person reference, in bytes of UTF-8.
pub const PERSON_REF_BYTES_MAX: usize = 128;

/// The canonical identifier of one person within a population. Up to 23 bytes are stored inline, so
/// that a response of a hundred persons allocates for none of them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonRef(SmolStr);

impl PersonRef {
    /// Any text of 1 to 128 bytes without control characters.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > PERSON_REF_BYTES_MAX {
            return Err(IdError::TooLong {
                bytes: text.len(),
                limit: PERSON_REF_BYTES_MAX,
            });
        }
        match text.chars().find(|c| c.is_control()) {
            Some(c) => Err(IdError::Character(c)),
            None => Ok(Self(SmolStr::new(text))),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonRef({})", self.0)
    }
}

impl serde::Serialize for PersonRef {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

/// 128 bits that identify one person of one population in the sets of caseloads and budgets.
///
/// `SipHash-1-3-128` of population and reference. The probability that two persons among 43 million
/// share a key is below 1e-23, and only the portal chooses references: an attacker cannot search
/// for a collision. A reference cannot be recovered from its key (docs/decisions/0002).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PersonKey(pub u64, pub u64);

impl PersonKey {
    pub fn new(population: &PopulationId, person: &str) -> Self {
        PersonKeyer::new(population).key(person)
    }
}

/// Makes the keys of one population, which is hashed only once.
#[derive(Clone)]
pub struct PersonKeyer(SipHasher13);

impl PersonKeyer {
    pub fn new(population: &PopulationId) -> Self {
        // Fixed and no secret: the ASCII of "digue p1" and "personk1".
        let mut hasher = SipHasher13::new_with_keys(0x6469_6775_6520_7031, 0x7065_7273_6f6e_6b31);
        hasher.write(population.as_str().as_bytes());
        // A byte that no UTF-8 text holds, so that ("ab", "c") and ("a", "bc") differ.
        hasher.write(&[0xff]);
        Self(hasher)
    }

    pub fn key(&self, person: &str) -> PersonKey {
        let mut hasher = self.0;
        hasher.write(person.as_bytes());
        let hash = hasher.finish128();
        PersonKey(hash.h1, hash.h2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population(name: &str) -> PopulationId {
        PopulationId::parse(name).unwrap()
    }

    #[test]
    fn the_same_reference_in_two_populations_is_two_persons() {
        let a = PersonKey::new(&population("kairos"), "1234567A");
        let b = PersonKey::new(&population("akto"), "1234567A");
        assert_ne!(a, b);
    }

    #[test]
    fn the_border_between_population_and_reference_counts() {
        assert_ne!(
            PersonKey::new(&population("ab"), "c"),
            PersonKey::new(&population("a"), "bc")
        );
    }

    #[test]
    fn a_reference_may_hold_spaces_but_no_control_character() {
        assert!(PersonRef::parse("DUPONT Marie").is_ok());
        assert_eq!(PersonRef::parse("a\nb"), Err(IdError::Character('\n')));
    }
}
