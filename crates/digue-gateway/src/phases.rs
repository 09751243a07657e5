//! A request's life, from arrival to release. Read from top to bottom.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use digue_access::{Decision, Facts, Origin, admit, decide, release};
use digue_inspect::request::{RequestFields, RequestParts};
use digue_inspect::{Identifier, Uninspected, read_request};
use digue_types::{
    Client, ExchangeId, Exposure, Inspection, Outcome, PersonKey, PersonRef, Reason, Timestamp,
};
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};

use crate::body::{Body, boxed, collect, full, limited};
use crate::client_address::client_address;
use crate::gateway::{Shared, lock};
use crate::guard::{Guard, Guarded};
use crate::headers;
use crate::hold::{Held, HoldError, Share, hold};
use crate::identity::{self, Asked, Caller, Stranger};
use crate::ja4::Fingerprint;
use crate::key::{self, Target};
use crate::outgoing::outgoing;
use crate::path::Segments;
use crate::portal::{Choice, Identity, Portal, Route, RouteKind};
use crate::ports::{Arrival, Fetch, Future1, Unrecorded, Word};
use crate::refusal::{Refusal, wants_page};
use crate::shown::{grouped, persons_of};
use crate::{forward_auth, reported, upgrade};

/// Request bodies that rules look into.
const INSPECTED_REQUEST_BYTES_MAX: usize = 1 << 20;

/// Above this size inspection leaves the connection's worker, so that others are not kept waiting.
const LONG_INSPECTION_BYTES: usize = 256 << 10;

/// What one connection knows about the other end.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: IpAddr,
    pub is_secure: bool,
    /// What its TLS stack showed of itself, when TLS ends here.
    pub tls: Option<Fingerprint>,
}

impl Peer {
    /// Where this request comes from, as far as Digue can see.
    pub fn origin(&self, shared: &Shared, headers: &HeaderMap) -> Origin {
        let client = client_address(self.address, headers, &shared.trusted_proxies);
        // What a proxy's TLS looks like says nothing about its clients.
        let tls = self.tls.filter(|_| client == self.address);
        Origin {
            ip: client.to_string(),
            agent: user_agent(headers),
            tls: tls.map(|tls| tls.as_str().to_owned()).unwrap_or_default(),
        }
    }
}

/// Answers one request. Never fails: a fault is a refusal.
pub fn respond(shared: Arc<Shared>, peer: Peer, request: Request<Body>) -> Future1<Response<Body>> {
    // Boxed here, once: the server's generics would otherwise be proved again for every phase.
    Box::pin(async move {
        let asked = request.headers().clone();
        // Whoever signs in, or proves afresh, goes on where they were stopped.
        let is_page = request.method() == http::Method::GET && wants_page(&asked);
        let place = is_page.then(|| request.uri().path_and_query().map(ToString::to_string)).flatten();
        match arrive(&shared, peer, request).await {
            Ok(response) => response,
            Err(mut refusal) => {
                refusal.return_to = place;
                refusal.respond(&asked)
            }
        }
    })
}

/// 1. Which host, which path: Digue's own pages, or a portal.
async fn arrive(shared: &Arc<Shared>, peer: Peer, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let host = host_of(&request)?;
    let path = Segments::parse(request.uri().path())
        .map_err(|_| Refusal::of(vec![Reason::MalformedRequest], None))?;
    let hosts = shared.hosts.load_full();
    let portal = hosts.portal_at(&host).cloned();
    let is_console = hosts.is_console(&host);
    if portal.is_none() && !is_console {
        // A probe by address, as load balancers and `auth_request` make them.
        if forward_auth::is_asked(&request) {
            return forward_auth::answer(shared.clone(), peer, request.map(drop)).await;
        }
        return Err(Refusal::unavailable(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown-host-title",
            "unknown-host",
        ));
    }
    if is_console && reported::is_asked(&request) {
        return reported::answer(shared, request).await;
    }
    if forward_auth::is_asked(&request) {
        return forward_auth::answer(shared.clone(), peer, request.map(drop)).await;
    }
    match portal {
        Some(portal) if !path.is_reserved() => visit(shared, peer, portal, host, path, request).await,
        portal => Ok(local(shared, peer, portal, host, request).await),
    }
}

