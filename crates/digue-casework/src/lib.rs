//! Casework: containment, incidents and breaches, papers, notices to persons, the message desk.

pub mod alerts;
pub mod breach;
pub mod bundle;
pub mod containment;
pub mod desk;
pub mod genuine;
pub mod incidents;
pub mod notices;
pub mod papers;
pub mod register_import;
mod state;
mod statements;
pub mod uploaded_table;

pub use state::CaseworkState;
