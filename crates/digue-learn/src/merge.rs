//! A learnt map joined to the operator's: lines are added, none is changed or removed.
//!
//! What the traffic contradicts is shown and left to a person. Learning again from the same traffic
//! adds nothing.

use digue_inspect::response::usual_types;
use digue_types::{ReadFailure, UnreadCause};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value, value};

use crate::compare::RouteComparison;
use crate::emit::{MapEmitter, WRITES_BEGIN, WRITES_END, conditions_of};
use crate::model::{
    BlockFormat, LearntBlock, LearntCondition, LearntKind, LearntMap, LearntRoute, LearntRouteKind,
    Wording,
};

/// How a difference changes what the map does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The map had nothing there: added.
    Added,
    /// A route of the operator's gets a further line: added.
    Widened,
    /// The operator's lines find more than the learnt ones: kept as they are.
    Narrowed,
    /// The traffic does not fit the operator's lines: kept as they are.
    Contradicted,
}

impl ChangeKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Contradicted => "contradicted",
        }
    }
}

/// One difference between what was learnt and the operator's map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntDifference {
    pub change: ChangeKind,
    /// The route, under the operator's name where there is one; empty for the whole map.
    pub route: String,
    pub part: DifferencePart,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferencePart {
    Kind {
        name: String,
    },
    /// Known values that the operator's shape of the primary kind does not fit.
    Shape {
        values: usize,
    },
    Route {
        path: String,
    },
    /// A route that is proposed as a comment.
    Proposal {
        path: String,
    },
    Block {
        format: BlockFormat,
    },
    Rule {
        format: BlockFormat,
        at: String,
    },
    Sweep {
        format: BlockFormat,
    },
    Parameter {
        name: String,
    },
    RequestRule {
        at: String,
    },
    /// Pairs of answer and person that the operator's rules alone find.
    Persons {
        more: usize,
    },
    /// Answers that the operator's rules do not read.
    Unreadable {
        cause: UnreadCause,
        responses: usize,
        first: Option<ReadFailure>,
    },
    /// Requests that the operator's rules do not read.
    RequestsUnreadable {
        cause: UnreadCause,
        requests: usize,
    },
    /// Resources that pass uninspected and show persons.
    Resources {
        responses: usize,
    },
}

/// Why a map cannot be joined.
#[derive(Debug, thiserror::Error)]
#[error("the map is not TOML")]
pub struct MergeFault(#[from] toml_edit::TomlError);

/// The joined map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedMap {
    pub text: String,
    pub differences: Vec<LearntDifference>,
}

/// Joins a learnt map to the operator's text. `compared`: both on the same traffic, by learnt
/// route.
///
/// # Errors
/// The text is not TOML.
pub fn merge(
    text: &str,
    learnt: &LearntMap,
    compared: &[(String, RouteComparison)],
    wording: &dyn Wording,
) -> Result<MergedMap, MergeFault> {
    let (text, proposed) = without_writes(text);
    let declined = declined_lines(&text);
    let document: DocumentMut = text.parse()?;
    let kinds = renamed_kinds(&document, &learnt.kinds);
    let mut merge = MapMerge {
        document,
        emitter: MapEmitter { kinds, wording },
        declined,
        differences: Vec::new(),
    };
    merge.kinds();
    for route in &learnt.routes {
        let own = compared.iter().filter(|(name, _)| *name == route.name);
        let own: Vec<&RouteComparison> = own.map(|(_, comparison)| comparison).collect();
        merge.route(route, &own);
    }
    let writes = merge.new_writes(&learnt.writes);
    for route in learnt
        .writes
        .iter()
        .filter(|route| !merge.has_route(route))
        .cloned()
        .collect::<Vec<_>>()
    {
        // A proposal that stands there already is no difference.
        if !proposed.contains(&format!("# name = \"{}\"\n", route.name)) {
            let path = route.path.clone();
            merge.note(
                ChangeKind::Added,
                &route.name,
                DifferencePart::Proposal { path },
            );
        }
    }
    Ok(MergedMap {
        text: merge.document.to_string() + &writes,
        differences: merge.differences,
    })
}

