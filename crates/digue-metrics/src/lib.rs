//! What programs that watch Digue read: whether it should be sent requests, and its figures.
//!
//! No label names an account, a person or an organisation: figures leave for systems with other
//! readers. What cannot be read has no figure; `digue_unreadable` names it, so that an alarm can be
//! set on it. English only, like every interface for programs.

#[cfg(test)]
mod dashboard;
mod figures;
mod openmetrics;
mod process;
mod readiness;
pub mod service_manager;

pub use crate::figures::MonitoredFigures;
pub use crate::openmetrics::{CONTENT_TYPE, openmetrics};
pub use crate::readiness::{Condition, Readiness};
