//! The management system: registers, checks, reviews, awareness.

pub(crate) mod awareness;
pub(crate) mod checks;
pub(crate) mod home;
pub(crate) mod import;
pub(crate) mod registers;
pub(crate) mod reviews;
