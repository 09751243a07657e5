//! Stored revisions of registers, reviews of rights, results and switches of checks, compared with the
//! journal.

use digue_types::Subject;
use std::collections::BTreeSet;

use digue_app::files::sha256;
use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, StoredComparison, StoredKind, with_word,
};
use digue_isms::check::CheckOutcome;
use digue_store::{CheckRecord, ReviewLine, ReviewRecord, RevisionRecord, SwitchRecord};

use super::act_contents::{CheckHash, CheckSwitch, OpenedReview, RevisionHash};
use super::{checks, in_force, parsed, reviews, words_of};

pub(crate) const COMPARISONS: &[StoredComparison] = &[
    StoredComparison { kind: StoredKind::Record, compare: |app, to| Box::pin(revisions(app, to)) },
    StoredComparison { kind: StoredKind::Review, compare: |app, to| Box::pin(rights_reviews(app, to)) },
    StoredComparison { kind: StoredKind::Check, compare: |app, to| Box::pin(check_results(app, to)) },
    StoredComparison { kind: StoredKind::Switch, compare: |app, to| Box::pin(switches(app, to)) },
];

async fn revisions(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().all_revisions().await?;
    // Records in force that do not fit their kind, and any revision that is no record at all.
    let registers = in_force(app).await?;
    let mut unreadable: BTreeSet<&str> =
        registers.unreadable().iter().map(|record| record.id.as_str()).collect();
    unreadable.extend(stored.iter().filter(|one| parsed(one).is_none()).map(|one| one.id.as_str()));
    for id in unreadable {
        to.cannot_read(StoredKind::Record, id);
    }
    with_word(app, |word| {
        let mut known = BTreeSet::new();
        for revision in &stored {
            to.note(StoredKind::Record, revision.id.as_str(), revision_is(word, revision));
            known.insert((revision.id.as_str(), revision.number));
        }
        for (subject, said) in word.journalled.hashed() {
            let Subject::Record(id) = subject else { continue };
            let number = RevisionHash::parse(said).map(|revision| revision.number);
            if number.is_none_or(|number| !known.contains(&(id.as_str(), number))) {
                to.miss(StoredKind::Record, id.as_str());
            }
        }
    });
    Ok(())
}

fn revision_is(word: &JournalStatement<'_>, revision: &RevisionRecord) -> RecordConfirmation {
    let words = words_of(revision);
    let is_same = word.journalled.holds(&words.subject, &words.after, &revision.author);
    word.unless_older(revision.at, is_same)
}

async fn rights_reviews(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut stored = Vec::new();
    for review in app.store().reviews().await? {
        let lines = app.store().review_lines(&review.id).await?;
        stored.push((review, lines));
    }
    with_word(app, |word| {
        for (review, lines) in &stored {
            to.note(StoredKind::Review, review.id.as_str(), review_is(word, review, lines));
            for line in lines {
                let name = format!("{} {}", review.id, line.account);
                if reviews::facts_of(line).is_none() {
                    to.cannot_read(StoredKind::Review, name.as_str());
                }
                to.note(StoredKind::Review, name, line_is(word, line));
            }
        }
        let known: BTreeSet<&str> = stored.iter().map(|(review, _)| review.id.as_str()).collect();
        for review in word.journalled.reviews().filter(|review| !known.contains(review)) {
            to.miss(StoredKind::Review, review);
        }
    });
    Ok(())
}

fn review_is(word: &JournalStatement<'_>, review: &ReviewRecord, lines: &[ReviewLine]) -> RecordConfirmation {
    let is_same = word.journalled.review(&review.id).is_some_and(|said| {
        let opened = OpenedReview { accounts: lines.len(), due_at: review.due_at };
        said.after == opened.to_string() && said.by == review.opened_by
    });
    word.unless_older(review.opened_at, is_same)
}

fn line_is(word: &JournalStatement<'_>, line: &ReviewLine) -> RecordConfirmation {
    let said = word.journalled.review_line(&line.review, &line.account);
    match (line.decision.as_str(), said) {
        ("", None) => RecordConfirmation::Same,
        (decision, Some(said)) => {
            let is_same =
                said.after == decision && said.reason == line.reason && said.by.as_str() == line.decided_by;
            if is_same { RecordConfirmation::Same } else { RecordConfirmation::Differs }
        }
        (_, None) => word.unless_older(line.decided_at, false),
    }
}

async fn check_results(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().last_check_results().await?;
    with_word(app, |word| {
        for result in &stored {
            match checks::outcome_of(result) {
                Some(known) => {
                    to.note(StoredKind::Check, result.name.as_str(), result_is(word, result, &known));
                }
                None => to.cannot_read(StoredKind::Check, result.name.as_str()),
            }
        }
        let known: BTreeSet<&str> = stored.iter().map(|result| result.name.as_str()).collect();
        for check in word.journalled.all_checked().filter(|check| !known.contains(check)) {
            to.miss(StoredKind::Check, check);
        }
    });
    Ok(())
}

fn result_is(
    word: &JournalStatement<'_>,
    result: &CheckRecord,
    (outcome, canonical): &(CheckOutcome, String),
) -> RecordConfirmation {
    let found = CheckHash { outcome: *outcome, hash: sha256(canonical) }.to_string();
    word.unless_older(result.at, word.journalled.checked(&result.name) == Some(found.as_str()))
}

async fn switches(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().check_switches().await?;
    with_word(app, |word| {
        for switch in &stored {
            to.note(StoredKind::Switch, switch.name.as_str(), switch_is(word, switch));
        }
        // A check that is enabled again keeps its switch: a missing one was removed by other means.
        let known: BTreeSet<&str> = stored.iter().map(|switch| switch.name.as_str()).collect();
        for check in word.journalled.all_switched().filter(|check| !known.contains(check)) {
            to.miss(StoredKind::Switch, check);
        }
    });
    Ok(())
}

fn switch_is(word: &JournalStatement<'_>, switch: &SwitchRecord) -> RecordConfirmation {
    let Some(said) = word.journalled.switched(&switch.name) else { return word.without_act() };
    let after = CheckSwitch::at(said.at, switch.until);
    let is_same =
        said.after == after.to_string() && said.reason == switch.reason && said.by.as_str() == switch.author;
    if is_same { RecordConfirmation::Same } else { RecordConfirmation::Differs }
}
