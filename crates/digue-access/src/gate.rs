//! Gates: closing an account, an organisation, a portal or everything in one act.
//!
//! The table only says which gate is in force. What a gate refuses is decided in `decide`; who may
//! set one is not known here.

use std::collections::HashMap;

use digue_types::{AccountId, Gate, OrganisationId, PortalId, Scope, Subject};

/// What a gate controls.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Reach {
    Everything,
    Portal(PortalId),
    Organisation(OrganisationId),
    Account(AccountId),
}

impl Reach {
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Everything => Scope::Everything,
            Self::Portal(_) => Scope::Portal,
            Self::Organisation(_) => Scope::Organisation,
            Self::Account(_) => Scope::Account,
        }
    }

    /// The id of what is controlled; empty for everything.
    pub fn name(&self) -> &str {
        match self {
            Self::Everything => "",
            Self::Portal(id) => id.as_str(),
            Self::Organisation(id) => id.as_str(),
            Self::Account(id) => id.as_str(),
        }
    }

    /// The subject of acts about its gate.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Everything => Subject::Everything,
            Self::Portal(id) => id.into(),
            Self::Organisation(id) => id.into(),
            Self::Account(id) => id.into(),
        }
    }

    /// What the gate of a subject controls; `None` for a subject without a gate.
    pub fn of(subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Everything => Some(Self::Everything),
            Subject::Portal(id) => Some(Self::Portal(id.clone())),
            Subject::Organisation(id) => Some(Self::Organisation(id.clone())),
            Subject::Account(id) => Some(Self::Account(id.clone())),
            _ => None,
        }
    }

    /// From the code of its scope and its name, as forms and files write them.
    pub fn parse(scope: &str, name: &str) -> Option<Self> {
        Some(match Scope::parse(scope)? {
            Scope::Everything => Self::Everything,
            Scope::Portal => Self::Portal(PortalId::parse(name).ok()?),
            Scope::Organisation => Self::Organisation(OrganisationId::parse(name).ok()?),
            Scope::Account => Self::Account(AccountId::parse(name).ok()?),
        })
    }
}

/// All gates that are not open; what is not listed is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateTable(HashMap<Reach, Gate>);

impl GateTable {
    pub fn set(&mut self, reach: Reach, gate: Gate) {
        if gate == Gate::Open {
            self.0.remove(&reach);
        } else {
            self.0.insert(reach, gate);
        }
    }

    pub fn of(&self, reach: &Reach) -> Gate {
        self.0.get(reach).copied().unwrap_or(Gate::Open)
    }

    /// The strictest gate for this account on this portal, and its scope.
    pub fn effective(
        &self,
        portal: &PortalId,
        organisation: &OrganisationId,
        account: &AccountId,
    ) -> (Gate, Scope) {
        // The usual case: four ids need not be cloned for the look-ups.
        if self.0.is_empty() {
            return (Gate::Open, Scope::Everything);
        }
        let reaches = [
            Reach::Everything,
            Reach::Portal(portal.clone()),
            Reach::Organisation(organisation.clone()),
            Reach::Account(account.clone()),
        ];
        let gates = reaches.iter().map(|reach| (self.of(reach), reach.scope()));
        // Of equally strict gates the last, hence the narrowest, is named: that is the one to open.
        gates
            .max_by_key(|(gate, _)| *gate)
            .expect("the array has four elements")
    }

    /// The strictest gate for this account on all portals; what one portal's own adds is left out.
    pub fn everywhere(&self, organisation: &OrganisationId, account: &AccountId) -> Gate {
        self.of(&Reach::Everything)
            .max(self.of(&Reach::Organisation(organisation.clone())))
            .max(self.of(&Reach::Account(account.clone())))
    }

    /// Every gate that is not open, widest first.
    pub fn shut(&self) -> Vec<(Reach, Gate)> {
        let mut list: Vec<(Reach, Gate)> = self.0.iter().map(|(r, g)| (r.clone(), *g)).collect();
        list.sort();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_gate_on_the_way_counts() {
        let (portal, org, account) = (
            PortalId::parse("kairos").unwrap(),
            OrganisationId::parse("of-1").unwrap(),
            AccountId::parse("a1").unwrap(),
        );
        let mut gates = GateTable::default();
        assert_eq!(gates.effective(&portal, &org, &account).0, Gate::Open);
        gates.set(Reach::Portal(portal.clone()), Gate::CaseloadOnly);
        gates.set(Reach::Account(account.clone()), Gate::Closed);
        assert_eq!(
            gates.effective(&portal, &org, &account),
            (Gate::Closed, Scope::Account)
        );
        gates.set(Reach::Account(account.clone()), Gate::Open);
        assert_eq!(
            gates.effective(&portal, &org, &account),
            (Gate::CaseloadOnly, Scope::Portal)
        );
        gates.set(Reach::Everything, Gate::Closed);
        assert_eq!(
            gates.effective(&portal, &org, &account).1,
            Scope::Everything
        );
    }
}
