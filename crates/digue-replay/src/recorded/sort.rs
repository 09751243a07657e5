//! Any number of lines, sorted by time: sorted runs of bounded size in one temporary file, merged.
//!
//! Lines of one instant keep the order of the input. The caller opens the file; an unnamed one
//! disappears with the process, however it ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt as _;

use digue_types::Timestamp;

/// Memory for the lines of one run, in bytes.
pub const RUN_BYTES: usize = 64 << 20;
/// Memory for reading all runs back, in bytes; each run has at least [`SECTION_BYTES_MIN`].
const MERGE_BYTES: usize = 64 << 20;
const SECTION_BYTES_MIN: usize = 16 << 10;
const SECTION_BYTES_MAX: usize = 1 << 20;

/// The temporary file cannot be created, written or read: most often the disk is full.
#[derive(Debug, thiserror::Error)]
#[error("the temporary file cannot be used: {0}")]
pub struct SpillError(#[from] pub io::Error);

/// The time in microseconds, and the number of the line in the input: it keeps lines of one instant
/// in order.
type Key = (i64, u64);

/// A line of the current run.
struct LinePlace {
    key: Key,
    start: usize,
    end: usize,
}

/// Accepts lines in any order.
pub struct LineSorter<'s> {
    open: &'s dyn Fn() -> io::Result<File>,
    bytes_max: usize,
    bytes: Vec<u8>,
    places: Vec<LinePlace>,
    file: Option<File>,
    /// The end of each run in the file.
    ends: Vec<u64>,
}

impl<'s> LineSorter<'s> {
    /// Sorts runs of about `bytes_max` bytes; `open` creates the temporary file when more than one
    /// run is needed.
    pub fn new(bytes_max: usize, open: &'s dyn Fn() -> io::Result<File>) -> Self {
        Self {
            open,
            bytes_max,
            bytes: Vec::new(),
            places: Vec::new(),
            file: None,
            ends: Vec::new(),
        }
    }

    pub fn push(&mut self, at: Timestamp, number: u64, line: &[u8]) -> Result<(), SpillError> {
        let held = self.bytes.len() + self.places.len() * size_of::<LinePlace>();
        if held + line.len() > self.bytes_max && !self.places.is_empty() {
            self.write_run()?;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(line);
        self.places.push(LinePlace {
            key: (at.micros(), number),
            start,
            end: self.bytes.len(),
        });
        Ok(())
    }

    fn write_run(&mut self) -> Result<(), SpillError> {
        self.places.sort_unstable_by_key(|place| place.key);
        let file = match self.file.take() {
            Some(file) => file,
            None => (self.open)()?,
        };
        let file = self.file.insert(file);
        let mut end = self.ends.last().copied().unwrap_or(0);
        let mut out = BufWriter::with_capacity(1 << 18, &*file);
        for place in self.places.drain(..) {
            let line = &self.bytes[place.start..place.end];
            end += write_line(&mut out, place.key, line)?;
        }
        out.flush()?;
        drop(out);
        self.bytes.clear();
        self.ends.push(end);
        Ok(())
    }

    /// Passes every line with its number to `take`, in time order.
    ///
    /// # Errors
    /// Those of `take` and of the temporary file.
    pub fn each<E: From<SpillError>>(
        mut self,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.ends.is_empty() {
            self.places.sort_unstable_by_key(|place| place.key);
            return self
                .places
                .iter()
                .try_for_each(|place| take(place.key.1, &self.bytes[place.start..place.end]));
        }
        self.write_run()?;
        // The lines are on disk now: free their memory before the merge takes its own.
        (self.bytes, self.places) = (Vec::new(), Vec::new());
        let file = self.file.as_ref().expect("`write_run` opens the file");
        let mut runs = sections(file, &self.ends).map_err(SpillError)?;
        let mut heads: BinaryHeap<Reverse<(Key, usize)>> = runs
            .iter()
            .enumerate()
            .map(|(place, run)| Reverse((run.key, place)))
            .collect();
        while let Some(Reverse(((_, number), place))) = heads.pop() {
            let run = &mut runs[place];
            take(number, &run.line)?;
            if run.advance().map_err(SpillError)? {
                heads.push(Reverse((run.key, place)));
            }
        }
        Ok(())
    }
}

/// Key and length of a line, written before its bytes.
fn head_of((at, number): Key, length: usize) -> [u8; 24] {
    let mut head = [0; 24];
    head[..8].copy_from_slice(&at.to_le_bytes());
    head[8..16].copy_from_slice(&number.to_le_bytes());
    head[16..].copy_from_slice(&(length as u64).to_le_bytes());
    head
}

fn write_line(out: &mut impl Write, key: Key, line: &[u8]) -> io::Result<u64> {
    let head = head_of(key, line.len());
    out.write_all(&head)?;
    out.write_all(line)?;
    Ok((head.len() + line.len()) as u64)
}

/// The runs that have lines, each positioned at its first.
fn sections<'f>(file: &'f File, ends: &[u64]) -> io::Result<Vec<SortedRun<'f>>> {
    let capacity = (MERGE_BYTES / ends.len()).clamp(SECTION_BYTES_MIN, SECTION_BYTES_MAX);
    let starts = std::iter::once(&0).chain(ends);
    let mut runs = Vec::new();
    for (start, end) in starts.zip(ends) {
        let section = FileSection {
            file,
            place: *start,
            end: *end,
        };
        let bytes = BufReader::with_capacity(capacity, section);
        let mut run = SortedRun {
            bytes,
            key: (0, 0),
            line: Vec::new(),
        };
        if run.advance()? {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// One run, positioned at one of its lines.
struct SortedRun<'f> {
    bytes: BufReader<FileSection<'f>>,
    key: Key,
    line: Vec<u8>,
}

impl SortedRun<'_> {
    /// Moves to the next line; false when there is none.
    fn advance(&mut self) -> io::Result<bool> {
        if self.bytes.buffer().is_empty() && self.bytes.get_ref().is_read() {
            return Ok(false);
        }
        let mut number = || {
            let mut bytes = [0; 8];
            self.bytes
                .read_exact(&mut bytes)
                .map(|()| u64::from_le_bytes(bytes))
        };
        let (at, line, length) = (number()?, number()?, number()?);
        self.key = (at.cast_signed(), line);
        self.line
            .resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        self.bytes.read_exact(&mut self.line)?;
        Ok(true)
    }
}

