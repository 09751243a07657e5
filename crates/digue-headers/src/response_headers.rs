//! Which headers of a portal's response reach its client, in enforced mode.
//!
//! What is shown outside the body is inspected or stripped (promise 29). A header with a fixed
//! vocabulary passes when its value belongs to it. Any other text is searched for identifiers,
//! however they are encoded, and the persons found count as shown. Where no shape could recognise
//! an identifier, and for names that no standard defines, only what the map names passes.

use digue_identifiers::{Collector, Identifier, IdentifierKind, Pick};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use regex::Regex;
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use digue_http::header_text::{has_word, readings, tokens};

/// What a map says about the headers of its portal's responses, compiled.
#[derive(Clone, Debug, Default)]
pub struct HeaderRules {
    /// Headers that pass besides the usual ones.
    pub named: Vec<HeaderName>,
    /// For each kind whose identifiers can be recognised in any text: its index and its shape.
    shapes: Vec<(usize, Regex)>,
}

impl HeaderRules {
    pub fn new(named: Vec<HeaderName>, kinds: &[IdentifierKind]) -> Self {
        let shapes = kinds
            .iter()
            .enumerate()
            .filter_map(|(kind, described)| Some((kind, telling(described)?)));
        Self {
            named,
            shapes: shapes.collect(),
        }
    }

    /// True for a text in which an identifier of a person would be recognised anywhere.
    pub fn recognises(&self, text: &str) -> bool {
        self.shapes.iter().any(|(_, shape)| shape.is_match(text))
    }

    /// True when some kind can be recognised anywhere.
    pub fn has_shapes(&self) -> bool {
        !self.shapes.is_empty()
    }
}

/// True for a header that no map may let pass on a held response.
pub fn is_never_passed(name: &HeaderName) -> bool {
    const NAMES: [&str; 20] = [
        // Ranges, and copies that would be shown again without an entry.
        "accept-ranges",
        "content-range",
        "etag",
        "expires",
        "pragma",
        "age",
        "warning",
        "cache-tag",
        // They would end Digue's own session, or lead around the gateway.
        "clear-site-data",
        "alt-svc",
        "alternate-protocol",
        // Instructions to servers on the way.
        "x-sendfile",
        "x-lighttpd-send-file",
        "x-lighttpd-send-tempfile",
        "x-reproxy-url",
        "via",
        "trailer",
        "connection",
        "upgrade",
        "transfer-encoding",
    ];
    let name = name.as_str();
    NAMES.contains(&name)
        || ["x-accel-", "surrogate-", "digue-", "proxy-", "x-varnish"]
            .iter()
            .any(|start| name.starts_with(start))
        || name.ends_with("cdn-cache-control")
}

/// The class of a header, by its name.
enum HeaderClass {
    Never,
    /// A fixed vocabulary.
    Fixed(fn(&str) -> bool),
    /// Free text, under a name that clients act upon.
    Text,
    /// A name that no standard defines.
    Custom,
}

fn class_of(name: &HeaderName) -> HeaderClass {
    if is_never_passed(name) {
        return HeaderClass::Never;
    }
    match name.as_str() {
        "content-length" => HeaderClass::Fixed(is_number),
        "date" | "last-modified" => HeaderClass::Fixed(is_date),
        "retry-after" => {
            // Six digits are eleven days; a longer number could be an identifier.
            HeaderClass::Fixed(|value| is_date(value) || is_number(value) && value.len() <= 6)
        }
        "content-language" => HeaderClass::Fixed(|value| all(value, ',', is_language)),
        "content-encoding" => HeaderClass::Fixed(|value| all(value, ',', is_coding)),
        "vary" | "access-control-allow-headers" | "access-control-expose-headers" => {
            HeaderClass::Fixed(|value| all(value, ',', is_field_name))
        }
        "allow" | "access-control-allow-methods" => HeaderClass::Fixed(|value| {
            all(value, ',', |word| {
                word == "*" || is_of(word, |b| b.is_ascii_uppercase())
            })
        }),
        "cache-control" => HeaderClass::Fixed(|value| all(value, ',', is_cache_directive)),
        "content-type" => HeaderClass::Fixed(is_plain_media_type),
        "strict-transport-security" => {
            HeaderClass::Fixed(|value| all(value, ';', is_transport_directive))
        }
        "x-frame-options"
        | "x-content-type-options"
        | "referrer-policy"
        | "cross-origin-opener-policy"
        | "cross-origin-embedder-policy"
        | "cross-origin-resource-policy"
        | "x-permitted-cross-domain-policies"
        | "x-dns-prefetch-control"
        | "x-download-options" => HeaderClass::Fixed(|value| all(value, ',', is_words)),
        "access-control-allow-credentials" | "origin-agent-cluster" => {
            HeaderClass::Fixed(|value| ["true", "?1", "?0"].contains(&value))
        }
        "access-control-max-age" => {
            HeaderClass::Fixed(|value| is_number(value) && value.len() <= 6)
        }
        "access-control-allow-origin" | "timing-allow-origin" => {
            HeaderClass::Fixed(|value| matches!(value, "*" | "null"))
        }
        "x-xss-protection" => {
            HeaderClass::Fixed(|value| matches!(value, "0" | "1" | "1; mode=block"))
        }
        "location"
        | "content-location"
        | "link"
        | "content-disposition"
        | "refresh"
        | "set-cookie"
        | "content-security-policy"
        | "content-security-policy-report-only"
        | "permissions-policy"
        | "www-authenticate"
        | "content-description"
        | "sourcemap" => HeaderClass::Text,
        _ => HeaderClass::Custom,
    }
}

