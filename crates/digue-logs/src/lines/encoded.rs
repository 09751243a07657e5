//! Converts decompressed bytes to UTF-8.
//!
//! UTF-16, as written by spreadsheets and Windows shells, is decoded. Single-byte encodings pass
//! unchanged: which one it was cannot be known from a few lines, and the caller reports each line
//! that is not UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

use super::packed::{Unpacker, packing_of};
use super::source::PeekReader;
use super::{ForeignForm, InputError, Packing};

/// Bytes examined at the start: a tar archive has its magic number at byte 257.
const HEAD_BYTES: usize = 512;
const UTF_16_MARKS: [(&[u8], &encoding_rs::Encoding); 2] =
    [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)];
const UTF_32_MARKS: [&[u8]; 2] = [b"\xff\xfe\0\0", b"\0\0\xfe\xff"];
/// Written for an invalid pair of bytes. It is not UTF-8, so that the caller reports the line.
const NO_LETTER: u8 = 0xff;

pub(super) struct TextReader<R: Read> {
    bytes: PeekReader<Unpacker<R>>,
    has_begun: bool,
    utf_16: Option<Box<Utf16Reader>>,
}

struct Utf16Reader {
    decoder: Decoder,
    ready: Vec<u8>,
    taken: usize,
    has_ended: bool,
    /// Bytes read so far: an odd total is a truncated input.
    count: u64,
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            bytes: PeekReader::new(Unpacker::new(input)),
            has_begun: false,
            utf_16: None,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let head = match self.bytes.peek_some(HEAD_BYTES) {
            Ok(head) => head,
            Err(error) => return Err(self.bytes.cause_of(error)),
        };
        let (encoding, mark) = encoding_of(head).map_err(InputError::into_io)?;
        self.has_begun = true;
        if let Some(encoding) = encoding {
            let mut skipped = [0; 2];
            self.bytes.read_exact(&mut skipped[..mark])?;
            self.utf_16 = Some(Box::new(Utf16Reader::new(encoding)));
        }
        Ok(())
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.has_begun {
            self.begin()?;
        }
        let read = match &mut self.utf_16 {
            None => self.bytes.read(into),
            Some(utf_16) => utf_16.read(&mut self.bytes, into),
        };
        read.map_err(|error| self.bytes.cause_of(error))
    }
}

impl Utf16Reader {
    fn new(encoding: &'static encoding_rs::Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            ready: Vec::new(),
            taken: 0,
            has_ended: false,
            count: 0,
        }
    }

    fn read(&mut self, bytes: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if self.has_ended {
                return Ok(0);
            }
            self.fill(bytes)?;
        }
        let rest = &self.ready[self.taken..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }

    fn fill(&mut self, bytes: &mut impl Read) -> io::Result<()> {
        let mut raw = [0; 8 << 10];
        let count = bytes.read(&mut raw)?;
        self.has_ended = count == 0;
        self.count += count as u64;
        if self.has_ended && !self.count.is_multiple_of(2) {
            return Err(InputError::EndsEarly.into_io());
        }
        (self.taken, self.ready) = (0, Vec::with_capacity(count * 3 + 16));
        let mut rest = &raw[..count];
        let mut letters = [0; 8 << 10];
        loop {
            let (result, read, written) =
                self.decoder
                    .decode_to_utf8_without_replacement(rest, &mut letters, self.has_ended);
            self.ready.extend_from_slice(&letters[..written]);
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.ready.push(NO_LETTER),
            }
        }
    }
}

/// The encoding to decode, if any, and the length of its mark.
///
/// # Errors
/// A format without lines.
fn encoding_of(head: &[u8]) -> Result<(Option<&'static encoding_rs::Encoding>, usize), InputError> {
    match packing_of(head) {
        Ok(Packing::Plain) | Err(InputError::EndsEarly) => {}
        // Decompressing again without end would be a bomb's way in.
        Ok(Packing::Gzip | Packing::Zstd) => {
            return Err(InputError::Foreign(ForeignForm::PackedTwice));
        }
        Err(error) => return Err(error),
    }
    // Before UTF-16: the mark of little-endian UTF-32 begins with that of UTF-16.
    if UTF_32_MARKS.iter().any(|mark| head.starts_with(mark)) {
        return Err(InputError::Foreign(ForeignForm::Utf32));
    }
    if let Some((mark, encoding)) = UTF_16_MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Ok((Some(encoding), mark.len()));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Err(InputError::Foreign(ForeignForm::Tar));
    }
    if let Some(encoding) = unmarked_utf_16(head) {
        return Ok((Some(encoding), 0));
    }
    // A damaged line has a few control bytes; in binary data about every tenth byte is one. One in
    // twenty is the limit.
    let is_control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\r' | b'\n' | 0x1b);
    let controls = head.iter().filter(is_control).count();
    if head.len() >= 16 && controls * 20 >= head.len() {
        return Err(InputError::Foreign(ForeignForm::Binary));
    }
    Ok((None, 0))
}

/// Recognises UTF-16 without a mark: Western letters have a zero in one half of each pair.
fn unmarked_utf_16(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let pairs = head.len() / 2;
    let zeros = |at: usize| {
        head.iter()
            .skip(at)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    match (zeros(0), zeros(1)) {
        _ if pairs < 4 => None,
        (0, odd) if odd * 2 > pairs => Some(UTF_16LE),
        (even, 0) if even * 2 > pairs => Some(UTF_16BE),
        _ => None,
    }
}
