//! Routes that are added to a map beside the operator's file.
//!
//! Each is a text of its own with one table of `routes`. The map in force is the file with the
//! texts behind it, read as one map; a text that does not fit it is left out, and never the file.

use std::collections::BTreeSet;
use std::path::Path;

use digue_administration::map_additions::{
    AddedLineFault, AddressUse, MapReader, MapTexts, TakenAddresses, UnfitLines,
};
use digue_gateway::Portal;
use digue_gateway::portal::Route;
use digue_types::{AddressMethod, PortalId, RouteName, UnmappedAddress};
use toml::de::{DeTable, DeValue};

use crate::portal_map::{self, PortalMap};
use crate::reader::{ConfigFault, WholeText};

/// A map with the routes that were added to it.
pub struct CompletedMap {
    pub map: PortalMap,
    /// Routes that do not fit the map any more, and are left out.
    pub unfit: Vec<UnfitRoute>,
}

/// A route that does not fit the map any more.
pub struct UnfitRoute {
    pub lines: String,
    pub faults: Vec<AddedLineFault>,
}

/// Adds to a map the routes that two persons granted. Those that its file has by now are not added.
///
/// `map` stays as it is when nothing is to be added.
pub fn completed(map: PortalMap, added: &[String]) -> CompletedMap {
    let (portal, file) = (map.portal.id.clone(), map.source.clone());
    // All at once, as nearly always: each reading is one of the whole map.
    let known = names_of(&file.text);
    let is_new = |lines: &&String| !one_route(lines).is_ok_and(|name| known.contains(&name));
    let new: Vec<&String> = added.iter().filter(is_new).collect();
    if let Some(map) = read_together(&portal, &file, &new) {
        return CompletedMap {
            map,
            unfit: Vec::new(),
        };
    }
    let mut map = map;
    let mut unfit = Vec::new();
    for lines in new {
        match longer(&portal, &map.source, lines) {
            Ok((longer, _)) => map = longer,
            Err(faults) => unfit.push(UnfitRoute {
                lines: lines.clone(),
                faults,
            }),
        }
    }
    CompletedMap { map, unfit }
}

/// The map with all of these routes; `None` when one of them does not fit.
fn read_together(portal: &PortalId, file: &WholeText, added: &[&String]) -> Option<PortalMap> {
    let names: Result<BTreeSet<String>, _> = added.iter().map(|lines| one_route(lines)).collect();
    if names.ok()?.len() < added.len() {
        return None;
    }
    let mut text = file.text.clone();
    for lines in added {
        text = behind(&text, lines);
    }
    let whole = WholeText {
        text,
        files: file.files.clone(),
    };
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    let path = Path::new(portal.as_str());
    let read = portal_map::read_kept_and_warn(path, &whole, &mut faults, &mut warnings);
    let file_lines = file.text.trim_end_matches('\n').lines().count();
    let is_fine = faults.is_empty() && !warnings.iter().any(|one| is_shadowed(one, file_lines));
    read.filter(|_| is_fine)
}

/// A map's text with lines behind it.
fn behind(text: &str, lines: &str) -> String {
    format!("{}\n{lines}\n", text.trim_end_matches('\n'))
}

/// True for an added route that another one answers for: it would be granted, and do nothing.
fn is_shadowed(fault: &ConfigFault, file_lines: usize) -> bool {
    fault.key == "warning-route-twice" && fault.line > file_lines
}

