//! What a file is by its type and its first bytes.

use crate::media_type::MediaType;

/// The first bytes of a resource, as many as tell what it is.
pub const HEAD_BYTES: usize = 512;

/// What a resource is, whatever its address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceForm {
    /// A style sheet, a script, a picture, a font, sound or film: it passes as it comes.
    Program,
    /// A page, JSON, a table, any other text: it is searched before it passes.
    Data,
    /// A PDF file: its texts are searched.
    Pdf,
    /// An archive, a workbook, an old office file, or bytes of an unknown kind.
    Unknown,
}

/// What the bytes of a file begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileSignature {
    Pdf,
    Archive,
    Media,
    Markup,
}

/// `(place, bytes)` of each signature.
const SIGNATURES: [(usize, &[u8], FileSignature); 27] = [
    (0, b"%PDF-", FileSignature::Pdf),
    (0, b"PK\x03\x04", FileSignature::Archive),
    (0, b"PK\x05\x06", FileSignature::Archive),
    (0, b"\xd0\xcf\x11\xe0", FileSignature::Archive),
    (0, b"\x1f\x8b", FileSignature::Archive),
    (0, b"7z\xbc\xaf", FileSignature::Archive),
    (0, b"Rar!", FileSignature::Archive),
    (0, b"BZh", FileSignature::Archive),
    (0, b"\x28\xb5\x2f\xfd", FileSignature::Archive),
    (0, b"SQLite format 3", FileSignature::Archive),
    (0, b"\x89PNG\r\n", FileSignature::Media),
    (0, b"\xff\xd8\xff", FileSignature::Media),
    (0, b"GIF87a", FileSignature::Media),
    (0, b"GIF89a", FileSignature::Media),
    (8, b"WEBP", FileSignature::Media),
    (8, b"WAVE", FileSignature::Media),
    (0, b"\0\0\x01\0", FileSignature::Media),
    (0, b"wOFF", FileSignature::Media),
    (0, b"wOF2", FileSignature::Media),
    (0, b"OTTO", FileSignature::Media),
    (0, b"\0\x01\0\0", FileSignature::Media),
    (0, b"ttcf", FileSignature::Media),
    (0, b"\0asm", FileSignature::Media),
    (4, b"ftyp", FileSignature::Media),
    (0, b"OggS", FileSignature::Media),
    (0, b"ID3", FileSignature::Media),
    (0, b"\x1a\x45\xdf\xa3", FileSignature::Media),
];

pub(crate) fn is_markup(head: &[u8]) -> bool {
    signature(head) == Some(FileSignature::Markup)
}

fn signature(head: &[u8]) -> Option<FileSignature> {
    let is_at = |(place, bytes, _): &&(usize, &[u8], FileSignature)| {
        head.get(*place..)
            .is_some_and(|rest| rest.starts_with(bytes))
    };
    if let Some((.., known)) = SIGNATURES.iter().find(is_at) {
        return Some(*known);
    }
    let text = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    let start = text
        .get(..text.len().min(14))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_markup = [
        &b"<!doctype"[..],
        b"<html",
        b"<head",
        b"<body",
        b"<?xml",
        b"<table",
    ]
    .iter()
    .any(|tag| start.starts_with(tag));
    is_markup.then_some(FileSignature::Markup)
}

/// True for bytes that may be text of any character set: no control characters, and few beyond
/// ASCII where they are no UTF-8.
fn is_text(head: &[u8]) -> bool {
    let is_control =
        |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0xc | 0x1b);
    // UTF-16: every other byte of Latin text is zero.
    let is_wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let beyond = head.iter().filter(|byte| !byte.is_ascii()).count();
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end within a character.
        Err(fault) => fault.error_len().is_none(),
    };
    is_wide || !head.iter().any(is_control) && (is_utf8 || 2 * beyond < head.len())
}

