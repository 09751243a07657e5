//! Recorded work of real people, into which thefts are put: what the watch loses to each kind of
//! thief on work that nobody here made up, beside the rules of others.
//!
//! A record is a table of `at,account,person` and, where it is known, `organisation`. It may be
//! played as it was, with an office that shares one address, or with a portal that grows; see
//! [`Setting`].

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use digue_detection::SeenPerson;
use digue_detection::engine::key_of;
use digue_detection::sighting::number_of;
use digue_types::Timestamp;

use crate::draw::Draw;

pub mod play;
pub mod rivals;
pub mod theft;

pub const DAY_MS: i64 = 86_400_000;

/// One response: who saw whom, and when.
#[derive(Clone, Debug)]
pub struct View {
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Place in [`Record::accounts`].
    pub account: usize,
    pub persons: Vec<SeenPerson>,
    pub action: &'static str,
}

impl View {
    pub fn day(&self) -> i64 {
        self.at_ms.div_euclid(DAY_MS)
    }
}

/// An account as the record names it.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub organisation: String,
}

/// Recorded work, in the order of its time.
#[derive(Clone, Debug)]
pub struct Record {
    pub accounts: Vec<Account>,
    pub views: Vec<View>,
}

/// Why a record was not read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Read(#[from] std::io::Error),
    #[error("the first line has to name the columns at, account and person")]
    Header,
    #[error("line {0}: expected a time such as 2026-06-01 08:00:00, an account and a person")]
    Line(usize),
    #[error("nobody has worked on {needed} days or more: {found} accounts in all", needed = play::HABIT_DAYS)]
    TooShort { found: usize },
}

impl Record {
    /// Reads CSV with a header. `at` (or `ts`), `account`, `person` (or `dossier`) and, if there is one,
    /// `organisation` are taken, further columns left alone; times are UTC.
    pub fn read(text: impl Read) -> Result<Self, RecordError> {
        let mut lines = BufReader::new(text).lines();
        let header = lines.next().ok_or(RecordError::Header)??;
        let names: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
        let place = |wanted: &[&str]| names.iter().position(|name| wanted.contains(name));
        let at = place(&["at", "ts"]).ok_or(RecordError::Header)?;
        let account = place(&["account"]).ok_or(RecordError::Header)?;
        let person = place(&["person", "dossier"]).ok_or(RecordError::Header)?;
        let organisation = place(&["organisation"]);
        let mut record = Self { accounts: Vec::new(), views: Vec::new() };
        let mut known = HashMap::new();
        for (number, line) in lines.enumerate() {
            let line = line?;
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let field = |place: usize| fields.get(place).copied().filter(|text| !text.is_empty());
            let read = || Some((instant(field(at)?)?, field(account)?, field(person)?));
            let (at_ms, name, person) = read().ok_or(RecordError::Line(number + 2))?;
            let account = *known.entry(name.to_owned()).or_insert_with(|| {
                let organisation = organisation.and_then(field).unwrap_or_default().to_owned();
                record.accounts.push(Account { name: name.to_owned(), organisation });
                record.accounts.len() - 1
            });
            record.views.push(View { at_ms, account, persons: vec![seen(person)], action: "open" });
        }
        record.views.sort_by_key(|view| view.at_ms);
        Ok(record)
    }

    /// Days on which each account worked, and how many distinct persons it saw on them.
    pub fn days(&self) -> Vec<std::collections::BTreeMap<i64, u32>> {
        let mut persons: Vec<std::collections::BTreeMap<i64, std::collections::HashSet<u64>>> =
            vec![Default::default(); self.accounts.len()];
        for view in &self.views {
            let day = persons[view.account].entry(view.day()).or_default();
            day.extend(view.persons.iter().map(|person| person.key));
        }
        let counted = |days: std::collections::BTreeMap<i64, std::collections::HashSet<u64>>| {
            days.into_iter().map(|(day, persons)| (day, u32::try_from(persons.len()).unwrap_or(u32::MAX)))
        };
        persons.into_iter().map(|days| counted(days).collect()).collect()
    }
}

/// `2026-06-01 08:00:00`, with a `T` or a zone if wished, as milliseconds since 1970.
fn instant(text: &str) -> Option<i64> {
    let text = text.replacen(' ', "T", 1);
    let at = Timestamp::parse_rfc3339(&text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z")));
    at.or_else(|| Timestamp::parse_date(&text)).map(|at| at.micros().div_euclid(1000))
}

pub(crate) fn seen(person: &str) -> SeenPerson {
    SeenPerson { key: key_of(person), number: number_of(person), is_explained: false }
}

/// What becomes of the whole portal while a record is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Course {
    #[default]
    AsRecorded,
    /// From three fifths of the record on, everybody does three times as much for ten days.
    Surge,
    /// Six times the work at the end of it, more each day, in its second half.
    Growth,
}

/// How a record is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Setting {
    pub course: Course,
    /// All accounts come from one network with one browser; otherwise each has its own.
    pub has_one_office: bool,
    /// Nobody says to which organisation an account belongs.
    pub has_no_organisations: bool,
}

impl Setting {
    /// The record as this setting has it.
    pub fn apply(self, mut record: Record) -> Record {
        for (number, account) in record.accounts.iter_mut().enumerate() {
            if self.has_no_organisations {
                account.organisation.clear();
            } else if account.organisation.is_empty() {
                account.organisation = format!("org{}", number / 12);
            }
        }
        let (Some(first), Some(last)) = (record.views.first(), record.views.last()) else { return record };
        let (first, days) = (first.day(), last.day() - first.day());
        let times = |day: i64| match self.course {
            Course::AsRecorded => 1.0,
            Course::Surge if (0..10).contains(&(day - first - days * 3 / 5)) => 3.0,
            Course::Surge => 1.0,
            Course::Growth => 1.0 + 10.0 * ((day - first) as f64 / days.max(1) as f64 - 0.5).max(0.0),
        };
        if self.course != Course::AsRecorded {
            multiply(&mut record, &times);
        }
        record
    }
}

/// Follows each view by others of the same account, so that there are `times(day)` as many.
fn multiply(record: &mut Record, times: &dyn Fn(i64) -> f64) {
    let mut draw = Draw::new(7);
    let mut more = Vec::new();
    for (number, view) in record.views.iter().enumerate() {
        let wanted = times(view.day()) - 1.0;
        let whole =
            wanted.floor() as usize + usize::from((draw.below(1000) as f64) < wanted.fract() * 1000.0);
        for copy in 0..whole {
            let end = (view.day() + 1) * DAY_MS - 1;
            let at_ms = (view.at_ms + (60_000 + draw.below(900_000) as i64) * (copy as i64 + 1)).min(end);
            let persons = vec![seen(&format!("M{}", number * 16 + copy))];
            more.push(View { at_ms, persons, ..view.clone() });
        }
    }
    record.views.extend(more);
    record.views.sort_by_key(|view| view.at_ms);
}