/// Digue's own pages, told where they are asked from and by whom.
async fn local(
    shared: &Arc<Shared>,
    peer: Peer,
    portal: Option<Arc<Portal>>,
    host: String,
    mut request: Request<Body>,
) -> Response<Body> {
    let now = shared.clock.now();
    let origin = peer.origin(shared, request.headers());
    let (session, doubted) = match identity::session_of(shared, &host, &origin, request.headers(), now) {
        identity::Known::Good(session) => (Some(session), None),
        identity::Known::Doubted(session, doubt) => (None, Some((session, doubt))),
        identity::Known::Nobody => (None, None),
    };
    let target = Target { host: &host, method: request.method(), path: request.uri().path() };
    let program = key::by_key(shared, target, request.headers(), now);
    let is_secure = peer.is_secure || is_secure_before(shared, peer, request.headers());
    request.extensions_mut().insert(Arrival {
        host,
        is_secure,
        portal: portal.map(|portal| portal.id.clone()),
        session,
        doubted,
        program: program.and_then(Result::ok).map(|caller| caller.account),
        origin,
    });
    let mut response = shared.pages.respond(request).await;
    headers::strip_response_hops(response.headers_mut());
    response
}

/// True when a trusted proxy in front says that its client came over TLS.
fn is_secure_before(shared: &Shared, peer: Peer, headers: &HeaderMap) -> bool {
    let is_trusted = shared.trusted_proxies.iter().any(|network| network.contains(&peer.address));
    is_trusted && headers.get("x-forwarded-proto").is_some_and(|said| said == "https")
}

/// The host of a request: one, the same in target and field, without port, lower case.
fn host_of(request: &Request<Body>) -> Result<String, Refusal> {
    let malformed = || Refusal::of(vec![Reason::MalformedRequest], None);
    let mut fields = request.headers().get_all(header::HOST).iter();
    let field = fields.next().map(|value| value.to_str().map_err(|_| malformed())).transpose()?;
    if fields.next().is_some() {
        return Err(malformed());
    }
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    let authority = match (target, field) {
        (Some(target), Some(field)) if !target.eq_ignore_ascii_case(field) => {
            return Err(malformed());
        }
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => return Err(malformed()),
    };
    let authority: http::uri::Authority = authority.parse().map_err(|_| malformed())?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(malformed());
    }
    Ok(authority.host().trim_end_matches('.').to_ascii_lowercase())
}

/// One request to a portal: everything later phases need to know.
struct Visit {
    shared: Arc<Shared>,
    portal: Arc<Portal>,
    route: usize,
    caller: Caller,
    client: Client,
    exchange: ExchangeId,
    now: Timestamp,
    is_exact_search: bool,
    /// Persons that the request names.
    subjects: Vec<PersonRef>,
}

/// 2. Who is it, and which rule of the map is asked for.
async fn visit(
    shared: &Arc<Shared>,
    peer: Peer,
    portal: Arc<Portal>,
    host: String,
    path: Segments,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let now = shared.clock.now();
    let found = portal.route(request.method(), &path);
    let place = found.as_ref().map(|(route, _)| {
        portal.routes.iter().position(|known| std::ptr::eq(known, *route)).expect("a route of this portal")
    });
    if let Some((route, _)) = &found
        && route.kind == (RouteKind::Assets { is_public: true })
    {
        let (parts, body) = request.into_parts();
        note_fetch(shared, &portal, &host, &parts, peer, now);
        let outgoing = outgoing(shared, &portal, None, &parts, peer, now);
        return pass_through(shared, &portal, outgoing, body).await;
    }
    let origin = peer.origin(shared, request.headers());
    let target = Target { host: &host, method: request.method(), path: request.uri().path() };
    let asked = Asked { portal: &portal, target, peer: peer.address, origin: &origin };
    let identified = identity::identify(shared, &asked, request.headers(), now);
    let (caller, is_doubted) = match identified {
        Ok(caller) => (caller, false),
        Err(Stranger::Doubted(caller)) => (*caller, true),
        Err(stranger) => return Err(not_recognised(&stranger)),
    };
    let client = Client { ip: origin.ip, user_agent: origin.agent };
    let mut visit = Visit {
        shared: shared.clone(),
        portal: portal.clone(),
        route: place.unwrap_or(0),
        caller,
        client,
        exchange: shared.next_exchange(),
        now,
        is_exact_search: false,
        subjects: Vec::new(),
    };
    if is_doubted {
        // Known by its cookie, and perhaps not its holder: written down, because it may be a theft.
        return Err(visit.refuse(vec![Reason::SessionMoved], Inspection::NotReached).await);
    }
    let (Some(place), Some((_, values))) = (place, found) else {
        return Err(visit.refuse_unmapped().await);
    };
    visit.route = place;
    match visit.route().kind {
        RouteKind::Assets { .. } => visit.pass_assets(peer, request).await,
        RouteKind::WebSocket => upgrade::tunnel(Tunnel { visit, peer }, request).await,
        RouteKind::Held => visit.ask(peer, values, request).await,
    }
}

