//! The heads of the journal that are kept outside its folder: the last signed checkpoint, in the
//! store and in a file beside the folder, and the one that the exposure index was built from.
//!
//! An older copy of the folder is valid in itself. If one is restored without replacing all of
//! these, the contradiction is found before anything is written, and neither is changed.

use std::path::{Path, PathBuf};

use digue_app::files::keep;
use digue_app::indexing::IndexFolder;
use digue_app::{App, OperationError};
use digue_exposure::Index;
use digue_journal::OpenError;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::heads::{HeadContradiction, JournalHead, contradiction};
use digue_journal::note::Verifier;
use digue_store::Store;

const FILE: &str = "journal-head";

/// Why a journal must not be opened.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    #[error(transparent)]
    Contradiction(#[from] HeadContradiction),
    #[error("{place} holds a checkpoint that this journal's key did not sign")]
    Foreign { place: String },
    #[error(transparent)]
    Journal(#[from] OpenError),
    #[error("a stored head of the journal cannot be read: {0}")]
    Unreadable(String),
}

/// The file with the journal's last checkpoint.
pub fn file(data_folder: &Path) -> PathBuf {
    data_folder.join(FILE)
}

/// The heads that lie beside the journal: in the file, and in the exposure index.
pub fn beside(data_folder: &Path, key: &Verifier) -> Result<Vec<JournalHead>, HeadError> {
    let unreadable = |error: &dyn ToString| HeadError::Unreadable(error.to_string());
    let mut heads = Vec::new();
    let path = file(data_folder);
    match std::fs::read_to_string(&path) {
        Ok(note) => heads.push(head_of(&note, &path.display().to_string(), key)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        // Only a missing file is no head. One that cannot be read might contradict the journal.
        Err(error) => return Err(unreadable(&error)),
    }
    let index = IndexFolder::new(&data_folder.join("index")).current();
    // The index knows which journal it was built from, and is easily left in place when the
    // journal's folder alone is restored.
    if let Some((size, root)) = Index::remembered(&index).map_err(|error| unreadable(&error))? {
        heads.push(JournalHead {
            place: index.display().to_string(),
            size,
            root: Some(root),
        });
    }
    Ok(heads)
}

fn head_of(note: &str, place: &str, key: &Verifier) -> Result<JournalHead, HeadError> {
    let foreign = |_| HeadError::Foreign {
        place: place.to_owned(),
    };
    let Checkpoint { size, root, .. } = Checkpoint::open(note, key).map_err(foreign)?;
    Ok(JournalHead {
        place: place.to_owned(),
        size,
        root: Some(root),
    })
}

/// Refuses a journal that is older than a stored head, or that contradicts one.
pub async fn must_continue(
    disk: &Disk,
    key: &Verifier,
    data_folder: &Path,
    store: &Store,
) -> Result<(), HeadError> {
    let mut heads = beside(data_folder, key)?;
    let kept = store
        .journal_head()
        .await
        .map_err(|error| HeadError::Unreadable(error.to_string()))?;
    if let Some(note) = kept {
        heads.push(head_of(&note, "the store", key)?);
    }
    match contradiction(disk, key, &heads)? {
        Some(contradiction) => Err(contradiction.into()),
        None => Ok(()),
    }
}

/// Stores the journal's last checkpoint, in the store and beside its folder.
pub async fn remember(app: &App) -> Result<(), OperationError> {
    let size = app.journal().status().checkpoint_size;
    let (note, _) = app
        .journal()
        .continuation(size)
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    // Nothing is written for an unchanged head: the task runs often, and most rounds find the same
    // checkpoint.
    if app.store().journal_head().await?.as_ref() == Some(&note) {
        return Ok(());
    }
    // The store before the file: each alone is enough to notice an older journal, and a crash in
    // between leaves one of them newer.
    app.store().set_journal_head(&note).await?;
    let path = file(app.data_folder());
    let kept = tokio::task::spawn_blocking(move || keep(&path, note.as_bytes())).await;
    let kept = kept.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    kept.map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// Puts the stored heads aside, for an operator who restored an older journal on purpose. They are
/// kept under other names, as evidence of what was there.
pub async fn set_aside(
    data_folder: &Path,
    store: &Store,
    suffix: &str,
) -> Result<(), OperationError> {
    let unavailable = |error: std::io::Error| OperationError::Unavailable(error.to_string());
    for name in [FILE, "index"] {
        let aside = data_folder.join(format!("{name}.{suffix}"));
        match std::fs::rename(data_folder.join(name), aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(unavailable(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(store.set_journal_head_aside(suffix).await?)
}
