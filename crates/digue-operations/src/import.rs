//! Taking in access logs of a portal that was not behind the lock: so that *who was read through this
//! account last year* has an answer on the first day.
//!
//! Lines are mapped by the portal's own map. Each has a name made of its text and its place among the
//! same lines of its file, and is written once, whatever is read again. What cannot be read is
//! rejected with its reason and counted; nothing is guessed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read, Write};

use digue_gateway::Portal;
use digue_gateway::past::{NotTaken, PastRequest, exposure_of};
use digue_gateway::ports::Aliases;
use digue_journal::{Journal, codec};
use digue_types::{
    AccountId, Act, Administration, Client, Event, ExchangeId, Exposure, Inspection, OrganisationId, SessionId,
    Timestamp,
};
use http::{Method, Uri};
use ring::digest::{SHA256, digest};
use serde_json::Value as Json;

/// How a log is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// `combined` of nginx and Apache; `common` is its beginning.
    Combined,
    /// One object a line.
    Json(Members),
    /// With a header.
    Csv(Members),
}

/// The names that a JSON or CSV log gives to what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    pub at: String,
    pub account: String,
    pub organisation: String,
    pub session: String,
    pub ip: String,
    pub user_agent: String,
    pub method: String,
    pub target: String,
    pub status: String,
    pub bytes: String,
}

impl Default for Members {
    /// The names of nginx's variables.
    fn default() -> Self {
        let name = |text: &str| text.to_owned();
        Self {
            at: name("time_iso8601"),
            account: name("remote_user"),
            organisation: name("organisation"),
            session: name("session"),
            ip: name("remote_addr"),
            user_agent: name("http_user_agent"),
            method: name("request_method"),
            target: name("request_uri"),
            status: name("status"),
            bytes: name("body_bytes_sent"),
        }
    }
}

/// What one line says, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fields {
    at: String,
    account: String,
    organisation: String,
    session: String,
    ip: String,
    user_agent: String,
    method: String,
    target: String,
    status: String,
    bytes: String,
}

/// What became of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub lines: u64,
    /// Written now.
    pub written: u64,
    /// Written before.
    pub known: u64,
    /// Persons named by what was written.
    pub persons: u64,
    /// Of routes that show nobody, or refused by the portal.
    pub without_persons: u64,
    /// Rejected, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
}

/// What importing works with.
pub struct Importer<'i> {
    pub portal: &'i Portal,
    pub form: LogForm,
    pub aliases: &'i dyn Aliases,
    pub journal: &'i Journal,
    /// The organisation of each account, where the log does not say it.
    pub organisations: HashMap<AccountId, OrganisationId>,
    /// What is older is past its retention.
    pub oldest: Timestamp,
    pub now: Timestamp,
    /// True when nothing is to be written.
    pub is_trial: bool,
}

