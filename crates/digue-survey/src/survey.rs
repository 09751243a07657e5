//! The first reading of the traffic: each exchange joins its route, and its body is looked at and
//! forgotten.
//!
//! Held are counts, places, shapes and hashes, within bounds that are said when they are reached.
//! Of addresses, a few whole paths stay in memory to try the finished map; they are not part of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use digue_identifiers::GlobalType;
use digue_inspect::media_type::MediaType;
use digue_types::path::Segments;
use digue_types::path_template::{PathTemplate, TemplatePart, is_variable};
use smol_str::SmolStr;

use crate::alias::AliasSurvey;
use crate::body_format::{BodyFormat, format_of};
use crate::body_survey::BodySurvey;
use crate::content::{RouteContent, dispatches, literals, root_texts};
use crate::exchange::{
    BODY_BYTES_MAX, BodyGap, Exchange, RecordedBody, UrlParts, pairs, segments_of,
};
use crate::json_survey::JsonSurvey;
use crate::known::{KnownPersons, Spelling};
use crate::redirects::RedirectSurvey;
use crate::repeated::RepeatedRequests;
use crate::request_words::field_changes;
use crate::shape::{Telling, is_in_no_order};
use crate::sole_shape::SoleShapes;
use crate::tally::{DistinctValues, HitSigns, PlaceTally, absorb_tallies, hash_of};
use crate::value::is_code;
use crate::value::{SegmentsBefore, Spot, TextKind, ValueContext, spots};

/// The most routes; exchanges of others are counted and not learnt.
const ROUTES_MAX: usize = 5_000;

/// The most parameters of one route.
const PARAMETERS_MAX: usize = 200;

/// Paths kept to try the map.
const SAMPLES_MAX: usize = 4;

/// The most things that are told apart at one address.
const CONTENTS_MAX: usize = 300;

/// The most random texts that are followed to a later request.
const TOKENS_MAX: usize = 50_000;

/// What is answered by one part of the map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey {
    pub origin: SmolStr,
    pub method: SmolStr,
    pub template: PathTemplate,
    /// What tells requests for this address apart.
    pub content: RouteContent,
}

impl RouteKey {
    /// How messages name it: its path, and what is called there.
    pub fn label(&self) -> String {
        let (path, called) = (self.template.text(), self.content.label());
        match called.is_empty() {
            true => path,
            false => format!("{path} {called}"),
        }
    }

    /// The words that say what it is about: fixed segments, and what is called.
    pub(crate) fn words(&self) -> impl DoubleEndedIterator<Item = &str> {
        let called = self.content.names().into_iter();
        literals(&self.template).chain(called.filter_map(subject_of_call))
    }
}

/// Of `model.party.read`, `model.party`.
fn subject_of_call(name: &str) -> Option<&str> {
    match name.rsplit_once(['.', '/', ':']) {
        Some((subject, _)) => Some(subject),
        None => Some(name),
    }
}

/// A parameter of the query or of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterSurvey {
    pub(crate) tally: PlaceTally,
    pub(crate) values: DistinctValues,
    /// Known values within others, after a fixed text.
    pub(crate) inner: BTreeMap<ValueContext, PlaceTally>,
    /// Values of letters and spaces: perhaps a search.
    pub(crate) words: usize,
}

/// Everything seen of one route.
#[derive(Clone, Debug, Default)]
pub struct RouteSurvey {
    pub exchanges: usize,
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub samples: BTreeSet<String>,
    pub(crate) query: BTreeMap<String, ParameterSurvey>,
    pub(crate) form: BTreeMap<String, ParameterSurvey>,
    pub(crate) json_request: BTreeMap<(SmolStr, ValueContext), PlaceTally>,
    /// By place in the path.
    pub(crate) segments: BTreeMap<usize, PlaceTally>,
    /// Literal values that are known, by place: usernames.
    pub(crate) known_literals: BTreeSet<usize>,
    pub bodies: BTreeMap<(String, BodyFormat), BodySurvey>,
    pub(crate) without_body: usize,
    pub gaps: BTreeMap<BodyGap, usize>,
    /// A field of a form says that something changes, or files are sent.
    pub(crate) says_change: bool,
    /// A field or member chooses what the address does, and no condition says which choice was seen.
    pub(crate) chooses_otherwise: bool,
    pub(crate) repeated: RepeatedRequests,
    pub(crate) redirects: RedirectSurvey,
    /// A path that the gateway refuses.
    pub odd_paths: usize,
}

