//! What an objection of the rules does to a visit: it ends one where they are enforced, and changes
//! nothing where they are only tried, or where the portal has shown the persons already.
//!
//! By construction: a refusal is made from an [`Enforcement`], and the other modes hold none.

use std::convert::Infallible;

use digue_access::{Decision, Enforcement, EnforcementMode};
use digue_types::{Exposure, Outcome, RefusalReason, Timestamp};

use super::state::Visit;
use crate::caller::Caller;
use crate::guard::CutGuard;
use crate::ports::{JournalWriteError, Verdict};
use digue_connections::paced::KeptUntilSent;
use digue_refusals::Refusal;

/// What follows from an objection.
pub(super) trait VisitMode: Sized + Send {
    /// What a visit ends with that is stopped.
    type Stop;

    /// An objection before there is anything to show.
    fn object(
        &mut self,
        visit: &Visit,
        reasons: Vec<RefusalReason>,
    ) -> impl Future<Output = Result<(), Self::Stop>> + Send;

    /// True when an objection was made and did not end the visit.
    fn has_objected(&self) -> bool;

    /// The decision as it is journalled.
    fn settle(&mut self, decision: Decision) -> Decision;

    /// The monitor's last word, or what it is told where it has none. Asked while the budgets are
    /// locked, so that what it withholds is not counted.
    fn monitor(&self, visit: &Visit, exposure: &Exposure) -> Verdict;

    /// Ends the visit when its exposure is refused.
    fn carry_out(
        &self,
        visit: &Visit,
        exposure: Exposure,
    ) -> impl Future<Output = Result<Exposure, Self::Stop>> + Send;

    /// True where the caller is known: an account.
    fn is_recognised(&self) -> bool {
        true
    }

    /// Ends the visit when what was decided has been undone while the entry was written.
    fn let_go(&self, visit: &Visit, guard: &CutGuard, entry: Option<u64>)
    -> Result<(), Self::Stop>;

    /// Makes entries durable; returns the index of the first, where they have entries of their own.
    fn write(
        &self,
        visit: &Visit,
        exposures: Vec<Exposure>,
    ) -> impl Future<Output = Result<Option<u64>, Self::Stop>> + Send;
}

/// The modes in which a request comes to Digue before the portal has answered it.
pub(super) trait RequestMode: VisitMode {
    /// The caller to whom a visit is written that Digue does not admit: the one that it `named`,
    /// else an unknown one; or its end.
    fn stranger(
        &mut self,
        named: Option<Caller>,
        reason: RefusalReason,
        now: Timestamp,
    ) -> Result<Caller, Self::Stop>;

    /// The caller to whom a visit is written that nobody needs to be signed in for.
    fn anonymous(&mut self, now: Timestamp) -> Caller;

    /// The caller is known after all.
    fn recognise(&mut self);

    /// True where a portal that names its users is asked before it gets the request, and not
    /// afterwards.
    fn asks_first(&self) -> bool;

    /// True where everybody who works at the portal has an account of Digue.
    fn needs_account(&self) -> bool {
        true
    }

    /// Counts the request among those of its account, until the value is dropped.
    fn take_turn(&self, visit: &Visit) -> Result<Option<KeptUntilSent>, Self::Stop>;

    /// True when the account made too many requests in this minute; this one is counted.
    fn asks_too_often(&self, visit: &Visit) -> bool;
}

impl VisitMode for Enforcement {
    type Stop = Refusal;

    async fn object(&mut self, visit: &Visit, reasons: Vec<RefusalReason>) -> Result<(), Refusal> {
        Err(visit.refuse(*self, reasons).await)
    }

    fn has_objected(&self) -> bool {
        false
    }

    fn settle(&mut self, decision: Decision) -> Decision {
        decision
    }

    fn monitor(&self, visit: &Visit, exposure: &Exposure) -> Verdict {
        visit.shared.monitor.look(exposure)
    }

