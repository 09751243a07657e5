//! What the index files of a repository claim, and what of it is not so.
//!
//! An index says in which pack each piece lies. Who holds the repository's key can add one that says
//! something else: the library would read a true snapshot's pieces there, store none of them again,
//! and take the true packs for duplicates that may go. So each claim is compared with the packs that
//! are there, and where two claims differ about a piece, the piece is read.

use std::collections::{BTreeMap, BTreeSet};

use rustic_core::repofile::{BlobType, IndexFile, IndexPack};
use rustic_core::{Id, RusticResult};

/// Of each blob in the header of a pack: type, length, hash; compressed ones say their length twice.
const HEADER_ENTRY: u64 = 37;
const HEADER_ENTRY_COMPRESSED: u64 = 41;
/// Nonce and tag of the header, and its length at the end.
const HEADER: u64 = 36;

/// What the packs of a repository really hold.
pub(crate) trait Packs {
    /// Of these pieces of a pack, by number, the ones that are what the claim says.
    ///
    /// # Errors
    /// When the store cannot be asked: a piece that cannot be decrypted is no error.
    fn true_pieces(&self, pack: &IndexPack, pieces: &[usize]) -> RusticResult<BTreeSet<usize>>;

    /// True when a pack's content is what its name says.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn is_intact(&self, pack: Id) -> RusticResult<bool>;
}

/// Removes from each index what is not so; the identifiers of the changed ones.
///
/// # Errors
/// When the packs cannot be asked.
pub(crate) fn sift(
    files: &mut [(Id, IndexFile)],
    sizes: &BTreeMap<Id, u64>,
    packs: &dyn Packs,
) -> RusticResult<BTreeSet<Id>> {
    let mut changed = BTreeSet::new();
    for (id, file) in files.iter_mut() {
        let before = (file.packs.len(), file.packs_to_delete.len());
        file.packs.retain(|pack| is_sound(pack, sizes));
        // What was marked for deletion may have a pack of no blobs, whose size is written down.
        file.packs_to_delete.retain(|pack| {
            let is_empty = pack.blobs.is_empty() && sizes.contains_key(&*pack.id);
            pack.time.is_some() && (is_empty || is_sound(pack, sizes))
        });
        if before != (file.packs.len(), file.packs_to_delete.len()) {
            changed.insert(*id);
        }
    }
    let disputed = disputed_claims(files);
    if !disputed.is_empty() {
        settle(files, disputed, packs, &mut changed)?;
    }
    Ok(changed)
}

/// True when a pack of this size is there, and the claim fills it without a hole.
fn is_sound(pack: &IndexPack, sizes: &BTreeMap<Id, u64>) -> bool {
    let Some(first) = pack.blobs.first() else {
        return false;
    };
    let mut blobs: Vec<_> = pack.blobs.iter().collect();
    blobs.sort_by_key(|blob| blob.location.offset);
    let (mut end, mut header) = (0, HEADER);
    for blob in blobs {
        if blob.tpe != first.tpe || u64::from(blob.location.offset) != end {
            return false;
        }
        end += u64::from(blob.location.length);
        header += match blob.location.uncompressed_length {
            Some(_) => HEADER_ENTRY_COMPRESSED,
            None => HEADER_ENTRY,
        };
    }
    let size = end + header;
    let said = pack.size.map_or(size, u64::from);
    sizes.get(&*pack.id) == Some(&size) && said == size
}

/// Where a claim stands: the number of its index file, and its own in there.
type ClaimPlace = (usize, usize);

