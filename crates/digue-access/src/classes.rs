//! Classes of persons, and what a portal's map decides for each.
//!
//! Built for a whole nation: some nine bytes for each person of a class, 380 MB for the 43 million
//! of an archive. Whether a record is shown is decided in `decide`.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_types::person::PersonKeyer;
use digue_types::{
    ClassName, PersonKey, PersonRef, PopulationId, ShownClass, ShownClasses, Timestamp,
};

use crate::sorted_keys::KeyDirectory;

/// What a map decides for the persons of a class. Each is stricter than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ClassRule {
    /// The entry has the class; nothing else follows.
    Mark,
    /// Each consultation is listed for those who watch.
    Watch,
    /// A record is shown once another person has agreed that this account opens it, and for so
    /// long.
    Agreement { lasts: Duration },
    /// No record is shown.
    Refuse,
}

impl ClassRule {
    /// The word for it in a map.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Watch => "watch",
            Self::Agreement { .. } => "agreement",
            Self::Refuse => "refuse",
        }
    }

    /// True when a record may not be shown because of it.
    pub const fn restricts(self) -> bool {
        match self {
            Self::Mark | Self::Watch => false,
            Self::Agreement { .. } | Self::Refuse => true,
        }
    }

    /// True when this rule lets through nothing that `other` does not.
    pub fn is_at_least(self, other: Self) -> bool {
        match (self, other) {
            (Self::Agreement { lasts }, Self::Agreement { lasts: other }) => lasts <= other,
            (one, other) => one >= other,
        }
    }
}

/// The rules of one map, by class. A class without a rule is marked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassRules(pub BTreeMap<ClassName, ClassRule>);

impl ClassRules {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn of(&self, class: &ClassName) -> ClassRule {
        self.0.get(class).copied().unwrap_or(ClassRule::Mark)
    }

    /// The rule of a person of whom nothing is known: that of the strictest class.
    pub fn strictest(&self) -> ClassRule {
        self.0.values().copied().max().unwrap_or(ClassRule::Mark)
    }

    /// True when these rules let through, and leave unwatched, nothing that `other` does not.
    pub fn is_at_least(&self, other: &Self) -> bool {
        let mut classes = self.0.keys().chain(other.0.keys());
        classes.all(|class| self.of(class).is_at_least(other.of(class)))
    }

    /// The classes whose consultations are listed.
    pub fn watched(&self) -> impl Iterator<Item = &ClassName> {
        let is_watched = |(_, rule): &(&ClassName, &ClassRule)| **rule == ClassRule::Watch;
        self.0.iter().filter(is_watched).map(|(class, _)| class)
    }
}

/// The classes of the persons of one population.
#[derive(Clone, Debug, Default)]
pub struct PersonClasses {
    lists: BTreeMap<ClassName, KeyDirectory>,
}

impl PersonClasses {
    /// The classes of a person, in the order of their names.
    ///
    /// Compared by the first half of the key: among 43 million persons, one of no class is taken for
    /// one of them with a probability of 2e-12, and then seen by fewer people and not by more.
    pub fn of(&self, person: PersonKey) -> impl Iterator<Item = &ClassName> {
        let members = self
            .lists
            .iter()
            .filter(move |(_, list)| list.has(person.0));
        members.map(|(class, _)| class)
    }

    /// True when the row is in force.
    pub fn has(&self, class: &ClassName, person: PersonKey) -> bool {
        self.lists.get(class).is_some_and(|list| list.has(person.0))
    }

    /// The number of persons of each class.
    pub fn sizes(&self) -> impl Iterator<Item = (&ClassName, usize)> {
        self.lists.iter().map(|(class, list)| (class, list.len()))
    }

    /// Rows: pairs of a class and a person.
    pub fn rows(&self) -> usize {
        self.lists.values().map(|list| list.len()).sum()
    }

    /// The rows of this table that `other` does not have.
    pub fn rows_without(&self, other: &Self) -> usize {
        let left = self.lists.iter().map(|(class, list)| {
            let others = other.lists.get(class);
            list.len() - others.map_or(0, |others| list.common(others))
        });
        left.sum()
    }

    /// What an entry says of the classes of the persons that it shows.
    pub fn shown(&self, persons: &[(PersonKey, &PersonRef)]) -> ShownClasses {
        let classes = self.lists.iter().filter_map(|(class, list)| {
            let members = persons.iter().filter(|(key, _)| list.has(key.0));
            let persons: Vec<PersonRef> = members.map(|(_, person)| (*person).clone()).collect();
            (!persons.is_empty()).then(|| ShownClass {
                class: class.clone(),
                persons,
            })
        });
        ShownClasses::Known(classes.collect())
    }
}

