//! What the steps of a visit know about it. Which step comes next, and what a refusal does, is not
//! known here.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use digue_access::{Decision, RequestFacts, Snapshot};
use digue_identifiers::{Identifier, Unreadable};
use digue_inspect::condition::{RequestContent, answering};
use digue_types::{
    ActionName, Category, ExchangeId, Exposure, Inspection, OutsideRecords, PersonKey, PersonRef,
    ReadFailure, RequestClient, RouteName, ShownClasses, Timestamp, UnmappedAddress,
};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::caller::Caller;
use crate::gateway::SharedGateway;
use crate::guard::CutGuard;
use crate::identity::IdentityRequest;
use crate::key::ProofTarget;
use crate::path::Segments;
use crate::portal::{Identity, Portal, Route, RouteKind, SessionDemand};
use crate::portal_login::LoginQuestion;
use crate::shown::{FoundPersons, grouped, persons_of};
use digue_connections::facts::ConnectionFacts;
use digue_connections::table::Slot;
use digue_headers::authority::is_refused_method;
use digue_quotas::hold::{self, BodyHolder, HeldBytes, Share};

/// How a visit comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Request and response pass through this gateway.
    Proxy,
    /// Another proxy asks about the request; the response is never seen here.
    ForwardAuth,
    /// The portal reports what it has shown.
    Report,
}

impl Way {
    /// How far a response is inspected that never came.
    const fn before_the_answer(self) -> Inspection {
        match self {
            Self::Proxy => Inspection::NotReached,
            Self::ForwardAuth => Inspection::RequestOnly,
            Self::Report => Inspection::Reported,
        }
    }
}

/// A request that arrived for a portal, without what the client sends of it.
pub(crate) struct PortalArrival {
    pub(crate) connection: ConnectionFacts,
    pub(crate) portal: Arc<Portal>,
    pub(crate) host: String,
    /// `None` for a path that two programs could read differently.
    pub(crate) path: Option<Segments>,
}

impl PortalArrival {
    pub(super) fn request<'r>(&'r self, parts: &'r Parts) -> PortalRequest<'r> {
        PortalRequest {
            portal: &self.portal,
            host: &self.host,
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            connection: &self.connection,
            way: Way::Proxy,
            path: self.path.as_ref(),
        }
    }
}

/// A request to a portal, through the proxy or forward authentication.
pub(crate) struct PortalRequest<'r> {
    pub(crate) portal: &'r Arc<Portal>,
    pub(crate) host: &'r str,
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) connection: &'r ConnectionFacts,
    pub(crate) way: Way,
    /// `None` for a path that two programs could read differently.
    pub(crate) path: Option<&'r Segments>,
}

impl PortalRequest<'_> {
    /// A path that no map could name, or a method that no portal may receive.
    pub(super) fn is_malformed(&self) -> bool {
        self.path.is_none() || is_refused_method(self.method)
    }

    pub(super) fn identity(&self) -> IdentityRequest<'_> {
        let target = ProofTarget {
            host: self.host,
            method: self.method,
            path: self.uri.path(),
        };
        IdentityRequest {
            portal: self.portal,
            target,
            connection: self.connection,
        }
    }

    pub(super) fn client(&self) -> RequestClient {
        let origin = &self.connection.origin;
        RequestClient {
            ip: origin.ip.to_string(),
            user_agent: origin.agent.clone(),
        }
    }

    /// The routes of the map that may answer, as far as the head of the request says.
    pub(super) fn route(&self) -> RouteCandidates {
        let Some(path) = self.path else {
            return RouteCandidates::default();
        };
        let content = RequestContent::of_head(self.uri.query().unwrap_or_default());
        let candidates = self.portal.candidates(self.method, path, &content);
        let route = |(place, values)| {
            let portal = self.portal.clone();
            (RouteRef { portal, place }, values)
        };
        RouteCandidates(candidates.into_iter().map(route).collect())
    }
}

/// A request for a route that the map opens to everyone: it needs no caller. A method that no
/// portal may receive is none, whatever the map opens.
pub(super) fn is_public(request: &PortalRequest<'_>, route: &Route) -> bool {
    route.kind == RouteKind::Assets { is_public: true } && !request.is_malformed()
}

/// Values of a path, by the names of the map.
pub(super) type PathValues = Vec<(String, String)>;

/// A route of a portal's map.
#[derive(Clone)]
pub(super) struct RouteRef {
    portal: Arc<Portal>,
    place: usize,
}

impl Deref for RouteRef {
    type Target = Route;

