//! The statement of applicability (ISO/IEC 27001, 6.1.3 d): one line for each control of annex A,
//! with the decision, what is declared and what is measured.

use digue_types::visible::is_blank;

use crate::check::Check;
use crate::evidence::{EvidenceCount, EvidenceIndex};
use crate::framework::{self, Requirement};
use crate::kinds::{Applicability, Inclusion, Measure, MeasureOrigin, YesNo};
use crate::register::{RegisterEntry, Registers};
use crate::standing::{CheckStatement, MeasureState, MeasuredState, Measurements};

/// How far a control is implemented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Implementation {
    NotApplicable,
    /// A check that covers it fails, or a measure declared in place is contradicted.
    Failing,
    /// All its measures are in place, and checks prove it.
    Measured,
    /// All its measures are declared in place; no fresh check proves it.
    Declared,
    /// It is in place, and the evidence for it expired.
    Expired,
    /// Some of its measures are in place.
    Partly,
    /// None of its measures is in place yet.
    Planned,
    /// It has no measure.
    Nothing,
}

impl Implementation {
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Failing => "failing",
            Self::Measured => "measured",
            Self::Declared => "declared",
            Self::Expired => "expired",
            Self::Partly => "partly",
            Self::Planned => "planned",
            Self::Nothing => "nothing",
        }
    }
}

/// One line of the statement.
#[derive(Clone, Debug)]
pub struct StatementLine {
    pub control: &'static Requirement,
    /// The decision; a control without one applies.
    pub decided: Option<RegisterEntry<Applicability>>,
    pub inclusion: Vec<Inclusion>,
    /// Identifiers of the measures that meet it, and the state of each.
    pub measures: Vec<(String, MeasureState)>,
    /// Checks that cover it, and what each states.
    pub checks: Vec<(Check, CheckStatement)>,
    pub implementation: Implementation,
    pub evidence: EvidenceCount,
}

impl StatementLine {
    pub fn applies(&self) -> bool {
        self.decided
            .as_ref()
            .is_none_or(|decided| decided.record.applies.0 != Some(YesNo::No))
    }

    /// True when something says why it applies, or why not (6.1.3 d).
    pub fn has_reason(&self) -> bool {
        let decided = self.decided.as_ref();
        match self.applies() {
            true => !self.inclusion.is_empty(),
            false => decided.is_some_and(|one| !is_blank(&one.record.exclusion.0)),
        }
    }
}

/// The statement at a given time, of the records that can be read: whether it is complete, the
/// caller asks `Registers::unreadable`.
pub fn statement(
    registers: &Registers,
    measured: &MeasuredState,
    now: Measurements,
) -> Vec<StatementLine> {
    let measures = registers.read::<Measure>().entries;
    let decisions = registers.read::<Applicability>().entries;
    let evidence = EvidenceIndex::of(registers, now.today);
    framework::controls()
        .map(|control| line(control, (&measures, &decisions, &evidence), measured, now))
        .collect()
}

fn line(
    control: &'static Requirement,
    (measures, decisions, evidence): (
        &[RegisterEntry<Measure>],
        &[RegisterEntry<Applicability>],
        &EvidenceIndex,
    ),
    measured: &MeasuredState,
    now: Measurements,
) -> StatementLine {
    let is_about = |decided: &&RegisterEntry<Applicability>| {
        decided
            .record
            .requirement
            .0
            .iter()
            .any(|id| id == control.id)
    };
    // Of two decisions about the same control, the one with the higher identifier is the later one.
    let decided = decisions.iter().rfind(is_about).cloned();
    let named = decided
        .as_ref()
        .map_or(&[][..], |decided| &decided.record.measures.0);
    let meets = |measure: &&RegisterEntry<Measure>| {
        measure
            .record
            .requirements
            .0
            .iter()
            .any(|id| id == control.id)
            || named.contains(&measure.id)
    };
    let own: Vec<&RegisterEntry<Measure>> = measures.iter().filter(meets).collect();
    let standings: Vec<(String, MeasureState)> = own
        .iter()
        .map(|measure| {
            let state = measure.record.standing(measured, now);
            (
                measure.id.clone(),
                evidence.with_evidence(&measure.id, state),
            )
        })
        .collect();
    let speaks = |check: &&Check| check.requirements().contains(&control.id);
    let checks: Vec<(Check, CheckStatement)> = Check::ALL
        .iter()
        .filter(speaks)
        .map(|check| (*check, measured.says(*check, now)))
        .collect();
    let applies = decided
        .as_ref()
        .is_none_or(|decided| decided.record.applies.0 != Some(YesNo::No));
    let own_evidence = evidence.of_requirement(control.id);
    let is_expired = own_evidence.is_expired()
        || own
            .iter()
            .any(|measure| evidence.of_measure(&measure.id).is_expired());
    let implementation = match applies {
        false => Implementation::NotApplicable,
        true => match implementation(&standings, &checks) {
            Implementation::Measured | Implementation::Declared if is_expired => {
                Implementation::Expired
            }
            found => found,
        },
    };
    let inclusion = inclusion(decided.as_ref(), &own);
    StatementLine {
        control,
        decided,
        inclusion,
        measures: standings,
        checks,
        implementation,
        evidence: own_evidence,
    }
}

/// The worst known fact decides: no declaration outweighs a failing check.
fn implementation(
    measures: &[(String, MeasureState)],
    checks: &[(Check, CheckStatement)],
) -> Implementation {
    let stands = |wanted: &[MeasureState]| {
        measures
            .iter()
            .filter(|(_, standing)| wanted.contains(standing))
            .count()
    };
    let fails = checks.iter().any(|(_, says)| *says == CheckStatement::Fail);
    if fails || stands(&[MeasureState::Contradicted]) > 0 {
        return Implementation::Failing;
    }
    // Dropped measures neither help nor hinder: a control whose measures are all dropped has none.
    let alive = measures.len() - stands(&[MeasureState::Dropped]);
    let in_place = stands(&[
        MeasureState::Proven,
        MeasureState::Declared,
        MeasureState::Unproven,
    ]);
    let all_pass =
        !checks.is_empty() && checks.iter().all(|(_, says)| *says == CheckStatement::Pass);
    match (alive, in_place) {
        (0, _) if all_pass => Implementation::Measured,
        (0, _) => Implementation::Nothing,
        (all, done) if all == done => {
            let is_proven = all_pass || stands(&[MeasureState::Proven]) == all;
            if is_proven {
                Implementation::Measured
            } else {
                Implementation::Declared
            }
        }
        (_, 0) => Implementation::Planned,
        _ => Implementation::Partly,
    }
}

/// Why a control is included: the reasons of the decision, else the origins of its measures.
fn inclusion(
    decided: Option<&RegisterEntry<Applicability>>,
    measures: &[&RegisterEntry<Measure>],
) -> Vec<Inclusion> {
    if let Some(decided) = decided
        && !decided.record.inclusion.0.is_empty()
    {
        return decided.record.inclusion.0.clone();
    }
    let mut reasons: Vec<Inclusion> = measures
        .iter()
        .filter_map(|measure| measure.record.origin.0)
        .map(MeasureOrigin::inclusion)
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}
