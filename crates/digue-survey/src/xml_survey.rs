//! What XML documents of one route have in common: where texts are, which of them are known, and
//! which elements hold one person each.
//!
//! A place is a chain of element names from the root, with the attribute where it is one.

use std::collections::{BTreeMap, BTreeSet};

use digue_inspect::document_element::DocumentElement;
use digue_types::visible::is_blank;
use smol_str::{SmolStr, format_smolstr};

use crate::entity::{calls_person, entity_words};
use crate::held::{HeldPersons, RecordElements, absorb_records, held_with_children, is_record};
use crate::known::KnownPersons;
use crate::names::{NameBeside, NamePart, NameScan, name_beside, parts_with_children};
use crate::shape::Telling;
use crate::sight::{DocumentSight, SeenValue};
use crate::tally::{FirstKinds, PlaceTally, absorb_tallies};
use crate::value::{Spot, SpotSeen, TextKind, ValueContext, spots};

/// The most places of one route.
const PLACES_MAX: usize = 3000;

/// The longest chain of names, in bytes; what is deeper has no place, and is searched only.
const PLACE_BYTES_MAX: usize = 300;

/// One place of the documents.
#[derive(Clone, Debug, Default)]
pub struct XmlPlace {
    pub elements: usize,
    /// Elements or attributes with a text of their own.
    pub(crate) texts: usize,
    /// Known names that end here.
    pub names: usize,
}

impl XmlPlace {
    const fn absorb(&mut self, other: &Self) {
        self.elements += other.elements;
        self.texts += other.texts;
        self.names += other.names;
    }
}

/// The documents of one route and type.
#[derive(Clone, Debug, Default)]
pub struct XmlSurvey {
    pub documents: usize,
    /// Documents with several known persons.
    pub of_many: usize,
    pub places: BTreeMap<SmolStr, XmlPlace>,
    pub(crate) tallies: BTreeMap<(SmolStr, ValueContext), PlaceTally>,
    /// By chain of names.
    pub records: BTreeMap<SmolStr, RecordElements>,
    pub is_cut: bool,
}

impl XmlSurvey {
    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        elements: &[DocumentElement],
    ) -> DocumentSight {
        let mut reader = XmlReader {
            survey: self,
            known,
            elements,
            names: NameScan::new(&known.names),
            marks: Vec::new(),
            parts: Vec::new(),
        };
        let paths = paths(elements);
        for (id, path) in paths.iter().enumerate() {
            reader.element(id, path);
        }
        let (sight, held) = reader.count();
        self.documents += 1;
        self.of_many += usize::from(held.first() == Some(&HeldPersons::Many));
        let records = (0..elements.len()).filter(|id| is_record(elements, &held, *id));
        self.count_records(records.map(|id| &paths[id]));
        sight
    }

    fn count_records<'p>(&mut self, of_document: impl Iterator<Item = &'p SmolStr>) {
        let mut counts: BTreeMap<&SmolStr, usize> = BTreeMap::new();
        for path in of_document {
            *counts.entry(path).or_default() += 1;
        }
        for (path, count) in counts {
            self.records.entry(path.clone()).or_default().add(count);
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.documents += other.documents;
        self.of_many += other.of_many;
        self.is_cut |= other.is_cut;
        for (path, place) in other.places {
            self.places.entry(path).or_default().absorb(&place);
        }
        absorb_tallies(&mut self.tallies, other.tallies);
        absorb_records(&mut self.records, other.records);
    }

    /// The places that both have, of all that either has.
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

/// The chain of names of each element; `*` for a name that a path cannot have.
fn paths(elements: &[DocumentElement]) -> Vec<SmolStr> {
    let mut paths: Vec<SmolStr> = Vec::with_capacity(elements.len());
    for element in elements {
        let above = element.parent.map_or("", |parent| paths[parent].as_str());
        let name = if is_path_name(&element.name) {
            element.name.as_str()
        } else {
            "*"
        };
        let path = format_smolstr!("{above}/{name}");
        // Deeper elements share the place of the deepest one that has its own.
        paths.push(if path.len() > PLACE_BYTES_MAX {
            SmolStr::new(above)
        } else {
            path
        });
    }
    paths
}

fn is_path_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

struct XmlMark {
    element: usize,
    path: SmolStr,
    spot: Spot,
}

struct XmlReader<'r> {
    survey: &'r mut XmlSurvey,
    known: &'r KnownPersons,
    elements: &'r [DocumentElement],
    names: NameScan<'r>,
    marks: Vec<XmlMark>,
    /// By element.
    parts: Vec<NamePart>,
}

impl<'r> XmlReader<'r> {
    fn element(&mut self, id: usize, path: &SmolStr) {
        let element = &self.elements[id];
        let from = self.names.position;
        if let Some(place) = self.place(path) {
            place.elements += 1;
        }
        for (name, value) in element
            .attributes
            .iter()
            .filter(|(name, _)| is_path_name(name))
        {
            self.text(id, &format_smolstr!("{path}/@{name}"), value);
        }
        self.text(id, path, &element.text);
        self.parts.push(NamePart {
            parent: element.parent,
            from,
            to: self.names.position,
        });
    }

