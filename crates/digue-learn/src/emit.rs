//! A learnt map as TOML, each line below the reason for it.
//!
//! Text of the portal stands only in values, which the serialiser quotes; a comment is one line,
//! without controls.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::model::{
    BlockFormat, LearntBlock, LearntCondition, LearntConditionPlace, LearntErrors, LearntKind,
    LearntMap, LearntPart, LearntRecords, LearntRequest, LearntRoute, LearntRouteKind, LearntRule,
    LineReason, MapHeading, Wording,
};

/// The lines between which proposals of writes stand; learning again replaces what is between them.
pub(crate) const WRITES_BEGIN: &str = "# >>> digue learn";
pub(crate) const WRITES_END: &str = "# <<< digue learn";

/// The longest comment, in characters.
const COMMENT_CHARS_MAX: usize = 300;

/// What a map says besides what is learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapSettings {
    pub name: String,
    /// Where the portal listens, behind Digue.
    pub upstream: String,
    pub mode: String,
}

/// Makes the text of a whole map.
pub fn map_text(map: &LearntMap, settings: &MapSettings, wording: &dyn Wording) -> String {
    let emitter = MapEmitter {
        kinds: map.kinds.clone(),
        wording,
    };
    let mut document = DocumentMut::new();
    document.insert("portal", Item::Table(emitter.portal(map, settings)));
    if let Some(errors) = &map.errors {
        document.insert("errors", Item::Table(emitter.errors(errors)));
    }
    document.insert("identifiers", Item::Table(emitter.kinds(&map.kinds)));
    let mut routes = ArrayOfTables::new();
    map.routes
        .iter()
        .for_each(|route| routes.push(emitter.route(route)));
    document.insert("routes", Item::ArrayOfTables(routes));
    let mut text = document.to_string();
    text.push_str(&emitter.writes(&map.writes));
    text
}

/// Makes tables and arrays of a map's lines.
pub(crate) struct MapEmitter<'e> {
    /// The kinds under the names that the map gives them.
    pub(crate) kinds: Vec<LearntKind>,
    pub(crate) wording: &'e dyn Wording,
}

/// One line of text for a comment.
pub(crate) fn comment_line(text: &str) -> String {
    // A line end would end the comment, and what follows it would be read as a line of the map.
    let shown: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(COMMENT_CHARS_MAX)
        .collect();
    format!("# {}\n", shown.trim())
}

fn commented_out(text: &str) -> String {
    let mut commented = String::new();
    for line in text.lines() {
        commented.push_str(if line.is_empty() { "#" } else { "# " });
        commented.push_str(line);
        commented.push('\n');
    }
    commented
}

fn texts(items: &[String]) -> Array {
    items.iter().map(String::as_str).collect()
}

pub(crate) fn conditions_of(conditions: &[LearntCondition]) -> Array {
    conditions.iter().map(condition).collect()
}

fn condition(condition: &LearntCondition) -> InlineTable {
    let mut table = InlineTable::new();
    let (place, at) = match &condition.place {
        LearntConditionPlace::Query(name) => ("query", Some(name)),
        LearntConditionPlace::Json(path) => ("json", Some(path)),
        LearntConditionPlace::TextJson(path) => ("text-json", Some(path)),
        LearntConditionPlace::GraphQl => ("graphql", None),
    };
    table.insert("in", place.into());
    if let Some(at) = at {
        table.insert("at", at.as_str().into());
    }
    table.insert("is", Value::Array(texts(&condition.values)));
    table
}

