//! The search for the shapes of identifiers in whole bodies: what would pass unread is held where it
//! shows a person, and a search that finds other things alone is of no use.
//!
//! It knows no rule of the map.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use digue_identifiers::{Collector, IdentifierKind, Pick};
use digue_survey::exchange::{BODY_BYTES_MAX, Exchange, RecordedBody};
use digue_survey::known::KnownPersons;
use digue_survey::packed_texts::{PackedTexts, texts_within};
use digue_types::UnreadPlace;

/// The search for the shapes of all kinds in bodies that no rule reads.
pub(crate) struct ExactSweep {
    pub(crate) picks: Vec<Pick>,
    /// Kinds, by place, whose shape other things share: of them only known values are persons.
    pub(crate) shared: Vec<usize>,
}

impl ExactSweep {
    /// True when the search finds an identifier in a body that is text, or in the texts of a PDF file
    /// or an archive, and when those cannot be read.
    pub(crate) fn shows_person(
        &self,
        kinds: &[IdentifierKind],
        known: &KnownPersons,
        exchange: &Exchange<'_>,
    ) -> bool {
        if self.picks.is_empty() {
            return false;
        }
        let shows = |text: &str| {
            let mut found = Collector::new(kinds, &self.picks, FOUND_MAX);
            // Beyond the limit a person is shown all the same.
            found.sweep(text, UnreadPlace::default).is_err()
                || found.identifiers().any(|identifier| {
                    !self.shared.contains(&identifier.kind)
                        || known.person(&identifier.text).is_some()
                })
        };
        match texts_of(exchange) {
            PackedTexts::Whole(texts) => texts.iter().any(|text| shows(text)),
            // Whom it shows is not known: it is held from then on, and refused.
            PackedTexts::Partial(_) => true,
            PackedTexts::NotPacked => false,
        }
    }

    /// What has a shared shape in a body.
    pub(crate) fn shared_in(
        &self,
        kinds: &[IdentifierKind],
        exchange: &Exchange<'_>,
    ) -> Vec<String> {
        let is_shared = |pick: &&Pick| self.shared.contains(&pick.kind);
        let picks: Vec<Pick> = self.picks.iter().filter(is_shared).cloned().collect();
        let PackedTexts::Whole(texts) = texts_of(exchange) else {
            return Vec::new();
        };
        let mut found = Collector::new(kinds, &picks, FOUND_MAX);
        for text in texts.iter().filter(|_| !picks.is_empty()) {
            // What is beyond the limit adds nothing.
            if found.sweep(text, UnreadPlace::default).is_err() {
                break;
            }
        }
        let texts = found
            .identifiers()
            .map(|identifier| identifier.text.to_string());
        texts.collect()
    }
}

/// The most distinct values of one body.
const FOUND_MAX: usize = 10_000;

/// The texts of a body: its own, or those packed in it.
fn texts_of(exchange: &Exchange<'_>) -> PackedTexts {
    let RecordedBody::Bytes(body) = exchange.body else {
        return PackedTexts::NotPacked;
    };
    let Ok(bytes) = digue_decode::decode(exchange.content_encoding, body, BODY_BYTES_MAX) else {
        return PackedTexts::NotPacked;
    };
    match (texts_within(&bytes), std::str::from_utf8(&bytes)) {
        (PackedTexts::NotPacked, Ok(text)) => PackedTexts::Whole(vec![text.to_owned()]),
        (texts, _) => texts,
    }
}

/// What the search for shared shapes finds beside the rules.
#[derive(Default)]
pub(crate) struct SharedSearch {
    /// Values that are nobody's, as hashes.
    strangers: HashSet<u64>,
    /// Answers with such values.
    with_strangers: usize,
    /// Answers with a known person whom nothing else found.
    with_known: usize,
}

impl SharedSearch {
    /// Notes what the search found; `others` are the persons whom the rules find.
    pub(crate) fn note<'t>(
        &mut self,
        known: &KnownPersons,
        found: impl Iterator<Item = &'t str>,
        others: &HashSet<u32>,
    ) {
        let (mut has_stranger, mut has_known) = (false, false);
        for text in found {
            if let Some(person) = known.person(text) {
                // Under another identifier of theirs, which a rule finds.
                has_known |= !others.contains(&person);
                continue;
            }
            has_stranger = true;
            if self.strangers.len() < FOUND_MAX {
                let mut hasher = DefaultHasher::new();
                text.hash(&mut hasher);
                self.strangers.insert(hasher.finish());
            }
        }
        self.with_strangers += usize::from(has_stranger);
        self.with_known += usize::from(has_known);
    }

    /// Notes an answer that nothing reads without the search.
    pub(crate) fn note_needed(&mut self) {
        self.with_known += 1;
    }

    /// Distinct values that are nobody's, up to a bound.
    pub(crate) fn values(&self) -> usize {
        self.strangers.len()
    }

    /// True where it finds other things alone: the rules find every known person without it.
    pub(crate) fn is_of_others(&self) -> bool {
        self.with_strangers > 0 && self.with_known == 0
    }
}
