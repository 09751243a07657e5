//! Whom one document shows: known identifiers and names, before anything is said of their places.

use std::collections::BTreeSet;

use digue_inspect::html::outline::page_elements;
use digue_inspect::media_type::MediaType;
use digue_inspect::response::usual_types;
use smol_str::SmolStr;

use crate::alias::AliasPlace;
use crate::exchange::{BODY_BYTES_MAX, Exchange, RecordedBody};
use crate::known::{KnownPersons, KnownValue};
use crate::names::NameScan;
use crate::packed_texts::{PackedTexts, texts_within};
use crate::shape::Telling;
use crate::value::ValueContext;

/// What one document showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct DocumentSight {
    /// Known identifiers, with whether the person's name is close by.
    pub(crate) known: Vec<SeenValue>,
    /// Words with the shape of a kind that tells by itself, and not known.
    pub(crate) alike: usize,
    /// Known names.
    pub(crate) names: usize,
    /// Other values beside a known identifier, in the same record.
    pub(crate) beside: Vec<(AliasPlace, u32, SmolStr)>,
    /// Typed values in links, of no known kind.
    pub(crate) linked: Vec<(ValueContext, SmolStr)>,
    /// Long random texts, as hashes: a job or a file that is fetched later.
    pub(crate) tokens: Vec<u64>,
}

impl DocumentSight {
    pub(crate) fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.names += other.names;
        self.alike += other.alike;
        self.beside.extend(other.beside);
        self.linked.extend(other.linked);
        self.tokens.extend(other.tokens);
    }

    /// Adds the known words of a text that tell by themselves.
    pub(crate) fn add_told(&mut self, known: &KnownPersons, text: &str) {
        let told = known_words(known, text)
            .into_iter()
            .filter(|value| known.kind(value.kind).telling() == Telling::Alone);
        self.known.extend(told.map(|value| SeenValue {
            value,
            is_confirmed: false,
            is_paging: false,
        }));
    }

    /// Adds the known words and names of a text that is no document.
    pub(crate) fn add_words(&mut self, known: &KnownPersons, text: &str) {
        let seen = |value| SeenValue {
            value,
            is_confirmed: false,
            is_paging: false,
        };
        self.known
            .extend(known_words(known, text).into_iter().map(seen));
        self.alike += alike_words(known, text);
        let mut names = NameScan::new(&known.names);
        names.read(text);
        self.names += names.found.len();
    }
}

/// Words that could be identifiers by a shape that tells by itself, and are none of the list's.
fn alike_words(known: &KnownPersons, text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || "-_@.".contains(c);
    let words = text
        .split(move |c: char| !is_word(c))
        .map(|word| word.trim_matches(['.', '-', '_']))
        .filter(|word| word.len() >= 3 && has_digit_or_at(word));
    words
        .filter(|word| known.value(word).is_none())
        .filter_map(|word| known.fitting(word))
        .filter(|kind| known.kind(*kind).telling() == Telling::Alone)
        .count()
}

/// A known identifier in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenValue {
    pub(crate) value: KnownValue,
    pub(crate) is_confirmed: bool,
    pub(crate) is_paging: bool,
}

/// A body looked at without a map.
#[derive(Clone, Debug, Default)]
pub struct BodySight {
    /// As recorded.
    pub bytes: u64,
    /// Known persons whose identifier tells by itself.
    pub known: Vec<u32>,
    /// Known names.
    pub names: usize,
    /// For each place of a name, the persons who have it.
    pub named: Vec<Vec<u32>>,
}

impl BodySight {
    /// What the body of `exchange` shows; nothing where it cannot be read.
    pub fn of(known: &KnownPersons, exchange: &Exchange<'_>) -> Self {
        let RecordedBody::Bytes(body) = exchange.body else {
            return Self::default();
        };
        let mut sight = Self {
            bytes: body.len() as u64,
            ..Self::default()
        };
        let Ok(bytes) = digue_decode::decode(exchange.content_encoding, body, BODY_BYTES_MAX)
        else {
            return sight;
        };
        let media = MediaType::parse(exchange.content_type.unwrap_or_default());
        match texts_within(&bytes) {
            PackedTexts::NotPacked => {}
            // What is not read is unreadable for the inspection, too, whose report says so.
            PackedTexts::Whole(texts) | PackedTexts::Partial(texts) => {
                sight.read_texts(known, &texts);
                return sight;
            }
        }
        let Ok(text) = digue_decode::text(media.charset.as_deref(), &bytes) else {
            return sight;
        };
        if text.contains('\0') {
            return sight;
        }
        sight.known = known_words(known, &text)
            .into_iter()
            .map(|value| value.person)
            .collect();
        if known.has_names() {
            let mut names = NameScan::new(&known.names);
            let html: Vec<String> = usual_types("html")
                .iter()
                .map(|essence| (*essence).to_owned())
                .collect();
            match page_elements(media.charset.as_deref(), &bytes, BODY_BYTES_MAX) {
                Ok(elements) if media.fits_one(&html) => {
                    elements
                        .iter()
                        .for_each(|element| names.read(&element.text));
                }
                _ => names.read(&text),
            }
            sight.names = names.found.len();
            let places = names
                .found
                .chunk_by(|one, next| one.position == next.position);
            sight.named = places
                .map(|place| place.iter().map(|one| one.person).collect())
                .collect();
        }
        sight
    }
}

impl BodySight {
    fn read_texts(&mut self, known: &KnownPersons, texts: &[String]) {
        let mut names = NameScan::new(&known.names);
        let mut persons = BTreeSet::new();
        for text in texts {
            persons.extend(known_words(known, text).iter().map(|value| value.person));
            if known.has_names() {
                names.read(text);
            }
        }
        self.known = persons.into_iter().collect();
        self.names = names.found.len();
        let places = names
            .found
            .chunk_by(|one, next| one.position == next.position);
        self.named = places
            .map(|place| place.iter().map(|one| one.person).collect())
            .collect();
    }
}

/// Known identifiers among the words of a text.
pub(crate) fn known_words(known: &KnownPersons, text: &str) -> Vec<KnownValue> {
    let is_word = |c: char| c.is_alphanumeric() || "-_@.".contains(c);
    let words = text
        .split(move |c: char| !is_word(c))
        .filter(|word| word.len() >= 3);
    let values = words
        .filter(|word| has_digit_or_at(word))
        .filter_map(|word| known.value(word.trim_matches(['.', '-', '_'])))
        .map(|(value, _)| value);
    let mut seen = BTreeSet::new();
    values
        .filter(|value| known.kind(value.kind).telling() > Telling::Short)
        .filter(|value| seen.insert(*value))
        .collect()
}

fn has_digit_or_at(word: &str) -> bool {
    word.bytes()
        .any(|byte| byte.is_ascii_digit() || byte == b'@')
}
