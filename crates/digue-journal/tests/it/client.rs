//! The journal read by a tlog client that is not ours: Cloudflare's `tlog_tiles` and `signed_note`,
//! which share no code with this crate.

use std::path::Path;

use digue_journal::tile;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{
    Checkpoint, Error, Hash, HashReader as _, Tile, TileHashReader, TileReader, check_record,
    check_tree, prove_record, prove_tree, record_hash, stored_hash_index, tree_hash,
};

use crate::{open, signer, write};

/// Tiles from the journal's folder; the client's own paths carry the height of tiles, the
/// specification's do not.
struct Folder<'f>(&'f Path);

impl TileReader for Folder<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = tiles.iter().map(|tile| {
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            Ok(std::fs::read(self.0.join(path)).unwrap_or_default())
        });
        read.collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// The checkpoint, when its signature is good for the published key.
fn checkpoint(folder: &Path) -> Checkpoint {
    let bytes = std::fs::read(folder.join("checkpoint")).unwrap();
    let key = StandardVerifier::new(&signer().verifier().to_text()).unwrap();
    let note = Note::from_bytes(&bytes).unwrap();
    let (signed, _) = note
        .verify(&VerifierList::new(vec![Box::new(key)]))
        .unwrap();
    assert_eq!(signed.len(), 1);
    Checkpoint::from_bytes(note.text()).unwrap()
}

#[test]
fn another_client_verifies_signature_entries_and_growth() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 300);
    let older = checkpoint(folder.path());
    let journal = open(folder.path()).unwrap();
    let events: Vec<_> = (0..70_000)
        .map(|n| digue_testkit::events::shown(n, "a1", "P1"))
        .collect();
    for batch in events.chunks(4000) {
        journal.append_and_wait(batch.to_vec()).unwrap();
    }
    journal.close();
    let head = checkpoint(folder.path());
    assert_eq!(
        (older.size(), head.size(), head.origin()),
        (300, 70_300, crate::NAME)
    );
    let tiles = Folder(folder.path());
    let reader = TileHashReader::new(head.size(), *head.hash(), &tiles);
    assert_eq!(tree_hash(head.size(), &reader).unwrap(), *head.hash());
    for index in [0, 255, 256, 299, 300, 65_535, 65_536, 70_299] {
        let bundle = bundle_of(folder.path(), index, head.size());
        let leaf = record_hash(&bundle[(index % 256) as usize]);
        assert_eq!(
            reader.read_hashes(&[stored_hash_index(0, index)]).unwrap(),
            [leaf]
        );
        let proof = prove_record(head.size(), index, &reader).unwrap();
        check_record(&proof, head.size(), *head.hash(), index, leaf).unwrap();
        assert!(check_record(&proof, head.size(), *head.hash(), index, Hash([7; 32])).is_err());
    }
    let growth = prove_tree(head.size(), older.size(), &reader).unwrap();
    check_tree(
        &growth,
        head.size(),
        *head.hash(),
        older.size(),
        *older.hash(),
    )
    .unwrap();
}

/// The entries of a bundle, cut as the specification says.
fn bundle_of(folder: &Path, index: u64, size: u64) -> Vec<Vec<u8>> {
    let width = (size - index / 256 * 256).min(256) as usize;
    let bytes = std::fs::read(folder.join(tile::entry_bundle_path(index / 256, width))).unwrap();
    let (mut rest, mut entries) = (bytes.as_slice(), Vec::new());
    while let [high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        entries.push(after[..length].to_vec());
        rest = &after[length..];
    }
    entries
}

#[test]
fn another_client_finds_one_flipped_bit() {
    let folder = tempfile::tempdir().unwrap();
    // A size of two subtrees: for others this client (0.2.0) skips as many tiles as subtrees share
    // one.
    write(folder.path(), 513);
    let head = checkpoint(folder.path());
    for path in [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/1",
        "tile/1/000.p/2",
    ] {
        let path = folder.path().join(path);
        let sound = std::fs::read(&path).unwrap();
        let mut bytes = sound.clone();
        let place = sound.len() / 2;
        bytes[place] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let tiles = Folder(folder.path());
        let reader = TileHashReader::new(head.size(), *head.hash(), &tiles);
        // One entry at a time, as when a receipt is checked.
        let is_refused = |index| reader.read_hashes(&[stored_hash_index(0, index)]).is_err();
        assert!(
            (0..head.size()).step_by(8).any(is_refused),
            "{}",
            path.display()
        );
        std::fs::write(&path, &sound).unwrap();
    }
}
