//! Identifiers, their canonical form, and the collector that gathers them.
//!
//! A portal may name one person by a public number, an internal key, an e-mail address or a NIR written with
//! spaces. Each kind has normalisation steps and a shape that the result must have. Which persons the
//! identifiers belong to is not known here.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::BuildHasher as _;

use digue_types::visible::{is_blank, visible};
use digue_types::{Means, ReadFailure, UnreadCause};
use hashbrown::{DefaultHashBuilder, HashTable};
use regex::Regex;
use smol_str::SmolStr;

use crate::reading::{ShownIdentifiers, Unreadable};
use crate::sweep;

/// One step towards the canonical form, applied in the order of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Normalise {
    Trim,
    Upper,
    Lower,
    /// Removes all white space, including no-break spaces, and the separators `.`, `-`, `_`, `/`.
    Compact,
    /// Keeps ASCII digits only.
    Digits,
    /// Removes leading zeros; `000` becomes `0`.
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
                // `is_ascii` first makes the cut at 13 a character boundary.
                let is_long = compact.len() == 15 && compact.is_ascii();
                Cow::Owned(if is_long { compact[..13].to_owned() } else { compact })
            }
        }
    }
}

/// A kind of identifier by which the portal names persons.
#[derive(Clone, Debug)]
pub struct IdentifierKind {
    pub name: String,
    pub steps: Vec<Normalise>,
    /// The canonical form must match this; a value that does not makes the response unreadable.
    pub shape: Option<Regex>,
}

impl IdentifierKind {
    /// The canonical form; `None` when the text does not have the shape of this kind.
    ///
    /// Surrounding white space and invisible characters are never part of an identifier: a person does not
    /// see them, and portals write them by accident.
    pub fn canonical(&self, text: &str) -> Option<SmolStr> {
        let visible = visible(text);
        let normal = self.steps.iter().fold(Cow::Borrowed(visible.trim()), |text, step| step.apply(text));
        let fits = self.shape.as_ref().is_none_or(|shape| shape.is_match(&normal));
        (fits && normal.len() <= digue_types::person::PERSON_REF_BYTES_MAX && !normal.is_empty())
            .then(|| SmolStr::new(&normal))
    }

    /// True when the shape rejects words found in every table: a text of that shape is then an identifier.
    fn has_telling_shape(&self) -> bool {
        const WORDS: [&str; 8] = ["nom", "NOM", "Total", "id", "Identifiant", "Marie", "2026", "12"];
        self.shape.is_some() && WORDS.iter().all(|word| self.canonical(word).is_none())
    }

    /// True when a word of `text` has the shape of this kind, or when the kind has no shape.
    fn occurs_in(&self, text: &str) -> bool {
        let word_end = |c: char| !(c.is_alphanumeric() || "@.-_/+".contains(c));
        self.shape.is_none()
            || self.canonical(text).is_some()
            || text.split(word_end).any(|word| !word.is_empty() && self.canonical(word).is_some())
    }
}

/// An identifier found in a message, in canonical form.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Identifier {
    /// Index in the list of kinds of the portal map.
    pub kind: usize,
    pub text: SmolStr,
}

/// What a rule takes from a text: all of it, or the parts that a pattern finds.
#[derive(Clone, Debug)]
pub struct Pick {
    pub kind: usize,
    /// The first group is the identifier, or the whole match without a group. Text that does not match is not
    /// an identifier, such as a link to another page.
    pub pattern: Option<Regex>,
    /// The rule as written in the map, to name the one that failed.
    pub rule: SmolStr,
}

impl Pick {
    /// The whole text is the identifier.
    pub fn whole(kind: usize, rule: &str) -> Self {
        Self { kind, pattern: None, rule: rule.into() }
    }

    pub fn by_pattern(kind: usize, pattern: Regex, rule: &str) -> Self {
        Self { kind, pattern: Some(pattern), rule: rule.into() }
    }
}

/// The outcome of applying a rule to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum IdentifierOutcome {
    /// This many identifiers, counting repeated ones again.
    Identifiers(usize),
    /// Only white space or invisible characters.
    Blank,
    /// The rule's pattern does not occur in it.
    NoMatch,
}

impl IdentifierOutcome {
    pub const fn is_some(self) -> bool {
        matches!(self, Self::Identifiers(_))
    }
}

