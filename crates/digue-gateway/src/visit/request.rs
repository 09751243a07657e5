//! What a request names, and whether it may go to the portal.

use bytes::Bytes;
use digue_access::{Enforcement, admit};
use digue_inspect::request::{RequestFields, RequestParts, parameters};
use digue_inspect::{Identifier, Unreadable, read_request};
use digue_types::{Inspection, PersonKey, PersonRef, Reason};
use http::header;
use http::request::Parts;
use http::{Request, Response, StatusCode};

use super::response::declared_length;
use super::{ExactSearch, Visit};
use crate::arrival::Peer;
use crate::body::{Body, full, limited};
use crate::gateway::lock;
use crate::graphql::{GraphQl, has_no_alias};
use crate::hold::{Held, HoldError, counted, hold};
use crate::outgoing::outgoing;
use crate::refusal::Refusal;
use crate::shown::persons_of;

/// Request bodies that rules look into.
pub(super) const INSPECTED_REQUEST_BYTES_MAX: usize = 1 << 20;

impl Visit<Enforcement> {
    /// 3. What the request names, and whether it may go to the portal.
    pub(super) async fn ask(
        mut self,
        peer: Peer,
        values: Vec<(String, String)>,
        request: Request<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let (parts, body) = request.into_parts();
        let limit = self.route().request_bytes_max;
        if declared_length(&parts.headers).is_some_and(|length| length > limit) {
            return Err(Refusal::unavailable(StatusCode::PAYLOAD_TOO_LARGE, "too-large-title", "too-large"));
        }
        let (seen, body) = self.read_request_body(&parts, body).await?;
        let fields = self
            .check_parameters(&parts, &seen)
            .and_then(|()| self.request_fields(&parts, &values, &seen).map_err(|_| Reason::MalformedRequest));
        let taken_in = fields.and_then(|fields| self.take_in(&fields).map_err(|_| Reason::MalformedRequest));
        if let Err(reason) = taken_in {
            return Err(self.refuse(vec![reason], Inspection::NotReached).await);
        }
        let keys = self.keys(&self.subjects);
        let snapshot = self.shared.rules.load_full();
        let admitted = {
            let hosts = self.shared.hosts.load();
            let budgets = lock(hosts.budgets(&self.portal.id));
            admit(&snapshot, &budgets, &self.facts(), &keys)
        };
        if let Err(reasons) = admitted {
            return Err(self.refuse(reasons, Inspection::NotReached).await);
        }
        let outgoing = outgoing(&self.shared, &self.portal, Some(&self.caller), &parts, peer, self.now);
        self.forward(outgoing, body, parts).await
    }

    /// Bodies that rules look into are read; all others stream to the portal.
    pub(super) async fn read_request_body(
        &self,
        parts: &Parts,
        body: Body,
    ) -> Result<(Bytes, Body), Refusal> {
        let looks = self.route().needs_request_body();
        let limit = self.route().request_bytes_max;
        if !looks {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            return Ok((Bytes::new(), limited(body, limit)));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(INSPECTED_REQUEST_BYTES_MAX);
        let too_large =
            || Refusal::unavailable(StatusCode::PAYLOAD_TOO_LARGE, "too-large-title", "too-large");
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            // A coded form could say one thing here and another to the portal.
            return Err(self.refuse(vec![Reason::MalformedRequest], Inspection::NotReached).await);
        }
        let share = self.share(&self.shared.held, &parts.extensions);
        match hold(body, limit, self.portal.timeouts.idle, share).await {
            Ok(Held::Whole { bytes, share }) => {
                let bytes = counted(bytes, share);
                Ok((bytes.clone(), full(bytes)))
            }
            Err(HoldError::Full(_)) => Err(Refusal::busy()),
            Ok(Held::TooLarge { .. }) | Err(HoldError::Cut(_) | HoldError::Silent) => Err(too_large()),
        }
    }
}

impl<M> Visit<M> {
    /// Parameters and renamed fields could change what an answer holds: only those of the map pass.
    pub(super) fn check_parameters(&self, parts: &Parts, body: &[u8]) -> Result<(), Reason> {
        let query =
            parameters(parts.uri.query().unwrap_or_default()).map_err(|_| Reason::MalformedRequest)?;
        if self.route().query.stranger(&query).is_some() {
            return Err(Reason::UnknownParameter);
        }
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match self.route().graphql {
            GraphQl::NoAliases if !has_no_alias(content_type.unwrap_or_default(), body, &query) => {
                Err(Reason::RenamedFields)
            }
            GraphQl::NoAliases | GraphQl::Unread => Ok(()),
        }
    }

    /// Notes whom a request names, and whether it searches one person: by one of the map's sets of values, each given
    /// once.
    pub(super) fn take_in(&mut self, fields: &RequestFields) -> Result<(), Unreadable> {
        let values = |name: &String| fields.0.get(name).filter(|values| values.len() == 1);
        let mut sets = self.route().exact_sets.iter();
        let given = sets.find_map(|set| set.iter().map(values).collect::<Option<Vec<_>>>());
        self.search = ExactSearch {
            is_asked: given.is_some(),
            values: given.into_iter().flatten().flatten().cloned().collect(),
            is_found_as_asked: false,
        };
        self.subjects = self.subjects_of(fields)?;
        Ok(())
    }

    pub(super) fn request_fields(
        &self,
        parts: &Parts,
        values: &[(String, String)],
        body: &[u8],
    ) -> Result<RequestFields, Unreadable> {
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let parts = RequestParts {
            path: values,
            query: parts.uri.query().unwrap_or_default(),
            content_type: content_type.unwrap_or_default(),
            body,
        };
        read_request(&self.route().request, &self.portal.kinds, &parts)
    }

    fn subjects_of(&self, fields: &RequestFields) -> Result<Vec<PersonRef>, Unreadable> {
        let rules = self.route().request.iter().filter(|rule| rule.is_subject);
        let identifiers = rules.flat_map(|rule| fields.0.get(&rule.name).into_iter().flatten());
        self.persons(identifiers)
    }

    pub(super) fn persons<'i>(
        &self,
        identifiers: impl Iterator<Item = &'i Identifier>,
    ) -> Result<Vec<PersonRef>, Unreadable> {
        persons_of(&self.portal, &*self.shared.aliases, identifiers)
    }

    pub(super) fn keys<'p>(&self, persons: impl IntoIterator<Item = &'p PersonRef>) -> Vec<PersonKey> {
        let keyer = self.portal.keyer();
        persons.into_iter().map(|person| keyer.key(person.as_str())).collect()
    }
}
