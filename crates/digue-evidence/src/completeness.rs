//! Since when the exposures of some portals are complete in the journal.
//!
//! Each portal has a retention of its own, and acts are kept longer than exposures: the first entry
//! that can be read says nothing about a portal. The destroyed period keys do.

use digue_app::{App, OperationError};
use digue_journal::keyring::{PeriodKeyRecord, Stream};
use digue_journal::{Journal, OpenError};
use digue_types::{Event, PortalId, Timestamp};

use crate::checkpoints::covering_now;
use crate::watch::readable;

/// Since when exposures are complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompleteSince {
    /// The journal has no entry yet.
    Empty,
    /// No entry can be read any more.
    NothingLeft,
    Since(Timestamp),
}

impl CompleteSince {
    /// The time, if there is one.
    pub const fn known(self) -> Option<Timestamp> {
        match self {
            Self::Since(at) => Some(at),
            Self::Empty | Self::NothingLeft => None,
        }
    }
}

/// Since when the exposures of the portals that `concerns` selects are complete, however many
/// entries before cannot be read any more.
pub async fn complete_since(
    app: &App,
    concerns: impl Fn(&PortalId) -> bool,
) -> Result<CompleteSince, OperationError> {
    let destroyed = last_destroyed(&app.journal().keys(), concerns);
    // Over every entry that is there: a journal of a moment ago is not empty.
    let end = covering_now(app).await?;
    let (journal, minimum) = (app.journal().clone(), app.journal_minimum());
    if end == 0 {
        return Ok(CompleteSince::Empty);
    }
    let first = app
        .blocking(move || first_readable(&journal, minimum, end))
        .await?;
    let first = first.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    // The later of the two: an act can still be read from before a portal's destroyed period.
    let since = first.into_iter().chain(destroyed).max();
    Ok(since.map_or(CompleteSince::NothingLeft, CompleteSince::Since))
}

/// The end of the last period of these portals whose key was destroyed.
fn last_destroyed(
    keys: &[PeriodKeyRecord],
    concerns: impl Fn(&PortalId) -> bool,
) -> Option<Timestamp> {
    let is_gone = |key: &&PeriodKeyRecord| match &key.stream {
        Stream::Portal(portal) => key.destroyed.is_some() && concerns(portal),
        Stream::Administration => false,
    };
    keys.iter()
        .filter(is_gone)
        // The end, because every entry of the period went with its key.
        .map(|key| key.period.end())
        .max()
}

/// Entries that are read in one piece while the first readable one is searched.
const READ_AT_ONCE: u64 = 4096;

/// The time of the first entry from `first` on that can be read.
fn first_readable(
    journal: &Journal,
    mut first: u64,
    end: u64,
) -> Result<Option<Timestamp>, OpenError> {
    while first < end {
        let next = end.min(first + READ_AT_ONCE);
        if let Some((_, event)) = readable(journal, first..next)?.into_iter().next() {
            return Ok(Some(match event {
                Event::Exposure(exposure) => exposure.at,
                Event::Administration(act) => act.at,
            }));
        }
        first = next;
    }
    Ok(None)
}
