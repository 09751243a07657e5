//! One module for each page.

pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod approvals;
pub(crate) mod awareness;
pub(crate) mod breach;
pub(crate) mod break_glass;
pub(crate) mod desk;
pub(crate) mod device;
pub(crate) mod findings;
pub(crate) mod gates;
pub(crate) mod incident_acts;
pub(crate) mod incident_notes;
pub(crate) mod incidents;
pub(crate) mod isms;
pub(crate) mod isms_checks;
pub(crate) mod isms_import;
pub(crate) mod isms_registers;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod live;
pub(crate) mod notices;
pub(crate) mod organisations;
pub(crate) mod overview;
pub(crate) mod own;
pub(crate) mod own_incidents;
pub(crate) mod person;
pub(crate) mod person_space;
pub(crate) mod portals;
pub(crate) mod provider;
pub(crate) mod register_import;
pub(crate) mod requests;
pub(crate) mod reviews;
pub(crate) mod scope;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod space;

use digue_operations::OperationError;
use digue_types::AccountId;

/// The account that a form or an address names.
pub(crate) fn account_named(text: &str) -> Result<AccountId, OperationError> {
    AccountId::parse(text).map_err(|_| OperationError::NotFound("account"))
}
