//! What a backup of Digue consists of, and what a restore of it proves.
//!
//! Between `digue-backup`, which stores folders and knows nothing of Digue, and the commands, which
//! know the configuration and speak to people. Nothing here needs a serving Digue; nothing here
//! writes its journal.

pub mod drill;
mod error;
pub mod habit;
pub mod isolation;
pub mod layout;
pub mod place;
pub mod plan_folder;
pub mod postgres_state;
mod rest_client;
pub mod restored;
pub mod retained;
mod s3_client;
mod sigv4;
mod waiting;

pub use error::ContinuityError;
pub use s3_client::BucketAddress;
