//! Recorded exposures played through the watch: anybody can hold their own records against it.
//!
//! The format is that of `docs/reference/exposures.md`, one object a line, in the order of their
//! time. Only `at`, `account` and `persons` are needed.

use std::borrow::Cow;
use std::collections::HashMap;

use digue_detection::engine::key_of;
use digue_detection::sighting::number_of;
use digue_detection::{Batches, Engine, Finding, SeenPerson};
use digue_types::Timestamp;
use serde::Deserialize;

/// One line, as far as the watch reads it; what it does not know it leaves alone.
#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    at: Cow<'l, str>,
    #[serde(borrow)]
    account: Cow<'l, str>,
    #[serde(borrow, default)]
    organisation: Cow<'l, str>,
    #[serde(borrow, default)]
    session: Cow<'l, str>,
    #[serde(borrow, default)]
    portal: Cow<'l, str>,
    #[serde(borrow, default)]
    action: Cow<'l, str>,
    #[serde(borrow)]
    persons: Vec<Text<'l>>,
    #[serde(borrow, default)]
    client: Client<'l>,
}

/// A text of a list: borrowed where the line holds it as it is, which `Vec<Cow<str>>` never does.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

#[derive(Deserialize, Default)]
struct Client<'l> {
    #[serde(borrow, default)]
    ip: Cow<'l, str>,
    #[serde(borrow, default)]
    user_agent: Cow<'l, str>,
}

/// Why a line was not read; the line is never quoted: it names persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("not an object of the format")]
    Form,
    #[error("no instant")]
    Instant,
    #[error("before the line above it")]
    Order,
}

/// What is known of accounts besides what they did: organisation, and when they were made.
#[derive(Debug, Default)]
pub struct AccountList(HashMap<String, (String, Option<Timestamp>)>);

impl AccountList {
    /// CSV with a header: `account`, `organisation` and `created` (a date) in any order, further
    /// columns left alone. The number of the line that cannot be read, otherwise.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let rows = Rows::new(text, &["account"]).ok_or(1_usize)?;
        let mut list = HashMap::new();
        for (line, row) in rows {
            let account = row("account").filter(|name| !name.is_empty()).ok_or(line)?;
            let made = row("created").filter(|text| !text.is_empty());
            let made = match made {
                Some(text) => {
                    Some(Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_date(text)).ok_or(line)?)
                }
                None => None,
            };
            list.insert(account.to_owned(), (row("organisation").unwrap_or_default().to_owned(), made));
        }
        Ok(Self(list))
    }
}

/// Who is in whose caseload, by account or organisation, and until when.
#[derive(Debug, Default)]
pub struct CaseloadList(HashMap<(String, u64), (Option<Timestamp>, Option<Timestamp>)>);

impl CaseloadList {
    /// CSV with a header: `account` (or `organisation`), `person`, and `from` and `until` if wished.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let rows = Rows::new(text, &["person"]).ok_or(1_usize)?;
        let mut list = HashMap::new();
        for (line, row) in rows {
            let holder = row("account").filter(|name| !name.is_empty());
            let holder = holder.or_else(|| row("organisation")).ok_or(line)?;
            let person = row("person").filter(|text| !text.is_empty()).ok_or(line)?;
            let date = |name| match row(name).filter(|text| !text.is_empty()) {
                Some(text) => Timestamp::parse_date(text).map(Some).ok_or(line),
                None => Ok(None),
            };
            list.insert((holder.to_owned(), key_of(person)), (date("from")?, date("until")?));
        }
        Ok(Self(list))
    }

    fn holds(&self, holder: &str, person: u64, at: Timestamp) -> bool {
        self.0.get(&(holder.to_owned(), person)).is_some_and(|(from, until)| {
            from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until)
        })
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Rows of a small CSV without quoted line breaks, by the names of its header.
struct Rows<'t> {
    separator: char,
    names: Vec<&'t str>,
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
}

impl<'t> Rows<'t> {
    fn new(text: &'t str, needed: &[&str]) -> Option<Self> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let (_, header) = lines.next()?;
        let separator = if header.contains(';') { ';' } else { ',' };
        let names: Vec<&str> = header.split(separator).map(clean).collect();
        needed.iter().all(|name| names.contains(name)).then_some(Self { separator, names, lines })
    }
}

fn clean(field: &str) -> &str {
    field.trim().trim_matches('"')
}

/// One field of a row by its name.
type Row<'t> = Box<dyn Fn(&str) -> Option<&'t str> + 't>;

impl<'t> Iterator for Rows<'t> {
    type Item = (usize, Row<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let (place, line) = self.lines.find(|(_, line)| !line.trim().is_empty())?;
        let fields: Vec<&'t str> = line.split(self.separator).map(clean).collect();
        let names = self.names.clone();
        let row = move |name: &str| {
            let place = names.iter().position(|known| *known == name)?;
            fields.get(place).copied()
        };
        Some((place + 1, Box::new(row)))
    }
}

