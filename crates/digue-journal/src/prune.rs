//! Pruning: entries whose keys are destroyed are removed from the disk, by the pruning rule of C2SP
//! tlog-tiles.
//!
//! Only the beginning of the journal can be removed: whole bundles below the *minimum index*. The
//! rule allows their hash tiles to be removed as well; they stay, 32 bytes for each entry, so that
//! every checkpoint and every receipt ever issued can still be proved. The signed note `pruned`
//! states the minimum: a beginning that is missing without it is damage. What may be forgotten is
//! decided by destroying keys (`keyring`); pruning only frees space.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_types::Timestamp;

use crate::disk::Disk;
use crate::note::{Signer, Verifier};
use crate::open_error::OpenError;
use crate::proof::Prover;
use crate::tile;
use crate::tree::{Hash, TILE_WIDTH};

pub(crate) const FILE: &str = "pruned";
const MARK: &str = "digue-pruned-1";

/// Where the journal begins after pruning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Index of the first entry that is left; a multiple of 256.
    pub minimum: u64,
    /// Root of the tree of the entries before it.
    pub root: Hash,
    pub at: Timestamp,
}

impl Pruned {
    fn text(&self, origin: &str) -> String {
        format!(
            "{MARK}\n{origin}\n{}\n{}\n{}\n",
            self.minimum,
            STANDARD.encode(self.root),
            self.at
        )
    }

    /// Reads the note; `None` when nothing was ever pruned.
    ///
    /// # Errors
    /// `Tampered` when this journal's key did not sign the note.
    pub fn read(disk: &Disk, key: &Verifier) -> Result<Option<Self>, OpenError> {
        let Some(bytes) = disk.read(FILE)? else {
            return Ok(None);
        };
        let note = String::from_utf8(bytes)
            .map_err(|_| OpenError::Tampered(format!("{FILE}: not UTF-8")))?;
        Self::open(&note, key).map(Some)
    }

    /// Parses the signed note.
    pub fn open(note: &str, key: &Verifier) -> Result<Self, OpenError> {
        let tampered = |what: &str| OpenError::Tampered(format!("{FILE}: {what}"));
        let text = key
            .open(note)
            .map_err(|error| tampered(&error.to_string()))?;
        Self::parse(text, key.name()).ok_or_else(|| tampered("not well formed"))
    }

    /// The signed note as it is stored; `None` when nothing was ever pruned.
    pub fn note(disk: &Disk) -> Result<Option<Vec<u8>>, OpenError> {
        Ok(disk.read(FILE)?)
    }

    fn parse(text: &str, origin: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != MARK || lines.next()? != origin {
            return None;
        }
        let minimum: u64 = lines.next()?.parse().ok()?;
        let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let at = Timestamp::parse_rfc3339(lines.next()?)?;
        (minimum.is_multiple_of(TILE_WIDTH as u64) && lines.next().is_none()).then_some(Self {
            minimum,
            root,
            at,
        })
    }

    pub(crate) fn write(&self, disk: &Disk, signer: &Signer) -> Result<(), OpenError> {
        let note = signer.sign(&self.text(signer.verifier().name()));
        Ok(disk.write_note(FILE, note.as_bytes())?)
    }
}

/// The beginning of a journal that was pruned before it was shared: the signed note `pruned`, and
/// the hashes of the entries before its minimum.
pub struct PrunedBeginning<'b, E> {
    pub note: String,
    /// The 256 leaf hashes of a tile, by its index.
    pub leaves: &'b mut dyn FnMut(u64) -> Result<Vec<Hash>, E>,
}

/// Index of the first entry that is left of a journal of `published` entries; 0 when nothing was
/// pruned.
///
/// # Errors
/// `Tampered` when the note is of other entries than this journal's.
pub(crate) fn minimum(disk: &Disk, key: &Verifier, published: u64) -> Result<u64, OpenError> {
    let Some(pruned) = Pruned::read(disk, key)? else {
        return Ok(0);
    };
    // The signature alone is not enough: the key may have signed the note of an older copy of this
    // journal.
    if pruned.minimum > published
        || Prover::new(disk, published).root(pruned.minimum)? != pruned.root
    {
        return Err(OpenError::Tampered(format!(
            "{FILE}: the entries before it are of another journal"
        )));
    }
    Ok(pruned.minimum)
}

/// Removes every bundle that ends at or below `minimum`; returns how many. What an interruption
/// leaves is removed at the next call.
pub(crate) fn remove_below(disk: &Disk, minimum: u64) -> Result<u64, OpenError> {
    let mut removed = 0;
    for path in disk.walk("tile/entries")? {
        if tile::bundle_end(&path).is_some_and(|end| end <= minimum) {
            disk.remove(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}
