//! Pages of the management system: registers, checks, reviews, awareness. No rules, like every
//! page.

pub mod awareness;
pub mod calendar_address;
pub mod checks;
pub mod continuity;
pub mod contradictions;
pub mod evidence;
pub mod exchanges;
pub mod files;
pub mod governance;
pub mod home;
pub mod import;
pub mod privacy;
pub mod record_acts;
mod record_fields;
pub mod registers;
mod remedies;
mod review_inputs;
pub mod reviews;
pub mod revisions;
pub mod samples;
pub mod software;
