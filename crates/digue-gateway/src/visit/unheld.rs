//! Requests that are not held: resources that the map declares to show no one, and WebSockets.

use std::sync::Arc;

use bytes::Bytes;
use digue_access::{Enforcement, decide};
use digue_types::{Inspection, Outcome, Timestamp};
use http::request::Parts;
use http::{Request, Response, StatusCode};

use super::response::public_origin;
use super::{PortalRequest, Visit};
use crate::body::{Body, boxed, limited};
use crate::gateway::SharedGateway;
use crate::guard::{CutGuard, GuardedBody};
use crate::headers;
use crate::identity::{self, Caller};
use crate::outgoing::outgoing;
use crate::portal::{Identity, Portal};
use crate::ports::ResourceFetch;
use crate::refusal::Refusal;
use crate::response_headers::{HeaderSweep, rewrite_addresses};

/// Reports the fetch of a public resource, for the account of its session, if there is one.
pub(super) fn note_fetch(shared: &SharedGateway, asked: &PortalRequest<'_>, now: Timestamp) {
    if matches!(asked.portal.identity, Identity::Session)
        && let Ok(caller) = identity::identify(shared, &asked.identity(), asked.headers, now)
    {
        tell_fetch(shared, asked.portal, &caller, now);
    }
}

fn tell_fetch(shared: &SharedGateway, portal: &Portal, caller: &Caller, now: Timestamp) {
    let (organisation, account) = (&caller.organisation, &caller.account);
    let is_observed = portal.mode.enforcement().is_none();
    shared.monitor.fetched(&ResourceFetch {
        at: now,
        portal: &portal.id,
        organisation,
        account,
        is_observed,
    });
}

impl Visit<Enforcement> {
    /// Routes that the map declares to show no one: not inspected, yet subject to the gates.
    pub(super) async fn pass_assets(self, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        self.gate_assets().await?;
        let (parts, body) = request.into_parts();
        let outgoing =
            outgoing(&self.shared, &self.portal, Some(&self.caller), &parts, &self.connection, self.now);
        let limit = usize::try_from(self.route().request_bytes_max).unwrap_or(usize::MAX);
        let body = limited(body, limit);
        let response = pass_through(&self.shared, &self.portal, outgoing, body).await?;
        let guard = self.guard();
        Ok(response.map(|body| boxed(GuardedBody::stream(guard, Bytes::new(), body, None))))
    }

    pub(super) async fn gate_assets(&self) -> Result<(), Refusal> {
        let snapshot = self.shared.rules.load_full();
        if let Some(reason) = decide::gate_refusal(&snapshot, &self.facts()) {
            return Err(self.refuse(vec![reason], Inspection::NotReached).await);
        }
        tell_fetch(&self.shared, &self.portal, &self.caller, self.now);
        Ok(())
    }
}

/// A WebSocket to be opened; see `upgrade`.
pub(crate) struct Tunnel {
    visit: Visit<Enforcement>,
}

impl Tunnel {
    pub(super) fn new(visit: Visit<Enforcement>) -> Self {
        Self { visit }
    }

    /// Decides and journals the stream before its first byte.
    pub(crate) async fn permit(&self) -> Result<CutGuard, Refusal> {
        let visit = &self.visit;
        let decision = visit.decide(&Vec::new(), Inspection::Stream);
        if decision.outcome == Outcome::Refused {
            return Err(visit.refuse(decision.reasons, Inspection::NotReached).await);
        }
        let status = StatusCode::SWITCHING_PROTOCOLS;
        let mut decision = decision;
        let mut exposure = visit.exposure(&decision, Vec::new(), Inspection::Stream, 0, status);
        visit.look(&mut decision, &mut exposure);
        if decision.outcome == Outcome::Refused {
            let index = visit.shared.record_refusal(exposure).await?;
            return Err(visit.refusal(decision.reasons, index));
        }
        visit.record(vec![exposure]).await?;
        Ok(visit.guard())
    }

    pub(crate) fn outgoing(&self, parts: &Parts) -> Request<()> {
        let visit = &self.visit;
        outgoing(&visit.shared, &visit.portal, Some(&visit.caller), parts, &visit.connection, visit.now)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        self.visit.shared.upstream.send(request, &self.visit.portal.timeouts).await
    }
}

pub(super) async fn pass_through(
    shared: &Arc<SharedGateway>,
    portal: &Portal,
    outgoing: Request<()>,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let public = public_origin(outgoing.headers());
    let mut response = shared.upstream.send(outgoing.map(|()| body), &portal.timeouts).await?;
    headers::strip_response(response.headers_mut());
    rewrite_addresses(response.headers_mut(), &portal.upstream.authority, &public);
    let rules = &portal.response_headers;
    HeaderSweep { rules, kinds: &portal.kinds, picks: Vec::new() }.pass_assets(response.headers_mut());
    // The reason phrase is an extension: text of the portal that nothing inspects.
    response.extensions_mut().clear();
    // No upgrade was requested: a portal that switches anyway would open an uninspected tunnel.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refusal::unavailable(StatusCode::BAD_GATEWAY, "unavailable-title", "unavailable-portal"));
    }
    Ok(response)
}
