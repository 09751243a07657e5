//! The quantity of a number in an uploaded workbook, and how its cell shows it.
//!
//! A text field takes a number as its cell shows it; an amount takes its value when it is in euros.
//! Where the display depends on the program that opens the file (a decimal comma or point without a
//! language, a fraction, an exponent, a duration), there is none: a guess would import a text that
//! the user never saw.

use std::sync::Arc;

use super::format_code::{Piece, filled, sections, tokens};

/// The longest format code: Excel accepts 255 characters, of up to four bytes.
const CODE_BYTES_MAX: usize = 1_020;
/// Digits that a cell without a format certainly shows.
const GENERAL_DIGITS_MAX: usize = 10;
/// Whole numbers of at most fifteen digits are exact in a workbook.
const WHOLE_DIGITS_MAX: usize = 15;

/// What a number measures, according to its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Plain,
    Euros,
    Percent,
    /// Another currency, a duration, or words from the format.
    Other,
}

/// A number in an uploaded workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedNumber {
    /// With a decimal point, in the fewest digits that identify it.
    pub value: String,
    pub quantity: Quantity,
    /// What the cell shows; `None` where that is unknown.
    pub shown: Option<String>,
}

/// How a format shows numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NumberLook {
    General,
    Unknown,
    /// Sections for positive, negative and zero.
    Coded(Arc<Vec<FormatSection>>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct FormatSection {
    quantity: Quantity,
    body: SectionBody,
}

#[derive(Debug, PartialEq, Eq)]
enum SectionBody {
    General {
        before: String,
        after: String,
        signs: Option<NumberSigns>,
    },
    Digits(DigitPlaces),
    /// Digit places of a whole number between other characters: `0 00 00`.
    Spread(Vec<Piece>),
    /// Only words.
    Words(String),
    Unknown,
}

#[derive(Debug, PartialEq, Eq)]
struct DigitPlaces {
    before: String,
    after: String,
    whole_min: usize,
    decimals_min: usize,
    decimals_max: usize,
    is_grouped: bool,
    percents: usize,
    signs: Option<NumberSigns>,
}

/// The decimal and group separators of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NumberSigns {
    decimal: char,
    group: char,
}

const FRENCH: NumberSigns = NumberSigns {
    decimal: ',',
    group: ' ',
};
const ENGLISH: NumberSigns = NumberSigns {
    decimal: '.',
    group: ',',
};

impl NumberLook {
    /// The built-in formats, known by number only (ECMA-376, part 1, 18.8.30). Currency formats (5
    /// to 8, 42, 44) show the currency of the reader's settings, so they are unknown.
    pub(super) fn numbered(id: u32) -> Self {
        match id {
            0 | 49 => Self::General,
            1 => Self::parse("0"),
            2 => Self::parse("0.00"),
            3 | 37 | 38 | 41 => Self::parse("#,##0"),
            4 | 39 | 40 | 43 => Self::parse("#,##0.00"),
            9 => Self::parse("0%"),
            10 => Self::parse("0.00%"),
            11 => Self::parse("0.00E+00"),
            12 | 13 => Self::parse("# ?/?"),
            48 => Self::parse("##0.0E+0"),
            _ => Self::Unknown,
        }
    }

    pub(super) fn parse(code: &str) -> Self {
        if code.len() > CODE_BYTES_MAX {
            return Self::Unknown;
        }
        // The fourth section is for texts.
        Self::Coded(Arc::new(
            sections(code)
                .into_iter()
                .take(3)
                .map(FormatSection::of)
                .collect(),
        ))
    }

    /// The number that a cell contains as `written`.
    pub(super) fn number(&self, written: &str) -> UploadedNumber {
        let Some(number) = finite(written) else {
            return UploadedNumber {
                value: written.to_owned(),
                quantity: Quantity::Other,
                shown: None,
            };
        };
        let (quantity, shown) = match self {
            Self::General => (Quantity::Plain, general(number, None)),
            Self::Unknown => (Quantity::Other, None),
            Self::Coded(sections) => look(sections, number),
        };
        UploadedNumber {
            value: number.to_string(),
            quantity,
            shown,
        }
    }
}

