//! 3. The portal's response: brought, held whole, and searched for the persons it shows.

use std::time::Duration;

use bytes::Bytes;
use digue_access::Enforcement;
use digue_identifiers::{Identifier, Unreadable};
use digue_inspect::events::StreamRules;
use digue_types::{
    Inspection, Means, OutsideRecords, PersonRef, ReadFailure, UninspectedCause, UnreadCause,
    UnreadPlace,
};
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode, Uri};

use super::admit::AdmittedVisit;
use super::showing::Showing;
use super::state::{RouteRef, Visit};
use crate::headers;
use crate::inspection::{BodyReading, NamesReading, look_into};
use crate::outgoing::{outgoing, public_origin};
use crate::portal::{NamesChoice, UninspectedChoice};
use crate::shown::{FoundPersons, persons_shown};
use digue_connections::facts::ConnectionFacts;
use digue_headers::response_headers::{HeaderSweep, rewrite_addresses};
use digue_http::body::Body;
use digue_quotas::hold::{HeldBody, HoldError, Share, counted, hold};
use digue_quotas::inspection_queue::{InspectionBusy, SHORT_BYTES, TurnHolder, is_plain};
use digue_refusals::Refusal;

/// A response of the portal, which only `RecordedVisit::release` hands out.
pub(super) struct ProxiedAnswer {
    pub(super) head: http::response::Parts,
    pub(super) body: AnswerBody,
    /// A token by which a file is fetched later, and whom it shows.
    pub(super) given: Option<GivenAnswer>,
}

/// A token that a response gives.
pub(super) struct GivenAnswer {
    pub(super) token: String,
    pub(super) lasts: Duration,
    pub(super) persons: Vec<PersonRef>,
}

/// Whom a response shows by the token that fetched it.
enum Remembered {
    /// The route fetches nothing by tokens, or this answer says nothing of the file.
    NotAsked,
    Persons(Vec<PersonRef>),
    /// Nobody knows whom the file shows.
    Unknown,
}

impl Remembered {
    fn add_to(self, showing: &mut Showing, unread: Option<Unreadable>) {
        match self {
            Self::NotAsked => {}
            Self::Persons(persons) => {
                add_all(&mut showing.persons, &persons, Means::Request);
                if let Some(unreadable) = unread {
                    showing.inspection = Inspection::RequestOnly;
                    showing.unread = Some(unreadable.detail);
                }
            }
            // Also where the file itself could be read: whom it should show cannot be compared.
            Self::Unknown => {
                showing.objection =
                    Some(showing.objection.unwrap_or(UninspectedCause::Undescribed));
            }
        }
    }
}

/// The bytes of a body that is held whole.
fn held_bytes(body: &AnswerBody) -> &[u8] {
    match body {
        AnswerBody::Held(bytes) => bytes,
        AnswerBody::Stream { .. } | AnswerBody::Pieces(_) => &[],
    }
}

pub(super) enum AnswerBody {
    Held(Bytes),
    /// Too large to hold: the part that was read, and the rest.
    Stream {
        start: Bytes,
        rest: Body,
    },
    /// Each piece is inspected when it comes.
    Pieces(Box<StreamedAnswer>),
}

impl AnswerBody {
    /// Nothing, with the length that there would be (RFC 9110, 9.3.2).
    fn without_bytes(self, headers: &mut HeaderMap) -> Self {
        if let Self::Held(bytes) = self
            && !bytes.is_empty()
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        }
        Self::Held(Bytes::new())
    }
}

/// A stream that waits for the entry of its head.
pub(super) struct StreamedAnswer {
    pub(super) rules: StreamRules,
    pub(super) route: RouteRef,
    pub(super) enforcement: Enforcement,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    /// Room for the piece that is being read, and for the one before it.
    pub(super) share: Share,
}

/// The result of inspecting a body.
#[derive(Default)]
pub(super) struct InspectedPersons {
    pub(super) persons: FoundPersons,
    /// By which they were found.
    pub(super) identifiers: Vec<(Identifier, Means)>,
    /// All values of an exact search are shown.
    pub(super) has_asked_values: bool,
    /// `None` where no name is searched for.
    names: Option<NamesReading>,
}

