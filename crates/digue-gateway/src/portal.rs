//! A portal map, compiled: what `digue check` accepted and the gateway enforces.
//!
//! Every field has been checked; nothing here reads a file. A request is refused when its host or
//! route is not found here.

use std::sync::Arc;
use std::time::Duration;

use digue_access::{ClassRules, EnforcementMode, LimitsTable, RouteAccess};
use digue_identifiers::IdentifierKind;
use digue_inspect::{RequestRule, ResponseRules};
use digue_portal_login::PortalLogin;
use digue_types::{
    ActionName, Category, PersonKey, PersonRef, PopulationId, PortalId, RouteName,
    UninspectedCause, UnmappedAddress, person::PersonKeyer,
};
use http::{HeaderName, Method};
use ipnet::IpNet;
use regex::Regex;

use crate::path::{Pattern, Segments};
use crate::remembered::LaterAnswers;
use crate::token::TokenVerifier;
use digue_headers::response_headers::HeaderRules;
use digue_inspect::condition::{
    ConditionReading, RequestCondition, RequestContent, answering, by_conditions,
};
use digue_inspect::graphql::GraphQl;
use digue_portal_login::name_mapping::{IdentityMapping, NameMapping};

/// One protected portal.
pub struct Portal {
    pub id: PortalId,
    pub population: PopulationId,
    /// Host names without port, lower case.
    pub hosts: Vec<String>,
    pub upstream: Upstream,
    pub identity: Identity,
    /// How names of its sign-in become accounts and organisations.
    pub mapping: IdentityMapping,
    /// Which names of its sign-in are persons, and the identifier in them: they may see their own
    /// record.
    pub own_record: Option<OwnRecordRule>,
    /// Client headers that reach it besides the usual ones.
    pub request_headers: Vec<HeaderName>,
    /// Headers that carry the identity to the portal under its own names.
    pub named_headers: NamedHeaders,
    pub mode: EnforcementMode,
    pub kinds: Vec<IdentifierKind>,
    /// Index in `kinds` of the one whose canonical text is the person reference itself.
    pub primary: usize,
    pub limits: LimitsTable,
    pub break_glass: BreakGlassRule,
    /// What follows from the classes of persons.
    pub classes: ClassRules,
    /// Sorted by `most_specific_first`: the first match counts.
    pub routes: Vec<Route>,
    pub timeouts: Timeouts,
    /// SHA-256 of the tokens with which the portal reports its own exposures: none, one, or two while
    /// it is being replaced.
    pub report_tokens: Vec<[u8; 32]>,
    /// Which headers of its responses pass.
    pub response_headers: HeaderRules,
}

impl Portal {
    /// The route that answers a request with this content.
    pub fn route(
        &self,
        method: &Method,
        path: &Segments,
        content: &RequestContent<'_>,
    ) -> Option<(&Route, Vec<(String, String)>)> {
        let (place, values) = self.candidates(method, path, content).into_iter().next()?;
        let route = &self.routes[place];
        // With its body unseen, a request has no route yet.
        (!route.is_open_to_others(content)).then_some((route, values))
    }

    /// The routes that may answer a request with this query: several where its body decides.
    pub fn in_question(
        &self,
        method: &Method,
        path: &Segments,
        query: &str,
    ) -> Vec<(&Route, Vec<(String, String)>)> {
        let candidates = self.candidates(method, path, &RequestContent::of_head(query));
        candidates
            .into_iter()
            .map(|(place, values)| (&self.routes[place], values))
            .collect()
    }

    /// The places in `routes` of those that may answer, with the values of the path: one when the
    /// content decides, several while the body that decides has not been seen.
    ///
    /// A route with conditions keeps its address for itself: what meets none of them is no matter
    /// of a less specific path.
    pub(crate) fn candidates(
        &self,
        method: &Method,
        path: &Segments,
        content: &RequestContent<'_>,
    ) -> Vec<(usize, Vec<(String, String)>)> {
        let mut kept: Option<&Pattern> = None;
        let mut fitting = Vec::new();
        for (place, route) in self.routes.iter().enumerate() {
            let fits = route.methods.is_empty() || route.methods.contains(method);
            let is_kept = kept.is_none_or(|kept| kept.is_same_as(&route.pattern));
            let Some(values) = (fits && is_kept)
                .then(|| route.pattern.matches(path))
                .flatten()
            else {
                continue;
            };
            fitting.push(((place, values), route.when.as_slice()));
            if route.when.is_empty() {
                break;
            }
            kept = Some(&route.pattern);
        }
        answering(fitting, content)
    }

