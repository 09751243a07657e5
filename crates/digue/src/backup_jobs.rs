//! The jobs of backups, each a process of its own: a repository that hangs must not hold Digue.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use digue_backup_acts::schedule::{BackupJob, DueJob};
use digue_continuity::place::RepositorySettings;

/// The command line of a job. `None` for a disk that is not plugged in, and for a folder without a
/// repository: the checks say since when nothing came there.
pub(crate) fn backup_command(
    config: &Path,
    repositories: &[RepositorySettings],
    job: &DueJob,
) -> io::Result<Option<Command>> {
    let known = repositories
        .iter()
        .find(|known| known.name == job.repository);
    let Some(known) = known.filter(|known| known.place.is_there()) else {
        return Ok(None);
    };
    // Elsewhere the credential of this machine must not be able to: a person brings another one.
    if job.job == BackupJob::Delete && !known.place.is_folder() {
        return Ok(None);
    }
    let words: &[&str] = match job.job {
        BackupJob::Make => &["backup"],
        BackupJob::Verify => &["backup", "--verify"],
        BackupJob::TryDeletion => &["backup", "--try-deletion"],
        BackupJob::Drill => &["drill"],
        BackupJob::Delete => &["backup", "--delete-agreed"],
    };
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(words)
        .args(["--repository", &job.repository, "--config"])
        .arg(config);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Ok(Some(command))
}
