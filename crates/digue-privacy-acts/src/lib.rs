//! Personal data: what the registers about it lack, their papers, and the files of other tools that
//! go into them.
//!
//! The rules are in `digue-privacy`, the records in the registers of `digue-compliance`. Nothing is
//! stored here.

pub mod inventory;
pub mod overview;
pub mod papers;
pub mod pia;
pub mod privacy_words;
pub mod retention_counts;