/// Searches the headers of one response.
pub struct HeaderSweep<'r> {
    pub rules: &'r HeaderRules,
    pub kinds: &'r [IdentifierKind],
    /// The sweep patterns of the route.
    pub picks: Vec<&'r Pick>,
}

/// The name under which a browser stores a response, in every reading; none where it has none.
pub fn file_names(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONTENT_DISPOSITION).iter();
    values
        .flat_map(|value| readings_of(&header::CONTENT_DISPOSITION, value.as_bytes()))
        .collect()
}

/// The readings of a value. For a pattern, `_` is a letter: in the name of a file it ends a word.
fn readings_of(name: &HeaderName, value: &[u8]) -> Vec<String> {
    let mut all = readings(value);
    if name == header::CONTENT_DISPOSITION {
        let apart = all.iter().filter(|reading| reading.contains('_'));
        let apart: Vec<String> = apart.map(|reading| reading.replace('_', " ")).collect();
        all.extend(apart);
    }
    all
}

impl HeaderSweep<'_> {
    fn can_recognise(&self) -> bool {
        self.rules.has_shapes() || self.picks.iter().any(|pick| pick.pattern.is_some())
    }

    /// Keeps the headers of a held response that may pass; returns the persons they show.
    pub fn pass_held(&self, headers: &mut HeaderMap) -> Vec<Identifier> {
        let mut shown = Vec::new();
        self.retain(headers, |name, value| match class_of(name) {
            HeaderClass::Never => false,
            HeaderClass::Fixed(keeps_to_it) if value.to_str().is_ok_and(keeps_to_it) => true,
            HeaderClass::Fixed(_) | HeaderClass::Text => {
                self.passes_text(name, value, self.can_recognise(), &mut shown)
            }
            HeaderClass::Custom => self.passes_text(name, value, false, &mut shown),
        });
        shown
    }

    /// Keeps the headers of a resource that the map declares to show no one, without those that
    /// name a person.
    pub fn pass_assets(&self, headers: &mut HeaderMap) {
        let ends_sessions =
            |name: &HeaderName| matches!(name.as_str(), "clear-site-data" | "alt-svc");
        let is_for_servers = |name: &HeaderName| {
            name.as_str().starts_with("x-accel-") || name.as_str().starts_with("x-sendfile")
        };
        self.retain(headers, |name, value| match class_of(name) {
            _ if ends_sessions(name) || is_for_servers(name) => false,
            HeaderClass::Fixed(keeps_to_it) if value.to_str().is_ok_and(keeps_to_it) => true,
            // Only the header is dropped: a tag that looks like an identifier is no reason to
            // refuse the resource.
            _ => self.look(name, value).is_some_and(|shown| shown.is_empty()),
        });
    }

    fn passes_text(
        &self,
        name: &HeaderName,
        value: &HeaderValue,
        is_usual: bool,
        shown: &mut Vec<Identifier>,
    ) -> bool {
        let passes = is_usual || self.rules.named.contains(name);
        match passes.then(|| self.look(name, value)).flatten() {
            Some(found) => {
                shown.extend(found);
                true
            }
            None => false,
        }
    }

    /// The identifiers in a value; `None` when a part of it must be one and is not.
    fn look(&self, name: &HeaderName, value: &HeaderValue) -> Option<Vec<Identifier>> {
        let text = match name.as_str() {
            "set-cookie" => without_fixed_attributes(value.as_bytes()),
            "content-security-policy" | "content-security-policy-report-only" => {
                without_digests(value.as_bytes())
            }
            _ => value.as_bytes().to_vec(),
        };
        // As in a body: in base 64, in groups of signs, by the shapes that no ordinary text has.
        let mut shapes = Collector::new(self.kinds, &[], usize::MAX);
        let plain = String::from_utf8_lossy(&text);
        shapes.sweep_header(&plain, || "header".into()).ok()?;
        let mut found = shapes.into_identifiers();
        for reading in readings_of(name, &text) {
            for pick in &self.picks {
                let Some(pattern) = &pick.pattern else {
                    continue;
                };
                for groups in pattern.captures_iter(&reading) {
                    let part = groups.get(1).or(groups.get(0))?;
                    let text = self.kinds[pick.kind].canonical(part.as_str())?;
                    found.push(Identifier {
                        kind: pick.kind,
                        text,
                    });
                }
            }
            for (kind, shape) in &self.rules.shapes {
                for token in tokens(&reading) {
                    has_word(shape, token, |word| {
                        let text = self.kinds[*kind].canonical(word);
                        // Found by its shape alone, a word that is no identifier is ordinary text.
                        // What a pattern of the map marks must be one (above).
                        found.extend(text.map(|text| Identifier { kind: *kind, text }));
                    });
                }
            }
        }
        found.sort();
        found.dedup();
        Some(found)
    }

    fn retain(
        &self,
        headers: &mut HeaderMap,
        mut keeps: impl FnMut(&HeaderName, &HeaderValue) -> bool,
    ) {
        let all = std::mem::take(headers);
        for (name, value) in &all {
            if keeps(name, value) {
                headers.append(name, value.clone());
            } else if name == header::CONTENT_TYPE
                && let Some(plain) = plain_media_type(value)
            {
                // A client would guess the type of a body without one: the type stays, its
                // parameters go.
                headers.append(name, plain);
            }
        }
    }
}

