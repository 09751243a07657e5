//! Everything Digue can be asked to do: authorised, applied and journalled in one place.
//!
//! An operation is four beats: may they, is it valid, do it, write it down. Pages and commands
//! call these and decide nothing; what is not here cannot be done.

pub mod accounts;
pub mod actor;
pub mod affected;
pub mod alerts;
pub mod aliases;
pub mod approvals;
pub mod attachments;
pub mod breach;
pub mod break_glass;
pub mod bundle;
pub mod caseloads;
mod ceremonies;
pub mod clock;
pub mod containment;
mod csv_file;
pub mod decoys;
pub mod desk;
pub mod devices;
pub mod entry;
pub mod error;
pub mod evidence;
mod files;
pub mod gates;
pub mod genuine;
pub mod house;
pub mod import;
pub mod incidents;
pub mod indexing;
pub mod isms;
pub mod journal_heads;
mod kept_files;
pub mod keys;
pub mod loads;
pub mod mail;
mod maildir;
pub mod notices;
pub mod ocsf;
pub mod onboarding;
pub mod organisations;
pub mod papers;
pub mod passkey;
pub mod password;
pub mod persons;
pub mod providers;
pub mod recorder;
pub mod recovery;
pub mod register_import;
pub mod reopening;
pub mod retention;
pub mod rules;
pub mod scope;
pub mod secret;
pub mod sentry;
mod shares;
pub mod sign_in;
pub mod signals;
pub mod space;
pub mod table;
pub mod watch;
pub mod witnesses;

pub use actor::Actor;
pub use error::OperationError;
pub use house::{House, HouseParts, SignInRules};
