//! Files of the data folder that a gateway needs which takes over: written into the database by the
//! one that serves, fenced by its lease.
//!
//! Which files these are, and what is in them, is not known here. A later reader compares them with
//! what the state remembers of them.

use std::fs;
use std::io;
use std::path::{Component, Path};

use ring::digest::{SHA256, digest};

use crate::lease::HeldFence;
use crate::log::{BootId, CommitAttempt};
use crate::postgres::PostgresJournal;
use crate::publisher::SharedJournalError;

/// A row of PostgreSQL holds 1 GB at most, and a backend several copies of it.
const PART_BYTES: usize = 8 << 20;
/// Larger files are not carried by the database: they belong on storage that all gateways see.
pub const FILE_BYTES_MAX: u64 = 512 << 20;

/// What became of a file that was to be shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SharingOutcome {
    Shared,
    /// Another gateway serves: its files count.
    Deposed,
    /// Not acknowledged: to be tried again.
    NotAcknowledged(String),
    TooLong,
}

/// The shared files, over a connection of their own: a large one must not hold entries up.
pub struct SharedFiles {
    pub(crate) database: PostgresJournal,
    pub(crate) fence: HeldFence,
    pub(crate) boot: BootId,
}

impl SharedFiles {
    /// Stores the file `path` (relative to `folder`, `/` between its parts) as it is on the disk.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn share(&mut self, folder: &Path, path: &str) -> io::Result<SharingOutcome> {
        let place = folder.join(path);
        if fs::metadata(&place)?.len() > FILE_BYTES_MAX {
            return Ok(SharingOutcome::TooLong);
        }
        let content = fs::read(&place)?;
        let Some(fence) = self.fence.current() else {
            return Ok(SharingOutcome::Deposed);
        };
        // An empty file has one part, too: the first one stands for the file.
        let mut parts: Vec<&[u8]> = content.chunks(PART_BYTES).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let digest = sha256(&content);
        Ok(
            match self
                .database
                .put_file(&fence, self.boot, path, &digest, &parts)
            {
                CommitAttempt::Acknowledged(()) => SharingOutcome::Shared,
                CommitAttempt::Refused(crate::log::CommitRefusal::Fenced) => {
                    SharingOutcome::Deposed
                }
                CommitAttempt::Refused(refusal) => {
                    SharingOutcome::NotAcknowledged(refusal.to_string())
                }
                CommitAttempt::Doubtful(cause) => SharingOutcome::NotAcknowledged(cause),
            },
        )
    }

    /// Writes every shared file into `folder` whose content is another there; the paths of those that
    /// were written. Files that are not shared stay. Only what lies under one of `shared` is taken: who
    /// writes to the database must not put a key or a map into place.
    ///
    /// # Errors
    /// `Folder` when one lies elsewhere, is damaged in the database, or cannot be written.
    pub fn fetch(
        &mut self,
        folder: &Path,
        shared: &[&str],
    ) -> Result<Vec<String>, SharedJournalError> {
        let mut written = Vec::new();
        for (path, wanted) in self.database.stored_files()? {
            let fault = |text: &dyn ToString| {
                SharedJournalError::Folder(format!("{path}: {}", text.to_string()))
            };
            if !is_inside(&path, shared) {
                return Err(fault(&"a shared file outside the folders that are shared"));
            }
            let place = folder.join(&path);
            match fs::read(&place) {
                Ok(known) if sha256(&known) == wanted => continue,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(fault(&error)),
            }
            let content = self.database.file_parts(&path)?.concat();
            if sha256(&content) != wanted {
                return Err(fault(&"it is not what was shared"));
            }
            keep(&place, &content).map_err(|error| fault(&error))?;
            written.push(path);
        }
        Ok(written)
    }
}

/// A path below one of the shared folders that cannot leave it, whatever is in the database.
fn is_inside(path: &str, shared: &[&str]) -> bool {
    let path = Path::new(path);
    let is_shared = |part: Component<'_>| shared.iter().any(|one| part.as_os_str() == *one);
    path.components().count() > 1
        && path.components().next().is_some_and(is_shared)
        && path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// Written beside, synced and renamed.
fn keep(place: &Path, content: &[u8]) -> io::Result<()> {
    let folder = place
        .parent()
        .ok_or_else(|| io::Error::other("it has no folder"))?;
    fs::create_dir_all(folder)?;
    let draft = place.with_extension("fetched");
    fs::write(&draft, content)?;
    fs::File::open(&draft)?.sync_all()?;
    fs::rename(&draft, place)?;
    fs::File::open(folder)?.sync_all()
}

fn sha256(content: &[u8]) -> [u8; 32] {
    digest(&SHA256, content)
        .as_ref()
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shared_file_leaves_the_folders_that_are_shared() {
        let is_inside = |path| is_inside(path, &["caseloads", "incidents"]);
        for path in ["caseloads/nir.csv", "incidents/i-1/affected-1.ndjson"] {
            assert!(is_inside(path), "{path}");
        }
        for path in [
            "",
            "state.db",
            "/etc/passwd",
            "keys/journal.key",
            "portals/kairos.toml",
            "caseloads",
            "caseloads/../keys/journal.key",
            "../keys/journal.key",
            "a/../../b",
            "./a",
        ] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
