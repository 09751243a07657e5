//! Compliance: the registers of the management system, its checks and reviews, and what partner
//! organisations answer.

pub mod comparisons;
pub mod isms;
pub mod space;
mod state;

pub use state::ComplianceState;
