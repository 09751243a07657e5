//! What a cell with a number shows: leading zeros, letters and spaces are often only in its format.
//!
//! Supported are General, `0`, `#`, `?`, literals, thousands and `@`. Everything else is a date, an
//! amount or a calculation, and not an identifier.

use digue_types::UnreadCause;

use super::format_code::{FormatToken, Piece, filled, sections, tokens};
use super::number_look::NumberLook;

/// Numbers are doubles and shown with fifteen digits: larger whole numbers may have lost digits.
const EXACT_MAX: f64 = 999_999_999_999_999.0;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    number: NumberFormat,
    text: TextFormat,
    /// How numbers look, for uploads.
    pub(super) look: NumberLook,
}

/// What a cell with a text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TextFormat {
    AsItIs,
    Around(String, String),
    /// The fourth section has no `@`: it is shown instead of any text.
    Instead(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum NumberFormat {
    General,
    Pattern(Vec<FormatToken>),
    Date,
    /// A time of day or a duration.
    Time,
    Unknown,
}

impl Format {
    pub(super) const GENERAL: Self = Self {
        number: NumberFormat::General,
        text: TextFormat::AsItIs,
        look: NumberLook::General,
    };
    pub(super) const UNKNOWN: Self = Self {
        number: NumberFormat::Unknown,
        text: TextFormat::AsItIs,
        look: NumberLook::Unknown,
    };

    /// The built-in formats, known by number only (ECMA-376, part 1, 18.8.30).
    pub(super) fn numbered(id: u32) -> Self {
        match id {
            0 | 49 => Self::GENERAL,
            1 => Self::parse("0"),
            3 => Self::parse("#,##0"),
            18..=21 | 45..=47 => Self {
                number: NumberFormat::Time,
                ..Self::UNKNOWN
            },
            14..=17 | 22 | 27..=36 | 50..=58 => Self {
                number: NumberFormat::Date,
                ..Self::UNKNOWN
            },
            _ => Self {
                look: NumberLook::numbered(id),
                ..Self::UNKNOWN
            },
        }
    }

    pub(super) fn parse(code: &str) -> Self {
        let sections = sections(code);
        let text = match text_section(&sections) {
            Some(section) => text_format(section),
            None => TextFormat::AsItIs,
        };
        let number = sections
            .first()
            .map_or(NumberFormat::General, |section| number_format(section));
        let look = match number {
            // A date or time is not a number for a field.
            NumberFormat::Date | NumberFormat::Time => NumberLook::Unknown,
            NumberFormat::General | NumberFormat::Pattern(_) | NumberFormat::Unknown => {
                NumberLook::parse(code)
            }
        };
        Self { number, text, look }
    }

    pub(super) const fn is_date(&self) -> bool {
        matches!(self.number, NumberFormat::Date)
    }

    /// A text as this format shows it; `None` when it is shown unchanged.
    pub(super) fn around_text(&self, text: &str) -> Option<String> {
        match &self.text {
            TextFormat::AsItIs => None,
            TextFormat::Around(before, after) => Some(format!("{before}{text}{after}")),
            TextFormat::Instead(shown) => Some(shown.clone()),
        }
    }

    /// A number as this format shows it.
    pub(super) fn show(&self, written: &str) -> Result<String, UnreadCause> {
        match &self.number {
            NumberFormat::General => whole(written).map(|(sign, digits)| format!("{sign}{digits}")),
            NumberFormat::Pattern(tokens) => {
                let (sign, digits) = whole(written)?;
                if sign.is_empty() {
                    Ok(filled(tokens, &digits))
                } else {
                    Err(UnreadCause::CellType)
                }
            }
            NumberFormat::Date | NumberFormat::Time | NumberFormat::Unknown => {
                Err(UnreadCause::CellType)
            }
        }
    }
}

/// Sign and digits of a whole number.
fn whole(written: &str) -> Result<(&'static str, String), UnreadCause> {
    let number: f64 = written.trim().parse().map_err(|_| UnreadCause::CellType)?;
    // A number with decimals is no identifier, and its format may round it to one that looks like
    // it.
    if number.fract() != 0.0 || number.abs() > EXACT_MAX {
        return Err(UnreadCause::InexactNumber);
    }
    Ok((
        if number < 0.0 { "-" } else { "" },
        format!("{:.0}", number.abs()),
    ))
}

/// The section for texts: the fourth, or the first with a place for a text.
fn text_section(sections: &[Vec<Piece>]) -> Option<&Vec<Piece>> {
    sections.get(3).or_else(|| {
        let mut sections = sections.iter();
        sections.find(|section| section.contains(&Piece::Sign('@')))
    })
}

fn written(pieces: &[Piece]) -> String {
    let signs = pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(c) | Piece::Sign(c) => Some(*c),
        Piece::Bracket(_) => None,
    });
    signs.collect()
}

