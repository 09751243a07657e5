//! The life of a request at a portal: who sends it, by which rule of the map, and in which order it is
//! admitted (`request`), answered (`response`), decided and released (`release`), and journalled (`entry`).

mod entry;
mod observe;
mod observed_request;
mod release;
mod request;
mod response;
mod unheld;

use std::sync::Arc;

use digue_access::{Enforcement, RequestFacts};
use digue_inspect::Identifier;
use digue_types::{ExchangeId, Inspection, PersonRef, ReadFailure, RefusalReason, RequestClient, Timestamp};
use http::{HeaderMap, Method, Request, Response, Uri};

pub(crate) use self::observe::{observe, observe_unseen};
pub(crate) use self::unheld::Tunnel;

use crate::body::{Body, limited};
use crate::connection::ConnectionFacts;
use crate::connections::Slot;
use crate::gateway::SharedGateway;
use crate::guard::CutGuard;
use crate::hold::{self, BodyHolder, HeldBytes, Share};
use crate::identity::{self, Caller, IdentityFailure, IdentityRequest};
use crate::key::ProofTarget;
use crate::outgoing::outgoing;
use crate::paced::KeptUntilSent;
use crate::path::Segments;
use crate::portal::{Portal, Route, RouteKind};
use crate::refusal::Refusal;
use crate::upgrade;

/// One request to a portal: everything that later steps need.
///
/// `M` is the [`Enforcement`] where the visit may be refused, and an `Observation` where nothing may be
/// refused.
struct Visit<M> {
    shared: Arc<SharedGateway>,
    portal: Arc<Portal>,
    route: usize,
    caller: Caller,
    connection: ConnectionFacts,
    client: RequestClient,
    exchange: ExchangeId,
    now: Timestamp,
    /// Another proxy forwards the request: its response is not seen here.
    is_request_only: bool,
    search: ExactSearch,
    /// Persons named by the request.
    subjects: Vec<PersonRef>,
    /// The part of the response that could not be read.
    unread: Option<ReadFailure>,
    method: Method,
    mode: M,
}

/// The values by which the request searches for one person.
#[derive(Default)]
struct ExactSearch {
    is_asked: bool,
    /// The person found must have all of them.
    values: Vec<Identifier>,
    is_found_as_asked: bool,
}

/// The index of the rule of the map that answers a request.
fn place_of(portal: &Portal, method: &Method, path: &Segments) -> Option<usize> {
    let (route, _) = portal.route(method, path)?;
    portal.routes.iter().position(|known| std::ptr::eq(known, route))
}

/// What a request wants from a portal, through the proxy or forward authentication.
#[derive(Clone, Copy)]
pub(crate) struct PortalRequest<'r> {
    pub(crate) portal: &'r Arc<Portal>,
    pub(crate) host: &'r str,
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) connection: &'r ConnectionFacts,
    pub(crate) is_request_only: bool,
}

impl<'r> PortalRequest<'r> {
    fn identity(&self) -> IdentityRequest<'r> {
        let target = ProofTarget { host: self.host, method: self.method, path: self.uri.path() };
        IdentityRequest { portal: self.portal, target, connection: self.connection }
    }

    fn client(&self) -> RequestClient {
        let origin = &self.connection.origin;
        RequestClient { ip: origin.ip.to_string(), user_agent: origin.agent.clone() }
    }
}

/// The route and caller of a request.
enum RecognisedRequest {
    /// A route that the map opens to everyone.
    Public { request_bytes_max: u64 },
    /// A visit with a caller and a route, and the values in the path. It counts as a request of its account
    /// while the last value lives.
    Visit(Box<Visit<Enforcement>>, Vec<(String, String)>, KeptUntilSent),
}

/// 2. Who sends it, and which rule of the map applies. Every request to a portal passes through here.
async fn recognise(
    shared: &Arc<SharedGateway>,
    enforcement: Enforcement,
    asked: PortalRequest<'_>,
    path: &Segments,
) -> Result<RecognisedRequest, Refusal> {
    let portal = asked.portal;
    let now = shared.clock.now();
    let found = portal.route(asked.method, path);
    let place = place_of(portal, asked.method, path);
    if let Some((route, _)) = &found
        && route.kind == (RouteKind::Assets { is_public: true })
    {
        unheld::note_fetch(shared, &asked, now);
        return Ok(RecognisedRequest::Public { request_bytes_max: route.request_bytes_max });
    }
    let (caller, is_doubted) = match identity::identify(shared, &asked.identity(), asked.headers, now) {
        Ok(caller) => (caller, false),
        Err(IdentityFailure::Doubted(caller)) => (*caller, true),
        Err(stranger) => return Err(not_recognised(&stranger)),
    };
    let mut visit = Visit {
        shared: shared.clone(),
        portal: portal.clone(),
        route: place.unwrap_or(0),
        caller,
        connection: asked.connection.clone(),
        client: asked.client(),
        exchange: shared.next_exchange(),
        now,
        is_request_only: asked.is_request_only,
        search: ExactSearch::default(),
        subjects: Vec::new(),
        unread: None,
        method: asked.method.clone(),
        mode: enforcement,
    };
    if is_doubted {
        // Recognised by its cookie, but perhaps not its holder: journalled, because it may be a theft.
        return Err(visit.refuse(vec![RefusalReason::SessionMoved], Inspection::NotReached).await);
    }
    let counted = shared.account_requests.begin(&visit.caller.account).map_err(|_| Refusal::busy())?;
    let kept = KeptUntilSent::new(counted);
    // After the account is known: an unmapped request is evidence about it, and is counted and journalled.
    let (Some(place), Some((_, values))) = (place, found) else {
        return Err(visit.refuse_unmapped().await);
    };
    visit.route = place;
    if visit.asks_too_often() {
        return Err(visit.refuse(vec![RefusalReason::TooManyRequests], Inspection::NotReached).await);
    }
    Ok(RecognisedRequest::Visit(Box::new(visit), values, kept))
}

