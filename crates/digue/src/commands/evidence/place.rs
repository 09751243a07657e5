//! A journal's folder, opened for reading while another process may write it.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use digue_app::indexing::{self, IndexFolder};
use digue_exposure::{Index, SegmentSizes};
use digue_journal::checkpoint::Checkpoint;
use digue_journal::cosign::CosignerKey;
use digue_journal::disk::Disk;
use digue_journal::keyring::{Keyring, MasterKey, OpenedKeyring};
use digue_journal::note::{Signer, Verifier};
use digue_journal::proof::Prover;
use digue_journal::prune::Pruned;
use digue_journal::reader;
use digue_types::Timestamp;

use crate::cli::evidence::{JournalPlace, WitnessKeys};
use digue_terminal::Progress;

/// Entries read at a time.
// A multiple of the 256 hashes of a tile, so that no tile is read twice.
const CHUNK: u64 = 64 * 256;
/// Above this number of entries to index, the index is written to disk, so that it is done once.
const WORTH_WRITING: u64 = 100_000;

pub(in crate::commands) struct JournalReading {
    pub(super) disk: Disk,
    pub(super) key: Verifier,
    /// The signed note of the last checkpoint.
    pub(super) note: String,
    pub(in crate::commands) head: Checkpoint,
    keyring: Option<Keyring>,
    minimum: u64,
}

impl JournalReading {
    pub(in crate::commands) fn open(place: &JournalPlace) -> Result<Self> {
        let disk = Disk::new(&place.folder);
        // Said before anything is read: a mistyped folder would otherwise look like an empty
        // journal.
        if !place.folder.is_dir() {
            return Err(anyhow!("{}: no such folder", place.folder.display()));
        }
        let key = key_of(place)?;
        let note = reader::checkpoint_note(&disk)?;
        let head = Checkpoint::open(&note, &key)?;
        let minimum = Pruned::read(&disk, &key)?.map_or(0, |pruned| pruned.minimum);
        let keyring = keyring_of(place)?;
        Ok(Self {
            disk,
            key,
            note,
            head,
            keyring,
            minimum,
        })
    }

    pub(super) fn keyring(&self) -> Result<&Keyring> {
        self.keyring
            .as_ref()
            .ok_or_else(|| anyhow!("the master key that opens the entries was not found"))
    }

    /// Passes every entry from `first` to before `end` to `take`.
    pub(in crate::commands) fn each(
        &self,
        first: u64,
        end: u64,
        take: &mut dyn FnMut(u64, OpenedKeyring) -> Result<()>,
    ) -> Result<()> {
        let keyring = self.keyring()?;
        let mut at = first.max(self.minimum);
        while at < end {
            let next = end.min(at + CHUNK);
            for (index, bytes) in (at..).zip(reader::entries(&self.disk, at..next, self.head.size)?)
            {
                take(
                    index,
                    keyring
                        .open(&bytes)
                        .with_context(|| format!("entry {index}"))?,
                )?;
            }
            at = next;
        }
        Ok(())
    }

    fn root_at(&self, size: u64) -> Option<[u8; 32]> {
        Prover::new(&self.disk, self.head.size).root(size).ok()
    }

    /// The index up to the checkpoint: that of the running Digue, and the entries since.
    pub(in crate::commands) fn index(&self, place: &JournalPlace) -> Result<Index> {
        let folder = IndexFolder::new(&place.folder.join("../index"));
        // A stale index knows what was forgotten: no root matches it, so it is rebuilt.
        let is_stale = folder.is_stale();
        let root_at = |size: u64| if is_stale { None } else { self.root_at(size) };
        let (index, opening) = Index::open_reading(&folder.current(), &root_at)?;
        let mut index = index;
        if self.head.size.saturating_sub(opening.size) > WORTH_WRITING {
            // With the journal's lock held, no other process writes the index; what is indexed
            // stays, even after an interruption.
            if let Some(_held) = self.disk.lock()? {
                drop(index);
                std::fs::create_dir_all(folder.current())?;
                let (mut writing, _) =
                    Index::open(&folder.current(), &root_at, SegmentSizes::default())?;
                self.catch_up(&mut writing)?;
                writing.close();
                index = Index::open_reading(&folder.current(), &root_at)?.0;
            }
        }
        self.catch_up(&mut index)?;
        Ok(index)
    }

