//! The statement of applicability: the current one, and frozen versions signed with the journal's
//! key.

use std::collections::{BTreeMap, BTreeSet};

use digue_app::files::sha256;
use digue_app::{ActDetails, Actor, App, OperationError, attachments};
use digue_evidence::stored_files::{self, FileState, JournalledFile};
use digue_evidence::stored_records::{
    JournalledAct, RecordConfirmation, RecordDifference, StoredFault, StoredKind, compare_now,
    settled, with_journal_statement,
};
use digue_isms::framework;
use digue_isms::kinds::{Applicability, Measure, RegisterKind};
use digue_isms::standing::MeasuredState;
use digue_isms::statement::{StatementLine, statement};
use digue_journal::note::Verifier;
use digue_locales::{Language, text};
use digue_store::FileRecord;
use digue_types::{AccountId, Act, Subject, Timestamp};
use serde_json::json;

use super::compared::confirmation_of;
use super::{IsmsState, complete, in_force, must_read, now};

/// The subject under which frozen versions are kept.
pub(super) const SUBJECT: &str = "statement:";

/// The current statement, with the check results that it was computed from.
pub async fn now_standing(
    app: &App,
    actor: &Actor,
) -> Result<(Vec<StatementLine>, MeasuredState), OperationError> {
    must_read(actor)?;
    let registers = in_force(app).await?;
    let measured = super::checks::measured(app).await?;
    Ok((statement(&registers, &measured, now(app)), measured))
}

/// A frozen version as the journal holds it, and whether its file is still that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenVersion {
    /// By its act or, where that was erased, by its text, which the journal's key signed. `None`
    /// where neither can be read.
    pub number: Option<u64>,
    /// The name of its file.
    pub name: String,
    pub hash: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub state: FileState,
}

impl FrozenVersion {
    /// The beginning of its hash, to be compared by eye.
    pub fn short_hash(&self) -> &str {
        self.hash.get(..16).unwrap_or(&self.hash)
    }
}

/// Frozen versions, the oldest first, each read again and compared.
pub async fn versions(app: &App, actor: &Actor) -> Result<Vec<FrozenVersion>, OperationError> {
    must_read(actor)?;
    compared_versions(app).await
}

pub(super) async fn compared_versions(app: &App) -> Result<Vec<FrozenVersion>, OperationError> {
    let stored = app.store().files(SUBJECT).await?;
    let acts: BTreeMap<u64, JournalledAct> = settled(
        app,
        |statement| statement.journalled.statements().clone(),
        |acts| acts.len() < stored.len(),
    )
    .await;
    let mut versions = Vec::new();
    for (number, act) in &acts {
        versions.push(FrozenVersion {
            number: Some(*number),
            name: file_name(*number),
            hash: act.after.clone(),
            by: act.by.clone(),
            at: act.at,
            state: stored_files::state(app, SUBJECT, &JournalledFile::of_act(act)).await?,
        });
    }
    let has_act = |file: &FileRecord| acts.values().any(|act| act.after == file.hash);
    for file in stored.into_iter().filter(|file| !has_act(file)) {
        let journalled = with_journal_statement(app, |statement| {
            JournalledFile::without_act(&file.hash, file.kept_at, statement)
        });
        let state = match journalled {
            Ok(journalled) => stored_files::state(app, SUBJECT, &journalled).await?,
            // Nobody signed it.
            Err(_) => FileState::Altered,
        };
        let number = match state {
            FileState::Intact | FileState::Older => signed_number(app, &file.hash).await?,
            FileState::Altered | FileState::Missing => None,
        };
        versions.push(FrozenVersion {
            number,
            name: file.name,
            hash: file.hash,
            by: file.kept_by,
            at: file.kept_at,
            state,
        });
    }
    versions.sort_by_key(|version| version.at);
    Ok(versions)
}

/// The number in the signed text of a version; `None` for a text that this journal did not sign.
async fn signed_number(app: &App, hash: &str) -> Result<Option<u64>, OperationError> {
    let bytes = app.store().file_bytes(SUBJECT, hash).await?;
    let note = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let key = Verifier::parse(&app.journal().public_key());
    let key = key.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let text = note.and_then(|note| key.open(&note).ok().map(ToOwned::to_owned));
    Ok(text.as_deref().and_then(number_in))
}

fn number_in(text: &str) -> Option<u64> {
    let line = text.lines().nth(1)?;
    line.strip_prefix("version ")?.parse().ok()
}

fn file_name(number: u64) -> String {
    format!(
        "{}-{number}.txt",
        text(Language::default(), "file-name-statement")
    )
}

/// Checks that the journal confirms every record that the statement is made of.
///
/// # Errors
/// `Unconfirmed` with those that differ, are missing, cannot be read or cannot be compared.
async fn must_be_confirmed(app: &App) -> Result<(), OperationError> {
    let registers = in_force(app).await?;
    let kinds = [StoredKind::Record, StoredKind::Check, StoredKind::Switch];
    let compared = compare_now(app, &kinds).await?;
    let mut faulty: BTreeSet<String> = compared
        .differences
        .iter()
        .filter(|one| is_source(one))
        .map(RecordDifference::to_code)
        .collect();
    // Of the records in force alone: what an earlier revision said is in no statement.
    with_journal_statement(app, |statement| {
        for revision in SOURCES.iter().flat_map(|kind| registers.of(*kind)) {
            let fault = match confirmation_of(statement, revision) {
                RecordConfirmation::Same => continue,
                RecordConfirmation::Older => StoredFault::Older,
                RecordConfirmation::Differs => StoredFault::Differs,
            };
            let one = RecordDifference {
                kind: StoredKind::Record,
                name: revision.id.clone(),
                fault,
            };
            faulty.insert(one.to_code());
        }
    });
    if faulty.is_empty() {
        Ok(())
    } else {
        Err(OperationError::Unconfirmed(faulty.into_iter().collect()))
    }
}

