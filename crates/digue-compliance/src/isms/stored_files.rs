//! Stored files, compared with what the journal holds of them: frozen versions of the statement,
//! files of documents and of incidents, and the operator's own template.

use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_casework::incidents;
use digue_evidence::stored_files::{self, FileState, JournalledFile};
use digue_evidence::stored_records::{
    RecordComparison, RecordConfirmation, StoredComparison, StoredKind, with_journal_statement,
};
use digue_isms::kinds::RegisterKind;
use digue_store::FileRecord;
use digue_types::{Subject, Timestamp};

use super::document_files::file_of;
use super::stored::revision_is;
use super::{attachment_of, statement};

pub(crate) const COMPARISONS: &[StoredComparison] = &[
    StoredComparison {
        kind: StoredKind::Statement,
        compare: |app, to| Box::pin(statements(app, to)),
    },
    StoredComparison {
        kind: StoredKind::File,
        compare: |app, to| Box::pin(files(app, to)),
    },
];

async fn statements(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    for version in statement::compared_versions(app).await? {
        let name = match version.number {
            Some(number) => number.to_string(),
            None => version.name,
        };
        note(to, StoredKind::Statement, name, version.state);
    }
    Ok(())
}

fn note(to: &mut RecordComparison, kind: StoredKind, name: String, state: FileState) {
    match state {
        FileState::Intact => to.note(kind, name, RecordConfirmation::Same),
        FileState::Older => to.note(kind, name, RecordConfirmation::Older),
        FileState::Altered => to.note(kind, name, RecordConfirmation::Differs),
        FileState::Missing => to.miss(kind, name),
    }
}

/// A file that a record or an act names.
struct NamedFile {
    /// What names it: `DO-1`.
    name: String,
    subject: String,
    hash: String,
    kept_at: Timestamp,
    confirmation: RecordConfirmation,
}

async fn files(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut named = of_documents(app).await?;
    for incident in app.store().incidents().await? {
        let subject = Subject::Incident(incident.id.clone()).to_string();
        let own = incidents::stored::files_of(app, &incident.id).await?;
        named.extend(own.into_iter().map(|file| NamedFile {
            name: incident.id.clone(),
            subject: subject.clone(),
            hash: file.hash,
            kept_at: file.kept_at,
            confirmation: file.confirmation,
        }));
    }
    named.extend(of_templates(app));
    let mut known = BTreeSet::new();
    for file in named {
        let name = file_name(&file.name, &file.hash);
        let found = JournalledFile::of_record(&file.hash, file.kept_at, file.confirmation);
        let state = match found {
            Ok(journalled) => stored_files::state(app, &file.subject, &journalled).await?,
            // The record that names it differs: it names the file too.
            Err(_) => FileState::Altered,
        };
        note(to, StoredKind::File, name, state);
        known.insert((file.subject, file.hash));
    }
    for file in app.store().all_files().await? {
        let is_known = known.contains(&(file.subject.clone(), file.hash.clone()));
        if !is_known && file.subject != statement::SUBJECT {
            unnamed(app, &file, to).await?;
        }
    }
    Ok(())
}

/// A file that no record names: one of which the record was not written, which no page serves. Its
/// row alone says which file it is: nothing confirms it, and it is not counted as compared.
async fn unnamed(
    app: &App,
    file: &FileRecord,
    to: &mut RecordComparison,
) -> Result<(), OperationError> {
    let own = RecordConfirmation::Same;
    let by_its_row = JournalledFile::of_record(&file.hash, file.kept_at, own)?;
    let state = stored_files::state(app, &file.subject, &by_its_row).await?;
    let name = file_name(&file.subject, &file.hash);
    match state {
        FileState::Intact | FileState::Older => {}
        FileState::Altered | FileState::Missing => note(to, StoredKind::File, name, state),
    }
    Ok(())
}

/// The kinds of records that name a file.
const OF_FILES: [RegisterKind; 2] = [RegisterKind::Document, RegisterKind::EvidenceItem];

/// Every file that a revision of a document or of a piece of evidence names.
async fn of_documents(app: &App) -> Result<Vec<NamedFile>, OperationError> {
    let stored = app.store().all_revisions().await?;
    let documents = stored
        .iter()
        .filter(|one| OF_FILES.iter().any(|kind| one.kind == kind.code()));
    let mut known = BTreeSet::new();
    Ok(with_journal_statement(app, |statement| {
        let named = documents.filter_map(|one| {
            let hash = file_of(one)?;
            let is_first = known.insert((one.id.clone(), hash.clone()));
            is_first.then(|| NamedFile {
                name: one.id.clone(),
                subject: attachment_of(&one.id),
                hash,
                kept_at: one.at,
                confirmation: revision_is(statement, one),
            })
        });
        named.collect()
    }))
}

/// The last template: the earlier ones are not used any more.
fn of_templates(app: &App) -> Option<NamedFile> {
    with_journal_statement(app, |statement| {
        let act = statement.journalled.templates().last()?;
        Some(NamedFile {
            name: "docx".to_owned(),
            subject: Subject::Template.to_string(),
            hash: act.after.clone(),
            kept_at: act.at,
            confirmation: RecordConfirmation::Same,
        })
    })
}

/// `DO-1 4fa2b1c3`: what names it, and the beginning of the hash.
fn file_name(name: &str, hash: &str) -> String {
    format!("{name} {}", hash.get(..8).unwrap_or(hash))
}
