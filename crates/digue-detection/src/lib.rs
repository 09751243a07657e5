//! Entries in, signals out: tells abnormal consultation from work, and says why.
//!
//! Pure: no clock, no chance, no file. The same entries give the same findings, whether they come
//! one by one at the door, out of the journal after a restart, or from a file of another house.
//!
//! Each kind of signal is a small detector in a file of its own; `fusion` weighs what they say
//! against one bar, set by how many false alarms are allowed; `engine` holds the bounded memory of
//! each account and is the door that everybody uses. What is done about a finding is the
//! `playbook`'s business.

pub mod batch;
mod context;
mod daily;
mod dates;
pub mod engine;
mod fetching;
pub mod fusion;
mod judge;
mod level;
mod negative_binomial;
mod order;
mod organisation_day;
mod paging;
mod places;
pub mod playbook;
mod profile;
mod recent;
mod recent_set;
mod rhythm;
mod shape;
pub mod sighting;
pub mod signal;
mod surge;
mod tally;
mod tuning;
mod volume;

pub use batch::Batches;
pub use engine::{DeclaredBatch, Engine, EngineOptions};
pub use fusion::{Bars, Finding, Surroundings, Weight};
pub use negative_binomial::log_negative_binomial;
pub use playbook::{Action, Fuse, Playbook, RecentClosings};
pub use sighting::{SeenPerson, Sighting, SightingKind};
pub use signal::{Figures, Signal, SignalKind};
pub use tally::Work;
pub use tuning::Tuning;
