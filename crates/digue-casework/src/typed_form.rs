//! A form as a person typed it, and the local times in it. Names may occur several times; what was
//! typed is kept as it is, so that a page can show it again beside its faults.

use digue_app::OperationError;
use digue_types::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The fields of a submitted form, in order.
#[derive(Clone, Debug, Default)]
pub struct TypedForm(Vec<(String, String)>);

impl TypedForm {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a field without surrounding white space; empty without one.
    pub fn text(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.trim())
    }

    pub fn owned(&self, name: &str) -> String {
        self.text(name).to_owned()
    }

    /// The values of a field that are not empty.
    pub fn all(&self, name: &str) -> Vec<String> {
        let values = self
            .0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.trim());
        values
            .filter(|value| !value.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// A value of a closed list.
    pub fn choice<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, OperationError> {
        parse(self.text(name)).ok_or(OperationError::Invalid("incident-refused-value"))
    }

    /// `yes` or `no`; without a choice nothing is decided.
    pub fn yes_or_no(&self, name: &str) -> Result<bool, OperationError> {
        self.choice(name, |text| match text {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })
    }

    /// Several values of a closed list; unknown ones are refused.
    pub fn choices<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, OperationError> {
        self.all(name)
            .iter()
            .map(|code| parse(code))
            .collect::<Option<_>>()
            .ok_or(OperationError::Invalid("incident-refused-value"))
    }

    /// An optional value of a closed list.
    pub fn maybe_choice<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, OperationError> {
        if self.text(name).is_empty() {
            Ok(None)
        } else {
            self.choice(name, parse).map(Some)
        }
    }

    pub fn moment(&self, name: &str, zone: &TimeZone) -> Result<Option<Timestamp>, OperationError> {
        maybe_local_time(self.text(name), zone)
    }

    /// The end of a period.
    pub fn end(&self, name: &str, zone: &TimeZone) -> Result<Option<Timestamp>, OperationError> {
        maybe_local_end(self.text(name), zone)
    }

    pub fn needed_moment(&self, name: &str, zone: &TimeZone) -> Result<Timestamp, OperationError> {
        self.moment(name, zone)?
            .ok_or(OperationError::Invalid("invalid-since"))
    }

    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, OperationError> {
        self.text(name)
            .parse()
            .map_err(|_| OperationError::Invalid("incident-refused-value"))
    }
}

/// Which of the two hours is meant, where the clock shows one twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TwiceShown {
    First,
    Second,
}

/// A time in the form of a `datetime-local` field, in the console's zone. An hour that occurs twice
/// is taken as the first one: the stricter for a deadline, and the wider for a beginning.
pub fn local_time(text: &str, zone: &TimeZone) -> Result<Timestamp, OperationError> {
    read_local(text, zone, TwiceShown::First)
}

/// The end of a period: of an hour that occurs twice the second, or the period would lose an hour.
pub fn local_end(text: &str, zone: &TimeZone) -> Result<Timestamp, OperationError> {
    read_local(text, zone, TwiceShown::Second)
}

fn read_local(text: &str, zone: &TimeZone, twice: TwiceShown) -> Result<Timestamp, OperationError> {
    let time: jiff::civil::DateTime = text
        .parse()
        .map_err(|_| OperationError::Invalid("invalid-since"))?;
    let local = zone.to_ambiguous_zoned(time);
    if let AmbiguousOffset::Gap { .. } = local.offset() {
        return Err(OperationError::Invalid("invalid-skipped-hour"));
    }
    let at = match twice {
        TwiceShown::First => local.earlier(),
        TwiceShown::Second => local.later(),
    };
    let at = at.map_err(|_| OperationError::Invalid("invalid-since"))?;
    Ok(Timestamp::from_micros(at.timestamp().as_microsecond()))
}

/// The same for a field that may be empty.
pub fn maybe_local_time(text: &str, zone: &TimeZone) -> Result<Option<Timestamp>, OperationError> {
    match text.trim() {
        "" => Ok(None),
        text => local_time(text, zone).map(Some),
    }
}

/// `local_end` for a field that may be empty.
pub fn maybe_local_end(text: &str, zone: &TimeZone) -> Result<Option<Timestamp>, OperationError> {
    match text.trim() {
        "" => Ok(None),
        text => local_end(text, zone).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper_reader::PaperReader;

    #[test]
    fn an_hour_that_does_not_exist_is_refused_and_one_that_comes_twice_is_the_first() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let refused = local_time("2026-03-29T02:30", &paris);
        assert!(matches!(
            refused,
            Err(OperationError::Invalid("invalid-skipped-hour"))
        ));
        let twice = local_time("2026-10-25T02:30", &paris).unwrap();
        assert_eq!(twice.to_string(), "2026-10-25T00:30:00Z");
        assert_eq!(
            local_time("2026-03-29T03:30", &paris).unwrap().to_string(),
            "2026-03-29T01:30:00Z"
        );
    }

    /// Whatever the end is, the form that proposes it gives back no earlier one.
    #[test]
    fn an_end_that_a_form_shows_is_read_back_no_earlier_and_by_less_than_a_minute() {
        let reader = PaperReader {
            language: digue_locales::Language::French,
            zone: TimeZone::get("Europe/Paris").unwrap(),
            names: digue_app::names::VisibleNames::default(),
        };
        for text in [
            "2025-11-22T02:47:00Z",
            "2025-11-22T02:47:00.000001Z",
            "2025-11-22T02:47:29Z",
            "2025-11-22T02:59:59.999999Z",
            "2026-03-29T00:59:30Z",
            // Twice shown: half past two in summer time, and again in winter time.
            "2026-10-25T00:30:10Z",
            "2026-10-25T01:30:10Z",
        ] {
            let end = Timestamp::parse_rfc3339(text).unwrap();
            let read = local_end(&reader.form_end(end), &reader.zone).unwrap();
            assert!(read >= end, "{text} was read back as {read}");
            let hours = if text.starts_with("2026-10-25T00") {
                1
            } else {
                0
            };
            let most = std::time::Duration::from_secs(hours * 3600 + 60);
            assert!(read.since(end) < most, "{text} was read back as {read}");
        }
    }
}
