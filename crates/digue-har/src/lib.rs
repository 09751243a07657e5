//! HTTP archives (HAR 1.2) as DevTools, Playwright and mitmproxy write them: one entry in memory at
//! a time.
//!
//! An archive is hostile: it comes from whatever a browser met. Bytes, entries, depth and the size
//! of one entry are bounded. Cookies and credentials are skipped, never kept. What an entry lacks
//! is counted with its reason.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use digue_survey::exchange::{BodyGap, Exchange, RecordedBody, UrlParts};

/// Bounds on one archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HarLimits {
    pub bytes_max: u64,
    pub entries_max: usize,
    /// Of one entry as written, with its body.
    pub entry_bytes_max: u64,
}

impl Default for HarLimits {
    fn default() -> Self {
        Self {
            bytes_max: 4 << 30,
            entries_max: 200_000,
            entry_bytes_max: 128 << 20,
        }
    }
}

/// Why an archive was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum HarFault {
    #[error("not a HAR file: {expected} is expected at line {line}, column {column}")]
    NotHar {
        expected: HarExpectation,
        line: usize,
        column: usize,
        source: serde_json::Error,
    },
    /// `entry` counts from 1.
    #[error("entry {entry} of the HAR file: {source}")]
    Entry {
        entry: usize,
        line: usize,
        column: usize,
        source: serde_json::Error,
    },
    #[error("the HAR file ends within entry {entry}")]
    EndsEarly { entry: usize },
    #[error("more than {most} bytes")]
    TooLarge { most: u64 },
    #[error("entry {entry} has more than {most} bytes")]
    EntryTooLarge { entry: usize, most: u64 },
    #[error("more than {most} entries")]
    TooManyEntries { most: usize },
    #[error("the HAR file could not be read")]
    Io(#[source] io::Error),
}

/// The part of an archive that was expected where something else stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HarExpectation {
    /// `{"log": {...}}`
    Log,
    /// `"entries": [...]` in the log
    Entries,
}

impl fmt::Display for HarExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "`log`",
            Self::Entries => "`log.entries`",
        })
    }
}

/// What the entries of an archive are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HarTally {
    pub entries: usize,
    /// Handed over with their body.
    pub with_body: usize,
    /// Handed over without body, by the place of the reason in [`BodyGap::ALL`].
    pub gaps: [usize; BodyGap::ALL.len()],
    /// No answer was recorded: blocked, cancelled, or the address of something else than http.
    pub without_answer: usize,
    /// Their request had a body that the archive does not contain.
    pub request_gaps: usize,
}

impl HarTally {
    pub fn gap(&self, gap: BodyGap) -> usize {
        BodyGap::ALL
            .iter()
            .position(|known| *known == gap)
            .map_or(0, |place| self.gaps[place])
    }

    fn count(&mut self, exchange: &Exchange<'_>) {
        match exchange.body {
            RecordedBody::Bytes(_) => self.with_body += 1,
            RecordedBody::NotRecorded(gap) => {
                let place = BodyGap::ALL.iter().position(|known| *known == gap);
                self.gaps[place.expect("`ALL` has every gap")] += 1;
            }
        }
    }
}

