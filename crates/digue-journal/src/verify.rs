//! What an auditor runs: recompute every hash from the entries up, and say what does not fit.
//!
//! Needs the folder and the public key, nothing of a running Digue, and writes nothing.

use std::fmt;

use digue_types::Timestamp;

use crate::checkpoint::Checkpoint;
use crate::codec;
use crate::disk::Disk;
use crate::journal::OpenError;
use crate::note::Verifier;
use crate::reader;
use crate::tile;
use crate::tree::{self, Edge, Hash, TILE_WIDTH};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries under the checkpoint.
    pub size: u64,
    /// Durable entries that the next checkpoint will cover.
    pub unpublished: u64,
    pub root: Option<Hash>,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The first entry concerned.
    pub entry: u64,
    /// Date of the last sound entry before it.
    pub since: Option<Timestamp>,
    pub kind: FindingKind,
    /// The file, or the detail an expert needs.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// No checkpoint, or one that this key did not sign.
    Checkpoint,
    /// A file is missing or cut.
    MissingFile,
    /// An entry does not read as one.
    UnreadableEntry,
    /// A stored hash is not the hash of what lies under it.
    WrongHash,
    /// The entries lead to another root than the signed one.
    WrongRoot,
    /// The journal does not continue the checkpoint that the auditor kept.
    Rewritten,
}

impl FindingKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::MissingFile => "missing-file",
            Self::UnreadableEntry => "unreadable-entry",
            Self::WrongHash => "wrong-hash",
            Self::WrongRoot => "wrong-root",
            Self::Rewritten => "rewritten",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Verifies the journal in `disk` against `key`, and against `earlier` when the auditor kept one.
///
/// `progress` is told how many entries were read. Errors mean that the check could not run.
pub fn verify(
    disk: &Disk,
    key: &Verifier,
    earlier: Option<&Checkpoint>,
    mut progress: impl FnMut(u64),
) -> Result<Report, OpenError> {
    let mut walk = Walk { disk, report: Report::default(), edge: Edge::new() };
    let head = match walk.checkpoint(key)? {
        Some(head) => head,
        None => return Ok(walk.report),
    };
    walk.report.size = head.size;
    walk.report.root = Some(head.root);
    if let Some(earlier) = earlier.filter(|earlier| earlier.size > head.size) {
        let detail = format!("{} entries were signed, {} are left", earlier.size, head.size);
        walk.find(head.size, FindingKind::Rewritten, detail);
    }
    let width = TILE_WIDTH as u64;
    for index in 0..head.size.div_ceil(width) {
        let count = (head.size - index * width).min(width) as usize;
        if !walk.bundle(index, count, earlier)? {
            return Ok(walk.report);
        }
        progress(index * width + count as u64);
    }
    if walk.edge.root() != head.root {
        walk.find(0, FindingKind::WrongRoot, "the signed root is another".to_owned());
    }
    walk.partial_tiles()?;
    match reader::unpublished(disk, head.size) {
        Ok(tail) => walk.report.unpublished = tail.len() as u64,
        Err(OpenError::Tampered(detail)) => walk.find(head.size, FindingKind::MissingFile, detail),
        Err(other) => return Err(other),
    }
    Ok(walk.report)
}

struct Walk<'d> {
    disk: &'d Disk,
    report: Report,
    edge: Edge,
}

impl Walk<'_> {
    fn find(&mut self, entry: u64, kind: FindingKind, detail: String) {
        let since = self.report.last_at;
        self.report.findings.push(Finding { entry, since, kind, detail });
    }

    fn checkpoint(&mut self, key: &Verifier) -> Result<Option<Checkpoint>, OpenError> {
        let Some(note) = self.disk.read("checkpoint")? else {
            // A folder that is not there is no tampered journal: the check cannot run.
            if !self.disk.root().is_dir() {
                return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
            }
            self.find(0, FindingKind::Checkpoint, "checkpoint is missing".to_owned());
            return Ok(None);
        };
        match Checkpoint::open(&String::from_utf8_lossy(&note), key) {
            Ok(head) => Ok(Some(head)),
            Err(error) => {
                self.find(0, FindingKind::Checkpoint, error.to_string());
                Ok(None)
            }
        }
    }

    /// Checks one bundle and the tiles it completes; false when the walk cannot go on.
    fn bundle(&mut self, index: u64, count: usize, earlier: Option<&Checkpoint>) -> Result<bool, OpenError> {
        let first = index * TILE_WIDTH as u64;
        let entries = match reader::bundle(self.disk, index, count) {
            Ok(entries) => entries,
            Err(OpenError::Tampered(detail)) => {
                self.find(first, FindingKind::MissingFile, detail);
                return Ok(false);
            }
            Err(other) => return Err(other),
        };
        let stored = match reader::hash_tile(self.disk, 0, index, count) {
            Ok(hashes) => Some(hashes),
            Err(OpenError::Tampered(detail)) => {
                self.find(first, FindingKind::MissingFile, detail);
                None
            }
            Err(other) => return Err(other),
        };
        for (place, entry) in entries.iter().enumerate() {
            let number = first + place as u64;
            if earlier.is_some_and(|earlier| earlier.size == number) {
                self.compare(earlier);
            }
            let leaf = tree::leaf_hash(entry);
            if stored.as_ref().is_some_and(|hashes| hashes[place] != leaf) {
                let path = tile::hash_tile_path(0, index, count);
                self.find(number, FindingKind::WrongHash, path);
            }
            match codec::decode(entry) {
                Ok(event) => {
                    self.report.first_at.get_or_insert(event.at());
                    self.report.last_at = Some(event.at());
                }
                Err(error) => self.find(number, FindingKind::UnreadableEntry, error.to_string()),
            }
            for full in self.edge.push(leaf).into_iter().filter(|full| full.level > 0) {
                self.compare_tile(full.level, full.index, &full.hashes)?;
            }
        }
        if earlier.is_some_and(|earlier| earlier.size == self.edge.size()) {
            self.compare(earlier);
        }
        Ok(true)
    }

    fn compare(&mut self, earlier: Option<&Checkpoint>) {
        if earlier.is_some_and(|earlier| earlier.root != self.edge.root()) {
            let detail = "the entries up to there are not those that were signed".to_owned();
            self.find(0, FindingKind::Rewritten, detail);
        }
    }

    fn compare_tile(&mut self, level: usize, index: u64, hashes: &[Hash]) -> Result<(), OpenError> {
        let first = index * (TILE_WIDTH as u64).pow(u32::try_from(level).unwrap_or(0) + 1);
        let path = tile::hash_tile_path(level, index, hashes.len());
        match reader::hash_tile(self.disk, level, index, hashes.len()) {
            Ok(stored) if stored == hashes => {}
            Ok(_) => self.find(first, FindingKind::WrongHash, path),
            Err(OpenError::Tampered(detail)) => self.find(first, FindingKind::MissingFile, detail),
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
