//! Counts distinct persons while rows are read.

use crate::block::NOBODY;
use crate::persons::Dense;
use crate::sets::PersonSet;

/// Above this number, persons are counted in a bitmap and not in a list.
const LIST_MAX: usize = 1 << 15;

/// Persons being counted: a list while they are few, bits when they are many.
pub(crate) struct PersonCounter {
    list: Vec<Dense>,
    set: Option<PersonSet>,
    known: Dense,
}

impl PersonCounter {
    pub(crate) fn new(known: Dense) -> Self {
        Self {
            list: Vec::new(),
            set: None,
            known,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, person: Dense) {
        if person == NOBODY {
            return;
        }
        match &mut self.set {
            Some(set) => set.insert(person),
            None => {
                self.list.push(person);
                if self.list.len() > LIST_MAX {
                    let mut set = PersonSet::new(self.known);
                    self.list.drain(..).for_each(|person| set.insert(person));
                    self.set = Some(set);
                }
            }
        }
    }

    pub(crate) fn add_all(&mut self, persons: &[[u8; 4]]) {
        let persons = persons.iter().map(|person| Dense::from_le_bytes(*person));
        match &mut self.set {
            // The common case for many persons. `NOBODY` is beyond the end of the set, which
            // ignores it.
            Some(set) => persons.for_each(|person| set.insert(person)),
            None => persons.for_each(|person| self.add(person)),
        }
    }

    pub(crate) fn len(mut self) -> usize {
        match self.set {
            Some(set) => set.len(),
            None => {
                self.list.sort_unstable();
                self.list.dedup();
                self.list.len()
            }
        }
    }
}
