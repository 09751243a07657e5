//! Decompresses a file while it is read.
//!
//! Several gzip members or Zstandard frames are one text: rotated logs are joined with `cat`, and
//! tools that compress on several cores write one frame each. A reader that stops after the first
//! would lose most of a log silently.

use std::io::{self, BufRead as _, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::source::PeekReader;
use super::{ForeignForm, InputError, Packing};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Bytes 2 to 4 of a skippable frame; the first is 0x50 to 0x5f (RFC 8878, 3.1.2).
const SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];
/// The limit of the `zstd` command without `--long`.
const WINDOW_BYTES_MAX: u64 = 128 << 20;

/// First bytes of unsupported formats.
const FOREIGN: [(&[u8], ForeignForm); 10] = [
    (b"PK\x03\x04", ForeignForm::Zip),
    (b"PK\x05\x06", ForeignForm::Zip),
    (b"PK\x07\x08", ForeignForm::Zip),
    (b"\xfd7zXZ\0", ForeignForm::Xz),
    (b"7z\xbc\xaf\x27\x1c", ForeignForm::SevenZip),
    (b"\x04\x22\x4d\x18", ForeignForm::Lz4),
    (b"\x1f\x9d", ForeignForm::Compress),
    (b"PAR1\x15", ForeignForm::Parquet),
    (b"%PDF-", ForeignForm::Pdf),
    (b"\xd0\xcf\x11\xe0", ForeignForm::Compound),
];

/// Number of bytes that [`packing_of`] examines.
pub(super) const HEAD_BYTES: usize = 8;

/// The compression of an input with these first bytes.
pub(super) fn packing_of(head: &[u8]) -> Result<Packing, InputError> {
    if let Some((_, form)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(InputError::Foreign(*form));
    }
    // The fourth byte is the block size; a line of text may also begin with `BZh`.
    if head.starts_with(b"BZh") && head.get(4..8) == Some(b"1AY&") {
        return Err(InputError::Foreign(ForeignForm::Bzip2));
    }
    if head.starts_with(GZIP) {
        return Ok(Packing::Gzip);
    }
    if head.starts_with(ZSTD) || is_skippable(head) {
        return Ok(Packing::Zstd);
    }
    // Truncated within the magic number. One byte 0x28 is `(` and may be text; 0x1f never begins a
    // text.
    let is_cut = head.len() < ZSTD.len() && head.len() > 1 && ZSTD.starts_with(head);
    if is_cut || head == &GZIP[..1] {
        Err(InputError::EndsEarly)
    } else {
        Ok(Packing::Plain)
    }
}

fn is_skippable(head: &[u8]) -> bool {
    head.first().is_some_and(|first| first & 0xf0 == 0x50) && head[1..].starts_with(SKIPPABLE)
}

/// Reads the decompressed bytes of an input. Errors are [`InputError`]s inside [`io::Error`].
pub struct Unpacker<R: Read>(UnpackState<R>);

enum UnpackState<R: Read> {
    Begins(PeekReader<R>),
    Plain(PeekReader<R>),
    Gzip(Box<GzDecoder<PeekReader<R>>>),
    Zstd(Box<ZstdFrames<R>>),
    Ended,
}

impl<R: Read> Unpacker<R> {
    pub fn new(input: R) -> Self {
        Self(UnpackState::Begins(PeekReader::new(input)))
    }

    fn begin(mut source: PeekReader<R>) -> Result<UnpackState<R>, InputError> {
        let head = match source.peek(HEAD_BYTES) {
            Ok(head) => packing_of(head)?,
            Err(error) => return Err(InputError::Io(source.cause_of(error))),
        };
        Ok(match head {
            Packing::Plain => UnpackState::Plain(source),
            Packing::Gzip => UnpackState::Gzip(Box::new(GzDecoder::new(source))),
            Packing::Zstd => UnpackState::Zstd(Box::new(ZstdFrames::new(source))),
        })
    }

    fn next(&mut self, into: &mut [u8]) -> Result<usize, InputError> {
        loop {
            // After a failure the state stays `Ended`: a broken decoder must not be read again.
            match std::mem::replace(&mut self.0, UnpackState::Ended) {
                UnpackState::Begins(source) => self.0 = Self::begin(source)?,
                UnpackState::Plain(mut source) => match source.read(into) {
                    Ok(count) => {
                        self.0 = UnpackState::Plain(source);
                        return Ok(count);
                    }
                    Err(error) => return Err(InputError::Io(source.cause_of(error))),
                },
                UnpackState::Gzip(mut member) => match member.read(into) {
                    Ok(0) => self.0 = Self::after_member(member.into_inner())?,
                    Ok(count) => {
                        self.0 = UnpackState::Gzip(member);
                        return Ok(count);
                    }
                    Err(_) => return Err(fault_of(member.get_mut())),
                },
                UnpackState::Zstd(mut frames) => {
                    let count = frames.read(into)?;
                    if count > 0 {
                        self.0 = UnpackState::Zstd(frames);
                    }
                    return Ok(count);
                }
                UnpackState::Ended => return Ok(0),
            }
        }
    }

