//! A learnt map as the inspection applies it, and any map as learning tries it.

use digue_html::selector::{Selector, parse_selector};
use digue_identifiers::{IdentifierKind, IdentifierShape, Pick, SearchPattern};
use digue_inspect::condition::{answering, by_conditions};
use digue_inspect::events::{EventRule, EventRules};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath::RecordPath;
use digue_inspect::pdf::{PdfRecords, PdfRules, PicturesChoice};
use digue_inspect::xml::{XmlPath, XmlRule, XmlRules};
use digue_inspect::zip::{ENTRIES_USUAL, EntryName, EntryRules, RATIO_USUAL, ZipRules};
use digue_inspect::{
    BlockRules, ConditionPath, ConditionSource, ErrorRules, InspectionLimits, RequestCondition,
    RequestContent, RequestRule, RequestSource, ResponseRules, RuleBlock, StatusPattern,
};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use digue_types::glob::NameGlob;
use digue_types::path::{Pattern, Segments};
use regex::Regex;

use crate::model::{
    BlockFormat, LearntBlock, LearntConditionPlace, LearntErrors, LearntKind, LearntMap,
    LearntPart, LearntRecords, LearntRequest, LearntRoute, LearntRouteKind, LearntRule,
    RequestPlace,
};

/// A map whose answers can be compared with traffic: the operator's, or a learnt one.
#[derive(Clone, Debug, Default)]
pub struct TriedMap {
    pub kinds: Vec<IdentifierKind>,
    pub primary: usize,
    /// In the order in which they are tried.
    pub routes: Vec<TriedRoute>,
}

/// One route of a [`TriedMap`].
#[derive(Clone, Debug)]
pub struct TriedRoute {
    pub name: String,
    /// In upper case; empty for all.
    pub methods: Vec<String>,
    pub pattern: Pattern,
    /// What the content of a request must say.
    pub when: Vec<RequestCondition>,
    /// False for resources and upgraded connections, which pass uninspected.
    pub is_held: bool,
    pub request: Vec<RequestRule>,
    pub response: ResponseRules,
    pub limits: InspectionLimits,
    /// Parameters that it accepts; `None` for any.
    pub query: Option<Vec<(String, Option<Regex>)>>,
}

/// Why a learnt map, or a part of one, does not compile. It is left out, and its exchanges are said
/// to have no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileFault {
    #[error("the pattern or path of a rule does not compile: {0}")]
    Rule(String),
}

fn fault(error: impl ToString) -> CompileFault {
    CompileFault::Rule(error.to_string())
}

impl TriedMap {
    /// The route that answers, and the values of its named segments, as the gateway chooses it.
    pub fn route(
        &self,
        method: &str,
        path: &Segments,
        content: &RequestContent<'_>,
    ) -> Option<(&TriedRoute, Vec<(String, String)>)> {
        let mut kept: Option<&Pattern> = None;
        let mut fitting = Vec::new();
        for route in self.routes.iter().filter(|route| route.takes(method)) {
            let is_kept = kept.is_none_or(|kept| kept.is_same_as(&route.pattern));
            let Some(values) = is_kept.then(|| route.pattern.matches(path)).flatten() else {
                continue;
            };
            fitting.push(((route, values), route.when.as_slice()));
            if route.when.is_empty() {
                break;
            }
            kept = Some(&route.pattern);
        }
        answering(fitting, content).into_iter().next()
    }

    /// Sorts the routes into the order in which the gateway tries them.
    #[must_use]
    pub fn most_specific_first(mut self) -> Self {
        self.routes.sort_by(|one, other| {
            let by_path = one.pattern.by_specificity(&other.pattern);
            let by_content = by_path.then_with(|| by_conditions(&one.when, &other.when));
            by_content.then(one.methods.is_empty().cmp(&other.methods.is_empty()))
        });
        self
    }
}

impl TriedRoute {
    fn takes(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|known| known == method)
    }
}

