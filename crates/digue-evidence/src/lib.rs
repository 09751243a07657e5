//! Evidence: reading the journal under one rule, what was shown to whom, exports, witnesses,
//! retention, and whether stored records are those of the journal.

pub mod affected;
pub mod checkpoints;
pub mod classes;
pub mod completeness;
pub mod entry;
pub mod journal_heads;
pub mod ocsf;
pub mod paper_warning;
pub mod reading;
pub mod retention;
pub mod scope;
pub mod stored_files;
pub mod stored_records;
pub mod table;
pub mod watch;
pub mod witnesses;

use digue_app::Areas;
use digue_http::client::HttpClient;
use digue_types::Timestamp;

use crate::reading::EvidenceReads;
use crate::retention::{Retentions, RetentionsInForce};
use crate::stored_records::{Comparisons, JournalledActCache};
use crate::witnesses::{WitnessRounds, WitnessRules};

/// What evidence is built with.
pub struct EvidenceSettings {
    /// The comparisons of stored records with the journal, of every area.
    pub comparisons: Comparisons,
    pub retentions: Retentions,
    pub witnesses: WitnessRules,
    /// The HTTP client for witnesses; without it none of them is contacted.
    pub client: Option<HttpClient>,
    /// The time of the start: from it on witnesses have their full time.
    pub now: Timestamp,
}

/// Adds what evidence keeps between calls.
#[must_use]
pub fn areas(before: Areas, settings: EvidenceSettings) -> Areas {
    let EvidenceSettings {
        comparisons,
        retentions,
        witnesses,
        client,
        now,
    } = settings;
    before
        .with(comparisons)
        .with(JournalledActCache::default())
        .with(EvidenceReads::default())
        .with(RetentionsInForce::new(retentions))
        .with(WitnessRounds::new(witnesses, client, now))
}
