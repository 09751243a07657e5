//! The second reading of the traffic: each block of the draft is applied by the inspection itself,
//! and the first that reads every answer becomes the map's.
//!
//! A portal cannot talk the map out of its net: whatever passes unread (resources, pictures) is
//! searched here, and what shows a person is held and searched from then on.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use digue_identifiers::{Identifier, IdentifierKind, ResponseReading, ShownIdentifiers};
use digue_inspect::condition::{ConditionReading, by_conditions};
use digue_inspect::media_type::MediaType;
use digue_inspect::{
    InspectionLimits, Message, RequestCondition, RequestContent, ResponseRules, RuleBlock, inspect,
};
use digue_survey::body_format::is_asset;
use digue_survey::exchange::{BODY_BYTES_MAX, Exchange, RecordedBody, UrlParts, segments_of};
use digue_survey::known::KnownPersons;
use digue_types::ReadFailure;
use digue_types::path::{Pattern, Segments};
use digue_types::path_template::{PathTemplate, TemplatePart};
use smol_str::SmolStr;

use crate::compile::{
    CompileFault, compile_block, compile_conditions, compile_exact_sweep, compile_kinds,
};
use crate::draft::{MapDraft, RouteDraft};
use crate::exact_sweep::{ExactSweep, SharedSearch};
use crate::finding::LearntFinding;
use crate::model::{
    BlockFormat, LearntBlock, LearntKind, LearntMap, LearntRecords, LearntRoute, LearntRouteKind,
    LineReason, RouteAction,
};

/// Files of one directory of resources that become routes of their own; with more, the whole
/// directory is held.
const HELD_FILES_MAX: usize = 20;

pub(crate) const LIMITS: InspectionLimits = InspectionLimits {
    decoded_bytes_max: BODY_BYTES_MAX,
    identifiers_max: 100_000,
};

/// One block, ready to be applied.
struct TriedBlock {
    rules: ResponseRules,
    /// The same without the search for shapes that other things share; `None` where it searches for
    /// none.
    narrow: Option<ResponseRules>,
    searched: SharedSearch,
    types: Vec<String>,
    read: usize,
    unread: usize,
    first_cause: Option<ReadFailure>,
}

struct RouteTrial {
    pattern: Pattern,
    when: Vec<RequestCondition>,
    draft: RouteDraft,
    /// For each format, its blocks in their order.
    blocks: Vec<Vec<TriedBlock>>,
    /// Of resources: the types that pass unread, and those that show a person, by path.
    unread: BTreeSet<String>,
    shown_by: BTreeMap<String, BTreeSet<String>>,
    /// More of them showed persons than are told apart.
    is_held_whole: bool,
}

/// The draft on trial.
pub(crate) struct MapTrial<'k> {
    known: &'k KnownPersons,
    origin: String,
    kinds: Vec<IdentifierKind>,
    sweep: ExactSweep,
    /// What the search for shared shapes finds in answers to failed requests.
    in_errors: SharedSearch,
    routes: Vec<RouteTrial>,
    rest: MapDraft,
}