/// Replaces addresses of the portal itself by those at which clients reach it.
pub fn rewrite_addresses(headers: &mut HeaderMap, upstream: &str, public_origin: &str) {
    let upstream = upstream.to_ascii_lowercase();
    let origins = [
        format!("http://{upstream}"),
        format!("https://{upstream}"),
        format!("//{upstream}"),
    ];
    for name in ["location", "content-location", "link", "refresh"] {
        let values: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
        if values.is_empty() {
            continue;
        }
        let name = HeaderName::from_static(name);
        headers.remove(&name);
        for value in values {
            let rewritten = value
                .to_str()
                .ok()
                .map(|text| replace_origins(text, &origins, public_origin));
            let rewritten = rewritten.and_then(|text| HeaderValue::from_str(&text).ok());
            headers.append(name.clone(), rewritten.unwrap_or(value));
        }
    }
}

fn replace_origins(text: &str, origins: &[String; 3], public: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        let found = origins.iter().find(|origin| {
            let rest = &lower.as_bytes()[at..];
            let end = rest.get(origin.len());
            rest.starts_with(origin.as_bytes())
                // `http://portal` also begins `http://portal.example` and `http://portal:8080`,
                // which are other origins.
                && end.is_none_or(|byte| b"/?#>\";, '".contains(byte))
        });
        if let Some(origin) = found {
            out.push_str(public);
            at += origin.len();
            continue;
        }
        let step = text[at..].chars().next().map_or(1, char::len_utf8);
        out.push_str(&text[at..at + step]);
        at += step;
    }
    out
}

/// Ordinary words of headers: a shape that matches one of them recognises no one.
const ORDINARY: [&str; 24] = [
    "attachment",
    "inline",
    "filename",
    "index",
    "html",
    "text",
    "next",
    "prev",
    "path",
    "lax",
    "utf-8",
    "a",
    "login",
    "fiche",
    "session",
    "export.csv",
    "1",
    "42",
    "2026",
    "20260710",
    "2026-07-10",
    "093000",
    "1783674000",
    "20260710093000",
];