/// The text without the proposals of writes, and those. With one of the two marks gone nothing is
/// taken out: what follows may be the operator's routes.
fn without_writes(text: &str) -> (String, String) {
    let marked = text.rfind(WRITES_END).and_then(|last| {
        // The nearest one before: an earlier mark without its end keeps what stands below it.
        let begin = text[..last].rfind(WRITES_BEGIN)?;
        Some((begin, last + WRITES_END.len()))
    });
    let Some((begin, end)) = marked else {
        return (text.to_owned(), String::new());
    };
    let before = text[..begin].strip_suffix('\n').unwrap_or(&text[..begin]);
    let after = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    (format!("{before}{after}"), text[begin..end].to_owned())
}

/// The learnt kinds under the names that the operator gave them: the primary one is the operator's
/// primary one.
fn renamed_kinds(document: &DocumentMut, learnt: &[LearntKind]) -> Vec<LearntKind> {
    let mut kinds = learnt.to_vec();
    if let (Some(first), Some(primary)) = (kinds.first_mut(), primary_kind(document)) {
        first.name = primary.to_owned();
    }
    kinds
}

fn primary_kind(document: &DocumentMut) -> Option<&str> {
    let tables = document.get("identifiers")?.as_table()?;
    let is_primary = |(_, item): &(&str, &Item)| {
        item.get("primary").and_then(Item::as_bool).unwrap_or(false) || tables.len() == 1
    };
    tables.iter().find(is_primary).map(|(name, _)| name)
}

/// What stands in comments before the first route, then in those of each, without spaces: a rule
/// that a person commented out of a route stays so there, and in no other.
fn declined_lines(text: &str) -> Vec<Vec<String>> {
    let mut declined = vec![Vec::new()];
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("[[routes]]") {
            declined.push(Vec::new());
        }
        if let (Some(comment), Some(own)) = (line.strip_prefix('#'), declined.last_mut()) {
            own.push(without_spaces(comment));
        }
    }
    declined
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// True for a line that stands in a comment of the map.
fn is_declined(declined: &[String], item: &Value) -> bool {
    let written = without_spaces(&item.to_string());
    declined.iter().any(|line| line.contains(&written))
}

struct MapMerge<'w> {
    document: DocumentMut,
    declined: Vec<Vec<String>>,
    emitter: MapEmitter<'w>,
    differences: Vec<LearntDifference>,
}

