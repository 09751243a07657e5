//! A map tried on traffic: for each route, who is found and by which means, and what is not.
//!
//! *Nobody found* is no answer: it is split into answers that the map says show nobody, answers
//! that show a known name, and answers that could not be read. The same for a learnt map, an
//! operator's map, and a recording made later.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use digue_identifiers::ResponseReading;
use digue_inspect::media_type::MediaType;
use digue_inspect::request::RequestParts;
use digue_inspect::{Message, RequestContent, inspect, read_request};
use digue_survey::exchange::{BodyGap, Exchange, RecordedBody, UrlParts, pairs, segments_of};
use digue_survey::known::KnownPersons;
use digue_survey::sight::BodySight;
use digue_types::path::Segments;
use digue_types::path_template::PathTemplate;
use digue_types::{Means, UnreadCause};

use crate::compile::{TriedMap, TriedRoute};

/// The fewest pages of which one can say what stands on all of them.
const PAGES_MIN: usize = 10;

/// The most identifiers that are followed over all pages.
const CONSTANTS_MAX: usize = 10_000;

/// The most distinct persons that are told apart on one route.
const PERSONS_MAX: usize = 1_000_000;

/// The outcome of one map on one body of traffic.
#[derive(Clone, Debug, Default)]
pub struct MapReport {
    /// By the name of the route; `None` for requests that no route answers, by method and template.
    pub routes: BTreeMap<ReportKey, RouteReport>,
    /// Distinct persons over all routes.
    pub totals: ReportTotals,
    /// Identifiers that stand on nearly all pages: rather of who is signed in than of a person.
    pub constant: Vec<ConstantIdentifier>,
}

/// An identifier that stands on nearly all pages, by its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConstantIdentifier {
    pub kind: String,
    pub pages: usize,
    pub of: usize,
}

/// What a line of the report is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKey {
    Route(String),
    /// No route of the map answers it: the gateway refuses it.
    Unmapped {
        method: String,
        template: String,
    },
}

/// The exchanges of one route.
#[derive(Clone, Debug, Default)]
pub struct RouteReport {
    pub exchanges: usize,
    /// Bytes of bodies, as recorded.
    pub bytes: u64,
    /// Answers with at least one person.
    pub with_persons: usize,
    /// Distinct persons found by a rule, whatever else finds them.
    pub by_rule: usize,
    /// Distinct persons named by requests and found by nothing else.
    pub by_request: usize,
    /// Distinct persons that only the sweep finds.
    pub by_sweep: usize,
    /// Distinct persons whom a name alone shows in some answer: no identifier of theirs is found in
    /// it, whatever another answer of the route shows.
    pub by_name: usize,
    /// Answers in which a known name is all that shows a person.
    pub name_only: usize,
    /// Answers that the map says show nobody, and their bytes.
    pub nobody: usize,
    pub nobody_bytes: u64,
    /// Answers that could not be read, by cause; the gateway refuses them unless the map says
    /// otherwise.
    pub unreadable: BTreeMap<UnreadCause, UnreadAnswers>,
    /// Requests that could not be read.
    pub requests_unreadable: BTreeMap<UnreadCause, usize>,
    /// Requests with a parameter that the route does not accept, by name.
    pub strangers: BTreeMap<String, usize>,
    pub gaps: BTreeMap<BodyGap, usize>,
    /// Passed uninspected: resources and upgraded connections.
    pub uninspected: usize,
    /// Of those, answers that show a known identifier.
    pub uninspected_with_known: usize,
    /// Distinct known persons who are in the bytes and whom the map does not find.
    pub missed: usize,
    /// Distinct identifiers found that are not known.
    pub not_known: usize,
}

/// Answers of one route with one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadAnswers {
    pub responses: usize,
    /// Rule, place and shape of the first.
    pub first: Option<digue_types::ReadFailure>,
}

/// Counts over all routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportTotals {
    pub exchanges: usize,
    pub persons: usize,
    /// Of those, persons of the list: one for all of their identifiers.
    pub known_persons: usize,
    /// Of the known persons who are in the bytes.
    pub known_shown: usize,
    /// Of those, found somewhere.
    pub known_found: usize,
    /// Pairs of answer and known person in the bytes, and of those found.
    pub sightings: usize,
    pub sightings_found: usize,
    /// Pairs of answer and person whose name alone shows them there.
    pub sightings_named: usize,
    /// Pairs of answer and identifier that is not known.
    pub sightings_not_known: usize,
    /// Answers that the map refuses: no route, a stranger, unreadable.
    pub refused: usize,
}

