//! The sweep: finds identifiers by their shape alone, in a text as a person reads it.
//!
//! It is the safety net under rules that know where to look. A text is searched as it is, and again
//! with everything decoded that hides or joins letters: invisible characters, entities,
//! percent-encoding, escapes. What the second search replaces does not count in the first: the `n`
//! of `\n` is not a letter of an e-mail address.

use std::borrow::Cow;
use std::ops::Range;

use digue_types::compatible;
use digue_types::visible::is_invisible;
use wide::u8x16;

use crate::byte_search::first_place;
use crate::hidden_texts::hidden_texts;
use crate::identifier::Pick;
use crate::reading::Unreadable;

/// The most rounds of decoding; a link in an attribute in a script takes three.
const ROUNDS_MAX: usize = 4;

/// One text, as it is and decoded in rounds.
pub struct Layers<'t> {
    text: &'t str,
    /// What of the text is encoded, ascending.
    coded: Vec<CodedSpan>,
    undone: Vec<Layer>,
}

/// A part of a text that stands for something else.
#[derive(Clone, Copy)]
struct CodedSpan {
    start: usize,
    end: usize,
    /// A space that is no ASCII one: a space to a pattern, and itself to a printed identifier.
    is_space: bool,
}

/// A text with something undone.
struct Layer {
    /// As it is printed, no-break spaces and all.
    printed: String,
    /// With plain spaces, for patterns; `None` where nothing differs.
    spaced: Option<String>,
}

impl Layer {
    fn of(printed: String) -> Self {
        Self {
            spaced: spaced(&printed),
            printed,
        }
    }

    fn for_patterns(&self) -> &str {
        self.spaced.as_ref().unwrap_or(&self.printed)
    }
}

impl<'t> Layers<'t> {
    pub fn of(text: &'t str) -> Self {
        let coded = coded_spans(text);
        let mut rounds: Vec<String> = Vec::new();
        while !coded.is_empty() && rounds.len() < ROUNDS_MAX {
            let Some(next) = undo(rounds.last().map_or(text, String::as_str)) else {
                break;
            };
            rounds.push(next);
        }
        let last = rounds.last().map_or(text, String::as_str);
        // Letters in other alphabets or widths (full-width digits, mathematical letters) look like
        // plain ones.
        let plain = (!is_plain_french(last))
            .then(|| plain_letters(last))
            .flatten();
        // Escapes of style sheets are others than those of scripts; the first round may have taken
        // them for those.
        let styled = [Some(text), (!rounds.is_empty()).then_some(last)];
        let styled = styled.into_iter().flatten().filter_map(undo_css);
        // What they hide may be a character that nobody sees, or one of another width.
        let mut styled: Vec<String> = styled.map(|text| undo(&text).unwrap_or(text)).collect();
        let other = styled.iter().filter(|text| !is_plain_french(text));
        let other: Vec<String> = other.filter_map(|text| plain_letters(text)).collect();
        styled.extend(other);
        rounds.extend(plain);
        rounds.extend(styled);
        let mut undone: Vec<Layer> = rounds.into_iter().map(Layer::of).collect();
        if undone.is_empty() && coded.iter().any(|span| span.is_space) {
            undone.push(Layer::of(text.to_owned()));
        }
        Self {
            text,
            coded,
            undone,
        }
    }

    /// Passes every match of `pick` to `take`, some more than once.
    pub fn matches(
        &self,
        pick: &Pick,
        take: &mut dyn FnMut(&str) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let Some(pattern) = &pick.pattern else {
            return Ok(());
        };
        pattern.each_match(self.text, |part| {
            match overlaps(&self.coded, &part, |_| true) {
                true => Ok(()),
                false => take(&self.text[part]),
            }
        })?;
        for layer in &self.undone {
            let plain = layer.for_patterns();
            pattern.each_match(plain, |part| take(&plain[part]))?;
        }
        Ok(())
    }

    /// Passes each text as it is printed, with what of it is encoded, to `look`.
    pub(crate) fn each_text(
        &self,
        look: &mut dyn FnMut(&str, &dyn Fn(Range<usize>) -> bool) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let is_coded = |part: Range<usize>| overlaps(&self.coded, &part, |span| !span.is_space);
        look(self.text, &is_coded)?;
        for layer in &self.undone {
            look(&layer.printed, &|_| false)?;
        }
        Ok(())
    }

