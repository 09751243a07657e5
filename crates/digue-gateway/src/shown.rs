//! Identifiers to persons, persons to the groups of an entry: the same for every way in.

use std::collections::HashSet;

use digue_inspect::Identifier;
use digue_types::{Basis, PersonRef, ShownPersons};

use crate::portal::Portal;
use crate::ports::Aliases;

/// Identifiers brought to persons, each once, in order.
pub(crate) fn persons_of<'i>(
    portal: &Portal,
    aliases: &dyn Aliases,
    identifiers: impl Iterator<Item = &'i Identifier>,
) -> Vec<PersonRef> {
    let mut seen = HashSet::new();
    let mut persons = Vec::new();
    for identifier in identifiers {
        // Distinct identifiers of the one kind that needs no alias are distinct persons.
        if identifier.kind == portal.primary && portal.kinds.len() == 1 {
            persons.extend(PersonRef::parse(&identifier.text).ok());
            continue;
        }
        let kind = &portal.kinds[identifier.kind].name;
        let known = if identifier.kind == portal.primary {
            PersonRef::parse(&identifier.text).ok()
        } else {
            aliases.resolve(&portal.id, kind, &identifier.text)
        };
        // Unknown to the alias table, it is still one person: named by kind and value.
        let person = known.or_else(|| PersonRef::parse(&format!("{kind}:{}", identifier.text)).ok());
        if let Some(person) = person
            && seen.insert(person.clone())
        {
            persons.push(person);
        }
    }
    persons
}

/// Persons grouped by the right by which each is shown; empty when there are no rights (a refusal).
pub(crate) fn grouped(persons: Vec<PersonRef>, bases: &[Basis]) -> Vec<ShownPersons> {
    let mut groups: Vec<ShownPersons> = Vec::new();
    for (person, &basis) in persons.into_iter().zip(bases) {
        match groups.iter_mut().find(|group| group.basis == basis) {
            Some(group) => group.persons.push(person),
            None => groups.push(ShownPersons { basis, persons: vec![person] }),
        }
    }
    groups.sort_by_key(|group| group.basis);
    groups
}
