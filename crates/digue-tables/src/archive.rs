//! ZIP archives: every byte of one belongs to a listed part, or the file is unreadable. Nothing is
//! written anywhere, so that names are only text here.
//!
//! Programs disagree on bytes between parts, before the first and after the last, and on duplicate
//! parts; a person could be hidden in any of them, so none is accepted. All parts share one limit
//! on unpacked bytes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read as _;

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use digue_identifiers::reading::Unreadable;

const PARTS_MAX: usize = 10_000;
/// Parts up to this size may have been packed as tightly as they can be.
pub const SMALL_BYTES: usize = 1 << 20;
const END_BYTES: usize = 22;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
/// The two ZIP64 records before the end record.
const ZIP64_END_BYTES: usize = 56 + 20;
/// The tag of padding that Office leaves to rewrite a part in place; filled with zeros.
const GROWTH_HINT: u16 = 0xa220;

/// A part as listed in the central directory.
struct ArchivePart<'b> {
    name: String,
    place: UnreadPlace,
    is_deflated: bool,
    data: &'b [u8],
    size: u64,
    crc: u32,
}

/// The bytes of an entry, from its local header to the end of its data.
struct Span {
    start: usize,
    end: usize,
    has_descriptor: bool,
    crc: u32,
}

/// An archive whose list and layout are sound.
pub struct ZipArchive<'b> {
    parts: Vec<ArchivePart<'b>>,
    /// Names of folders, which have no content.
    folders: Vec<(String, UnreadPlace)>,
    /// Number of bytes that may still be unpacked.
    left: usize,
    /// How many times its packed size a part may have unpacked.
    ratio_max: usize,
}

/// The fault of a part that is not examined, or of bytes outside every part.
pub fn unread_part(place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(UnreadCause::UnreadPart).at(place).into()
}

pub fn broken(place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(UnreadCause::Syntax).at(place).into()
}

impl<'b> ZipArchive<'b> {
    /// Opens an archive of which at most `limit` bytes may be unpacked.
    pub fn open(bytes: &'b [u8], limit: usize) -> Result<Self, Unreadable> {
        let list = PartList::find(bytes)?;
        if list.count > PARTS_MAX {
            return Err(Unreadable::too_large());
        }
        let (mut parts, mut folders, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        let mut names = HashSet::new();
        let mut at = list.start;
        while at < list.end {
            let entry = CentralDirectory::read(bytes, at).ok_or_else(|| broken("archive"))?;
            at += entry.bytes;
            let place = UnreadPlace::numbered("part ", spans.len() as u64 + 1);
            let (part, span) = entry.part(bytes, &place)?;
            spans.push(span);
            if part.name.ends_with('/') && part.data.is_empty() {
                folders.push((part.name, place));
                continue;
            }
            // Of two parts with one name, programs differ in which they read.
            if !names.insert(part.name.to_lowercase()) {
                return Err(unread_part(place));
            }
            parts.push(part);
        }
        if at != list.end || spans.len() != list.count {
            return Err(unread_part("archive"));
        }
        check_layout(bytes, spans, list.start)?;
        Ok(Self {
            parts,
            folders,
            left: limit,
            ratio_max: usize::MAX,
        })
    }

    /// Refuses parts that unpack to more than this many times their packed size, beyond the first
    /// [`SMALL_BYTES`].
    #[must_use]
    pub fn with_ratio_max(mut self, ratio_max: usize) -> Self {
        self.ratio_max = ratio_max;
        self
    }

    /// Number of parts; folders are none.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Number of bytes that may still be unpacked.
    pub const fn left(&self) -> usize {
        self.left
    }

    /// Counts bytes that were unpacked from a part that is an archive itself.
    ///
    /// # Errors
    /// They are more than were left.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(Unreadable::too_large)?;
        Ok(())
    }

    /// Names of folders, also of empty ones, each with its place for failures.
    pub fn folders(&self) -> impl Iterator<Item = (&str, &UnreadPlace)> {
        self.folders
            .iter()
            .map(|(name, place)| (name.as_str(), place))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    /// The name of a part as written in the archive; case is ignored.
    pub fn find(&self, name: &str) -> Option<String> {
        self.names()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(str::to_owned)
    }

    /// The place of a part, for failures: its position in the archive. Its name is chosen by
    /// its author.
    pub fn place(&self, name: &str) -> UnreadPlace {
        match self.parts.iter().find(|part| part.name == name) {
            Some(part) => part.place.clone(),
            None => UnreadPlace::from("archive"),
        }
    }

    /// The name of the part at this position, and its place for failures.
    pub fn part(&self, position: usize) -> Option<(&str, UnreadPlace)> {
        let part = self.parts.get(position)?;
        Some((part.name.as_str(), part.place.clone()))
    }

    /// Unpacks one part.
    pub fn unpack(&mut self, name: &str) -> Result<Cow<'b, [u8]>, Unreadable> {
        let position = self.parts.iter().position(|part| part.name == name);
        self.unpack_at(position.ok_or_else(|| broken("archive"))?)
    }