impl<'k> MapTrial<'k> {
    /// # Errors
    /// A kind of the draft does not compile; blocks that do not are left out.
    pub(crate) fn new(mut draft: MapDraft, known: &'k KnownPersons) -> Result<Self, CompileFault> {
        let kinds = compile_kinds(&draft.kinds)?;
        let all: Vec<usize> = (0..draft.kinds.len()).collect();
        let sweep = compile_exact_sweep(&all, &draft.kinds)?;
        let learnt_kinds = draft.kinds.clone();
        let mut routes = Vec::new();
        for mut route in std::mem::take(&mut draft.routes) {
            let when = compile_conditions(&route.route)?;
            let Ok(pattern) = Pattern::parse(&route.route.path) else {
                let (path, exchanges) = (route.route.path.clone(), 0);
                draft
                    .findings
                    .push(LearntFinding::RefusedPath { path, exchanges });
                continue;
            };
            let mut blocks = Vec::new();
            for candidates in &mut route.blocks {
                let compiled: Vec<(LearntBlock, TriedBlock)> = candidates
                    .drain(..)
                    .filter_map(|block| {
                        // A path or selector beyond what the inspection compiles: the next block
                        // has fewer.
                        let compiled = compile_block(&block, &learnt_kinds).ok()?;
                        let narrow = narrowed(&block, &learnt_kinds);
                        let narrow =
                            narrow.and_then(|block| compile_block(&block, &learnt_kinds).ok());
                        Some((block, TriedBlock::new(compiled, narrow)))
                    })
                    .collect();
                let (kept, tried) = compiled.into_iter().unzip();
                *candidates = kept;
                blocks.push(tried);
            }
            let (unread, shown_by) = (BTreeSet::new(), BTreeMap::new());
            routes.push(RouteTrial {
                pattern,
                when,
                draft: route,
                blocks,
                unread,
                shown_by,
                is_held_whole: false,
            });
        }
        routes.sort_by(|one, other| {
            let by_path = one.pattern.by_specificity(&other.pattern);
            by_path.then_with(|| by_conditions(&one.when, &other.when))
        });
        let shared = (0..learnt_kinds.len()).filter(|kind| learnt_kinds[*kind].is_shared);
        let shared = shared.collect();
        Ok(Self {
            known,
            origin: draft.origin.clone(),
            kinds,
            sweep: ExactSweep {
                picks: sweep,
                shared,
            },
            in_errors: SharedSearch::default(),
            routes,
            rest: draft,
        })
    }

    /// Applies the blocks to one exchange.
    pub(crate) fn observe(&mut self, exchange: &Exchange<'_>) {
        let RecordedBody::Bytes(body) = exchange.body else {
            return;
        };
        let Some(url) = UrlParts::of(exchange.url).filter(|url| url.origin == self.origin) else {
            return;
        };
        if body.is_empty() {
            return;
        }
        let Ok(path) = Segments::parse(url.path) else {
            return;
        };
        let content = RequestContent::of(url.query, exchange.request_type, exchange.request_body);
        let fits = |route: &&mut RouteTrial| {
            let mut conditions = route.when.iter();
            route.answers(exchange.method, &path)
                && conditions.all(|when| when.reading(&content) == ConditionReading::Holds)
        };
        let Some(route) = self.routes.iter_mut().find(fits) else {
            return;
        };
        let media = MediaType::parse(exchange.content_type.unwrap_or_default());
        // Whatever the status: an error page passes where resources do.
        if route.passes_unread(&media) {
            route.unread.insert(media.essence.clone());
            if self.sweep.shows_person(&self.kinds, self.known, exchange) {
                route
                    .shown_by
                    .entry(url.path.to_owned())
                    .or_default()
                    .insert(media.essence.clone());
            }
        }
        if !(200..300).contains(&exchange.status) {
            let found = self.sweep.shared_in(&self.kinds, exchange);
            let texts = found.iter().map(String::as_str);
            self.in_errors.note(self.known, texts, &HashSet::new());
            return;
        }
        let message = Message {
            status: exchange.status,
            content_type: exchange.content_type,
            content_encoding: exchange.content_encoding,
            body,
        };
        for candidates in &mut route.blocks {
            if candidates
                .first()
                .is_some_and(|block| media.fits_one(&block.types))
            {
                try_all(candidates, &self.kinds, self.known, &message);
            }
        }
    }

    /// An address that showed a person in another reading than this one.
    pub(crate) fn note_shown(&mut self, origin: &str, method: &str, path: &str, essence: &str) {
        let Some(segments) = Segments::parse(path).ok().filter(|_| origin == self.origin) else {
            return;
        };
        let media = MediaType::parse(essence);
        // Of several routes of one address it is not known which one answered.
        let routes = self.routes.iter_mut();
        for route in routes.filter(|route| route.answers(method, &segments)) {
            if route.passes_unread(&media) {
                route.unread.insert(media.essence.clone());
                let shown = route.shown_by.entry(path.to_owned()).or_default();
                shown.insert(media.essence.clone());
            }
        }
    }