fn look(sections: &[FormatSection], number: f64) -> (Quantity, Option<String>) {
    let at = match sections.len() {
        2.. if number < 0.0 => 1,
        3.. if number == 0.0 => 2,
        _ => 0,
    };
    let Some(section) = sections.get(at) else {
        return (Quantity::Plain, general(number, None));
    };
    // A separate section for negative numbers contains their sign.
    let sign = if number < 0.0 && at == 0 { "-" } else { "" };
    let shown = section
        .body
        .show(number.abs())
        .map(|shown| format!("{sign}{shown}"));
    (section.quantity, shown)
}

impl FormatSection {
    fn of(pieces: Vec<Piece>) -> Self {
        let quantity = quantity(&pieces);
        let body = body(pieces);
        let quantity = if matches!(body, SectionBody::Words(_)) {
            Quantity::Other
        } else {
            quantity
        };
        Self { quantity, body }
    }
}

impl SectionBody {
    fn show(&self, number: f64) -> Option<String> {
        match self {
            Self::General {
                before,
                after,
                signs,
            } => Some(format!("{before}{}{after}", general(number, *signs)?)),
            Self::Digits(digits) => digits.show(number),
            Self::Spread(pieces) => Some(filled(&tokens(pieces, false), &whole(number)?)),
            Self::Words(words) => Some(words.clone()),
            Self::Unknown => None,
        }
    }
}

impl DigitPlaces {
    fn show(&self, number: f64) -> Option<String> {
        let (whole, decimals) = rounded(
            &shifted(&number.to_string(), 2 * self.percents),
            self.decimals_max,
        );
        let least = decimals.trim_end_matches('0').len().max(self.decimals_min);
        let decimals = &decimals[..least];
        let whole = whole.trim_start_matches('0');
        // Beyond fifteen digits the workbook itself has lost the number; what the cell shows is not
        // what was typed.
        if whole.len() > WHOLE_DIGITS_MAX {
            return None;
        }
        let whole = format!("{whole:0>width$}", width = self.whole_min);
        let whole = match self.signs {
            Some(signs) if self.is_grouped => grouped(&whole, signs.group),
            _ => whole,
        };
        let number = if decimals.is_empty() {
            whole
        } else {
            format!("{whole}{}{decimals}", self.signs?.decimal)
        };
        Some(format!("{}{number}{}", self.before, self.after))
    }
}

/// A number without a format: whole numbers always, others only when they are short and the
/// language is known.
fn general(number: f64, signs: Option<NumberSigns>) -> Option<String> {
    let sign = if number < 0.0 { "-" } else { "" };
    if let Some(digits) = whole(number.abs()) {
        return Some(format!("{sign}{digits}"));
    }
    let text = number.to_string();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let decimal = signs?.decimal.to_string();
    (digits <= GENERAL_DIGITS_MAX).then(|| text.replace('.', &decimal))
}

/// The digits of a whole number.
fn whole(number: f64) -> Option<String> {
    let digits = format!("{number:.0}");
    (number.fract() == 0.0 && digits.len() <= WHOLE_DIGITS_MAX).then_some(digits)
}

/// A decimal number with its point moved `places` to the right.
fn shifted(text: &str, places: usize) -> String {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = format!("{decimals:0<places$}");
    let (more, rest) = decimals.split_at(places);
    format!("{whole}{more}.{rest}")
}

fn finite(written: &str) -> Option<f64> {
    let number: f64 = written.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

/// Adds one to the last digit.
fn round_up(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit != b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// The digits before and after the point, rounded half up as spreadsheets do. On the decimal text,
/// as rounding the double gives other results.
fn rounded(text: &str, places: usize) -> (String, String) {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let kept = format!("{decimals:0<places$}");
    let next = kept.as_bytes().get(places);
    let mut digits: Vec<u8> = whole.bytes().chain(kept.bytes().take(places)).collect();
    if next.is_some_and(|digit| *digit >= b'5') {
        round_up(&mut digits);
    }
    let text = String::from_utf8(digits).unwrap_or_default();
    let at = text.len() - places;
    (text[..at].to_owned(), text[at..].to_owned())
}

fn grouped(digits: &str, sign: char) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(sign);
        }
        grouped.push(digit);
    }
    grouped
}

