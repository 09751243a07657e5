//! Content codings and character sets: from the bytes as sent to the text that rules read.
//!
//! Output is bounded: a decompression bomb stops at the limit with `TooLarge`, whatever its ratio.
//! Bytes after the end of a coded body are an error, since a client might read them.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use digue_identifiers::reading::Unreadable;

/// The content codings to ask a portal for. `deflate` is decoded, too, and not asked for: servers
/// differ in what they send under this name.
pub const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// The most codings of one body.
const CODINGS_MAX: usize = 2;

/// Values of `Content-Encoding` that mean no coding.
const NO_CODING: [&str; 6] = ["identity", "none", "utf-8", "utf8", "binary", "iso-8859-1"];

/// The largest zstd window; RFC 9659 allows 8 MiB on the web.
const ZSTD_WINDOW_BYTES_MAX: u64 = 8 << 20;

/// Decodes a body by its `Content-Encoding` header, up to `limit` bytes.
pub fn decode<'b>(coding: &str, body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, Unreadable> {
    let names: Vec<&str> = coding
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if names.len() > CODINGS_MAX {
        let place = UnreadPlace::numbered("coded ", names.len() as u64).and(" times");
        return Err(ReadFailure::new(UnreadCause::Coding).at(place).into());
    }
    let mut bytes = Cow::Borrowed(body);
    // The last coding in the header was applied last, so it is removed first (RFC 9110, 8.4).
    for name in names.iter().rev() {
        // Some servers put a character set there.
        if NO_CODING.iter().any(|word| name.eq_ignore_ascii_case(word)) {
            continue;
        }
        bytes = Cow::Owned(decode_one(name, &bytes, limit)?);
    }
    // An uncoded body passed no bounded reader above.
    if bytes.len() > limit {
        Err(Unreadable::too_large())
    } else {
        Ok(bytes)
    }
}

fn decode_one(name: &str, body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    match name.to_ascii_lowercase().as_str() {
        // Several members are one body (RFC 1952, 2.2): a decoder that stops after the first would
        // miss the rest.
        "gzip" | "x-gzip" => read_bounded(flate2::read::MultiGzDecoder::new(body), limit),
        "br" => decode_brotli(body, limit),
        "zstd" => decode_zstd(body, limit),
        "deflate" => decode_deflate(body, limit),
        _ => Err(ReadFailure::new(UnreadCause::Coding)
            .at("content-encoding")
            .into()),
    }
}

/// Drives the decoder's state directly: the library's reader silently drops bytes after the end of
/// the stream, in which a person could be hidden.
fn decode_brotli(body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc};
    let mut state = BrotliState::new(HeapAlloc::new(0), HeapAlloc::new(0), HeapAlloc::default());
    let (mut input_left, mut input_at, mut total) = (body.len(), 0, 0);
    let mut bytes = Vec::new();
    let mut chunk = vec![0u8; 64 << 10];
    loop {
        let (mut room, mut written) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut input_at,
            body,
            &mut room,
            &mut written,
            &mut chunk,
            &mut total,
            &mut state,
        );
        bytes.extend_from_slice(&chunk[..written]);
        if bytes.len() > limit {
            return Err(Unreadable::too_large());
        }
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess if input_left == 0 => return Ok(bytes),
            BrotliResult::ResultSuccess
            | BrotliResult::NeedsMoreInput
            | BrotliResult::ResultFailure => {
                return Err(undecodable());
            }
        }
    }
}

fn decode_zstd(mut body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    while !body.is_empty() {
        let frame = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(
            &mut body,
            ZSTD_WINDOW_BYTES_MAX,
        )
        .map_err(|_| undecodable())?;
        // The limit is on all frames together, or many small ones would pass it.
        bytes.extend(read_bounded(frame, limit - bytes.len().min(limit))?);
    }
    Ok(bytes)
}

fn read_bounded(reader: impl Read, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    // One byte more than allowed, to tell "exactly at the limit" from "beyond it".
    let read = reader.take(limit as u64 + 1).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() > limit => Err(Unreadable::too_large()),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => Err(Unreadable::too_large()),
        Err(_) => Err(undecodable()),
    }
}

