//! Stored requests of persons and their answers, compared with the journal.

use digue_app::files::sha256;
use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, JournalledAct, RecordComparison, RecordConfirmation, StoredComparison,
    StoredKind, with_journal_statement,
};
use digue_identity::person_sessions::journal_name;
use digue_store::RequestRecord;
use digue_types::{AccountId, Subject, Timestamp};

use super::codes;
use super::request_kinds::RequestKind;

pub(crate) const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Request,
    compare: |app, to| Box::pin(requests(app, to)),
}];

/// A request as its act holds it: `contest rq-1 HASH`. Of acts before 0.2 the hash is missing.
pub(super) fn asked_text(record: &RequestRecord) -> String {
    format!("{} {}", named(record), asked_hash(record))
}

/// What an act about a request has before it: `contest rq-1`.
pub(super) fn named(record: &RequestRecord) -> String {
    format!("{} {}", record.kind, record.id)
}

/// An answer as its act holds it: `done account:a1 HASH`, `refused/unfounded account: HASH`. Of acts
/// before 0.2 the hash is missing.
pub(super) fn answered_text(
    (outcome, refusal): (&str, &str),
    account: &str,
    answer: &str,
) -> String {
    let reason = if refusal.is_empty() { "" } else { "/" };
    format!(
        "{outcome}{reason}{refusal} account:{account} {}",
        sha256(answer)
    )
}

/// What the act about a proof of identity has after it: `proof:document`.
pub(super) fn proof_text(proof: &str) -> String {
    format!("{PROOF}{proof}")
}

const PROOF: &str = "proof:";

/// What the act of an extension has after it; the reason is in the act itself.
pub(super) const EXTENDED: &str = "extended";

// Each part on its line with its length, so that no text can pass for two others.
fn asked_hash(record: &RequestRecord) -> String {
    let RequestRecord {
        entry,
        account,
        reason,
        text,
        ..
    } = record;
    let lengths = (account.len(), reason.len());
    // Whose it is: a contest is an act about the account, and the answer is for one person only.
    let whose = journal_name(&record.whose);
    let own = format!(
        "digue-request-1\n{whose}\n{entry}\n{} {account}\n{} {reason}\n{text}",
        lengths.0, lengths.1
    );
    // How it came, of one that an officer entered; the others keep their form.
    let Some(entered) = &record.entered else {
        return sha256(own);
    };
    let (channel, requester) = (&entered.channel, &entered.requester);
    sha256(format!(
        "{own}\ndigue-request-2\n{} {}\n{} {channel}\n{} {requester}",
        entered.received_at.micros(),
        entered.entered_by,
        channel.len(),
        requester.len()
    ))
}

/// The subject of a request: a contest is an act about the account, whose page and whose incidents
/// show it.
pub(super) fn subject_of(record: &RequestRecord) -> Subject {
    if record.kind != RequestKind::Contest.code() {
        return journal_name(&record.whose);
    }
    // The account comes from an entry; one that is no name stays as it is.
    AccountId::parse(&record.account)
        .map_or_else(|_| Subject::Other(record.account.clone()), Subject::Account)
}

async fn requests(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().requests().await?;
    with_journal_statement(app, |statement| {
        for record in stored.iter().filter(|one| one.kind != codes::LETTER) {
            let confirmation = request_is(statement, record);
            to.note(StoredKind::Request, record.id.as_str(), confirmation);
        }
        let is_gone = |id: &&String| stored.iter().all(|record| record.id != **id);
        for id in statement.journalled.asked().keys().filter(is_gone) {
            to.miss(StoredKind::Request, id.as_str());
        }
    });
    Ok(())
}

/// The journal's answer about a request with its answer. A letter has neither text nor answer, and
/// its act names no request.
pub(super) fn confirmation_of(app: &App, record: &RequestRecord) -> RecordConfirmation {
    if record.kind == codes::LETTER {
        return RecordConfirmation::Same;
    }
    with_journal_statement(app, |statement| request_is(statement, record))
}