/// A person as the report tells them apart: a known one, or an identifier of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ReportedPerson {
    Known(u32),
    Other(usize, String),
}

#[derive(Default)]
struct RoutePersons {
    by_rule: HashSet<ReportedPerson>,
    by_request: HashSet<ReportedPerson>,
    by_sweep: HashSet<ReportedPerson>,
    by_name: HashSet<u32>,
    missed: HashSet<u32>,
}

/// What the map does with one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriedExchange {
    /// `None` when no route answers it.
    pub route: Option<String>,
    /// Distinct persons that the map finds: the primary identifier of a known one, otherwise the
    /// identifier itself.
    pub persons: BTreeSet<String>,
    /// No route, a parameter that is not accepted, or an answer that cannot be read.
    pub is_refused: bool,
}

/// Tries a map on exchanges, one at a time.
pub struct MapReporter<'m> {
    map: &'m TriedMap,
    known: &'m KnownPersons,
    /// Only exchanges of this origin; empty for all.
    origin: String,
    report: MapReport,
    persons: BTreeMap<ReportKey, RoutePersons>,
    all: HashSet<ReportedPerson>,
    shown: HashSet<u32>,
    found: HashSet<u32>,
    pages: usize,
    /// On how many pages each identifier stands.
    on_pages: HashMap<ReportedPerson, usize>,
}

impl<'m> MapReporter<'m> {
    pub fn new(map: &'m TriedMap, known: &'m KnownPersons, origin: &str) -> Self {
        Self {
            map,
            known,
            origin: origin.to_owned(),
            report: MapReport::default(),
            persons: BTreeMap::new(),
            all: HashSet::new(),
            shown: HashSet::new(),
            found: HashSet::new(),
            pages: 0,
            on_pages: HashMap::new(),
        }
    }

    /// Tries one exchange; one of another portal is none of the map's.
    pub fn observe(&mut self, exchange: &Exchange<'_>) -> TriedExchange {
        let Some(url) = UrlParts::of(exchange.url) else {
            return TriedExchange::default();
        };
        if !self.origin.is_empty() && url.origin != self.origin {
            return TriedExchange::default();
        }
        let content = RequestContent::of(url.query, exchange.request_type, exchange.request_body);
        let found = Segments::parse(url.path)
            .ok()
            .and_then(|path| self.map.route(exchange.method, &path, &content));
        let key = match &found {
            Some((route, _)) => ReportKey::Route(route.name.clone()),
            None => {
                let template = PathTemplate::of(&segments_of(url.path), &|_| false).text();
                ReportKey::Unmapped {
                    method: exchange.method.to_owned(),
                    template,
                }
            }
        };
        let mut line = self.report.routes.remove(&key).unwrap_or_default();
        let mut persons = self.persons.remove(&key).unwrap_or_default();
        line.exchanges += 1;
        self.report.totals.exchanges += 1;
        let mut reading = ExchangeReading::default();
        let passes = match found {
            Some((route, values)) => {
                self.read(route, &values, exchange, &url, &mut line, &mut reading)
            }
            None => {
                self.count_gap(exchange, &mut line);
                false
            }
        };
        self.report.totals.refused += usize::from(!passes);
        if passes && is_page(exchange) {
            self.note_page(&reading);
        }
        self.settle(exchange, &reading, passes, &mut line, &mut persons);
        self.report.routes.insert(key.clone(), line);
        self.persons.insert(key.clone(), persons);
        TriedExchange {
            route: match key {
                ReportKey::Route(name) => Some(name),
                ReportKey::Unmapped { .. } => None,
            },
            persons: reading
                .all()
                .map(|person| self.identifier(person))
                .collect(),
            is_refused: !passes,
        }
    }

    fn note_page(&mut self, reading: &ExchangeReading) {
        self.pages += 1;
        let persons: HashSet<&ReportedPerson> = reading.all().collect();
        for person in persons {
            if self.on_pages.len() < CONSTANTS_MAX || self.on_pages.contains_key(person) {
                *self.on_pages.entry(person.clone()).or_default() += 1;
            }
        }
    }

