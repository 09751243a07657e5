//! Durations that people set: how long an activity may be away, how old its data may be.
//!
//! A number without a unit is no duration: four hours and four days differ too much to be guessed.

use digue_types::written::{self, Unwritten};

use crate::field::{FieldError, FieldShape, FieldValue, only};

/// Whole minutes; `None` where nothing was set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ToleratedTime(pub Option<u32>);

/// The units that are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeUnit {
    Minute,
    Hour,
    Day,
}

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
/// Beyond ten years it is a slip, and in minutes it still fits.
const MINUTES_MAX: u32 = 3_650 * DAY;

impl TimeUnit {
    /// The largest unit of which a duration is a whole number.
    pub const fn largest(minutes: u32) -> (u32, Self) {
        if minutes > 0 && minutes.is_multiple_of(DAY) {
            (minutes / DAY, Self::Day)
        } else if minutes.is_multiple_of(HOUR) {
            (minutes / HOUR, Self::Hour)
        } else {
            (minutes, Self::Minute)
        }
    }
}

impl ToleratedTime {
    pub const fn of_minutes(minutes: u32) -> Self {
        Self(Some(minutes))
    }
}

impl FieldValue for ToleratedTime {
    const SHAPE: FieldShape = FieldShape::Duration;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        only(texts).map(minutes_of).transpose().map(Self)
    }

    fn write(&self) -> Vec<String> {
        let text = |minutes: u32| {
            let (count, unit) = TimeUnit::largest(minutes);
            let unit = match unit {
                TimeUnit::Minute => "min",
                TimeUnit::Hour => "h",
                TimeUnit::Day => "d",
            };
            format!("{count}{unit}")
        };
        self.0.map(text).into_iter().collect()
    }
}

/// `4 h`, `2 jours`, `1h30`, `1 jour 6 heures`, `0,5 j`.
fn minutes_of(text: &str) -> Result<u32, FieldError> {
    let text = text.to_lowercase();
    let mut rest = text.trim();
    let mut sum: u32 = 0;
    let mut last: Option<u32> = None;
    while !rest.is_empty() {
        let is_of_number = |sign: char| sign.is_ascii_digit() || sign == ',' || sign == '.';
        let at = rest
            .find(|sign: char| !is_of_number(sign) && !sign.is_whitespace())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(at);
        let at = after
            .find(|sign: char| sign.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(at);
        let unit = match (unit.trim(), last) {
            // The minutes of `1h30`.
            ("", Some(HOUR)) => 1,
            (name, _) => minutes_in(name)?,
        };
        // `30 min 2 h` is no way to write it, and `2 h 2 h` is a slip.
        if last.is_some_and(|last| last <= unit) {
            return Err(FieldError::Duration);
        }
        sum = sum
            .checked_add(part(number.trim(), unit)?)
            .ok_or(FieldError::Duration)?;
        last = Some(unit);
        rest = after.trim_start();
    }
    if sum > MINUTES_MAX {
        return Err(FieldError::Duration);
    }
    Ok(sum)
}

fn part(number: &str, unit: u32) -> Result<u32, FieldError> {
    let number = written::number(number).map_err(|fault| match fault {
        Unwritten::Form => FieldError::Duration,
        Unwritten::Ambiguous => FieldError::Ambiguous,
    })?;
    let hundredths = number.hundredths().and_then(|one| u64::try_from(one).ok());
    let minutes = hundredths
        .and_then(|one| one.checked_mul(u64::from(unit)))
        .filter(|product| product.is_multiple_of(100))
        .and_then(|product| u32::try_from(product / 100).ok());
    minutes.ok_or(FieldError::Duration)
}

fn minutes_in(unit: &str) -> Result<u32, FieldError> {
    match unit.trim_end_matches('.') {
        "min" | "mn" | "minute" | "minutes" => Ok(1),
        "h" | "hr" | "hrs" | "heure" | "heures" | "hour" | "hours" => Ok(HOUR),
        "j" | "jr" | "jrs" | "jour" | "jours" | "d" | "day" | "days" => Ok(DAY),
        "sem" | "semaine" | "semaines" | "w" | "week" | "weeks" => Ok(WEEK),
        // Minutes or months.
        "m" => Err(FieldError::Ambiguous),
        _ => Err(FieldError::Duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, FieldError> {
        ToleratedTime::read(&[text.to_owned()]).map(|time| time.write().join(""))
    }

    #[test]
    fn a_duration_has_one_form_however_it_was_written() {
        for (text, expected) in [
            ("4 h", "4h"),
            ("4 heures", "4h"),
            ("24h", "1d"),
            ("1h30", "90min"),
            ("1 h 30 min", "90min"),
            ("90 minutes", "90min"),
            ("0,5 j", "12h"),
            ("1 jour 6 heures", "30h"),
            ("2 semaines", "14d"),
            ("2 jours", "2d"),
            ("2 days", "2d"),
            ("0 h", "0h"),
            ("", ""),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told() {
        for text in [
            "4",
            "vite",
            "2 mois",
            "4:00",
            "-2 h",
            "2 jours ouvrés",
            "h",
            "2 h 2 h",
            "30 min 2 h",
            "1,333 h",
            "9000 jours",
            "1 j 30",
        ] {
            let fault = read(text);
            assert!(
                matches!(fault, Err(FieldError::Duration | FieldError::Ambiguous)),
                "{text}: {fault:?}"
            );
        }
        assert_eq!(read("2 m"), Err(FieldError::Ambiguous));
        assert_eq!(read("1,500 h"), Err(FieldError::Ambiguous));
    }
}