/// Public resources go to anybody; whose browser fetched them is known by its session, if at all.
fn note_fetch(shared: &Shared, portal: &Portal, host: &str, parts: &Parts, peer: Peer, now: Timestamp) {
    let origin = peer.origin(shared, &parts.headers);
    let target = Target { host, method: &parts.method, path: parts.uri.path() };
    let asked = Asked { portal, target, peer: peer.address, origin: &origin };
    if matches!(portal.identity, Identity::Session)
        && let Ok(caller) = identity::identify(shared, &asked, &parts.headers, now)
    {
        tell_fetch(shared, portal, &caller, now);
    }
}

fn tell_fetch(shared: &Shared, portal: &Portal, caller: &Caller, now: Timestamp) {
    let (organisation, account) = (&caller.organisation, &caller.account);
    shared.sentinel.fetched(&Fetch { at: now, portal: &portal.id, organisation, account });
}

pub(crate) fn not_recognised(stranger: &Stranger) -> Refusal {
    let reason = match stranger {
        Stranger::NotAdmitted => Reason::UnknownAccount,
        Stranger::NotSignedIn => Reason::NoSession,
        Stranger::Doubted(_) => Reason::SessionMoved,
    };
    Refusal::of(vec![reason], None)
}

fn user_agent(headers: &HeaderMap) -> String {
    // What a client says of itself goes to the journal: bounded, printable.
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.chars().take(200).collect()
}

impl Visit {
    fn route(&self) -> &Route {
        &self.portal.routes[self.route]
    }

