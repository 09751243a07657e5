//! The texts and numbers of a part of a document, whatever part it is.

use std::borrow::Cow;

use super::{escapes, string_end};

/// A text or a number of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonToken<'t> {
    /// Decoded.
    Text(Cow<'t, str>),
    /// The name of a member, decoded.
    Name(Cow<'t, str>),
    /// As written.
    Number(&'t str),
}

/// The texts and numbers of a part of a document that was read before. The part begins and ends
/// between two tokens.
pub(crate) fn tokens<'t>(part: &'t str) -> impl Iterator<Item = JsonToken<'t>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = part.as_bytes();
        loop {
            let byte = *bytes.get(at)?;
            let start = at;
            if byte == b'"' {
                at += 1 + string_end(&part[at + 1..]) + 1;
                let text = decoded(&part[start..at]);
                let after = part[at..].trim_start();
                return Some(match after.starts_with(':') {
                    true => JsonToken::Name(text),
                    false => JsonToken::Text(text),
                });
            }
            at += 1;
            if byte == b'-' || byte.is_ascii_digit() {
                let is_part = |byte: &u8| {
                    byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')
                };
                at += bytes[at..].iter().take_while(|byte| is_part(byte)).count();
                return Some(JsonToken::Number(&part[start..at]));
            }
        }
    })
}

/// A text in quotes; one whose escapes are no text (half a surrogate pair) stays as written.
fn decoded(quoted: &str) -> Cow<'_, str> {
    let inside = &quoted[1..quoted.len() - 1];
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    match escapes::decoded(quoted) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_names_and_numbers_are_told_apart() {
        let part = r#", {"a\u0041" : ["x\"y", -1.5e3, true], "b":12}"#;
        let text = |text: &'static str| JsonToken::Text(text.into());
        let name = |text: &'static str| JsonToken::Name(text.into());
        assert_eq!(
            tokens(part).collect::<Vec<_>>(),
            [
                name("aA"),
                text("x\"y"),
                JsonToken::Number("-1.5e3"),
                name("b"),
                JsonToken::Number("12")
            ]
        );
    }
}
