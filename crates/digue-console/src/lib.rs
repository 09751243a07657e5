//! Pages and HTTP API. No rules: a handler translates a request into an operation and its result into a page.
//! An `if` about the domain belongs in another crate.

pub mod api;
mod bodies;
mod chart;
mod differences;
pub mod error;
pub mod form;
pub mod pages;
mod proof;
pub mod router;
pub mod view;
pub mod visitor;

pub use router::{Demo, router};
pub use visitor::Visitor;
