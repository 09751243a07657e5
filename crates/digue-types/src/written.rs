//! Parsing of days, hours, numbers and words as people and spreadsheets write them, French first.
//!
//! A text with two meanings is an error, never a guess: `1,500` is fifteen hundred in English and
//! one and a half in French. Which field a value is for is not known here.

use icu_normalizer::DecomposingNormalizerBorrowed;
use jiff::civil::{Date, DateTime, Time};

use crate::Timestamp;

/// Why a value is not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unwritten {
    #[error("it is not written in any usual way")]
    Form,
    #[error("it can be read in two ways")]
    Ambiguous,
}

/// A moment, as exact as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrittenMoment {
    Day(Date),
    /// A time without a zone: local to its author.
    Local(DateTime),
    Instant(Timestamp),
}

/// Whether `01/02/2026` begins with the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DayOrder {
    /// As in France and most of the world.
    #[default]
    DayFirst,
    /// Other dates of the same column have the month first: only unambiguous ones are accepted.
    Unknown,
}

impl DayOrder {
    /// The order of a column, from all of its texts: one `12/31/2026` makes `01/02/2026` ambiguous.
    pub fn of_column<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let is_month_first = |text: &str| {
            slashed(day_and_hour(text).0)
                .is_some_and(|(first, second, _)| first <= 12 && second > 12)
        };
        if texts.into_iter().any(is_month_first) {
            Self::Unknown
        } else {
            Self::DayFirst
        }
    }
}

/// A day or a moment: `2026-12-31`, `31/12/2026`, `31.12.26`, `1er janvier 2027`, `31-Dec-26`, each
/// with a time (`14:05`, `14h05`, `2:05 PM`) or without, and RFC 3339.
///
/// # Errors
/// `Ambiguous` where the order of day and month is not known, `Form` for any other text.
pub fn moment(text: &str, order: DayOrder) -> Result<WrittenMoment, Unwritten> {
    let text = text.trim();
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Ok(WrittenMoment::Instant(at));
    }
    let (date, hour) = day_and_hour(text);
    let date = date_of(date, order)?;
    match hour {
        None => Ok(WrittenMoment::Day(date)),
        Some(hour) => Ok(WrittenMoment::Local(DateTime::from_parts(
            date,
            time_of(hour)?,
        ))),
    }
}

/// The day of a [`moment`], without its time.
///
/// # Errors
/// As [`moment`].
pub fn day(text: &str, order: DayOrder) -> Result<Date, Unwritten> {
    match moment(text, order)? {
        WrittenMoment::Day(day) => Ok(day),
        WrittenMoment::Local(at) => Ok(at.date()),
        // The day of the writer's own offset, with which the text begins. The instant in UTC may
        // lie on another day.
        WrittenMoment::Instant(_) => text
            .trim()
            .get(..10)
            .and_then(|day| day.parse().ok())
            .ok_or(Unwritten::Form),
    }
}

/// Splits `31/12/2026 à 14h05` and `2026-12-31T14:05` into date and time. Dates with the month in
/// words contain spaces, so the split is at the first separator that a valid time follows.
fn day_and_hour(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    let is_hour = |hour: &str| time_of(hour).is_ok();
    let splits = text
        .char_indices()
        .filter(|(_, sign)| sign.is_whitespace() || *sign == 'T' || *sign == ',');
    for (at, sign) in splits {
        let hour = text[at + sign.len_utf8()..].trim();
        let hour = hour.strip_prefix('à').unwrap_or(hour).trim();
        if is_hour(hour) {
            return (
                text[..at].trim().trim_end_matches(['à', ',']).trim(),
                Some(hour),
            );
        }
    }
    (text, None)
}

