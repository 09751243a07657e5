//! Recognises a file by its bytes: a message, plain text, a page, or something that is not read
//! here. File names and declared types are ignored: the sender chooses them.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use mail_parser::{HeaderName, Message, MessageParser};

use crate::message::UnreadKind;
use crate::outlook::{self, OutlookMessage};

/// The recognised content of a file.
pub(crate) enum FileShape<'b> {
    /// Headers and body, without what a mail program adds around them.
    Mail(Cow<'b, [u8]>),
    Outlook(Box<OutlookMessage>),
    Page(String),
    Words(String),
    Unread(UnreadKind),
}

/// A message has a sender and at least two more headers; typed text may begin with one `De :` or
/// `From:`.
const HEADERS_MIN: usize = 3;

/// The first bytes of formats that are not read.
const BEGINNINGS: [(&[u8], UnreadKind); 16] = [
    (b"\x78\x9f\x3e\x22", UnreadKind::Winmail),
    (b"%PDF", UnreadKind::Pdf),
    (b"\x89PNG", UnreadKind::Picture),
    (b"\xff\xd8\xff", UnreadKind::Picture),
    (b"GIF8", UnreadKind::Picture),
    (b"BM", UnreadKind::Picture),
    (b"II*\0", UnreadKind::Picture),
    (b"MM\0*", UnreadKind::Picture),
    (b"RIFF", UnreadKind::Picture),
    (b"PK\x03\x04", UnreadKind::Archive),
    (b"\x1f\x8b", UnreadKind::Archive),
    (b"7z\xbc\xaf", UnreadKind::Archive),
    (b"Rar!", UnreadKind::Archive),
    (b"{\\rtf", UnreadKind::Document),
    (b"!BDN", UnreadKind::Outlook),
    (b"-----BEGIN PGP MESSAGE", UnreadKind::Encrypted),
];

/// Recognises a file by its content.
pub(crate) fn shape(bytes: &[u8]) -> FileShape<'_> {
    if bytes.starts_with(outlook::MAGIC) {
        return match outlook::read(bytes) {
            Ok(message) => FileShape::Outlook(Box::new(message)),
            Err(kind) => FileShape::Unread(kind),
        };
    }
    let known = BEGINNINGS
        .iter()
        .find(|(beginning, _)| bytes.starts_with(beginning));
    // `BM` can also begin a text; a bitmap contains control bytes.
    if let Some((beginning, kind)) = known
        && (beginning.len() > 2 || is_binary(bytes))
    {
        return FileShape::Unread(*kind);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return FileShape::Unread(UnreadKind::Picture);
    }
    match utf16(bytes) {
        Utf16::No => {}
        Utf16::Damaged => return FileShape::Unread(UnreadKind::Charset),
        Utf16::Text(text) => return of_text(text),
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mail = match without_wrapping(bytes) {
        Ok(mail) => mail,
        Err(kind) => return FileShape::Unread(kind),
    };
    if is_mail(mail) {
        return FileShape::Mail(Cow::Borrowed(mail));
    }
    if is_binary(bytes) {
        return FileShape::Unread(UnreadKind::Form);
    }
    words(match core::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // The default of Notepad on a French Windows. It decodes every byte, so it cannot fail.
        Err(_) => WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    })
}

fn of_text(text: String) -> FileShape<'static> {
    match without_wrapping(text.as_bytes()) {
        Ok(mail) if is_mail(mail) => FileShape::Mail(Cow::Owned(mail.to_vec())),
        Ok(_) => words(text),
        Err(kind) => FileShape::Unread(kind),
    }
}

fn words(text: String) -> FileShape<'static> {
    let start: String = text
        .trim_start()
        .chars()
        .take(2000)
        .collect::<String>()
        .to_ascii_lowercase();
    let marks = ["<html", "<!doctype html", "<body", "<table", "<div", "<p"];
    let is_page = start.starts_with('<') && marks.iter().any(|mark| start.contains(mark));
    if is_page {
        FileShape::Page(text)
    } else {
        FileShape::Words(text)
    }
}

