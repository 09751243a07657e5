//! Whether the owner of each risk approved its treatment and what is left of it (ISO/IEC 27001,
//! 6.1.3 f): by an acceptance that holds, which the owner's account signed.

use std::collections::HashMap;

use digue_isms::kinds::{Acceptance, RegisterKind, Risk};
use digue_isms::register::{RegisterEntry, Registers};
use digue_isms::signatures::{SignatureState, is_same, signed};
use digue_isms::standing::Measurements;

/// How far the owner of a risk approved it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum OwnerApproval {
    /// The risk has no owner.
    NoOwner,
    /// Nobody accepted what is left of it, or the acceptance no longer holds.
    NotAsked,
    /// An acceptance names another one than the owner.
    ByAnother,
    /// The acceptance waits for its signature, or the signature is not valid.
    NotSigned,
    Approved,
}

impl OwnerApproval {
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoOwner => "no-owner",
            Self::NotAsked => "not-asked",
            Self::ByAnother => "by-another",
            Self::NotSigned => "not-signed",
            Self::Approved => "approved",
        }
    }
}

/// A risk with the approval of its owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApprovedRisk {
    pub risk: String,
    pub title: String,
    pub owner: String,
    /// The last acceptance of the risk.
    pub acceptance: Option<String>,
    pub approval: OwnerApproval,
}

/// Every risk, in the order of the register.
pub fn approvals(registers: &Registers, now: Measurements) -> Vec<ApprovedRisk> {
    let acceptances = registers.read::<Acceptance>().entries;
    // They come in the order of their identifiers: in the map the last one stays.
    let last: HashMap<&str, &RegisterEntry<Acceptance>> = acceptances
        .iter()
        .filter_map(|one| Some((one.record.risk.0.as_deref()?, one)))
        .collect();
    let risks = registers.read::<Risk>().entries.into_iter();
    let one = |risk: RegisterEntry<Risk>| {
        let acceptance = last.get(risk.id.as_str()).copied();
        ApprovedRisk {
            approval: approval(registers, &risk.record, acceptance, now),
            acceptance: acceptance.map(|one| one.id.clone()),
            risk: risk.id,
            title: risk.record.title.0,
            owner: risk.record.owner.0,
        }
    };
    risks.map(one).collect()
}

fn approval(
    registers: &Registers,
    risk: &Risk,
    acceptance: Option<&RegisterEntry<Acceptance>>,
    now: Measurements,
) -> OwnerApproval {
    let owner = &risk.owner.0;
    if owner.is_empty() {
        return OwnerApproval::NoOwner;
    }
    let holds = |one: &&RegisterEntry<Acceptance>| one.record.staleness(Some(risk), now).is_none();
    let Some(acceptance) = acceptance.filter(holds) else {
        return OwnerApproval::NotAsked;
    };
    let approver = &acceptance.record.approver.0;
    if !is_same(approver, owner) && approver.to_lowercase() != owner.to_lowercase() {
        return OwnerApproval::ByAnother;
    }
    let revision = registers.find(RegisterKind::Acceptance, &acceptance.id);
    let state = revision.and_then(|revision| signed(registers, revision));
    if state.as_ref().is_some_and(SignatureState::stands) {
        OwnerApproval::Approved
    } else {
        OwnerApproval::NotSigned
    }
}