/// `14:05`, `14:05:09`, `14:05:09.5`, `14h`, `14h05`, `14 h 05`, `2:05 PM`.
fn time_of(text: &str) -> Result<Time, Unwritten> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .filter(|sign| !sign.is_whitespace() && *sign != '.')
        .collect();
    let with_points: String = text
        .to_lowercase()
        .chars()
        .filter(|sign| !sign.is_whitespace())
        .collect();
    let half = ["am", "pm"].into_iter().find(|half| plain.ends_with(half));
    let clock = match half {
        Some(half) => plain.strip_suffix(half).unwrap_or(&plain),
        None => with_points.split('.').next().unwrap_or_default(),
    };
    let is_hour_letter = clock.contains('h');
    let mut parts = clock.split([':', 'h']);
    let mut next = |is_needed: bool| match parts.next() {
        None | Some("") if !is_needed => Some(0),
        Some(digits) if digits.len() <= 2 && !digits.is_empty() => {
            digits.parse::<i8>().ok().filter(|n| *n >= 0)
        }
        _ => None,
    };
    let (hour, minute, second) = (
        next(true),
        next(is_hour_letter || half.is_some()),
        next(false),
    );
    // Two digits alone are no time: in `31 12` they are a month.
    let minute = if clock.contains([':', 'h']) || half.is_some() {
        minute.or(Some(0))
    } else {
        None
    };
    let (Some(hour), Some(minute), Some(second), None) = (hour, minute, second, parts.next())
    else {
        return Err(Unwritten::Form);
    };
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return Err(Unwritten::Form),
        Some("am") => hour % 12,
        Some(_) => hour % 12 + 12,
        None => hour,
    };
    Time::new(hour, minute, second, 0).map_err(|_| Unwritten::Form)
}

fn date_of(text: &str, order: DayOrder) -> Result<Date, Unwritten> {
    if let Some((first, second, year)) = slashed(text) {
        return match order {
            DayOrder::DayFirst => date(year, second, first),
            DayOrder::Unknown if first > 12 => date(year, second, first),
            DayOrder::Unknown if second > 12 || first == second => date(year, first, second),
            DayOrder::Unknown => Err(Unwritten::Ambiguous),
        };
    }
    let plain = folded(text);
    let words: Vec<&str> = plain
        .split([' ', '-', '/', ','])
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    // `lundi 3 mars 2026`
    let words = match words.as_slice() {
        [weekday, rest @ ..] if rest.len() == 3 && weekday.chars().all(char::is_alphabetic) => rest,
        all => all,
    };
    let [first, second, third] = words else {
        return Err(Unwritten::Form);
    };
    if first.len() == 4
        && let (Some(year), Some(month), Some(day)) = (small(first), small(second), small(third))
    {
        return date(year, month, day);
    }
    let ordinal = |word: &str| {
        let digits = ["er", "st", "nd", "rd", "th"]
            .into_iter()
            .find_map(|end| word.strip_suffix(end));
        small(digits.unwrap_or(word)).filter(|day| (1..=31).contains(day))
    };
    let year = year_of(third).ok_or(Unwritten::Form)?;
    match (
        ordinal(first),
        month_named(second),
        month_named(first),
        ordinal(second),
    ) {
        (Some(day), Some(month), ..) | (_, _, Some(month), Some(day)) => date(year, month, day),
        _ => Err(Unwritten::Form),
    }
}

/// The three numbers of `31/12/2026`, `31.12.26`, `31-12-2026`.
fn slashed(text: &str) -> Option<(i16, i16, i16)> {
    let separator = text
        .chars()
        .find(|sign| !sign.is_ascii_digit() && !sign.is_whitespace())?;
    if !matches!(separator, '/' | '.' | '-') {
        return None;
    }
    let mut parts = text.split(separator).map(str::trim);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || first.len() > 2 || second.len() > 2 {
        return None;
    }
    Some((small(first)?, small(second)?, year_of(year)?))
}

/// `2026`, or `26` as spreadsheets shorten it.
fn year_of(text: &str) -> Option<i16> {
    match text.len() {
        4 => small(text),
        2 => small(text).map(|year| 2000 + year),
        _ => None,
    }
}

fn small(digits: &str) -> Option<i16> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