/// The shape of a kind, without its anchors, for use in any text; `None` when it does not
/// distinguish an identifier from ordinary words.
fn telling(kind: &IdentifierKind) -> Option<Regex> {
    let shape = kind.shape.as_ref()?;
    let is_ordinary = |word: &&str| kind.canonical(word).is_some() || shape.is_match(word);
    if ORDINARY.iter().any(is_ordinary) {
        return None;
    }
    // The steps of a kind may change letter case before its shape is compared.
    let parsed = regex_syntax::ParserBuilder::new()
        .case_insensitive(true)
        .build()
        .parse(shape.as_str());
    let anywhere = without_anchors(&parsed.expect("the same pattern was compiled with the map"));
    Some(Regex::new(&anywhere.to_string()).expect("removing anchors keeps a pattern valid"))
}

/// The same pattern without anchors, wherever they are: `^a$|^b$` describes a whole value, and a
/// header holds more than that. On the syntax tree: removing them from the text cut alternations
/// apart.
fn without_anchors(pattern: &Hir) -> Hir {
    match pattern.kind() {
        HirKind::Look(
            Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF,
        ) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
            pattern.clone()
        }
        HirKind::Repetition(repetition) => {
            let sub = Box::new(without_anchors(&repetition.sub));
            Hir::repetition(Repetition {
                sub,
                ..repetition.clone()
            })
        }
        HirKind::Capture(capture) => without_anchors(&capture.sub),
        HirKind::Concat(all) => Hir::concat(all.iter().map(without_anchors).collect()),
        HirKind::Alternation(all) => Hir::alternation(all.iter().map(without_anchors).collect()),
    }
}

/// A cookie without its fixed attributes.
fn without_fixed_attributes(value: &[u8]) -> Vec<u8> {
    let is_fixed = |part: &&[u8]| {
        let part = part.trim_ascii().to_ascii_lowercase();
        let text = String::from_utf8_lossy(&part).into_owned();
        match text.split_once('=') {
            Some(("max-age", number)) => is_number(number.trim_start_matches('-')),
            Some(("expires", date)) => is_cookie_date(date),
            Some(("samesite", word)) => matches!(word, "lax" | "strict" | "none"),
            Some(("priority", word)) => matches!(word, "low" | "medium" | "high"),
            Some(_) => false,
            None => matches!(text.as_str(), "secure" | "httponly" | "partitioned"),
        }
    };
    let mut parts = value.split(|byte| *byte == b';');
    let pair = parts.next().unwrap_or_default();
    let kept: Vec<&[u8]> = std::iter::once(pair)
        .chain(parts.filter(|part| !is_fixed(part)))
        .collect();
    kept.join(&b';')
}

/// A content security policy without nonces and digests: random letters may look like anything.
fn without_digests(value: &[u8]) -> Vec<u8> {
    let is_digest = |word: &&[u8]| {
        ["'nonce-", "'sha256-", "'sha384-", "'sha512-"]
            .iter()
            .any(|start| word.starts_with(start.as_bytes()))
    };
    let kept: Vec<&[u8]> = value
        .split(|byte| *byte == b' ')
        .filter(|word| !is_digest(word))
        .collect();
    kept.join(&b' ')
}

fn all(value: &str, separator: char, fits: impl Fn(&str) -> bool) -> bool {
    value
        .split(separator)
        .map(str::trim)
        .all(|part| part.is_empty() || fits(part))
}

fn is_of(word: &str, fits: impl Fn(u8) -> bool) -> bool {
    !word.is_empty() && word.bytes().all(fits)
}

fn is_number(value: &str) -> bool {
    is_of(value, |byte| byte.is_ascii_digit())
}

/// `Fri, 10 Jul 2026 09:00:00 GMT` (RFC 9110, 5.6.7).
fn is_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    value.len() == 29
        && value.ends_with(" GMT")
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            0..=2 | 8..=10 => byte.is_ascii_alphabetic(),
            3 => *byte == b',',
            4 | 7 | 11 | 16 => *byte == b' ',
            19 | 22 => *byte == b':',
            25..=28 => true,
            _ => byte.is_ascii_digit(),
        })
}

/// `is_date`, and the forms of cookies: `fri, 10-jul-2026 09:00:00 gmt`.
fn is_cookie_date(value: &str) -> bool {
    let parts: Vec<&str> = value
        .split([' ', ',', '-', ':'])
        .filter(|part| !part.is_empty())
        .collect();
    let fits = |part: &&str| {
        part.len() <= 4 && (is_number(part) || is_of(part, |byte| byte.is_ascii_alphabetic()))
    };
    parts.len() == 8
        && parts
            .iter()
            .all(|part| fits(part) || part.len() <= 9 && part.ends_with("day"))
}

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && is_of(first, |byte| byte.is_ascii_alphabetic())
        && parts.all(|part| part.len() <= 4 && is_of(part, |byte| byte.is_ascii_alphanumeric()))
}

