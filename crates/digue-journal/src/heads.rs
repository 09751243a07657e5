//! Detects that the folder holds an older or another journal than before.
//!
//! An older copy of the folder is intact in itself. It is therefore compared, before anything is written,
//! with the checkpoints that are remembered elsewhere; who remembers them is the caller's business.

use crate::checkpoint::Checkpoint;
use crate::disk::Disk;
use crate::journal::OpenError;
use crate::note::Verifier;
use crate::proof::Prover;
use crate::prune::Pruned;
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

/// The first of `heads` that the journal in `disk` contradicts. An empty folder is a journal of 0 entries.
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
            head.map_err(|error| OpenError::Tampered(format!("the checkpoint: {error}")))?.size
        }
        None => 0,
    };
    let minimum = Pruned::read(disk, key)?.map_or(0, |pruned| pruned.minimum);
    // Entries that only the write-ahead files hold were acknowledged, too.
    let tail = reader::wal_tail(disk, published)?;
    let size = published + tail.len() as u64;
    for head in heads {
        if head.size > size {
            return Ok(Some(HeadContradiction::Older { size, head: head.clone() }));
        }
        let Some(root) = head.root else { continue };
        // Below the minimum no entry is left; the root up to there is in the signed note `pruned`.
        if head.size < minimum {
            continue;
        }
        let found = if head.size <= published {
            Prover::new(disk, published).root(head.size)?
        } else {
            let mut edge = reader::edge(disk, published)?;
            let more = usize::try_from(head.size - published).unwrap_or(usize::MAX);
            tail.iter().take(more).for_each(|entry| drop(edge.push(tree::leaf_hash(entry))));
            edge.root()
        };
        if found != root {
            return Ok(Some(HeadContradiction::Fork { head: head.clone() }));
        }
    }
    Ok(None)
}