/// The symbol and the language of `[$€-40C]`.
fn currency_bracket(inner: &str) -> Option<(&str, Option<NumberSigns>)> {
    let inner = inner.strip_prefix('$')?;
    let (symbol, code) = inner.rsplit_once('-').unwrap_or((inner, ""));
    // The low ten bits of a Windows language identifier are the language, the rest its country.
    let signs = match u32::from_str_radix(code, 16).map(|code| code & 0x3ff) {
        Ok(0x0c) => Some(FRENCH),
        Ok(0x09) => Some(ENGLISH),
        Ok(_) | Err(_) => None,
    };
    Some((symbol, signs))
}

fn quantity(pieces: &[Piece]) -> Quantity {
    let mut words = String::new();
    let mut is_percent = false;
    for piece in pieces {
        match piece {
            Piece::Sign('%') | Piece::Literal('%') => is_percent = true,
            Piece::Literal(c) => words.push(*c),
            Piece::Sign(c) if is_currency(*c) => words.push(*c),
            Piece::Sign(_) => {}
            Piece::Bracket(inner) => {
                words.push_str(currency_bracket(inner).map_or("", |(symbol, _)| symbol));
            }
        }
    }
    match is_percent {
        true => Quantity::Percent,
        false => quantity_of_unit(&words.to_lowercase()),
    }
}

fn quantity_of_unit(words: &str) -> Quantity {
    let bare = ["euros", "euro", "eur", "€"]
        .iter()
        .fold(words.to_owned(), |words, unit| words.replace(unit, ""));
    // Any other word ("k", "hours") changes what the number counts.
    if bare.contains(|c: char| c.is_alphanumeric() || is_currency(c)) {
        return Quantity::Other;
    }
    if bare == words {
        Quantity::Plain
    } else {
        Quantity::Euros
    }
}

fn is_currency(c: char) -> bool {
    matches!(
        c,
        '$' | '£' | '¥' | '¢' | '€' | '₿' | '฿' | '\u{20a0}'..='\u{20cf}'
    )
}

/// The body of a section. Sections for dates and times show no number.
fn body(pieces: Vec<Piece>) -> SectionBody {
    if pieces.is_empty() {
        // An empty section hides the number, but the user still has it in the file.
        return SectionBody::General {
            before: String::new(),
            after: String::new(),
            signs: None,
        };
    }
    let Some(pieces) = plain_pieces(pieces) else {
        return SectionBody::Unknown;
    };
    let signs = pieces.iter().find_map(|piece| match piece {
        Piece::Bracket(inner) => currency_bracket(inner).and_then(|(_, signs)| signs),
        Piece::Sign(_) | Piece::Literal(_) => None,
    });
    if let Some(general) = general_body(&pieces, signs) {
        return general;
    }
    let is_place = |piece: &Piece| matches!(piece, Piece::Sign('0' | '#' | '?'));
    let Some(first) = pieces.iter().position(is_place) else {
        let words = written(&pieces);
        return if words.trim().is_empty() {
            SectionBody::Unknown
        } else {
            SectionBody::Words(words)
        };
    };
    let last = pieces.iter().rposition(is_place).unwrap_or(first);
    let (before, middle, after) = (&pieces[..first], &pieces[first..=last], &pieces[last + 1..]);
    if !middle
        .iter()
        .all(|piece| matches!(piece, Piece::Sign('0' | '#' | '?' | ',' | '.')))
    {
        let is_spread = !middle
            .iter()
            .any(|piece| matches!(piece, Piece::Sign('.' | ',' | '%' | '/' | 'E')));
        return if is_spread && !pieces.contains(&Piece::Sign('%')) {
            SectionBody::Spread(pieces)
        } else {
            SectionBody::Unknown
        };
    }
    // A comma after the last digit divides by a thousand.
    let scales = matches!(after.first(), Some(Piece::Sign(',')));
    let is_odd = |piece: &Piece| matches!(piece, Piece::Sign(',' | '.' | '/' | 'E'));
    if scales || before.iter().chain(after).any(is_odd) {
        return SectionBody::Unknown;
    }
    let (before, after) = (written(before), written(after));
    digits_body(
        middle,
        before,
        after,
        signs,
        pieces
            .iter()
            .filter(|piece| **piece == Piece::Sign('%'))
            .count(),
    )
}

