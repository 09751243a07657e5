//! What JSON documents of one route have in common: where texts are, and which of them are known.
//!
//! Indices are `[:]`, names that change from one document to the next are `.*`. A list inside a
//! list is a row: its values keep their place.

use std::collections::{BTreeMap, HashMap, HashSet};

use digue_identifiers::Unreadable;
use digue_inspect::html::outline::page_elements;
use digue_inspect::json::outline::{JsonPart, json_parts};
use digue_types::path_template::{is_token, is_variable};
use digue_types::visible::is_blank;
use smol_str::{SmolStr, format_smolstr};

use crate::alias::AliasPlace;
use crate::entity::names_identifier;
use crate::exchange::BODY_BYTES_MAX;
use crate::html_survey::HtmlSurvey;
use crate::known::{KnownPersons, words_of};
use crate::names::{NameBeside, NamePart, NameScan, name_beside, parts_with_children};
use crate::shape::Telling;
use crate::sight::{DocumentSight, SeenValue};
use crate::tally::{DistinctValues, FirstKinds, PlaceTally, absorb_tallies, hash_of};
use crate::value::is_code;
use crate::value::{Spot, SpotSeen, TextKind, ValueContext, spots};

/// The most places of one route; more are one place under a wildcard, or are not counted.
const PLACES_MAX: usize = 3000;

/// The most names of one object that are told apart.
const NAMES_MAX: usize = 200;

/// The places of a row that are told apart.
const COLUMNS_MAX: usize = 64;

/// The most random texts of a document that is about one of them.
const TOKENS_MAX: usize = 3;

/// Digits from which the inspection counts a number as text.
const TELLING_DIGITS: usize = 7;

/// One place of the documents.
#[derive(Clone, Debug, Default)]
pub struct JsonPlace {
    pub objects: usize,
    pub lists: usize,
    /// Of the objects and lists, those without content.
    pub empties: usize,
    /// Texts that are not blank, and numbers of many digits.
    pub texts: usize,
    /// All other values.
    pub(crate) others: usize,
    /// Known names that end here.
    pub names: usize,
    /// Names of members here are no names as programs write them.
    pub odd_names: usize,
    /// Values, for telling what numbers things from what describes them.
    pub(crate) values: DistinctValues,
}

impl JsonPlace {
    fn absorb(&mut self, other: Self) {
        self.objects += other.objects;
        self.lists += other.lists;
        self.empties += other.empties;
        self.texts += other.texts;
        self.others += other.others;
        self.names += other.names;
        self.odd_names += other.odd_names;
        self.values.absorb(other.values);
    }
}

/// The documents of one route and type.
#[derive(Clone, Debug, Default)]
pub struct JsonSurvey {
    pub documents: usize,
    pub places: BTreeMap<SmolStr, JsonPlace>,
    pub(crate) tallies: BTreeMap<(SmolStr, ValueContext), PlaceTally>,
    /// Some places were not counted.
    pub is_cut: bool,
    /// Objects whose member names are known identifiers.
    pub keyed: usize,
}

impl JsonSurvey {
    /// Reads one document.
    ///
    /// # Errors
    /// The document is not JSON as the inspection reads it.
    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        text: &str,
    ) -> Result<DocumentSight, Unreadable> {
        let mut reader = JsonReader::new(self, known);
        json_parts(text, &mut |part| reader.part(part))?;
        let sight = reader.finish();
        self.documents += 1;
        Ok(sight)
    }

    /// Reads documents a line.
    pub(crate) fn read_lines(
        &mut self,
        known: &KnownPersons,
        text: &str,
    ) -> Result<DocumentSight, Unreadable> {
        let mut all = DocumentSight::default();
        for line in text.split('\n').filter(|line| !is_blank(line)) {
            all.add(self.read(known, line)?);
        }
        Ok(all)
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.documents += other.documents;
        self.is_cut |= other.is_cut;
        self.keyed += other.keyed;
        for (path, place) in other.places {
            self.places.entry(path).or_default().absorb(place);
        }
        absorb_tallies(&mut self.tallies, other.tallies);
    }

    /// The paths that both have, of all that either has.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let common = self
            .places
            .keys()
            .filter(|path| other.places.contains_key(*path))
            .count();
        let all = self.places.len() + other.places.len() - common;
        if all == 0 {
            1.0
        } else {
            common as f64 / all as f64
        }
    }
}