/// The kinds of a learnt map.
pub(crate) fn compile_kinds(kinds: &[LearntKind]) -> Result<Vec<IdentifierKind>, CompileFault> {
    kinds.iter().map(compile_kind).collect()
}

fn compile_kind(kind: &LearntKind) -> Result<IdentifierKind, CompileFault> {
    Ok(IdentifierKind {
        name: kind.name.clone(),
        steps: kind.steps.clone(),
        shape: kind.shape.as_deref().map(compile_shape).transpose()?,
    })
}

fn compile_shape(shape: &str) -> Result<IdentifierShape, CompileFault> {
    // Grouped: of `a|b` each anchor would otherwise hold one alternative only.
    IdentifierShape::new(&format!("^(?:{shape})$")).map_err(fault)
}

/// The whole map, without its writes.
pub fn compile(map: &LearntMap) -> Result<TriedMap, CompileFault> {
    let map = TriedMap {
        kinds: compile_kinds(&map.kinds)?,
        primary: 0,
        routes: compile_routes(map)?,
    };
    Ok(map.most_specific_first())
}

fn compile_routes(map: &LearntMap) -> Result<Vec<TriedRoute>, CompileFault> {
    let errors = map
        .errors
        .as_ref()
        .map(|errors| compile_errors(errors, &map.kinds))
        .transpose()?;
    map.routes
        .iter()
        .map(|route| compile_route(route, map, errors.as_ref()))
        .collect()
}

fn compile_errors(errors: &LearntErrors, kinds: &[LearntKind]) -> Result<ErrorRules, CompileFault> {
    Ok(ErrorRules {
        statuses: compile_statuses(&errors.statuses)?,
        types: errors.types.clone(),
        bytes_max: errors.bytes,
        sweep: compile_sweep(&errors.sweep, kinds)?,
    })
}

fn compile_statuses(statuses: &[String]) -> Result<Vec<StatusPattern>, CompileFault> {
    statuses
        .iter()
        .map(|text| StatusPattern::parse(text).map_err(fault))
        .collect()
}

/// The patterns of these kinds that are searched for in every text.
pub(crate) fn compile_sweep(
    sweep: &[usize],
    kinds: &[LearntKind],
) -> Result<Vec<Pick>, CompileFault> {
    let patterns = sweep
        .iter()
        .filter_map(|kind| Some((*kind, kinds.get(*kind)?.sweep.as_deref()?)));
    patterns
        .map(|(kind, pattern)| pick(kind, Some(pattern), "sweep"))
        .collect()
}

/// The same in the letter case of the kinds alone: words of a script that only look like
/// identifiers in another case hold no resource back. One of a known person does, in whatever case,
/// since the survey has seen it.
pub(crate) fn compile_exact_sweep(
    sweep: &[usize],
    kinds: &[LearntKind],
) -> Result<Vec<Pick>, CompileFault> {
    let exact = |kind: &LearntKind| LearntKind {
        sweep: kind
            .sweep
            .as_ref()
            .map(|pattern| pattern.strip_prefix("(?i)").unwrap_or(pattern).to_owned()),
        ..kind.clone()
    };
    let kinds: Vec<LearntKind> = kinds.iter().map(exact).collect();
    compile_sweep(sweep, &kinds)
}

fn compile_route(
    route: &LearntRoute,
    map: &LearntMap,
    errors: Option<&ErrorRules>,
) -> Result<TriedRoute, CompileFault> {
    let request = route
        .request
        .iter()
        .map(compile_request)
        .collect::<Result<Vec<_>, _>>()?;
    let blocks = route
        .blocks
        .iter()
        .map(|block| compile_block(block, &map.kinds))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(TriedRoute {
        name: route.name.clone(),
        methods: route.methods.clone(),
        pattern: Pattern::parse(&route.path).map_err(fault)?,
        when: compile_conditions(route)?,
        is_held: route.kind == LearntRouteKind::Held,
        request,
        response: ResponseRules {
            blocks,
            errors: errors.cloned(),
        },
        limits: InspectionLimits {
            decoded_bytes_max: 64 << 20,
            identifiers_max: 100_000,
        },
        query: Some(accepted_parameters(route)),
    })
}

