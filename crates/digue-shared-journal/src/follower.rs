//! A gateway's own copy of the journal: every entry under a signed checkpoint, of all gateways.
//!
//! It reads nothing that is not signed: an entry that a failover may still take back never enters
//! an index. Where the database is behind what was signed, or leads to another root, acknowledged
//! data was lost, and every gateway is halted.

use std::cell::RefCell;
use std::ops::Range;

use digue_journal::OpenError;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::heads::{self, JournalHead};
use digue_journal::keyring;
use digue_journal::mirror::JournalMirror;
use digue_journal::note::{Signer, Verifier};
use digue_journal::prune::PrunedBeginning;

use crate::log::{CommitAttempt, CommitRefusal, JournalDatabase};
use crate::publisher::{SharedJournalError, must_not_be_behind};

impl From<OpenError> for SharedJournalError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Tampered(what) => Self::Lost(what),
            other => Self::Folder(other.to_string()),
        }
    }
}

/// What came with one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowedEntries {
    pub entries: Range<u64>,
    pub checkpoint: Checkpoint,
}

/// A folder that follows the shared journal.
pub struct JournalFollower {
    mirror: JournalMirror,
}

impl JournalFollower {
    /// Opens or begins the folder.
    pub fn open(disk: Disk, signer: Signer) -> Result<Self, SharedJournalError> {
        Ok(Self {
            mirror: JournalMirror::open(disk, signer)?,
        })
    }

    pub fn mirror(&self) -> &JournalMirror {
        &self.mirror
    }

    /// Brings the folder to the last signed checkpoint; `None` when it is there already.
    pub fn step(
        &mut self,
        database: &mut impl JournalDatabase,
    ) -> Result<Option<FollowedEntries>, SharedJournalError> {
        must_not_be_behind(
            &database.published()?,
            self.mirror.size(),
            &self.mirror.root(),
        )?;
        let Some((size, note)) = database.checkpoint()? else {
            return Ok(None);
        };
        let from = self.mirror.size();
        if size <= from {
            return Ok(None);
        }
        let checkpoint = self.extend(database, &note)?;
        Ok(Some(FollowedEntries {
            entries: from..checkpoint.size,
            checkpoint,
        }))
    }

    fn extend(
        &mut self,
        database: &mut impl JournalDatabase,
        note: &str,
    ) -> Result<Checkpoint, SharedJournalError> {
        let database = RefCell::new(database);
        let read = &mut |at| entries_from(&mut **database.borrow_mut(), at);
        let pruned = match self.mirror.size() {
            0 => database.borrow_mut().pruned()?,
            _ => None,
        };
        let Some(pruned) = pruned else {
            return self.mirror.extend(note, read);
        };
        let leaves = &mut |tile| {
            let leaves = database.borrow_mut().pruned_leaves(tile);
            leaves.map_err(SharedJournalError::from)
        };
        let beginning = PrunedBeginning {
            note: pruned,
            leaves,
        };
        self.mirror.extend_pruned(note, beginning, read)
    }

    /// Copies the files of period keys into the folder: those that are not there yet, and those
    /// that say that a key was destroyed.
    pub fn copy_keys(&self, files: &[Vec<u8>]) -> Result<(), SharedJournalError> {
        keyring::copy_files(self.mirror.disk(), files)
            .map_err(|error| OpenError::from(error).into())
    }

    /// Ends the following: the folder is a journal of one machine again.
    pub fn release(self) -> Result<(), SharedJournalError> {
        Ok(self.mirror.release()?)
    }

    /// Compares the folder with what witnesses and others remember of this journal.
    pub fn compare(
        &self,
        key: &Verifier,
        remembered: &[JournalHead],
    ) -> Result<(), SharedJournalError> {
        match heads::contradiction(self.mirror.disk(), key, remembered)? {
            None => Ok(()),
            Some(found) => Err(SharedJournalError::Lost(found.to_string())),
        }
    }
}

/// The stored entries from index `at` on, as many as the database gives at once.
pub fn entries_from(
    database: &mut impl JournalDatabase,
    at: u64,
) -> Result<Vec<Vec<u8>>, SharedJournalError> {
    let mut found = Vec::new();
    let mut next = at;
    for batch in database.batches(at)? {
        if batch.first > next {
            return Err(SharedJournalError::Lost(format!(
                "entries {next} to {} are missing in the database",
                batch.first - 1
            )));
        }
        let skipped = usize::try_from(next - batch.first).unwrap_or(usize::MAX);
        found.extend(batch.entries.into_iter().skip(skipped));
        next = at + found.len() as u64;
    }
    Ok(found)
}

/// Makes every gateway stop, for a reason that only people can judge. Tried until the database
/// acknowledges it, or for as long as an attempt may last; this gateway stops in any case.
pub fn halt_all(database: &mut impl JournalDatabase, reason: &str) -> bool {
    let mut attempts = 0;
    loop {
        match database.halt(reason) {
            CommitAttempt::Acknowledged(()) => return true,
            CommitAttempt::Refused(CommitRefusal::Halted(_)) => return true,
            CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => {}
        }
        attempts += 1;
        if !database.may_try_again(attempts) {
            return false;
        }
    }
}