/// An open object or list.
struct OpenLevel {
    is_list: bool,
    /// Length of the path of the container itself.
    path_length: usize,
    children: usize,
    /// Number of the object, or of the object around the list.
    object: usize,
    /// Its place among the parts.
    part: usize,
}

struct WaitingSpot {
    path: SmolStr,
    spot: Spot,
    part: usize,
    object: usize,
}

/// A value that may be another identifier of the person of its object.
struct BesideValue {
    object: usize,
    name: SmolStr,
    text: SmolStr,
}

struct JsonReader<'r> {
    survey: &'r mut JsonSurvey,
    known: &'r KnownPersons,
    path: String,
    open: Vec<OpenLevel>,
    names: NameScan<'r>,
    seen: Vec<WaitingSpot>,
    /// The document, then each object and list.
    parts: Vec<NamePart>,
    objects: usize,
    beside: Vec<BesideValue>,
    tokens: Vec<u64>,
    /// Whom pages within texts show.
    markup: DocumentSight,
    /// The name of the member that is read next, where it may be an identifier.
    key: Option<(SmolStr, Spot)>,
}

/// True for a text with elements of HTML.
fn is_markup(text: &str) -> bool {
    let has_element = text
        .as_bytes()
        .windows(2)
        .any(|two| two[0] == b'<' && (two[1].is_ascii_alphabetic() || two[1] == b'/'));
    has_element && text.contains('>')
}

impl<'r> JsonReader<'r> {
    fn new(survey: &'r mut JsonSurvey, known: &'r KnownPersons) -> Self {
        let names = NameScan::new(&known.names);
        Self {
            survey,
            known,
            path: "$".to_owned(),
            open: Vec::new(),
            names,
            seen: Vec::new(),
            parts: vec![NamePart::default()],
            objects: 0,
            beside: Vec::new(),
            tokens: Vec::new(),
            markup: DocumentSight::default(),
            key: None,
        }
    }

    fn part(&mut self, part: JsonPart<'_>) {
        match part {
            JsonPart::Object | JsonPart::List => {
                self.step_into_list(true);
                let is_list = part == JsonPart::List;
                if let Some(place) = self.place() {
                    if is_list {
                        place.lists += 1
                    } else {
                        place.objects += 1
                    }
                }
                self.objects += usize::from(!is_list);
                let object = if is_list { self.object() } else { self.objects };
                let (parent, from) = (Some(self.part_of()), self.names.position);
                let part = self.parts.len();
                self.parts.push(NamePart {
                    parent,
                    from,
                    to: from,
                });
                self.open.push(OpenLevel {
                    is_list,
                    path_length: self.path.len(),
                    children: 0,
                    object,
                    part,
                });
                self.see_key(part, object);
            }
            JsonPart::Name(name) => self.name(name),
            JsonPart::End => {
                let Some(level) = self.open.pop() else { return };
                self.path.truncate(level.path_length);
                self.parts[level.part].to = self.names.position;
                if level.children == 0
                    && let Some(place) = self.place()
                {
                    place.empties += 1;
                }
                self.leave();
            }
            JsonPart::Text(text) => self.value(text, !is_blank(text)),
            JsonPart::Number(number) => {
                let digits = number.split(['.', 'e', 'E']).next().unwrap_or_default();
                let count = digits.bytes().filter(u8::is_ascii_digit).count();
                self.value(number, count >= TELLING_DIGITS);
            }
            JsonPart::Null | JsonPart::Word => self.value("", false),
        }
    }

    /// Extends the path by the item that begins, when a list is open.
    fn step_into_list(&mut self, is_container: bool) {
        let is_row = self.open.len() >= 2 && self.open[self.open.len() - 2].is_list;
        let Some(level) = self.open.last_mut().filter(|level| level.is_list) else {
            return;
        };
        let column = level.children;
        level.children += 1;
        if is_row && !is_container && column < COLUMNS_MAX {
            self.path.push_str(&format!("[{column}]"));
        } else {
            self.path.push_str("[:]");
        }
    }

    /// Back to the container after one of its values.
    fn leave(&mut self) {
        if let Some(level) = self.open.last() {
            self.path.truncate(level.path_length);
        }
    }

