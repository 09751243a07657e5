//! The passage of an exchange with a portal in pilot or observe-only mode.
//!
//! The request reaches the portal as the client sent it, and the response the client as the portal
//! sent it, piece by piece. Copies are kept of what passed, for the steps that follow.

use std::sync::Arc;
use std::time::Duration;

use digue_types::Inspection;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::upgrade::OnUpgrade;

use super::admit::{AdmittedVisit, BodyView, RequestView};
use super::answer::InspectedPersons;
use super::identify::IdentifiedVisit;
use super::mode::Observation;
use super::observed_request::as_sent;
use super::request_body::INSPECTED_REQUEST_BYTES_MAX;
use super::showing::Showing;
use super::state::{RouteRef, Visit};
use super::tunnel::{join, on_connection};
use crate::headers;
use crate::path::Segments;
use crate::portal::RouteKind;
use digue_connections::facts::ConnectionFacts;
use digue_connections::table::Slot;
use digue_http::body::{Body, boxed, empty};
use digue_quotas::inspection_queue::InspectionBusy;
use digue_quotas::tee::{BodyCopy, CopiedBody, CopyExtent, tee};
use digue_refusals::Refusal;

/// A request as it was sent to the portal.
pub(super) struct ObservedRequest {
    parts: Parts,
    body: CopiedBody,
}

/// A response as it passed.
pub(super) struct ObservedResponse {
    /// `None` when the portal did not answer.
    head: Option<(StatusCode, HeaderMap)>,
    /// `None` for a tunnel.
    body: Option<CopiedBody>,
}

/// Without Digue, only the client would limit how long a portal may take.
const ANSWER_TIME_MAX: Duration = Duration::from_hours(24);

/// Forwards a request, and its response; `then` is called once, when the response has passed.
pub(super) async fn pass(
    visit: IdentifiedVisit<Observation>,
    connection: &ConnectionFacts,
    client_side: Option<OnUpgrade>,
    (parts, body): (Parts, Body),
    then: impl FnOnce(IdentifiedVisit<Observation>, ObservedRequest, ObservedResponse) + Send + 'static,
) -> Response<Body> {
    let known = visit.visit();
    let caller = visit.caller_to_tell();
    let shared = known.shared.clone();
    let Some(outgoing) = as_sent(
        &shared,
        &known.portal,
        caller,
        &parts,
        connection,
        known.now,
    ) else {
        return plain(StatusCode::BAD_REQUEST);
    };
    let share = known.share(&shared.observed, &parts.extensions);
    let (body, request_body) = tee(body, request_copy_max(known), share);
    let sent = shared
        .upstream
        .send(outgoing.map(|()| boxed(body)), ANSWER_TIME_MAX)
        .await;
    let response = match sent {
        Ok(response) => response,
        Err(error) => {
            // The portal does not answer: no rule objects, and there is nothing else to return.
            let response = Refusal::from(error).respond(&parts.headers);
            let body = request_body.take();
            then(
                visit,
                ObservedRequest { parts, body },
                ObservedResponse {
                    head: None,
                    body: None,
                },
            );
            return response;
        }
    };
    let share = known.share(&shared.observed, &parts.extensions);
    let response_max = response_copy_max(&visit);
    let slot = parts.extensions.get::<Arc<Slot>>().cloned();
    let end = move |head, copy: Option<BodyCopy>| {
        let request = ObservedRequest {
            parts,
            body: request_body.take(),
        };
        let body = copy.map(|copy| copy.take());
        then(
            visit,
            request,
            ObservedResponse {
                head: Some(head),
                body,
            },
        );
    };
    let (is_switched, mut response) = (
        response.status() == StatusCode::SWITCHING_PROTOCOLS,
        response,
    );
    let portal_side = is_switched.then(|| hyper::upgrade::on(&mut response));
    let (mut head, body) = response.into_parts();
    headers::strip_response_hops(&mut head.headers);
    // Digue's own cookies are taken out even here: otherwise a portal could set or end its
    // sessions.
    headers::strip_own_cookies(&mut head.headers);
    let seen = (head.status, head.headers.clone());
    match (portal_side, client_side) {
        (None, _) => {
            let (body, copy) = tee(body, response_max, share);
            let body = body.on_end(move || end(seen, Some(copy)));
            Response::from_parts(head, boxed(body))
        }
        (Some(portal_side), Some(client_side)) => {
            join(client_side, portal_side, on_connection(slot));
            end(seen, None);
            // `strip_response_hops` has removed both; 101 must name the protocol (RFC 9110, 7.8).
            head.headers
                .insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            head.headers
                .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            Response::from_parts(head, empty())
        }
        // The client asked for no other protocol: a plain proxy could not forward this either.
        (Some(_), None) => plain(StatusCode::BAD_GATEWAY),
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

fn request_copy_max(visit: &Visit) -> usize {
    let is_read = visit
        .route()
        .is_some_and(|route| route.needs_request_body());
    let own = if is_read {
        INSPECTED_REQUEST_BYTES_MAX
    } else {
        0
    };
    own.max(
        visit
            .shared
            .observed_bytes_max(&visit.portal)
            .min(INSPECTED_REQUEST_BYTES_MAX),
    )
}

fn response_copy_max(visit: &IdentifiedVisit<Observation>) -> usize {
    let held = visit
        .candidates()
        .filter(|route| route.kind == RouteKind::Held);
    let own = held.map(|route| route.held_bytes_max).max();
    let visit = visit.visit();
    own.unwrap_or(0)
        .max(visit.shared.observed_bytes_max(&visit.portal))
}

impl ObservedRequest {
    /// The request, as the rules would have read it.
    pub(super) fn view(&self, visit: &Visit) -> RequestView<'_> {
        RequestView::of(
            &self.parts,
            visit
                .route()
                .map_or(BodyView::Whole(&[]), |route| self.body(route)),
        )
    }

    /// Its method, and its path as the gateway reads it; none for one that two programs could read
    /// differently.
    pub(super) fn target(&self) -> (&Method, Option<Segments>) {
        (
            &self.parts.method,
            Segments::parse(self.parts.uri.path()).ok(),
        )
    }

    fn body(&self, route: &RouteRef) -> BodyView<'_> {
        let needs_body = route.needs_request_body();
        let copied = &self.body;
        let is_beyond = needs_body && copied.extent == CopyExtent::TooLarge;
        // Of several limits the body says which one counts: `choose_route` compares it.
        let is_above = !route.is_chosen_by_body() && copied.passed > route.request_bytes_max;
        if is_above || is_beyond {
            return BodyView::TooLarge;
        }
        let is_coded = self.parts.headers.contains_key(header::CONTENT_ENCODING);
        if needs_body && (is_coded || copied.extent != CopyExtent::Whole) {
            return BodyView::Unreadable;
        }
        BodyView::Whole(&copied.bytes)
    }

    fn is_head(&self) -> bool {
        self.parts.method == Method::HEAD
    }
}

