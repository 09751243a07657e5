//! Moving a journal between the folder of one machine and the database of many, with the same
//! entries and the same roots.
//!
//! Into the database: everything is written under a halt, read back and hashed, and only then
//! released. Out of it: the database is halted first, so that nothing comes after the copy. There
//! is never a moment at which both go on.

use digue_journal::OpenError;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::keyring;
use digue_journal::note::{NoteError, Signer};
use digue_journal::prune::Pruned;
use digue_journal::reader;
use digue_journal::tree::{self, TILE_WIDTH, TreeEdge};
use ring::digest::{SHA256, digest};

use crate::follower::JournalFollower;
use crate::lease::LeaseTerms;
use crate::log::{
    BatchId, BootId, CommitAttempt, CommitRefusal, DatabaseError, JournalDatabase, PublishedTree,
};
use crate::postgres::PostgresJournal;
use crate::publisher::{CheckpointPublisher, PublisherStep, SharedJournalError};

/// The reason of the halt while a journal is written into the database.
pub const FILLING: &str = "the journal is being written into this database";
/// The reason of the halt once it was moved to a folder.
pub const MOVED: &str = "the journal was moved to the folder of one machine";

/// Why a journal was not moved. It may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Shared(#[from] SharedJournalError),
    #[error(transparent)]
    Folder(#[from] OpenError),
    #[error("the checkpoint of the folder: {0}")]
    Checkpoint(#[from] NoteError),
    #[error("the database holds another journal, or more of this one than the folder")]
    OtherEntries,
    #[error("the database did not acknowledge: {0}")]
    NotAcknowledged(String),
    #[error("another gateway publishes: stop all gateways first")]
    OtherPublisher,
}

impl From<DatabaseError> for TransferError {
    fn from(error: DatabaseError) -> Self {
        Self::Shared(error.into())
    }
}

impl From<keyring::KeyError> for TransferError {
    fn from(error: keyring::KeyError) -> Self {
        Self::Folder(error.into())
    }
}

/// Writes the journal of a folder into the database, which holds none yet or the beginning of this
/// one. The folder's journal must be closed; it is marked as a copy. `progress` receives how many
/// entries are stored, and of how many.
pub fn share(
    database: &mut PostgresJournal,
    disk: &Disk,
    signer: &Signer,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Checkpoint, TransferError> {
    let note = reader::checkpoint_note(disk)?;
    let head = Checkpoint::open(&note, signer.verifier())?;
    let published = database.published()?;
    if published.size > 0 {
        return Err(TransferError::OtherEntries);
    }
    halted_for(database, FILLING)?;
    for (record, file) in keyring::files(disk)? {
        tried(database, |database| database.put_key(&record, &file))?;
    }
    let minimum = match Pruned::note(disk)? {
        None => 0,
        Some(bytes) => {
            let note = String::from_utf8(bytes)
                .map_err(|_| OpenError::Tampered("pruned: not UTF-8".to_owned()))?;
            let pruned = Pruned::open(&note, signer.verifier())?;
            put_beginning(database, disk, &pruned, &note)?;
            pruned.minimum
        }
    };
    let mut at = database.size()?.max(minimum);
    if at > head.size {
        return Err(TransferError::OtherEntries);
    }
    while at < head.size {
        // To the end of a bundle: whole bundles are read once.
        let width = TILE_WIDTH as u64;
        let end = ((at / width + 1) * width).min(head.size);
        let entries = reader::entries(disk, at..end, head.size)?;
        let id = batch_name(at, &entries);
        tried(database, |database| database.fill(at, id, &entries))?;
        at = end;
        progress(at, head.size);
    }
    // Read back: what is in the database is what was signed, or it is not released.
    let edge = stored_tree(database, signer)?;
    if (edge.size(), edge.root()) != (head.size, head.root) {
        return Err(TransferError::OtherEntries);
    }
    let tree = PublishedTree {
        epoch: 0,
        size: head.size,
        root: head.root,
    };
    tried(database, |database| database.begin_with(&tree))?;
    if head.size > 0 {
        tried(database, |database| {
            database.keep_checkpoint(head.size, &note)
        })?;
    }
    // The mark in the folder before the release: from then on other gateways go on.
    drop(JournalFollower::open(disk.clone(), signer.clone())?);
    tried(database, PostgresJournal::danger_resume)?;
    Ok(head)
}

/// Copies the journal of the database into a folder, all of it: entries that no checkpoint covers
/// yet are signed first. With `moves`, the database is halted before, and the folder may be
/// continued by one machine after.
pub fn fetch(
    database: &mut PostgresJournal,
    disk: &Disk,
    signer: &Signer,
    boot: BootId,
    moves: bool,
) -> Result<Checkpoint, TransferError> {
    let mut follower = JournalFollower::open(disk.clone(), signer.clone())?;
    follower.copy_keys(&database.key_files()?)?;
    while follower.step(database)?.is_some() {}
    if !moves {
        return checkpoint_of(disk, signer);
    }
    let terms = LeaseTerms::default();
    let mut publisher =
        CheckpointPublisher::new(signer.clone(), "digue journal fetch", boot, terms);
    loop {
        match publisher.step(database, follower.mirror().edge())? {
            // Another holder's lease is not waited for: it may be alive.
            PublisherStep::NotPublisher => return Err(TransferError::OtherPublisher),
            PublisherStep::Conceded => {}
            PublisherStep::Signed(_) | PublisherStep::Current => break,
        }
    }
    halted_for(database, MOVED)?;
    // What was appended between the last signature and the halt. A halted journal is not signed by
    // its publisher: the entries are compared with the database's tree instead.
    follower.step(database)?;
    if database.size()? != follower.mirror().size() {
        tried(database, PostgresJournal::danger_resume)?;
        return Err(TransferError::OtherPublisher);
    }
    follower.release()?;
    checkpoint_of(disk, signer)
}

fn checkpoint_of(disk: &Disk, signer: &Signer) -> Result<Checkpoint, TransferError> {
    let note = reader::checkpoint_note(disk)?;
    Ok(Checkpoint::open(&note, signer.verifier())?)
}

/// The same entries at the same place get the same name: an interrupted transfer enters nothing
/// twice.
fn batch_name(first: u64, entries: &[Vec<u8>]) -> BatchId {
    let mut bytes = first.to_be_bytes().to_vec();
    for entry in entries {
        bytes.extend_from_slice(&tree::leaf_hash(entry));
    }
    let mut name = [0; 16];
    name.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..16]);
    BatchId(name)
}

