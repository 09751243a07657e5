//! Identifiers and their canonical form.
//!
//! A portal may call one person by a public number, an internal key, an e-mail address or a NIR
//! written with spaces. Each kind has normalisation steps and a shape that the result must have.

use std::borrow::Cow;
use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use regex::Regex;
use smol_str::SmolStr;

use crate::response::Uninspected;

/// One step towards the canonical form, applied in the order of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Normalise {
    Trim,
    Upper,
    Lower,
    /// Removes every white space, no-break spaces included, and the separators `.`, `-`, `_`, `/`.
    Compact,
    /// Keeps ASCII digits only.
    Digits,
    /// Removes leading zeros, but one zero stays.
    TrimZeros,
    /// A French NIR of 13 or 15 characters: compacted, upper case, without its two-digit key.
    Nir,
}

impl Normalise {
    pub const ALL: [(&'static str, Self); 7] = [
        ("trim", Self::Trim),
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("compact", Self::Compact),
        ("digits", Self::Digits),
        ("trim-zeros", Self::TrimZeros),
        ("nir", Self::Nir),
    ];

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == code).map(|(_, step)| *step)
    }

    fn apply(self, text: Cow<'_, str>) -> Cow<'_, str> {
        let kept = |keep: fn(char) -> bool, text: Cow<'_, str>| {
            if text.chars().all(keep) {
                text.into_owned()
            } else {
                text.chars().filter(|&c| keep(c)).collect()
            }
        };
        match self {
            Self::Trim => Cow::Owned(text.trim().to_owned()),
            Self::Upper => Cow::Owned(text.to_uppercase()),
            Self::Lower => Cow::Owned(text.to_lowercase()),
            Self::Compact => Cow::Owned(kept(|c| !c.is_whitespace() && !".-_/\u{202f}".contains(c), text)),
            Self::Digits => Cow::Owned(kept(|c| c.is_ascii_digit(), text)),
            Self::TrimZeros => {
                let trimmed = text.trim_start_matches('0');
                let all_zeros = trimmed.is_empty() && !text.is_empty();
                Cow::Owned(if all_zeros { "0".to_owned() } else { trimmed.to_owned() })
            }
            Self::Nir => {
                let compact = Self::Upper.apply(Self::Compact.apply(text)).into_owned();
                let is_long = compact.len() == 15 && compact.is_ascii();
                Cow::Owned(if is_long { compact[..13].to_owned() } else { compact })
            }
        }
    }
}

/// One way in which the portal names persons.
#[derive(Clone, Debug)]
pub struct IdentifierKind {
    pub name: String,
    pub steps: Vec<Normalise>,
    /// What the canonical form must match entirely; anything else makes the response unreadable.
    pub shape: Option<Regex>,
}

impl IdentifierKind {
    /// The canonical form; `None` when the text has not the shape of this kind.
    pub fn canonical(&self, text: &str) -> Option<SmolStr> {
        let normal = self.steps.iter().fold(Cow::Borrowed(text), |text, step| step.apply(text));
        let fits = self.shape.as_ref().is_none_or(|shape| shape.is_match(&normal));
        (fits && normal.len() <= digue_types::person::PERSON_REF_BYTES_MAX && !normal.is_empty())
            .then(|| SmolStr::new(&normal))
    }
}

/// An identifier found in a message, in canonical form.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Identifier {
    /// Index in the list of kinds of the portal map.
    pub kind: usize,
    pub text: SmolStr,
}

/// What a rule takes from the text that it reached: all of it, or the parts that a pattern finds.
#[derive(Clone, Debug)]
pub struct Pick {
    pub kind: usize,
    /// With a group, the group is the identifier; otherwise the whole match. Text that does not
    /// match is no identifier (a link to another page, say).
    pub pattern: Option<Regex>,
}

/// The distinct identifiers of one message, in order of appearance.
pub struct Found<'k> {
    kinds: &'k [IdentifierKind],
    identifiers: Vec<Identifier>,
    /// Places in `identifiers`, by hash: each text is kept once.
    seen: HashTable<usize>,
    hasher: DefaultHashBuilder,
    limit: usize,
    /// Identifiers taken, each time they were.
    taken: usize,
}

