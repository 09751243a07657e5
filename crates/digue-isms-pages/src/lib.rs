//! Pages of the management system: registers, checks, reviews, awareness. No rules, like every
//! page.

pub mod awareness;
pub mod checks;
pub mod files;
pub mod home;
pub mod import;
pub mod registers;
pub mod reviews;
pub mod samples;
