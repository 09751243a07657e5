//! Contradictions: records that do not agree with measurements, with other records or with the
//! calendar. Each line names the record that states it. Nothing is stored and nothing is corrected
//! here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::kinds::{
    Acceptance, Applicability, Audit, Declared, Document, EvidenceItem, Exception, Finding,
    Measure, MeasureOrigin, RegisterKind, Risk, RiskLevel, Role, Treatment, YesNo,
};
use crate::privacy_kinds::Dpia;
use crate::register::{RegisterEntry, Registers, Revision, UnreadableRecord};
use crate::risk_scale::ScaleInForce;
use crate::signatures::{self, SignatureState};
use crate::standing::{MeasureState, MeasuredState, Measurements, StaleReason};
use crate::statement::statement;
use crate::{closing, independence};

/// What is wrong. The order of the variants is the order of the list: what is unknown, then broken
/// promises.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ContradictionKind {
    /// A record cannot be read: whatever else is wrong with it is unknown.
    Unreadable,
    /// What is stored is not what its signatory signed, or differs from the journal.
    SignatureBroken,
    /// A measure promised in a DPIA, an injunction, an audit or an incident is not done by its due
    /// date.
    PromisedNotDone,
    /// An incident is declared with less than its list of persons measures.
    DeclaredLess,
    /// A measure is declared in place, and a check fails.
    Contradicted,
    /// A measure is declared in place; its checks did not run or are too old, or its evidence
    /// expired.
    Unproven,
    /// A measure is declared in place, without a check and without evidence.
    WithoutProof,
    /// A measure is late and has no owner.
    LateWithoutOwner,
    /// The residual level of a risk is lower, and no measure lowers it.
    LoweredWithoutMeasure,
    /// The residual level of a risk rests only on measures that are dropped or late.
    LoweredOnPaper,
    /// A risk is high or critical, and has no treatment.
    Untreated,
    /// The treatment of a risk is to accept it, and there is no acceptance.
    NotAccepted,
    AcceptanceExpired,
    AcceptanceChanged,
    /// What is left of a risk is above what may be accepted without a name, and nobody accepted it.
    AboveCriteria,
    ExceptionExpired,
    EvidenceExpired,
    /// A control is excluded without a reason (ISO/IEC 27001, 6.1.3 d).
    ExcludedWithoutReason,
    /// A control is decided to apply, without a reason and without a measure that has one.
    IncludedWithoutReason,
    /// An audit was done by a person who owns or wrote what it examines (9.2.2 b).
    AuditedOwnWork,
    /// A nonconformity is closed without its cause, corrections or evidence (10.2).
    ClosedIncomplete,
    /// A finding is closed, and the effect of its correction was not verified (10.2 d).
    EffectNotVerified,
    /// A management review is signed, and lacks an input that 9.3.2 asks for.
    ReviewIncomplete,
    /// An objective has no number to be measured against (6.2 b).
    TargetNotNumber,
    /// A document is in force without an approval.
    NotApproved,
    /// The record names who decided it, and that account has not signed.
    NotSigned,
    RoleEmpty,
    RoleWithoutDeputy,
}

impl ContradictionKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::SignatureBroken => "signature-broken",
            Self::PromisedNotDone => "promised-not-done",
            Self::DeclaredLess => "declared-less",
            Self::Contradicted => "contradicted",
            Self::Unproven => "unproven",
            Self::WithoutProof => "without-proof",
            Self::LateWithoutOwner => "late-without-owner",
            Self::LoweredWithoutMeasure => "lowered-without-measure",
            Self::LoweredOnPaper => "lowered-on-paper",
            Self::Untreated => "untreated",
            Self::NotAccepted => "not-accepted",
            Self::AcceptanceExpired => "acceptance-expired",
            Self::AcceptanceChanged => "acceptance-changed",
            Self::AboveCriteria => "above-criteria",
            Self::ExceptionExpired => "exception-expired",
            Self::EvidenceExpired => "evidence-expired",
            Self::ExcludedWithoutReason => "excluded-without-reason",
            Self::IncludedWithoutReason => "included-without-reason",
            Self::AuditedOwnWork => "audited-own-work",
            Self::ClosedIncomplete => "closed-incomplete",
            Self::EffectNotVerified => "effect-not-verified",
            Self::ReviewIncomplete => "review-incomplete",
            Self::TargetNotNumber => "target-not-number",
            Self::NotApproved => "not-approved",
            Self::NotSigned => "not-signed",
            Self::RoleEmpty => "role-empty",
            Self::RoleWithoutDeputy => "role-without-deputy",
        }
    }
}

