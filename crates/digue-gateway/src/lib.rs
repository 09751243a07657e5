//! The gateway: a reverse proxy that holds each response until it may leave.
//!
//! It knows HTTP, portal maps and a snapshot of the rules. It never sees the store, never writes
//! journal files and has no page of its own except refusals: it reaches the rest of Digue through
//! `ports` only.

mod address_words;
pub mod arrival;
mod caller;
pub mod cuts;
pub mod forward_auth;
pub mod gateway;
pub mod guard;
pub mod identity;
pub mod inspection;
pub mod key;
mod name_tables;
pub mod outgoing;
pub mod past;
pub mod portal;
mod portal_login;
pub mod ports;
mod report_endpoint;
pub mod reported;
pub mod server;

pub use digue_headers::proxied as headers;
pub use digue_ordered_files as remembered;
mod shown;
mod token;
mod visit;

pub use digue_types::path;
pub use gateway::{Gateway, GatewayLimits, GatewayParts, Hosts};
pub use portal::Portal;