/// `deflate` is a zlib stream (RFC 9110, 8.4.1.2); some servers send raw deflate data, and browsers
/// accept both.
fn decode_deflate(body: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    let has_zlib_header = body.len() >= 2
        && body[0] & 0x0f == 8
        && u16::from_be_bytes([body[0], body[1]]).is_multiple_of(31);
    let mut rest = body;
    let bytes = if has_zlib_header {
        read_bounded(flate2::bufread::ZlibDecoder::new(&mut rest), limit)?
    } else {
        read_bounded(flate2::bufread::DeflateDecoder::new(&mut rest), limit)?
    };
    if rest.is_empty() {
        Ok(bytes)
    } else {
        Err(undecodable())
    }
}

/// The body is truncated or damaged, or has bytes after its end.
fn undecodable() -> Unreadable {
    let detail = ReadFailure::new(UnreadCause::Coding);
    Unreadable {
        cause: digue_types::UninspectedCause::Broken,
        detail,
    }
}

/// The character set of a body: its byte-order mark, else the header's, else UTF-8 when the bytes
/// are valid UTF-8, else Windows-1252, in which every byte sequence is valid.
pub fn charset(declared: Option<&str>, bytes: &[u8]) -> Result<&'static Encoding, Unreadable> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding);
    }
    match declared.map(str::trim).filter(|label| !label.is_empty()) {
        Some(label) => Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
            ReadFailure::new(UnreadCause::CharacterSet)
                .at("content-type")
                .into()
        }),
        None if let Some(encoding) = utf_16_without_mark(bytes) => Ok(encoding),
        None if is_utf8(bytes) => Ok(UTF_8),
        None => Ok(WINDOWS_1252),
    }
}

/// True for valid UTF-8. The standard library would find out one character at a time.
pub fn is_utf8(bytes: &[u8]) -> bool {
    Encoding::utf8_valid_up_to(bytes) == bytes.len()
}

/// UTF-16 without a byte-order mark: in Latin text every other byte is zero (RFC 4627, section 3).
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.first_chunk::<4>()?.map(|byte| byte == 0) {
        [true, false, true, false] => Some(encoding_rs::UTF_16BE),
        [false, true, false, true] => Some(encoding_rs::UTF_16LE),
        _ => None,
    }
}

/// The text of a body. Undecodable bytes are an error: a replaced character could hide an
/// identifier.
pub fn text<'b>(declared: Option<&str>, bytes: &'b [u8]) -> Result<Cow<'b, str>, Unreadable> {
    let is_undeclared = declared.is_none_or(|label| label.trim().is_empty());
    if is_undeclared
        && Encoding::for_bom(bytes).is_none()
        && utf_16_without_mark(bytes).is_none()
        && let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return Ok(text);
    }
    let (text, _, had_errors) = charset(declared, bytes)?.decode(bytes);
    if had_errors {
        return Err(ReadFailure::new(UnreadCause::CharacterSet)
            .at("text")
            .into());
    }
    Ok(text)
}

/// The text of an XML document (RFC 7303): by its byte-order mark, else the header, else the
/// declaration in its first line, else UTF-8.
pub fn xml_text<'b>(declared: Option<&str>, bytes: &'b [u8]) -> Result<Cow<'b, str>, Unreadable> {
    let declared = declared.filter(|label| !label.trim().is_empty());
    let own = declared.is_none().then(|| declared_in_xml(bytes)).flatten();
    text(declared.or(own).or(Some("utf-8")), bytes)
}

