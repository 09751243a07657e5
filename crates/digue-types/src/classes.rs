//! Classes of persons: archived, protected, deceased, and whatever else the operator's data say of
//! a person that changes who may see the record.
//!
//! What a class means is decided by portal maps, and not here.

use std::collections::HashMap;

use crate::ids::ClassName;
use crate::person::PersonRef;

/// The classes of the persons that one entry shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShownClasses {
    /// By class, in the order of their names; persons of no class are in none.
    Known(Vec<ShownClass>),
    /// The table of classes was not in force: each person may be of any class.
    Unknown,
}

impl Default for ShownClasses {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

/// The persons of one class that an entry shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownClass {
    pub class: ClassName,
    /// Some of the persons of the entry's `shown`.
    pub persons: Vec<PersonRef>,
}

impl ShownClasses {
    /// True when nothing has to be said: no person has a class.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Known(classes) => classes.is_empty(),
            Self::Unknown => false,
        }
    }

    /// The persons of one class; none where the classes are not known.
    pub fn of(&self, class: &ClassName) -> &[PersonRef] {
        match self {
            Self::Known(classes) => classes
                .iter()
                .find(|known| known.class == *class)
                .map_or(&[], |known| &known.persons),
            Self::Unknown => &[],
        }
    }

    /// The number of classes of each person that has one.
    pub fn counts(&self) -> HashMap<&PersonRef, usize> {
        let mut counts = HashMap::new();
        if let Self::Known(classes) = self {
            for person in classes.iter().flat_map(|class| &class.persons) {
                *counts.entry(person).or_default() += 1;
            }
        }
        counts
    }

    /// What it says of these persons alone.
    #[must_use]
    pub fn among(&self, is_shown: impl Fn(&PersonRef) -> bool) -> Self {
        let Self::Known(classes) = self else {
            return Self::Unknown;
        };
        let kept = classes.iter().map(|class| ShownClass {
            class: class.class.clone(),
            persons: class
                .persons
                .iter()
                .filter(|person| is_shown(person))
                .cloned()
                .collect(),
        });
        Self::Known(kept.filter(|class| !class.persons.is_empty()).collect())
    }
}
