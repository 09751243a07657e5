//! Restores into an empty folder: what a snapshot may bring back, and what it may not.
//!
//! A snapshot's author may be a thief, and a restore often runs as root. So no file comes back with
//! the rights of another account, no device is made, no link leads out of the folder, and the owner
//! of a file is the one who restores, unless a person asks for the owners of the snapshot.

use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use ring::digest::{SHA256, digest};
use rustic_core::repofile::{Node, NodeType, SnapshotFile};
use rustic_core::{
    IndexedFullStatus, LocalDestination, LsOptions, Repository, RestoreOptions, RusticResult,
};

use crate::SnapshotId;
use crate::error::BackupError;
use crate::repository::{BackupRepository, shown};

/// What a restore brought back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RestoredFiles {
    pub files: u64,
    pub bytes: u64,
    /// Files whose content is not what the snapshot says, or that are missing.
    pub differing: Vec<String>,
    /// What the snapshot holds and no restore makes: devices, pipes, sockets, and links that lead
    /// out of the folder.
    pub left_out: Vec<String>,
}

/// Whose the restored files are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestoredOwners {
    /// The account that restores.
    Restorer,
    /// Those of the snapshot, by name and else by number: only root can give files away.
    OfSnapshot,
}

impl BackupRepository {
    /// Restores a snapshot into a folder that is new or empty, and compares every file with its
    /// hashes.
    ///
    /// # Errors
    /// `NotEmpty`, `Escapes`, `NoSnapshot`; what the store says.
    pub fn restore(&self, id: &SnapshotId, into: &Path) -> Result<RestoredFiles, BackupError> {
        self.restore_owned(id, into, RestoredOwners::Restorer)
    }

    /// The same, with the owners that were asked for.
    ///
    /// # Errors
    /// As for `restore`.
    pub fn restore_owned(
        &self,
        id: &SnapshotId,
        into: &Path,
        owners: RestoredOwners,
    ) -> Result<RestoredFiles, BackupError> {
        must_be_empty(into)?;
        self.unbroken(|| self.restore_whole(id, into, owners))
    }

    fn restore_whole(
        &self,
        id: &SnapshotId,
        into: &Path,
        owners: RestoredOwners,
    ) -> Result<RestoredFiles, BackupError> {
        let failed = |error| self.failed(error);
        let (indexed, snapshot) = self.indexed(id)?;
        // Before a byte is written: names that lead out of the folder.
        let mut left_out = Vec::new();
        self.each_node(&indexed, &snapshot, &mut |path, node| {
            if !may_be_made(path, node) {
                left_out.push(shown(path));
            }
            Ok(())
        })?;
        let root = self.root(&indexed, &snapshot)?;
        let streamer = indexed.ls(&root, &LsOptions::default()).map_err(failed)?;
        let streamer = streamer.filter_map(harmless);
        let to = into
            .to_str()
            .ok_or_else(|| BackupError::Escapes(into.to_owned()))?;
        let destination = LocalDestination::new(to, true, !root.is_dir()).map_err(failed)?;
        let keeps_restorer = owners == RestoredOwners::Restorer;
        let options = RestoreOptions::default().no_ownership(keeps_restorer);
        let plan = indexed
            .prepare_restore(&options, streamer.clone(), &destination, false)
            .map_err(failed)?;
        indexed
            .restore(plan, &options, streamer, &destination)
            .map_err(failed)?;
        let mut restored = self.compare(&indexed, &snapshot, into)?;
        restored.left_out = left_out;
        Ok(restored)
    }

    /// Compares restored files with the hashes of their pieces.
    fn compare(
        &self,
        indexed: &Repository<IndexedFullStatus>,
        snapshot: &SnapshotFile,
        restored: &Path,
    ) -> Result<RestoredFiles, BackupError> {
        let mut result = RestoredFiles::default();
        self.each_file(indexed, snapshot, &mut |path, node| {
            let pieces = pieces_of(indexed, node).map_err(|error| self.failed(error))?;
            result.files += 1;
            result.bytes += node.meta.size;
            if !is_same(&restored.join(path), &pieces) {
                result.differing.push(shown(path));
            }
            Ok(())
        })?;
        Ok(result)
    }
}

