//! The kinds of files that a program may file as evidence, told by their bytes: a name and a content
//! type are what a sender claims.

/// A kind that an auditor opens with an ordinary reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AcceptedFile {
    Pdf,
    Png,
    Jpeg,
    /// An archive with the parts of an Office document (ISO/IEC 29500) or of an ODF one (26300).
    Office,
    /// Text without control characters: logs, CSV, JSON, a message with its headers.
    Text,
}

impl AcceptedFile {
    /// `None` for every other kind: programs, archives of anything, macros by themselves.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"%PDF-") {
            return Some(Self::Pdf);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return is_office(bytes).then_some(Self::Office);
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let is_plain = |sign: char| !sign.is_control() || matches!(sign, '\n' | '\r' | '\t');
        let is_text = !text.is_empty() && text.chars().all(is_plain);
        // A shell runs what begins so.
        (is_text && !text.starts_with("#!")).then_some(Self::Text)
    }
}

/// An archive whose first parts are those of a document, and that has no part of macros. Names of
/// parts are not compressed.
fn is_office(bytes: &[u8]) -> bool {
    let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
    let is_document =
        has(b"[Content_Types].xml") || has(b"mimetypeapplication/vnd.oasis.opendocument");
    is_document && !has(b"vbaProject.bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide_and_not_the_name() {
        for (bytes, kind) in [
            (b"%PDF-1.7\n\xe2\xe3".as_slice(), Some(AcceptedFile::Pdf)),
            (b"\x89PNG\r\n\x1a\n...", Some(AcceptedFile::Png)),
            (&[0xff, 0xd8, 0xff, 0xe0], Some(AcceptedFile::Jpeg)),
            (
                b"PK\x03\x04..[Content_Types].xml..",
                Some(AcceptedFile::Office),
            ),
            (
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.text",
                Some(AcceptedFile::Office),
            ),
            ("Relevé du 3 mars\n".as_bytes(), Some(AcceptedFile::Text)),
            (b"PK\x03\x04..setup.exe", None),
            (
                b"PK\x03\x04..[Content_Types].xml..word/vbaProject.bin",
                None,
            ),
            (b"MZ\x90\x00", None),
            (b"\x7fELF", None),
            (b"#!/bin/sh\nrm x\n", None),
            (b"", None),
        ] {
            assert_eq!(AcceptedFile::of(bytes), kind, "{bytes:?}");
        }
    }
}
