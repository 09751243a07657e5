//! What a database must answer to keep a journal for several gateways, in words without SQL.
//!
//! Only `postgres` speaks SQL; the rules above it (`writer`, `lease`, `publisher`, `follower`) see
//! this trait, so that a model which loses what it did not acknowledge can be put in its place.

use std::time::Duration;

use digue_journal::tree::Hash;

/// The name under which a batch is sent, and sent again: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BatchId(pub [u8; 16]);

/// One life of one process: 16 random bytes, drawn at its start. Names of hosts and of gateways
/// are no identity: two processes can have the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BootId(pub [u8; 16]);

impl BootId {
    /// Of a lease that its holder gave back.
    pub const NOBODY: Self = Self([0; 16]);
}

/// A lease that must still be its sender's when a transaction commits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseFence {
    pub name: String,
    pub epoch: u64,
}

/// The key of a period, as a batch used it: its number, and the SHA-256 of its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct UsedKey {
    pub number: u32,
    pub digest: [u8; 32],
}

/// Sealed entries that become durable together, with indexes one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryBatch {
    pub id: BatchId,
    /// The gateway that sends it, for people.
    pub gateway: String,
    pub boot: BootId,
    pub fences: Vec<LeaseFence>,
    pub keys: Vec<UsedKey>,
    pub entries: Vec<Vec<u8>>,
}

/// A batch as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredBatch {
    /// Index of its first entry.
    pub first: u64,
    pub entries: Vec<Vec<u8>>,
}

/// What one attempt to commit came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CommitAttempt<T> {
    /// Durable on a quorum: the server said so, without a warning.
    Acknowledged(T),
    /// Nothing was committed, and nothing will be.
    Refused(CommitRefusal),
    /// An error, a warning or silence after the statement was sent: it may be durable, may become
    /// so, or may be lost.
    Doubtful(String),
}

/// Why nothing was committed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommitRefusal {
    #[error("the database does not replicate synchronously")]
    NotSynchronous,
    #[error("a lease of this gateway went to another one")]
    Fenced,
    #[error("a period key was destroyed or replaced meanwhile")]
    Keys,
    #[error("the journal was halted: {0}")]
    Halted(String),
    /// A batch of this name is there.
    #[error("the batch is there already")]
    Duplicate,
    /// The tree that a publisher wants to continue is not the last one.
    #[error("another publisher was first")]
    Overtaken,
    /// The database could not be asked at all.
    #[error("{0}")]
    Unreachable(String),
}

/// Why the database did not answer a question. No answer is not an empty answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A standby, or a former primary: it may be promoted, or another server is the primary.
    #[error("no server takes writes: {0}")]
    NotPrimary(String),
    /// It answered with what this version cannot understand, or refuses to work with.
    #[error("{0}")]
    Unfit(String),
}

/// The tree that publishers agreed on last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublishedTree {
    /// The publisher's epoch.
    pub epoch: u64,
    pub size: u64,
    pub root: Hash,
}

/// A lease as it is stored. Its age is judged by each observer's own clock, from `ticks` alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseRow {
    /// 0 when nobody ever held it; one more for each holder.
    pub epoch: u64,
    pub boot: BootId,
    pub holder: String,
    /// Grows with each renewal.
    pub ticks: u64,
}

impl LeaseRow {
    pub const fn never_held() -> Self {
        Self {
            epoch: 0,
            boot: BootId::NOBODY,
            holder: String::new(),
            ticks: 0,
        }
    }
}

/// A journal's database, over one connection that is made anew when it fails.
pub trait JournalDatabase {
    /// Time since some moment, never set back; it goes on while the machine sleeps.
    fn now(&self) -> Duration;

    /// Waits before another attempt, the longer the more there were; `false` when the time for
    /// attempts is over.
    fn may_try_again(&mut self, attempts: u32) -> bool;

    /// Number of the present connection. Entries that were read over another one, and had not been
    /// acknowledged, may be gone since.
    fn session(&self) -> u64;

    /// Gives the batch the next indexes; the first of them.
    fn append(&mut self, batch: &EntryBatch) -> CommitAttempt<u64>;

    /// Whether a batch of this name is durable: reads its first index and commits something else,
    /// in one transaction. Acknowledged, that commit covers everything before it.
    fn settle(&mut self, id: BatchId) -> CommitAttempt<Option<u64>>;

    /// Stored batches from the one that has entry `from` on, in order: acknowledged or not.
    fn batches(&mut self, from: u64) -> Result<Vec<StoredBatch>, DatabaseError>;

    fn lease(&mut self, name: &str) -> Result<LeaseRow, DatabaseError>;

    /// Takes a lease that is still as it was `seen`; its new epoch. Waits for transactions that
    /// are fenced by it, and defeats later ones.
    fn take_lease(
        &mut self,
        name: &str,
        seen: &LeaseRow,
        boot: BootId,
        holder: &str,
    ) -> CommitAttempt<u64>;

    fn renew_lease(&mut self, name: &str, boot: BootId, epoch: u64) -> CommitAttempt<()>;

    /// Gives a lease back: its boot becomes `NOBODY`, so that the next one need not wait.
    fn release_lease(&mut self, name: &str, boot: BootId, epoch: u64) -> CommitAttempt<()>;

    fn published(&mut self) -> Result<PublishedTree, DatabaseError>;

    /// Replaces the published tree `last` by `next`, if the lease of the publisher is still held
    /// and the connection is still that of `session`.
    fn publish(
        &mut self,
        session: u64,
        fence: &LeaseFence,
        boot: BootId,
        last: &PublishedTree,
        next: &PublishedTree,
    ) -> CommitAttempt<()>;

    /// Keeps the signed checkpoint of a published tree, unless a larger one is there.
    fn keep_checkpoint(&mut self, size: u64, note: &str) -> CommitAttempt<()>;

    /// The largest signed checkpoint and its size.
    fn checkpoint(&mut self) -> Result<Option<(u64, String)>, DatabaseError>;

    /// The signed note of a journal that was pruned before it was shared.
    fn pruned(&mut self) -> Result<Option<String>, DatabaseError>;

    /// The 256 leaf hashes of a tile of entries that were pruned then.
    fn pruned_leaves(&mut self, tile: u64) -> Result<Vec<Hash>, DatabaseError>;

    /// Makes every gateway refuse from now on. `Refused` with the earlier reason when it is halted
    /// already.
    fn halt(&mut self, reason: &str) -> CommitAttempt<()>;

    /// Why the journal is halted.
    fn halted(&mut self) -> Result<Option<String>, DatabaseError>;
}
