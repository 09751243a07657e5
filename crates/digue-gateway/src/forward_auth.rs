//! Forward authentication: for operators who keep their own proxy in front of the portal.
//!
//! Digue sees the request and *never the response*: it can refuse by session, gate, route and the
//! persons that the request names, and it says in every answer that the rest is not covered. The
//! conventions are those of nginx `auth_request`, Traefik and Caddy `forward_auth`, and Envoy's
//! ext_authz over HTTP. Only named proxies may ask.

use std::sync::{Arc, PoisonError};

use digue_access::{Facts, admit, release};
use digue_inspect::read_request;
use digue_inspect::request::RequestParts;
use digue_types::{Client, Exposure, Inspection, Outcome, Reason};
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};

use crate::arrival::Peer;
use crate::body::{Body, empty};
use crate::gateway::Shared;
use crate::identity::{self, Asked};
use crate::key::Target;
use crate::path::Segments;
use crate::portal::{Portal, RouteKind};
use crate::ports::Future1;
use crate::refusal::{Refusal, wants_page};
use crate::shown::{grouped, named_by_request, persons_of};
use crate::visit::not_recognised;

const PREFIX: &str = "/.digue/authz/";

/// Says in each answer how little this way covers.
const COVERAGE: HeaderName = HeaderName::from_static("digue-coverage");

/// True for a request to this endpoint.
pub fn is_asked<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(PREFIX)
}

/// The request that the proxy asks about.
struct Original {
    method: Method,
    host: String,
    target: Uri,
}

/// 200 with the identity, or the refusal that the proxy hands on.
pub fn answer(
    shared: Arc<Shared>,
    peer: Peer,
    request: Request<()>,
) -> Future1<Result<Response<Body>, Refusal>> {
    Box::pin(async move { answer_proxy(&shared, peer, &request).await })
}

