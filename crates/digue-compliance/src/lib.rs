//! Compliance: the registers of the management system, its checks and reviews, and what partner
//! organisations answer.

pub mod comparisons;
pub mod isms;
pub mod space;

use digue_app::Areas;

use crate::isms::IsmsState;
use crate::isms::reviews::ReviewLock;
use crate::space::PartnerRules;
use crate::space::assessment::AssessmentAnswers;
use digue_backup_acts::backups::{BackupLedger, BackupRules};

/// Adds what compliance keeps between calls; `expected` are the backups that the operator
/// configured.
#[must_use]
pub fn areas(before: Areas, partners: PartnerRules, expected: Option<BackupRules>) -> Areas {
    let own = before
        .with(IsmsState::default())
        .with(ReviewLock::default())
        .with(partners)
        .with(AssessmentAnswers::default());
    own.with(BackupLedger::new(expected))
}
