//! The script of the year, `assets/year.toml`: what is done, by whom and how many days before the
//! start of the demonstration.
//!
//! Texts are in both languages, `{ fr = "...", en = "..." }`: records are written in the language in
//! which the demonstration was started, as an operator writes them in its own. `day -30` stands for
//! a date, `time -30 14:20` for an instant, `moment -30 14:20` for one in the form of the CNIL's
//! fields. It knows no operation.

use std::collections::BTreeMap;

use digue_isms::kinds::RegisterKind;
use digue_locales::Language;
use digue_response::sheet::Sheet;
use digue_types::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The last day that is moved to a working day.
const LAST_MOVED: i32 = -4;
const SCRIPT: &str = include_str!("../assets/year.toml");

/// One act of the year.
#[derive(Deserialize, Clone, Debug)]
pub struct DemoStep {
    /// Days from the start of the demonstration; negative.
    pub day: i32,
    /// `HH:MM`; without it, soon after the step before.
    #[serde(default)]
    pub at: Option<String>,
    /// The account that acts; Digue at its terminal where there is none.
    #[serde(default)]
    pub by: Option<String>,
    #[serde(flatten)]
    pub act: StepAct,
}

/// What is done in a step.
#[derive(Deserialize, Clone, Debug)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum StepAct {
    /// Accounts and caseloads of the first organisations, or of all.
    Accounts {
        organisations: Option<usize>,
    },
    /// The ten questions of the first hour.
    Begin {
        name: String,
        head: String,
        ciso: String,
        dpo: String,
    },
    /// A new record, which later steps name with `@`.
    Record {
        kind: String,
        name: String,
        fields: BTreeMap<String, Value>,
    },
    /// Some fields of records that are there.
    Change {
        records: Vec<String>,
        fields: BTreeMap<String, Value>,
    },
    Sign {
        record: String,
    },
    /// Draws the sample of an audit.
    Sample {
        record: String,
    },
    /// The file of a document.
    Attach {
        record: String,
        file: String,
        text: String,
    },
    /// The actor and others complete every module and confirm that they read each document.
    Learn {
        accounts: Vec<String>,
    },
    Checks,
    /// A signed version of the statement of applicability.
    Freeze,
    /// A day of work of every `share`-th account.
    WorkingDay {
        seed: u64,
        share: usize,
        /// These work that day whatever is drawn: a later step lists what they were shown.
        #[serde(default)]
        surely: Vec<String>,
    },
    /// A review of all accounts: how many of them are decided, and which are suspended.
    Review {
        title: String,
        /// Days until it is due.
        lasts: i32,
        decided: usize,
        #[serde(default)]
        suspended: Vec<String>,
        reason: String,
    },
    /// A partner's answers: `yes` where none is given.
    Assessment {
        answers: BTreeMap<String, String>,
        comment: String,
    },
    /// An incident, which later steps name.
    Incident {
        name: String,
        source: digue_response::incident::Source,
        title: String,
        about: String,
    },
    /// What a partner reports.
    Report {
        name: String,
        title: String,
        text: String,
    },
    Note {
        incident: String,
        #[serde(default)]
        at_time: Option<i64>,
        note: Value,
    },
    /// Answers of a checklist, as (step, answer, text).
    Sheet {
        incident: String,
        sheet: Sheet,
        answers: Vec<(String, digue_response::sheet::Answer, String)>,
    },
    /// Fields of the authority's form.
    Fields {
        incident: String,
        fields: BTreeMap<digue_response::notification::Field, Vec<String>>,
    },
    /// Why figures are declared below the measured ones.
    Explain {
        incident: String,
        reasons: BTreeMap<digue_response::declared::DeclaredFigure, String>,
    },
    /// The list of persons that an account was shown in a period.
    Affected {
        incident: String,
        account: String,
        from: i64,
        to: i64,
    },
    Submit {
        incident: String,
        stage: digue_response::notification::Stage,
        receipt: String,
    },
    /// A person does not recognise a consultation by this account.
    Contest {
        name: String,
        account: String,
        /// The place in its caseload.
        place: usize,
        text: String,
    },
    AnswerContest {
        name: String,
        text: String,
    },
}

