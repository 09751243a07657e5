//! What of a repository is kept and what may go, by the journal.

use digue_backup::history::BackupHistory;
use digue_backup::repository::BackupRepository;
use digue_backup::retention::{self, KeepRules, PresentSnapshot, RetentionPlan};
use digue_backup::{BackupError, SnapshotId};
use digue_types::Timestamp;

/// Decides on the snapshots of a repository. Those of `agreed`, a deletion that is being carried out,
/// may be gone already: a run that broke off goes on.
///
/// # Errors
/// When its snapshots cannot be read.
pub fn plan(
    repository: &BackupRepository,
    history: &BackupHistory,
    keep: &KeepRules,
    agreed: &[SnapshotId],
    now: Timestamp,
) -> Result<RetentionPlan, BackupError> {
    let shown = repository.snapshots()?.into_iter();
    let present: Vec<PresentSnapshot> = shown
        .map(|snapshot| PresentSnapshot {
            id: snapshot.id,
            declared: snapshot.declared,
        })
        .collect();
    let id = repository.id();
    let (journal, mut deleted) = (history.snapshots(&id), history.deleted(&id));
    deleted.extend(agreed.iter().cloned());
    Ok(retention::plan(&present, journal, &deleted, keep, now))
}
