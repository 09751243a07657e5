//! Does a map let more through than the one it replaces?
//!
//! Both texts are compared name by name. Every difference is a widening, unless it is one of the
//! few changes below that only narrow: a key added to maps later is a widening until someone writes
//! here why it is not (decision 8).

use std::collections::{BTreeMap, BTreeSet};

use digue_access::EnforcementMode;
use digue_gateway::portal::{OnUninspected, Route, UninspectedChoice};
use toml::de::{DeTable, DeValue};

use super::portal_map::PortalMap;

type Spanned<T> = toml::Spanned<T>;

/// One difference, with the path of names that leads to it: `routes.fiche.caseload`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MapDifference {
    path: Vec<String>,
    /// As written in the map; `None` where it is absent.
    before: Option<String>,
    after: Option<String>,
}

impl MapDifference {
    fn line(&self) -> String {
        let shown = |text: &Option<String>| text.as_deref().map_or("-".to_owned(), on_one_line);
        format!(
            "{}: {} -> {}",
            self.path.join("."),
            shown(&self.before),
            shown(&self.after)
        )
    }
}

/// Longer values are shortened for display; the digest covers the whole map.
const SHOWN_MAX: usize = 120;

fn on_one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What `new` lets through that `old` did not, one line each; empty when nothing.
pub fn widenings(old: &PortalMap, new: &PortalMap) -> Vec<String> {
    let differences = differences(old, new);
    let wider = differences
        .into_iter()
        .filter(|difference| !only_narrows(difference, old, new));
    wider.map(|difference| difference.line()).collect()
}

/// The terms on which a portal that was never granted would start.
pub fn beginning(map: &PortalMap) -> Vec<String> {
    let portal = &map.portal;
    vec![
        format!("portal.name: - -> {}", portal.id),
        format!("portal.hosts: - -> {}", portal.hosts.join(", ")),
        format!("portal.upstream: - -> {}", portal.upstream.authority),
        format!("portal.population: - -> {}", portal.population),
    ]
}

fn differences(old: &PortalMap, new: &PortalMap) -> Vec<MapDifference> {
    let mut found = Vec::new();
    // Faults cannot be missed here: both texts were read without any before.
    let (a, _) = DeTable::parse_recoverable(&old.source.text);
    let (b, _) = DeTable::parse_recoverable(&new.source.text);
    let texts = (old.source.text.as_str(), new.source.text.as_str());
    tables(&mut Vec::new(), texts, a.get_ref(), b.get_ref(), &mut found);
    files(&old.source.files, &new.source.files, &mut found);
    found
}

/// The differences of the files that the maps name.
fn files(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    found: &mut Vec<MapDifference>,
) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        if before != after {
            found.push(MapDifference {
                path: vec!["file".to_owned(), name.clone()],
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }
}

fn tables(
    path: &mut Vec<String>,
    texts: (&str, &str),
    old: &DeTable<'_>,
    new: &DeTable<'_>,
    found: &mut Vec<MapDifference>,
) {
    let keys: BTreeSet<&str> = old
        .keys()
        .chain(new.keys())
        .map(|key| key.get_ref().as_ref())
        .collect();
    for key in keys {
        path.push(key.to_owned());
        values(path, texts, old.get(key), new.get(key), found);
        path.pop();
    }
}

type Value<'v> = Option<&'v Spanned<DeValue<'v>>>;

fn values(
    path: &mut Vec<String>,
    texts: (&str, &str),
    old: Value<'_>,
    new: Value<'_>,
    found: &mut Vec<MapDifference>,
) {
    let table = |value: Value<'_>| value.is_some_and(|value| value.get_ref().as_table().is_some());
    let is_routes = path.len() == 1 && path[0] == "routes";
    match (old, new) {
        (Some(a), Some(b)) if is_same(a, texts.0, b, texts.1) => {}
        (Some(a), Some(b)) if table(old) && table(new) => {
            let (Some(a), Some(b)) = (a.get_ref().as_table(), b.get_ref().as_table()) else {
                return;
            };
            tables(path, texts, a, b, found);
        }
        // By name and not by place: an inserted route would otherwise change every one that
        // follows.
        (Some(a), Some(b)) if is_routes => match (by_name(a), by_name(b)) {
            (Some(a), Some(b)) => routes(path, texts, &a, &b, found),
            _ => found.push(difference(path, texts, old, new)),
        },
        _ => found.push(difference(path, texts, old, new)),
    }
}

fn difference(
    path: &[String],
    texts: (&str, &str),
    old: Value<'_>,
    new: Value<'_>,
) -> MapDifference {
    MapDifference {
        path: path.to_vec(),
        before: written(old, texts.0),
        after: written(new, texts.1),
    }
}

/// A value as the text of its map writes it.
fn written(value: Value<'_>, text: &str) -> Option<String> {
    let text = text.get(value?.span())?;
    Some(text.to_owned())
}

type Named<'v> = Vec<(&'v str, &'v Spanned<DeValue<'v>>)>;

