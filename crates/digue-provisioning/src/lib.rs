//! Accounts and groups from the operator's directory: what `/scim/v2/` does (`[scim]`), or a list of
//! accounts (`[[sources]]`).
//!
//! A directory closes accounts at once. It opens none by itself: a new account begins in quarantine,
//! as one that a delegate requested, and whatever gives back or gives more waits for an officer. Both
//! within a brake, since a stolen key and a broken synchronisation look alike. The roles of the
//! operator's own people never come from here.
//!
//! What the directory wants is stored as it said it (`scim_users`); what is, is the account. Where
//! the two differ, a change waits. The language of the protocol is that of `digue-scim`.

pub mod brake;
mod caller;
mod change;
mod groups;
mod listing;
mod outcome;
pub mod overview;
mod release;
mod service;
mod state;
mod users;

use std::time::Duration;

use digue_access::{AccountRecord, Role};
use digue_administration::provisioning::AccountLists;
use digue_app::{App, Area, Areas};
use digue_types::OrganisationId;
use ring::digest::{SHA256, digest};

pub use caller::{ChangeCaller, DirectoryCaller, authenticate};
pub use release::release;
pub use service::{ScimAnswer, ScimRequest, answer, refusal};

use crate::brake::AccountBrake;
use crate::caller::DirectoryRequests;
use crate::listing::ListedAccounts;
use crate::state::DirectoryTurn;
use digue_scim::schema::TextComparison;
use digue_scim::value::folded;

/// `[scim]`, or the source of a list of accounts: one of the two says who works here.
#[derive(Clone, Debug)]
pub struct ProvisioningRules {
    pub groups: AccountGroups,
    pub brake: AccountBrake,
    /// From this age of the last request on, the directory is silent.
    pub late_after: Duration,
}

/// What says where an account stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountGroups {
    /// The groups of a directory, in the order of the file: of several groups of one person, the
    /// first one counts.
    Named(Vec<GroupRule>),
    /// The organisations of a list of accounts. It says nothing of roles.
    Listed,
}

impl ProvisioningRules {
    /// The groups of a directory; a list has none.
    pub fn named(&self) -> &[GroupRule] {
        match &self.groups {
            AccountGroups::Named(groups) => groups,
            AccountGroups::Listed => &[],
        }
    }
}

/// A group of the directory, and what it means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    pub name: String,
    pub organisation: OrganisationId,
    /// Of a partner: `Role::can_come_from_directory`.
    pub role: Role,
}

/// Begins the names of the organisations of a list.
const LISTED: &str = "list/";

impl GroupRule {
    /// The name as it is stored and compared: whatever its letter case.
    pub fn key(&self) -> String {
        folded(&self.name, TextComparison::Folded)
    }

    /// The name under which an organisation of a list is stored.
    pub(crate) fn name_in_list(organisation: &OrganisationId) -> String {
        format!("{LISTED}{organisation}")
    }

    /// Where a list puts an account: the role is the account's own as long as it stays in its
    /// organisation, and the lowest otherwise.
    pub(crate) fn of_list(organisation: OrganisationId, account: Option<&AccountRecord>) -> Self {
        let stays = account.filter(|account| account.organisation == organisation);
        Self {
            name: Self::name_in_list(&organisation),
            organisation,
            role: stays.map_or(Role::Agent, |account| account.role),
        }
    }

    /// The id of the group in addresses.
    pub(crate) fn id(&self) -> String {
        // From the name, since groups have no row: the same after a restart, and in whatever order
        // the file has them.
        let digest = digest(&SHA256, self.key().as_bytes());
        let bytes = &digest.as_ref()[..8];
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether an account stands where this group puts its members.
    pub(crate) fn is_place_of(&self, record: &AccountRecord) -> bool {
        self.is_place(&record.organisation, record.role)
    }

    pub(crate) fn is_place(&self, organisation: &OrganisationId, role: Role) -> bool {
        self.organisation == *organisation && self.role == role
    }
}

/// What provisioning is built with.
pub struct Provisioning {
    pub(crate) rules: Option<ProvisioningRules>,
    pub(crate) turn: DirectoryTurn,
    pub(crate) requests: DirectoryRequests,
}

impl Area for Provisioning {}

/// Adds what provisioning keeps between calls; `None` where neither a directory nor a list is
/// configured.
#[must_use]
pub fn areas(before: Areas, rules: Option<ProvisioningRules>) -> Areas {
    before
        .with(Provisioning {
            rules,
            turn: DirectoryTurn::default(),
            requests: DirectoryRequests::default(),
        })
        .with(AccountLists(Box::new(ListedAccounts)))
}

/// The rules of `/scim/v2/`.
pub(crate) fn directory_rules(app: &App) -> Option<&ProvisioningRules> {
    rules(app).filter(|rules| matches!(rules.groups, AccountGroups::Named(_)))
}

/// The rules of a list of accounts.
pub(crate) fn listed_rules(app: &App) -> Option<&ProvisioningRules> {
    rules(app).filter(|rules| rules.groups == AccountGroups::Listed)
}

pub(crate) fn rules(app: &App) -> Option<&ProvisioningRules> {
    app.area::<Provisioning>().rules.as_ref()
}
