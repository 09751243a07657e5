//! Stored revisions of registers, reviews of rights, results and switches of checks, compared with
//! the journal.

use std::collections::{BTreeMap, BTreeSet};

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, SAME_MOMENT, StoredComparison,
    StoredKind, is_same_moment, with_journal_statement,
};
use digue_store::{CheckRecord, ReviewLine, ReviewRecord, RevisionRecord, SwitchRecord};
use digue_types::{Subject, Timestamp};

use super::act_contents::{CheckSwitch, OpenedReview, RevisionHash};
use super::{checks, details_of, in_force, parsed, reviews};

pub(crate) const COMPARISONS: &[StoredComparison] = &[
    StoredComparison {
        kind: StoredKind::Record,
        compare: |app, to| Box::pin(revisions(app, to)),
    },
    StoredComparison {
        kind: StoredKind::Review,
        compare: |app, to| Box::pin(rights_reviews(app, to)),
    },
    StoredComparison {
        kind: StoredKind::Check,
        compare: |app, to| Box::pin(check_results(app, to)),
    },
    StoredComparison {
        kind: StoredKind::CheckHistory,
        compare: |app, to| Box::pin(check_history(app, to)),
    },
    StoredComparison {
        kind: StoredKind::Switch,
        compare: |app, to| Box::pin(switches(app, to)),
    },
];

async fn revisions(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().all_revisions().await?;
    // Records in force that do not fit their kind, and any revision that is no record at all.
    let registers = in_force(app).await?;
    let mut unreadable: BTreeSet<&str> = registers
        .unreadable()
        .iter()
        .map(|record| record.id.as_str())
        .collect();
    unreadable.extend(
        stored
            .iter()
            .filter(|one| parsed(one).is_none())
            .map(|one| one.id.as_str()),
    );
    for id in unreadable {
        to.cannot_read(StoredKind::Record, id);
    }
    with_journal_statement(app, |statement| {
        let mut known = BTreeSet::new();
        for revision in &stored {
            to.note(
                StoredKind::Record,
                revision.id.as_str(),
                revision_is(statement, revision),
            );
            known.insert((revision.id.as_str(), revision.number));
        }
        for (subject, recorded) in statement.journalled.hashed() {
            let Subject::Record(id) = subject else {
                continue;
            };
            let number = RevisionHash::parse(recorded).map(|revision| revision.number);
            if number.is_none_or(|number| !known.contains(&(id.as_str(), number))) {
                to.miss(StoredKind::Record, id.as_str());
            }
        }
    });
    Ok(())
}

pub(crate) fn revision_is(
    statement: &JournalStatement<'_>,
    revision: &RevisionRecord,
) -> RecordConfirmation {
    let details = details_of(revision);
    let is_same = statement
        .journalled
        .holds(&details.subject, &details.after, &revision.author);
    statement.unless_older(revision.at, is_same)
}

async fn rights_reviews(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut stored = Vec::new();
    for review in app.store().reviews().await? {
        let lines = app.store().review_lines(&review.id).await?;
        stored.push((review, lines));
    }
    with_journal_statement(app, |statement| {
        for (review, lines) in &stored {
            to.note(
                StoredKind::Review,
                review.id.as_str(),
                review_is(statement, review, lines),
            );
            for line in lines {
                let name = format!("{} {}", review.id, line.account);
                if reviews::facts_of(line).is_none() {
                    to.cannot_read(StoredKind::Review, name.as_str());
                }
                to.note(StoredKind::Review, name, line_is(statement, line));
            }
        }
        let known: BTreeSet<&str> = stored
            .iter()
            .map(|(review, _)| review.id.as_str())
            .collect();
        for review in statement
            .journalled
            .reviews()
            .filter(|review| !known.contains(review))
        {
            to.miss(StoredKind::Review, review);
        }
    });
    Ok(())
}

fn review_is(
    statement: &JournalStatement<'_>,
    review: &ReviewRecord,
    lines: &[ReviewLine],
) -> RecordConfirmation {
    let is_same = statement.journalled.review(&review.id).is_some_and(|act| {
        let opened = OpenedReview {
            accounts: lines.len(),
            due_at: review.due_at,
        };
        act.after == opened.to_string() && act.by == review.opened_by
    });
    statement.unless_older(review.opened_at, is_same)
}

