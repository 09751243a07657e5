//! Stored entries of incidents, compared with the journal.

use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, StoredComparison, StoredKind, with_word,
};
use digue_store::EntryRecord;

use super::journalled_forms;

pub const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Incident,
    compare: |app, to| Box::pin(incident_entries(app, to)),
}];

async fn incident_entries(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut stored = Vec::new();
    for incident in app.store().incidents().await? {
        stored.extend(app.store().incident_entries(&incident.id).await?);
    }
    with_word(app, |word| {
        let mut known = BTreeSet::new();
        for entry in &stored {
            let name = format!("{} {}", entry.incident, entry.number);
            to.note(StoredKind::Incident, name.as_str(), entry_is(word, entry));
            known.insert(name);
        }
        for (incident, said) in word.journalled.hashed("incident:") {
            let number = said.split(' ').next().unwrap_or_default();
            let name = format!("{incident} {number}");
            if !known.contains(&name) {
                to.miss(StoredKind::Incident, name);
            }
        }
    });
    Ok(())
}

fn entry_is(word: &JournalStatement<'_>, entry: &EntryRecord) -> RecordConfirmation {
    let subject = format!("incident:{}", entry.incident);
    let forms = journalled_forms(entry);
    let is_same = forms.iter().any(|form| word.journalled.holds(&subject, form, &entry.author));
    word.unless_older(entry.recorded_at, is_same)
}
