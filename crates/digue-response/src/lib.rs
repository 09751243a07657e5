//! Incident response, from containment to the last person informed: incidents, legal clocks,
//! notifications, and the claims that documents may make.
//!
//! No clock, no store, no page: an incident is the fold of its entries, and deadlines and counts
//! are computed from them for a given time. The vocabulary is that of the CNIL's notification form,
//! so that what is stored can be sent; sentences are in the locales, under the codes of this crate.

mod acts;
pub mod affected;
pub mod claim;
pub mod clock;
pub mod code;
pub mod deadline;
pub mod declared;
mod figure;
pub mod incident;
pub mod notification;
pub mod progress;
pub mod readability;
pub mod register;
pub mod severity;
pub mod sheet;
pub mod vocabulary;

pub use incident::Incident;
pub use incident::entry::{IncidentEntry, IncidentNote, IncidentState};