impl ObservedResponse {
    /// Tells the observer of traffic what passed; nothing of a tunnel, or of a portal that did not
    /// answer.
    pub(super) fn tell(&self, visit: &Visit, request: &ObservedRequest) {
        if let (Some((status, headers)), Some(body)) = (&self.head, &self.body) {
            visit.tell_passed((&request.parts, &request.body), (*status, headers), body);
        }
    }

    /// `None` when the portal did not answer.
    pub(super) fn headers(&self) -> Option<&HeaderMap> {
        self.head.as_ref().map(|(_, headers)| headers)
    }

    /// The media type that the portal gave, as text.
    pub(super) fn content_type(&self) -> Option<&str> {
        let (_, headers) = self.head.as_ref()?;
        headers.get(header::CONTENT_TYPE)?.to_str().ok()
    }

    /// What the response showed, as far as it was copied.
    pub(super) async fn showing(
        self,
        visit: &AdmittedVisit<Observation>,
        request: &ObservedRequest,
        route: Option<&RouteRef>,
    ) -> Showing {
        let visit = visit.visit();
        let passed = self.body.as_ref().map_or(0, |copied| copied.passed);
        let status = self.head.as_ref().map(|(status, _)| *status);
        match self.read(visit, request, route).await {
            Ok(showing) => showing,
            // Unknown is not nothing: what was not copied may have shown persons.
            Err(inspection) => {
                let mut showing = Showing::unseen(inspection, passed, status);
                visit.add_subjects(&mut showing);
                showing
            }
        }
    }

    /// What the copy shows; or how far it was inspected, where it was not.
    async fn read(
        self,
        visit: &Visit,
        request: &ObservedRequest,
        route: Option<&RouteRef>,
    ) -> Result<Showing, Inspection> {
        let (status, mut headers) = self.head.ok_or(Inspection::NotReached)?;
        let body = self.body.ok_or(Inspection::Stream)?;
        let route = route
            .filter(|route| route.kind == RouteKind::Held)
            .ok_or(Inspection::NotLooked)?;
        let passed = body.passed;
        let mut outside = None;
        let found = match body.extent {
            _ if request.is_head() => Ok(InspectedPersons::default()),
            // It shows the client a copy that it has: no body, yet not nobody.
            _ if status == StatusCode::NOT_MODIFIED => return Err(Inspection::Partial),
            CopyExtent::CutShort | CopyExtent::NoRoom => return Err(Inspection::Partial),
            CopyExtent::TooLarge => Err(digue_identifiers::Unreadable::too_large()),
            // Copied for the observer of traffic alone.
            CopyExtent::Whole if body.bytes.len() > route.held_bytes_max => {
                Err(digue_identifiers::Unreadable::too_large())
            }
            CopyExtent::Whole => {
                let share = body.share.ok_or(Inspection::Partial)?;
                let inspected = visit
                    .inspect(route, status, &headers, &body.bytes, share)
                    .await;
                let (found, share) = inspected.map_err(|_| Inspection::Partial)?;
                if let Ok(found) = &found {
                    let sent = (status, &headers, &body.bytes);
                    // What would have been left is dropped: the response has left as it was.
                    outside = match visit.without_outside(route, sent, found, share).await {
                        Ok((rewritten, _)) => rewritten.map(|rewritten| rewritten.outside),
                        Err(InspectionBusy) => None,
                    };
                }
                found
            }
        };
        let is_part = status == StatusCode::PARTIAL_CONTENT;
        if is_part && found.is_err() {
            // A part of a document is rarely a document of its own.
            return Err(Inspection::Partial);
        }
        let showing = Showing {
            outside,
            ..visit.showing(route, (status, &mut headers), found, passed)
        };
        Ok(if is_part {
            Showing {
                inspection: Inspection::Partial,
                ..showing
            }
        } else {
            showing
        })
    }
}
