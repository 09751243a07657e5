//! Recorded exposures played through detection: an operator can test it with records of their own.
//!
//! The format is that of `docs/reference/exposures.md`, one object per line. Only `at`, `account`
//! and `persons` are required; `null` counts as absent. Lines out of time order are sorted first
//! (`play`).

pub mod lists;
pub mod play;
pub mod sort;
pub mod spool;

use std::borrow::Cow;

use digue_detection::batch::OwnedSighting;
use digue_detection::engine::key_of;
use digue_detection::sighting::number_of;
use digue_detection::{Batches, Engine, Finding, SeenPerson};
use digue_types::Timestamp;
use serde::Deserialize;

use lists::{AccountList, CaseloadList};

/// One line, as far as detection reads it; unknown members are ignored.
#[derive(Deserialize)]
struct ExposureLine<'l> {
    #[serde(borrow)]
    at: Cow<'l, str>,
    #[serde(borrow)]
    account: Cow<'l, str>,
    #[serde(borrow, default)]
    organisation: Option<LineText<'l>>,
    #[serde(borrow, default)]
    session: Option<LineText<'l>>,
    #[serde(borrow, default)]
    portal: Option<LineText<'l>>,
    #[serde(borrow, default)]
    action: Option<LineText<'l>>,
    #[serde(borrow)]
    persons: Vec<LineText<'l>>,
    #[serde(borrow, default)]
    client: Option<LineClient<'l>>,
}

/// Text in a list, or text that may be `null`: borrowed where the line contains it verbatim, which
/// `Vec<Cow<str>>` and `Option<Cow<str>>` never do.
#[derive(Deserialize)]
#[serde(transparent)]
struct LineText<'l>(#[serde(borrow)] Cow<'l, str>);

#[derive(Deserialize, Default)]
struct LineClient<'l> {
    #[serde(borrow, default)]
    ip: Option<LineText<'l>>,
    #[serde(borrow, default)]
    user_agent: Option<LineText<'l>>,
}

/// The text of a member; empty when it is absent.
fn said<'t>(text: Option<&'t LineText<'_>>) -> &'t str {
    text.map_or("", |LineText(text)| text)
}

/// Why a line was not read; the line is never quoted: it names persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("not an object of the format")]
    Form,
    #[error("no valid time")]
    Instant,
    #[error("longer than the limit for a line")]
    Length,
    #[error("earlier than the line before it")]
    Order,
}

impl LineError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Instant => "instant",
            Self::Length => "length",
            Self::Order => "order",
        }
    }
}

fn parse(line: &[u8]) -> Result<(Timestamp, ExposureLine<'_>), LineError> {
    let line: ExposureLine<'_> = serde_json::from_slice(line).map_err(|_| LineError::Form)?;
    let at = Timestamp::parse_rfc3339(&line.at).ok_or(LineError::Instant)?;
    Ok((at, line))
}

/// The time of a line.
///
/// # Errors
/// Why the line cannot be read.
pub fn instant_of(line: &[u8]) -> Result<Timestamp, LineError> {
    parse(line).map(|(at, _)| at)
}

/// Parses lines, and adds what the lists know.
struct LineReader<'l> {
    accounts: &'l AccountList,
    caseload: &'l CaseloadList,
    last: Timestamp,
    lines: u64,
}

impl<'l> LineReader<'l> {
    fn new(accounts: &'l AccountList, caseload: &'l CaseloadList) -> Self {
        Self {
            accounts,
            caseload,
            last: Timestamp::from_micros(i64::MIN),
            lines: 0,
        }
    }

    /// Parses one line into `sighting`, which must be empty.
    fn read(&mut self, line: &[u8], sighting: &mut OwnedSighting) -> Result<(), LineError> {
        let (at, line) = parse(line)?;
        if at < self.last {
            return Err(LineError::Order);
        }
        self.last = at;
        self.lines += 1;
        // The line has the organisation at that time; the list only the present one.
        let organisation = match said(line.organisation.as_ref()) {
            "" => self.accounts.organisation(&line.account),
            organisation => organisation,
        };
        let client = line.client.unwrap_or_default();
        sighting.at = at;
        sighting
            .persons
            .extend(line.persons.iter().map(|LineText(person)| {
                let key = key_of(person);
                // An empty list is no list: then no person is called unexplained for being absent
                // from it.
                let is_explained = !self.caseload.is_empty()
                    && (self.caseload.holds(&line.account, key, at)
                        || self.caseload.holds(organisation, key, at));
                SeenPerson {
                    key,
                    number: number_of(person),
                    is_explained,
                }
            }));
        sighting.persons.sort_unstable();
        sighting.persons.dedup();
        for (member, text) in [
            (&mut sighting.account, &*line.account),
            (&mut sighting.portal, said(line.portal.as_ref())),
            (&mut sighting.organisation, organisation),
            (&mut sighting.session, said(line.session.as_ref())),
            (&mut sighting.action, said(line.action.as_ref())),
            (&mut sighting.ip, said(client.ip.as_ref())),
            (&mut sighting.agent, said(client.user_agent.as_ref())),
        ] {
            member.push_str(text);
        }
        Ok(())
    }
}

