//! How far an incident is: six steps, what each still lacks, and the one thing to do next.
//!
//! A pure view of the fold. It decides nothing: what may be entered is `Incident::accepts`, and the
//! tests hold the two together. A step is done only where the log holds what makes it so; an answer
//! "I do not know" stays visible and makes nothing done.

use digue_types::{Timestamp, lists};

use crate::acts::ClaimKind;
use crate::affected::AffectedVersion;
use crate::clock::{ClockKind, LegalClock};
use crate::figure::DeclaredFigure;
use crate::incident::Incident;
use crate::incident::entry::{EntryRefusal, IncidentRole, IncidentState};
use crate::notification::{Field, Informant};
use crate::sheet::{Answer, Sheet};
use crate::vocabulary::Exemption;

lists! {
    /// The steps of an incident, in order.
    ProgressStep "incident-step" {
        Qualify "qualify",
        Persons "persons",
        Decide "decide",
        Authority "authority",
        Notices "notices",
        Close "close",
    }

    /// A campaign of notices that has not ended.
    RunningCampaign "campaign" {
        Preparing "preparing",
        Ready "ready",
        Sending "sending",
        Paused "paused",
    }
}

/// What the log does not hold and the caller reads elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProgressFacts {
    /// Fields of the notification draft without a value, in the order of the form.
    pub unknown: Vec<(Field, Informant)>,
    /// Campaigns of this incident that have not ended.
    pub campaigns: Vec<RunningCampaign>,
    /// Findings about the incident's subject that wait for a verdict.
    pub findings: usize,
}

/// One thing that is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IncidentGap {
    /// Findings about the subject wait for a verdict: theft or work.
    Verdict {
        findings: usize,
    },
    /// The hour of awareness, from which the legal clocks run.
    Awareness,
    /// An unanswered mandatory step of a checklist.
    Step(Sheet, &'static str),
    /// A step answered with "I do not know".
    Unsure(Sheet, &'static str),
    /// Nobody has stated that it is an incident.
    Confirmation,
    /// Nobody has stated that it is contained.
    Containment,
    /// The set of affected persons was not computed.
    AffectedSet,
    /// The set is empty, and its persons are to be informed.
    NobodyAffected,
    AuthorityDecision,
    PersonsDecision,
    /// A field of the notification, with the role that can answer it.
    Field(Field, Informant),
    /// The deadline of a duty has passed: the reasons come before the act (GDPR art. 33(1)).
    DelayReasons(ClockKind),
    /// A declared figure is below the measured one, and nobody corrected or explained it.
    Difference(DeclaredFigure),
    /// The sending of the notification to the authority is not entered.
    Submission,
    /// The last notification left fields open that are answered now: the complement is to be sent.
    Complement,
    /// Another duty whose clock runs: complaint, controller, NIS 2.
    Duty(ClockKind),
    /// No notice was prepared.
    Notices,
    /// A campaign has not ended.
    Campaign(RunningCampaign),
    /// A campaign ended and did not reach everyone: how were the others informed?
    OthersUninformed,
    /// The public communication in place of notices (GDPR art. 34(3)(c)).
    PublicNotice,
}

impl IncidentGap {
    /// The role that can fill it.
    pub const fn who(self) -> Informant {
        match self {
            Self::Verdict { .. } | Self::Containment => Informant::Ciso,
            Self::Field(_, who) => who,
            Self::Awareness
            | Self::Step(..)
            | Self::Unsure(..)
            | Self::Confirmation
            | Self::AffectedSet
            | Self::NobodyAffected
            | Self::AuthorityDecision
            | Self::PersonsDecision
            | Self::DelayReasons(_)
            | Self::Difference(_)
            | Self::Submission
            | Self::Complement
            | Self::Duty(_)
            | Self::Notices
            | Self::Campaign(_)
            | Self::OthersUninformed
            | Self::PublicNotice => Informant::Dpo,
        }
    }

    /// False for what may stay open when the incident is closed: it is shown, and nothing waits for
    /// it.
    pub const fn is_required(self) -> bool {
        !matches!(self, Self::Unsure(..))
    }

    /// True for a step of a checklist that comes before everything else.
    const fn comes_first(&self) -> bool {
        match self {
            Self::Step(sheet, _) | Self::Unsure(sheet, _) => sheet.comes_first(),
            _ => false,
        }
    }

    /// True for what has to be done before the incident is closed. A duty that the law leaves to the
    /// operator may stay open, with a written reason.
    pub const fn holds_up_closing(self) -> bool {
        match self {
            Self::Duty(clock) | Self::DelayReasons(clock) => !clock.may_be_left_open(),
            other => other.is_required(),
        }
    }

    /// True while Digue itself works on it: a person has nothing to do but wait.
    pub const fn is_under_way(self) -> bool {
        matches!(
            self,
            Self::Campaign(RunningCampaign::Preparing | RunningCampaign::Sending)
        )
    }
}

/// Why a step does not apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotNeeded {
    /// The incident was dismissed.
    Dismissed,
    /// The controller decides and notifies; a processor notifies its controller (GDPR art. 33(2)).
    Processor,
    /// It was decided not to notify the authority.
    NotNotified,
    /// It was decided not to inform the persons.
    NotInformed,
}