/// A request to a portal through this gateway.
pub(crate) async fn visit(
    shared: &Arc<SharedGateway>,
    enforcement: Enforcement,
    connection: ConnectionFacts,
    portal: Arc<Portal>,
    host: String,
    path: Segments,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let (parts, body) = request.into_parts();
    let asked = PortalRequest {
        portal: &portal,
        host: &host,
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        connection: &connection,
        is_request_only: false,
    };
    match recognise(shared, enforcement, asked, &path).await? {
        RecognisedRequest::Public { request_bytes_max } => {
            let body = limited(body, usize::try_from(request_bytes_max).unwrap_or(usize::MAX));
            let outgoing = outgoing(shared, &portal, None, &parts, &connection, shared.clock.now());
            unheld::pass_through(shared, &portal, outgoing, body).await
        }
        RecognisedRequest::Visit(visit, values, kept) => {
            let request = Request::from_parts(parts, body);
            let mut response = match visit.route().kind {
                RouteKind::Assets { .. } => visit.pass_assets(request).await,
                RouteKind::WebSocket => upgrade::tunnel(Tunnel::new(*visit), request, kept.clone()).await,
                RouteKind::Held => visit.ask(values, request).await,
            }?;
            response.extensions_mut().insert(kept);
            Ok(response)
        }
    }
}

/// Forward authentication: the caller and the entry, where there are any, of a request that may continue.
pub(crate) async fn permit_unseen(
    shared: &Arc<SharedGateway>,
    enforcement: Enforcement,
    asked: PortalRequest<'_>,
) -> Result<(Option<Caller>, Option<u64>), Refusal> {
    let malformed = |_| Refusal::of(vec![RefusalReason::MalformedRequest], None);
    let path = Segments::parse(asked.uri.path()).map_err(malformed)?;
    match recognise(shared, enforcement, asked, &path).await? {
        RecognisedRequest::Public { .. } => Ok((None, None)),
        RecognisedRequest::Visit(visit, values, _kept) => {
            let query = asked.uri.query().unwrap_or_default();
            let (caller, entry) = visit.permit_unseen(&values, query).await?;
            Ok((Some(caller), entry))
        }
    }
}

fn not_recognised(stranger: &IdentityFailure) -> Refusal {
    let reason = match stranger {
        IdentityFailure::NotAdmitted => RefusalReason::UnknownAccount,
        IdentityFailure::NotSignedIn => RefusalReason::NoSession,
        IdentityFailure::Doubted(_) => RefusalReason::SessionMoved,
    };
    Refusal::of(vec![reason], None)
}

impl Visit<Enforcement> {
    /// Assets are not counted: they leave no entry.
    fn asks_too_often(&self) -> bool {
        !matches!(self.route().kind, RouteKind::Assets { .. })
            && !self.shared.account_requests.may_ask(&self.caller.account, self.now)
    }
}

impl<M> Visit<M> {
    fn route(&self) -> &Route {
        &self.portal.routes[self.route]
    }

    fn facts(&self) -> RequestFacts<'_> {
        let route = self.route();
        RequestFacts {
            now: self.now,
            portal: &self.portal.id,
            population: &self.portal.population,
            route: route.name.as_str(),
            action: route.action.as_str(),
            access: &route.access,
            mode: self.portal.mode,
            account: &self.caller.account,
            organisation: &self.caller.organisation,
            ip: &self.client.ip,
            proved_at: self.caller.proved_at,
            local: self.shared.clock.local(self.now),
            categories: &route.categories,
            is_exact_search: self.search.is_asked,
            is_found_as_asked: self.search.is_found_as_asked,
        }
    }

    /// The quota of held bytes that this visit uses.
    fn share(&self, of: &Arc<HeldBytes>, extensions: &http::Extensions) -> Share {
        let connection = extensions.get::<Arc<Slot>>().and_then(|slot| slot.share_key());
        let who = [
            BodyHolder::Account(self.caller.account.clone()),
            BodyHolder::Organisation(self.caller.organisation.clone()),
            BodyHolder::Portal(self.portal.id.clone()),
        ];
        hold::begin(of, connection.map(BodyHolder::Connection).into_iter().chain(who))
    }

    fn guard(&self) -> CutGuard {
        CutGuard::new(self.shared.clone(), self.portal.id.clone(), self.caller.clone())
    }
}
