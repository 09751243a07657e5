//! A visit to a portal in observe-only mode.
//!
//! The request reaches the portal as the client sent it, and the response the client as the portal sent it,
//! piece by piece. What passed is examined afterwards: what enforced mode would have decided is journalled
//! and detection is informed; nothing else follows. By construction: a refusal is made from an
//! `Enforcement`, which no visit here holds, and no function here returns one.

use std::sync::Arc;
use std::time::Duration;

use digue_access::decide::against_request;
use digue_inspect::Unreadable;
use digue_types::{
    AccountId, Exposure, Inspection, OrganisationId, Outcome, RefusalReason, SessionId, Timestamp,
    UninspectedCause,
};
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;

use super::observed_request::{as_sent, is_websocket};
use super::request::INSPECTED_REQUEST_BYTES_MAX;
use super::response::InspectedPersons;
use super::unheld::note_fetch;
use super::{ExactSearch, PortalRequest, Visit, place_of};
use crate::body::{Body, boxed, empty};
use crate::connection::ConnectionFacts;
use crate::connections::Slot;
use crate::gateway::{SharedGateway, lock};
use crate::headers;
use crate::identity::{self, Caller, CallerKind, IdentityFailure};
use crate::path::Segments;
use crate::pending_entries::PendingEntry;
use crate::portal::{Portal, RouteKind, Timeouts, UninspectedChoice};
use crate::shown::{FoundPersons, named_by_request};
use crate::tee::{BodyCopy, CopiedBody, CopyExtent, tee};
use crate::upgrade::{join, on_connection};

/// Takes the place of an `Enforcement`: objections to this visit change nothing about it.
pub(super) struct Observation {
    /// What enforced mode would have objected before the portal was contacted.
    against: Vec<RefusalReason>,
    is_recognised: bool,
    is_mapped: bool,
}

/// A request as it was sent to the portal.
struct SentRequest {
    parts: Parts,
    /// Values of the path, by the names of the map.
    values: Vec<(String, String)>,
    body: BodyCopy,
}

/// The head of the portal's response.
struct AnswerHead {
    status: StatusCode,
    headers: HeaderMap,
}

/// The persons that a body shows, as far as it could be inspected.
struct BodyReading {
    persons: FoundPersons,
    inspection: Inspection,
    /// What the map would have refused, had the body been unreadable in enforced mode.
    against: Option<RefusalReason>,
}

/// Forwards a request, and its response. `path` is `None` where the path is one that no map could name.
pub(crate) async fn observe(
    shared: &Arc<SharedGateway>,
    connection: ConnectionFacts,
    portal: Arc<Portal>,
    host: String,
    path: Option<Segments>,
    mut request: Request<Body>,
) -> Response<Body> {
    let client_side = is_websocket(request.headers()).then(|| hyper::upgrade::on(&mut request));
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
    let visit = Visit::observed(shared, &asked, path.as_ref());
    let found = path.as_ref().and_then(|path| visit.portal.route(&parts.method, path));
    let values = found.map(|(_, values)| values).unwrap_or_default();
    let caller = visit.mode.is_recognised.then_some(&visit.caller);
    let Some(outgoing) = as_sent(shared, &visit.portal, caller, &parts, &connection, visit.now) else {
        return plain(StatusCode::BAD_REQUEST);
    };
    if visit.mode.is_mapped && matches!(visit.route().kind, RouteKind::Assets { .. }) {
        note_fetch(shared, &asked, visit.now);
    }
    let share = visit.share(&shared.observed, &parts.extensions);
    let (body, sent_body) = tee(body, visit.request_copy_max(), share);
    let sent = SentRequest { parts, values, body: sent_body };
    match shared.upstream.send(outgoing.map(|()| boxed(body)), &UNHURRIED).await {
        Ok(response) => visit.pass(sent, client_side, response),
        Err(unavailable) => {
            // The portal does not answer: no rule objects, and there is nothing else to return.
            let response = unavailable.respond(&sent.parts.headers);
            visit.conclude_later(shared.pending_entries.begin(), sent, None, None);
            response
        }
    }
}