/// A response that was held and inspected.
struct HeldAnswer {
    found: Result<InspectedPersons, Unreadable>,
    body: AnswerBody,
    /// Set when records are missing from it.
    outside: Option<OutsideRecords>,
    /// Bytes that were read from the portal.
    sent: u64,
}

impl HeldAnswer {
    fn as_sent(found: Result<InspectedPersons, Unreadable>, body: AnswerBody) -> Self {
        let sent = match &body {
            AnswerBody::Held(bytes) | AnswerBody::Stream { start: bytes, .. } => bytes.len() as u64,
            AnswerBody::Pieces(_) => 0,
        };
        Self {
            sent,
            found,
            body,
            outside: None,
        }
    }
}

impl AdmittedVisit<Enforcement> {
    /// Sends the request to the portal, holds the response whole and inspects it.
    pub(super) async fn fetch(
        &mut self,
        route: &RouteRef,
        request: &Parts,
        body: Body,
        connection: &ConnectionFacts,
    ) -> Result<(Showing, ProxiedAnswer), Refusal> {
        let (visit, enforcement) = (self.visit(), self.enforcement());
        let mut outgoing = outgoing(
            &visit.shared,
            &visit.portal,
            visit.known_caller(),
            request,
            connection,
            visit.now,
        );
        headers::ask_for_readable(outgoing.headers_mut());
        // Length, status and headers of a response without its body tell of persons, too: it is
        // brought, inspected and decided upon as that of `GET`, and leaves without its body.
        let is_head = request.method == Method::HEAD;
        if is_head {
            *outgoing.method_mut() = Method::GET;
        }
        if route
            .response
            .blocks
            .iter()
            .any(|block| block.stream.is_some())
        {
            headers::ask_for_plain(outgoing.headers_mut());
        }
        let public = public_origin(outgoing.headers());
        if visit.may_change {
            visit.forget_sign_in();
        }
        let sent = visit
            .shared
            .upstream
            .send(outgoing.map(|()| body), visit.portal.timeouts.response)
            .await;
        let (mut head, body) = match sent {
            Ok(response) => response.into_parts(),
            Err(error) => {
                // It may have been carried out all the same.
                if visit.may_change {
                    visit.forget_sign_in();
                }
                return Err(visit.unanswered(enforcement, error.into()).await);
            }
        };
        // Before the body is held: who is to be refused takes no room.
        self.settle(head.status, &head.headers).await?;
        let visit = self.visit();
        if let Some(question) = &visit.sign_in {
            question.add_renewed(&mut head.headers);
        }
        headers::strip_response(&mut head.headers);
        rewrite_addresses(&mut head.headers, &visit.portal.upstream.authority, &public);
        // No upgrade was requested on this route: a portal that switches anyway would open an
        // uninspected tunnel.
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(visit.unanswered(enforcement, broken_answer()).await);
        }
        let HeldAnswer {
            found,
            body,
            outside,
            sent,
        } = match self.stream_rules(route, &head) {
            // Nothing of it is shown, and its end may never come.
            Some(_) if is_head => {
                head.headers.remove(header::CONTENT_LENGTH);
                HeldAnswer::as_sent(
                    Ok(InspectedPersons::default()),
                    AnswerBody::Held(Bytes::new()),
                )
            }
            Some(rules) => {
                // The end of a stream is not known when it begins.
                head.headers.remove(header::CONTENT_LENGTH);
                let begun = self.begin_stream(rules, route, &request.extensions, &head, body);
                let stream = AnswerBody::Pieces(Box::new(begun.await?));
                HeldAnswer::as_sent(Ok(InspectedPersons::default()), stream)
            }
            None => self.hold(route, request, &head, body).await?,
        };
        let declared = declared_length(&head.headers);
        let (body_bytes, is_open_ended) = match &body {
            // Each piece has an entry of its own, with its size.
            AnswerBody::Held(_) | AnswerBody::Pieces(_) => (sent, false),
            AnswerBody::Stream { .. } => (declared.unwrap_or(sent), declared.is_none()),
        };
        let remembered = visit.remembered(route, head.status, sent > 0);
        // A token for which no person is known says nothing about a file that cannot be read.
        let names_persons = matches!(&remembered, Remembered::Persons(known) if !known.is_empty());
        let is_by_token = names_persons && found.is_err() && !visit.caller.is_unknown();
        let (found, unread) = match found {
            // What the file shows is known from the request that it was made for.
            Err(unreadable) if is_by_token => (Ok(InspectedPersons::default()), Some(unreadable)),
            found => (found, None),
        };
        let given = route
            .later
            .gives
            .as_ref()
            .filter(|_| head.status.is_success() || head.status.is_redirection());
        let given = given
            .and_then(|given| Some((given.of(&head.headers, held_bytes(&body))?, given.lasts)));
        let mut showing = visit.showing(route, (head.status, &mut head.headers), found, body_bytes);
        remembered.add_to(&mut showing, unread);
        if given.is_none() && route.later.gives.is_some() {
            tracing::warn!(
                portal.id = %visit.portal.id,
                route.name = %route.name,
                "A response gives no token; the file that it orders will be refused"
            );
        }
        let given = given.map(|(token, lasts)| GivenAnswer {
            token,
            lasts,
            persons: showing
                .persons
                .iter()
                .map(|(person, _)| person.clone())
                .collect(),
        });
        // After `showing`, which lets no `digue-` header of a portal pass, nor this one.
        if let Some(outside) = &outside {
            headers::describe_rewritten(&mut head.headers, outside);
        }
        let showing = Showing {
            is_open_ended,
            outside,
            ..showing
        };
        // The reason phrase is the portal's text, too, and nothing inspects it.
        head.extensions.clear();
        let body = match is_head {
            true => body.without_bytes(&mut head.headers),
            false => body,
        };
        Ok((showing, ProxiedAnswer { head, body, given }))
    }

    /// How the response is released while it still comes; `None` where it is held whole.
    fn stream_rules(&self, route: &RouteRef, head: &http::response::Parts) -> Option<StreamRules> {
        // A coded stream has no pieces to cut; `ask_for_plain` asked for none.
        if head.headers.contains_key(header::CONTENT_ENCODING) {
            return None;
        }
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        route.response.stream_of(content_type, head.status.as_u16())
    }

    async fn begin_stream(
        &self,
        rules: StreamRules,
        route: &RouteRef,
        extensions: &http::Extensions,
        head: &http::response::Parts,
        body: Body,
    ) -> Result<StreamedAnswer, Refusal> {
        let (visit, enforcement) = (self.visit(), self.enforcement());
        let mut share = visit.share(&visit.shared.held, extensions);
        if share.grow(rules.piece_bytes_max.saturating_mul(2)).is_err() {
            let busy = Refusal::busy().after_the_portal();
            return Err(visit.unanswered(enforcement, busy).await);
        }
        Ok(StreamedAnswer {
            rules,
            route: route.clone(),
            enforcement,
            status: head.status,
            headers: head.headers.clone(),
            body,
            share,
        })
    }

    async fn hold(
        &self,
        route: &RouteRef,
        request: &Parts,
        head: &http::response::Parts,
        body: Body,
    ) -> Result<HeldAnswer, Refusal> {
        let (visit, enforcement) = (self.visit(), self.enforcement());
        let share = visit.share(&visit.shared.held, &request.extensions);
        match hold(
            body,
            route.held_bytes_max,
            visit.portal.timeouts.idle,
            share,
        )
        .await
        {
            Ok(HeldBody::Whole { bytes, share }) => {
                match visit.inspect_held(route, head, bytes, share).await {
                    Ok(held) => Ok(held),
                    Err(InspectionBusy) => Err(visit
                        .unanswered(enforcement, Refusal::busy().after_the_portal())
                        .await),
                }
            }
            Ok(HeldBody::TooLarge { start, rest }) => Ok(HeldAnswer::as_sent(
                Err(Unreadable::too_large()),
                AnswerBody::Stream { start, rest },
            )),
            Err(HoldError::Full(_)) => Err(visit
                .unanswered(enforcement, Refusal::busy().after_the_portal())
                .await),
            Err(error) => {
                tracing::warn!(portal.id = %visit.portal.id, error = %error, "A response did not arrive whole");
                Err(visit.unanswered(enforcement, broken_answer()).await)
            }
        }
    }
}

