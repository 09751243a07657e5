//! Without a list of persons: values that could be their identifiers, by where they stand and how
//! they differ.
//!
//! A value that differs from record to record, stands beside members that persons have (a first
//! name, a birth date), or in an address that calls a person, may identify one. That is a guess and
//! is said so: what it misses is not known.

use std::collections::{BTreeMap, BTreeSet};

use digue_inspect::html::outline::page_elements;
use digue_inspect::json::outline::{JsonPart, json_parts};
use digue_inspect::media_type::MediaType;
use digue_inspect::response::usual_types;
use digue_tables::csv_table;
use digue_types::path_template::is_variable;
use digue_types::visible::is_blank;
use smol_str::SmolStr;

use crate::entity::{calls_person, entity_words, is_of_person, names_identifier};
use crate::exchange::{
    BODY_BYTES_MAX, Exchange, ExchangeSource, RecordedBody, UrlParts, pairs, segments_of,
};
use crate::known::{KnownPersons, words_of};
use crate::shape::ValueShape;

/// The fewest distinct values of an identifier.
const VALUES_MIN: usize = 5;

/// The most values that are kept of one place, and the most places.
const VALUES_MAX: usize = 20_000;
const PLACES_MAX: usize = 2_000;

/// Members beside an identifier that make its record a person's.
const MEMBERS_MIN: usize = 2;

/// Values at places of the same name.
#[derive(Default)]
struct IdentifierCandidate {
    values: BTreeSet<SmolStr>,
    /// Records that had the place.
    records: usize,
    /// Of those, beside members that persons have.
    beside_person: usize,
    /// The name itself calls a person.
    says_person: bool,
    responses: usize,
}

/// Infers identifiers from traffic, with the names that are given; `None` when no value could be
/// one.
pub(crate) fn infer<S: ExchangeSource>(
    source: &mut S,
    given: &KnownPersons,
) -> Result<Option<KnownPersons>, S::Fault> {
    let mut survey = InferSurvey::default();
    source.each(&mut |exchange| survey.observe(exchange))?;
    let Some((name, values)) = survey.best() else {
        return Ok(None);
    };
    let mut known = KnownPersons::inferred(&name, values);
    known.names.clone_from(&given.names);
    Ok(Some(known))
}

#[derive(Default)]
struct InferSurvey {
    places: BTreeMap<SmolStr, IdentifierCandidate>,
}

/// A name and a value of one record.
type NamedValue<'r> = (String, std::borrow::Cow<'r, str>);

impl InferSurvey {
    fn observe(&mut self, exchange: &Exchange<'_>) {
        let Some(url) = UrlParts::of(exchange.url) else {
            return;
        };
        let segments = segments_of(url.path);
        let literals: Vec<&str> = segments
            .iter()
            .map(String::as_str)
            .filter(|segment| !is_variable(segment))
            .collect();
        let mut before = "";
        for segment in &segments {
            if is_variable(segment) && calls_person(&entity_words(std::iter::once(before))) {
                self.add(&format!("{before}_id"), segment, false, true);
            } else if !is_variable(segment) {
                before = segment;
            }
        }
        for (name, value) in pairs(url.query) {
            if calls_person(&entity_words(std::iter::once(name.as_str()))) && is_variable(&value) {
                self.add(&name, &value, false, true);
            }
        }
        let RecordedBody::Bytes(body) = exchange.body else {
            return;
        };
        if !(200..300).contains(&exchange.status) {
            return;
        }
        let Ok(bytes) = digue_decode::decode(exchange.content_encoding, body, BODY_BYTES_MAX)
        else {
            return;
        };
        let media = MediaType::parse(exchange.content_type.unwrap_or_default());
        let fits = |format: &str| {
            let types: Vec<String> = usual_types(format)
                .iter()
                .map(|known| (*known).to_owned())
                .collect();
            media.fits_one(&types)
        };
        if fits("html") {
            self.page(&media, &bytes);
            return;
        }
        let Ok(text) = digue_decode::text(media.charset.as_deref(), &bytes) else {
            return;
        };
        if fits("csv") {
            let rows = csv_table::csv_rows(&text, crate::table_survey::delimiter_of(&text));
            self.table(&rows, &literals);
        } else if fits("json") || text.trim_start().starts_with(['{', '[']) {
            self.json(&text, &literals);
        }
    }

    fn add(&mut self, name: &str, value: &str, beside_person: bool, says_person: bool) {
        let value = value.trim();
        if value.is_empty() || value.len() > 64 || value.contains(char::is_whitespace) {
            return;
        }
        let key = SmolStr::new(words_of(name).join("_"));
        if self.places.len() >= PLACES_MAX && !self.places.contains_key(&key) {
            return;
        }
        let candidate = self.places.entry(key).or_default();
        candidate.records += 1;
        candidate.beside_person += usize::from(beside_person);
        candidate.says_person |= says_person;
        candidate.responses += 1;
        if candidate.values.len() < VALUES_MAX {
            candidate.values.insert(SmolStr::new(value));
        }
    }

