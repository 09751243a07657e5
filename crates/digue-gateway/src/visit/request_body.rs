//! The body of a request: held where rules read it, all others stream to the portal.

use bytes::Bytes;
use digue_access::Enforcement;
use http::header;
use http::request::Parts;

use super::admit::BodyView;
use super::answer::declared_length;
use super::identify::IdentifiedVisit;
use super::state::KeptRequest;
use crate::guard::GuardedBody;
use crate::portal::RouteKind;
use digue_http::body::{Body, boxed, empty, full, limited};
use digue_quotas::hold::{HeldBody, counted, hold};
use digue_refusals::Refusal;

/// The most bytes of a request body that rules examine.
pub(super) const INSPECTED_REQUEST_BYTES_MAX: usize = 1 << 20;

/// The part of a request's body that rules read.
pub(super) enum RequestBody {
    /// Empty when no rule reads it.
    Whole(Bytes),
    TooLarge,
    /// Encoded.
    Unreadable,
    /// No rule reads it, and it is too long or coded to be searched for a person.
    Unsearched,
}

impl RequestBody {
    pub(super) fn view(&self) -> BodyView<'_> {
        match self {
            Self::Whole(bytes) => BodyView::Whole(bytes),
            Self::Unsearched => BodyView::Whole(&[]),
            Self::TooLarge => BodyView::TooLarge,
            Self::Unreadable => BodyView::Unreadable,
        }
    }
}

impl IdentifiedVisit<Enforcement> {
    /// The part of the body that rules read, and the body to forward.
    pub(super) async fn read_body(
        &self,
        parts: &Parts,
        body: Body,
    ) -> Result<(RequestBody, Body), Refusal> {
        let visit = self.visit();
        // Without a route the request is refused, and its body stays unread.
        let Some(route) = visit.route() else {
            return Ok((RequestBody::Unreadable, empty()));
        };
        let limit = usize::try_from(route.request_bytes_max).unwrap_or(usize::MAX);
        // No rule of resources and tunnels reads a body.
        if route.kind != RouteKind::Held {
            return Ok((RequestBody::Whole(Bytes::new()), limited(body, limit)));
        }
        // Which of several limits counts, the body says.
        let is_chosen_by_body = route.is_chosen_by_body();
        let declared = declared_length(&parts.headers).filter(|_| !is_chosen_by_body);
        if declared.is_some_and(|length| length > route.request_bytes_max) {
            return Ok((RequestBody::TooLarge, empty()));
        }
        if !route.needs_request_body() {
            return match route.creates.is_some() {
                true => self.search_body(parts, limited(body, limit)).await,
                false => Ok((RequestBody::Whole(Bytes::new()), limited(body, limit))),
            };
        }
        // Not decoded: the portal's decoder could make another text of it.
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Ok((RequestBody::Unreadable, empty()));
        }
        let share = visit.share(&visit.shared.held, &parts.extensions);
        let limit = match is_chosen_by_body {
            true => INSPECTED_REQUEST_BYTES_MAX,
            false => limit.min(INSPECTED_REQUEST_BYTES_MAX),
        };
        match hold(body, limit, visit.portal.timeouts.idle, share).await {
            Ok(HeldBody::Whole { bytes, share }) => {
                let bytes = counted(bytes, share);
                Ok((RequestBody::Whole(bytes.clone()), full(bytes)))
            }
            Ok(HeldBody::TooLarge { .. }) => Ok((RequestBody::TooLarge, empty())),
            Err(error) => Err(Refusal::from(&error)),
        }
    }

    /// A body that only a search for a person reads: what cannot be searched passes all the same.
    async fn search_body(&self, parts: &Parts, body: Body) -> Result<(RequestBody, Body), Refusal> {
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Ok((RequestBody::Unsearched, body));
        }
        let visit = self.visit();
        let share = visit.share(&visit.shared.held, &parts.extensions);
        let idle = visit.portal.timeouts.idle;
        match hold(body, INSPECTED_REQUEST_BYTES_MAX, idle, share).await {
            Ok(HeldBody::Whole { bytes, share }) => {
                let bytes = counted(bytes, share);
                Ok((RequestBody::Whole(bytes.clone()), full(bytes)))
            }
            Ok(HeldBody::TooLarge { start, rest }) => {
                let body = boxed(GuardedBody::stream(visit.guard(), start, rest, None));
                Ok((RequestBody::Unsearched, body))
            }
            Err(error) => Err(Refusal::from(&error)),
        }
    }

    /// Keeps the text of the request, where a person whom it names must not count as created.
    pub(super) fn keep_request(&mut self, parts: &Parts, body: &RequestBody) {
        let (visit, _) = self.parts_mut();
        let searches = visit.route().is_some_and(|route| route.creates.is_some());
        if let (RequestBody::Whole(bytes), true) = (body, searches) {
            visit.kept_request = Some(KeptRequest {
                target: parts.uri.path_and_query().map(ToString::to_string),
                body: bytes.clone(),
            });
        }
    }
}