    /// The next member, or the end. Zeros that pad a tape block are ignored, as gzip does.
    fn after_member(mut source: PeekReader<R>) -> Result<UnpackState<R>, InputError> {
        let is_next = match source.peek(GZIP.len()) {
            Ok([]) => return Ok(UnpackState::Ended),
            Ok(head) if head == &GZIP[..1] => return Err(InputError::EndsEarly),
            Ok(head) => head == GZIP,
            Err(error) => return Err(InputError::Io(source.cause_of(error))),
        };
        if is_next {
            return Ok(UnpackState::Gzip(Box::new(GzDecoder::new(source))));
        }
        loop {
            let count = match source.fill_buf() {
                Ok([]) => return Ok(UnpackState::Ended),
                Ok(bytes) if bytes.iter().all(|byte| *byte == 0) => bytes.len(),
                Ok(_) => return Err(InputError::Trailing),
                Err(error) => return Err(InputError::Io(source.cause_of(error))),
            };
            source.consume(count);
        }
    }
}

/// The cause of a decoder's error: the disk, missing bytes, or wrong bytes.
fn fault_of<R: Read>(source: &mut PeekReader<R>) -> InputError {
    match source.failure.take() {
        Some(error) => InputError::Io(error),
        None if source.was_asked_for_more => InputError::EndsEarly,
        None => InputError::Damaged,
    }
}

impl<R: Read> Read for Unpacker<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        self.next(into).map_err(InputError::into_io)
    }
}

/// Decodes consecutive Zstandard frames.
struct ZstdFrames<R: Read> {
    source: PeekReader<R>,
    decoder: FrameDecoder,
    is_within: bool,
    /// Reported once all bytes decoded before it were returned.
    fault: Option<InputError>,
}

/// Ends a frame: an empty last block, and a checksum that is not compared.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

impl<R: Read> ZstdFrames<R> {
    fn new(source: PeekReader<R>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_BYTES_MAX);
        Self {
            source,
            decoder,
            is_within: false,
            fault: None,
        }
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, InputError> {
        loop {
            if self.is_within {
                self.decode();
                let count = self.decoder.read(into).map_err(|_| InputError::Damaged)?;
                if count > 0 {
                    return Ok(count);
                }
                if let Some(fault) = self.fault.take() {
                    return Err(fault);
                }
                self.check()?;
                self.is_within = false;
            }
            if !self.begin()? {
                return Ok(0);
            }
        }
    }

    /// Decodes until there are bytes or the frame ends.
    fn decode(&mut self) {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let blocks = BlockDecodingStrategy::UptoBlocks(1);
            if self.decoder.decode_blocks(&mut self.source, blocks).is_ok() {
                continue;
            }
            self.fault = Some(fault_of(&mut self.source));
            // The decoder holds back a whole window, megabytes of good lines, until the frame ends:
            // feed it an empty last block to get them out.
            if self
                .decoder
                .decode_blocks(LAST_BLOCK, BlockDecodingStrategy::All)
                .is_err()
            {
                return;
            }
        }
    }

    fn check(&self) -> Result<(), InputError> {
        match (
            self.decoder.get_checksum_from_data(),
            self.decoder.get_calculated_checksum(),
        ) {
            // `ruzstd` computes the checksum and leaves the comparison to the caller.
            (Some(said), Some(found)) if said != found => Err(InputError::Damaged),
            _ => Ok(()),
        }
    }

    /// Begins the next frame; false at the end of the input.
    fn begin(&mut self) -> Result<bool, InputError> {
        let head = match self.source.peek(ZSTD.len()) {
            Ok([]) => return Ok(false),
            Ok(head) => head,
            Err(error) => return Err(InputError::Io(self.source.cause_of(error))),
        };
        if head.len() < ZSTD.len() {
            let is_cut = ZSTD.starts_with(head) || head[0] & 0xf0 == 0x50;
            return Err(if is_cut {
                InputError::EndsEarly
            } else {
                InputError::Trailing
            });
        }
        match self.decoder.reset(&mut self.source) {
            Ok(()) => self.is_within = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => self.skip(u64::from(length))?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(
                _,
            ))) => {
                return Err(InputError::Trailing);
            }
            Err(FrameDecoderError::WindowSizeTooBig { requested, max }) => {
                return Err(InputError::Window {
                    requested,
                    most: max,
                });
            }
            Err(FrameDecoderError::DictNotProvided { .. }) => return Err(InputError::Dictionary),
            Err(_) => return Err(fault_of(&mut self.source)),
        }
        Ok(true)
    }

    fn skip(&mut self, length: u64) -> Result<(), InputError> {
        match io::copy(&mut self.source.by_ref().take(length), &mut io::sink()) {
            Ok(count) if count < length => Err(InputError::EndsEarly),
            Ok(_) => Ok(()),
            Err(error) => Err(InputError::Io(self.source.cause_of(error))),
        }
    }
}
