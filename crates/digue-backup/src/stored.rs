//! What really lies in a repository, before anything of it is believed.
//!
//! A store lists every name, and says which of them may be a file of a repository. What a thief
//! lays beside the true files is set apart here by its name and size, and in `sifted_store` by its
//! content.

use bytes::Bytes;
use rustic_core::{FileType, Id, RusticResult, WriteBackend};

/// One name in a folder of the repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredFile {
    /// Below the repository, as in `snapshots/3f2a…`.
    pub path: String,
    /// `None` for a name that no file of a repository has, and for what is no file: a folder, a
    /// link, a pipe.
    pub id: Option<Id>,
    pub bytes: u64,
}

/// One lock of restic: the library has none, and does not list them.
#[derive(Clone, Debug)]
pub struct StoredLock {
    pub name: String,
    pub content: Bytes,
}

/// The files of a repository, wherever they are.
pub trait RepositoryFiles: WriteBackend {
    /// Every name that lies where files of this kind belong.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn stored(&self, kind: FileType) -> RusticResult<Vec<StoredFile>>;

    /// What lies in restic's folder of locks.
    ///
    /// # Errors
    /// When they cannot be listed or read.
    fn locks(&self) -> RusticResult<Vec<StoredLock>>;
}

/// Longer than any lock of restic, which names a machine and a person.
pub(crate) const LOCK_BYTES_MAX: u64 = 64 << 10;

impl StoredFile {
    /// A file by its name and the folder in which it lies, such as `snapshots` or `data/3f`.
    pub(crate) fn named(kind: FileType, folder: &str, name: &str, bytes: u64) -> Self {
        Self {
            path: format!("{folder}/{name}"),
            id: canonical(name).filter(|id| kind != FileType::Pack || is_in_its_folder(folder, id)),
            bytes,
        }
    }

    /// What is no file, whatever its name is.
    pub(crate) fn strange(folder: &str, name: &str) -> Self {
        Self {
            path: format!("{folder}/{name}"),
            id: None,
            bytes: 0,
        }
    }

    /// True when the library can be told of it.
    pub(crate) fn is_usable(&self, kind: FileType) -> bool {
        self.id.is_some() && self.bytes <= bytes_max(kind)
    }
}

/// The identifier that a name is, written as the library writes it: in capital letters it would be
/// the same file twice.
fn canonical(name: &str) -> Option<Id> {
    let id: Id = name.parse().ok()?;
    (id.to_hex().as_str() == name).then_some(id)
}

/// Servers show packs in one folder, disks in one of 256.
fn is_in_its_folder(folder: &str, id: &Id) -> bool {
    folder == FileType::Pack.dirname()
        || folder
            .strip_prefix("data/")
            .is_some_and(|first| id.to_hex().as_str()[..2] == *first)
}

/// The longest file of each kind. Ours are far below it; what is longer would be read into memory.
pub(crate) const fn bytes_max(kind: FileType) -> u64 {
    match kind {
        FileType::Config | FileType::Key => 64 << 10,
        FileType::Snapshot => 4 << 20,
        FileType::Index => 128 << 20,
        // What the format can express.
        FileType::Pack => u32::MAX as u64,
    }
}

/// What the library is told: the files that may be files of a repository.
pub(crate) fn usable(kind: FileType, stored: Vec<StoredFile>) -> Vec<(Id, u32)> {
    let usable = stored.into_iter().filter(|file| file.is_usable(kind));
    let listed = usable.filter_map(|file| Some((file.id?, u32::try_from(file.bytes).ok()?)));
    listed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_in_its_place_with_its_own_name_is_usable() {
        let name = "ab".repeat(32);
        let usable = |kind, folder: &str, name: &str, bytes| {
            StoredFile::named(kind, folder, name, bytes).is_usable(kind)
        };
        assert!(usable(FileType::Snapshot, "snapshots", &name, 300));
        assert!(usable(FileType::Pack, "data/ab", &name, 300));
        assert!(usable(FileType::Pack, "data", &name, 300));
        assert!(!usable(FileType::Pack, "data/ac", &name, 300));
        assert!(!usable(
            FileType::Snapshot,
            "snapshots",
            &name.to_uppercase(),
            300
        ));
        assert!(!usable(FileType::Snapshot, "snapshots", ".DS_Store", 300));
        assert!(!usable(FileType::Snapshot, "snapshots", &name, 5 << 20));
        assert!(!usable(FileType::Pack, "data", &name, 1 << 32));
    }
}