    fn facts(&self) -> Facts<'_> {
        let route = self.route();
        Facts {
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
            is_exact_search: self.is_exact_search,
        }
    }

    fn guard(&self) -> Guard {
        Guard::new(self.shared.clone(), self.portal.id.clone(), self.caller.clone())
    }

    /// 3. What the request names, and whether it may go to the portal.
    async fn ask(
        mut self,
        peer: Peer,
        values: Vec<(String, String)>,
        request: Request<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let (parts, body) = request.into_parts();
        let limit = self.route().request_bytes_max;
        if declared_length(&parts.headers).is_some_and(|length| length > limit) {
            return Err(Refusal::unavailable(StatusCode::PAYLOAD_TOO_LARGE, "too-large-title", "too-large"));
        }
        let (seen, body) = self.read_request_body(&parts, body).await?;
        let fields = match self.request_fields(&parts, &values, &seen) {
            Ok(fields) => fields,
            Err(_) => {
                return Err(self.refuse(vec![Reason::MalformedRequest], Inspection::NotReached).await);
            }
        };
        self.is_exact_search = self
            .route()
            .exact_sets
            .iter()
            .any(|set| set.iter().all(|name| fields.0.get(name).is_some_and(|values| values.len() == 1)));
        self.subjects = self.subjects_of(&fields);
        let keys = self.keys(&self.subjects);
        let snapshot = self.shared.rules.load_full();
        let admitted = {
            let hosts = self.shared.hosts.load();
            let budgets = lock(hosts.budgets(&self.portal.id));
            admit(&snapshot, &budgets, &self.facts(), &keys)
        };
        if let Err(reasons) = admitted {
            return Err(self.refuse(reasons, Inspection::NotReached).await);
        }
        let outgoing = outgoing(&self.shared, &self.portal, Some(&self.caller), &parts, peer, self.now);
        self.forward(outgoing, body, parts).await
    }

    /// Bodies that rules look into are read; all others stream to the portal.
    async fn read_request_body(&self, parts: &Parts, body: Body) -> Result<(Bytes, Body), Refusal> {
        let looks = self.route().request.iter().any(|rule| rule.source.needs_body());
        let limit = self.route().request_bytes_max;
        if !looks {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            return Ok((Bytes::new(), limited(body, limit)));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(INSPECTED_REQUEST_BYTES_MAX);
        let too_large =
            || Refusal::unavailable(StatusCode::PAYLOAD_TOO_LARGE, "too-large-title", "too-large");
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            // A coded form could say one thing here and another to the portal.
            return Err(self.refuse(vec![Reason::MalformedRequest], Inspection::NotReached).await);
        }
        let collected = tokio::time::timeout(self.portal.timeouts.idle, collect(body, limit));
        let bytes = collected.await.map_err(|_| too_large())?.map_err(|_| too_large())?;
        Ok((bytes.clone(), full(bytes)))
    }

    fn request_fields(
        &self,
        parts: &Parts,
        values: &[(String, String)],
        body: &[u8],
    ) -> Result<RequestFields, Uninspected> {
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let parts = RequestParts {
            path: values,
            query: parts.uri.query().unwrap_or_default(),
            content_type: content_type.unwrap_or_default(),
            body,
        };
        read_request(&self.route().request, &self.portal.kinds, &parts)
    }

    fn subjects_of(&self, fields: &RequestFields) -> Vec<PersonRef> {
        let rules = self.route().request.iter().filter(|rule| rule.is_subject);
        let identifiers = rules.flat_map(|rule| fields.0.get(&rule.name).into_iter().flatten());
        self.persons(identifiers)
    }

    fn persons<'i>(&self, identifiers: impl Iterator<Item = &'i Identifier>) -> Vec<PersonRef> {
        persons_of(&self.portal, &*self.shared.aliases, identifiers)
    }

    fn keys(&self, persons: &[PersonRef]) -> Vec<PersonKey> {
        let keyer = self.portal.keyer();
        persons.iter().map(|person| keyer.key(person.as_str())).collect()
    }

    /// 4. The round trip, and the response held whole.
    async fn forward(
        self,
        mut outgoing: Request<()>,
        body: Body,
        asked: Parts,
    ) -> Result<Response<Body>, Refusal> {
        headers::ask_for_readable(outgoing.headers_mut());
        let request = outgoing.map(|()| body);
        let response = self.shared.upstream.send(request, &self.portal.timeouts).await?;
        let (mut head, body) = response.into_parts();
        headers::strip_response(&mut head.headers);
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Refusal::unavailable(
                StatusCode::BAD_GATEWAY,
                "unavailable-title",
                "unavailable-portal",
            ));
        }
        if asked.method == http::Method::HEAD {
            return self.release(head, Bytes::new(), None, Ok(Vec::new())).await;
        }
        let limit = self.route().held_bytes_max;
        match hold(body, limit, self.portal.timeouts.idle, &self.shared.room).await {
            Ok(Held::Whole { bytes, share }) => {
                let found = self.inspect(&head.headers, &bytes);
                self.release(head, bytes, Some(share), found).await
            }
            Ok(Held::TooLarge { start, rest }) => self.release_too_large(head, start, rest).await,
            Err(HoldError::Full) => Err(Refusal::unavailable(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable-title",
                "unavailable-busy",
            )),
            Err(error) => {
                tracing::warn!(portal.id = %self.portal.id, error = %error, "A response did not arrive whole");
                Err(Refusal::unavailable(StatusCode::BAD_GATEWAY, "unavailable-title", "unavailable-portal"))
            }
        }
    }

    /// 5. Whom does it show? A panic in a parser is a response that could not be read.
    fn inspect(&self, headers: &HeaderMap, bytes: &Bytes) -> Result<Vec<PersonRef>, Uninspected> {
        let text = |name| headers.get(name).map(HeaderValue::to_str);
        let route = self.route();
        let look = || -> Result<Vec<Identifier>, Uninspected> {
            let unreadable = |_| Uninspected::Broken("a header is not text".to_owned());
            if headers.get_all(header::CONTENT_TYPE).iter().count() > 1 {
                return Err(Uninspected::Broken("two content types".to_owned()));
            }
            let content_type = text(header::CONTENT_TYPE).transpose().map_err(unreadable)?;
            let mut codings = Vec::new();
            for value in headers.get_all(header::CONTENT_ENCODING) {
                codings.push(value.to_str().map_err(unreadable)?);
            }
            digue_inspect::inspect(
                &route.response,
                &self.portal.kinds,
                content_type,
                &codings.join(","),
                bytes,
                &route.inspect_limits,
            )
        };
        let caught = || catch_unwind(AssertUnwindSafe(look));
        let result =
            if bytes.len() > LONG_INSPECTION_BYTES { tokio::task::block_in_place(caught) } else { caught() };
        let identifiers =
            result.unwrap_or_else(|_| Err(Uninspected::Broken("the inspection failed".to_owned())))?;
        Ok(self.persons(identifiers.iter()))
    }

    /// 6. Still allowed? Every person, every budget; then the entry; then, and only then, the bytes.
    async fn release(
        self,
        head: http::response::Parts,
        bytes: Bytes,
        share: Option<Share>,
        found: Result<Vec<PersonRef>, Uninspected>,
    ) -> Result<Response<Body>, Refusal> {
        let (persons, inspection) = match found {
            Ok(found) => (self.with_subjects(found, head.status), Inspection::Inspected),
            Err(uninspected) => {
                self.note_uninspected(&uninspected);
                let cause = uninspected.cause();
                if self.route().uninspected.of(cause) == Choice::Refuse {
                    let reason = Reason::Uninspectable(cause);
                    return Err(self.refuse(vec![reason], cause.into()).await);
                }
                (self.with_subjects(Vec::new(), head.status), cause.into())
            }
        };
        let mut decision = self.decide(&persons, inspection);
        let shows_persons = !persons.is_empty();
        let mut exposure = self.exposure(&decision, persons, inspection, bytes.len() as u64, head.status);
        self.look(&mut decision, &mut exposure);
        let is_refused = decision.outcome == Outcome::Refused;
        let index = match self.must_record(&exposure) {
            true => Some(self.record(vec![exposure]).await?),
            false => None,
        };
        if is_refused {
            return Err(self.refusal(decision.reasons, index));
        }
        // What was decided before the disk answered may have been undone since.
        if self.guard().is_cut() {
            return Err(self.refusal(vec![Reason::NoSession], index));
        }
        Ok(self.response(head, bytes, share, index, shows_persons || inspection.is_uninspected()))
    }

    /// The watch has the last word: a response that reveals a theft does not leave.
    fn look(&self, decision: &mut Decision, exposure: &mut Exposure) {
        if self.shared.sentinel.look(exposure) == Word::Pass || decision.outcome == Outcome::Refused {
            return;
        }
        decision.outcome = Outcome::Refused;
        decision.reasons = vec![Reason::Withheld];
        exposure.outcome = Outcome::Refused;
        exposure.reasons.clone_from(&decision.reasons);
        exposure.shown = Vec::new();
    }

    /// A response without persons is journalled only when something about it needs remembering.
    fn must_record(&self, exposure: &Exposure) -> bool {
        exposure.persons_found > 0
            || exposure.outcome != Outcome::Released
            || exposure.inspection != Inspection::Inspected
    }

    fn with_subjects(&self, mut found: Vec<PersonRef>, status: StatusCode) -> Vec<PersonRef> {
        // An error page about a person does not show them; what it does show was found in it.
        if status.is_success() {
            for subject in &self.subjects {
                if !found.contains(subject) {
                    found.push(subject.clone());
                }
            }
        }
        found
    }

    fn note_uninspected(&self, uninspected: &Uninspected) {
        tracing::warn!(
            portal.id = %self.portal.id,
            route.name = %self.route().name,
            exchange.id = %self.exchange,
            cause = %uninspected,
            "A response could not be inspected"
        );
    }

    fn decide(&self, persons: &[PersonRef], inspection: Inspection) -> Decision {
        let keys = self.keys(persons);
        let snapshot = self.shared.rules.load_full();
        let hosts = self.shared.hosts.load();
        let mut budgets = lock(hosts.budgets(&self.portal.id));
        let facts = self.facts();
        if inspection.is_uninspected() {
            let uninspected = decide::release_uninspected(&snapshot, &mut budgets, &facts);
            if uninspected.outcome == Outcome::Refused {
                return uninspected;
            }
            let mut decision = release(&snapshot, &mut budgets, &facts, &keys);
            if decision.outcome != Outcome::Refused && uninspected.outcome == Outcome::WouldRefuse {
                decision.outcome = Outcome::WouldRefuse;
                decision.reasons.extend(uninspected.reasons);
            }
            return decision;
        }
        release(&snapshot, &mut budgets, &facts, &keys)
    }

    /// Too large to hold, and the map says release: the entry first, then the stream under guard,
    /// then a second entry with what really left.
    async fn release_too_large(
        self,
        head: http::response::Parts,
        start: Bytes,
        rest: Body,
    ) -> Result<Response<Body>, Refusal> {
        self.note_uninspected(&Uninspected::TooLarge);
        let inspection = Inspection::TooLarge;
        if self.route().uninspected.too_large == Choice::Refuse {
            let reason = Reason::Uninspectable(digue_types::UninspectedCause::TooLarge);
            return Err(self.refuse(vec![reason], inspection).await);
        }
        let persons = self.with_subjects(Vec::new(), head.status);
        let decision = self.decide(&persons, inspection);
        if decision.outcome == Outcome::Refused {
            return Err(self.refuse(decision.reasons, inspection).await);
        }
        let declared = declared_length(&head.headers);
        let known = declared.unwrap_or(start.len() as u64);
        let mut decision = decision;
        let mut exposure = self.exposure(&decision, persons, inspection, known, head.status);
        self.look(&mut decision, &mut exposure);
        if decision.outcome == Outcome::Refused {
            let index = self.record(vec![exposure]).await?;
            return Err(self.refusal(decision.reasons, Some(index)));
        }
        if declared.is_none() {
            exposure.parts = 2;
        }
        let index = self.record(vec![exposure.clone()]).await?;
        let on_end = declared.is_none().then(|| self.closing_entry(exposure));
        let guarded = Guarded::stream(self.guard(), start, rest, on_end);
        let mut response = Response::from_parts(head, boxed(guarded));
        mark(response.headers_mut(), Some(index), true);
        Ok(response)
    }

    fn closing_entry(&self, mut exposure: Exposure) -> Box<dyn FnOnce(u64) + Send> {
        let recorder = self.shared.recorder.clone();
        Box::new(move |sent| {
            exposure.part = 2;
            exposure.body_bytes = sent;
            exposure.shown = Vec::new();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(recorder.record(vec![exposure]));
            }
        })
    }

    fn response(
        &self,
        mut head: http::response::Parts,
        bytes: Bytes,
        share: Option<Share>,
        index: Option<u64>,
        is_personal: bool,
    ) -> Response<Body> {
        mark(&mut head.headers, index, is_personal);
        let is_small = bytes.len() <= 64 * 1024;
        let body = if is_small { full(bytes) } else { boxed(Guarded::held(self.guard(), bytes, share)) };
        Response::from_parts(head, body)
    }

    /// Journals a refusal, and says it.
    async fn refuse(&self, reasons: Vec<Reason>, inspection: Inspection) -> Refusal {
        let decision = Decision {
            outcome: Outcome::Refused,
            reasons: reasons.clone(),
            bases: Vec::new(),
            justification: None,
        };
        let exposure = self.exposure(&decision, Vec::new(), inspection, 0, StatusCode::OK);
        let exposure = Exposure { status: 0, ..exposure };
        self.shared.sentinel.look(&exposure);
        match self.record(vec![exposure]).await {
            Ok(index) => self.refusal(reasons, Some(index)),
            Err(unavailable) => unavailable,
        }
    }

    async fn refuse_unmapped(&self) -> Refusal {
        let decision = Decision {
            outcome: Outcome::Refused,
            reasons: vec![Reason::UnknownRoute],
            bases: Vec::new(),
            justification: None,
        };
        let route = digue_types::RouteName::parse("-").expect("a fixed name");
        let action = digue_types::ActionName::parse("-").expect("a fixed name");
        let exposure = self.exposure(&decision, Vec::new(), Inspection::NotReached, 0, StatusCode::OK);
        let exposure = Exposure { route, action, categories: Vec::new(), status: 0, ..exposure };
        match self.record(vec![exposure]).await {
            Ok(index) => Refusal::of(vec![Reason::UnknownRoute], Some(index)),
            Err(unavailable) => unavailable,
        }
    }

    fn refusal(&self, reasons: Vec<Reason>, index: Option<u64>) -> Refusal {
        let could_break = reasons.iter().all(|r| matches!(r, Reason::OutsideCaseload | Reason::NotExact));
        let mut refusal = Refusal::of(reasons, index);
        refusal.may_break_glass = could_break && self.route().access.allows_break_glass;
        refusal
    }

    fn exposure(
        &self,
        decision: &Decision,
        persons: Vec<PersonRef>,
        inspection: Inspection,
        body_bytes: u64,
        status: StatusCode,
    ) -> Exposure {
        let route = self.route();
        let snapshot = self.shared.rules.load();
        let persons_found = u32::try_from(persons.len()).unwrap_or(u32::MAX);
        let shown = grouped(persons, &decision.bases);
        Exposure {
            at: self.now,
            exchange: self.exchange.clone(),
            portal: self.portal.id.clone(),
            route: route.name.clone(),
            action: route.action.clone(),
            account: self.caller.account.clone(),
            organisation: self.caller.organisation.clone(),
            session: self.caller.session.clone(),
            client: self.client.clone(),
            outcome: decision.outcome,
            reasons: decision.reasons.clone(),
            inspection,
            population: self.portal.population.clone(),
            shown,
            persons_found,
            categories: if persons_found > 0 { route.categories.clone() } else { Vec::new() },
            body_bytes,
            status: status.as_u16(),
            policy_version: snapshot.policy_version,
            caseload_version: snapshot.caseload_version,
            justification: decision.justification.clone(),
            part: 1,
            parts: 1,
            source: None,
        }
    }

    async fn record(&self, exposures: Vec<Exposure>) -> Result<u64, Refusal> {
        self.shared.recorder.record(exposures).await.map_err(|Unrecorded(cause)| {
            tracing::error!(cause, "The journal does not take entries; nothing leaves");
            Refusal::unavailable(StatusCode::SERVICE_UNAVAILABLE, "unavailable-title", "unavailable-journal")
        })
    }

    /// Routes that the map declares to show nobody: no inspection, yet under the gates.
    async fn pass_assets(self, peer: Peer, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        let snapshot = self.shared.rules.load_full();
        if let Some(reason) = decide::gate_refusal(&snapshot, &self.facts()) {
            return Err(self.refuse(vec![reason], Inspection::NotReached).await);
        }
        let (parts, body) = request.into_parts();
        tell_fetch(&self.shared, &self.portal, &self.caller, self.now);
        let outgoing = outgoing(&self.shared, &self.portal, Some(&self.caller), &parts, peer, self.now);
        let response = pass_through(&self.shared, &self.portal, outgoing, body).await?;
        let guard = self.guard();
        Ok(response.map(|body| boxed(Guarded::stream(guard, Bytes::new(), body, None))))
    }
}

