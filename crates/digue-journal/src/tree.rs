//! RFC 6962 hashing: leaves, nodes, the right edge of a growing tree, and proofs.
//!
//! Pure arithmetic on hashes. Where they are stored is the business of `tile` and `publisher`.

use ring::digest::{Context, SHA256, digest};

pub type Hash = [u8; 32];

/// SHA-256 of a leaf, RFC 6962 section 2.1: `H(0x00 || entry)`. The prefix keeps an entry from
/// passing for an inner node.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(entry);
    to_hash(context.finish().as_ref())
}

/// SHA-256 of an inner node: `H(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [0u8; 65];
    bytes[0] = 1;
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    to_hash(digest(&SHA256, &bytes).as_ref())
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    to_hash(digest(&SHA256, b"").as_ref())
}

fn to_hash(bytes: &[u8]) -> Hash {
    bytes.try_into().expect("SHA-256 gives 32 bytes")
}

/// The root of the subtree over `hashes`, RFC 6962's MTH with leaves already hashed.
pub fn root_of(hashes: &[Hash]) -> Hash {
    match hashes.len() {
        0 => empty_root(),
        1 => hashes[0],
        count => {
            let (left, right) = hashes.split_at(split_point(count as u64) as usize);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The largest power of two strictly below `count` (`count` >= 2).
pub(crate) fn split_point(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// Hashes in one tile, and entries in one bundle.
pub const TILE_WIDTH: usize = 256;

/// The unfinished tiles at the right edge of the tree: all that is needed to append to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeEdge {
    size: u64,
    /// `levels[l]` holds the hashes of the rightmost, unfinished tile of level `l` (0 to 255).
    levels: Vec<Vec<Hash>>,
}

/// A tile that has just become full.
#[derive(Debug, PartialEq, Eq)]
pub struct FullTile {
    pub level: usize,
    pub index: u64,
    pub hashes: Vec<Hash>,
}

impl TreeEdge {
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a tree of `size` leaves whose unfinished tiles hold `levels`.
    pub fn from_parts(size: u64, levels: Vec<Vec<Hash>>) -> Self {
        Self { size, levels }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the unfinished tile of each level, lowest first.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (usize, &[Hash])> {
        self.levels
            .iter()
            .map(Vec::as_slice)
            .enumerate()
            .filter(|(_, hashes)| !hashes.is_empty())
    }

    /// Adds a leaf; returns the tiles that it completed, lowest level first.
    pub fn push(&mut self, leaf: Hash) -> Vec<FullTile> {
        self.size += 1;
        let mut full = Vec::new();
        let mut carry = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            self.levels[level].push(carry);
            if self.levels[level].len() < TILE_WIDTH {
                break;
            }
            // Taken only when it is full: a tile that is full is never written again, so its hashes
            // may leave memory.
            let hashes = std::mem::take(&mut self.levels[level]);
            carry = root_of(&hashes);
            let span = (TILE_WIDTH as u64)
                .pow(u32::try_from(level).expect("2^64 leaves have 8 levels") + 1);
            full.push(FullTile {
                level,
                index: self.size / span - 1,
                hashes,
            });
        }
        full
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        // Complete subtrees from the largest (left) to the smallest (right), folded from the right.
        let mut subtrees = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let group = 1usize << rest.len().ilog2();
                let (left, right) = rest.split_at(group);
                subtrees.push(root_of(left));
                rest = right;
            }
        }
        let Some(mut root) = subtrees.pop() else {
            return empty_root();
        };
        while let Some(left) = subtrees.pop() {
            root = node_hash(&left, &root);
        }
        root
    }
}

/// Why a proof is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the index is not below the tree size")]
    OutOfRange,
    #[error("the proof has the wrong number of hashes")]
    WrongLength,
    #[error("the proof leads to another root")]
    WrongRoot,
}

/// Checks that `leaf` is entry `index` of the tree of `size` leaves with `root` (RFC 9162,
/// 2.1.3.2).
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let (mut first, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if first & 1 == 1 || first == last {
            hash = node_hash(sibling, &hash);
            // At the right edge, levels without a right sibling have no hash in the proof.
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        first >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::WrongLength);
    }
    if hash == *root {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

/// Checks that the tree of `size1` leaves is a prefix of the tree of `size2` (RFC 9162, 2.1.4.2).
pub fn verify_consistency(
    size1: u64,
    size2: u64,
    proof: &[Hash],
    root1: &Hash,
    root2: &Hash,
) -> Result<(), ProofError> {
    if size1 > size2 {
        return Err(ProofError::OutOfRange);
    }
    if size1 == size2 || size1 == 0 {
        if !proof.is_empty() {
            return Err(ProofError::WrongLength);
        }
        let same = if size1 == 0 {
            *root1 == empty_root()
        } else {
            root1 == root2
        };
        return if same {
            Ok(())
        } else {
            Err(ProofError::WrongRoot)
        };
    }
    let mut path = proof.iter();
    let (mut first, mut last) = (size1 - 1, size2 - 1);
    while first & 1 == 1 {
        first >>= 1;
        last >>= 1;
    }
    // Where the smaller tree is complete, the proof omits its root: the verifier has it.
    let start = if size1.is_power_of_two() {
        root1
    } else {
        path.next().ok_or(ProofError::WrongLength)?
    };
    let (mut hash1, mut hash2) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if first & 1 == 1 || first == last {
            hash1 = node_hash(sibling, &hash1);
            hash2 = node_hash(sibling, &hash2);
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                last >>= 1;
            }
        } else {
            hash2 = node_hash(&hash2, sibling);
        }
        first >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::WrongLength);
    }
    if hash1 == *root1 && hash2 == *root2 {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

/// The audit path of leaf `index` among `leaves` (RFC 6962, 2.1.1), lowest sibling first.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let split = split_point(leaves.len() as u64) as usize;
    let (left, right) = leaves.split_at(split);
    let (mut proof, sibling) = if index < split {
        (inclusion_proof(left, index), root_of(right))
    } else {
        (inclusion_proof(right, index - split), root_of(left))
    };
    proof.push(sibling);
    proof
}

/// The proof that the first `size1` of `leaves` are a prefix (RFC 6962, 2.1.2).
pub fn consistency_proof(leaves: &[Hash], size1: usize) -> Vec<Hash> {
    if size1 == 0 || size1 == leaves.len() {
        return Vec::new();
    }
    subproof(leaves, size1, true)
}

fn subproof(leaves: &[Hash], size1: usize, is_whole: bool) -> Vec<Hash> {
    if size1 == leaves.len() {
        return if is_whole {
            Vec::new()
        } else {
            vec![root_of(leaves)]
        };
    }
    let split = split_point(leaves.len() as u64) as usize;
    let (left, right) = leaves.split_at(split);
    if size1 <= split {
        let mut proof = subproof(left, size1, is_whole);
        proof.push(root_of(right));
        proof
    } else {
        let mut proof = subproof(right, size1 - split, false);
        proof.push(root_of(left));
        proof
    }
}

#[cfg(test)]
mod tests;