fn zeros(pieces: &[Piece]) -> usize {
    let zeros = pieces.iter().filter(|piece| **piece == Piece::Sign('0'));
    zeros.count()
}

fn digits_body(
    middle: &[Piece],
    before: String,
    after: String,
    signs: Option<NumberSigns>,
    percents: usize,
) -> SectionBody {
    let point = middle.iter().position(|piece| *piece == Piece::Sign('.'));
    let (whole, decimals) = middle.split_at(point.unwrap_or(middle.len()));
    let is_odd = decimals
        .iter()
        .skip(1)
        .any(|piece| matches!(piece, Piece::Sign('.' | ',')));
    // A question mark leaves a blank as wide as a digit.
    if is_odd || middle.contains(&Piece::Sign('?')) {
        return SectionBody::Unknown;
    }
    SectionBody::Digits(DigitPlaces {
        before,
        after,
        whole_min: zeros(whole),
        decimals_min: zeros(decimals),
        decimals_max: decimals.len().saturating_sub(1),
        is_grouped: whole.contains(&Piece::Sign(',')),
        percents,
        signs,
    })
}

/// True for a bracket that names a colour, and no elapsed time.
fn is_colour(inner: &str) -> bool {
    let is_word = inner.chars().all(|c| c.is_alphanumeric() || c == ' ');
    let is_elapsed = inner
        .chars()
        .all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's'));
    is_word && !is_elapsed
}

/// The pieces that show something; `None` for conditions, dates, times, exponents and unknown
/// letters.
fn plain_pieces(pieces: Vec<Piece>) -> Option<Vec<Piece>> {
    let mut plain = Vec::new();
    let mut rest = pieces.into_iter();
    let mut word = String::new();
    while let Some(piece) = rest.next() {
        match &piece {
            // The next character fills the rest of the cell.
            Piece::Sign('*') => drop(rest.next()),
            Piece::Bracket(inner) if currency_bracket(inner).is_none() => {
                if !is_colour(inner) {
                    return None;
                }
            }
            Piece::Sign(c) if c.is_alphabetic() => {
                word.extend(c.to_lowercase());
                plain.push(piece);
            }
            Piece::Sign(_) | Piece::Literal(_) | Piece::Bracket(_) => plain.push(piece),
        }
    }
    matches!(word.as_str(), "" | "general" | "standard").then_some(plain)
}

fn general_body(pieces: &[Piece], signs: Option<NumberSigns>) -> Option<SectionBody> {
    let is_general =
        |piece: &Piece| matches!(piece, Piece::Sign(c) if c.is_alphabetic() || *c == '@');
    let first = pieces.iter().position(is_general)?;
    let last = pieces.iter().rposition(is_general)?;
    let (before, after) = (written(&pieces[..first]), written(&pieces[last + 1..]));
    Some(SectionBody::General {
        before,
        after,
        signs,
    })
}

