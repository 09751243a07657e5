//! The journal: evidence that an auditor verifies with this crate alone.
//!
//! An RFC 6962 Merkle tree in the C2SP tlog-tiles layout, behind a write-ahead file, so that one
//! `fdatasync` makes many waiting entries durable. Entries are sealed under the key of their
//! period: destroying it ends their retention and breaks no proof. The crate knows events and
//! bytes; it does not know HTTP, the rights of accounts, or the time: callers bring the event with
//! its date.
//!
//! The only crate of its layer that touches files, all of them in `disk`.

pub mod checkpoint;
pub mod codec;
mod committer;
pub mod cosign;
pub mod disk;
mod followed;
pub mod heads;
pub mod journal;
mod journal_state;
pub mod keyring;
pub mod mirror;
pub mod note;
pub mod observer;
mod open_error;
pub mod proof;
pub mod prune;
mod publisher;
pub mod reader;
pub mod receipt;
pub mod seal;
pub mod tile;
pub mod tree;
pub mod verify;
mod wal;
pub mod witness;

pub use followed::{DurableElsewhere, SignedElsewhere, SignedEntries};
pub use journal::{AppendError, Appended, Journal, JournalOptions};
pub use observer::Committed;
pub use open_error::OpenError;
