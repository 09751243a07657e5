//! The file that a document names, as the journal confirms it.

use digue_app::{App, OperationError};
use digue_evidence::stored_files::JournalledFile;
use digue_isms::kinds::RegisterKind;
use digue_store::RevisionRecord;

use super::compared::settled_record;
use super::parsed;

/// The file that a document in force names, as the journal confirms it.
pub(super) async fn of_document(app: &App, id: &str) -> Result<JournalledFile, OperationError> {
    of_record(app, RegisterKind::Document, id).await
}

/// The file that a record in force names.
///
/// # Errors
/// `FileAltered` when the record itself differs from the journal, or is not the last one there;
/// `NotFound` without a file.
pub(super) async fn of_record(
    app: &App,
    kind: RegisterKind,
    id: &str,
) -> Result<JournalledFile, OperationError> {
    let (document, confirmation) = settled_record(app, kind, id).await?;
    let hash = document
        .values
        .get("file")
        .and_then(|texts| texts.first())
        .ok_or(OperationError::NotFound("file"))?;
    let history = app
        .store()
        .revisions(document.kind.code(), &document.id)
        .await?;
    // Later revisions name the same file: it was kept with the first of them.
    let kept_at = history
        .iter()
        .find(|one| file_of(one).as_ref() == Some(hash))
        .map_or(document.at, |first| first.at);
    JournalledFile::of_record(hash, kept_at, confirmation)
}

pub(super) fn file_of(record: &RevisionRecord) -> Option<String> {
    let (_, values) = parsed(record)?;
    values.get("file")?.first().cloned()
}