/// Collects the distinct identifiers of one message, in order of appearance.
pub struct Collector<'k> {
    kinds: &'k [IdentifierKind],
    sweep: &'k [Pick],
    found: Vec<(Identifier, Means)>,
    /// Positions in `found`, by hash: each text is stored once.
    seen: HashTable<usize>,
    hasher: DefaultHashBuilder,
    compared: Vec<Identifier>,
    limit: usize,
    telling: OnceCell<Vec<bool>>,
}

impl<'k> Collector<'k> {
    /// `sweep`: patterns searched for in every text of the message. `limit`: the most distinct identifiers.
    pub fn new(kinds: &'k [IdentifierKind], sweep: &'k [Pick], limit: usize) -> Self {
        Self {
            kinds,
            sweep,
            found: Vec::new(),
            seen: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            compared: Vec::new(),
            limit,
            telling: OnceCell::new(),
        }
    }

    pub fn has_sweep(&self) -> bool {
        !self.sweep.is_empty()
    }

    /// Takes the identifiers of `text`, found at `place`. What a blank text means, the caller decides.
    ///
    /// # Errors
    /// A value of the wrong shape (the map does not describe this message), or too many identifiers.
    pub fn take(
        &mut self,
        pick: &Pick,
        text: &str,
        place: impl Fn() -> String,
    ) -> Result<IdentifierOutcome, Unreadable> {
        self.pick(pick, text, Means::Described, place)
    }

    fn pick(
        &mut self,
        pick: &Pick,
        text: &str,
        means: Means,
        place: impl Fn() -> String,
    ) -> Result<IdentifierOutcome, Unreadable> {
        if is_blank(text) {
            return Ok(IdentifierOutcome::Blank);
        }
        let Some(pattern) = &pick.pattern else {
            self.add(pick, text, means, &place)?;
            return Ok(IdentifierOutcome::Identifiers(1));
        };
        let mut taken = 0;
        for groups in pattern.captures_iter(text) {
            if let Some(part) = groups.get(1).or(groups.get(0)).filter(|part| !is_blank(part.as_str())) {
                self.add(pick, part.as_str(), means, &place)?;
                taken += 1;
            }
        }
        Ok(if taken > 0 { IdentifierOutcome::Identifiers(taken) } else { IdentifierOutcome::NoMatch })
    }

    fn canonical(
        &self,
        pick: &Pick,
        text: &str,
        place: &impl Fn() -> String,
    ) -> Result<Identifier, Unreadable> {
        let text = self.kinds[pick.kind].canonical(text).ok_or_else(|| {
            ReadFailure::new(UnreadCause::ValueShape).by_rule(&pick.rule).at(place()).shaped_as(text)
        })?;
        Ok(Identifier { kind: pick.kind, text })
    }

    fn add(
        &mut self,
        pick: &Pick,
        text: &str,
        means: Means,
        place: &impl Fn() -> String,
    ) -> Result<(), Unreadable> {
        let identifier = self.canonical(pick, text, place)?;
        let hash = self.hasher.hash_one(&identifier);
        if self.seen.find(hash, |&place| self.found[place].0 == identifier).is_some() {
            return Ok(());
        }
        // An error and not a cut: counting 100,000 of more persons would understate what was shown.
        if self.found.len() >= self.limit {
            return Err(Unreadable::too_large());
        }
        let place = self.found.len();
        self.found.push((identifier, means));
        let (hasher, found) = (&self.hasher, &self.found);
        self.seen.insert_unique(hash, place, |&place| hasher.hash_one(&found[place].0));
        Ok(())
    }

    /// Keeps a value with which an exact search is compared; one of another shape is ignored.
    pub fn compare(&mut self, pick: &Pick, text: &str) {
        if self.compared.len() < self.limit
            && let Some(text) = self.kinds[pick.kind].canonical(text.trim())
        {
            self.compared.push(Identifier { kind: pick.kind, text });
        }
    }

    /// Searches one text for the sweep's patterns as a person reads it: decoded, without invisible
    /// characters.
    pub fn sweep(&mut self, text: &str, place: impl Fn() -> String) -> Result<(), Unreadable> {
        self.sweep_by(Means::Sweep, text, place)
    }

    /// `sweep` for a header.
    pub fn sweep_header(&mut self, text: &str, place: impl Fn() -> String) -> Result<(), Unreadable> {
        self.sweep_by(Means::Header, text, place)
    }

    fn sweep_by(&mut self, means: Means, text: &str, place: impl Fn() -> String) -> Result<(), Unreadable> {
        if self.sweep.is_empty() {
            return Ok(());
        }
        let layers = sweep::Layers::of(text);
        for pick in self.sweep {
            layers.matches(pick, &mut |part| self.add(pick, part, means, &place))?;
        }
        Ok(())
    }

