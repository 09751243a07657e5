//! The tree's files: tiles, bundles, checkpoint, and which write-ahead files they cover.
//!
//! Runs under the lock of `Journal`; waiting, threads and answers to callers are not known here.

use std::io;

use crate::checkpoint::Checkpoint;
use crate::disk::{Disk, Folders, WalFile};
use crate::note::Signer;
use crate::open_error::OpenError;
use crate::prune::{self, Pruned, PrunedBeginning};
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
    pub(crate) fn new(disk: Disk, signer: Signer) -> Self {
        Self {
            disk,
            signer,
            edge: TreeEdge::new(),
            bundle: Vec::new(),
            covered_wals: Vec::new(),
            leftovers: Vec::new(),
        }
    }

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

    /// Loads the state on disk of a journal whose entries become durable elsewhere.
    ///
    /// # Errors
    /// `Tampered` when entries wait in write-ahead files: they would be missing elsewhere.
    pub(crate) fn follow(&mut self) -> Result<(), OpenError> {
        self.load_checkpoint()?;
        let tail = reader::wal_tail(&self.disk, self.edge.size())?;
        if !tail.is_empty() {
            return Err(OpenError::Tampered(format!(
                "{} entries of this folder are under no checkpoint, and are not shared",
                tail.len()
            )));
        }
        if self.disk.read("checkpoint")?.is_none() {
            // As in `recover`. Of no entries every history is a continuation: nobody is bound by it.
            self.publish(&[])?;
        }
        for name in self.disk.list(wal::FOLDER)? {
            self.disk.remove(&format!("{}/{name}", wal::FOLDER))?;
        }
        self.covered_wals.clear();
        Ok(())
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

    /// Adds `entries` to the tree, and signs its new root.
    pub(crate) fn publish(&mut self, entries: &[Vec<u8>]) -> io::Result<Checkpoint> {
        // Drafts: until the checkpoint is replaced, an error must leave the state at the old one.
        let mut draft = self.draft();
        draft.add(&self.disk, entries)?;
        let origin = self.signer.verifier().name().to_owned();
        let checkpoint = Checkpoint {
            origin,
            size: draft.edge.size(),
            root: draft.edge.root(),
        };
        let note = checkpoint.sign(&self.signer);
        self.finish(draft, &note)?;
        Ok(checkpoint)
    }

    /// Brings the tree to the checkpoint `note`, which a publisher elsewhere signed. `read` returns
    /// the next entries from an index on, as many as it likes.
    ///
    /// # Errors
    /// `Tampered` when these entries do not lead to the signed root: full tiles may lie there then,
    /// under no checkpoint.
    pub(crate) fn publish_signed<E: From<OpenError>>(
        &mut self,
        note: &str,
        beginning: Option<PrunedBeginning<'_, E>>,
        read: &mut dyn FnMut(u64) -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<Checkpoint, E> {
        let tampered = |what: String| E::from(OpenError::Tampered(what));
        let signed = Checkpoint::open(note, self.signer.verifier())
            .map_err(|error| tampered(format!("the checkpoint: {error}")))?;
        let mut draft = self.draft();
        if let Some(beginning) = beginning.filter(|_| draft.edge.size() == 0) {
            self.begin_pruned(&mut draft, beginning)?;
        }
        while draft.edge.size() < signed.size {
            let mut entries = read(draft.edge.size())?;
            if entries.is_empty() {
                let size = draft.edge.size();
                return Err(tampered(format!(
                    "the checkpoint is of {} entries, {size} are there",
                    signed.size
                )));
            }
            let wanted = usize::try_from(signed.size - draft.edge.size()).unwrap_or(usize::MAX);
            entries.truncate(wanted);
            draft
                .add(&self.disk, &entries)
                .map_err(|error| E::from(error.into()))?;
        }
        if (draft.edge.size(), draft.edge.root()) != (signed.size, signed.root) {
            return Err(tampered(format!(
                "the first {} entries lead to another root than the checkpoint's, of {} entries",
                draft.edge.size(),
                signed.size
            )));
        }
        self.finish(draft, note)
            .map_err(|error| E::from(error.into()))?;
        Ok(signed)
    }

    /// Adds the hashes of entries that were pruned, and keeps the note that says so.
    fn begin_pruned<E: From<OpenError>>(
        &self,
        draft: &mut TreeDraft,
        beginning: PrunedBeginning<'_, E>,
    ) -> Result<(), E> {
        let pruned = Pruned::open(&beginning.note, self.signer.verifier()).map_err(E::from)?;
        let failed = |error: io::Error| E::from(error.into());
        for tile in 0..pruned.minimum / TILE_WIDTH as u64 {
            for leaf in (beginning.leaves)(tile)? {
                draft.add_leaf(&self.disk, leaf).map_err(failed)?;
            }
        }
        if (draft.edge.size(), draft.edge.root()) != (pruned.minimum, pruned.root) {
            let what = "the hashes of the pruned entries lead to another root than the note's";
            return Err(OpenError::Tampered(what.to_owned()).into());
        }
        let noted = self.disk.write_note(prune::FILE, beginning.note.as_bytes());
        noted.map_err(failed)
    }

    fn draft(&self) -> TreeDraft {
        TreeDraft {
            edge: self.edge.clone(),
            bundle: self.bundle.clone(),
            folders: Folders::default(),
            full_tiles: Vec::new(),
        }
    }

    /// Tiles and bundles first, the checkpoint last: a reader never sees a checkpoint without its
    /// tree.
    fn finish(&mut self, mut draft: TreeDraft, note: &str) -> io::Result<()> {
        self.write_partial_tiles(&draft.edge, &draft.bundle, &mut draft.folders)?;
        self.disk.sync_folders(&draft.folders)?;
        // From this rename on, the published journal has this size.
        self.disk.replace_checkpoint(note.as_bytes())?;
        (self.edge, self.bundle) = (draft.edge, draft.bundle);
        self.leftovers.append(&mut draft.full_tiles);
        self.remove_what_is_covered();
        Ok(())
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

/// A tree that grew, before its checkpoint.
struct TreeDraft {
    edge: TreeEdge,
    bundle: Vec<u8>,
    folders: Folders,
    full_tiles: Vec<String>,
}

impl TreeDraft {
    fn add_leaf(&mut self, disk: &Disk, leaf: Hash) -> io::Result<()> {
        for full in self.edge.push(leaf) {
            let path = tile::hash_tile_path(full.level, full.index, TILE_WIDTH);
            disk.write_tile(&path, &full.hashes.concat(), &mut self.folders)?;
            self.full_tiles.push(path);
        }
        Ok(())
    }

    /// Adds entries, and writes the tiles that become full.
    fn add(&mut self, disk: &Disk, entries: &[Vec<u8>]) -> io::Result<()> {
        for entry in entries {
            tile::push_entry(&mut self.bundle, entry);
            self.add_leaf(disk, tree::leaf_hash(entry))?;
            if self.edge.size().is_multiple_of(TILE_WIDTH as u64) {
                let index = self.edge.size() / TILE_WIDTH as u64 - 1;
                let path = tile::entry_bundle_path(index, TILE_WIDTH);
                let bundle = std::mem::take(&mut self.bundle);
                disk.write_tile(&path, &bundle, &mut self.folders)?;
                self.full_tiles.push(path);
            }
        }
        Ok(())
    }
}
