//! Thefts inserted into recorded work of real people: what detection loses to each kind of thief on
//! work that was not simulated, compared with other rules.
//!
//! A record is a table of `at,account,person` and, where it is known, `organisation`. It can be
//! played as it is, with an office that shares one address, or with a portal that grows; see
//! [`Conditions`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use digue_detection::SeenPerson;
use digue_detection::engine::key_of;
use digue_detection::sighting::number_of;
use digue_logs::lines::{InputFault, InputLines};
use digue_types::Timestamp;

use crate::draw::Draw;

pub mod play;
pub mod results;
pub mod rivals;
pub mod theft;

pub const DAY_MS: i64 = 86_400_000;
/// A line has four short fields.
const LINE_BYTES_MAX: usize = 4096;

/// One response: the account, the persons, and the time.
#[derive(Clone, Debug)]
pub struct RecordedView {
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Index in [`RecordedWork::accounts`].
    pub account: usize,
    pub persons: Vec<SeenPerson>,
    pub action: &'static str,
}

impl RecordedView {
    pub fn day(&self) -> i64 {
        self.at_ms.div_euclid(DAY_MS)
    }
}

/// An account, as the record names it.
#[derive(Clone, Debug)]
pub struct RecordedAccount {
    pub name: String,
    pub organisation: String,
}

/// Recorded work, in time order.
#[derive(Clone, Debug)]
pub struct RecordedWork {
    pub accounts: Vec<RecordedAccount>,
    pub views: Vec<RecordedView>,
}

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Input(#[from] InputFault),
    #[error("the first line must name the columns at, account and person")]
    Header,
    #[error("line {0}: expected a time such as 2026-06-01 08:00:00, an account and a person")]
    Line(u64),
    #[error(
        "none of the {found} accounts belongs to this half and has worked long enough for a theft"
    )]
    TooShort { found: usize },
}

impl RecordedWork {
    /// Reads CSV with a header, compressed or not. `at` (or `ts`), `account`, `person` (or
    /// `dossier`) and, if present, `organisation` are used, other columns ignored; times are UTC,
    /// cells unquoted.
    pub fn read(text: impl Read) -> Result<Self, RecordError> {
        let mut lines = InputLines::new(text, LINE_BYTES_MAX);
        let header = lines.next_line()?.ok_or(RecordError::Header)?;
        let header = String::from_utf8_lossy(header.bytes).into_owned();
        let columns = RecordColumns::of(&header).ok_or(RecordError::Header)?;
        let mut record = Self {
            accounts: Vec::new(),
            views: Vec::new(),
        };
        let mut known = HashMap::new();
        while let Some(line) = lines.next_line()? {
            if line.bytes.trim_ascii().is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(line.bytes);
            let row = columns.row(&text).filter(|_| !line.is_too_long);
            let row = row.ok_or(RecordError::Line(line.number))?;
            let account = *known.entry(row.account.to_owned()).or_insert_with(|| {
                let organisation = row.organisation.to_owned();
                record.accounts.push(RecordedAccount {
                    name: row.account.to_owned(),
                    organisation,
                });
                record.accounts.len() - 1
            });
            let persons = vec![seen(row.person)];
            record.views.push(RecordedView {
                at_ms: row.at_ms,
                account,
                persons,
                action: "open",
            });
        }
        record.views.sort_by_key(|view| view.at_ms);
        Ok(record)
    }

    /// For each account, the days on which it worked, with the number of distinct persons it saw.
    pub fn days(&self) -> Vec<BTreeMap<i64, u32>> {
        let mut persons: Vec<BTreeMap<i64, HashSet<u64>>> =
            vec![BTreeMap::new(); self.accounts.len()];
        for view in &self.views {
            let day = persons[view.account].entry(view.day()).or_default();
            day.extend(view.persons.iter().map(|person| person.key));
        }
        let counted = |(day, persons): (i64, HashSet<u64>)| {
            (day, u32::try_from(persons.len()).unwrap_or(u32::MAX))
        };
        persons
            .into_iter()
            .map(|days| days.into_iter().map(counted).collect())
            .collect()
    }
}

/// The index of each column.
struct RecordColumns {
    at: usize,
    account: usize,
    person: usize,
    organisation: Option<usize>,
}

struct RecordLine<'l> {
    at_ms: i64,
    account: &'l str,
    person: &'l str,
    organisation: &'l str,
}

impl RecordColumns {
    fn of(header: &str) -> Option<Self> {
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        let place = |wanted: &[&str]| names.iter().position(|name| wanted.contains(name));
        Some(Self {
            at: place(&["at", "ts"])?,
            account: place(&["account"])?,
            person: place(&["person", "dossier"])?,
            organisation: place(&["organisation"]),
        })
    }