impl MapEmitter<'_> {
    fn portal(&self, map: &LearntMap, settings: &MapSettings) -> Table {
        let mut table = Table::new();
        table.insert("name", value(&settings.name));
        let url = if map.origin.is_empty() {
            "http://portail.localhost:8080"
        } else {
            &map.origin
        };
        table.insert("url", value(url));
        table.insert("upstream", value(&settings.upstream));
        table.insert("query", value("named"));
        table.insert("mode", value(&settings.mode));
        table
            .decor_mut()
            .set_prefix(self.heading(MapHeading::Whole));
        if let Some(mut key) = table.key_mut("upstream") {
            let heading = self.heading(MapHeading::Upstream);
            key.leaf_decor_mut().set_prefix(heading);
        }
        table
    }

    fn errors(&self, errors: &LearntErrors) -> Table {
        let mut table = Table::new();
        table.insert("statuses", value(texts(&errors.statuses)));
        table.insert("types", value(texts(&errors.types)));
        let bytes = format!("{}KiB", errors.bytes.div_ceil(1024));
        table.insert("bytes", value(bytes));
        let sweep = self.sweep(&errors.sweep);
        if !sweep.is_empty() {
            table.insert("sweep", value(sweep));
        }
        self.comment(&mut table, &errors.reason);
        table
    }

    fn kinds(&self, kinds: &[LearntKind]) -> Table {
        let mut table = Table::new();
        table.set_implicit(true);
        for (place, kind) in kinds.iter().enumerate() {
            table.insert(&kind.name, Item::Table(self.kind(kind, place == 0)));
        }
        table
    }

    fn heading(&self, heading: MapHeading) -> String {
        comment_line(&self.wording.heading(heading))
    }

    fn comment(&self, table: &mut Table, reason: &LineReason) {
        let comment = comment_line(&self.wording.reason(reason));
        table.decor_mut().set_prefix(format!("\n{comment}"));
    }

    pub(crate) fn kind(&self, kind: &LearntKind, is_primary: bool) -> Table {
        let mut table = Table::new();
        if is_primary {
            table.insert("primary", value(true));
        }
        if !kind.steps.is_empty() {
            let steps: Array = kind.steps.iter().map(|step| step.code()).collect();
            table.insert("normalise", value(steps));
        }
        if let Some(shape) = &kind.shape {
            table.insert("shape", value(shape));
        }
        self.comment(&mut table, &kind.reason);
        table
    }

    pub(crate) fn route(&self, route: &LearntRoute) -> Table {
        let mut table = Table::new();
        table.insert("name", value(&route.name));
        if route.kind == LearntRouteKind::Assets {
            table.insert("kind", value("assets"));
        }
        table.insert("path", value(&route.path));
        table.insert("methods", value(texts(&route.methods)));
        if !route.when.is_empty() {
            table.insert("when", value(conditions_of(&route.when)));
            // With an alias the client names what it reads: every record could carry one identifier.
            let is_graphql = |one: &LearntCondition| one.place == LearntConditionPlace::GraphQl;
            if route.when.iter().any(is_graphql) {
                table.insert("graphql", value("no-aliases"));
            }
        }
        if route.kind == LearntRouteKind::Held {
            table.insert("action", value(route.action.code()));
        }
        if !route.query.is_empty() && route.kind == LearntRouteKind::Held {
            table.insert("query", value(texts(&route.query)));
        }
        if !route.request.is_empty() {
            let rules = route
                .request
                .iter()
                .map(|rule| (self.request_rule(rule), &rule.reason));
            table.insert("request", value(self.with_reasons(rules)));
        }
        if !route.blocks.is_empty() {
            let mut blocks = ArrayOfTables::new();
            route
                .blocks
                .iter()
                .for_each(|block| blocks.push(self.block(block)));
            table.insert("response", Item::ArrayOfTables(blocks));
        }
        self.comment(&mut table, &route.reason);
        table
    }

    fn kind_of(&self, table: &mut InlineTable, kind: usize) {
        if self.kinds.len() > 1
            && let Some(kind) = self.kinds.get(kind)
        {
            table.insert("as", kind.name.as_str().into());
        }
    }

    pub(crate) fn request_rule(&self, rule: &LearntRequest) -> InlineTable {
        let mut table = InlineTable::new();
        table.insert("in", rule.place.code().into());
        table.insert("at", rule.at.as_str().into());
        self.kind_of(&mut table, rule.kind);
        if let Some(pattern) = &rule.pattern {
            table.insert("pattern", pattern.as_str().into());
        }
        table
    }

    pub(crate) fn person_rule(&self, rule: &LearntRule) -> InlineTable {
        let mut table = InlineTable::new();
        match rule.at.as_slice() {
            [at] => table.insert("at", at.as_str().into()),
            several => table.insert("at", Value::Array(texts(several))),
        };
        if let Some(take) = &rule.take {
            table.insert("take", take.as_str().into());
        }
        self.kind_of(&mut table, rule.kind);
        if let Some(pattern) = &rule.pattern {
            table.insert("pattern", pattern.as_str().into());
        }
        if let Some(own) = rule.own {
            table.insert("own", own.into());
        }
        if rule.optional {
            table.insert("optional", true.into());
        }
        table
    }

    /// A list with one item a line, each below its reason.
    pub(crate) fn with_reasons<'r>(
        &self,
        items: impl Iterator<Item = (InlineTable, &'r LineReason)>,
    ) -> Array {
        let mut array = Array::new();
        for (item, reason) in items {
            let mut item = Value::InlineTable(item);
            let comment = comment_line(&self.wording.reason(reason));
            item.decor_mut().set_prefix(format!("\n  {comment}  "));
            array.push_formatted(item);
        }
        array.set_trailing_comma(true);
        array.set_trailing("\n");
        array
    }

    pub(crate) fn block(&self, block: &LearntBlock) -> Table {
        let mut table = Table::new();
        table.insert("format", value(block.format.code()));
        if !block.types.is_empty() {
            table.insert("types", value(texts(&block.types)));
        }
        match &block.records {
            LearntRecords::At(records) => table.insert("records", value(texts(records))),
            LearntRecords::Page => table.insert("records", value("page")),
            LearntRecords::Lines => table.insert("records", value("lines")),
            LearntRecords::Document => table.insert("records", value("document")),
            LearntRecords::Pages => table.insert("records", value("pages")),
            LearntRecords::Rows | LearntRecords::OfParts => None,
            LearntRecords::Unnamed(reason) => {
                let said: String = self
                    .wording
                    .no_records(reason)
                    .chars()
                    .filter(|c| !c.is_control())
                    .collect();
                table.insert("no_records", value(said))
            }
        };
        if !block.empty.is_empty() {
            table.insert("empty", value(texts(&block.empty)));
        }
        if !block.no_person.is_empty() {
            table.insert("no_person", value(texts(&block.no_person)));
        }
        if !block.fields.is_empty() {
            table.insert("fields", value(texts(&block.fields)));
        }
        if let Some(captions) = &block.captions {
            table.insert("captions", value(captions));
        }
        if block.ignores_pictures {
            table.insert("pictures", value("ignore"));
        }
        if block.allows_undescribed {
            table.insert("undescribed", value("any"));
        } else if block.counts_undescribed {
            table.insert("undescribed", value("0%"));
        }
        if !block.persons.is_empty() {
            let rules = block
                .persons
                .iter()
                .map(|rule| (self.person_rule(rule), &rule.reason));
            table.insert("persons", value(self.with_reasons(rules)));
        }
        let sweep = self.sweep(&block.sweep);
        if !sweep.is_empty() {
            table.insert("sweep", value(sweep));
        }
        if !block.parts.is_empty() {
            let key = match block.format {
                BlockFormat::Events => "events",
                _ => "entries",
            };
            let parts = block.parts.iter().map(|part| self.part(part)).collect();
            table.insert(key, Item::ArrayOfTables(parts));
        }
        self.comment(&mut table, &block.reason);
        table
    }

    fn part(&self, part: &LearntPart) -> Table {
        let mut table = self.block(&part.block);
        table.insert("name", value(texts(&part.names)));
        table
    }

    /// The patterns of these kinds.
    pub(crate) fn sweep(&self, kinds: &[usize]) -> Array {
        let rule = |kind: &usize| {
            let mut table = InlineTable::new();
            table.insert("pattern", self.kinds.get(*kind)?.sweep.as_deref()?.into());
            self.kind_of(&mut table, *kind);
            Some(Value::InlineTable(table))
        };
        kinds.iter().filter_map(rule).collect()
    }

    /// The proposals of writes, as comments.
    pub(crate) fn writes(&self, writes: &[LearntRoute]) -> String {
        if writes.is_empty() {
            return String::new();
        }
        let mut document = DocumentMut::new();
        let routes = writes.iter().map(|route| self.route(route)).collect();
        document.insert("routes", Item::ArrayOfTables(routes));
        format!(
            "\n{WRITES_BEGIN}\n{}{}{WRITES_END}\n",
            self.heading(MapHeading::Writes),
            commented_out(&document.to_string())
        )
    }
}
