//! Why there is no new certificate, as an operator must mend it.

use std::io;
use std::path::PathBuf;

use crate::method::ChallengeMethod;

/// Why no certificate came. The one in use goes on.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The authority refused, or could not be asked. Its problem document says more (RFC 8555, 6.7).
    #[error("the authority: {0}")]
    Authority(#[from] instant_acme::Error),
    /// The authority asked at the name and did not find the proof there.
    #[error("the authority could not verify {name}: {cause}")]
    Unverified { name: String, cause: String },
    /// The authority ended the order, and no proof of it says why.
    #[error("the authority ended the order as {0}")]
    Ended(String),
    /// The authority offers other ways of proof only.
    #[error("the authority does not offer {method} for {name}")]
    NotOffered {
        name: String,
        method: ChallengeMethod,
    },
    #[error("the order did not end within {0} s")]
    TimedOut(u64),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    /// The file of an account of an authority is damaged. It is not replaced: its key may be the only
    /// one that can revoke certificates.
    #[error("{path} is not an account of an authority: {cause}")]
    Account { path: PathBuf, cause: String },
    /// What the authority sent, or what is kept, cannot be served.
    #[error("a certificate cannot be used: {0}")]
    Unusable(String),
    #[error("the key of a proof could not be made: {0}")]
    Proof(#[from] rcgen::Error),
    /// Every host is an address, or a name of the local network.
    #[error("no host has a name that an authority certifies")]
    NoName,
}