/// The name of the only route in `lines`.
fn one_route(lines: &str) -> Result<String, Vec<AddedLineFault>> {
    let (root, errors) = DeTable::parse_recoverable(lines);
    if !errors.is_empty() {
        let line = |place: Option<std::ops::Range<usize>>| {
            place.map_or(0, |place| line_of(lines, place.start))
        };
        let faults = errors.iter().map(|error| AddedLineFault {
            line: line(error.span()),
            key: "fault-toml",
            name: String::new(),
            detail: error.message().to_owned(),
        });
        return Err(faults.collect());
    }
    let root = root.get_ref();
    // Identities, budgets and kinds of identifiers are of the file: a route depends on them.
    let is_alone = root.len() == 1;
    let only = root
        .get("routes")
        .and_then(|routes| only_table(routes.get_ref()));
    let Some(route) = only.filter(|_| is_alone) else {
        return Err(vec![whole_fault("fault-added-one-route", "routes")]);
    };
    match route.get("name").map(|name| name.get_ref()) {
        Some(DeValue::String(name)) if RouteName::parse(name).is_ok() => Ok(name.to_string()),
        _ => Err(vec![whole_fault("fault-missing", "name")]),
    }
}

fn only_table<'v>(value: &'v DeValue<'v>) -> Option<&'v DeTable<'v>> {
    match value {
        DeValue::Array(routes) if routes.len() == 1 => routes[0].get_ref().as_table(),
        _ => None,
    }
}

/// The names of all routes in the text of a map that was read before.
fn names_of(text: &str) -> Vec<String> {
    let (root, _) = DeTable::parse_recoverable(text);
    let Some(DeValue::Array(routes)) = root.get_ref().get("routes").map(|value| value.get_ref())
    else {
        return Vec::new();
    };
    let name = |route: &toml::Spanned<DeValue<'_>>| {
        let name = route
            .get_ref()
            .as_table()?
            .get("name")?
            .get_ref()
            .as_str()?;
        Some(name.to_owned())
    };
    routes.iter().filter_map(name).collect()
}

/// True when both may answer a request of some method.
fn shares_a_method(one: &Route, other: &Route) -> bool {
    let all = one.methods.is_empty() || other.methods.is_empty();
    all || one
        .methods
        .iter()
        .any(|method| other.methods.contains(method))
}

/// The routes that answer less because of this one. A route with conditions counts as one without:
/// what meets none of them is no matter of a less specific path any more.
fn behind_it(portal: &Portal, name: &RouteName) -> Vec<RouteName> {
    let mut routes = portal.routes.iter();
    let Some(added) = routes.by_ref().find(|route| route.name == *name) else {
        return Vec::new();
    };
    // They are in the order in which they are tried.
    routes
        .filter(|other| shares_a_method(added, other) && added.pattern.overlaps(&other.pattern))
        .map(|other| other.name.clone())
        .collect()
}

/// True for a route without conditions at an address whose calls other routes tell apart: it would
/// answer every call that they do not know, a deletion too.
fn opens_what_others_tell_apart(portal: &Portal, name: &RouteName) -> bool {
    let Some(added) = portal.routes.iter().find(|route| route.name == *name) else {
        return false;
    };
    let mut others = portal.routes.iter().filter(|other| other.name != *name);
    added.when.is_empty()
        && others.any(|other| {
            !other.when.is_empty()
                && other.pattern.is_same_as(&added.pattern)
                && shares_a_method(added, other)
        })
}

/// Reads a map with `lines` behind its text.
fn longer(
    portal: &PortalId,
    whole: &WholeText,
    lines: &str,
) -> Result<(PortalMap, RouteName), Vec<AddedLineFault>> {
    let name = one_route(lines)?;
    if names_of(&whole.text).contains(&name) {
        return Err(vec![whole_fault("fault-added-twice", &name)]);
    }
    let before = whole.text.trim_end_matches('\n').lines().count();
    let text = WholeText {
        text: behind(&whole.text, lines),
        files: whole.files.clone(),
    };
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    let path = Path::new(portal.as_str());
    let read = portal_map::read_kept_and_warn(path, &text, &mut faults, &mut warnings);
    faults.extend(
        warnings
            .into_iter()
            .filter(|fault| is_shadowed(fault, before)),
    );
    let name = RouteName::parse(&name).expect("the name was read as one of a route");
    if let Some(map) = &read
        && opens_what_others_tell_apart(&map.portal, &name)
    {
        return Err(vec![whole_fault("fault-added-without-when", name.as_str())]);
    }
    match read {
        Some(map) if faults.is_empty() => Ok((map, name)),
        _ => Err(faults
            .into_iter()
            .map(|fault| in_lines(fault, before))
            .collect()),
    }
}

