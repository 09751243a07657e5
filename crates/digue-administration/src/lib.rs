//! Administration: accounts, organisations, approvals by a second person, caseloads and aliases,
//! rules, reopening.

pub mod account_doubts;
pub mod accounts;
mod added_route;
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
pub mod map_additions;
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

use std::sync::Arc;

use digue_app::Areas;

use crate::approvals::RequestLock;
use crate::loads::LoadLock;
use crate::map_additions::{MapReader, MapReading};

/// Adds what administration keeps between calls. Maps are read by the crate above this one.
#[must_use]
pub fn areas(before: Areas, maps: Arc<dyn MapReader>) -> Areas {
    before
        .with(MapReading(maps))
        .with(LoadLock::default())
        .with(RequestLock::default())
}
