//! Why a backup was not made, as the journal keeps it.

use serde::{Deserialize, Serialize};

use crate::error::BackupError;

/// Why a backup was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupFailure {
    WrongKey,
    NoRepository,
    OtherRepository,
    StorageFull,
    Busy,
    Unreachable,
    Refused,
    Damaged,
    NotLocked,
    CommandFailed,
    /// A file of the source, or of the machine.
    File,
    Library,
}

impl BackupFailure {
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "wrong-key",
            Self::NoRepository => "no-repository",
            Self::OtherRepository => "other-repository",
            Self::StorageFull => "storage-full",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
            Self::NotLocked => "not-locked",
            Self::CommandFailed => "command-failed",
            Self::File => "file",
            Self::Library => "library",
        }
    }
}

impl From<&BackupError> for BackupFailure {
    fn from(error: &BackupError) -> Self {
        match error {
            BackupError::WrongKey(_) => Self::WrongKey,
            BackupError::NoRepository(_) | BackupError::NoSnapshot(_) => Self::NoRepository,
            BackupError::OtherRepository { .. } | BackupError::RepositoryExists(_) => {
                Self::OtherRepository
            }
            BackupError::StorageFull { .. } => Self::StorageFull,
            BackupError::Busy(_) => Self::Busy,
            BackupError::Unreachable { .. } => Self::Unreachable,
            BackupError::Refused { .. } => Self::Refused,
            BackupError::Damaged { .. } | BackupError::ReadingBroken { .. } => Self::Damaged,
            BackupError::NotLocked { .. } => Self::NotLocked,
            BackupError::CommandNotStarted { .. } | BackupError::CommandFailed { .. } => {
                Self::CommandFailed
            }
            BackupError::NotEmpty(_) | BackupError::Escapes(_) | BackupError::File { .. } => {
                Self::File
            }
            BackupError::Library { .. } => Self::Library,
        }
    }
}
