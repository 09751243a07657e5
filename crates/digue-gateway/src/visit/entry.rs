//! What a visit leaves in the journal, and the refusals that are journalled and said.

use digue_access::{Decision, Enforcement};
use digue_types::{ActionName, Exposure, Inspection, Outcome, Reason, RouteName};
use http::StatusCode;

use super::Visit;
use crate::refusal::Refusal;
use crate::shown::{FoundPersons, grouped};

impl Visit<Enforcement> {
    /// Journals a refusal, and says it.
    pub(super) async fn refuse(&self, reasons: Vec<Reason>, inspection: Inspection) -> Refusal {
        let decision = Decision {
            outcome: Outcome::Refused,
            reasons: reasons.clone(),
            bases: Vec::new(),
            justification: None,
        };
        let exposure = self.exposure(&decision, Vec::new(), inspection, 0, StatusCode::OK);
        let exposure = Exposure { status: 0, ..exposure };
        match self.shared.record_refusal(exposure).await {
            Ok(index) => self.refusal(reasons, index),
            Err(unavailable) => unavailable,
        }
    }

    pub(super) async fn refuse_unmapped(&self) -> Refusal {
        let decision = Decision {
            outcome: Outcome::Refused,
            reasons: vec![Reason::UnknownRoute],
            bases: Vec::new(),
            justification: None,
        };
        let exposure = self.exposure(&decision, Vec::new(), Inspection::NotReached, 0, StatusCode::OK);
        let exposure = Exposure { status: 0, ..unmapped(exposure) };
        match self.shared.record_refusal(exposure).await {
            Ok(index) => Refusal::of(vec![Reason::UnknownRoute], index),
            Err(unavailable) => unavailable,
        }
    }

    pub(super) fn refusal(&self, reasons: Vec<Reason>, index: Option<u64>) -> Refusal {
        let could_break = reasons.iter().all(|r| matches!(r, Reason::OutsideCaseload | Reason::NotExact));
        let mut refusal = Refusal::of(reasons, index);
        refusal.may_break_glass = could_break && self.route().access.allows_break_glass;
        refusal
    }

    pub(super) async fn record(&self, exposures: Vec<Exposure>) -> Result<u64, Refusal> {
        self.shared.recorder.record(exposures).await.map_err(Refusal::unrecorded)
    }
}

/// The entry of a request for which the map has no rule.
pub(super) fn unmapped(exposure: Exposure) -> Exposure {
    let route = RouteName::parse("-").expect("a fixed name");
    let action = ActionName::parse("-").expect("a fixed name");
    Exposure { route, action, categories: Vec::new(), ..exposure }
}

impl<M> Visit<M> {
    pub(super) fn exposure(
        &self,
        decision: &Decision,
        persons: FoundPersons,
        inspection: Inspection,
        body_bytes: u64,
        status: StatusCode,
    ) -> Exposure {
        let route = self.route();
        let snapshot = self.shared.rules.load();
        let persons_found = u32::try_from(persons.len()).unwrap_or(u32::MAX);
        let shown = grouped(persons, &decision.bases);
        Exposure {
            at: self.now,
            exchange: self.exchange.clone(),
            portal: self.portal.id.clone(),
            route: route.name.clone(),
            action: route.action.clone(),
            account: self.caller.account.clone(),
            organisation: self.caller.organisation.clone(),
            session: self.caller.session.clone(),
            client: self.client.clone(),
            outcome: decision.outcome,
            reasons: decision.reasons.clone(),
            inspection,
            population: self.portal.population.clone(),
            shown,
            persons_found,
            categories: if persons_found > 0 { route.categories.clone() } else { Vec::new() },
            body_bytes,
            status: status.as_u16(),
            policy_version: snapshot.policy_version,
            caseload_version: snapshot.caseload_version,
            justification: decision.justification.clone(),
            part: 1,
            parts: 1,
            source: None,
            unread: self.unread.clone(),
            repeated: None,
        }
    }
}
