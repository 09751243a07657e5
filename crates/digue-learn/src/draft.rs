//! From what was seen to lines of a map: routes, and for each format of answer several blocks, the
//! strictest first.
//!
//! Which of them holds is not argued here: the trial runs each on the traffic through the
//! inspection itself.

use std::collections::{BTreeMap, BTreeSet};

use digue_inspect::media_type::MediaType;
use digue_survey::body_format::BodyFormat;
use digue_survey::body_survey::BodySurvey;
use digue_survey::content::RouteContent;
use digue_survey::judge::AddressVerdicts;
use digue_survey::known::{KnownKind, KnownPersons};
use digue_survey::portal_survey::{OtherHost, PortalSurvey};
use digue_survey::reading::{ReadingSign, RequestNature, request_nature};
use digue_survey::route_judge::{JudgedParameter, JudgedRequest, RouteJudge};
use digue_survey::survey::{ErrorSurvey, RouteKey, RouteSurvey, is_safe};
use digue_survey::value::ValueContext;
use digue_types::path_template::{PathTemplate, TemplatePart};

use crate::directories::directories;
use crate::draft_blocks::{TypedBody, format_blocks, resource_blocks};
use crate::draft_context::{DraftContext, pattern_among_others};
use crate::draft_parameters::{Group, linked_parameters, offered_parameters};
use crate::draft_requests::{as_write, conditions_of, joined};
use crate::finding::LearntFinding;
use crate::model::{
    BlockFormat, LearntBlock, LearntErrors, LearntKind, LearntRequest, LearntRoute,
    LearntRouteKind, LineReason, RequestPlace, RouteAction,
};

/// A map whose blocks are still to be tried.
pub(crate) struct MapDraft {
    pub(crate) origin: String,
    pub(crate) kinds: Vec<LearntKind>,
    pub(crate) errors: Option<LearntErrors>,
    pub(crate) routes: Vec<RouteDraft>,
    pub(crate) writes: Vec<LearntRoute>,
    pub(crate) findings: Vec<LearntFinding>,
}

/// A route, and for each format the blocks to try.
pub(crate) struct RouteDraft {
    pub(crate) route: LearntRoute,
    pub(crate) blocks: Vec<Vec<LearntBlock>>,
}

