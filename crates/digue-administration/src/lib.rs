//! Administration: accounts, organisations, approvals by a second person, caseloads and aliases,
//! rules, reopening.

pub mod accounts;
pub mod additions;
pub mod aliases;
pub mod approvals;
pub mod break_glass;
mod caseloads;
mod classes;
pub mod decisions;
pub mod decoys;
mod held_back;
pub mod holders;
pub mod import;
mod kept_table;
pub mod loads;
pub mod onboarding;
pub mod organisations;
pub mod printed_key;
pub mod provisioning;
pub mod record_access;
pub mod reopening;
pub mod rules;
pub mod settings;
pub mod tables;
pub mod watch_lists;

use digue_app::Areas;

use crate::approvals::RequestLock;
use crate::loads::LoadLock;

/// Adds what administration keeps between calls.
#[must_use]
pub fn areas(before: Areas) -> Areas {
    before
        .with(LoadLock::default())
        .with(RequestLock::default())
}