/// Collects rows, then sorts them once.
pub struct ClassesBuilder {
    keyer: PersonKeyer,
    lists: BTreeMap<ClassName, Vec<u64>>,
}

impl ClassesBuilder {
    pub fn new(population: &PopulationId) -> Self {
        Self {
            keyer: PersonKeyer::new(population),
            lists: BTreeMap::new(),
        }
    }

    /// `person` is canonical.
    pub fn add(&mut self, class: &ClassName, person: &str) {
        let key = self.keyer.key(person).0;
        match self.lists.get_mut(class) {
            Some(list) => list.push(key),
            None => drop(self.lists.insert(class.clone(), vec![key])),
        }
    }

    /// The number of classes so far.
    pub fn classes(&self) -> usize {
        self.lists.len()
    }

    pub fn finish(self) -> PersonClasses {
        let lists = self.lists.into_iter();
        PersonClasses {
            lists: lists
                .map(|(class, keys)| (class, KeyDirectory::new(keys)))
                .collect(),
        }
    }
}

/// Two persons agreed that an account opens one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordAgreement {
    pub person: PersonKey,
    pub reason: String,
    /// Exclusive.
    pub until: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class(name: &str) -> ClassName {
        ClassName::parse(name).unwrap()
    }

    fn table(rows: &[(String, u16)]) -> PersonClasses {
        let population = PopulationId::parse("personnes").unwrap();
        let mut builder = ClassesBuilder::new(&population);
        for (name, person) in rows {
            builder.add(&class(name), &format!("P{person}"));
        }
        builder.finish()
    }

    fn key(person: u16) -> PersonKey {
        PersonKeyer::new(&PopulationId::parse("personnes").unwrap()).key(&format!("P{person}"))
    }

    proptest! {
        #[test]
        fn a_table_says_what_its_rows_say(
            rows in proptest::collection::btree_set(("(a|p|d)", 0u16..60), 0..120),
            others in proptest::collection::btree_set(("(a|p|d)", 0u16..60), 0..120),
        ) {
            let all = |rows: &std::collections::BTreeSet<(String, u16)>| -> Vec<(String, u16)> {
                // Extractions repeat rows.
                rows.iter().chain(rows.iter().take(3)).cloned().collect()
            };
            let (one, other) = (table(&all(&rows)), table(&all(&others)));
            prop_assert_eq!(one.rows(), rows.len());
            prop_assert_eq!(one.rows_without(&other), rows.difference(&others).count());
            for person in 0..60 {
                let found: Vec<String> = one.of(key(person)).map(ToString::to_string).collect();
                let said: Vec<String> = ["a", "d", "p"].into_iter()
                    .filter(|name| rows.contains(&((*name).to_owned(), person)))
                    .map(str::to_owned).collect();
                prop_assert_eq!(found, said);
            }
        }
    }

    #[test]
    fn an_entry_has_each_person_under_each_class() {
        let table = table(&[
            ("a".to_owned(), 1),
            ("p".to_owned(), 1),
            ("p".to_owned(), 2),
        ]);
        let persons = [1, 2, 3].map(|n| PersonRef::parse(&format!("P{n}")).unwrap());
        let keyed: Vec<(PersonKey, &PersonRef)> =
            [1, 2, 3].map(key).into_iter().zip(&persons).collect();
        let shown = table.shown(&keyed);
        assert_eq!(shown.of(&class("a")), &persons[..1]);
        assert_eq!(shown.of(&class("p")), &persons[..2]);
        assert!(table.shown(&keyed[2..]).is_empty());
    }

    #[test]
    fn what_is_not_known_is_of_the_strictest_class() {
        let rule = |rules: &[(&str, ClassRule)]| {
            let rules = rules.iter().map(|(name, rule)| (class(name), *rule));
            ClassRules(rules.collect()).strictest()
        };
        let hour = ClassRule::Agreement {
            lasts: Duration::from_hours(1),
        };
        assert_eq!(rule(&[]), ClassRule::Mark);
        assert_eq!(rule(&[("p", ClassRule::Watch), ("a", hour)]), hour);
        assert_eq!(
            rule(&[("d", ClassRule::Refuse), ("a", hour)]),
            ClassRule::Refuse
        );
    }
}
