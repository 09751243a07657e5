//! Import of access logs from before a portal was behind the gateway, so that *whom did this
//! account read last year* has an answer on the first day.
//!
//! Lines are interpreted by the portal's own map. Each line is identified by its text and its
//! number among equal lines of its file, so that it is written once, however often a log is read.
//! Unreadable lines are rejected with their reason and counted; nothing is guessed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read, Write};

use digue_connections::client_address::reported_address;
use digue_gateway::Portal;
use digue_gateway::past::{PastRequest, PastRequestError, exposure_of};
use digue_gateway::ports::Aliases;
use digue_gateway::reported;
use digue_journal::{Journal, codec};
use digue_logs::access_log::{self, CsvHeader, LogForm};
use digue_logs::lines::{InputFault, InputLine, InputLines};
use digue_types::{
    AccountId, Act, Administration, Event, ExchangeId, Exposure, OrganisationId, RequestClient,
    SessionId, Subject, Timestamp,
};
use http::{Method, Uri};
use ring::digest::{SHA256, digest};

/// The counts of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportTally {
    pub lines: u64,
    /// Lines written by this import.
    pub written: u64,
    /// Lines that an earlier import wrote.
    pub known: u64,
    /// Persons in the written lines, not distinct.
    pub persons: u64,
    /// Lines of routes that show no person, and requests that the portal refused.
    pub without_persons: u64,
    /// Rejected, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
}

/// An import and its sources.
pub struct Importer<'i> {
    pub portal: &'i Portal,
    pub form: LogForm,
    pub aliases: &'i dyn Aliases,
    pub journal: &'i Journal,
    /// The organisation of each account, where the log does not say it.
    pub organisations: HashMap<AccountId, OrganisationId>,
    /// Older lines are past their retention and rejected.
    pub oldest: Timestamp,
    pub now: Timestamp,
    /// True for a dry run: nothing is written.
    pub is_trial: bool,
}