impl Visit {
    /// Inspects a whole body, and takes out of it what the map wants taken out.
    async fn inspect_held(
        &self,
        route: &RouteRef,
        head: &http::response::Parts,
        bytes: Bytes,
        share: Share,
    ) -> Result<HeldAnswer, InspectionBusy> {
        let (found, share) = self
            .inspect(route, head.status, &head.headers, &bytes, share)
            .await?;
        let (rewritten, share) = match &found {
            Ok(found) => {
                let sent = (head.status, &head.headers, &bytes);
                self.add_to_caseload(route, sent, found).await;
                let sent = (head.status, &head.headers, &bytes);
                self.without_outside(route, sent, found, share).await?
            }
            Err(_) => (None, share),
        };
        let sent = bytes.len() as u64;
        Ok(match rewritten {
            None => HeldAnswer::as_sent(found, AnswerBody::Held(counted(bytes, share))),
            Some(rewritten) => HeldAnswer {
                found: Ok(rewritten.found),
                body: AnswerBody::Held(counted(rewritten.bytes, share)),
                outside: Some(rewritten.outside),
                sent,
            },
        })
    }

    /// What may join the caseload before anything is decided: a person just created, and what the
    /// operator's data know of the others.
    async fn add_to_caseload(
        &self,
        route: &RouteRef,
        sent: (StatusCode, &HeaderMap, &Bytes),
        found: &InspectedPersons,
    ) {
        if self.shared.caseload_port.get().is_none() {
            return;
        }
        let persons: Vec<PersonRef> = found
            .persons
            .iter()
            .map(|(person, _)| person.clone())
            .collect();
        self.note_created(route, sent, &persons).await;
        self.look_up_outside(route, &persons).await;
    }

