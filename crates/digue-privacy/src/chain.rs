//! The chain of processors under a contract (28(2) and 28(4)): who stands below whom, and whether
//! each was authorised as the contract says.

use std::collections::BTreeSet;

use digue_isms::privacy_kinds::{Contract, SubProcessor};
use digue_isms::privacy_lists::{SubAuthorisation, TransferSafeguard};
use digue_isms::register::RegisterEntry;
use digue_types::visible::is_blank;

/// One processor of a chain, with its depth below the contract's own party, from 1.
#[derive(Clone, PartialEq, Debug)]
pub struct ChainLink<'e> {
    pub depth: usize,
    pub entry: &'e RegisterEntry<SubProcessor>,
}

/// The processors below a contract, each after the one above it. Those that name each other in a
/// circle hang nowhere and come last, at depth 1: none is left out.
pub fn chain<'e>(contract: &str, all: &'e [RegisterEntry<SubProcessor>]) -> Vec<ChainLink<'e>> {
    let of =
        |entry: &&RegisterEntry<SubProcessor>| entry.record.contract.0.as_deref() == Some(contract);
    let own: Vec<&RegisterEntry<SubProcessor>> = all.iter().filter(of).collect();
    let is_own = |id: &str| own.iter().any(|entry| entry.id == id);
    let mut links = Vec::new();
    let mut placed = BTreeSet::new();
    for entry in &own {
        // One below a processor of another contract, or of none, hangs on this contract itself.
        let above = entry.record.below.0.as_deref();
        if above.is_none_or(|above| !is_own(above)) {
            hang(entry, 1, &own, &mut links, &mut placed);
        }
    }
    for entry in &own {
        if !placed.contains(entry.id.as_str()) {
            hang(entry, 1, &own, &mut links, &mut placed);
        }
    }
    links
}

fn hang<'e>(
    entry: &'e RegisterEntry<SubProcessor>,
    depth: usize,
    own: &[&'e RegisterEntry<SubProcessor>],
    links: &mut Vec<ChainLink<'e>>,
    placed: &mut BTreeSet<&'e str>,
) {
    if !placed.insert(&entry.id) {
        return;
    }
    links.push(ChainLink { depth, entry });
    for below in own {
        if below.record.below.0.as_deref() == Some(entry.id.as_str()) {
            hang(below, depth + 1, own, links, placed);
        }
    }
}

/// Why a processor of the chain may not be there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ChainFault {
    /// The contract allows none.
    Forbidden,
    /// The contract asks for an authorisation of each, and there is none.
    NotAuthorised,
    /// Under a general authorisation each is announced, so that the controller may object.
    NotAnnounced,
    /// The controller objected, and it is still in the register.
    Refused,
    /// The contract does not say how processors are authorised.
    RuleUnknown,
    /// Nothing says where the same duties are laid on it (28(4)).
    DutiesUnknown,
    /// Nothing says whether data leave the European Economic Area.
    PlaceUnknown,
    /// It stands below itself.
    Circle,
}

impl ChainFault {
    /// Its locale key follows `privacy-gap-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Forbidden => "chain-forbidden",
            Self::NotAuthorised => "chain-not-authorised",
            Self::NotAnnounced => "chain-not-announced",
            Self::Refused => "chain-refused",
            Self::RuleUnknown => "chain-rule-unknown",
            Self::DutiesUnknown => "chain-duties-unknown",
            Self::PlaceUnknown => "chain-place-unknown",
            Self::Circle => "chain-circle",
        }
    }
}

/// What is wrong with one processor of a chain; `contract` is `None` where it is not in force.
pub fn faults(
    entry: &RegisterEntry<SubProcessor>,
    contract: Option<&Contract>,
    all: &[RegisterEntry<SubProcessor>],
) -> Vec<ChainFault> {
    let one = &entry.record;
    let mut faults = Vec::new();
    if one.refused_on.is_some() {
        faults.push(ChainFault::Refused);
    } else {
        match contract.and_then(|contract| contract.sub_authorisation.0) {
            Some(SubAuthorisation::Forbidden) => faults.push(ChainFault::Forbidden),
            Some(SubAuthorisation::Specific) if one.authorised_on.is_none() => {
                faults.push(ChainFault::NotAuthorised);
            }
            Some(SubAuthorisation::General) if one.announced_on.is_none() => {
                faults.push(ChainFault::NotAnnounced);
            }
            Some(SubAuthorisation::Specific | SubAuthorisation::General) => {}
            None => faults.push(ChainFault::RuleUnknown),
        }
    }
    if is_blank(&one.same_duties.0) {
        faults.push(ChainFault::DutiesUnknown);
    }
    let place: Option<TransferSafeguard> = one.safeguard.0;
    if place.is_none() {
        faults.push(ChainFault::PlaceUnknown);
    }
    if is_circular(entry, all) {
        faults.push(ChainFault::Circle);
    }
    faults
}

fn is_circular(entry: &RegisterEntry<SubProcessor>, all: &[RegisterEntry<SubProcessor>]) -> bool {
    let mut seen = BTreeSet::new();
    let mut above = entry.record.below.0.as_deref();
    while let Some(id) = above {
        if id == entry.id {
            return true;
        }
        if !seen.insert(id) {
            return false;
        }
        let next = all.iter().find(|one| one.id == id);
        above = next.and_then(|one| one.record.below.0.as_deref());
    }
    false
}
