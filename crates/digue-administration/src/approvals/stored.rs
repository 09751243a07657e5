//! Stored approval requests, compared with the journal.

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, StoredComparison, StoredKind, with_word,
};
use digue_store::ApprovalRecord;
use digue_types::Act;

use super::request::{ApprovalRequest, AskedBy};

pub const COMPARISONS: &[StoredComparison] =
    &[StoredComparison { kind: StoredKind::Approval, compare: |app, to| Box::pin(approvals(app, to)) }];

async fn approvals(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().approvals().await?;
    with_word(app, |word| {
        for approval in &stored {
            let is_same = is_asked(word, approval) && is_decided(word, approval, &stored);
            to.note(
                StoredKind::Approval,
                approval.id.as_str(),
                word.unless_older(approval.asked_at, is_same),
            );
        }
        // Requests are never deleted by Digue: a missing one was removed by other means.
        for (subject, said) in word.journalled.all_asked() {
            let is_it = |known: &ApprovalRecord| {
                // By author, time and subject, because the act does not hold the id of the request.
                known.asked_by == said.by && said.is_at(known.asked_at) && known.subject == *subject
            };
            if !stored.iter().any(is_it) {
                to.miss(StoredKind::Approval, subject.to_string());
            }
        }
    });
    Ok(())
}

fn is_asked(word: &JournalStatement<'_>, approval: &ApprovalRecord) -> bool {
    // A record that cannot be read is no request of the journal.
    let Ok(told) = ApprovalRequest::told_forms(approval) else { return false };
    word.journalled.asked(&approval.subject).iter().any(|said| {
        told.contains(&said.after)
            && said.reason == approval.reason
            && said.by == approval.asked_by
            && said.is_at(approval.asked_at)
    })
}

fn is_decided(word: &JournalStatement<'_>, approval: &ApprovalRecord, all: &[ApprovalRecord]) -> bool {
    let Ok(told) = ApprovalRequest::told_forms(approval) else { return false };
    let asked_by = AskedBy(&approval.asked_by).to_string();
    let mut said = word.journalled.decided(&approval.subject).iter().filter(|said| {
        said.before == asked_by && told.contains(&said.after) && said.reason == approval.reason
    });
    match &approval.decided {
        Some(decided) => {
            let act = if decided.is_granted { Act::ApprovalGranted } else { Act::ApprovalRefused };
            said.any(|said| said.act == act && said.by == decided.by && said.is_at(decided.at))
        }
        // Undecided, although the journal has a decision that belongs to no other identical request.
        None => !said.any(|said| {
            let is_others = all.iter().filter(|other| other.id != approval.id).any(|other| {
                other.decided.as_ref().is_some_and(|decided| said.is_at(decided.at) && said.by == decided.by)
            });
            said.at >= approval.asked_at && said.at <= approval.expires_at && !is_others
        }),
    }
}
