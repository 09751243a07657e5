//! A portal map, compiled: what `digue check` accepted and the gateway obeys.
//!
//! Every field has been checked; nothing here reads a file. A request whose host or route is not
//! found here is refused.

use std::time::Duration;

use digue_access::{EnforcementMode, LimitsTable, RouteAccess};
use digue_inspect::{IdentifierKind, RequestRule, ResponseRules};
use digue_types::{
    ActionName, Category, PersonKey, PersonRef, PopulationId, PortalId, RouteName, UninspectedCause,
    person::PersonKeyer,
};
use http::{HeaderName, Method};
use ipnet::IpNet;
use regex::Regex;

use crate::graphql::GraphQl;
use crate::identity::TokenVerifier;
use crate::name_mapping::IdentityMapping;
use crate::path::{Pattern, Segments};
use crate::response_headers::HeaderRules;

/// One protected portal.
pub struct Portal {
    pub id: PortalId,
    pub population: PopulationId,
    /// Host names without port, lower case.
    pub hosts: Vec<String>,
    pub upstream: Upstream,
    pub identity: Identity,
    /// How the names of its login are read.
    pub mapping: IdentityMapping,
    /// Headers of clients that reach it besides the usual ones.
    pub request_headers: Vec<HeaderName>,
    /// Headers that carry the identity to the portal in its own words.
    pub named_headers: NamedHeaders,
    pub mode: EnforcementMode,
    pub kinds: Vec<IdentifierKind>,
    /// The kind whose canonical text is the person reference itself.
    pub primary: usize,
    pub limits: LimitsTable,
    pub break_glass: BreakGlassRule,
    /// The most specific first (`most_specific_first`): the first that matches counts.
    pub routes: Vec<Route>,
    pub timeouts: Timeouts,
    /// SHA-256 of the token with which the portal reports exposures by itself.
    pub report_token: Option<[u8; 32]>,
    /// Which headers of its responses pass.
    pub response_headers: HeaderRules,
}

impl Portal {
    pub fn route(&self, method: &Method, path: &Segments) -> Option<(&Route, Vec<(String, String)>)> {
        self.routes.iter().find_map(|route| {
            let fits = route.methods.is_empty() || route.methods.contains(method);
            fits.then(|| route.pattern.matches(path)).flatten().map(|values| (route, values))
        })
    }

    pub fn keyer(&self) -> PersonKeyer {
        PersonKeyer::new(&self.population)
    }

    pub fn person_key(&self, person: &PersonRef) -> PersonKey {
        self.keyer().key(person.as_str())
    }
}

/// Where the portal listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub is_https: bool,
    /// `host:port`.
    pub authority: String,
    /// The `Host` the portal is told; its public one unless the map says otherwise.
    pub host: Option<String>,
}

/// Who says who is there.
pub enum Identity {
    /// Digue's own sessions.
    Session,
    /// A JWT that the portal's own login issued.
    Jwt(Box<TokenVerifier>),
    /// Headers set by a proxy in front of Digue, at one of these addresses.
    Header { account: HeaderName, organisation: Option<HeaderName>, from: Vec<IpNet> },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedHeaders {
    pub account: Option<HeaderName>,
    pub organisation: Option<HeaderName>,
    pub role: Option<HeaderName>,
}

impl NamedHeaders {
    pub fn names(&self) -> Vec<HeaderName> {
        [&self.account, &self.organisation, &self.role].into_iter().flatten().cloned().collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakGlassRule {
    /// How long one lasts.
    pub lasts: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// Until the portal's first byte.
    pub response: Duration,
    /// Between two pieces of a body, either way.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response: Duration::from_secs(60),
            idle: Duration::from_secs(30),
        }
    }
}

/// One rule of the map.
pub struct Route {
    pub name: RouteName,
    /// Empty for all methods.
    pub methods: Vec<Method>,
    pub pattern: Pattern,
    pub kind: RouteKind,
    pub action: ActionName,
    pub categories: Vec<Category>,
    pub access: RouteAccess,
    pub request: Vec<RequestRule>,
    pub query: QueryRule,
    pub graphql: GraphQl,
    /// Sets of request values that name exactly one person when all of a set are given.
    pub exact_sets: Vec<Vec<String>>,
    pub response: ResponseRules,
    pub uninspected: OnUninspected,
    /// Bytes of a response, as sent, that are held at most.
    pub held_bytes_max: usize,
    pub inspect_limits: digue_inspect::InspectionLimits,
    /// Bytes of a request body; larger ones are refused.
    pub request_bytes_max: u64,
}

impl Route {
    /// True when some rule looks into the body of a request.
    pub fn needs_request_body(&self) -> bool {
        self.graphql != GraphQl::Unread || self.request.iter().any(|rule| rule.source.needs_body())
    }
}

/// Routes in the order in which they are tried.
pub fn most_specific_first(mut routes: Vec<Route>) -> Vec<Route> {
    // Stable: of two that are equally specific, the one that the map names first.
    routes.sort_by(|one, other| {
        let by_path = one.pattern.by_specificity(&other.pattern);
        by_path.then(one.methods.is_empty().cmp(&other.methods.is_empty()))
    });
    routes
}

/// Which parameters a request may carry: one that the map does not name could change what an answer holds.
#[derive(Clone, Debug)]
pub enum QueryRule {
    Any,
    Named(Vec<QueryParameter>),
}

/// A parameter that a route takes.
#[derive(Clone, Debug)]
pub struct QueryParameter {
    pub name: String,
    /// What its decoded value must match entirely.
    pub values: Option<Regex>,
}

impl QueryRule {
    /// None but those that the route names, which are none.
    pub const NAMED: Self = Self::Named(Vec::new());

    /// The first parameter that the map does not take; each time that one is given counts.
    pub fn stranger<'q>(&self, query: &'q [(String, String)]) -> Option<&'q str> {
        let Self::Named(known) = self else { return None };
        let fits = |(name, value): &(String, String)| {
            known.iter().any(|known| {
                known.name == *name && known.values.as_ref().is_none_or(|values| values.is_match(value))
            })
        };
        query.iter().find(|pair| !fits(pair)).map(|(name, _)| name.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// Held, inspected, decided, journalled, released.
    Held,
    /// The map states that it shows no person: passes as it comes.
    Assets { is_public: bool },
    /// An upgraded connection: journalled and counted as uninspected.
    WebSocket,
}

/// What to do with a response that could not be inspected, cause by cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OnUninspected {
    pub too_large: UninspectedChoice,
    pub unknown_type: UninspectedChoice,
    pub broken: UninspectedChoice,
    pub undescribed: UninspectedChoice,
}

impl OnUninspected {
    pub const fn of(self, cause: UninspectedCause) -> UninspectedChoice {
        match cause {
            UninspectedCause::TooLarge => self.too_large,
            UninspectedCause::UnknownType => self.unknown_type,
            UninspectedCause::Broken => self.broken,
            UninspectedCause::Undescribed => self.undescribed,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UninspectedChoice {
    #[default]
    Refuse,
    /// Release, journalled with its size, under the budget of uninspected responses.
    Release,
}