    fn deref(&self) -> &Route {
        &self.portal.routes[self.place]
    }
}

/// The routes that may answer a request: one, or several of which its body chooses.
#[derive(Clone, Default)]
pub(super) struct RouteCandidates(Vec<(RouteRef, PathValues)>);

impl RouteCandidates {
    /// The one under which a request stands until its body has been read: where there are several,
    /// one that is held and asks for a session.
    pub(super) fn first(&self) -> Option<&RouteRef> {
        self.0.first().map(|(route, _)| route)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &RouteRef> {
        self.0.iter().map(|(route, _)| route)
    }

    /// True when only the body says which of them answers, or that none does.
    pub(super) fn are_chosen_by_body(&self) -> bool {
        self.first().is_some_and(|route| route.is_chosen_by_body())
    }

    /// The one that answers a request with this content.
    pub(super) fn chosen(&self, content: &RequestContent<'_>) -> Option<(RouteRef, PathValues)> {
        let conditions = self.0.iter().map(|own| (own, own.0.when.as_slice()));
        answering(conditions, content).into_iter().next().cloned()
    }
}

/// The rule that a visit falls under.
pub(super) enum VisitRule {
    Mapped(RouteRef),
    /// The map names no such route.
    Unmapped,
    /// The portal itself says what it showed.
    Declared {
        route: RouteName,
        action: ActionName,
        categories: Vec<Category>,
    },
}

/// Everything in which a request can name a person.
pub(super) struct KeptRequest {
    /// Path and query, as sent.
    pub(super) target: Option<String>,
    pub(super) body: Bytes,
}

/// The values by which the request searches for one person.
#[derive(Default)]
pub(super) struct ExactSearch {
    pub(super) is_asked: bool,
    /// The person found must have all of them.
    pub(super) values: Vec<Identifier>,
    pub(super) is_found_as_asked: bool,
}

/// The question to the portal who sends a request.
pub(super) struct VisitLogin {
    pub(super) question: Arc<LoginQuestion>,
    /// The portal has said it, and its response adds nothing.
    pub(super) is_settled: bool,
}

/// One visit: everything that its steps need.
pub(super) struct Visit {
    pub(super) shared: Arc<SharedGateway>,
    pub(super) portal: Arc<Portal>,
    pub(super) way: Way,
    pub(super) rule: VisitRule,
    pub(super) caller: Caller,
    pub(super) client: RequestClient,
    pub(super) exchange: ExchangeId,
    pub(super) now: Timestamp,
    /// By its method, the request may change something at the portal.
    pub(super) may_change: bool,
    pub(super) search: ExactSearch,
    /// Persons named by the request.
    pub(super) subjects: Vec<PersonRef>,
    pub(super) inspection: Inspection,
    /// The part of the response that could not be read.
    pub(super) unread: Option<ReadFailure>,
    /// The status of the portal's response, once it came.
    pub(super) answered: Option<StatusCode>,
    /// The address of an observed request that no rule describes.
    pub(super) unmapped: Option<UnmappedAddress>,
    /// Known names in the response without an identifier of their persons.
    pub(super) names_alone: u32,
    /// Records with persons outside the caseload that were taken out, or would have been.
    pub(super) outside: Option<OutsideRecords>,
    /// Whom its refusal names.
    pub(super) named: Vec<PersonRef>,
    /// Identifiers in the address of the request, where its sender may be nobody.
    pub(super) brought: Vec<Identifier>,
    /// Where the portal says who its users are.
    pub(super) login: Option<VisitLogin>,
    /// The same, for a response that stays open.
    pub(super) sign_in: Option<Arc<LoginQuestion>>,
    /// The account that the portal has signed in, where its passkey is asked for and missing: the
    /// caller is then nobody.
    pub(super) without_passkey: Option<Box<Caller>>,
    /// The token by which the request fetches an earlier answer.
    pub(super) token: Option<String>,
    /// What the request says, where its answer may name a person whom it has created; `None` where
    /// it was not searched.
    pub(super) kept_request: Option<KeptRequest>,
    /// The template of the path, on a route that answers for all others.
    pub(super) template: Option<String>,
}

impl Visit {
    pub(super) fn of_request(
        shared: &Arc<SharedGateway>,
        request: &PortalRequest<'_>,
        rule: VisitRule,
        caller: Caller,
        now: Timestamp,
    ) -> Self {
        let template = template_of(shared, request, &rule);
        let by = (caller, request.client());
        Self {
            may_change: !request.method.is_safe(),
            template,
            ..Self::begun(shared, (request.portal, request.way), rule, by, now)
        }
    }