/// Plays lines through an engine.
pub struct Watcher<'l> {
    engine: Engine,
    batches: Batches,
    accounts: &'l AccountList,
    caseload: &'l CaseloadList,
    last: Timestamp,
    pub lines: u64,
}

impl<'l> Watcher<'l> {
    pub fn new(mut engine: Engine, accounts: &'l AccountList, caseload: &'l CaseloadList) -> Self {
        let mut made: Vec<_> = accounts.0.iter().collect();
        made.sort();
        for (account, (organisation, at)) in made {
            if let Some(at) = at {
                engine.made(*at, account, organisation, "", 1);
            }
        }
        Self {
            engine,
            batches: Batches::default(),
            accounts,
            caseload,
            last: Timestamp::from_micros(i64::MIN),
            lines: 0,
        }
    }

    /// Reads one line; what earlier lines revealed comes out.
    pub fn read(&mut self, line: &[u8], found: &mut Vec<Finding>) -> Result<(), Unread> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(|_| Unread::Form)?;
        let at = Timestamp::parse_rfc3339(&line.at).ok_or(Unread::Instant)?;
        if at < self.last {
            return Err(Unread::Order);
        }
        self.last = at;
        self.lines += 1;
        let organisation = match self.accounts.0.get(&*line.account) {
            Some((known, _)) if !known.is_empty() => known,
            _ => &*line.organisation,
        };
        let mut sighting = self.batches.blank();
        sighting.at = at;
        sighting.persons.extend(line.persons.iter().map(|Text(person)| {
            let key = key_of(person);
            let is_explained = !self.caseload.is_empty()
                && (self.caseload.holds(&line.account, key, at)
                    || self.caseload.holds(organisation, key, at));
            SeenPerson { key, number: number_of(person), is_explained }
        }));
        sighting.persons.sort_unstable();
        sighting.persons.dedup();
        for (room, text) in [
            (&mut sighting.account, &*line.account),
            (&mut sighting.portal, &*line.portal),
            (&mut sighting.organisation, organisation),
            (&mut sighting.session, &*line.session),
            (&mut sighting.action, &*line.action),
            (&mut sighting.ip, &*line.client.ip),
            (&mut sighting.agent, &*line.client.user_agent),
        ] {
            room.push_str(text);
        }
        self.batches.push(&mut self.engine, sighting, found);
        Ok(())
    }

    /// Accounts that were met.
    pub fn accounts(&self) -> usize {
        self.engine.accounts()
    }

    /// What the last instant revealed.
    pub fn finish(&mut self, found: &mut Vec<Finding>) {
        self.batches.flush(&mut self.engine, found);
    }
}

/// The places of the lines of `text` in the order of their time, for records that are not.
pub fn in_order(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    #[derive(Deserialize)]
    struct At<'l> {
        #[serde(borrow)]
        at: Cow<'l, str>,
    }
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let range = start..start + line.len();
        start = range.end;
        let at =
            serde_json::from_slice::<At<'_>>(line).ok().and_then(|line| Timestamp::parse_rfc3339(&line.at));
        // A line without a time comes first, and is told.
        lines.push((at.unwrap_or(Timestamp::from_micros(i64::MIN)), range));
    }
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, range)| range).collect()
}

#[cfg(test)]
mod tests {
    use digue_detection::Options;
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"at":"2026-06-01T08:00:00Z","account":"a","organisation":"o","session":"s","portal":"p","action":"open","persons":["P1","P\\u00e9"],"client":{"ip":"192.0.2.1","user_agent":"Firefox"}}"#;

    fn read(line: &[u8]) -> Result<(), Unread> {
        let (accounts, caseload) = (AccountList::default(), CaseloadList::default());
        let mut watcher = Watcher::new(Engine::new(Options::default()), &accounts, &caseload);
        let read = watcher.read(line, &mut Vec::new());
        watcher.finish(&mut Vec::new());
        read
    }

    #[test]
    fn a_line_of_the_format_is_read() {
        assert_eq!(read(LINE.as_bytes()), Ok(()));
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_told_and_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(read(&bytes), Err(Unread::Form));
        }

        #[test]
        fn a_line_with_some_bytes_changed_does_no_harm(
            changes in proptest::collection::vec((0..LINE.len(), any::<u8>()), 1..6),
            cut in 0..=LINE.len(),
        ) {
            let mut line = LINE.as_bytes().to_vec();
            for (place, byte) in changes {
                line[place] = byte;
            }
            line.truncate(cut);
            let _ = read(&line);
        }

        #[test]
        fn hostile_lists_are_told_and_do_no_harm(text in "(account|person|created|until|[,;\"\n ]|[a-z0-9é-]{1,4}){0,60}") {
            let _ = AccountList::parse(&text);
            let _ = CaseloadList::parse(&text);
        }
    }
}