/// Why importing stopped; what was written before stays, and is not written again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the file cannot be read: {0}")]
    Disk(#[from] io::Error),
    #[error("the CSV header lacks {0}")]
    Header(String),
    #[error(transparent)]
    Append(#[from] digue_journal::AppendError),
    #[error(transparent)]
    Journal(#[from] digue_journal::OpenError),
}

/// Longer lines are no requests.
const LINE_BYTES_MAX: usize = 64 << 10;
/// Exposures written as one unit.
const BATCH: usize = 512;
const PREFIX: &str = "import.";

/// 128 bits of a line's SHA-256.
type LineName = [u8; 16];

/// The lines that the journal has already.
pub fn known_lines(journal: &Journal) -> Result<HashSet<LineName>, ImportError> {
    let mut known = HashSet::new();
    journal.each(0, &mut |_, opened| {
        if let digue_journal::keyring::Opened::Event(Event::Exposure(exposure)) = opened
            && exposure.inspection == Inspection::Imported
        {
            known.extend(parse_line_name(exposure.exchange.as_str()));
        }
    })?;
    Ok(known)
}

fn parse_line_name(exchange: &str) -> Option<LineName> {
    let (pairs, _) = exchange.strip_prefix(PREFIX)?.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// The bytes of a log, unpacked when its first bytes say gzip or Zstandard.
pub fn unpacked(mut file: impl Read + 'static) -> io::Result<Box<dyn Read>> {
    let mut magic = [0; 4];
    let mut read = 0;
    while read < magic.len() {
        match file.read(&mut magic[read..])? {
            0 => break,
            count => read += count,
        }
    }
    let whole = io::Cursor::new(magic[..read].to_vec()).chain(file);
    Ok(match magic {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(whole);
            Box::new(decoder.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?)
        }
        _ => Box::new(whole),
    })
}

impl Importer<'_> {
    /// Reads one log whose name is `name`. `known` grows by what is written; `progress` is told of the
    /// lines read; rejected lines go to `rejects`, one JSON object each.
    pub fn read(
        &self,
        name: &str,
        log: impl Read,
        known: &mut HashSet<LineName>,
        rejects: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Tally, ImportError> {
        let mut tally = Tally::default();
        let mut repeats: HashMap<LineName, u32> = HashMap::new();
        let mut batch: Vec<Event> = Vec::new();
        let mut columns: Option<Vec<String>> = None;
        let mut lines = BufReader::with_capacity(1 << 20, log);
        let mut line = Vec::new();
        let mut number = 0u64;
        while read_line(&mut lines, &mut line)? {
            number += 1;
            if number.is_multiple_of(4096) {
                progress(number);
            }
            let text = String::from_utf8_lossy(line.trim_ascii_end());
            if matches!(self.form, LogForm::Csv(_)) && columns.is_none() {
                columns = Some(self.header(&text)?);
                continue;
            }
            if text.trim().is_empty() {
                continue;
            }
            tally.lines += 1;
            let line_name = name_line(&line, &mut repeats);
            let taken = self.take(&line, &text, columns.as_deref(), line_name, &format!("{name}:{number}"));
            match taken {
                Ok(exposure) if known.contains(&line_name) => {
                    drop(exposure);
                    tally.known += 1;
                }
                Ok(exposure) => {
                    known.insert(line_name);
                    tally.written += 1;
                    tally.persons += exposure.persons().count() as u64;
                    batch.extend(codec::chain(exposure));
                }
                Err("without-persons") => tally.without_persons += 1,
                Err(reason) => {
                    *tally.rejected.entry(reason).or_default() += 1;
                    let reject = serde_json::json!({"file": name, "line": number, "reason": reason, "text": text});
                    writeln!(rejects, "{reject}")?;
                }
            }
            if batch.len() >= BATCH {
                self.write(&mut batch)?;
            }
        }
        self.write(&mut batch)?;
        self.note(name, &tally)?;
        Ok(tally)
    }

    fn write(&self, batch: &mut Vec<Event>) -> Result<(), ImportError> {
        let events = std::mem::take(batch);
        if !self.is_trial && !events.is_empty() {
            self.journal.append_and_wait(events)?;
        }
        Ok(())
    }

    fn note(&self, name: &str, tally: &Tally) -> Result<(), ImportError> {
        if self.is_trial || tally.written == 0 {
            return Ok(());
        }
        let act = Administration {
            at: self.now,
            actor: AccountId::parse("digue").expect("a name"),
            act: Act::Imported,
            subject: format!("portal:{}", self.portal.id),
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
        self.journal.append_and_wait(vec![Event::Administration(act)])?;
        Ok(())
    }

    fn header(&self, text: &str) -> Result<Vec<String>, ImportError> {
        let columns = csv_cells(text.trim_start_matches('\u{feff}')).unwrap_or_default();
        if let LogForm::Csv(members) = &self.form {
            for needed in [&members.at, &members.account, &members.target, &members.status] {
                if !columns.contains(needed) {
                    return Err(ImportError::Header(needed.clone()));
                }
            }
        }
        Ok(columns)
    }

    /// The exposure that a line tells, or the reason why it is none.
    fn take(
        &self,
        line: &[u8],
        text: &str,
        columns: Option<&[String]>,
        name: LineName,
        source: &str,
    ) -> Result<Exposure, &'static str> {
        if line.len() >= LINE_BYTES_MAX {
            return Err("too-long");
        }
        if std::str::from_utf8(line).is_err() {
            return Err("not-utf8");
        }
        let fields = match &self.form {
            LogForm::Combined => combined(text).ok_or("form")?,
            LogForm::Json(members) => json_fields(text, members).ok_or("form")?,
            LogForm::Csv(members) => csv_fields(text, columns.unwrap_or_default(), members).ok_or("form")?,
        };
        let at = parse_moment(&fields.at).ok_or("time")?;
        if at > self.now {
            return Err("future");
        }
        if at < self.oldest {
            return Err("past-retention");
        }
        if fields.account.is_empty() || fields.account == "-" {
            return Err("no-account");
        }
        let account = AccountId::parse(&fields.account).map_err(|_| "account")?;
        let session = if matches!(fields.session.as_str(), "" | "-") { "import" } else { &fields.session };
        let past = PastRequest {
            at,
            exchange: exchange_of(name),
            organisation: self.organisation(&account, &fields.organisation)?,
            account,
            session: SessionId::parse(session).map_err(|_| "session")?,
            client: Client {
                ip: fields.ip.chars().take(64).collect(),
                user_agent: fields.user_agent.chars().take(200).collect(),
            },
            method: fields.method.parse::<Method>().map_err(|_| "method")?,
            target: fields.target.parse::<Uri>().map_err(|_| "target")?,
            status: fields.status.parse().map_err(|_| "status")?,
            body_bytes: fields.bytes.parse().unwrap_or(0),
            source: source.chars().take(400).collect(),
        };
        exposure_of(self.portal, self.aliases, past).map_err(|reason| match reason {
            NotTaken::Path => "path",
            NotTaken::UnknownRoute => "unknown-route",
            NotTaken::Values => "values",
            NotTaken::Assets | NotTaken::NotShown => "without-persons",
        })
    }

    fn organisation(&self, account: &AccountId, said: &str) -> Result<OrganisationId, &'static str> {
        if !matches!(said, "" | "-") {
            return OrganisationId::parse(said).map_err(|_| "organisation");
        }
        let unknown = || OrganisationId::parse("unknown").expect("a name");
        Ok(self.organisations.get(account).cloned().unwrap_or_else(unknown))
    }
}

/// Reads up to the next newline into `line`, keeping no more than a line may have; false at the end.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut is_first = true;
    loop {
        let available = lines.fill_buf()?;
        if available.is_empty() {
            return Ok(!is_first);
        }
        is_first = false;
        let end = available.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(available.len(), |end| end + 1);
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(&available[..length.min(room)]);
        lines.consume(length);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// The same line twice in one file is two requests; the same line in two files is one.
fn name_line(line: &[u8], repeats: &mut HashMap<LineName, u32>) -> LineName {
    let name = |text: &[u8]| -> LineName {
        digest(&SHA256, text).as_ref()[..16].try_into().expect("16 of 32 bytes")
    };
    let first = name(line.trim_ascii_end());
    let count = repeats.entry(first).or_default();
    *count += 1;
    if *count == 1 { first } else { name(&[first.as_slice(), &count.to_be_bytes()].concat()) }
}

fn exchange_of(name: LineName) -> ExchangeId {
    let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    ExchangeId::parse(&format!("{PREFIX}{hex}")).expect("hexadecimal digits")
}

/// RFC 3339, `17/May/2015:10:05:03 +0000`, or seconds since 1970.
fn parse_moment(text: &str) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    if let Ok(at) = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", text) {
        return at.to_timestamp().ok().map(|at| Timestamp::from_micros(at.as_microsecond()));
    }
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || seconds.len() > 12 || !is_number(seconds) || !is_number(fraction) {
        return None;
    }
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros: i64 = micros.parse().ok()?;
    Some(Timestamp::from_micros(seconds.parse::<i64>().ok()? * 1_000_000 + micros))
}