/// Tables of a list by their names; `None` when a name is missing or occurs twice.
fn by_name<'v>(list: &'v Spanned<DeValue<'v>>) -> Option<Named<'v>> {
    let mut names = BTreeSet::new();
    let mut named = Vec::new();
    for item in list.get_ref().as_array()?.iter() {
        let name = item.get_ref().as_table()?.get("name")?.get_ref().as_str()?;
        // Two of one name cannot be told apart: the whole list is then one difference.
        if !names.insert(name) {
            return None;
        }
        named.push((name, item));
    }
    Some(named)
}

fn routes(
    path: &mut Vec<String>,
    texts: (&str, &str),
    old: &Named<'_>,
    new: &Named<'_>,
    found: &mut Vec<MapDifference>,
) {
    let of = |list: &Named<'_>, name: &str| list.iter().any(|(known, _)| *known == name);
    let order = |list: &Named<'_>, other: &Named<'_>| -> Vec<String> {
        list.iter()
            .map(|(name, _)| (*name).to_owned())
            .filter(|name| of(other, name))
            .collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    if before != after {
        // Their order may decide which route answers.
        let path = vec!["routes".to_owned()];
        let shown = |names: Vec<String>| Some(names.join(", "));
        found.push(MapDifference {
            path,
            before: shown(before),
            after: shown(after),
        });
    }
    let names: BTreeSet<&str> = old.iter().chain(new).map(|(name, _)| *name).collect();
    for name in names {
        let find = |list: &Named<'_>| list.iter().position(|(known, _)| *known == name);
        let (a, b) = (
            find(old).map(|place| old[place].1),
            find(new).map(|place| new[place].1),
        );
        path.push(name.to_owned());
        values(path, texts, a, b, found);
        path.pop();
    }
}

/// True when two values mean the same, however they are written.
fn is_same(a: &Spanned<DeValue<'_>>, a_text: &str, b: &Spanned<DeValue<'_>>, b_text: &str) -> bool {
    match (a.get_ref(), b.get_ref()) {
        (DeValue::String(a), DeValue::String(b)) => a == b,
        (DeValue::Array(a), DeValue::Array(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(a, b)| is_same(a, a_text, b, b_text))
        }
        (DeValue::Table(a), DeValue::Table(b)) => {
            let has = |(key, a): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                let key: &std::borrow::Cow<'_, str> = key.get_ref();
                b.get(key.as_ref())
                    .is_some_and(|b| is_same(a, a_text, b, b_text))
            };
            a.len() == b.len() && a.iter().all(has)
        }
        (DeValue::Table(_) | DeValue::Array(_) | DeValue::String(_), _)
        | (_, DeValue::Table(_) | DeValue::Array(_) | DeValue::String(_)) => false,
        // Numbers, dates and booleans have one usual spelling; another one counts as a difference,
        // which is safe.
        _ => a_text.get(a.span()) == b_text.get(b.span()),
    }
}

