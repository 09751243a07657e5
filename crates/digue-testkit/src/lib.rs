//! Shared by tests: a client and a portal that speak raw HTTP/1.1, failing disks, passkeys and
//! device keys in software, a mailbox, events to journal, fuzz targets, the rules of the vocabulary.
//! Never shipped.
//!
//! The client and the portal are blocking and plain on purpose: a test sees and sends the exact
//! bytes, and nothing in between repairs a malformed message.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests end at their first fault"
)]

pub mod authenticator;
pub mod client;
pub mod disk;
pub mod events;
pub mod holder;
pub mod keys;
pub mod mailbox;
pub mod pebble;
pub mod portal;
pub mod targets;
pub mod truth;
pub mod vocabulary;

pub use authenticator::Authenticator;
pub use client::{Answer, Client, PATIENCE, is_end_of_connection};
pub use holder::Holder;
pub use mailbox::Mailbox;
pub use portal::{Heard, Portal, Reply};