    fn name(&mut self, name: &str) {
        let Some(level) = self.open.last_mut() else {
            return;
        };
        level.children += 1;
        let has_digits = name.bytes().any(|byte| byte.is_ascii_digit());
        // A name of letters may be a program's own; `mdupont12` is none of those.
        let is_known = self.known.value(name).is_some_and(|(value, _)| {
            self.known.kind(value.kind).telling() > Telling::Short || has_digits
        });
        let (parent_length, is_crowded) = (self.path.len(), level.children > NAMES_MAX);
        if is_known || is_variable(name) || is_crowded {
            let path = format_smolstr!("{}.*~", self.path);
            spots(self.known, name, TextKind::Value, &mut |spot| {
                if spot.context == ValueContext::Whole && self.key.is_none() {
                    self.key = Some((path.clone(), spot));
                }
            });
            self.path.push_str(".*");
            self.survey.keyed += usize::from(is_known);
        } else if is_simple(name) {
            self.path.push('.');
            self.path.push_str(name);
        } else {
            let is_writable = !name.contains(['\'', '\\']) && !name.chars().any(char::is_control);
            let parent = self.path.clone();
            match is_writable && name.len() <= 80 {
                true => self.path.push_str(&format!("['{name}']")),
                false => self.path.push_str(".*"),
            }
            if !is_program_name(name) {
                self.names.read(name);
                if let Some(place) = place_of(self.survey, &parent) {
                    place.odd_names += 1;
                }
            }
        }
        debug_assert!(
            self.path.len() > parent_length,
            "every name extends the path"
        );
    }

    /// The name of a member identifies what it holds.
    fn see_key(&mut self, part: usize, object: usize) {
        if let Some((path, spot)) = self.key.take() {
            self.seen.push(WaitingSpot {
                path,
                spot,
                part,
                object,
            });
        }
    }

    fn value(&mut self, text: &str, is_text: bool) {
        let (part, object) = (self.part_of(), self.object());
        self.see_key(part, object);
        self.step_into_list(false);
        self.names.read(text);
        let position = self.names.position;
        let names_before = self
            .names
            .found
            .iter()
            .rev()
            .take_while(|name| name.position == position)
            .count();
        if let Some(place) = self.place() {
            place.texts += usize::from(is_text);
            place.others += usize::from(!is_text);
            place.names += names_before;
            if !text.is_empty() {
                place.values.add(text);
            }
        }
        if !text.is_empty() {
            let path = SmolStr::new(&self.path);
            let (object, part) = (self.object(), self.part_of());
            let (seen, mut is_known) = (&mut self.seen, false);
            spots(self.known, text, TextKind::Value, &mut |spot| {
                is_known |= matches!(spot.seen, SpotSeen::Known { .. });
                seen.push(WaitingSpot {
                    path: path.clone(),
                    spot,
                    part,
                    object,
                });
            });
            if !is_known {
                self.note_beside(text, object);
            }
            if is_markup(text) {
                self.read_markup(&path, text);
            }
        }
        self.leave();
    }

    /// Reads a page within a text: what its links name, with the names beside them, stands at the
    /// place of the text.
    fn read_markup(&mut self, path: &SmolStr, text: &str) {
        let Ok(elements) = page_elements(Some("utf-8"), text.as_bytes(), BODY_BYTES_MAX) else {
            return;
        };
        let mut page = HtmlSurvey::default();
        self.markup.add(page.read(self.known, &elements));
        self.survey.is_cut |= page.is_cut;
        for ((_, context), tally) in page.tallies {
            if matches!(context, ValueContext::Path(_) | ValueContext::Query(_)) {
                // One text after the other could fill the memory.
                if self.survey.tallies.len() >= PLACES_MAX {
                    self.survey.is_cut = true;
                    break;
                }
                let own = self.survey.tallies.entry((path.clone(), context));
                own.or_default().absorb(tally);
            }
        }
    }

    /// The innermost object or list; the document outside of any.
    fn part_of(&self) -> usize {
        self.open.last().map_or(0, |level| level.part)
    }

    /// Number of the innermost object; 0 outside of any.
    fn object(&self) -> usize {
        self.open.last().map_or(0, |level| level.object)
    }

