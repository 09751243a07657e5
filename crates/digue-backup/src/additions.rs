//! What lies in a repository and is none of our backups.
//!
//! The holder of a store's credential may add to it, and the holder of its key may add what reads
//! well. None of that keeps a true snapshot from being restored, verified or tidied: it is passed
//! over, and told by name.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::SnapshotId;

/// Something that was added.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct AddedFile {
    /// Below the repository, as in `snapshots/3f2a…`.
    pub file: String,
    pub cause: AdditionCause,
}

/// Why it is none of ours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdditionCause {
    /// No file of a repository has this name, or it is a folder, a link or a pipe.
    ForeignName,
    /// Longer than any file of its kind.
    TooLarge,
    /// Its content is not what its name says.
    WrongHash,
    /// The disk does not give it.
    Unreadable,
    /// Not written with the key of this repository.
    NotOurs,
    /// A key file that opens another repository, or asks for more work than any of ours.
    UselessKey,
    /// A key file that opens this repository, and that the journal does not know.
    UnknownKey,
    /// An index that claims what is not so: packs that are not there, pieces that are others.
    FalseIndex,
    /// A pack that no index names: of a backup that broke off, or added.
    UnnamedPack,
    /// A snapshot that the journal does not know.
    UnknownSnapshot,
    /// A snapshot that the journal does not know, and whose files are not there.
    BrokenSnapshot,
}

impl AdditionCause {
    pub const ALL: [Self; 11] = [
        Self::ForeignName,
        Self::TooLarge,
        Self::WrongHash,
        Self::Unreadable,
        Self::NotOurs,
        Self::UselessKey,
        Self::UnknownKey,
        Self::FalseIndex,
        Self::UnnamedPack,
        Self::UnknownSnapshot,
        Self::BrokenSnapshot,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::ForeignName => "foreign-name",
            Self::TooLarge => "too-large",
            Self::WrongHash => "wrong-hash",
            Self::Unreadable => "unreadable",
            Self::NotOurs => "not-ours",
            Self::UselessKey => "useless-key",
            Self::UnknownKey => "unknown-key",
            Self::FalseIndex => "false-index",
            Self::UnnamedPack => "unnamed-pack",
            Self::UnknownSnapshot => "unknown-snapshot",
            Self::BrokenSnapshot => "broken-snapshot",
        }
    }
}

/// What the journal knows of a repository.
#[derive(Clone, Debug, Default)]
pub struct KnownFiles {
    /// Every snapshot that it has, suspect ones included.
    pub snapshots: BTreeSet<SnapshotId>,
    /// Names of key files that were added for a recovery key.
    pub keys: BTreeSet<String>,
}

/// So many additions are named in one entry of the journal; the rest is counted.
pub const NAMED_MAX: usize = 50;

/// Additions as an entry of the journal names them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AdditionList {
    pub named: Vec<AddedFile>,
    /// How many more there are.
    #[serde(default)]
    pub more: u64,
}

impl AdditionList {
    /// What says most comes first: unnamed packs are what a broken-off backup leaves, too.
    pub fn of(mut all: Vec<AddedFile>) -> Self {
        all.sort_by_key(|one| (one.cause == AdditionCause::UnnamedPack, one.clone()));
        let more = all.len().saturating_sub(NAMED_MAX) as u64;
        all.truncate(NAMED_MAX);
        Self { named: all, more }
    }

    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_what_says_most_is_named() {
        let packs = (0..80).map(|number| AddedFile {
            file: format!("data/{number}"),
            cause: AdditionCause::UnnamedPack,
        });
        let snapshot = AddedFile {
            file: "snapshots/a".to_owned(),
            cause: AdditionCause::UnknownSnapshot,
        };
        let list = AdditionList::of(packs.chain([snapshot.clone()]).collect());
        assert_eq!((list.named.len(), list.more), (NAMED_MAX, 31));
        assert_eq!(list.named[0], snapshot);
    }
}
