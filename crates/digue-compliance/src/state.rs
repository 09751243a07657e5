//! What the compliance area keeps between calls.

use digue_app::{App, Area};

use crate::isms::IsmsState;
use crate::space::PartnerRules;
use crate::space::assessment::AssessmentAnswers;

/// The registers in force, and what partner organisations must do and have answered.
pub struct ComplianceState {
    pub(crate) isms: IsmsState,
    pub(crate) partners: PartnerRules,
    pub(crate) answers: AssessmentAnswers,
}

impl Area for ComplianceState {}

impl ComplianceState {
    pub fn new(partners: PartnerRules) -> Self {
        Self { isms: IsmsState::default(), partners, answers: AssessmentAnswers::default() }
    }

    pub fn of(app: &App) -> &Self {
        app.area()
    }
}