/// A part of the temporary file, read by position: one descriptor serves all runs.
struct FileSection<'f> {
    file: &'f File,
    place: u64,
    end: u64,
}

impl FileSection<'_> {
    const fn is_read(&self) -> bool {
        self.place >= self.end
    }
}

impl Read for FileSection<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.place).unwrap_or(usize::MAX);
        let most = into.len().min(left);
        let count = self.file.read_at(&mut into[..most], self.place)?;
        self.place += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(lines: &[(i64, Vec<u8>)], bytes_max: usize) -> (Vec<(u64, Vec<u8>)>, usize) {
        let open = tempfile::tempfile;
        let mut sorter = LineSorter::new(bytes_max, &open);
        for (number, (at, line)) in (1..).zip(lines) {
            sorter
                .push(Timestamp::from_micros(*at), number, line)
                .unwrap();
        }
        let (mut out, runs) = (Vec::new(), sorter.ends.len());
        let taken: Result<(), SpillError> = sorter.each(|number, line| {
            out.push((number, line.to_vec()));
            Ok(())
        });
        taken.unwrap();
        (out, runs)
    }

    proptest! {
        #[test]
        fn lines_come_out_by_time_and_then_by_their_place_in_runs_of_any_size(
            lines in proptest::collection::vec((-5_i64..5, proptest::collection::vec(any::<u8>(), 0..50)), 0..200),
            bytes_max in 1_usize..4000,
        ) {
            let mut expected: Vec<(i64, u64, Vec<u8>)> =
                (1..).zip(&lines).map(|(number, (at, line))| (*at, number, line.clone())).collect();
            expected.sort();
            let expected: Vec<_> = expected.into_iter().map(|(_, number, line)| (number, line)).collect();
            prop_assert_eq!(sorted(&lines, bytes_max).0, expected);
        }
    }

    #[test]
    fn few_lines_need_no_file() {
        let nowhere = || -> io::Result<File> { panic!("a file was opened") };
        let mut sorter = LineSorter::new(1 << 20, &nowhere);
        sorter.push(Timestamp::from_secs(2), 1, b"late").unwrap();
        sorter.push(Timestamp::from_secs(1), 2, b"early").unwrap();
        let mut numbers = Vec::new();
        let taken: Result<(), SpillError> = sorter.each(|number, _| {
            numbers.push(number);
            Ok(())
        });
        taken.unwrap();
        assert_eq!(numbers, [2, 1]);
        let lines: Vec<_> = (0..1000).map(|n| (-n, b"a line".to_vec())).collect();
        assert!(sorted(&lines, 4000).1 > 5, "runs were written");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told() {
        let full = || File::options().write(true).open("/dev/full");
        let mut sorter = LineSorter::new(10, &full);
        sorter.push(Timestamp::ZERO, 1, b"the first line").unwrap();
        let error = sorter
            .push(Timestamp::ZERO, 2, b"the second line")
            .unwrap_err();
        assert_eq!(error.0.kind(), io::ErrorKind::StorageFull);
    }
}