/// The changes that only narrow.
fn only_narrows(difference: &MapDifference, old: &PortalMap, new: &PortalMap) -> bool {
    let names: Vec<&str> = difference.path.iter().map(String::as_str).collect();
    let (a, b) = (&old.portal, &new.portal);
    // By names, and no wildcard that allows: an unknown key ends at `_ => false`.
    match names[..] {
        // How access logs are read, and how long a portal may take: no response depends on it.
        ["import" | "timeouts", ..] => true,
        // Of the modes that refuse nothing, a pilot asks for less.
        ["portal", "mode"] => match (a.mode, b.mode) {
            (_, EnforcementMode::Enforced)
            | (EnforcementMode::Pilot, EnforcementMode::ObserveOnly) => true,
            (before, after) => before == after,
        },
        // The line may come or go with the value that applies without it.
        ["portal", "population"] => a.population == b.population,
        ["portal", "hosts"] => b.hosts.iter().all(|host| a.hosts.contains(host)),
        // Limits where there were none only narrow; a table that disappears takes its limits away.
        ["budgets"] => difference.before.is_none(),
        ["budgets", _] => difference.before.is_none(),
        ["budgets", _, _] => is_lower(difference),
        ["names", ..] => a.routes.iter().all(|before| {
            let after = b.routes.iter().find(|after| after.name == before.name);
            after.is_none_or(|after| after.uninspected.names >= before.uninspected.names)
        }),
        ["classes", ..] => b.classes.is_at_least(&a.classes),
        ["break_glass", ..] => b.break_glass.lasts <= a.break_glass.lasts,
        // Without its route a request is refused, unless another one answers it instead.
        ["routes", name] if difference.after.is_none() => {
            let removed = a.routes.iter().find(|route| route.name.as_str() == name);
            removed.is_some_and(|removed| !is_taken_over(removed, &b.routes))
        }
        ["routes", name, key] | ["routes", name, key @ "uninspected", _] => {
            let of =
                |routes: &'_ [Route]| routes.iter().position(|route| route.name.as_str() == name);
            match (of(&a.routes), of(&b.routes)) {
                (Some(old_place), Some(new_place)) => {
                    let (before, after) = (&a.routes[old_place], &b.routes[new_place]);
                    route_narrows(key, before, after, &b.routes)
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// True for a limit that is new, or lower.
fn is_lower(difference: &MapDifference) -> bool {
    let number = |text: &Option<String>| text.as_deref().map(str::parse::<u32>);
    match (number(&difference.before), number(&difference.after)) {
        (None, Some(Ok(_))) => true,
        (Some(Ok(before)), Some(Ok(after))) => after <= before,
        _ => false,
    }
}

fn route_narrows(key: &str, before: &Route, after: &Route, all: &[Route]) -> bool {
    let (a, b) = (&before.access, &after.access);
    match key {
        "session" => after.session <= before.session,
        "self" => a.shows_own || !b.shows_own,
        "caseload" => b.needs_caseload || !a.needs_caseload,
        "break_glass" => a.allows_break_glass || !b.allows_break_glass,
        "keeps_found" => b.keeps_found <= a.keeps_found,
        "proof_within" => match (a.proof_age_max, b.proof_age_max) {
            (None, _) => true,
            (Some(before), Some(after)) => after <= before,
            (Some(_), None) => false,
        },
        // A set with other values may find a person by less: only no search at all is narrower.
        "exact_search" => after.exact_sets.is_empty(),
        "methods" => {
            // An empty list allows every method.
            let is_part = !after.methods.is_empty()
                && (before.methods.is_empty()
                    || after.methods.iter().all(|one| before.methods.contains(one)));
            is_part && !is_taken_over(before, all)
        }
        "request_bytes" => after.request_bytes_max <= before.request_bytes_max,
        // A response beyond these limits is not inspected: lower limits let more of them leave
        // where the map releases such responses.
        "held_bytes" | "decoded_bytes" | "persons_max" => {
            let (a, b) = (&before.inspect_limits, &after.inspect_limits);
            refuses_uninspected(after.uninspected)
                && after.held_bytes_max <= before.held_bytes_max
                && b.decoded_bytes_max <= a.decoded_bytes_max
                && b.identifiers_max <= a.identifiers_max
        }
        "uninspected" => {
            let stays = |(before, after): (UninspectedChoice, UninspectedChoice)| {
                after == UninspectedChoice::Refuse || before == after
            };
            let mut both = choices(before.uninspected)
                .into_iter()
                .zip(choices(after.uninspected));
            both.all(stays) && after.uninspected.names >= before.uninspected.names
        }
        _ => false,
    }
}

fn refuses_uninspected(uninspected: OnUninspected) -> bool {
    choices(uninspected)
        .iter()
        .all(|choice| *choice == UninspectedChoice::Refuse)
}

fn choices(uninspected: OnUninspected) -> [UninspectedChoice; 4] {
    // Names are compared apart: of their three choices, `release` is narrower than `observe`.
    let OnUninspected {
        too_large,
        unknown_type,
        broken,
        undescribed,
        names: _,
    } = uninspected;
    [too_large, unknown_type, broken, undescribed]
}

/// True when another route could answer what this one no longer answers.
fn is_taken_over(route: &Route, all: &[Route]) -> bool {
    let others = all.iter().filter(|other| other.name != route.name);
    others
        .into_iter()
        .any(|other| other.pattern.overlaps(&route.pattern))
}

#[cfg(test)]
mod tests;
