//! The text of a header, with every encoding undone in which its letters may be written: percent
//! signs (RFC 3986, RFC 8187), encoded words (RFC 2047), entities, quoted pairs, parameters in
//! several parts (RFC 2231).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use digue_types::visible::is_invisible;
use regex::Regex;

/// A link in a parameter of a link needs three.
const ROUNDS_MAX: usize = 4;

/// The value as it is, and after each further round of decoding.
pub fn readings(value: &[u8]) -> Vec<String> {
    let plain = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        // ISO 8859-1, which older servers write.
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut readings = vec![plain];
    if let Some(joined) = joined_parameters(&readings[0]) {
        readings.push(joined);
    }
    let mut from = 0;
    for _ in 0..ROUNDS_MAX {
        let next: Vec<String> = readings[from..].iter().map(|text| undo(text)).collect();
        from = readings.len();
        readings.extend(
            next.into_iter()
                .filter(|text| !readings.contains(text))
                .collect::<Vec<_>>(),
        );
        if from == readings.len() {
            break;
        }
    }
    readings
}

/// The parts that no shape spans. Those still encoded are left to a later round, where they are
/// decoded.
pub fn tokens(reading: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || "=;,<>\"'()[]{}?&/#".contains(c);
    reading
        .split(ends)
        .filter(|token| !token.is_empty() && undo(token) == *token)
}

/// From this length on, an unbroken run of letters and digits is a random token, in which any shape
/// may occur.
const TOKEN_CHARS: usize = 20;

/// Calls `take` with each match that is neither part of a longer number nor within a random token.
/// `ficheP0002.csv` and `/dossierP0002/edit` name `P0002`.
pub fn has_word(shape: &Regex, text: &str, mut take: impl FnMut(&str)) {
    let mut from = 0;
    while let Some(found) = shape.find_at(text, from) {
        let is_word = !found.is_empty()
            && is_word(&text[..found.start()], found.as_str(), &text[found.end()..]);
        if is_word {
            take(found.as_str());
        }
        let first = text[found.start()..]
            .chars()
            .next()
            .map_or(1, char::len_utf8);
        // One character further after a rejected match: an identifier may begin within it.
        from = if is_word {
            found.end()
        } else {
            found.start() + first
        };
        if from > text.len() {
            return;
        }
    }
}

fn is_word(before: &str, word: &str, after: &str) -> bool {
    let touching =
        |run: &mut dyn Iterator<Item = char>| run.take_while(|c| c.is_alphanumeric()).count();
    let left = touching(&mut before.chars().rev().take(TOKEN_CHARS));
    let right = touching(&mut after.chars().take(TOKEN_CHARS));
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let continues_number = (is_digit(before.chars().next_back()) && is_digit(word.chars().next()))
        || (is_digit(word.chars().next_back()) && is_digit(after.chars().next()));
    let is_free = left == 0 && right == 0;
    is_free || (!continues_number && left + word.chars().count() + right < TOKEN_CHARS)
}

/// The text with one layer of encoding undone.
fn undo(text: &str) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let decoded = match c {
            '%' => percent(rest),
            '&' => entity(rest),
            '\\' => quoted_pair(rest),
            '=' => encoded_word(rest),
            // Nobody sees it on a screen: an identifier that contains one is shown all the same.
            c if is_invisible(c) => Some((c.len_utf8(), Vec::new())),
            '\u{a0}' | '\u{202f}' => Some((c.len_utf8(), b" ".to_vec())),
            _ => None,
        };
        match decoded {
            Some((length, bytes)) => {
                out.extend(bytes);
                at += length;
            }
            None => {
                at += c.len_utf8();
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn percent(rest: &str) -> Option<(usize, Vec<u8>)> {
    let byte = u8::from_str_radix(rest.get(1..3)?, 16).ok()?;
    Some((3, vec![byte]))
}

fn entity(rest: &str) -> Option<(usize, Vec<u8>)> {
    // Bounded: a text of ampersands would otherwise be read to its end for each of them.
    let end = rest.bytes().take(12).position(|byte| byte == b';')?;
    let name = &rest[1..end];
    let shown = match name.strip_prefix('#') {
        Some(number) => numbered_entity(number)?.to_string(),
        None => named_entity(name)?.to_owned(),
    };
    Some((end + 1, shown.into_bytes()))
}

fn numbered_entity(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

fn named_entity(name: &str) -> Option<&'static str> {
    Some(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => " ",
        "commat" => "@",
        "period" => ".",
        "shy" => "",
        _ => return None,
    })
}

/// `\x` is `x`; escapes of JSON and scripts become what they stand for.
fn quoted_pair(rest: &str) -> Option<(usize, Vec<u8>)> {
    let hex = |digits: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
        Some((2 + digits, char::from_u32(code)?.to_string().into_bytes()))
    };
    match rest.as_bytes().get(1)? {
        b'u' => hex(4).or(Some((1, Vec::new()))),
        b'x' => hex(2).or(Some((1, Vec::new()))),
        _ => Some((1, Vec::new())),
    }
}