    async fn carry_out(&self, visit: &Visit, exposure: Exposure) -> Result<Exposure, Refusal> {
        match exposure.outcome {
            Outcome::Refused => Err(visit.withhold(*self, exposure).await),
            Outcome::Released | Outcome::WouldRefuse => Ok(exposure),
        }
    }

    fn let_go(&self, visit: &Visit, guard: &CutGuard, entry: Option<u64>) -> Result<(), Refusal> {
        if guard.is_cut() {
            let reasons = std::iter::once(RefusalReason::NoSession).chain(visit.done_at_portal());
            return Err(visit.refusal(reasons.collect(), entry));
        }
        Ok(())
    }

    async fn write(&self, visit: &Visit, exposures: Vec<Exposure>) -> Result<Option<u64>, Refusal> {
        let recorded = visit.shared.recorder.record(exposures).await;
        recorded
            .map(Some)
            .map_err(|unrecorded| visit.say_done(Refusal::from(unrecorded)))
    }
}

impl RequestMode for Enforcement {
    fn stranger(
        &mut self,
        _: Option<Caller>,
        reason: RefusalReason,
        _: Timestamp,
    ) -> Result<Caller, Refusal> {
        // Without an entry: anyone on the network could otherwise fill the disk.
        Err(Refusal::of(vec![reason], None))
    }

    fn anonymous(&mut self, _: Timestamp) -> Caller {
        // Nobody has proved an identity: a route that asks for a proof stays shut.
        Caller::unknown(Timestamp::ZERO)
    }

    fn recognise(&mut self) {}

    fn asks_first(&self) -> bool {
        true
    }

    fn take_turn(&self, visit: &Visit) -> Result<Option<KeptUntilSent>, Refusal> {
        // No account: those of one address are few anyway (`digue-connections`).
        if visit.caller.is_unknown() {
            return Ok(None);
        }
        let counted = visit.shared.account_requests.begin(&visit.caller.account);
        counted
            .map(|counted| Some(KeptUntilSent::new(counted)))
            .map_err(|_| Refusal::busy())
    }

    fn asks_too_often(&self, visit: &Visit) -> bool {
        !visit.caller.is_unknown()
            && !visit
                .shared
                .account_requests
                .may_ask(&visit.caller.account, visit.now)
    }
}

/// Pilot and observe-only mode: objections are collected, and change nothing.
pub(super) struct Observation {
    /// What enforced mode would have objected so far, in its order.
    against: Vec<RefusalReason>,
    /// Digue does not admit the caller.
    is_stranger: bool,
    needs_account: bool,
}

impl Observation {
    pub(super) const fn of(mode: EnforcementMode) -> Self {
        let needs_account = match mode {
            EnforcementMode::Pilot => false,
            EnforcementMode::ObserveOnly | EnforcementMode::Enforced => true,
        };
        Self {
            against: Vec::new(),
            is_stranger: false,
            needs_account,
        }
    }

    fn add(&mut self, reasons: Vec<RefusalReason>) {
        for reason in reasons {
            if !self.against.contains(&reason) {
                self.against.push(reason);
            }
        }
    }
}

impl VisitMode for Observation {
    type Stop = Infallible;

    async fn object(&mut self, _: &Visit, reasons: Vec<RefusalReason>) -> Result<(), Infallible> {
        self.add(reasons);
        Ok(())
    }

    fn has_objected(&self) -> bool {
        !self.against.is_empty()
    }

    fn is_recognised(&self) -> bool {
        !self.is_stranger
    }

    fn settle(&mut self, decision: Decision) -> Decision {
        self.add(decision.reasons);
        let reasons = std::mem::take(&mut self.against);
        let outcome = if reasons.is_empty() {
            Outcome::Released
        } else {
            Outcome::WouldRefuse
        };
        Decision {
            outcome,
            reasons,
            ..decision
        }
    }

    fn monitor(&self, visit: &Visit, exposure: &Exposure) -> Verdict {
        visit.shared.monitor.observe(exposure);
        Verdict::Pass
    }

    async fn carry_out(&self, _: &Visit, exposure: Exposure) -> Result<Exposure, Infallible> {
        Ok(exposure)
    }