fn date(year: i16, month: i16, day: i16) -> Result<Date, Unwritten> {
    let small = |number: i16| i8::try_from(number).map_err(|_| Unwritten::Form);
    // Spreadsheets count days from 1900 and show a zero as a date of that year: it is no date.
    if !(1901..=9999).contains(&year) {
        return Err(Unwritten::Form);
    }
    Date::new(year, small(month)?, small(day)?).map_err(|_| Unwritten::Form)
}

/// Beginnings of French and English months without accents; where one begins with another, the
/// longer one comes first.
const MONTHS: [(&str, i16); 17] = [
    ("janv", 1),
    ("jan", 1),
    ("fev", 2),
    ("feb", 2),
    ("mars", 3),
    ("mar", 3),
    ("avr", 4),
    ("apr", 4),
    ("mai", 5),
    ("may", 5),
    ("juin", 6),
    ("jun", 6),
    ("juil", 7),
    ("jul", 7),
    ("aou", 8),
    ("aug", 8),
    ("sep", 9),
];

fn month_named(word: &str) -> Option<i16> {
    const NAMES: [&str; 24] = [
        "janvier",
        "january",
        "fevrier",
        "february",
        "mars",
        "march",
        "avril",
        "april",
        "mai",
        "may",
        "juin",
        "june",
        "juillet",
        "july",
        "aout",
        "august",
        "septembre",
        "september",
        "octobre",
        "october",
        "novembre",
        "november",
        "decembre",
        "december",
    ];
    const LATE: [(&str, i16); 3] = [("oct", 10), ("nov", 11), ("dec", 12)];
    if word.len() < 3
        || !NAMES
            .iter()
            .any(|name| name.starts_with(word) || (word == "sept" && *name == "septembre"))
    {
        return None;
    }
    MONTHS
        .iter()
        .chain(&LATE)
        .find(|(begins, _)| word.starts_with(begins))
        .map(|(_, month)| *month)
}

/// A number with at most `DECIMALS_MAX` decimals, exact: amounts must not pass through floating
/// point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrittenNumber {
    /// In millionths.
    millionths: i128,
}

const DECIMALS_MAX: usize = 6;
const DIGITS_MAX: usize = 15;

impl WrittenNumber {
    /// The number when it is whole.
    pub fn whole(self) -> Option<i64> {
        if self.millionths % 1_000_000 == 0 {
            i64::try_from(self.millionths / 1_000_000).ok()
        } else {
            None
        }
    }

    /// The number in hundredths, when it has no smaller part.
    pub fn hundredths(self) -> Option<i64> {
        if self.millionths % 10_000 == 0 {
            i64::try_from(self.millionths / 10_000).ok()
        } else {
            None
        }
    }
}

/// A number as French and English spreadsheets write it, optionally in euros: `1 500,50 €`,
/// `1,500.50`, `-3`.
///
/// # Errors
/// `Ambiguous` for `1,500` and `1.500`, which are thousands in one of the two languages and
/// decimals in the other; `Form` for any other text.
pub fn number(text: &str) -> Result<WrittenNumber, Unwritten> {
    let plain = folded(text);
    let plain = ["euros", "euro", "eur", "€"]
        .into_iter()
        .find_map(|unit| {
            plain
                .strip_suffix(unit)
                .or_else(|| plain.strip_prefix(unit))
        })
        .unwrap_or(&plain)
        .trim();
    let (is_negative, plain) = match plain.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim()),
        None => (false, plain),
    };
    let (whole, decimals) = decimal_point(plain)?;
    let digits = ungrouped(whole)?;
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(decimals) || decimals.len() > DECIMALS_MAX || digits.len() > DIGITS_MAX {
        return Err(Unwritten::Form);
    }
    let padded = format!("{digits}{decimals:0<DECIMALS_MAX$}");
    let millionths: i128 = padded.parse().map_err(|_| Unwritten::Form)?;
    Ok(WrittenNumber {
        millionths: if is_negative { -millionths } else { millionths },
    })
}

