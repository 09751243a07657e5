//! What tests share: a client and a portal that speak raw HTTP/1.1, disks that fail, passkeys and
//! device keys in software, a mailbox, events to write, readers to throw hostile bytes at. Never
//! shipped.
//!
//! The client and the portal are blocking and plain on purpose: a test sees and sends the very
//! bytes, and nothing between them repairs a malformed message.

pub mod authenticator;
pub mod client;
pub mod disk;
pub mod events;
pub mod holder;
pub mod keys;
pub mod mailbox;
pub mod portal;
pub mod targets;
pub mod truth;

pub use authenticator::Authenticator;
pub use client::{Answer, Client, PATIENCE, is_end_of_connection};
pub use holder::Holder;
pub use mailbox::Mailbox;
pub use portal::{Heard, Portal, Reply};
