//! Resources that the map declares to show no one: subject to the gates, and reported to the monitor
//! as what a browser fetches.
//!
//! Style sheets, scripts, pictures and fonts pass as they come. A page, a table or a document under
//! such an address is searched first (`resource`): the map's word is about addresses, and a person
//! in one contradicts it.

use std::sync::Arc;

use bytes::Bytes;
use digue_access::Enforcement;
use digue_types::{RefusalReason, Timestamp};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};

use super::admit::AdmittedAssets;
use super::mode::VisitMode;
use super::settle::settle;
use super::state::PortalRequest;
use crate::caller::Caller;
use crate::gateway::SharedGateway;
use crate::guard::GuardedBody;
use crate::headers;
use crate::identity;
use crate::outgoing::{outgoing, public_origin};
use crate::portal::{Identity, Portal, Route};
use crate::portal_login::LoginQuestion;
use crate::ports::ResourceFetch;
use digue_connections::facts::ConnectionFacts;
use digue_headers::response_headers::{HeaderSweep, rewrite_addresses};
use digue_http::body::{Body, boxed, limited};
use digue_inspect::resource::search_resource;
use digue_quotas::hold::BodyHolder;
use digue_quotas::inspection_queue::TurnHolder;
use digue_refusals::Refusal;
use digue_resources::{Resource, ResourceFault, sweep_of};

/// A public resource needs no caller. Its fetch is reported for the account of its session, if
/// there is one: tokens and headers are not read for it.
const fn monitors_public_fetches(portal: &Portal) -> bool {
    matches!(portal.identity, Identity::Session)
}

/// Reports the fetch of a public resource that was not identified.
pub(super) fn note_public_fetch(
    shared: &SharedGateway,
    request: &PortalRequest<'_>,
    now: Timestamp,
) {
    if monitors_public_fetches(request.portal)
        && let Ok(caller) = identity::identify(shared, &request.identity(), request.headers, now)
    {
        report_fetch(shared, request.portal, &caller, now);
    }
}

