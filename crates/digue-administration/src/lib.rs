//! Administration: accounts, organisations, approvals by a second person, caseloads and aliases, rules,
//! reopening.

pub mod accounts;
pub mod aliases;
pub mod approvals;
pub mod break_glass;
pub mod caseloads;
pub mod decoys;
pub mod import;
pub mod loads;
pub mod onboarding;
pub mod organisations;
pub mod reopening;
pub mod rules;
pub mod settings;
mod state;
pub mod watch_lists;

pub use state::AdministrationState;
