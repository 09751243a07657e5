//! A request's arrival: where it comes from, for which host, and whether Digue or a portal answers it.

use std::sync::Arc;

use digue_types::RefusalReason;
use http::header;
use http::{Method, Request, Response, StatusCode};

use crate::body::Body;
use crate::connection::ConnectionFacts;
use crate::gateway::SharedGateway;
use crate::headers;
use crate::identity;
use crate::key::{self, ProofTarget};
use crate::paced::KeptUntilSent;
use crate::path::Segments;
use crate::portal::Portal;
use crate::ports::{BoxFuture, LocalArrival};
use crate::refusal::{Refusal, wants_page};
use crate::visit::{observe, visit};
use crate::{forward_auth, reported};

/// Answers one request. Never fails: an error becomes a refusal.
pub fn respond(
    shared: Arc<SharedGateway>,
    connection: ConnectionFacts,
    request: Request<Body>,
) -> BoxFuture<Response<Body>> {
    // Boxed here, once: otherwise the compiler would check the server's generics again for each phase.
    Box::pin(async move {
        let asked = request.headers().clone();
        // After a sign-in or a fresh proof, a person continues where they were stopped.
        let is_page = request.method() == Method::GET && wants_page(&asked);
        let place = is_page.then(|| request.uri().path_and_query().map(ToString::to_string)).flatten();
        match arrive(&shared, connection, request).await {
            Ok(response) => response,
            Err(mut refusal) => {
                refusal.return_to = place;
                refusal.respond(&asked)
            }
        }
    })
}

/// 1. Which host, which path: Digue's own pages, or a portal.
async fn arrive(
    shared: &Arc<SharedGateway>,
    connection: ConnectionFacts,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let authority = authority_of(&request)?;
    let path = Segments::parse(request.uri().path());
    let hosts = shared.hosts.load_full();
    let host = authority.host;
    let portal = hosts.portal_at(&host).cloned();
    // An unparsable path may still be meant for us: `/.digue%2f..` must never reach an observed portal.
    let is_reserved = match &path {
        Ok(path) => path.is_reserved(),
        Err(_) => request.uri().path().starts_with("/.digue"),
    };
    // Before every check below: an observe-only portal refuses nothing, not even a malformed path.
    if let Some(portal) = &portal
        && portal.mode.enforcement().is_none()
        && !is_reserved
    {
        return Ok(observe(shared, connection, portal.clone(), host, path.ok(), request).await);
    }
    let path = path.map_err(|_| Refusal::of(vec![RefusalReason::MalformedRequest], None))?;
    // Digue's own pages check their methods themselves.
    if portal.is_some() && !is_reserved && is_refused_method(request.method()) {
        return Err(Refusal::of(vec![RefusalReason::MalformedRequest], None));
    }
    let is_own_port = authority.port.is_none_or(|port| port == connection.local_port || hosts.has_port(port));
    let portal = portal.filter(|_| is_own_port);
    let is_console = is_own_port && hosts.is_console(&host);
    // Load balancers and nginx `auth_request` also call forward authentication by IP address, so before the
    // host check.
    if forward_auth::is_asked(&request) {
        return Ok(forward_auth::answer(shared.clone(), connection, request.map(drop)).await);
    }
    if portal.is_none() && !is_console {
        return Err(Refusal::unavailable(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown-host-title",
            "unknown-host",
        ));
    }
    if is_console && reported::is_asked(&request) {
        return reported::answer(shared, request).await;
    }
    match portal {
        Some(portal) if !path.is_reserved() => match portal.mode.enforcement() {
            Some(enforcement) => visit(shared, enforcement, connection, portal, host, path, request).await,
            None => Ok(observe(shared, connection, portal, host, Some(path), request).await),
        },
        portal => Ok(local(shared, connection, portal, host, request).await),
    }
}

/// Methods for intermediaries between client and portal: a tunnel cannot be inspected, and an echo of the
/// request would show the headers that the portal receives.
pub(crate) fn is_refused_method(method: &Method) -> bool {
    matches!(method.as_str(), "CONNECT" | "TRACE" | "TRACK")
}

/// Digue's own pages, with the host that was asked and the account that asks.
async fn local(
    shared: &Arc<SharedGateway>,
    connection: ConnectionFacts,
    portal: Option<Arc<Portal>>,
    host: String,
    mut request: Request<Body>,
) -> Response<Body> {
    let now = shared.clock.now();
    let origin = connection.origin;
    let (session, doubted) = match identity::session_of(shared, &host, &origin, request.headers(), now) {
        identity::SessionCaller::Good(session) => (Some(session), None),
        identity::SessionCaller::Doubted(session, doubt) => (None, Some((session, doubt))),
        identity::SessionCaller::Nobody => (None, None),
    };
    let target = ProofTarget { host: &host, method: request.method(), path: request.uri().path() };
    let program = key::by_key(shared, target, request.headers(), now);
    let program = program.and_then(Result::ok).map(|caller| caller.account);
    let account = session.as_ref().map(|session| &session.account).or(program.as_ref());
    let counted = match account.map(|account| shared.account_requests.begin(account)).transpose() {
        Ok(counted) => counted,
        Err(_) => return Refusal::busy().respond(request.headers()),
    };
    request.extensions_mut().insert(LocalArrival {
        host,
        is_secure: connection.is_secure,
        portal: portal.map(|portal| portal.id.clone()),
        session,
        doubted,
        program,
        origin,
    });
    let mut response = shared.pages.respond(request).await;
    headers::strip_response_hops(response.headers_mut());
    response.extensions_mut().insert(KeptUntilSent::new(counted));
    response
}

/// Host and port named by a request.
pub(crate) struct Authority {
    /// Lower case, without a final dot.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
}

impl Authority {
    /// `None` for text that is not an authority, or that names a user.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let authority: http::uri::Authority = text.parse().ok()?;
        let port = authority.port_u16();
        // `host:` and ports above 65535 are no port to one program and something else to the next.
        let is_plain = !text.contains('@') && (port.is_some() || authority.host().len() == text.len());
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        (is_plain && !host.is_empty()).then_some(Self { host, port })
    }
}

/// The host of a request: exactly one (RFC 9112, 3.2), and the same in the target as in the field.
fn authority_of(request: &Request<Body>) -> Result<Authority, Refusal> {
    let malformed = || Refusal::of(vec![RefusalReason::MalformedRequest], None);
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
    Authority::parse(authority).ok_or_else(malformed)
}
