//! What is usual for a source, kept beside its backups, and the judgement on a new one.

use std::fs;
use std::path::Path;

use digue_backup::SnapshotId;
use digue_backup::repository::{BackupRepository, MadeBackup};
use digue_backup::signs::{EncryptionScore, SourceChange, SuspicionLevel, UsualChange, score};

use crate::ContinuityError;

/// Changed files whose heads are compared.
const SAMPLED_MAX: usize = 400;
/// Backups that are remembered.
const REMEMBERED: usize = 60;

/// What the comparison with an earlier backup says.
pub struct JudgedBackup {
    pub score: EncryptionScore,
    /// Canaries that neither of the two has: their names are misspelt, or they were never laid out.
    pub missing: Vec<String>,
}

/// Compares a backup with an earlier one; `habit` is the file with the shares of others. `canaries`
/// are paths in the source that nobody has a reason to touch.
///
/// # Errors
/// When the repository or the file cannot be read or written.
pub fn judge(
    repository: &BackupRepository,
    baseline: &SnapshotId,
    made: &MadeBackup,
    canaries: &[String],
    habit: &Path,
) -> Result<JudgedBackup, ContinuityError> {
    let mut shares: Vec<f64> = match fs::read(habit) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map_err(|source| ContinuityError::Manifest {
                path: habit.to_owned(),
                source,
            })?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(ContinuityError::file(habit)(error)),
    };
    let (before, after) = (
        repository.listing(baseline)?,
        repository.listing(&made.snapshot)?,
    );
    let change = SourceChange::between(&before, &after, canaries);
    let in_neither = |path: &&String| !before.contains_key(*path) && !after.contains_key(*path);
    let missing = canaries.iter().filter(in_neither).cloned().collect();
    let sampled = &change.modified[..change.modified.len().min(SAMPLED_MAX)];
    let types = repository.sample(baseline, &made.snapshot, sampled)?;
    let judged = score(&change, &types, &UsualChange::new(&shares));
    // After the judgement, and of clean ones alone: otherwise an encrypted source would count itself
    // as usual, and a thief who begins slowly would raise what is.
    if judged.level == SuspicionLevel::Clean {
        shares.push(change.touched_share());
        let from = shares.len().saturating_sub(REMEMBERED);
        write(habit, &shares[from..]).map_err(ContinuityError::file(habit))?;
    }
    Ok(JudgedBackup {
        score: judged,
        missing,
    })
}

/// Whole or not at all: a torn file would be an error at every later backup.
fn write(habit: &Path, shares: &[f64]) -> std::io::Result<()> {
    if let Some(folder) = habit.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = habit.with_extension("draft");
    fs::write(&draft, serde_json::to_vec(shares)?)?;
    fs::rename(draft, habit)
}