    /// What is hidden in the text in base 64, as one text; `None` where nothing is.
    ///
    /// # Errors
    /// A document that no sweep reads is hidden in it.
    pub(crate) fn hidden(&self) -> Result<Option<String>, Unreadable> {
        let last = self.undone.last().map_or(self.text, |layer| &layer.printed);
        hidden_texts(last)
    }
}

/// The text as it is, with everything decoded that hides letters, and what is hidden in it.
pub fn readings(text: &str) -> Vec<String> {
    let layers = Layers::of(text);
    // A document in base 64 is no text; what it names is not known to anyone here.
    let hidden = layers.hidden().ok().flatten();
    let undone = layers.undone.into_iter().map(|layer| layer.printed);
    let plain = std::iter::once(text.to_owned());
    plain.chain(undone).chain(hidden).collect()
}

/// True when an identifier is written in a text, in any coding, letter case and grouping.
///
/// A short one must be a word of its own: every text has the number 7 somewhere.
pub fn is_written_in(identifier: &str, text: &str) -> bool {
    let core = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let own = core(identifier);
    let trimmed = own.trim_start_matches('0');
    let is_long = own.len() >= LONG_CHARS_MIN;
    !own.is_empty()
        && readings(text).iter().any(|reading| {
            let mut words = reading.split(|c: char| !c.is_alphanumeric());
            words.any(|word| core(word).trim_start_matches('0') == trimmed)
                || is_long && core(reading).contains(&own)
        })
}

/// From here on, an identifier is looked for among joined words, too.
const LONG_CHARS_MIN: usize = 5;

fn overlaps(spans: &[CodedSpan], part: &Range<usize>, counts: impl Fn(&CodedSpan) -> bool) -> bool {
    let after = spans.partition_point(|span| span.end <= part.start);
    let within = spans[after..]
        .iter()
        .take_while(|span| span.start < part.end);
    within.into_iter().any(counts)
}

/// The text with a plain space for each other one; `None` without any.
fn spaced(text: &str) -> Option<String> {
    let has = !text.is_ascii() && text.chars().any(is_wide_space);
    has.then(|| {
        let plain = |c: char| if is_wide_space(c) { ' ' } else { c };
        text.chars().map(plain).collect()
    })
}

fn is_wide_space(c: char) -> bool {
    !c.is_ascii() && c.is_whitespace()
}

/// The text in plain letters and digits; spaces stay as they are. `None` where nothing differs.
fn plain_letters(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut has_changed = false;
    for part in text.split_inclusive(is_wide_space) {
        let letters = part.strip_suffix(is_wide_space).unwrap_or(part);
        let read = compatible(letters);
        has_changed |= matches!(&read, Cow::Owned(read) if read != letters);
        plain.push_str(&read);
        plain.push_str(&part[letters.len()..]);
    }
    has_changed.then_some(plain)
}

/// The text with the escapes of style sheets undone (CSS Syntax, 4.3.7): up to six digits, and one
/// space behind them. `None` without any.
fn undo_css(text: &str) -> Option<String> {
    let digits = |rest: &str| {
        let rest = rest.bytes().skip(1).take(6);
        rest.take_while(u8::is_ascii_hexdigit).count()
    };
    let mut plain = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(place) = text[at..].find('\\').map(|place| at + place) {
        let count = digits(&text[place..]);
        at = place + 1 + count;
        if count > 0 {
            let code = u32::from_str_radix(&text[place + 1..at], 16);
            plain.push_str(&text[copied..place]);
            plain.extend(code.ok().and_then(char::from_u32));
            let space = text[at..].starts_with([' ', '\t', '\n', '\u{c}']);
            at += usize::from(space);
            copied = at;
        }
    }
    (copied > 0).then(|| {
        plain.push_str(&text[copied..]);
        plain
    })
}

/// An encoded character at the start of `rest`: its length in bytes, and its meaning.
fn coded_character(rest: &str) -> Option<(usize, Decoded)> {
    let first = rest.chars().next()?;
    match first {
        '%' => percent_run(rest),
        '&' => entity(rest),
        '\\' => escape(rest),
        c if is_invisible(c) => Some((c.len_utf8(), Decoded::Nothing)),
        c if is_wide_space(c) => Some((c.len_utf8(), Decoded::Space)),
        _ => None,
    }
}

enum Decoded {
    Nothing,
    /// A space that is no ASCII one, which stays.
    Space,
    Char(char),
    Text(String),
}