impl MapMerge<'_> {
    fn note(&mut self, change: ChangeKind, route: &str, part: DifferencePart) {
        let difference = LearntDifference {
            change,
            route: route.to_owned(),
            part,
        };
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }

    fn kinds(&mut self) {
        let kinds = self.emitter.kinds.clone();
        for (place, kind) in kinds.iter().enumerate() {
            let tables = self.document["identifiers"].or_insert(Item::Table(Table::new()));
            let Some(tables) = tables.as_table_mut() else {
                continue;
            };
            if tables.contains_key(&kind.name) {
                continue;
            }
            tables.set_implicit(true);
            tables.insert(&kind.name, Item::Table(self.emitter.kind(kind, place == 0)));
            let name = kind.name.clone();
            self.note(ChangeKind::Added, "", DifferencePart::Kind { name });
        }
    }

    /// The text of the routes that change something and that the map does not have.
    fn new_writes(&self, writes: &[LearntRoute]) -> String {
        let new = writes.iter().filter(|route| !self.has_route(route));
        self.emitter.writes(&new.cloned().collect::<Vec<_>>())
    }

    fn routes(&self) -> impl Iterator<Item = &Table> {
        self.document
            .get("routes")
            .and_then(Item::as_array_of_tables)
            .into_iter()
            .flat_map(ArrayOfTables::iter)
    }

    /// True when the map has a route for this path, one of its methods, and this content.
    fn has_route(&self, route: &LearntRoute) -> bool {
        self.routes().any(|table| {
            let path = table.get("path").and_then(Item::as_str);
            path.is_some_and(|path| is_same_path(path, &route.path))
                && takes_one_of(table, &route.methods)
                && has_conditions(table, &route.when)
        })
    }

    fn route(&mut self, route: &LearntRoute, compared: &[&RouteComparison]) {
        let known: Vec<&RouteComparison> = compared
            .iter()
            .copied()
            .filter(|comparison| comparison.known_route.is_some())
            .collect();
        if known.is_empty() {
            // Resources below a directory that were not asked for again are compared by their path.
            if !self.has_route(route)
                && (!compared.is_empty() || route.kind == LearntRouteKind::Assets)
            {
                self.add_route(route);
            }
            return;
        }
        for comparison in known {
            let name = comparison.known_route.clone().unwrap_or_default();
            self.contradictions(&name, comparison);
            self.additions(&name, route, comparison);
        }
    }

    fn add_route(&mut self, route: &LearntRoute) {
        let mut route = route.clone();
        route.name = self.free_name(&route.name);
        let table = self.emitter.route(&route);
        let routes = self.document["routes"].or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        if let Some(routes) = routes.as_array_of_tables_mut() {
            routes.push(table);
        }
        let path = route.path.clone();
        self.note(
            ChangeKind::Added,
            &route.name,
            DifferencePart::Route { path },
        );
    }

    fn free_name(&self, base: &str) -> String {
        let is_taken = |name: &str| {
            let mut names = self.routes().map(|table| table.get("name"));
            names.any(|own| own.and_then(Item::as_str) == Some(name))
        };
        let mut name = base.to_owned();
        let mut number = 2;
        while is_taken(&name) {
            name = format!("{base}-{number}");
            number += 1;
        }
        name
    }

    fn contradictions(&mut self, name: &str, comparison: &RouteComparison) {
        use ChangeKind::{Contradicted, Narrowed};
        if comparison.passes_persons > 0 {
            let responses = comparison.passes_persons;
            self.note(Contradicted, name, DifferencePart::Resources { responses });
        }
        for part in unreadable_parts(comparison) {
            self.note(Contradicted, name, part);
        }
        let more: usize = comparison.only_known.values().sum();
        if more > 0 {
            self.note(Narrowed, name, DifferencePart::Persons { more });
        }
    }

    /// Adds what the operator's route lacks: blocks of other types, rules for persons that it does
    /// not find, the sweep, parameters.
    fn additions(&mut self, name: &str, route: &LearntRoute, comparison: &RouteComparison) {
        let mut added = Vec::new();
        let emitter = MapEmitter {
            kinds: self.emitter.kinds.clone(),
            wording: self.emitter.wording,
        };
        let is_own = |table: &Table| table.get("name").and_then(Item::as_str) == Some(name);
        let place = self.routes().position(is_own);
        let own = place.and_then(|place| self.declined.get(place + 1));
        let declined = own.cloned().unwrap_or_default();
        let lacks_type = comparison
            .unreadable
            .values()
            .any(|causes| causes.contains_key(&UnreadCause::MediaType));
        let finds_fewer = !comparison.only_learnt.is_empty();
        let Some(table) = self.route_table(name) else {
            return;
        };
        for stranger in comparison.strangers.keys() {
            if add_parameter(table, stranger) {
                added.push((
                    ChangeKind::Widened,
                    DifferencePart::Parameter {
                        name: stranger.clone(),
                    },
                ));
            } else {
                added.push((
                    ChangeKind::Contradicted,
                    DifferencePart::Parameter {
                        name: stranger.clone(),
                    },
                ));
            }
        }
        if lacks_type || finds_fewer {
            for block in &route.blocks {
                add_block(table, block, &emitter, finds_fewer, &declined, &mut added);
            }
        }
        if finds_fewer {
            for rule in &route.request {
                let item = Value::InlineTable(emitter.request_rule(rule));
                if !is_declined(&declined, &item) && add_item(table, "request", &rule.at, item) {
                    added.push((
                        ChangeKind::Widened,
                        DifferencePart::RequestRule {
                            at: rule.at.clone(),
                        },
                    ));
                }
            }
        }
        for (change, part) in added {
            self.note(change, name, part);
        }
    }

    fn route_table(&mut self, name: &str) -> Option<&mut Table> {
        let routes = self.document.get_mut("routes")?.as_array_of_tables_mut()?;
        routes
            .iter_mut()
            .find(|table| table.get("name").and_then(Item::as_str) == Some(name))
    }
}