    fn constant(&self) -> Vec<ConstantIdentifier> {
        let name_of = |person: &ReportedPerson| {
            let kind = match person {
                ReportedPerson::Known(_) => self.map.primary,
                ReportedPerson::Other(kind, _) => *kind,
            };
            self.map.kinds.get(kind).map(|kind| kind.name.clone())
        };
        let is_constant = |count: usize| self.pages >= PAGES_MIN && count * 5 >= self.pages * 4;
        let constant = self
            .on_pages
            .iter()
            .filter(|(_, count)| is_constant(**count));
        let mut constant: Vec<ConstantIdentifier> = constant
            .filter_map(|(person, count)| {
                Some(ConstantIdentifier {
                    kind: name_of(person)?,
                    pages: *count,
                    of: self.pages,
                })
            })
            .collect();
        constant.sort();
        constant
    }

    fn identifier(&self, person: &ReportedPerson) -> String {
        match person {
            ReportedPerson::Known(person) => self.known.primary(*person).to_owned(),
            ReportedPerson::Other(_, text) => text.clone(),
        }
    }

    fn count_gap(&self, exchange: &Exchange<'_>, line: &mut RouteReport) {
        match exchange.body {
            RecordedBody::NotRecorded(gap) => *line.gaps.entry(gap).or_default() += 1,
            RecordedBody::Bytes(body) => line.bytes += body.len() as u64,
        }
    }

    fn read(
        &self,
        route: &TriedRoute,
        values: &[(String, String)],
        exchange: &Exchange<'_>,
        url: &UrlParts<'_>,
        line: &mut RouteReport,
        reading: &mut ExchangeReading,
    ) -> bool {
        self.count_gap(exchange, line);
        if !route.is_held {
            line.uninspected += 1;
            return true;
        }
        if let Some(accepted) = &route.query {
            let fits = |(name, value): &(String, String)| {
                let mut known = accepted.iter().filter(|(known, _)| known == name);
                known.any(|(_, values)| values.as_ref().is_none_or(|values| values.is_match(value)))
            };
            if let Some((name, _)) = pairs(url.query).find(|pair| !fits(pair)) {
                *line.strangers.entry(name).or_default() += 1;
                return false;
            }
        }
        let parts = RequestParts {
            path: values,
            query: url.query,
            content_type: exchange.request_type,
            body: exchange.request_body,
        };
        match read_request(&route.request, &self.map.kinds, &parts) {
            Ok(fields) => {
                let shown = fields.0.into_values().flatten();
                reading
                    .by_request
                    .extend(shown.map(|id| self.person(id.kind, &id.text)));
            }
            Err(why) => {
                *line
                    .requests_unreadable
                    .entry(why.detail.cause)
                    .or_default() += 1;
                return false;
            }
        }
        let RecordedBody::Bytes(body) = exchange.body else {
            return true;
        };
        let message = Message {
            status: exchange.status,
            content_type: exchange.content_type,
            content_encoding: exchange.content_encoding,
            body,
        };
        match inspect(&route.response, &self.map.kinds, &message, &route.limits) {
            ResponseReading::Persons(shown) => {
                for (identifier, means) in shown.found {
                    let person = self.person(identifier.kind, &identifier.text);
                    match means {
                        Means::Described => reading.by_rule.push(person),
                        Means::Request => reading.by_request.push(person),
                        Means::Sweep | Means::Header => reading.by_sweep.push(person),
                    }
                }
            }
            ResponseReading::ShowsNobody(_) => {}
            ResponseReading::Unreadable(why) => {
                let unread = line.unreadable.entry(why.detail.cause).or_default();
                unread.responses += 1;
                unread.first.get_or_insert(why.detail);
                return false;
            }
        }
        true
    }

    fn person(&self, kind: usize, text: &str) -> ReportedPerson {
        match self.known.person(text) {
            Some(person) => ReportedPerson::Known(person),
            None => ReportedPerson::Other(kind, text.to_owned()),
        }
    }