/// The value of `encoding` in `<?xml version="1.0" encoding="..."?>`.
fn declared_in_xml(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().take(200).position(|byte| *byte == b'>')?;
    let line = std::str::from_utf8(&bytes[..end])
        .ok()?
        .strip_prefix("<?xml")?;
    let value = line
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use digue_types::UninspectedCause;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn deflate(bytes: &[u8], has_header: bool) -> Vec<u8> {
        let level = flate2::Compression::default();
        if has_header {
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), level);
            out.write_all(bytes).unwrap();
            return out.finish().unwrap();
        }
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), level);
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 22)
            .write_all(bytes)
            .unwrap();
        out
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn undoes_each_coding_and_two_of_them() {
        let text = b"hello hello hello".repeat(100);
        assert_eq!(decode("", &text, 4096).unwrap(), &text[..]);
        assert_eq!(decode("gzip", &gzip(&text), 4096).unwrap(), &text[..]);
        assert_eq!(decode("BR", &brotli(&text), 4096).unwrap(), &text[..]);
        assert_eq!(decode("zstd", &zstd(&text), 4096).unwrap(), &text[..]);
        assert_eq!(decode("None", &text, 4096).unwrap(), &text[..]);
        assert_eq!(
            decode("UTF-8, gzip", &gzip(&text), 4096).unwrap(),
            &text[..]
        );
        assert_eq!(
            decode("deflate", &deflate(&text, true), 4096).unwrap(),
            &text[..]
        );
        assert_eq!(
            decode("deflate", &deflate(&text, false), 4096).unwrap(),
            &text[..]
        );
        assert_eq!(
            decode("br, gzip", &gzip(&brotli(&text)), 4096).unwrap(),
            &text[..]
        );
    }

    #[test]
    fn every_coding_that_is_asked_for_is_known() {
        for coding in CODINGS {
            let Err(unreadable) = decode(coding, b"nonsense", 100) else {
                panic!("{coding}")
            };
            assert_eq!(unreadable.cause, UninspectedCause::Broken, "{coding}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0u8; 8 << 20];
        for (coding, body) in [
            ("gzip", gzip(&zeros)),
            ("br", brotli(&zeros)),
            ("zstd", zstd(&zeros)),
        ] {
            assert!(
                decode(coding, &body, 1 << 20) == Err(Unreadable::too_large()),
                "{coding}"
            );
        }
        let twice = gzip(&gzip(&zeros));
        assert!(decode("gzip, gzip", &twice, 1 << 20) == Err(Unreadable::too_large()));
    }

    #[test]
    fn xml_says_its_own_character_set() {
        let latin = b"<?xml version='1.0' encoding = \"ISO-8859-1\"?><a>\xe9</a>";
        assert!(xml_text(None, latin).unwrap().contains("<a>\u{e9}</a>"));
        assert!(xml_text(Some("utf-8"), latin).is_err());
        assert!(xml_text(None, b"<a>\xe9</a>").is_err());
        assert!(xml_text(None, b"<?xml encoding='nonsense'?><a/>").is_err());
    }

    #[test]
    fn damage_and_unknown_codings_are_said() {
        let mut cut = gzip(b"hello");
        cut.truncate(cut.len() - 3);
        assert!(matches!(
            decode("gzip", &cut, 100),
            Err(Unreadable {
                cause: UninspectedCause::Broken,
                ..
            })
        ));
        assert!(matches!(
            decode("zstd", b"nonsense", 100),
            Err(Unreadable {
                cause: UninspectedCause::Broken,
                ..
            })
        ));
        assert!(matches!(
            decode("compress", b"x", 100),
            Err(Unreadable {
                cause: UninspectedCause::UnknownType,
                ..
            })
        ));
        assert!(matches!(
            decode("gzip,gzip,gzip", b"x", 100),
            Err(Unreadable {
                cause: UninspectedCause::UnknownType,
                ..
            })
        ));
    }

    #[test]
    fn what_a_header_says_is_in_no_place() {
        let coding = decode("marie-durand", b"x", 100).unwrap_err();
        assert_eq!(coding.detail.place.as_str(), "content-encoding");
        let charset = text(Some("marie-durand"), b"x").unwrap_err();
        assert_eq!(charset.detail.place.as_str(), "content-type");
    }

    #[test]
    fn bytes_after_the_end_are_not_passed_over() {
        let mut gz = gzip(b"hello");
        gz.extend_from_slice(b"id=42");
        assert!(decode("gzip", &gz, 100).is_err());
        let mut z = zstd(b"hello");
        z.extend_from_slice(b"id=42");
        assert!(decode("zstd", &z, 100).is_err());
        for has_header in [true, false] {
            let mut coded = deflate(b"hello", has_header);
            coded.extend_from_slice(b"id=42");
            assert!(decode("deflate", &coded, 100).is_err());
        }
        let mut br = brotli(b"hello");
        br.extend_from_slice(b"id=42");
        assert!(decode("br", &br, 100).is_err());
    }

    #[test]
    fn old_spreadsheets_are_windows_1252() {
        assert_eq!(text(None, b"pr\xe9nom").unwrap(), "prénom");
        assert_eq!(text(Some("utf-8"), "prénom".as_bytes()).unwrap(), "prénom");
        assert_eq!(text(Some("utf-8"), b"\xff\xfea\0").unwrap(), "a");
        assert_eq!(text(None, b"{\0\"\0").unwrap(), "{\"");
        assert_eq!(text(Some(""), b"\0{\0\"").unwrap(), "{\"");
        assert!(text(Some("utf-8"), b"pr\xe9nom").is_err());
        assert!(text(Some("klingon"), b"x").is_err());
    }
}