/// Reads an archive, and hands over each entry that has an answer, in order.
///
/// # Errors
/// [`HarFault`] with the number of the entry. Entries before the fault were handed over.
pub fn read_har(
    input: impl Read,
    limits: &HarLimits,
    take: &mut dyn FnMut(&Exchange<'_>),
) -> Result<HarTally, HarFault> {
    let meter = Rc::new(HarMeter {
        total: Cell::new(0),
        entry: Cell::new(0),
        stop: Cell::new(None),
    });
    let reader = MeteredReader {
        input: without_mark(input),
        meter: Rc::clone(&meter),
        limits: *limits,
    };
    let mut reader =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, reader));
    let mut state = HarState {
        tally: HarTally::default(),
        meter: &meter,
        limits,
        take,
        has_log: false,
        has_entries: false,
        is_full: false,
    };
    let read = RootSeed(&mut state)
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
    let entry = state.tally.entries + 1;
    // The bounds first: of one that was passed serde_json says only that reading failed.
    match (meter.stop.get(), read) {
        (Some(HarStop::Total), _) => Err(HarFault::TooLarge {
            most: limits.bytes_max,
        }),
        (Some(HarStop::Entry), _) => Err(HarFault::EntryTooLarge {
            entry,
            most: limits.entry_bytes_max,
        }),
        (None, _) if state.is_full => Err(HarFault::TooManyEntries {
            most: limits.entries_max,
        }),
        (None, Err(error)) => Err(fault_of(error, &state, entry)),
        (None, Ok(())) if state.has_entries => Ok(state.tally),
        (None, Ok(())) => Err(not_har(de::Error::custom("no entries"), &state)),
    }
}

fn fault_of(error: serde_json::Error, state: &HarState<'_>, entry: usize) -> HarFault {
    if error.is_io() {
        return HarFault::Io(error.into());
    }
    if !state.has_entries {
        return not_har(error, state);
    }
    if error.is_eof() {
        return HarFault::EndsEarly { entry };
    }
    HarFault::Entry {
        entry,
        line: error.line(),
        column: error.column(),
        source: error,
    }
}

fn not_har(source: serde_json::Error, state: &HarState<'_>) -> HarFault {
    let expected = if state.has_log {
        HarExpectation::Entries
    } else {
        HarExpectation::Log
    };
    HarFault::NotHar {
        expected,
        line: source.line(),
        column: source.column(),
        source,
    }
}

/// Without the byte-order mark that .NET programs write.
fn without_mark<R: Read>(mut input: R) -> io::Chain<io::Cursor<Vec<u8>>, R> {
    let mut start = Vec::new();
    // A failure is met again by the next read.
    let _ = input.by_ref().take(3).read_to_end(&mut start);
    if start == [0xef, 0xbb, 0xbf] {
        start.clear();
    }
    io::Cursor::new(start).chain(input)
}

/// Which bound was passed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HarStop {
    Total,
    Entry,
}

struct HarMeter {
    total: Cell<u64>,
    entry: Cell<u64>,
    stop: Cell<Option<HarStop>>,
}

/// Stops a hostile archive before its bytes are held.
struct MeteredReader<R> {
    input: R,
    meter: Rc<HarMeter>,
    limits: HarLimits,
}

impl<R: Read> Read for MeteredReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let add = |cell: &Cell<u64>| {
            cell.set(cell.get() + count as u64);
            cell.get()
        };
        if add(&self.meter.total) > self.limits.bytes_max {
            self.meter.stop.set(Some(HarStop::Total));
        } else if add(&self.meter.entry) > self.limits.entry_bytes_max {
            self.meter.stop.set(Some(HarStop::Entry));
        }
        match self.meter.stop.get() {
            Some(_) => Err(io::Error::other("a limit is passed")),
            None => Ok(count),
        }
    }
}

struct HarState<'s> {
    tally: HarTally,
    meter: &'s HarMeter,
    limits: &'s HarLimits,
    take: &'s mut dyn FnMut(&Exchange<'_>),
    has_log: bool,
    has_entries: bool,
    is_full: bool,
}

/// The value of one name in an object; everything else is skipped without being kept.
macro_rules! member_seed {
    ($seed:ident, $name:literal, $inner:ident, $expected:literal, |$state:ident| $note:expr) => {
        struct $seed<'a, 's>(&'a mut HarState<'s>);

        impl<'de> DeserializeSeed<'de> for $seed<'_, '_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
                input.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for $seed<'_, '_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expected)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
                let $state = self.0;
                while let Some(name) = members.next_key::<String>()? {
                    if name == $name {
                        $note;
                        members.next_value_seed($inner(&mut *$state))?;
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(())
            }
        }
    };
}