    /// More addresses showed persons than can be told apart: whatever would pass unread is held,
    /// and searched.
    pub(crate) fn hold_all_resources(&mut self) {
        for route in &mut self.routes {
            let mut blocks = route.draft.blocks.iter().flatten();
            route.is_held_whole = route.draft.route.kind == LearntRouteKind::Assets
                || blocks.any(|block| block.format == BlockFormat::Nobody);
        }
    }

    /// The map of the blocks that held, and what a person has to look at.
    pub(crate) fn conclude(self) -> (LearntMap, Vec<LearntFinding>) {
        let MapDraft {
            origin,
            kinds,
            mut errors,
            writes,
            mut findings,
            ..
        } = self.rest;
        if let Some(errors) = &mut errors
            && self.in_errors.is_of_others()
        {
            errors.sweep.retain(|kind| !kinds[*kind].is_shared);
        }
        let sweep: Vec<usize> = (0..kinds.len())
            .filter(|kind| kinds[*kind].sweep.is_some())
            .collect();
        let mut routes = Vec::new();
        for trial in self.routes {
            trial.conclude((&sweep, &kinds), &mut routes, &mut findings);
        }
        routes.sort_by(|one, other| {
            one.path
                .cmp(&other.path)
                .then(one.methods.cmp(&other.methods))
        });
        (
            LearntMap {
                origin,
                kinds,
                errors,
                routes,
                writes,
            },
            findings,
        )
    }
}

/// The block without the search for shapes that other things share; `None` where nothing would be
/// left that reads it, or nothing changes.
fn narrowed(block: &LearntBlock, kinds: &[LearntKind]) -> Option<LearntBlock> {
    let mut narrow = block.clone();
    (narrow_parts(&mut narrow, kinds) && narrow != *block).then_some(narrow)
}

/// False where a text would be left that nothing reads.
fn narrow_parts(block: &mut LearntBlock, kinds: &[LearntKind]) -> bool {
    block.sweep.retain(|kind| !kinds[*kind].is_shared);
    let is_only_searched = matches!(block.format, BlockFormat::Text | BlockFormat::Pdf);
    (!is_only_searched || !block.sweep.is_empty())
        && block
            .parts
            .iter_mut()
            .all(|part| narrow_parts(&mut part.block, kinds))
}

/// Tries each block that has not failed yet, and at least one.
fn try_all(
    candidates: &mut [TriedBlock],
    kinds: &[IdentifierKind],
    known: &KnownPersons,
    message: &Message<'_>,
) {
    let is_clean = |block: &TriedBlock| block.unread == 0;
    for place in 0..candidates.len() {
        // One that failed is tried again only while no later one is clean: it may be the least bad.
        if !is_clean(&candidates[place]) && candidates[place + 1..].iter().any(is_clean) {
            continue;
        }
        let block = &mut candidates[place];
        match inspect(&block.rules, kinds, message, &LIMITS) {
            ResponseReading::Unreadable(why) => {
                block.unread += 1;
                block.first_cause.get_or_insert(why.detail);
            }
            ResponseReading::Persons(shown) => {
                block.read += 1;
                block.note_search(kinds, known, &shown, message);
            }
            ResponseReading::ShowsNobody(_) => block.read += 1,
        }
    }
}

impl TriedBlock {
    fn new(block: RuleBlock, narrow: Option<RuleBlock>) -> Self {
        let types = block.types.clone();
        let rules = |block| ResponseRules {
            blocks: vec![block],
            errors: None,
        };
        Self {
            rules: rules(block),
            narrow: narrow.map(rules),
            searched: SharedSearch::default(),
            types,
            read: 0,
            unread: 0,
            first_cause: None,
        }
    }

    /// Notes what only the search for shared shapes found.
    fn note_search(
        &mut self,
        kinds: &[IdentifierKind],
        known: &KnownPersons,
        shown: &ShownIdentifiers,
        message: &Message<'_>,
    ) {
        let Some(narrow) = &self.narrow else { return };
        let without: HashSet<Identifier> = match inspect(narrow, kinds, message, &LIMITS) {
            ResponseReading::Persons(shown) => shown.identifiers().cloned().collect(),
            ResponseReading::ShowsNobody(_) => HashSet::new(),
            // Nothing reads it without the search: it stays.
            ResponseReading::Unreadable(_) => {
                self.searched.note_needed();
                return;
            }
        };
        let only = shown
            .identifiers()
            .filter(|identifier| !without.contains(*identifier));
        let persons = without
            .iter()
            .filter_map(|identifier| known.person(&identifier.text));
        let persons = persons.collect();
        self.searched
            .note(known, only.map(|identifier| &*identifier.text), &persons);
    }
}

