//! Strings with escapes, decoded. Programs that write ASCII only (PHP, Python) escape every accent,
//! so that most texts of a page may pass here.

use memchr::memchr;

/// A string in quotes, decoded; `None` for one that is no text, such as half a surrogate pair.
pub(super) fn decoded(quoted: &str) -> Option<String> {
    match by_one_escape_each(quoted) {
        Some(text) => Some(text),
        // Two escapes for one character, or a fault: rare, and the library knows all of them.
        None => serde_json::from_str(quoted).ok(),
    }
}

/// `None` where an escape by itself is no character.
fn by_one_escape_each(quoted: &str) -> Option<String> {
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        push_plain(&mut text, &rest[..at])?;
        let (length, decoded) = match rest.as_bytes().get(at + 1)? {
            b'u' => (6, by_four_digits(rest.as_bytes().get(at + 2..at + 6)?)?),
            b'n' => (2, '\n'),
            b'/' => (2, '/'),
            b'"' => (2, '"'),
            b'\\' => (2, '\\'),
            b't' => (2, '\t'),
            b'r' => (2, '\r'),
            b'b' => (2, '\u{8}'),
            b'f' => (2, '\u{c}'),
            _ => return None,
        };
        text.push(decoded);
        rest = &rest[at + length..];
    }
    push_plain(&mut text, rest)?;
    Some(text)
}

/// `None` where there is a byte that a string holds only as an escape.
fn push_plain(text: &mut String, plain: &str) -> Option<()> {
    // Without an early end, which the compiler makes vectors of.
    let has_fault = plain
        .bytes()
        .fold(false, |has, byte| has | (byte < b' ') | (byte == b'"'));
    text.push_str(plain);
    (!has_fault).then_some(())
}

fn by_four_digits(digits: &[u8]) -> Option<char> {
    let mut code = 0;
    for digit in digits {
        code = code << 4 | char::from(*digit).to_digit(16)?;
    }
    // `None` for halves of a surrogate pair.
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escapes_are_decoded_as_the_library_does(
            parts in proptest::collection::vec(prop_oneof![
                r#"\\["\\/bfnrtux0]"#, r"\\u[0-9a-fA-Fg]{0,4}", r"\\u[dD][89a-fA-F][0-9a-f]{2}",
                Just(r"\ud83d\ude00".to_owned()), "[ -~é\u{1f600}]{0,20}", "[\\x00-\\x1f\"]",
            ], 0..8),
        ) {
            let quoted = format!("\"{}\"", parts.concat());
            prop_assert_eq!(decoded(&quoted), serde_json::from_str::<String>(&quoted).ok(), "{}", quoted);
        }
    }
}
