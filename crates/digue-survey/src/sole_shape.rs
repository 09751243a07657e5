//! Shapes that nothing else in the traffic has: `marie.dupont.12` could be a file or a version, and
//! where all that is written so is known, it is neither.
//!
//! A portal that writes other things in this shape only keeps the search in every text from being
//! proposed; it cannot make one find fewer persons than without this.

use std::collections::HashSet;

use regex::Regex;

use crate::known::KnownPersons;
use crate::shape::{Telling, compiled};

/// The fewest persons that must have been met in this shape.
const PERSONS_MIN: usize = 20;

/// Shapes that do not tell by themselves, and what was met of them.
#[derive(Default)]
pub(crate) struct SoleShapes {
    kinds: Vec<MetShape>,
}

struct MetShape {
    kind: u16,
    pattern: Regex,
    persons: HashSet<u32>,
    /// Something else has the shape.
    has_others: bool,
}

impl SoleShapes {
    pub(crate) fn of(known: &KnownPersons) -> Self {
        let met = |(kind, own): (usize, &crate::known::KnownKind)| {
            let is_open = own.telling() != Telling::Alone && own.shape.is_structured();
            let pattern = own.shape.as_sole().sweep().filter(|_| is_open)?;
            Some(MetShape {
                kind: kind as u16,
                pattern: compiled(&pattern),
                persons: HashSet::new(),
                has_others: false,
            })
        };
        let kinds = known.kinds().iter().enumerate();
        Self {
            kinds: kinds.filter_map(met).collect(),
        }
    }

    /// Looks at one body, as a text.
    pub(crate) fn read(&mut self, known: &KnownPersons, bytes: &[u8]) {
        let mut open = self
            .kinds
            .iter_mut()
            .filter(|met| !met.has_others)
            .peekable();
        if open.peek().is_none() {
            return;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        for met in open {
            for found in met.pattern.find_iter(text) {
                match known.value(found.as_str()) {
                    Some((value, _)) => {
                        met.persons.insert(value.person);
                    }
                    None => met.has_others = true,
                }
            }
        }
    }

    /// The kinds whose shape is theirs alone.
    pub(crate) fn sole(&self) -> Vec<u16> {
        let sole = self
            .kinds
            .iter()
            .filter(|met| !met.has_others && met.persons.len() >= PERSONS_MIN);
        sole.map(|met| met.kind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn known() -> KnownPersons {
        let rows = (0..40).map(|n| vec![format!("{}.dupont.{n}", ["marie", "jean"][n % 2])]);
        let table = PersonsTable {
            header: vec!["login".into()],
            rows: rows.collect(),
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    fn page(persons: std::ops::Range<usize>) -> String {
        persons
            .map(|n| format!("<td>{}.dupont.{n}</td>", ["marie", "jean"][n % 2]))
            .collect()
    }

    #[test]
    fn a_shape_that_only_persons_have_tells_by_itself() {
        let known = known();
        assert_ne!(known.kind(0).telling(), Telling::Alone);
        let mut shapes = SoleShapes::of(&known);
        shapes.read(&known, page(0..19).as_bytes());
        assert_eq!(shapes.sole(), [] as [u16; 0]);
        shapes.read(&known, page(10..30).as_bytes());
        assert_eq!(shapes.sole(), [0]);
        shapes.read(&known, b"<script src='jean.dupont.77'></script>");
        assert_eq!(shapes.sole(), [] as [u16; 0]);
    }
}