/// The text of pieces other than digits.
fn written(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Sign(c) | Piece::Literal(c) => c.to_string(),
            Piece::Bracket(inner) => currency_bracket(inner)
                .map_or("", |(symbol, _)| symbol)
                .to_owned(),
        })
        .collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, written: &str, quantity: Quantity, shown: Option<&str>) {
        let number = NumberLook::parse(code).number(written);
        assert_eq!(
            (number.quantity, number.shown.as_deref()),
            (quantity, shown),
            "{code} of {written}"
        );
    }

    #[test]
    fn a_number_looks_as_its_format_writes_it() {
        for (code, written, quantity, shown) in [
            ("General", "12", Quantity::Plain, Some("12")),
            ("General", "3.5", Quantity::Plain, None),
            ("[$-40C]General", "3.5", Quantity::Plain, Some("3,5")),
            ("@", "77", Quantity::Plain, Some("77")),
            ("", "77", Quantity::Plain, Some("77")),
            ("0.00%", "0.9", Quantity::Percent, None),
            ("0%", "0.9", Quantity::Percent, Some("90%")),
            ("0%", "2", Quantity::Percent, Some("200%")),
            ("[$-409]0.0%", "0.125", Quantity::Percent, Some("12.5%")),
            ("[$-40C]0.0%", "0.125", Quantity::Percent, Some("12,5%")),
            ("[$-409]0.00", "2.1", Quantity::Plain, Some("2.10")),
            ("[$-409]0.0", "1", Quantity::Plain, Some("1.0")),
            ("[$-409]0.00", "2.675", Quantity::Plain, Some("2.68")),
            ("[$-409]0.0", "9.96", Quantity::Plain, Some("10.0")),
            (
                "#,##0.00\\ [$€-40C];[RED]\\-#,##0.00\\ [$€-40C]",
                "1500",
                Quantity::Euros,
                Some("1 500,00 €"),
            ),
            (
                "#,##0.00\\ [$€-40C];[RED]\\-#,##0.00\\ [$€-40C]",
                "-3",
                Quantity::Euros,
                Some("-3,00 €"),
            ),
            ("#,##0 \"€\"", "1500", Quantity::Euros, Some("1500 €")),
            ("_-* #,##0.00\\ \"€\"_-", "1500.5", Quantity::Euros, None),
            ("0.00 \"EUR\"", "1", Quantity::Euros, None),
            (
                "[$$-409]#,##0.00",
                "1500",
                Quantity::Other,
                Some("$1,500.00"),
            ),
            ("[$£-809]#,##0", "1500", Quantity::Other, Some("£1,500")),
            ("0 \"USD\"", "3", Quantity::Other, Some("3 USD")),
            ("0 \"k€\"", "3", Quantity::Other, Some("3 k€")),
            ("0.00E+00", "1000000", Quantity::Plain, None),
            ("[$-409]# ?/?", "0.5", Quantity::Plain, None),
            ("0000", "7", Quantity::Plain, Some("0007")),
            ("0 00 00", "12345", Quantity::Plain, Some("1 23 45")),
            (
                "\"VRAI\";\"VRAI\";\"FAUX\"",
                "1",
                Quantity::Other,
                Some("VRAI"),
            ),
            (
                "\"VRAI\";\"VRAI\";\"FAUX\"",
                "0",
                Quantity::Other,
                Some("FAUX"),
            ),
            ("[>5]0;0.0", "7", Quantity::Plain, None),
            ("0,", "1500000", Quantity::Plain, None),
        ] {
            check(code, written, quantity, shown);
        }
        assert_eq!(
            NumberLook::numbered(9).number("0.5").shown.as_deref(),
            Some("50%")
        );
        assert_eq!(
            NumberLook::numbered(44).number("3").quantity,
            Quantity::Other
        );
    }

    proptest::proptest! {
        #[test]
        fn hostile_formats_do_no_harm(code in "\\PC{0,40}", number in proptest::num::f64::ANY) {
            let _ = NumberLook::parse(&code).number(&number.to_string());
        }

        #[test]
        fn a_whole_number_shows_as_it_is(number in 0u64..1_000_000_000_000_000) {
            for code in ["General", "0", "#", "@"] {
                let shown = NumberLook::parse(code).number(&number.to_string()).shown;
                let expected = if number == 0 && code == "#" { String::new() } else { number.to_string() };
                proptest::prop_assert_eq!(shown, Some(expected), "{}", code);
            }
        }
    }
}