    /// What a response shows by its headers and its body. Keeps the headers that may pass.
    pub(super) fn showing(
        &self,
        route: &RouteRef,
        (status, headers): (StatusCode, &mut HeaderMap),
        found: Result<InspectedPersons, Unreadable>,
        body_bytes: u64,
    ) -> Showing {
        let known = Showing::unseen(Inspection::Inspected, body_bytes, Some(status));
        // Before the body: a header that cannot be read is refused whatever the map says about
        // bodies.
        let by_headers = match self.pass_headers(route, headers) {
            Ok(persons) => persons,
            Err(unreadable) => {
                return Showing {
                    objection: Some(unreadable.cause),
                    ..self.unread(route, known, unreadable)
                };
            }
        };
        let (mut showing, names) = match found {
            Ok(found) => {
                let InspectedPersons {
                    persons,
                    identifiers: _,
                    has_asked_values,
                    names,
                } = found;
                (
                    Showing {
                        persons,
                        is_found_as_asked: has_asked_values,
                        ..known
                    },
                    names,
                )
            }
            Err(unreadable) => (self.unread(route, known, unreadable), None),
        };
        self.add_subjects(&mut showing);
        add_all(&mut showing.persons, &by_headers, Means::Header);
        // Last: a name is alone when nothing at all identifies its person.
        if let Some(names) = names {
            self.compare_names(route, names, &mut showing);
        }
        showing
    }

    fn remembered(&self, route: &RouteRef, status: StatusCode, has_body: bool) -> Remembered {
        let is_pending = status == StatusCode::ACCEPTED;
        if route.later.remembers.is_none()
            || is_pending
            || says_nothing_of_subjects(status, has_body)
        {
            return Remembered::NotAsked;
        }
        let known = self.token.as_ref().and_then(|token| {
            let account = &self.caller.account;
            let now = self.shared.clock.now();
            self.shared
                .remembered
                .of(&self.portal.id, account, token, now)
        });
        known.map_or(Remembered::Unknown, Remembered::Persons)
    }

