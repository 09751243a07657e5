//! Stored approval requests, compared with the journal.

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, StoredComparison, StoredKind, with_journal_statement,
};
use digue_store::ApprovalRecord;
use digue_types::Act;

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
            to.note(
                StoredKind::Approval,
                approval.id.as_str(),
                statement.unless_older(approval.asked_at, is_same),
            );
        }
        // Requests are never deleted by Digue: a missing one was removed by other means.
        for (subject, act) in statement.journalled.all_requested() {
            let is_it = |known: &ApprovalRecord| {
                // By author, time and subject, because the act does not hold the id of the request.
                known.asked_by == act.by && act.is_at(known.asked_at) && known.subject == *subject
            };
            if !stored.iter().any(is_it) {
                to.miss(StoredKind::Approval, subject.to_string());
            }
        }
    });
    Ok(())
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
        .any(|act| {
            summaries.contains(&act.after)
                && act.reason == approval.reason
                && act.by == approval.asked_by
                && act.is_at(approval.asked_at)
        })
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
            recorded.any(|recorded| {
                recorded.act == act && recorded.by == decided.by && recorded.is_at(decided.at)
            })
        }
        // Undecided, although the journal has a decision that belongs to no other identical
        // request.
        None => !recorded.any(|recorded| {
            let is_others = all
                .iter()
                .filter(|other| other.id != approval.id)
                .any(|other| {
                    other.decided.as_ref().is_some_and(|decided| {
                        recorded.is_at(decided.at) && recorded.by == decided.by
                    })
                });
            recorded.at >= approval.asked_at && recorded.at <= approval.expires_at && !is_others
        }),
    }
}
