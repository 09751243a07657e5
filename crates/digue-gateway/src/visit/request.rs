//! What a request names, and whether it may reach the portal.

use bytes::Bytes;
use digue_access::{Enforcement, admit};
use digue_inspect::request::{RequestFields, RequestParts, RequestRule, parameters};
use digue_inspect::{Identifier, Unreadable, read_request};
use digue_types::{Inspection, Outcome, PersonKey, PersonRef, RefusalReason};
use http::header;
use http::request::Parts;
use http::{Request, Response, StatusCode};

use super::response::declared_length;
use super::{ExactSearch, Visit};
use crate::body::{Body, full, limited};
use crate::gateway::lock;
use crate::graphql::{GraphQl, has_no_alias};
use crate::hold::{HeldBody, HoldError, counted, hold};
use crate::identity::Caller;
use crate::outgoing::outgoing;
use crate::portal::RouteKind;
use crate::refusal::Refusal;
use crate::shown::{named_by_request, persons_of};

/// The most bytes of a request body that rules examine.
pub(super) const INSPECTED_REQUEST_BYTES_MAX: usize = 1 << 20;

impl Visit<Enforcement> {
    /// 3. What the request names, and whether it may reach the portal.
    pub(super) async fn ask(
        mut self,
        values: Vec<(String, String)>,
        request: Request<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let (parts, body) = request.into_parts();
        let limit = self.route().request_bytes_max;
        if declared_length(&parts.headers).is_some_and(|length| length > limit) {
            return Err(Refusal::unavailable(StatusCode::PAYLOAD_TOO_LARGE, "too-large-title", "too-large"));
        }
        let (seen, body) = self.read_request_body(&parts, body).await?;
        let fields = self.check_parameters(&parts, &seen).and_then(|()| {
            self.request_fields(&parts, &values, &seen).map_err(|_| RefusalReason::MalformedRequest)
        });
        self.admit(fields).await?;
        let outgoing =
            outgoing(&self.shared, &self.portal, Some(&self.caller), &parts, &self.connection, self.now);
        self.forward(outgoing, body, parts).await
    }

    /// Whom the request names, and whether the rules allow asking for them.
    async fn admit(&mut self, fields: Result<RequestFields, RefusalReason>) -> Result<(), Refusal> {
        let taken_in =
            fields.and_then(|fields| self.take_in(&fields).map_err(|_| RefusalReason::MalformedRequest));
        if let Err(reason) = taken_in {
            return Err(self.refuse(vec![reason], Inspection::NotReached).await);
        }
        let keys = self.keys(&self.subjects);
        let snapshot = self.shared.rules.load_full();
        // The guard ends with this block: refusing waits for the disk.
        let admitted = {
            let hosts = self.shared.hosts.load();
            let budgets = lock(hosts.budgets(&self.portal.id));
            admit(&snapshot, &budgets, &self.facts(), &keys)
        };
        match admitted {
            Ok(()) => Ok(()),
            Err(reasons) => Err(self.refuse(reasons, Inspection::NotReached).await),
        }
    }

    /// Forward authentication: the same decision, entry and detection, on what the request alone shows.
    /// Returns the index of the entry, where one was needed.
    pub(super) async fn permit_unseen(
        mut self,
        values: &[(String, String)],
        query: &str,
    ) -> Result<(Caller, Option<u64>), Refusal> {
        if matches!(self.route().kind, RouteKind::Assets { .. }) {
            self.gate_assets().await?;
            return Ok((self.caller, None));
        }
        let fields = self.unseen_fields(values, query);
        self.admit(fields).await?;
        let persons = named_by_request(self.subjects.clone());
        let mut decision = self.decide(&persons, Inspection::RequestOnly);
        let mut exposure = self.exposure(&decision, persons, Inspection::RequestOnly, 0, StatusCode::OK);
        // The portal has not been contacted yet.
        exposure.status = 0;
        self.look(&mut decision, &mut exposure);
        if decision.outcome == Outcome::Refused {
            let index = self.shared.record_refusal(exposure).await?;
            return Err(self.refusal(decision.reasons, index));
        }
        let index = self.record(vec![exposure]).await?;
        if self.guard().is_cut() {
            return Err(self.refusal(vec![RefusalReason::NoSession], Some(index)));
        }
        Ok((self.caller, Some(index)))
    }

