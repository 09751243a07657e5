//! A learnt map joined to the operator's: lines are added, none is changed or removed.
//!
//! What the traffic contradicts is shown and left to a person. Learning again from the same traffic
//! adds nothing.

use digue_types::{ReadFailure, UnreadCause};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value, value};

use crate::compare::RouteComparison;
use crate::emit::{MapEmitter, WRITES_BEGIN, WRITES_END};
use crate::model::{
    BlockFormat, LearntBlock, LearntKind, LearntMap, LearntRoute, LearntRouteKind, Wording,
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
    let (text, _) = without_writes(text);
    let document: DocumentMut = text.parse()?;
    let kinds = renamed_kinds(&document, &learnt.kinds);
    let mut merge = MapMerge {
        document,
        emitter: MapEmitter { kinds, wording },
        differences: Vec::new(),
    };
    merge.kinds();
    for route in &learnt.routes {
        let own: Vec<&RouteComparison> = compared
            .iter()
            .filter(|(name, _)| *name == route.name)
            .map(|(_, comparison)| comparison)
            .collect();
        merge.route(route, &own);
    }
    let mut text = merge.document.to_string();
    let writes: Vec<LearntRoute> = learnt
        .writes
        .iter()
        .filter(|route| !merge.has_route(route))
        .cloned()
        .collect();
    text.push_str(&merge.emitter.writes(&writes));
    Ok(MergedMap {
        text,
        differences: merge.differences,
    })
}

/// The text without the proposals of writes, and those.
fn without_writes(text: &str) -> (String, String) {
    let Some(begin) = text.find(WRITES_BEGIN) else {
        return (text.to_owned(), String::new());
    };
    let end = text[begin..]
        .find(WRITES_END)
        .map_or(text.len(), |end| begin + end + WRITES_END.len());
    let before = text[..begin].strip_suffix('\n').unwrap_or(&text[..begin]);
    let after = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    (format!("{before}{after}"), text[begin..end].to_owned())
}

/// The learnt kinds under the names that the operator gave them: the primary one is the operator's
/// primary one.
fn renamed_kinds(document: &DocumentMut, learnt: &[LearntKind]) -> Vec<LearntKind> {
    let Some(tables) = document.get("identifiers").and_then(Item::as_table) else {
        return learnt.to_vec();
    };
    let is_primary = |(_, item): &(&str, &Item)| {
        item.get("primary").and_then(Item::as_bool).unwrap_or(false) || tables.len() == 1
    };
    let primary = tables
        .iter()
        .find(is_primary)
        .map(|(name, _)| name.to_owned());
    let mut kinds = learnt.to_vec();
    if let (Some(first), Some(primary)) = (kinds.first_mut(), primary) {
        first.name = primary;
    }
    kinds
}

struct MapMerge<'w> {
    document: DocumentMut,
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
            self.note(
                ChangeKind::Added,
                "",
                DifferencePart::Kind {
                    name: kind.name.clone(),
                },
            );
        }
    }

    fn routes(&self) -> impl Iterator<Item = &Table> {
        self.document
            .get("routes")
            .and_then(Item::as_array_of_tables)
            .into_iter()
            .flat_map(ArrayOfTables::iter)
    }

    /// True when the map has a route for this path and one of its methods.
    fn has_route(&self, route: &LearntRoute) -> bool {
        self.routes().any(|table| {
            let text = |key: &str| table.get(key).and_then(Item::as_str);
            let methods = table.get("methods").and_then(Item::as_array);
            let has_method = methods.is_none_or(|methods| {
                methods.iter().any(|method| {
                    route
                        .methods
                        .iter()
                        .any(|own| method.as_str() == Some(own.as_str()))
                })
            });
            text("path").is_some_and(|path| is_same_path(path, &route.path)) && has_method
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
        let taken = |name: &str| {
            self.routes()
                .any(|table| table.get("name").and_then(Item::as_str) == Some(name))
        };
        let base = route.name.clone();
        let mut number = 2;
        while taken(&route.name) {
            route.name = format!("{base}-{number}");
            number += 1;
        }
        let table = self.emitter.route(&route);
        let routes = self.document["routes"].or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        if let Some(routes) = routes.as_array_of_tables_mut() {
            routes.push(table);
        }
        self.note(
            ChangeKind::Added,
            &route.name,
            DifferencePart::Route {
                path: route.path.clone(),
            },
        );
    }

    fn contradictions(&mut self, name: &str, comparison: &RouteComparison) {
        use ChangeKind::{Contradicted, Narrowed};
        if comparison.passes_persons > 0 {
            let responses = comparison.passes_persons;
            self.note(Contradicted, name, DifferencePart::Resources { responses });
        }
        for causes in comparison.unreadable.values() {
            for (cause, (responses, first)) in causes {
                // No block for the type is an addition.
                if *cause != UnreadCause::MediaType {
                    let (cause, responses, first) = (*cause, *responses, first.clone());
                    self.note(
                        Contradicted,
                        name,
                        DifferencePart::Unreadable {
                            cause,
                            responses,
                            first,
                        },
                    );
                }
            }
        }
        for (cause, requests) in &comparison.requests_unreadable {
            let (cause, requests) = (*cause, *requests);
            self.note(
                Contradicted,
                name,
                DifferencePart::RequestsUnreadable { cause, requests },
            );
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
                add_block(table, block, &emitter, finds_fewer, &mut added);
            }
        }
        if finds_fewer {
            for rule in &route.request {
                if add_item(
                    table,
                    "request",
                    &rule.at,
                    Value::InlineTable(emitter.request_rule(rule)),
                ) {
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
    let item = table
        .entry("query")
        .or_insert_with(|| value(toml_edit::Array::new()));
    let Some(array) = item.as_array_mut() else {
        return false;
    };
    let is_own = |item: &Value| {
        let named = item
            .as_inline_table()
            .and_then(|table| table.get("name"))
            .and_then(Value::as_str);
        item.as_str().or(named) == Some(name)
    };
    if array.iter().any(is_own) {
        return false;
    }
    array.push(name);
    true
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
        blocks.push(emitter.block(block));
        added.push((ChangeKind::Added, DifferencePart::Block { format }));
        return;
    };
    if !finds_fewer {
        return;
    }
    for rule in &block.persons {
        let at = rule.at.join(" | ");
        let item = Value::InlineTable(emitter.person_rule(rule));
        if add_item(own, "persons", &at, item) {
            added.push((ChangeKind::Widened, DifferencePart::Rule { format, at }));
        }
    }
    if !own.contains_key("sweep") && !block.sweep.is_empty() {
        own.insert("sweep", value(emitter.sweep(&block.sweep)));
        added.push((ChangeKind::Widened, DifferencePart::Sweep { format }));
    }
}

/// Adds a rule to a list unless one with the same place and pattern is there.
fn add_item(table: &mut Table, key: &str, at: &str, item: Value) -> bool {
    let list = table
        .entry(key)
        .or_insert_with(|| value(toml_edit::Array::new()));
    let Some(array) = list.as_array_mut() else {
        return false;
    };
    let text = |item: &Value, key: &str| {
        let own = item.as_inline_table().and_then(|table| table.get(key));
        own.and_then(Value::as_str).map(str::to_owned)
    };
    let is_same = |own: &Value| {
        text(own, "at").as_deref() == Some(at)
            && ["pattern", "take", "in"]
                .iter()
                .all(|key| text(own, key) == text(&item, key))
    };
    if array.iter().any(is_same) {
        return false;
    }
    array.push(item);
    true
}
