//! Any text at all: identifiers recognised by their shape alone.
//!
//! The safety net beside rules that know where to look: `sweep` finds what a rule forgot.

use crate::identifier::{Found, Pick};
use crate::response::Uninspected;

/// Takes every match of the patterns in `text`.
pub fn read(picks: &[Pick], text: &str, found: &mut Found<'_>) -> Result<(), Uninspected> {
    picks.iter().try_for_each(|pick| found.take(pick, text))
}
