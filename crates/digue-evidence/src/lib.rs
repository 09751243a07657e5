//! Evidence: reading the journal under one rule, what was shown to whom, exports, witnesses, retention, and
//! whether stored records are those of the journal.

pub mod affected;
pub mod entry;
pub mod journal_heads;
pub mod ocsf;
pub mod reading;
pub mod retention;
pub mod scope;
mod state;
pub mod stored_records;
pub mod table;
pub mod watch;
pub mod witnesses;

pub use state::EvidenceState;
