//! The template of an address that no map describes: which of its segments are words of the
//! portal's own, and may be remembered.
//!
//! A segment that may be a value is never one (`path_template::is_word`), nor is an identifier that
//! the map or the alias table recognises. What looks like a word may still be a name: where many
//! different ones stand at one place, none of them is kept any more.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use digue_types::PortalId;
use digue_types::path_template::{PathTemplate, TemplatePart, is_word};

use crate::path::Segments;
use crate::portal::Portal;
use crate::ports::Aliases;
use digue_quotas::lock::lock;

/// Different words at one place, from which on they are taken for values.
const WORDS_MAX: usize = 20;
/// The same for the first segment, where portals have their sections.
const SECTIONS_MAX: usize = 100;
/// Places that are remembered, of all portals; at further ones every segment is a value.
const PLACES_MAX: usize = 5_000;

/// The segment after a beginning, at a portal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WordPlace {
    portal: PortalId,
    /// The template of the segments before it.
    before: String,
}

#[derive(Clone, Debug)]
enum PlaceWords {
    Few(BTreeSet<String>),
    /// They are values.
    Many,
}

/// The words that were met, by their place. The lock is a leaf.
#[derive(Debug, Default)]
pub(crate) struct AddressWords(Mutex<HashMap<WordPlace, PlaceWords>>);

impl AddressWords {
    /// The template of a path, as a map would write it.
    pub(crate) fn template(
        &self,
        portal: &Portal,
        aliases: &dyn Aliases,
        path: &Segments,
    ) -> String {
        // A login or a file number may look like a plain word: only the alias table knows that it
        // is one.
        let is_alias = |text: &str| {
            portal.kinds.iter().any(|kind| {
                let canonical = kind.canonical(text);
                canonical.is_some_and(|one| aliases.resolve(&portal.id, &kind.name, &one).is_some())
            })
        };
        let is_value = |text: &str| {
            !is_word(text) || portal.response_headers.recognises(text) || is_alias(text)
        };
        let mut template = PathTemplate::of(path.texts(), &is_value);
        let mut words = lock(&self.0);
        // From the left: a word that is taken for a value becomes a variable in what stands before
        // the next places, so that each value does not open places of its own.
        for place in 0..template.0.len() {
            let TemplatePart::Literal(word) = &template.0[place] else {
                continue;
            };
            let before = PathTemplate(template.0[..place].to_vec()).text();
            let at = WordPlace {
                portal: portal.id.clone(),
                before,
            };
            let words_max = if place == 0 { SECTIONS_MAX } else { WORDS_MAX };
            if !word.is_empty() && !may_keep(&mut words, at, word, words_max) {
                template = template.with_variable(place);
            }
        }
        template.text()
    }
}

fn may_keep(
    words: &mut HashMap<WordPlace, PlaceWords>,
    at: WordPlace,
    word: &str,
    words_max: usize,
) -> bool {
    if words.len() >= PLACES_MAX && !words.contains_key(&at) {
        return false;
    }
    let known = words
        .entry(at)
        .or_insert_with(|| PlaceWords::Few(BTreeSet::new()));
    let PlaceWords::Few(few) = known else {
        return false;
    };
    if !few.contains(word) {
        few.insert(word.to_owned());
    }
    if few.len() > words_max {
        *known = PlaceWords::Many;
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(before: &str) -> WordPlace {
        WordPlace {
            portal: PortalId::parse("portail").unwrap(),
            before: before.to_owned(),
        }
    }

    #[test]
    fn many_words_at_one_place_are_values_from_then_on() {
        let mut words = HashMap::new();
        let mut keep = |word: &str| may_keep(&mut words, place("/u"), word, 3);
        assert_eq!(["a", "b", "a", "c", "b"].map(&mut keep), [true; 5]);
        assert_eq!(["d", "a"].map(&mut keep), [false; 2]);
        assert!(
            may_keep(&mut words, place("/v"), "a", 3),
            "another place has words of its own"
        );
    }

    #[test]
    fn the_places_are_bounded() {
        let mut words = HashMap::new();
        for number in 0..PLACES_MAX {
            assert!(may_keep(&mut words, place(&number.to_string()), "a", 3));
        }
        assert!(!may_keep(&mut words, place("one more"), "a", 3));
        assert!(may_keep(&mut words, place("0"), "b", 3));
    }
}
