//! Paths of tiles and entry bundles, and the encoding of a bundle (C2SP tlog-tiles).
//!
//! Pure: opens no file.

use crate::tree::TILE_WIDTH;

/// The longest entry: a bundle stores lengths in 16 bits.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// `tile/<level>/<index>`, with `.p/<width>` while the tile is not full.
pub fn hash_tile_path(level: usize, index: u64, width: usize) -> String {
    path(&level.to_string(), index, width)
}

/// `tile/entries/<index>`, with `.p/<width>` while the bundle is not full.
pub fn entry_bundle_path(index: u64, width: usize) -> String {
    path("entries", index, width)
}

fn path(kind: &str, index: u64, width: usize) -> String {
    let mut groups = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        // All groups but the last begin with `x` (C2SP tlog-tiles): a folder never has the name of
        // a tile.
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    let partial = if width < TILE_WIDTH {
        format!(".p/{width}")
    } else {
        String::new()
    };
    format!("tile/{kind}/{}{partial}", groups.join("/"))
}

/// The index after the last entry of the full bundle at `path`; `None` for partial bundles and
/// other paths.
pub fn bundle_end(path: &str) -> Option<u64> {
    let mut index = 0u64;
    for part in path.strip_prefix("tile/entries/")?.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        if digits.len() != 3 {
            return None;
        }
        index = index
            .checked_mul(1000)?
            .checked_add(digits.parse::<u64>().ok()?)?;
    }
    (index + 1).checked_mul(TILE_WIDTH as u64)
}

/// How many tiles of `level` a tree of `size` leaves has, and the width of the last, unfinished
/// one.
pub fn tiles_at(level: usize, size: u64) -> (u64, usize) {
    let mut nodes = size;
    for _ in 0..level {
        nodes /= TILE_WIDTH as u64;
    }
    (
        nodes / TILE_WIDTH as u64,
        (nodes % TILE_WIDTH as u64) as usize,
    )
}

/// Appends one entry to an encoded bundle.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    let length = u16::try_from(entry.len()).expect("append refuses entries above 65,535 bytes");
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// The entries of an encoded bundle; `None` when its lengths do not fit its bytes.
pub fn entries_of(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_at_checked(2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let (entry, rest) = rest.split_at_checked(length)?;
        entries.push(entry);
        bundle = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_specification() {
        assert_eq!(hash_tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(hash_tile_path(2, 0, 17), "tile/2/000.p/17");
        assert_eq!(entry_bundle_path(1000, 256), "tile/entries/x001/000");
    }

    #[test]
    fn a_path_tells_where_its_bundle_ends() {
        assert_eq!(bundle_end("tile/entries/000"), Some(256));
        assert_eq!(
            bundle_end("tile/entries/x001/x234/067"),
            Some(1_234_068 * 256)
        );
        for other in [
            "tile/entries/000.p/17",
            "tile/0/000",
            "wal/000",
            "tile/entries/1",
            "tile/entries/",
        ] {
            assert_eq!(bundle_end(other), None, "{other}");
        }
    }

    #[test]
    fn counts_tiles_level_by_level() {
        assert_eq!(tiles_at(0, 70_000), (273, 112));
        assert_eq!(tiles_at(1, 70_000), (1, 17));
        assert_eq!(tiles_at(2, 70_000), (0, 1));
    }

    #[test]
    fn a_bundle_with_a_length_too_long_is_no_bundle() {
        let mut bundle = Vec::new();
        push_entry(&mut bundle, b"one");
        push_entry(&mut bundle, b"");
        assert_eq!(entries_of(&bundle), Some(vec![&b"one"[..], b""]));
        bundle.pop();
        bundle.pop();
        bundle.push(9);
        assert_eq!(entries_of(&bundle), None);
    }
}
