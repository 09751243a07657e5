//! Exposures in, findings out: tells abnormal consultation from work, and says why.
//!
//! Pure: no clock, no randomness, no file. The same exposures give the same findings, whether they
//! come one by one from the gateway, out of the journal after a restart, or from a recorded file.
//!
//! Start with `engine`: it holds the bounded memory of each account and is the only entry point.
//! Each kind of signal is a small detector in a file of its own; `judge` collects their evidence
//! and `fusion` weighs it against one bar, set by how many false alarms are allowed. `playbook`
//! chooses the step for a finding; carrying it out is not known here.

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
