//! What the law on personal data asks of the registers: which items of a sheet are missing, which
//! clauses a contract lacks, whether an assessment is needed and when the authority answers, whether
//! data are kept beyond their term, and which programs in use are known to be attacked.
//!
//! No clock, no store, no language: records, settings, measurements and the day are arguments. The
//! records themselves are kinds of `digue-isms`. Numbers in parentheses are articles of the GDPR.

pub mod arrangement;
pub mod chain;
pub mod contract;
pub mod dpia;
mod gap;
mod gap_rules;
pub mod gaps;
pub mod inventory;
pub mod kev;
pub mod observed;
pub mod retention;
pub mod sheet;
mod version_range;
