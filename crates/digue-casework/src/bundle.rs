//! The archive for a criminal complaint: the document, the signed list, receipts of the journal
//! entries that the log cites, the public key, and instructions to verify everything without Digue.

use digue_types::Subject;
use std::io::{Cursor, Write as _};

use digue_app::{Actor, App, OperationError};
use digue_evidence::paper_warning::PaperSources;
use digue_evidence::reading::{self, EvidenceForm};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::complaint::CitedEntries;
use crate::incidents::IncidentView;
use crate::paper_reader::PaperReader;
use crate::papers;
use crate::{breach, complaint};

/// The archive of an incident. Needs a fresh proof, and is journalled.
pub async fn complaint(
    app: &App,
    actor: &Actor,
    view: &IncidentView,
    reader: &PaperReader,
) -> Result<Vec<u8>, OperationError> {
    let fetch = packed(app, view, reader);
    reading::read(app, actor, EvidenceForm::File, fetch, |_| {
        Subject::Complaint(view.reference())
    })
    .await
}

/// The document of the complaint alone. It names the holder and the addresses, as the archive does,
/// and is evidence that is read like it.
pub async fn complaint_paper(
    app: &App,
    actor: &Actor,
    view: &IncidentView,
    reader: &PaperReader,
    form: papers::PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let fetch = printed(app, view, reader, form);
    reading::read(app, actor, EvidenceForm::File, fetch, |_| {
        Subject::Complaint(view.reference())
    })
    .await
}

async fn printed(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    form: papers::PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let cited = CitedEntries::read(app, view).await;
    let document = complaint::document(app, view, reader, &cited).await?;
    let sources = PaperSources::incident(&view.record.id);
    papers::printed_from(app, &document, form, sources).await
}

async fn packed(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
) -> Result<Vec<u8>, OperationError> {
    let cited = CitedEntries::read(app, view).await;
    let document = complaint::document(app, view, reader, &cited).await?;
    let mut archive = EvidenceBundle(ZipWriter::new(Cursor::new(Vec::new())));
    for (name, form) in
        // PDF for the file of the investigation, the word-processor form for the lawyer who
        // completes it.
        [
            ("complaint.pdf", papers::PaperFormat::Pdf),
            ("complaint.docx", papers::PaperFormat::Docx),
        ]
    {
        let sources = PaperSources::incident(&view.record.id);
        archive.add(
            name,
            &papers::printed_from(app, &document, form, sources).await?,
        )?;
    }
    // The key is here only to make the commands work: who doubts the archive compares it with one
    // obtained elsewhere.
    archive.add(
        "journal.pub",
        format!("{}\n", app.journal().public_key()).as_bytes(),
    )?;
    archive.add(
        complaint::INSTRUCTIONS,
        complaint::instructions(app, view, reader, &cited).as_bytes(),
    )?;
    if let Some(version) = complaint::listed(view) {
        let list = breach::list_bytes(app, &view.record.id, version.number).await?;
        archive.add(&complaint::list_name(version), &list)?;
    }
    let (journal, entries) = (app.journal().clone(), cited.proved);
    let finish = move || {
        for entry in entries {
            let receipt = journal.receipt(entry, true);
            let receipt =
                receipt.map_err(|error| OperationError::Unavailable(error.to_string()))?;
            archive.add(
                &complaint::receipt_name(entry),
                receipt.to_text().as_bytes(),
            )?;
        }
        archive.finish()
    };
    app.blocking(finish).await?
}

struct EvidenceBundle(ZipWriter<Cursor<Vec<u8>>>);

impl EvidenceBundle {
    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), OperationError> {
        let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
        self.0
            .start_file(name, SimpleFileOptions::default())
            .map_err(|error| unavailable(&error))?;
        self.0.write_all(bytes).map_err(|error| unavailable(&error))
    }

    fn finish(self) -> Result<Vec<u8>, OperationError> {
        let bytes = self
            .0
            .finish()
            .map_err(|error| OperationError::Unavailable(error.to_string()))?;
        Ok(bytes.into_inner())
    }
}
