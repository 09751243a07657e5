//! The journal entries of a visit, and its refusals, journalled before they are returned.

use digue_access::{Decision, Enforcement};
use digue_types::{ActionName, Exposure, Inspection, Outcome, RefusalReason, RouteName};
use http::StatusCode;

use super::Visit;
use crate::refusal::Refusal;
use crate::shown::{FoundPersons, grouped};

impl Visit<Enforcement> {
    /// Journals a refusal, and returns it.
    pub(super) async fn refuse(&self, reasons: Vec<RefusalReason>, inspection: Inspection) -> Refusal {
        let inspection = self.how_far(inspection);
        let exposure = self.exposure(&refused(reasons.clone()), Vec::new(), inspection, 0, StatusCode::OK);
        let exposure = Exposure { status: 0, ..exposure };
        match self.shared.record_refusal(exposure).await {
            Ok(index) => self.refusal(reasons, index),
            Err(unavailable) => unavailable,
        }
    }

    /// The portal answered, and its response is not shown: what the request asked for has been done there.
    pub(super) async fn refuse_answer(
        &self,
        reasons: Vec<RefusalReason>,
        inspection: Inspection,
        status: StatusCode,
    ) -> Refusal {
        let decision = refused(reasons);
        let exposure = self.exposure(&decision, Vec::new(), inspection, 0, status);
        self.withhold(decision, exposure, status).await
    }

    /// Journals that a response of the portal is not shown, and returns the refusal with what was done
    /// there.
    pub(super) async fn withhold(
        &self,
        decision: Decision,
        mut exposure: Exposure,
        status: StatusCode,
    ) -> Refusal {
        let mut reasons = decision.reasons;
        reasons.extend(self.done_at_portal(status));
        exposure.reasons.clone_from(&reasons);
        match self.shared.record_refusal(exposure).await {
            Ok(index) => self.refusal(reasons, index),
            Err(unavailable) => self.say_done(unavailable, status),
        }
    }

    /// The portal did not answer, or not in a way that can be forwarded. What it may have done is
    /// journalled.
    pub(super) async fn unanswered(&self, mut unavailable: Refusal) -> Refusal {
        // A repeated GET changes nothing; anything else may have been carried out without a trace.
        if self.method.is_safe() || !unavailable.may_have_arrived {
            return unavailable;
        }
        let reasons = vec![RefusalReason::OutcomeUnknown];
        unavailable.details.push(format!("reason-{}", RefusalReason::OutcomeUnknown.family()));
        let exposure =
            self.exposure(&refused(reasons), Vec::new(), Inspection::NotReached, 0, StatusCode::OK);
        match self.shared.record_refusal(Exposure { status: 0, ..exposure }).await {
            Ok(index) => unavailable.entry = index,
            Err(_) => tracing::error!("A request that the portal may have carried out has no journal entry"),
        }
        unavailable
    }

    /// The outcome of a request that changes something, when its response is not shown.
    pub(super) fn done_at_portal(&self, status: StatusCode) -> Option<RefusalReason> {
        let is_done = status.is_success() || status.is_redirection();
        let known = if is_done { RefusalReason::DoneNotShown } else { RefusalReason::OutcomeUnknown };
        (!self.method.is_safe()).then_some(known)
    }

    /// Journals a response; without an entry it is not shown, and the refusal says what was done at the
    /// portal.
    pub(super) async fn record_answer(
        &self,
        exposures: Vec<Exposure>,
        status: StatusCode,
    ) -> Result<u64, Refusal> {
        let recorded = self.shared.recorder.record(exposures).await;
        recorded.map_err(|unrecorded| self.say_done(Refusal::unrecorded(unrecorded), status))
    }

    fn say_done(&self, mut unavailable: Refusal, status: StatusCode) -> Refusal {
        let done = self.done_at_portal(status);
        unavailable.details.extend(done.map(|done| format!("reason-{}", done.family())));
        unavailable
    }

    pub(super) async fn refuse_unmapped(&self) -> Refusal {
        let decision = refused(vec![RefusalReason::UnknownRoute]);
        let inspection = self.how_far(Inspection::NotReached);
        let exposure = self.exposure(&decision, Vec::new(), inspection, 0, StatusCode::OK);
        let exposure = Exposure { status: 0, ..unmapped(exposure) };
        match self.shared.record_refusal(exposure).await {
            Ok(index) => Refusal::of(vec![RefusalReason::UnknownRoute], index),
            Err(unavailable) => unavailable,
        }
    }

    /// Forward authentication: nothing of the response is ever seen.
    fn how_far(&self, inspection: Inspection) -> Inspection {
        if self.is_request_only { Inspection::RequestOnly } else { inspection }
    }

    pub(super) fn refusal(&self, reasons: Vec<RefusalReason>, index: Option<u64>) -> Refusal {
        let could_break =
            reasons.iter().all(|r| matches!(r, RefusalReason::OutsideCaseload | RefusalReason::NotExact));
        let mut refusal = Refusal::of(reasons, index);
        refusal.may_break_glass = could_break && self.route().access.allows_break_glass;
        refusal
    }

    pub(super) async fn record(&self, exposures: Vec<Exposure>) -> Result<u64, Refusal> {
        self.shared.recorder.record(exposures).await.map_err(Refusal::unrecorded)
    }
}

fn refused(reasons: Vec<RefusalReason>) -> Decision {
    Decision { outcome: Outcome::Refused, reasons, bases: Vec::new(), justification: None }
}

/// The entry of a request to which no rule of the map applies.
pub(super) fn unmapped(exposure: Exposure) -> Exposure {
    let route = RouteName::parse("-").expect("the fixed name `-` is a route name");
    let action = ActionName::parse("-").expect("the fixed name `-` is an action name");
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