/// An answer to a failed request.
#[derive(Clone, Debug, Default)]
pub struct ErrorSurvey {
    pub statuses: BTreeSet<u16>,
    pub types: BTreeSet<String>,
    pub largest: usize,
    pub responses: usize,
}

/// A route whose answers issue what another route is asked with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FetchedLater {
    pub issued_by: RouteKey,
    pub asked_of: RouteKey,
}

/// All that was seen.
pub(crate) struct TrafficSurvey<'k> {
    known: &'k KnownPersons,
    pub(crate) routes: BTreeMap<RouteKey, RouteSurvey>,
    pub(crate) errors: BTreeMap<SmolStr, ErrorSurvey>,
    pub(crate) aliases: AliasSurvey,
    pub(crate) sole_shapes: SoleShapes,
    /// Values of variable segments and parameters that are nobody's, of requests and links, by
    /// context: perhaps aliases used alone.
    pub(crate) asked: BTreeMap<ValueContext, BTreeSet<SmolStr>>,
    pub(crate) fetched: BTreeSet<FetchedLater>,
    tokens: HashMap<u64, RouteKey>,
    /// What is told apart at each address.
    contents: BTreeMap<RouteKey, BTreeSet<RouteContent>>,
    /// Exchanges of more routes than are followed.
    pub(crate) dropped: usize,
    pub(crate) exchanges: usize,
}

impl<'k> TrafficSurvey<'k> {
    pub(crate) fn new(known: &'k KnownPersons) -> Self {
        Self {
            known,
            routes: BTreeMap::new(),
            errors: BTreeMap::new(),
            aliases: AliasSurvey::default(),
            sole_shapes: SoleShapes::of(known),
            asked: BTreeMap::new(),
            fetched: BTreeSet::new(),
            tokens: HashMap::new(),
            contents: BTreeMap::new(),
            dropped: 0,
            exchanges: 0,
        }
    }

    /// Looks at one exchange.
    pub(crate) fn observe(&mut self, exchange: &Exchange<'_>) {
        self.exchanges += 1;
        let Some(url) = UrlParts::of(exchange.url) else {
            return;
        };
        let segments = segments_of(url.path);
        let mut key = RouteKey {
            origin: SmolStr::new(url.origin),
            method: SmolStr::new(exchange.method),
            template: self.template_of(&segments),
            content: RouteContent::Any,
        };
        let content = match is_safe(exchange.method) {
            true => RouteContent::of_query(self.known, &url),
            false => RouteContent::of(self.known, exchange, &url),
        };
        let Some(content) = self.content(&key, content) else {
            self.dropped += 1;
            return;
        };
        key.content = content;
        if self.routes.len() >= ROUTES_MAX && !self.routes.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        self.note_request(&key, exchange, &url, &segments);
        self.note_response(&key, exchange);
    }

    /// What the content says; `None` for more calls of one address than are told apart: without their
    /// conditions they would be one route, of readings and writes alike.
    fn content(&mut self, address: &RouteKey, content: RouteContent) -> Option<RouteContent> {
        if content == RouteContent::Any {
            return Some(content);
        }
        let known = self.contents.entry(address.clone()).or_default();
        if known.len() >= CONTENTS_MAX && !known.contains(&content) {
            return None;
        }
        known.insert(content.clone());
        Some(content)
    }

    /// Kinds that the portal writes otherwise than the list does.
    pub(crate) fn spellings(&self) -> Vec<(u16, Spelling)> {
        let mut seen: BTreeMap<u16, Spelling> = BTreeMap::new();
        let mut relays: BTreeSet<(u16, GlobalType)> = BTreeSet::new();
        let mut note = |tally: &PlaceTally| {
            for (kind, _) in tally.kinds.iter().filter(|(_, own)| own.hits > 0) {
                let own = seen.entry(*kind).or_default();
                let spelling = tally.spelling();
                own.other_case |= spelling.other_case;
                own.other_separators |= spelling.other_separators;
                relays.extend(tally.relays.iter().map(|of| (*kind, *of)));
            }
        };
        for route in self.routes.values() {
            route.segments.values().for_each(&mut note);
            route
                .query
                .values()
                .for_each(|parameter| note(&parameter.tally));
            for body in route.bodies.values() {
                body.format.each_tally(&mut note);
            }
        }
        let steps = |kind: u16| &self.known.kind(kind).shape.steps;
        let written = seen
            .into_iter()
            .filter(|(kind, spelling)| *spelling != Spelling::default() && steps(*kind).is_empty());
        let global = relays.into_iter().map(|(kind, of)| {
            let spelling = Spelling {
                relay: Some(of),
                ..Spelling::default()
            };
            (kind, spelling)
        });
        global.chain(written).collect()
    }