    /// `None` for a malformed line; quoted cells are refused, because a comma within one would
    /// shift the others.
    fn row<'l>(&self, line: &'l str) -> Option<RecordLine<'l>> {
        if line.contains('"') {
            return None;
        }
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let field = |place: usize| fields.get(place).copied().filter(|text| !text.is_empty());
        Some(RecordLine {
            at_ms: instant(field(self.at)?)?,
            account: field(self.account)?,
            person: field(self.person)?,
            organisation: self.organisation.and_then(field).unwrap_or_default(),
        })
    }
}

/// `2026-06-01 08:00:00`, also with a `T` or a zone, as milliseconds since 1970.
fn instant(text: &str) -> Option<i64> {
    let text = text.replacen(' ', "T", 1);
    let at =
        Timestamp::parse_rfc3339(&text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z")));
    at.or_else(|| Timestamp::parse_date(&text))
        .map(|at| at.micros().div_euclid(1000))
}

pub(crate) fn seen(person: &str) -> SeenPerson {
    SeenPerson {
        key: key_of(person),
        number: number_of(person),
        is_explained: false,
    }
}

/// What happens to the whole portal while a record is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Course {
    #[default]
    AsRecorded,
    /// From three fifths of the record on, everyone does three times as much for ten days.
    Surge,
    /// Growing day by day in the second half, to six times the work at the end.
    Growth,
}

/// The conditions under which a record is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    pub course: Course,
    /// All accounts share one network and one browser; otherwise each has its own.
    pub has_one_office: bool,
    /// Organisations of accounts are unknown.
    pub has_no_organisations: bool,
}

impl Conditions {
    /// The record under these conditions.
    pub fn apply(self, mut record: RecordedWork) -> RecordedWork {
        for (number, account) in record.accounts.iter_mut().enumerate() {
            if self.has_no_organisations {
                account.organisation.clear();
            } else if account.organisation.is_empty() {
                account.organisation = format!("org{}", number / 12);
            }
        }
        let (Some(first), Some(last)) = (record.views.first(), record.views.last()) else {
            return record;
        };
        let (first, days) = (first.day(), last.day() - first.day());
        let times = |day: i64| match self.course {
            Course::AsRecorded => 1.0,
            Course::Surge if (0..10).contains(&(day - first - days * 3 / 5)) => 3.0,
            Course::Surge => 1.0,
            Course::Growth => {
                1.0 + 10.0 * ((day - first) as f64 / days.max(1) as f64 - 0.5).max(0.0)
            }
        };
        if self.course != Course::AsRecorded {
            multiply(&mut record, &times);
        }
        record
    }
}

/// Adds views of the same account after each view, so that there are `times(day)` as many.
fn multiply(record: &mut RecordedWork, times: &dyn Fn(i64) -> f64) {
    let mut draw = Draw::new(7);
    let mut more = Vec::new();
    for (number, view) in record.views.iter().enumerate() {
        let wanted = times(view.day()) - 1.0;
        let whole = wanted.floor() as usize
            + usize::from((draw.below(1000) as f64) < wanted.fract() * 1000.0);
        for copy in 0..whole {
            let end = (view.day() + 1) * DAY_MS - 1;
            let at_ms =
                (view.at_ms + (60_000 + draw.below(900_000) as i64) * (copy as i64 + 1)).min(end);
            // Persons of their own: reading the same ones again would not add to the day's count.
            let persons = vec![seen(&format!("M{}", number * 16 + copy))];
            more.push(RecordedView {
                at_ms,
                persons,
                ..view.clone()
            });
        }
    }
    record.views.extend(more);
    record.views.sort_by_key(|view| view.at_ms);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "at,account,person,organisation\n2026-06-02 08:00:00,b,P2,o2\n2026-06-01T08:00:00Z,a,P1,\n";

    #[test]
    fn a_record_is_read_in_the_order_of_its_time() {
        let record = RecordedWork::read(TABLE.as_bytes()).unwrap();
        assert_eq!(record.accounts[record.views[0].account].name, "a");
        assert_eq!(record.days()[0].values().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn faults_are_told_by_their_line() {
        let fault = |text: &str| RecordedWork::read(text.as_bytes()).unwrap_err().to_string();
        assert!(fault("at,who\n").contains("columns"));
        assert!(
            fault("at,account,person\n2026-06-01 08:00:00,a,P\nyesterday,a,P\n")
                .starts_with("line 3:")
        );
        assert!(
            fault("at,account,person\n2026-06-01 08:00:00,\"Dupont, A\",P\n")
                .starts_with("line 2:")
        );
        let long = format!(
            "at,account,person\n2026-06-01 08:00:00,a,P,{}\n",
            "x".repeat(9000)
        );
        assert!(fault(&long).starts_with("line 2:"));
    }

    #[test]
    fn a_surge_is_three_times_as_much_for_ten_days() {
        let mut table = "at,account,person\n".to_owned();
        for day in 0..100 {
            table += &format!("{},a,P{day}\n", Timestamp::from_secs(day * 86_400));
        }
        let record = RecordedWork::read(table.as_bytes()).unwrap();
        let conditions = Conditions {
            course: Course::Surge,
            ..Conditions::default()
        };
        assert_eq!(conditions.apply(record).views.len(), 120);
    }
}