/// Drafts the map of the portal that was recorded most.
pub(crate) fn draft(known: &KnownPersons, portal: PortalSurvey) -> MapDraft {
    let PortalSurvey {
        origin,
        routes,
        errors,
        addresses,
        usual_member,
        fetched,
        others,
        dropped,
    } = portal;
    let mut findings: Vec<LearntFinding> = others.into_iter().map(other_origin).collect();
    let kinds = kinds(known);
    let sweep: Vec<usize> = (0..kinds.len())
        .filter(|kind| kinds[*kind].sweep.is_some())
        .collect();
    for (place, kind) in known
        .kinds()
        .iter()
        .enumerate()
        .filter(|(place, _)| !sweep.contains(place))
    {
        if place == 0 {
            findings.push(LearntFinding::NoSweep {
                kind: kind.name.clone(),
                telling: kind.telling(),
            });
        }
    }
    for (context, kind, hits) in addresses
        .doubtful()
        .filter(|(context, ..)| !context.is_paging())
    {
        let places = BTreeSet::from([place_of(context)]);
        let kind = known.kind(kind).name.clone();
        LearntFinding::DoubtfulPlaces {
            path: String::new(),
            places,
            kind,
            hits,
        }
        .add_to(&mut findings);
    }
    for later in &fetched {
        findings.push(LearntFinding::FetchedLater {
            issued_by: later.issued_by.label(),
            asked_of: later.asked_of.label(),
        });
    }
    if dropped > 0 {
        findings.push(LearntFinding::TooManyRoutes { exchanges: dropped });
    }
    let errors = errors.and_then(|errors| errors_of(&errors, &sweep));
    let usual_member = usual_member.as_deref();
    let names = BTreeSet::new();
    let mut draft = RoutesDraft {
        known,
        addresses: &addresses,
        sweep: &sweep,
        usual_member,
        findings,
        names,
    };
    let (assets, rest) = draft.split_assets(&routes);
    let mut drafted = draft.asset_routes(&assets, &rest);
    let linked = linked_parameters(&rest);
    let mut writes = Vec::new();
    for (template, methods) in by_template(&rest) {
        let (safe, unsafe_ones): (Vec<_>, Vec<_>) = methods
            .into_iter()
            .partition(|(key, _)| is_safe(&key.method));
        let offered = offered_parameters(&linked, template, &safe);
        for same in by_content(&safe) {
            let mut route = draft.read_route(template, &same);
            let is_new = |name: &&String| {
                let rules = &route.route.request;
                !route.route.query.contains(*name)
                    && !addresses.names_person(name)
                    && !rules.iter().any(|rule| rule.at == **name)
            };
            let new: Vec<String> = offered.iter().filter(is_new).cloned().collect();
            route.route.query.extend(new);
            drafted.push(route);
        }
        let page = joined(&safe);
        for (key, survey) in unsafe_ones {
            match request_nature(known, key, survey, page.as_ref()) {
                RequestNature::Reads(sign) => match draft.reading_route(key, survey, sign) {
                    Ok(route) => drafted.push(route),
                    Err(write) => writes.push(*write),
                },
                nature @ (RequestNature::MayRead(_) | RequestNature::Unknown) => {
                    writes.push(draft.write_route(key, survey, nature));
                }
            }
        }
    }
    drafted.sort_by(|one, other| one.route.path.cmp(&other.route.path));
    let mut findings = draft.findings;
    findings.dedup();
    MapDraft {
        origin,
        kinds,
        errors,
        routes: drafted,
        writes,
        findings,
    }
}

fn other_origin(host: OtherHost) -> LearntFinding {
    let OtherHost {
        origin,
        exchanges,
        with_known,
    } = host;
    LearntFinding::OtherOrigin {
        origin,
        exchanges,
        with_known,
    }
}

/// How a finding names a context.
pub(crate) fn place_of(context: &ValueContext) -> String {
    match context {
        ValueContext::Whole => String::new(),
        ValueContext::Path(before) => format!("/{before}/{{}}"),
        ValueContext::Query(name) => format!("?{name}="),
        ValueContext::After(text) => format!("{text}..."),
    }
}

fn by_template<'r>(routes: &Group<'r>) -> BTreeMap<&'r PathTemplate, Group<'r>> {
    let mut groups: BTreeMap<&PathTemplate, Group<'r>> = BTreeMap::new();
    for (key, survey) in routes {
        groups
            .entry(&key.template)
            .or_default()
            .push((*key, *survey));
    }
    groups
}

/// The methods of each choice of what the address does.
fn by_content<'r>(safe: &Group<'r>) -> Vec<Group<'r>> {
    let mut groups: BTreeMap<&RouteContent, Group<'r>> = BTreeMap::new();
    for (key, survey) in safe {
        groups
            .entry(&key.content)
            .or_default()
            .push((*key, *survey));
    }
    groups.into_values().collect()
}

pub(crate) fn kinds(known: &KnownPersons) -> Vec<LearntKind> {
    let learnt = |kind: &KnownKind| learnt_kind(kind, known.is_given());
    known.kinds().iter().map(learnt).collect()
}

fn learnt_kind(kind: &KnownKind, is_given: bool) -> LearntKind {
    LearntKind {
        name: kind.name.clone(),
        steps: kind.shape.steps.clone(),
        shape: Some(kind.shape.pattern.clone()).filter(|_| !kind.shape.is_of_words()),
        sweep: kind.shape.sweep(),
        // Of identifiers that were inferred, nobody knows which others are persons'.
        is_shared: is_given && kind.shape.is_shared(),
        reason: reason_of_kind(kind, is_given),
    }
}

