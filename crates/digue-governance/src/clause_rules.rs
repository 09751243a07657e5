//! What each clause asks of the registers.

use digue_isms::calendar::REVIEW_MONTHS;
use digue_isms::closing;
use digue_isms::contradictions::{ContradictionKind, RegisterContradiction, contradictions};
use digue_isms::kinds::{
    Acquired, Competence, Context, ContextKind, Document, DocumentKind, Measure, Objective,
    PolicyTopic, RegisterKind, ResourceNeed, Review, Risk, Role, YesNo,
};
use digue_isms::register::{RegisterEntry, RegisterRecord, Registers};
use digue_isms::risk_scale::ScaleInForce;
use digue_isms::signatures::{SignatureState, signed};
use digue_isms::standing::{MeasuredState, Measurements};
use digue_isms::statement::{StatementLine, statement};
use jiff::ToSpan as _;

use crate::clause_gap::{ClauseFacts, ClauseGap, FoundGap};
use crate::objectives::hundredths;
use crate::owner_approval::{OwnerApproval, approvals};
use crate::programme::{AuditCover, programme};
use ClauseGap as G;
use RegisterKind as K;

/// The registers in which an auditor finds what a clause asks for.
pub(crate) fn kinds_of(clause: &str) -> &'static [RegisterKind] {
    match clause {
        "4.1" | "4.2" | "4.3" => &[K::Context],
        "4.4" => &[K::Measure, K::Risk],
        "5.1" => &[K::Review, K::ResourceNeed],
        "5.2" => &[K::Document],
        "5.3" => &[K::Role],
        "6.1.1" => &[K::Risk, K::Opportunity],
        "6.1.2" => &[K::RiskScale, K::Risk],
        "6.1.3" => &[K::Measure, K::Applicability, K::Acceptance],
        "6.2" => &[K::Objective],
        "6.3" => &[K::PlannedChange],
        "7.1" => &[K::ResourceNeed],
        "7.2" => &[K::Competence],
        "7.3" => &[K::Campaign, K::Attestation, K::Receipt],
        "7.4" => &[K::CommunicationLine],
        "7.5" => &[K::Document, K::EvidenceItem],
        "8.1" => &[K::Measure, K::PlannedChange],
        "8.2" | "8.3" => &[K::Risk],
        "9.1" => &[K::Objective, K::Measurement],
        "9.2" => &[K::AuditProgramme, K::Audit],
        "9.3" => &[K::Review],
        "10.1" => &[K::Opportunity, K::Finding],
        "10.2" => &[K::Finding],
        _ => &[],
    }
}

/// The registers with what is computed from them once for all clauses.
pub(crate) struct ClauseInputs<'r> {
    registers: &'r Registers,
    measured: &'r MeasuredState,
    now: Measurements,
    facts: ClauseFacts,
    lines: Vec<StatementLine>,
    wrong: Vec<RegisterContradiction>,
}

impl<'r> ClauseInputs<'r> {
    pub(crate) fn of(
        registers: &'r Registers,
        measured: &'r MeasuredState,
        now: Measurements,
        facts: ClauseFacts,
    ) -> Self {
        Self {
            lines: statement(registers, measured, now),
            wrong: contradictions(registers, measured, now),
            registers,
            measured,
            now,
            facts,
        }
    }

    fn read<R: RegisterRecord>(&self) -> Vec<RegisterEntry<R>> {
        // Those that cannot be read are a gap of their own.
        self.registers.read::<R>().entries
    }

    /// The records that a contradiction names.
    fn wrong(&self, what: ContradictionKind) -> Vec<String> {
        let named = self.wrong.iter().filter(|one| one.wrong == what);
        named.map(|one| one.id.clone()).collect()
    }

    /// Records of a kind that are not signed by whom they name.
    fn unsigned(&self, kind: RegisterKind) -> Vec<String> {
        let revisions = self.registers.of(kind).iter();
        let open = revisions.filter(|one| {
            let state = signed(self.registers, one);
            !state.as_ref().is_some_and(SignatureState::stands)
        });
        open.map(|one| one.id.clone()).collect()
    }
}