    fn note_request(
        &mut self,
        key: &RouteKey,
        exchange: &Exchange<'_>,
        url: &UrlParts<'_>,
        segments: &[String],
    ) {
        let known = self.known;
        let route = self.routes.entry(key.clone()).or_default();
        route.exchanges += 1;
        *route.statuses.entry(exchange.status).or_default() += 1;
        if route.samples.len() < SAMPLES_MAX {
            route.samples.insert(url.path.to_owned());
        }
        route.odd_paths += usize::from(Segments::parse(url.path).is_err());
        let mut asked: Vec<(ValueContext, String)> = Vec::new();
        for (place, segment) in segments.iter().enumerate() {
            match &key.template.0[place] {
                TemplatePart::Variable { after } => {
                    let stem = segment.strip_suffix(after.as_str()).unwrap_or(segment);
                    let tally = route.segments.entry(place).or_default();
                    whole(known, stem, &mut |spot| {
                        tally.add(&spot, HitSigns::default())
                    });
                    asked.push((context_at(&key.template, place), stem.to_owned()));
                }
                TemplatePart::Literal(_) => {
                    if known.value(segment).is_some() {
                        let tally = route.segments.entry(place).or_default();
                        whole(known, segment, &mut |spot| {
                            tally.add(&spot, HitSigns::default())
                        });
                        route.known_literals.insert(place);
                    } else if known.names.has_words(segment) {
                        route.known_literals.insert(place);
                    } else if is_code(segment) {
                        asked.push((context_at(&key.template, place), segment.clone()));
                    }
                }
            }
        }
        let mut note = |surveys: &mut BTreeMap<String, ParameterSurvey>,
                        name: String,
                        value: &str| {
            if surveys.len() >= PARAMETERS_MAX && !surveys.contains_key(&name) {
                return;
            }
            asked.push((ValueContext::Query(SmolStr::new(&name)), value.to_owned()));
            let survey = surveys.entry(name).or_default();
            spots(
                known,
                value,
                TextKind::Value,
                &mut |spot| match &spot.context {
                    ValueContext::Whole => survey.tally.add(&spot, HitSigns::default()),
                    ValueContext::After(_) => {
                        let inner = survey.inner.entry(spot.context.clone()).or_default();
                        inner.add(&spot, HitSigns::default());
                    }
                    ValueContext::Path(_) | ValueContext::Query(_) => {}
                },
            );
            survey.values.add(value);
            survey.words += usize::from(value.chars().filter(|c| c.is_alphabetic()).count() >= 3);
        };
        for (name, value) in pairs(url.query) {
            note(&mut route.query, name, &value);
        }
        if !is_safe(exchange.method) {
            route.redirects.add(exchange, url);
            let mut chosen = pairs(url.query).filter(|(name, _)| dispatches(name));
            route.chooses_otherwise |=
                chosen.any(|(name, value)| !key.content.names_choice(&name, &value));
            let body = String::from_utf8_lossy(exchange.request_body);
            for (name, value) in root_texts(&body) {
                route.says_change |= field_changes(&name, &value);
                route.chooses_otherwise |= dispatches(&name) && !key.content.names_member(&name);
            }
        }
        let request_type = MediaType::parse(exchange.request_type);
        match request_type.essence.as_str() {
            "application/x-www-form-urlencoded" => {
                for (name, value) in pairs(&String::from_utf8_lossy(exchange.request_body)) {
                    route.says_change |= field_changes(&name, &value);
                    route.chooses_otherwise |= dispatches(&name);
                    note(&mut route.form, name, &value);
                }
            }
            "application/json" => {
                let mut survey = JsonSurvey::default();
                // A body that is no JSON has no places; its route is a write, which a person
                // reviews.
                if survey
                    .read(known, &String::from_utf8_lossy(exchange.request_body))
                    .is_ok()
                {
                    absorb_tallies(&mut route.json_request, survey.tallies);
                }
            }
            "multipart/form-data" => route.says_change = true,
            _ => {}
        }
        self.note_asked(key, asked);
    }

