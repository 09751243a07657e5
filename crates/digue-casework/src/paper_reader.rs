//! The reader of a document: words, times and values in their language and time zone.

use digue_app::names::VisibleNames;
use digue_documents::{SheetDay, WrittenCell};
use digue_locales::{Language, Value, text, text_with};
use digue_response::notification::{Field, FormFieldShape};
use digue_types::Timestamp;
use jiff::tz::TimeZone;

/// The language and time zone of a document.
#[derive(Clone)]
pub struct PaperReader {
    pub language: Language,
    pub zone: TimeZone,
    /// Names that the reader may see.
    pub names: VisibleNames,
}

impl PaperReader {
    pub(crate) fn say(&self, key: &str) -> String {
        text(self.language, key)
    }

    pub(crate) fn say1(&self, key: &str, name: &str, value: impl ToString) -> String {
        text_with(
            self.language,
            key,
            &[(name, Value::from(value.to_string()))],
        )
    }

    pub(crate) fn pair(&self, what: &str, text: &str) -> String {
        let values = [
            ("what", Value::from(what.to_owned())),
            ("text", Value::from(text.to_owned())),
        ];
        text_with(self.language, "log-pair", &values)
    }

    /// The holder of an account by name, or the account.
    pub fn person(&self, account: &str) -> String {
        self.names.person_or_id(account)
    }

    /// A local time with its minute.
    pub fn moment(&self, at: Timestamp) -> String {
        self.local(
            at,
            match self.language {
                Language::French => "%d/%m/%Y %H:%M",
                Language::English => "%d %b %Y, %H:%M",
            },
        )
    }

    /// A local time in a sentence: "24 novembre 2025 à 9 h 05".
    pub fn spelled(&self, at: Timestamp) -> String {
        let Some(local) = self.zoned(at) else {
            return at.to_string();
        };
        let hour = match self.language {
            Language::French => local.hour().to_string(),
            Language::English => format!("{:02}", local.hour()),
        };
        let values = [
            ("date", Value::from(self.spelled_date(at))),
            ("hour", Value::from(hour)),
            ("minute", Value::from(format!("{:02}", local.minute()))),
        ];
        text_with(self.language, "moment-spelled", &values)
    }

    /// A local date in a sentence or a letter: "1er décembre 2025".
    pub fn spelled_date(&self, at: Timestamp) -> String {
        let Some(local) = self.zoned(at) else {
            return at.to_string();
        };
        let month = self.say(&format!("month-{}", local.month()));
        let values = [
            ("day", Value::from(i64::from(local.day()))),
            ("month", Value::from(month)),
            ("year", Value::from(local.year().to_string())),
        ];
        text_with(self.language, "date-spelled", &values)
    }

    /// The zone of every time of a document, to be said once.
    pub(crate) fn zone_line(&self) -> String {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        self.say1("paper-zone", "zone", zone)
    }

    /// `None` beyond the years that a calendar of the library has.
    fn zoned(&self, at: Timestamp) -> Option<jiff::Zoned> {
        let time = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
        Some(time.to_zoned(self.zone.clone()))
    }

    /// By a pattern of `strftime`.
    fn local(&self, at: Timestamp, pattern: &str) -> String {
        match jiff::Timestamp::from_microsecond(at.micros()) {
            Ok(time) => time
                .to_zoned(self.zone.clone())
                .strftime(pattern)
                .to_string(),
            Err(_) => at.to_string(),
        }
    }

    /// The form of `datetime-local` fields.
    pub fn form_time(&self, at: Timestamp) -> String {
        self.local(at, "%Y-%m-%dT%H:%M")
    }

    /// The same for the end of a period: forms have whole minutes, and an end that lost its seconds
    /// would leave out what happened in them. It is read back with `typed_form::local_end`.
    pub fn form_end(&self, at: Timestamp) -> String {
        const MINUTE: i64 = 60_000_000;
        let micros = at.micros();
        let whole = micros.saturating_add((MINUTE - micros.rem_euclid(MINUTE)) % MINUTE);
        self.form_time(Timestamp::from_micros(whole))
    }

    /// A time for tables: local, with its offset and all digits.
    pub(crate) fn exact(&self, at: Timestamp) -> String {
        match jiff::Timestamp::from_microsecond(at.micros()) {
            Ok(time) => time
                .to_zoned(self.zone.clone())
                .strftime("%Y-%m-%dT%H:%M:%S%.f%:z")
                .to_string(),
            Err(_) => at.to_string(),
        }
    }

    /// The same for a spreadsheet, to the second and without offset; a text where that would be
    /// read back as another instant.
    pub(crate) fn moment_cell(&self, at: Timestamp) -> WrittenCell {
        let exact = jiff::Timestamp::from_microsecond(at.micros())
            .ok()
            .and_then(|time| {
                let local = time.to_zoned(self.zone.clone()).datetime();
                // An hour that occurs twice in autumn cannot be told apart in a cell without
                // offset.
                let again = self.zone.to_ambiguous_timestamp(local).unambiguous().ok()?;
                let day = SheetDay::new(local.year(), local.month(), local.day())?;
                let clock = [local.hour(), local.minute(), local.second()].map(i8::unsigned_abs);
                (again == time && local.subsec_nanosecond() == 0)
                    .then_some(WrittenCell::Moment(day, clock))
            });
        exact.unwrap_or_else(|| self.exact(at).into())
    }

    /// A local date.
    pub fn date(&self, at: Timestamp) -> String {
        self.local(
            at,
            match self.language {
                Language::French => "%d/%m/%Y",
                Language::English => "%d %b %Y",
            },
        )
    }

    /// A field value in words.
    pub fn value(&self, field: Field, value: &[String]) -> String {
        let shown = value.iter().map(|code| match field.shape() {
            FormFieldShape::One(_) | FormFieldShape::Many(_) => field
                .choice_key(code)
                .map_or_else(|| code.clone(), |key| self.say(&key)),
            FormFieldShape::Moment => {
                Timestamp::parse_rfc3339(code).map_or_else(|| code.clone(), |at| self.moment(at))
            }
            FormFieldShape::Number => code.parse::<u64>().map_or_else(
                |_| code.clone(),
                |n| digue_locales::number(self.language, n),
            ),
            FormFieldShape::Line | FormFieldShape::Text => code.clone(),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_sentences_are_local_and_spelled_as_people_write_them() {
        let spelled = |language, at: &str| {
            let zone = TimeZone::get("Europe/Paris").unwrap();
            let reader = PaperReader {
                language,
                zone,
                names: VisibleNames::default(),
            };
            reader.spelled(Timestamp::parse_rfc3339(at).unwrap())
        };
        for (at, french, english) in [
            (
                "2026-11-28T02:47:00Z",
                "28 novembre 2026 à 3 h 47",
                "28 November 2026 at 03:47",
            ),
            (
                "2025-07-31T22:05:00Z",
                "1er août 2025 à 0 h 05",
                "1 August 2025 at 00:05",
            ),
        ] {
            assert_eq!(spelled(Language::French, at), french);
            assert_eq!(spelled(Language::English, at), english);
        }
    }
}