fn report_fetch(shared: &SharedGateway, portal: &Portal, caller: &Caller, now: Timestamp) {
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

impl<M: VisitMode> AdmittedAssets<M> {
    /// Reports the fetch, for a caller who is recognised.
    pub(super) fn note_fetch(&self) {
        let visit = &self.visit;
        if !self.mode.is_recognised() || visit.caller.is_unknown() {
            return;
        }
        if !self.is_public || monitors_public_fetches(&visit.portal) {
            report_fetch(&visit.shared, &visit.portal, &visit.caller, visit.now);
        }
    }
}

impl AdmittedAssets<Enforcement> {
    /// Forwards the request; the response ends when the account is cut.
    pub(super) async fn forward(
        mut self,
        parts: &Parts,
        body: Body,
        connection: &ConnectionFacts,
    ) -> Result<Response<Body>, Refusal> {
        self.note_fetch();
        let visit = &self.visit;
        if visit.may_change {
            visit.forget_sign_in();
        }
        let outgoing = outgoing(
            &visit.shared,
            &visit.portal,
            visit.known_caller(),
            parts,
            connection,
            visit.now,
        );
        let of = (&*visit.shared, &*visit.portal, visit.sign_in.as_deref());
        let is_head = parts.method == Method::HEAD;
        let (response, named) = pass_through(of, outgoing, body).await?;
        self.visit.answered = Some(response.status());
        settle(&mut self.visit, &mut self.mode, Some(&named)).await?;
        let visit = &self.visit;
        let checked = match visit.route() {
            Some(route) if !is_head => {
                let turn = visit.turn_holder();
                let holders = visit.body_holders(&parts.extensions);
                let of = (&*visit.shared, &visit.portal);
                resource(of, route, turn, holders).check(response).await
            }
            Some(_) | None => Ok(response),
        };
        match checked {
            Ok(response) => {
                let guard = self.visit.guard();
                Ok(
                    response
                        .map(|body| boxed(GuardedBody::stream(guard, Bytes::new(), body, None))),
                )
            }
            Err(ResourceFault::Unfit(cause)) => {
                let reasons = vec![RefusalReason::Uninspectable(cause)];
                Err(self.visit.refuse(self.mode, reasons).await)
            }
            Err(ResourceFault::Unavailable(refusal)) => Err(refusal),
        }
    }
}

/// Forwards the request for a public resource.
pub(super) async fn forward_public(
    shared: &Arc<SharedGateway>,
    request: &PortalRequest<'_>,
    route: &Route,
    (parts, body): (&Parts, Body),
) -> Result<Response<Body>, Refusal> {
    let now = shared.clock.now();
    note_public_fetch(shared, request, now);
    let body = limited(
        body,
        usize::try_from(route.request_bytes_max).unwrap_or(usize::MAX),
    );
    let outgoing = outgoing(shared, request.portal, None, parts, request.connection, now);
    let (response, _) = pass_through((&**shared, &**request.portal, None), outgoing, body).await?;
    if parts.method == Method::HEAD {
        return Ok(response);
    }
    let ip = request.connection.origin.ip.to_string();
    let holders = vec![
        BodyHolder::Strangers(request.portal.id.clone()),
        BodyHolder::Portal(request.portal.id.clone()),
    ];
    let turn = TurnHolder::of_address(&ip);
    let checked = resource((&**shared, request.portal), route, turn, holders);
    checked.check(response).await.map_err(|fault| match fault {
        // Nobody is known of whom an entry could speak.
        ResourceFault::Unfit(cause) => Refusal::of(vec![RefusalReason::Uninspectable(cause)], None),
        ResourceFault::Unavailable(refusal) => refusal,
    })
}

/// What a resource of a route is checked with.
fn resource<'r>(
    (shared, portal): (&'r SharedGateway, &Arc<Portal>),
    route: &Route,
    turn: TurnHolder,
    holders: Vec<BodyHolder>,
) -> Resource<'r> {
    let portal = portal.clone();
    Resource {
        held: &shared.held,
        inspections: &shared.inspections,
        idle: portal.timeouts.idle,
        held_bytes_max: route.held_bytes_max,
        limits: route.inspect_limits,
        search: Arc::new(move |message, limits| {
            let sweep = sweep_of(
                portal
                    .routes
                    .iter()
                    .flat_map(|route| &route.response.blocks),
            );
            search_resource(&portal.kinds, &sweep, message, limits)
        }),
        turn,
        holders,
    }
}

/// The portal's response, and its headers as it sent them.
async fn pass_through(
    (shared, portal, sign_in): (&SharedGateway, &Portal, Option<&LoginQuestion>),
    outgoing: Request<()>,
    body: Body,
) -> Result<(Response<Body>, HeaderMap), Refusal> {
    let public = public_origin(outgoing.headers());
    let mut response = shared
        .upstream
        .send(outgoing.map(|()| body), portal.timeouts.response)
        .await?;
    let sent = response.headers().clone();
    if let Some(question) = sign_in {
        question.add_renewed(response.headers_mut());
    }
    // What names the user to Digue is for nobody else.
    if let Identity::Portal(login) = &portal.identity {
        for name in login.named_in_responses() {
            response.headers_mut().remove(name);
        }
    }
    headers::strip_response(response.headers_mut());
    rewrite_addresses(response.headers_mut(), &portal.upstream.authority, &public);
    let rules = &portal.response_headers;
    HeaderSweep {
        rules,
        kinds: &portal.kinds,
        picks: Vec::new(),
    }
    .pass_assets(response.headers_mut());
    // The reason phrase is an extension: text of the portal that nothing inspects.
    response.extensions_mut().clear();
    // No upgrade was requested: a portal that switches anyway would open an uninspected tunnel.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refusal::unavailable(
            StatusCode::BAD_GATEWAY,
            "unavailable-title",
            "unavailable-portal",
        ));
    }
    Ok((response, sent))
}
