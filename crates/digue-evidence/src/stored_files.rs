//! Stored files, each compared with the hash that the journal holds of it.
//!
//! A row that names its own hash proves nothing: who changes the bytes changes the row as well. The
//! hash therefore comes from an act, or from a record that an act confirms, and never from the row.

use digue_app::files::sha256;
use digue_app::{App, OperationError};
use digue_types::Timestamp;

use crate::stored_records::{JournalStatement, JournalledAct, RecordConfirmation, StoredFault};

/// The hash of a file and when it was kept, as the journal has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalledFile {
    hash: String,
    kept_at: Timestamp,
    /// Its act may be among those that are no longer readable: only the bytes are compared.
    is_older: bool,
}

impl JournalledFile {
    /// The file of an act whose text is the hash.
    pub fn of_act(act: &JournalledAct) -> Self {
        Self {
            hash: act.after.clone(),
            kept_at: act.at,
            is_older: false,
        }
    }

    /// The file that a record names.
    ///
    /// # Errors
    /// `FileAltered` when the record differs from the journal: its hash is then not that of the
    /// file that was kept.
    pub fn of_record(
        hash: &str,
        kept_at: Timestamp,
        record: RecordConfirmation,
    ) -> Result<Self, OperationError> {
        let is_older = match record {
            RecordConfirmation::Same => false,
            RecordConfirmation::Older => true,
            RecordConfirmation::Differs => return Err(OperationError::FileAltered(kept_at)),
        };
        let hash = hash.to_owned();
        Ok(Self {
            hash,
            kept_at,
            is_older,
        })
    }

    /// A file of which no act is known: one of before the first readable act, or one that nobody
    /// kept.
    ///
    /// # Errors
    /// `FileAltered` while the journal is complete: it would hold the act.
    pub fn without_act(
        hash: &str,
        kept_at: Timestamp,
        statement: &JournalStatement<'_>,
    ) -> Result<Self, OperationError> {
        Self::of_record(hash, kept_at, statement.unless_older(kept_at, false))
    }

    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub const fn kept_at(&self) -> Timestamp {
        self.kept_at
    }
}

/// Whether a stored file is the one that was kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileState {
    Intact,
    /// Its bytes have the hash that names them; the act that would confirm the hash is no longer
    /// readable.
    Older,
    Altered,
    Missing,
}

impl FileState {
    /// True for a file that may be handed out.
    pub const fn is_servable(self) -> bool {
        match self {
            Self::Intact | Self::Older => true,
            Self::Altered | Self::Missing => false,
        }
    }

    /// What is wrong with it; `None` for the file that was kept.
    pub const fn fault(self) -> Option<StoredFault> {
        match self {
            Self::Intact => None,
            Self::Older => Some(StoredFault::Older),
            Self::Altered => Some(StoredFault::Differs),
            Self::Missing => Some(StoredFault::Missing),
        }
    }
}

/// The content of a file about a subject.
///
/// # Errors
/// `FileAltered` when it is not the one that was kept; `NotFound` when it is gone.
pub async fn read(
    app: &App,
    subject: &str,
    file: &JournalledFile,
) -> Result<Vec<u8>, OperationError> {
    let stored = app.store().file_bytes(subject, &file.hash).await?;
    let bytes = stored.ok_or(OperationError::NotFound("file"))?;
    if sha256(&bytes) == file.hash {
        Ok(bytes)
    } else {
        Err(OperationError::FileAltered(file.kept_at))
    }
}

/// Whether the stored file is the one that was kept, for lists that do not serve it.
///
/// # Errors
/// `Unavailable` when the store cannot be read.
pub async fn state(
    app: &App,
    subject: &str,
    file: &JournalledFile,
) -> Result<FileState, OperationError> {
    match read(app, subject, file).await {
        Ok(_) if file.is_older => Ok(FileState::Older),
        Ok(_) => Ok(FileState::Intact),
        Err(OperationError::FileAltered(_)) => Ok(FileState::Altered),
        Err(OperationError::NotFound(_)) => Ok(FileState::Missing),
        Err(error) => Err(error),
    }
}
