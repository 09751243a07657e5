//! A request's arrival: from where it comes, for which host, and whether Digue or a portal answers.

use std::net::IpAddr;
use std::sync::Arc;

use digue_access::Origin;
use digue_types::Reason;
use http::header::{self, HeaderMap};
use http::{Request, Response, StatusCode};

use crate::body::Body;
use crate::client_address::client_address;
use crate::gateway::Shared;
use crate::headers;
use crate::identity;
use crate::ja4::Fingerprint;
use crate::key::{self, Target};
use crate::paced::KeptUntilSent;
use crate::path::Segments;
use crate::portal::Portal;
use crate::ports::{Arrival, Future1};
use crate::refusal::{Refusal, wants_page};
use crate::visit::{observe, visit};
use crate::{forward_auth, reported};

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
    let path = Segments::parse(request.uri().path());
    let hosts = shared.hosts.load_full();
    let portal = hosts.portal_at(&host).cloned();
    let is_console = hosts.is_console(&host);
    let is_reserved = match &path {
        Ok(path) => path.is_reserved(),
        Err(_) => request.uri().path().starts_with("/.digue"),
    };
    if let Some(portal) = &portal
        && portal.mode.enforcement().is_none()
        && !is_reserved
    {
        return Ok(observe(shared, peer, portal.clone(), host, path.ok(), request).await);
    }
    let path = path.map_err(|_| Refusal::of(vec![Reason::MalformedRequest], None))?;
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
        Some(portal) if !path.is_reserved() => match portal.mode.enforcement() {
            Some(enforcement) => visit(shared, enforcement, peer, portal, host, path, request).await,
            None => Ok(observe(shared, peer, portal, host, Some(path), request).await),
        },
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
    let program = program.and_then(Result::ok).map(|caller| caller.account);
    let account = session.as_ref().map(|session| &session.account).or(program.as_ref());
    let counted = match account.map(|account| shared.account_requests.begin(account)).transpose() {
        Ok(counted) => counted,
        Err(_) => return Refusal::busy().respond(request.headers()),
    };
    request.extensions_mut().insert(Arrival {
        host,
        is_secure,
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

fn user_agent(headers: &HeaderMap) -> String {
    // What a client says of itself goes to the journal: bounded, printable.
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.chars().take(200).collect()
}