fn text_format(section: &[Piece]) -> TextFormat {
    let Some(at) = section.iter().position(|piece| *piece == Piece::Sign('@')) else {
        // `;;;` hides the text, but the user still has it in the file.
        let shown = written(section);
        return if shown.trim().is_empty() {
            TextFormat::AsItIs
        } else {
            TextFormat::Instead(shown)
        };
    };
    let (before, after) = (written(&section[..at]), written(&section[at + 1..]));
    if before.is_empty() && after.is_empty() {
        TextFormat::AsItIs
    } else {
        TextFormat::Around(before, after)
    }
}

/// The literal words in a format code, which it shows whatever the cell holds.
pub(super) fn words(code: &str) -> Vec<String> {
    let literal = |piece: &Piece| {
        if let Piece::Literal(c) = piece {
            Some(*c)
        } else {
            None
        }
    };
    let written = sections(code)
        .into_iter()
        .map(|section| section.iter().filter_map(literal).collect::<String>());
    written.filter(|words| !words.trim().is_empty()).collect()
}

fn number_format(section: &[Piece]) -> NumberFormat {
    let signs: String = section
        .iter()
        .filter_map(|piece| {
            if let Piece::Sign(c) = piece {
                Some(*c)
            } else {
                None
            }
        })
        .collect();
    let general = signs
        .to_lowercase()
        .replace("general", "@")
        .replace("standard", "@");
    if section
        .iter()
        .any(|piece| matches!(piece, Piece::Bracket(inner) if !is_plain_bracket(inner)))
    {
        // `[hh]:mm` is a duration, which may exceed a day.
        let is_elapsed = |piece: &Piece| matches!(piece, Piece::Bracket(inner) if !inner.is_empty() && is_hour_letters(inner));
        if section.iter().any(is_elapsed) {
            return NumberFormat::Time;
        }
        return time_or_date(&general).unwrap_or(NumberFormat::Unknown);
    }
    if let Some(format) = time_or_date(&general) {
        return format;
    }
    if general.is_empty() && section.is_empty() {
        // An empty section hides the number, but the user still has it in the file.
        return NumberFormat::General;
    }
    let is_known = |c: char| {
        matches!(
            c,
            '0' | '#'
                | '?'
                | '@'
                | ','
                | ' '
                | '\u{a0}'
                | '\u{202f}'
                | '-'
                | '('
                | ')'
                | ':'
                | '+'
                | '\''
        )
    };
    let scales = general.trim_end().ends_with(',');
    let holds_digits = general.contains(['0', '#', '?', '@']);
    if !general.chars().all(is_known) || scales || !holds_digits {
        return NumberFormat::Unknown;
    }
    NumberFormat::Pattern(tokens(section, general.contains('@')))
}

/// A format with letters for days is a date, one with letters for hours only is a time; one with an
/// exponent (`0.00E+00`) is neither.
fn time_or_date(signs: &str) -> Option<NumberFormat> {
    let bytes = signs.as_bytes();
    let holds_exponent = bytes
        .windows(2)
        .any(|two| matches!(two, [b'e', b'+' | b'-']));
    // An `e` without digits around it is a letter of a date (Japanese eras), and no exponent.
    if holds_exponent && signs.contains(['0', '#', '?']) {
        return None;
    }
    let signs = signs.replace("am/pm", "h").replace("a/p", "h");
    if signs.contains(|c| "ydaejg".contains(c)) {
        return Some(NumberFormat::Date);
    }
    // `m` means minutes next to hours or seconds, and otherwise months.
    if signs.contains(['h', 's']) {
        return Some(NumberFormat::Time);
    }
    signs.contains('m').then_some(NumberFormat::Date)
}

fn is_hour_letters(inner: &str) -> bool {
    inner
        .chars()
        .all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's'))
}

/// True for colours and languages, which change no character.
fn is_plain_bracket(inner: &str) -> bool {
    let is_colour = !inner.is_empty() && inner.chars().all(|c| c.is_alphanumeric() || c == ' ');
    (is_colour && !is_hour_letters(inner)) || inner.starts_with("$-")
}

/// The ISO 8601 date of a serial number, with its time unless midnight; `None` for a time without a
/// date.
pub(super) fn day(written: &str, is_from_1904: bool) -> Option<String> {
    let serial: f64 = written.trim().parse().ok()?;
    // Workbooks of old Macintosh versions count from 1904; both calendars differ by four years and
    // a day.
    let serial = if is_from_1904 {
        serial + 1_462.0
    } else {
        serial
    };
    // The serial number of 31 December 9999, the last day that spreadsheets know.
    if !(1.0..2_958_465.5).contains(&serial) {
        return None;
    }
    // Spreadsheets count a 29 February 1900 that never was: earlier serial numbers are one day off.
    let shift = if serial < 60.0 { 1.0 } else { 0.0 };
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    // Rounded down, as spreadsheets show it, so that the last second of a day stays on that day.
    // Doubles are exact to a few microseconds here; the 0.001 absorbs that error.
    let seconds = ((serial + shift) * 86_400.0 + 0.001).floor() as i64;
    let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The serial number of 1 January 1970.
    let (year, month, day) = civil(days - 25_569);
    let date = format!("{year:04}-{month:02}-{day:02}");
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    Some(if seconds == 0 {
        date
    } else {
        format!("{date}T{hour:02}:{minute:02}:{second:02}")
    })
}

