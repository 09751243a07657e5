//! Backups and drills, by the journal's entries: their age, and what was never done.

use digue_app::indexing::IndexFolder;
use digue_backup::drill::DrillStanding;
use digue_backup::history::BackupHistory;
use digue_backup::schedule::DueState;
use digue_backup_acts::backups::{event_of, results_folder};
use digue_config::backup::BackupSettings;
use digue_exposure::Index;
use digue_journal::keyring::OpenedKeyring;
use digue_journal::proof::Prover;
use digue_journal::prune::Pruned;
use digue_journal::reader;
use digue_locales::Value;
use digue_types::{Administration, Event, Timestamp};

use crate::clock::keyring;
use crate::files::cause_of;
use crate::installation::{ExaminedInstallation, RunState};
use crate::journal::ReadJournal;
use crate::report::{HealthCheck, HealthResult};

/// Entries since the index that are read here; more of them take minutes, and the index comes with
/// the next start.
const ENTRIES_MAX: u64 = 500_000;
/// A multiple of the 256 entries of a file.
const CHUNK: u64 = 64 * 256;

pub(crate) fn examine(installation: &ExaminedInstallation) -> HealthResult {
    let result = HealthResult::new(HealthCheck::Backups);
    let Some(settings) = &installation.settings.backup else {
        return result
            .looked_at("doctor-not-configured", &[])
            .warning("doctor-backups-none", &[]);
    };
    let values = [("repositories", Value::from(settings.repositories.len()))];
    let result = result.looked_at("doctor-backups", &values);
    if installation.run == RunState::NeverStarted {
        return result.not_applicable("doctor-not-started");
    }
    let history = match history(installation) {
        Ok(history) => history,
        Err(cause) => {
            return result.unknown("doctor-backups-unknown", &[("cause", Value::from(cause))]);
        }
    };
    let result = not_journalled(result, installation);
    let result = repositories(result, settings, &history, installation.now);
    drills(result, settings, &history, installation.now)
}

/// Everything that the journal says about backups.
fn history(installation: &ExaminedInstallation) -> Result<BackupHistory, String> {
    let journal =
        ReadJournal::open(installation).map_err(|_| "the journal cannot be read".to_owned())?;
    let folder = IndexFolder::new(&installation.settings.data_folder.join("index"));
    let is_stale = folder.is_stale();
    let root_at = |size: u64| {
        let known = !is_stale && size <= journal.head.size;
        known
            .then(|| {
                Prover::new(&journal.disk, journal.head.size)
                    .root(size)
                    .ok()
            })
            .flatten()
    };
    let (index, _) =
        Index::open_reading(&folder.current(), &root_at).map_err(|error| cause_of(&error))?;
    let mut history = BackupHistory::default();
    let acts: Vec<&(u64, Administration)> = index.acts(usize::MAX).collect();
    for (_, act) in acts.into_iter().rev() {
        take(&mut history, act);
    }
    let pruned = Pruned::read(&journal.disk, &journal.key).map_err(|error| cause_of(&error))?;
    // Entries that were pruned are not on the disk any more: an index that ends among them cannot
    // be continued from its own end.
    let first = index.size().max(pruned.map_or(0, |pruned| pruned.minimum));
    each_since(installation, &journal, first, &mut |act| {
        take(&mut history, act)
    })?;
    Ok(history)
}

fn take(history: &mut BackupHistory, act: &Administration) {
    if let Some(event) = event_of(act.act, &act.after) {
        history.add(act.at, &event);
    }
}

/// Passes the acts of the entries from `first` on.
fn each_since(
    installation: &ExaminedInstallation,
    journal: &ReadJournal,
    first: u64,
    take: &mut dyn FnMut(&Administration),
) -> Result<(), String> {
    let size = journal.head.size;
    if size.saturating_sub(first) > ENTRIES_MAX {
        return Err(format!("{} entries are not in the index", size - first));
    }
    let keyring = keyring(installation, &journal.disk)?;
    let mut at = first;
    while at < size {
        let next = size.min(at + CHUNK);
        let sealed =
            reader::entries(&journal.disk, at..next, size).map_err(|error| cause_of(&error))?;
        for entry in sealed {
            let opened = keyring.open(&entry).map_err(|error| cause_of(&error))?;
            if let OpenedKeyring::Event(Event::Administration(act)) = opened {
                take(&act);
            }
        }
        at = next;
    }
    Ok(())
}

fn is_result(file: &std::fs::DirEntry) -> bool {
    file.file_name().to_string_lossy().ends_with(".json")
}

/// Results that the commands left, and that no serving Digue has written down.
fn not_journalled(result: HealthResult, installation: &ExaminedInstallation) -> HealthResult {
    let files = match std::fs::read_dir(results_folder(&installation.settings.data_folder)) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return result,
        Err(error) => {
            return result.unknown(
                "doctor-backups-unknown",
                &[("cause", Value::from(error.to_string()))],
            );
        }
    };
    let count = files
        .filter(|file| file.as_ref().is_ok_and(is_result))
        .count();
    if count > 0 {
        result.looked_at("doctor-backups-waiting", &[("count", Value::from(count))])
    } else {
        result
    }
}

fn repositories(
    mut result: HealthResult,
    settings: &BackupSettings,
    history: &BackupHistory,
    now: Timestamp,
) -> HealthResult {
    for repository in &settings.repositories {
        for source in settings.sources() {
            let values = [
                ("repository", Value::from(repository.name.as_str())),
                ("source", Value::from(source.as_str())),
            ];
            let state = history.backup(&repository.name, &source, settings.backups, now);
            result = match state {
                DueState::Waiting { .. } | DueState::Due { .. } => {
                    result.looked_at("doctor-backups-made", &values)
                }
                DueState::Never => result.bad("doctor-backups-never", &values),
                DueState::Overdue { since } => {
                    let hours = ("hours", Value::from(since.as_secs() / 3_600));
                    result.bad("doctor-backups-overdue", &[&values[..], &[hours]].concat())
                }
                DueState::ClockMoved { .. } => result.bad("doctor-backups-clock", &values),
            };
        }
        if !repository.place.is_there() {
            let values = [("repository", Value::from(repository.name.as_str()))];
            result = result.warning("doctor-backups-unplugged", &values);
        }
    }
    result
}

fn drills(
    mut result: HealthResult,
    settings: &BackupSettings,
    history: &BackupHistory,
    now: Timestamp,
) -> HealthResult {
    for repository in &settings.repositories {
        let values = [("repository", Value::from(repository.name.as_str()))];
        result = match history.drill(&repository.name, settings.drills, now) {
            DrillStanding::Proved(_) => result.looked_at("doctor-backups-drilled", &values),
            DrillStanding::NeverRun => result.warning("doctor-backups-no-drill", &values),
            DrillStanding::NotPassed(_) => result.bad("doctor-backups-drill-failed", &values),
            DrillStanding::Overdue(_) => result.warning("doctor-backups-drill-late", &values),
        };
    }
    result
}
