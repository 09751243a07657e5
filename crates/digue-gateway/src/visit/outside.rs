//! Records of persons outside the caseload, where the map wants them taken out of lists or masked:
//! the rest of the response is decided upon as if the portal had sent it.
//!
//! Nothing here decides that a response may leave. What could not be rewritten soundly stays as it
//! is, and `decide` refuses it.

use std::collections::HashSet;

use bytes::Bytes;
use digue_access::decide::{PersonsOutside, outside};
use digue_access::{Budgets, RequestFacts, Snapshot};
use digue_identifiers::Identifier;
use digue_inspect::OutsideChoice;
use digue_refusals::NAMED_MAX;
use digue_types::{OutsideHandling, OutsideRecords, PersonRef, RefusalReason};
use http::StatusCode;
use http::header::{self, HeaderMap};

use super::answer::InspectedPersons;
use super::state::{RouteRef, Visit};
use crate::inspection::without_records;
use digue_quotas::hold::Share;
use digue_quotas::inspection_queue::{InspectionBusy, is_plain};
use digue_quotas::lock::lock;

/// A response that was rewritten.
pub(super) struct RewrittenResponse {
    pub(super) bytes: Bytes,
    pub(super) found: InspectedPersons,
    /// What became of the records that are missing or masked.
    pub(super) outside: OutsideRecords,
}

/// What the map wants taken out of one response: the identifiers that may stay, and why others may
/// not.
struct OutsideRequest {
    handling: OutsideHandling,
    permitted: HashSet<Identifier>,
    cause: RefusalReason,
}

impl Visit {
    /// The response without records of persons outside the caseload; `None` where nobody is outside,
    /// where the map refuses such a response, or where it cannot be rewritten soundly.
    pub(super) async fn without_outside(
        &self,
        route: &RouteRef,
        (status, headers, bytes): (StatusCode, &HeaderMap, &Bytes),
        found: &InspectedPersons,
        share: Share,
    ) -> Result<(Option<RewrittenResponse>, Share), InspectionBusy> {
        let Some(wanted) = self.outside_of(route, (status, headers), found) else {
            return Ok((None, share));
        };
        let OutsideRequest {
            handling,
            permitted,
            cause,
        } = wanted;
        let rewriting = {
            let (portal, route) = (self.portal.clone(), route.clone());
            let (headers, bytes) = (headers.clone(), bytes.clone());
            let names = self.shared.names.of(&portal.id);
            move || {
                let response = (status, &headers, &bytes);
                without_records(&portal, &route, names.as_ref(), response, &permitted)
            }
        };
        // The decoded body, and what is left of it: masked, `1` becomes `null`.
        let unpacked = match is_plain(headers, bytes) {
            true => bytes.len().saturating_mul(5),
            false => route.inspect_limits.decoded_bytes_max.saturating_mul(2),
        };
        let (rewritten, mut share) = self
            .in_turn((headers, bytes), unpacked, share, rewriting)
            .await?;
        let rewritten = rewritten.and_then(|rewritten| {
            let found = self.inspected(rewritten.reading)?;
            Ok((rewritten.bytes, rewritten.records, found))
        });
        let (bytes, records, found) = match rewritten {
            Ok(rewritten) => rewritten,
            Err(refusal) => {
                tracing::warn!(
                    portal.id = %self.portal.id,
                    route.name = %route.name,
                    exchange.id = %self.exchange,
                    cause = %refusal,
                    "Records outside the caseload could not be taken out; enforced mode refuses the response"
                );
                return Ok((None, share));
            }
        };
        // The decoded body may be longer than the one that was held.
        share.grow(bytes.len().saturating_sub(share.amount()))?;
        let outside = OutsideRecords {
            handling,
            count: u32::try_from(records).unwrap_or(u32::MAX),
            cause,
        };
        let rewritten = RewrittenResponse {
            bytes: Bytes::from(bytes),
            found,
            outside,
        };
        Ok((Some(rewritten), share))
    }

