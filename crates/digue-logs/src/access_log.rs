//! Parses lines of access logs into the fields of a past request, as text. A field or line that
//! cannot be parsed is `None` and never guessed. Files, compression and line ends are the business
//! of `lines`.

use std::borrow::Cow;
// From `core`: addresses are only values here, and this crate opens no socket.
use core::net::IpAddr;
use core::ops::{Range, RangeInclusive};

use digue_types::Timestamp;
use serde_json::Value as Json;

/// The format of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// `combined` of nginx and Apache, or `common`, which is its first part.
    Combined,
    /// One JSON object a line.
    Json(LogMembers),
    /// CSV with a header.
    Csv(LogMembers),
    /// Not an access log: exposures as a portal reports them, one object a line.
    Exposures,
}

/// The member or column names of a JSON or CSV log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMembers {
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

impl Default for LogMembers {
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

/// The fields of one line, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFields {
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

/// The header of a CSV log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvHeader {
    delimiter: u8,
    pub columns: Vec<String>,
}

/// Delimiters to try; the more likely first, for headers that fit several.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl CsvHeader {
    /// Parses a header with the first delimiter that gives all required names.
    ///
    /// # Errors
    /// The required name that is missing.
    pub fn read(line: &str, members: &LogMembers) -> Result<Self, String> {
        let needed = [
            &members.at,
            &members.account,
            &members.target,
            &members.status,
        ];
        let line = without_mark(line);
        let missing = |columns: &[String]| {
            needed
                .into_iter()
                .find(|name| !columns.contains(name))
                .cloned()
        };
        let mut first_missing = None;
        for delimiter in DELIMITERS {
            let columns = cells(line, delimiter).unwrap_or_default();
            match missing(&columns) {
                None => return Ok(Self { delimiter, columns }),
                // With a wrong delimiter the header is one long name: its missing names mean
                // nothing.
                Some(name) if columns.len() > 1 => first_missing = first_missing.or(Some(name)),
                Some(_) => {}
            }
        }
        Err(first_missing.unwrap_or_else(|| members.at.clone()))
    }
}

/// Removes the byte-order mark with which some files begin.
fn without_mark(line: &str) -> &str {
    line.trim_start_matches('\u{feff}')
}

impl LogForm {
    /// Parses one line; `None` when it is not of this format.
    pub fn read(&self, line: &str, header: Option<&CsvHeader>) -> Option<LogFields> {
        let line = without_mark(line);
        let mut fields = match self {
            Self::Combined => combined(line),
            Self::Json(members) => json_fields(line, members),
            Self::Csv(members) => csv_fields(line, header?, members),
            Self::Exposures => None,
        }?;
        fields.target = without_session(&fields.target);
        Some(fields)
    }
}

/// Removes `;jsessionid=...`, which Java servers add to the path for clients without cookies:
/// routes of a map would not match it, and a session must not be stored as part of an address.
fn without_session(target: &str) -> String {
    const MARK: &str = ";jsessionid=";
    // ASCII only, so that the same bytes stay at the same places and offsets hold for the original.
    let lower = target.to_ascii_lowercase();
    let Some(start) = lower.find(MARK) else {
        return target.to_owned();
    };
    let value = start + MARK.len();
    let end = target[value..]
        .find(['/', '?', '#', ';'])
        .map_or(target.len(), |end| value + end);
    format!("{}{}", &target[..start], &target[end..])
}

/// Parses an instant with its zone: RFC 3339, `17/May/2015:10:05:03 +0000`,
/// `2015-05-17 10:05:03.786 +0000`, or seconds, milliseconds, microseconds or nanoseconds since
/// 1970, told apart by the number of digits.
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    if let Some(at) = Timestamp::parse_common_log(text) {
        return Some(at);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // Seconds have ten digits from September 2001 to 2286, milliseconds then have thirteen, and so
    // on. With any other number of digits it is something else, such as the day `20260710` or the
    // minute `202607101530`.
    if begins_with_an_hour(whole) {
        return None;
    }
    let digits_of_micros = match whole.len() {
        10 => 6,
        13 => 3,
        16 => 0,
        19 => return Some(Timestamp::from_micros(whole.parse::<i64>().ok()? / 1_000)),
        _ => return None,
    };
    let micros: String = whole
        .chars()
        .chain(
            fraction
                .chars()
                .chain("000000".chars())
                .take(digits_of_micros),
        )
        .collect();
    micros.parse().ok().map(Timestamp::from_micros)
}