fn reason_of_kind(kind: &KnownKind, is_given: bool) -> LineReason {
    let count = kind.count();
    match (kind.is_seen, is_given) {
        (true, _) => LineReason::KindBeside { persons: count },
        (false, true) => LineReason::KindGiven {
            values: count,
            telling: kind.telling(),
        },
        (false, false) => LineReason::KindInferred { values: count },
    }
}

fn errors_of(survey: &ErrorSurvey, sweep: &[usize]) -> Option<LearntErrors> {
    let types: Vec<String> = survey
        .types
        .iter()
        .filter(|essence| !essence.is_empty())
        .cloned()
        .collect();
    (!types.is_empty()).then(|| LearntErrors {
        statuses: status_classes(survey),
        types,
        bytes: error_bytes_max(survey.largest),
        sweep: sweep.to_vec(),
        reason: LineReason::Failures {
            responses: survey.responses,
        },
    })
}

fn status_classes(survey: &ErrorSurvey) -> Vec<String> {
    let classes: BTreeSet<String> = survey
        .statuses
        .iter()
        .map(|status| format!("{}xx", status / 100))
        .collect();
    classes.into_iter().collect()
}

/// Twice the largest that was seen, and no page of records: beyond 16 KiB an error page is refused.
fn error_bytes_max(largest: usize) -> usize {
    (largest * 2).next_power_of_two().clamp(2 << 10, 16 << 10)
}

struct RoutesDraft<'d> {
    known: &'d KnownPersons,
    addresses: &'d AddressVerdicts,
    sweep: &'d [usize],
    usual_member: Option<&'d str>,
    findings: Vec<LearntFinding>,
    names: BTreeSet<String>,
}

