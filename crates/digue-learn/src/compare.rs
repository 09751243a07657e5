//! A learnt map and the operator's, side by side on the same traffic.
//!
//! Differences are those of answers, not of texts: a rule that is written otherwise and finds the
//! same persons is none.

use std::collections::{BTreeMap, BTreeSet};

use digue_identifiers::ResponseReading;
use digue_inspect::media_type::MediaType;
use digue_inspect::request::RequestParts;
use digue_inspect::{Message, RequestContent, inspect, read_request};
use digue_survey::exchange::{Exchange, RecordedBody, UrlParts, pairs};
use digue_survey::known::KnownPersons;
use digue_types::path::Segments;
use digue_types::{ReadFailure, UnreadCause};

use crate::compile::{TriedMap, TriedRoute};

/// How one learnt route and the operator's answer to the same requests differ.
#[derive(Clone, Debug, Default)]
pub struct RouteComparison {
    pub exchanges: usize,
    /// The operator's route; `None` where it has none.
    pub known_route: Option<String>,
    /// The operator's route lets resources pass, and they show persons.
    pub passes_persons: usize,
    /// By media type: what the operator's rules do not read.
    pub unreadable: BTreeMap<String, BTreeMap<UnreadCause, (usize, Option<ReadFailure>)>>,
    /// By media type: pairs of answer and person that one map finds and the other does not.
    pub only_learnt: BTreeMap<String, usize>,
    pub only_known: BTreeMap<String, usize>,
    /// Parameters that the operator's route refuses, and how often.
    pub strangers: BTreeMap<String, usize>,
    pub requests_unreadable: BTreeMap<UnreadCause, usize>,
}

/// Compares two maps, one exchange at a time.
pub struct MapComparer<'m> {
    learnt: &'m TriedMap,
    existing: &'m TriedMap,
    known: &'m KnownPersons,
    origin: String,
    routes: BTreeMap<(String, Option<String>), RouteComparison>,
}

impl<'m> MapComparer<'m> {
    /// Only exchanges of `origin` are compared; of all when it is empty.
    pub fn new(
        learnt: &'m TriedMap,
        existing: &'m TriedMap,
        known: &'m KnownPersons,
        origin: &str,
    ) -> Self {
        Self {
            learnt,
            existing,
            known,
            origin: origin.to_owned(),
            routes: BTreeMap::new(),
        }
    }

    pub fn observe(&mut self, exchange: &Exchange<'_>) {
        let Some(url) = UrlParts::of(exchange.url) else {
            return;
        };
        if !self.origin.is_empty() && url.origin != self.origin {
            return;
        }
        let Ok(path) = Segments::parse(url.path) else {
            return;
        };
        let content = RequestContent::of(url.query, exchange.request_type, exchange.request_body);
        let Some((learnt, values)) = self.learnt.route(exchange.method, &path, &content) else {
            return;
        };
        let existing = self.existing.route(exchange.method, &path, &content);
        let key = (
            learnt.name.clone(),
            existing.as_ref().map(|(route, _)| route.name.clone()),
        );
        let mut comparison = self.routes.remove(&key).unwrap_or_default();
        comparison.exchanges += 1;
        comparison.known_route.clone_from(&key.1);
        if let Some((existing, own_values)) = existing {
            let learnt = MapSide {
                map: self.learnt,
                route: learnt,
                values: &values,
            };
            let existing = MapSide {
                map: self.existing,
                route: existing,
                values: &own_values,
            };
            self.compare(exchange, &url, &learnt, &existing, &mut comparison);
        }
        self.routes.insert(key, comparison);
    }