impl<'k> Found<'k> {
    pub fn new(kinds: &'k [IdentifierKind], limit: usize) -> Self {
        Self {
            kinds,
            identifiers: Vec::new(),
            seen: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            limit,
            taken: 0,
        }
    }

    /// Takes the identifiers of `text`. Blank text shows nobody; text of the wrong shape means
    /// that the map does not describe this message.
    pub fn take(&mut self, pick: &Pick, text: &str) -> Result<(), Uninspected> {
        let Some(pattern) = &pick.pattern else {
            return self.add(pick.kind, text);
        };
        for groups in pattern.captures_iter(text) {
            let whole = groups.get(0);
            if let Some(part) = groups.get(1).or(whole) {
                self.add(pick.kind, part.as_str())?;
            }
        }
        Ok(())
    }

    fn add(&mut self, kind: usize, text: &str) -> Result<(), Uninspected> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let described = &self.kinds[kind];
        let Some(text) = described.canonical(text) else {
            return Err(Uninspected::Broken(format!(
                "a value has not the shape of the identifier {:?}",
                described.name
            )));
        };
        self.taken += 1;
        let identifier = Identifier { kind, text };
        let hash = self.hasher.hash_one(&identifier);
        if self.seen.find(hash, |&place| self.identifiers[place] == identifier).is_some() {
            return Ok(());
        }
        if self.identifiers.len() >= self.limit {
            return Err(Uninspected::TooLarge);
        }
        let place = self.identifiers.len();
        self.identifiers.push(identifier);
        let (hasher, identifiers) = (&self.hasher, &self.identifiers);
        self.seen.insert_unique(hash, place, |&place| hasher.hash_one(&identifiers[place]));
        Ok(())
    }

    /// Identifiers taken so far, repeated ones counted again.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    pub fn into_identifiers(self) -> Vec<Identifier> {
        self.identifiers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(steps: &[Normalise], shape: &str, text: &str, expected: Option<&str>) {
        let shape = Some(Regex::new(shape).unwrap());
        let kind = IdentifierKind { name: "test".into(), steps: steps.to_vec(), shape };
        assert_eq!(kind.canonical(text).as_deref(), expected);
    }

    #[test]
    fn a_nir_is_one_whether_written_with_spaces_or_with_its_key() {
        let shape = "^[12][0-9]{4}[0-9AB]{2}[0-9]{6}$";
        check(&[Normalise::Nir], shape, "1 85 05 78 006 084 91", Some("1850578006084"));
        check(&[Normalise::Nir], shape, "1\u{202f}85\u{a0}05 78 006 084", Some("1850578006084"));
        check(&[Normalise::Nir], shape, "2850 52A 006 084 13", Some("285052A006084"));
        check(&[Normalise::Nir], shape, "not a number", None);
    }

    #[test]
    fn steps_apply_in_order() {
        check(
            &[Normalise::Trim, Normalise::Lower],
            "^.+@.+$",
            " Marie@Exemple.FR ",
            Some("marie@exemple.fr"),
        );
        check(&[Normalise::Digits, Normalise::TrimZeros], "^[0-9]+$", "n° 000120", Some("120"));
        check(&[Normalise::TrimZeros], "^[0-9]+$", "000", Some("0"));
    }

    #[test]
    fn a_value_of_the_wrong_shape_is_not_passed_over() {
        let kinds = [IdentifierKind {
            name: "numero".into(),
            steps: vec![],
            shape: Some(Regex::new("^[0-9]{7}[A-Z]$").unwrap()),
        }];
        let mut found = Found::new(&kinds, 10);
        let pick = Pick { kind: 0, pattern: None };
        assert!(found.take(&pick, "1234567A").is_ok());
        assert!(found.take(&pick, "  ").is_ok());
        assert!(matches!(found.take(&pick, "Dupont"), Err(Uninspected::Broken(_))));
    }
}