/// A line of the combined form, or of the common one, which lacks the last two fields.
fn combined(line: &str) -> Option<Fields> {
    let (ip, rest) = line.split_once(' ')?;
    let (_ident, rest) = rest.split_once(' ')?;
    // A name may hold spaces; the bracket of the date ends it.
    let (account, rest) = rest.split_once(" [")?;
    let (at, rest) = rest.split_once("] ")?;
    let (request, rest) = quoted(rest)?;
    let mut words = rest.trim_start().splitn(3, ' ');
    let (status, bytes) = (words.next()?, words.next().unwrap_or("-"));
    let rest = words.next().unwrap_or_default();
    let user_agent = match quoted(rest) {
        Some((_referer, rest)) => quoted(rest.trim_start()).map(|(agent, _)| agent).unwrap_or_default(),
        None => String::new(),
    };
    let (method, target) = request_line(&request)?;
    Some(Fields {
        at: at.to_owned(),
        account: account.to_owned(),
        ip: ip.to_owned(),
        user_agent,
        method,
        target,
        status: status.to_owned(),
        bytes: bytes.to_owned(),
        ..Fields::default()
    })
}

fn request_line(text: &str) -> Option<(String, String)> {
    let mut words = text.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let is_whole = words.next().is_some_and(|version| version.starts_with("HTTP/")) && words.next().is_none();
    is_whole.then(|| (method.to_owned(), target.to_owned()))
}