/// The digits before and after the decimal sign.
fn decimal_point(text: &str) -> Result<(&str, &str), Unwritten> {
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    let split = |sign: char| text.rsplit_once(sign).ok_or(Unwritten::Form);
    match (commas, points) {
        (0, 0) => Ok((text, "")),
        (1, 0) | (0, 1) => {
            let (whole, decimals) = split(if commas == 1 { ',' } else { '.' })?;
            let may_be_thousands = decimals.len() == 3
                && (1..=3).contains(&whole.len())
                && whole != "0"
                && whole.bytes().all(|byte| byte.is_ascii_digit());
            if may_be_thousands {
                Err(Unwritten::Ambiguous)
            } else {
                filled(whole, decimals)
            }
        }
        (_, 0) | (0, _) => Ok((text, "")),
        (commas, points) => {
            let decimal = if text.rfind(',') > text.rfind('.') {
                ','
            } else {
                '.'
            };
            let is_once = if decimal == ',' {
                commas == 1
            } else {
                points == 1
            };
            let (whole, decimals) = split(decimal)?;
            if is_once {
                filled(whole, decimals)
            } else {
                Err(Unwritten::Form)
            }
        }
    }
}

fn filled<'t>(whole: &'t str, decimals: &'t str) -> Result<(&'t str, &'t str), Unwritten> {
    if whole.is_empty() || decimals.is_empty() {
        Err(Unwritten::Form)
    } else {
        Ok((whole, decimals))
    }
}

/// The digits of a whole number, in groups of three separated by one sign or without groups.
fn ungrouped(text: &str) -> Result<String, Unwritten> {
    let separator = text.chars().find(|sign| !sign.is_ascii_digit());
    let digits = match separator {
        None => text.to_owned(),
        Some(separator @ (' ' | '\'' | ',' | '.')) => {
            let mut groups = text.split(separator);
            let first = groups.next().unwrap_or_default();
            let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
            if !is_grouped {
                return Err(Unwritten::Form);
            }
            text.replace(separator, "")
        }
        Some(_) => return Err(Unwritten::Form),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        Ok(digits)
    } else {
        Err(Unwritten::Form)
    }
}