    fn text(&mut self, id: usize, path: &SmolStr, text: &str) {
        if is_blank(text) {
            return;
        }
        let found = self.names.found.len();
        self.names.read(text);
        let names = self.names.found.len() - found;
        if let Some(place) = self.place(path) {
            place.texts += 1;
            place.names += names;
        }
        let marks = &mut self.marks;
        spots(self.known, text, TextKind::Value, &mut |spot| {
            marks.push(XmlMark {
                element: id,
                path: path.clone(),
                spot,
            });
        });
    }

    fn place(&mut self, path: &SmolStr) -> Option<&mut XmlPlace> {
        if self.survey.places.len() >= PLACES_MAX && !self.survey.places.contains_key(path) {
            self.survey.is_cut = true;
            return None;
        }
        Some(self.survey.places.entry(path.clone()).or_default())
    }

    /// Counts what was found, and says for each element whom it holds.
    fn count(mut self) -> (DocumentSight, Vec<HeldPersons>) {
        parts_with_children(&mut self.parts);
        let mut held = vec![HeldPersons::None; self.elements.len()];
        let mut sight = DocumentSight {
            names: self.names.found.len(),
            ..DocumentSight::default()
        };
        let mut counted = BTreeSet::new();
        let mut first = FirstKinds::default();
        let mut names_beside = Vec::with_capacity(self.marks.len());
        for mark in &self.marks {
            let mut beside = NameBeside::Unclear;
            if let SpotSeen::Known { value, .. } = mark.spot.seen {
                beside = name_beside(&self.names.found, &self.parts, mark.element, value.person);
                let is_confirmed = beside == NameBeside::Own;
                let is_paging = mark.spot.context.is_paging();
                sight.known.push(SeenValue {
                    value,
                    is_confirmed,
                    is_paging,
                });
                let is_telling = self.known.kind(value.kind).telling() > Telling::Short;
                let is_said = path_calls_person(&mark.path) || mark.spot.context.calls_person();
                if is_telling || is_confirmed || (is_said && !is_paging) {
                    held[mark.element] = held[mark.element].and(HeldPersons::One(value.person));
                    first.note(value);
                }
            }
            names_beside.push(beside);
        }
        for (mark, beside) in self.marks.into_iter().zip(names_beside) {
            let signs = first.signs(&mark.spot.seen, beside);
            let key = (mark.path, mark.spot.context.clone());
            if self.survey.tallies.len() >= PLACES_MAX && !self.survey.tallies.contains_key(&key) {
                self.survey.is_cut = true;
                continue;
            }
            let is_first = counted.insert(key.clone());
            let tally = self.survey.tallies.entry(key).or_default();
            tally.add(&mark.spot, signs);
            tally.responses += usize::from(is_first);
        }
        held_with_children(self.elements, &mut held);
        (sight, held)
    }
}

/// The names of a place, from the root.
pub(crate) fn names_of(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split(['/', '@'])
        .filter(|name| !name.is_empty() && *name != "*")
}

fn path_calls_person(path: &str) -> bool {
    calls_person(&entity_words(names_of(path)))
}

#[cfg(test)]
mod tests {
    use digue_inspect::xml::outline::xml_elements;

    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn survey(documents: &[&str]) -> XmlSurvey {
        let rows = (0..30).map(|n| vec![format!("P{n:04}")]).collect();
        let table = PersonsTable {
            header: vec!["id".into()],
            rows,
        };
        let known = KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0;
        let mut survey = XmlSurvey::default();
        for document in documents {
            survey.read(&known, &xml_elements(document).unwrap());
        }
        survey
    }

    #[test]
    fn the_largest_element_of_one_person_is_the_record() {
        let list =
            "<users n='2'><user><id>P0001</id><x>a</x></user><user><id>P0002</id></user></users>";
        let found = survey(&[list, "<users n='0'/>"]);
        assert_eq!(
            found
                .records
                .keys()
                .map(SmolStr::as_str)
                .collect::<Vec<_>>(),
            ["/users/user"]
        );
        assert_eq!(found.of_many, 1);
        let tally = &found.tallies[&("/users/user/id".into(), ValueContext::Whole)];
        assert_eq!((tally.hits(), tally.responses), (2, 1));
        assert_eq!(found.places["/users/@n"].texts, 2);
    }

    #[test]
    fn a_deep_document_has_no_more_places_than_the_bound() {
        let deep = format!(
            "{}P0001{}",
            "<abcdefghij>".repeat(60),
            "</abcdefghij>".repeat(60)
        );
        assert!(
            survey(&[&deep])
                .places
                .keys()
                .all(|path| path.len() <= PLACE_BYTES_MAX)
        );
    }
}