    fn catch_up(&self, index: &mut Index) -> Result<()> {
        let mut progress = Progress::default();
        let start = index.size();
        let mut marked = start;
        self.each(start, self.head.size, &mut |entry, opened| {
            indexing::take(index, entry, opened);
            progress.show(entry - start, self.head.size - start);
            // Marked now and then: after an interruption indexing goes on from the last mark that
            // the journal confirms.
            if index.size() - marked >= 1 << 20 {
                marked = index.size();
                if let Some(root) = self.root_at(marked) {
                    index.note_checkpoint(marked, root);
                }
            }
            Ok(())
        })?;
        index.skip_to(self.head.size);
        index.note_checkpoint(self.head.size, self.head.root);
        Ok(())
    }
}

/// The given key, or the one that Digue stores beside the journal.
pub(super) fn key_of(place: &JournalPlace) -> Result<Verifier> {
    match &place.key {
        Some(text) => key_named(text),
        None => key_named(
            &place
                .folder
                .join("../keys/journal.pub")
                .display()
                .to_string(),
        ),
    }
}

/// A public key, or a file with one.
pub(super) fn key_named(text: &str) -> Result<Verifier> {
    // Keys contain `+`, and so may file names: an existing file comes first.
    if text.contains('+') && !Path::new(text).exists() {
        return Ok(Verifier::parse(text)?);
    }
    let read = std::fs::read_to_string(text).with_context(|| text.to_owned())?;
    Ok(Verifier::parse(&read)?)
}

/// The keys of the entries, when the master key is available.
pub(super) fn keyring_of(place: &JournalPlace) -> Result<Option<Keyring>> {
    let path = place
        .master
        .clone()
        .unwrap_or_else(|| place.folder.join("../keys/master.key"));
    let master = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        // A key that was named must be there; the usual one may be missing, for an auditor has
        // none.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && place.master.is_none() => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let master = master
        .try_into()
        .map_err(|_| anyhow!("{} is not 32 bytes", path.display()))?;
    // Its files are read with the first entry.
    Ok(Some(Keyring::reading(
        Disk::new(&place.folder),
        Some(MasterKey::new(&master)),
    )))
}

/// The journal's private key, for processes that may sign in its name.
pub(super) fn signer_of(place: &JournalPlace, key: &Verifier) -> Result<Signer> {
    let path = place.folder.join("../keys/journal.key");
    let seed = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let seed = seed
        .try_into()
        .map_err(|_| anyhow!("{} is not 32 bytes", path.display()))?;
    let signer = Signer::from_seed(key.name(), &seed)?;
    // A signature by another key would make every list unverifiable for its reader.
    if signer.verifier() != key {
        return Err(anyhow!("{} is of another key", path.display()));
    }
    Ok(signer)
}

/// The witnesses, and how many of them must have cosigned: all, unless a number is given.
pub(super) fn witnesses_of(wanted: &WitnessKeys) -> Result<(Vec<CosignerKey>, usize)> {
    let keys = wanted.keys.iter().map(|text| {
        let text = if Path::new(text).exists() {
            std::fs::read_to_string(text)?
        } else {
            text.clone()
        };
        Ok(CosignerKey::parse(&text)?)
    });
    let keys: Vec<CosignerKey> = keys.collect::<Result<_>>()?;
    // All, unless fewer are asked for: a forgotten option must not weaken the check.
    let quorum = wanted.quorum.map_or(keys.len(), |quorum| {
        usize::try_from(quorum).unwrap_or(usize::MAX)
    });
    Ok((keys, quorum))
}

/// A time: RFC 3339, or a date, which means midnight UTC.
pub(in crate::commands) fn moment(text: &str) -> Result<Timestamp> {
    let read = Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_date(text));
    read.ok_or_else(|| anyhow!("{text}: 2026-11-22T08:30:00Z | 2026-11-22"))
}
