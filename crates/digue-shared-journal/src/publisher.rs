//! The one that signs: among all gateways, the holder of a lease.
//!
//! Before it signs a tree it replaces the last published one by it, in one acknowledged
//! transaction that checks the lease and the earlier size and root. That commit is the barrier
//! which makes every entry below durable, and the fence: a publisher that lost its lease fails
//! there. So one size has one root, and each signed tree continues those before it.

use digue_journal::checkpoint::Checkpoint;
use digue_journal::note::Signer;
use digue_journal::tree::{self, Hash, TreeEdge};

use crate::lease::{LeaseKeeper, LeaseTerms};
use crate::log::{
    BootId, CommitAttempt, CommitRefusal, DatabaseError, JournalDatabase, LeaseFence, PublishedTree,
};

/// The lease of the publisher.
pub const PUBLISHER: &str = "publisher";

/// Why a gateway stops serving: the database and what was signed contradict each other.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SharedJournalError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Acknowledged entries were lost, or changed. All gateways must stop.
    #[error("{0}")]
    Lost(String),
    /// This machine's copy cannot be read or written.
    #[error("the copy of the journal in this folder: {0}")]
    Folder(String),
}

/// What one step of a publisher did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublisherStep {
    /// Another gateway publishes.
    NotPublisher,
    /// Nothing new since the last checkpoint.
    Current,
    Signed(Checkpoint),
    /// The lease, or the outcome, is not certain: nothing was signed.
    Conceded,
}

/// Publishes while it holds the lease.
pub struct CheckpointPublisher {
    lease: LeaseKeeper,
    signer: Signer,
    /// The tree of the entries that were read, acknowledged or not, since the lease was taken.
    edge: TreeEdge,
    /// The tree that was published last; `None` when it has to be read, and the tree to be built,
    /// again.
    last: Option<PublishedTree>,
    /// Size of the last signed checkpoint that is kept in the database.
    signed: Option<u64>,
    /// The largest tree that this publisher signed itself: whatever becomes of the database, it
    /// must not sign another one of that size.
    own: Option<PublishedTree>,
    /// The connection over which the tree was read.
    session: u64,
}

impl CheckpointPublisher {
    pub fn new(signer: Signer, holder: &str, boot: BootId, terms: LeaseTerms) -> Self {
        Self {
            lease: LeaseKeeper::new(PUBLISHER, holder, boot, terms),
            signer,
            edge: TreeEdge::new(),
            last: None,
            signed: None,
            own: None,
            session: 0,
        }
    }

    /// True while this gateway relies on being the publisher.
    pub fn leads(&self, now: std::time::Duration) -> bool {
        self.lease.fence(now).is_some()
    }

    /// Gives the lease back.
    pub fn release(&mut self, database: &mut impl JournalDatabase) {
        self.last = None;
        self.lease.release(database);
    }

    /// Renews the lease, reads what came, and signs it. `known` is the tree of this machine's copy,
    /// all of it signed.
    pub fn step(
        &mut self,
        database: &mut impl JournalDatabase,
        known: &TreeEdge,
    ) -> Result<PublisherStep, SharedJournalError> {
        self.lease.keep(database)?;
        let Some(fence) = self.lease.fence(database.now()) else {
            self.last = None;
            return Ok(PublisherStep::NotPublisher);
        };
        // Entries that were read over another connection may have been lost with it.
        let is_same = database.session() == self.session;
        let last = match self.last.filter(|_| is_same) {
            Some(last) => last,
            None => self.begin(database, known)?,
        };
        self.read(database, &last)?;
        let next = PublishedTree {
            epoch: fence.epoch,
            size: self.edge.size(),
            root: self.edge.root(),
        };
        if next == last && self.signed == Some(next.size) {
            return Ok(PublisherStep::Current);
        }
        // Also for a tree that is published and not signed: this commit is its barrier.
        match database.publish(self.session, &fence, self.lease.boot(), &last, &next) {
            CommitAttempt::Acknowledged(()) => self.sign(database, &fence, next),
            CommitAttempt::Refused(CommitRefusal::Fenced) => {
                self.lease.concede();
                Ok(self.begin_again())
            }
            // The tree may have been published all the same: what is stored is read again before
            // anything else. Entries that were read may be gone.
            CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => Ok(self.begin_again()),
        }
    }