    /// Reads bodies that rules examine; all others stream to the portal.
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
            // An encoded form could mean one thing here and another at the portal.
            return Err(self.refuse(vec![RefusalReason::MalformedRequest], Inspection::NotReached).await);
        }
        let share = self.share(&self.shared.held, &parts.extensions);
        match hold(body, limit, self.portal.timeouts.idle, share).await {
            Ok(HeldBody::Whole { bytes, share }) => {
                let bytes = counted(bytes, share);
                Ok((bytes.clone(), full(bytes)))
            }
            Err(HoldError::Full(_)) => Err(Refusal::busy()),
            Ok(HeldBody::TooLarge { .. }) | Err(HoldError::Cut(_) | HoldError::Silent) => Err(too_large()),
        }
    }
}

impl<M> Visit<M> {
    /// Unknown parameters and renamed fields could change what the response contains: only those of the map
    /// pass.
    pub(super) fn check_parameters(&self, parts: &Parts, body: &[u8]) -> Result<(), RefusalReason> {
        let query =
            parameters(parts.uri.query().unwrap_or_default()).map_err(|_| RefusalReason::MalformedRequest)?;
        if self.route().query.stranger(&query).is_some() {
            return Err(RefusalReason::UnknownParameter);
        }
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match self.route().graphql {
            GraphQl::NoAliases if !has_no_alias(content_type.unwrap_or_default(), body, &query) => {
                Err(RefusalReason::RenamedFields)
            }
            GraphQl::NoAliases | GraphQl::Unread => Ok(()),
        }
    }

    /// Records whom a request names, and whether it is an exact search: by one of the map's sets of values,
    /// each given once.
    pub(super) fn take_in(&mut self, fields: &RequestFields) -> Result<(), Unreadable> {
        let values = |name: &String| fields.0.get(name).filter(|values| values.len() == 1);
        let mut sets = self.route().exact_sets.iter();
        let given = sets.find_map(|set| set.iter().map(values).collect::<Option<Vec<_>>>());
        self.search = ExactSearch {
            // The person found must be compared with the values searched: impossible where the response is
            // not seen.
            is_asked: given.is_some() && !self.is_request_only,
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

    /// `request_fields` for a request whose body does not pass through here.
    pub(super) fn unseen_fields(
        &self,
        values: &[(String, String)],
        query: &str,
    ) -> Result<RequestFields, RefusalReason> {
        let given = parameters(query).map_err(|_| RefusalReason::MalformedRequest)?;
        if self.route().query.stranger(&given).is_some() {
            return Err(RefusalReason::UnknownParameter);
        }
        let is_body_read = self.route().needs_request_body() || self.route().graphql == GraphQl::NoAliases;
        // A safe method has no body to read; any other could name anyone in it.
        if is_body_read && !self.method.is_safe() {
            return Err(RefusalReason::BodyUnseen);
        }
        if self.route().graphql == GraphQl::NoAliases && !has_no_alias("", &[], &given) {
            return Err(RefusalReason::RenamedFields);
        }
        let parts = RequestParts { path: values, query, content_type: "", body: &[] };
        read_request(&self.route().request, &self.portal.kinds, &parts)
            .map_err(|_| RefusalReason::MalformedRequest)
    }

    fn subjects_of(&self, fields: &RequestFields) -> Result<Vec<PersonRef>, Unreadable> {
        // Where the response is not seen, every identifier of the request counts as a subject.
        let is_about = |rule: &&RequestRule| rule.is_subject || self.is_request_only;
        let rules = self.route().request.iter().filter(is_about);
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
