//! Lines of access logs: what a request of the past said, as text. What does not read is `None`, never
//! guessed.

use digue_types::Timestamp;
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
    /// No access log: exposures as a portal reports them, one object a line.
    Exposures,
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
pub struct Fields {
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

impl LogForm {
    /// The fields of one line; `columns` are those of a CSV header.
    pub fn read(&self, line: &str, columns: &[String]) -> Option<Fields> {
        match self {
            Self::Combined => combined(line),
            Self::Json(members) => json_fields(line, members),
            Self::Csv(members) => csv_fields(line, columns, members),
            Self::Exposures => None,
        }
    }
}

/// RFC 3339, `17/May/2015:10:05:03 +0000`, or seconds since 1970.
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    if let Some(at) = Timestamp::parse_common_log(text) {
        return Some(at);
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
pub fn csv_cells(line: &str) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(ToOwned::to_owned).collect())
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
}
