//! Pages and HTTP API. No rules: a handler translates a request into an operation and its result into a page.
//! An `if` about the domain belongs in another crate.

mod account;
pub mod api;
mod bodies;
mod body_storage;
mod chart;
mod differences;
pub mod error;
pub mod form;
mod isms;
mod people;
mod proof;
mod response;
pub mod router;
mod signed_in;
mod state;
pub mod view;
pub mod visitor;
mod watch;

pub use router::router;
pub use state::{AttackProgress, Demo};
pub use visitor::Visitor;
