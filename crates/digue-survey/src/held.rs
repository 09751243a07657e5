//! Whom each element of a document holds, with everything inside it.

use std::collections::BTreeMap;

use digue_inspect::document_element::DocumentElement;
use smol_str::SmolStr;

/// The persons known in an element and everything inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum HeldPersons {
    #[default]
    None,
    One(u32),
    Many,
}

impl HeldPersons {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, held) | (held, Self::None) => held,
            (Self::One(one), Self::One(other)) if one == other => self,
            _ => Self::Many,
        }
    }
}

/// Adds to each element whom those inside it hold.
pub(crate) fn held_with_children(elements: &[DocumentElement], held: &mut [HeldPersons]) {
    // Children come after their parents.
    for id in (0..elements.len()).rev() {
        if let Some(parent) = elements[id].parent {
            held[parent] = held[parent].and(held[id]);
        }
    }
}

/// True for the largest element that holds one person among several.
pub(crate) fn is_record(elements: &[DocumentElement], held: &[HeldPersons], id: usize) -> bool {
    let is_among_others = elements[id]
        .parent
        .is_some_and(|parent| held[parent] == HeldPersons::Many);
    matches!(held[id], HeldPersons::One(_)) && is_among_others
}

/// Elements that hold one person each.
#[derive(Clone, Debug, Default)]
pub struct RecordElements {
    /// Pages or documents that have one.
    pub pages: usize,
    pub elements: usize,
}

/// Adds the records of `other`, place by place.
pub(crate) fn absorb_records(
    own: &mut BTreeMap<SmolStr, RecordElements>,
    other: BTreeMap<SmolStr, RecordElements>,
) {
    for (place, records) in other {
        own.entry(place).or_default().absorb(&records);
    }
}

impl RecordElements {
    pub(crate) fn add(&mut self, elements: usize) {
        self.pages += 1;
        self.elements += elements;
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        self.pages += other.pages;
        self.elements += other.elements;
    }
}