fn is_coding(word: &str) -> bool {
    let known = [
        "gzip", "x-gzip", "br", "zstd", "deflate", "compress", "identity", "none", "utf-8",
    ];
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Field names without digits: enough for those in use, and no room for an identifier.
fn is_field_name(word: &str) -> bool {
    word == "*"
        || word.len() <= 64 && is_of(word, |byte| byte.is_ascii_alphabetic() || byte == b'-')
}

fn is_words(word: &str) -> bool {
    word.len() <= 40 && is_of(word, |byte| byte.is_ascii_alphabetic() || byte == b'-')
}

fn is_cache_directive(directive: &str) -> bool {
    const WORDS: [&str; 9] = [
        "no-cache",
        "no-store",
        "private",
        "public",
        "must-revalidate",
        "proxy-revalidate",
        "no-transform",
        "immutable",
        "must-understand",
    ];
    const AGES: [&str; 4] = [
        "max-age",
        "s-maxage",
        "stale-while-revalidate",
        "stale-if-error",
    ];
    let directive = directive.to_ascii_lowercase();
    match directive.split_once('=') {
        Some((name, age)) => AGES.contains(&name) && is_number(age),
        None => WORDS.contains(&directive.as_str()),
    }
}

fn is_transport_directive(directive: &str) -> bool {
    let directive = directive.to_ascii_lowercase();
    match directive.split_once('=') {
        Some(("max-age", age)) => is_number(age),
        Some(_) => false,
        None => matches!(directive.as_str(), "includesubdomains" | "preload"),
    }
}

/// A type with only those parameters that say how to decode it.
fn is_plain_media_type(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    is_essence(essence)
        && parts.all(|part| match part.split_once('=') {
            Some((name, word)) => match name.to_ascii_lowercase().as_str() {
                "charset" => word.len() <= 20 && is_of(word.trim_matches('"'), is_token),
                "version" | "odata-version" => word.len() <= 5,
                "header" | "q" => word.len() <= 8,
                // Of several parts in one response, such as files of an imaging server.
                "boundary" => is_random_boundary(word.trim_matches('"')),
                "type" => is_essence(word.trim_matches('"')),
                "transfer-syntax" => is_transfer_syntax(word.trim_matches('"')),
                _ => false,
            },
            None => part.is_empty(),
        })
}

/// A boundary that a program drew: hexadecimal digits, or a long random token.
fn is_random_boundary(word: &str) -> bool {
    let core = word.trim_matches(['-', '=', '_']);
    let digits = core.bytes().filter(u8::is_ascii_hexdigit).count();
    let is_uuid = digits >= 32 && is_of(core, |byte| byte.is_ascii_hexdigit() || byte == b'-');
    word.len() <= 70 && (is_uuid || core.len() >= 20 && is_of(core, |b| b.is_ascii_alphanumeric()))
}

/// A transfer syntax of DICOM, or any.
fn is_transfer_syntax(word: &str) -> bool {
    let rest = word.strip_prefix("1.2.840.10008.1.2");
    // Three digits an arc at most, or a number of a person could stand there.
    word == "*"
        || rest.is_some_and(|rest| {
            let mut arcs = rest.split('.');
            arcs.next() == Some("")
                && arcs.all(|arc| (1..=3).contains(&arc.len()) && is_number(arc))
        })
}

fn is_essence(essence: &str) -> bool {
    essence.split_once('/').is_some_and(|(kind, sub)| {
        is_of(kind, |byte| byte.is_ascii_alphabetic())
            && sub.len() <= 100
            && is_of(sub, is_token)
            // Registered types have single digits (`x509-ca-cert`, `vnd.3gpp2.sms`), never four in
            // a row.
            && !sub.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit))
    })
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-._".contains(&byte)
}

fn plain_media_type(value: &HeaderValue) -> Option<HeaderValue> {
    let text = value.to_str().ok()?;
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().filter(|essence| is_essence(essence))?;
    let mut plain = essence.to_owned();
    // Parameters that say how to decode it, one by one.
    for part in parts {
        let with_part = format!("{plain}; {part}");
        if is_plain_media_type(&with_part) {
            plain = with_part;
        }
    }
    is_plain_media_type(&plain)
        .then(|| HeaderValue::from_str(&plain).ok())
        .flatten()
}

#[cfg(test)]
mod tests;