fn line_is(statement: &JournalStatement<'_>, line: &ReviewLine) -> RecordConfirmation {
    let act = statement
        .journalled
        .review_line(&line.review, &line.account);
    match (line.decision.as_str(), act) {
        // A line that nobody decided has no act, and needs none.
        ("", None) => RecordConfirmation::Same,
        (decision, Some(act)) => {
            let is_same = act.after == decision
                && act.reason == line.reason
                && act.by.as_str() == line.decided_by;
            if is_same {
                RecordConfirmation::Same
            } else {
                RecordConfirmation::Differs
            }
        }
        (_, None) => statement.unless_older(line.decided_at, false),
    }
}

async fn check_results(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().last_check_results().await?;
    with_journal_statement(app, |statement| {
        for result in &stored {
            let name = result.name.as_str();
            if checks::outcome_of(result).is_some() {
                let confirmation = checks::last_confirmed(statement, result);
                to.note(StoredKind::Check, name, confirmation);
            } else {
                to.cannot_read(StoredKind::Check, name);
            }
        }
        let known: BTreeSet<&str> = stored.iter().map(|result| result.name.as_str()).collect();
        for check in statement
            .journalled
            .all_checked()
            .filter(|check| !known.contains(check))
        {
            to.miss(StoredKind::Check, check);
        }
    });
    Ok(())
}

/// The results before the last one of each check.
async fn check_history(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    // In the order of time within each check: the last one is another comparison's.
    let mut of_checks: BTreeMap<String, Vec<CheckRecord>> = BTreeMap::new();
    for result in app.store().all_check_results().await? {
        let name = result.name.clone();
        of_checks.entry(name).or_default().push(result);
    }
    with_journal_statement(app, |statement| {
        let names = statement.journalled.all_checked();
        let names: BTreeSet<&str> = names.chain(of_checks.keys().map(String::as_str)).collect();
        for name in names {
            let stored = of_checks.get(name).map_or(&[][..], Vec::as_slice);
            let earlier = stored.split_last().map_or(&[][..], |(_, earlier)| earlier);
            for result in earlier {
                let day = day_name(name, result.at);
                if checks::outcome_of(result).is_none() {
                    to.cannot_read(StoredKind::CheckHistory, day.as_str());
                }
                let confirmation = checks::confirmed(statement, result);
                to.note(StoredKind::CheckHistory, day, confirmation);
            }
            let acts = statement.journalled.results(name);
            let earlier = acts.split_last().map_or(&[][..], |(_, earlier)| earlier);
            for act in earlier {
                let first = stored.partition_point(|row| row.at < act.at.minus(SAME_MOMENT));
                let next = stored.get(first);
                let has_row = next.is_some_and(|row| is_same_moment(row.at, act.at));
                if !has_row {
                    to.miss(StoredKind::CheckHistory, day_name(name, act.at));
                }
            }
        }
    });
    Ok(())
}

/// `lockout 2026-01-31`: check and day.
fn day_name(check: &str, at: Timestamp) -> String {
    let moment = at.to_string();
    let day = moment.split('T').next().unwrap_or_default();
    format!("{check} {day}")
}

async fn switches(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().check_switches().await?;
    with_journal_statement(app, |statement| {
        for switch in &stored {
            to.note(
                StoredKind::Switch,
                switch.name.as_str(),
                switch_is(statement, switch),
            );
        }
        // A check that is enabled again keeps its switch: a missing one was removed by other means.
        let known: BTreeSet<&str> = stored.iter().map(|switch| switch.name.as_str()).collect();
        for check in statement
            .journalled
            .all_switched()
            .filter(|check| !known.contains(check))
        {
            to.miss(StoredKind::Switch, check);
        }
    });
    Ok(())
}

fn switch_is(statement: &JournalStatement<'_>, switch: &SwitchRecord) -> RecordConfirmation {
    let Some(act) = statement.journalled.switched(&switch.name) else {
        return statement.without_act();
    };
    let after = CheckSwitch::at(act.at, switch.until);
    let is_same = act.after == after.to_string()
        && act.reason == switch.reason
        && act.by.as_str() == switch.author;
    RecordConfirmation::of(is_same)
}
