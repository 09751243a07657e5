//! Errors by what the operator can do about them.

use std::io;
use std::path::{Path, PathBuf};

use digue_backup::BackupError;
use digue_journal::OpenError;
use digue_journal::note::NoteError;
use digue_store::StoreError;

/// Why Digue could not be laid out, or a restore not be proved.
#[derive(Debug, thiserror::Error)]
pub enum ContinuityError {
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("{path}")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the system gives no thread to wait with")]
    Thread(#[source] io::Error),
    #[error("the journal cannot be read")]
    Journal(#[from] OpenError),
    #[error("a checkpoint or key of the journal cannot be read")]
    Note(#[from] NoteError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Neither in SQLite nor in PostgreSQL.
    #[error("the state is in a place that Digue cannot back up")]
    StateElsewhere,
    /// What a program of PostgreSQL says; its package is not installed, for instance.
    #[error("{program}: {said}")]
    Postgres { program: &'static str, said: String },
    #[error("there is no backup of {0}")]
    NoBackupOf(String),
    #[error("{path} is not what a backup of Digue says of itself")]
    Manifest {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("{path} has no date that can be read: {date}")]
    ManifestDate { path: PathBuf, date: String },
}

impl ContinuityError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }

    /// A runtime on this thread for work on a file.
    pub(crate) fn runtime_for(path: &Path) -> Result<tokio::runtime::Runtime, Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.map_err(Self::file(path))
    }

    /// The error with its causes, in one line.
    pub fn chain(&self) -> String {
        let mut said = vec![self.to_string()];
        let mut cause = std::error::Error::source(self);
        while let Some(one) = cause {
            said.push(one.to_string());
            cause = one.source();
        }
        said.join(": ")
    }
}
