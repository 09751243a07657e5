//! The life of a request at a portal. Whichever way it comes, it takes the same steps in the same
//! order:
//!
//! 1. `identify`: who sends it, and which rule of the map applies;
//! 2. `admit`: whom it names, and whether it may reach the portal;
//! 3. the way brings what the portal shows: held and inspected, named by the request alone, or
//!    reported;
//! 4. `decide`: every person, every budget; then the monitor, which has the last word;
//! 5. `record`: the entry is durable;
//! 6. `release`: the answer is handed out, and the way carries it out.
//!
//! Each step takes the visit of the step before and gives the next one, so that none can be left
//! out or exchanged with another. The answer goes in at `decide` and comes out of `release`: no
//! byte leaves before its entry. What an objection does is the visit's *mode* (`mode`): it ends the
//! visit where rules are enforced, and changes nothing in pilot or observe-only mode or when the
//! portal has shown the persons already.
//!
//! API keys are no way of their own: a program is a caller like any other (`identity`).

mod admit;
mod answer;
mod assets;
mod decide;
mod identify;
mod miss;
mod mode;
mod observed_request;
mod outside;
mod passage;
mod record;
mod refuse;
mod release;
mod request_body;
mod settle;
mod showing;
mod state;
mod stream;
mod traffic;
mod tunnel;

use std::sync::Arc;

use digue_access::{Enforcement, EnforcementMode};
use digue_types::RefusalReason;
use http::{Method, Request, Response, Uri};
use tracing::Instrument as _;

use self::admit::{Admission, RequestView};
use self::assets::{forward_public, note_public_fetch};
use self::identify::{IdentifiedVisit, identify, identify_reported};
use self::mode::{Observation, RequestMode};
use self::passage::{ObservedRequest, ObservedResponse, pass};
pub(crate) use self::record::RecordedReport;
use self::record::record_report;
use self::showing::Showing;
use self::state::is_public;
pub(crate) use self::state::{PortalArrival, PortalRequest, Way};
use self::tunnel::TunnelRequest;
use crate::caller::Caller;
use crate::gateway::SharedGateway;
use crate::headers::is_websocket;
use crate::path::Segments;
use crate::portal::{Identity, Portal, RouteKind};
use crate::reported::ReportedVisit;
use digue_http::body::Body;
use digue_quotas::pending_entries::PendingEntry;
use digue_refusals::Refusal;
use digue_telemetry::stage;
use digue_telemetry::stages::say_route;

