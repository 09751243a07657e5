//! Everything that Digue can be asked to do: authorised, applied and journalled in one place.
//!
//! An operation has four steps: authorise the actor, validate the input, apply the change, journal it.
//! Which of the last two comes first depends on the direction: an act that narrows applies first, an act
//! that widens is journalled first (`gates`). Pages and commands call these operations and decide nothing.

pub mod accounts;
pub mod actor;
pub mod affected;
pub mod alerts;
pub mod aliases;
pub mod app;
pub mod approvals;
pub mod attachments;
pub mod breach;
pub mod break_glass;
pub mod bundle;
mod canonical;
pub mod caseloads;
mod ceremonies;
pub mod clock;
mod closings;
pub mod containment;
mod csv_file;
pub mod decoys;
pub mod desk;
pub mod devices;
mod directory;
pub mod entry;
pub mod error;
pub mod evidence;
mod files;
pub mod gates;
pub mod genuine;
pub mod identity_cuts;
pub mod import;
pub mod incidents;
pub mod indexing;
pub mod invitations;
pub mod isms;
pub mod journal_heads;
mod kept_files;
pub mod keys;
pub mod loads;
pub mod mail;
mod maildir;
pub mod monitor;
pub mod notices;
pub mod ocsf;
pub mod onboarding;
pub mod organisations;
pub mod papers;
pub mod passkey;
pub mod password;
pub mod persons;
pub mod providers;
mod quotas;
pub mod recorder;
pub mod recovery;
pub mod register_import;
pub mod reopening;
pub mod retention;
pub mod rules;
pub mod scope;
pub mod secret;
pub mod sign_in;
pub mod signals;
pub mod space;
mod statements;
pub mod stored_records;
pub mod table;
pub mod uploaded_table;
pub mod watch;
pub mod watch_lists;
pub mod witnesses;

pub use actor::Actor;
pub use app::{App, AppParts, SignInRules};
pub use error::OperationError;
