//! Writes segments: from rows sorted by account and time, and from several segments merged into
//! one.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::block::{self, BLOCK_ROWS, ExposureOrigin, ExposureRow, NOBODY};
use crate::persons::Dense;
use crate::segment::{BUCKET, BlockPlace, HOUR, IndexError, IndexSegment, MAGIC};
use crate::sets;

/// Writes a segment account by account, with what `finish` needs kept in memory.
pub(crate) struct SegmentWriter {
    out: BufWriter<File>,
    path: PathBuf,
    entries: Range<u64>,
    offset: u64,
    rows: u32,
    accounts: Vec<u32>,
    first_blocks: Vec<u32>,
    persons_at: Vec<u64>,
    blocks: Vec<BlockPlace>,
    /// Person and row number as one integer, to be sorted.
    postings: Vec<u64>,
    /// Hour and person as one integer, to be sorted.
    hours: Vec<u64>,
    bytes: Vec<u8>,
}

impl SegmentWriter {
    pub(crate) fn create(path: &Path, entries: Range<u64>, rows: usize) -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::with_capacity(1 << 20, File::create(path)?),
            path: path.to_owned(),
            entries,
            offset: 0,
            rows: 0,
            accounts: Vec::new(),
            first_blocks: vec![0],
            persons_at: Vec::new(),
            blocks: Vec::new(),
            postings: Vec::with_capacity(rows),
            hours: Vec::with_capacity(rows),
            bytes: Vec::new(),
        })
    }

    /// Adds an account's rows, sorted by time; accounts come in ascending order.
    pub(crate) fn account<'o>(
        &mut self,
        account: u32,
        rows: &[ExposureRow],
        origin_of: &impl Fn(u32) -> &'o ExposureOrigin,
    ) -> io::Result<()> {
        self.bytes.clear();
        block::write_persons(rows, &mut self.bytes);
        let sums: Vec<u32> = self
            .bytes
            .chunks(BLOCK_ROWS * 4)
            .map(crc32fast::hash)
            .collect();
        self.out.write_all(&self.bytes)?;
        self.persons_at.push(self.offset);
        self.offset += self.bytes.len() as u64;
        for (rows, persons_sum) in rows.chunks(BLOCK_ROWS).zip(sums) {
            self.bytes.clear();
            block::write(rows, self.entries.start, origin_of, &mut self.bytes);
            self.blocks.push(BlockPlace {
                offset: self.offset,
                first_row: self.rows,
                at_least: rows[0].at,
                at_most: rows[rows.len() - 1].at,
                persons_sum,
                checksum: crc32fast::hash(&self.bytes),
            });
            for (row, number) in rows.iter().zip(self.rows..) {
                if row.person != NOBODY {
                    self.postings
                        .push((u64::from(row.person) << 32) | u64::from(number));
                    self.hours
                        .push((u64::from(row.at / HOUR) << 32) | u64::from(row.person));
                }
            }
            self.rows += rows.len() as u32;
            self.out.write_all(&self.bytes)?;
            self.offset += self.bytes.len() as u64;
        }
        self.accounts.push(account);
        self.first_blocks.push(self.blocks.len() as u32);
        Ok(())
    }

    fn write(&mut self, checksummed: &[u8]) -> io::Result<()> {
        self.out
            .write_all(&crc32fast::hash(checksummed).to_le_bytes())?;
        self.out.write_all(checksummed)?;
        self.offset += 4 + checksummed.len() as u64;
        Ok(())
    }

    fn write_postings(&mut self) -> io::Result<Vec<u32>> {
        let mut postings = std::mem::take(&mut self.postings);
        postings.sort_unstable();
        let start = self.offset;
        let mut buckets = vec![0];
        let mut bytes = Vec::new();
        for bucket in postings.chunk_by(|a, b| bucket_of(*a) == bucket_of(*b)) {
            bytes.clear();
            for posting in bucket {
                bytes.extend_from_slice(&(*posting as u32).to_le_bytes());
                bytes.push(((posting >> 32) as u32 % BUCKET) as u8);
            }
            // Buckets in between without a person are empty: they begin and end here.
            buckets.resize(
                bucket_of(bucket[0]) as usize + 1,
                (self.offset - start) as u32,
            );
            self.write(&bytes)?;
            buckets.push((self.offset - start) as u32);
        }
        Ok(buckets)
    }

    fn write_hours(&mut self) -> io::Result<Vec<(u32, u64, u32)>> {
        let mut pairs = std::mem::take(&mut self.hours);
        pairs.sort_unstable();
        pairs.dedup();
        let mut hours = Vec::new();
        let (mut persons, mut bytes) = (Vec::new(), Vec::new());
        for hour in pairs.chunk_by(|a, b| a >> 32 == b >> 32) {
            persons.clear();
            persons.extend(hour.iter().map(|pair| *pair as Dense));
            bytes.clear();
            sets::write(&persons, &mut bytes);
            let start = self.offset;
            self.write(&bytes)?;
            hours.push(((hour[0] >> 32) as u32, start, (self.offset - start) as u32));
        }
        Ok(hours)
    }

    /// Completes the file, makes it durable and opens it.
    pub(crate) fn finish(mut self) -> Result<IndexSegment, IndexError> {
        let blocks_end = self.offset;
        let buckets = self.write_postings()?;
        let hours = self.write_hours()?;
        let mut directory = Vec::new();
        let u32s = |values: &[u32], out: &mut Vec<u8>| {
            out.extend_from_slice(&(values.len() as u32).to_le_bytes());
            values
                .iter()
                .for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
        };
        directory.extend_from_slice(&self.entries.start.to_le_bytes());
        directory.extend_from_slice(&self.entries.end.to_le_bytes());
        directory.extend_from_slice(&self.rows.to_le_bytes());
        u32s(&self.accounts, &mut directory);
        u32s(&self.first_blocks, &mut directory);
        directory.extend_from_slice(&(self.persons_at.len() as u32).to_le_bytes());
        self.persons_at
            .iter()
            .for_each(|at| directory.extend_from_slice(&at.to_le_bytes()));
        directory.extend_from_slice(&(self.blocks.len() as u32).to_le_bytes());
        for block in &self.blocks {
            directory.extend_from_slice(&block.offset.to_le_bytes());
            let sums = [block.persons_sum, block.checksum];
            for value in [block.first_row, block.at_least, block.at_most]
                .into_iter()
                .chain(sums)
            {
                directory.extend_from_slice(&value.to_le_bytes());
            }
        }
        directory.extend_from_slice(&blocks_end.to_le_bytes());
        u32s(&buckets, &mut directory);
        directory.extend_from_slice(&(hours.len() as u32).to_le_bytes());
        for (hour, offset, bytes) in &hours {
            directory.extend_from_slice(&hour.to_le_bytes());
            directory.extend_from_slice(&offset.to_le_bytes());
            directory.extend_from_slice(&bytes.to_le_bytes());
        }
        self.out.write_all(&directory)?;
        self.out.write_all(&self.offset.to_le_bytes())?;
        self.out
            .write_all(&crc32fast::hash(&directory).to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        // Durable before any manifest names it.
        self.out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_data()?;
        IndexSegment::open(&self.path)
    }
}

fn bucket_of(posting: u64) -> u32 {
    (posting >> 32) as u32 / BUCKET
}

/// Merges consecutive segments into one, account by account: memory holds the rows of one account,
/// besides postings and hours.
pub(crate) fn merge(
    sources: &[std::sync::Arc<IndexSegment>],
    path: &Path,
) -> Result<IndexSegment, IndexError> {
    let entries = sources[0].entries.start..sources[sources.len() - 1].entries.end;
    let rows = sources.iter().map(|source| source.rows as usize).sum();
    let mut accounts: Vec<u32> = sources
        .iter()
        .flat_map(|source| source.accounts())
        .copied()
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    let mut writer = SegmentWriter::create(path, entries, rows)?;
    let (mut rows, mut origins) = (Vec::new(), Vec::new());
    for account in accounts {
        rows.clear();
        origins.clear();
        for source in sources {
            source.rows_of(account, &mut rows, &mut origins)?;
        }
        // By time again: sources follow each other in the journal, but an import brings times from
        // long before.
        rows.sort_by_key(|row| (row.at, row.entry));
        writer.account(account, &rows, &|number| &origins[number as usize])?;
    }
    writer.finish()
}