/// Claims about pieces that another claim places elsewhere; the numbers of those pieces.
fn disputed_claims(files: &[(Id, IndexFile)]) -> BTreeMap<ClaimPlace, Vec<usize>> {
    let mut all: Vec<(BlobType, Id, ClaimPlace, usize)> = Vec::new();
    for (file, (_, index)) in files.iter().enumerate() {
        for (pack, claim) in index.packs.iter().enumerate() {
            let pieces = claim.blobs.iter().enumerate();
            all.extend(pieces.map(|(piece, blob)| (blob.tpe, *blob.id, (file, pack), piece)));
        }
    }
    all.sort_unstable();
    let mut disputed: BTreeMap<ClaimPlace, Vec<usize>> = BTreeMap::new();
    for group in all.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
        let place = |(_, _, (file, pack), piece): &(BlobType, Id, ClaimPlace, usize)| {
            let claim = &files[*file].1.packs[*pack];
            (*claim.id, claim.blobs[*piece].location)
        };
        let (first, others) = group
            .split_first()
            .expect("a group has one member at least");
        if others.iter().all(|other| place(other) == place(first)) {
            continue;
        }
        for (_, _, claim, piece) in group {
            disputed.entry(*claim).or_default().push(*piece);
        }
    }
    disputed
}

/// Reads the pieces about which claims differ, and removes the claims that lie.
fn settle(
    files: &mut [(Id, IndexFile)],
    disputed: BTreeMap<ClaimPlace, Vec<usize>>,
    packs: &dyn Packs,
    changed: &mut BTreeSet<Id>,
) -> RusticResult<()> {
    let mut found_true: BTreeSet<(BlobType, Id)> = BTreeSet::new();
    let mut lies: BTreeMap<ClaimPlace, BTreeSet<usize>> = BTreeMap::new();
    for (place, pieces) in disputed {
        let claim = &files[place.0].1.packs[place.1];
        let is_true = packs.true_pieces(claim, &pieces)?;
        for piece in pieces {
            let blob = &claim.blobs[piece];
            if is_true.contains(&piece) {
                found_true.insert((blob.tpe, *blob.id));
            } else {
                lies.entry(place).or_default().insert(piece);
            }
        }
    }
    // From the end of each index, so that the numbers before stay what they are.
    for ((file, pack), false_pieces) in lies.into_iter().rev() {
        let (id, index) = &mut files[file];
        let claim = &mut index.packs[pack];
        let is_elsewhere = |piece: &usize| {
            let blob = &claim.blobs[*piece];
            found_true.contains(&(blob.tpe, *blob.id))
        };
        let (gone, damaged): (BTreeSet<usize>, BTreeSet<usize>) =
            false_pieces.into_iter().partition(is_elsewhere);
        // A piece that is true nowhere is damage: the nightly reading says so.
        if gone.is_empty() {
            continue;
        }
        changed.insert(*id);
        // Nobody who tells the truth about a whole pack writes one false claim of it. A pack that
        // decayed keeps the claims that nothing else replaces.
        let is_all = damaged.is_empty() && gone.len() == claim.blobs.len();
        if is_all || packs.is_intact(*claim.id)? {
            index.packs.remove(pack);
            continue;
        }
        let size = claim.pack_size();
        let mut number = 0;
        claim.blobs.retain(|_| {
            number += 1;
            !gone.contains(&(number - 1))
        });
        claim.size = Some(size);
        if claim.blobs.is_empty() {
            index.packs.remove(pack);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(number: u8) -> Id {
        format!("{number:02x}").repeat(32).parse().unwrap()
    }

    /// A pack of pieces of a hundred bytes.
    fn pack(name: u8, blobs: &[u8]) -> IndexPack {
        let blobs: Vec<_> = blobs
            .iter()
            .enumerate()
            .map(|(number, blob)| {
                json!({"id": id(*blob), "type": "data", "offset": number * 100, "length": 100})
            })
            .collect();
        serde_json::from_value(json!({"id": id(name), "blobs": blobs})).unwrap()
    }

    fn size(pieces: u64) -> u64 {
        pieces * (100 + HEADER_ENTRY) + HEADER
    }

    /// Packs by what they really hold; whether each is what its name says.
    struct Held(BTreeMap<Id, (Vec<u8>, bool)>);

    impl Packs for Held {
        fn true_pieces(&self, pack: &IndexPack, pieces: &[usize]) -> RusticResult<BTreeSet<usize>> {
            let (held, _) = &self.0[&*pack.id];
            let is_true = |piece: &&usize| {
                let blob = &pack.blobs[**piece];
                let at = blob.location.offset as usize / 100;
                held.get(at).is_some_and(|held| id(*held) == *blob.id)
            };
            Ok(pieces.iter().filter(is_true).copied().collect())
        }

        fn is_intact(&self, pack: Id) -> RusticResult<bool> {
            Ok(self.0[&pack].1)
        }
    }

    fn sifted(
        indexes: Vec<(u8, Vec<IndexPack>)>,
        held: &[(u8, &[u8], bool)],
    ) -> (Vec<Vec<(Id, usize)>>, BTreeSet<Id>) {
        let sizes = held
            .iter()
            .map(|(name, pieces, _)| (id(*name), size(pieces.len() as u64)))
            .collect();
        let packs = Held(
            held.iter()
                .map(|(name, pieces, intact)| (id(*name), (pieces.to_vec(), *intact)))
                .collect(),
        );
        let mut files: Vec<_> = indexes
            .into_iter()
            .map(|(name, packs)| {
                let file = IndexFile {
                    packs,
                    ..IndexFile::default()
                };
                (id(name), file)
            })
            .collect();
        let changed = sift(&mut files, &sizes, &packs).unwrap();
        let left = files.iter().map(|(_, file)| {
            let packs = file.packs.iter();
            packs.map(|pack| (*pack.id, pack.blobs.len())).collect()
        });
        (left.collect(), changed)
    }

    #[test]
    fn true_indexes_are_left_alone_even_where_they_say_the_same_twice() {
        let twice = || vec![pack(10, &[1, 2])];
        let (left, changed) = sifted(
            vec![(90, twice()), (91, twice()), (92, vec![pack(11, &[2, 3])])],
            &[(10, &[1, 2], true), (11, &[2, 3], true)],
        );
        assert_eq!(left.concat().len(), 3);
        assert!(changed.is_empty());
    }

    #[test]
    fn packs_that_are_not_there_or_have_another_size_are_claimed_by_nobody() {
        let (left, changed) = sifted(
            vec![
                (90, vec![pack(10, &[1, 2])]),
                (91, vec![pack(77, &[1]), pack(10, &[1, 2, 5])]),
            ],
            &[(10, &[1, 2], true)],
        );
        assert_eq!(left, [vec![(id(10), 2)], vec![]]);
        assert_eq!(changed, BTreeSet::from([id(91)]));
    }

    #[test]
    fn a_claim_that_lies_goes_and_the_true_one_stays() {
        // The forged pack is whole, and holds something else than its index says.
        let (left, changed) = sifted(
            vec![
                (91, vec![pack(66, &[1, 2, 9])]),
                (90, vec![pack(10, &[1, 2])]),
            ],
            &[(66, &[50, 51, 9], true), (10, &[1, 2], true)],
        );
        assert_eq!(left, [vec![], vec![(id(10), 2)]]);
        assert_eq!(changed, BTreeSet::from([id(91)]));
        // The same pack, cut otherwise.
        let (left, _) = sifted(
            vec![(91, vec![pack(10, &[2, 1])]), (90, vec![pack(10, &[1, 2])])],
            &[(10, &[1, 2], true)],
        );
        assert_eq!(left, [vec![], vec![(id(10), 2)]]);
    }

    #[test]
    fn a_pack_that_decayed_keeps_what_nothing_replaces() {
        let (left, changed) = sifted(
            vec![(90, vec![pack(10, &[1, 2, 3])]), (91, vec![pack(11, &[2])])],
            &[(10, &[1, 99, 3], false), (11, &[2], true)],
        );
        assert_eq!(left, [vec![(id(10), 2)], vec![(id(11), 1)]]);
        assert_eq!(changed, BTreeSet::from([id(90)]));
        // True nowhere: left as it is, and found when it is read.
        let (left, changed) = sifted(
            vec![(90, vec![pack(10, &[1])]), (91, vec![pack(11, &[1])])],
            &[(10, &[98], false), (11, &[99], false)],
        );
        assert_eq!(left.concat().len(), 2);
        assert!(changed.is_empty());
    }
}
