//! The tree's files: tiles, bundles, checkpoint, and which write-ahead files they cover.
//!
//! Runs under the lock of `Journal`; waiting, threads and answers to callers are not known here.

use std::io;

use crate::checkpoint::Checkpoint;
use crate::disk::{Disk, Folders, WalFile};
use crate::note::Signer;
use crate::open_error::OpenError;
use crate::reader;
use crate::tile;
use crate::tree::{self, Hash, TILE_WIDTH, TreeEdge};
use crate::wal;

/// Owns the tree's files: tiles, bundles, checkpoint, and the list of write-ahead files.
pub(crate) struct Publisher {
    pub(crate) disk: Disk,
    pub(crate) signer: Signer,
    /// The right edge at the last checkpoint.
    pub(crate) edge: TreeEdge,
    /// The unfinished entry bundle at the last checkpoint, encoded.
    pub(crate) bundle: Vec<u8>,
    /// Where each write-ahead file starts, oldest first.
    pub(crate) covered_wals: Vec<u64>,
    /// Full tiles whose partial ones could not be removed yet.
    pub(crate) leftovers: Vec<String>,
}

impl Publisher {
    /// Loads the state on disk, publishes the entries that only the write-ahead files hold, and
    /// begins a new write-ahead file.
    pub(crate) fn recover(&mut self) -> Result<WalFile, OpenError> {
        self.load_checkpoint()?;
        let tail = reader::wal_tail(&self.disk, self.edge.size())?;
        // A new journal signs its empty tree before its first write-ahead file exists: only so can
        // `load_checkpoint` tell it from one whose checkpoint was removed.
        if !tail.is_empty() || self.disk.read("checkpoint")?.is_none() {
            self.publish(&tail)?;
        }
        // All of their entries are under a durable checkpoint now.
        for name in self.disk.list(wal::FOLDER)? {
            self.disk.remove(&format!("{}/{name}", wal::FOLDER))?;
        }
        self.covered_wals.clear();
        Ok(self.create_wal(self.edge.size())?)
    }

    fn load_checkpoint(&mut self) -> Result<(), OpenError> {
        let tampered = |what: &str| OpenError::Tampered(what.to_owned());
        let Some(note) = self.disk.read("checkpoint")? else {
            // A new journal gets its checkpoint before its first write-ahead file: tiles or
            // write-ahead files without one mean that the checkpoint was removed, not that the
            // journal is new.
            if !self.disk.list("tile")?.is_empty() || !self.disk.list(wal::FOLDER)?.is_empty() {
                return Err(tampered("the checkpoint is missing"));
            }
            (self.edge, self.bundle) = (TreeEdge::new(), Vec::new());
            return Ok(());
        };
        let note = String::from_utf8(note).map_err(|_| tampered("the checkpoint is not UTF-8"))?;
        let head = Checkpoint::open(&note, self.signer.verifier())
            .map_err(|error| OpenError::Tampered(format!("the checkpoint: {error}")))?;
        let edge = reader::edge(&self.disk, head.size)?;
        if edge.root() != head.root {
            return Err(tampered(
                "the tiles lead to another root than the checkpoint",
            ));
        }
        let (index, width) = tile::tiles_at(0, head.size);
        self.bundle.clear();
        if width > 0 {
            for entry in reader::bundle(&self.disk, index, width)? {
                tile::push_entry(&mut self.bundle, &entry);
            }
        }
        self.edge = edge;
        Ok(())
    }

    pub(crate) fn create_wal(&mut self, start: u64) -> io::Result<WalFile> {
        let file = self
            .disk
            .create_wal(&wal::name(start), &wal::header(start))?;
        self.covered_wals.push(start);
        Ok(file)
    }

    /// Adds `entries` to the tree. Tiles and bundles first, the checkpoint last: a reader never
    /// sees a checkpoint without its tree.
    pub(crate) fn publish(&mut self, entries: &[Vec<u8>]) -> io::Result<Checkpoint> {
        // Copies: until the checkpoint is replaced, an error must leave the state at the old one.
        let mut edge = self.edge.clone();
        let mut bundle = self.bundle.clone();
        let mut folders = Folders::default();
        let mut full_tiles = Vec::new();
        for entry in entries {
            tile::push_entry(&mut bundle, entry);
            for full in edge.push(tree::leaf_hash(entry)) {
                let path = tile::hash_tile_path(full.level, full.index, TILE_WIDTH);
                self.disk
                    .write_tile(&path, &full.hashes.concat(), &mut folders)?;
                full_tiles.push(path);
            }
            if edge.size().is_multiple_of(TILE_WIDTH as u64) {
                let path = tile::entry_bundle_path(edge.size() / TILE_WIDTH as u64 - 1, TILE_WIDTH);
                self.disk
                    .write_tile(&path, &std::mem::take(&mut bundle), &mut folders)?;
                full_tiles.push(path);
            }
        }
        self.write_partial_tiles(&edge, &bundle, &mut folders)?;
        self.disk.sync_folders(&folders)?;
        let root: Hash = edge.root();
        let origin = self.signer.verifier().name().to_owned();
        let checkpoint = Checkpoint {
            origin,
            size: edge.size(),
            root,
        };
        // From this rename on, the published journal has this size.
        self.disk
            .replace_checkpoint(checkpoint.sign(&self.signer).as_bytes())?;
        (self.edge, self.bundle) = (edge, bundle);
        self.leftovers.append(&mut full_tiles);
        self.remove_what_is_covered();
        Ok(checkpoint)
    }

    /// Removes partial tiles beside full ones, and write-ahead files below the checkpoint.
    ///
    /// An error here must not become one of the publication: the checkpoint is in place, and a
    /// caller that publishes the same entries again would enter them twice. What is left is removed
    /// by the next publication; readers take the full tile, and recovery reads no file below the
    /// checkpoint.
    fn remove_what_is_covered(&mut self) {
        let disk = &self.disk;
        self.leftovers
            .retain(|path| disk.remove_partials(path).is_err());
        drop(self.remove_covered_wals());
    }

    fn write_partial_tiles(
        &self,
        edge: &TreeEdge,
        bundle: &[u8],
        folders: &mut Folders,
    ) -> io::Result<()> {
        for (level, hashes) in edge.partial_tiles() {
            let place = tile::tiles_at(level, edge.size());
            // A level that did not grow has its partial tile on the disk already.
            if place != tile::tiles_at(level, self.edge.size()) {
                let path = tile::hash_tile_path(level, place.0, place.1);
                self.disk.write_tile(&path, &hashes.concat(), folders)?;
            }
        }
        let (index, width) = tile::tiles_at(0, edge.size());
        if width > 0 && edge.size() != self.edge.size() {
            let path = tile::entry_bundle_path(index, width);
            self.disk.write_tile(&path, bundle, folders)?;
        }
        Ok(())
    }

    /// Removes the write-ahead files whose entries are all under the checkpoint: those for which
    /// the next file starts at or below it.
    fn remove_covered_wals(&mut self) -> io::Result<()> {
        while let [oldest, next, ..] = self.covered_wals[..] {
            if next > self.edge.size() {
                break;
            }
            self.disk.remove(&wal::name(oldest))?;
            self.covered_wals.remove(0);
        }
        Ok(())
    }
}
