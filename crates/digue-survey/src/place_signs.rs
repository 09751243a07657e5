//! The words around a place of values: whether they call a person, and by which word names of
//! known persons confirm it.

use std::collections::{BTreeMap, BTreeSet};

use crate::body_survey::FormatSurvey;
use crate::entity::{entity_words, person_word};
use crate::survey::{RouteKey, RouteSurvey};
use crate::tally::PlaceTally;
use crate::value::is_paging_place;
use crate::xml_survey::names_of;

/// What is known of one place besides its values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PlaceSigns {
    /// A word beside it calls a person, or members that persons have stand there.
    pub(crate) says_person: bool,
    /// The word that does.
    pub(crate) word: Option<&'static str>,
    /// It stands further out: what holds the place is a person's, and the place itself may be
    /// anything of theirs.
    pub(crate) is_far: bool,
    /// It numbers pages, days or versions.
    pub(crate) is_paging: bool,
    /// It says where a page of a list begins or ends.
    pub(crate) is_cursor: bool,
}

/// The words by which the portal calls the persons of each kind, where their names confirm it.
///
/// An agent is a person, too, and has a number: where the numbers of a kind stand under `usager`,
/// those under `user` are another's.
#[derive(Clone, Debug, Default)]
pub(crate) struct PersonWords(BTreeMap<u16, BTreeSet<&'static str>>);

impl PersonWords {
    pub(crate) fn of(routes: &BTreeMap<RouteKey, RouteSurvey>) -> Self {
        let mut words = Self::default();
        for (key, route) in routes {
            for body in route.bodies.values() {
                each_word(&body.format, key, &mut |word, tally| {
                    words.note(word, tally)
                });
            }
        }
        words
    }

    fn note(&mut self, word: Option<&'static str>, tally: &PlaceTally) {
        let Some(word) = word else { return };
        for (kind, seen) in &tally.kinds {
            if seen.is_confirmed() {
                self.0.entry(*kind).or_default().insert(word);
            }
        }
    }

    /// True where a word may speak for this kind: it is one of those that names confirm, or none
    /// does.
    pub(crate) fn allow(&self, kind: u16, word: Option<&'static str>) -> bool {
        let known = self.0.get(&kind);
        word.is_none_or(|word| known.is_none_or(|known| known.contains(word)))
    }
}

/// The words around a JSON place: names on its path, and before them those of the address.
pub(crate) fn json_signs(
    key: &RouteKey,
    path: &str,
    members: &dyn Fn(&str) -> usize,
) -> PlaceSigns {
    let is_name = |name: &&str| !matches!(*name, "" | "$" | ":" | "*" | "*~");
    let parts = path.split(['.', '[', ']', '\'']);
    let names: Vec<&str> = parts.filter(is_name).collect();
    let own = names.last().copied().unwrap_or_default();
    let parent = path
        .strip_suffix(own)
        .map(|parent| parent.trim_end_matches('.'))
        .unwrap_or(path);
    place_signs(key, &names, members(parent))
}

/// The words around a place: its names from the outermost, before them those of the address.
/// `members` of those beside it are such as persons have.
pub(crate) fn place_signs(key: &RouteKey, names: &[&str], members: usize) -> PlaceSigns {
    let words = entity_words(key.words().chain(names.iter().copied()));
    // `id` beside `prenom` and `date_naissance`.
    let has_members = entity_words(names.last().copied().into_iter()).is_empty() && members >= 2;
    let is_paging = is_paging_place(names);
    let word = person_word(&words);
    let own = entity_words(names.last().copied().into_iter());
    PlaceSigns {
        says_person: word.is_some() || has_members,
        word: word.filter(|_| !has_members),
        is_far: person_word(&own).is_none(),
        is_paging,
        is_cursor: is_paging,
    }
}

/// The tallies of places with the word that calls a person there.
fn each_word(
    format: &FormatSurvey,
    key: &RouteKey,
    take: &mut dyn FnMut(Option<&'static str>, &PlaceTally),
) {
    match format {
        FormatSurvey::Json(json) | FormatSurvey::NdJson(json) => {
            for ((place, context), tally) in &json.tallies {
                let word = context.person_word();
                take(word.or_else(|| json_signs(key, place, &|_| 0).word), tally);
            }
        }
        FormatSurvey::Html(html) => {
            for ((place, context), tally) in &html.tallies {
                take(context.person_word().or(place.person_word), tally);
            }
        }
        FormatSurvey::Xml(xml) => {
            for ((place, context), tally) in &xml.tallies {
                let names: Vec<&str> = names_of(place).collect();
                let word = context.person_word();
                take(word.or_else(|| place_signs(key, &names, 0).word), tally);
            }
        }
        FormatSurvey::Csv(_)
        | FormatSurvey::Xlsx(_)
        | FormatSurvey::Zip(_)
        | FormatSurvey::Events(_)
        | FormatSurvey::Pdf(_)
        | FormatSurvey::Text(_)
        | FormatSurvey::Asset
        | FormatSurvey::Opaque => {}
    }
}
