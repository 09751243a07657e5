//! Reads the lines of a log from a file or a pipe: decompresses, decodes, numbers.
//!
//! Gzip with several members, Zstandard with several frames and plain bytes are read; UTF-16 is
//! decoded. Reading never stops silently: a truncated input, damage and unsupported formats (a ZIP
//! archive, xz) are errors that name the last good line, because half a log would understate who
//! was seen. Memory is bounded by the longest line that the caller accepts. The content of a line
//! is not parsed here.

mod encoded;
mod packed;
mod source;

use std::io::{self, BufRead as _, Read};

use encoded::TextReader;
pub use packed::Unpacker;
use source::PeekReader;

/// The compression of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// An unsupported format, recognised by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForeignForm {
    /// A ZIP archive, including workbooks and word-processing files.
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
    /// A compound file of Office, such as `.xls`.
    Compound,
    /// UTF-32.
    Utf32,
    /// Compressed data inside compressed data.
    PackedTwice,
    /// Not a text.
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
    /// The disk or the pipe failed.
    #[error("{0}")]
    Io(io::Error),
    /// The compressed data are truncated: the file was cut, or is still being written.
    #[error("the input ends early")]
    EndsEarly,
    /// The compressed data are inconsistent, or do not match their checksum.
    #[error("the input is damaged")]
    Damaged,
    /// There are bytes after the last member or frame that are not compressed.
    #[error("uncompressed bytes follow the compressed data")]
    Trailing,
    /// A Zstandard frame needs a larger window than allowed.
    #[error("a frame needs a window of {requested} bytes; at most {most} are allowed")]
    Window { requested: u64, most: u64 },
    /// A Zstandard frame needs a dictionary.
    #[error("a frame needs a dictionary")]
    Dictionary,
    #[error("the format {} is not supported", .0.code())]
    Foreign(ForeignForm),
}

impl InputError {
    /// True when nothing of the input can be used: an unsupported format, or a failure of the disk
    /// or pipe.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Foreign(_))
    }

    /// Wraps it for `Read` implementations; [`InputError::from`] unwraps it.
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

/// Why reading stopped, and the number of the last complete line.
#[derive(Debug, thiserror::Error)]
#[error("after line {after}: {error}")]
pub struct InputFault {
    pub after: u64,
    pub error: InputError,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLine<'l> {
    /// Its number in the decompressed input, from 1.
    pub number: u64,
    /// Without its line end and byte-order mark; only its beginning when it is too long.
    pub bytes: &'l [u8],
    pub is_too_long: bool,
}

/// Reads an input line by line.
pub struct InputLines<R: Read> {
    source: PeekReader<TextReader<R>>,
    line: Vec<u8>,
    number: u64,
    bytes_max: usize,
}

/// The byte-order mark of UTF-8. Files joined with `cat` also have marks in the middle.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: Read> InputLines<R> {
    /// Lines have at most `bytes_max` bytes; only the beginning of a longer one is kept.
    pub fn new(input: R, bytes_max: usize) -> Self {
        Self {
            source: PeekReader::new(TextReader::new(input)),
            line: Vec::new(),
            number: 0,
            bytes_max,
        }
    }

    /// The next line; `None` at the end of a complete input.
    ///
    /// # Errors
    /// Why reading stopped. An incomplete line is lost.
    pub fn next_line(&mut self) -> Result<Option<InputLine<'_>>, InputFault> {
        let is_too_long = match self.read_line() {
            Ok(None) => return Ok(None),
            Ok(Some(is_too_long)) => is_too_long,
            Err(error) => {
                let error = InputError::from(self.source.cause_of(error));
                return Err(InputFault {
                    after: self.number,
                    error,
                });
            }
        };
        self.number += 1;
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let bytes = line.strip_prefix(MARK).unwrap_or(line);
        Ok(Some(InputLine {
            number: self.number,
            bytes,
            is_too_long,
        }))
    }

    /// True when the line is too long; `None` at the end.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        // One byte more than allowed is for the line feed.
        let most = self.bytes_max as u64 + 1;
        let count = self
            .source
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut self.line)?;
        let is_too_long = count > self.bytes_max && !self.line.ends_with(b"\n");
        if is_too_long {
            // The rest is read over and not held: one endless line must not exhaust the memory of
            // an import.
            self.source.skip_until(b'\n')?;
        }
        Ok((count > 0).then_some(is_too_long))
    }
}

#[cfg(test)]
mod tests;
