//! Everything that Digue can be asked to do: authorised, applied and journalled in one place.
//!
//! An operation has four steps: authorise the actor, validate the input, apply the change, journal it.
//! Which of the last two comes first depends on the direction: an act that narrows applies first, an act
//! that widens is journalled first (`gates`). Pages and commands call these operations and decide nothing.

pub mod accounts;
pub mod administration_state;
pub mod alerts;
pub mod aliases;
pub mod approvals;
pub mod breach;
pub mod break_glass;
pub mod bundle;
pub mod caseloads;
pub mod casework_state;
mod ceremonies;
pub mod comparisons;
pub mod compliance_state;
pub mod containment;
pub mod decoys;
pub mod desk;
pub mod devices;
pub mod genuine;
pub mod identity_state;
pub mod import;
pub mod incidents;
pub mod invitations;
pub mod isms;
pub mod keys;
pub mod loads;
pub mod notices;
pub mod onboarding;
pub mod organisations;
pub mod papers;
pub mod passkey;
pub mod password;
pub mod person_sessions;
pub mod persons;
pub mod providers;
pub mod recovery;
pub mod register_import;
pub mod reopening;
pub mod rules;
pub mod settings;
pub mod sign_in;
pub mod space;
mod statements;
pub mod uploaded_table;
pub mod watch_lists;