/// True for digits that begin like `2026071015`, an hour of this century. As a number they are
/// instants from 2034 on, by whatever unit: what they mean cannot be known, and a year that is
/// eight years wrong would be believed.
fn begins_with_an_hour(digits: &str) -> bool {
    let is_within = |place: Range<usize>, most: RangeInclusive<u32>| {
        let part = digits.get(place).and_then(|part| part.parse().ok());
        part.is_some_and(|part| most.contains(&part))
    };
    is_within(0..4, 2000..=2099)
        && is_within(4..6, 1..=12)
        && is_within(6..8, 1..=31)
        && is_within(8..10, 0..=23)
}

/// True for a time without a zone: which instant it was is unknown, and is reported as such.
pub fn lacks_zone(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && parse_moment(text).is_none() && {
        let with_zone = if text.contains('T') {
            format!("{text}Z")
        } else {
            format!("{text} +0000")
        };
        parse_moment(&with_zone).is_some()
    }
}

/// Parses a line in the combined format, or in the common one, which lacks the last two fields.
/// Apache's `vhost_combined` has the host before the address.
fn combined(line: &str) -> Option<LogFields> {
    let (first, rest) = line.split_once(' ')?;
    let (ip, rest) = match rest.split_once(' ') {
        Some((second, rest)) if !is_address(first) && is_address(second) => (second, rest),
        _ => (first, rest),
    };
    let (_ident, rest) = rest.split_once(' ')?;
    // An account name may contain spaces; the bracket of the date ends it.
    let (account, rest) = rest.split_once(" [")?;
    let (at, rest) = rest.split_once("] ")?;
    let (request, rest) = quoted(rest)?;
    let mut words = rest.trim_start().splitn(3, ' ');
    let (status, bytes) = (words.next()?, words.next().unwrap_or("-"));
    let rest = words.next().unwrap_or_default();
    // The user agent identifies no one: a broken one is no reason to lose the line.
    let user_agent = match quoted(rest) {
        Some((_referer, rest)) => quoted(rest.trim_start())
            .map(|(agent, _)| agent)
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let user_agent = String::from_utf8_lossy(&user_agent).into_owned();
    let (method, target) = request_line(&addressed(&request))?;
    Some(LogFields {
        at: at.to_owned(),
        account: account.to_owned(),
        ip: ip.to_owned(),
        user_agent,
        method,
        target,
        status: status.to_owned(),
        bytes: bytes.to_owned(),
        ..LogFields::default()
    })
}

fn request_line(text: &str) -> Option<(String, String)> {
    let mut words = text.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    // A line that was cut, or a target with raw spaces, does not end with a version: to guess where
    // its target ends could name another person.
    let is_whole = words
        .next()
        .is_some_and(|version| version.starts_with("HTTP/"))
        && words.next().is_none();
    is_whole.then(|| (method.to_owned(), target.to_owned()))
}

fn is_address(text: &str) -> bool {
    let plain = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    plain
        .split('%')
        .next()
        .is_some_and(|plain| plain.parse::<IpAddr>().is_ok())
}

/// Percent-encodes non-ASCII bytes of a request line, as a client would have.
fn addressed(request: &[u8]) -> String {
    let byte = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    request.iter().map(byte).collect()
}

/// The bytes of a quoted text with the escapes of nginx and Apache decoded, and the rest of the
/// line.
fn quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = Vec::new();
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some((value, &inner[at + 1..])),
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

impl LogMembers {
    fn request(&self, find: impl Fn(&str) -> Option<String>) -> Option<(String, String)> {
        match (find(&self.method), find(&self.target)) {
            (Some(method), Some(target)) => Some((method, target)),
            (None, Some(target)) => Some(("GET".to_owned(), target)),
            _ => request_line(&find("request")?),
        }
    }

    /// The fields, each looked up by name. A member `request` can replace method and target.
    fn fields(&self, find: impl Fn(&str) -> Option<String>) -> Option<LogFields> {
        let text = |name: &str| find(name).unwrap_or_default();
        let (method, target) = self.request(&find)?;
        Some(LogFields {
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

/// Names for servers with a JSON format of their own; a dot leads into an object.
fn own_names(object: &Json) -> Option<LogMembers> {
    if object["request"]["uri"].is_string() {
        return Some(caddy_names());
    }
    object["RequestPath"].is_string().then(traefik_names)
}

fn caddy_names() -> LogMembers {
    let name = |text: &str| text.to_owned();
    LogMembers {
        at: name("ts"),
        account: name("user_id"),
        ip: name("request.remote_ip"),
        user_agent: name("request.headers.User-Agent.0"),
        method: name("request.method"),
        target: name("request.uri"),
        bytes: name("size"),
        ..LogMembers::default()
    }
}

fn traefik_names() -> LogMembers {
    let name = |text: &str| text.to_owned();
    LogMembers {
        at: name("StartUTC"),
        account: name("ClientUsername"),
        ip: name("ClientHost"),
        user_agent: name("request_User-Agent"),
        method: name("RequestMethod"),
        target: name("RequestPath"),
        status: name("DownstreamStatus"),
        bytes: name("DownstreamContentSize"),
        ..LogMembers::default()
    }
}

fn member<'j>(object: &'j Json, name: &str) -> Option<&'j Json> {
    object.get(name).or_else(|| {
        name.split('.').try_fold(object, |inner, part| match inner {
            Json::Array(all) => all.get(part.parse::<usize>().ok()?),
            _ => inner.get(part),
        })
    })
}

fn json_fields(line: &str, members: &LogMembers) -> Option<LogFields> {
    let object: Json = serde_json::from_str(line)
        .or_else(|_| serde_json::from_str(&json_escaped(line)))
        .ok()?;
    object.as_object()?;
    let find = |name: &str| match member(&object, name)? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    members
        .fields(find)
        .or_else(|| own_names(&object)?.fields(find))
}

/// Converts `\x22`, written by nginx without `escape=json`, to JSON escapes.
fn json_escaped(line: &str) -> Cow<'_, str> {
    if !line.contains("\\x") {
        return Cow::Borrowed(line);
    }
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let byte = rest
            .get(at + 2..at + 4)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (rest.as_bytes().get(at + 1), byte) {
            // Not for a quote, a backslash or a control character: as bytes they would change the
            // JSON.
            (Some(b'x'), Some(byte @ (0x20..=0x21 | 0x23..=0x5b | 0x5d..))) => {
                bytes.push(byte);
                rest = &rest[at + 4..];
            }
            (Some(b'x'), Some(byte)) => {
                bytes.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                rest = &rest[at + 4..];
            }
            _ => {
                // Skip the escaped character too, so that `\\x22` is not read as an escape.
                let end = rest[at + 1..]
                    .chars()
                    .next()
                    .map_or(at + 1, |sign| at + 1 + sign.len_utf8());
                bytes.extend_from_slice(&rest.as_bytes()[at..end]);
                rest = &rest[end..];
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn csv_fields(line: &str, header: &CsvHeader, members: &LogMembers) -> Option<LogFields> {
    let cells = cells(line, header.delimiter)?;
    // With a cell more or less, the account of one line would stand in another column.
    if cells.len() != header.columns.len() {
        return None;
    }
    members.fields(|name| {
        let place = header.columns.iter().position(|column| column == name)?;
        Some(cells[place].clone())
    })
}

/// The cells of one line. Quoted line breaks are not supported: no access log has them.
fn cells(line: &str, delimiter: u8) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(|cell| cell.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"192.0.2.7 - agent.3 [12/Jul/2025:21:04:05 +0200] "GET /fiche/P1?x=%20 HTTP/1.1" 200 512 "https://a/" "Mozilla \"x\" \x41""#;

    #[test]
    fn a_combined_line_is_read_with_its_escapes() {
        let fields = combined(LINE).unwrap();
        assert_eq!(
            (fields.account.as_str(), fields.target.as_str()),
            ("agent.3", "/fiche/P1?x=%20")
        );
        assert_eq!(
            (fields.status.as_str(), fields.bytes.as_str()),
            ("200", "512")
        );
        assert_eq!(fields.user_agent, "Mozilla \"x\" A");
        assert_eq!(
            parse_moment(&fields.at),
            Timestamp::parse_rfc3339("2025-07-12T19:04:05Z")
        );
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
        for wrong in [
            "",
            "yesterday",
            "12/07/2025",
            "-5",
            "1e9",
            "99999999999999",
            "2025-07-12 19:04:05",
        ] {
            assert_eq!(parse_moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_since_1970_are_told_apart_by_their_digits() {
        let expected = Timestamp::parse_rfc3339("2026-11-27T09:05:03.524Z");
        for text in [
            "1795770303.524",
            "1795770303524",
            "1795770303524000",
            "1795770303524000000",
        ] {
            assert_eq!(parse_moment(text), expected, "{text}");
        }
        for text in [
            "2026-11-27 10:05:03.524 +0100",
            "27/Nov/2026:10:05:03.524 +0100",
            "27/nov/2026:10:05:03.524 +0100",
        ] {
            assert_eq!(parse_moment(text), expected, "{text}");
        }
        for text in [
            "2026-11-27 10:05:03",
            "2026-11-27T10:05:03",
            "27/Nov/2026:10:05:03",
        ] {
            assert!(lacks_zone(text), "{text}");
        }
        assert!(!lacks_zone("hier") && !lacks_zone("2026-11-27T10:05:03Z"));
    }

    #[test]
    fn a_day_written_as_digits_is_no_number_of_seconds() {
        for text in [
            "20260710",
            "260710",
            "202607101530",
            "20260710153005",
            "2026",
            "0",
            "153005",
            "20260710.5",
            "2026071015",
            "2026071015300",
            "2026071015300512",
            "2026071015300512345",
        ] {
            assert_eq!(parse_moment(text), None, "{text}");
            assert!(!lacks_zone(text), "{text}");
        }
    }

    fn line_of(file: &str, place: usize) -> String {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/access-logs");
        let bytes = std::fs::read(folder.join(file)).unwrap();
        String::from_utf8_lossy(&bytes)
            .lines()
            .nth(place)
            .unwrap()
            .to_owned()
    }

    /// Account, method, target and status of a line.
    fn said(form: &LogForm, line: &str) -> Option<String> {
        let header = match form {
            LogForm::Csv(members) => {
                Some(CsvHeader::read(&line_of("csv-semicolon.log", 0), members).unwrap())
            }
            _ => None,
        };
        let fields = form.read(line, header.as_ref())?;
        parse_moment(&fields.at)?;
        Some(format!(
            "{} {} {} {}",
            fields.account, fields.method, fields.target, fields.status
        ))
    }

    #[test]
    fn logs_of_other_servers_are_read() {
        let (combined, json) = (LogForm::Combined, LogForm::Json(LogMembers::default()));
        let csv = LogForm::Csv(LogMembers::default());
        for (form, file, place) in [
            (&combined, "combined-ok.log", 0),
            (&combined, "vhost-combined.log", 0),
            (&combined, "crlf-bom.log", 0),
            (&combined, "ipv6.log", 1),
            (&combined, "ipv6.log", 2),
            (&combined, "latin1-bytes.log", 0),
            (&combined, "ua-latin1.log", 0),
            (&combined, "ua-latin1.log", 1),
            (&combined, "ua-latin1.log", 2),
            (&combined, "ua-latin1.log", 3),
            (&combined, "request-odd.log", 4),
            (&json, "caddy.log", 0),
            (&json, "traefik.log", 0),
            (&json, "json-ok.log", 0),
            (&json, "json-bom.log", 0),
            (&json, "json-epoch-ms.log", 0),
            (&json, "json-epoch-exp.log", 0),
            (&json, "json-escape-default.log", 0),
            (&csv, "csv-semicolon.log", 1),
        ] {
            let line = line_of(file, place);
            assert_eq!(
                said(form, &line).as_deref(),
                Some("a1 GET /fiche/P1 200"),
                "{file}: {line}"
            );
        }
        assert_eq!(
            said(&combined, &line_of("request-odd.log", 8)).as_deref(),
            Some("a1 GET /fiche/P1?q=%E9 200")
        );
        let user = |place| said(&combined, &line_of("user-odd.log", place));
        assert_eq!(
            user(0).as_deref(),
            Some("jean dupont GET /fiche/P1 200"),
            "a name with a space is no host"
        );
    }

    #[test]
    fn a_session_in_the_path_is_no_part_of_it() {
        for (target, plain) in [
            ("/fiche/P1;jsessionid=AB12", "/fiche/P1"),
            ("/fiche/P1;JSESSIONID=AB12?x=1", "/fiche/P1?x=1"),
            ("/a;jsessionid=1/b", "/a/b"),
            ("/fiche/P1;v=2", "/fiche/P1;v=2"),
        ] {
            assert_eq!(without_session(target), plain);
        }
    }

    #[test]
    fn json_and_csv_lines_are_read_by_their_names() {
        let json = r#"{"time_iso8601":"2025-07-12T19:04:05Z","remote_user":"a","request":"GET /x HTTP/2.0","status":200}"#;
        let fields = json_fields(json, &LogMembers::default()).unwrap();
        assert_eq!(
            (fields.target.as_str(), fields.status.as_str()),
            ("/x", "200")
        );
        for separator in [",", ";", "\t"] {
            let line = ["time_iso8601", "remote_user", "request_uri", "status"].join(separator);
            let header = CsvHeader::read(&line, &LogMembers::default()).unwrap();
            let line = ["t", "\"a, b; c\"", "/x", "404"].join(separator);
            let fields = csv_fields(&line, &header, &LogMembers::default()).unwrap();
            assert_eq!(
                (fields.account.as_str(), fields.method.as_str()),
                ("a, b; c", "GET")
            );
            assert_eq!(
                csv_fields(&["t", "a"].join(separator), &header, &LogMembers::default()),
                None
            );
        }
        let missing = |line: &str| CsvHeader::read(line, &LogMembers::default()).unwrap_err();
        assert_eq!(missing("time_iso8601;remote_user;status"), "request_uri");
        assert_eq!(missing("zeit,wer"), "time_iso8601");
    }
}
