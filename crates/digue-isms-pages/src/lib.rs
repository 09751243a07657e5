//! Pages of the management system: registers, checks, reviews, awareness. No rules, like every
//! page.

pub mod awareness;
pub mod checks;
pub mod continuity;
pub mod contradictions;
pub mod exchanges;
pub mod files;
pub mod home;
pub mod import;
pub mod privacy;
mod record_fields;
pub mod registers;
pub mod reviews;
pub mod samples;
pub mod software;
