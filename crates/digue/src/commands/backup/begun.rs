//! A backup that was killed, or met a full disk, between being stored and leaving its result: its
//! snapshot would be one that the journal does not know. What was begun is noted before; the next
//! backup finds the note and writes the snapshot down as suspect, because nobody judged it.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use digue_app::files::keep;
use digue_backup::history::{BackupEvent, BackupHistory};
use digue_backup::repository::BackupRepository;
use digue_backup::signs::SuspicionLevel;
use digue_backup::{BackupError, RepositoryId};
use digue_continuity::place::RepositorySettings;
use serde::{Deserialize, Serialize};

use super::{Configured, now};

/// A note that a backup began.
#[derive(Serialize, Deserialize)]
struct BegunBackup {
    repository: RepositoryId,
    /// Seconds since 1970 by this machine's clock, by which snapshots are dated, too.
    at_secs: i64,
}

/// A clock that was set between the note and the snapshot.
const CLOCK_SLACK: Duration = Duration::from_mins(15);

/// A name holds no dot, so that two pairs have two files.
fn path(settings: &Configured, target: &RepositorySettings, source: &str) -> PathBuf {
    let name = format!("{}.{source}.json", target.name);
    settings.folder().join("begun").join(name)
}

/// What an earlier backup of a source stored without leaving a result, as it is to be left now.
#[derive(Default)]
pub(super) struct Unsaid {
    pub(super) events: Vec<BackupEvent>,
    since: Option<i64>,
}

/// Notes that a backup of a source begins. What is unsaid stays noted until `end`.
pub(super) fn begin(
    settings: &Configured,
    target: &RepositorySettings,
    repository: &BackupRepository,
    (source, unsaid): (&str, &Unsaid),
) -> Result<()> {
    let begun = BegunBackup {
        repository: repository.id(),
        at_secs: unsaid.since.unwrap_or_else(|| now().secs()),
    };
    let path = path(settings, target, source);
    let text = serde_json::to_vec(&begun)?;
    keep(&path, &text).with_context(|| path.display().to_string())
}

/// Its result is left.
pub(super) fn end(settings: &Configured, target: &RepositorySettings, source: &str) -> Result<()> {
    let path = path(settings, target, source);
    fs::remove_file(&path).with_context(|| path.display().to_string())
}

/// Looks for snapshots of an earlier backup of the source that left no result. No other backup runs:
/// this one holds the lock of the stage.
pub(super) fn unsaid(
    settings: &Configured,
    target: &RepositorySettings,
    (repository, history): (&BackupRepository, &BackupHistory),
    source: &str,
) -> Result<Unsaid> {
    let path = path(settings, target, source);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Unsaid::default()),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let begun: BegunBackup =
        serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
    let id = repository.id();
    // Of another disk: that one is not here to be asked.
    if begun.repository != id {
        return Ok(Unsaid::default());
    }
    let known = history.snapshots(&id);
    let mut events = Vec::new();
    for snapshot in repository.snapshots()? {
        let is_of_then = snapshot.declared.plus(CLOCK_SLACK).secs() >= begun.at_secs;
        let is_known = known.iter().any(|entry| entry.id == snapshot.id);
        if snapshot.source != source || !is_of_then || is_known {
            continue;
        }
        let listing = match repository.listing(&snapshot.id) {
            Ok(listing) => listing,
            // Ours was whole before it was there: it is another's, and keeps no backup back.
            Err(
                BackupError::Damaged { .. }
                | BackupError::ReadingBroken { .. }
                | BackupError::Library { .. }
                | BackupError::Escapes(_),
            ) => continue,
            Err(error) => return Err(error.into()),
        };
        events.push(BackupEvent::Made {
            repository: target.name.clone(),
            id: id.clone(),
            source: source.to_owned(),
            snapshot: snapshot.id,
            files: listing.len() as u64,
            bytes: listing.values().map(|file| file.bytes).sum(),
            // What it lacks is not known: it is no success.
            unread: 1,
            suspicion: SuspicionLevel::Suspect,
        });
    }
    // One backup makes one snapshot. Where more came, one of them is another's: all stay unknown, and
    // the note stays.
    if events.len() > 1 {
        events.clear();
        let since = Some(begun.at_secs);
        return Ok(Unsaid { events, since });
    }
    let since = (!events.is_empty()).then_some(begun.at_secs);
    Ok(Unsaid { events, since })
}