/// How a step stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepStanding {
    /// Nothing is missing, and the log shows it.
    Done,
    /// What is missing, in the order in which to fill it; never empty.
    Open(Vec<IncidentGap>),
    /// It depends on another step.
    Waits(ProgressStep),
    /// Everything before it is done: it can be taken now. Only closing stands so.
    Ready,
    NotNeeded(NotNeeded),
}

/// The one thing to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextAct {
    Fill(ProgressStep, IncidentGap),
    /// Everything is decided and done: the incident can be closed.
    Close,
    /// It is closed.
    Over,
}

/// The progress of an incident.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncidentProgress {
    /// In the order of `ProgressStep::ALL`.
    pub steps: Vec<(ProgressStep, StepStanding)>,
    pub next: NextAct,
}

impl IncidentProgress {
    pub fn standing(&self, step: ProgressStep) -> &StepStanding {
        let found = self.steps.iter().find(|(known, _)| *known == step);
        &found.expect("every step has a standing").1
    }

    /// Everything that is missing, with its step, in order.
    pub fn gaps(&self) -> impl Iterator<Item = (ProgressStep, IncidentGap)> {
        self.steps.iter().flat_map(|(step, standing)| {
            let gaps = match standing {
                StepStanding::Open(gaps) => gaps.as_slice(),
                StepStanding::Done
                | StepStanding::Waits(_)
                | StepStanding::Ready
                | StepStanding::NotNeeded(_) => &[],
            };
            gaps.iter().map(|gap| (*step, *gap))
        })
    }
}

/// The step in which a checklist is filled in.
pub const fn step_of(sheet: Sheet) -> ProgressStep {
    match sheet {
        Sheet::Qualification | Sheet::Containment | Sheet::StolenAccount | Sheet::Ransomware => {
            ProgressStep::Qualify
        }
        Sheet::DataLeak => ProgressStep::Persons,
        Sheet::Restart => ProgressStep::Close,
    }
}

impl Incident {
    /// The six steps at `now`, given the clocks that run.
    pub fn progress(
        &self,
        facts: &ProgressFacts,
        clocks: &[LegalClock],
        now: Timestamp,
    ) -> IncidentProgress {
        let mut steps: Vec<(ProgressStep, StepStanding)> = ProgressStep::ALL
            .iter()
            .map(|step| (*step, self.standing(*step, facts, clocks, now)))
            .collect();
        let next = self.next_act(&steps);
        let first = required(&steps)
            .into_iter()
            .find(|(_, gap)| gap.holds_up_closing());
        for (step, standing) in &mut steps {
            if *step == ProgressStep::Close && *standing == StepStanding::Ready {
                *standing = closing_now(first.map(|(step, _)| step), self.state());
            }
        }
        IncidentProgress { steps, next }
    }

    fn standing(
        &self,
        step: ProgressStep,
        facts: &ProgressFacts,
        clocks: &[LegalClock],
        now: Timestamp,
    ) -> StepStanding {
        if self.state() == IncidentState::Dismissed {
            return StepStanding::NotNeeded(NotNeeded::Dismissed);
        }
        match step {
            ProgressStep::Qualify => done_or(self.to_qualify(facts)),
            ProgressStep::Persons => self.persons_standing(),
            ProgressStep::Decide => self.decision_standing(),
            ProgressStep::Authority => self.authority_standing(facts, clocks, now),
            ProgressStep::Notices => self.notices_standing(facts, clocks, now),
            ProgressStep::Close => self.closing_standing(),
        }
    }

    fn to_qualify(&self, facts: &ProgressFacts) -> Vec<IncidentGap> {
        let mut gaps = Vec::new();
        if facts.findings > 0 && self.acts.theft().is_none() {
            gaps.push(IncidentGap::Verdict {
                findings: facts.findings,
            });
        }
        let (first, then): (Vec<_>, Vec<_>) = self
            .steps_of(ProgressStep::Qualify)
            .into_iter()
            .partition(IncidentGap::comes_first);
        gaps.extend(first);
        if self.aware_at().is_none() {
            gaps.push(IncidentGap::Awareness);
        }
        gaps.extend(then);
        match self.state() {
            IncidentState::Suspected => gaps.push(IncidentGap::Confirmation),
            IncidentState::Confirmed => gaps.push(IncidentGap::Containment),
            IncidentState::Contained | IncidentState::Resolved | IncidentState::Dismissed => {}
        }
        gaps
    }