/// Why the script cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    #[error("the script of the year is not TOML")]
    Toml(#[from] toml::de::Error),
    #[error("{0} is no value of the script")]
    Value(String),
    #[error("step {0} of the script cannot be read")]
    Step(usize, #[source] serde_json::Error),
    #[error("the script has no steps")]
    Empty,
    #[error("{0:?} is no time of the script")]
    Time(String),
}

/// The calendar of a year that ends today.
#[derive(Clone, Debug)]
pub struct YearCalendar {
    pub today: Date,
    pub zone: TimeZone,
}

impl YearCalendar {
    pub fn day(&self, offset: i32) -> Date {
        self.today.saturating_add(offset.days())
    }

    /// The working day nearest to a day of the script: nobody holds a review on a Sunday. The last
    /// days stay, because the open incident is of yesterday.
    pub fn working_day(&self, offset: i32) -> Date {
        use jiff::civil::Weekday;
        let day = self.day(offset);
        if offset > LAST_MOVED {
            return day;
        }
        match day.weekday() {
            Weekday::Saturday => day.saturating_sub(1.day()),
            Weekday::Sunday => day.saturating_add(1.day()),
            Weekday::Monday
            | Weekday::Tuesday
            | Weekday::Wednesday
            | Weekday::Thursday
            | Weekday::Friday => day,
        }
    }

    pub fn instant(&self, day: Date, clock: Time) -> Timestamp {
        // An hour that a change of the clock skips is the one after it.
        let at = day.to_datetime(clock).to_zoned(self.zone.clone());
        at.map_or(Timestamp::ZERO, |at| {
            Timestamp::from_micros(at.timestamp().as_microsecond())
        })
    }

    /// `-30 14:20`.
    fn parse(&self, text: &str) -> Result<Timestamp, ScriptError> {
        let unread = || ScriptError::Time(text.to_owned());
        let (day, clock) = text.split_once(' ').ok_or_else(unread)?;
        let day: i32 = day.parse().map_err(|_| unread())?;
        // Where the steps of that day are: what is told must not come after its telling.
        Ok(self.instant(
            self.working_day(day),
            parse_clock(clock).ok_or_else(unread)?,
        ))
    }
}

/// `14:20`.
pub(crate) fn parse_clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// The steps in their order, in one language.
pub fn steps(language: Language, calendar: &YearCalendar) -> Result<Vec<DemoStep>, ScriptError> {
    let table = DeTable::parse(SCRIPT)?;
    let Some(DeValue::Array(steps)) = table.get_ref().get("step").map(Spanned::get_ref) else {
        return Err(ScriptError::Empty);
    };
    let read = |(place, step): (usize, &Spanned<DeValue<'_>>)| {
        let plain = plain(step.get_ref(), language, calendar)?;
        serde_json::from_value(plain).map_err(|error| ScriptError::Step(place + 1, error))
    };
    steps.iter().enumerate().map(read).collect()
}

/// A value with its texts in one language and its times computed.
fn plain(
    value: &DeValue<'_>,
    language: Language,
    calendar: &YearCalendar,
) -> Result<Value, ScriptError> {
    Ok(match value {
        DeValue::String(text) => timed(text, calendar)?,
        DeValue::Integer(number) => {
            let number: Result<i64, _> = number.as_str().parse();
            Value::from(number.map_err(|_| ScriptError::Value(format!("{value:?}")))?)
        }
        DeValue::Boolean(is) => Value::from(*is),
        DeValue::Array(items) => items
            .iter()
            .map(|item| plain(item.get_ref(), language, calendar))
            .collect::<Result<_, _>>()?,
        DeValue::Table(table) => match said(table, language) {
            Some(text) => Value::from(text),
            None => {
                let mut object = Map::new();
                for (key, item) in table.iter() {
                    let item = plain(item.get_ref(), language, calendar)?;
                    object.insert(key.get_ref().to_string(), item);
                }
                Value::Object(object)
            }
        },
        DeValue::Float(_) | DeValue::Datetime(_) => {
            return Err(ScriptError::Value(format!("{value:?}")));
        }
    })
}

/// The text of `{ fr = "...", en = "..." }`; `None` for another table.
fn said(table: &DeTable<'_>, language: Language) -> Option<String> {
    let of = |language: Language| match table.get(language.code())?.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    let is_both = Language::ALL.into_iter().all(|one| of(one).is_some());
    if is_both && table.len() == Language::ALL.len() {
        of(language)
    } else {
        None
    }
}

fn timed(text: &str, calendar: &YearCalendar) -> Result<Value, ScriptError> {
    let offset = |day: &str| {
        day.parse::<i32>()
            .map_err(|_| ScriptError::Time(text.to_owned()))
    };
    Ok(match text.split_once(' ') {
        Some(("day", day)) => Value::from(calendar.day(offset(day)?).to_string()),
        Some(("time", at)) => Value::from(calendar.parse(at)?.micros()),
        Some(("moment", at)) => Value::from(calendar.parse(at)?.to_string()),
        Some(_) | None => Value::from(text),
    })
}

impl DemoStep {
    /// The kind of a new record.
    pub(crate) fn kind(code: &str) -> Option<RegisterKind> {
        RegisterKind::parse(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_reads_in_both_languages_and_its_days_follow_each_other() {
        let calendar = YearCalendar {
            today: jiff::civil::date(2026, 11, 29),
            zone: TimeZone::get("Europe/Paris").unwrap(),
        };
        let read = |language| {
            steps(language, &calendar)
                .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
        };
        let (french, english) = (read(Language::French), read(Language::English));
        assert_eq!(french.len(), english.len());
        for pair in french.windows(2) {
            assert!(
                pair[0].day <= pair[1].day,
                "{:?} comes before {:?}",
                pair[0],
                pair[1]
            );
        }
        assert!(french.iter().all(|step| (-365..0).contains(&step.day)));
        let plain = |steps: &[DemoStep]| format!("{steps:?}");
        assert_ne!(plain(&french), plain(&english));
    }
}