/// Permissions of owner, group and others. What is above them, in the format's own numbers, makes a
/// program run as another account.
const PERMISSIONS: u32 = 0o777;

/// A node as it is restored; `None` for one that is not made. What could not be read stays an error.
fn harmless(item: RusticResult<(PathBuf, Node)>) -> Option<RusticResult<(PathBuf, Node)>> {
    let (path, mut node) = match item {
        Ok(item) => item,
        Err(error) => return Some(Err(error)),
    };
    if !may_be_made(&path, &node) {
        return None;
    }
    node.meta.mode = node.meta.mode.map(|mode| mode & PERMISSIONS);
    // `security.capability` does what the bits do that were taken away, and `trusted.` is the
    // system's.
    let is_of_users = |name: &str| name.starts_with("user.");
    node.meta
        .extended_attributes
        .retain(|attribute| is_of_users(&attribute.name));
    Some(Ok((path, node)))
}

fn may_be_made(path: &Path, node: &Node) -> bool {
    match &node.node_type {
        NodeType::File | NodeType::Dir => true,
        NodeType::Symlink { .. } => leads_inside(path, node.node_type.to_link()),
        NodeType::Dev { .. } | NodeType::Chardev { .. } | NodeType::Fifo | NodeType::Socket => {
            false
        }
    }
}

/// True when a link at `path` leads to something in the folder of the restore. Upward steps count at
/// its beginning only, and never above the folder: after a name, which may be a link itself, they
/// lead who knows where.
fn leads_inside(path: &Path, target: &Path) -> bool {
    let mut depth = path.components().count().saturating_sub(1);
    let mut has_begun = false;
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => has_begun = true,
            Component::ParentDir if has_begun || depth == 0 => return false,
            Component::ParentDir => depth -= 1,
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// The length and the name of each piece of a file.
fn pieces_of(
    indexed: &Repository<IndexedFullStatus>,
    node: &Node,
) -> RusticResult<Vec<(usize, String)>> {
    let mut pieces = Vec::new();
    for blob in node.content.iter().flatten() {
        let length = indexed.get_index_entry(blob)?.data_length() as usize;
        pieces.push((length, blob.to_hex().as_str().to_owned()));
    }
    Ok(pieces)
}

fn must_be_empty(folder: &Path) -> Result<(), BackupError> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(BackupError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(BackupError::File {
            path: folder.to_owned(),
            source,
        }),
    }
}

/// True when the file consists of pieces of these lengths and SHA-256.
fn is_same(path: &Path, pieces: &[(usize, String)]) -> bool {
    let Ok(mut file) = fs::File::open(path) else {
        return false;
    };
    for (length, expected) in pieces {
        let mut piece = vec![0; *length];
        if file.read_exact(&mut piece).is_err() {
            return false;
        }
        let found: String = digest(&SHA256, &piece)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if found != *expected {
            return false;
        }
    }
    matches!(file.read(&mut [0]), Ok(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_may_lead_to_what_is_restored_beside_it_and_nowhere_else() {
        let leads = |path: &str, target: &str| leads_inside(Path::new(path), Path::new(target));
        for (path, target) in [
            ("a", "b"),
            ("a/b", "../c"),
            ("a/b/c", "../../d/e"),
            ("a", "./b"),
            ("a/b", "."),
        ] {
            assert!(leads(path, target), "{path} {target}");
        }
        for (path, target) in [
            ("a", "/etc/passwd"),
            ("a", ".."),
            ("a/b", "../../c"),
            ("a", "b/.."),
            ("a/b/c", "../d/../../.."),
            ("a", "b/../../c"),
        ] {
            assert!(!leads(path, target), "{path} {target}");
        }
    }
}
