//! The exchange with the portal, the response held whole, and the persons it shows.

use bytes::Bytes;
use digue_access::Enforcement;
use digue_inspect::{Identifier, ShownIdentifiers, Unreadable};
use digue_types::PersonRef;
use http::header::{self, HeaderMap};
use http::request::Parts;
use http::{Request, Response, StatusCode};

use super::Visit;
use crate::body::Body;
use crate::headers;
use crate::hold::{HeldBody, HoldError, Share, counted, hold};
use crate::inspection::{InspectionBusy, SHORT_BYTES, look_into};
use crate::refusal::Refusal;
use crate::response_headers::rewrite_addresses;
use crate::shown::{FoundPersons, persons_shown};

/// The result of inspecting a response.
#[derive(Default)]
pub(super) struct InspectedPersons {
    pub(super) persons: FoundPersons,
    /// All values of an exact search are shown.
    pub(super) has_asked_values: bool,
}

impl Visit<Enforcement> {
    /// 4. Sends the request to the portal, and holds the response whole.
    pub(super) async fn forward(
        self,
        mut outgoing: Request<()>,
        body: Body,
        asked: Parts,
    ) -> Result<Response<Body>, Refusal> {
        headers::ask_for_readable(outgoing.headers_mut());
        let public = public_origin(outgoing.headers());
        let request = outgoing.map(|()| body);
        let response = match self.shared.upstream.send(request, &self.portal.timeouts).await {
            Ok(response) => response,
            Err(unavailable) => return Err(self.unanswered(unavailable).await),
        };
        let (mut head, body) = response.into_parts();
        headers::strip_response(&mut head.headers);
        rewrite_addresses(&mut head.headers, &self.portal.upstream.authority, &public);
        // No upgrade was requested on this route: a portal that switches anyway would open an uninspected
        // tunnel.
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.unanswered(broken_answer()).await);
        }
        // The headers of a HEAD response are inspected in `release`, as for any other.
        if asked.method == http::Method::HEAD {
            return self.release(head, Bytes::new(), Ok(InspectedPersons::default())).await;
        }
        let limit = self.route().held_bytes_max;
        let share = self.share(&self.shared.held, &asked.extensions);
        match hold(body, limit, self.portal.timeouts.idle, share).await {
            Ok(HeldBody::Whole { bytes, share }) => {
                let inspected = self.inspect(head.status, &head.headers, &bytes, share).await;
                let Ok((found, share)) = inspected else {
                    return Err(self.unanswered(Refusal::busy().after_the_portal()).await);
                };
                self.release(head, counted(bytes, share), found).await
            }
            Ok(HeldBody::TooLarge { start, rest }) => self.release_too_large(head, start, rest).await,
            Err(HoldError::Full(_)) => Err(self.unanswered(Refusal::busy().after_the_portal()).await),
            Err(error) => {
                tracing::warn!(portal.id = %self.portal.id, error = %error, "A response did not arrive whole");
                Err(self.unanswered(broken_answer()).await)
            }
        }
    }
}

impl<M> Visit<M> {
    /// 5. Finds the persons it shows: at once when it is short and plain, else apart from the connection
    /// and in turn.
    pub(super) async fn inspect(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &Bytes,
        mut share: Share,
    ) -> Result<(Result<InspectedPersons, Unreadable>, Share), InspectionBusy> {
        let (portal, route, size) = (self.portal.clone(), self.route, bytes.len());
        // Compressed or encoded, it can be of any size.
        let is_plain = !headers.contains_key(header::CONTENT_ENCODING) && !bytes.starts_with(b"PK");
        let unpacked = if is_plain { size } else { self.route().inspect_limits.decoded_bytes_max };
        let look = {
            let (headers, bytes) = (headers.clone(), bytes.clone());
            move || look_into(&portal, &portal.routes[route], status, &headers, &bytes)
        };
        let found = if is_plain && size <= SHORT_BYTES {
            look()
        } else {
            let work = move || {
                // Claimed before unpacking and up to the limit: afterwards it would be too late to refuse.
                let held = share.amount();
                let found = share.grow(unpacked).map(|()| look());
                share.shrink_to(held);
                (found, share)
            };
            let done = self.shared.inspections.run(&self.caller.account, size, work).await?;
            share = done.1;
            done.0?
        };
        Ok((found.and_then(|shown| self.inspected(&shown)), share))
    }

    fn inspected(&self, shown: &ShownIdentifiers) -> Result<InspectedPersons, Unreadable> {
        let persons = persons_shown(&self.portal, &*self.shared.aliases, shown)?;
        let is_found = |person: &PersonRef| persons.iter().any(|(found, _)| found == person);
        // Shown as searched, or, by the alias table, the same person.
        let has = |asked: &Identifier| {
            let named = self.persons(std::iter::once(asked));
            shown.shows(asked) || named.is_ok_and(|named| named.iter().all(is_found))
        };
        Ok(InspectedPersons { has_asked_values: self.search.values.iter().all(has), persons })
    }
}

/// The origin by which the client knows the portal, from the headers sent to the portal.
pub(super) fn public_origin(told: &HeaderMap) -> String {
    let text = |name| told.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    format!("{}://{}", text("x-forwarded-proto"), text("x-forwarded-host"))
}

/// The portal answered, and its response cannot be forwarded.
fn broken_answer() -> Refusal {
    Refusal::unavailable(StatusCode::BAD_GATEWAY, "unavailable-title", "unavailable-portal")
        .after_the_portal()
}

pub(super) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
