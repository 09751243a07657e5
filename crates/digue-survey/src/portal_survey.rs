//! Of all traffic, the portal that was recorded most: its routes joined, and the verdicts on its
//! addresses.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::body_survey::FormatSurvey;
use crate::judge::AddressVerdicts;
use crate::known::KnownPersons;
use crate::known::words_of;
use crate::routes;
use crate::survey::{ErrorSurvey, FetchedLater, RouteKey, RouteSurvey, TrafficSurvey};
use crate::value::{ValueContext, is_paging_name};

/// The portal that was recorded most.
pub struct PortalSurvey {
    /// Scheme and authority, empty when the recording had paths alone.
    pub origin: String,
    pub routes: BTreeMap<RouteKey, RouteSurvey>,
    /// Answers to failed requests; `None` without any.
    pub errors: Option<ErrorSurvey>,
    pub addresses: AddressVerdicts,
    /// The name under which most JSON answers hold known identifiers of the primary kind.
    pub usual_member: Option<String>,
    pub fetched: BTreeSet<FetchedLater>,
    /// Other hosts that were recorded.
    pub others: Vec<OtherHost>,
    /// Exchanges of more routes than are followed.
    pub dropped: usize,
}

/// Another host than the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherHost {
    pub origin: String,
    pub exchanges: usize,
    /// Responses that show a known identifier.
    pub with_known: usize,
}

impl PortalSurvey {
    pub(crate) fn of(known: &KnownPersons, survey: TrafficSurvey<'_>) -> Self {
        let TrafficSurvey {
            routes,
            mut errors,
            fetched,
            dropped,
            ..
        } = survey;
        let origin = main_origin(&routes);
        let others = other_hosts(&routes, &origin);
        let routes = routes::join(
            routes
                .into_iter()
                .filter(|(key, _)| key.origin == origin)
                .collect(),
        );
        Self {
            addresses: AddressVerdicts::of(known, &routes),
            usual_member: usual_member(known, &routes),
            errors: errors.remove(&origin),
            origin: origin.to_string(),
            routes,
            fetched,
            others,
            dropped,
        }
    }
}

/// The origin with the most answers that show a known person, then with the most exchanges.
fn main_origin(routes: &BTreeMap<RouteKey, RouteSurvey>) -> SmolStr {
    let mut counts: BTreeMap<&SmolStr, (usize, usize)> = BTreeMap::new();
    for (key, survey) in routes {
        let own = counts.entry(&key.origin).or_default();
        own.0 += survey.with_known();
        own.1 += survey.exchanges;
    }
    let best = counts
        .into_iter()
        .max_by_key(|(origin, counts)| (*counts, std::cmp::Reverse(*origin)));
    best.map(|(origin, _)| origin.clone()).unwrap_or_default()
}

fn other_hosts(routes: &BTreeMap<RouteKey, RouteSurvey>, main: &str) -> Vec<OtherHost> {
    let mut others: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (key, survey) in routes.iter().filter(|(key, _)| key.origin != main) {
        let own = others.entry(&key.origin).or_default();
        own.0 += survey.exchanges;
        own.1 += survey.with_known();
    }
    let host = |(origin, (exchanges, with_known)): (&str, (usize, usize))| OtherHost {
        origin: origin.to_owned(),
        exchanges,
        with_known,
    };
    others.into_iter().map(host).collect()
}

/// The name under which most JSON answers hold known identifiers of the primary kind.
fn usual_member(known: &KnownPersons, routes: &BTreeMap<RouteKey, RouteSurvey>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for body in routes.values().flat_map(|route| route.bodies.values()) {
        let FormatSurvey::Json(json) = &body.format else {
            continue;
        };
        for ((path, context), tally) in &json.tallies {
            let hits = tally.kinds.get(&0).map_or(0, |seen| seen.hits);
            let name = path
                .rsplit_once('.')
                .map(|(_, name)| name)
                .filter(|name| !name.contains(['[', '*']));
            // `current_page` counts 1, 2, 3, which are persons' numbers, too.
            let is_paging =
                name.is_some_and(|name| words_of(name).iter().any(|word| is_paging_name(word)));
            if let (ValueContext::Whole, Some(name)) = (context, name)
                && hits > 0
                && !is_paging
            {
                *counts.entry(name).or_default() += hits;
            }
        }
    }
    let best = counts
        .into_iter()
        .max_by_key(|(name, hits)| (*hits, std::cmp::Reverse(*name)));
    best.filter(|_| !known.is_empty())
        .map(|(name, _)| name.to_owned())
}
