//! What the management of the system is made of, computed from the registers: which clauses are met
//! and by which records, how far objectives are reached, what a programme of audits covers, and what
//! happened since the last review.
//!
//! No clock, no store, no language, like `digue-isms`, whose kinds of records it reads.

pub mod calendar_file;
mod clause_gap;
mod clause_rules;
pub mod clauses;
pub mod objectives;
pub mod owner_approval;
pub mod programme;
pub mod review;
pub mod scale_map;
pub mod work;