/// # Errors
/// A place is none.
pub(crate) fn compile_conditions(
    route: &LearntRoute,
) -> Result<Vec<RequestCondition>, CompileFault> {
    let conditions = &route.when;
    // As the server reads it: no method is all methods.
    let is_without_body = !route.methods.is_empty()
        && route
            .methods
            .iter()
            .all(|method| matches!(method.as_str(), "GET" | "HEAD"));
    let compiled = conditions.iter().map(|condition| {
        let source = match &condition.place {
            LearntConditionPlace::Query(name) => ConditionSource::Query(name.clone()),
            LearntConditionPlace::Json(path) => {
                ConditionSource::Json(ConditionPath::parse(path).map_err(fault)?)
            }
            LearntConditionPlace::TextJson(path) => {
                ConditionSource::TextJson(ConditionPath::parse(path).map_err(fault)?)
            }
            LearntConditionPlace::GraphQl => ConditionSource::GraphQl,
        };
        let values = condition.values.iter().cloned().collect();
        let condition = RequestCondition::new(source, values);
        Ok(match is_without_body {
            true => condition.without_body(),
            false => condition,
        })
    });
    compiled.collect()
}

fn accepted_parameters(route: &LearntRoute) -> Vec<(String, Option<Regex>)> {
    let by_rule = route
        .request
        .iter()
        .filter(|rule| rule.place == RequestPlace::Query)
        .map(|rule| &rule.at);
    route
        .query
        .iter()
        .chain(by_rule)
        .map(|name| (name.clone(), None))
        .collect()
}

fn compile_request(rule: &LearntRequest) -> Result<RequestRule, CompileFault> {
    let pick = pick(rule.kind, rule.pattern.as_deref(), &rule.at)?;
    Ok(RequestRule {
        name: rule.at.clone(),
        source: request_source(rule, &pick)?,
        pick,
        is_subject: true,
    })
}

fn request_source(rule: &LearntRequest, pick: &Pick) -> Result<RequestSource, CompileFault> {
    let at = rule.at.clone();
    Ok(match rule.place {
        RequestPlace::Path => RequestSource::Path(at),
        RequestPlace::Query => RequestSource::Query(at),
        RequestPlace::Form => RequestSource::Form(at),
        RequestPlace::Json => {
            let path = RecordPath::parse(&at).map_err(fault)?;
            RequestSource::json(path, pick.clone()).map_err(fault)?
        }
    })
}

fn pick(kind: usize, pattern: Option<&str>, rule: &str) -> Result<Pick, CompileFault> {
    Ok(match pattern {
        None => Pick::whole(kind, rule),
        Some(pattern) => Pick::by_pattern(kind, SearchPattern::new(pattern).map_err(fault)?, rule),
    })
}

fn paths(texts: &[String]) -> Result<Vec<RecordPath>, CompileFault> {
    texts
        .iter()
        .map(|text| RecordPath::parse(text).map_err(fault))
        .collect()
}

/// One block.
pub(crate) fn compile_block(
    block: &LearntBlock,
    kinds: &[LearntKind],
) -> Result<RuleBlock, CompileFault> {
    let rules = compile_rules(block, kinds)?;
    let mut compiled = RuleBlock::new(types_of(block), rules);
    compiled.sweep = compile_sweep(&block.sweep, kinds)?;
    let is_unnamed = matches!(block.records, LearntRecords::Unnamed(_));
    compiled.without_records = is_unnamed.then(|| "learnt".to_owned());
    let is_free = is_unnamed && block.format == BlockFormat::Html && !block.counts_undescribed;
    let counts = !(block.allows_undescribed || is_free);
    compiled.undescribed_max = counts.then_some(0);
    Ok(compiled)
}