impl<'d> RoutesDraft<'d> {
    /// Routes of resources that show nobody known, and all others.
    fn split_assets<'r>(
        &mut self,
        routes: &'r BTreeMap<RouteKey, RouteSurvey>,
    ) -> (Group<'r>, Group<'r>) {
        routes
            .iter()
            .partition(|(key, survey)| is_of_resources(key, survey))
    }

    fn asset_routes(&mut self, assets: &Group<'_>, others: &Group<'_>) -> Vec<RouteDraft> {
        for (key, survey) in assets {
            let responses = survey.bodies.values().map(|body| body.with_doubtful).sum();
            if responses > 0 {
                let path = key.template.text();
                self.findings
                    .push(LearntFinding::PersonsInResources { path, responses });
            }
        }
        // Of use where a resource turns out to show persons, and is held.
        let parameters = assets.iter().flat_map(|(_, survey)| survey.parameters());
        let parameters: BTreeSet<String> = parameters.cloned().collect();
        let parameters: Vec<String> = parameters.into_iter().take(PARAMETERS_MAX).collect();
        let assets: Vec<&PathTemplate> = assets.iter().map(|(key, _)| &key.template).collect();
        let others: Vec<&PathTemplate> = others.iter().map(|(key, _)| &key.template).collect();
        let directories = directories(&assets, &others);
        let is_below = |template: &PathTemplate| {
            directories
                .iter()
                .any(|(directory, _)| template.0.starts_with(&directory.0))
        };
        let mut by_ending: BTreeMap<String, Vec<&PathTemplate>> = BTreeMap::new();
        for template in assets.iter().filter(|template| !is_below(template)) {
            let place = siblings(template).unwrap_or_else(|| template.text());
            by_ending.entry(place).or_default().push(template);
        }
        // A build has hundreds, with other names at the next: one manifest beside them does not
        // tear them apart.
        let alone = by_ending
            .into_iter()
            .flat_map(|(place, files)| match files.len() {
                SIBLINGS_MIN.. => vec![(place, files.len())],
                _ => files.iter().map(|file| (file.text(), 1)).collect(),
            });
        let below = directories
            .iter()
            .map(|(directory, files)| (format!("{}/**", directory.text()), *files));
        let paths: BTreeMap<String, usize> = below.chain(alone).collect();
        paths
            .into_iter()
            .map(|(path, files)| RouteDraft {
                route: LearntRoute {
                    query: parameters.clone(),
                    ..asset_route(self.name(&path, ""), path, files)
                },
                blocks: Vec::new(),
            })
            .collect()
    }

    /// A name that no other route has.
    fn name(&mut self, path: &str, suffix: &str) -> String {
        let base = plain_name(path, suffix);
        let mut name = base.clone();
        let mut number = 2;
        while !self.names.insert(name.clone()) {
            name = format!("{base}-{number}");
            number += 1;
        }
        name
    }

    fn read_route(&mut self, template: &PathTemplate, methods: &Group<'_>) -> RouteDraft {
        let mut survey = RouteSurvey::default();
        methods
            .iter()
            .for_each(|(_, own)| survey.absorb((*own).clone()));
        let key = methods[0].0;
        let (path, label) = (template.text(), key.label());
        self.note_gaps(&label, &survey);
        let judge = RouteJudge::new(self.known, self.addresses, key);
        let mut request = self.request_rules(RequestPlace::Path, judge.path(&survey));
        let (query, by_query) = self.query_rules(&label, judge.query(&survey));
        request.extend(by_query);
        let blocks = self.blocks(key, &label, &survey);
        let mut names: Vec<String> = methods
            .iter()
            .map(|(key, _)| key.method.to_string())
            .collect();
        names.dedup();
        let reason = LineReason::Asked {
            exchanges: survey.exchanges,
            without_body: survey.gaps.values().sum(),
        };
        let route = LearntRoute {
            name: self.name(&label, ""),
            path,
            methods: names,
            when: conditions_of(&key.content),
            kind: LearntRouteKind::Held,
            action: action_of(&blocks, &request),
            query,
            request,
            blocks: Vec::new(),
            reason,
            samples: survey.samples.iter().cloned().collect(),
        };
        RouteDraft { route, blocks }
    }

    /// A route whose requests only read, although their method says otherwise; a proposal where
    /// nothing would find the records that it showed.
    fn reading_route(
        &mut self,
        key: &RouteKey,
        survey: &RouteSurvey,
        sign: ReadingSign,
    ) -> Result<RouteDraft, Box<LearntRoute>> {
        let (method, path, exchanges) = (key.method.to_string(), key.label(), survey.exchanges);
        let (route, blocks) = self.content_route(key, survey);
        let finds = |block: &LearntBlock| block.shows_persons() || !block.sweep.is_empty();
        if survey.shows_records(self.known) && !blocks.iter().flatten().any(finds) {
            self.findings.push(LearntFinding::MayOnlyRead {
                method,
                path,
                exchanges,
                sign,
            });
            return Err(Box::new(as_write(route, blocks)));
        }
        self.note_gaps(&path, survey);
        self.findings
            .push(LearntFinding::TakenForReading { method, path, sign });
        let route = LearntRoute {
            action: action_of(&blocks, &route.request),
            reason: LineReason::Reads { exchanges, sign },
            ..route
        };
        Ok(RouteDraft { route, blocks })
    }

    /// A route whose requests have a content, and the blocks to try for it.
    fn content_route(
        &mut self,
        key: &RouteKey,
        survey: &RouteSurvey,
    ) -> (LearntRoute, Vec<Vec<LearntBlock>>) {
        let (path, label) = (key.template.text(), key.label());
        let judge = RouteJudge::new(self.known, self.addresses, key);
        let mut request = self.request_rules(RequestPlace::Path, judge.path(survey));
        let (query, by_query) = self.query_rules(&label, judge.query(survey));
        request.extend(by_query);
        request.extend(self.request_rules(RequestPlace::Form, judge.form(survey)));
        request.extend(self.request_rules(RequestPlace::Json, judge.json_request(survey)));
        let blocks = self.blocks(key, &label, survey);
        let method = key.method.to_ascii_lowercase();
        let name = match key.content {
            RouteContent::Any => self.name(&path, &format!("-{method}")),
            RouteContent::OtherMethod(_) => {
                let suffix = format!("-{method}-as-{}", key.content.label());
                self.name(&path, &suffix.to_ascii_lowercase())
            }
            RouteContent::Query(_) | RouteContent::Json { .. } | RouteContent::GraphQl(_) => {
                self.name(&label, "")
            }
        };
        let route = LearntRoute {
            name,
            path,
            methods: vec![key.method.to_string()],
            when: conditions_of(&key.content),
            kind: LearntRouteKind::Held,
            action: RouteAction::Change,
            query,
            request,
            blocks: Vec::new(),
            reason: LineReason::Writes {
                exchanges: survey.exchanges,
            },
            samples: survey.samples.iter().cloned().collect(),
        };
        (route, blocks)
    }

    fn note_gaps(&mut self, path: &str, survey: &RouteSurvey) {
        let gaps = survey.gaps.iter();
        self.findings.extend(
            gaps.map(|(gap, responses)| LearntFinding::BodiesNotRecorded {
                path: path.to_owned(),
                gap: *gap,
                responses: *responses,
            }),
        );
        if survey.odd_paths > 0 {
            let (path, exchanges) = (path.to_owned(), survey.odd_paths);
            self.findings
                .push(LearntFinding::RefusedPath { path, exchanges });
        }
    }

    fn request_rule(&self, place: RequestPlace, request: JudgedRequest) -> LearntRequest {
        let JudgedRequest {
            at,
            context,
            accepted,
        } = request;
        let kind = self.known.kind(accepted.kind);
        let within = context.pattern(&kind.written());
        LearntRequest {
            place,
            at,
            kind: usize::from(accepted.kind),
            pattern: within.or_else(|| pattern_among_others(kind, accepted)),
            reason: LineReason::Hits(accepted.evidence),
        }
    }

    fn request_rules(
        &self,
        place: RequestPlace,
        requests: Vec<JudgedRequest>,
    ) -> Vec<LearntRequest> {
        requests
            .into_iter()
            .map(|request| self.request_rule(place, request))
            .collect()
    }

    /// Parameters that name persons, and the names of all others.
    fn query_rules(
        &mut self,
        path: &str,
        parameters: Vec<JudgedParameter<'_>>,
    ) -> (Vec<String>, Vec<LearntRequest>) {
        let (mut names, mut rules) = (Vec::new(), Vec::new());
        for parameter in parameters {
            match parameter {
                JudgedParameter::Person(request) => {
                    rules.push(self.request_rule(RequestPlace::Query, request));
                }
                JudgedParameter::Other { name, has_words } => {
                    if has_words {
                        self.note_free_search(path, name);
                    }
                    names.push(name.to_owned());
                }
            }
        }
        (names, rules)
    }

    fn note_free_search(&mut self, path: &str, parameter: &str) {
        self.findings.push(LearntFinding::FreeSearch {
            path: path.to_owned(),
            parameter: parameter.to_owned(),
        });
    }

    /// The blocks to try, for each format of the answers.
    fn blocks(
        &mut self,
        key: &RouteKey,
        path: &str,
        survey: &RouteSurvey,
    ) -> Vec<Vec<LearntBlock>> {
        let mut blocks = Vec::new();
        let mut formats: BTreeMap<Option<BlockFormat>, Vec<TypedBody<'_>>> = BTreeMap::new();
        let mut taken: BTreeMap<&String, (BodyFormat, usize)> = BTreeMap::new();
        for ((essence, format), body) in &survey.bodies {
            // One type has one block: of two kinds of content under one type, the more frequent one
            // is described.
            let known = taken.entry(essence).or_insert((*format, body.responses));
            if known.0 != *format {
                let (path, media_type) = (path.to_owned(), essence.clone());
                self.findings
                    .push(LearntFinding::MixedContent { path, media_type });
                if known.1 < body.responses {
                    *known = (*format, body.responses);
                }
            }
        }
        for ((essence, format), body) in &survey.bodies {
            self.note_body(path, essence, *format, body);
            if taken
                .get(essence)
                .is_some_and(|(chosen, _)| chosen == format)
            {
                formats
                    .entry(BlockFormat::of(*format))
                    .or_default()
                    .push((essence, *format, body));
            }
        }
        for (format, bodies) in formats {
            let types: Vec<String> = bodies
                .iter()
                .map(|(essence, ..)| (*essence).clone())
                .collect();
            let mut joined = bodies[0].2.clone();
            bodies[1..]
                .iter()
                .for_each(|(_, _, body)| joined.absorb((*body).clone()));
            let mut context = DraftContext {
                known: self.known,
                judge: RouteJudge::new(self.known, self.addresses, key),
                path,
                sweep: self.sweep,
                usual_member: self.usual_member,
                findings: &mut self.findings,
            };
            let candidates = match format {
                Some(format) => {
                    format_blocks(&mut context, format, types_of(format, types), &joined)
                }
                None => resource_blocks(&context, &bodies),
            };
            if !candidates.is_empty() {
                blocks.push(candidates);
            }
        }
        blocks
    }

    fn note_body(&mut self, path: &str, essence: &str, format: BodyFormat, body: &BodySurvey) {
        let path = || path.to_owned();
        if essence.is_empty() {
            self.findings.push(LearntFinding::NoType {
                path: path(),
                responses: body.responses,
            });
        }
        for (cause, responses) in &body.unreadable {
            let (cause, responses) = (*cause, *responses);
            self.findings.push(LearntFinding::UnreadableAnswers {
                path: path(),
                cause,
                responses,
            });
        }
        if body.with_name_only > 0 {
            let (responses, of) = (body.with_name_only, body.responses);
            self.findings.push(LearntFinding::NameWithoutIdentifier {
                path: path(),
                responses,
                of,
            });
        }
        match format {
            BodyFormat::Opaque => self.findings.push(LearntFinding::UnreadType {
                path: path(),
                media_type: essence.to_owned(),
                responses: body.responses,
                bytes: body.bytes,
            }),
            BodyFormat::Asset if body.with_known + body.with_doubtful > 0 => {
                let responses = body.with_known + body.with_doubtful;
                self.findings.push(LearntFinding::PersonsInResources {
                    path: path(),
                    responses,
                });
            }
            BodyFormat::Asset if essence.starts_with("image/") => {
                let responses = body.responses;
                self.findings.push(LearntFinding::PicturesNotRead {
                    path: path(),
                    responses,
                });
            }
            BodyFormat::Json
            | BodyFormat::NdJson
            | BodyFormat::Html
            | BodyFormat::Csv
            | BodyFormat::Xlsx
            | BodyFormat::Xml
            | BodyFormat::Pdf
            | BodyFormat::Zip
            | BodyFormat::Events
            | BodyFormat::Text
            | BodyFormat::Asset => {}
        }
    }

    fn write_route(
        &mut self,
        key: &RouteKey,
        survey: &RouteSurvey,
        nature: RequestNature,
    ) -> LearntRoute {
        let (method, path, exchanges) = (key.method.to_string(), key.label(), survey.exchanges);
        self.findings.push(match nature {
            RequestNature::MayRead(sign) => LearntFinding::MayOnlyRead {
                method,
                path,
                exchanges,
                sign,
            },
            RequestNature::Reads(_) | RequestNature::Unknown => LearntFinding::WriteNotProposed {
                method,
                path,
                exchanges,
            },
        });
        let (route, blocks) = self.content_route(key, survey);
        as_write(route, blocks)
    }
}