/// Forward authentication for an observe-only portal: every request continues, and what enforced mode would
/// have decided is journalled. Returns the caller, when one is recognised.
pub(crate) async fn observe_unseen(shared: &Arc<SharedGateway>, asked: PortalRequest<'_>) -> Option<Caller> {
    let path = Segments::parse(asked.uri.path()).ok();
    let mut visit = Visit::observed(shared, &asked, path.as_ref());
    let caller = visit.mode.is_recognised.then(|| visit.caller.clone());
    if visit.is_said_to_show_nobody() {
        note_fetch(shared, &asked, visit.now);
        return caller;
    }
    let found = path.as_ref().and_then(|path| visit.portal.route(asked.method, path));
    if let Some((_, values)) = found {
        let fields = visit.unseen_fields(&values, asked.uri.query().unwrap_or_default());
        let taken_in =
            fields.and_then(|fields| visit.take_in(&fields).map_err(|_| RefusalReason::MalformedRequest));
        if let Err(reason) = taken_in {
            visit.mode.against.push(reason);
        }
        visit.ask_the_rules();
    }
    let reading = BodyReading {
        persons: named_by_request(visit.subjects.clone()),
        inspection: Inspection::RequestOnly,
        against: None,
    };
    let exposure = visit.would_have(reading, 0, None);
    visit.tell(exposure).await;
    caller
}

/// Without Digue, only the client would limit how long a portal may take.
const UNHURRIED: Timeouts = Timeouts {
    connect: Duration::from_hours(24),
    response: Duration::from_hours(24),
    idle: Duration::from_hours(24),
};

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

impl Visit<Observation> {
    fn observed(shared: &Arc<SharedGateway>, asked: &PortalRequest<'_>, path: Option<&Segments>) -> Self {
        let now = shared.clock.now();
        let portal = asked.portal.clone();
        let identified = identity::identify(shared, &asked.identity(), asked.headers, now);
        let place = path.and_then(|path| place_of(&portal, asked.method, path));
        let is_public =
            place.is_some_and(|place| portal.routes[place].kind == RouteKind::Assets { is_public: true });
        let mut against = Vec::new();
        let (caller, is_recognised) = match identified {
            Ok(caller) => (caller, true),
            Err(IdentityFailure::Doubted(caller)) => {
                against.push(RefusalReason::SessionMoved);
                (*caller, true)
            }
            Err(IdentityFailure::NotSignedIn) => {
                against.push(RefusalReason::NoSession);
                (nobody_known(now), false)
            }
            Err(IdentityFailure::NotAdmitted) => {
                against.push(RefusalReason::UnknownAccount);
                (nobody_known(now), false)
            }
        };
        // A public resource needs no caller: a missing session is no objection.
        if is_public {
            against.clear();
        }
        match (path, place) {
            (None, _) => against.insert(0, RefusalReason::MalformedRequest),
            (Some(_), None) => against.push(RefusalReason::UnknownRoute),
            (Some(_), Some(_)) => {}
        }
        Self {
            shared: shared.clone(),
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
            mode: Observation { against, is_recognised, is_mapped: place.is_some() },
            portal,
        }
    }

    fn needs_request_body(&self) -> bool {
        self.mode.is_mapped && self.route().needs_request_body()
    }

    fn request_copy_max(&self) -> usize {
        if self.needs_request_body() { INSPECTED_REQUEST_BYTES_MAX } else { 0 }
    }

    fn response_copy_max(&self) -> usize {
        let is_held = self.mode.is_mapped && self.route().kind == RouteKind::Held;
        if is_held { self.route().held_bytes_max } else { 0 }
    }

    /// Sends the response to the client, unchanged.
    fn pass(
        self,
        sent: SentRequest,
        client_side: Option<OnUpgrade>,
        mut response: Response<Body>,
    ) -> Response<Body> {
        let portal_side =
            (response.status() == StatusCode::SWITCHING_PROTOCOLS).then(|| hyper::upgrade::on(&mut response));
        let (mut head, body) = response.into_parts();
        headers::strip_response_hops(&mut head.headers);
        // Digue's own cookies are taken out even here: otherwise a portal could set or end its sessions.
        headers::strip_own_cookies(&mut head.headers);
        let seen = AnswerHead { status: head.status, headers: head.headers.clone() };
        match (portal_side, client_side) {
            (None, _) => {
                let share = self.share(&self.shared.observed, &sent.parts.extensions);
                let (body, copy) = tee(body, self.response_copy_max(), share);
                let pending = self.shared.pending_entries.begin();
                let body = body.on_end(move || self.conclude_later(pending, sent, Some(seen), Some(copy)));
                Response::from_parts(head, boxed(body))
            }
            (Some(portal_side), Some(client_side)) => {
                let slot = sent.parts.extensions.get::<Arc<Slot>>().cloned();
                join(client_side, portal_side, on_connection(slot));
                let pending = self.shared.pending_entries.begin();
                self.conclude_later(pending, sent, Some(seen), None);
                head.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
                head.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                Response::from_parts(head, empty())
            }
            // The client asked for no other protocol: a plain proxy could not forward this either.
            (Some(_), None) => plain(StatusCode::BAD_GATEWAY),
        }
    }

