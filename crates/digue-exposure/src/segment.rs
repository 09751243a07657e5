//! A segment: the rows of a range of the journal in one file that never changes.
//!
//! The file holds the rows account by account in order of time, in blocks; then the row numbers of
//! each person; then the distinct persons of each hour; last a directory, the only part kept in
//! memory. Every part has a checksum: damage is found when the part is read, and the index is then
//! rebuilt from the journal. Names, and what a question selects, are not known here.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::block::{ExposureBlock, ExposureOrigin, ExposureRow};
use crate::persons::Dense;

pub(crate) const MAGIC: &[u8; 16] = b"digue-segment-1\n";
/// The end of the file: offset and checksum of the directory, then the magic.
const FOOTER_BYTES: u64 = 8 + 4 + 16;

/// Persons in one bucket of the postings: the directory holds an offset for each bucket, and within
/// one a person is one byte.
pub(crate) const BUCKET: u32 = 256;
const POSTING_BYTES: usize = 5;

/// Seconds covered by one set of persons.
pub(crate) const HOUR: u32 = 3600;

/// Why the index cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Its files are not what was written: the index must be rebuilt from the journal.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    #[error("the index's files cannot be read or written")]
    Disk(#[from] io::Error),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockPlace {
    pub(crate) offset: u64,
    pub(crate) first_row: u32,
    pub(crate) at_least: u32,
    pub(crate) at_most: u32,
    pub(crate) persons_sum: u32,
    pub(crate) checksum: u32,
}

/// The rows of one account: its persons from `persons_at` on, then the columns of its blocks.
#[derive(Clone, Copy)]
struct AccountSection {
    account: u32,
    persons_at: u64,
    /// Where the next section starts.
    end: u64,
    first_row: u32,
    first_block: usize,
    end_block: usize,
}

/// A section of at most so many bytes is read at once, instead of block by block.
const SECTION_READ_MAX: u64 = 64 << 10;

/// A segment on disk.
pub(crate) struct IndexSegment {
    file: File,
    path: PathBuf,
    pub(crate) entries: Range<u64>,
    pub(crate) rows: u32,
    /// Ascending; `accounts[i]` has the blocks from `first_blocks[i]` to before
    /// `first_blocks[i + 1]`.
    accounts: Vec<u32>,
    first_blocks: Vec<u32>,
    /// Offset of the persons of each account.
    persons_at: Vec<u64>,
    blocks: Vec<BlockPlace>,
    blocks_end: u64,
    /// Offset of each bucket of postings, from `blocks_end`.
    buckets: Vec<u32>,
    /// Hour since 1970, offset and length of its set.
    hours: Vec<(u32, u64, u32)>,
    at_least: u32,
    at_most: u32,
}

