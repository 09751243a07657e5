//! A miss: a person outside the caseload who may be in the operator's own data, or whom the account
//! has just created. Both are asked before anything is decided; what they add is in force then.

use bytes::Bytes;
use digue_access::decide::{PersonsOutside, outside};
use digue_identifiers::{Identifier, Pick};
use digue_inspect::read_request;
use digue_inspect::request::RequestParts;
use digue_inspect::request_text::RequestText;
use digue_types::{PersonRef, RefusalReason};
use http::StatusCode;
use http::header::{self, HeaderMap};

use super::state::{KeptRequest, RouteRef, Visit};
use crate::ports::{CaseloadMiss, CreatedPerson};
use digue_quotas::lock::lock;

/// Persons of one response that are looked up; a list with more is none that a fresh relation
/// explains.
const LOOKED_UP_MAX: usize = 10;

impl Visit {
    /// Asks the operator's data about the persons outside the caseload. True when some were asked
    /// for: the decision may be another one now.
    pub(super) async fn look_up_outside(&self, route: &RouteRef, persons: &[PersonRef]) -> bool {
        let Some(port) = self
            .shared
            .caseload_port
            .get()
            .filter(|_| self.is_of_an_account())
        else {
            return false;
        };
        let missing = self.outside_caseload(route, persons);
        if missing.is_empty() || missing.len() > LOOKED_UP_MAX {
            return false;
        }
        let miss = CaseloadMiss {
            population: self.portal.population.clone(),
            account: self.caller.account.clone(),
            organisation: self.caller.organisation.clone(),
            persons: missing,
        };
        port.look_up(miss).await;
        true
    }

    /// Only accounts have caseloads: visitors who are not known have none, and persons who look at
    /// their own record need none.
    fn is_of_an_account(&self) -> bool {
        !self.caller.is_unknown() && self.caller.own.is_none()
    }

    /// The persons that no rule but a caseload could show.
    fn outside_caseload(&self, route: &RouteRef, persons: &[PersonRef]) -> Vec<PersonRef> {
        let keys = self.keys(persons);
        let found = {
            let rules = self.shared.rules.load_full();
            let hosts = self.shared.hosts.load();
            let budgets = lock(hosts.budgets(&self.portal.id));
            outside(&rules, &budgets, &self.facts(route), &keys)
        };
        match found {
            Some(PersonsOutside {
                is_outside,
                reason: RefusalReason::OutsideCaseload | RefusalReason::CaseloadOnly(_),
            }) => {
                let outside = persons.iter().zip(is_outside);
                outside
                    .filter(|(_, is)| *is)
                    .map(|(person, _)| person.clone())
                    .collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// Notes the person whom the request has created, where the map says that it creates one: the
    /// one of the answer whom the request did not name.
    pub(super) async fn note_created(
        &self,
        route: &RouteRef,
        (status, headers, bytes): (StatusCode, &HeaderMap, &Bytes),
        shown: &[PersonRef],
    ) {
        let (Some(rule), Some(port)) = (&route.creates, self.shared.caseload_port.get()) else {
            return;
        };
        if !self.may_change || !status.is_success() || !self.is_of_an_account() {
            return;
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let coding = text(header::CONTENT_ENCODING).unwrap_or_default();
        let limit = route.inspect_limits.decoded_bytes_max;
        let Ok(body) = digue_decode::decode(coding, bytes, limit) else {
            return;
        };
        let parts = RequestParts {
            path: &[],
            query: "",
            content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            body: &body,
        };
        let rules = std::slice::from_ref(rule);
        let Ok(fields) = read_request(rules, &self.portal.kinds, &parts) else {
            return;
        };
        let Ok(created) = self.persons(fields.0.values().flatten()) else {
            return;
        };
        // One person, whom the inspection found as well, and whom the request does not name in any
        // way: who is named existed before. Whom Digue knows already, the port does not add.
        let identifiers: Vec<&Identifier> = fields.0.values().flatten().collect();
        if let [person] = &created[..]
            && shown.contains(person)
            && !self.subjects.contains(person)
            && !self.names_in_request(route, &identifiers, person)
        {
            let created = CreatedPerson {
                portal: self.portal.id.clone(),
                population: self.portal.population.clone(),
                account: self.caller.account.clone(),
                organisation: self.caller.organisation.clone(),
                person: person.clone(),
            };
            port.created(created).await;
        }
    }

    /// True when the request names the person anywhere, in any coding, or was not searched.
    fn names_in_request(
        &self,
        route: &RouteRef,
        identifiers: &[&Identifier],
        person: &PersonRef,
    ) -> bool {
        let Some(KeptRequest { target, body }) = &self.kept_request else {
            return true;
        };
        let target = target.as_deref().unwrap_or_default();
        let text = RequestText { target, body };
        let written = identifiers
            .iter()
            .map(|identifier| identifier.text.as_str());
        if written.chain([person.as_str()]).any(|name| text.has(name)) {
            return true;
        }
        let blocks = route.response.blocks.iter();
        let sweep: Vec<Pick> = blocks
            .flat_map(|block| block.sweep.iter().cloned())
            .collect();
        let most = route.inspect_limits.identifiers_max;
        // By another of its identifiers.
        let named = text.identifiers(&self.portal.kinds, &sweep, most);
        named
            .and_then(|named| self.persons(named.iter()))
            .map_or(true, |named| named.contains(person))
    }
}