    fn template_of(&self, segments: &[String]) -> PathTemplate {
        let mut template = PathTemplate::of(segments, &|text| self.is_known_segment(text));
        for (part, segment) in template.0.iter_mut().zip(segments) {
            // `jean.dupont@exemple.fr` has no ending: it identifies as it stands.
            if let TemplatePart::Variable { after } = part
                && !after.is_empty()
                && (self.is_known_segment(segment)
                    || segment.contains('@') && !is_known_ending(after))
            {
                *after = SmolStr::default();
            }
        }
        template
    }

    /// A name of letters may be a word of the portal: it waits until several stand at one place. A
    /// text in no order that has the shape of known ones is another thing's.
    fn is_known_segment(&self, text: &str) -> bool {
        let is_known = self.known.value(text).is_some_and(|(value, _)| {
            self.known.kind(value.kind).telling() > Telling::Short || is_variable(text)
        });
        is_known || is_in_no_order(text) && self.known.fitting(text).is_some()
    }

    fn note_fetched(&mut self, key: &RouteKey, value: &str) {
        if let Some(issued_by) = self.tokens.get(&hash_of(value))
            && issued_by != key
        {
            let fetched = FetchedLater {
                issued_by: issued_by.clone(),
                asked_of: key.clone(),
            };
            self.fetched.insert(fetched);
        }
    }

    fn note_asked(&mut self, key: &RouteKey, asked: Vec<(ValueContext, String)>) {
        for (context, value) in asked {
            self.note_fetched(key, &value);
            self.note_used(context, &value);
        }
    }

    /// Notes a value by which something is asked for, in a request or in a link.
    fn note_used(&mut self, context: ValueContext, value: &str) {
        if self.known.value(value).is_none() && (is_variable(value) || is_code(value)) {
            let values = self.asked.entry(context).or_default();
            if values.len() < 1000 {
                values.insert(SmolStr::new(value));
            }
        }
    }

    fn note_response(&mut self, key: &RouteKey, exchange: &Exchange<'_>) {
        let route = self.routes.entry(key.clone()).or_default();
        let bytes = match exchange.body {
            RecordedBody::NotRecorded(gap) => {
                *route.gaps.entry(gap).or_default() += 1;
                return;
            }
            RecordedBody::Bytes([]) => {
                route.without_body += 1;
                return;
            }
            RecordedBody::Bytes(bytes) => bytes,
        };
        if !is_safe(exchange.method) {
            let request = hash_of(format!(
                "{} {}",
                exchange.url,
                without_number(&String::from_utf8_lossy(exchange.request_body))
            ));
            let answer = hash_of(without_number(&String::from_utf8_lossy(bytes)));
            route.repeated.add(request, answer, self.exchanges);
        }
        let media = MediaType::parse(exchange.content_type.unwrap_or_default());
        if !(200..300).contains(&exchange.status) {
            let errors = self.errors.entry(key.origin.clone()).or_default();
            errors.statuses.insert(exchange.status);
            errors.types.insert(media.essence);
            errors.largest = errors.largest.max(bytes.len());
            errors.responses += 1;
            return;
        }
        let decoded = digue_decode::decode(exchange.content_encoding, bytes, BODY_BYTES_MAX);
        if let Ok(bytes) = &decoded {
            self.sole_shapes.read(self.known, bytes);
        }
        let format = match &decoded {
            Ok(bytes) => format_of(&media, bytes, &key.template),
            Err(_) => BodyFormat::Opaque,
        };
        let body = route
            .bodies
            .entry((media.essence.clone(), format))
            .or_insert_with(|| BodySurvey::new(format));
        body.responses += 1;
        body.bytes += bytes.len() as u64;
        let sight = match &decoded {
            Ok(bytes) => body.read(self.known, &media, bytes),
            Err(why) => Err(why.detail.clone()),
        };
        match sight {
            Ok(mut sight) => {
                // Within a script or a page in a text of JSON, no place holds it; the search in
                // every text finds it there.
                if sight.known.is_empty()
                    && let Ok(text) = decoded.as_deref().map(String::from_utf8_lossy)
                {
                    sight.add_told(self.known, &text);
                }
                body.note(self.known, &sight);
                for (context, value) in std::mem::take(&mut sight.linked) {
                    self.note_used(context, &value);
                }
                for (place, person, value) in sight.beside {
                    self.aliases.add(place, person, &value);
                }
                for token in sight.tokens {
                    if self.tokens.len() < TOKENS_MAX {
                        self.tokens.entry(token).or_insert_with(|| key.clone());
                    }
                }
            }
            Err(failure) => *body.unreadable.entry(failure.cause).or_default() += 1,
        }
    }
}