/// Judges sightings in order.
struct RecordJudge {
    engine: Engine,
    batches: Batches,
    found: Vec<Finding>,
}

impl RecordJudge {
    fn push(&mut self, sighting: OwnedSighting) {
        self.batches
            .push(&mut self.engine, sighting, &mut self.found);
    }

    /// Judges the last instant, too: it is held until a later one comes.
    fn finish(&mut self) {
        self.batches.flush(&mut self.engine, &mut self.found);
    }
}

/// Runs lines through an engine.
pub struct Watcher<'l> {
    reader: LineReader<'l>,
    judge: RecordJudge,
}

impl<'l> Watcher<'l> {
    pub fn new(mut engine: Engine, accounts: &'l AccountList, caseload: &'l CaseloadList) -> Self {
        for (account, organisation, at) in accounts.created() {
            engine.made(at, account, organisation, "", 1);
        }
        let judge = RecordJudge {
            engine,
            batches: Batches::default(),
            found: Vec::new(),
        };
        Self {
            reader: LineReader::new(accounts, caseload),
            judge,
        }
    }
}

#[cfg(test)]
mod tests {
    use digue_detection::EngineOptions;
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"at":"2026-06-01T08:00:00Z","account":"a","organisation":"o","session":"s","portal":"p","action":"open","persons":["P1","P\\u00e9"],"client":{"ip":"192.0.2.1","user_agent":"Firefox"}}"#;

    fn read(line: &[u8]) -> Result<(), LineError> {
        let (accounts, caseload) = (AccountList::default(), CaseloadList::default());
        let mut reader = LineReader::new(&accounts, &caseload);
        reader.read(line, &mut OwnedSighting::blank())
    }

    #[test]
    fn a_line_of_the_format_is_read() {
        assert_eq!(read(LINE.as_bytes()), Ok(()));
    }

    /// The organisation for which the line counts, when the list has the account under `listed`.
    fn organisation_of(line: &str, listed: &str) -> String {
        let mut accounts = AccountList::default();
        accounts.add("a", listed, None);
        let caseload = CaseloadList::default();
        let Watcher {
            mut reader,
            mut judge,
        } = Watcher::new(Engine::new(EngineOptions::default()), &accounts, &caseload);
        // Enough persons in a minute for any bar.
        for second in 0..600 {
            let at = format!("2026-06-01T08:{:02}:{:02}Z", second / 60, second % 60);
            let line = line.replace("AT", &at).replace("P1", &format!("P{second}"));
            let mut sighting = OwnedSighting::blank();
            reader.read(line.as_bytes(), &mut sighting).unwrap();
            judge.push(sighting);
        }
        judge.finish();
        judge.found.first().expect("a theft").organisation.clone()
    }

    #[test]
    fn the_organisation_of_the_line_wins_over_the_list() {
        let line =
            |member: &str| format!(r#"{{"at":"AT","account":"a",{member}"persons":["P1"]}}"#);
        assert_eq!(
            organisation_of(&line(r#""organisation":"then","#), "now"),
            "then"
        );
        assert_eq!(
            organisation_of(&line(r#""organisation":null,"#), "now"),
            "now"
        );
        assert_eq!(
            organisation_of(&line(r#""organisation":"","#), "now"),
            "now"
        );
        assert_eq!(organisation_of(&line(""), "now"), "now");
        assert_eq!(
            organisation_of(&line(r#""organisation":"then","#), ""),
            "then"
        );
    }

    #[test]
    fn null_is_the_same_as_nothing() {
        for member in [
            "organisation",
            "session",
            "portal",
            "action",
            "route",
            "categories",
            "client",
            "other",
        ] {
            let line = format!(
                r#"{{"at":"2026-06-01T08:00:00Z","account":"a","{member}":null,"persons":["P1"]}}"#
            );
            assert_eq!(read(line.as_bytes()), Ok(()), "{member}");
        }
        let client = r#"{"at":"2026-06-01T08:00:00Z","account":"a","persons":[],"client":{"ip":null,"user_agent":null}}"#;
        assert_eq!(read(client.as_bytes()), Ok(()));
        for member in ["at", "account", "persons"] {
            let line = LINE.replace(
                &format!("\"{member}\":"),
                &format!("\"{member}\":null,\"x\":"),
            );
            assert_eq!(read(line.as_bytes()), Err(LineError::Form), "{member}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_told_and_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(read(&bytes), Err(LineError::Form));
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
    }
}