    /// What a piece of a stream shows by itself: what the request and the head show was decided upon
    /// before.
    pub(super) fn showing_piece(
        &self,
        route: &RouteRef,
        status: StatusCode,
        found: Result<InspectedPersons, Unreadable>,
        body_bytes: u64,
    ) -> Showing {
        let known = Showing::unseen(Inspection::Inspected, body_bytes, Some(status));
        match found {
            Ok(found) => {
                let mut showing = Showing {
                    persons: found.persons,
                    is_found_as_asked: found.has_asked_values,
                    ..known
                };
                if let Some(names) = found.names {
                    self.compare_names(route, names, &mut showing);
                }
                showing
            }
            Err(unreadable) => self.unread(route, known, unreadable),
        }
    }

    /// Counts the persons named by the request among those shown: a form that is shown again after
    /// an error shows them.
    pub(super) fn add_subjects(&self, showing: &mut Showing) {
        let Some(status) = showing.status else { return };
        if !says_nothing_of_subjects(status, showing.body_bytes > 0) {
            add_all(&mut showing.persons, &self.subjects, Means::Request);
        }
    }

    /// Names whose persons are not among those shown, and what the map wants done about them.
    fn compare_names(&self, route: &RouteRef, names: NamesReading, showing: &mut Showing) {
        // A visitor who is not signed in could try names on a page that repeats them, and read from
        // the answer, or from its entry, which of them are known.
        if self.caller.is_unknown() && self.may_be_anonymous() {
            return;
        }
        let failure = match names {
            Ok((table, seen)) => {
                let references = showing.persons.iter().map(|(person, _)| person.as_str());
                showing.names_alone = table.without_identifier(&seen, references);
                if showing.names_alone == 0 {
                    return;
                }
                let place = UnreadPlace::numbered("names ", showing.names_alone.into());
                ReadFailure::new(UnreadCause::NameAlone).at(place)
            }
            Err(failure) => failure.by_rule("names"),
        };
        showing.unread = Some(failure);
        match route.uninspected.names {
            NamesChoice::Observe => {}
            NamesChoice::Release => showing.inspection = Inspection::NameAlone,
            NamesChoice::Refuse => {
                showing.inspection = Inspection::NameAlone;
                showing.objection = Some(UninspectedCause::NameAlone);
            }
        }
    }

    /// A response of which a part could not be read.
    fn unread(&self, route: &RouteRef, known: Showing, unreadable: Unreadable) -> Showing {
        tracing::warn!(
            portal.id = %self.portal.id,
            route.name = %route.name,
            exchange.id = %self.exchange,
            cause = %unreadable,
            "A response could not be inspected"
        );
        let cause = unreadable.cause;
        let is_refused = route.uninspected.of(cause) == UninspectedChoice::Refuse;
        Showing {
            inspection: cause.into(),
            unread: Some(unreadable.detail),
            objection: is_refused.then_some(cause),
            ..known
        }
    }

    fn header_sweep<'r>(&'r self, route: &'r RouteRef) -> HeaderSweep<'r> {
        HeaderSweep {
            rules: &self.portal.response_headers,
            kinds: &self.portal.kinds,
            picks: route
                .response
                .blocks
                .iter()
                .flat_map(|block| &block.sweep)
                .collect(),
        }
    }

    /// The identifiers in the address of the request, as they would be found in that of a redirect.
    pub(super) fn identifiers_of_target(&self, uri: &Uri) -> Vec<Identifier> {
        let Some(route) = self.route() else {
            return Vec::new();
        };
        let target = uri.path_and_query().map(ToString::to_string);
        let mut headers = HeaderMap::new();
        if let Ok(target) = HeaderValue::from_str(&target.unwrap_or_default()) {
            headers.insert(header::LOCATION, target);
        }
        self.header_sweep(route).pass_held(&mut headers)
    }

    /// Keeps the headers that may pass; returns the persons they show.
    fn pass_headers(
        &self,
        route: &RouteRef,
        headers: &mut HeaderMap,
    ) -> Result<Vec<PersonRef>, Unreadable> {
        let mut shown = self.header_sweep(route).pass_held(headers);
        if self.caller.is_unknown() && self.may_be_anonymous() {
            // What a visitor who is not signed in has written into the address of the request shows
            // them nothing: the way back of a sign-in, in its redirect.
            shown.retain(|identifier| !self.brought.contains(identifier));
        }
        self.persons(shown.iter())
    }