    /// Notes a value that is named as an identifier, or is random enough to be fetched by later.
    fn note_beside(&mut self, text: &str, object: usize) {
        // A job is told by its token, a file by an address that has it: `tmp/{token}.csv`.
        for part in text.split(['/', '?', '&', '=']) {
            let part = part.split_once('.').map_or(part, |(stem, _)| stem);
            let is_token = is_token(part) || part.len() == 36 && is_variable(part);
            if is_token && self.tokens.len() <= TOKENS_MAX {
                self.tokens.push(hash_of(part));
            }
        }
        let name = last_name(&self.path);
        let is_mail = text.contains('@') && is_variable(text);
        let is_named = names_identifier(&words_of(name)) && (is_variable(text) || is_code(text));
        if !name.ends_with(']') && text.len() <= 64 && (is_named || is_mail) {
            self.beside.push(BesideValue {
                object,
                name: SmolStr::new(name),
                text: SmolStr::new(text),
            });
        }
    }

    fn place(&mut self) -> Option<&mut JsonPlace> {
        place_of(self.survey, &self.path)
    }

    fn finish(mut self) -> DocumentSight {
        self.parts[0].to = self.names.position;
        parts_with_children(&mut self.parts);
        let mut sight = DocumentSight {
            names: self.names.found.len(),
            ..DocumentSight::default()
        };
        let mut counted: HashSet<(SmolStr, ValueContext)> = HashSet::new();
        // By object, its person; `None` when it names several.
        let mut persons: HashMap<usize, Option<u32>> = HashMap::new();
        let mut first = FirstKinds::default();
        let mut names_beside = Vec::with_capacity(self.seen.len());
        for WaitingSpot {
            spot, part, object, ..
        } in &self.seen
        {
            let (part, object) = (*part, *object);
            let mut beside = NameBeside::Unclear;
            if let SpotSeen::Known { value, .. } = spot.seen {
                beside = name_beside(&self.names.found, &self.parts, part, value.person);
                let is_confirmed = beside == NameBeside::Own;
                let is_paging = spot.context.is_paging();
                sight.known.push(SeenValue {
                    value,
                    is_confirmed,
                    is_paging,
                });
                let is_telling = self.known.kind(value.kind).telling() > Telling::Short;
                if is_telling || is_confirmed {
                    let person = persons.entry(object).or_insert(Some(value.person));
                    *person = person.filter(|person| *person == value.person);
                    first.note(value);
                }
            }
            names_beside.push(beside);
        }
        for (WaitingSpot { path, spot, .. }, beside) in self.seen.into_iter().zip(names_beside) {
            let signs = first.signs(&spot.seen, beside);
            let key = (path, spot.context.clone());
            let is_first = counted.insert(key.clone());
            let tally = self.survey.tallies.entry(key).or_default();
            tally.add(&spot, signs);
            tally.responses += usize::from(is_first);
        }
        for BesideValue { object, name, text } in self.beside {
            if let Some(Some(person)) = persons.get(&object) {
                sight.beside.push((AliasPlace::Member(name), *person, text));
            }
        }
        // Many random texts are keys of what is listed; few are what the answer is about.
        if self.tokens.len() <= TOKENS_MAX {
            sight.tokens = self.tokens;
        }
        // Its names were read with the text.
        self.markup.names = 0;
        sight.add(self.markup);
        sight
    }
}

/// The name of the member that a path leads to.
fn last_name(path: &str) -> &str {
    path.rsplit(['.', '\''])
        .find(|part| !part.is_empty() && *part != "]")
        .unwrap_or_default()
}

fn place_of<'s>(survey: &'s mut JsonSurvey, path: &str) -> Option<&'s mut JsonPlace> {
    if survey.places.len() >= PLACES_MAX && !survey.places.contains_key(path) {
        survey.is_cut = true;
        return None;
    }
    if !survey.places.contains_key(path) {
        survey
            .places
            .insert(SmolStr::new(path), JsonPlace::default());
    }
    survey.places.get_mut(path)
}

/// A name that a path has without quotes.
fn is_simple(name: &str) -> bool {
    let mut signs = name.chars();
    signs
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && signs.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 80
}

