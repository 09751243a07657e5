//! Gathers the identifiers of one message: the distinct ones, in order of appearance. Which persons
//! they belong to is not known here.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::BuildHasher as _;

use digue_types::visible::is_blank;
use digue_types::{Means, ReadFailure, UnreadCause, UnreadPlace};
use hashbrown::{DefaultHashBuilder, HashTable};
use smol_str::SmolStr;

use crate::identifier::{Identifier, IdentifierKind, Pick};
use crate::reading::{ShownIdentifiers, Unreadable};
use crate::shape_search::ShapeSearch;
use crate::sweep;

/// How deep texts in base 64 are searched: a token within a cursor takes three, itself included.
const HIDDEN_DEPTH_MAX: usize = 3;

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

/// Room for the identifiers of a list page, so that its tables grow once.
const IDENTIFIERS_USUAL: usize = 100;

/// What a collector looks for, for those that need one for each record.
#[derive(Clone, Copy, Debug)]
pub struct IdentifierSearch<'k> {
    pub kinds: &'k [IdentifierKind],
    /// Patterns searched for in every text.
    pub sweep: &'k [Pick],
    /// The most distinct identifiers.
    pub identifiers_max: usize,
}

impl<'k> IdentifierSearch<'k> {
    pub fn collector(self) -> Collector<'k> {
        Collector::new(self.kinds, self.sweep, self.identifiers_max)
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
    rules: Vec<SmolStr>,
    limit: usize,
    telling: OnceCell<Vec<bool>>,
}

impl<'k> Collector<'k> {
    /// `sweep`: patterns searched for in every text of the message. `limit`: the most distinct
    /// identifiers.
    pub fn new(kinds: &'k [IdentifierKind], sweep: &'k [Pick], limit: usize) -> Self {
        Self {
            kinds,
            sweep,
            found: Vec::new(),
            seen: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            compared: Vec::new(),
            rules: Vec::new(),
            limit,
            telling: OnceCell::new(),
        }
    }

    /// True when texts are searched besides what rules take: by a pattern, or by a shape that
    /// ordinary texts do not have.
    pub fn has_sweep(&self) -> bool {
        !self.shapes().is_empty()
    }

