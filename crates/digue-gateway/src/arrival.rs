//! A request's arrival: where it comes from, for which host, and whether Digue or a portal answers
//! it.

use std::sync::Arc;

use digue_types::RefusalReason;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use tracing::Instrument as _;

use crate::gateway::{Gateway, SharedGateway};
use crate::headers;
use crate::identity;
use crate::key::{self, PresentedKey, ProofTarget};
use crate::path::Segments;
use crate::portal::Portal;
use crate::ports::{BoxFuture, LocalArrival};
use crate::visit::{PortalArrival, observed, proxied};
use crate::{forward_auth, report_endpoint};
use digue_connections::facts::{ConnectionFacts, PeerAddress};
use digue_connections::paced::KeptUntilSent;
use digue_headers::authority::authority_of;
use digue_http::body::{Body, full};
use digue_refusals::{EXPLANATION_PATH, Refusal, RefusalForm, WaysOn, language_of};
use digue_telemetry::stages::RequestSpan;

/// Where a certificate authority looks for proofs (RFC 8555, 8.3).
const HOST_PROOFS: &str = "/.well-known/acme-challenge/";

impl Gateway {
    /// Answers one request that arrived over a connection of its own, without a listener.
    pub fn respond(&self, peer: PeerAddress, request: Request<Body>) -> BoxFuture<Response<Body>> {
        let connection = ConnectionFacts::of(peer, request.headers(), &self.0.proxies);
        respond(self.0.clone(), connection, request)
    }
}

/// Answers one request. Never fails: an error becomes a refusal.
pub(crate) fn respond(
    shared: Arc<SharedGateway>,
    connection: ConnectionFacts,
    mut request: Request<Body>,
) -> BoxFuture<Response<Body>> {
    // Before anything reads them, save for the facts of the connection: those were stated by the
    // proxy in front, and its client may not remove them.
    headers::end_connection_fields(request.headers_mut());
    // Boxed here, once: otherwise the compiler would check the server's generics again for each
    // phase.
    Box::pin(async move {
        // A copy: the request is consumed, and a refusal needs its languages and accepted types.
        let request_headers = request.headers().clone();
        let place = place_of(&request);
        let sign_in = portal_sign_in(&shared, &request);
        match arrive(&shared, connection, request).await {
            Ok(response) => response,
            Err(mut refusal) => {
                *refusal.ways_on = WaysOn {
                    return_to: place,
                    portal_sign_in: sign_in,
                    contact: shared.contact.get().cloned(),
                };
                let mut response = refusal.respond(&request_headers);
                // The proof may lack nothing but the nonce of this start: the program signs once
                // more with it (RFC 9449, 9).
                if refusal.reasons.contains(&RefusalReason::NoSession)
                    && let Some(key) = PresentedKey::of(&request_headers)
                {
                    key.challenge(&shared.used_proofs, response.headers_mut());
                }
                response
            }
        }
    })
}

/// Where a person continues after a sign-in or a fresh proof: where they were stopped.
fn place_of(request: &Request<Body>) -> Option<String> {
    let place = |uri: &Uri| uri.path_and_query().map(ToString::to_string);
    match RefusalForm::of(request.headers()) {
        RefusalForm::Page if request.method() == Method::GET => place(request.uri()),
        // The page, of which the request is a part. Its host is left out: it is the client's word.
        RefusalForm::Fragment => {
            let page = request.headers().get("hx-current-url")?.to_str().ok()?;
            place(&page.parse().ok()?)
        }
        RefusalForm::Page | RefusalForm::Problem => None,
    }
}

/// Where the portal of a request signs its users in, if it does so itself.
fn portal_sign_in(shared: &SharedGateway, request: &Request<Body>) -> Option<String> {
    let host = authority_of(request).ok()?.host;
    let hosts = shared.hosts.load();
    hosts.portal_at(&host)?.sign_in().map(Into::into)
}

