//! Refusals: journalled before they are returned.

use digue_access::{ClassRule, Decision, Enforcement};
use digue_types::{Exposure, Inspection, Outcome, RefusalReason};

use super::outside::named_in_refusal;
use super::state::Visit;
use digue_refusals::{NamedPersons, Refusal};

impl Visit {
    /// Journals a refusal of the request, or of a response that could not be inspected; returns it.
    pub(super) async fn refuse(
        &self,
        enforcement: Enforcement,
        reasons: Vec<RefusalReason>,
    ) -> Refusal {
        let outside = named_in_refusal(&self.named, &reasons);
        let exposure = Exposure {
            outside,
            ..self.exposure(&self.shared.rules.load(), &refused(reasons), Vec::new(), 0)
        };
        self.withhold(enforcement, exposure).await
    }

    /// Journals a refused exposure, with what the portal has done; returns the refusal.
    pub(super) async fn withhold(&self, _: Enforcement, mut exposure: Exposure) -> Refusal {
        exposure.reasons.extend(self.done_at_portal());
        if exposure.inspection == Inspection::Stream {
            // A tunnel is decided before the portal is asked: refused, it was never opened.
            (exposure.inspection, exposure.status) = (Inspection::NotReached, 0);
        }
        let reasons = exposure.reasons.clone();
        match self.record_refusal(exposure).await {
            Ok(index) => self.refusal(reasons, index),
            Err(unavailable) => self.say_done(unavailable),
        }
    }

    /// The portal did not answer, or not in a way that can be forwarded. What it may have done is
    /// journalled.
    pub(super) async fn unanswered(&self, _: Enforcement, mut unavailable: Refusal) -> Refusal {
        // A repeated GET changes nothing; anything else may have been carried out without a trace.
        if !self.may_change || !unavailable.may_have_arrived {
            return unavailable;
        }
        let reasons = vec![RefusalReason::OutcomeUnknown];
        unavailable
            .details
            .push(format!("reason-{}", RefusalReason::OutcomeUnknown.family()));
        let exposure = self.exposure(&self.shared.rules.load(), &refused(reasons), Vec::new(), 0);
        match self.record_refusal(exposure).await {
            Ok(index) => unavailable.entry = index,
            Err(_) => tracing::error!(
                "A request that the portal may have carried out has no journal entry"
            ),
        }
        unavailable
    }

    /// Journals a refusal, or counts it with others of its kind; returns the index of its own
    /// entry, if it has one.
    ///
    /// The monitor sees each refusal as it happens: a minute later, when they are journalled
    /// together, a thief is through. After a restart it reads from the journal how many there were.
    async fn record_refusal(&self, refusal: Exposure) -> Result<Option<u64>, Refusal> {
        let shared = &self.shared;
        // The verdict is dropped: there is no response left to withhold.
        let _ = shared.monitor.look(&refusal);
        let Some(refusal) = shared.refusals.take(refusal) else {
            return Ok(None);
        };
        shared
            .recorder
            .record(vec![refusal])
            .await
            .map(Some)
            .map_err(Refusal::from)
    }

    /// The outcome of a request that changes something, when its response is not shown.
    pub(super) fn done_at_portal(&self) -> Option<RefusalReason> {
        let status = self.answered?;
        let is_done = status.is_success() || status.is_redirection();
        let known = if is_done {
            RefusalReason::DoneNotShown
        } else {
            RefusalReason::OutcomeUnknown
        };
        self.may_change.then_some(known)
    }

    pub(super) fn say_done(&self, mut unavailable: Refusal) -> Refusal {
        unavailable.details.extend(
            self.done_at_portal()
                .map(|done| format!("reason-{}", done.family())),
        );
        unavailable
    }

    pub(super) fn refusal(&self, reasons: Vec<RefusalReason>, index: Option<u64>) -> Refusal {
        let could_break = reasons
            .iter()
            .all(|r| matches!(r, RefusalReason::OutsideCaseload | RefusalReason::NotExact));
        let mut refusal = Refusal::of(reasons, index);
        let allows = self
            .route()
            .is_some_and(|route| route.access.allows_break_glass);
        refusal.may_break_glass = could_break && allows;
        refusal.may_ask_for_record = self.may_ask_for_record(&refusal.reasons);
        refusal.outside =
            (!self.named.is_empty()).then(|| Box::new(NamedPersons(self.named.clone())));
        refusal
    }
}

impl Visit {
    /// True when only a class stands against the record, and another person may agree.
    fn may_ask_for_record(&self, reasons: &[RefusalReason]) -> bool {
        let can_be_agreed = |reason: &RefusalReason| {
            // An agreement shows a record that is in no caseload, too.
            *reason == RefusalReason::OutsideCaseload
                || matches!(reason, RefusalReason::PersonClass(class)
                    if matches!(self.portal.classes.of(class), ClassRule::Agreement { .. }))
        };
        let is_by_class = |reason: &RefusalReason| matches!(reason, RefusalReason::PersonClass(_));
        reasons.iter().any(is_by_class) && reasons.iter().all(can_be_agreed)
    }
}

fn refused(reasons: Vec<RefusalReason>) -> Decision {
    Decision {
        outcome: Outcome::Refused,
        reasons,
        bases: Vec::new(),
        justification: None,
    }
}