/// A text for comparison: lower case, without accents and invisible characters, with one kind of
/// space, apostrophe and dash.
pub fn folded(text: &str) -> String {
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut folded = String::with_capacity(text.len());
    for sign in decomposed.chars() {
        match sign {
            '\u{300}'..='\u{36f}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'
            | '\u{feff}' => {}
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => folded.push('\''),
            '\u{2010}'..='\u{2015}' => folded.push('-'),
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            sign if sign.is_whitespace() => folded.push(' '),
            sign => folded.extend(sign.to_lowercase()),
        }
    }
    folded
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Several choices in one cell, separated by `;`, `,`, `|` or line breaks; a choice may contain a
/// separator.
///
/// # Errors
/// The first text that is not a choice.
pub fn choices_in<T>(cell: &str, choice: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let ends: Vec<usize> = cell
        .char_indices()
        .filter(|(_, sign)| matches!(sign, ';' | ',' | '|' | '\n'))
        .map(|(at, _)| at)
        .chain([cell.len()])
        .collect();
    let mut chosen = Vec::new();
    let (mut start, mut next) = (0, 0);
    while next < ends.len() {
        // The longest choice that begins here: a shorter one may be the beginning of a choice with
        // a comma.
        let longest = (next..ends.len()).rev().find_map(|end| {
            let found = choice(cell[start..ends[end]].trim())?;
            Some((end, found))
        });
        match longest {
            Some((end, found)) => {
                chosen.push(found);
                next = end;
            }
            None if cell[start..ends[next]].trim().is_empty() => {}
            None => return Err(cell[start..ends[next]].trim().to_owned()),
        }
        start = (ends[next] + 1).min(cell.len());
        next += 1;
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_and_spreadsheets_write_them() {
        for text in [
            "2026-12-31",
            "2026/12/31",
            "31/12/2026",
            "31/12/26",
            "31.12.2026",
            "31-12-2026",
            " 31 / 12 / 2026 ",
            "31 décembre 2026",
            "31 de\u{301}cembre 2026",
            "31 déc. 2026",
            "31-déc.-26",
            "31-Dec-26",
            "jeudi 31 décembre 2026",
            "Thursday, December 31, 2026",
            "December 31st, 2026",
            "Dec 31, 2026",
            "31 DEC 2026",
            "2026-12-31 00:00:00",
            "2026-12-31T08:30:00",
            "2026-12-31T23:30:00-05:00",
            "31/12/2026 à 14h05",
            "31/12/2026 2:05 PM",
        ] {
            assert_eq!(
                day(text, DayOrder::DayFirst).map(|day| day.to_string()),
                Ok("2026-12-31".into()),
                "{text}"
            );
        }
        assert_eq!(
            day("1er mars 2027", DayOrder::DayFirst).map(|day| day.to_string()),
            Ok("2027-03-01".into())
        );
        for (month, number) in [
            "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
            "nov.", "déc.",
        ]
        .iter()
        .zip(1..)
        {
            assert_eq!(
                day(&format!("03-{month}-27"), DayOrder::DayFirst).map(|day| day.month()),
                Ok(number),
                "{month}"
            );
        }
        for (month, number) in [
            "January", "Feb", "March", "Apr", "May", "June", "July", "Aug", "Sept", "October",
            "Nov", "Dec",
        ]
        .iter()
        .zip(1..)
        {
            assert_eq!(
                day(&format!("3 {month} 2027"), DayOrder::DayFirst).map(|day| day.month()),
                Ok(number),
                "{month}"
            );
        }
    }

    #[test]
    fn what_is_no_day_is_not_guessed() {
        for text in [
            "",
            "demain",
            "31/12",
            "12/31/2026",
            "30/02/2026",
            "2026",
            "46387",
            "00/01/1900",
            "T4 2026",
            "fin décembre 2026",
            "1/2/3",
            "2026-13-01",
            "31 décembr 26 08",
            "mardi",
            "31/12/2026 25:00",
            "31/12/2026 x",
        ] {
            assert_eq!(
                day(text, DayOrder::DayFirst),
                Err(Unwritten::Form),
                "{text}"
            );
        }
    }

    #[test]
    fn a_month_written_first_makes_its_column_doubtful() {
        let order = DayOrder::of_column(["01/02/2026", "12/31/2026", ""]);
        assert_eq!(order, DayOrder::Unknown);
        assert_eq!(
            day("12/31/2026", order).map(|day| day.to_string()),
            Ok("2026-12-31".into())
        );
        assert_eq!(day("01/02/2026", order), Err(Unwritten::Ambiguous));
        assert_eq!(
            day("13/02/2026", order).map(|day| day.to_string()),
            Ok("2026-02-13".into())
        );
        assert_eq!(
            day("2026-02-01", order).map(|day| day.to_string()),
            Ok("2026-02-01".into())
        );
        assert_eq!(
            DayOrder::of_column(["01/02/2026", "31/12/2026"]),
            DayOrder::DayFirst
        );
    }

    #[test]
    fn an_hour_is_as_exact_as_it_was_written() {
        let local = |text: &str| match moment(text, DayOrder::DayFirst) {
            Ok(WrittenMoment::Local(at)) => at.to_string(),
            other => format!("{other:?}"),
        };
        for text in [
            "2024-03-02 14:05",
            "02/03/2024 14:05",
            "2024-03-02T14:05:00",
            "02/03/2024 à 14h05",
            "2 mars 2024 14 h 05",
            "2/3/24 2:05 pm",
            "02/03/2024, 14:05:00",
        ] {
            assert_eq!(local(text), "2024-03-02T14:05:00", "{text}");
        }
        assert_eq!(local("2024-03-02 9h"), "2024-03-02T09:00:00");
        assert_eq!(local("2024-03-02 12:30 AM"), "2024-03-02T00:30:00");
        let instant = Timestamp::parse_rfc3339("2024-03-02T13:05:00Z").unwrap();
        assert_eq!(
            moment("2024-03-02T14:05:00+01:00", DayOrder::DayFirst),
            Ok(WrittenMoment::Instant(instant))
        );
        assert_eq!(
            moment("02/03/2024", DayOrder::DayFirst),
            Ok(WrittenMoment::Day(Date::constant(2024, 3, 2)))
        );
    }

    #[test]
    fn numbers_are_read_in_both_languages() {
        for (text, hundredths) in [
            ("1500", 150_000),
            ("1 500", 150_000),
            ("1\u{a0}500", 150_000),
            ("1\u{202f}500,50 €", 150_050),
            ("1 500,50 EUR", 150_050),
            ("1,500.50", 150_050),
            ("1.500,50", 150_050),
            ("1,234,567", 123_456_700),
            ("1'500", 150_000),
            ("€ 12", 1_200),
            ("1500,5", 150_050),
            ("1500.00", 150_000),
            ("0,500", 50),
            ("-3", -300),
        ] {
            assert_eq!(
                number(text).map(WrittenNumber::hundredths),
                Ok(Some(hundredths)),
                "{text}"
            );
        }
        assert_eq!(number("1500,5").unwrap().whole(), None);
        assert_eq!(number("1500,00").unwrap().whole(), Some(1500));
        for text in ["1,500", "1.500", "12,345"] {
            assert_eq!(number(text), Err(Unwritten::Ambiguous), "{text}");
        }
        for text in [
            "",
            "environ 300",
            "12 34",
            "1 50,5",
            "1,5,0",
            "12 k€",
            "50 %",
            ",5",
            "5,",
            "1e3",
            "٣",
            "1 500 000 000 000 000",
        ] {
            assert_eq!(number(text), Err(Unwritten::Form), "{text}");
        }
    }

    #[test]
    fn words_are_the_same_however_they_are_typed() {
        for text in [
            "Échéance",
            "ECHEANCE",
            "E\u{301}che\u{301}ance",
            " échéance\u{a0}",
            "Éche\u{ad}ance",
        ] {
            assert_eq!(folded(text), "echeance", "{text:?}");
        }
        assert_eq!(folded("Référence  de l’origine"), "reference de l'origine");
        assert_eq!(folded("Cœur – œuvre"), "coeur - oeuvre");
    }

    #[test]
    fn choices_may_hold_their_separator() {
        let known = ["loi", "contrat, accord", "bonne pratique"];
        let choice = |word: &str| known.iter().position(|one| *one == word);
        assert_eq!(choices_in("contrat, accord, loi", choice), Ok(vec![1, 0]));
        assert_eq!(
            choices_in("loi ; contrat, accord\nbonne pratique;", choice),
            Ok(vec![0, 1, 2])
        );
        assert_eq!(choices_in("", choice), Ok(vec![]));
        assert_eq!(
            choices_in("loi, contrat", choice),
            Err("contrat".to_owned())
        );
    }

    proptest::proptest! {
        #[test]
        fn hostile_texts_are_refused_and_do_no_harm(text in "\\PC{0,40}") {
            let _ = (day(&text, DayOrder::DayFirst), day(&text, DayOrder::Unknown), number(&text), folded(&text));
        }

        #[test]
        fn every_day_reads_back(days in 0i32..60_000, form in 0usize..4) {
            let date = Date::constant(1950, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (year, month, of_month) = (date.year(), date.month(), date.day());
            let text = [
                date.to_string(),
                format!("{of_month:02}/{month:02}/{year}"),
                format!("{of_month}.{month}.{year} 00:00"),
                format!("{date}T09:30:00"),
            ];
            proptest::prop_assert_eq!(day(&text[form], DayOrder::DayFirst), Ok(date), "{}", text[form]);
        }
    }
}