/// The form of a resource. `head`: its first bytes, [`HEAD_BYTES`] or all; `None` where they are
/// coded.
pub fn resource_form(content_type: Option<&str>, head: Option<&[u8]>) -> ResourceForm {
    let media = MediaType::parse(content_type.unwrap_or_default());
    let by_type = form_of_type(&media.essence);
    let Some(head) = head else {
        return by_type.unwrap_or(ResourceForm::Data);
    };
    match (signature(head), by_type) {
        (Some(FileSignature::Pdf), _) => ResourceForm::Pdf,
        (Some(FileSignature::Archive), _) => ResourceForm::Unknown,
        (Some(FileSignature::Markup), _) => ResourceForm::Data,
        // Bytes before a text do not make a picture of it for a program that is told a table.
        (Some(FileSignature::Media), Some(ResourceForm::Data | ResourceForm::Pdf)) => {
            ResourceForm::Data
        }
        (
            Some(FileSignature::Media),
            Some(ResourceForm::Program | ResourceForm::Unknown) | None,
        ) => ResourceForm::Program,
        (None, Some(ResourceForm::Program)) if !is_code(&media.essence) && is_text(head) => {
            ResourceForm::Data
        }
        (None, Some(form)) => form,
        (None, None) if is_text(head) => ResourceForm::Data,
        (None, None) => ResourceForm::Unknown,
    }
}

fn is_code(essence: &str) -> bool {
    essence == "text/css" || essence.ends_with("javascript") || essence.ends_with("ecmascript")
}

/// What a type says; `None` for those that say nothing.
fn form_of_type(essence: &str) -> Option<ResourceForm> {
    let (tree, _) = essence.split_once('/').unwrap_or((essence, ""));
    Some(match (tree, essence) {
        (_, "image/svg+xml") => ResourceForm::Data,
        ("image" | "font" | "audio" | "video", _) | (_, "application/wasm") => {
            ResourceForm::Program
        }
        (
            _,
            "application/font-woff" | "application/vnd.ms-fontobject" | "application/x-font-ttf",
        ) => ResourceForm::Program,
        _ if is_code(essence) => ResourceForm::Program,
        (_, "" | "application/octet-stream" | "binary/octet-stream" | "application/binary") => {
            return None;
        }
        (_, "application/pdf") => ResourceForm::Pdf,
        (_, "application/zip" | "application/gzip" | "application/msword") => ResourceForm::Unknown,
        ("application", _) if essence.starts_with("application/vnd.") && !is_text_type(essence) => {
            ResourceForm::Unknown
        }
        _ => ResourceForm::Data,
    })
}

fn is_text_type(essence: &str) -> bool {
    essence.ends_with("+json") || essence.ends_with("+xml")
}

pub(crate) fn is_program_type(essence: &str) -> bool {
    form_of_type(essence) == Some(ResourceForm::Program)
}

/// True for bytes that are no picture, font, sound, film or program, although their type says so.
/// Programs that look at the bytes show what they find.
pub(crate) fn is_mislabelled(essence: &str, head: &[u8]) -> bool {
    is_program_type(essence) && resource_form(Some(essence), Some(head)) != ResourceForm::Program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_what_its_bytes_are() {
        use ResourceForm::{Data, Pdf, Program, Unknown};
        for (content_type, head, form) in [
            ("text/css", &b"body { margin: 0 }"[..], Program),
            ("text/javascript", b"(function () {})()", Program),
            ("image/png", b"\x89PNG\r\n\x1a\n", Program),
            ("application/octet-stream", b"wOF2\0\x01\0\0", Program),
            ("", b"\0asm\x01\0\0\0", Program),
            ("image/avif", b"\0\0\0\x1cftypavif", Program),
            ("application/json", b"{\"id\": 1}", Data),
            ("text/html", b"<p>Durand", Data),
            ("text/css", b" \n<!DOCTYPE html>", Data),
            ("image/png", b"numero;nom\n", Data),
            ("application/octet-stream", b"numero;nom\n", Data),
            ("text/csv", b"GIF89a;nom\n", Data),
            ("", b"\xef\xbb\xbf<html>", Data),
            ("image/svg+xml", b"<svg>", Data),
            ("image/png", b"%PDF-1.7", Pdf),
            ("application/pdf", b"%PDF-1.7", Pdf),
            ("text/css", b"PK\x03\x04", Unknown),
            ("application/octet-stream", b"\x02\x00\x07", Unknown),
            ("application/vnd.ms-excel", b"\xd0\xcf\x11\xe0", Unknown),
        ] {
            let found = resource_form(Some(content_type), Some(head));
            assert_eq!(found, form, "{content_type} {head:?}");
        }
        assert_eq!(resource_form(Some("text/css"), None), Program);
        assert_eq!(resource_form(None, None), Data);
    }
}
