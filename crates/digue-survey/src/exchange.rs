//! One request and its response, as a recording or the gateway hands it over. It borrows: nothing
//! of it is kept.

/// The most bytes of one body, once decoded.
pub const BODY_BYTES_MAX: usize = 64 << 20;

/// A request and its response.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'e> {
    /// In upper case.
    pub method: &'e str,
    /// Absolute, or a path with its query.
    pub url: &'e str,
    /// The request's `Content-Type`; empty without one.
    pub request_type: &'e str,
    pub request_body: &'e [u8],
    pub status: u16,
    /// The response's `Location`, where it is known.
    pub location: Option<&'e str>,
    /// The response's `Content-Type`.
    pub content_type: Option<&'e str>,
    /// The values of `Content-Encoding`, joined with commas; empty when the body was decoded by who
    /// recorded it.
    pub content_encoding: &'e str,
    pub body: RecordedBody<'e>,
}

/// The body of a response, or why there is none to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedBody<'e> {
    Bytes(&'e [u8]),
    NotRecorded(BodyGap),
}

/// Why the body of a response is not in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyGap {
    /// The entry states a size and has no content: evicted from the browser's cache, or a stream.
    Absent,
    /// Shorter than the size that the entry states.
    Truncated,
    /// Said to be base64, and neither that nor text.
    Undecodable,
    /// Larger than what the reader holds.
    TooLarge,
    /// 304: the client had it.
    NotModified,
}

impl BodyGap {
    pub const ALL: [Self; 5] = [
        Self::Absent,
        Self::Truncated,
        Self::Undecodable,
        Self::TooLarge,
        Self::NotModified,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Truncated => "truncated",
            Self::Undecodable => "undecodable",
            Self::TooLarge => "too-large",
            Self::NotModified => "not-modified",
        }
    }
}

/// The parts of an exchange's URL. Fragments never reach a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlParts<'u> {
    /// Scheme and authority, empty for a path alone.
    pub origin: &'u str,
    /// Begins with a slash.
    pub path: &'u str,
    /// Without its question mark.
    pub query: &'u str,
}

impl<'u> UrlParts<'u> {
    /// `None` for schemes other than http and https.
    pub fn of(url: &'u str) -> Option<Self> {
        let url = url.split('#').next().unwrap_or(url);
        let (origin, rest) = if url.starts_with('/') {
            ("", url)
        } else {
            split_origin(url)?
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Some(Self {
            origin,
            path: if path.is_empty() { "/" } else { path },
            query,
        })
    }
}

/// Decoded segments of a path; the last is empty after a final slash.
pub fn segments_of(path: &str) -> Vec<String> {
    let parts = path.strip_prefix('/').unwrap_or(path).split('/');
    parts
        .map(|part| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        })
        .collect()
}

/// Decoded parameters, in order. Of what is not UTF-8, the readable part.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + use<'_> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

/// Scheme and authority of an absolute URL of the web, and what follows.
fn split_origin(url: &str) -> Option<(&str, &str)> {
    let authority = url.find("://").map(|at| at + 3)?;
    let scheme = &url[..authority];
    if !scheme.eq_ignore_ascii_case("http://") && !scheme.eq_ignore_ascii_case("https://") {
        return None;
    }
    let end = url[authority..]
        .find(['/', '?'])
        .map_or(url.len(), |end| authority + end);
    Some(url.split_at(end))
}

/// What reads a recording, or hands over what passes. Each call hands over every exchange again, in
/// order.
pub trait ExchangeSource {
    type Fault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), Self::Fault>;
}

/// An exchange that owns its bytes, for tests and callers that hold few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldExchange {
    pub method: String,
    pub url: String,
    pub request_type: String,
    pub request_body: Vec<u8>,
    pub status: u16,
    pub location: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: String,
    pub body: Result<Vec<u8>, BodyGap>,
}

impl HeldExchange {
    /// The answer 200 to a `GET`.
    pub fn get(url: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.to_owned(),
            request_type: String::new(),
            request_body: Vec::new(),
            status: 200,
            location: None,
            content_type: Some(content_type.to_owned()),
            content_encoding: String::new(),
            body: Ok(body.into()),
        }
    }

    pub fn as_exchange(&self) -> Exchange<'_> {
        Exchange {
            method: &self.method,
            url: &self.url,
            request_type: &self.request_type,
            request_body: &self.request_body,
            status: self.status,
            location: self.location.as_deref(),
            content_type: self.content_type.as_deref(),
            content_encoding: &self.content_encoding,
            body: match &self.body {
                Ok(bytes) => RecordedBody::Bytes(bytes),
                Err(gap) => RecordedBody::NotRecorded(*gap),
            },
        }
    }
}

impl ExchangeSource for &[HeldExchange] {
    type Fault = std::convert::Infallible;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), Self::Fault> {
        self.iter().for_each(|held| take(&held.as_exchange()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<(&str, &str, &str)>) {
        let parts = UrlParts::of(url).map(|parts| (parts.origin, parts.path, parts.query));
        assert_eq!(parts, expected, "{url}");
    }

    #[test]
    fn a_url_has_origin_path_and_query() {
        check(
            "https://a.fr/x/1?b=2&c#d?e",
            Some(("https://a.fr", "/x/1", "b=2&c")),
        );
        check("http://a.fr:81?b", Some(("http://a.fr:81", "/", "b")));
        check("http://a.fr", Some(("http://a.fr", "/", "")));
        check("/x?y", Some(("", "/x", "y")));
        for other in [
            "data:text/html,x",
            "chrome-extension://a/b",
            "ws://a.fr/x",
            "x",
        ] {
            check(other, None);
        }
    }
}
