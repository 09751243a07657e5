//! Content codings and character sets: the bytes as sent, to the text that rules read.
//!
//! Output is bounded: a bomb stops at the limit with `TooLarge`, whatever its ratio. Bytes after
//! the end of a coded body are an error, since a client might read them.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::response::Uninspected;

/// The codings that Digue reads; the only ones it lets the portal answer with.
pub const CODINGS: &str = "gzip, br, zstd";

/// A body may be coded twice, not more.
const CODINGS_MAX: usize = 2;

/// The largest zstd window; RFC 9659 allows 8 MiB on the web.
const ZSTD_WINDOW_BYTES_MAX: u64 = 8 << 20;

/// Undoes the codings of a `Content-Encoding` header, up to `limit` bytes.
pub fn decode<'b>(coding: &str, body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, Uninspected> {
    let names: Vec<&str> = coding.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.len() > CODINGS_MAX {
        return Err(Uninspected::UnknownType(format!("content coded {} times", names.len())));
    }
    let mut bytes = Cow::Borrowed(body);
    for name in names.iter().rev() {
        if name.eq_ignore_ascii_case("identity") {
            continue;
        }
        bytes = Cow::Owned(decode_one(name, &bytes, limit)?);
    }
    if bytes.len() > limit { Err(Uninspected::TooLarge) } else { Ok(bytes) }
}

fn decode_one(name: &str, body: &[u8], limit: usize) -> Result<Vec<u8>, Uninspected> {
    match name.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read_bounded(flate2::read::MultiGzDecoder::new(body), limit),
        "br" => decode_brotli(body, limit),
        "zstd" => decode_zstd(body, limit),
        _ => Err(Uninspected::UnknownType(format!("content coding {name:?}"))),
    }
}

/// By hand over the decoder's state: the reader of the library would swallow what follows the end.
fn decode_brotli(body: &[u8], limit: usize) -> Result<Vec<u8>, Uninspected> {
    use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc};
    let broken = || Uninspected::Broken("the body does not decompress".to_owned());
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
            return Err(Uninspected::TooLarge);
        }
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess if input_left == 0 => return Ok(bytes),
            BrotliResult::ResultSuccess | BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => {
                return Err(broken());
            }
        }
    }
}

fn decode_zstd(mut body: &[u8], limit: usize) -> Result<Vec<u8>, Uninspected> {
    let mut bytes = Vec::new();
    while !body.is_empty() {
        let frame =
            ruzstd::decoding::StreamingDecoder::new_with_max_window_size(&mut body, ZSTD_WINDOW_BYTES_MAX)
                .map_err(|_| Uninspected::Broken("the zstd frame does not open".to_owned()))?;
        bytes.extend(read_bounded(frame, limit - bytes.len().min(limit))?);
    }
    Ok(bytes)
}

fn read_bounded(reader: impl Read, limit: usize) -> Result<Vec<u8>, Uninspected> {
    let mut bytes = Vec::new();
    let read = reader.take(limit as u64 + 1).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() > limit => Err(Uninspected::TooLarge),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => Err(Uninspected::TooLarge),
        Err(_) => Err(Uninspected::Broken("the body does not decompress".to_owned())),
    }
}

/// The character set of a body: its byte-order mark, else the header's, else UTF-8 when the bytes
/// are UTF-8, else Windows-1252, which every byte sequence is.
pub fn charset(declared: Option<&str>, bytes: &[u8]) -> Result<&'static Encoding, Uninspected> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding);
    }
    match declared {
        Some(label) => Encoding::for_label_no_replacement(label.as_bytes())
            .ok_or_else(|| Uninspected::UnknownType(format!("character set {label:?}"))),
        None if std::str::from_utf8(bytes).is_ok() => Ok(UTF_8),
        None => Ok(WINDOWS_1252),
    }
}

/// The text of a body.
pub fn text<'b>(declared: Option<&str>, bytes: &'b [u8]) -> Result<Cow<'b, str>, Uninspected> {
    let (text, _, had_errors) = charset(declared, bytes)?.decode(bytes);
    if had_errors {
        return Err(Uninspected::Broken("the text is not in its declared character set".to_owned()));
    }
    Ok(text)
}

/// The text of an XML document (RFC 7303): its byte-order mark, else the header's character set,
/// else the one that its first line declares, else UTF-8.
pub fn xml_text<'b>(declared: Option<&str>, bytes: &'b [u8]) -> Result<Cow<'b, str>, Uninspected> {
    let own = declared.is_none().then(|| declared_in_xml(bytes)).flatten();
    text(declared.or(own).or(Some("utf-8")), bytes)
}

/// The value of `encoding` in `<?xml version="1.0" encoding="..."?>`.
fn declared_in_xml(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().take(200).position(|byte| *byte == b'>')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?.strip_prefix("<?xml")?;
    let value = line.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(bytes).unwrap();
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
        assert_eq!(decode("br, gzip", &gzip(&brotli(&text)), 4096).unwrap(), &text[..]);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0u8; 8 << 20];
        for (coding, body) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros)), ("zstd", zstd(&zeros))] {
            assert!(matches!(decode(coding, &body, 1 << 20), Err(Uninspected::TooLarge)), "{coding}");
        }
        let twice = gzip(&gzip(&zeros));
        assert!(matches!(decode("gzip, gzip", &twice, 1 << 20), Err(Uninspected::TooLarge)));
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
        assert!(matches!(decode("gzip", &cut, 100), Err(Uninspected::Broken(_))));
        assert!(matches!(decode("zstd", b"nonsense", 100), Err(Uninspected::Broken(_))));
        assert!(matches!(decode("compress", b"x", 100), Err(Uninspected::UnknownType(_))));
        assert!(matches!(decode("gzip,gzip,gzip", b"x", 100), Err(Uninspected::UnknownType(_))));
    }

    #[test]
    fn bytes_after_the_end_are_not_passed_over() {
        let mut gz = gzip(b"hello");
        gz.extend_from_slice(b"id=42");
        assert!(decode("gzip", &gz, 100).is_err());
        let mut z = zstd(b"hello");
        z.extend_from_slice(b"id=42");
        assert!(decode("zstd", &z, 100).is_err());
        let mut br = brotli(b"hello");
        br.extend_from_slice(b"id=42");
        assert!(decode("br", &br, 100).is_err());
    }

    #[test]
    fn old_spreadsheets_are_windows_1252() {
        assert_eq!(text(None, b"pr\xe9nom").unwrap(), "prénom");
        assert_eq!(text(Some("utf-8"), "prénom".as_bytes()).unwrap(), "prénom");
        assert_eq!(text(Some("utf-8"), b"\xff\xfea\0").unwrap(), "a");
        assert!(text(Some("utf-8"), b"pr\xe9nom").is_err());
        assert!(text(Some("klingon"), b"x").is_err());
    }
}
