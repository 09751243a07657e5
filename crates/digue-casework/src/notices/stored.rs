//! Stored campaigns of notices, compared with the journal.

use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, SETTLES_WITHIN, StoredComparison, StoredKind,
    with_word,
};
use digue_store::CampaignRecord;

use super::{CampaignSize, journalled_forms};

pub const COMPARISONS: &[StoredComparison] =
    &[StoredComparison { kind: StoredKind::Campaign, compare: |app, to| Box::pin(campaigns(app, to)) }];

async fn campaigns(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().campaigns().await?;
    with_word(app, |word| {
        for campaign in &stored {
            to.note(StoredKind::Campaign, campaign.id.as_str(), campaign_is(word, campaign));
        }
        let known: BTreeSet<&str> = stored.iter().map(|campaign| campaign.id.as_str()).collect();
        for campaign in word.journalled.campaigns().filter(|campaign| !known.contains(campaign)) {
            to.miss(StoredKind::Campaign, campaign);
        }
    });
    Ok(())
}

/// True when the letter and the number of persons are those of the journal, or older than it. A letter that
/// was changed in the database must not be sent in the operator's name.
pub(super) async fn is_as_prepared(app: &App, campaign: &CampaignRecord) -> bool {
    let is_so = || {
        with_word(app, |word| {
            let confirmation = word.unless_older(campaign.made_at, is_prepared(word, campaign));
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

fn is_prepared(word: &JournalStatement<'_>, campaign: &CampaignRecord) -> bool {
    word.journalled.campaign(&campaign.id).is_some_and(|said| {
        journalled_forms(campaign).contains(&said.before)
            && said.after == CampaignSize(campaign.persons).to_string()
            && said.by == campaign.made_by
    })
}

fn campaign_is(word: &JournalStatement<'_>, campaign: &CampaignRecord) -> RecordConfirmation {
    let is_same = is_prepared(word, campaign);
    // Only "ready" and "failed" are set by Digue without an act.
    let is_state = match word.journalled.campaign_state(&campaign.id) {
        None => !matches!(campaign.state.as_str(), "sending" | "paused" | "ended"),
        Some(said) => said == campaign.state,
    };
    word.unless_older(campaign.made_at, is_same && is_state)
}
