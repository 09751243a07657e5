//! Self-service: what a person sees of who consulted their record, and what they can request about
//! it.

pub mod comparisons;
pub mod persons;

use digue_app::Areas;

use crate::persons::codes::LetterQuotas;
use crate::persons::request_lock::PersonRequestLock;

/// Adds what self-service keeps between calls.
#[must_use]
pub fn areas(before: Areas) -> Areas {
    before
        .with(PersonRequestLock::default())
        .with(LetterQuotas::default())
}