member_seed!(RootSeed, "log", LogSeed, "an object with `log`", |state| {
    state.has_log = true
});
member_seed!(
    LogSeed,
    "entries",
    EntriesSeed,
    "an object with `entries`",
    |state| state.has_log = true
);

struct EntriesSeed<'a, 's>(&'a mut HarState<'s>);

impl<'de> DeserializeSeed<'de> for EntriesSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for EntriesSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let state = self.0;
        state.has_entries = true;
        loop {
            state.meter.entry.set(0);
            let Some(entry) = entries.next_element::<HarEntry>()? else {
                return Ok(());
            };
            if state.tally.entries == state.limits.entries_max {
                state.is_full = true;
                return Err(de::Error::custom("too many entries"));
            }
            state.tally.entries += 1;
            entry.hand_over(state);
        }
    }
}

#[derive(Deserialize)]
struct HarEntry {
    request: HarRequest,
    response: HarResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HarRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<HarPair>,
    #[serde(default)]
    post_data: Option<HarPostData>,
    #[serde(default)]
    body_size: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HarPostData {
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    params: Vec<HarPair>,
}

#[derive(Deserialize)]
struct HarPair {
    name: String,
    #[serde(default)]
    value: Option<String>,
}

#[derive(Deserialize)]
struct HarResponse {
    status: f64,
    #[serde(default)]
    headers: Vec<HarPair>,
    #[serde(default)]
    content: Option<HarContent>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HarContent {
    /// Of the decoded body, in bytes. Negative where it is unknown.
    #[serde(default)]
    size: Option<f64>,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

fn header<'h>(headers: &'h [HarPair], wanted: &str) -> Option<&'h str> {
    let found = headers
        .iter()
        .find(|pair| pair.name.eq_ignore_ascii_case(wanted))?;
    found.value.as_deref()
}

impl HarEntry {
    fn hand_over(self, state: &mut HarState<'_>) {
        // The cast saturates: a status beyond 16 bits stays one that no answer has.
        let status = self.response.status as u16;
        if !(100..=599).contains(&status) || UrlParts::of(&self.request.url).is_none() {
            state.tally.without_answer += 1;
            return;
        }
        let (request_type, request_body) = self.request.body();
        if request_body.is_none() {
            state.tally.request_gaps += 1;
        }
        let content = self.response.content.unwrap_or_default();
        let headers = &self.response.headers;
        let body = content.body(
            status,
            header(headers, "content-encoding").unwrap_or_default(),
        );
        let declared = header(headers, "content-type").or(content.mime_type.as_deref());
        let (content_type, body, coding) = match &body {
            // The text was decoded by who recorded it, whatever character set the portal declares.
            HarBody::Text(text) => (
                declared.map(as_utf8),
                RecordedBody::Bytes(text.as_bytes()),
                "",
            ),
            HarBody::Bytes { bytes, coding } => (
                declared.map(str::to_owned),
                RecordedBody::Bytes(bytes),
                *coding,
            ),
            HarBody::Gap(gap) => (
                declared.map(str::to_owned),
                RecordedBody::NotRecorded(*gap),
                "",
            ),
        };
        let method = self.request.method.to_ascii_uppercase();
        let exchange = Exchange {
            method: &method,
            url: &self.request.url,
            request_type: &request_type,
            request_body: request_body.as_deref().unwrap_or_default(),
            status,
            location: header(headers, "location"),
            content_type: content_type.as_deref(),
            content_encoding: coding,
            body,
        };
        state.tally.count(&exchange);
        (state.take)(&exchange);
    }
}

/// `text/html; charset=iso-8859-1` with the character set that its text now has.
fn as_utf8(content_type: &str) -> String {
    let parts = content_type.split(';');
    let is_charset = |part: &&str| {
        part.trim_start()
            .to_ascii_lowercase()
            .starts_with("charset")
    };
    let kept: Vec<&str> = parts.filter(|part| !is_charset(part)).collect();
    format!("{}; charset=utf-8", kept.join(";"))
}

impl HarRequest {
    /// Its type and its body; no body is an empty one, `None` one that the archive lacks.
    fn body(&self) -> (String, Option<Vec<u8>>) {
        let declared = header(&self.headers, "content-type")
            .unwrap_or_default()
            .to_owned();
        let Some(data) = &self.post_data else {
            let is_empty = self.body_size.is_none_or(|size| size <= 0.0);
            return (declared, is_empty.then(Vec::new));
        };
        let media = data
            .mime_type
            .clone()
            .filter(|_| declared.is_empty())
            .unwrap_or(declared);
        match &data.text {
            Some(text) if !text.is_empty() || data.params.is_empty() => {
                (media, Some(text.clone().into_bytes()))
            }
            _ if is_form(&media) => (media, Some(written_form(&data.params).into_bytes())),
            // Parts of a multipart form do not make its bytes.
            _ => (media, None),
        }
    }
}

fn is_form(media: &str) -> bool {
    media
        .to_ascii_lowercase()
        .starts_with("application/x-www-form-urlencoded")
}

fn written_form(pairs: &[HarPair]) -> String {
    let written = |pair: &HarPair| {
        let value = pair.value.as_deref().unwrap_or_default();
        format!("{}={value}", pair.name)
    };
    let pairs: Vec<String> = pairs.iter().map(written).collect();
    pairs.join("&")
}

enum HarBody<'c> {
    Text(String),
    Bytes { bytes: Vec<u8>, coding: &'c str },
    Gap(BodyGap),
}

impl HarContent {
    fn body<'c>(&self, status: u16, coding: &'c str) -> HarBody<'c> {
        if status == 304 {
            return HarBody::Gap(BodyGap::NotModified);
        }
        let Some(text) = self.text.as_deref() else {
            // A size of 0 with no text is an empty body; an unknown size of an answer that may have
            // one is not.
            let is_empty = self.size.is_none_or(|size| size == 0.0) || matches!(status, 204 | 205);
            return if is_empty {
                HarBody::Text(String::new())
            } else {
                HarBody::Gap(BodyGap::Absent)
            };
        };
        let is_coded = self
            .encoding
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case("base64"));
        if !is_coded {
            return self.whole(text.len(), HarBody::Text(text.to_owned()));
        }
        let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        match STANDARD.decode(&compact) {
            Ok(bytes) => {
                // Recorders decode bodies; where one did not, the body says so itself.
                let coding = if is_still_coded(coding, &bytes) {
                    coding
                } else {
                    ""
                };
                let length = if coding.is_empty() {
                    bytes.len()
                } else {
                    usize::MAX
                };
                self.whole(length, HarBody::Bytes { bytes, coding })
            }
            // Firefox labelled texts as base64 (Mozilla 1762313).
            Err(_) if !is_base64_like(text) => HarBody::Text(text.to_owned()),
            Err(_) => HarBody::Gap(BodyGap::Undecodable),
        }
    }

    /// A body shorter than half of its stated size was cut; sizes differ a little between
    /// recorders, which count characters or bytes.
    fn whole<'c>(&self, length: usize, body: HarBody<'c>) -> HarBody<'c> {
        let is_cut = self.size.is_some_and(|size| (length as f64) < size / 2.0);
        if is_cut {
            HarBody::Gap(BodyGap::Truncated)
        } else {
            body
        }
    }
}

fn is_base64_like(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_\r\n".contains(&byte))
}

/// True for bytes that begin as the content coding makes them.
fn is_still_coded(coding: &str, bytes: &[u8]) -> bool {
    match coding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => bytes.starts_with(&[0x1f, 0x8b]),
        "zstd" => bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        // Neither has a signature: a text that is UTF-8 is no longer coded.
        "br" | "deflate" => std::str::from_utf8(bytes).is_err(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
