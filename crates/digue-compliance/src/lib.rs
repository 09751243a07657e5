//! Compliance: the registers of the management system, its checks and reviews, and what partner
//! organisations answer.

pub mod comparisons;
pub mod isms;
pub mod space;

use digue_app::Areas;

use crate::isms::IsmsState;
use crate::space::PartnerRules;
use crate::space::assessment::AssessmentAnswers;

/// Adds what compliance keeps between calls.
#[must_use]
pub fn areas(before: Areas, partners: PartnerRules) -> Areas {
    before.with(IsmsState::default()).with(partners).with(AssessmentAnswers::default())
}
