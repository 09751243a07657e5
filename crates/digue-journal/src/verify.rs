//! The auditor's check: recomputes every hash from the entries up, and reports what does not match.
//!
//! Needs the folder and the public key, no running Digue, and writes nothing. What entries mean is
//! not looked at.

use std::fmt;

use digue_types::Timestamp;

use crate::checkpoint::Checkpoint;
use crate::cosign::{CosignerKey, witnessed_by};
use crate::disk::Disk;
use crate::keyring::{KeyError, Keyring, OpenedKeyring};
use crate::note::Verifier;
use crate::open_error::OpenError;
use crate::prune::Pruned;
use crate::reader;
use crate::seal::ClearHeader;
use crate::tile;
use crate::tree::{self, Hash, TILE_WIDTH, TreeEdge};

/// The result of a check that ran to its end, or as far as files could be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Entries under the checkpoint.
    pub size: u64,
    /// Durable entries that the next checkpoint will cover.
    pub unpublished: u64,
    pub root: Option<Hash>,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// Index of the first entry that pruning left.
    pub minimum: u64,
    /// Entries on the disk whose keys were destroyed.
    pub forgotten: u64,
    /// Witnesses of the last cosigned checkpoint, with their dates.
    pub witnessed: Vec<(String, Timestamp)>,
    pub findings: Vec<VerifyFinding>,
}

impl VerifyReport {
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyFinding {
    /// Index of the first entry concerned.
    pub entry: u64,
    /// Date of the last entry before it that could be read.
    pub since: Option<Timestamp>,
    pub kind: VerifyFindingKind,
    /// The file concerned, or details for an expert.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyFindingKind {
    /// No checkpoint, or one that this key did not sign.
    Checkpoint,
    /// A file is missing or truncated.
    MissingFile,
    /// An entry cannot be decoded, or not opened with its key.
    UnreadableEntry,
    /// A stored hash is not the hash of the entries or tiles below it.
    WrongHash,
    /// The entries lead to another root than the signed one.
    WrongRoot,
    /// The journal does not continue the checkpoint that the auditor or the witnesses kept.
    Rewritten,
    /// It has fewer entries than a checkpoint remembered outside its folder.
    Older,
    /// Fewer witnesses than required cosigned it.
    Witnesses,
    /// A key file is damaged, or of another master key.
    Keys,
}

impl VerifyFindingKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::MissingFile => "missing-file",
            Self::UnreadableEntry => "unreadable-entry",
            Self::WrongHash => "wrong-hash",
            Self::WrongRoot => "wrong-root",
            Self::Rewritten => "rewritten",
            Self::Older => "older",
            Self::Witnesses => "witnesses",
            Self::Keys => "keys",
        }
    }
}

impl VerifyFindingKind {
    /// True for findings that cannot be made without the keys of the entries.
    pub const fn needs_keys(self) -> bool {
        matches!(self, Self::UnreadableEntry | Self::Keys)
    }
}

impl fmt::Display for VerifyFindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What to verify a journal against.
pub struct VerifyAgainst<'a> {
    pub key: &'a Verifier,
    /// A checkpoint that the auditor kept.
    pub earlier: Option<&'a Checkpoint>,
    /// To open the entries as well; without it only their hashes and dates are checked.
    pub keyring: Option<&'a Keyring>,
    pub witnesses: &'a [CosignerKey],
    /// How many of the witnesses must have cosigned the last cosigned checkpoint.
    pub quorum: usize,
}

impl<'a> VerifyAgainst<'a> {
    /// The journal's own key and nothing else.
    pub fn key(key: &'a Verifier) -> Self {
        Self {
            key,
            earlier: None,
            keyring: None,
            witnesses: &[],
            quorum: 0,
        }
    }
}

