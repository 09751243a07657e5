//! Stored approval requests, compared with the journal.

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, JournalledAct, RecordComparison, StoredComparison, StoredKind,
    with_journal_statement,
};
use digue_store::{ApprovalDecision, ApprovalRecord};
use digue_types::{Act, Subject};

use super::request::{ApprovalRequest, AskedBy};

pub const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Approval,
    compare: |app, to| Box::pin(approvals(app, to)),
}];

async fn approvals(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().approvals().await?;
    with_journal_statement(app, |statement| {
        for approval in &stored {
            let is_same =
                is_requested(statement, approval) && is_decided(statement, approval, &stored);
            let confirmation = statement.unless_older(approval.asked_at, is_same);
            to.note(StoredKind::Approval, approval.id.as_str(), confirmation);
        }
        miss_requests(statement, &stored, to);
    });
    Ok(())
}

/// Requests are never deleted by Digue: a missing one was removed by other means.
fn miss_requests(
    statement: &JournalStatement<'_>,
    stored: &[ApprovalRecord],
    to: &mut RecordComparison,
) {
    for (subject, act) in statement.journalled.all_requested() {
        let is_it = |known: &ApprovalRecord| is_request_of(act, subject, known);
        if !stored.iter().any(is_it) {
            to.miss(StoredKind::Approval, subject.to_string());
        }
    }
}

/// By author, time and subject, because the act does not hold the id of the request.
fn is_request_of(act: &JournalledAct, subject: &Subject, known: &ApprovalRecord) -> bool {
    known.asked_by == act.by && act.is_at(known.asked_at) && known.subject == *subject
}

fn is_requested(statement: &JournalStatement<'_>, approval: &ApprovalRecord) -> bool {
    // A record that cannot be read is no request of the journal.
    let Ok(summaries) = ApprovalRequest::journal_summaries(approval) else {
        return false;
    };
    statement
        .journalled
        .requested(&approval.subject)
        .iter()
        .any(|act| summaries.contains(&act.after) && is_asked_as(act, approval))
}

/// The act has the author, the time and the reason of the request.
fn is_asked_as(act: &JournalledAct, approval: &ApprovalRecord) -> bool {
    act.reason == approval.reason && act.by == approval.asked_by && act.is_at(approval.asked_at)
}

fn is_decided(
    statement: &JournalStatement<'_>,
    approval: &ApprovalRecord,
    all: &[ApprovalRecord],
) -> bool {
    let Ok(summaries) = ApprovalRequest::journal_summaries(approval) else {
        return false;
    };
    let asked_by = AskedBy(&approval.asked_by).to_string();
    let mut recorded = statement
        .journalled
        .decided(&approval.subject)
        .iter()
        .filter(|recorded| {
            recorded.before == asked_by
                && summaries.contains(&recorded.after)
                && recorded.reason == approval.reason
        });
    match &approval.decided {
        Some(decided) => {
            let act = if decided.is_granted {
                Act::ApprovalGranted
            } else {
                Act::ApprovalRefused
            };
            recorded.any(|recorded| recorded.act == act && is_of(recorded, decided))
        }
        // Undecided, although the journal has a decision that belongs to no other identical
        // request.
        None => !recorded.any(|recorded| {
            recorded.at >= approval.asked_at
                && recorded.at <= approval.expires_at
                && !is_of_another(recorded, approval, all)
        }),
    }
}

/// The act records this decision.
fn is_of(recorded: &JournalledAct, decided: &ApprovalDecision) -> bool {
    recorded.by == decided.by && recorded.is_at(decided.at)
}

/// The act records the decision of another request than `approval`.
fn is_of_another(
    recorded: &JournalledAct,
    approval: &ApprovalRecord,
    all: &[ApprovalRecord],
) -> bool {
    let others = all.iter().filter(|other| other.id != approval.id);
    let mut decisions = others.filter_map(|other| other.decided.as_ref());
    decisions.any(|decided| is_of(recorded, decided))
}
