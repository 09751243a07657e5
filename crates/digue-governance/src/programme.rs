//! A programme of audits (ISO/IEC 27001, 9.2.2): which clauses and controls its audits examine, and
//! whether anybody audits their own work.

use std::collections::BTreeMap;

use digue_isms::framework::{Framework, Requirement, requirements};
use digue_isms::independence::own_work;
use digue_isms::kinds::{Audit, Role, RoleKey};
use digue_isms::register::{RegisterEntry, Registers};
use digue_isms::signatures::is_same;
use jiff::civil::Date;

/// How far a clause or control is examined within a programme.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AuditCover {
    Never,
    Planned,
    Done,
}

impl AuditCover {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Planned => "planned",
            Self::Done => "done",
        }
    }
}

/// A clause or control, and the audits that examine it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoveredRequirement {
    pub requirement: &'static Requirement,
    /// Identifiers of the audits.
    pub audits: Vec<String>,
    pub cover: AuditCover,
}

/// Why an audit is not independent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dependence {
    /// The auditor owns or wrote these measures.
    Measures(Vec<String>),
    /// The audit examines clauses that the auditor answers for in this role.
    Role(RoleKey),
}

/// An audit of a programme that its auditor cannot do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DependentAudit {
    pub id: String,
    pub auditor: String,
    pub dependence: Dependence,
}

/// A programme with its audits in the order of their days.
#[derive(Clone, PartialEq, Debug)]
pub struct ProgrammeView {
    pub audits: Vec<RegisterEntry<Audit>>,
    pub lines: Vec<CoveredRequirement>,
    pub dependent: Vec<DependentAudit>,
}

impl ProgrammeView {
    /// The number of clauses and controls with this cover.
    pub fn count(&self, cover: AuditCover) -> usize {
        self.lines.iter().filter(|line| line.cover == cover).count()
    }
}

pub fn programme(registers: &Registers, id: &str) -> ProgrammeView {
    let is_own = |audit: &RegisterEntry<Audit>| audit.record.programme.0.as_deref() == Some(id);
    let all = registers.read::<Audit>().entries.into_iter();
    let mut audits: Vec<RegisterEntry<Audit>> = all.filter(is_own).collect();
    audits.sort_by_key(|audit| audit.record.planned_from);
    let mut examined: BTreeMap<&str, Vec<&RegisterEntry<Audit>>> = BTreeMap::new();
    for audit in &audits {
        for criterion in &audit.record.criteria.0 {
            examined.entry(criterion).or_default().push(audit);
        }
    }
    let wanted = [Framework::Clauses, Framework::Iso].into_iter();
    let line = |requirement: &'static Requirement| {
        let own = examined.get(requirement.id).map_or(&[][..], Vec::as_slice);
        let is_done = |audit: &&RegisterEntry<Audit>| is_done(audit.record.done_on);
        let cover = match own.iter().any(is_done) {
            true => AuditCover::Done,
            false if own.is_empty() => AuditCover::Never,
            false => AuditCover::Planned,
        };
        CoveredRequirement {
            requirement,
            audits: own.iter().map(|audit| audit.id.clone()).collect(),
            cover,
        }
    };
    let lines = wanted.flat_map(requirements).map(line).collect();
    let dependent = audits.iter().flat_map(|audit| dependent(registers, audit));
    ProgrammeView {
        dependent: dependent.collect(),
        lines,
        audits,
    }
}

const fn is_done(on: Option<Date>) -> bool {
    on.is_some()
}

/// Why this audit is not independent; empty for one of others' work.
pub fn dependent(registers: &Registers, audit: &RegisterEntry<Audit>) -> Vec<DependentAudit> {
    let record = &audit.record;
    let one = |dependence| DependentAudit {
        id: audit.id.clone(),
        auditor: record.auditor.0.clone(),
        dependence,
    };
    let measures = own_work(registers, record);
    let mut found: Vec<DependentAudit> = Vec::new();
    if !measures.is_empty() {
        found.push(one(Dependence::Measures(measures)));
    }
    let examines_clauses = record.criteria.0.iter().any(|id| id.starts_with("clause-"));
    if examines_clauses {
        let roles = registers.read::<Role>().entries.into_iter();
        let held = roles.filter(|role| runs(role.record.role.0));
        let own = held.filter(|role| {
            let holders = [&role.record.holder.0, &role.record.deputy.0];
            holders
                .iter()
                .any(|holder| is_one(holder, &record.auditor.0))
        });
        found.extend(own.filter_map(|role| Some(one(Dependence::Role(role.record.role.0?)))));
    }
    found
}

/// True for roles that run the management system: their holders do not audit it.
const fn runs(role: Option<RoleKey>) -> bool {
    matches!(role, Some(RoleKey::TopManagement | RoleKey::Ciso))
}

fn is_one(holder: &str, auditor: &str) -> bool {
    let (holder, auditor) = (holder.trim(), auditor.trim());
    !holder.is_empty()
        && (is_same(holder, auditor) || holder.to_lowercase() == auditor.to_lowercase())
}