    /// The unanswered steps of the checklists of a step, and those answered with "I do not know".
    fn steps_of(&self, of: ProgressStep) -> Vec<IncidentGap> {
        let sheets = self.sheets_in_order().into_iter();
        let sheets = sheets.filter(|sheet| step_of(*sheet) == of);
        let steps = sheets.flat_map(|sheet| sheet.steps().iter().map(move |step| (sheet, step)));
        let gaps = steps.filter_map(|(sheet, step)| {
            match self
                .steps
                .get(&(sheet, step.code.to_owned()))
                .map(|given| given.answer)
            {
                Some(Answer::Unknown) => Some(IncidentGap::Unsure(sheet, step.code)),
                Some(Answer::Done | Answer::Yes | Answer::No | Answer::NotApplicable) => None,
                None => step
                    .is_mandatory
                    .then_some(IncidentGap::Step(sheet, step.code)),
            }
        });
        gaps.collect()
    }

    fn persons_standing(&self) -> StepStanding {
        let mut gaps = Vec::new();
        let is_controller = self.role != IncidentRole::Processor;
        let informs = self
            .persons
            .as_ref()
            .is_some_and(|decided| decided.what.inform);
        match self.affected() {
            None if is_controller => gaps.push(IncidentGap::AffectedSet),
            Some(version) if version.everybody() == 0 && informs && is_controller => {
                gaps.push(IncidentGap::NobodyAffected);
            }
            _ => {}
        }
        gaps.extend(self.steps_of(ProgressStep::Persons));
        if gaps.is_empty() && self.affected().is_none() {
            return StepStanding::NotNeeded(NotNeeded::Processor);
        }
        done_or(gaps)
    }

    fn decision_standing(&self) -> StepStanding {
        if self.role == IncidentRole::Processor {
            return StepStanding::NotNeeded(NotNeeded::Processor);
        }
        let authority = self
            .authority
            .is_none()
            .then_some(IncidentGap::AuthorityDecision);
        let persons = self
            .persons
            .is_none()
            .then_some(IncidentGap::PersonsDecision);
        done_or(authority.into_iter().chain(persons).collect())
    }

    fn authority_standing(
        &self,
        facts: &ProgressFacts,
        clocks: &[LegalClock],
        now: Timestamp,
    ) -> StepStanding {
        let is_processor = self.role == IncidentRole::Processor;
        let is_off = !is_processor && self.authority.as_ref().is_some_and(|decided| !decided.what);
        let open = self.open_figures().into_iter();
        let mut gaps: Vec<IncidentGap> = open.map(IncidentGap::Difference).collect();
        if !is_processor && !is_off {
            gaps.extend(self.to_notify(facts, clocks, now));
        }
        if is_processor && self.acts.fact(ClaimKind::Controller).is_none() {
            gaps.extend(late(self, ClockKind::Processor, clocks, now));
            gaps.push(IncidentGap::Duty(ClockKind::Processor));
        }
        gaps.extend(self.other_duties(clocks, now));
        match (gaps.is_empty(), is_off) {
            (true, true) => StepStanding::NotNeeded(NotNeeded::NotNotified),
            _ => done_or(gaps),
        }
    }

    /// What the notification to the authority lacks.
    fn to_notify(
        &self,
        facts: &ProgressFacts,
        clocks: &[LegalClock],
        now: Timestamp,
    ) -> Vec<IncidentGap> {
        let fields = || {
            facts
                .unknown
                .iter()
                .map(|(field, who)| IncidentGap::Field(*field, *who))
        };
        match self.submissions.last() {
            None => {
                let delay = late(self, ClockKind::Authority, clocks, now);
                fields()
                    .chain(delay)
                    .chain([IncidentGap::Submission])
                    .collect()
            }
            Some((_, last)) if last.unknown.is_empty() => Vec::new(),
            Some(_) if facts.unknown.is_empty() => {
                vec![IncidentGap::Complement]
            }
            Some(_) => fields().collect(),
        }
    }

    /// Duties beside the authority and the persons whose clocks run: complaint, NIS 2. The nearest
    /// first.
    fn other_duties(&self, clocks: &[LegalClock], now: Timestamp) -> Vec<IncidentGap> {
        let mut running: Vec<&LegalClock> = self.open_duties(clocks).collect();
        // Those without a deadline last: `None` alone would sort before every date.
        running.sort_by_key(|clock| (clock.due_at.is_none(), clock.due_at));
        let gaps = running.into_iter().flat_map(|clock| {
            let kind = clock.rule.kind;
            late(self, kind, clocks, now)
                .into_iter()
                .chain([IncidentGap::Duty(kind)])
        });
        gaps.collect()
    }