    /// Compares what the map found with the bytes.
    fn settle(
        &mut self,
        exchange: &Exchange<'_>,
        reading: &ExchangeReading,
        passes: bool,
        line: &mut RouteReport,
        persons: &mut RoutePersons,
    ) {
        let found: HashSet<&ReportedPerson> = reading.all().collect();
        line.with_persons += usize::from(!found.is_empty());
        let body = BodySight::of(self.known, exchange);
        let in_bytes: HashSet<u32> = body.known.iter().copied().collect();
        let is_uninspected = line.uninspected > 0 && passes && found.is_empty();
        line.uninspected_with_known += usize::from(is_uninspected && !in_bytes.is_empty());
        if passes {
            for person in &in_bytes {
                let is_found = found.contains(&ReportedPerson::Known(*person));
                self.shown.insert(*person);
                self.report.totals.sightings += 1;
                self.report.totals.sightings_found += usize::from(is_found);
                if is_found {
                    self.found.insert(*person);
                } else {
                    persons.missed.insert(*person);
                }
            }
            let others = found
                .iter()
                .filter(|person| matches!(person, ReportedPerson::Other(..)));
            self.report.totals.sightings_not_known += others.count();
        }
        let is_found = |person: &u32| found.contains(&ReportedPerson::Known(*person));
        let mut named: HashSet<u32> = HashSet::new();
        for namesakes in body.named.iter().filter(|_| passes) {
            if persons.by_name.len() < PERSONS_MAX
                && let Some(first) = namesakes.first()
                && !namesakes.iter().any(is_found)
            {
                named.insert(*first);
            }
        }
        self.report.totals.sightings_named += named.len();
        persons.by_name.extend(named);
        if found.is_empty() && passes && body.bytes > 0 {
            if body.names > 0 {
                line.name_only += 1;
            } else {
                line.nobody += 1;
                line.nobody_bytes += body.bytes;
            }
        }
        let keep = |set: &mut HashSet<ReportedPerson>, new: &[ReportedPerson]| {
            if set.len() < PERSONS_MAX {
                set.extend(new.iter().cloned());
            }
        };
        keep(&mut persons.by_rule, &reading.by_rule);
        keep(&mut persons.by_request, &reading.by_request);
        keep(&mut persons.by_sweep, &reading.by_sweep);
        if self.all.len() < PERSONS_MAX {
            self.all.extend(reading.all().cloned());
        }
    }

    /// The report on everything that was tried.
    pub fn finish(mut self) -> MapReport {
        self.report.constant = self.constant();
        for (key, persons) in self.persons {
            let Some(line) = self.report.routes.get_mut(&key) else {
                continue;
            };
            line.by_rule = persons.by_rule.len();
            let is_new = |person: &&ReportedPerson| !persons.by_rule.contains(*person);
            line.by_request = persons.by_request.iter().filter(is_new).count();
            let is_swept =
                |person: &&ReportedPerson| is_new(person) && !persons.by_request.contains(*person);
            line.by_sweep = persons.by_sweep.iter().filter(is_swept).count();
            line.missed = persons.missed.len();
            let all: HashSet<&ReportedPerson> = persons
                .by_rule
                .iter()
                .chain(&persons.by_request)
                .chain(&persons.by_sweep)
                .collect();
            line.by_name = persons.by_name.len();
            line.not_known = all
                .iter()
                .filter(|person| matches!(person, ReportedPerson::Other(..)))
                .count();
        }
        self.report.totals.persons = self.all.len();
        let is_known = |person: &&ReportedPerson| matches!(person, ReportedPerson::Known(_));
        self.report.totals.known_persons = self.all.iter().filter(is_known).count();
        self.report.totals.known_shown = self.shown.len();
        self.report.totals.known_found = self.found.len();
        self.report
    }
}

fn is_page(exchange: &Exchange<'_>) -> bool {
    let media = MediaType::parse(exchange.content_type.unwrap_or_default());
    (200..300).contains(&exchange.status) && media.essence == "text/html"
}

/// Whom one exchange shows, by means.
#[derive(Default)]
struct ExchangeReading {
    by_rule: Vec<ReportedPerson>,
    by_request: Vec<ReportedPerson>,
    by_sweep: Vec<ReportedPerson>,
}

impl ExchangeReading {
    fn all(&self) -> impl Iterator<Item = &ReportedPerson> {
        self.by_rule
            .iter()
            .chain(&self.by_request)
            .chain(&self.by_sweep)
    }
}
