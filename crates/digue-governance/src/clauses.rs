//! The clauses of ISO/IEC 27001:2022, 4 to 10: for each, the records that an auditor opens and what
//! is missing. Nothing is stored and nobody declares a clause met.

use digue_isms::framework::{Framework, Requirement, requirements};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::Registers;
use digue_isms::standing::{MeasuredState, Measurements};
use digue_types::Timestamp;
use digue_types::lists;

use crate::clause_rules::{gaps, kinds_of};

lists! {
    /// What a clause lacks.
    ClauseGap "clause-gap" {
        NoRecord "no-record",
        Unreadable "unreadable",
        NoIssue "no-issue",
        NoClimate "no-climate",
        NoParty "no-party",
        NoScope "no-scope",
        NoManagement "no-management",
        NoPolicy "no-policy",
        PolicyNotSigned "policy-not-signed",
        RoleEmpty "role-empty",
        NoScale "no-scale",
        ScaleNotSigned "scale-not-signed",
        ControlWithoutReason "control-without-reason",
        NotFrozen "not-frozen",
        OwnerNotApproved "owner-not-approved",
        TargetNotNumber "target-not-number",

        NotAcquired "not-acquired",
        NotEnough "not-enough",
        DocumentNotApproved "document-not-approved",
        DocumentNowhere "document-nowhere",
        MeasureLate "measure-late",
        RiskLate "risk-late",
        RiskUntreated "risk-untreated",
        NeverMeasured "never-measured",
        NoProgramme "no-programme",
        ProgrammeNotSigned "programme-not-signed",
        NotCovered "not-covered",
        OwnWork "own-work",
        ReviewNotSigned "review-not-signed",
        ReviewOld "review-old",
        ClosedIncomplete "closed-incomplete",
    }

    /// How far a clause is met.
    ClauseState "clause-state" {
        Missing "missing",
        Partial "partial",
        Present "present",
    }
}

/// What the registers do not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClauseFacts {
    /// Accounts with the role of the management.
    pub management_accounts: usize,
    /// Frozen versions of the statement of applicability that are intact.
    pub frozen_statements: usize,
}

/// A gap, and the records that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundGap {
    pub gap: ClauseGap,
    /// Identifiers of records or numbers of controls; empty where nothing is there to be named.
    pub ids: Vec<String>,
}

/// The register of a clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClauseRegister {
    pub kind: RegisterKind,
    pub count: usize,
    /// The last revision of its records: record, author, time.
    pub last: Option<(String, String, Timestamp)>,
}

/// One clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClauseLine {
    pub clause: &'static Requirement,
    pub registers: Vec<ClauseRegister>,
    pub gaps: Vec<FoundGap>,
    pub state: ClauseState,
}

/// Every clause, in the order of the standard.
pub fn clauses(
    registers: &Registers,
    measured: &MeasuredState,
    now: Measurements,
    facts: ClauseFacts,
) -> Vec<ClauseLine> {
    let found = crate::clause_rules::ClauseInputs::of(registers, measured, now, facts);
    requirements(Framework::Clauses)
        .map(|clause| line(clause, registers, &found))
        .collect()
}

fn line(
    clause: &'static Requirement,
    registers: &Registers,
    found: &crate::clause_rules::ClauseInputs<'_>,
) -> ClauseLine {
    let kinds = kinds_of(clause.number());
    let own: Vec<ClauseRegister> = kinds
        .iter()
        .map(|kind| register(registers, *kind))
        .collect();
    let mut gaps = gaps(clause.number(), found);
    let unreadable = registers.unreadable().iter();
    let unreadable = unreadable.filter(|record| kinds.contains(&record.kind));
    let unreadable: Vec<String> = unreadable.map(|record| record.id.clone()).collect();
    if !unreadable.is_empty() {
        gaps.push(FoundGap {
            gap: ClauseGap::Unreadable,
            ids: unreadable,
        });
    }
    let is_empty = !own.is_empty() && own.iter().all(|one| one.count == 0);
    let state = match (is_empty, gaps.is_empty()) {
        (true, _) => ClauseState::Missing,
        (false, true) => ClauseState::Present,
        (false, false) => ClauseState::Partial,
    };
    if is_empty && gaps.is_empty() {
        gaps.push(FoundGap {
            gap: ClauseGap::NoRecord,
            ids: Vec::new(),
        });
    }
    ClauseLine {
        clause,
        registers: own,
        gaps,
        state,
    }
}

fn register(registers: &Registers, kind: RegisterKind) -> ClauseRegister {
    let records = registers.of(kind);
    let last = records.iter().max_by_key(|one| one.at);
    ClauseRegister {
        kind,
        count: records.len(),
        last: last.map(|one| (one.id.clone(), one.by.clone(), one.at)),
    }
}
