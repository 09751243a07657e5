//! The write-ahead file: entries that were acknowledged and are not in tiles yet.
//!
//! A record is `length u32 | crc32 u32 | index u64 | entry`, big-endian; the checksum covers index
//! and entry. It tells a torn tail from a whole record. It does not protect against an attacker:
//! that is the tree's task, at most one checkpoint later.

use crate::tile::ENTRY_BYTES_MAX;

pub(crate) const FOLDER: &str = "wal";
const MAGIC: &[u8; 12] = b"digue-wal-1\n";
const RECORD_HEADER_BYTES: usize = 16;

pub(crate) fn name(start: u64) -> String {
    // Twenty digits, as many as `u64` has: names sort like numbers, and `reader::wal_tail` relies
    // on it.
    format!("{FOLDER}/{start:020}")
}

pub(crate) fn header(start: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&start.to_be_bytes());
    bytes
}

pub(crate) fn push_record(buffer: &mut Vec<u8>, index: u64, entry: &[u8]) {
    let length = u32::try_from(entry.len()).expect("append refuses entries above 65,535 bytes");
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(&checksum(index, entry).to_be_bytes());
    buffer.extend_from_slice(&index.to_be_bytes());
    buffer.extend_from_slice(entry);
}

fn checksum(index: u64, entry: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&index.to_be_bytes());
    hasher.update(entry);
    hasher.finalize()
}

/// The content of a write-ahead file.
pub(crate) struct WalSegment<'b> {
    pub(crate) start: u64,
    pub(crate) entries: Vec<&'b [u8]>,
    /// True when bytes follow the last whole record: a write was cut short.
    pub(crate) is_torn: bool,
}

/// Parses a write-ahead file up to its first broken record; `None` when its header is not whole.
pub(crate) fn parse(bytes: &[u8]) -> Option<WalSegment<'_>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (start, mut rest) = rest.split_first_chunk::<8>()?;
    let mut segment = WalSegment {
        start: u64::from_be_bytes(*start),
        entries: Vec::new(),
        is_torn: false,
    };
    while !rest.is_empty() {
        match parse_record(rest, segment.start + segment.entries.len() as u64) {
            Some((entry, after)) => {
                segment.entries.push(entry);
                rest = after;
            }
            None => {
                segment.is_torn = true;
                break;
            }
        }
    }
    Some(segment)
}

fn parse_record(bytes: &[u8], expected: u64) -> Option<(&[u8], &[u8])> {
    let (header, rest) = bytes.split_at_checked(RECORD_HEADER_BYTES)?;
    let length = u32::from_be_bytes(header[..4].try_into().ok()?) as usize;
    let sum = u32::from_be_bytes(header[4..8].try_into().ok()?);
    let index = u64::from_be_bytes(header[8..].try_into().ok()?);
    // The index ties a record to its position: bytes left over from another file cannot follow by
    // chance.
    if length > ENTRY_BYTES_MAX || index != expected {
        return None;
    }
    let (entry, after) = rest.split_at_checked(length)?;
    (checksum(index, entry) == sum).then_some((entry, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut bytes = header(7);
        push_record(&mut bytes, 7, b"seven");
        push_record(&mut bytes, 8, b"eight");
        bytes
    }

    #[test]
    fn reads_what_was_written() {
        let bytes = file();
        let segment = parse(&bytes).unwrap();
        assert_eq!(
            (segment.start, segment.entries, segment.is_torn),
            (7, vec![&b"seven"[..], b"eight"], false)
        );
    }

    #[test]
    fn stops_at_a_torn_record_wherever_it_was_cut() {
        let bytes = file();
        for length in header(7).len() + 16 + 5 + 1..bytes.len() {
            let segment = parse(&bytes[..length]).unwrap();
            assert_eq!(
                (segment.entries, segment.is_torn),
                (vec![&b"seven"[..]], true),
                "at {length}"
            );
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_file_there() {
        let mut bytes = file();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(parse(&bytes).unwrap().entries, vec![&b"seven"[..]]);
    }
}
