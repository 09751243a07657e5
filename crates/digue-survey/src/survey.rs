//! The first reading of the traffic: each exchange joins its route, and its body is looked at and
//! forgotten.
//!
//! Held are counts, places, shapes and hashes, within bounds that are said when they are reached.
//! Of addresses, a few whole paths stay in memory to try the finished map; they are not part of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use digue_inspect::html::outline::page_elements;
use digue_inspect::media_type::MediaType;
use digue_inspect::xml::outline::xml_elements;
use digue_types::path::Segments;
use digue_types::path_template::{PathTemplate, TemplatePart, is_variable};
use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause};
use smol_str::{SmolStr, format_smolstr};

use crate::alias::AliasSurvey;
use crate::body_format::{BodyFormat, format_of};
use crate::exchange::{
    BODY_BYTES_MAX, BodyGap, Exchange, RecordedBody, UrlParts, pairs, segments_of,
};
use crate::html_survey::HtmlSurvey;
use crate::json_survey::JsonSurvey;
use crate::known::{KnownPersons, Spelling};
use crate::parts_survey::PartsSurvey;
use crate::pdf_survey::PdfSurvey;
use crate::shape::Telling;
use crate::sight::{DocumentSight, SeenValue, known_words};
use crate::table_survey::TableSurvey;
use crate::tally::{DistinctValues, PlaceTally, absorb_tallies, hash_of};
use crate::value::{Spot, TextKind, ValueContext, spots};
use crate::xml_survey::XmlSurvey;

/// The most routes; exchanges of others are counted and not learnt.
const ROUTES_MAX: usize = 5_000;

/// The most parameters of one route.
const PARAMETERS_MAX: usize = 200;

/// Paths kept to try the map.
const SAMPLES_MAX: usize = 4;

/// The most random texts that are followed to a later request.
const TOKENS_MAX: usize = 50_000;

/// What is answered by one part of the map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey {
    pub origin: SmolStr,
    pub method: SmolStr,
    pub template: PathTemplate,
}

/// A parameter of the query or of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterSurvey {
    pub(crate) tally: PlaceTally,
    pub(crate) values: DistinctValues,
    /// Values of letters and spaces: perhaps a search.
    pub(crate) words: usize,
}

/// How bodies of one type are read.
#[derive(Clone, Debug)]
pub enum FormatSurvey {
    Json(JsonSurvey),
    NdJson(JsonSurvey),
    Html(Box<HtmlSurvey>),
    Csv(TableSurvey),
    Xlsx(TableSurvey),
    Xml(XmlSurvey),
    Pdf(PdfSurvey),
    Zip(PartsSurvey),
    Events(PartsSurvey),
    Text(TextSurvey),
    /// Style sheets, scripts, fonts, pictures, sound.
    Asset,
    /// No reader for it.
    Opaque,
}

impl From<BodyFormat> for FormatSurvey {
    /// A survey that has seen nothing.
    fn from(format: BodyFormat) -> Self {
        match format {
            BodyFormat::Json => Self::Json(JsonSurvey::default()),
            BodyFormat::NdJson => Self::NdJson(JsonSurvey::default()),
            BodyFormat::Html => Self::Html(Box::default()),
            BodyFormat::Csv => Self::Csv(TableSurvey::default()),
            BodyFormat::Xlsx => Self::Xlsx(TableSurvey::default()),
            BodyFormat::Xml => Self::Xml(XmlSurvey::default()),
            BodyFormat::Pdf => Self::Pdf(PdfSurvey::default()),
            BodyFormat::Zip => Self::Zip(PartsSurvey::default()),
            BodyFormat::Events => Self::Events(PartsSurvey::default()),
            BodyFormat::Text => Self::Text(TextSurvey::default()),
            BodyFormat::Asset => Self::Asset,
            BodyFormat::Opaque => Self::Opaque,
        }
    }
}