    /// True when `text` could contain an identifier, by the shapes of the kinds: with a kind without a
    /// telling shape, any text could.
    pub fn could_hold_identifier(&self, text: &str) -> bool {
        let mut kinds = self.kinds.iter().zip(self.telling());
        kinds.any(|(kind, is_telling)| !is_telling || kind.occurs_in(text))
    }

    /// For each kind, whether its shape distinguishes identifiers from ordinary words: `[A-Z0-9]{1,20}` does
    /// not.
    fn telling(&self) -> &[bool] {
        self.telling.get_or_init(|| self.kinds.iter().map(IdentifierKind::has_telling_shape).collect())
    }

    /// True when `pick` would find an identifier in `text`.
    pub(crate) fn fits(&self, pick: &Pick, text: &str) -> bool {
        let is_identifier = |text: &str| self.kinds[pick.kind].canonical(text).is_some();
        let Some(pattern) = &pick.pattern else { return is_identifier(text) };
        let parts = pattern.captures_iter(text).filter_map(|groups| groups.get(1).or(groups.get(0)));
        parts.map(|part| part.as_str()).any(is_identifier)
    }

    /// True when the shape of the rule's kind distinguishes identifiers from other texts.
    pub(crate) fn knows_shape(&self, pick: &Pick) -> bool {
        self.telling()[pick.kind]
    }

    /// True when any text could be an identifier, because the shape of a kind tells nothing.
    pub(crate) fn has_shapeless_kind(&self) -> bool {
        self.telling().contains(&false)
    }

    /// True when a word of `text` has a telling shape.
    pub(crate) fn looks_like_identifier(&self, text: &str) -> bool {
        self.kinds.iter().zip(self.telling()).any(|(kind, is_telling)| *is_telling && kind.occurs_in(text))
    }

    /// Adds to `seen` everything in `text` that has a telling shape. The parts of addresses and of dotted
    /// names are also tried one by one.
    pub(crate) fn identifiers_like(&self, text: &str, seen: &mut Vec<Identifier>) {
        let mut look = |word: &str| {
            let telling = self.kinds.iter().enumerate().filter(|(kind, _)| self.telling()[*kind]);
            for (kind, shaped) in telling {
                seen.extend(shaped.canonical(word).map(|text| Identifier { kind, text }));
            }
        };
        let is_joint = |c: char| "@.-_/+".contains(c);
        look(text);
        let words = text.split(|c: char| !(c.is_alphanumeric() || is_joint(c)));
        for word in words.filter(|word| !word.is_empty() && word.len() < text.len()) {
            look(word);
        }
        for part in text.split(|c: char| !c.is_alphanumeric()).filter(|_| text.contains(is_joint)) {
            if !part.is_empty() {
                look(part);
            }
        }
    }

    pub(crate) fn has_found(&self, identifier: &Identifier) -> bool {
        let hash = self.hasher.hash_one(identifier);
        self.seen.find(hash, |&place| self.found[place].0 == *identifier).is_some()
    }

    /// True when a pattern of the sweep occurs in `text`.
    pub fn holds_identifier(&self, text: &str) -> bool {
        let layers = sweep::Layers::of(text);
        let mut holds = false;
        for pick in self.sweep {
            let seen = layers.matches(pick, &mut |_| {
                holds = true;
                Ok(())
            });
            debug_assert!(seen.is_ok(), "the closure never fails");
        }
        holds
    }

    /// Number of distinct identifiers so far.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    pub fn into_shown(self) -> ShownIdentifiers {
        ShownIdentifiers { found: self.found, compared: self.compared }
    }

    pub fn into_identifiers(self) -> Vec<Identifier> {
        self.found.into_iter().map(|(identifier, _)| identifier).collect()
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
        let mut found = Collector::new(&kinds, &[], 10);
        let pick = Pick::whole(0, "numero");
        let place = || "row 3".to_owned();
        assert_eq!(found.take(&pick, "\u{a0}1234\u{ad}567A\n", place), Ok(IdentifierOutcome::Identifiers(1)));
        assert_eq!(found.take(&pick, " \u{200b} ", place), Ok(IdentifierOutcome::Blank));
        let refused = found.take(&pick, "Dupont", place).unwrap_err();
        assert_eq!(refused.to_string(), "value-shape, rule numero, at row 3, shape Aaaaaa");
    }
}
