//! The tree against itself (properties) and against the vectors of RFC 6962 implementers.

use base64::Engine as _;
use proptest::prelude::*;

use super::*;

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn edge_of(leaves: &[Hash]) -> TreeEdge {
    let mut edge = TreeEdge::new();
    for leaf in leaves {
        edge.push(*leaf);
    }
    edge
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn hashes_the_vectors_of_rfc_6962() {
    assert_eq!(
        hex(&empty_root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        hex(&leaf_hash(b"")),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
}

#[test]
fn the_edge_and_the_whole_tree_have_the_same_root() {
    let all = leaves(700);
    let mut edge = TreeEdge::new();
    for (count, leaf) in all.iter().enumerate() {
        assert_eq!(edge.root(), root_of(&all[..count]), "at {count}");
        edge.push(*leaf);
    }
}

#[test]
fn a_full_tile_is_handed_out_once_with_its_number() {
    let all = leaves(65_536 + 256);
    let mut edge = TreeEdge::new();
    let mut full = Vec::new();
    for leaf in &all {
        full.extend(
            edge.push(*leaf)
                .into_iter()
                .map(|tile| (tile.level, tile.index)),
        );
    }
    assert_eq!(full.iter().filter(|(level, _)| *level == 0).count(), 257);
    assert_eq!(
        full.iter()
            .filter(|(level, _)| *level == 1)
            .collect::<Vec<_>>(),
        [&(1, 0)]
    );
    assert_eq!(full.last(), Some(&(0, 256)));
}

/// The vectors of transparency-dev/merkle, Apache-2.0: see tests/data/NOTICE.md.
#[test]
fn accepts_and_refuses_the_published_proofs() {
    // The folder in which cargo runs the tests of a crate is the crate's own.
    let folder = "tests/data/merkle";
    let (mut inclusions, mut consistencies) = (0, 0);
    for path in json_files(folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let vector: serde_json::Value = serde_json::from_str(&text).unwrap();
        let wanted = !vector["wantErr"].as_bool().unwrap();
        let number = |key: &str| vector[key].as_u64().unwrap();
        let found = if path.to_string_lossy().contains("inclusion") {
            inclusions += 1;
            match (
                hash(&vector["leafHash"]),
                hash(&vector["root"]),
                proof(&vector["proof"]),
            ) {
                (Some(leaf), Some(root), Some(proof)) => {
                    verify_inclusion(number("leafIdx"), number("treeSize"), leaf, &proof, &root)
                        .is_ok()
                }
                _ => false,
            }
        } else {
            consistencies += 1;
            match (
                hash(&vector["root1"]),
                hash(&vector["root2"]),
                proof(&vector["proof"]),
            ) {
                (Some(root1), Some(root2), Some(proof)) => {
                    verify_consistency(number("size1"), number("size2"), &proof, &root1, &root2)
                        .is_ok()
                }
                _ => false,
            }
        };
        assert_eq!(found, wanted, "{}: {}", path.display(), vector["desc"]);
    }
    assert!(
        inclusions > 30 && consistencies > 15,
        "{inclusions} and {consistencies}"
    );
}

fn json_files(folder: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.retain(|path| path.extension().is_some_and(|e| e == "json"));
    found
}

fn hash(value: &serde_json::Value) -> Option<Hash> {
    let text = value.as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?
        .try_into()
        .ok()
}

fn proof(value: &serde_json::Value) -> Option<Vec<Hash>> {
    value
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(hash)
        .collect()
}

proptest! {
    #[test]
    fn every_leaf_is_provably_in(count in 1usize..600, pick in 0usize..600) {
        let all = leaves(count);
        let index = pick % count;
        let proof = inclusion_proof(&all, index);
        let root = edge_of(&all).root();
        prop_assert_eq!(
            verify_inclusion(index as u64, count as u64, all[index], &proof, &root), Ok(())
        );
        prop_assert!(
            verify_inclusion(index as u64, count as u64, leaf_hash(b"other"), &proof, &root).is_err()
        );
    }

    #[test]
    fn every_prefix_is_provably_a_prefix(count in 1usize..600, pick in 0usize..600) {
        let all = leaves(count);
        let size1 = pick % (count + 1);
        let proof = consistency_proof(&all, size1);
        let (root1, root2) = (root_of(&all[..size1]), root_of(&all));
        prop_assert_eq!(
            verify_consistency(size1 as u64, count as u64, &proof, &root1, &root2), Ok(())
        );
        let other = leaf_hash(b"other");
        prop_assert!(
            verify_consistency(size1 as u64, count as u64, &proof, &other, &root2).is_err()
        );
        prop_assert!(
            size1 == 0 || verify_consistency(size1 as u64, count as u64, &proof, &root1, &other).is_err()
        );
    }
}