impl RouteTrial {
    fn answers(&self, method: &str, path: &Segments) -> bool {
        let mut methods = self.draft.route.methods.iter();
        methods.any(|known| known == method) && self.pattern.matches(path).is_some()
    }

    fn conclude(
        self,
        (sweep, kinds): (&[usize], &[LearntKind]),
        routes: &mut Vec<LearntRoute>,
        findings: &mut Vec<LearntFinding>,
    ) {
        let RouteTrial {
            draft,
            blocks: tried,
            unread,
            mut shown_by,
            is_held_whole,
            ..
        } = self;
        let RouteDraft { mut route, blocks } = draft;
        for (candidates, tried) in blocks.into_iter().zip(tried) {
            let Some(Chosen {
                block,
                outcome,
                stricter,
            }) = Chosen::of(candidates, tried)
            else {
                continue;
            };
            let (path, format) = (route.path.clone(), block.format);
            if is_unclear(&block) && format != BlockFormat::Nobody {
                let responses = outcome.read;
                findings.push(LearntFinding::RecordsUnclear {
                    path,
                    format,
                    responses,
                    first: stricter,
                });
            } else if block.allows_undescribed {
                findings.push(LearntFinding::TextsOutsideRecords {
                    path,
                    format,
                    first: stricter,
                });
            }
            if let Some(why) = outcome.first_cause {
                findings.push(LearntFinding::NotReadWhole {
                    path: route.path.clone(),
                    format: block.format,
                    cause: why.cause,
                    responses: outcome.unread,
                });
            }
            if shows_nobody(&block) {
                findings.push(LearntFinding::NoPersonSeen {
                    path: route.path.clone(),
                    format: block.format,
                    responses: outcome.read,
                    is_counted: block.counts_undescribed,
                });
            }
            let mut block = LearntBlock {
                reason: LineReason::Read {
                    responses: outcome.read,
                },
                ..block
            };
            if outcome.searched.is_of_others()
                && let Some(narrow) = narrowed(&block, kinds)
            {
                findings.push(LearntFinding::SearchNarrowed {
                    path: route.path.clone(),
                    format: block.format,
                    values: outcome.searched.values(),
                });
                block = narrow;
            }
            route.blocks.push(block);
        }
        if is_held_whole {
            findings.push(LearntFinding::TooManyPlaces {
                path: route.path.clone(),
            });
            // Every file of the route is searched from now on, under the address of the route
            // itself.
            shown_by = [(route.path.clone(), unread.clone())].into();
            route.kind = LearntRouteKind::Held;
        }
        if shown_by.is_empty() {
            routes.push(route);
            return;
        }
        hold_resources(route, &unread, shown_by, sweep, routes, findings);
    }

    /// True for types that the route lets pass without reading them.
    fn passes_unread(&self, media: &MediaType) -> bool {
        let mut blocks = self.draft.blocks.iter().flatten();
        self.draft.route.kind == LearntRouteKind::Assets
            || blocks
                .any(|block| block.format == BlockFormat::Nobody && media.fits_one(&block.types))
    }
}

/// True when nobody was seen, in the whole or in a part of which the rules say nothing more.
fn shows_nobody(block: &LearntBlock) -> bool {
    let is_own = matches!(
        block.records,
        LearntRecords::Unnamed(LineReason::NobodyKnown { .. })
    );
    // Pictures and style sheets have findings of their own.
    is_own && block.format != BlockFormat::Nobody
        || block.parts.iter().any(|part| shows_nobody(&part.block))
}

/// True when persons are found, and nothing says where one's record is.
fn is_unclear(block: &LearntBlock) -> bool {
    let is_own = matches!(
        block.records,
        LearntRecords::Unnamed(LineReason::RecordsUnclear { .. })
    );
    is_own || block.parts.iter().any(|part| is_unclear(&part.block))
}