fn compile_rules(block: &LearntBlock, kinds: &[LearntKind]) -> Result<BlockRules, CompileFault> {
    Ok(match block.format {
        BlockFormat::Json => BlockRules::Json(compile_json(block)?),
        BlockFormat::NdJson => BlockRules::NdJson(compile_json(block)?),
        BlockFormat::Html => BlockRules::Html(compile_html(block)?),
        BlockFormat::Csv => BlockRules::Csv(compile_table(block)?),
        BlockFormat::Xlsx => BlockRules::Xlsx(compile_table(block)?),
        BlockFormat::Xml => BlockRules::Xml(compile_xml(block)?),
        BlockFormat::Pdf => BlockRules::Pdf(compile_pdf(block)),
        BlockFormat::Zip => BlockRules::Zip(compile_archive(block, kinds)?),
        BlockFormat::Events => BlockRules::Events(compile_events(block, kinds)?),
        BlockFormat::Text => BlockRules::Text {
            is_record_per_line: matches!(block.records, LearntRecords::Lines),
        },
        BlockFormat::Nobody => BlockRules::Nobody,
    })
}

fn compile_pdf(block: &LearntBlock) -> PdfRules {
    PdfRules {
        records: match &block.records {
            LearntRecords::Document => PdfRecords::Document,
            LearntRecords::Pages => PdfRecords::Pages,
            LearntRecords::At(_)
            | LearntRecords::Page
            | LearntRecords::Rows
            | LearntRecords::Lines
            | LearntRecords::OfParts
            | LearntRecords::Unnamed(_) => PdfRecords::Unsaid,
        },
        pictures: match block.ignores_pictures {
            true => PicturesChoice::ShowNobody,
            false => PicturesChoice::Refuse,
        },
    }
}

fn compile_archive(block: &LearntBlock, kinds: &[LearntKind]) -> Result<ZipRules, CompileFault> {
    let entry = |part: &LearntPart| {
        let names = part.names.iter().map(|name| EntryName::parse(name));
        Ok(EntryRules {
            names: names.collect::<Result<_, _>>().map_err(fault)?,
            block: compile_block(&part.block, kinds)?,
        })
    };
    let entries = block.parts.iter().map(entry);
    Ok(ZipRules {
        entries: entries.collect::<Result<_, CompileFault>>()?,
        entries_max: ENTRIES_USUAL,
        ratio_max: RATIO_USUAL,
    })
}

fn compile_events(block: &LearntBlock, kinds: &[LearntKind]) -> Result<EventRules, CompileFault> {
    let event = |part: &LearntPart| {
        Ok(EventRule {
            names: part.names.iter().map(|name| NameGlob::new(name)).collect(),
            block: compile_block(&part.block, kinds)?,
        })
    };
    let events = block.parts.iter().map(event);
    Ok(EventRules {
        events: events.collect::<Result<_, CompileFault>>()?,
    })
}

fn types_of(block: &LearntBlock) -> Vec<String> {
    if block.types.is_empty() {
        block.format.usual_types()
    } else {
        block.types.clone()
    }
}

fn record_texts(block: &LearntBlock) -> &[String] {
    match &block.records {
        LearntRecords::At(records) => records,
        LearntRecords::Page
        | LearntRecords::Rows
        | LearntRecords::Lines
        | LearntRecords::Document
        | LearntRecords::Pages
        | LearntRecords::OfParts
        | LearntRecords::Unnamed(_) => &[],
    }
}

fn compile_json(block: &LearntBlock) -> Result<JsonRules, CompileFault> {
    let rules = block.persons.iter().map(compile_json_rule);
    let map = JsonMap {
        rules: rules.collect::<Result<_, _>>()?,
        records: paths(record_texts(block))?,
        empty: paths(&block.empty)?,
        no_person: paths(&block.no_person)?,
        ..JsonMap::default()
    };
    JsonRules::new(map).map_err(fault)
}

fn compile_json_rule(rule: &LearntRule) -> Result<JsonRule, CompileFault> {
    let at = rule.first_place();
    Ok(JsonRule {
        path: RecordPath::parse(at).map_err(fault)?,
        pick: pick(rule.kind, rule.pattern.as_deref(), at)?,
        is_own: rule.own,
    })
}