/// What a clause lacks.
pub(crate) fn gaps(clause: &str, of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    match clause {
        "4.1" => context_gaps(of),
        "4.2" => none_about(of, ContextKind::Party, G::NoParty),
        "4.3" => none_about(of, ContextKind::Scope, G::NoScope),
        "5.1" => alone(of.facts.management_accounts == 0, G::NoManagement),
        "5.2" => policy_gaps(of),
        "5.3" => named(G::RoleEmpty, empty_roles(of)),
        "6.1.1" => alone(of.registers.of(K::Opportunity).is_empty(), G::NoRecord),
        "6.1.2" => scale_gaps(of),
        "6.1.3" => treatment_gaps(of),
        "6.2" => named(G::TargetNotNumber, without_number(of)),
        "7.1" => named(G::NotEnough, not_enough(of)),
        "7.2" => named(G::NotAcquired, not_acquired(of)),
        "7.5" => document_gaps(of),
        "8.1" => named(G::MeasureLate, late_measures(of)),
        "8.2" => named(G::RiskLate, late_risks(of)),
        "8.3" => named(G::RiskUntreated, of.wrong(ContradictionKind::Untreated)),
        "9.1" => alone(of.measured.results.is_empty(), G::NeverMeasured),
        "9.2" => audit_gaps(of),
        "9.3" => review_gaps(of),
        "10.2" => named(
            G::ClosedIncomplete,
            of.wrong(ContradictionKind::ClosedIncomplete),
        ),
        _ => Vec::new(),
    }
}

fn alone(is_missing: bool, gap: ClauseGap) -> Vec<FoundGap> {
    let ids = Vec::new();
    is_missing
        .then_some(FoundGap { gap, ids })
        .into_iter()
        .collect()
}

fn named(gap: ClauseGap, ids: Vec<String>) -> Vec<FoundGap> {
    let is_missing = !ids.is_empty();
    is_missing
        .then_some(FoundGap { gap, ids })
        .into_iter()
        .collect()
}

fn none_about(of: &ClauseInputs<'_>, about: ContextKind, gap: ClauseGap) -> Vec<FoundGap> {
    let lines = of.read::<Context>();
    let has = lines.iter().any(|line| line.record.about.0 == Some(about));
    alone(!has, gap)
}

fn context_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let lines = of.read::<Context>();
    let is_issue = |line: &RegisterEntry<Context>| {
        let about = line.record.about.0;
        matches!(about, Some(ContextKind::Internal | ContextKind::External))
    };
    let is_climate = |line: &RegisterEntry<Context>| {
        line.record.about.0 == Some(ContextKind::Climate) && line.record.is_relevant.0.is_some()
    };
    let mut gaps = alone(!lines.iter().any(is_issue), G::NoIssue);
    gaps.extend(alone(!lines.iter().any(is_climate), G::NoClimate));
    gaps
}

fn policy_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let documents = of.read::<Document>();
    let is_policy = |one: &&RegisterEntry<Document>| {
        let record = &one.record;
        let is_general = record.topic.0 == Some(PolicyTopic::InformationSecurity);
        record.about.0 == Some(DocumentKind::Policy) && (is_general || record.topic.0.is_none())
    };
    let Some(policy) = documents.iter().find(is_policy) else {
        return alone(true, G::NoPolicy);
    };
    let unsigned = of.unsigned(K::Document);
    let is_open = policy.record.is_empty() || unsigned.contains(&policy.id);
    let ids = is_open.then(|| policy.id.clone()).into_iter().collect();
    named(G::PolicyNotSigned, ids)
}

fn empty_roles(of: &ClauseInputs<'_>) -> Vec<String> {
    let roles = of.read::<Role>().into_iter();
    let empty = roles.filter(|role| role.record.holder.0.is_empty());
    empty.map(|role| role.id).collect()
}

fn scale_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let scale = ScaleInForce::of(of.registers, of.now.today);
    let mut gaps = alone(!scale.is_own, G::NoScale);
    gaps.extend(named(G::ScaleNotSigned, of.unsigned(K::RiskScale)));
    gaps
}

fn treatment_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let open = of.lines.iter().filter(|line| !line.has_reason());
    let open = open.map(|line| line.control.number().to_owned()).collect();
    let mut gaps = named(G::ControlWithoutReason, open);
    gaps.extend(alone(of.facts.frozen_statements == 0, G::NotFrozen));
    let risks = approvals(of.registers, of.now).into_iter();
    let open = risks.filter(|risk| risk.approval != OwnerApproval::Approved);
    gaps.extend(named(
        G::OwnerNotApproved,
        open.map(|risk| risk.risk).collect(),
    ));
    gaps
}

