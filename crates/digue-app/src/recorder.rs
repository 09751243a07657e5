//! The bridge between the gateway and the journal, and from the journal to the index and the
//! monitor.
//!
//! It decides nothing and reads no content: it passes events on in the order of their entries.

use std::sync::{Arc, PoisonError, RwLock};

use digue_exposure::Index;
use digue_gateway::ports::{BoxFuture, Clock, JournalWriteError, Recorder};
use digue_journal::checkpoint::Checkpoint;
use digue_journal::observer::JournalObserver;
use digue_journal::{Committed, Journal, codec};
use digue_types::{Event, Exposure, Timestamp};

use crate::class_sights::ClassSights;
use crate::monitor::DetectionMonitor;

/// Makes exposures durable. Enforced portals release a response only when this has succeeded.
pub struct JournalRecorder(pub Arc<Journal>);

impl Recorder for JournalRecorder {
    fn record(&self, exposures: Vec<Exposure>) -> BoxFuture<Result<u64, JournalWriteError>> {
        let events: Vec<Event> = exposures.into_iter().flat_map(codec::chain).collect();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.0.append(events, move |result| {
            let _ = sender.send(result);
        });
        Box::pin(async move {
            match receiver.await {
                Ok(Ok(receipt)) => Ok(receipt.first),
                Ok(Err(error)) => Err(JournalWriteError(error.to_string())),
                Err(_) => Err(JournalWriteError("the journal is closed".to_owned())),
            }
        })
    }
}

/// The index and the state of the journal, kept current as entries become durable.
#[derive(Default)]
pub struct JournalState {
    pub index: Index,
    /// Whom each class of persons was shown in the last days.
    pub class_sights: ClassSights,
    pub checkpoint: Option<(Checkpoint, Timestamp)>,
    /// The last failure of the disk, with its date; `None` once an entry is durable again.
    pub failure: Option<(String, Timestamp)>,
    /// Entries committed during the second, short reading of a rebuild; the new index takes them
    /// last.
    pub(crate) backlog: Option<Vec<Committed>>,
}

/// The journal indexer: adds entries to the index as they become durable.
pub struct JournalIndexer {
    pub journal_state: Arc<RwLock<JournalState>>,
    pub monitor: Arc<DetectionMonitor>,
    pub clock: Arc<dyn Clock>,
}

impl JournalObserver for JournalIndexer {
    fn committed(&mut self, entries: &[Committed]) {
        // Held while the monitor's lock is taken below: acts reach it in the order of the journal.
        // The monitor therefore never takes this lock while it holds its own.
        let mut journal_state = self
            .journal_state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            match &entry.event {
                Event::Administration(act) => self.monitor.act(act),
                Event::Exposure(exposure) => {
                    journal_state.class_sights.note(entry.index, exposure);
                }
            }
            journal_state.index.add(entry);
        }
        if let Some(backlog) = &mut journal_state.backlog {
            backlog.extend_from_slice(entries);
        }
        journal_state.failure = None;
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        let mut journal_state = self
            .journal_state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        journal_state
            .index
            .note_checkpoint(checkpoint.size, checkpoint.root);
        journal_state.checkpoint = Some((checkpoint.clone(), self.clock.now()));
    }

    fn failed(&mut self, error: &str) {
        tracing::error!(
            error,
            "Journal write failed; enforced portals release nothing until one succeeds"
        );
        let mut journal_state = self
            .journal_state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        journal_state.failure = Some((error.to_owned(), self.clock.now()));
    }
}
