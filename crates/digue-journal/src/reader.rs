//! Reading a journal's files, those of the running journal and an auditor's copy alike.
//!
//! Writes nothing, needs no key, and verifies no hash: that is `verify`'s task.

use std::io;
use std::ops::Range;

use crate::disk::Disk;
use crate::note::Note;
use crate::open_error::OpenError;
use crate::tile;
use crate::tree::{Hash, TILE_WIDTH, TreeEdge};
use crate::wal;

fn tampered(what: String) -> OpenError {
    OpenError::Tampered(what)
}

/// A tile's bytes: the partial one of this width, or the start of the full one that replaced it.
fn tile_bytes(disk: &Disk, partial: &str, full: &str) -> io::Result<Option<Vec<u8>>> {
    match disk.read(partial)? {
        Some(bytes) => Ok(Some(bytes)),
        None => disk.read(full),
    }
}

/// The first `width` hashes of a tile.
pub fn hash_tile(
    disk: &Disk,
    level: usize,
    index: u64,
    width: usize,
) -> Result<Vec<Hash>, OpenError> {
    let path = tile::hash_tile_path(level, index, width);
    let full = tile::hash_tile_path(level, index, TILE_WIDTH);
    let bytes =
        tile_bytes(disk, &path, &full)?.ok_or_else(|| tampered(format!("{path} is missing")))?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() < width {
        return Err(tampered(format!("{path} has {} bytes", bytes.len())));
    }
    Ok(hashes[..width].to_vec())
}

/// The first `width` entries of a bundle.
pub fn bundle(disk: &Disk, index: u64, width: usize) -> Result<Vec<Vec<u8>>, OpenError> {
    let path = tile::entry_bundle_path(index, width);
    let full = tile::entry_bundle_path(index, TILE_WIDTH);
    let bytes =
        tile_bytes(disk, &path, &full)?.ok_or_else(|| tampered(format!("{path} is missing")))?;
    let entries =
        tile::entries_of(&bytes).ok_or_else(|| tampered(format!("{path} is cut wrongly")))?;
    if entries.len() < width {
        return Err(tampered(format!("{path} has {} entries", entries.len())));
    }
    Ok(entries[..width]
        .iter()
        .map(|entry| entry.to_vec())
        .collect())
}

/// The right edge of the tree of `size` leaves, read from its unfinished tiles.
pub fn edge(disk: &Disk, size: u64) -> Result<TreeEdge, OpenError> {
    let mut levels = Vec::new();
    for level in 0.. {
        let (full, width) = tile::tiles_at(level, size);
        if full == 0 && width == 0 {
            break;
        }
        levels.push(if width > 0 {
            hash_tile(disk, level, full, width)?
        } else {
            Vec::new()
        });
    }
    Ok(TreeEdge::from_parts(size, levels))
}

/// The entries of `range`, in order, of a journal whose last checkpoint covers `published` entries.
/// The size is needed even for a part: the name of the last bundle contains its width at that size.
pub fn entries(disk: &Disk, range: Range<u64>, published: u64) -> Result<Vec<Vec<u8>>, OpenError> {
    let width = TILE_WIDTH as u64;
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let index = at / width;
        let last = range.end.min((index + 1) * width);
        let held = published
            .min((index + 1) * width)
            .saturating_sub(index * width);
        let all = bundle(disk, index, held as usize)?;
        let wanted = (at - index * width) as usize..(last - index * width) as usize;
        found.extend(all.into_iter().take(wanted.end).skip(wanted.start));
        at = last;
    }
    Ok(found)
}

/// The entries from `size` on that only the write-ahead files hold.
///
/// A torn record may end a file: it was never acknowledged. When a later file shows that
/// acknowledged entries are missing, that is damage.
pub(crate) fn wal_tail(disk: &Disk, size: u64) -> Result<Vec<Vec<u8>>, OpenError> {
    let mut tail: Vec<Vec<u8>> = Vec::new();
    for name in disk.list(wal::FOLDER)? {
        let path = format!("{}/{name}", wal::FOLDER);
        let bytes = disk.read(&path)?.unwrap_or_default();
        // A file without a whole header was being created when the power failed: it has no entries.
        let Some(segment) = wal::parse(&bytes) else {
            continue;
        };
        let next = size + tail.len() as u64;
        if segment.start > next {
            return Err(tampered(format!(
                "entries {next} to {} are missing",
                segment.start - 1
            )));
        }
        let known = (next - segment.start) as usize;
        tail.extend(
            segment
                .entries
                .iter()
                .skip(known)
                .map(|entry| entry.to_vec()),
        );
    }
    Ok(tail)
}

/// File of the last checkpoint that has cosignatures of witnesses.
pub const WITNESSED: &str = "checkpoint.witnessed";

/// The signed note of the last checkpoint, with cosignatures when witnesses have cosigned this very
/// one.
pub fn checkpoint_note(disk: &Disk) -> Result<String, OpenError> {
    let note = disk
        .read("checkpoint")?
        .ok_or_else(|| tampered("checkpoint is missing".to_owned()))?;
    let note =
        String::from_utf8(note).map_err(|_| tampered("the checkpoint is not UTF-8".to_owned()))?;
    let text = |note: &str| Note::parse(note).map(|note| note.text.to_owned());
    let cosigned = disk
        .read(WITNESSED)?
        .and_then(|bytes| String::from_utf8(bytes).ok());
    // Witnesses lag behind the journal: an older cosigned checkpoint must not hide the newest one.
    Ok(cosigned
        .filter(|cosigned| text(cosigned).is_ok() && text(cosigned) == text(&note))
        .unwrap_or(note))
}

/// A file for tlog clients (C2SP tlog-tiles, read path): `checkpoint` or `tile/...`; `None` for any
/// other path.
pub fn published_file(disk: &Disk, path: &str) -> Result<Option<Vec<u8>>, OpenError> {
    if path == "checkpoint" {
        return checkpoint_note(disk).map(|note| Some(note.into_bytes()));
    }
    let Some(rest) = path.strip_prefix("tile/") else {
        return Ok(None);
    };
    // Only what tile names consist of: no `..` and no empty part, hence no path out of the folder,
    // and neither keys nor write-ahead files.
    let is_part = |part: &str| {
        part == "entries" || {
            let digits = part.strip_prefix('x').unwrap_or(part);
            let digits = digits.strip_suffix(".p").unwrap_or(digits);
            !digits.is_empty()
                && digits.len() <= 3
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    };
    // `000.p` has the form of a part, and is the folder of the partial tiles.
    if !rest.split('/').all(is_part) || disk.is_folder(path) {
        return Ok(None);
    }
    Ok(disk.read(path)?)
}

/// The durable entries that the checkpoint, of `published` entries, does not cover yet.
pub fn unpublished(disk: &Disk, published: u64) -> Result<Vec<Vec<u8>>, OpenError> {
    wal_tail(disk, published)
}
