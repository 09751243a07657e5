//! Accounts, their organisations and their roles, as part of the snapshot.
//!
//! A role says what an account may do in Digue itself. Which persons it may see in a portal is
//! decided by its caseload (`caseload`).

use std::collections::HashMap;

use digue_types::{AccountId, OrganisationId};

/// What an account may do in Digue itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Works in portals.
    Agent,
    /// Stands in for the delegate.
    Deputy,
    /// Works in portals and answers for the agents of an organisation.
    Delegate,
    /// The operator's people who know the portals: they load caseloads and alias tables and read
    /// coverage; they see no person.
    PortalTeam,
    /// The operator's chief information security officer: reads the journal, sets gates.
    Ciso,
    /// The operator's data protection officer: reads the journal, decides about persons.
    Dpo,
    /// Reads the journal, changes nothing.
    Auditor,
    /// The operator's management: reads the management system, holds its reviews, approves and signs;
    /// sees no person and not the journal.
    Management,
}

impl Role {
    pub const ALL: [Self; 8] = [
        Self::Agent,
        Self::Deputy,
        Self::Delegate,
        Self::PortalTeam,
        Self::Ciso,
        Self::Dpo,
        Self::Auditor,
        Self::Management,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Deputy => "deputy",
            Self::Delegate => "delegate",
            Self::PortalTeam => "portal-team",
            Self::Ciso => "rssi",
            Self::Dpo => "dpo",
            Self::Auditor => "auditor",
            Self::Management => "direction",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// May read the journal: who saw whom.
    pub const fn can_watch(self) -> bool {
        matches!(self, Self::Ciso | Self::Dpo | Self::Auditor)
    }

    /// May read the registers of the ISMS, its checks and its papers.
    pub const fn reads_isms(self) -> bool {
        self.can_watch() || matches!(self, Self::Management)
    }

    /// May see how much of each portal could be inspected.
    pub const fn sees_coverage(self) -> bool {
        self.can_watch() || matches!(self, Self::PortalTeam)
    }

    /// May see accounts: all of them, or those of its own organisation.
    pub const fn oversees(self) -> bool {
        self.can_watch() || self.leads_agents()
    }

    /// Answers for the agents of its own organisation.
    pub const fn leads_agents(self) -> bool {
        matches!(self, Self::Delegate | Self::Deputy)
    }

    /// May close gates, cut sessions, and request what a second person approves.
    pub const fn can_act(self) -> bool {
        matches!(self, Self::Ciso)
    }

    /// May load caseloads and alias tables.
    pub const fn can_load(self) -> bool {
        matches!(self, Self::Ciso | Self::PortalTeam)
    }

    /// May approve the CISO's requests and review exceptional access: each of the two officers
    /// checks the other.
    pub const fn can_review(self) -> bool {
        matches!(self, Self::Ciso | Self::Dpo)
    }

    /// May open incidents, add entries and decide.
    pub const fn can_respond(self) -> bool {
        self.can_review()
    }

    /// May write to the registers of the ISMS.
    pub const fn can_govern(self) -> bool {
        self.can_review()
    }

    /// May be given and taken by the operator's directory: the roles of partners. The operator's own
    /// roles are given by two persons in Digue, and never by another system.
    pub const fn can_come_from_directory(self) -> bool {
        matches!(self, Self::Agent) || self.leads_agents()
    }

    /// Must sign in with a passkey: only agents may use a password.
    pub const fn needs_passkey(self) -> bool {
        !matches!(self, Self::Agent)
    }
}

/// The organisation of an account and its role there: all that a save can change. Suspension is no
/// part of it, so that no save lifts one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    pub organisation: OrganisationId,
    pub role: Role,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountRecord {
    pub organisation: OrganisationId,
    pub role: Role,
    pub is_suspended: bool,
}

/// All accounts that may sign in.
#[derive(Clone, Debug, Default)]
pub struct AccountDirectory(HashMap<AccountId, AccountRecord>);

impl AccountDirectory {
    /// Adds an account, which is active, or moves one, which stays suspended if it was.
    pub fn save(&mut self, account: AccountId, membership: Membership) {
        let is_suspended = self.0.get(&account).is_some_and(|known| known.is_suspended);
        let Membership { organisation, role } = membership;
        self.0.insert(
            account,
            AccountRecord {
                organisation,
                role,
                is_suspended,
            },
        );
    }

    /// Suspends an account or resumes it; nothing happens to one that does not exist.
    pub fn set_suspended(&mut self, account: &AccountId, is_suspended: bool) {
        if let Some(record) = self.0.get_mut(account) {
            record.is_suspended = is_suspended;
        }
    }

    pub fn find(&self, account: &AccountId) -> Option<&AccountRecord> {
        self.0.get(account)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&AccountId, &AccountRecord)> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(AccountId, AccountRecord)> for AccountDirectory {
    fn from_iter<I: IntoIterator<Item = (AccountId, AccountRecord)>>(accounts: I) -> Self {
        Self(accounts.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_an_account_leaves_its_suspension_as_it_is() {
        let account = AccountId::parse("a1").unwrap();
        let membership = |role| Membership {
            organisation: OrganisationId::parse("of-1").unwrap(),
            role,
        };
        let mut directory = AccountDirectory::default();
        directory.save(account.clone(), membership(Role::Agent));
        assert!(
            !directory.find(&account).unwrap().is_suspended,
            "a new account is active"
        );
        for is_suspended in [true, false] {
            directory.set_suspended(&account, is_suspended);
            directory.save(account.clone(), membership(Role::Delegate));
            assert_eq!(directory.find(&account).unwrap().is_suspended, is_suspended);
        }
    }
}