/// `=?utf-8?B?UDAwMDI=?=`, `=?utf-8?Q?P=30002?=`.
fn encoded_word(rest: &str) -> Option<(usize, Vec<u8>)> {
    let body = rest.strip_prefix("=?")?;
    let (charset, body) = body.split_once('?')?;
    let (coding, body) = body.split_once('?')?;
    let (text, _) = body.split_once("?=")?;
    let length = 2 + charset.len() + 1 + coding.len() + 1 + text.len() + 2;
    let bytes = match coding {
        "B" | "b" => STANDARD
            .decode(text)
            .or_else(|_| STANDARD_NO_PAD.decode(text))
            .ok()?,
        "Q" | "q" => undo_quoted(text),
        _ => return None,
    };
    Some((length, bytes))
}

fn undo_quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let (length, shown) = match (byte, coded_byte(text, at)) {
            (b'=', Some(coded)) => (3, coded),
            (b'_', _) => (1, b' '),
            (byte, _) => (1, *byte),
        };
        out.push(shown);
        at += length;
    }
    out
}

/// The byte that the two digits after `at` write.
fn coded_byte(text: &str, at: usize) -> Option<u8> {
    let digits = text.get(at + 1..at + 3)?;
    u8::from_str_radix(digits, 16).ok()
}

/// `filename*0="P00"; filename*1="02"` reads `P0002`, in whatever order the two are sent (RFC 2231,
/// section 3).
fn joined_parameters(text: &str) -> Option<String> {
    let mut sections: Vec<(String, u32, &str)> = Vec::new();
    for parameter in text.split(';') {
        let Some((name, value)) = parameter.split_once('=') else {
            continue;
        };
        let Some((name, number)) = name.trim().split_once('*') else {
            continue;
        };
        // `1*` for a section that is percent-encoded.
        let number = number.strip_suffix('*').unwrap_or(number).trim();
        if number.starts_with(|c: char| c.is_ascii_digit()) {
            // One that is too large comes last, as it would in any program that accepts it.
            let number = number.parse().unwrap_or(u32::MAX);
            let value = value.trim().trim_matches('"');
            sections.push((name.trim_end().to_ascii_lowercase(), number, value));
        }
    }
    // Each parameter by itself. Stable: two sections with one number keep their order.
    sections.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let parameters = sections.chunk_by(|a, b| a.0 == b.0);
    let joined = parameters.map(|sections| sections.iter().map(|(.., value)| *value).collect());
    (sections.len() > 1).then(|| joined.collect::<Vec<String>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &[&str]) {
        let shape = Regex::new("P[0-9]{4}").unwrap();
        let mut found = Vec::new();
        for reading in readings(value.as_bytes()) {
            for token in tokens(&reading) {
                has_word(&shape, token, |word| found.push(word.to_owned()));
            }
        }
        found.sort();
        found.dedup();
        assert_eq!(found, expected, "{value}: {:?}", readings(value.as_bytes()));
    }

    #[test]
    fn an_identifier_is_found_however_it_is_written() {
        for value in [
            "/fiche/P0002",
            "/fiche/%500002?x",
            "/fiche/%2550%30002",
            "</fiche/P0002>; rel=\"next\"",
            "attachment; filename=\"fiche_P0002.pdf\"",
            "attachment; filename=\"\\P0\\0\\02.pdf\"",
            "attachment; filename*=UTF-8''P%30002.pdf",
            "attachment; filename*0=\"P0\"; filename*1=\"002.pdf\"",
            "attachment; filename*1=\"002.pdf\"; filename*0=\"P0\"",
            "attachment; filename*1*=%3002.pdf; x*0=\"1\"; FileName*0*=UTF-8''P0",
            "attachment; filename*10=2; filename*9=0; filename*2=0; filename*0=P; filename*1=0",
            "attachment; filename=\"=?utf-8?B?UDAwMDI=?=\"",
            "attachment; filename=\"=?UTF-8?Q?P=30=30=302?=\"",
            "5; url=/fiche/&#80;0002",
            "dernier=P0002; Path=/",
            "dernier={\\u0022id\\u0022:\\u0022\\u00500002\\u0022}",
            "P00\u{ad}02",
        ] {
            check(value, &["P0002"]);
        }
        check("P0002,P0003 P0004", &["P0002", "P0003", "P0004"]);
        for value in [
            "/dossierP0002/edit",
            "attachment; filename=\"ficheP0002bis.csv\"",
            "a=xP0002",
        ] {
            check(value, &["P0002"]);
        }
        // A longer number, and letters of a random token.
        for value in ["/fiche/P00021", "s=9sKxW2P0002vq81LmZt0aB7d"] {
            check(value, &[]);
        }
    }

    #[test]
    fn letters_of_a_code_are_no_letters_of_an_identifier() {
        let mail = Regex::new("[^@ ]+@[^@ ]+").unwrap();
        for value in [
            "vu=marie@ex.fr; Path=/",
            "vu=%20marie%40ex.fr",
            "</fiche?m=%2fmarie@ex.fr>",
            "a=\\u0026marie@ex.fr",
        ] {
            let mut found = Vec::new();
            for reading in readings(value.as_bytes()) {
                for token in tokens(&reading) {
                    has_word(&mail, token, |word| found.push(word.to_owned()));
                }
            }
            found.dedup();
            assert_eq!(found, ["marie@ex.fr"], "{value}");
        }
    }

    #[test]
    fn a_part_of_a_word_is_nobody() {
        for value in [
            "P00025",
            "nonce-abcP0002xyzQ9r8s7t6u5",
            "100%",
            "a=b",
            "\\",
            "%",
            "&",
            "=?",
            "é%C3",
        ] {
            check(value, &[]);
        }
    }
}
