//! JSON within pages: in scripts, as single-page applications start from, and in attributes.
//!
//! A page's own rules reach a text or an attribute as a whole, so that what is found here becomes a
//! pattern: a member's name, the identifier, and the name that follows it.

use std::collections::BTreeMap;

use digue_inspect::document_element::DocumentElement;
use digue_inspect::json::outline::{JsonPart, json_parts};
use smol_str::{SmolStr, format_smolstr};

use crate::json_survey::JsonSurvey;
use crate::known::KnownPersons;
use crate::sight::DocumentSight;

/// The most elements and attributes with JSON of one route.
const EMBEDDED_MAX: usize = 20;

/// The shortest text that is tried as JSON.
const BYTES_MIN: usize = 8;

/// Where JSON stands in a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmbeddedPlace {
    pub selector: SmolStr,
    /// `None` for the text of a script.
    pub attribute: Option<SmolStr>,
}

/// The documents at one place.
#[derive(Clone, Debug, Default)]
pub struct EmbeddedJson {
    pub json: JsonSurvey,
    /// By path of a member, the name of the member behind it.
    followers: BTreeMap<SmolStr, Follower>,
}

/// What follows a member in its object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Follower {
    Member(SmolStr),
    /// It is the last one.
    End,
    /// Not the same everywhere.
    Any,
}

/// All JSON of the pages of one route.
#[derive(Clone, Debug, Default)]
pub struct EmbeddedSurvey {
    pub places: BTreeMap<EmbeddedPlace, EmbeddedJson>,
}

impl EmbeddedSurvey {
    /// Reads the JSON of an element; `None` where it has none.
    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        element: &DocumentElement,
    ) -> Option<DocumentSight> {
        if element.name == "script" {
            let place = EmbeddedPlace {
                selector: script_selector(element),
                attribute: None,
            };
            return self.read_text(known, place, &element.text);
        }
        let mut all: Option<DocumentSight> = None;
        for (name, value) in &element.attributes {
            let is_plain = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if !is_plain || !value.trim_start().starts_with(['{', '[']) {
                continue;
            }
            let place = EmbeddedPlace {
                selector: format_smolstr!("[{name}]"),
                attribute: Some(SmolStr::new(name)),
            };
            if let Some(sight) = self.read_text(known, place, value) {
                all.get_or_insert_default().add(sight);
            }
        }
        all
    }

    fn read_text(
        &mut self,
        known: &KnownPersons,
        place: EmbeddedPlace,
        text: &str,
    ) -> Option<DocumentSight> {
        let text = json_in(text)?;
        if self.places.len() >= EMBEDDED_MAX && !self.places.contains_key(&place) {
            return None;
        }
        let mut own = EmbeddedJson::default();
        let sight = own.json.read(known, text).ok()?;
        own.followers = followers_in(text);
        self.places.entry(place).or_default().absorb(own);
        Some(sight)
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for (place, json) in other.places {
            if self.places.len() < EMBEDDED_MAX || self.places.contains_key(&place) {
                self.places.entry(place).or_default().absorb(json);
            }
        }
    }
}

impl EmbeddedJson {
    fn absorb(&mut self, other: Self) {
        self.json.absorb(other.json);
        for (path, follower) in other.followers {
            note(&mut self.followers, path, follower);
        }
    }