    /// A visit that a portal reports: `now` is when it took place.
    pub(super) fn of_report(
        shared: &Arc<SharedGateway>,
        portal: &Arc<Portal>,
        rule: VisitRule,
        by: (Caller, RequestClient),
        now: Timestamp,
    ) -> Self {
        Self::begun(shared, (portal, Way::Report), rule, by, now)
    }

    /// A visit of which nothing has been found out.
    fn begun(
        shared: &Arc<SharedGateway>,
        (portal, way): (&Arc<Portal>, Way),
        rule: VisitRule,
        (caller, client): (Caller, RequestClient),
        now: Timestamp,
    ) -> Self {
        Self {
            shared: shared.clone(),
            portal: portal.clone(),
            way,
            rule,
            caller,
            client,
            exchange: shared.next_exchange(),
            now,
            may_change: false,
            search: ExactSearch::default(),
            subjects: Vec::new(),
            inspection: way.before_the_answer(),
            unread: None,
            answered: None,
            unmapped: None,
            names_alone: 0,
            outside: None,
            named: Vec::new(),
            brought: Vec::new(),
            login: None,
            sign_in: None,
            without_passkey: None,
            token: None,
            kept_request: None,
            template: None,
        }
    }

    /// The route of the map; `None` where no rule applies.
    pub(super) fn route(&self) -> Option<&RouteRef> {
        match &self.rule {
            VisitRule::Mapped(route) => Some(route),
            VisitRule::Unmapped | VisitRule::Declared { .. } => None,
        }
    }

    pub(super) fn kind(&self) -> Option<RouteKind> {
        self.route().map(|route| route.kind)
    }

    /// Of a route that names none, those who are signed in.
    pub(super) fn session_demand(&self) -> SessionDemand {
        self.route()
            .map_or(SessionDemand::Required, |route| route.session)
    }

    /// True where a visitor who is not signed in may come, to be shown nobody.
    pub(super) fn may_be_anonymous(&self) -> bool {
        matches!(self.portal.identity, Identity::Portal(_))
            || self.session_demand() == SessionDemand::NotRequired
    }

    /// `None` for a caller of whom nothing is known.
    pub(super) fn known_caller(&self) -> Option<&Caller> {
        (!self.caller.is_unknown()).then_some(&self.caller)
    }

    /// What the request changes may be who is signed in.
    pub(super) fn forget_sign_in(&self) {
        if let Some(login) = &self.login {
            login.question.forget(&self.shared);
        }
    }

    pub(super) fn facts<'f>(&'f self, route: &'f Route) -> RequestFacts<'f> {
        RequestFacts {
            now: self.now,
            portal: &self.portal.id,
            population: &self.portal.population,
            route: route.name.as_str(),
            action: route.action.as_str(),
            access: &route.access,
            classes: &self.portal.classes,
            mode: self.portal.mode,
            account: &self.caller.account,
            organisation: &self.caller.organisation,
            ip: &self.client.ip,
            proved_at: self.caller.proved_at,
            local: self.shared.clock.local(self.now),
            categories: &route.categories,
            is_exact_search: self.search.is_asked,
            is_found_as_asked: self.search.is_found_as_asked,
            own: self
                .caller
                .own
                .as_ref()
                .map(|own| self.portal.person_key(own)),
        }
    }

    /// The quota of held bytes that this visit uses.
    pub(super) fn share(&self, of: &Arc<HeldBytes>, extensions: &http::Extensions) -> Share {
        hold::begin(of, self.body_holders(extensions))
    }

    /// Whose bytes those are that this visit holds.
    pub(super) fn body_holders(&self, extensions: &http::Extensions) -> Vec<BodyHolder> {
        let connection = extensions
            .get::<Arc<Slot>>()
            .and_then(|slot| slot.share_key());
        let Caller {
            account,
            organisation,
            ..
        } = &self.caller;
        // Unknown callers have a name in common: together they leave half to those who are known.
        let strangers = account
            .is_unknown()
            .then(|| BodyHolder::Strangers(self.portal.id.clone()));
        let account = (!account.is_unknown()).then(|| BodyHolder::Account(account.clone()));
        let organisation =
            (!organisation.is_unknown()).then(|| BodyHolder::Organisation(organisation.clone()));
        let holders = [
            connection.map(BodyHolder::Connection),
            account,
            organisation,
            strangers,
            Some(BodyHolder::Portal(self.portal.id.clone())),
        ];
        holders.into_iter().flatten().collect()
    }