    fn let_go(&self, _: &Visit, _: &CutGuard, _: Option<u64>) -> Result<(), Infallible> {
        Ok(())
    }

    /// The response has left: without an entry, the missing one is counted.
    async fn write(
        &self,
        visit: &Visit,
        exposures: Vec<Exposure>,
    ) -> Result<Option<u64>, Infallible> {
        let shared = &visit.shared;
        // Responses that show no one and would have been refused are counted like refusals: they,
        // too, come as fast as a client sends.
        let is_countable = |exposure: &Exposure| {
            exposure.outcome == Outcome::WouldRefuse && exposure.shown.is_empty()
        };
        let own = exposures
            .into_iter()
            .filter_map(|exposure| match is_countable(&exposure) {
                true => shared.refusals.take(exposure),
                false => Some(exposure),
            });
        let own: Vec<Exposure> = own.collect();
        if own.is_empty() {
            return Ok(None);
        }
        let recorded = shared.recorder.record(own).await;
        let note = |unrecorded: &JournalWriteError| {
            shared.note_unrecorded(&visit.portal.id, &unrecorded.0)
        };
        Ok(recorded.inspect_err(note).ok())
    }
}

impl RequestMode for Observation {
    fn stranger(
        &mut self,
        named: Option<Caller>,
        _: RefusalReason,
        now: Timestamp,
    ) -> Result<Caller, Infallible> {
        self.is_stranger = true;
        Ok(named.unwrap_or_else(|| Caller::unknown(now)))
    }

    fn anonymous(&mut self, now: Timestamp) -> Caller {
        self.is_stranger = true;
        Caller::unknown(now)
    }

    fn recognise(&mut self) {
        self.is_stranger = false;
    }

    /// Observing delays nothing: the portal is asked once its response has passed.
    fn asks_first(&self) -> bool {
        false
    }

    fn needs_account(&self) -> bool {
        self.needs_account
    }

    /// None is counted: a trial takes nothing from the account's requests to enforced portals.
    fn take_turn(&self, _: &Visit) -> Result<Option<KeptUntilSent>, Infallible> {
        Ok(None)
    }

    fn asks_too_often(&self, _: &Visit) -> bool {
        false
    }
}

/// What a portal reports: the persons were shown, and every limit that they exceed is named to the
/// portal.
#[derive(Default)]
pub(super) struct Reporting {
    pub(super) over_budget: Vec<RefusalReason>,
}

impl VisitMode for Reporting {
    type Stop = Refusal;

    async fn object(&mut self, _: &Visit, reasons: Vec<RefusalReason>) -> Result<(), Refusal> {
        self.over_budget.extend(reasons);
        Ok(())
    }

    fn has_objected(&self) -> bool {
        false
    }

    /// The entry says what the portal did; what Digue thinks of it is in the answer.
    fn settle(&mut self, decision: Decision) -> Decision {
        self.over_budget.extend(decision.reasons);
        Decision {
            outcome: Outcome::Released,
            reasons: Vec::new(),
            ..decision
        }
    }

    /// The verdict can only stop what comes next; where rules are only tried not even that.
    fn monitor(&self, visit: &Visit, exposure: &Exposure) -> Verdict {
        match visit.portal.mode.enforcement() {
            Some(_) => drop(visit.shared.monitor.look(exposure)),
            None => visit.shared.monitor.observe(exposure),
        }
        Verdict::Pass
    }

    async fn carry_out(&self, _: &Visit, exposure: Exposure) -> Result<Exposure, Refusal> {
        Ok(exposure)
    }

    fn let_go(&self, _: &Visit, _: &CutGuard, _: Option<u64>) -> Result<(), Refusal> {
        Ok(())
    }

    async fn write(&self, visit: &Visit, exposures: Vec<Exposure>) -> Result<Option<u64>, Refusal> {
        visit
            .shared
            .recorder
            .record(exposures)
            .await
            .map(Some)
            .map_err(Refusal::from)
    }
}