/// A name as programs write it, as the inspection sees it.
fn is_program_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '_' | '$' | '@'))
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_$@.-:".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn known() -> KnownPersons {
        let rows = (0..30).map(|n| {
            vec![
                format!("P{n:04}"),
                "DURAND".to_owned(),
                format!("Marie{}", "a".repeat(n)),
            ]
        });
        let table = PersonsTable {
            header: vec!["id".into(), "nom".into(), "prenom".into()],
            rows: rows.collect(),
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    fn survey(texts: &[&str]) -> JsonSurvey {
        let (known, mut survey) = (known(), JsonSurvey::default());
        texts
            .iter()
            .for_each(|text| drop(survey.read(&known, text).unwrap()));
        survey
    }

    fn hits(survey: &JsonSurvey) -> Vec<(String, usize)> {
        let found = survey.tallies.iter().filter(|(_, tally)| tally.hits() > 0);
        found
            .map(|((path, _), tally)| (path.to_string(), tally.hits()))
            .collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, usize)]) {
        let found = hits(&survey(&[text]));
        let found: Vec<(&str, usize)> = found
            .iter()
            .map(|(path, count)| (path.as_str(), *count))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn known_values_have_the_path_of_all_their_kind() {
        check(
            r#"{"items":[{"id":"P0001"},{"id":"P0002"}]}"#,
            &[("$.items[:].id", 2)],
        );
        check(r#"[{"a":{"b":"P0001"}}]"#, &[("$[:].a.b", 1)]);
        check(
            r#"{"rows":[[1,"P0001"],[2,"P0002"]]}"#,
            &[("$.rows[:][1]", 2)],
        );
        check(r#"["P0001","P0002"]"#, &[("$[:]", 2)]);
        check(r#""P0001""#, &[("$", 1)]);
        check(
            r#"{"Date de naissance":{"id":"P0001"}}"#,
            &[("$['Date de naissance'].id", 1)],
        );
        check(
            r#"{"P0001":{"id":"P0001"},"P0002":{"id":"P0002"}}"#,
            &[("$.*.id", 2), ("$.*~", 2)],
        );
        check(r#"{"u":"/fiche/P0001","t":"voir P0002"}"#, &[("$.u", 1)]);
    }

    #[test]
    fn a_name_in_the_same_record_confirms_and_one_beside_it_does_not() {
        let near = survey(&[r#"{"items":[{"id":"P0003","nom":"DURAND","prenom":"Marieaaa"}]}"#]);
        let tally = near
            .tallies
            .values()
            .find(|tally| tally.hits() > 0)
            .unwrap();
        assert_eq!(tally.kinds[&0].confirmed, 1);
        let other = r#"{"items":[{"id":"P0003","nom":"DURAND","prenom":"Marie"},{"nom":"DURAND","prenom":"Marieaaa"}]}"#;
        let beside = survey(&[other]);
        let tally = beside
            .tallies
            .values()
            .find(|tally| tally.hits() > 0)
            .unwrap();
        assert_eq!(tally.kinds[&0].confirmed, 0);
    }

    #[test]
    fn what_stands_beside_a_known_value_is_noted() {
        let known = known();
        let uuid = "0b7f9d6e-3f0e-4f6e-9d4c-0a1b2c3d4e5f";
        let text = format!(r#"{{"items":[{{"id":"P0001","uuid":"{uuid}","town":"x"}}]}}"#);
        let sight = JsonSurvey::default().read(&known, &text).unwrap();
        assert_eq!(
            sight.beside,
            [(AliasPlace::Member("uuid".into()), 1, uuid.into())]
        );
        assert_eq!(sight.tokens.len(), 1);
    }

    #[test]
    fn two_documents_are_alike_when_their_places_are() {
        let one = survey(&[r#"{"a":1,"b":[{"c":1}]}"#]);
        assert_eq!(
            one.likeness(&survey(&[r#"{"a":2,"b":[{"c":3},{"c":4}]}"#])),
            1.0
        );
        assert!(one.likeness(&survey(&[r#"{"x":2}"#])) < 0.5);
    }

    proptest! {
        /// Joining two surveys is surveying both documents.
        #[test]
        fn joining_is_the_same_as_reading_on(
            one in "\\{\"a\":\\[(\"P000[0-9]\",){0,3}[0-9]\\]\\}", other in "\\[(\\{\"id\":\"P000[0-9]\"\\},){0,3}null\\]",
        ) {
            let together = survey(&[&one, &other]);
            let mut joined = survey(&[&one]);
            joined.absorb(survey(&[&other]));
            prop_assert_eq!(hits(&together), hits(&joined));
            prop_assert_eq!(together.places.len(), joined.places.len());
        }
    }
}
