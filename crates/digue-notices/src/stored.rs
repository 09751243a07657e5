//! Stored campaigns of notices, compared with the journal.

use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, SETTLES_WITHIN, StoredComparison,
    StoredKind, with_journal_statement,
};
use digue_store::CampaignRecord;

use super::{CampaignSize, journalled_forms};

pub const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Campaign,
    compare: |app, to| Box::pin(campaigns(app, to)),
}];

async fn campaigns(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().campaigns().await?;
    with_journal_statement(app, |statement| {
        for campaign in &stored {
            to.note(
                StoredKind::Campaign,
                campaign.id.as_str(),
                campaign_is(statement, campaign),
            );
        }
        let known: BTreeSet<&str> = stored.iter().map(|campaign| campaign.id.as_str()).collect();
        for campaign in statement
            .journalled
            .campaigns()
            .filter(|campaign| !known.contains(campaign))
        {
            to.miss(StoredKind::Campaign, campaign);
        }
    });
    Ok(())
}

/// True when the letter and the number of persons are those of the journal, or older than it. A
/// letter that was changed in the database must not be sent in the operator's name.
pub(super) async fn is_as_prepared(app: &App, campaign: &CampaignRecord) -> bool {
    let is_so = || {
        with_journal_statement(app, |statement| {
            let confirmation =
                statement.unless_older(campaign.made_at, is_prepared(statement, campaign));
            confirmation != RecordConfirmation::Differs
        })
    };
    if is_so() {
        return true;
    }
    // The index may not have read the act yet.
    tokio::time::sleep(SETTLES_WITHIN).await;
    is_so()
}

fn is_prepared(statement: &JournalStatement<'_>, campaign: &CampaignRecord) -> bool {
    statement
        .journalled
        .campaign(&campaign.id)
        .is_some_and(|act| {
            journalled_forms(campaign).contains(&act.before)
                && act.after == CampaignSize(campaign.persons).to_string()
                && act.by == campaign.made_by
        })
}

fn campaign_is(statement: &JournalStatement<'_>, campaign: &CampaignRecord) -> RecordConfirmation {
    let is_same = is_prepared(statement, campaign);
    // Only "ready" and "failed" are set by Digue without an act.
    let is_state = match statement.journalled.campaign_state(&campaign.id) {
        None => !matches!(campaign.state.as_str(), "sending" | "paused" | "ended"),
        Some(recorded) => recorded == campaign.state,
    };
    statement.unless_older(campaign.made_at, is_same && is_state)
}