/// Resources that show persons become answers that are searched.
fn hold_resources(
    mut route: LearntRoute,
    unread: &BTreeSet<String>,
    shown_by: BTreeMap<String, BTreeSet<String>>,
    sweep: &[usize],
    routes: &mut Vec<LearntRoute>,
    findings: &mut Vec<LearntFinding>,
) {
    let responses = shown_by.len();
    findings.push(LearntFinding::PersonsInResources {
        path: route.path.clone(),
        responses,
    });
    if route.kind == LearntRouteKind::Held || shown_by.len() > HELD_FILES_MAX {
        let types = shown_by.into_values().flatten().collect();
        route
            .blocks
            .retain(|block| block.format != BlockFormat::Nobody);
        route.kind = LearntRouteKind::Held;
        route
            .blocks
            .extend(resource_blocks(types, unread, sweep, responses));
        routes.push(route);
        return;
    }
    for (place, (path, types)) in shown_by.into_iter().enumerate() {
        routes.push(LearntRoute {
            name: format!("{}-{}", route.name, place + 1),
            path: literal(&path),
            kind: LearntRouteKind::Held,
            action: RouteAction::Read,
            blocks: resource_blocks(types, unread, sweep, 1),
            ..route.clone()
        });
    }
    routes.push(route);
}

/// A path that was asked for, as a map writes it.
fn literal(path: &str) -> String {
    let part = |segment: &String| TemplatePart::Literal(SmolStr::new(segment));
    PathTemplate(segments_of(path).iter().map(part).collect()).text()
}

/// The blocks of resources that are held: types that show persons, and all that are no resources,
/// are searched; others show nobody.
fn resource_blocks(
    shown: BTreeSet<String>,
    unread: &BTreeSet<String>,
    sweep: &[usize],
    responses: usize,
) -> Vec<LearntBlock> {
    let all = shown
        .union(unread)
        .filter(|essence| !essence.is_empty())
        .cloned();
    let (searched, others): (Vec<String>, Vec<String>) =
        all.partition(|essence| shown.contains(essence) || !is_asset(essence));
    let block = |format, types, sweep: &[usize], reason| LearntBlock {
        format,
        types,
        records: LearntRecords::Unnamed(reason),
        persons: Vec::new(),
        empty: Vec::new(),
        no_person: Vec::new(),
        fields: Vec::new(),
        captions: None,
        ignores_pictures: false,
        parts: Vec::new(),
        allows_undescribed: false,
        counts_undescribed: false,
        sweep: sweep.to_vec(),
        reason: LineReason::Read { responses },
    };
    let mut blocks = Vec::new();
    if !searched.is_empty() {
        blocks.push(block(
            BlockFormat::Text,
            searched,
            sweep,
            LineReason::RecordsUnclear { responses },
        ));
    }
    if !others.is_empty() {
        blocks.push(block(
            BlockFormat::Nobody,
            others,
            &[],
            LineReason::NobodyKnown { responses },
        ));
    }
    blocks
}

/// The block of a format that becomes the map's.
struct Chosen {
    block: LearntBlock,
    outcome: TriedBlock,
    /// Why the next stricter one was not.
    stricter: Option<ReadFailure>,
}

impl Chosen {
    /// The first block that read everything, else the one that read most.
    fn of(candidates: Vec<LearntBlock>, tried: Vec<TriedBlock>) -> Option<Self> {
        let clean = tried.iter().position(|block| block.unread == 0);
        let place = clean.or_else(|| most_read(&tried))?;
        let stricter = place
            .checked_sub(1)
            .and_then(|before| tried[before].first_cause.clone());
        let (block, outcome) = candidates.into_iter().zip(tried).nth(place)?;
        Some(Self {
            block,
            outcome,
            stricter,
        })
    }
}

fn most_read(tried: &[TriedBlock]) -> Option<usize> {
    let order = |(place, block): &(usize, &TriedBlock)| (block.read, std::cmp::Reverse(*place));
    let most = tried.iter().enumerate().max_by_key(order);
    most.map(|(place, _)| place)
}