/// Through the proxy: the response is held until its entry is durable.
pub(crate) async fn proxied(
    shared: &Arc<SharedGateway>,
    enforcement: Enforcement,
    arrival: PortalArrival,
    mut request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let client_side = is_websocket(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let (portal_request, connection) = (arrival.request(&parts), &arrival.connection);
    let route = portal_request.route();
    if let Some(route) = route
        .first()
        .filter(|route| is_public(&portal_request, route))
    {
        return forward_public(shared, &portal_request, route, (&parts, body)).await;
    }
    let identified = identify(shared, enforcement, &portal_request, route);
    let (mut visit, turn) = identified.instrument(stage!("identify")).await?;
    let (seen, body) = visit.read_body(&parts, body).await?;
    visit.keep_request(&parts, &seen);
    let view = RequestView::of(&parts, seen.view());
    let mut response = match visit.admit(&view).instrument(stage!("admit")).await? {
        Admission::Assets(visit) => visit.forward(&parts, body, connection).await?,
        Admission::Held(mut visit, route) => {
            say_route(route.name.as_str());
            let fetched = visit.fetch(&route, &parts, body, connection);
            let (showing, answer) = fetched.instrument(stage!("fetch")).await?;
            visit
                .decide(showing, answer)
                .instrument(stage!("decide"))
                .await?
                .record()
                .instrument(stage!("record"))
                .await?
                .release()?
                .respond()
        }
        Admission::Tunnel(visit) => {
            let client_side =
                client_side.expect("a tunnel is admitted for a request for a WebSocket");
            let tunnel = TunnelRequest::new(&visit, &parts, connection, client_side);
            let showing = Showing::stream(&visit);
            visit
                .decide(showing, tunnel)
                .await?
                .shake_hands()
                .await?
                .record()
                .await?
                .release()?
                .open(turn.clone())?
        }
        Admission::Unmapped(visit) => {
            return Err(visit.refuse(vec![RefusalReason::UnknownRoute]).await);
        }
    };
    // Until the last byte has left, the request counts among those of its account.
    if let Some(turn) = turn {
        response.extensions_mut().insert(turn);
    }
    Ok(response)
}

/// What another proxy is told about a request that may continue.
pub(crate) struct Permission {
    /// `None` where no caller is known.
    pub(crate) caller: Option<Caller>,
    /// The index of the entry, where one was needed.
    pub(crate) entry: Option<u64>,
}

/// Through forward authentication: the same decision, entry and monitor, on what the request alone
/// shows.
pub(crate) async fn permitted(
    shared: &Arc<SharedGateway>,
    enforcement: Enforcement,
    request: &PortalRequest<'_>,
) -> Result<Permission, Refusal> {
    if request
        .route()
        .first()
        .is_some_and(|route| is_public(request, route))
    {
        note_public_fetch(shared, request, shared.clock.now());
        return Ok(Permission {
            caller: None,
            entry: None,
        });
    }
    request_only(shared, enforcement, request).await
}

/// Forward authentication for a portal in pilot or observe-only mode: every request continues.
pub(crate) async fn permitted_observed(
    shared: &Arc<SharedGateway>,
    request: &PortalRequest<'_>,
) -> Permission {
    let mode = request.portal.mode;
    let Ok((visit, _)) = identify(shared, Observation::of(mode), request, request.route()).await;
    let (method, uri) = (request.method.clone(), request.uri.clone());
    let path = request.path.cloned();
    let concluded = async move {
        let Ok(permission) = conclude_request(visit, &uri, (&method, path.as_ref())).await;
        permission
    };
    // A pilot keeps nothing back, not even for the journal; nor is anybody kept waiting for a portal
    // that is asked who its user is.
    let is_kept_waiting = match mode {
        EnforcementMode::Pilot => false,
        EnforcementMode::ObserveOnly | EnforcementMode::Enforced => {
            !matches!(request.portal.identity, Identity::Portal(_))
        }
    };
    if is_kept_waiting {
        return concluded.await;
    }
    let pending = shared.pending_entries.begin();
    let concluded = async move { drop(concluded.await) };
    shared.follow_up(pending, &request.portal.id, concluded);
    Permission {
        caller: None,
        entry: None,
    }
}

async fn request_only<M: RequestMode>(
    shared: &Arc<SharedGateway>,
    mode: M,
    request: &PortalRequest<'_>,
) -> Result<Permission, M::Stop> {
    let (visit, _turn) = identify(shared, mode, request, request.route()).await?;
    conclude_request(visit, request.uri, (request.method, request.path)).await
}

/// The steps after the first, on what the request alone shows.
async fn conclude_request<M: RequestMode>(
    mut visit: IdentifiedVisit<M>,
    uri: &Uri,
    target: (&Method, Option<&Segments>),
) -> Result<Permission, M::Stop> {
    visit.settle(None).await?;
    let caller = visit.caller_to_tell().cloned();
    let visit = match visit.admit(&RequestView::without_body(uri)).await? {
        Admission::Assets(visit) => {
            visit.note_fetch();
            return Ok(Permission {
                caller,
                entry: None,
            });
        }
        Admission::Held(visit, _) | Admission::Tunnel(visit) => visit,
        Admission::Unmapped(mut visit) => {
            visit.note_address(target, None);
            visit
        }
    };
    let showing = Showing::request_only(&visit);
    let entry = visit
        .decide(showing, ())
        .await?
        .record()
        .await?
        .release()?
        .entry;
    Ok(Permission { caller, entry })
}

/// Through the proxy to a portal in pilot or observe-only mode: the response goes first, and the
/// steps follow it. What enforced mode would have decided is journalled and the monitor is
/// informed; nothing else follows.
pub(crate) async fn observed(
    shared: &Arc<SharedGateway>,
    arrival: PortalArrival,
    mut request: Request<Body>,
) -> Response<Body> {
    let client_side = is_websocket(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let portal_request = arrival.request(&parts);
    let mode = Observation::of(arrival.portal.mode);
    let Ok((visit, _)) = identify(shared, mode, &portal_request, portal_request.route()).await;
    // Before the response leaves: a stop that falls in between waits for the entry.
    let pending = shared.pending_entries.begin();
    let then = |visit, request, response| conclude_later(pending, visit, request, response);
    pass(visit, &arrival.connection, client_side, (parts, body), then).await
}

fn conclude_later(
    pending: PendingEntry,
    visit: IdentifiedVisit<Observation>,
    request: ObservedRequest,
    response: ObservedResponse,
) {
    let (shared, portal) = (
        visit.visit().shared.clone(),
        visit.visit().portal.id.clone(),
    );
    // Spawned: the entry must not delay the end of the response.
    shared.follow_up(pending, &portal, conclude(visit, request, response));
}

async fn conclude(
    mut visit: IdentifiedVisit<Observation>,
    request: ObservedRequest,
    response: ObservedResponse,
) {
    response.tell(visit.visit(), &request);
    // A public resource is written to nobody: no question for each of a page's parts.
    if visit.visit().kind() != Some(RouteKind::Assets { is_public: true }) {
        let Ok(()) = visit.settle(response.headers()).await;
    }
    let view = request.view(visit.visit());
    let Ok(admission) = visit.admit(&view).await;
    let (visit, route) = match admission {
        Admission::Assets(visit) => return visit.note_fetch(),
        Admission::Held(visit, route) => (visit, Some(route)),
        Admission::Tunnel(visit) => (visit, None),
        Admission::Unmapped(mut visit) => {
            let (method, path) = request.target();
            visit.note_address((method, path.as_ref()), response.content_type());
            (visit, None)
        }
    };
    let showing = response.showing(&visit, &request, route.as_ref()).await;
    let Ok(visit) = visit.decide(showing, ()).await;
    let Ok(_) = visit.record().await;
}

/// Reported by the portal: the persons have been shown, and every limit that they exceed is named.
pub(crate) async fn reported(
    shared: &Arc<SharedGateway>,
    portal: &Arc<Portal>,
    report: Vec<ReportedVisit>,
) -> Result<RecordedReport, Refusal> {
    let mut visits = Vec::with_capacity(report.len());
    for reported in report {
        let (visit, persons) = identify_reported(shared, portal, reported);
        let visit = visit.admitted_by_portal();
        visits.push(visit.decide(Showing::reported(persons), ()).await?);
    }
    record_report(visits).await
}