/// 1. Which host, which path: Digue's own pages, or a portal.
async fn arrive(
    shared: &Arc<SharedGateway>,
    connection: ConnectionFacts,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    // Before any portal, in every mode: the token is ours, drawn by an authority that we asked.
    if let Some(proof) = host_proof(shared, &request) {
        return Ok(proof);
    }
    let authority = authority_of(&request)?;
    let path = Segments::parse(request.uri().path());
    // One snapshot for host, port and portal: a reload in between must not mix two maps.
    let hosts = shared.hosts.load_full();
    let host = authority.host;
    let portal = hosts.portal_at(&host).cloned();
    // An unparsable path may still be meant for us: `/.digue%2f..` must never reach an observed
    // portal.
    let is_reserved = match &path {
        Ok(path) => path.is_reserved(),
        Err(_) => request.uri().path().starts_with("/.digue"),
    };
    // Before every check below: where rules are only tried nothing is refused, not even a malformed
    // path.
    if let Some(portal) = &portal
        && portal.mode.enforcement().is_none()
        && !is_reserved
    {
        let arrival = PortalArrival {
            connection,
            portal: portal.clone(),
            host,
            path: path.ok(),
        };
        return Ok(observed(shared, arrival, request).await);
    }
    let is_own_port = authority
        .port
        .is_none_or(|port| port == connection.local_port || hosts.has_port(port));
    let portal = portal.filter(|_| is_own_port);
    let is_console = is_own_port && hosts.is_console(&host);
    // Load balancers and nginx `auth_request` also call forward authentication by IP address, so
    // before the host check.
    if forward_auth::is_asked(&request) {
        // The body is dropped unread: forward authentication decides on the head alone.
        return Ok(forward_auth::answer(shared.clone(), connection, request.map(drop)).await);
    }
    if portal.is_none() && !is_console {
        return Err(Refusal::unavailable(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown-host-title",
            "unknown-host",
        ));
    }
    match portal {
        Some(portal) if !is_reserved => {
            let enforcement = portal.mode.enforcement();
            let arrival = PortalArrival {
                connection,
                portal,
                host,
                path: path.ok(),
            };
            match enforcement {
                Some(enforcement) => {
                    let whole = RequestSpan::begin(arrival.portal.id.as_str(), request.method());
                    let answered = proxied(shared, enforcement, arrival, request)
                        .instrument(whole.span())
                        .await;
                    whole.answered(
                        answered
                            .as_ref()
                            .map_or_else(|refusal| refusal.status, Response::status),
                    );
                    answered
                }
                None => Ok(observed(shared, arrival, request).await),
            }
        }
        portal => {
            path.map_err(|_| Refusal::of(vec![RefusalReason::MalformedRequest], None))?;
            if is_console && report_endpoint::is_asked(&request) {
                return report_endpoint::answer(shared, request).await;
            }
            if portal.is_some() && request.uri().path() == EXPLANATION_PATH {
                return explain(shared, &request);
            }
            Ok(local(shared, connection, portal, host, request).await)
        }
    }
}

/// The proof that a certificate authority looks for, when the request is for one that is shown now.
fn host_proof(shared: &SharedGateway, request: &Request<Body>) -> Option<Response<Body>> {
    let proofs = shared.host_proofs.get()?;
    let token = request.uri().path().strip_prefix(HOST_PROOFS)?;
    let proof = proofs.proof(token)?;
    let mut response = Response::new(full(proof));
    let binary = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, binary);
    Some(response)
}

/// The page that explains a refusal to the person whose script received it.
fn explain(shared: &SharedGateway, request: &Request<Body>) -> Result<Response<Body>, Refusal> {
    let unknown = || {
        Refusal::unavailable(
            StatusCode::NOT_FOUND,
            "error-not-found-title",
            "error-not-found",
        )
    };
    let query = request.uri().query().unwrap_or_default();
    let mut refusal = Refusal::explained(query).ok_or_else(unknown)?;
    refusal.ways_on.contact = shared.contact.get().cloned();
    Ok(refusal.explain(language_of(request.headers())))
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
    let (session, doubted) =
        match identity::session_of(shared, &host, &origin, request.headers(), now) {
            identity::SessionCaller::Good(session) => (Some(session), None),
            identity::SessionCaller::Doubted(session, doubt) => (None, Some((session, doubt))),
            identity::SessionCaller::Nobody => (None, None),
        };
    let target = ProofTarget {
        host: &host,
        method: request.method(),
        path: request.uri().path(),
    };
    let program = key::by_key(
        &shared.rules.load(),
        &shared.used_proofs,
        target,
        request.headers(),
        now,
    );
    // A proof that does not hold is no error here: public pages need no caller, and the others
    // answer 401, which carries the challenge below.
    let program = program.and_then(Result::ok).map(|caller| caller.account);
    let unrecognised = PresentedKey::of(request.headers()).filter(|_| program.is_none());
    // The sender of a doubted cookie may not be its holder, and must not use up the holder's
    // requests.
    let account = session
        .as_ref()
        .map(|session| &session.account)
        .or(program.as_ref());
    let counted = match account
        .map(|account| shared.account_requests.begin(account))
        .transpose()
    {
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
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(key) = unrecognised
    {
        key.challenge(&shared.used_proofs, response.headers_mut());
    }
    response
        .extensions_mut()
        .insert(KeptUntilSent::new(counted));
    response
}