    /// Unpacks the part at a position.
    pub fn unpack_at(&mut self, position: usize) -> Result<Cow<'b, [u8]>, Unreadable> {
        let part = self.parts.get(position).ok_or_else(|| broken("archive"))?;
        let place = &part.place;
        let by_ratio = part.data.len().saturating_mul(self.ratio_max);
        let most = self.left.min(by_ratio.max(SMALL_BYTES));
        let bytes = if part.is_deflated {
            let mut rest = part.data;
            let mut bytes = Vec::new();
            // Sizes in the archive are claims: the limit is on the bytes that come out.
            let mut inflated =
                // One byte more than allowed tells a part that just fits from one that is too
                // large.
                flate2::bufread::DeflateDecoder::new(&mut rest).take(most as u64 + 1);
            inflated
                .read_to_end(&mut bytes)
                .map_err(|_| broken(place.clone()))?;
            // Bytes after the deflate stream belong to no part.
            if bytes.len() <= most && !rest.is_empty() {
                return Err(unread_part(place.clone()));
            }
            Cow::Owned(bytes)
        } else {
            Cow::Borrowed(part.data)
        };
        if bytes.len() > most {
            return Err(Unreadable::too_large());
        }
        self.left -= bytes.len();
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        if bytes.len() as u64 != part.size || crc.sum() != part.crc {
            return Err(broken(place.clone()));
        }
        Ok(bytes)
    }
}

/// The position of the central directory.
struct PartList {
    start: usize,
    end: usize,
    count: usize,
}

impl PartList {
    fn find(bytes: &[u8]) -> Result<Self, Unreadable> {
        let end = bytes
            .len()
            .checked_sub(END_BYTES)
            .ok_or_else(|| broken("archive"))?;
        if u32_at(bytes, end) != Some(0x0605_4b50) || u16_at(bytes, end + 20) != Some(0) {
            // An archive comment, or bytes after the archive.
            let is_archive = bytes.starts_with(b"PK\x03\x04");
            return Err(if is_archive {
                unread_part("archive")
            } else {
                broken("archive")
            });
        }
        let field = |at| u32_at(bytes, end + at).map_or(0, |value| value as usize);
        let (mut count, mut size, mut start) = (field(10) & 0xffff, field(12), field(16));
        let mut list_end = end;
        let large = end
            .checked_sub(ZIP64_END_BYTES)
            .filter(|at| u32_at(bytes, *at) == Some(0x0606_4b50));
        if let Some(large) = large {
            let field =
                |at| u64_at(bytes, large + at).and_then(|value| usize::try_from(value).ok());
            let read = (field(32), field(40), field(48));
            let (Some(large_count), Some(large_size), Some(large_start)) = read else {
                return Err(broken("archive"));
            };
            (count, size, start, list_end) = (large_count, large_size, large_start, large);
        }
        if start.checked_add(size) != Some(list_end) {
            return Err(unread_part("archive"));
        }
        Ok(Self {
            start,
            end: list_end,
            count,
        })
    }
}

/// An entry of the central directory.
struct CentralDirectory<'b> {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    local: u64,
    name: &'b [u8],
    bytes: usize,
}

impl<'b> CentralDirectory<'b> {
    fn read(bytes: &'b [u8], at: usize) -> Option<Self> {
        if u32_at(bytes, at)? != 0x0201_4b50 {
            return None;
        }
        let length = |field| u16_at(bytes, at + field).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let names = at + CENTRAL_BYTES;
        let mut entry = Self {
            flags: u16_at(bytes, at + 8)?,
            method: u16_at(bytes, at + 10)?,
            crc: u32_at(bytes, at + 16)?,
            packed: u32_at(bytes, at + 20)?.into(),
            size: u32_at(bytes, at + 24)?.into(),
            local: u32_at(bytes, at + 42)?.into(),
            name: bytes.get(names..names + name)?,
            bytes: CENTRAL_BYTES + name + extra,
        };
        let fields = bytes.get(names + name..names + name + extra)?;
        // A comment on an entry, and an unknown extra field, are texts that no program shows and
        // nothing examines.
        if comment != 0 || !holds_nothing(fields) {
            return None;
        }
        entry.enlarge(fields)?;
        Some(entry)
    }

    /// Takes sizes beyond 32 bits from the ZIP64 extra field.
    fn enlarge(&mut self, extra: &[u8]) -> Option<()> {
        for (tag, value) in extra_fields(extra)? {
            if tag != 1 {
                continue;
            }
            let mut at = 0;
            for field in [&mut self.size, &mut self.packed, &mut self.local] {
                if *field == u64::from(u32::MAX) {
                    *field = u64_at(value, at)?;
                    at += 8;
                }
            }
        }
        Some(())
    }