/// The most parameters of a resource that is held.
const PARAMETERS_MAX: usize = 20;

/// The fewest resources of one ending in a directory that are described together.
const SIBLINGS_MIN: usize = 8;

/// The pattern of the files beside a resource that have its ending: `/build/*.js`. None for one at
/// the root, where pages are.
fn siblings(template: &PathTemplate) -> Option<String> {
    let (last, directory) = template.0.split_last()?;
    let ending = match last {
        TemplatePart::Literal(name) => name.rsplit_once('.')?.1,
        TemplatePart::Variable { after } => after.strip_prefix('.')?,
    };
    let is_plain = !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_literal = |part: &TemplatePart| matches!(part, TemplatePart::Literal(_));
    (is_plain && !directory.is_empty() && directory.iter().all(is_literal))
        .then(|| format!("{}/*.{ending}", PathTemplate(directory.to_vec()).text()))
}

/// True for a route that shows nobody known and answers with resources alone.
fn is_of_resources(key: &RouteKey, survey: &RouteSurvey) -> bool {
    let is_gone = survey.bodies.is_empty();
    is_safe(&key.method)
        && !is_gone
        && survey.bodies.iter().all(is_resource)
        && !(has_variable(&key.template) && has_picture(survey))
}

fn is_resource(((_, format), body): (&(String, BodyFormat), &BodySurvey)) -> bool {
    *format == BodyFormat::Asset && body.with_known == 0 && body.with_name_only == 0
}