/// Why an import stopped. Lines written before stay, and are recognised by the next import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The log cannot be opened, or has an unsupported form.
    #[error(transparent)]
    Input(InputFault),
    #[error("the rejected lines cannot be written: {0}")]
    Rejects(#[from] io::Error),
    #[error("the CSV header lacks {0}")]
    Header(String),
    #[error(transparent)]
    Append(#[from] digue_journal::AppendError),
    #[error(transparent)]
    Journal(#[from] digue_journal::OpenError),
}

/// A log that was read.
#[derive(Debug)]
pub struct LogOutcome {
    pub tally: ImportTally,
    /// Why it was not read to its end; the lines before were imported.
    pub stopped: Option<InputFault>,
}

/// The longest line of an access log.
const LINE_BYTES_MAX: usize = 64 << 10;
/// The longest line of the exposure form, which may name many persons; the same limit as for the
/// API.
const EXPOSURE_BYTES_MAX: usize = 8 << 20;
/// Exposures in one append.
// Each append waits for the disk: one for each line would take days for a long log.
const BATCH: usize = 512;
const PREFIX: &str = "import.";

/// 128 bits of a line's SHA-256.
type LineName = [u8; 16];

/// The names of the imported lines that the journal has.
pub fn known_lines(journal: &Journal) -> Result<HashSet<LineName>, ImportError> {
    let mut known = HashSet::new();
    journal.each(0, &mut |_, opened| {
        if let digue_journal::keyring::OpenedKeyring::Event(Event::Exposure(exposure)) = opened
            && exposure.source.is_some()
        {
            known.extend(parse_line_name(exposure.exchange.as_str()));
        }
    })?;
    Ok(known)
}

fn parse_line_name(exchange: &str) -> Option<LineName> {
    let (pairs, _) = exchange.strip_prefix(PREFIX)?.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

impl Importer<'_> {
    /// Imports one log called `name`, compressed or not. `known` receives the names of written
    /// lines, `progress` the number of lines read, `rejects` the rejected lines, one JSON object
    /// each.
    pub fn read(
        &self,
        name: &str,
        log: impl Read,
        known: &mut HashSet<LineName>,
        rejects: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<LogOutcome, ImportError> {
        let is_reported = self.form == LogForm::Exposures;
        let bytes_max = if is_reported {
            EXPOSURE_BYTES_MAX
        } else {
            LINE_BYTES_MAX
        };
        let mut lines = InputLines::new(log, bytes_max);
        let mut reading = LogReading {
            name,
            known,
            rejects,
            tally: ImportTally::default(),
            repeats: HashMap::new(),
            batch: Vec::new(),
            header: None,
        };
        let stopped = loop {
            match lines.next_line() {
                Ok(None) => break None,
                Ok(Some(line)) => {
                    if line.number.is_multiple_of(4096) {
                        progress(line.number);
                    }
                    self.take_line(line, &mut reading)?;
                }
                // A log of an unsupported form is refused before anything is written; one that
                // breaks off keeps what was read.
                Err(fault) if fault.error.is_refusal() => return Err(ImportError::Input(fault)),
                Err(fault) => break Some(fault),
            }
            if reading.batch.len() >= BATCH {
                self.write(&mut reading.batch)?;
            }
        };
        self.write(&mut reading.batch)?;
        let tally = reading.tally;
        self.note(name, &tally)?;
        Ok(LogOutcome { tally, stopped })
    }

    fn take_line(
        &self,
        line: InputLine<'_>,
        reading: &mut LogReading<'_>,
    ) -> Result<(), ImportError> {
        // Lossy, because one broken user agent must not reject a line; the fields that matter are
        // checked in `take`.
        let text = String::from_utf8_lossy(line.bytes.trim_ascii_end());
        if let LogForm::Csv(members) = &self.form
            && reading.header.is_none()
        {
            reading.header = Some(CsvHeader::read(&text, members).map_err(ImportError::Header)?);
            return Ok(());
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let tally = &mut reading.tally;
        tally.lines += 1;
        let line_name = name_line(line.bytes, &mut reading.repeats);
        let source = format!("{}:{}", reading.name, line.number);
        match self.take(line, &text, reading.header.as_ref(), line_name, &source) {
            // Parsed all the same: the count of rejected lines must not depend on what was imported
            // before.
            Ok(_) if reading.known.contains(&line_name) => tally.known += 1,
            Ok(exposure) => {
                reading.known.insert(line_name);
                tally.written += 1;
                tally.persons += exposure.persons().count() as u64;
                reading.batch.extend(codec::chain(exposure));
            }
            Err("without-persons") => tally.without_persons += 1,
            Err(reason) => {
                *tally.rejected.entry(reason).or_default() += 1;
                let text: String = text.chars().take(LINE_BYTES_MAX).collect();
                let reject = serde_json::json!({
                    "file": reading.name, "line": line.number, "reason": reason, "text": text,
                });
                writeln!(reading.rejects, "{reject}")?;
            }
        }
        Ok(())
    }

    fn write(&self, batch: &mut Vec<Event>) -> Result<(), ImportError> {
        let events = std::mem::take(batch);
        if !self.is_trial && !events.is_empty() {
            self.journal.append_and_wait(events)?;
        }
        Ok(())
    }

    fn note(&self, name: &str, tally: &ImportTally) -> Result<(), ImportError> {
        // A second run that found nothing new leaves no entry, so that imports can be repeated by a
        // timer.
        if self.is_trial || tally.written == 0 {
            return Ok(());
        }
        let act = Administration {
            at: self.now,
            actor: AccountId::parse("digue").expect("`digue` is a valid account name"),
            act: Act::Imported,
            subject: Subject::Portal(self.portal.id.clone()),
            before: name.chars().take(400).collect(),
            after: format!(
                "lines:{} written:{} known:{} rejected:{}",
                tally.lines,
                tally.written,
                tally.known,
                tally.rejected.values().sum::<u64>()
            ),
            reason: String::new(),
        };
        self.journal
            .append_and_wait(vec![Event::Administration(act)])?;
        Ok(())
    }

    /// The exposure of a line, or the reason why it is rejected.
    fn take(
        &self,
        line: InputLine<'_>,
        text: &str,
        header: Option<&CsvHeader>,
        name: LineName,
        source: &str,
    ) -> Result<Exposure, &'static str> {
        if line.is_too_long {
            return Err("too-long");
        }
        // A crash of the logging server can leave blocks of zeros.
        if line.bytes.contains(&0) {
            return Err("not-utf8");
        }
        if self.form == LogForm::Exposures {
            return self.take_reported(line.bytes, name, source);
        }
        let fields = self.form.read(text, header).ok_or("form")?;
        // Bytes that are not UTF-8 are tolerated in the user agent and nowhere else: in an account
        // or a target they would change who saw whom.
        let texts = [
            &fields.at,
            &fields.account,
            &fields.organisation,
            &fields.session,
            &fields.target,
        ];
        if texts
            .iter()
            .any(|text| text.contains(char::REPLACEMENT_CHARACTER))
        {
            return Err("not-utf8");
        }
        let lacks_zone = access_log::lacks_zone(&fields.at);
        let at = access_log::parse_moment(&fields.at).ok_or(if lacks_zone {
            "no-zone"
        } else {
            "time"
        })?;
        // A clock that is ahead, or a day and month that were swapped: such lines would stay at the
        // end of every list.
        if at > self.now {
            return Err("future");
        }
        if at < self.oldest {
            return Err("past-retention");
        }
        if fields.account.is_empty() || fields.account == "-" {
            return Err("no-account");
        }
        let account = self
            .portal
            .mapping
            .account(&fields.account)
            .map_err(|_| "account")?;
        let session = if matches!(fields.session.as_str(), "" | "-") {
            "import"
        } else {
            &fields.session
        };
        let past = PastRequest {
            at,
            exchange: exchange_of(name),
            organisation: self.organisation(&account, &fields.organisation)?,
            account,
            session: SessionId::parse(session).map_err(|_| "session")?,
            client: RequestClient {
                ip: reported_address(&fields.ip),
                user_agent: fields.user_agent.chars().take(200).collect(),
            },
            method: fields.method.parse::<Method>().map_err(|_| "method")?,
            target: fields.target.parse::<Uri>().map_err(|_| "target")?,
            status: fields.status.parse().map_err(|_| "status")?,
            // The size is only a figure; a log without it still says who saw whom.
            body_bytes: fields.bytes.parse().unwrap_or(0),
            source: source.chars().take(400).collect(),
        };
        exposure_of(self.portal, self.aliases, past).map_err(|reason| match reason {
            PastRequestError::Path => "path",
            PastRequestError::UnknownRoute => "unknown-route",
            PastRequestError::Values => "values",
            PastRequestError::Assets | PastRequestError::NotShown => "without-persons",
        })
    }

    /// A line of the documented form of exposures, as `POST /v1/exposures` takes them.
    fn take_reported(
        &self,
        line: &[u8],
        name: LineName,
        source: &str,
    ) -> Result<Exposure, &'static str> {
        let reported = reported::exposure_of(self.portal, line, self.now, exchange_of(name));
        let exposure = reported.map_err(|(_, code)| match code {
            "json" | "members" => "form",
            "instant" => "time",
            "future" => "future",
            "other-portal" => "other-portal",
            "shape" => "values",
            _ => "name",
        })?;
        if exposure.at < self.oldest {
            return Err("past-retention");
        }
        Ok(Exposure {
            source: Some(source.chars().take(400).collect()),
            ..exposure
        })
    }

    fn organisation(
        &self,
        account: &AccountId,
        logged: &str,
    ) -> Result<OrganisationId, &'static str> {
        if !matches!(logged, "" | "-") {
            return self
                .portal
                .mapping
                .organisation(logged)
                .map_err(|_| "organisation");
        }
        // Accounts that left are in no directory. Their consultations count, under an organisation
        // that says so.
        Ok(self
            .organisations
            .get(account)
            .cloned()
            .unwrap_or_else(OrganisationId::unknown))
    }
}

/// One log while it is read.
struct LogReading<'r> {
    name: &'r str,
    known: &'r mut HashSet<LineName>,
    rejects: &'r mut dyn Write,
    tally: ImportTally,
    repeats: HashMap<LineName, u32>,
    batch: Vec<Event>,
    header: Option<CsvHeader>,
}