/// The same fault, with its line in what was added.
fn in_lines(fault: ConfigFault, before: usize) -> AddedLineFault {
    AddedLineFault {
        line: fault.line.saturating_sub(before),
        key: fault.key,
        name: fault.name,
        detail: fault.detail,
    }
}

fn whole_fault(key: &'static str, name: &str) -> AddedLineFault {
    AddedLineFault {
        line: 0,
        key,
        name: name.to_owned(),
        detail: String::new(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// Reads the maps of the console's additions.
pub struct AddedRouteReader;

impl AddedRouteReader {
    /// The stored map with the routes that were added before.
    fn whole(map: &MapTexts<'_>) -> Result<WholeText, Vec<AddedLineFault>> {
        let added: Vec<String> = map.added.iter().map(|&lines| lines.to_owned()).collect();
        Ok(Self::complete(map, &added)?.map.source)
    }

    fn complete(map: &MapTexts<'_>, added: &[String]) -> Result<CompletedMap, Vec<AddedLineFault>> {
        let unreadable = || vec![whole_fault("fault-added-map", map.portal.as_str())];
        let file = WholeText::of_json(map.file).ok_or_else(unreadable)?;
        let read = portal_map::read_kept(Path::new(map.portal.as_str()), &file, &mut Vec::new());
        Ok(completed(read.ok_or_else(unreadable)?, added))
    }
}

impl MapReader for AddedRouteReader {
    fn route(&self, map: &MapTexts<'_>, lines: &str) -> Result<RouteName, Vec<AddedLineFault>> {
        longer(map.portal, &Self::whole(map)?, lines).map(|(_, name)| name)
    }

    fn taken(
        &self,
        map: &MapTexts<'_>,
        lines: &str,
        outside: &[UnmappedAddress],
    ) -> Result<TakenAddresses, Vec<AddedLineFault>> {
        let whole = Self::whole(map)?;
        let (longer, name) = longer(map.portal, &whole, lines)?;
        let before = portal_map::read_kept(Path::new(map.portal.as_str()), &whole, &mut Vec::new());
        let is_new = |address: &&UnmappedAddress| {
            let is_described = |map: &PortalMap| map.portal.describes(address);
            longer.portal.describes(address) && !before.as_ref().is_some_and(is_described)
        };
        Ok(TakenAddresses {
            routes: behind_it(&longer.portal, &name),
            addresses: outside.iter().filter(is_new).cloned().collect(),
        })
    }

    fn has_route(&self, map: &MapTexts<'_>, route: &RouteName) -> bool {
        WholeText::of_json(map.file).is_some_and(|file| {
            names_of(&file.text)
                .iter()
                .any(|name| name == route.as_str())
        })
    }

    fn unfit(&self, map: &MapTexts<'_>) -> Result<UnfitLines, Vec<AddedLineFault>> {
        let added: Vec<String> = map.added.iter().map(|&lines| lines.to_owned()).collect();
        let unfit = Self::complete(map, &added)?.unfit.into_iter();
        Ok(unfit.map(|one| (one.lines, one.faults)).collect())
    }

    fn draft(&self, map: &MapTexts<'_>, address: &UnmappedAddress, use_as: AddressUse) -> String {
        let known = Self::whole(map).map(|whole| whole.text).unwrap_or_default();
        let mut lines = vec!["[[routes]]".to_owned()];
        lines.push(format!(
            "name = \"{}\"",
            free_name(&address.template, &names_of(&known))
        ));
        lines.push(format!("path = {}", quoted(&with_names(&address.template))));
        if address.method != AddressMethod::Other {
            lines.push(format!("methods = [\"{}\"]", address.method.code()));
        }
        match use_as {
            AddressUse::Resource => lines.push("kind = \"assets\"".to_owned()),
            AddressUse::Nobody => {
                lines.push("action = \"read\"".to_owned());
                lines.push("caseload = \"not-required\"".to_owned());
                lines.extend(block("nobody", address));
            }
            AddressUse::Persons => {
                lines.push("action = \"read\"".to_owned());
                lines.extend(persons_block(address, &known));
            }
        }
        lines.join("\n") + "\n"
    }
}

fn block(format: &str, address: &UnmappedAddress) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        "[[routes.response]]".to_owned(),
        format!("format = \"{format}\""),
    ];
    // An empty type is that of responses without one.
    lines.push(format!("types = [\"{}\"]", address.media_type));
    lines
}

/// A block that finds persons. Where the records are cannot be known from the address: the places
/// are examples, and a response in which they match nothing is unreadable, never nobody.
fn persons_block(address: &UnmappedAddress, known: &str) -> Vec<String> {
    let (format, places): (_, &[&str]) = match address.media_type.as_str() {
        "text/html" | "application/xhtml+xml" => (
            "html",
            &[
                "records = [\"table tbody tr\"]",
                "persons = [{ at = \"td:first-child\" }]",
            ],
        ),
        "text/csv" => ("csv", &["persons = [{ at = \"numero\" }]"]),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
            ("xlsx", &["persons = [{ at = \"numero\" }]"])
        }
        "application/pdf" => ("pdf", &["records = \"document\""]),
        "application/xml" | "text/xml" => (
            "xml",
            &[
                "records = [\"//item\"]",
                "persons = [{ at = \"//item/id\" }]",
            ],
        ),
        "text/plain" => ("text", &["records = \"lines\""]),
        _ => (
            "json",
            &[
                "records = [\"$.items[*]\"]",
                "persons = [{ at = \"$.items[*].id\" }]",
            ],
        ),
    };
    let mut lines = block(format, address);
    lines.extend(places.iter().map(|&line| line.to_owned()));
    // The map's own search finds what the places above miss; files without places need one.
    match first_sweep(known) {
        Some(sweep) => lines.push(sweep),
        None if matches!(format, "pdf" | "text") => {
            lines.push(format!("sweep = [{{ pattern = '{EXAMPLE_SEARCH}' }}]"));
        }
        None => {}
    }
    lines
}

