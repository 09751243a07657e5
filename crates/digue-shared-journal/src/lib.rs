//! One journal for several gateways: durable on a quorum of PostgreSQL servers before any of its
//! responses leaves.
//!
//! The database gives the entries of a batch their indexes and makes them durable in one
//! transaction; a publisher, one at a time, signs trees; every gateway follows with a verified copy
//! in a folder, which `digue-journal` reads like the folder of a journal of one machine. The crate
//! knows sealed bytes and signatures: no event, no account, no HTTP. It owns the SQL of the journal.
//!
//! `log` is what a database must answer, `postgres` answers it; between them and the callers stand
//! `writer`, `lease`, `publisher` and `follower`, which speak no SQL and run on a model as well.

pub mod follower;
pub mod gateway;
pub mod lease;
pub mod log;
pub mod postgres;
pub mod publisher;
mod shared_files;
pub mod transfer;
pub mod writer;

pub use gateway::{ServingGateway, SharedGatewayParts, WaitingGateway, WaitingStep};
pub use log::{BatchId, BootId, EntryBatch};
pub use postgres::{Agreement, PostgresJournal, PostgresKeys};
pub use publisher::SharedJournalError;
pub use shared_files::{FILE_BYTES_MAX, SharedFiles, SharingOutcome};
pub use writer::BatchOutcome;
