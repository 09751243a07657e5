//! Why a journal, or one of its files, cannot be read. Every module that reads files answers with
//! it; what an operator does next is decided by the commands.

use std::io;

use crate::keyring::KeyError;

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another process holds this journal")]
    Held,
    /// Continued here, it would have two histories.
    #[error(
        "the entries of this folder are in a shared journal; to go on with them here, bring them back first"
    )]
    Shared,
    #[error("the journal was changed by something other than Digue: {0}")]
    Tampered(String),
    #[error("the journal's keys: {0}")]
    Keys(#[from] KeyError),
    #[error("the journal's files cannot be read or written")]
    Disk(#[from] io::Error),
}
