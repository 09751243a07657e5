//! Whether an audit is one of others' work (ISO/IEC 27001, 9.2.2 b).

use std::collections::BTreeSet;

use crate::kinds::{Audit, Measure};
use crate::register::{RegisterEntry, Registers};
use crate::signatures::is_same;

/// The measures that the auditor, or the account that signs the audit, owns or wrote, among those
/// that meet its criteria; without criteria, among all.
pub fn own_work(registers: &Registers, audit: &Audit) -> Vec<String> {
    let criteria: BTreeSet<&str> = audit.criteria.0.iter().map(String::as_str).collect();
    let is_examined = |measure: &RegisterEntry<Measure>| {
        let meets = |id: &String| criteria.contains(id.as_str());
        criteria.is_empty() || measure.record.requirements.0.iter().any(meets)
    };
    let auditors = [&audit.auditor.0, &audit.signed_by.0];
    let is_own = |measure: &RegisterEntry<Measure>| {
        let workers = [measure.by.as_str(), measure.record.owner.0.as_str()];
        auditors
            .iter()
            .any(|auditor| workers.iter().any(|worker| is_one_person(auditor, worker)))
    };
    let measures = registers.read::<Measure>().entries.into_iter();
    let own = measures.filter(|measure| is_examined(measure) && is_own(measure));
    own.map(|measure| measure.id).collect()
}

/// True when two texts name the same person: the same account, or the same name.
fn is_one_person(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    !one.is_empty()
        && !other.is_empty()
        && (is_same(one, other) || one.to_lowercase() == other.to_lowercase())
}
