//! Texts in base 64, and in its form for addresses: cursors, tokens, `data:` addresses, files within
//! messages.
//!
//! What decodes to a text is searched like the text around it. A document that no sweep reads (PDF,
//! archives, old office files) makes the message unreadable: it may show anyone. Pictures, fonts
//! and random tokens decode to neither.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use crate::reading::Unreadable;

/// Programs leave out the padding, or cut a text within a group.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// The fewest signs of a text: five characters.
const SIGNS_MIN: usize = 7;

/// Texts are broken into lines from this length on (RFC 2045, 6.8: 76; PEM: 64).
const LINE_SIGNS_MIN: usize = 60;

/// How documents begin that have texts which no sweep reads as they are.
const DOCUMENTS: [&[u8]; 7] = [
    b"%PDF-",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b\x08",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"{\\rtf",
    b"7z\xbc\xaf\x27\x1c",
];

/// How states of frameworks begin that have texts between bytes of other kinds: the view state of
/// ASP.NET, objects of Java.
const SERIALISED: [&[u8]; 2] = [b"\xff\x01", b"\xac\xed\x00\x05"];

/// What is hidden in `text`, with separators between the texts; `None` where nothing is.
///
/// # Errors
/// `UnreadPart` for a document.
pub(crate) fn hidden_texts(text: &str) -> Result<Option<String>, Unreadable> {
    let mut hidden = String::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(run) = next_run(bytes, at) {
        let (signs, end) = joined_lines(bytes, run);
        reveal(&signs, &mut hidden)?;
        at = end;
    }
    Ok((!hidden.is_empty()).then_some(hidden))
}

const fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The next longest run of signs from `at` on: its start and its end.
fn next_run(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    loop {
        // A run of so many signs has one at this distance.
        let step = SIGNS_MIN - 1;
        let rest = bytes.get(at + step..)?;
        let inside = rest
            .iter()
            .step_by(SIGNS_MIN)
            .position(|byte| is_sign(*byte))?;
        let inside = at + step + inside * SIGNS_MIN;
        let before = bytes[at..inside].iter().rev();
        let start = inside - before.take_while(|byte| is_sign(**byte)).count();
        let after = bytes[inside..].iter();
        let end = inside + after.take_while(|byte| is_sign(**byte)).count();
        if end - start >= SIGNS_MIN && may_hide(&bytes[start..end]) {
            return Some((start, end));
        }
        at = end;
    }
}

/// Digits and the signs of punctuation become capitals in base 64: words in small letters hide
/// nothing. A run of one digit or letter after the other is too long to be looked at whole.
fn may_hide(run: &[u8]) -> bool {
    run[1..].iter().any(u8::is_ascii_uppercase)
}

/// The signs of a run, and of the lines below it where it is broken into lines; and where they end.
fn joined_lines(bytes: &[u8], (start, end): (usize, usize)) -> (Vec<u8>, usize) {
    let mut signs = bytes[start..end].to_vec();
    let (length, mut at) = (end - start, end);
    while length >= LINE_SIGNS_MIN && length.is_multiple_of(4) {
        let rest = &bytes[at..];
        let breaks = rest
            .iter()
            .take(4)
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let line = rest[breaks..]
            .iter()
            .take(length)
            .take_while(|byte| is_sign(**byte))
            .count();
        if breaks == 0 || line == 0 {
            break;
        }
        signs.extend_from_slice(&rest[breaks..breaks + line]);
        at += breaks + line;
        if line < length {
            break;
        }
    }
    (signs, at)
}

/// Adds what a run hides, as a whole or in its parts: an address joins its segments by signs.
fn reveal(signs: &[u8], hidden: &mut String) -> Result<(), Unreadable> {
    if reveal_one(signs, hidden)? {
        return Ok(());
    }
    let is_joint = |byte: &u8| matches!(byte, b'/' | b'-' | b'_' | b'+');
    for joint in [&b"/"[..], b"/-_+"] {
        let parts = signs.split(|byte| is_joint(byte) && joint.contains(byte));
        for part in parts.filter(|part| part.len() >= SIGNS_MIN && part.len() < signs.len()) {
            if may_hide(part) {
                reveal_one(part, hidden)?;
            }
        }
    }
    Ok(())
}

fn reveal_one(signs: &[u8], hidden: &mut String) -> Result<bool, Unreadable> {
    // The first signs tell most of the others apart, before all of them are decoded.
    let head = decoded(&signs[..signs.len().min(16) & !3]);
    if DOCUMENTS.iter().any(|start| head.starts_with(start)) {
        let place = UnreadPlace::from("base64");
        return Err(ReadFailure::new(UnreadCause::UnreadPart).at(place).into());
    }
    if SERIALISED.iter().any(|start| head.starts_with(start)) {
        for text in decoded(signs).split(|byte| !(b' '..=b'~').contains(byte)) {
            hidden.push_str(&String::from_utf8_lossy(text));
            hidden.push('\u{1f}');
        }
        return Ok(true);
    }
    if !is_text(&head[..head.len().min(3)]) {
        return Ok(false);
    }
    let bytes = decoded(signs);
    let text = std::str::from_utf8(&bytes)
        .ok()
        .filter(|text| is_text(text.as_bytes()));
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(false);
    };
    hidden.push_str(text);
    hidden.push('\u{1f}');
    Ok(true)
}

