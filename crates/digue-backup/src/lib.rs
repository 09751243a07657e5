//! Backups in restic's format, their restore drills, and the signs that a source is being
//! encrypted.
//!
//! The crate decides and stores; it does not know Digue's journal, its store or HTTP. What happened
//! in a repository is written to the journal by its callers, and retention is decided from those
//! entries: a snapshot's own date is whatever its author wrote into it.
//!
//! `rustic_core` is seen in `repository.rs`, `restoring.rs` and in the stores below them, and nowhere
//! else.

pub mod acceptance;
pub mod additions;
pub mod canary;
pub mod deletion;
pub mod drill;
pub mod folder_store;
pub mod history;
pub mod loss;
pub mod progress;
pub mod recovery_key;
pub mod reports;
pub mod repository;
pub mod rest_store;
pub mod restoring;
pub mod results;
pub mod retention;
pub mod s3_canary;
pub mod s3_store;
pub mod sample;
pub mod schedule;
pub mod signs;
pub mod stored;

mod error;
mod failure;
mod ids;
mod index_claims;
mod restored_paths;
mod s3_listing;
mod sifted_store;
mod watched_source;

pub use error::BackupError;
pub use ids::{RepositoryId, SnapshotId};
