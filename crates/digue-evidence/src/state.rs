//! What the evidence area keeps between calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use digue_app::{App, Area};
use digue_gateway::upstream::UpstreamClient;
use digue_types::Timestamp;

use crate::reading::EvidenceReads;
use crate::retention::Retentions;
use crate::stored_records::{Comparisons, JournalledActs};
use crate::witnesses::{WitnessRounds, WitnessRules};

/// Readings of the day, retentions in force, rounds of the witnesses, and what the journal says of stored
/// records.
pub struct EvidenceState {
    // What the journal says of stored records, read on as the journal grows. Before `journal_state`.
    journalled: Mutex<JournalledActs>,
    pub(crate) comparisons: Comparisons,
    pub(crate) readings: EvidenceReads,
    retentions: RwLock<Arc<Retentions>>,
    pub witness_rounds: WitnessRounds,
}

impl Area for EvidenceState {}

impl EvidenceState {
    pub fn new(
        comparisons: Comparisons,
        retentions: Retentions,
        witnesses: WitnessRules,
        client: Option<UpstreamClient>,
        now: Timestamp,
    ) -> Self {
        Self {
            journalled: Mutex::default(),
            comparisons,
            readings: EvidenceReads::default(),
            retentions: RwLock::new(Arc::new(retentions)),
            witness_rounds: WitnessRounds::new(witnesses, client, now),
        }
    }

    pub fn of(app: &App) -> &Self {
        app.area()
    }

    /// What the acts of the journal say of stored records. Lock order: before `journal_state`.
    pub(crate) fn journalled(&self) -> MutexGuard<'_, JournalledActs> {
        self.journalled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long each stream of the journal is kept.
    pub fn retentions(&self) -> Arc<Retentions> {
        self.retentions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_retentions(&self, retentions: Retentions) {
        *self.retentions.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(retentions);
    }
}
