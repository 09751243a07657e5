//! Determines the character set of a page as a browser does (HTML, 13.2.3).

use std::borrow::Cow;

use digue_types::{ReadFailure, UnreadCause};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use digue_html::tokens::{TagAttributes, is_space};
use digue_identifiers::reading::Unreadable;

/// How far into the page a `<meta>` declaration is searched for (HTML, 13.2.3.2).
const STATED_WITHIN_BYTES: usize = 1024;

/// The page as text: by its byte-order mark, else the header, else its `<meta>`, else UTF-8 when it
/// is valid, else Windows-1252. Invalid bytes become U+FFFD, as the user sees them.
pub(super) fn text<'b>(header: Option<&str>, bytes: &'b [u8]) -> Result<Cow<'b, str>, Unreadable> {
    // A byte-order mark wins even over the header, as in browsers: obeying a lying header would
    // show us another text than the user sees.
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => match header.and_then(|label| Encoding::for_label(label.trim().as_bytes())) {
            Some(encoding) => encoding,
            None => match stated(&bytes[..bytes.len().min(STATED_WITHIN_BYTES)]) {
                Some(encoding) => encoding,
                None => digue_decode::charset(None, bytes)?,
            },
        },
    };
    // Encodings that browsers refuse to decode.
    if encoding == encoding_rs::REPLACEMENT {
        // Where it is declared, and not what: a label is a text of the portal.
        let place = if header.is_some() {
            "content-type"
        } else {
            "meta"
        };
        return Err(ReadFailure::new(UnreadCause::CharacterSet).at(place).into());
    }
    let (text, _, _) = encoding.decode(bytes);
    Ok(text)
}

/// The character set declared by a `<meta>` near the start.
fn stated(bytes: &[u8]) -> Option<&'static Encoding> {
    // Labels are ASCII, so any byte may stand for itself here.
    let start: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut rest = start.as_str();
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with("!--") {
            // Search from the first dash: `<!-->` is a complete comment.
            let end = rest[1..].find("-->")?;
            rest = &rest[1 + end + 3..];
        } else if rest
            .get(..4)
            .is_some_and(|name| name.eq_ignore_ascii_case("meta"))
            && rest
                .as_bytes()
                .get(4)
                .is_some_and(|byte| is_space(*byte) || *byte == b'/')
            && let Some(encoding) = stated_by(&rest[4..])
        {
            return Some(encoding);
        }
    }
    None
}

fn stated_by(meta: &str) -> Option<&'static Encoding> {
    let mut label = None;
    let (mut content, mut is_content_type) = (None, false);
    for (name, value) in TagAttributes::new(meta, 0) {
        match name.to_ascii_lowercase().as_str() {
            "charset" => label = label.or(Some(value)),
            "content" => content = content.or_else(|| label_in(value)),
            "http-equiv" => is_content_type |= value.eq_ignore_ascii_case("content-type"),
            _ => {}
        }
    }
    let label = label.or(content.filter(|_| is_content_type))?;
    let encoding = Encoding::for_label(label.trim().as_bytes())?;
    // A page whose `<meta>` could be read as ASCII is not UTF-16 (HTML, 13.2.3.2).
    let is_utf_16 = encoding == UTF_16BE || encoding == UTF_16LE;
    Some(match encoding {
        _ if is_utf_16 => UTF_8,
        _ if encoding == encoding_rs::X_USER_DEFINED => WINDOWS_1252,
        _ => encoding,
    })
}

/// The label in `text/html; charset=...`.
fn label_in(content: &str) -> Option<&str> {
    let at = content.to_ascii_lowercase().find("charset")?;
    let value = content[at + "charset".len()..]
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    value
        .split(|c: char| c == ';' || c == '"' || c == '\'' || c.is_ascii_whitespace())
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: Option<&str>, bytes: &[u8], expected: &str) {
        assert!(
            text(header, bytes).unwrap().contains(expected),
            "{:?}",
            text(header, bytes)
        );
    }

    #[test]
    fn a_page_says_its_character_set_in_four_ways() {
        check(Some("utf-8"), b"\xff\xfeL\0\xe9\0", "Lé");
        check(Some("ISO-8859-1"), b"<meta charset=utf-8>L\xe9", "Lé");
        check(Some(""), b"<meta charset='iso-8859-15'>\xa4", "€");
        check(
            None,
            b"<META content=\"text/html; charset=koi8-r\" HTTP-EQUIV=content-type>\xc1",
            "а",
        );
        check(
            None,
            b"<!-- <meta charset=koi8-r> --><meta charset=utf-16>\xc3\xa9",
            "é",
        );
        check(Some("utf-16le"), b"L\0\xe9\0", "Lé");
        check(None, "Léa".as_bytes(), "Léa");
        check(None, b"L\xe9a", "Léa");
        check(Some("unheard-of"), b"L\xe9a", "Léa");
    }

    #[test]
    fn what_is_no_character_is_replaced_as_the_person_sees_it() {
        check(Some("utf-8"), b"L\xe9a 1000001A", "L\u{fffd}a 1000001A");
        assert!(text(Some("iso-2022-kr"), b"x").is_err());
    }

    #[test]
    fn a_comment_that_never_ends_states_nothing() {
        check(None, b"<!-- <meta charset=koi8-r>\xe9", "é");
        check(None, b"<!--><meta charset=koi8-r>\xc1", "а");
    }
}
