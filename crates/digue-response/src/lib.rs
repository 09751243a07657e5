//! From containment to the last person told: what is to be decided, by when, and what is said.
//!
//! Pure: an incident is the fold of its entries, deadlines and counts are computed from them, and
//! nothing here knows a screen, a database or a clock. The vocabulary is that of the CNIL's
//! notification, so that what is kept can be sent; sentences are in the locales, under the codes of
//! this crate.

pub mod affected;
pub mod claim;
pub mod clock;
pub mod code;
pub mod incident;
pub mod notification;
pub mod readability;
pub mod register;
pub mod severity;
pub mod sheet;
pub mod vocabulary;

pub use incident::{Incident, IncidentEntry, IncidentNote, IncidentState};
