//! Everything that Digue can be asked to do: authorised, applied and journalled in one place.
//!
//! An operation has four steps: authorise the actor, validate the input, apply the change, journal it.
//! Which of the last two comes first depends on the direction: an act that narrows applies first, an act
//! that widens is journalled first (`gates`). Pages and commands call these operations and decide nothing.

pub mod accounts;
pub mod administration_state;
pub mod aliases;
pub mod approvals;
pub mod break_glass;
pub mod caseloads;
pub mod comparisons;
pub mod compliance_state;
pub mod decoys;
pub mod import;
pub mod isms;
pub mod loads;
pub mod onboarding;
pub mod organisations;
pub mod persons;
pub mod reopening;
pub mod rules;
pub mod settings;
pub mod space;
pub mod watch_lists;
