//! What every operation works with: the store, the journal, the clock, the actor, errors, and how an act
//! becomes durable.
//!
//! It knows no area of operations. Areas keep their state here by type (`Areas`) and follow acts by
//! subscribing (`ActSubscriber`).

mod actor;
pub mod alias_tables;
mod app;
mod areas;
pub mod attachments;
pub mod canonical;
pub mod clock;
pub mod closings;
mod committed;
pub mod csv_file;
pub mod directory;
mod error;
pub mod files;
pub mod gates;
pub mod identity_cuts;
pub mod indexing;
pub mod kept_files;
pub mod monitor;
pub mod quotas;
pub mod recorder;
pub mod secret;
pub mod signals;
mod unconfirmed;

pub use actor::{Actor, require};
pub use app::{App, AppParts};
pub use areas::{Area, Areas};
pub use committed::{ActDetails, ActSubscriber, CommittedAct};
pub use error::{LineFault, OperationError};
