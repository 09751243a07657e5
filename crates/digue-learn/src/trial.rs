//! The second reading of the traffic: each block of the draft is applied by the inspection itself,
//! and the first that reads every answer becomes the map's.
//!
//! A portal cannot talk the map out of its net: whatever passes unread (resources, pictures) is
//! searched here, and what shows a person is held and searched from then on.

use std::collections::{BTreeMap, BTreeSet};

use digue_identifiers::{Collector, IdentifierKind, Pick, ResponseReading};
use digue_inspect::condition::{ConditionReading, by_conditions};
use digue_inspect::media_type::MediaType;
use digue_inspect::{
    InspectionLimits, Message, RequestCondition, RequestContent, ResponseRules, RuleBlock, inspect,
};
use digue_survey::body_format::is_asset;
use digue_survey::exchange::{BODY_BYTES_MAX, Exchange, RecordedBody, UrlParts, segments_of};
use digue_survey::packed_texts::{PackedTexts, texts_within};
use digue_types::path::{Pattern, Segments};
use digue_types::path_template::{PathTemplate, TemplatePart};
use digue_types::{ReadFailure, UnreadPlace};
use smol_str::SmolStr;

use crate::compile::{
    CompileFault, compile_block, compile_conditions, compile_exact_sweep, compile_kinds,
};
use crate::draft::{MapDraft, RouteDraft};
use crate::finding::LearntFinding;
use crate::model::{
    BlockFormat, LearntBlock, LearntMap, LearntRecords, LearntRoute, LearntRouteKind, LineReason,
    RouteAction,
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
pub(crate) struct MapTrial {
    origin: String,
    kinds: Vec<IdentifierKind>,
    sweep: Vec<Pick>,
    routes: Vec<RouteTrial>,
    rest: MapDraft,
}

impl MapTrial {
    /// # Errors
    /// A kind of the draft does not compile; blocks that do not are left out.
    pub(crate) fn new(mut draft: MapDraft) -> Result<Self, CompileFault> {
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
                        Some((block, TriedBlock::new(compiled)))
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
        Ok(Self {
            origin: draft.origin.clone(),
            kinds,
            sweep,
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
            if !self.sweep.is_empty() && shows_person(&self.kinds, &self.sweep, exchange) {
                route
                    .shown_by
                    .entry(url.path.to_owned())
                    .or_default()
                    .insert(media.essence.clone());
            }
        }
        if !(200..300).contains(&exchange.status) {
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
                try_all(candidates, &self.kinds, &message);
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
            errors,
            writes,
            mut findings,
            ..
        } = self.rest;
        let sweep: Vec<usize> = (0..kinds.len())
            .filter(|kind| kinds[*kind].sweep.is_some())
            .collect();
        let mut routes = Vec::new();
        for trial in self.routes {
            trial.conclude(&sweep, &mut routes, &mut findings);
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

/// True when the sweep finds an identifier in a body that is text, or in the texts of a PDF file or
/// an archive, and when those cannot be read.
pub(crate) fn shows_person(
    kinds: &[IdentifierKind],
    sweep: &[Pick],
    exchange: &Exchange<'_>,
) -> bool {
    let RecordedBody::Bytes(body) = exchange.body else {
        return false;
    };
    let Ok(bytes) = digue_decode::decode(exchange.content_encoding, body, BODY_BYTES_MAX) else {
        return false;
    };
    let shows = |text: &str| {
        let mut found = Collector::new(kinds, sweep, 1);
        // More than one is an error of the limit, and shows a person all the same.
        found.sweep(text, UnreadPlace::default).is_err() || found.count() > 0
    };
    match texts_within(&bytes) {
        PackedTexts::Whole(texts) => texts.iter().any(|text| shows(text)),
        // Whom it shows is not known: it is held from then on, and refused.
        PackedTexts::Partial(_) => true,
        PackedTexts::NotPacked => std::str::from_utf8(&bytes).is_ok_and(shows),
    }
}

/// Tries each block that has not failed yet, and at least one.
fn try_all(candidates: &mut [TriedBlock], kinds: &[IdentifierKind], message: &Message<'_>) {
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
            ResponseReading::Persons(_) | ResponseReading::ShowsNobody(_) => block.read += 1,
        }
    }
}

impl TriedBlock {
    fn new(block: RuleBlock) -> Self {
        let types = block.types.clone();
        let rules = ResponseRules {
            blocks: vec![block],
            errors: None,
        };
        Self {
            rules,
            types,
            read: 0,
            unread: 0,
            first_cause: None,
        }
    }
}

impl RouteTrial {
    fn answers(&self, method: &str, path: &Segments) -> bool {
        let mut methods = self.draft.route.methods.iter();
        methods.any(|known| known == method) && self.pattern.matches(path).is_some()
    }

    fn conclude(
        self,
        sweep: &[usize],
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
            route.blocks.push(LearntBlock {
                reason: LineReason::Read {
                    responses: outcome.read,
                },
                ..block
            });
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
        captions: None,
        ignores_pictures: false,
        parts: Vec::new(),
        allows_undescribed: false,
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
