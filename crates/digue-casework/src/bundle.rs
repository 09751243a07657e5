//! The archive for a criminal complaint: the document, the signed list, receipts of the journal
//! entries that the log cites, the public key, and instructions to verify everything without Digue.

use digue_types::Subject;
use std::io::{Cursor, Write as _};

use digue_app::{Actor, App, OperationError};
use digue_evidence::paper_warning::PaperSources;
use digue_evidence::reading::{self, EvidenceForm};
use digue_response::IncidentNote;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::breach;
use crate::incidents::IncidentView;
use crate::paper_reader::PaperReader;
use crate::papers;

/// The most receipts in one archive; the log cites the others by number.
const RECEIPTS_MAX: usize = 500;

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

async fn packed(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
) -> Result<Vec<u8>, OperationError> {
    let document =
        papers::paper(app, view, reader, "complaint").ok_or(OperationError::NotFound("paper"))?;
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
        "VERIFY.txt",
        papers::how_to_verify(view, reader).join("\n").as_bytes(),
    )?;
    if let Some(version) = papers::listed(view) {
        let list = breach::list_bytes(app, &view.record.id, version.number).await?;
        archive.add(&format!("list-{}.ndjson", version.number), &list)?;
    }
    // Pruned entries, and those that no checkpoint covers yet, have no receipt.
    let proved = app.journal_minimum()..app.journal_status().checkpoint_size;
    let entries = entries_of(view)
        .into_iter()
        .filter(|entry| proved.contains(entry));
    let (journal, entries) = (app.journal().clone(), entries.collect::<Vec<u64>>());
    let finish = move || {
        for entry in entries {
            let receipt = journal.receipt(entry, true);
            let receipt =
                receipt.map_err(|error| OperationError::Unavailable(error.to_string()))?;
            archive.add(
                &format!("receipts/{entry}.txt"),
                receipt.to_text().as_bytes(),
            )?;
        }
        archive.finish()
    };
    app.blocking(finish).await?
}

/// The journal entries that the log cites, each once.
fn entries_of(view: &IncidentView) -> Vec<u64> {
    let named = view.entries.iter().filter_map(|entry| match &entry.note {
        IncidentNote::Seen { journal, .. } => Some(*journal).filter(|journal| *journal > 0),
        IncidentNote::Said { journal, .. } => *journal,
        _ => None,
    });
    // The entry that opened the incident is cited even when no note names it.
    let mut entries: Vec<u64> = named.chain([view.record.journal]).collect();
    entries.sort_unstable();
    entries.dedup();
    // Each receipt discloses a whole response with its persons: not more than a case file can use.
    entries.truncate(RECEIPTS_MAX);
    entries
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