fn compile_html(block: &LearntBlock) -> Result<HtmlRules, CompileFault> {
    let records = compile_html_records(&block.records)?;
    let rules = block.persons.iter().map(compile_html_rule);
    Ok(HtmlRules {
        rules: rules.collect::<Result<_, _>>()?,
        records,
        empty: selectors(&block.empty)?,
        no_person: selectors(&block.no_person)?,
        compare: Vec::new(),
    })
}

fn compile_html_records(records: &LearntRecords) -> Result<HtmlRecords, CompileFault> {
    Ok(match records {
        LearntRecords::At(records) => HtmlRecords::At(selectors(records)?),
        LearntRecords::Page => HtmlRecords::Page,
        LearntRecords::Rows
        | LearntRecords::Lines
        | LearntRecords::Document
        | LearntRecords::Pages
        | LearntRecords::OfParts
        | LearntRecords::Unnamed(_) => HtmlRecords::Unsaid,
    })
}

fn compile_html_rule(rule: &LearntRule) -> Result<HtmlRule, CompileFault> {
    let at = rule.first_place();
    let pick = pick(rule.kind, rule.pattern.as_deref(), at)?;
    Ok(HtmlRule {
        selector: parse_selector(at).map_err(fault)?,
        take: identifier_part(rule.take.as_deref()),
        pick,
        is_own: rule.own.unwrap_or(true),
    })
}

fn identifier_part(take: Option<&str>) -> IdentifierPart {
    match take.and_then(|take| take.strip_prefix('@')) {
        Some(name) => IdentifierPart::Attribute(name.to_owned()),
        None => IdentifierPart::Text,
    }
}

fn selectors(texts: &[String]) -> Result<Vec<Selector>, CompileFault> {
    texts
        .iter()
        .map(|text| parse_selector(text).map_err(fault))
        .collect()
}

fn compile_xml(block: &LearntBlock) -> Result<XmlRules, CompileFault> {
    let rules = block.persons.iter().map(compile_xml_rule);
    Ok(XmlRules {
        rules: rules.collect::<Result<_, _>>()?,
        records: xml_paths(record_texts(block))?,
        empty: xml_paths(&block.empty)?,
        no_person: xml_paths(&block.no_person)?,
        compare: Vec::new(),
    })
}

fn compile_xml_rule(rule: &LearntRule) -> Result<XmlRule, CompileFault> {
    let at = rule.first_place();
    Ok(XmlRule {
        path: XmlPath::parse(at).map_err(fault)?,
        pick: pick(rule.kind, rule.pattern.as_deref(), at)?,
        is_own: rule.own,
    })
}

fn xml_paths(texts: &[String]) -> Result<Vec<XmlPath>, CompileFault> {
    texts
        .iter()
        .map(|text| XmlPath::parse(text).map_err(fault))
        .collect()
}

fn compile_table(block: &LearntBlock) -> Result<TableRules, CompileFault> {
    let captions = block
        .captions
        .as_deref()
        .map(|pattern| Regex::new(pattern).map_err(fault))
        .transpose()?;
    let columns = block.persons.iter().map(compile_column);
    Ok(TableRules {
        columns: columns.collect::<Result<_, _>>()?,
        captions,
        fields: block.fields.clone(),
        ..TableRules::default()
    })
}

fn compile_column(rule: &LearntRule) -> Result<ColumnRule, CompileFault> {
    Ok(ColumnRule {
        columns: rule.at.iter().map(|text| map_column(text)).collect(),
        pick: pick(rule.kind, rule.pattern.as_deref(), &rule.at.join(" | "))?,
        is_optional: rule.optional,
        is_own: rule.own.unwrap_or(true),
    })
}

/// A column by its number, `#3`, or by its header.
fn map_column(text: &str) -> MapColumn {
    let number = text.strip_prefix('#');
    match number.and_then(|number| number.parse().ok()) {
        Some(number) => MapColumn::Number(number),
        None => MapColumn::Named(text.to_owned()),
    }
}