    fn compare(
        &self,
        exchange: &Exchange<'_>,
        url: &UrlParts<'_>,
        learnt: &MapSide<'_>,
        existing: &MapSide<'_>,
        comparison: &mut RouteComparison,
    ) {
        let media = MediaType::parse(exchange.content_type.unwrap_or_default()).essence;
        // An answer that the learnt map itself does not read proposes nothing: there is no person
        // in it whom the operator's lines could lack.
        let by_learnt = learnt.read(self.known, exchange, url).unwrap_or_default();
        if !existing.route.is_held {
            comparison.passes_persons += usize::from(!by_learnt.is_empty());
            return;
        }
        match existing.read(self.known, exchange, url) {
            Ok(by_existing) => {
                let count = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
                    one.difference(other).count()
                };
                add(
                    &mut comparison.only_learnt,
                    &media,
                    count(&by_learnt, &by_existing),
                );
                add(
                    &mut comparison.only_known,
                    &media,
                    count(&by_existing, &by_learnt),
                );
            }
            Err(SideFault::Stranger(name)) => *comparison.strangers.entry(name).or_default() += 1,
            Err(SideFault::Request(cause)) => {
                *comparison.requests_unreadable.entry(cause).or_default() += 1
            }
            Err(SideFault::Response(why)) => {
                let causes = comparison.unreadable.entry(media).or_default();
                let (count, first) = causes.entry(why.cause).or_default();
                *count += 1;
                first.get_or_insert(why);
            }
        }
    }

    /// By learnt route and the operator's.
    pub fn finish(self) -> Vec<(String, RouteComparison)> {
        self.routes
            .into_iter()
            .map(|((name, _), comparison)| (name, comparison))
            .collect()
    }
}

fn add(counts: &mut BTreeMap<String, usize>, media: &str, count: usize) {
    if count > 0 {
        *counts.entry(media.to_owned()).or_default() += count;
    }
}

/// One of the two maps at one exchange.
struct MapSide<'s> {
    map: &'s TriedMap,
    route: &'s TriedRoute,
    values: &'s [(String, String)],
}

/// Why a map lets an answer not pass.
enum SideFault {
    Stranger(String),
    Request(UnreadCause),
    Response(ReadFailure),
}

impl MapSide<'_> {
    /// The persons that the map finds, each under one name whatever identifier shows them.
    fn read(
        &self,
        known: &KnownPersons,
        exchange: &Exchange<'_>,
        url: &UrlParts<'_>,
    ) -> Result<BTreeSet<String>, SideFault> {
        let mut persons = BTreeSet::new();
        if !self.route.is_held {
            return Ok(persons);
        }
        let person = |text: &str| match known.person(text) {
            Some(person) => format!("#{person}"),
            None => text.to_owned(),
        };
        if let Some(accepted) = &self.route.query {
            let fits = |(name, value): &(String, String)| {
                let mut known = accepted.iter().filter(|(known, _)| known == name);
                known.any(|(_, values)| values.as_ref().is_none_or(|values| values.is_match(value)))
            };
            if let Some((name, _)) = pairs(url.query).find(|pair| !fits(pair)) {
                return Err(SideFault::Stranger(name));
            }
        }
        let parts = RequestParts {
            path: self.values,
            query: url.query,
            content_type: exchange.request_type,
            body: exchange.request_body,
        };
        let fields = read_request(&self.route.request, &self.map.kinds, &parts);
        let fields = fields.map_err(|why| SideFault::Request(why.detail.cause))?;
        persons.extend(
            fields
                .0
                .values()
                .flatten()
                .map(|identifier| person(&identifier.text)),
        );
        let RecordedBody::Bytes(body) = exchange.body else {
            return Ok(persons);
        };
        let message = Message {
            status: exchange.status,
            content_type: exchange.content_type,
            content_encoding: exchange.content_encoding,
            body,
        };
        match inspect(
            &self.route.response,
            &self.map.kinds,
            &message,
            &self.route.limits,
        ) {
            ResponseReading::Persons(shown) => {
                persons.extend(
                    shown
                        .identifiers()
                        .map(|identifier| person(&identifier.text)),
                );
            }
            ResponseReading::ShowsNobody(_) => {}
            ResponseReading::Unreadable(why) => return Err(SideFault::Response(why.detail)),
        }
        Ok(persons)
    }
}