    fn conclude_later(
        self,
        pending: PendingEntry,
        sent: SentRequest,
        head: Option<AnswerHead>,
        body: Option<BodyCopy>,
    ) {
        let shared = self.shared.clone();
        // Spawned: the entry must not delay the end of the response.
        if !pending.spawn(async move { self.conclude(sent, head, body).await }) {
            shared.note_unrecorded("the process is stopping");
        }
    }

    /// Passes what enforced mode would have decided to detection and the journal.
    async fn conclude(mut self, sent: SentRequest, head: Option<AnswerHead>, body: Option<BodyCopy>) {
        if self.is_said_to_show_nobody() {
            return;
        }
        let copied = body.map(|copy| copy.take());
        let exposure = self.judge(&sent, head.as_ref(), copied).await;
        self.tell(exposure).await;
    }

    /// To detection, then to the journal.
    async fn tell(&self, exposure: Exposure) {
        self.shared.monitor.observe(&exposure);
        let Some(exposure) = self.counted_apart(exposure) else { return };
        if self.must_record(&exposure)
            && let Err(unrecorded) = self.shared.recorder.record(vec![exposure]).await
        {
            self.shared.note_unrecorded(&unrecorded.0);
        }
    }

    /// Responses that show no one and would have been refused are counted like refusals: they, too, come as
    /// fast as a client sends.
    fn counted_apart(&self, exposure: Exposure) -> Option<Exposure> {
        let is_countable = exposure.outcome == Outcome::WouldRefuse && exposure.shown.is_empty();
        if is_countable { self.shared.refusals.take(exposure) } else { Some(exposure) }
    }

    /// Resources that the map declares to show no one, and that this caller may fetch.
    fn is_said_to_show_nobody(&self) -> bool {
        self.mode.is_mapped
            && matches!(self.route().kind, RouteKind::Assets { .. })
            && self.mode.against.is_empty()
    }

    async fn judge(
        &mut self,
        sent: &SentRequest,
        head: Option<&AnswerHead>,
        body: Option<CopiedBody>,
    ) -> Exposure {
        if self.mode.is_mapped {
            self.read_sent(sent);
        }
        let passed = body.as_ref().map_or(0, |copied| copied.passed);
        let status = head.map(|head| head.status);
        let mut reading = self.look_at(head, body).await;
        if let Some(status) = status {
            reading.persons = self.with_subjects(reading.persons, status, passed > 0);
        }
        self.would_have(reading, passed, status)
    }

    /// The entry of what enforced mode would have decided.
    fn would_have(&mut self, reading: BodyReading, passed: u64, status: Option<StatusCode>) -> Exposure {
        let BodyReading { persons, inspection, against } = reading;
        let mut decision = self.decide_observed(&persons, inspection);
        let mut reasons = std::mem::take(&mut self.mode.against);
        for reason in against.into_iter().chain(decision.reasons) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        decision.outcome = if reasons.is_empty() { Outcome::Released } else { Outcome::WouldRefuse };
        decision.reasons = reasons;
        let exposure =
            self.exposure(&decision, persons, inspection, passed, status.unwrap_or(StatusCode::OK));
        let exposure = Exposure { status: status.map_or(0, |status| status.as_u16()), ..exposure };
        if self.mode.is_mapped { exposure } else { super::entry::unmapped(exposure) }
    }

    /// Reads the persons that the request names, and the objections to it.
    fn read_sent(&mut self, sent: &SentRequest) {
        let copied = sent.body.take();
        let needs_body = self.needs_request_body();
        if copied.passed > self.route().request_bytes_max
            || needs_body && copied.extent == CopyExtent::TooLarge
        {
            self.mode.against.push(RefusalReason::RequestTooLarge);
        }
        let is_coded = sent.parts.headers.contains_key(header::CONTENT_ENCODING);
        let is_readable = !needs_body || !is_coded && copied.extent == CopyExtent::Whole;
        let fields = self.request_fields(&sent.parts, &sent.values, &copied.bytes);
        match fields {
            Ok(fields) if is_readable && self.take_in(&fields).is_ok() => {}
            _ => {
                if !self.mode.against.contains(&RefusalReason::RequestTooLarge) {
                    self.mode.against.push(RefusalReason::MalformedRequest);
                }
                return;
            }
        }
        if let Err(reason) = self.check_parameters(&sent.parts, &copied.bytes) {
            self.mode.against.push(reason);
        }
        if self.route().kind == RouteKind::WebSocket && !is_websocket(&sent.parts.headers) {
            self.mode.against.push(RefusalReason::MalformedRequest);
        }
        self.ask_the_rules();
    }