/// Parses a whole message; `None` when the parser refuses it.
pub(crate) fn parsed(bytes: &[u8]) -> Option<Message<'_>> {
    // With debug assertions, mail-parser panics on some broken multiparts: a hostile file must not
    // end the process.
    let parsed = std::panic::catch_unwind(|| MessageParser::default().parse(bytes));
    parsed.ok().flatten()
}

pub(crate) fn headers(bytes: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse_headers(bytes)
}

pub(crate) fn is_mail(bytes: &[u8]) -> bool {
    // Headers only: the body is parsed later, and once.
    let Some(message) = headers(bytes) else {
        return false;
    };
    // A message without a sender is recognised by headers that only programs write.
    let by_machine = [HeaderName::MimeVersion, HeaderName::Received];
    let is_known = message.from().is_some()
        || by_machine
            .into_iter()
            .any(|name| message.header(name).is_some());
    is_known && message.headers().len() >= HEADERS_MIN
}

/// True when there are control bytes that no text has.
fn is_binary(bytes: &[u8]) -> bool {
    // Escape switches character sets in ISO 2022, used by Japanese mail.
    bytes
        .iter()
        .any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b))
}

enum Utf16 {
    No,
    Text(String),
    Damaged,
}

/// Recognises UTF-16 by its byte-order mark or, without one, by zeros in every second byte, as in
/// Western text.
fn utf16(bytes: &[u8]) -> Utf16 {
    let zeros = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .step_by(2)
            .take(64)
            .filter(|byte| **byte == 0)
            .count()
    };
    let looked_at = (bytes.len() / 2).min(64);
    let (is_big, rest) = match bytes {
        // UTF-32 marks: the first would pass for UTF-16.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Utf16::Damaged,
        [0xff, 0xfe, rest @ ..] => (false, rest),
        [0xfe, 0xff, rest @ ..] => (true, rest),
        _ if looked_at >= 4 && zeros(1) * 10 >= looked_at * 9 && zeros(0) == 0 => (false, bytes),
        _ if looked_at >= 4 && zeros(0) * 10 >= looked_at * 9 && zeros(1) == 0 => (true, bytes),
        _ => return Utf16::No,
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    let units = pairs.iter().map(|pair| {
        if is_big {
            u16::from_be_bytes(*pair)
        } else {
            u16::from_le_bytes(*pair)
        }
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if odd.is_empty() && !text.contains('\0') => Utf16::Text(text),
        _ => Utf16::Damaged,
    }
}

/// The message without leading blank lines, the first line of an mbox, or the byte count and
/// property list of Apple's `.emlx`.
fn without_wrapping(bytes: &[u8]) -> Result<&[u8], UnreadKind> {
    let start = bytes
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (bytes[..end].trim_ascii(), &bytes[end + 1..]),
        None => return Ok(bytes),
    };
    // `From :` is a header to some programs, and an mbox line to none.
    if line
        .strip_prefix(b"From ")
        .is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":"))
    {
        // The parser would take a second message for text of the first.
        return if is_mail(rest) && has_second(rest) {
            Err(UnreadKind::Mbox)
        } else {
            Ok(rest)
        };
    }
    if line.is_empty() || line.len() > 9 || !line.iter().all(u8::is_ascii_digit) || !is_mail(rest) {
        return Ok(bytes);
    }
    let count = line
        .iter()
        .fold(0, |count, digit| count * 10 + usize::from(digit - b'0'));
    match rest.get(count..) {
        Some(list) if list.is_empty() || list.trim_ascii_start().starts_with(b"<?xml") => {
            Ok(&rest[..count])
        }
        // Line ends were converted since, so the count is wrong: the list marks the end of the
        // message.
        _ => before_list(rest).ok_or(UnreadKind::Damaged),
    }
}

fn before_list(bytes: &[u8]) -> Option<&[u8]> {
    let at = bytes.windows(6).rposition(|window| window == b"\n<?xml")?;
    bytes[at..]
        .windows(6)
        .any(|window| window == b"<plist")
        .then(|| &bytes[..=at])
}