/// Verifies the journal in `disk`. `progress` receives the number of entries read, and of all.
///
/// # Errors
/// The check could not run. A contradiction is a finding, never an error: an unreadable disk must
/// not pass for a tampered journal.
pub fn verify(
    disk: &Disk,
    against: &VerifyAgainst<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<VerifyReport, OpenError> {
    let earlier = against.earlier;
    let mut walk = VerifyWalk {
        disk,
        report: VerifyReport::default(),
        edge: TreeEdge::new(),
        keyring: against.keyring,
        minimum: 0,
        signed: earlier
            .into_iter()
            .map(|earlier| (earlier.size, earlier.root))
            .collect(),
    };
    let head = match walk.checkpoint(against.key)? {
        Some(head) => head,
        None => return Ok(walk.report),
    };
    walk.pruned(against.key, &head)?;
    walk.keys()?;
    walk.witnesses(against, &head)?;
    walk.report.size = head.size;
    walk.report.root = Some(head.root);
    if let Some(earlier) = earlier.filter(|earlier| earlier.size > head.size) {
        let detail = format!(
            "{} entries were signed, {} are left",
            earlier.size, head.size
        );
        walk.find(head.size, VerifyFindingKind::Rewritten, detail);
    }
    let width = TILE_WIDTH as u64;
    for index in 0..head.size.div_ceil(width) {
        let count = (head.size - index * width).min(width) as usize;
        if !walk.bundle(index, count)? {
            return Ok(walk.report);
        }
        progress(index * width + count as u64, head.size);
    }
    if walk.edge.root() != head.root {
        walk.find(
            0,
            VerifyFindingKind::WrongRoot,
            "the signed root is another".to_owned(),
        );
    }
    walk.partial_tiles()?;
    match reader::unpublished(disk, head.size) {
        Ok(tail) => walk.report.unpublished = tail.len() as u64,
        Err(OpenError::Tampered(detail)) => {
            walk.find(head.size, VerifyFindingKind::MissingFile, detail)
        }
        Err(other) => return Err(other),
    }
    Ok(walk.report)
}

struct VerifyWalk<'d> {
    disk: &'d Disk,
    report: VerifyReport,
    edge: TreeEdge,
    keyring: Option<&'d Keyring>,
    /// Index of the first entry that pruning left.
    minimum: u64,
    /// Sizes and roots that were signed earlier, until they are compared.
    signed: Vec<(u64, Hash)>,
}

