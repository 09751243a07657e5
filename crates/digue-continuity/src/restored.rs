//! A restored Digue: its journal verified, its state opened, its loss counted.

use std::fs;
use std::path::Path;

use digue_backup::SnapshotId;
use digue_backup::loss::{self, JournalPoint, LastKnown, Loss};
use digue_backup::repository::SnapshotInfo;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::note::Verifier;
use digue_journal::proof::Prover;
use digue_journal::reader;
use digue_journal::verify::{VerifyAgainst, VerifyReport, verify};
use digue_store::Store;
use digue_types::Timestamp;

use crate::ContinuityError;
use crate::layout::{BackupManifest, MANIFEST};
use crate::postgres_state::{DUMP, ProofDatabase, is_postgres};

type Proved<T> = Result<T, ContinuityError>;

/// The snapshot that was asked for, or the one of the source with the newest declared date.
///
/// # Errors
/// `NoBackupOf` when there is none.
pub fn choose<'s>(
    snapshots: &'s [SnapshotInfo],
    source: &str,
    id: Option<&SnapshotId>,
) -> Proved<&'s SnapshotInfo> {
    let found = match id {
        Some(id) => snapshots.iter().find(|snapshot| snapshot.id == *id),
        None => snapshots.iter().rfind(|snapshot| snapshot.source == source),
    };
    let name = id.map_or_else(|| source.to_owned(), |id| format!("{source} {id}"));
    found.ok_or(ContinuityError::NoBackupOf(name))
}

/// When the restored data were consistent.
///
/// # Errors
/// When the manifest is missing or cannot be read.
pub fn data_of(folder: &Path) -> Proved<Timestamp> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(ContinuityError::file(&path))?;
    let manifest: BackupManifest =
        serde_json::from_slice(&bytes).map_err(|source| ContinuityError::Manifest {
            path: path.clone(),
            source,
        })?;
    let at = Timestamp::parse_rfc3339(&manifest.begun_at);
    at.ok_or(ContinuityError::ManifestDate {
        path,
        date: manifest.begun_at,
    })
}

fn key_in(data: &Path) -> Proved<Verifier> {
    let path = data.join("keys/journal.pub");
    let text = fs::read_to_string(&path).map_err(ContinuityError::file(&path))?;
    Ok(Verifier::parse(&text)?)
}

/// A restored journal, verified by the key beside it.
pub struct RestoredJournal {
    pub report: VerifyReport,
    key: Verifier,
}

impl RestoredJournal {
    /// Reads it from the entries up; a checkpoint that it contains must be continued by it.
    ///
    /// # Errors
    /// When it could not be read: a contradiction is a finding of the report.
    pub fn verify(folder: &Path, kept: Option<&Path>) -> Proved<Self> {
        let key = key_in(&folder.join("data"))?;
        let kept = kept.map(|path| checkpoint_in(path, &key)).transpose()?;
        let disk = Disk::new(&folder.join("data/journal"));
        // First without the kept checkpoint: only the report says whether it lies within what was
        // restored. A later one is a loss (`loss`), and no contradiction.
        let report = verify(&disk, &VerifyAgainst::key(&key), |_, _| {})?;
        let earlier = kept.as_ref().filter(|kept| kept.size <= report.size);
        let report = match earlier {
            None => report,
            Some(_) => verify(
                &disk,
                &VerifyAgainst {
                    earlier,
                    ..VerifyAgainst::key(&key)
                },
                |_, _| {},
            )?,
        };
        Ok(Self { report, key })
    }

    /// What contradicts itself, one line each. Its key must be the one that signs in `data`.
    ///
    /// # Errors
    /// When the key in `data` cannot be read.
    pub fn faults(&self, data: &Path) -> Proved<Vec<String>> {
        let findings = self.report.findings.iter();
        let mut faults: Vec<String> = findings
            .map(|finding| format!("{} {}", finding.kind, finding.detail))
            .collect();
        if key_in(data)?.to_text() != self.key.to_text() {
            faults.push("journal.pub".to_owned());
        }
        Ok(faults)
    }

    /// Whether it is the beginning of the journal in `data`; `None` where there is none.
    ///
    /// # Errors
    /// When that journal cannot be read.
    pub fn begins(&self, data: &Path) -> Proved<Option<bool>> {
        let live = data.join("journal");
        let checkpoint = live.join("checkpoint");
        let is_there = checkpoint.try_exists();
        if !is_there.map_err(ContinuityError::file(&checkpoint))? {
            return Ok(None);
        }
        let disk = Disk::new(&live);
        let head = Checkpoint::open(&reader::checkpoint_note(&disk)?, &self.key)?;
        if head.size < self.report.size {
            return Ok(Some(false));
        }
        let root = Prover::new(&disk, head.size).root(self.report.size)?;
        Ok(Some(self.report.root == Some(root)))
    }

    /// What is missing up to a checkpoint that was kept elsewhere.
    ///
    /// # Errors
    /// When the checkpoint cannot be read, or is not this journal's.
    pub fn loss(&self, data_of: Timestamp, kept: Option<&Path>) -> Proved<Loss> {
        let restored = JournalPoint {
            entries: self.report.size,
            at: data_of,
        };
        let last = match kept {
            None => LastKnown::Nothing,
            Some(path) => {
                let kept = checkpoint_in(path, &self.key)?;
                LastKnown::Kept(kept.size)
            }
        };
        Ok(loss::between(restored, last)
            .expect("a kept checkpoint never contradicts: it is a lower bound"))
    }
}

fn checkpoint_in(path: &Path, key: &Verifier) -> Proved<Checkpoint> {
    let note = fs::read_to_string(path).map_err(ContinuityError::file(path))?;
    Ok(Checkpoint::open(&note, key)?)
}

/// What is wrong with a restored state, one line each: it is opened, migrated and checked. A dump of
/// PostgreSQL is restored into an empty database of `server`; `None` without one: then nothing was
/// tried.
///
/// # Errors
/// When it does not open.
pub fn state_faults(folder: &Path, server: Option<&str>) -> Proved<Option<Vec<String>>> {
    let dump = folder.join("data").join(DUMP);
    if dump.try_exists().map_err(ContinuityError::file(&dump))? {
        let Some(server) = server else {
            return Ok(None);
        };
        let database = ProofDatabase::restore(server, &dump)?;
        let faults = ContinuityError::runtime_for(&dump)?.block_on(faults_of(&database.url()));
        return faults.map(Some);
    }
    let file = folder.join("data/state.db");
    let url = format!("sqlite:{}", file.display());
    let faults = ContinuityError::runtime_for(&file)?.block_on(faults_of(&url));
    faults.map(Some)
}

async fn faults_of(url: &str) -> Proved<Vec<String>> {
    let store = Store::open(url).await?;
    // PostgreSQL checked every key while the dump was loaded, and has no other question.
    let mut faults = if is_postgres(url) {
        Vec::new()
    } else {
        store.integrity_faults().await?
    };
    // A state without a single account is an empty file that was migrated.
    if store.accounts().await?.is_empty() {
        faults.push("accounts: 0".to_owned());
    }
    store.close().await;
    Ok(faults)
}