async fn answer_proxy(
    shared: &Arc<Shared>,
    peer: Peer,
    request: &Request<()>,
) -> Result<Response<Body>, Refusal> {
    let is_named = shared.trusted_proxies.iter().any(|network| network.contains(&peer.address));
    if !is_named {
        return Err(Refusal::of(vec![Reason::MalformedRequest], None));
    }
    let original = original_of(request).ok_or_else(malformed)?;
    let hosts = shared.hosts.load_full();
    let portal = hosts
        .portal_at(&original.host)
        .ok_or_else(|| Refusal::unavailable(StatusCode::FORBIDDEN, "unknown-host-title", "unknown-host"))?;
    let mut response = match check(shared, peer, portal, &original, request).await {
        Ok(response) => response,
        Err(refusal) => {
            let mut response = refusal.respond(request.headers());
            if refusal.status == StatusCode::UNAUTHORIZED && wants_page(request.headers()) {
                // Traefik and Caddy hand a redirect on; nginx turns a 401 into one by error_page.
                let is_nginx = request.uri().path().ends_with("/auth-request");
                if !is_nginx {
                    *response.status_mut() = StatusCode::SEE_OTHER;
                }
                let place = HeaderValue::from_static("/.digue/sign-in");
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
    };
    let coverage = HeaderValue::from_static("request-only; responses are not seen");
    response.headers_mut().insert(COVERAGE, coverage);
    Ok(response)
}

fn malformed() -> Refusal {
    Refusal::of(vec![Reason::MalformedRequest], None)
}

/// What each kind of proxy tells about the request it holds.
fn original_of(request: &Request<()>) -> Option<Original> {
    let kind = request.uri().path().strip_prefix(PREFIX)?;
    let field = |name: &str| {
        let mut values = request.headers().get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    };
    let (method, host, target) = match kind.split('/').next()? {
        "auth-request" => {
            let url: Uri = field("x-original-url")?.parse().ok()?;
            let target = url.path_and_query()?.as_str().to_owned();
            (field("x-original-method")?, url.host()?.to_owned(), target)
        }
        "forward-auth" => (
            field("x-forwarded-method")?,
            field("x-forwarded-host")?.to_owned(),
            field("x-forwarded-uri")?.to_owned(),
        ),
        "ext-authz" => {
            let target = kind.strip_prefix("ext-authz")?;
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            let host = field("x-forwarded-host").or_else(|| field("host"))?;
            (request.method().as_str(), host.to_owned(), format!("{target}{query}"))
        }
        _ => return None,
    };
    let authority: http::uri::Authority = host.parse().ok()?;
    Some(Original {
        method: method.parse().ok()?,
        host: authority.host().to_ascii_lowercase(),
        target: target.parse().ok()?,
    })
}

async fn check(
    shared: &Arc<Shared>,
    peer: Peer,
    portal: &Arc<Portal>,
    original: &Original,
    request: &Request<()>,
) -> Result<Response<Body>, Refusal> {
    let now = shared.clock.now();
    let segments = Segments::parse(original.target.path()).map_err(|_| malformed())?;
    let (route, values) = portal
        .route(&original.method, &segments)
        .ok_or_else(|| Refusal::of(vec![Reason::UnknownRoute], None))?;
    if route.kind == (RouteKind::Assets { is_public: true }) {
        return Ok(Response::new(empty()));
    }
    let headers = request.headers();
    let origin = peer.origin(shared, headers);
    let target = Target { host: &original.host, method: &original.method, path: original.target.path() };
    let asked = Asked { portal, target, peer: peer.address, origin: &origin };
    let caller = identity::identify(shared, &asked, headers, now).map_err(|who| not_recognised(&who))?;
    let parts = RequestParts {
        path: &values,
        query: original.target.query().unwrap_or_default(),
        content_type: "",
        body: &[],
    };
    let fields = read_request(&route.request, &portal.kinds, &parts).map_err(|_| malformed())?;
    let named = route.request.iter().filter(|rule| rule.is_subject);
    let identifiers = named.flat_map(|rule| fields.0.get(&rule.name).into_iter().flatten());
    let subjects = persons_of(portal, &*shared.aliases, identifiers).map_err(|_| malformed())?;
    let keyer = portal.keyer();
    let keys: Vec<_> = subjects.iter().map(|person| keyer.key(person.as_str())).collect();
    let facts = Facts {
        now,
        portal: &portal.id,
        population: &portal.population,
        route: route.name.as_str(),
        action: route.action.as_str(),
        access: &route.access,
        mode: portal.mode,
        account: &caller.account,
        organisation: &caller.organisation,
        ip: &origin.ip,
        proved_at: caller.proved_at,
        local: shared.clock.local(now),
        categories: &route.categories,
        is_exact_search: false,
        is_found_as_asked: false,
    };
    let snapshot = shared.rules.load_full();
    let decision = {
        let hosts = shared.hosts.load();
        let mut budgets = hosts.budgets(&portal.id).lock().unwrap_or_else(PoisonError::into_inner);
        match admit(&snapshot, &budgets, &facts, &keys) {
            Err(reasons) => digue_access::Decision {
                outcome: Outcome::Refused,
                reasons,
                bases: Vec::new(),
                justification: None,
            },
            Ok(()) => release(&snapshot, &mut budgets, &facts, &keys),
        }
    };
    let exposure = Exposure {
        at: now,
        exchange: shared.next_exchange(),
        portal: portal.id.clone(),
        route: route.name.clone(),
        action: route.action.clone(),
        account: caller.account.clone(),
        organisation: caller.organisation.clone(),
        session: caller.session.clone(),
        client: Client { ip: origin.ip.clone(), user_agent: origin.agent.clone() },
        outcome: decision.outcome,
        reasons: decision.reasons.clone(),
        inspection: Inspection::RequestOnly,
        population: portal.population.clone(),
        persons_found: u32::try_from(subjects.len()).unwrap_or(u32::MAX),
        shown: grouped(named_by_request(subjects), &decision.bases),
        categories: route.categories.clone(),
        body_bytes: 0,
        status: 0,
        policy_version: snapshot.policy_version,
        caseload_version: snapshot.caseload_version,
        justification: decision.justification.clone(),
        part: 1,
        parts: 1,
        source: None,
        repeated: None,
        unread: None,
    };
    if decision.outcome == Outcome::Refused {
        let index = shared.record_refusal(exposure).await?;
        return Err(Refusal::of(decision.reasons, index));
    }
    let index = shared.recorder.record(vec![exposure]).await.map_err(Refusal::unrecorded)?;
    let mut response = Response::new(empty());
    let headers = response.headers_mut();
    if let Some(assertion) = shared.asserter.assert(portal, &caller, now) {
        headers.insert(crate::headers::IDENTITY, assertion);
    }
    headers.insert(crate::headers::RECEIPT, HeaderValue::from(index));
    Ok(response)
}
