//! Stored entries of incidents, compared with the journal.

use digue_response::IncidentNote;
use digue_types::{Subject, Timestamp};
use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, StoredComparison, StoredKind, settled,
    with_journal_statement,
};
use digue_store::EntryRecord;

use super::EntryHash;

pub const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Incident,
    compare: |app, to| Box::pin(incident_entries(app, to)),
}];

async fn incident_entries(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut stored = Vec::new();
    for incident in app.store().incidents().await? {
        stored.extend(app.store().incident_entries(&incident.id).await?);
    }
    with_journal_statement(app, |statement| {
        let mut known = BTreeSet::new();
        for entry in &stored {
            let name = format!("{} {}", entry.incident, entry.number);
            to.note(
                StoredKind::Incident,
                name.as_str(),
                entry_is(statement, entry),
            );
            known.insert(name);
        }
        for (subject, recorded) in statement.journalled.hashed() {
            let Subject::Incident(incident) = subject else {
                continue;
            };
            // A text of another form is of no entry in the database: it is named, not skipped.
            let number = EntryHash::parse(recorded)
                .map_or_else(|| recorded.to_owned(), |one| one.number.to_string());
            let name = format!("{incident} {number}");
            if !known.contains(&name) {
                to.miss(StoredKind::Incident, name);
            }
        }
    });
    Ok(())
}

fn entry_is(statement: &JournalStatement<'_>, entry: &EntryRecord) -> RecordConfirmation {
    let subject = Subject::Incident(entry.incident.clone());
    let forms = EntryHash::forms(entry).map(|form| form.to_string());
    let is_same = forms
        .iter()
        .any(|form| statement.journalled.holds(&subject, form, &entry.author));
    statement.unless_older(entry.recorded_at, is_same)
}

/// A file of an incident, as the entry that names it has it.
#[derive(Clone, Debug)]
pub struct IncidentFile {
    pub name: String,
    pub hash: String,
    pub kept_at: Timestamp,
    /// The journal's answer about the entry.
    pub confirmation: RecordConfirmation,
}

/// The files that the entries of an incident name. An entry that cannot be read names none here:
/// `incident_entries` compares it by its hash all the same.
pub async fn files_of(app: &App, incident: &str) -> Result<Vec<IncidentFile>, OperationError> {
    let stored = app.store().incident_entries(incident).await?;
    let named = |statement: &JournalStatement<'_>| {
        let file = |entry: &EntryRecord| {
            let note = serde_json::from_str(&entry.note);
            let Ok(IncidentNote::Kept { name, hash, .. }) = note else {
                return None;
            };
            Some(IncidentFile {
                name,
                hash,
                kept_at: entry.recorded_at,
                confirmation: entry_is(statement, entry),
            })
        };
        stored.iter().filter_map(file).collect::<Vec<_>>()
    };
    let differs = |files: &Vec<IncidentFile>| {
        files
            .iter()
            .any(|file| !file.confirmation.is_uncontradicted())
    };
    Ok(settled(app, named, differs).await)
}

#[cfg(test)]
mod tests {
    use super::EntryHash;

    #[test]
    fn the_hash_of_an_entry_is_read_as_it_was_written() {
        for text in ["4 00ff at 2026-11-28T22:00:00Z", "4 00ff"] {
            let read = EntryHash::parse(text).unwrap();
            assert_eq!((read.number, read.to_string()), (4, text.to_owned()));
        }
        for text in ["4", "four 00ff", "4 00ff at noon"] {
            assert_eq!(EntryHash::parse(text), None, "{text}");
        }
    }
}
