//! What can become of an operation, by consequence: what the caller can do about it.

use digue_access::CaseloadFault;
use digue_store::StoreError;

/// A line of a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// From 1.
    pub line: usize,
    /// Its name in the header, or its number from 1; `None` for the whole row.
    pub column: Option<String>,
    /// A locale key that says what is wrong.
    pub key: String,
}

impl LineFault {
    pub fn new(line: usize, key: &str) -> Self {
        Self { line, column: None, key: key.to_owned() }
    }

    /// The same fault, in this column.
    pub(crate) fn at(self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self }
    }
}

impl From<CaseloadFault> for LineFault {
    fn from(fault: CaseloadFault) -> Self {
        Self {
            line: usize::try_from(fault.line).unwrap_or(usize::MAX),
            column: fault.kind.column().map(ToOwned::to_owned),
            key: format!("caseload-fault-{}", fault.kind.code()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// This actor may not.
    #[error("not allowed")]
    Denied,
    /// No such thing for this actor.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// The person can correct it; a locale key says how.
    #[error("invalid: {0}")]
    Invalid(&'static str),
    /// A file with faults; nothing of it was taken.
    #[error("{} faults in the file", .0.len())]
    Faults(Vec<LineFault>),
    /// The identity must be proved afresh first.
    #[error("a fresh proof of identity is needed")]
    ProofNeeded,
    /// One person asks, another grants.
    #[error("a second person is needed")]
    SecondNeeded,
    /// This actor asked, granted or held the link: somebody else must do it.
    #[error("somebody with no part in it is needed")]
    Involved,
    /// Somebody else was faster.
    #[error("it was done already")]
    Conflict,
    /// Too much of it at once; later it may work.
    #[error("too many at once")]
    Busy,
    /// No more of it can wait; nothing was taken.
    #[error("no more can wait")]
    Full,
    /// May work later; nothing was changed.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        use std::error::Error as _;
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        Self::Unavailable(format!("{error}{cause}"))
    }
}
