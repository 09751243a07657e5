//! Accounts and their organisations, as the snapshot knows them.

use std::collections::HashMap;

use digue_types::{AccountId, OrganisationId};

/// What an account may do in Digue itself; what it may see in a portal is its caseload.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Works in portals.
    Agent,
    /// Works in portals and answers for the accounts of an organisation.
    Delegate,
    /// The operator's security officer: sees the journal, sets gates.
    Rssi,
    /// The operator's data protection officer: sees the journal.
    Dpo,
    /// Sees the journal, changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Agent, Self::Delegate, Self::Rssi, Self::Dpo, Self::Auditor];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Delegate => "delegate",
            Self::Rssi => "rssi",
            Self::Dpo => "dpo",
            Self::Auditor => "auditor",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// May look at the journal, gates and coverage of the operator.
    pub const fn can_watch(self) -> bool {
        matches!(self, Self::Rssi | Self::Dpo | Self::Auditor)
    }

    /// May look at accounts: all of them, or those of the own organisation.
    pub const fn oversees(self) -> bool {
        self.can_watch() || matches!(self, Self::Delegate)
    }

    /// May close and reopen gates, cut sessions, load caseloads.
    pub const fn can_act(self) -> bool {
        matches!(self, Self::Rssi)
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
pub struct Directory(HashMap<AccountId, AccountRecord>);

impl Directory {
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

impl FromIterator<(AccountId, AccountRecord)> for Directory {
    fn from_iter<I: IntoIterator<Item = (AccountId, AccountRecord)>>(accounts: I) -> Self {
        Self(accounts.into_iter().collect())
    }
}