    pub(super) fn guard(&self) -> CutGuard {
        CutGuard::new(
            self.shared.clone(),
            self.portal.id.clone(),
            self.caller.clone(),
        )
        .watching(self.sign_in.clone())
    }

    pub(super) fn persons<'i>(
        &self,
        identifiers: impl Iterator<Item = &'i Identifier>,
    ) -> Result<Vec<PersonRef>, Unreadable> {
        persons_of(&self.portal, &*self.shared.aliases, identifiers)
    }

    pub(super) fn keys<'p>(
        &self,
        persons: impl IntoIterator<Item = &'p PersonRef>,
    ) -> Vec<PersonKey> {
        let keyer = self.portal.keyer();
        persons
            .into_iter()
            .map(|person| keyer.key(person.as_str()))
            .collect()
    }

    /// The journal entry of this visit, decided by these rules.
    pub(super) fn exposure(
        &self,
        rules: &Snapshot,
        decision: &Decision,
        persons: FoundPersons,
        body_bytes: u64,
    ) -> Exposure {
        let (route, action, categories) = self.names();
        let persons_found = u32::try_from(persons.len()).unwrap_or(u32::MAX);
        let classes = self.classes_shown(rules, decision, &persons);
        Exposure {
            at: self.now,
            exchange: self.exchange.clone(),
            portal: self.portal.id.clone(),
            route,
            action,
            account: self.caller.account.clone(),
            organisation: self.caller.organisation.clone(),
            session: self.caller.session.clone(),
            client: self.client.clone(),
            outcome: decision.outcome,
            reasons: decision.reasons.clone(),
            inspection: self.inspection,
            population: self.portal.population.clone(),
            shown: grouped(persons, &decision.bases),
            persons_found,
            categories: if persons_found > 0 {
                categories.to_vec()
            } else {
                Vec::new()
            },
            body_bytes,
            status: self.answered.map_or(0, |status| status.as_u16()),
            policy_version: rules.policy_version,
            caseload_version: rules.caseload_version,
            justification: decision.justification.clone(),
            part: 1,
            parts: 1,
            source: None,
            unread: self.unread.clone(),
            repeated: None,
            unmapped: self.unmapped.clone(),
            names_alone: self.names_alone,
            outside: self.outside.clone(),
            classes,
        }
    }

    /// The classes of the persons of a response that is shown.
    fn classes_shown(
        &self,
        rules: &Snapshot,
        decision: &Decision,
        persons: &FoundPersons,
    ) -> ShownClasses {
        // A refusal shows nobody.
        if decision.bases.is_empty() {
            return ShownClasses::default();
        }
        match rules.classes.get(&self.portal.population) {
            Some(table) => {
                let keys = self.keys(persons.iter().map(|(person, _)| person));
                let keyed: Vec<(PersonKey, &PersonRef)> = keys
                    .into_iter()
                    .zip(persons.iter().map(|(person, _)| person))
                    .collect();
                table.shown(&keyed)
            }
            // Where no map asks for classes, there is nothing to be unknown.
            None if self.portal.classes.is_empty() => ShownClasses::default(),
            None => ShownClasses::Unknown,
        }
    }

    /// Route, action and categories as the entry names them.
    fn names(&self) -> (RouteName, ActionName, &[Category]) {
        match &self.rule {
            VisitRule::Mapped(route) => {
                (route.name.clone(), route.action.clone(), &route.categories)
            }
            VisitRule::Declared {
                route,
                action,
                categories,
            } => (route.clone(), action.clone(), categories),
            VisitRule::Unmapped => (
                RouteName::parse("-").expect("the fixed name `-` is a route name"),
                ActionName::parse("-").expect("the fixed name `-` is an action name"),
                &[],
            ),
        }
    }
}

/// The template of a request that only a route for all others answers, where someone is told of it.
fn template_of(
    shared: &SharedGateway,
    request: &PortalRequest<'_>,
    rule: &VisitRule,
) -> Option<String> {
    let VisitRule::Mapped(route) = rule else {
        return None;
    };
    // Resources are not inspected, so that nobody is told of them; their names would fill the places
    // of `AddressWords`.
    let is_told =
        shared.traffic.get().is_some() && route.kind == RouteKind::Held && route.pattern.has_rest();
    let path = request.path.filter(|_| is_told)?;
    Some(
        shared
            .address_words
            .template(request.portal, &*shared.aliases, path),
    )
}
