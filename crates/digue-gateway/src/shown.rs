//! Identifiers to persons, and persons to the groups of an entry: the same for every source of
//! requests.

use std::collections::HashSet;

use digue_identifiers::{Identifier, ShownIdentifiers, Unreadable};
use digue_types::{Basis, Means, PersonRef, ReadFailure, ShownPersons, UnreadCause};

use crate::portal::Portal;
use crate::ports::Aliases;

/// Persons found in a response, each once, with the means by which it was found.
pub(crate) type FoundPersons = Vec<(PersonRef, Means)>;

/// The persons of the identifiers in a request, each once, in order.
pub(crate) fn persons_of<'i>(
    portal: &Portal,
    aliases: &dyn Aliases,
    identifiers: impl Iterator<Item = &'i Identifier>,
) -> Result<Vec<PersonRef>, Unreadable> {
    let found = persons_by_means(
        portal,
        aliases,
        identifiers.map(|identifier| (identifier, Means::Request)),
    )?;
    Ok(found.into_iter().map(|(person, _)| person).collect())
}

/// The persons of the identifiers in a response.
pub(crate) fn persons_shown(
    portal: &Portal,
    aliases: &dyn Aliases,
    shown: &ShownIdentifiers,
) -> Result<FoundPersons, Unreadable> {
    persons_by_means(
        portal,
        aliases,
        shown
            .found
            .iter()
            .map(|(identifier, means)| (identifier, *means)),
    )
}

fn persons_by_means<'i>(
    portal: &Portal,
    aliases: &dyn Aliases,
    identifiers: impl Iterator<Item = (&'i Identifier, Means)>,
) -> Result<FoundPersons, Unreadable> {
    let mut seen = HashSet::new();
    let mut persons = Vec::new();
    for (identifier, means) in identifiers {
        let person = person_of(portal, aliases, identifier)?;
        // With a single kind there are no aliases, and its identifiers are already distinct.
        if portal.kinds.len() == 1 || seen.insert(person.clone()) {
            persons.push((person, means));
        }
    }
    Ok(persons)
}

/// An identifier that cannot become a person reference is never skipped: it makes the message
/// unreadable.
fn person_of(
    portal: &Portal,
    aliases: &dyn Aliases,
    identifier: &Identifier,
) -> Result<PersonRef, Unreadable> {
    let kind = &portal.kinds[identifier.kind].name;
    let unwritable = |_| {
        ReadFailure::new(UnreadCause::ValueShape)
            .by_rule(kind)
            .shaped_as(&identifier.text)
            .into()
    };
    if identifier.kind == portal.primary {
        return PersonRef::parse(&identifier.text).map_err(unwritable);
    }
    match aliases.resolve(&portal.id, kind, &identifier.text) {
        Some(person) => Ok(person),
        // Unknown to the alias table, it is still one person: named by kind and value.
        None => PersonRef::parse(&format!("{kind}:{}", identifier.text)).map_err(unwritable),
    }
}

/// The persons named by a request.
pub(crate) fn named_by_request(persons: Vec<PersonRef>) -> FoundPersons {
    persons
        .into_iter()
        .map(|person| (person, Means::Request))
        .collect()
}

/// Persons grouped by basis and means; empty without bases (a refusal).
pub(crate) fn grouped(persons: FoundPersons, bases: &[Basis]) -> Vec<ShownPersons> {
    let mut groups: Vec<ShownPersons> = Vec::new();
    for ((person, means), &basis) in persons.into_iter().zip(bases) {
        match groups
            .iter_mut()
            .find(|group| (group.basis, group.means) == (basis, means))
        {
            Some(group) => group.persons.push(person),
            None => groups.push(ShownPersons {
                basis,
                means,
                persons: vec![person],
            }),
        }
    }
    groups.sort_by_key(|group| (group.basis, group.means));
    groups
}