/// The next place where an encoded character may begin, or one that may be invisible.
fn next_candidate(text: &str, from: usize) -> Option<usize> {
    first_candidate(&text.as_bytes()[from..]).map(|place| from + place)
}

/// The first byte that may begin such a character. U+00C0 to U+00FF, the accented letters of
/// western Europe, all begin with 0xC3, and none of them is invisible or white space; what follows
/// the first byte of a character begins none.
fn first_candidate(bytes: &[u8]) -> Option<usize> {
    first_place(bytes, candidate_places, is_candidate)
}

fn is_candidate(byte: &u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | 0..=8 | 0xe..=0x1e | 0x7f | 0xc0..=0xc2 | 0xc4..)
}

fn first_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    // What counts of each byte is the highest bit.
    first_place(bytes, |block| block, |byte| !byte.is_ascii())
}

/// The bytes of `is_candidate`.
#[inline]
fn candidate_places(block: u8x16) -> u8x16 {
    let is = |byte: u8| block.simd_eq(u8x16::splat(byte));
    let at_most = |block: u8x16, most: u8| block.min(u8x16::splat(most)).simd_eq(block);
    let begins_beyond = block.max(u8x16::splat(0xc0)).simd_eq(block) & !is(0xc3);
    // Below 0xe this wraps around to large values.
    let is_control = at_most(block, 8) | at_most(block - u8x16::splat(0xe), 0x10) | is(0x7f);
    is(b'%') | is(b'&') | is(b'\\') | is_control | begins_beyond
}

/// True when `compatible` would leave the text as it is: Latin letters and the signs of ordinary
/// French text have no other form. A text without any other character needs no table of Unicode.
fn is_plain_french(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(beyond) = first_beyond_ascii(&bytes[at..]) {
        at += beyond;
        let Some(c) = text[at..].chars().next() else {
            return true;
        };
        let is_stable = matches!(
            c,
            'À'..='ÿ'
                | 'Œ'
                | 'œ'
                | 'Ÿ'
                | '«'
                | '»'
                | '°'
                | '–'
                | '—'
                | '‘'
                | '’'
                | '“'
                | '”'
                | '€'
        ) || is_wide_space(c);
        if !is_stable {
            return false;
        }
        at += c.len_utf8();
    }
    true
}

/// The ranges of the text that are encoded.
fn coded_spans(text: &str) -> Vec<CodedSpan> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(candidate) = next_candidate(text, at) {
        let length = match coded_character(&text[candidate..]) {
            Some((length, decoded)) => {
                spans.push(CodedSpan {
                    start: candidate,
                    end: candidate + length,
                    is_space: matches!(decoded, Decoded::Space),
                });
                length
            }
            None => text[candidate..].chars().next().map_or(1, char::len_utf8),
        };
        at = candidate + length;
    }
    spans
}

/// The text with one layer of encoding removed; `None` when there is none.
fn undo(text: &str) -> Option<String> {
    let mut plain = String::new();
    let (mut copied, mut at, mut has_changed) = (0, 0, false);
    while let Some(candidate) = next_candidate(text, at) {
        match coded_character(&text[candidate..]) {
            Some((length, Decoded::Space)) => at = candidate + length,
            Some((length, decoded)) => {
                plain.push_str(&text[copied..candidate]);
                match decoded {
                    Decoded::Nothing | Decoded::Space => {}
                    Decoded::Char(c) => plain.push(c),
                    Decoded::Text(decoded) => plain.push_str(&decoded),
                }
                at = candidate + length;
                copied = at;
                has_changed = true;
            }
            None => at = candidate + text[candidate..].chars().next().map_or(1, char::len_utf8),
        }
    }
    has_changed.then(|| {
        plain.push_str(&text[copied..]);
        plain
    })
}

/// A run such as `%41%C3%A9`, decoded together because one character may take several bytes.
fn percent_run(rest: &str) -> Option<(usize, Decoded)> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(digits) = rest
        .as_bytes()
        .get(at..at + 3)
        .filter(|three| three[0] == b'%')
    {
        let Some(byte) = std::str::from_utf8(&digits[1..])
            .ok()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        else {
            break;
        };
        bytes.push(byte);
        at += 3;
    }
    (at > 0).then(|| {
        (
            at,
            Decoded::Text(String::from_utf8_lossy(&bytes).into_owned()),
        )
    })
}