/// A text in quotes with the escapes of nginx and Apache, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = Vec::new();
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some((String::from_utf8(value).ok()?, &inner[at + 1..])),
            b'\\' => {
                let escaped = *bytes.get(at + 1)?;
                if escaped == b'x' {
                    let digits = inner.get(at + 2..at + 4)?;
                    value.push(u8::from_str_radix(digits, 16).ok()?);
                    at += 4;
                } else {
                    value.push(match escaped {
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'r' => b'\r',
                        other => other,
                    });
                    at += 2;
                }
            }
            byte => {
                value.push(byte);
                at += 1;
            }
        }
    }
    None
}

impl Members {
    /// The fields, each looked up by its name; `request` stands for method and target together.
    fn fields(&self, find: impl Fn(&str) -> Option<String>) -> Option<Fields> {
        let text = |name: &str| find(name).unwrap_or_default();
        let (method, target) = match (find(&self.method), find(&self.target)) {
            (Some(method), Some(target)) => (method, target),
            (None, Some(target)) => ("GET".to_owned(), target),
            _ => request_line(&find("request")?)?,
        };
        Some(Fields {
            at: find(&self.at)?,
            account: text(&self.account),
            organisation: text(&self.organisation),
            session: text(&self.session),
            ip: text(&self.ip),
            user_agent: text(&self.user_agent),
            method,
            target,
            status: find(&self.status)?,
            bytes: text(&self.bytes),
        })
    }
}