impl IndexSegment {
    /// The range of the journal that it covers.
    pub(crate) fn entries(&self) -> Range<u64> {
        self.entries.clone()
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn overlaps(&self, from: u32, to: u32) -> bool {
        self.rows > 0 && self.at_least < to && self.at_most >= from
    }

    /// Bytes that it keeps in memory.
    pub(crate) fn resident_bytes(&self) -> usize {
        self.accounts.len() * 16
            + self.blocks.len() * size_of::<BlockPlace>()
            + self.buckets.len() * 4
    }

    pub(crate) fn accounts(&self) -> &[u32] {
        &self.accounts
    }

    fn damaged(&self, what: &str) -> IndexError {
        IndexError::Damaged(format!("{}: {what}", self.path.display()))
    }

    fn section_of(&self, account: u32) -> Option<AccountSection> {
        self.accounts
            .binary_search(&account)
            .ok()
            .map(|place| self.section(place))
    }

    fn section(&self, place: usize) -> AccountSection {
        let first_block = self.first_blocks[place] as usize;
        AccountSection {
            account: self.accounts[place],
            persons_at: self.persons_at[place],
            end: self
                .persons_at
                .get(place + 1)
                .copied()
                .unwrap_or(self.blocks_end),
            first_row: self.blocks[first_block].first_row,
            first_block,
            end_block: self.first_blocks[place + 1] as usize,
        }
    }

    fn block_end(&self, section: &AccountSection, place: usize) -> u64 {
        if place + 1 < section.end_block {
            self.blocks[place + 1].offset
        } else {
            section.end
        }
    }

    fn block_rows(&self, place: usize) -> usize {
        let end = self
            .blocks
            .get(place + 1)
            .map_or(self.rows, |next| next.first_row);
        (end - self.blocks[place].first_row) as usize
    }

    /// The blocks of a section whose times overlap `times`: one range, as blocks are in order of
    /// time.
    fn within(&self, section: &AccountSection, times: &Range<u32>) -> Range<usize> {
        let all = section.first_block..section.end_block;
        let first = all.start
            + self.blocks[all.clone()].partition_point(|block| block.at_most < times.start);
        let end =
            first + self.blocks[first..all.end].partition_point(|block| block.at_least < times.end);
        first..end
    }

    /// The bytes of the file with the persons of a block.
    fn persons_of(&self, section: &AccountSection, place: usize) -> Range<u64> {
        let start =
            section.persons_at + u64::from(self.blocks[place].first_row - section.first_row) * 4;
        start..start + self.block_rows(place) as u64 * 4
    }

    /// Calls `take` with the blocks of `account` whose times overlap `times`, in order. Rows
    /// outside `times` may be among them. `buffer` is reused between calls.
    pub(crate) fn visit(
        &self,
        account: u32,
        times: Range<u32>,
        buffer: &mut Vec<u8>,
        take: &mut dyn FnMut(&ExposureBlock<'_>) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let Some(section) = self.section_of(account) else {
            return Ok(());
        };
        let places = self.within(&section, &times);
        if !places.is_empty() && section.end - section.persons_at <= SECTION_READ_MAX {
            self.read(
                section.persons_at,
                (section.end - section.persons_at) as usize,
                buffer,
            )?;
            for place in places {
                self.take_block(&section, place, buffer, section.persons_at, take)?;
            }
            return Ok(());
        }
        let mut columns = Vec::new();
        for place in places {
            self.read_block(&section, place, buffer, &mut columns, take)?;
        }
        Ok(())
    }

    /// Takes a block out of the bytes of its section, which begin at offset `base`.
    fn take_block(
        &self,
        section: &AccountSection,
        place: usize,
        bytes: &[u8],
        base: u64,
        take: &mut dyn FnMut(&ExposureBlock<'_>) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let cut =
            |range: Range<u64>| &bytes[(range.start - base) as usize..(range.end - base) as usize];
        let persons = cut(self.persons_of(section, place));
        let columns = cut(self.blocks[place].offset..self.block_end(section, place));
        take(&self.block(section, place, persons, columns)?)
    }

    fn read_block(
        &self,
        section: &AccountSection,
        place: usize,
        persons: &mut Vec<u8>,
        columns: &mut Vec<u8>,
        take: &mut dyn FnMut(&ExposureBlock<'_>) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let range = self.persons_of(section, place);
        self.read(range.start, (range.end - range.start) as usize, persons)?;
        let offset = self.blocks[place].offset;
        self.read(
            offset,
            (self.block_end(section, place) - offset) as usize,
            columns,
        )?;
        take(&self.block(section, place, persons, columns)?)
    }

    fn block<'b>(
        &self,
        section: &AccountSection,
        place: usize,
        persons: &'b [u8],
        columns: &'b [u8],
    ) -> Result<ExposureBlock<'b>, IndexError> {
        let known = &self.blocks[place];
        if crc32fast::hash(columns) != known.checksum
            || crc32fast::hash(persons) != known.persons_sum
        {
            return Err(self.damaged("a block's checksum"));
        }
        ExposureBlock::read(persons, columns, section.account, self.entries.start)
            .ok_or_else(|| self.damaged("a block"))
    }

    /// Calls `take` with the persons of `account` shown in `times`, little-endian as they are
    /// stored. Of blocks that lie wholly within `times` only the persons are read.
    pub(crate) fn visit_persons(
        &self,
        account: u32,
        times: Range<u32>,
        buffer: &mut Vec<u8>,
        take: &mut dyn FnMut(&[[u8; 4]]),
    ) -> Result<(), IndexError> {
        let Some(section) = self.section_of(account) else {
            return Ok(());
        };
        let places = self.within(&section, &times);
        let is_whole = |place: &usize| {
            self.blocks[*place].at_least >= times.start && self.blocks[*place].at_most < times.end
        };
        // Blocks are in order of time, so those that are whole are consecutive and read at once.
        let first = places.clone().find(is_whole).unwrap_or(places.end);
        let end = (first..places.end)
            .find(|place| !is_whole(place))
            .unwrap_or(places.end);
        let is_large = section.end - section.persons_at > SECTION_READ_MAX;
        // `visit` reads a small section at once: leaving out columns would save nothing.
        if first == end || !is_large {
            return self.visit(account, times.clone(), buffer, &mut |block| {
                for place in 0..block.len() {
                    if times.contains(&block.at(place)) {
                        take(std::slice::from_ref(block.person_bytes(place)));
                    }
                }
                Ok(())
            });
        }
        let mut columns = Vec::new();
        for place in (places.start..first).chain(end..places.end) {
            self.read_block(&section, place, buffer, &mut columns, &mut |block| {
                for place in 0..block.len() {
                    if times.contains(&block.at(place)) {
                        take(std::slice::from_ref(block.person_bytes(place)));
                    }
                }
                Ok(())
            })?;
        }
        let start = self.persons_of(&section, first).start;
        self.read(
            start,
            (self.persons_of(&section, end - 1).end - start) as usize,
            buffer,
        )?;
        let mut rest = buffer.as_slice();
        for place in first..end {
            let (persons, after) = rest.split_at(self.block_rows(place) * 4);
            if crc32fast::hash(persons) != self.blocks[place].persons_sum {
                return Err(self.damaged("a block's checksum"));
            }
            take(persons.as_chunks::<4>().0);
            rest = after;
        }
        Ok(())
    }

    fn read(&self, offset: u64, length: usize, buffer: &mut Vec<u8>) -> Result<(), IndexError> {
        buffer.resize(length, 0);
        match self.file.read_exact_at(buffer, offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.damaged("it is cut"))
            }
            read => Ok(read?),
        }
    }

    /// The rows that show `person`, in no particular order.
    pub(crate) fn of_person(&self, person: Dense) -> Result<Vec<ExposureRow>, IndexError> {
        let bucket = (person / BUCKET) as usize;
        let (Some(start), Some(end)) = (self.buckets.get(bucket), self.buckets.get(bucket + 1))
        else {
            return Ok(Vec::new());
        };
        if start == end {
            return Ok(Vec::new());
        }
        let mut buffer = Vec::new();
        self.read(
            self.blocks_end + u64::from(*start),
            (end - start) as usize,
            &mut buffer,
        )?;
        let postings = checked(&buffer).ok_or_else(|| self.damaged("postings"))?;
        let mut numbers = Vec::new();
        for posting in postings.chunks_exact(POSTING_BYTES) {
            if u32::from(posting[4]) == person % BUCKET {
                numbers.push(u32::from_le_bytes(
                    posting[..4].try_into().expect("four bytes"),
                ));
            }
        }
        let (mut found, mut columns) = (Vec::new(), Vec::new());
        for number in numbers {
            let place = self
                .blocks
                .partition_point(|block| block.first_row <= number)
                - 1;
            let section = self.section(
                self.first_blocks
                    .partition_point(|first| *first as usize <= place)
                    - 1,
            );
            let within = (number - self.blocks[place].first_row) as usize;
            self.read_block(&section, place, &mut buffer, &mut columns, &mut |block| {
                // The checksums hold, so this is a fault of the writer: no answer is better than
                // one about another person.
                if within >= block.len() || block.person(within) != person {
                    return Err(self.damaged("a posting"));
                }
                found.push(block.row(within));
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Appends the sets of the hours from `from` to before `to`, both at the beginning of an hour.
    pub(crate) fn hours(
        &self,
        from: u32,
        to: u32,
        out: &mut Vec<Vec<u8>>,
    ) -> Result<(), IndexError> {
        let wanted = |hour: u32| hour * HOUR >= from && hour * HOUR < to;
        let first = self.hours.partition_point(|(hour, ..)| hour * HOUR < from);
        let last = self.hours.partition_point(|(hour, ..)| *hour * HOUR < to);
        let Some((_, start, _)) = self.hours[first..last].first().copied() else {
            return Ok(());
        };
        let (_, last_offset, last_bytes) = self.hours[last - 1];
        let mut buffer = Vec::new();
        self.read(
            start,
            (last_offset - start) as usize + last_bytes as usize,
            &mut buffer,
        )?;
        for (hour, offset, bytes) in &self.hours[first..last] {
            debug_assert!(wanted(*hour));
            let at = (offset - start) as usize;
            let set = checked(&buffer[at..at + *bytes as usize])
                .ok_or_else(|| self.damaged("an hour"))?;
            out.push(set.to_vec());
        }
        Ok(())
    }

    /// Appends all rows of `account`, and their origins to `origins`, for merging.
    pub(crate) fn rows_of(
        &self,
        account: u32,
        rows: &mut Vec<ExposureRow>,
        origins: &mut Vec<ExposureOrigin>,
    ) -> Result<(), IndexError> {
        let mut buffer = Vec::new();
        self.visit(account, 0..u32::MAX, &mut buffer, &mut |block| {
            let base = origins.len() as u32;
            origins.extend(block.origins().ok_or_else(|| self.damaged("origins"))?);
            rows.extend((0..block.len()).map(|place| {
                let row = block.row(place);
                ExposureRow {
                    origin: row.origin + base,
                    ..row
                }
            }));
            Ok(())
        })
    }

    /// Opens a segment and reads its directory.
    pub(crate) fn open(path: &Path) -> Result<Self, IndexError> {
        let damaged = |what: &str| IndexError::Damaged(format!("{}: {what}", path.display()));
        let file = match File::open(path) {
            // A missing file is damage, which a rebuild mends. Other errors of the disk are not:
            // rebuilding would fail as well.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damaged("it is missing"));
            }
            opened => opened?,
        };
        let length = file.metadata()?.len();
        let footer_at = length
            .checked_sub(FOOTER_BYTES)
            .ok_or_else(|| damaged("it is cut"))?;
        let mut footer = [0; FOOTER_BYTES as usize];
        file.read_exact_at(&mut footer, footer_at)?;
        let offset = u64::from_le_bytes(footer[..8].try_into().expect("eight bytes"));
        let checksum = u32::from_le_bytes(footer[8..12].try_into().expect("four bytes"));
        if footer[12..] != *MAGIC || offset > footer_at {
            return Err(damaged("it does not end as a segment"));
        }
        let mut directory = vec![0; (footer_at - offset) as usize];
        file.read_exact_at(&mut directory, offset)?;
        if crc32fast::hash(&directory) != checksum {
            return Err(damaged("its directory"));
        }
        Self::parse(&directory, file, path).ok_or_else(|| damaged("its directory"))
    }

    fn parse(directory: &[u8], file: File, path: &Path) -> Option<Self> {
        SegmentDirectory::parse(directory).map(|directory| directory.over(file, path))
    }
}

/// A directory that was parsed, without its file.
struct SegmentDirectory {
    entries: Range<u64>,
    rows: u32,
    accounts: Vec<u32>,
    first_blocks: Vec<u32>,
    persons_at: Vec<u64>,
    blocks: Vec<BlockPlace>,
    blocks_end: u64,
    buckets: Vec<u32>,
    hours: Vec<(u32, u64, u32)>,
}

impl SegmentDirectory {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut input = SegmentInput(bytes);
        let entries = input.u64()?..input.u64()?;
        let rows = input.u32()?;
        let accounts = input.list(SegmentInput::u32)?;
        let first_blocks = input.list(SegmentInput::u32)?;
        let persons_at = input.list(SegmentInput::u64)?;
        let blocks = input.list(|input| {
            Some(BlockPlace {
                offset: input.u64()?,
                first_row: input.u32()?,
                at_least: input.u32()?,
                at_most: input.u32()?,
                persons_sum: input.u32()?,
                checksum: input.u32()?,
            })
        })?;
        let blocks_end = input.u64()?;
        let buckets = input.list(SegmentInput::u32)?;
        let hours = input.list(|input| Some((input.u32()?, input.u64()?, input.u32()?)))?;
        // Readers index and slice by these numbers without checking again.
        let is_sound = first_blocks.len() == accounts.len() + 1
            && first_blocks.is_sorted_by(|a, b| a < b)
            && persons_at.len() == accounts.len()
            && persons_at.is_sorted()
            && first_blocks
                .last()
                .is_some_and(|last| *last as usize == blocks.len())
            && blocks.is_sorted_by_key(|block| block.offset)
            && blocks.is_sorted_by_key(|block| block.first_row)
            && blocks
                .last()
                .is_none_or(|last| last.offset <= blocks_end && last.first_row <= rows)
            && buckets.is_sorted()
            && hours.is_sorted();
        is_sound.then_some(Self {
            entries,
            rows,
            accounts,
            first_blocks,
            persons_at,
            blocks,
            blocks_end,
            buckets,
            hours,
        })
    }

    fn over(self, file: File, path: &Path) -> IndexSegment {
        IndexSegment {
            file,
            path: path.to_owned(),
            at_least: self
                .blocks
                .iter()
                .map(|block| block.at_least)
                .min()
                .unwrap_or(0),
            at_most: self
                .blocks
                .iter()
                .map(|block| block.at_most)
                .max()
                .unwrap_or(0),
            entries: self.entries,
            rows: self.rows,
            accounts: self.accounts,
            first_blocks: self.first_blocks,
            persons_at: self.persons_at,
            blocks: self.blocks,
            blocks_end: self.blocks_end,
            buckets: self.buckets,
            hours: self.hours,
        }
    }
}

pub(crate) fn read_any_bytes(bytes: &[u8]) {
    let _ = (SegmentDirectory::parse(bytes), checked(bytes));
}

/// The bytes after a checksum, if it is theirs.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (checksum, rest) = bytes.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*checksum) == crc32fast::hash(rest)).then_some(rest)
}

struct SegmentInput<'b>(&'b [u8]);

impl SegmentInput<'_> {
    fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u32()? as usize;
        // An element has at least one byte: a wrong count must not reserve memory.
        if count > self.0.len() {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }
}