/// Endings that say a format, also behind an address of mail.
fn is_known_ending(ending: &str) -> bool {
    matches!(
        ending,
        ".json" | ".xml" | ".csv" | ".xlsx" | ".pdf" | ".html" | ".txt" | ".zip"
    )
}

/// Methods that change nothing (RFC 9110, 9.2.1).
pub fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// A remote call without the number that says which answer belongs to it.
fn without_number(text: &str) -> String {
    let start = text.find("\"id\":").filter(|at| *at < 64).map(|at| at + 5);
    let Some(start) = start else {
        return text.to_owned();
    };
    let rest = text[start..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    format!("{}{rest}", &text[..start])
}

/// The context of the segment at `place` of a template, as links to it have it.
pub(crate) fn context_at(template: &PathTemplate, place: usize) -> ValueContext {
    before_in(template, place).near()
}

/// The segments of a template before `place`.
pub(crate) fn before_in(template: &PathTemplate, place: usize) -> SegmentsBefore {
    let mut before = SegmentsBefore::default();
    for part in &template.0[..place] {
        match part {
            TemplatePart::Literal(literal) => before.push_literal(literal),
            TemplatePart::Variable { .. } => before.push_variable(),
        }
    }
    before
}

/// What the whole of a text is.
fn whole(known: &KnownPersons, text: &str, take: &mut dyn FnMut(Spot)) {
    spots(known, text, TextKind::Value, &mut |spot| {
        if spot.context == ValueContext::Whole {
            take(spot);
        }
    });
}

impl RouteSurvey {
    /// The names of the parameters of the query.
    pub fn parameters(&self) -> impl Iterator<Item = &String> {
        self.query.keys()
    }

    /// Answers that were read.
    pub(crate) fn with_bodies(&self) -> usize {
        self.bodies.values().map(|body| body.responses).sum()
    }

    /// Answers that show a known person.
    pub(crate) fn with_known(&self) -> usize {
        self.bodies.values().map(|body| body.with_known).sum()
    }

    pub fn absorb(&mut self, other: Self) {
        self.exchanges += other.exchanges;
        self.without_body += other.without_body;
        self.odd_paths += other.odd_paths;
        self.says_change |= other.says_change;
        self.chooses_otherwise |= other.chooses_otherwise;
        self.repeated.absorb(other.repeated);
        self.redirects.absorb(&other.redirects);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for sample in other.samples {
            if self.samples.len() < SAMPLES_MAX {
                self.samples.insert(sample);
            }
        }
        for (own, other) in [(&mut self.query, other.query), (&mut self.form, other.form)] {
            for (name, parameter) in other {
                let own = own.entry(name).or_default();
                own.tally.absorb(parameter.tally);
                own.values.absorb(parameter.values);
                for (context, tally) in parameter.inner {
                    own.inner.entry(context).or_default().absorb(tally);
                }
                own.words += parameter.words;
            }
        }
        for (place, tally) in other.json_request {
            self.json_request.entry(place).or_default().absorb(tally);
        }
        for (place, tally) in other.segments {
            self.segments.entry(place).or_default().absorb(tally);
        }
        self.known_literals.extend(other.known_literals);
        for (gap, count) in other.gaps {
            *self.gaps.entry(gap).or_default() += count;
        }
        for (key, body) in other.bodies {
            match self.bodies.get_mut(&key) {
                Some(own) => own.absorb(body),
                None => {
                    self.bodies.insert(key, body);
                }
            }
        }
    }
}