fn put_beginning(
    database: &mut PostgresJournal,
    disk: &Disk,
    pruned: &Pruned,
    note: &str,
) -> Result<(), TransferError> {
    for tile in 0..pruned.minimum / TILE_WIDTH as u64 {
        let leaves = reader::hash_tile(disk, 0, tile, TILE_WIDTH)?.concat();
        tried(database, |database| database.put_leaves(tile, &leaves))?;
    }
    let minimum = pruned.minimum;
    tried(database, |database| database.put_pruned(minimum, note))
}

/// The tree of everything that is stored.
fn stored_tree(database: &mut PostgresJournal, signer: &Signer) -> Result<TreeEdge, TransferError> {
    let mut edge = TreeEdge::new();
    if let Some(note) = database.pruned_note()? {
        let pruned = Pruned::open(&note, signer.verifier())?;
        for tile in 0..pruned.minimum / TILE_WIDTH as u64 {
            for leaf in database.leaves(tile)? {
                drop(edge.push(leaf));
            }
        }
    }
    loop {
        let entries = crate::follower::entries_from(database, edge.size())?;
        if entries.is_empty() {
            return Ok(edge);
        }
        for entry in &entries {
            drop(edge.push(tree::leaf_hash(entry)));
        }
    }
}

/// Halts for a reason of this module's own; a halt for another reason stays, and stops this.
fn halted_for(database: &mut PostgresJournal, reason: &str) -> Result<(), TransferError> {
    match database.halted()? {
        Some(known) if known == reason => Ok(()),
        Some(other) => Err(TransferError::NotAcknowledged(other)),
        None => tried(database, |database| database.halt(reason)),
    }
}

/// Repeats a change that may be made twice until it is acknowledged.
fn tried(
    database: &mut PostgresJournal,
    mut change: impl FnMut(&mut PostgresJournal) -> CommitAttempt<()>,
) -> Result<(), TransferError> {
    let mut attempts = 0;
    loop {
        let cause = match change(database) {
            CommitAttempt::Acknowledged(()) => return Ok(()),
            // Of an earlier attempt whose answer was lost; its durability is that of the commits
            // that follow.
            CommitAttempt::Refused(CommitRefusal::Duplicate | CommitRefusal::Halted(_)) => {
                return Ok(());
            }
            CommitAttempt::Refused(refusal) => refusal.to_string(),
            CommitAttempt::Doubtful(cause) => cause,
        };
        attempts += 1;
        if !database.may_try_again(attempts) {
            return Err(TransferError::NotAcknowledged(cause));
        }
    }
}