impl FormatSurvey {
    /// The tallies of all places.
    fn each_tally(&self, take: &mut dyn FnMut(&PlaceTally)) {
        match self {
            Self::Json(json) | Self::NdJson(json) => json.tallies.values().for_each(take),
            Self::Html(html) => html.tallies.values().for_each(take),
            Self::Csv(table) | Self::Xlsx(table) => {
                table
                    .columns
                    .values()
                    .for_each(|column| take(&column.tally));
                table.numbered.values().for_each(take);
            }
            Self::Xml(xml) => xml.tallies.values().for_each(take),
            Self::Zip(parts) | Self::Events(parts) => {
                for part in parts.parts.values() {
                    part.format.each_tally(take);
                }
            }
            Self::Pdf(_) | Self::Text(_) | Self::Asset | Self::Opaque => {}
        }
    }
}

impl FormatSurvey {
    /// The tallies of places that can hold an address, with what stands before the value.
    pub(crate) fn each_address(&self, take: &mut dyn FnMut(&ValueContext, &PlaceTally)) {
        match self {
            Self::Json(json) | Self::NdJson(json) => {
                let tallies = json.tallies.iter();
                tallies.for_each(|((_, context), tally)| take(context, tally));
            }
            Self::Html(html) => {
                let tallies = html.tallies.iter();
                tallies.for_each(|((_, context), tally)| take(context, tally));
            }
            Self::Xml(xml) => {
                let tallies = xml.tallies.iter();
                tallies.for_each(|((_, context), tally)| take(context, tally));
            }
            Self::Zip(parts) | Self::Events(parts) => {
                for part in parts.parts.values() {
                    part.format.each_address(take);
                }
            }
            Self::Csv(_)
            | Self::Xlsx(_)
            | Self::Pdf(_)
            | Self::Text(_)
            | Self::Asset
            | Self::Opaque => {}
        }
    }
}

/// Plain texts.
#[derive(Clone, Debug, Default)]
pub struct TextSurvey {
    pub lines: usize,
    pub lines_with_known: usize,
}

