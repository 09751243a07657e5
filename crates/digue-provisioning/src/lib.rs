//! Accounts and groups from the operator's directory: what `/scim/v2/` does (`[scim]`).
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
mod outcome;
pub mod overview;
mod release;
mod service;
mod state;
mod users;

use std::time::Duration;

use digue_access::{AccountRecord, Role};
use digue_app::{App, Area, Areas};
use digue_types::OrganisationId;
use ring::digest::{SHA256, digest};

pub use caller::{DirectoryCaller, authenticate};
pub use release::release;
pub use service::{ScimAnswer, ScimRequest, answer, refusal};

use crate::brake::AccountBrake;
use crate::caller::DirectoryRequests;
use crate::state::DirectoryTurn;
use digue_scim::schema::TextComparison;
use digue_scim::value::folded;

/// `[scim]`.
#[derive(Clone, Debug)]
pub struct ProvisioningRules {
    /// In the order of the file: of several groups of one person, the first one counts.
    pub groups: Vec<GroupRule>,
    pub brake: AccountBrake,
    /// From this age of the last request on, the directory is silent.
    pub late_after: Duration,
}

/// A group of the directory, and what it means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    pub name: String,
    pub organisation: OrganisationId,
    /// Of a partner: `Role::can_come_from_directory`.
    pub role: Role,
}

impl GroupRule {
    /// The name as it is stored and compared: whatever its letter case.
    pub fn key(&self) -> String {
        folded(&self.name, TextComparison::Folded)
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

/// Adds what provisioning keeps between calls; `None` where no directory is configured.
#[must_use]
pub fn areas(before: Areas, rules: Option<ProvisioningRules>) -> Areas {
    before.with(Provisioning {
        rules,
        turn: DirectoryTurn::default(),
        requests: DirectoryRequests::default(),
    })
}

pub(crate) fn rules(app: &App) -> Option<&ProvisioningRules> {
    app.area::<Provisioning>().rules.as_ref()
}