/// True when an mbox line begins another message.
fn has_second(bytes: &[u8]) -> bool {
    let places = bytes
        .windows(6)
        .enumerate()
        .filter(|(_, window)| *window == b"\nFrom ");
    places.take(50).any(|(at, _)| {
        let rest = &bytes[at + 1..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.unwrap_or(rest.len());
        is_dated(&rest[..end]) && rest.get(end + 1..).is_some_and(is_mail)
    })
}

/// True for a line with an hour.
fn is_dated(line: &[u8]) -> bool {
    line.windows(3)
        .any(|window| window[0] == b':' && window[1].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: a@b.fr\nTo: c@d.fr\nSubject: e\n\nBonjour\n";

    fn mail_of(bytes: &[u8]) -> Option<Vec<u8>> {
        match shape(bytes) {
            FileShape::Mail(mail) => Some(mail.into_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_message_is_found_within_what_programs_put_around_it() {
        let list = b"<?xml version=\"1.0\"?>\n<!DOCTYPE plist>\n<plist/>";
        let count = |count: usize| format!("{count}\n").into_bytes();
        for (name, bytes) in [
            ("plain", MAIL.to_vec()),
            ("mark", [b"\xef\xbb\xbf", MAIL].concat()),
            ("empty lines", [b"\r\n\n", MAIL].concat()),
            (
                "mbox",
                [b"From - Sat Nov 28 01:00:00 2026\n", MAIL].concat(),
            ),
            ("emlx", [&count(MAIL.len()), MAIL, list].concat()),
            (
                "emlx, other line ends",
                [&count(MAIL.len() + 5), MAIL, list].concat(),
            ),
            ("emlx, no list", [&count(MAIL.len()), MAIL].concat()),
        ] {
            assert_eq!(mail_of(&bytes).as_deref(), Some(MAIL), "{name}");
        }
        let wide = |is_big: bool| -> Vec<u8> {
            let text = core::str::from_utf8(MAIL).unwrap();
            let units = text.encode_utf16();
            units
                .flat_map(|unit| {
                    if is_big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect()
        };
        for bytes in [
            [b"\xff\xfe", &wide(false)[..]].concat(),
            [b"\xfe\xff", &wide(true)[..]].concat(),
            wide(false),
        ] {
            assert_eq!(mail_of(&bytes).as_deref(), Some(MAIL));
        }
    }

    #[test]
    fn what_is_not_read_is_named() {
        let two = [
            b"From - Sat Nov 28 01:00:00 2026\n",
            MAIL,
            b"\nFrom - Sat Nov 28 02:00:00 2026\n",
            MAIL,
        ]
        .concat();
        let cut = [b"900\n", MAIL].concat();
        for (bytes, kind) in [
            (
                &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0"[..],
                UnreadKind::Outlook,
            ),
            (b"\x78\x9f\x3e\x22\x01\0", UnreadKind::Winmail),
            (b"%PDF-1.7\n", UnreadKind::Pdf),
            (b"\x89PNG\r\n\x1a\n", UnreadKind::Picture),
            (b"\0\0\0\x18ftypheic", UnreadKind::Picture),
            (b"PK\x03\x04\x14\0", UnreadKind::Archive),
            (b"{\\rtf1 Bonjour}", UnreadKind::Document),
            (b"\xff\xfeB\0o", UnreadKind::Charset),
            (b"\xff\xfe\0\xd8", UnreadKind::Charset),
            (b"\xff\xfe\0\0B\0\0\0", UnreadKind::Charset),
            (b"\0\0\0", UnreadKind::Form),
            (b"\x30\x82\x01\0\x02", UnreadKind::Form),
            (&two, UnreadKind::Mbox),
            (&cut, UnreadKind::Damaged),
        ] {
            let FileShape::Unread(found) = shape(bytes) else {
                panic!("{bytes:?}")
            };
            assert_eq!(found, kind, "{bytes:?}");
        }
    }

    #[test]
    fn words_are_read_in_the_letters_they_were_kept_in() {
        for bytes in [
            &b"Votre identit\xe9 \x9cuvre"[..],
            "Votre identité œuvre".as_bytes(),
        ] {
            assert!(
                matches!(shape(bytes), FileShape::Words(text) if text == "Votre identité œuvre")
            );
        }
        assert!(matches!(shape(b"BM est une marque"), FileShape::Words(_)));
        assert!(matches!(shape(b"<html><body>x"), FileShape::Page(_)));
        assert!(matches!(shape(b"<3 merci"), FileShape::Words(_)));
    }
}
