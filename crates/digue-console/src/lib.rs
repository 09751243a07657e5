//! Pages. No rules: a handler translates a request into an operation and its result into a page. An
//! `if` about the domain belongs in another crate.

mod account;
mod bodies;
mod directory;
mod proof;
mod refill;
mod response;
pub mod router;
mod surround;
mod watch;

pub use digue_pages::frame::PageFrame;
pub use digue_pages::state::{AttackProgress, Demo};
pub use digue_pages::visitor::Visitor;
pub(crate) use digue_pages::{
    body_storage, chart, choices, device, differences, done, error, form, frame, holder, signed_in,
    state, table, view, visitor,
};
pub use router::router;
