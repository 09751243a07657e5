//! Proofs from the tiles on disk: that the journal contains an entry, that one tree continues
//! another.
//!
//! The hashes of complete subtrees are read from the tile of their level; only the right edge is
//! computed. Works after pruning, too, since the hash tiles stay. Verifying a proof is `tree`'s
//! task.

use std::collections::HashMap;

use crate::disk::Disk;
use crate::open_error::OpenError;
use crate::reader;
use crate::tile;
use crate::tree::{self, Hash, TILE_WIDTH};

/// Levels of the binary tree in one level of tiles: a tile has 2^8 hashes.
const TILE_HEIGHT: u32 = 8;

/// Computes proofs for trees of any size up to that of the journal's checkpoint; keeps the tiles it
/// read.
pub struct Prover<'d> {
    disk: &'d Disk,
    /// Size of the tree in the tiles on disk; the names of partial tiles depend on it.
    published: u64,
    tiles: HashMap<(usize, u64), Vec<Hash>>,
}

impl<'d> Prover<'d> {
    /// `published` is the size of the journal's checkpoint.
    pub fn new(disk: &'d Disk, published: u64) -> Self {
        Self {
            disk,
            published,
            tiles: HashMap::new(),
        }
    }

    /// The audit path of entry `index` in the tree of `size` entries, lowest sibling first.
    pub fn inclusion(&mut self, index: u64, size: u64) -> Result<Vec<Hash>, OpenError> {
        self.check(size)?;
        if index >= size {
            return Err(OpenError::Tampered(format!("there is no entry {index}")));
        }
        let mut path = Vec::new();
        let (mut first, mut end) = (0, size);
        while end - first > 1 {
            let middle = first + tree::split_point(end - first);
            if index < middle {
                path.push(self.root_of(middle, end)?);
                end = middle;
            } else {
                path.push(self.root_of(first, middle)?);
                first = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that the tree of `size1` entries is a prefix of the tree of `size2`.
    pub fn consistency(&mut self, size1: u64, size2: u64) -> Result<Vec<Hash>, OpenError> {
        self.check(size2)?;
        if size1 > size2 {
            return Err(OpenError::Tampered(format!(
                "{size1} entries are more than {size2}"
            )));
        }
        if size1 == 0 || size1 == size2 {
            return Ok(Vec::new());
        }
        let mut proof = Vec::new();
        let (mut first, mut end) = (0, size2);
        // Descends to the subtree that ends where the smaller tree ends.
        while end > size1 {
            let middle = first + tree::split_point(end - first);
            if size1 <= middle {
                proof.push(self.root_of(middle, end)?);
                end = middle;
            } else {
                proof.push(self.root_of(first, middle)?);
                first = middle;
            }
        }
        // Otherwise the smaller tree is a complete subtree: its hash is the root that the verifier
        // has.
        if first > 0 {
            proof.push(self.root_of(first, end)?);
        }
        proof.reverse();
        Ok(proof)
    }

    /// The root of the tree of `size` entries.
    pub fn root(&mut self, size: u64) -> Result<Hash, OpenError> {
        self.check(size)?;
        if size == 0 {
            Ok(tree::empty_root())
        } else {
            self.root_of(0, size)
        }
    }

    fn check(&self, size: u64) -> Result<(), OpenError> {
        if size <= self.published {
            return Ok(());
        }
        Err(OpenError::Tampered(format!(
            "{size} entries were asked for, {} are signed",
            self.published
        )))
    }

    /// The hash over entries `first..end`, a subtree as RFC 6962 splits them.
    fn root_of(&mut self, first: u64, end: u64) -> Result<Hash, OpenError> {
        let count = end - first;
        if count.is_power_of_two() {
            return self.node(count.trailing_zeros(), first / count);
        }
        let middle = first + tree::split_point(count);
        let (left, right) = (self.root_of(first, middle)?, self.root_of(middle, end)?);
        Ok(tree::node_hash(&left, &right))
    }

    /// The complete subtree number `index` among those of 2^`height` entries.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, OpenError> {
        let level = (height / TILE_HEIGHT) as usize;
        let span = 1u64 << (height % TILE_HEIGHT);
        let start = index * span;
        let place = (start % TILE_WIDTH as u64) as usize;
        let hashes = self.tile(level, start / TILE_WIDTH as u64)?;
        let below = hashes.get(place..place + span as usize);
        let below =
            below.ok_or_else(|| OpenError::Tampered(format!("tile {level} is too short")))?;
        Ok(tree::root_of(below))
    }

    fn tile(&mut self, level: usize, index: u64) -> Result<&[Hash], OpenError> {
        if !self.tiles.contains_key(&(level, index)) {
            let (full, width) = tile::tiles_at(level, self.published);
            let width = if index < full { TILE_WIDTH } else { width };
            let hashes = reader::hash_tile(self.disk, level, index, width)?;
            self.tiles.insert((level, index), hashes);
        }
        Ok(&self.tiles[&(level, index)])
    }
}
