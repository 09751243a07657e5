//! Errors by what the caller can do about them.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use rustic_core::{ErrorKind, RusticError};

use crate::{RepositoryId, SnapshotId};

/// What went wrong in a repository.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the password does not open this repository")]
    WrongKey(#[source] Box<RusticError>),
    #[error("there is no repository at {0}")]
    NoRepository(String),
    #[error("there is a repository at {0} already")]
    RepositoryExists(String),
    /// It was replaced, or another disk is plugged in.
    #[error("the repository at {place} is {found}, not {expected}")]
    OtherRepository {
        place: String,
        expected: RepositoryId,
        found: RepositoryId,
    },
    #[error("no space is left at {place}")]
    StorageFull {
        place: String,
        #[source]
        source: io::Error,
    },
    #[error("another backup is writing to {0}")]
    Busy(String),
    #[error("{place} does not answer")]
    Unreachable {
        place: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store does not allow it: for a deletion, as it should.
    #[error("{place} refuses ({status})")]
    Refused { place: String, status: u16 },
    /// What was written is not locked as it was asked to be.
    #[error("{place} took {file} and did not lock it")]
    NotLocked { place: String, file: String },
    /// The library ended in a fault of its own, as it does on some damaged packs.
    #[error("the repository at {place} is damaged: reading it broke off")]
    ReadingBroken { place: String },
    #[error("the repository at {place} is damaged")]
    Damaged {
        place: String,
        #[source]
        source: Box<RusticError>,
    },
    #[error("no snapshot {0}")]
    NoSnapshot(SnapshotId),
    /// A restore goes into a new or an empty folder only.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// The snapshot holds a name that would be written outside the folder of the restore.
    #[error("the snapshot names {0}, outside the folder of the restore")]
    Escapes(PathBuf),
    #[error("{path}")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{name} could not be started")]
    CommandNotStarted {
        name: String,
        #[source]
        source: io::Error,
    },
    /// Nothing of its output was stored.
    #[error("{name} ended with {status}")]
    CommandFailed { name: String, status: String },
    #[error("the repository library failed at {place}")]
    Library {
        place: String,
        #[source]
        source: Box<RusticError>,
    },
}

/// What a store below the library says; found again in the chain of the library's errors.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreFault {
    #[error("refused: {0}")]
    Refused(u16),
    #[error("no answer")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    #[error("the store took {0} and did not lock it")]
    NotLocked(String),
    #[error("the file does not have the hash that is its name")]
    WrongHash,
    #[error("an answer that the protocol does not allow: {0}")]
    Protocol(String),
}

impl StoreFault {
    /// As the library wants its errors.
    pub(crate) fn wrap(self, what: &'static str) -> Box<RusticError> {
        RusticError::with_source(ErrorKind::Backend, what, self)
    }
}

impl BackupError {
    /// Finds the cause in a chain of the library's errors.
    pub(crate) fn of(place: &str, error: Box<RusticError>) -> Self {
        let place = place.to_owned();
        if error.is_incorrect_password() {
            return Self::WrongKey(error);
        }
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(one) = cause {
            if let Some(io) = one.downcast_ref::<io::Error>()
                && matches!(
                    io.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                )
            {
                let source = io::Error::from(io.kind());
                return Self::StorageFull { place, source };
            }
            match one.downcast_ref::<StoreFault>() {
                Some(StoreFault::Refused(status)) => {
                    return Self::Refused {
                        place,
                        status: *status,
                    };
                }
                Some(StoreFault::Unreachable(_)) => {
                    return Self::Unreachable {
                        place,
                        source: error,
                    };
                }
                Some(StoreFault::NotLocked(file)) => {
                    let file = file.clone();
                    return Self::NotLocked { place, file };
                }
                Some(StoreFault::WrongHash) => {
                    return Self::Damaged {
                        place,
                        source: error,
                    };
                }
                Some(StoreFault::Protocol(_)) | None => {}
            }
            cause = one.source();
        }
        Self::Library {
            place,
            source: error,
        }
    }
}