fn request_is(statement: &JournalStatement<'_>, record: &RequestRecord) -> RecordConfirmation {
    let parts = [
        asked_is(statement, record),
        extension_is(statement, record),
        proof_is(statement, record),
        answer_is(statement, record),
    ];
    let has = |wanted| parts.contains(&wanted);
    if has(RecordConfirmation::Differs) {
        RecordConfirmation::Differs
    } else if has(RecordConfirmation::Older) {
        RecordConfirmation::Older
    } else {
        RecordConfirmation::Same
    }
}

fn asked_is(statement: &JournalStatement<'_>, record: &RequestRecord) -> RecordConfirmation {
    let Some(act) = statement.journalled.asked().get(&record.id) else {
        return statement.unless_older(record.opened_at, false);
    };
    let is_its = act.is_at(record.opened_at) && act.about == subject_of(record).canonical();
    with_or_without_hash(is_its, &act.after, &asked_text(record))
}

/// Compares a text that ends in a hash with that of an act, which may be of before the hash.
fn with_or_without_hash(is_its: bool, act: &str, text: &str) -> RecordConfirmation {
    let without = text.rsplit_once(' ').map_or(text, |(without, _)| without);
    if is_its && act == text {
        RecordConfirmation::Same
    } else if is_its && act == without {
        // The text is in no act: only its circumstances are confirmed.
        RecordConfirmation::Older
    } else {
        RecordConfirmation::Differs
    }
}

fn extension_is(statement: &JournalStatement<'_>, record: &RequestRecord) -> RecordConfirmation {
    let acts = statement.journalled.answered(&record.id);
    let act = acts.iter().rfind(|act| act.after == EXTENDED);
    match (act, record.extended_at == Timestamp::ZERO) {
        (None, true) => RecordConfirmation::Same,
        (None, false) => statement.unless_older(record.extended_at, false),
        (Some(_), true) => RecordConfirmation::Differs,
        (Some(act), false) => RecordConfirmation::of(
            act.is_at(record.extended_at)
                && act.reason == record.extended_why
                && is_about(act, record),
        ),
    }
}

/// The proof of identity: the last one that was noted, or the one with which it was entered.
fn proof_is(statement: &JournalStatement<'_>, record: &RequestRecord) -> RecordConfirmation {
    let acts = statement.journalled.answered(&record.id);
    let act = acts.iter().rfind(|act| act.after.starts_with(PROOF));
    match (act, &record.entered) {
        (None, None) => RecordConfirmation::Same,
        (None, Some(entered)) if entered.proof.is_empty() => RecordConfirmation::Same,
        (None, Some(entered)) => statement.unless_older(entered.proof_at, false),
        (Some(_), None) => RecordConfirmation::Differs,
        (Some(act), Some(entered)) => RecordConfirmation::of(
            act.is_at(entered.proof_at)
                && act.after == proof_text(&entered.proof)
                && is_about(act, record),
        ),
    }
}

fn answer_is(statement: &JournalStatement<'_>, record: &RequestRecord) -> RecordConfirmation {
    let acts = statement.journalled.answered(&record.id);
    let is_answer = |act: &&JournalledAct| act.after != EXTENDED && !act.after.starts_with(PROOF);
    let act = acts.iter().rfind(is_answer);
    match (act, record.answered_at == Timestamp::ZERO) {
        (None, true) => RecordConfirmation::Same,
        (None, false) => statement.unless_older(record.answered_at, false),
        (Some(_), true) => RecordConfirmation::Differs,
        (Some(act), false) => {
            let is_its = act.is_at(record.answered_at)
                && act.by.as_str() == record.answered_by
                && is_about(act, record);
            // The person who takes a request back writes no answer.
            if act.after == record.outcome && record.answer.is_empty() {
                return RecordConfirmation::of(is_its);
            }
            let text = answered_text(
                (&record.outcome, &record.refusal),
                &record.account,
                &record.answer,
            );
            with_or_without_hash(is_its, &act.after, &text)
        }
    }
}

fn is_about(act: &JournalledAct, record: &RequestRecord) -> bool {
    // Its own person, or the account of a contest that was taken back.
    let subjects = [journal_name(&record.whose), subject_of(record)];
    act.before == named(record) && subjects.into_iter().any(|one| act.about == one.canonical())
}