/// True when two paths differ only in the names of their segments.
fn is_same_path(one: &str, other: &str) -> bool {
    let parse = |text: &str| digue_types::path::Pattern::parse(text);
    match (parse(one), parse(other)) {
        (Ok(one), Ok(other)) => one.is_same_as(&other),
        _ => one == other,
    }
}

/// Adds a parameter to those that a route accepts; false when the route names it already, with
/// other values.
fn add_parameter(table: &mut Table, name: &str) -> bool {
    let Some(array) = list_of(table, "query") else {
        return false;
    };
    let is_own = |item: &Value| item.as_str().or(text_of(item, "name")) == Some(name);
    if array.iter().any(is_own) {
        return false;
    }
    array.push(name);
    true
}

/// The list under a key, made where there is none; `None` where something else stands there.
fn list_of<'t>(table: &'t mut Table, key: &str) -> Option<&'t mut toml_edit::Array> {
    table
        .entry(key)
        .or_insert_with(|| value(toml_edit::Array::new()))
        .as_array_mut()
}

fn text_of<'v>(item: &'v Value, key: &str) -> Option<&'v str> {
    item.as_inline_table()?.get(key)?.as_str()
}

/// The blocks of a route, made into tables of their own if they are inline.
fn blocks_of(table: &mut Table) -> Option<&mut ArrayOfTables> {
    let item = table
        .entry("response")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if item.is_array() {
        // What is no list of tables goes back as it was: the operator's lines are never lost.
        *item = match std::mem::take(item).into_array_of_tables() {
            Ok(made) => Item::ArrayOfTables(made),
            Err(own) => own,
        };
    }
    item.as_array_of_tables_mut()
}

type Added = Vec<(ChangeKind, DifferencePart)>;

fn add_block(
    table: &mut Table,
    block: &LearntBlock,
    emitter: &MapEmitter<'_>,
    finds_fewer: bool,
    declined: &[String],
    added: &mut Added,
) {
    let format = block.format;
    let Some(blocks) = blocks_of(table) else {
        return;
    };
    let own = blocks
        .iter_mut()
        .find(|own| own.get("format").and_then(Item::as_str) == Some(format.code()));
    let Some(own) = own else {
        // A block that says "nobody" stands alone for its types: which of two holds is for a person
        // to decide.
        let types = match block.types.is_empty() {
            true => format.usual_types(),
            false => block.types.clone(),
        };
        let contradicts = |own: &Table| {
            let own_format = own.get("format").and_then(Item::as_str).unwrap_or_default();
            let says_nobody = format == BlockFormat::Nobody || own_format == "nobody";
            says_nobody && have_common(&types, &types_of(own, own_format))
        };
        if blocks.iter().any(contradicts) {
            if finds_fewer && format != BlockFormat::Nobody {
                added.push((ChangeKind::Contradicted, DifferencePart::Block { format }));
            }
            return;
        }
        blocks.push(emitter.block(block));
        added.push((ChangeKind::Added, DifferencePart::Block { format }));
        return;
    };
    // A rule that is written otherwise and finds the same persons is no difference (decision 22).
    if !finds_fewer {
        return;
    }
    for rule in &block.persons {
        let at = rule.at.join(" | ");
        let item = Value::InlineTable(emitter.person_rule(rule));
        if !is_declined(declined, &item) && add_item(own, "persons", &at, item) {
            added.push((ChangeKind::Widened, DifferencePart::Rule { format, at }));
        }
    }
    if !own.contains_key("sweep") && !block.sweep.is_empty() {
        own.insert("sweep", value(emitter.sweep(&block.sweep)));
        added.push((ChangeKind::Widened, DifferencePart::Sweep { format }));
    }
}