    /// The part, when its local header agrees with this entry: programs differ in which of the two
    /// they use.
    fn part(
        &self,
        bytes: &'b [u8],
        place: &UnreadPlace,
    ) -> Result<(ArchivePart<'b>, Span), Unreadable> {
        let fault = || unread_part(place.clone());
        let written = std::str::from_utf8(self.name).map_err(|_| fault())?;
        let name = written
            .replace('\\', "/")
            .trim_start_matches('/')
            .to_owned();
        let start = usize::try_from(self.local).map_err(|_| fault())?;
        let field = |at: usize| u16_at(bytes, start + at);
        let is_local = u32_at(bytes, start) == Some(0x0403_4b50) && field(8) == Some(self.method);
        let lengths = field(26)
            .zip(field(28))
            .filter(|_| is_local)
            .ok_or_else(fault)?;
        let (name_bytes, extra_bytes) = (usize::from(lengths.0), usize::from(lengths.1));
        let names = start + LOCAL_BYTES;
        let data = names + name_bytes + extra_bytes;
        let end = usize::try_from(self.packed)
            .ok()
            .and_then(|packed| data.checked_add(packed))
            .ok_or_else(fault)?;
        let has_descriptor = field(6).ok_or_else(fault)? & 8 != 0;
        let packed = u32_at(bytes, start + 18).map(u64::from);
        let says_the_same =
            has_descriptor || packed == Some(self.packed) || packed == Some(u32::MAX.into());
        // Bit 0: encrypted; bit 6: strong encryption (APPNOTE 4.4.4).
        let is_encrypted = (self.flags | field(6).unwrap_or(0)) & 0x41 != 0;
        let extra = bytes.get(names + name_bytes..data).ok_or_else(fault)?;
        let is_plain = bytes.get(names..names + name_bytes) == Some(self.name)
            && matches!(self.method, 0 | 8)
            // Stored bytes whose two lengths differ: programs differ in which of them they read.
            && (self.method == 8 || self.packed == self.size)
            && holds_nothing(extra);
        if !says_the_same || is_encrypted || !is_plain {
            return Err(fault());
        }
        let packed = bytes.get(data..end).ok_or_else(fault)?;
        let span = Span {
            start,
            end,
            has_descriptor,
            crc: self.crc,
        };
        let is_deflated = self.method == 8;
        let place = place.clone();
        Ok((
            ArchivePart {
                name,
                place,
                is_deflated,
                data: packed,
                size: self.size,
                crc: self.crc,
            },
            span,
        ))
    }
}

/// Checks that the entries follow each other without gaps, from the first byte to the central
/// directory. Overlaps are refused too: they are how a small archive unpacks to terabytes.
fn check_layout(bytes: &[u8], mut spans: Vec<Span>, list: usize) -> Result<(), Unreadable> {
    spans.sort_by_key(|span| span.start);
    let starts = spans.iter().map(|span| span.start);
    let starts: Vec<usize> = starts.skip(1).chain([list]).collect();
    if spans.first().map_or(list, |span| span.start) != 0 {
        return Err(unread_part("archive"));
    }
    for (span, next) in spans.iter().zip(starts) {
        let gap = bytes
            .get(span.end..next)
            .ok_or_else(|| unread_part("archive"))?;
        if !gap.is_empty() && !is_descriptor(span, gap) {
            return Err(unread_part("archive"));
        }
    }
    Ok(())
}

/// True for the descriptor after a part whose sizes were not known when it was begun.
fn is_descriptor(span: &Span, gap: &[u8]) -> bool {
    span.has_descriptor
        && match gap.len() {
            12 | 20 => u32_at(gap, 0) == Some(span.crc),
            16 | 24 => u32_at(gap, 0) == Some(0x0807_4b50) && u32_at(gap, 4) == Some(span.crc),
            _ => false,
        }
}

/// Tags of extra fields with what programs note of a file, and the most bytes of each: sizes beyond
/// 32 bits, times of NTFS, times and owners of Unix, the mark of Java archives.
const NOTES: [(u16, usize); 7] = [
    (0x0001, 28),
    (0x000a, 32),
    (0x5455, 13),
    (0x5855, 12),
    (0x7855, 4),
    (0x7875, 15),
    (0xcafe, 0),
];

/// True when the extra fields are only times, owners, sizes and padding. Any other could hold a
/// text, such as another name of the file.
fn holds_nothing(extra: &[u8]) -> bool {
    let is_nothing = |(tag, value): &(u16, &[u8])| {
        let hint = value.get(4..).unwrap_or_default();
        let is_note = |(known, bytes_max): &(u16, usize)| known == tag && value.len() <= *bytes_max;
        NOTES.iter().any(is_note) || (*tag == GROWTH_HINT && hint.iter().all(|byte| *byte == 0))
    };
    extra_fields(extra).is_some_and(|fields| fields.iter().all(is_nothing))
}

fn extra_fields(mut extra: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut fields = Vec::new();
    while !extra.is_empty() {
        let end = 4 + usize::from(u16_at(extra, 2)?);
        fields.push((u16_at(extra, 0)?, extra.get(4..end)?));
        extra = &extra[end..];
    }
    Some(fields)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|field| u16::from_le_bytes(*field))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|field| u32::from_le_bytes(*field))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|field| u64::from_le_bytes(*field))
}