fn entity(rest: &str) -> Option<(usize, Decoded)> {
    let body = &rest[1..];
    let end = match body.strip_prefix('#') {
        // Its digits alone: what follows without a semicolon is no part of it (HTML, 13.2.5.80).
        Some(number) => 1 + number_length(number),
        None => body
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(body.len()),
    };
    let has_semicolon = body[end..].starts_with(';');
    let name = &body[..end];
    let length = 1 + end + usize::from(has_semicolon);
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some((
            length,
            char::from_u32(code).map_or(Decoded::Nothing, Decoded::Char),
        ));
    }
    // Named references need theirs here: `&copy=1` in a link is a parameter and no sign.
    if !has_semicolon || name.is_empty() {
        return None;
    }
    let whole = &rest[..length];
    let decoded = html_escape::decode_html_entities(whole);
    (decoded != whole).then(|| (length, Decoded::Text(decoded.into_owned())))
}

/// The bytes of the number in a character reference.
fn number_length(number: &str) -> usize {
    let (prefix, is_digit): (usize, fn(&u8) -> bool) = match number.starts_with(['x', 'X']) {
        true => (1, u8::is_ascii_hexdigit),
        false => (0, u8::is_ascii_digit),
    };
    prefix + number.bytes().skip(prefix).take_while(is_digit).count()
}

