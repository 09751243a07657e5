//! The clauses of ISO/IEC 27001:2022, 4 to 10: for each, the records that an auditor opens and what
//! is missing. Nothing is stored and nobody declares a clause met.

use digue_isms::framework::{Framework, Requirement, requirements};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::Registers;
use digue_isms::standing::{MeasuredState, Measurements};
use digue_types::Timestamp;
use digue_types::lists;

pub use crate::clause_gap::{ClauseFacts, ClauseGap, FoundGap};
use crate::clause_rules::{gaps, kinds_of};

lists! {
    /// How far a clause is met.
    ClauseState "clause-state" {
        Missing "missing",
        Partial "partial",
        Present "present",
    }
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
