//! Whether what is left of a response still tells of the persons whose records were removed: a
//! facet, an index, a summary, a note in another record.
//!
//! A net beneath the map's rules, which need not describe such parts: the map may say of them that
//! they show nobody, and it was right as long as a response with anyone outside the caseload was
//! refused whole.

use std::collections::HashSet;

use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::{Identifier, IdentifierKind};
use digue_types::visible::visible;

use crate::json::{JsonToken, is_plain_name};

/// Signs from which an identifier can be told from a number of pages or an age.
const TELLING_SIGNS: usize = 5;
/// Letters from which a text can be told from a code.
const TELLING_LETTERS: usize = 3;
/// Words of a text that are compared together.
const WORDS_MAX: usize = 8;
/// The most texts that are kept: memory beyond this is not counted as held.
const TEXTS_MAX: usize = 200_000;
/// Words of a text, each of which may be a name.
const SHORT_WORDS: usize = 3;

/// What must not be left.
pub(super) struct Residue<'k> {
    kinds: &'k [IdentifierKind],
    /// Knows which kinds have a telling shape.
    shapes: Collector<'k>,
    permitted: &'k HashSet<Identifier>,
    identifiers: HashSet<Identifier>,
    /// The telling ones of them, as phrases.
    phrases: HashSet<String>,
    /// Texts of removed records that no other record has, as phrases.
    texts: HashSet<String>,
}

impl<'k> Residue<'k> {
    pub(super) fn new(kinds: &'k [IdentifierKind], permitted: &'k HashSet<Identifier>) -> Self {
        Self {
            kinds,
            shapes: Collector::new(kinds, &[], 0),
            permitted,
            identifiers: HashSet::new(),
            phrases: HashSet::new(),
            texts: HashSet::new(),
        }
    }

    /// The persons of a removed record who may not be shown; others may have a record of their own.
    pub(super) fn add_removed(&mut self, persons: &[Identifier]) {
        let outside = persons
            .iter()
            .filter(|person| !self.permitted.contains(person));
        for person in outside {
            let phrase = phrase(&person.text);
            if is_telling(&phrase) {
                // With and without what separates its parts: `AB-12345` may be `AB12345` elsewhere.
                self.phrases.insert(phrase.replace(' ', ""));
                self.phrases.insert(phrase);
            }
            self.identifiers.insert(person.clone());
        }
    }

    /// A text of a removed record, and the words of a short one: `DUPONT Marie` may be `DUPONT`
    /// elsewhere.
    pub(super) fn add_text(&mut self, token: &JsonToken<'_>) {
        // No text is lost: the caller asks this, too, and refuses before it compares.
        if self.is_too_large() {
            return;
        }
        let Some(text) = said(token) else { return };
        let words = words(text);
        let has_letters =
            |text: &String| text.chars().filter(|c| c.is_alphabetic()).count() >= TELLING_LETTERS;
        self.texts.extend(Some(words.join(" ")).filter(has_letters));
        if words.len() <= SHORT_WORDS {
            self.texts.extend(words.into_iter().filter(has_letters));
        }
    }

    /// A text of a record that stays: it says nothing about the others.
    pub(super) fn forget_text(&mut self, token: &JsonToken<'_>) {
        let Some(text) = said(token) else { return };
        let words = words(text);
        self.texts.remove(&words.join(" "));
        for word in &words {
            self.texts.remove(word);
        }
    }

    /// True when a text of a record that stays names a removed person.
    pub(super) fn is_in_record(&self, token: &JsonToken<'_>) -> bool {
        // Not by the texts: two persons in one town, or with one lawyer, do not name each other.
        match token {
            // The name of a member is no number of pages, however short it is.
            JsonToken::Name(name) => self.is_identifier(name) || self.holds_identifier(name),
            JsonToken::Text(text) => self.holds_identifier(text) || self.names_removed(text),
            JsonToken::Number(number) => is_telling(number) && self.is_identifier(number),
        }
    }

    /// True when a text outside of every record names a person who may not be shown, or says what
    /// only removed records say.
    pub(super) fn is_beside_records(&self, token: &JsonToken<'_>) -> bool {
        match token {
            JsonToken::Name(text) | JsonToken::Text(text) => {
                self.is_identifier(text)
                    || self.holds_identifier(text)
                    || holds_phrase(&self.texts, text)
                    || self.names_others(text)
            }
            JsonToken::Number(number) => {
                is_telling(number) && self.is_identifier(number) || self.names_others(number)
            }
        }
    }

    /// True for an identifier of anyone who may not be shown, also of one without a record: no rule
    /// has looked here.
    fn names_others(&self, text: &str) -> bool {
        let mut seen = Vec::new();
        self.shapes.identifiers_like(text, &mut seen);
        seen.iter().any(|person| !self.permitted.contains(person))
    }

    /// True for a text in which an identifier of a removed person has a shape that tells it from
    /// words, however short it is.
    fn names_removed(&self, text: &str) -> bool {
        let mut seen = Vec::new();
        self.shapes.identifiers_like(text, &mut seen);
        seen.iter().any(|person| self.identifiers.contains(person))
    }

    /// True when there is too much to compare with.
    pub(super) fn is_too_large(&self) -> bool {
        self.texts.len() > TEXTS_MAX
    }

    /// True when the whole of a text is the identifier of a removed person, in whatever spelling the
    /// kind allows.
    fn is_identifier(&self, text: &str) -> bool {
        self.kinds.iter().enumerate().any(|(kind, described)| {
            described
                .canonical(text)
                .is_some_and(|text| self.identifiers.contains(&Identifier { kind, text }))
        })
    }

    fn holds_identifier(&self, text: &str) -> bool {
        is_telling(text) && self.is_identifier(text) || holds_phrase(&self.phrases, text)
    }
}

/// What a token says of a person: a text, or the name of a member that no program would choose.
fn said<'t>(token: &'t JsonToken<'_>) -> Option<&'t str> {
    match token {
        JsonToken::Text(text) => Some(text),
        JsonToken::Name(name) => (!is_plain_name(name)).then_some(name),
        JsonToken::Number(_) => None,
    }
}

fn is_telling(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() >= TELLING_SIGNS
}

/// Lower-case words with one space between them: how a text is written does not matter.
fn phrase(text: &str) -> String {
    words(text).join(" ")
}

fn words(text: &str) -> Vec<String> {
    let seen = visible(text).to_lowercase();
    let words = seen.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// True when a few words of `text`, or all of them, are one of the phrases.
fn holds_phrase(phrases: &HashSet<String>, text: &str) -> bool {
    if phrases.is_empty() {
        return false;
    }
    let words = words(text);
    (0..words.len()).any(|start| {
        let mut said = String::new();
        let mut joined = String::new();
        words[start..].iter().take(WORDS_MAX).any(|word| {
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(word);
            joined.push_str(word);
            phrases.contains(&said) || phrases.contains(&joined)
        })
    }) || phrases.contains(&words.join(" "))
}
