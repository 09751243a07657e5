//! Character references as a browser decodes them: `&eacute;`, `&#233;`, `&eacute` without its
//! semicolon.

use std::borrow::Cow;

use html_escape::NAMED_ENTITIES;
use memchr::memchr;

/// Names that are also valid without a semicolon (HTML, 13.5). Sorted, for a binary search.
const LEGACY: [&str; 106] = [
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil",
    "ETH", "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT",
    "Ntilde", "Oacute", "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN",
    "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave",
    "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg",
    "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14", "frac34", "gt",
    "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro",
    "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash",
    "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect", "shy", "sup1",
    "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// The longest name that is valid without a semicolon.
const LEGACY_BYTES_MAX: usize = 6;

/// The longest name: `CounterClockwiseContourIntegral`.
const NAME_BYTES_MAX: usize = 31;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ReferenceContext {
    Text,
    /// Here a name without its semicolon before `=` or a letter is part of a URL: `?a=1&copy=2`.
    Attribute,
}

pub fn decoded(raw: &str, context: ReferenceContext) -> Cow<'_, str> {
    if memchr(b'&', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    decode_into(&mut text, raw, context);
    Cow::Owned(text)
}

pub fn decode_into(text: &mut String, raw: &str, context: ReferenceContext) {
    let mut rest = raw;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = reference(rest, context, text);
        if length == 0 {
            text.push('&');
        }
        rest = &rest[length.max(1)..];
    }
    text.push_str(rest);
}

/// Length of the reference at the start of `rest`, decoded into `text`; 0 when there is none.
pub fn reference(rest: &str, context: ReferenceContext, text: &mut String) -> usize {
    match rest.as_bytes().get(1) {
        Some(b'#') => numeric(rest, text),
        Some(byte) if byte.is_ascii_alphanumeric() => named(rest, context, text),
        _ => 0,
    }
}

fn numeric(rest: &str, text: &mut String) -> usize {
    let bytes = rest.as_bytes();
    let is_hex = matches!(bytes.get(2), Some(b'x' | b'X'));
    let (start, radix) = if is_hex { (3, 16) } else { (2, 10) };
    let digits = bytes[start.min(bytes.len())..]
        .iter()
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    if digits == 0 {
        return 0;
    }
    let code = rest[start..start + digits]
        .chars()
        .fold(0u32, |code, digit| {
            let digit = digit.to_digit(radix).unwrap_or(0);
            // A page may write any number of digits; all beyond U+10FFFF mean the same.
            code.saturating_mul(radix).saturating_add(digit)
        });
    text.push(character(code));
    let end = start + digits;
    end + usize::from(bytes.get(end) == Some(&b';'))
}

/// Codes from 0x80 to 0x9f mean Windows-1252 (HTML, 13.2.5.80); invalid ones become U+FFFD.
fn character(code: u32) -> char {
    match code {
        0 => '\u{fffd}',
        0x80..=0x9f => {
            let byte = [u8::try_from(code).unwrap_or(0)];
            let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&byte);
            text.chars().next().unwrap_or('\u{fffd}')
        }
        _ => char::from_u32(code).unwrap_or('\u{fffd}'),
    }
}

fn named(rest: &str, context: ReferenceContext, text: &mut String) -> usize {
    let bytes = rest.as_bytes();
    let letters = bytes[1..]
        .iter()
        // Bounded, or a page of ampersands before one long word would cost quadratic time.
        .take(NAME_BYTES_MAX + 1)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let name = &rest[1..=letters];
    if bytes.get(letters + 1) == Some(&b';')
        && let Some(value) = entity(name)
    {
        text.push_str(value);
        return letters + 2;
    }
    let longest = (2..=letters.min(LEGACY_BYTES_MAX))
        .rev()
        .find(|length| LEGACY.binary_search(&&name[..*length]).is_ok());
    let Some(length) = longest else { return 0 };
    let follows = bytes.get(length + 1);
    if context == ReferenceContext::Attribute
        && follows.is_some_and(|byte| *byte == b'=' || byte.is_ascii_alphanumeric())
    {
        return 0;
    }
    text.push_str(entity(&name[..length]).unwrap_or_default());
    length + 1 + usize::from(follows == Some(&b';'))
}

fn entity(name: &str) -> Option<&'static str> {
    let place = NAMED_ENTITIES
        .binary_search_by(|(known, _)| (*known).cmp(name.as_bytes()))
        .ok()?;
    Some(NAMED_ENTITIES[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_those_without_semicolon_are_sorted() {
        assert!(LEGACY.is_sorted());
        for name in LEGACY {
            assert_eq!(
                entity(name).map(|text| text.chars().count()),
                Some(1),
                "{name}"
            );
        }
        assert!(
            NAMED_ENTITIES
                .iter()
                .all(|(name, value)| entity(std::str::from_utf8(name).unwrap()) == Some(value))
        );
        assert!(
            NAMED_ENTITIES
                .iter()
                .all(|(name, _)| name.len() <= NAME_BYTES_MAX)
        );
    }

    #[test]
    fn references_are_the_characters_they_stand_for() {
        let text = |raw: &str| decoded(raw, ReferenceContext::Text).into_owned();
        assert_eq!(text("1&#50;3&amp;4&#x41;&#X42;&#67"), "123&4ABC");
        assert_eq!(
            text("L&eacute;a L&eacutea &notit; &notin; &nbsp"),
            "Léa Léa ¬it; ∉ \u{a0}"
        );
        assert_eq!(
            text("&#0;&#xd800;&#x110000;&#99999999999;&#128;"),
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd}€"
        );
        assert_eq!(
            text("a & b &; &# &#x &unknown; &"),
            "a & b &; &# &#x &unknown; &"
        );
        assert_eq!(
            decoded("?a=1&copy=2&amp;id=5&lt", ReferenceContext::Attribute),
            "?a=1&copy=2&id=5<"
        );
    }
}