/// The name of a line. The same line twice in one file is two requests; the same line in two files
/// is one, so that a log can be read again.
fn name_line(line: &[u8], repeats: &mut HashMap<LineName, u32>) -> LineName {
    let name = |text: &[u8]| -> LineName {
        // 128 bits are enough to recognise a line, and half the memory for a log of some hundred
        // million.
        digest(&SHA256, text).as_ref()[..16]
            .try_into()
            .expect("16 of 32 bytes")
    };
    let first = name(line.trim_ascii_end());
    let count = repeats.entry(first).or_default();
    *count += 1;
    // The first occurrence keeps the plain name, so that the rule does not depend on how many
    // follow.
    if *count == 1 {
        first
    } else {
        name(&[first.as_slice(), &count.to_be_bytes()].concat())
    }
}

fn exchange_of(name: LineName) -> ExchangeId {
    let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    ExchangeId::parse(&format!("{PREFIX}{hex}"))
        .expect("a prefix and 32 hexadecimal digits are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_has_the_same_name_and_its_repeat_another() {
        let (mut one, mut two) = (HashMap::new(), HashMap::new());
        let first = name_line(b"line\n", &mut one);
        assert_eq!(first, name_line(b"line", &mut two));
        let repeat = name_line(b"line\n", &mut one);
        assert_ne!(first, repeat);
        assert_eq!(repeat, name_line(b"line\r\n", &mut two));
        assert_eq!(parse_line_name(exchange_of(first).as_str()), Some(first));
    }
}