/// The media types of a block; empty for all.
fn types_of(block: &Table, format: &str) -> Vec<String> {
    let written = block.get("types").and_then(Item::as_array);
    match written {
        Some(types) => types
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => usual_types(format)
            .iter()
            .map(|known| (*known).to_owned())
            .collect(),
    }
}

fn have_common(one: &[String], other: &[String]) -> bool {
    let covers = |wide: &str, narrow: &str| {
        let group = wide.strip_suffix("/*");
        wide == narrow
            || group.is_some_and(|group| group == "*" || narrow.split('/').next() == Some(group))
    };
    let is_same = |one: &String| {
        let mut others = other.iter();
        others.any(|other| covers(one, other) || covers(other, one))
    };
    one.is_empty() || other.is_empty() || one.iter().any(is_same)
}

fn takes_one_of(route: &Table, methods: &[String]) -> bool {
    let is_one = |own: &Value| methods.iter().any(|method| own.as_str() == Some(method));
    let own = route.get("methods").and_then(Item::as_array);
    own.is_none_or(|own| own.iter().any(is_one))
}

/// True for a route without conditions, and for one with these.
fn has_conditions(route: &Table, conditions: &[LearntCondition]) -> bool {
    let written = |array: &toml_edit::Array| {
        let text = array.to_string();
        text.chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
    };
    match route.get("when").and_then(Item::as_array) {
        None => !route.contains_key("when"),
        Some(own) => written(own) == written(&conditions_of(conditions)),
    }
}

/// What the operator's route does not read of answers and of requests.
fn unreadable_parts(comparison: &RouteComparison) -> Vec<DifferencePart> {
    let answers = comparison.unreadable.values().flatten();
    // No block for the type is an addition.
    let answers = answers.filter(|(cause, _)| **cause != UnreadCause::MediaType);
    let answers = answers.map(|(cause, (responses, first))| DifferencePart::Unreadable {
        cause: *cause,
        responses: *responses,
        first: first.clone(),
    });
    let requests = comparison.requests_unreadable.iter();
    let requests = requests.map(|(cause, requests)| DifferencePart::RequestsUnreadable {
        cause: *cause,
        requests: *requests,
    });
    answers.chain(requests).collect()
}

/// Adds a rule to a list unless one with the same place and pattern is there.
fn add_item(table: &mut Table, key: &str, at: &str, item: Value) -> bool {
    let Some(array) = list_of(table, key) else {
        return false;
    };
    let is_same = |own: &Value| {
        text_of(own, "at") == Some(at)
            && ["pattern", "take", "in"]
                .iter()
                .all(|key| text_of(own, key) == text_of(&item, key))
    };
    if array.iter().any(is_same) {
        return false;
    }
    array.push(item);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_mark_gone_no_line_below_it_is_taken_out() {
        let whole = format!("a = 1\n{WRITES_BEGIN}\n# POST /x\n{WRITES_END}\nb = 2\n");
        let (kept, taken) = without_writes(&whole);
        assert!(kept.contains("a = 1") && kept.contains("b = 2") && !kept.contains("POST"));
        assert!(taken.contains("POST /x"));
        for cut in [
            format!("a = 1\n{WRITES_BEGIN}\n# POST /x\nb = 2\n"),
            format!("a = 1\n# POST /x\n{WRITES_END}\nb = 2\n"),
        ] {
            assert_eq!(without_writes(&cut), (cut.clone(), String::new()));
        }
        // The next proposals stand below an old mark whose end was deleted.
        let twice = format!("{WRITES_BEGIN}\nb = 2\n{whole}");
        assert_eq!(without_writes(&twice).0.matches("b = 2").count(), 2);
    }
}
