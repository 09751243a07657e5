//! Detects that the folder holds an older or another journal than before.
//!
//! An older copy of the folder is intact in itself. It is therefore compared, before anything is
//! written, with the checkpoints that are remembered elsewhere; who remembers them is the caller's
//! business.

use crate::checkpoint::Checkpoint;
use crate::disk::Disk;
use crate::note::Verifier;
use crate::open_error::OpenError;
use crate::proof::Prover;
use crate::reader;
use crate::tree::{self, Hash};

/// A checkpoint that is remembered outside the journal's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// Where it is remembered, for the error text.
    pub place: String,
    pub size: u64,
    /// `None` where only the size is known.
    pub root: Option<Hash>,
}

/// How a journal contradicts a remembered checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadContradiction {
    #[error("the journal has {size} entries, but {} recorded {}", .head.place, .head.size)]
    Older { size: u64, head: JournalHead },
    #[error("the journal's first {} entries are not those that {} recorded", .head.size, .head.place)]
    Fork { head: JournalHead },
}

/// The first of `heads` that the journal in `disk` contradicts. An empty folder is a journal of 0
/// entries.
///
/// Heads of entries that were pruned are compared, too: the hashes of these entries stay (see
/// `prune`).
///
/// # Errors
/// The journal's files cannot be read.
pub fn contradiction(
    disk: &Disk,
    key: &Verifier,
    heads: &[JournalHead],
) -> Result<Option<HeadContradiction>, OpenError> {
    let published = match disk.read("checkpoint")? {
        Some(_) => {
            let note = reader::checkpoint_note(disk)?;
            let head = Checkpoint::open(&note, key);
            Some(head.map_err(|error| OpenError::Tampered(format!("the checkpoint: {error}")))?)
        }
        None => None,
    };
    let covered = published.as_ref().map_or(0, |head| head.size);
    // Entries that only the write-ahead files hold were acknowledged, too.
    let tail = reader::wal_tail(disk, covered)?;
    let size = covered + tail.len() as u64;
    for head in heads {
        // Before the roots: a shorter journal has no root of that size to compare with.
        if head.size > size {
            return Ok(Some(HeadContradiction::Older {
                size,
                head: head.clone(),
            }));
        }
        let Some(root) = head.root else { continue };
        let continues = match &published {
            Some(published) if head.size <= published.size => {
                is_prefix(disk, head.size, &root, published)?
            }
            Some(_) | None => {
                let mut edge = reader::edge(disk, covered)?;
                let more = usize::try_from(head.size - covered).unwrap_or(usize::MAX);
                tail.iter()
                    .take(more)
                    .for_each(|entry| drop(edge.push(tree::leaf_hash(entry))));
                edge.root() == root
            }
        };
        if !continues {
            return Ok(Some(HeadContradiction::Fork { head: head.clone() }));
        }
    }
    Ok(None)
}

/// True when the tree that `published` signs begins with the tree of `size` entries and this
/// `root`. By a proof and not by the stored hashes alone: tiles of another history may lie beside
/// the signed checkpoint.
fn is_prefix(
    disk: &Disk,
    size: u64,
    root: &Hash,
    published: &Checkpoint,
) -> Result<bool, OpenError> {
    let proof = Prover::new(disk, published.size).consistency(size, published.size)?;
    Ok(tree::verify_consistency(size, published.size, &proof, root, &published.root).is_ok())
}