    const fn shapes(&self) -> ShapeSearch<'k> {
        ShapeSearch::new(self.kinds, self.sweep)
    }

    /// Takes the identifiers of `text`, found at `place`. What a blank text means, the caller
    /// decides.
    ///
    /// # Errors
    /// A value of the wrong shape (the map does not describe this message), or too many
    /// identifiers.
    pub fn take(
        &mut self,
        pick: &Pick,
        text: &str,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<IdentifierOutcome, Unreadable> {
        let outcome = self.pick(pick, text, Means::Described, place)?;
        // From the end: the rows of a list are read by one rule after the other.
        if outcome.is_some() && !self.rules.iter().rev().any(|known| *known == pick.rule) {
            self.rules.push(pick.rule.clone());
        }
        Ok(outcome)
    }

    fn pick(
        &mut self,
        pick: &Pick,
        text: &str,
        means: Means,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<IdentifierOutcome, Unreadable> {
        if !begins_visibly(text) && is_blank(text) {
            return Ok(IdentifierOutcome::Blank);
        }
        let Some(pattern) = &pick.pattern else {
            self.add(pick, text, means, &place)?;
            return Ok(IdentifierOutcome::Identifiers(1));
        };
        let mut taken = 0;
        for groups in pattern.captures_iter(text) {
            if let Some(part) = groups
                .get(1)
                .or(groups.get(0))
                .filter(|part| !is_blank(part.as_str()))
            {
                self.add(pick, part.as_str(), means, &place)?;
                taken += 1;
            }
        }
        Ok(if taken > 0 {
            IdentifierOutcome::Identifiers(taken)
        } else {
            IdentifierOutcome::NoMatch
        })
    }

    fn canonical(
        &self,
        pick: &Pick,
        text: &str,
        place: &impl Fn() -> UnreadPlace,
    ) -> Result<Identifier, Unreadable> {
        let text = self.kinds[pick.kind].canonical(text).ok_or_else(|| {
            ReadFailure::new(UnreadCause::ValueShape)
                .by_rule(&pick.rule)
                .at(place())
                .shaped_as(text)
        })?;
        Ok(Identifier {
            kind: pick.kind,
            text,
        })
    }

    fn add(
        &mut self,
        pick: &Pick,
        text: &str,
        means: Means,
        place: &impl Fn() -> UnreadPlace,
    ) -> Result<(), Unreadable> {
        let identifier = self.canonical(pick, text, place)?;
        self.keep(identifier, means)
    }

    fn keep(&mut self, identifier: Identifier, means: Means) -> Result<(), Unreadable> {
        let hash = self.hasher.hash_one(&identifier);
        if let Some(&place) = self
            .seen
            .find(hash, |&place| self.found[place].0 == identifier)
        {
            // A sweep may come before the rule that describes the place.
            if means == Means::Described {
                self.found[place].1 = means;
            }
            return Ok(());
        }
        // An error and not a cut: counting 100,000 of more persons would understate what was shown.
        if self.found.len() >= self.limit {
            return Err(Unreadable::too_large());
        }
        if self.found.is_empty() {
            self.found.reserve(IDENTIFIERS_USUAL);
            self.seen.reserve(IDENTIFIERS_USUAL, |_| 0);
        }
        let place = self.found.len();
        self.found.push((identifier, means));
        let (hasher, found) = (&self.hasher, &self.found);
        self.seen
            .insert_unique(hash, place, |&place| hasher.hash_one(&found[place].0));
        Ok(())
    }

    /// What this collector looks for.
    pub fn search(&self) -> IdentifierSearch<'k> {
        IdentifierSearch {
            kinds: self.kinds,
            sweep: self.sweep,
            identifiers_max: self.limit,
        }
    }

    /// Adds what another collector found in a part of the same message.
    ///
    /// # Errors
    /// Both together are too many identifiers.
    pub fn absorb(&mut self, part: Collector<'_>) -> Result<(), Unreadable> {
        for (identifier, means) in part.found {
            self.keep(identifier, means)?;
        }
        let room = self.limit.saturating_sub(self.compared.len());
        self.compared.extend(part.compared.into_iter().take(room));
        for rule in part.rules {
            if !self.rules.contains(&rule) {
                self.rules.push(rule);
            }
        }
        Ok(())
    }

    /// Searches the name of a file for the sweep's patterns, and for words with the shape of a
    /// kind: `fiche-P0001.csv`, `P0001_IRM/image.dcm`.
    ///
    /// # Errors
    /// Too many identifiers.
    pub fn sweep_name(
        &mut self,
        name: &str,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<(), Unreadable> {
        self.sweep(name, &place)?;
        // For a pattern, `_` is a letter: `\bP0001\b` does not occur in `P0001_IRM`.
        if name.contains('_') {
            self.sweep(&name.replace('_', " "), &place)?;
        }
        let mut like = Vec::new();
        self.identifiers_like(name, &mut like);
        for identifier in like {
            self.keep(identifier, Means::Sweep)?;
        }
        Ok(())
    }

    /// Keeps a value with which an exact search is compared; one of another shape is ignored.
    pub fn compare(&mut self, pick: &Pick, text: &str) {
        // Cut without an error: a value that is missing here makes a search inexact, which only
        // shows less.
        if self.compared.len() < self.limit
            && let Some(text) = self.kinds[pick.kind].canonical(text.trim())
        {
            self.compared.push(Identifier {
                kind: pick.kind,
                text,
            });
        }
    }

    /// Searches one text for the sweep's patterns as a person reads it: decoded, without invisible
    /// characters.
    pub fn sweep(&mut self, text: &str, place: impl Fn() -> UnreadPlace) -> Result<(), Unreadable> {
        self.sweep_by(Means::Sweep, text, place)
    }

    /// `sweep` for a header.
    pub fn sweep_header(
        &mut self,
        text: &str,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<(), Unreadable> {
        self.sweep_by(Means::Header, text, place)
    }

    fn sweep_by(
        &mut self,
        means: Means,
        text: &str,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<(), Unreadable> {
        if !self.has_sweep() {
            return Ok(());
        }
        let mut hidden = self.sweep_layers(means, text, &place)?;
        for _ in 1..HIDDEN_DEPTH_MAX {
            let Some(text) = hidden else {
                return Ok(());
            };
            hidden = self.sweep_layers(means, &text, &place)?;
        }
        Ok(())
    }

    /// Searches a text, and returns what is hidden in it.
    fn sweep_layers(
        &mut self,
        means: Means,
        text: &str,
        place: &impl Fn() -> UnreadPlace,
    ) -> Result<Option<String>, Unreadable> {
        let layers = sweep::Layers::of(text);
        let shapes = self.shapes();
        for pick in self.sweep.iter().filter(|pick| !shapes.covers(pick)) {
            layers.matches(pick, &mut |part| self.add(pick, part, means, place))?;
        }
        // A value that an exact search is compared with is no further person, unless a rule or the
        // map's own sweep finds it.
        let compared: HashSet<Identifier> = self.compared.iter().cloned().collect();
        let is_swept = |kind| {
            let mut of_kind = self.sweep.iter().filter(|pick| pick.kind == kind);
            of_kind.any(|pick| shapes.covers(pick))
        };
        let swept: Vec<bool> = (0..self.kinds.len()).map(is_swept).collect();
        shapes.each_identifier(
            &layers,
            &mut |identifier| match compared.contains(&identifier) && !swept[identifier.kind] {
                true => Ok(()),
                false => self.keep(identifier, means),
            },
        )?;
        layers.hidden()
    }

    /// True when `text` could contain an identifier, by the shapes of the kinds: with a kind
    /// without a telling shape, any text could.
    pub fn could_hold_identifier(&self, text: &str) -> bool {
        let mut kinds = self.kinds.iter().zip(self.telling());
        kinds.any(|(kind, is_telling)| !is_telling || kind.occurs_in(text))
    }

    /// For each kind, whether its shape distinguishes identifiers from ordinary words:
    /// `[A-Z0-9]{1,20}` does not.
    fn telling(&self) -> &[bool] {
        self.telling.get_or_init(|| {
            self.kinds
                .iter()
                .map(IdentifierKind::has_telling_shape)
                .collect()
        })
    }

    /// True when `pick` would find an identifier in `text`.
    pub fn fits(&self, pick: &Pick, text: &str) -> bool {
        let is_identifier = |text: &str| self.kinds[pick.kind].canonical(text).is_some();
        let Some(pattern) = &pick.pattern else {
            return is_identifier(text);
        };
        let parts = pattern
            .captures_iter(text)
            .filter_map(|groups| groups.get(1).or(groups.get(0)));
        parts.map(|part| part.as_str()).any(is_identifier)
    }

    /// True when the shape of the rule's kind distinguishes identifiers from other texts.
    pub fn knows_shape(&self, pick: &Pick) -> bool {
        self.telling()[pick.kind]
    }

    /// True when any text could be an identifier, because the shape of a kind tells nothing.
    pub fn has_shapeless_kind(&self) -> bool {
        self.telling().contains(&false)
    }

    /// True when a word of `text` has a telling shape.
    pub fn looks_like_identifier(&self, text: &str) -> bool {
        self.kinds
            .iter()
            .zip(self.telling())
            .any(|(kind, is_telling)| *is_telling && kind.occurs_in(text))
    }

    /// Adds to `seen` everything in `text` that has a telling shape. The parts of addresses and of
    /// dotted names are also tried one by one.
    pub fn identifiers_like(&self, text: &str, seen: &mut Vec<Identifier>) {
        let mut look = |word: &str| {
            let telling = self
                .kinds
                .iter()
                .enumerate()
                .filter(|(kind, _)| self.telling()[*kind]);
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
        for part in text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|_| text.contains(is_joint))
        {
            if !part.is_empty() {
                look(part);
            }
        }
    }

    pub fn has_found(&self, identifier: &Identifier) -> bool {
        let hash = self.hasher.hash_one(identifier);
        self.seen
            .find(hash, |&place| self.found[place].0 == *identifier)
            .is_some()
    }

    /// True when the sweep finds an identifier in `text`.
    pub fn holds_identifier(&self, text: &str) -> bool {
        let layers = sweep::Layers::of(text);
        let mut holds = false;
        let seen = self.shapes().each_identifier(&layers, &mut |_| {
            holds = true;
            Ok(())
        });
        debug_assert!(seen.is_ok(), "the closure never fails");
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
        ShownIdentifiers {
            found: self.found,
            compared: self.compared,
            rules: self.rules,
        }
    }

    pub fn into_identifiers(self) -> Vec<Identifier> {
        self.found
            .into_iter()
            .map(|(identifier, _)| identifier)
            .collect()
    }
}

/// True for most texts that are not blank, at the price of a look at the first byte.
fn begins_visibly(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use crate::shape::IdentifierShape;

    use super::*;

    #[test]
    fn a_value_of_the_wrong_shape_is_not_passed_over() {
        let kinds = [IdentifierKind {
            name: "numero".into(),
            steps: vec![],
            shape: Some(IdentifierShape::new("^[0-9]{7}[A-Z]$").unwrap()),
        }];
        let mut found = Collector::new(&kinds, &[], 10);
        let pick = Pick::whole(0, "numero");
        let place = || UnreadPlace::numbered("row ", 3);
        assert_eq!(
            found.take(&pick, "\u{a0}1234\u{ad}567A\n", place),
            Ok(IdentifierOutcome::Identifiers(1))
        );
        assert_eq!(
            found.take(&pick, " \u{200b} ", place),
            Ok(IdentifierOutcome::Blank)
        );
        let refused = found.take(&pick, "Dupont", place).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "value-shape, rule numero, at row 3, shape Aaaaaa"
        );
    }
}