impl VerifyWalk<'_> {
    /// Reads where the journal begins. The note signs the root of what was removed: it is compared
    /// like a checkpoint, as the note of another journal would excuse any missing beginning.
    fn pruned(&mut self, key: &Verifier, head: &Checkpoint) -> Result<(), OpenError> {
        match Pruned::read(self.disk, key) {
            Ok(None) => {}
            Ok(Some(pruned)) => {
                self.minimum = pruned.minimum;
                self.signed.push((pruned.minimum, pruned.root));
            }
            // A finding and no end of the check: the hashes that are left may still show where the
            // damage begins.
            Err(OpenError::Tampered(detail)) => self.find(0, VerifyFindingKind::Checkpoint, detail),
            Err(other) => return Err(other),
        }
        self.report.minimum = self.minimum;
        if self.minimum > head.size {
            let detail = format!(
                "{} entries were pruned, {} are left",
                self.minimum, head.size
            );
            self.find(head.size, VerifyFindingKind::Rewritten, detail);
        }
        Ok(())
    }

    /// Loads the key files. When one is damaged, or of another master key, the hashes are still
    /// verified, without opening the entries.
    fn keys(&mut self) -> Result<(), OpenError> {
        match self.keyring.map(Keyring::load) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(KeyError::Disk(error))) => Err(error.into()),
            Some(Err(error)) => {
                self.find(0, VerifyFindingKind::Keys, error.to_string());
                self.keyring = None;
                Ok(())
            }
        }
    }

    /// Checks that enough witnesses cosigned the last cosigned checkpoint, and keeps it to be
    /// compared.
    fn witnesses(
        &mut self,
        against: &VerifyAgainst<'_>,
        head: &Checkpoint,
    ) -> Result<(), OpenError> {
        if against.witnesses.is_empty() {
            return Ok(());
        }
        let Some(bytes) = self.disk.read(reader::WITNESSED)? else {
            self.need_witnesses(0, against.quorum, head);
            return Ok(());
        };
        let note = String::from_utf8_lossy(&bytes);
        let seen = witnessed_by(&note, against.witnesses);
        self.report.witnessed = seen
            .iter()
            .map(|(key, at)| (key.name().to_owned(), *at))
            .collect();
        self.need_witnesses(seen.len(), against.quorum, head);
        match Checkpoint::open(&note, against.key) {
            Ok(cosigned) if cosigned.size > head.size => {
                let detail = format!(
                    "{} entries were witnessed, {} are left",
                    cosigned.size, head.size
                );
                self.find(head.size, VerifyFindingKind::Rewritten, detail);
            }
            Ok(cosigned) => self.signed.push((cosigned.size, cosigned.root)),
            Err(error) => self.find(head.size, VerifyFindingKind::Witnesses, error.to_string()),
        }
        Ok(())
    }

    fn need_witnesses(&mut self, seen: usize, quorum: usize, head: &Checkpoint) {
        if seen < quorum {
            self.find(
                head.size,
                VerifyFindingKind::Witnesses,
                format!("{seen} of {quorum} witnesses"),
            );
        }
    }

    fn find(&mut self, entry: u64, kind: VerifyFindingKind, detail: String) {
        let since = self.report.last_at;
        self.report.findings.push(VerifyFinding {
            entry,
            since,
            kind,
            detail,
        });
    }

    fn checkpoint(&mut self, key: &Verifier) -> Result<Option<Checkpoint>, OpenError> {
        let Some(note) = self.disk.read("checkpoint")? else {
            // A folder that does not exist is not a tampered journal: the check cannot run.
            if !self.disk.root().is_dir() {
                return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
            }
            self.find(
                0,
                VerifyFindingKind::Checkpoint,
                "checkpoint is missing".to_owned(),
            );
            return Ok(None);
        };
        // Lossy on purpose: bytes that are not UTF-8 fail the signature below, and are then a
        // finding.
        match Checkpoint::open(&String::from_utf8_lossy(&note), key) {
            Ok(head) => Ok(Some(head)),
            Err(error) => {
                self.find(0, VerifyFindingKind::Checkpoint, error.to_string());
                Ok(None)
            }
        }
    }

    /// Checks one bundle and the tiles that it completes; false when the walk cannot continue,
    /// because the hashes of its entries are missing.
    fn bundle(&mut self, index: u64, count: usize) -> Result<bool, OpenError> {
        let first = index * TILE_WIDTH as u64;
        let Some(stored) = self.read(first, reader::hash_tile(self.disk, 0, index, count))? else {
            return Ok(false);
        };
        // Of pruned entries only the hashes are left: the signed root still commits to them.
        let entries = if first < self.minimum {
            None
        } else {
            let read = reader::bundle(self.disk, index, count);
            let Some(entries) = self.read(first, read)? else {
                return Ok(false);
            };
            Some(entries)
        };
        for (place, stored) in stored.into_iter().enumerate() {
            let number = first + place as u64;
            self.compare();
            let leaf = match &entries {
                Some(entries) => self.entry(number, &entries[place], stored, index, count),
                None => stored,
            };
            // Tiles of level 0 were compared entry by entry.
            for full in self
                .edge
                .push(leaf)
                .into_iter()
                .filter(|full| full.level > 0)
            {
                self.compare_tile(full.level, full.index, &full.hashes)?;
            }
        }
        self.compare();
        Ok(true)
    }

    /// The value that was read; `None`, with a finding, when the file is missing or damaged.
    fn read<T>(&mut self, entry: u64, read: Result<T, OpenError>) -> Result<Option<T>, OpenError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(OpenError::Tampered(detail)) => {
                self.find(entry, VerifyFindingKind::MissingFile, detail);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Checks one entry; returns its leaf hash.
    fn entry(&mut self, number: u64, sealed: &[u8], stored: Hash, tile: u64, width: usize) -> Hash {
        let leaf = tree::leaf_hash(sealed);
        if stored != leaf {
            self.find(
                number,
                VerifyFindingKind::WrongHash,
                tile::hash_tile_path(0, tile, width),
            );
        }
        let at = match self.keyring.map(|keys| keys.open(sealed)) {
            None => ClearHeader::of(sealed)
                .map(|clear| clear.at)
                .map_err(|error| error.to_string()),
            Some(Ok(OpenedKeyring::Event(event))) => Ok(event.at()),
            Some(Ok(OpenedKeyring::Forgotten(clear))) => {
                self.report.forgotten += 1;
                Ok(clear.at)
            }
            Some(Err(error)) => Err(error.to_string()),
        };
        match at {
            Ok(at) => {
                self.report.first_at.get_or_insert(at);
                self.report.last_at = Some(at);
            }
            Err(error) => self.find(number, VerifyFindingKind::UnreadableEntry, error),
        }
        leaf
    }

    /// Compares the tree so far with what was signed of its size. The root is computed only where a
    /// size matches.
    fn compare(&mut self) {
        let size = self.edge.size();
        let here: Vec<Hash> = self
            .signed
            .extract_if(.., |(signed, _)| *signed == size)
            .map(|(_, root)| root)
            .collect();
        if here.iter().any(|root| *root != self.edge.root()) {
            let detail = "the entries up to there are not those that were signed".to_owned();
            // From entry 0: a root says that something before it was changed, not where.
            self.find(0, VerifyFindingKind::Rewritten, detail);
        }
    }

    fn compare_tile(&mut self, level: usize, index: u64, hashes: &[Hash]) -> Result<(), OpenError> {
        let first = index * (TILE_WIDTH as u64).pow(u32::try_from(level).unwrap_or(0) + 1);
        let path = tile::hash_tile_path(level, index, hashes.len());
        match reader::hash_tile(self.disk, level, index, hashes.len()) {
            Ok(stored) if stored == hashes => {}
            Ok(_) => self.find(first, VerifyFindingKind::WrongHash, path),
            Err(OpenError::Tampered(detail)) => {
                self.find(first, VerifyFindingKind::MissingFile, detail)
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    fn partial_tiles(&mut self) -> Result<(), OpenError> {
        let size = self.edge.size();
        let partials: Vec<(usize, Vec<Hash>)> = self
            .edge
            .partial_tiles()
            .filter(|(level, _)| *level > 0)
            .map(|(level, hashes)| (level, hashes.to_vec()))
            .collect();
        for (level, hashes) in partials {
            self.compare_tile(level, tile::tiles_at(level, size).0, &hashes)?;
        }
        Ok(())
    }
}