/// Escapes of JSON and JavaScript.
fn escape(rest: &str) -> Option<(usize, Decoded)> {
    let hex = |from: usize, count: usize| {
        let digits = rest.get(from..from + count)?;
        u32::from_str_radix(digits, 16).ok()
    };
    match rest.as_bytes().get(1)? {
        b'n' | b'r' | b't' | b'b' | b'f' | b'v' => Some((2, Decoded::Char(' '))),
        b'"' => Some((2, Decoded::Char('"'))),
        b'\'' => Some((2, Decoded::Char('\''))),
        b'/' => Some((2, Decoded::Char('/'))),
        b'\\' => Some((2, Decoded::Char('\\'))),
        b'x' => Some((
            4,
            char::from_u32(hex(2, 2)?).map_or(Decoded::Nothing, Decoded::Char),
        )),
        b'u' if rest.as_bytes().get(2) == Some(&b'{') => {
            // The digits only: a search for the brace would read the whole text for each of many
            // openings.
            let digits = rest
                .bytes()
                .skip(3)
                .take_while(u8::is_ascii_hexdigit)
                .count();
            let end = Some(3 + digits).filter(|end| rest.as_bytes().get(*end) == Some(&b'}'))?;
            let code = u32::from_str_radix(&rest[3..end], 16).ok()?;
            Some((
                end + 1,
                char::from_u32(code).map_or(Decoded::Nothing, Decoded::Char),
            ))
        }
        b'u' => {
            let code = hex(2, 4)?;
            // JSON writes characters beyond U+FFFF as two escapes (RFC 8259, 7).
            if let (0xd800..=0xdbff, Some("\\u")) = (code, rest.get(6..8)) {
                let low = hex(8, 4).filter(|low| (0xdc00..=0xdfff).contains(low))?;
                let whole = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return Some((
                    12,
                    char::from_u32(whole).map_or(Decoded::Nothing, Decoded::Char),
                ));
            }
            Some((
                6,
                char::from_u32(code).map_or(Decoded::Nothing, Decoded::Char),
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::SearchPattern;

    fn swept(pattern: &str, text: &str) -> Vec<String> {
        let pick = Pick::by_pattern(0, SearchPattern::new(pattern).unwrap(), "sweep");
        let mut found = Vec::new();
        let keep = &mut |part: &str| {
            found.push(part.to_owned());
            Ok(())
        };
        Layers::of(text).matches(&pick, keep).unwrap();
        found.sort();
        found.dedup();
        found
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(swept(r"\bP[0-9]{4}\b", text), expected, "{text}");
    }

    #[test]
    fn what_a_person_reads_is_found_however_it_is_written() {
        for text in [
            "voir P0002.",
            "\\nP0002",
            "\\u0050\\u00300\\u{30}2",
            "&#80;0002",
            "&#x50;0002",
            "%500002",
            "P%30002",
            "P%30%30%302",
            "P\u{ad}0002",
            "P00\u{200b}02",
            "\u{a0}P0002\u{a0}",
            "&nbsp;P0002&nbsp;",
            "\\x500002",
            "%2550%25300002".replace("%25300002", "0002").as_str(),
            "&amp;#80;0002",
            "href=\\\"/fiche/P0002\\\"",
            "P000&shy;2",
            "P00\u{feff}02",
            "&#80&#48;002",
            "content:\"\\50 0002\"",
            "content:\"\\50 0\\200b 002\"",
            "content:\"\\ff30 0002\"",
            "content:\"\\0000500002\"",
            "\\50\\30\\30\\30\\32",
        ] {
            check(text, &["P0002"]);
        }
    }

    #[test]
    fn an_identifier_is_written_in_any_coding() {
        for text in [
            "id=1000001a",
            "{\"id\": \"1 000 001 A\"}",
            "/p/%31000001A",
            "{\"x\":\"MTAwMDAwMUE=\"}",
            "numero=0001000001A",
            "{\"n\":\"\\u0031000001A\"}",
        ] {
            assert!(is_written_in("1000001A", text), "{text}");
        }
        assert!(is_written_in("7", "{\"id\":7}"));
        for text in ["{\"annee\":2017}", "/p/77"] {
            assert!(!is_written_in("7", text), "{text}");
        }
    }

    #[test]
    fn letters_of_a_code_are_no_letters_of_an_identifier() {
        let mail = r"[a-z0-9.]+@[a-z.]+";
        for text in [
            r"x\nmarie@exemple.fr",
            "%20marie@exemple.fr",
            "&nbsp;marie@exemple.fr",
        ] {
            assert_eq!(swept(mail, text), ["marie@exemple.fr"], "{text}");
        }
    }

    #[test]
    fn escapes_that_never_end_are_passed_over_once() {
        let openings = r"\u{".repeat(1 << 20);
        check(&format!("{openings} P0002"), &["P0002"]);
        check(r"\u{50}0002 \u{} \u{110000}", &["P0002"]);
    }

    #[test]
    fn a_sign_that_codes_nothing_is_itself() {
        check("100 % P0002 & P0003 \\ P0004", &["P0002", "P0003", "P0004"]);
        check("50%P0002", &["P0002"]);
        check("&P0002;", &["P0002"]);
    }

    #[test]
    fn every_character_that_may_be_coded_is_a_candidate() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            // White space of ASCII is left as it is.
            if coded_character(&format!("{text}n")).is_some() {
                assert_eq!(next_candidate(&text, 0), Some(0), "{c:?}");
            }
        }
        assert_eq!(next_candidate("déjà vu \u{a0}", 0), Some(10));
    }

    proptest! {
        /// An identifier is found however its letters are encoded, and no other.
        #[test]
        fn any_writing_of_an_identifier_is_found(
            digits in "[0-9]{4}",
            codes in proptest::collection::vec(0usize..8, 5),
            before in "[ ,;(é]{1,3}", after in "[ ,;)é]{1,3}",
        ) {
            let id = format!("P{digits}");
            let mut text = before;
            for (c, code) in id.chars().zip(codes) {
                let number = c as u32;
                match code {
                    0 => text.push_str(&format!("&#{number};")),
                    1 => text.push_str(&format!("&#x{number:x};")),
                    2 => text.push_str(&format!("%{number:02X}")),
                    3 => text.push_str(&format!("\\u{number:04x}")),
                    4 => text.push_str(&format!("\\x{number:02x}")),
                    5 => { text.push('\u{200b}'); text.push(c); }
                    _ => text.push(c),
                }
            }
            text.push_str(&after);
            prop_assert_eq!(swept(r"P[0-9]{4}", &text), vec![id], "{}", text);
        }

        #[test]
        fn candidates_are_those_of_the_definition(
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
            far in 0usize..200,
            filler in proptest::sample::select(vec![b'x', 0xc3, 0xa9, 0xbf, b'\t', 0x1f, b'~']),
        ) {
            let bytes = [vec![filler; far], bytes].concat();
            prop_assert_eq!(first_candidate(&bytes), bytes.iter().position(is_candidate));
            prop_assert_eq!(first_beyond_ascii(&bytes), bytes.iter().position(|byte| !byte.is_ascii()));
        }

        #[test]
        fn plain_french_has_no_other_form(text in "[ -~À-ÿŒœŸ«»°–—‘’“”€]{0,30}", other in "\\PC{0,3}") {
            prop_assert!(is_plain_french(&text) && matches!(compatible(&text), Cow::Borrowed(_)), "{}", text);
            let mixed = text + &other;
            prop_assert!(!is_plain_french(&mixed) || plain_letters(&mixed).is_none(), "{}", mixed);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[%&\\\\#xu0-9a-f;{} é\u{ad}]{0,60}") {
            let _ = swept("[0-9a-f]+", &text);
        }
    }
}