fn json_fields(line: &str, members: &Members) -> Option<Fields> {
    let object: Json = serde_json::from_str(line).ok()?;
    object.as_object()?;
    members.fields(|name| match &object[name] {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn csv_fields(line: &str, columns: &[String], members: &Members) -> Option<Fields> {
    let cells = csv_cells(line)?;
    if cells.len() != columns.len() {
        return None;
    }
    members.fields(|name| {
        let place = columns.iter().position(|column| column == name)?;
        Some(cells[place].clone())
    })
}

/// The cells of one line; a quoted line break is no access log.
fn csv_cells(line: &str) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(ToOwned::to_owned).collect())
}

/// What the fuzzer throws lines at.
pub fn read_any_line(line: &str) {
    let _ = combined(line);
    let _ = json_fields(line, &Members::default());
    let columns = ["time_iso8601", "status", "request_uri"].map(ToOwned::to_owned);
    let _ = csv_fields(line, &columns, &Members::default());
    let _ = parse_moment(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"192.0.2.7 - agent.3 [12/Jul/2025:21:04:05 +0200] "GET /fiche/P1?x=%20 HTTP/1.1" 200 512 "https://a/" "Mozilla \"x\" \x41""#;

    #[test]
    fn a_combined_line_is_read_with_its_escapes() {
        let fields = combined(LINE).unwrap();
        assert_eq!((fields.account.as_str(), fields.target.as_str()), ("agent.3", "/fiche/P1?x=%20"));
        assert_eq!((fields.status.as_str(), fields.bytes.as_str()), ("200", "512"));
        assert_eq!(fields.user_agent, "Mozilla \"x\" A");
        assert_eq!(parse_moment(&fields.at), Timestamp::parse_rfc3339("2025-07-12T19:04:05Z"));
        let common = LINE.split(" \"https").next().unwrap();
        assert_eq!(combined(common).unwrap().user_agent, "");
    }

    #[test]
    fn lines_that_are_no_requests_are_not_guessed() {
        for line in [
            "",
            "x",
            "192.0.2.7 - a [date] \"GET /\" 200 1",
            "192.0.2.7 - a [date] \"\\x16\\x03\\x01\" 400 0",
            "192.0.2.7 - a [date] \"GET / HTTP/1.1",
            "192.0.2.7 - a [date] \"GET /a b HTTP/1.1\" 200 1",
        ] {
            assert_eq!(combined(line), None, "{line}");
        }
    }

    #[test]
    fn moments_have_three_forms() {
        let expected = Timestamp::parse_rfc3339("2025-07-12T19:04:05.25Z");
        assert_eq!(parse_moment("2025-07-12T21:04:05.25+02:00"), expected);
        assert_eq!(parse_moment("1752347045.25"), expected);
        for wrong in ["", "yesterday", "12/07/2025", "-5", "1e9", "99999999999999"] {
            assert_eq!(parse_moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn json_and_csv_lines_are_read_by_their_names() {
        let json = r#"{"time_iso8601":"2025-07-12T19:04:05Z","remote_user":"a","request":"GET /x HTTP/2.0","status":200}"#;
        let fields = json_fields(json, &Members::default()).unwrap();
        assert_eq!((fields.target.as_str(), fields.status.as_str()), ("/x", "200"));
        let columns = ["time_iso8601", "remote_user", "request_uri", "status"].map(ToOwned::to_owned);
        let fields = csv_fields("t,\"a, b\",/x,404", &columns, &Members::default()).unwrap();
        assert_eq!((fields.account.as_str(), fields.method.as_str()), ("a, b", "GET"));
        assert_eq!(csv_fields("t,a", &columns, &Members::default()), None);
    }

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

    #[test]
    fn a_packed_log_is_unpacked_by_its_first_bytes() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"hello").unwrap();
        let packed = packed.finish().unwrap();
        for bytes in [packed, b"hello".to_vec()] {
            let mut text = String::new();
            unpacked(io::Cursor::new(bytes)).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "hello");
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut endless = BufReader::new(io::repeat(b'x').take(1 << 20).chain(&b"\nnext\n"[..]));
        let mut line = Vec::new();
        assert!(read_line(&mut endless, &mut line).unwrap());
        assert_eq!(line.len(), LINE_BYTES_MAX);
        assert!(read_line(&mut endless, &mut line).unwrap());
        assert_eq!(line, b"next\n");
        assert!(!read_line(&mut endless, &mut line).unwrap());
    }
}
