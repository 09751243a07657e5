//! A folder that follows a journal which becomes durable elsewhere.
//!
//! Entries come with a checkpoint that the journal's key signed. They are written only when they
//! lead to its root, so the folder is evidence like any other: `verify`, receipts and tlog clients
//! read it as they read the folder of a journal of one machine. Where the entries come from is not
//! known here.

use crate::checkpoint::Checkpoint;
use crate::disk::{Disk, FolderLock};
use crate::note::Signer;
use crate::open_error::OpenError;
use crate::prune::PrunedBeginning;
use crate::publisher::Publisher;
use crate::tree::{Hash, TreeEdge};

/// Says that the folder follows a shared journal, and must not be continued by itself.
pub(crate) const MARK: &str = "shared";
pub(crate) const MARKED: &[u8] = b"digue-shared-1\n";

/// A folder that follows a journal; locked until it is dropped.
pub struct JournalMirror {
    publisher: Publisher,
    _lock: FolderLock,
}

impl JournalMirror {
    /// Opens or begins the folder.
    ///
    /// # Errors
    /// `Tampered` when it holds entries that no checkpoint covers: a journal of one machine that
    /// was not closed.
    pub fn open(disk: Disk, signer: Signer) -> Result<Self, OpenError> {
        let lock = disk.lock()?.ok_or(OpenError::Held)?;
        let mut publisher = Publisher::new(disk, signer);
        publisher.follow()?;
        // Before anything is followed: from the first entry on that is not this folder's own, it is
        // a copy.
        publisher.disk.write_note(MARK, MARKED)?;
        Ok(Self {
            publisher,
            _lock: lock,
        })
    }

    /// Entries under the last checkpoint.
    pub fn size(&self) -> u64 {
        self.publisher.edge.size()
    }

    pub fn root(&self) -> Hash {
        self.publisher.edge.root()
    }

    /// The right edge of the tree, to continue it.
    pub fn edge(&self) -> &TreeEdge {
        &self.publisher.edge
    }

    pub fn disk(&self) -> &Disk {
        &self.publisher.disk
    }

    /// Ends the following: the folder is a journal of one machine again.
    pub fn release(self) -> Result<(), OpenError> {
        Ok(self.publisher.disk.remove(MARK)?)
    }

    /// Brings the folder to the signed `note`. `read` returns the next entries from an index on, as
    /// many as it likes.
    ///
    /// # Errors
    /// `Tampered` when the journal's key did not sign the note, or when the entries do not lead to
    /// its root: the folder stays at its checkpoint.
    pub fn extend<E: From<OpenError>>(
        &mut self,
        note: &str,
        read: &mut dyn FnMut(u64) -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<Checkpoint, E> {
        self.publisher.publish_signed(note, None, read)
    }

    /// `extend`, for a folder without entries whose journal was pruned before it was shared.
    pub fn extend_pruned<E: From<OpenError>>(
        &mut self,
        note: &str,
        beginning: PrunedBeginning<'_, E>,
        read: &mut dyn FnMut(u64) -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<Checkpoint, E> {
        self.publisher.publish_signed(note, Some(beginning), read)
    }
}
