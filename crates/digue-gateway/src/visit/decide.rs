//! 4. The decision on every person and every budget; then the monitor, which has the last word.

use digue_access::decide::{CountedResponse, PendingCharge, weigh, weigh_shown, weigh_undescribed};
use digue_access::{Budgets, Decision, Snapshot};
use digue_types::{
    Basis, Exposure, Inspection, Outcome, PersonKey, PersonRef, RefusalReason, Scope, ShownClasses,
};

use super::admit::AdmittedVisit;
use super::mode::VisitMode;
use super::outside::named_in_refusal;
use super::showing::Showing;
use super::state::{Visit, VisitRule};
use crate::portal::SessionDemand;
use crate::ports::Verdict;
use crate::shown::FoundPersons;
use digue_quotas::lock::lock;

/// A visit that was decided upon, with its entry and the answer that waits for it.
pub(super) struct DecidedVisit<M, A> {
    pub(super) visit: Box<Visit>,
    pub(super) mode: M,
    pub(super) exposure: Exposure,
    pub(super) answer: A,
}

impl<M, A> DecidedVisit<M, A> {
    pub(super) fn into_parts(self) -> (Box<Visit>, M, Exposure, A) {
        (self.visit, self.mode, self.exposure, self.answer)
    }
}

impl<M: VisitMode> AdmittedVisit<M> {
    /// Decides upon what the answer shows. The answer comes back from `RecordedVisit::release`, and
    /// from nowhere else.
    pub(super) async fn decide<A>(
        self,
        showing: Showing,
        answer: A,
    ) -> Result<DecidedVisit<M, A>, M::Stop> {
        let (mut visit, mut mode) = self.into_parts();
        let exposure = visit.decide_on(&mut mode, showing).await?;
        Ok(DecidedVisit {
            visit,
            mode,
            exposure,
            answer,
        })
    }
}

impl Visit {
    /// Notes what an answer shows, for its entry.
    pub(super) fn note_showing(&mut self, showing: &Showing) {
        self.inspection = showing.inspection;
        self.unread = showing.unread.clone();
        self.names_alone = showing.names_alone;
        self.answered = showing.status;
        self.search.is_found_as_asked = showing.is_found_as_asked;
        self.outside = None;
    }

    /// Decides upon an answer, or upon a piece of one; its entry, not written yet.
    pub(super) async fn decide_on<M: VisitMode>(
        &mut self,
        mode: &mut M,
        showing: Showing,
    ) -> Result<Exposure, M::Stop> {
        self.note_showing(&showing);
        if let Some(cause) = showing.objection {
            mode.object(self, vec![RefusalReason::Uninspectable(cause)])
                .await?;
        }
        self.outside = showing.outside;
        let persons = showing.persons;
        if self.shows_too_much_to_nobody(&persons) {
            let reason = match self.without_passkey.take() {
                Some(caller) => {
                    self.caller = *caller;
                    RefusalReason::StepUp(Scope::Account)
                }
                None => RefusalReason::NoSession,
            };
            mode.object(self, vec![reason]).await?;
        }
        let (mut exposure, named) = self.judge(mode, persons, showing.body_bytes);
        self.named = named;
        if showing.is_open_ended {
            // Announced before the stream leaves, so that a second entry that never came is
            // noticed.
            exposure.parts = 2;
        }
        mode.carry_out(self, exposure).await
    }

    /// Who is not signed in may be shown nobody, and nothing that could not be read; on routes that
    /// require no session the rules decide on persons.
    fn shows_too_much_to_nobody(&self, persons: &FoundPersons) -> bool {
        let is_open = self.session_demand() == SessionDemand::NotRequired;
        self.caller.is_unknown()
            && self.may_be_anonymous()
            && (self.inspection.is_uninspected() || !is_open && !persons.is_empty())
    }

    /// Decides, asks the monitor, and counts what leaves. Also gives the persons whom a refusal may
    /// name.
    fn judge<M: VisitMode>(
        &self,
        mode: &mut M,
        persons: FoundPersons,
        body_bytes: u64,
    ) -> (Exposure, Vec<PersonRef>) {
        let keys = self.keys(persons.iter().map(|(person, _)| person));
        let rules = self.shared.rules.load_full();
        let hosts = self.shared.hosts.load();
        // Held from the check to the charge: two responses at once must not both use what is left.
        // The monitor's lock is taken under it, because what the monitor withholds must not be
        // counted.
        let mut budgets = lock(hosts.budgets(&self.portal.id));
        let (decision, charge) = self.weigh(&rules, &mut budgets, &keys);
        let decision = mode.settle(decision);
        if decision.outcome == Outcome::Refused {
            // Nothing is counted.
            drop(charge);
            let shown: Vec<&PersonRef> = persons.iter().map(|(person, _)| person).collect();
            let named = self.named_outside((&rules, &budgets), &shown, &decision.reasons);
            let mut exposure = self.exposure(&rules, &decision, persons, body_bytes);
            exposure.outside = named_in_refusal(&named, &exposure.reasons);
            // The monitor is told when it is journalled.
            return (exposure, named);
        }
        let mut exposure = self.exposure(&rules, &decision, persons, body_bytes);
        match mode.monitor(self, &exposure) {
            Verdict::Pass => charge.apply(),
            Verdict::Withhold => {
                exposure.outcome = Outcome::Refused;
                exposure.reasons = vec![RefusalReason::Withheld];
                exposure.shown = Vec::new();
                exposure.outside = None;
                exposure.classes = ShownClasses::default();
            }
        }
        (exposure, Vec::new())
    }

    fn weigh<'w>(
        &'w self,
        rules: &Snapshot,
        budgets: &'w mut Budgets,
        keys: &'w [PersonKey],
    ) -> (Decision, PendingCharge<'w>) {
        let (account, organisation) = (&self.caller.account, &self.caller.organisation);
        let of = CountedResponse {
            now: self.now,
            account,
            organisation,
        };
        let is_uninspected = self.inspection.is_uninspected();
        let undecided = |reasons, basis| Decision {
            outcome: Outcome::Released,
            reasons,
            bases: vec![basis; keys.len()],
            justification: None,
        };
        match &self.rule {
            VisitRule::Mapped(route) if self.inspection != Inspection::NotReached => {
                weigh(rules, budgets, &self.facts(route), keys, is_uninspected)
            }
            // Observed, and without a response or a rule for it: nothing can be said about persons.
            VisitRule::Mapped(_) | VisitRule::Unmapped => {
                let basis = if account.is_unknown() {
                    Basis::CallerUnknown
                } else {
                    Basis::None
                };
                (
                    undecided(Vec::new(), basis),
                    weigh_undescribed(budgets, of, is_uninspected),
                )
            }
            VisitRule::Declared { .. } => {
                let (over, charge) = weigh_shown(rules, budgets, of, keys);
                (undecided(over, Basis::Declared), charge)
            }
        }
    }
}