    /// True when a rule describes an address that was asked for while there was none.
    pub fn describes(&self, address: &UnmappedAddress) -> bool {
        // Any value will do: a map names the segment and leaves its text open.
        let sample = |segment: &str| match segment.split_once('}') {
            Some((_, after)) if segment.starts_with('{') => format!("1{after}"),
            _ => segment.to_owned(),
        };
        let path: Vec<String> = address.template.split('/').map(sample).collect();
        let method = Method::from_bytes(address.method.code().as_bytes());
        let path = Segments::parse(&path.join("/"));
        // What meets no condition is not described, unless a route without any answers the rest.
        let content = RequestContent::of_head("");
        method.is_ok_and(|method| {
            path.is_ok_and(|path| {
                let all = self.candidates(&method, &path, &content);
                all.iter()
                    .any(|(place, _)| self.routes[*place].when.is_empty())
            })
        })
    }

    /// Where the portal signs its users in, if it does so itself and the map says it.
    pub fn sign_in(&self) -> Option<&str> {
        match &self.identity {
            Identity::Portal(login) => Some(login.sign_in.as_ref()?.as_str()),
            Identity::Session | Identity::Jwt(_) | Identity::Header { .. } => None,
        }
    }

    pub fn keyer(&self) -> PersonKeyer {
        PersonKeyer::new(&self.population)
    }

    pub fn person_key(&self, person: &PersonRef) -> PersonKey {
        self.keyer().key(person.as_str())
    }
}

/// The names of a sign-in that are persons.
#[derive(Clone, Debug)]
pub struct OwnRecordRule {
    /// Matches the names of persons, and no account's; the identifier is its first group.
    pub names: NameMapping,
    /// Of the identifier, as a place in `kinds`.
    pub kind: usize,
}

/// Where the portal listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub is_https: bool,
    /// `host:port`.
    pub authority: String,
    /// The `Host` sent to the portal; its public one unless the map names another.
    pub host: Option<String>,
}

