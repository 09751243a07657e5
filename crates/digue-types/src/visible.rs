//! What a person sees of a text: characters that nobody sees hide an identifier, and fill a
//! required field with nothing.

use std::borrow::Cow;

/// True for characters that a person does not see: soft hyphen, joiners, direction marks,
/// byte-order mark, variation selectors.
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        // The unit separator stays visible: the sweep puts it between texts, and without it they
        // would join.
        || (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{1f}'))
}

/// The text without invisible characters.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_printable(text.as_bytes()) || !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect())
}

/// True for ASCII without control characters; in blocks without an early end, which the compiler
/// vectorises.
fn is_printable(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<32>();
    let are_printable = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(true, |all, byte| all & (0x20..0x80).contains(byte))
    };
    blocks.iter().all(|block| are_printable(block)) && are_printable(rest)
}

/// True for text of which a person sees nothing: white space and invisible characters.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// How many characters of a text a person sees, spaces included.
pub fn visible_chars(text: &str) -> usize {
    text.chars().filter(|c| !is_invisible(*c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_blank_and_not_counted() {
        for text in ["", " \n", "\u{180b}", "\u{3164}\u{200b} ", "\u{feff}"] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank("\u{200b}a"));
        assert_eq!(visible_chars("a\u{200b}\u{fe0f} b"), 3);
        assert_eq!(visible("a\u{ad}b"), "ab");
    }
}