    fn notices_standing(
        &self,
        facts: &ProgressFacts,
        clocks: &[LegalClock],
        now: Timestamp,
    ) -> StepStanding {
        if self.role == IncidentRole::Processor {
            return StepStanding::NotNeeded(NotNeeded::Processor);
        }
        let mut gaps: Vec<IncidentGap> = facts
            .campaigns
            .iter()
            .map(|state| IncidentGap::Campaign(*state))
            .collect();
        let Some(decided) = self.persons.as_ref().map(|decided| decided.what) else {
            return if gaps.is_empty() {
                StepStanding::Waits(ProgressStep::Decide)
            } else {
                done_or(gaps)
            };
        };
        if decided.exemption == Some(Exemption::Disproportionate)
            && self.acts.fact(ClaimKind::Public).is_none()
        {
            gaps.extend(late(self, ClockKind::Public, clocks, now));
            gaps.push(IncidentGap::PublicNotice);
        }
        if decided.inform && gaps.is_empty() {
            if self.affected().map_or(0, AffectedVersion::everybody) == 0 {
                return StepStanding::Waits(ProgressStep::Persons);
            }
            match self.all_informed() {
                Ok(()) => {}
                Err(EntryRefusal::NoticesUnsent) => gaps.push(IncidentGap::OthersUninformed),
                Err(_) if self.notices.is_empty() => gaps.push(IncidentGap::Notices),
                Err(_) => gaps.push(IncidentGap::OthersUninformed),
            }
        }
        match (gaps.is_empty(), decided.inform, decided.exemption) {
            (true, false, Some(Exemption::Disproportionate)) => StepStanding::Done,
            (true, false, _) => StepStanding::NotNeeded(NotNeeded::NotInformed),
            _ => done_or(gaps),
        }
    }

    fn closing_standing(&self) -> StepStanding {
        let gaps = self.steps_of(ProgressStep::Close);
        if gaps.is_empty() {
            StepStanding::Ready
        } else {
            StepStanding::Open(gaps)
        }
    }

    fn next_act(&self, steps: &[(ProgressStep, StepStanding)]) -> NextAct {
        if self.is_closed() {
            return NextAct::Over;
        }
        let required = required(steps);
        // What the authority still lacks after the first notification does not hold up the persons;
        // neither do a police station that is closed at night, and what Digue itself is at.
        let is_after = |gap: &IncidentGap| match gap {
            IncidentGap::Field(..) | IncidentGap::Complement => !self.submissions.is_empty(),
            IncidentGap::Duty(clock) | IncidentGap::DelayReasons(clock) => {
                matches!(clock, ClockKind::Complaint | ClockKind::FinalReport)
            }
            other => other.is_under_way(),
        };
        let first = required
            .iter()
            .find(|(_, gap)| !is_after(gap))
            .or_else(|| required.first());
        first.map_or(NextAct::Close, |(step, gap)| NextAct::Fill(*step, *gap))
    }
}

/// What is missing and has to be filled, in order.
fn required(steps: &[(ProgressStep, StepStanding)]) -> Vec<(ProgressStep, IncidentGap)> {
    let gaps = steps.iter().flat_map(|(step, standing)| match standing {
        StepStanding::Open(gaps) => gaps.iter().map(|gap| (*step, *gap)).collect(),
        StepStanding::Done
        | StepStanding::Waits(_)
        | StepStanding::Ready
        | StepStanding::NotNeeded(_) => Vec::new(),
    });
    gaps.filter(|(_, gap)| gap.is_required()).collect()
}

/// How closing stands, once its own checklists lack nothing. `first` is the step of the first thing
/// without which it cannot be closed.
const fn closing_now(first: Option<ProgressStep>, state: IncidentState) -> StepStanding {
    match (first, state) {
        (_, IncidentState::Resolved) => StepStanding::Done,
        (Some(step), _) => StepStanding::Waits(step),
        (None, _) => StepStanding::Ready,
    }
}

fn done_or(gaps: Vec<IncidentGap>) -> StepStanding {
    if gaps.is_empty() {
        StepStanding::Done
    } else {
        StepStanding::Open(gaps)
    }
}

/// The reasons for a delay, where they come first.
fn late(
    incident: &Incident,
    kind: ClockKind,
    clocks: &[LegalClock],
    now: Timestamp,
) -> Option<IncidentGap> {
    let clock = clocks.iter().find(|clock| clock.rule.kind == kind)?;
    let is_late = clock.met_at.is_none() && clock.due_at.is_some_and(|due| now > due);
    (is_late && !incident.delays.contains_key(&kind)).then_some(IncidentGap::DelayReasons(kind))
}
