//! A restore into an empty folder, tried before it is needed.

use std::fs;
use std::path::{Path, PathBuf};

use digue_backup::drill::{DrillReport, DrillStep, DrillTolerance, StepOutcome};
use digue_backup::history::{BackupHistory, OWN_SOURCE};
use digue_backup::repository::{BackupRepository, SnapshotInfo};
use digue_backup::schedule::PackSlice;
use digue_types::Timestamp;

use crate::ContinuityError;
use crate::isolation::is_isolated;
use crate::restored::{RestoredJournal, choose, data_of, state_faults};

/// What a drill restores and compares with.
pub struct DrillPlan<'p> {
    /// Of the configuration: each must have a backup that comes back.
    pub sources: Vec<String>,
    pub tolerance: DrillTolerance,
    /// The share of the packs that is read.
    pub slice: PackSlice,
    /// Where the empty folder is made; what is restored for proof does not stay.
    pub parent: PathBuf,
    /// The data folder of the running Digue.
    pub data: PathBuf,
    /// The address of a PostgreSQL server where a database may be made, for a state in PostgreSQL.
    pub database: Option<String>,
    /// A checkpoint of the journal that was kept elsewhere.
    pub checkpoint: Option<PathBuf>,
    /// What the journal knows of backups; `None` on a machine without it.
    pub history: Option<&'p BackupHistory>,
}

/// Runs a drill; `now` reads the clock.
///
/// # Errors
/// When it could not begin: no backup of Digue, no repository, no folder. What fails later is in
/// the report.
pub fn run(
    repository: &BackupRepository,
    plan: &DrillPlan<'_>,
    now: &dyn Fn() -> Timestamp,
) -> Result<DrillReport, ContinuityError> {
    let began = now();
    let snapshots = repository.snapshots()?;
    let newest = |source: &str| {
        // A newer one that the journal does not know may be a thief's.
        let journaled = plan
            .history
            .and_then(|known| known.newest(&repository.id(), source));
        choose(&snapshots, source, journaled.map(|entry| &entry.id))
            .map(|chosen| (chosen, journaled.is_some()))
    };
    // The journal knows backups of the source here, and none of them is sound: what is restored
    // then proves nothing.
    let has_known = |source: &str| {
        plan.history.is_some_and(|known| {
            let snapshots = known.snapshots(&repository.id());
            snapshots.iter().any(|entry| entry.source == source)
        })
    };
    let (own, is_journaled) = newest(OWN_SOURCE)?;
    fs::create_dir_all(&plan.parent).map_err(ContinuityError::file(&plan.parent))?;
    let folder = tempfile::Builder::new()
        .prefix("drill-")
        .tempdir_in(&plan.parent);
    let folder = folder.map_err(ContinuityError::file(&plan.parent))?;
    let mut report = DrillReport::begin(repository.id(), own.id.clone(), own.declared, began);
    report.note(DrillStep::RepositoryIsOurs, StepOutcome::Passed);
    if is_journaled {
        report.note(DrillStep::SnapshotIsJournaled, StepOutcome::Passed);
    }
    // Where the system does not say, it was not tried.
    if is_isolated().unwrap_or(false) {
        report.note(DrillStep::Isolated, StepOutcome::Passed);
    }
    let known = plan
        .history
        .map(|known| known.known_files(&repository.id()).snapshots)
        .filter(|known| !known.is_empty());
    // What was added by others fails no drill of what is ours.
    let read = match &known {
        Some(known) => repository.verify_known(plan.slice, known),
        None => repository.verify(plan.slice),
    };
    report.note_differences(
        DrillStep::PacksRead,
        read.unwrap_or_else(|error| vec![error.to_string()]),
    );
    for source in &plan.sources {
        let chosen = newest(source);
        if let Ok((chosen, false)) = &chosen
            && has_known(source)
        {
            let unknown = vec![format!("{source} {}", chosen.id)];
            report.note(DrillStep::SnapshotIsJournaled, StepOutcome::Failed(unknown));
        }
        let chosen = chosen.map(|(chosen, _)| chosen);
        let into = folder.path().join(source);
        restore(repository, (source, chosen), &into, &mut report);
    }
    let restored = folder.path().join(OWN_SOURCE);
    if restored.is_dir() {
        prove(plan, &restored, &mut report);
    }
    report.end(now(), plan.tolerance);
    Ok(report)
}

/// Restores one source; one that has no backup fails the drill.
fn restore(
    repository: &BackupRepository,
    (source, chosen): (&str, Result<&SnapshotInfo, ContinuityError>),
    into: &Path,
    report: &mut DrillReport,
) {
    match chosen.and_then(|snapshot| Ok(repository.restore(&snapshot.id, into)?)) {
        Ok(restored) => {
            report.files += restored.files;
            report.bytes += restored.bytes;
            report.sources.push(source.to_owned());
            report.note(DrillStep::Restored, StepOutcome::Passed);
            report.note_differences(DrillStep::FilesMatch, restored.differing);
        }
        Err(error) => report.note(
            DrillStep::Restored,
            StepOutcome::Failed(vec![error.chain()]),
        ),
    }
}

/// Notes what a step found, or why it could not be tried: that is a failure, too.
fn note(report: &mut DrillReport, step: DrillStep, found: Result<Vec<String>, ContinuityError>) {
    report.note_differences(step, found.unwrap_or_else(|error| vec![error.chain()]));
}

fn prove(plan: &DrillPlan<'_>, restored: &Path, report: &mut DrillReport) {
    match data_of(restored) {
        Ok(at) => report.data_of = at,
        Err(error) => report.note(
            DrillStep::Restored,
            StepOutcome::Failed(vec![error.chain()]),
        ),
    }
    match RestoredJournal::verify(restored, plan.checkpoint.as_deref()) {
        Ok(journal) => {
            note(
                report,
                DrillStep::JournalVerifies,
                journal.faults(&plan.data),
            );
            match journal.begins(&plan.data) {
                Ok(None) => {}
                Ok(Some(true)) => report.note(DrillStep::CheckpointReached, StepOutcome::Passed),
                Ok(Some(false)) => {
                    report.note(
                        DrillStep::CheckpointReached,
                        StepOutcome::Failed(vec!["root".to_owned()]),
                    );
                }
                Err(error) => note(report, DrillStep::CheckpointReached, Err(error)),
            }
        }
        Err(error) => note(report, DrillStep::JournalVerifies, Err(error)),
    }
    match state_faults(restored, plan.database.as_deref()).transpose() {
        Some(found) => note(report, DrillStep::StoreOpens, found),
        // Not tried, and so never green: nowhere is a database to restore it into.
        None => report.note(DrillStep::StoreOpens, StepOutcome::NotRun),
    }
}