    /// The pattern of the values at a path, with one group for a value of `shape`; `None` for a path
    /// that no text around its values tells.
    pub fn pattern(&self, path: &str, shape: &str) -> Option<String> {
        let name = member_of(path)?;
        let is_alone = self
            .json
            .places
            .keys()
            .all(|other| other == path || member_of(other) != Some(name));
        let quoted = |name: &str| format!(r#""{}"\s*:\s*"#, regex::escape(name));
        let end = match (is_alone, self.followers.get(path)?) {
            (true, _) => r"\s*[,}\]]".to_owned(),
            (false, Follower::Member(next)) => format!(r"\s*,\s*{}", quoted(next)),
            (false, Follower::End) => r"\s*\}".to_owned(),
            (false, Follower::Any) => return None,
        };
        Some(format!(r#"{}"?({shape})"?{end}"#, quoted(name)))
    }
}

/// The last name of a path that ends with one.
fn member_of(path: &str) -> Option<&str> {
    let (_, name) = path.rsplit_once('.')?;
    (!name.is_empty() && !name.contains(['[', '*', '\''])).then_some(name)
}

/// `script[id="__DATA__"]`, `script[type="application/json"]`, or any script.
fn script_selector(element: &DocumentElement) -> SmolStr {
    let is_plain = |value: &&str| {
        !value.is_empty()
            && value.len() <= 60
            && value
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\]".contains(&byte))
            && !digue_types::path_template::is_variable(value)
    };
    for name in ["id", "type"] {
        if let Some(value) = element.attribute(name).filter(is_plain) {
            return format_smolstr!("script[{name}=\"{value}\"]");
        }
    }
    SmolStr::new_static("script")
}

/// The JSON in a script: the whole of it, or what is given to a variable.
fn json_in(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.len() < BYTES_MIN {
        return None;
    }
    if text.starts_with(['{', '[']) {
        return Some(text);
    }
    let given = text.find('=').map(|at| &text[at + 1..])?;
    let start = given.find(['{', '['])?;
    let end = given.rfind(['}', ']'])?;
    (start < end && given[..start].trim().is_empty()).then(|| &given[start..=end])
}

fn note(followers: &mut BTreeMap<SmolStr, Follower>, path: SmolStr, follower: Follower) {
    // As many as a survey has places.
    if followers.len() >= 3000 && !followers.contains_key(&path) {
        return;
    }
    let own = followers.entry(path).or_insert_with(|| follower.clone());
    if *own != follower {
        *own = Follower::Any;
    }
}

/// By path, the name behind each member.
fn followers_in(text: &str) -> BTreeMap<SmolStr, Follower> {
    let mut reader = FollowerReader::default();
    // What was read until a fault is thrown away with the document.
    if json_parts(text, &mut |part| reader.part(part)).is_err() {
        return BTreeMap::new();
    }
    reader.found
}

#[derive(Default)]
struct FollowerReader {
    found: BTreeMap<SmolStr, Follower>,
    /// The paths of open objects and lists, with the last member's path.
    open: Vec<(String, bool, Option<SmolStr>)>,
}

impl FollowerReader {
    fn part(&mut self, part: JsonPart<'_>) {
        match part {
            JsonPart::Object | JsonPart::List => {
                let path = match self.open.last() {
                    None => "$".to_owned(),
                    Some((path, true, _)) => format!("{path}[:]"),
                    Some((path, false, last)) => last
                        .as_ref()
                        .map_or_else(|| path.clone(), ToString::to_string),
                };
                self.open.push((path, part == JsonPart::List, None));
            }
            JsonPart::Name(name) => {
                let Some((path, _, last)) = self.open.last_mut() else {
                    return;
                };
                let own = format_smolstr!("{path}.{name}");
                if let Some(before) = last.replace(own) {
                    note(
                        &mut self.found,
                        before,
                        Follower::Member(SmolStr::new(name)),
                    );
                }
            }
            JsonPart::End => {
                if let Some((_, _, Some(last))) = self.open.pop() {
                    note(&mut self.found, last, Follower::End);
                }
            }
            JsonPart::Text(_) | JsonPart::Number(_) | JsonPart::Null | JsonPart::Word => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn survey(text: &str) -> EmbeddedJson {
        let table = PersonsTable {
            header: vec!["id".into()],
            rows: ["11", "12", "13"].map(|id| vec![id.to_owned()]).to_vec(),
        };
        let known = KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0;
        let mut survey = EmbeddedSurvey::default();
        let place = EmbeddedPlace {
            selector: "script".into(),
            attribute: None,
        };
        survey.read_text(&known, place.clone(), text).unwrap();
        survey.places.remove(&place).unwrap()
    }

    #[track_caller]
    fn check(text: &str, path: &str, taken: &[&str]) {
        let pattern = survey(text).pattern(path, "[0-9]+").unwrap();
        let pattern = crate::shape::compiled(&pattern);
        let found: Vec<&str> = pattern
            .captures_iter(text)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        assert_eq!(found, taken, "{text} {pattern}");
    }

    #[test]
    fn a_member_is_told_by_its_name() {
        let text = r#"{"l":[{"pk":11,"n":"x"},{"pk":12,"n":"y"}],"v":13}"#;
        check(text, "$.l[:].pk", &["11", "12"]);
    }

    #[test]
    fn a_name_that_others_have_is_told_by_what_follows() {
        let text = r#"{"l":[{"id":11,"nom":"x"},{"id":"12","nom":"y"}],"offre":{"id":13}}"#;
        check(text, "$.l[:].id", &["11", "12"]);
        check(text, "$.offre.id", &["13"]);
        let other = r#"{"l":[{"id":11,"a":1},{"id":12,"b":1}],"offre":{"id":13}}"#;
        assert_eq!(survey(other).pattern("$.l[:].id", "[0-9]+"), None);
    }

    #[test]
    fn what_is_given_to_a_variable_is_read() {
        assert_eq!(
            json_in("window.__STATE__ = {\"a\": [1]};"),
            Some("{\"a\": [1]}")
        );
        assert_eq!(json_in("var a = f({});"), None);
        assert_eq!(json_in("if (a) { b = 1 }"), None);
    }
}