/// What states a contradiction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContradictionSource {
    Record(RegisterKind),
    /// One incident; all of them where none of them could be read.
    Incident,
}

/// One contradiction, and the record or incident that states it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterContradiction {
    pub wrong: ContradictionKind,
    pub source: ContradictionSource,
    pub id: String,
    pub title: String,
    pub days: u32,
    pub euros: u64,
}

/// All contradictions, in the order of `ContradictionKind`, then the latest first.
pub fn contradictions(
    registers: &Registers,
    measured: &MeasuredState,
    now: Measurements,
) -> Vec<RegisterContradiction> {
    let of = |record: &UnreadableRecord| {
        wrong(
            ContradictionKind::Unreadable,
            record.kind,
            &record.id,
            &record.title,
        )
    };
    let mut found: Vec<RegisterContradiction> = registers.unreadable().iter().map(of).collect();
    let measures = registers.read::<Measure>().entries;
    let promised = promised_by_assessments(registers);
    for measure in &measures {
        let is_promised = promised.contains(&measure.id);
        of_measure((measure, is_promised), measured, now, &mut found);
    }
    let acceptances = registers.read::<Acceptance>().entries;
    let accepted: HashMap<&str, &Acceptance> = acceptances.iter().filter_map(of_its_risk).collect();
    let known: HashMap<&str, &Measure> = measures
        .iter()
        .map(|measure| (measure.id.as_str(), &measure.record))
        .collect();
    let scale = ScaleInForce::of(registers, now.today);
    for risk in registers.read::<Risk>().entries {
        let accepted = accepted.get(risk.id.as_str()).copied();
        of_risk(&risk, &known, accepted, (&scale, now), &mut found);
    }
    of_governance(registers, now, &mut found);
    for RegisterEntry { id, record, .. } in registers.read::<Exception>().entries {
        if record.expires_on.is_none_or(|until| until < now.today) {
            found.push(wrong(
                ContradictionKind::ExceptionExpired,
                RegisterKind::Exception,
                &id,
                &record.title.0,
            ));
        }
    }
    not_signed(registers, &mut found);
    for RegisterEntry { id, record, .. } in registers.read::<Applicability>().entries {
        if record.applies.0 == Some(YesNo::No) && record.exclusion.0.is_empty() {
            found.push(wrong(
                ContradictionKind::ExcludedWithoutReason,
                RegisterKind::Applicability,
                &id,
                &record.requirement.0.join(" "),
            ));
        }
    }
    included_without_reason(registers, measured, now, &mut found);
    for RegisterEntry { id, record, .. } in registers.read::<Audit>().entries {
        if record.done_on.is_some() && !independence::own_work(registers, &record).is_empty() {
            found.push(wrong(
                ContradictionKind::AuditedOwnWork,
                RegisterKind::Audit,
                &id,
                &record.title.0,
            ));
        }
    }
    for revision in registers.of(RegisterKind::Finding) {
        if !closing::missing_to_close(&revision.values).is_empty() {
            let title = revision.values.get("title").and_then(|texts| texts.first());
            found.push(wrong(
                ContradictionKind::ClosedIncomplete,
                RegisterKind::Finding,
                &revision.id,
                title.map_or("", String::as_str),
            ));
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Finding>().entries {
        let is_due = record.effect_on.is_none_or(|on| on < now.today);
        if record.closed_on.is_some() && record.effect.0.is_none() && is_due {
            found.push(wrong(
                ContradictionKind::EffectNotVerified,
                RegisterKind::Finding,
                &id,
                &record.title.0,
            ));
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Document>().entries {
        if record.approved_on.is_none() {
            found.push(wrong(
                ContradictionKind::NotApproved,
                RegisterKind::Document,
                &id,
                &record.title.0,
            ));
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Role>().entries {
        let title = record.role.0.map(|role| role.code()).unwrap_or_default();
        if record.holder.0.is_empty() {
            found.push(wrong(
                ContradictionKind::RoleEmpty,
                RegisterKind::Role,
                &id,
                title,
            ));
        } else if record.deputy.0.is_empty() {
            found.push(wrong(
                ContradictionKind::RoleWithoutDeputy,
                RegisterKind::Role,
                &id,
                title,
            ));
        }
    }
    sort(&mut found);
    found
}

/// The contradictions of incidents among the others, in their order. Incidents are no records of the
/// registers: the caller reads them.
pub fn with_incidents(
    mut found: Vec<RegisterContradiction>,
    incidents: Vec<RegisterContradiction>,
) -> Vec<RegisterContradiction> {
    found.extend(incidents);
    sort(&mut found);
    found
}

/// An incident that is declared with less than was measured.
pub fn declared_less(id: &str, title: &str) -> RegisterContradiction {
    RegisterContradiction {
        wrong: ContradictionKind::DeclaredLess,
        source: ContradictionSource::Incident,
        id: id.to_owned(),
        title: title.to_owned(),
        days: 0,
        euros: 0,
    }
}

/// The incidents cannot be read: whether they contradict anything is unknown.
pub fn unreadable_incidents() -> RegisterContradiction {
    RegisterContradiction {
        wrong: ContradictionKind::Unreadable,
        ..declared_less("", "")
    }
}

fn sort(found: &mut [RegisterContradiction]) {
    found.sort_by(|a, b| {
        (a.wrong, std::cmp::Reverse(a.days), &a.id).cmp(&(
            b.wrong,
            std::cmp::Reverse(b.days),
            &b.id,
        ))
    });
}

/// Decisions that a control applies, of which neither they nor its measures say why.
fn included_without_reason(
    registers: &Registers,
    measured: &MeasuredState,
    now: Measurements,
    found: &mut Vec<RegisterContradiction>,
) {
    let lines = statement(registers, measured, now).into_iter();
    let ids = lines.filter(|line| line.applies() && line.inclusion.is_empty());
    let ids = ids.filter_map(|line| line.decided);
    let decided: BTreeMap<String, Applicability> = ids.map(|one| (one.id, one.record)).collect();
    found.extend(decided.iter().map(|(id, record)| {
        wrong(
            ContradictionKind::IncludedWithoutReason,
            RegisterKind::Applicability,
            id,
            &record.requirement.0.join(" "),
        )
    }));
}

/// Records that name who decided them, without that account's signature, or with one that is not
/// for what is stored.
fn not_signed(registers: &Registers, found: &mut Vec<RegisterContradiction>) {
    for kind in RegisterKind::ALL
        .iter()
        .filter(|kind| kind.signatory().is_some())
    {
        for revision in registers.of(*kind) {
            let what = match signatures::signed(registers, revision) {
                Some(SignatureState::Typed) => ContradictionKind::NotSigned,
                Some(SignatureState::Broken(_)) => ContradictionKind::SignatureBroken,
                Some(
                    SignatureState::Unnamed
                    | SignatureState::Signed(_)
                    | SignatureState::Unproven(..),
                )
                | None => continue,
            };
            let of = |field: &str| revision.values.get(field).and_then(|texts| texts.first());
            let title = of("title")
                .or_else(|| of("risk"))
                .map(String::as_str)
                .unwrap_or_default();
            found.push(wrong(what, *kind, &revision.id, title));
        }
    }
}

fn wrong(
    wrong: ContradictionKind,
    kind: RegisterKind,
    id: &str,
    title: &str,
) -> RegisterContradiction {
    RegisterContradiction {
        wrong,
        source: ContradictionSource::Record(kind),
        id: id.to_owned(),
        title: title.to_owned(),
        days: 0,
        euros: 0,
    }
}

/// Measures on which an impact assessment rests that was decided: promised, whatever their origin.
fn promised_by_assessments(registers: &Registers) -> BTreeSet<String> {
    let assessments = registers.read::<Dpia>().entries.into_iter();
    let decided = assessments.filter(|one| !one.record.decided_by.0.is_empty());
    decided.flat_map(|one| one.record.measures.0).collect()
}

fn of_measure(
    (RegisterEntry { id, record, .. }, is_promised): (&RegisterEntry<Measure>, bool),
    measured: &MeasuredState,
    now: Measurements,
    found: &mut Vec<RegisterContradiction>,
) {
    let (days, euros) = (record.overdue_days(now), record.penalty_due(now));
    let mut say = |what| {
        let one = wrong(what, RegisterKind::Measure, id, &record.title.0);
        found.push(RegisterContradiction { days, euros, ..one });
    };
    let is_promised = is_promised
        || matches!(
            record.origin.0,
            Some(
                MeasureOrigin::Dpia
                    | MeasureOrigin::Injunction
                    | MeasureOrigin::Audit
                    | MeasureOrigin::Incident
            )
        );
    match record.standing(measured, now) {
        MeasureState::Contradicted => say(ContradictionKind::Contradicted),
        MeasureState::Unproven => say(ContradictionKind::Unproven),
        MeasureState::Declared if record.evidence.0.is_empty() => {
            say(ContradictionKind::WithoutProof)
        }
        MeasureState::Late if is_promised => say(ContradictionKind::PromisedNotDone),
        MeasureState::Late if record.owner.0.is_empty() => say(ContradictionKind::LateWithoutOwner),
        _ => {}
    }
}

/// Signed reviews without their inputs, objectives without a number, evidence that expired.
fn of_governance(registers: &Registers, now: Measurements, found: &mut Vec<RegisterContradiction>) {
    let title = |revision: &Revision| {
        let title = revision.values.get("title").and_then(|texts| texts.first());
        title.cloned().unwrap_or_default()
    };
    for revision in registers.of(RegisterKind::Review) {
        let is_signed = revision.values.contains_key("signed-on");
        let kind = RegisterKind::Review;
        if is_signed && !closing::missing_to_sign(kind, &revision.values).is_empty() {
            let what = ContradictionKind::ReviewIncomplete;
            found.push(wrong(what, kind, &revision.id, &title(revision)));
        }
    }
    for revision in registers.of(RegisterKind::Objective) {
        let kind = RegisterKind::Objective;
        if !closing::faults(kind, &revision.values).is_empty() {
            let what = ContradictionKind::TargetNotNumber;
            found.push(wrong(what, kind, &revision.id, &title(revision)));
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<EvidenceItem>().entries {
        if record.is_expired(now.today) {
            let what = ContradictionKind::EvidenceExpired;
            found.push(wrong(
                what,
                RegisterKind::EvidenceItem,
                &id,
                &record.title.0,
            ));
        }
    }
}

/// An acceptance by its risk. Acceptances come in the order of their identifiers: in a map the last
/// one stays.
fn of_its_risk(one: &RegisterEntry<Acceptance>) -> Option<(&str, &Acceptance)> {
    Some((one.record.risk.0.as_deref()?, &one.record))
}

fn of_risk(
    RegisterEntry { id, record, .. }: &RegisterEntry<Risk>,
    measures: &HashMap<&str, &Measure>,
    accepted: Option<&Acceptance>,
    (scale, now): (&ScaleInForce, Measurements),
    found: &mut Vec<RegisterContradiction>,
) {
    let mut say = |what| found.push(wrong(what, RegisterKind::Risk, id, &record.title.0));
    let own: Vec<&Measure> = record
        .measures
        .0
        .iter()
        .filter_map(|id| measures.get(id.as_str()).copied())
        .collect();
    // A residual level may rest on a measure in place, or on one that is still in time. One such
    // measure is enough: how much each measure lowers a risk is not recorded.
    let counts = |measure: &&Measure| match measure.declared.0 {
        Some(Declared::InPlace) => true,
        Some(Declared::Dropped) => false,
        Some(Declared::ToDo | Declared::InProgress) | None => measure.overdue_days(now) == 0,
    };
    if let (Some(level), Some(residual)) = (record.level(scale), record.residual(scale))
        && residual < level
    {
        if own.is_empty() {
            say(ContradictionKind::LoweredWithoutMeasure);
        } else if !own.iter().any(counts) {
            say(ContradictionKind::LoweredOnPaper);
        }
    }
    let is_high = |level| level >= RiskLevel::High;
    if record.treatment.0.is_none() && record.level(scale).is_some_and(is_high) {
        say(ContradictionKind::Untreated);
    }
    let is_above = |level: RiskLevel| scale.is_own && level > scale.accepted;
    let is_accepted = accepted.is_some_and(|one| one.staleness(Some(record), now).is_none());
    if record.residual(scale).is_some_and(is_above) && !is_accepted {
        say(ContradictionKind::AboveCriteria);
    }
    match accepted.map(|accepted| accepted.staleness(Some(record), now)) {
        None if record.treatment.0 == Some(Treatment::Accept) => {
            say(ContradictionKind::NotAccepted)
        }
        Some(Some(StaleReason::Expired)) => say(ContradictionKind::AcceptanceExpired),
        Some(Some(StaleReason::Changed)) => say(ContradictionKind::AcceptanceChanged),
        // A risk in force is not gone.
        Some(Some(StaleReason::Gone) | None) | None => {}
    }
}