fn has_variable(template: &PathTemplate) -> bool {
    let is_variable = |part: &TemplatePart| matches!(part, TemplatePart::Variable { .. });
    template.0.iter().any(is_variable)
}

fn has_picture(survey: &RouteSurvey) -> bool {
    let mut types = survey.bodies.keys();
    types.any(|(essence, _)| essence.starts_with("image/"))
}

fn asset_route(name: String, path: String, files: usize) -> LearntRoute {
    LearntRoute {
        name,
        path,
        methods: vec!["GET".to_owned(), "HEAD".to_owned()],
        when: Vec::new(),
        kind: LearntRouteKind::Assets,
        action: RouteAction::Read,
        query: Vec::new(),
        request: Vec::new(),
        blocks: Vec::new(),
        reason: LineReason::Resources { files },
        samples: Vec::new(),
    }
}

/// The words of a path, as the name of a route is written.
fn plain_name(path: &str, suffix: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain = |c: char| if is_plain(c) { c } else { '-' };
    let name: String = path.chars().take(60).map(plain).collect();
    let name = name.to_ascii_lowercase() + suffix;
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        "root".to_owned()
    } else {
        words.join("-")
    }
}

/// The types to write: none when they are the format's usual ones.
fn types_of(format: BlockFormat, types: Vec<String>) -> Vec<String> {
    let usual = format.usual_types();
    let media = |essence: &String| MediaType {
        essence: essence.clone(),
        charset: None,
        boundary: None,
    };
    if types.iter().map(media).all(|media| media.fits_one(&usual)) {
        Vec::new()
    } else {
        types
    }
}

fn action_of(blocks: &[Vec<LearntBlock>], request: &[LearntRequest]) -> RouteAction {
    let first = || blocks.iter().filter_map(|candidates| candidates.first());
    let shows = LearntBlock::shows_persons;
    let is_file = |block: &LearntBlock| {
        matches!(
            block.format,
            BlockFormat::Csv | BlockFormat::Xlsx | BlockFormat::Zip
        )
    };
    if first().any(|block| shows(block) && is_file(block)) {
        return RouteAction::Export;
    }
    if request.iter().any(|rule| rule.place == RequestPlace::Path) {
        return RouteAction::Open;
    }
    if first().any(shows) {
        RouteAction::List
    } else {
        RouteAction::Read
    }
}