    /// Finds the persons that a body shows.
    pub(super) async fn inspect(
        &self,
        route: &RouteRef,
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &Bytes,
        share: Share,
    ) -> Result<(Result<InspectedPersons, Unreadable>, Share), InspectionBusy> {
        // Compressed or encoded, it can be of any size.
        let unpacked = match is_plain(headers, bytes) {
            true => bytes.len(),
            false => route.inspect_limits.decoded_bytes_max,
        };
        let look = {
            let (portal, route) = (self.portal.clone(), route.clone());
            let (headers, bytes) = (headers.clone(), bytes.clone());
            let names = self.shared.names.of(&portal.id);
            move || look_into(&portal, &route, names.as_ref(), (status, &headers, &bytes))
        };
        let (found, share) = self
            .in_turn((headers, bytes), unpacked, share, look)
            .await?;
        self.tell_inspected(route, (status, headers, bytes), &found);
        Ok((found.and_then(|reading| self.inspected(reading)), share))
    }

    /// Works on a body: at once when it is short and plain, else apart from the connection and in
    /// turn. `unpacked`: the most bytes that the work needs besides.
    pub(super) async fn in_turn<T: Send + 'static>(
        &self,
        (headers, bytes): (&HeaderMap, &Bytes),
        unpacked: usize,
        mut share: Share,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, Share), InspectionBusy> {
        let size = bytes.len();
        if is_plain(headers, bytes) && size <= SHORT_BYTES {
            return Ok((work(), share));
        }
        let counted = move || {
            // Claimed before unpacking and up to the limit: afterwards it would be too late to
            // refuse.
            let held = share.amount();
            let done = share.grow(unpacked).map(|()| work());
            // What was unpacked is gone by now; the bytes as sent stay in memory until they
            // have left.
            share.shrink_to(held);
            (done, share)
        };
        let holder = self.turn_holder();
        let (done, share) = self.shared.inspections.run(&holder, size, counted).await?;
        Ok((done?, share))
    }

    /// Whose turn an inspection for this visit is.
    pub(super) fn turn_holder(&self) -> TurnHolder {
        match self.caller.is_unknown() {
            true => TurnHolder::of_address(&self.client.ip),
            false => TurnHolder::Account(self.caller.account.clone()),
        }
    }

    pub(super) fn inspected(&self, reading: BodyReading) -> Result<InspectedPersons, Unreadable> {
        let BodyReading { shown, names } = reading;
        let persons = persons_shown(&self.portal, &*self.shared.aliases, &shown)?;
        let is_found = |person: &PersonRef| persons.iter().any(|(found, _)| found == person);
        // Shown as searched, or, by the alias table, the same person.
        let has = |identifier: &Identifier| {
            let named = self.persons(std::iter::once(identifier));
            shown.shows(identifier) || named.is_ok_and(|named| named.iter().all(is_found))
        };
        Ok(InspectedPersons {
            has_asked_values: self.search.values.iter().all(has),
            persons,
            identifiers: shown.found,
            names,
        })
    }
}

/// Statuses by which a portal shows none of the persons it was asked for: not allowed, not found,
/// wrong method, too many requests; and redirects without a body.
fn says_nothing_of_subjects(status: StatusCode, has_body: bool) -> bool {
    matches!(status.as_u16(), 401 | 403 | 404 | 405 | 410 | 429)
        // 304 shows the persons again, in the copy that the client keeps.
        || status.is_redirection() && status != StatusCode::NOT_MODIFIED && !has_body
}

fn add_all(persons: &mut FoundPersons, more: &[PersonRef], means: Means) {
    for person in more {
        if !persons.iter().any(|(known, _)| known == person) {
            persons.push((person.clone(), means));
        }
    }
}

/// The portal answered, and its response cannot be forwarded.
fn broken_answer() -> Refusal {
    Refusal::unavailable(
        StatusCode::BAD_GATEWAY,
        "unavailable-title",
        "unavailable-portal",
    )
    .after_the_portal()
}

/// The length that a message declares; `None` where it declares none that can be read.
pub(super) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
