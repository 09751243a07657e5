//! Self-service: what a person sees of who consulted their record, and what they can request about it.

pub mod persons;
