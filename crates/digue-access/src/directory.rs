//! Accounts and their organisations, as the snapshot knows them.

use std::collections::HashMap;

use digue_types::{AccountId, OrganisationId};

/// What an account may do in Digue itself; what it may see in a portal is its caseload.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Works in portals.
    Agent,
    /// Stands in for the delegate.
    Deputy,
    /// Works in portals and answers for the agents of an organisation.
    Delegate,
    /// The operator's people who know the portals: caseloads, alias tables, coverage; no person.
    PortalTeam,
    /// The operator's security officer: sees the journal, sets gates.
    Ciso,
    /// The operator's data protection officer: sees the journal.
    Dpo,
    /// Sees the journal, changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Agent, Self::Deputy, Self::Delegate, Self::PortalTeam, Self::Ciso, Self::Dpo, Self::Auditor];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Deputy => "deputy",
            Self::Delegate => "delegate",
            Self::PortalTeam => "portal-team",
            Self::Ciso => "rssi",
            Self::Dpo => "dpo",
            Self::Auditor => "auditor",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// May look at the journal: who saw whom.
    pub const fn can_watch(self) -> bool {
        matches!(self, Self::Ciso | Self::Dpo | Self::Auditor)
    }

    /// May look at what Digue could inspect of each portal.
    pub const fn sees_coverage(self) -> bool {
        self.can_watch() || matches!(self, Self::PortalTeam)
    }

    /// May look at accounts: all of them, or those of the own organisation.
    pub const fn oversees(self) -> bool {
        self.can_watch() || self.leads_agents()
    }

    /// Answers for the agents of the own organisation.
    pub const fn leads_agents(self) -> bool {
        matches!(self, Self::Delegate | Self::Deputy)
    }

    /// May close gates, cut sessions, and ask for what a second person grants.
    pub const fn can_act(self) -> bool {
        matches!(self, Self::Ciso)
    }

    /// May load caseloads and alias tables.
    pub const fn can_load(self) -> bool {
        matches!(self, Self::Ciso | Self::PortalTeam)
    }

    /// May grant what the security officer asks, and review exceptional access: the two officers
    /// watch each other.
    pub const fn can_review(self) -> bool {
        matches!(self, Self::Ciso | Self::Dpo)
    }

    /// May open incidents, write into them and decide about them.
    pub const fn can_respond(self) -> bool {
        self.can_review()
    }

    /// May write into the registers of the management system.
    pub const fn can_govern(self) -> bool {
        self.can_review()
    }

    /// Must hold a passkey: a password is for agents only.
    pub const fn needs_passkey(self) -> bool {
        !matches!(self, Self::Agent)
    }
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
    pub fn insert(&mut self, account: AccountId, record: AccountRecord) {
        self.0.insert(account, record);
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