/// How callers of the portal are identified.
pub enum Identity {
    /// Sessions of Digue.
    Session,
    /// A JWT issued by the portal's own sign-in.
    Jwt(Box<TokenVerifier>),
    /// Headers set by a proxy in front of Digue, at an address within `from`.
    Header {
        account: HeaderName,
        organisation: Option<HeaderName>,
        from: Vec<IpNet>,
    },
    /// The portal signs its users in itself, and says who they are.
    Portal(Arc<PortalLogin>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedHeaders {
    pub account: Option<HeaderName>,
    pub organisation: Option<HeaderName>,
    pub role: Option<HeaderName>,
}

impl NamedHeaders {
    pub fn names(&self) -> Vec<HeaderName> {
        [&self.account, &self.organisation, &self.role]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakGlassRule {
    /// How long a break glass lasts.
    pub lasts: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// Until the head of the portal's response.
    pub response: Duration,
    /// Between two pieces of a body, in either direction.
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
    /// What the content of a request must say: all of it.
    pub when: Vec<RequestCondition>,
    pub kind: RouteKind,
    /// Whether a visitor who is not signed in may be shown what their request finds. Of a portal
    /// that signs its users in itself, they may be shown nobody anyway.
    pub session: SessionDemand,
    pub action: ActionName,
    pub categories: Vec<Category>,
    pub access: RouteAccess,
    pub request: Vec<RequestRule>,
    pub query: QueryRule,
    pub graphql: GraphQl,
    /// Where the answer of a request that creates a person names the new one.
    pub creates: Option<RequestRule>,
    /// Sets of request values that together name exactly one person.
    pub exact_sets: Vec<Vec<String>>,
    pub response: ResponseRules,
    pub uninspected: OnUninspected,
    pub later: LaterAnswers,
    /// The most bytes of a response, as sent, that are held.
    pub held_bytes_max: usize,
    pub inspect_limits: digue_inspect::InspectionLimits,
    /// The most bytes of a request body; larger ones are refused.
    pub request_bytes_max: u64,
}

impl Route {
    /// True when a rule examines the body of requests.
    pub fn needs_request_body(&self) -> bool {
        self.graphql != GraphQl::Unread
            || self.request.iter().any(|rule| rule.source.needs_body())
            || self.is_chosen_by_body()
    }

    /// True when only the body of a request says whether this route answers it.
    pub(crate) fn is_chosen_by_body(&self) -> bool {
        self.when.iter().any(RequestCondition::needs_body)
    }

    /// True when the body of this request may say that another route answers it.
    fn is_open_to_others(&self, content: &RequestContent<'_>) -> bool {
        let mut readings = self.when.iter().map(|condition| condition.reading(content));
        readings.any(|reading| reading == ConditionReading::Unseen)
    }
}

/// Whether a held route is for those who are signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum SessionDemand {
    #[default]
    Required,
    /// Anonymous visitors, too: the rules are asked about a caller whom nobody knows.
    NotRequired,
}

/// Sorts routes into the order in which they are tried.
pub fn most_specific_first(mut routes: Vec<Route>) -> Vec<Route> {
    // A stable sort: of two equally specific routes, the one that the map lists first.
    routes.sort_by(|one, other| {
        let by_path = one.pattern.by_specificity(&other.pattern);
        let by_content = by_path.then_with(|| by_conditions(&one.when, &other.when));
        by_content.then(one.methods.is_empty().cmp(&other.methods.is_empty()))
    });
    routes
}

/// Which parameters a request may carry: one that the map does not name could change what the
/// response contains.
#[derive(Clone, Debug)]
pub enum QueryRule {
    Any,
    Named(Vec<QueryParameter>),
}

/// A parameter that a route accepts.
#[derive(Clone, Debug)]
pub struct QueryParameter {
    pub name: String,
    /// Must match the whole decoded value.
    pub values: Option<Regex>,
}

impl QueryRule {
    /// No parameter, until the map names some.
    pub const NAMED: Self = Self::Named(Vec::new());

    /// True for a parameter that the map names.
    pub fn names(&self, name: &str) -> bool {
        matches!(self, Self::Named(known) if known.iter().any(|known| known.name == name))
    }

    /// The name of the first parameter that the map does not accept; each occurrence is checked.
    pub fn stranger<'q>(&self, query: &'q [(String, String)]) -> Option<&'q str> {
        let Self::Named(known) = self else {
            return None;
        };
        let fits = |(name, value): &(String, String)| {
            known.iter().any(|known| {
                known.name == *name
                    && known
                        .values
                        .as_ref()
                        .is_none_or(|values| values.is_match(value))
            })
        };
        query
            .iter()
            .find(|pair| !fits(pair))
            .map(|(name, _)| name.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// Held, inspected, decided, journalled, released.
    Held,
    /// The map states that it shows no one: it passes unchanged.
    Assets { is_public: bool },
    /// An upgraded connection: journalled and counted as uninspected.
    WebSocket,
}

/// How a response that could not be inspected is handled, for each cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OnUninspected {
    pub too_large: UninspectedChoice,
    pub unknown_type: UninspectedChoice,
    pub broken: UninspectedChoice,
    pub undescribed: UninspectedChoice,
    pub names: NamesChoice,
}

impl OnUninspected {
    pub const fn of(self, cause: UninspectedCause) -> UninspectedChoice {
        match cause {
            UninspectedCause::TooLarge => self.too_large,
            UninspectedCause::UnknownType => self.unknown_type,
            UninspectedCause::Broken => self.broken,
            UninspectedCause::Undescribed => self.undescribed,
            UninspectedCause::NameAlone => match self.names {
                NamesChoice::Observe | NamesChoice::Release => UninspectedChoice::Release,
                NamesChoice::Refuse => UninspectedChoice::Refuse,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UninspectedChoice {
    #[default]
    Refuse,
    /// Release, journalled with its size, within the budget of uninspected responses.
    Release,
}

/// How a response is handled that shows a known name without an identifier of that person.
///
/// Each is narrower than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum NamesChoice {
    /// Its entry says how many names; nothing else follows.
    #[default]
    Observe,
    /// Release, as a response that was not inspected: journalled, within the budget of such
    /// responses.
    Release,
    Refuse,
}