/// The bytes of as many whole groups as there are; none where they are no base 64.
fn decoded(signs: &[u8]) -> Vec<u8> {
    let plain: Vec<u8> = signs
        .iter()
        .map(|sign| match sign {
            b'-' => b'+',
            b'_' => b'/',
            sign => *sign,
        })
        .collect();
    // One sign alone is less than a byte.
    let whole = plain.len() - usize::from(plain.len() % 4 == 1);
    PLAIN.decode(&plain[..whole]).unwrap_or_default()
}

/// True for bytes without control characters, other than those of lines.
fn is_text(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    !bytes.iter().any(is_control)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let hidden = hidden_texts(text).unwrap();
        let hidden = hidden.as_deref().unwrap_or_default();
        match expected {
            Some(expected) => assert!(hidden.contains(expected), "{text}: {hidden}"),
            None => assert_eq!(hidden, "", "{text}"),
        }
    }

    #[test]
    fn a_text_in_base_64_is_read_wherever_it_stands() {
        let long = "Durand, 1000001A; ".repeat(20);
        let lines = |text: &str, at: usize| {
            let signs = STANDARD.encode(text);
            let lines: Vec<&str> = (0..signs.len())
                .step_by(at)
                .map(|from| &signs[from..signs.len().min(from + at)])
                .collect();
            lines.join("\r\n")
        };
        for text in [
            STANDARD.encode("1000001A"),
            URL_SAFE_NO_PAD.encode("?>1000001A"),
            format!(
                "data:text/plain;base64,{}",
                STANDARD.encode("fiche 1000001A")
            ),
            format!("/fiches/{}/edit", STANDARD.encode("x1000001A")),
            format!("a.{}.b", URL_SAFE_NO_PAD.encode("{\"sub\":\"1000001A\"}")),
            format!("cursor-{}", STANDARD.encode("id:1000001A")),
            lines(&long, 76),
            lines(&long, 64),
            STANDARD.encode(b"\xff\x01\x0f\x0f\x05\x081000001A\x64"),
        ] {
            check(&text, Some("1000001A"));
        }
        // The whole of a text that is broken into lines, not only of each line.
        let hidden = hidden_texts(&lines(&long, 76)).unwrap().unwrap();
        assert_eq!(hidden.trim_end_matches('\u{1f}'), long);
    }

    #[test]
    fn ordinary_words_and_pictures_hide_nothing() {
        for text in [
            "les informations du portail",
            "constitutionnellement",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
            "550e8400-e29b-41d4-a716-446655440000",
            "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_document_in_base_64_is_not_read() {
        for start in DOCUMENTS {
            let bytes = [start, &[0, 1, 2, 3, 250, 251, 252, 253, 254, 255, 7, 8, 9]].concat();
            let text = format!("{{\"fichier\":\"{}\"}}", STANDARD.encode(bytes));
            let refused = hidden_texts(&text).unwrap_err();
            assert_eq!(refused.detail.cause, UnreadCause::UnreadPart, "{text}");
        }
    }
}