/// Year, month and day of a number of days since 1970 (Howard Hinnant, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, written: &str, expected: Result<&str, UnreadCause>) {
        assert_eq!(
            Format::parse(code).show(written),
            expected.map(str::to_owned),
            "{code} of {written}"
        );
    }

    #[test]
    fn a_number_shows_as_its_format_writes_it() {
        for (code, written, shown) in [
            ("0000000", "1234", "0001234"),
            ("0000000", "0", "0000000"),
            ("0000000", "12345678", "12345678"),
            ("000\\ 000", "1234", "001 234"),
            ("000 000", "1234567", "1234 567"),
            ("0\"A\"", "1000001", "1000001A"),
            ("\"P\"0000", "7", "P0007"),
            ("General", "1.234E3", "1234"),
            ("@", "1234", "1234"),
            ("General\"A\"", "1000001", "1000001A"),
            ("#,##0", "1234567", "1234567"),
            ("[Red]0000", "12", "0012"),
            ("0 00 00 00 000 000", "1850578006084", "1 85 05 78 006 084"),
            ("0;-0;;@", "12", "12"),
            ("[$-40C]0000", "5", "0005"),
        ] {
            check(code, written, Ok(shown));
        }
    }

    #[test]
    fn what_is_no_whole_number_in_digits_is_not_read() {
        for code in [
            "yyyy-mm-dd",
            "dd/mm/yyyy",
            "[h]:mm",
            "0.00",
            "0%",
            "0.0E+0",
            "# ?/?",
            "[$€-40C]0",
            "0,",
            "[>5]0",
            "\"x\"",
        ] {
            check(code, "1234", Err(UnreadCause::CellType));
        }
        for written in ["1.5", "1e17", "9007199254740993"] {
            check("General", written, Err(UnreadCause::InexactNumber));
        }
        check("0", "-5", Err(UnreadCause::CellType));
        check("General", "x", Err(UnreadCause::CellType));
    }

    #[test]
    fn a_day_is_told_from_an_hour_a_duration_and_an_exponent() {
        let is_date = |code: &str| Format::parse(code).is_date();
        for code in [
            "mm/dd/yy",
            "dd/mm/yyyy hh:mm",
            "mmmm",
            "jj/mm/aaaa",
            "[$-40C]d mmm yyyy",
            "yyyy-mm-dd h:mm AM/PM",
        ] {
            assert!(is_date(code), "{code}");
        }
        for code in [
            "0.00E+00",
            "[$-409]0.00E+00",
            "##0.0e+0",
            "[hh]:mm:ss",
            "[HH]:MM",
            "h:mm",
            "HH:MM:SS",
            "h:mm AM/PM",
            "mm:ss",
            "General",
            "0.0",
            "[mm]:ss",
        ] {
            assert!(!is_date(code), "{code}");
        }
        assert!(
            Format::numbered(14).is_date()
                && !Format::numbered(20).is_date()
                && !Format::numbered(11).is_date()
        );
    }

    #[test]
    fn a_text_shows_with_what_its_format_writes_around_it() {
        assert_eq!(
            Format::parse("@\"A\"").around_text("1000001").as_deref(),
            Some("1000001A")
        );
        assert_eq!(Format::parse("@").around_text("1000001"), None);
        assert_eq!(
            Format::parse(";;;").around_text("1000001"),
            None,
            "what is hidden is in the file"
        );
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day("46354", false).as_deref(), Some("2026-11-28"));
        assert_eq!(day("1", false).as_deref(), Some("1900-01-01"));
        assert_eq!(day("61", false).as_deref(), Some("1900-03-01"));
        assert_eq!(
            day("46354.5", false).as_deref(),
            Some("2026-11-28T12:00:00")
        );
        assert_eq!(
            day("46446.9999965", false).as_deref(),
            Some("2027-02-28T23:59:59")
        );
        assert_eq!(day("44892", true).as_deref(), Some("2026-11-28"));
        assert_eq!(day("46354.999999999", false).as_deref(), Some("2026-11-29"));
        assert_eq!(
            day("46354.37847222222", false).as_deref(),
            Some("2026-11-28T09:05:00")
        );
        // A reference to an empty cell, and an hour, show as days of 1900.
        for written in ["x", "0", "0.5", "-1", "1e300"] {
            assert_eq!(day(written, false), None, "{written}");
        }
    }
}