fn without_number(of: &ClauseInputs<'_>) -> Vec<String> {
    let objectives = of.read::<Objective>().into_iter();
    let open = objectives.filter(|one| {
        let record = &one.record;
        hundredths(&record.target.0).is_none()
            || record.side.0.is_none()
            || record.unit.0.is_empty()
    });
    open.map(|one| one.id).collect()
}

fn not_enough(of: &ClauseInputs<'_>) -> Vec<String> {
    let needs = of.read::<ResourceNeed>().into_iter();
    let open = needs.filter(|one| one.record.is_enough.0 != Some(YesNo::Yes));
    open.map(|one| one.id).collect()
}

/// Competences that are not there, without an action and its day.
fn not_acquired(of: &ClauseInputs<'_>) -> Vec<String> {
    let all = of.read::<Competence>().into_iter();
    let open = all.filter(|one| {
        let record = &one.record;
        let is_planned =
            !record.action.0.is_empty() && record.due.is_some_and(|due| due >= of.now.today);
        record.acquired.0 != Some(Acquired::Acquired) && !is_planned
    });
    open.map(|one| one.id).collect()
}

fn document_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let documents = of.read::<Document>();
    let unsigned = of.unsigned(K::Document);
    let nowhere = documents.iter().filter(|one| {
        let record = &one.record;
        record.file.0.is_empty() && record.text.0.is_empty() && record.place.0.is_empty()
    });
    let nowhere = nowhere.map(|one| one.id.clone()).collect();
    let mut gaps = named(G::DocumentNotApproved, unsigned);
    gaps.extend(named(G::DocumentNowhere, nowhere));
    gaps
}

fn late_measures(of: &ClauseInputs<'_>) -> Vec<String> {
    let measures = of.read::<Measure>().into_iter();
    let late = measures.filter(|one| one.record.overdue_days(of.now) > 0);
    late.map(|one| one.id).collect()
}

fn late_risks(of: &ClauseInputs<'_>) -> Vec<String> {
    let risks = of.read::<Risk>().into_iter();
    let is_late = |risk: &RegisterEntry<Risk>| {
        let review_on = risk.record.review_on;
        review_on.is_none_or(|on| on < of.now.today)
    };
    risks.filter(is_late).map(|risk| risk.id).collect()
}

/// A programme in force, its signature, what it never examines, and who audits their own work.
fn audit_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let programmes = of.read::<digue_isms::kinds::AuditProgramme>();
    let is_current = |one: &&RegisterEntry<digue_isms::kinds::AuditProgramme>| {
        let (starts, ends) = (one.record.starts_on, one.record.ends_on);
        starts.is_some_and(|on| on <= of.now.today) && ends.is_some_and(|on| on >= of.now.today)
    };
    let Some(current) = programmes.iter().rfind(is_current) else {
        return alone(true, G::NoProgramme);
    };
    let mut gaps = Vec::new();
    if of.unsigned(K::AuditProgramme).contains(&current.id) {
        gaps.extend(named(G::ProgrammeNotSigned, vec![current.id.clone()]));
    }
    let view = programme(of.registers, &current.id);
    let never = view
        .lines
        .iter()
        .filter(|line| line.cover == AuditCover::Never);
    let never = never
        .map(|line| line.requirement.number().to_owned())
        .collect();
    gaps.extend(named(G::NotCovered, never));
    let dependent = view.dependent.into_iter().map(|one| one.id).collect();
    gaps.extend(named(G::OwnWork, dependent));
    gaps
}

fn review_gaps(of: &ClauseInputs<'_>) -> Vec<FoundGap> {
    let reviews = of.read::<Review>();
    let unsigned = of.unsigned(K::Review);
    let is_whole = |one: &&RegisterEntry<Review>| {
        let revision = of.registers.find(K::Review, &one.id);
        !unsigned.contains(&one.id)
            && revision
                .is_some_and(|one| closing::missing_to_sign(K::Review, &one.values).is_empty())
    };
    let last = reviews
        .iter()
        .filter(is_whole)
        .filter_map(|one| one.record.held_on)
        .max();
    let Some(last) = last else {
        return alone(true, G::ReviewNotSigned);
    };
    let next = last.saturating_add(REVIEW_MONTHS.months());
    alone(next < of.now.today, G::ReviewOld)
}