    /// The objections of the rules to the request, where nothing else speaks against it.
    fn ask_the_rules(&mut self) {
        if self.mode.against.is_empty() {
            let keys = self.keys(&self.subjects);
            let snapshot = self.shared.rules.load_full();
            let hosts = self.shared.hosts.load();
            let budgets = lock(hosts.budgets(&self.portal.id));
            let against = against_request(&snapshot, &budgets, &self.facts(), &keys);
            drop(budgets);
            self.mode.against = against;
        }
    }

    /// The persons shown by the part of the response that was copied.
    async fn look_at(&mut self, head: Option<&AnswerHead>, body: Option<CopiedBody>) -> BodyReading {
        let unseen = |inspection| BodyReading { persons: Vec::new(), inspection, against: None };
        let Some(head) = head else { return unseen(Inspection::NotReached) };
        let Some(body) = body else { return unseen(Inspection::Stream) };
        if !self.mode.is_mapped || self.route().kind != RouteKind::Held {
            return unseen(Inspection::NotLooked);
        }
        if self.method == Method::HEAD {
            return unseen(Inspection::Inspected);
        }
        match body.extent {
            // A 304 shows the client a copy that it has: no body, yet not nobody.
            _ if head.status == StatusCode::NOT_MODIFIED => unseen(Inspection::Partial),
            // Unknown is not nothing: what was not copied may have shown persons.
            CopyExtent::CutShort | CopyExtent::NoRoom => unseen(Inspection::Partial),
            CopyExtent::TooLarge => self.unread(UninspectedCause::TooLarge),
            CopyExtent::Whole => {
                let Some(share) = body.share else { return unseen(Inspection::Partial) };
                match self.inspect(head.status, &head.headers, &body.bytes, share).await {
                    Ok((found, _)) => self.looked_at(head.status, found),
                    Err(_) => unseen(Inspection::Partial),
                }
            }
        }
    }

    fn looked_at(&mut self, status: StatusCode, found: Result<InspectedPersons, Unreadable>) -> BodyReading {
        let seen = |persons, inspection| BodyReading { persons, inspection, against: None };
        match found {
            Ok(found) => {
                self.search.is_found_as_asked = found.has_asked_values;
                let is_part = status == StatusCode::PARTIAL_CONTENT;
                seen(found.persons, if is_part { Inspection::Partial } else { Inspection::Inspected })
            }
            // A part of a document is rarely a document of its own.
            Err(_) if status == StatusCode::PARTIAL_CONTENT => seen(Vec::new(), Inspection::Partial),
            Err(unreadable) => {
                let cause = unreadable.cause;
                self.note_unreadable(unreadable);
                self.unread(cause)
            }
        }
    }

    fn unread(&self, cause: UninspectedCause) -> BodyReading {
        let is_refused = self.route().uninspected.of(cause) == UninspectedChoice::Refuse;
        BodyReading {
            persons: Vec::new(),
            inspection: cause.into(),
            against: is_refused.then_some(RefusalReason::Uninspectable(cause)),
        }
    }

    /// The decision of the rules about the persons. About an unknown caller they can say nothing further.
    fn decide_observed(&self, persons: &FoundPersons, inspection: Inspection) -> digue_access::Decision {
        let nothing = digue_access::Decision {
            outcome: Outcome::Released,
            reasons: Vec::new(),
            bases: vec![digue_types::Basis::None; persons.len()],
            justification: None,
        };
        let is_reached = inspection != Inspection::NotReached;
        if !self.mode.is_mapped || !is_reached {
            return nothing;
        }
        let decision = self.decide(persons, inspection);
        if self.mode.is_recognised {
            decision
        } else {
            digue_access::Decision { reasons: Vec::new(), ..decision }
        }
    }
}

/// Takes the place of an account where no caller is recognised.
fn nobody_known(now: Timestamp) -> Caller {
    Caller {
        account: AccountId::parse("unknown").expect("`unknown` is an account id"),
        organisation: OrganisationId::parse("unknown").expect("`unknown` is an organisation id"),
        session: SessionId::parse("unknown").expect("`unknown` is a session id"),
        proved_at: now,
        kind: CallerKind::Header,
    }
}
