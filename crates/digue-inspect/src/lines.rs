//! The lines of a record that comes as a file or through a pipe: unpacked, decoded, numbered.
//!
//! Gzip of several members, Zstandard of several frames and plain bytes are read; UTF-16 is decoded. What it
//! refuses to do is to stop without saying so: an input that ends before its packing does, damage, and forms that
//! are not read (a ZIP archive, xz) are errors that say after which line. Memory is bounded by the longest line
//! that the caller takes.

mod encoded;
mod packed;
mod source;

use std::io::{self, BufRead as _, Read};

use encoded::TextReader;
pub use packed::Unpacker;
use source::PeekReader;

/// How the bytes of an input are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// A form that is not read, known by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForeignForm {
    /// A ZIP archive; workbooks and word-processing files are some, too.
    Zip,
    Xz,
    Bzip2,
    SevenZip,
    Lz4,
    /// `compress`, `.Z`.
    Compress,
    Tar,
    Parquet,
    Pdf,
    /// A compound file of Office, `.xls`.
    Compound,
    /// UTF-32.
    Utf32,
    /// Packed bytes within packed bytes.
    PackedTwice,
    /// No text of any kind.
    Binary,
}

impl ForeignForm {
    pub const ALL: [Self; 13] = [
        Self::Zip,
        Self::Xz,
        Self::Bzip2,
        Self::SevenZip,
        Self::Lz4,
        Self::Compress,
        Self::Tar,
        Self::Parquet,
        Self::Pdf,
        Self::Compound,
        Self::Utf32,
        Self::PackedTwice,
        Self::Binary,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::SevenZip => "7z",
            Self::Lz4 => "lz4",
            Self::Compress => "compress",
            Self::Tar => "tar",
            Self::Parquet => "parquet",
            Self::Pdf => "pdf",
            Self::Compound => "compound",
            Self::Utf32 => "utf-32",
            Self::PackedTwice => "packed-twice",
            Self::Binary => "binary",
        }
    }
}

/// Why an input cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The disk or the pipe.
    #[error("{0}")]
    Io(io::Error),
    /// The packing announces more than is there: the file was cut, or is still being written.
    #[error("the input ends early")]
    EndsEarly,
    /// The packed bytes contradict each other or their checksum.
    #[error("the input is damaged")]
    Damaged,
    /// Bytes after the last member or frame belong to no other.
    #[error("bytes that are not packed follow")]
    Trailing,
    /// A Zstandard frame that asks for more memory than is given.
    #[error("a frame needs {requested} bytes of memory, at most {most} are given")]
    Window { requested: u64, most: u64 },
    /// A Zstandard frame that needs a dictionary.
    #[error("a frame needs a dictionary")]
    Dictionary,
    #[error("{} is not read", .0.code())]
    Foreign(ForeignForm),
}

impl InputError {
    /// True when nothing of the input can be used: it is of another form, or was not read at all.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Foreign(_))
    }

    /// As readers hand it on; [`InputError::from`] gives it back.
    fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) => error,
            other => io::Error::other(other),
        }
    }
}

impl From<io::Error> for InputError {
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}

/// Why reading stopped, and the last line that was read whole.
#[derive(Debug, thiserror::Error)]
#[error("after line {after}: {error}")]
pub struct InputFault {
    pub after: u64,
    pub error: InputError,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLine<'l> {
    /// Its place in the unpacked input, from 1.
    pub number: u64,
    /// Without its end and without a byte-order mark; only its beginning when it is too long.
    pub bytes: &'l [u8],
    pub is_too_long: bool,
}

/// Lines one after the other.
pub struct InputLines<R: Read> {
    source: PeekReader<TextReader<R>>,
    line: Vec<u8>,
    number: u64,
    bytes_max: usize,
}

/// Files that were written one after the other into one have marks within.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: Read> InputLines<R> {
    /// Lines of at most `bytes_max` bytes; of a longer one only the beginning is kept.
    pub fn new(input: R, bytes_max: usize) -> Self {
        Self { source: PeekReader::new(TextReader::new(input)), line: Vec::new(), number: 0, bytes_max }
    }

    /// The next line; `None` at the end of an input that was read whole.
    ///
    /// # Errors
    /// Why reading stopped. A line that was not whole then is lost.
    pub fn next_line(&mut self) -> Result<Option<InputLine<'_>>, InputFault> {
        let is_too_long = match self.read_line() {
            Ok(None) => return Ok(None),
            Ok(Some(is_too_long)) => is_too_long,
            Err(error) => {
                let error = InputError::from(self.source.cause_of(error));
                return Err(InputFault { after: self.number, error });
            }
        };
        self.number += 1;
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let bytes = line.strip_prefix(MARK).unwrap_or(line);
        Ok(Some(InputLine { number: self.number, bytes, is_too_long }))
    }

    /// Whether the line is longer than is kept; `None` at the end.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let most = self.bytes_max as u64 + 1;
        let count = self.source.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        let is_too_long = count > self.bytes_max && !self.line.ends_with(b"\n");
        if is_too_long {
            self.source.skip_until(b'\n')?;
        }
        Ok((count > 0).then_some(is_too_long))
    }
}

#[cfg(test)]
mod tests;