    fn outside_of(
        &self,
        route: &RouteRef,
        (status, headers): (StatusCode, &HeaderMap),
        found: &InspectedPersons,
    ) -> Option<OutsideRequest> {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let is_enforced = self.portal.mode.enforcement().is_some();
        let handling = match (
            route.response.outside_of(content_type, status.as_u16()),
            is_enforced,
        ) {
            (OutsideChoice::Refuse, _) => return None,
            (OutsideChoice::Drop, true) => OutsideHandling::Dropped,
            (OutsideChoice::Drop, false) => OutsideHandling::WouldDrop,
            (OutsideChoice::Mask, true) => OutsideHandling::Masked,
            (OutsideChoice::Mask, false) => OutsideHandling::WouldMask,
        };
        // A part of a document is not whole without the rest.
        if status == StatusCode::PARTIAL_CONTENT {
            return None;
        }
        let keys = self.keys(found.persons.iter().map(|(person, _)| person));
        let facts = RequestFacts {
            is_found_as_asked: found.has_asked_values,
            ..self.facts(route)
        };
        let PersonsOutside { is_outside, reason } = {
            let rules = self.shared.rules.load_full();
            let hosts = self.shared.hosts.load();
            // Free again while the body is rewritten: `judge` locks them anew, for what is left.
            let budgets = lock(hosts.budgets(&self.portal.id));
            outside(&rules, &budgets, &facts, &keys)?
        };
        let persons = found.persons.iter().zip(is_outside);
        let outside: HashSet<&PersonRef> = persons
            .filter(|(_, is_outside)| *is_outside)
            .map(|((person, _), _)| person)
            .collect();
        // By the alias table an identifier may name several persons: all of them must be permitted.
        // One that leads to no answer is not.
        let is_permitted = |identifier: &&Identifier| {
            let named = self.persons(std::iter::once(*identifier));
            named.is_ok_and(|named| !named.iter().any(|person| outside.contains(person)))
        };
        let permitted: HashSet<Identifier> = found
            .identifiers
            .iter()
            .map(|(identifier, _)| identifier)
            .filter(is_permitted)
            .cloned()
            .collect();
        // With none permitted no record could stay: `decide` refuses, without a rewriting.
        (!permitted.is_empty()).then_some(OutsideRequest {
            handling,
            permitted,
            cause: reason,
        })
    }

    /// Whom a refusal names: those outside the caseload, to an account that may read the journal.
    pub(super) fn named_outside(
        &self,
        (rules, budgets): (&Snapshot, &Budgets),
        persons: &[&PersonRef],
        reasons: &[RefusalReason],
    ) -> Vec<PersonRef> {
        if !reasons.iter().any(is_about_caseload) {
            return Vec::new();
        }
        let record = rules.directory.find(&self.caller.account);
        let is_officer = record.is_some_and(|record| record.role.can_watch());
        let Some(route) = self.route().filter(|_| is_officer) else {
            return Vec::new();
        };
        let keys = self.keys(persons.iter().copied());
        let Some(found) = outside(rules, budgets, &self.facts(route), &keys) else {
            return Vec::new();
        };
        let outside = persons.iter().zip(found.is_outside);
        outside
            .filter(|(_, is_outside)| *is_outside)
            .map(|(person, _)| (*person).clone())
            .take(NAMED_MAX)
            .collect()
    }
}

/// What the entry of a refusal says about the persons whom it names to an officer.
pub(super) fn named_in_refusal(
    named: &[PersonRef],
    reasons: &[RefusalReason],
) -> Option<OutsideRecords> {
    let cause = reasons.iter().find(|reason| is_about_caseload(reason))?;
    (!named.is_empty()).then(|| OutsideRecords {
        handling: OutsideHandling::Named,
        count: u32::try_from(named.len()).unwrap_or(u32::MAX),
        cause: cause.clone(),
    })
}

const fn is_about_caseload(reason: &RefusalReason) -> bool {
    matches!(
        reason,
        RefusalReason::OutsideCaseload
            | RefusalReason::NotExact
            | RefusalReason::CaseloadOnly(_)
            | RefusalReason::PersonClass(_)
            | RefusalReason::ClassUnknown
    )
}
