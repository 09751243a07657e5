//! What the bytes of a file are: a message, words, a page, or something that is not read here.

use std::borrow::Cow;

use digue_types::lists;
use encoding_rs::WINDOWS_1252;
use mail_parser::{HeaderName, Message, MessageParser};

use crate::outlook::{self, OutlookMessage};

lists! {
    /// What was handed in and not read.
    UnreadKind "unread" {
        /// A message of Outlook that cannot be opened.
        Outlook "outlook",
        /// A message of Outlook whose text is kept in a form that is not read (compressed RTF).
        OutlookText "outlook-text",
        /// What Outlook packs in `winmail.dat` (TNEF).
        Winmail "winmail",
        /// S/MIME or PGP.
        Encrypted "encrypted",
        /// In several messages, or on a machine elsewhere.
        Partial "partial",
        Pdf "pdf",
        Picture "picture",
        Archive "archive",
        /// A document of Word, of a spreadsheet.
        Document "document",
        /// Its encoding is broken, or its end is missing.
        Damaged "damaged",
        /// Letters of an unknown set.
        Charset "charset",
        /// Messages in messages in messages.
        Nesting "nesting",
        /// Parts, links or words beyond what is looked at.
        Excess "excess",
        /// Several messages in one mbox.
        Mbox "mbox",
        /// Nothing that is known.
        Form "form",
    }
}

/// The bytes of a file, understood.
pub(crate) enum FileShape<'b> {
    /// Headers and a body, without what a mail program puts around them.
    Mail(Cow<'b, [u8]>),
    Outlook(Box<OutlookMessage>),
    Page(String),
    Words(String),
    Unread(UnreadKind),
}

/// Text that somebody typed begins with no headers: a message has a sender and two lines more.
const HEADERS_MIN: usize = 3;

/// Beginnings of files that are not read.
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

/// Tells what bytes are by their content: names of files are what their sender says.
pub(crate) fn shape(bytes: &[u8]) -> FileShape<'_> {
    if bytes.starts_with(outlook::MAGIC) {
        return outlook::read(bytes);
    }
    let known = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    // `BM` begins words, too; a picture has more than letters.
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
        // What Notepad keeps; every byte is a letter of it.
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
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
    let start: String = text.trim_start().chars().take(2000).collect::<String>().to_ascii_lowercase();
    let marks = ["<html", "<!doctype html", "<body", "<table", "<div", "<p"];
    let is_page = start.starts_with('<') && marks.iter().any(|mark| start.contains(mark));
    if is_page { FileShape::Page(text) } else { FileShape::Words(text) }
}

/// Parts and headers; `None` for what the parser does not take.
pub(crate) fn parsed(bytes: &[u8]) -> Option<Message<'_>> {
    // Built with its own assertions, mail-parser gives up on some broken multiparts by a panic.
    let parsed = std::panic::catch_unwind(|| MessageParser::default().parse(bytes));
    parsed.ok().flatten()
}

pub(crate) fn headers(bytes: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse_headers(bytes)
}

pub(crate) fn is_mail(bytes: &[u8]) -> bool {
    // The body is looked at later, and once.
    let Some(message) = headers(bytes) else { return false };
    // One without a sender is a message, too, when machines wrote its headers.
    let by_machine = [HeaderName::MimeVersion, HeaderName::Received];
    let is_known =
        message.from().is_some() || by_machine.into_iter().any(|name| message.header(name).is_some());
    is_known && message.headers().len() >= HEADERS_MIN
}

/// Signs that no text has.
fn is_binary(bytes: &[u8]) -> bool {
    // Escape begins the sets of letters of ISO 2022.
    bytes.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b))
}

enum Utf16 {
    No,
    Text(String),
    Damaged,
}

/// UTF-16 by its mark, or, without one, by the zeros that every second byte of western words is.
fn utf16(bytes: &[u8]) -> Utf16 {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).take(64).filter(|byte| **byte == 0).count();
    let looked_at = (bytes.len() / 2).min(64);
    let (is_big, rest) = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Utf16::Damaged,
        [0xff, 0xfe, rest @ ..] => (false, rest),
        [0xfe, 0xff, rest @ ..] => (true, rest),
        _ if looked_at >= 4 && zeros(1) * 10 >= looked_at * 9 && zeros(0) == 0 => (false, bytes),
        _ if looked_at >= 4 && zeros(0) * 10 >= looked_at * 9 && zeros(1) == 0 => (true, bytes),
        _ => return Utf16::No,
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    let units =
        pairs.iter().map(|pair| if is_big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if odd.is_empty() && !text.contains('\0') => Utf16::Text(text),
        _ => Utf16::Damaged,
    }
}

