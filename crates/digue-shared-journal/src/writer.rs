//! A batch from one gateway: sent until its outcome is known, or for as long as a response may wait.
//!
//! One batch is under way at a time. What is between "durable" and "not there" is a type: a
//! response that waits for an unknown outcome does not leave.

use crate::log::{BatchId, CommitAttempt, CommitRefusal, EntryBatch, JournalDatabase};

/// What became of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BatchOutcome {
    /// Durable on a quorum; the index of its first entry.
    Committed(u64),
    /// Not in the journal, now and later.
    Refused(CommitRefusal),
    /// It may be in the journal, or get there. Its responses must not leave, and its persons stay
    /// counted.
    Unknown(BatchId),
}

/// Commits `batch`; an outcome in doubt is settled by asking, and by sending it again under its
/// name, which cannot enter it twice.
pub fn commit(database: &mut impl JournalDatabase, batch: &EntryBatch) -> BatchOutcome {
    match database.append(batch) {
        CommitAttempt::Acknowledged(first) => BatchOutcome::Committed(first),
        // It was sent before, and may not be durable yet.
        CommitAttempt::Refused(CommitRefusal::Duplicate) => settle(database, batch),
        CommitAttempt::Refused(refusal) => BatchOutcome::Refused(refusal),
        CommitAttempt::Doubtful(cause) => {
            tracing::warn!(
                cause,
                "Outcome of a commit unknown; its responses wait until the database is asked"
            );
            settle(database, batch)
        }
    }
}

fn settle(database: &mut impl JournalDatabase, batch: &EntryBatch) -> BatchOutcome {
    let mut attempts = 0;
    loop {
        attempts += 1;
        if !database.may_try_again(attempts) {
            return BatchOutcome::Unknown(batch.id);
        }
        match database.settle(batch.id) {
            CommitAttempt::Acknowledged(Some(first)) => return BatchOutcome::Committed(first),
            // Not there: now. A twin may still wait for its standby, unseen, so that only sending
            // it again decides: the name of the batch is unique.
            CommitAttempt::Acknowledged(None) => match database.append(batch) {
                CommitAttempt::Acknowledged(first) => return BatchOutcome::Committed(first),
                // The first attempt is still in doubt: a refusal of the second says nothing of it.
                CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => {}
            },
            CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => {}
        }
    }
}