    /// Judges one record: its fields by name, and the words of what it stands in.
    fn record(&mut self, fields: &[NamedValue<'_>], around: &[&str]) {
        let members = fields.iter().filter(|(name, _)| is_of_person(name)).count();
        for (name, value) in fields {
            let words = words_of(name);
            if !names_identifier(&words) {
                continue;
            }
            let own = entity_words(std::iter::once(name.as_str()));
            // A name that says nothing of what takes its meaning from those around it.
            let says_person = match own.is_empty() {
                false => calls_person(&own),
                true => calls_person(&entity_words(around.iter().copied())),
            };
            if own.is_empty() || says_person {
                self.add(name, value, members >= MEMBERS_MIN, says_person);
            }
        }
    }

    fn json(&mut self, text: &str, literals: &[&str]) {
        let mut open: Vec<Option<Vec<NamedValue<'_>>>> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let mut done: Vec<(Vec<NamedValue<'_>>, Vec<String>)> = Vec::new();
        let mut pending: Option<String> = None;
        let read = json_parts(text, &mut |part| match part {
            JsonPart::Object | JsonPart::List => {
                names.push(pending.take().unwrap_or_default());
                open.push((part == JsonPart::Object).then(Vec::new));
            }
            JsonPart::Name(name) => pending = Some(name.to_owned()),
            JsonPart::End => {
                if let Some(Some(fields)) = open.pop() {
                    done.push((fields, names.clone()));
                }
                names.pop();
                pending = None;
            }
            JsonPart::Text(text) | JsonPart::Number(text) => {
                if let (Some(name), Some(Some(fields))) = (pending.take(), open.last_mut()) {
                    fields.push((name, text.to_owned().into()));
                }
            }
            JsonPart::Null | JsonPart::Word => pending = None,
        });
        if read.is_err() {
            return;
        }
        for (fields, names) in done {
            let around: Vec<&str> = literals
                .iter()
                .copied()
                .chain(names.iter().map(String::as_str))
                .filter(|name| !name.is_empty())
                .collect();
            self.record(&fields, &around);
        }
    }

    fn table(&mut self, rows: &[Vec<String>], literals: &[&str]) {
        let Some(header) = rows.iter().find(|row| has_several_cells(row)) else {
            return;
        };
        for row in rows.iter().filter(|row| *row != header) {
            let named = header.iter().zip(row);
            let fields: Vec<NamedValue<'_>> = named
                .map(|(name, cell)| (name.clone(), cell.as_str().into()))
                .collect();
            self.record(&fields, literals);
        }
    }

    /// Links of a page that call a person, and attributes that do.
    fn page(&mut self, media: &MediaType, bytes: &[u8]) {
        let Ok(elements) = page_elements(media.charset.as_deref(), bytes, BODY_BYTES_MAX) else {
            return;
        };
        for element in &elements {
            for (name, value) in &element.attributes {
                if name == "href" {
                    self.link(value);
                } else if let Some(data) = name.strip_prefix("data-")
                    && names_person(data)
                    && is_variable(value)
                {
                    self.add(data, value, false, true);
                }
            }
        }
    }

    /// A link in which a segment says that the next one is a person's.
    fn link(&mut self, address: &str) {
        let Some(url) = UrlParts::of(address).filter(|_| address.starts_with(['/', 'h'])) else {
            return;
        };
        for two in segments_of(url.path).windows(2) {
            if names_person(&two[0]) && is_variable(&two[1]) {
                self.add(&format!("{}_id", two[0]), &two[1], false, true);
            }
        }
    }

    /// The most credible name, with the values of all places that share them.
    fn best(&self) -> Option<(String, Vec<String>)> {
        let is_credible = |candidate: &&IdentifierCandidate| {
            candidate.values.len() >= VALUES_MIN
                && (candidate.says_person || candidate.beside_person > 0)
        };
        let score = |candidate: &IdentifierCandidate| {
            (
                candidate.beside_person.min(1) + usize::from(candidate.says_person),
                candidate.values.len(),
            )
        };
        let credible = self
            .places
            .iter()
            .filter(|(_, candidate)| is_credible(candidate));
        let (name, best) = credible
            .max_by_key(|(name, candidate)| (score(candidate), std::cmp::Reverse(*name)))?;
        let mut values: BTreeSet<&SmolStr> = best.values.iter().collect();
        for candidate in self.places.values() {
            let common = candidate
                .values
                .iter()
                .filter(|value| best.values.contains(*value))
                .count();
            let is_same = common * 2 >= candidate.values.len()
                && (candidate.says_person || candidate.beside_person > 0);
            if is_same {
                values.extend(&candidate.values);
            }
        }
        let values: Vec<String> = values.into_iter().map(ToString::to_string).collect();
        ValueShape::of(values.iter().map(String::as_str))?;
        Some((name.to_string(), values))
    }
}

fn names_person(name: &str) -> bool {
    calls_person(&entity_words(std::iter::once(name)))
}

fn has_several_cells(row: &[String]) -> bool {
    row.iter().filter(|cell| !is_blank(cell)).count() > 1
}