/// Without empty lines, the first line of an mbox, and the count and list of Apple's `.emlx`.
fn without_wrapping(bytes: &[u8]) -> Result<&[u8], UnreadKind> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (bytes[..end].trim_ascii(), &bytes[end + 1..]),
        None => return Ok(bytes),
    };
    // `From :` is a sender to some programs, and no line of an mbox to any.
    if line.strip_prefix(b"From ").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":")) {
        // A second one would be read as words of the first.
        return if is_mail(rest) && has_second(rest) { Err(UnreadKind::Mbox) } else { Ok(rest) };
    }
    if line.is_empty() || line.len() > 9 || !line.iter().all(u8::is_ascii_digit) || !is_mail(rest) {
        return Ok(bytes);
    }
    let count = line.iter().fold(0, |count, digit| count * 10 + usize::from(digit - b'0'));
    match rest.get(count..) {
        Some(list) if list.is_empty() || list.trim_ascii_start().starts_with(b"<?xml") => Ok(&rest[..count]),
        // Line ends were changed on the way: the list says where the message stops.
        _ => before_list(rest).ok_or(UnreadKind::Damaged),
    }
}

fn before_list(bytes: &[u8]) -> Option<&[u8]> {
    let at = bytes.windows(6).rposition(|window| window == b"\n<?xml")?;
    bytes[at..].windows(6).any(|window| window == b"<plist").then(|| &bytes[..=at])
}

/// A line of an mbox that begins another message.
fn has_second(bytes: &[u8]) -> bool {
    let places = bytes.windows(6).enumerate().filter(|(_, window)| *window == b"\nFrom ");
    places.take(50).any(|(at, _)| {
        let rest = &bytes[at + 1..];
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let is_dated = rest[..end].windows(3).any(|window| window[0] == b':' && window[1].is_ascii_digit());
        is_dated && rest.get(end + 1..).is_some_and(is_mail)
    })
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
            ("mbox", [b"From - Sat Nov 28 01:00:00 2026\n", MAIL].concat()),
            ("emlx", [&count(MAIL.len()), MAIL, list].concat()),
            ("emlx, other line ends", [&count(MAIL.len() + 5), MAIL, list].concat()),
            ("emlx, no list", [&count(MAIL.len()), MAIL].concat()),
        ] {
            assert_eq!(mail_of(&bytes).as_deref(), Some(MAIL), "{name}");
        }
        let wide = |is_big: bool| -> Vec<u8> {
            let text = core::str::from_utf8(MAIL).unwrap();
            let units = text.encode_utf16();
            units.flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for bytes in
            [[b"\xff\xfe", &wide(false)[..]].concat(), [b"\xfe\xff", &wide(true)[..]].concat(), wide(false)]
        {
            assert_eq!(mail_of(&bytes).as_deref(), Some(MAIL));
        }
    }

    #[test]
    fn what_is_not_read_is_named() {
        let two = [b"From - Sat Nov 28 01:00:00 2026\n", MAIL, b"\nFrom - Sat Nov 28 02:00:00 2026\n", MAIL]
            .concat();
        let cut = [b"900\n", MAIL].concat();
        for (bytes, kind) in [
            (&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0"[..], UnreadKind::Outlook),
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
            let FileShape::Unread(found) = shape(bytes) else { panic!("{bytes:?}") };
            assert_eq!(found, kind, "{bytes:?}");
        }
    }

    #[test]
    fn words_are_read_in_the_letters_they_were_kept_in() {
        for bytes in [&b"Votre identit\xe9 \x9cuvre"[..], "Votre identité œuvre".as_bytes()] {
            assert!(matches!(shape(bytes), FileShape::Words(text) if text == "Votre identité œuvre"));
        }
        assert!(matches!(shape(b"BM est une marque"), FileShape::Words(_)));
        assert!(matches!(shape(b"<html><body>x"), FileShape::Page(_)));
        assert!(matches!(shape(b"<3 merci"), FileShape::Words(_)));
    }
}