/// A WebSocket on its way; see `upgrade`.
pub(crate) struct Tunnel {
    visit: Visit,
    peer: Peer,
}

impl Tunnel {
    /// Decides and journals the stream before the first byte of it.
    pub(crate) async fn permit(&self) -> Result<Guard, Refusal> {
        let visit = &self.visit;
        let decision = visit.decide(&[], Inspection::Stream);
        if decision.outcome == Outcome::Refused {
            return Err(visit.refuse(decision.reasons, Inspection::NotReached).await);
        }
        let status = StatusCode::SWITCHING_PROTOCOLS;
        let mut decision = decision;
        let mut exposure = visit.exposure(&decision, Vec::new(), Inspection::Stream, 0, status);
        visit.look(&mut decision, &mut exposure);
        let index = visit.record(vec![exposure]).await?;
        if decision.outcome == Outcome::Refused {
            return Err(visit.refusal(decision.reasons, Some(index)));
        }
        Ok(visit.guard())
    }

    pub(crate) fn outgoing(&self, parts: &Parts) -> Request<()> {
        let visit = &self.visit;
        outgoing(&visit.shared, &visit.portal, Some(&visit.caller), parts, self.peer, visit.now)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        self.visit.shared.upstream.send(request, &self.visit.portal.timeouts).await
    }
}

async fn pass_through(
    shared: &Arc<Shared>,
    portal: &Portal,
    outgoing: Request<()>,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let mut response = shared.upstream.send(outgoing.map(|()| body), &portal.timeouts).await?;
    headers::strip_response(response.headers_mut());
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refusal::unavailable(StatusCode::BAD_GATEWAY, "unavailable-title", "unavailable-portal"));
    }
    Ok(response)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A response with persons stays out of every cache: a copy there would be shown without an entry.
fn mark(headers: &mut HeaderMap, index: Option<u64>, is_personal: bool) {
    if let Some(index) = index {
        headers.insert(headers::RECEIPT, HeaderValue::from(index));
    }
    if is_personal {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
}