/// Bodies of one type of one route.
#[derive(Clone, Debug)]
pub struct BodySurvey {
    pub format: FormatSurvey,
    pub responses: usize,
    pub bytes: u64,
    /// Responses that show a known identifier.
    pub with_known: usize,
    /// Resources with a number that is also a known identifier, and may be any other.
    pub with_doubtful: usize,
    /// Responses that show a known name, and no known identifier.
    pub with_name_only: usize,
    pub unreadable: BTreeMap<UnreadCause, usize>,
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
    /// Values of variable segments and parameters that are nobody's, by context: perhaps aliases
    /// used alone.
    pub(crate) asked: BTreeMap<ValueContext, BTreeSet<SmolStr>>,
    pub(crate) fetched: BTreeSet<FetchedLater>,
    tokens: HashMap<u64, RouteKey>,
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
            asked: BTreeMap::new(),
            fetched: BTreeSet::new(),
            tokens: HashMap::new(),
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
        let key = RouteKey {
            origin: SmolStr::new(url.origin),
            method: SmolStr::new(exchange.method),
            template: PathTemplate::of(&segments, &|text| self.is_known_segment(text)),
        };
        if self.routes.len() >= ROUTES_MAX && !self.routes.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        self.note_request(&key, exchange, &url, &segments);
        self.note_response(&key, exchange);
    }

    /// Kinds that the portal writes otherwise than the list does.
    pub(crate) fn spellings(&self) -> Vec<(u16, Spelling)> {
        let mut seen: BTreeMap<u16, Spelling> = BTreeMap::new();
        let mut note = |tally: &PlaceTally| {
            for (kind, _) in tally.kinds.iter().filter(|(_, own)| own.hits > 0) {
                let own = seen.entry(*kind).or_default();
                let spelling = tally.spelling();
                own.other_case |= spelling.other_case;
                own.other_separators |= spelling.other_separators;
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
        seen.into_iter()
            .filter(|(kind, spelling)| {
                *spelling != Spelling::default() && self.known.kind(*kind).shape.steps.is_empty()
            })
            .collect()
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
                    whole(known, stem, &mut |spot| tally.add(&spot, false));
                    asked.push((context_at(&key.template, place), stem.to_owned()));
                }
                TemplatePart::Literal(_) => {
                    if known.value(segment).is_some() || known.names.has_words(segment) {
                        route.known_literals.insert(place);
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
            whole(known, value, &mut |spot| survey.tally.add(&spot, false));
            survey.values.add(value);
            survey.words += usize::from(value.chars().filter(|c| c.is_alphabetic()).count() >= 3);
        };
        for (name, value) in pairs(url.query) {
            note(&mut route.query, name, &value);
        }
        let request_type = MediaType::parse(exchange.request_type);
        match request_type.essence.as_str() {
            "application/x-www-form-urlencoded" => {
                for (name, value) in pairs(&String::from_utf8_lossy(exchange.request_body)) {
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
            _ => {}
        }
        self.note_asked(key, asked);
    }

    /// A name of letters may be a word of the portal: it waits until several stand at one place.
    fn is_known_segment(&self, text: &str) -> bool {
        self.known.value(text).is_some_and(|(value, _)| {
            self.known.kind(value.kind).telling() > Telling::Short || is_variable(text)
        })
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
            if self.known.value(&value).is_none() && is_variable(&value) {
                let values = self.asked.entry(context).or_default();
                if values.len() < 1000 {
                    values.insert(SmolStr::new(&value));
                }
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
        let sight = decoded
            .map_err(|why| why.detail)
            .and_then(|bytes| body.read(self.known, &media, &bytes));
        match sight {
            Ok(sight) => {
                body.note(self.known, &sight);
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

/// The context of the segment at `place` of a template, as links to it have it.
pub(crate) fn context_at(template: &PathTemplate, place: usize) -> ValueContext {
    let mut kept = SmolStr::default();
    for part in &template.0[..place] {
        kept = match part {
            TemplatePart::Literal(literal) => literal.clone(),
            TemplatePart::Variable { .. } => after_last_literal(&kept),
        };
    }
    ValueContext::Path(kept)
}

fn after_last_literal(path: &str) -> SmolStr {
    let mut parts = path.rsplit('/');
    match parts.find(|part| !part.is_empty() && *part != "{}") {
        Some(last) => format_smolstr!("{last}/{{}}"),
        None => SmolStr::new("{}"),
    }
}

/// What the whole of a text is.
fn whole(known: &KnownPersons, text: &str, take: &mut dyn FnMut(Spot)) {
    spots(known, text, TextKind::Value, &mut |spot| {
        if spot.context == ValueContext::Whole {
            take(spot);
        }
    });
}

impl BodySurvey {
    pub(crate) fn new(format: BodyFormat) -> Self {
        Self {
            format: format.into(),
            responses: 0,
            bytes: 0,
            with_known: 0,
            with_doubtful: 0,
            with_name_only: 0,
            unreadable: BTreeMap::new(),
        }
    }

    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        media: &MediaType,
        bytes: &[u8],
    ) -> Result<DocumentSight, ReadFailure> {
        let text = || digue_decode::text(media.charset.as_deref(), bytes).map_err(|why| why.detail);
        match &mut self.format {
            FormatSurvey::Json(json) => json.read(known, &text()?).map_err(|why| why.detail),
            FormatSurvey::NdJson(json) => {
                json.read_lines(known, &text()?).map_err(|why| why.detail)
            }
            FormatSurvey::Html(html) => {
                let elements = page_elements(media.charset.as_deref(), bytes, BODY_BYTES_MAX);
                Ok(html.read(known, &elements.map_err(|why| why.detail)?))
            }
            FormatSurvey::Csv(table) => Ok(table.read_csv(known, &text()?)),
            FormatSurvey::Xlsx(table) => table
                .read_workbook(known, bytes, BODY_BYTES_MAX)
                .map_err(|why| why.detail),
            FormatSurvey::Xml(xml) => {
                let text = digue_decode::xml_text(media.charset.as_deref(), bytes)
                    .map_err(|why| why.detail)?;
                Ok(xml.read(known, &xml_elements(&text).map_err(|why| why.detail)?))
            }
            FormatSurvey::Pdf(pdf) => pdf.read(known, bytes).map_err(|why| why.detail),
            FormatSurvey::Zip(parts) => parts.read_archive(known, bytes),
            FormatSurvey::Events(parts) => parts.read_events(known, bytes),
            FormatSurvey::Text(survey) => {
                let text = text()?;
                let mut sight = DocumentSight::default();
                for line in text.lines().filter(|line| !is_blank(line)) {
                    survey.lines += 1;
                    survey.lines_with_known += usize::from(!known_words(known, line).is_empty());
                }
                sight.add_words(known, &text);
                Ok(sight)
            }
            FormatSurvey::Asset | FormatSurvey::Opaque => {
                let mut sight = DocumentSight::default();
                // Scripts and drawings are texts, and a portal may write persons into them.
                if let Ok(text) = std::str::from_utf8(bytes) {
                    sight.add_words(known, text);
                }
                // A page without its scripts does nothing: a number that any script may hold does
                // not hold one back.
                let all = sight.known.len();
                sight
                    .known
                    .retain(|seen| known.kind(seen.value.kind).telling() == Telling::Alone);
                self.with_doubtful += usize::from(sight.known.len() < all);
                Ok(sight)
            }
        }
    }

    pub(crate) fn note(&mut self, known: &KnownPersons, sight: &DocumentSight) {
        let is_person = |seen: &SeenValue| {
            known.kind(seen.value.kind).telling() > Telling::Short || seen.is_confirmed
        };
        let shows_known = sight.known.iter().any(is_person);
        self.with_known += usize::from(shows_known);
        self.with_name_only += usize::from(sight.names > 0 && !shows_known);
    }

    /// Joins the bodies of two routes that are one.
    pub fn absorb(&mut self, other: Self) {
        self.responses += other.responses;
        self.bytes += other.bytes;
        self.with_known += other.with_known;
        self.with_doubtful += other.with_doubtful;
        self.with_name_only += other.with_name_only;
        for (cause, count) in other.unreadable {
            *self.unreadable.entry(cause).or_default() += count;
        }
        match (&mut self.format, other.format) {
            (FormatSurvey::Json(own), FormatSurvey::Json(other))
            | (FormatSurvey::NdJson(own), FormatSurvey::NdJson(other)) => own.absorb(other),
            (FormatSurvey::Html(own), FormatSurvey::Html(other)) => own.absorb(*other),
            (FormatSurvey::Csv(own), FormatSurvey::Csv(other))
            | (FormatSurvey::Xlsx(own), FormatSurvey::Xlsx(other)) => own.absorb(other),
            (FormatSurvey::Xml(own), FormatSurvey::Xml(other)) => own.absorb(other),
            (FormatSurvey::Pdf(own), FormatSurvey::Pdf(other)) => own.absorb(other),
            (FormatSurvey::Zip(own), FormatSurvey::Zip(other))
            | (FormatSurvey::Events(own), FormatSurvey::Events(other)) => own.absorb(other),
            (FormatSurvey::Text(own), FormatSurvey::Text(other)) => {
                own.lines += other.lines;
                own.lines_with_known += other.lines_with_known;
            }
            // Bodies are joined by their format, so that nothing else meets here.
            _ => {}
        }
    }

    /// How alike bodies of the same format are, from 0 to 1.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        match (&self.format, &other.format) {
            (FormatSurvey::Json(own), FormatSurvey::Json(other))
            | (FormatSurvey::NdJson(own), FormatSurvey::NdJson(other)) => own.likeness(other),
            (FormatSurvey::Html(own), FormatSurvey::Html(other)) => own.likeness(other),
            (FormatSurvey::Csv(own), FormatSurvey::Csv(other))
            | (FormatSurvey::Xlsx(own), FormatSurvey::Xlsx(other)) => own.likeness(other),
            (FormatSurvey::Xml(own), FormatSurvey::Xml(other)) => own.likeness(other),
            (FormatSurvey::Zip(own), FormatSurvey::Zip(other))
            | (FormatSurvey::Events(own), FormatSurvey::Events(other)) => own.likeness(other),
            _ => 0.0,
        }
    }
}

impl RouteSurvey {
    /// Answers that show a known person.
    pub(crate) fn with_known(&self) -> usize {
        self.bodies.values().map(|body| body.with_known).sum()
    }

    pub fn absorb(&mut self, other: Self) {
        self.exchanges += other.exchanges;
        self.without_body += other.without_body;
        self.odd_paths += other.odd_paths;
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
