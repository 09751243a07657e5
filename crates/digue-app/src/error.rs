//! Errors of operations, by consequence: each variant tells the caller what can be done about it.
//!
//! It knows no language and no status code: the console translates each variant once, at the edge.

use digue_access::CaseloadFault;
use digue_store::StoreError;
use digue_types::Timestamp;

/// A line of a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// Counted from 1.
    pub line: usize,
    /// The column's name in the header, or its number from 1; `None` for the whole row.
    pub column: Option<String>,
    /// The locale key of the message.
    pub key: String,
}

impl LineFault {
    pub fn new(line: usize, key: &str) -> Self {
        Self {
            line,
            column: None,
            key: key.to_owned(),
        }
    }

    /// The same fault, in this column.
    pub fn at(self, column: &str) -> Self {
        Self {
            column: Some(column.to_owned()),
            ..self
        }
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

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The actor's role or organisation does not allow it.
    #[error("not allowed")]
    Denied,
    /// It does not exist, or it is hidden from this actor: the two are not told apart, so that
    /// names cannot be probed.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// The user can correct the input; the locale key says how.
    #[error("invalid: {0}")]
    Invalid(&'static str),
    /// The file has faults; nothing of it was loaded.
    #[error("{} faults in the file", .0.len())]
    Faults(Vec<LineFault>),
    /// The actor must first prove their identity again.
    #[error("a fresh proof of identity is required")]
    ProofNeeded,
    /// One person requests it, another must approve it.
    #[error("a second person is required")]
    SecondNeeded,
    /// This actor requested it, approved it or held the link: a person with no part in it must act.
    #[error("a person who has no part in it is required")]
    Involved,
    /// Records that the operation rests on differ from the journal, or cannot be compared with it.
    /// Each one as the code of a difference (`digue_evidence::stored_records`).
    #[error("not confirmed by the journal: {}", .0.join(", "))]
    Unconfirmed(Vec<String>),
    /// A stored file is not the one that was kept at this time.
    #[error("the file is not the one that was kept at {0}")]
    FileAltered(Timestamp),
    /// It has already been done, by a concurrent or an earlier call.
    #[error("already done")]
    Conflict,
    /// A limit of attempts or of concurrent work is reached; retrying later may succeed.
    #[error("too many at once")]
    Busy,
    /// The queue is full; nothing was taken.
    #[error("the queue is full")]
    Full,
    /// A part failed (store, journal, network); retrying later may succeed.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        use std::error::Error as _;
        // `Unavailable` keeps a text only: without the source the operator would not learn what
        // failed.
        let cause = error
            .source()
            .map(|source| format!(": {source}"))
            .unwrap_or_default();
        Self::Unavailable(format!("{error}{cause}"))
    }
}