/// The registers that the statement is made of.
const SOURCES: [RegisterKind; 2] = [RegisterKind::Measure, RegisterKind::Applicability];

fn is_source(one: &RecordDifference) -> bool {
    let is_of = |kind: &RegisterKind| {
        one.name
            .strip_prefix(kind.prefix())
            .is_some_and(|rest| rest.starts_with('-'))
    };
    one.kind != StoredKind::Record || SOURCES.iter().any(is_of)
}

/// Freezes the current statement: one line for each control, signed. Returns the number of the
/// version.
///
/// # Errors
/// `Unconfirmed` when a record that goes into it differs from the journal or cannot be compared;
/// `Invalid` while a control has no reason.
pub async fn freeze(app: &App, actor: &Actor) -> Result<u64, OperationError> {
    actor.must_govern()?;
    actor.must_be_fresh(app)?;
    // The number is counted from the known versions: concurrent calls must not get the same one.
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    // Under the lock: what is compared is what is signed.
    must_be_confirmed(app).await?;
    // A record that cannot be read may decide a control: nothing is signed without it.
    let registers = in_force(app).await?;
    complete::<Measure>(&registers)?;
    complete::<Applicability>(&registers)?;
    let (lines, _) = now_standing(app, actor).await?;
    if !without_reason(&lines).is_empty() {
        return Err(OperationError::Invalid("invalid-statement-reason"));
    }
    let number = next_number(app).await?;
    let mut body = String::from("digue-statement-1\n");
    body.push_str(&format!(
        "version {number}\nby {}\nat {}\n",
        actor.account,
        app.clock().now()
    ));
    for line in &lines {
        body.push_str(&frozen(line));
        body.push('\n');
    }
    let signed = app.journal().sign(&body);
    let details = ActDetails {
        subject: Subject::Statement(number),
        after: sha256(&signed),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::StatementSigned, details).await?;
    attachments::keep(app, actor, SUBJECT, &file_name(number), signed.as_bytes()).await?;
    Ok(number)
}

/// The controls of which nothing says why they apply, or why not (ISO/IEC 27001, 6.1.3 d).
pub fn without_reason(lines: &[StatementLine]) -> Vec<&'static framework::Requirement> {
    let missing = lines.iter().filter(|line| !line.has_reason());
    missing.map(|line| line.control).collect()
}

/// One frozen line: JSON with a fixed set of names, so that versions can be compared.
fn frozen(line: &StatementLine) -> String {
    let exclusion = line
        .decided
        .as_ref()
        .map(|decided| decided.record.exclusion.0.clone())
        .unwrap_or_default();
    let inclusion: Vec<&str> = line.inclusion.iter().map(|reason| reason.code()).collect();
    let measures: Vec<String> = line
        .measures
        .iter()
        .map(|(id, state)| format!("{id} {}", state.code()))
        .collect();
    let checks: Vec<String> = line
        .checks
        .iter()
        .map(|(check, says)| format!("{} {}", check.code(), says.code()))
        .collect();
    // Codes and not words: versions that were frozen in two languages must compare equal.
    json!({
        "control": line.control.number(),
        "applies": line.applies(),
        "inclusion": inclusion,
        "exclusion": exclusion,
        "implementation": line.implementation.code(),
        "measures": measures,
        "checks": checks,
    })
    .to_string()
}

/// The next number: beyond those of the journal, of the signed texts and of the store, of which each
/// may have lost some.
async fn next_number(app: &App) -> Result<u64, OperationError> {
    let stored = app.store().files(SUBJECT).await?.len() as u64;
    let versions = compared_versions(app).await?;
    let signed = versions.iter().filter_map(|version| version.number).max();
    Ok(stored.max(signed.unwrap_or(0)) + 1)
}

/// A frozen version: its file name and its signed text.
///
/// # Errors
/// `FileAltered` when the stored text is not the one that was signed.
pub async fn version(
    app: &App,
    actor: &Actor,
    hash: &str,
) -> Result<(String, Vec<u8>), OperationError> {
    must_read(actor)?;
    let versions = compared_versions(app).await?;
    let found = versions.into_iter().find(|version| version.hash == hash);
    let version = found.ok_or(OperationError::NotFound("file"))?;
    let confirmation = match version.state {
        FileState::Intact => RecordConfirmation::Same,
        FileState::Older => RecordConfirmation::Older,
        FileState::Altered | FileState::Missing => RecordConfirmation::Differs,
    };
    let file = JournalledFile::of_record(hash, version.at, confirmation)?;
    Ok((version.name, stored_files::read(app, SUBJECT, &file).await?))
}

/// The lines of the controls that a requirement of a framework maps to; a control of annex A is
/// its own.
pub fn through(
    lines: &[StatementLine],
    requirement: &framework::Requirement,
) -> Vec<StatementLine> {
    lines
        .iter()
        .filter(|line| {
            line.control.id == requirement.id || requirement.controls.contains(&line.control.id)
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::number_in;

    #[test]
    fn a_version_has_the_number_that_was_signed() {
        let text = "digue-statement-1\nversion 12\nby rssi\nat 2026-11-30T09:00:00Z\n";
        assert_eq!(number_in(text), Some(12));
        assert_eq!(number_in("digue-statement-1\nby rssi\n"), None);
        assert_eq!(number_in(""), None);
    }
}