    fn begin_again(&mut self) -> PublisherStep {
        self.last = None;
        PublisherStep::Conceded
    }

    /// Starts from what was published last, by whichever gateway.
    fn begin(
        &mut self,
        database: &mut impl JournalDatabase,
        known: &TreeEdge,
    ) -> Result<PublishedTree, SharedJournalError> {
        let last = database.published()?;
        must_not_be_behind(&last, known.size(), &known.root())?;
        if let Some(own) = &self.own {
            must_not_be_behind(&last, own.size, &own.root)?;
        }
        self.signed = database.checkpoint()?.map(|(size, _)| size);
        self.edge = known.clone();
        // Whatever was read before is behind this: another connection from here on shows.
        self.session = database.session();
        Ok(last)
    }

    /// Adds the stored entries that are not in the tree yet, and compares it with the last
    /// published one on the way.
    fn read(
        &mut self,
        database: &mut impl JournalDatabase,
        last: &PublishedTree,
    ) -> Result<(), SharedJournalError> {
        loop {
            let batches = database.batches(self.edge.size())?;
            let before = self.edge.size();
            for batch in batches {
                let end = batch.first + batch.entries.len() as u64;
                let from = self.edge.size();
                if batch.first > from {
                    return Err(SharedJournalError::Lost(format!(
                        "entries {from} to {} are missing in the database",
                        batch.first - 1
                    )));
                }
                let skipped = usize::try_from(from - batch.first).unwrap_or(usize::MAX);
                for entry in batch.entries.iter().skip(skipped) {
                    drop(self.edge.push(tree::leaf_hash(entry)));
                    let size = self.edge.size();
                    let signed = [Some(last), self.own.as_ref()];
                    let mut known = signed.into_iter().flatten();
                    // The root only where it is needed: it costs more than the leaf.
                    if known.any(|tree| tree.size == size && tree.root != self.edge.root()) {
                        return Err(other_root(size));
                    }
                }
                debug_assert!(self.edge.size() == end.max(from), "batches are whole");
            }
            if self.edge.size() == before {
                break;
            }
        }
        if self.edge.size() < last.size {
            return Err(SharedJournalError::Lost(format!(
                "{} entries were published, the database has {}",
                last.size,
                self.edge.size()
            )));
        }
        Ok(())
    }

    fn sign(
        &mut self,
        database: &mut impl JournalDatabase,
        fence: &LeaseFence,
        tree: PublishedTree,
    ) -> Result<PublisherStep, SharedJournalError> {
        self.last = Some(tree);
        // The answer may have taken long: a successor that has begun signs this tree itself.
        if self.lease.fence(database.now()).as_ref() != Some(fence) {
            return Ok(self.begin_again());
        }
        let checkpoint = Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            size: tree.size,
            root: tree.root,
        };
        let note = checkpoint.sign(&self.signer);
        self.own = Some(tree);
        match database.keep_checkpoint(tree.size, &note) {
            CommitAttempt::Acknowledged(()) => {
                self.signed = Some(tree.size);
                Ok(PublisherStep::Signed(checkpoint))
            }
            // The signature is of an acknowledged tree. Should it be lost, the next tree, or the
            // next publisher, gets one.
            CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => Ok(self.begin_again()),
        }
    }
}

/// What was signed must be in the database: when it is not, acknowledged entries were lost.
pub fn must_not_be_behind(
    published: &PublishedTree,
    size: u64,
    root: &Hash,
) -> Result<(), SharedJournalError> {
    if size > published.size {
        return Err(SharedJournalError::Lost(format!(
            "{size} entries were signed, the database published {}: acknowledged entries were lost",
            published.size
        )));
    }
    if size == published.size && *root != published.root {
        return Err(other_root(size));
    }
    Ok(())
}

fn other_root(size: u64) -> SharedJournalError {
    SharedJournalError::Lost(format!(
        "the first {size} entries of the database are not those that were signed"
    ))
}