/// A search to be replaced by one for the portal's own identifiers.
const EXAMPLE_SEARCH: &str = r"\b[0-9]{7}[A-Z]\b";

/// The first `sweep` of a map, on one line.
fn first_sweep(text: &str) -> Option<String> {
    let (root, _) = DeTable::parse_recoverable(text);
    let span = sweep_in(root.get_ref())?;
    Some(format!("sweep = {}", text.get(span)?))
}

fn sweep_in(table: &DeTable<'_>) -> Option<std::ops::Range<usize>> {
    for (key, value) in table {
        let found = match value.get_ref() {
            DeValue::Array(_) if key.get_ref() == "sweep" => Some(value.span()),
            DeValue::Table(inner) => sweep_in(inner),
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| item.get_ref().as_table())
                .find_map(sweep_in),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A name made of the words of a template that no route has.
fn free_name(template: &str, taken: &[String]) -> String {
    let words: Vec<&str> = template
        .split(|sign: char| !sign.is_ascii_alphanumeric())
        .filter(|word| word.len() > 1)
        .collect();
    let base = match words.is_empty() {
        true => "route".to_owned(),
        false => words.join("-").chars().take(80).collect(),
    };
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .expect("one of endlessly many names is free")
}

/// The template with a name of its own for each of its variable segments.
fn with_names(template: &str) -> String {
    let mut number = 0;
    let segments = template.split('/').map(|segment| {
        if segment != "{x}" {
            return segment.to_owned();
        }
        number += 1;
        match number {
            1 => "{x}".to_owned(),
            _ => format!("{{x{number}}}"),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A text of the portal's clients as a TOML string: JSON's escapes are among those of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
