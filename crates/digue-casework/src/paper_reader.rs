//! The reader of a document: words, times and values in their language and time zone.

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
