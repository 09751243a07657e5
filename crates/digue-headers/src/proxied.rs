//! Which headers pass, in both directions.
//!
//! Hop-by-hop fields end here (RFC 9110, 7.6.1): those that `Connection` names before anything is
//! read, so that no rule reads a field that the other side does not receive. Of a client's fields,
//! those of `request_headers` and those that the map names pass. Cookies are bytes: one that is not
//! text must not hide another.

use digue_decode::CODINGS;
use digue_http::cookies::{cookies, pairs};
use digue_refusals::RECEIPT;
use digue_types::OutsideRecords;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::request_headers::keep_passing;

/// The session cookie. `__Host-`: for this host alone, secure, with path `/` (RFC 6265bis).
pub const SESSION_COOKIE: &str = "__Host-digue";
/// Lasts minutes; the next one is issued for a signature by the device key.
pub const DEVICE_COOKIE: &str = "__Host-digue-device";

/// The identity that Digue asserts, as a signed JWT.
pub const IDENTITY: HeaderName = HeaderName::from_static("digue-identity");
/// How many records were taken out of this response, or masked.
pub const OUTSIDE: HeaderName = HeaderName::from_static("digue-outside");

const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Removes the fields that `Connection` names, first of all when a message arrives: to everything
/// that reads it afterwards they were never sent. If they were removed only when it is forwarded, a
/// client could show the rules a field, such as `Content-Type`, that the portal does not get.
/// Naming an end-to-end field is against RFC 9110, 7.6.1; removing it obeys the same section and
/// gains its sender nothing.
///
/// Fields that are hop-by-hop without being named stay for the gateway itself, as `Upgrade` does;
/// they are removed on forwarding.
pub fn end_connection_fields(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .filter(|name| !HOP_BY_HOP.contains(name))
        .collect();
    for name in named {
        headers.remove(name);
    }
}

/// Removes everything that must not reach the portal, but for a key of Digue, which the caller has
/// removed: `authorization` and `dpop` are the portal's own credentials by now. `passing` holds the
/// client headers that the map names.
pub fn strip_request(headers: &mut HeaderMap, passing: &[HeaderName]) {
    strip_hops(headers);
    keep_passing(headers, passing);
    // The portal cannot ask the client to continue: the body is already on its way.
    headers.remove(header::EXPECT);
    headers.remove(header::CONTENT_LENGTH);
    strip_request_cookies(headers);
}

/// For responses that will be held: ask for the whole of it, in a coding that can be read.
pub fn ask_for_readable(headers: &mut HeaderMap) {
    // A part of a document, or 304 for a copy that the client has, shows persons whom no inspection
    // sees.
    for name in [
        header::RANGE,
        header::IF_RANGE,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_MATCH,
        header::IF_UNMODIFIED_SINCE,
    ] {
        headers.remove(name);
    }
    let wanted: Vec<String> = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|coding| {
            let name = coding.split(';').next().unwrap_or_default().trim();
            CODINGS
                .iter()
                .chain(&["identity"])
                .any(|known| known.eq_ignore_ascii_case(name))
        })
        .map(ToOwned::to_owned)
        .collect();
    headers.remove(header::ACCEPT_ENCODING);
    let value = if wanted.is_empty() {
        // Without the field a portal may choose any coding (RFC 9110, 12.5.3).
        "identity".to_owned()
    } else {
        wanted.join(", ")
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::ACCEPT_ENCODING, value);
    }
}

/// For responses that leave piece by piece: a coding would make one thing of them.
pub fn ask_for_plain(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
}

/// True when a client asks for a WebSocket.
pub fn is_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Removes everything that must not reach the client. Called before the response is inspected, so
/// that what is inspected is what the client receives.
pub fn strip_response(headers: &mut HeaderMap) {
    strip_response_hops(headers);
    // Only Digue names entries: a number of the portal's would point a person to another person's.
    headers.remove(&RECEIPT);
    headers.remove(&OUTSIDE);
    strip_own_cookies(headers);
}

/// Removes what sets, overwrites or clears the gateway's own cookies.
pub fn strip_own_cookies(headers: &mut HeaderMap) {
    let is_own = |value: &HeaderValue| is_own_cookie(value.as_bytes());
    if !headers.get_all(header::SET_COOKIE).iter().any(is_own) {
        return;
    }
    // A portal may not set, overwrite or clear Digue's own cookies.
    let kept: Vec<HeaderValue> = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter(|value| !is_own(value))
        .cloned()
        .collect();
    headers.remove(header::SET_COOKIE);
    for value in kept {
        headers.append(header::SET_COOKIE, value);
    }
}

/// Makes the headers fit a body that was rewritten: those that describe the bytes of the portal's go,
/// and the visitor learns that something is missing.
pub fn describe_rewritten(headers: &mut HeaderMap, outside: &OutsideRecords) {
    let of_the_bytes = [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
        header::ACCEPT_RANGES,
        header::ETAG,
        header::LAST_MODIFIED,
        HeaderName::from_static("content-md5"),
        HeaderName::from_static("digest"),
        HeaderName::from_static("content-digest"),
        HeaderName::from_static("repr-digest"),
        HeaderName::from_static("signature"),
        HeaderName::from_static("signature-input"),
    ];
    for name in of_the_bytes {
        headers.remove(name);
    }
    let said = format!("{}={}", outside.handling.code(), outside.count);
    let said = HeaderValue::from_str(&said).expect("a code and a number are ASCII");
    headers.insert(OUTSIDE, said);
}

/// Removes only the hop-by-hop fields of a response: everything else is Digue's own to set, or was
/// seen by an observe-only portal's client before.
pub fn strip_response_hops(headers: &mut HeaderMap) {
    end_connection_fields(headers);
    strip_hops(headers);
}

/// Removes the fields that are hop-by-hop by themselves.
pub fn strip_hops(headers: &mut HeaderMap) {
    // Of two lengths the coding counts, and the other must not be passed on (RFC 9112, 6.3): the
    // next program would cut the body there, and read its rest as another message.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// The secret in the session cookie; `None` when absent or sent twice.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    single_cookie(headers, SESSION_COOKIE)
}

/// The secret in the short cookie of a device's key.
pub fn device_cookie(headers: &HeaderMap) -> Option<&str> {
    single_cookie(headers, DEVICE_COOKIE)
}

/// The value of a cookie that is sent once; our secrets are ASCII.
fn single_cookie<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let mut found = cookies(headers).filter(|(name, _)| *name == wanted.as_bytes());
    let (_, value) = found.next()?;
    // Sent twice, nothing tells which one is ours: neither is used.
    if found.next().is_some() {
        return None;
    }
    std::str::from_utf8(value)
        .ok()
        .filter(|value| value.is_ascii())
}

/// Every cookie of Digue begins with the name of the first. An equals sign may precede it: browsers
/// send the value of a cookie without a name as if it were a name.
pub fn is_own_cookie(pair: &[u8]) -> bool {
    let is_padding = |byte: &u8| *byte == b'=' || byte.is_ascii_whitespace();
    let start = pair
        .iter()
        .position(|byte| !is_padding(byte))
        .unwrap_or(pair.len());
    let prefix = SESSION_COOKIE.as_bytes();
    pair[start..]
        .get(..prefix.len())
        .is_some_and(|name| name.eq_ignore_ascii_case(prefix))
}

fn strip_request_cookies(headers: &mut HeaderMap) {
    // HTTP/2 clients may split cookies over several fields; portals expect one (RFC 9113, 8.2.3).
    let kept: Vec<&[u8]> = pairs(headers)
        .filter(|pair| !pair.is_empty() && !is_own_cookie(pair))
        .collect();
    let kept = kept.join(&b"; "[..]);
    headers.remove(header::COOKIE);
    if kept.is_empty() {
        return;
    }
    let value = HeaderValue::from_bytes(&kept).expect("pieces of header values and a separator");
    headers.insert(header::COOKIE, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        headers
    }

    #[track_caller]
    fn check(sent: &[(&'static str, &'static str)], reaches: &[(&'static str, &'static str)]) {
        let mut headers = map(sent);
        end_connection_fields(&mut headers);
        strip_request(&mut headers, &[HeaderName::from_static("x-portal-lock")]);
        assert_eq!(headers, map(reaches));
    }

    #[test]
    fn hop_by_hop_fields_end_here() {
        check(
            &[
                ("connection", "close, x-mine"),
                ("x-mine", "1"),
                ("te", "trailers"),
                ("accept", "*/*"),
            ],
            &[("accept", "*/*")],
        );
    }

    #[test]
    fn what_connection_names_is_gone_before_anything_reads_it() {
        let names = "Content-Type,\tcontent-encoding , COOKIE, x-portal-lock, upgrade, no name, ,";
        let mut headers = HeaderMap::new();
        headers.append(header::CONNECTION, HeaderValue::from_static(names));
        // A value that is no text hides none of its names.
        headers.append(
            header::CONNECTION,
            HeaderValue::from_bytes(b"accept, \xff").unwrap(),
        );
        for name in [
            "content-type",
            "content-encoding",
            "cookie",
            "x-portal-lock",
            "upgrade",
            "accept",
            "dnt",
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        end_connection_fields(&mut headers);
        headers.remove(header::CONNECTION);
        assert_eq!(headers, map(&[("upgrade", "1"), ("dnt", "1")]));
    }

    #[test]
    fn forwarding_removes_no_field_that_the_rules_have_read() {
        let sent = [
            ("content-type", "application/json"),
            ("cookie", "a=1"),
            ("x-portal-lock", "1"),
        ];
        let mut headers = map(&sent);
        headers.insert(
            header::CONNECTION,
            HeaderValue::from_static("content-type, cookie, x-portal-lock"),
        );
        strip_request(&mut headers, &[HeaderName::from_static("x-portal-lock")]);
        assert_eq!(headers, map(&sent));
    }

    #[test]
    fn identities_and_addresses_cannot_be_claimed() {
        check(
            &[
                ("x-forwarded-for", "1.2.3.4"),
                ("x_forwarded_for", "1.2.3.4"),
                ("x-original-url", "/admin"),
                ("digue-identity", "forged"),
                ("x_portal_lock", "root"),
                ("x-custom", "not named"),
                ("x-portal-lock", "named"),
                ("x-requested-with", "XMLHttpRequest"),
            ],
            &[
                ("x-portal-lock", "named"),
                ("x-requested-with", "XMLHttpRequest"),
            ],
        );
    }

    #[test]
    fn digues_cookies_stay_with_digue() {
        check(
            &[("cookie", "a=1; __Host-digue=secret; b=2")],
            &[("cookie", "a=1; b=2")],
        );
        check(
            &[("cookie", "__Host-digue-device=s; b=2; __Host-digue-known=t")],
            &[("cookie", "b=2")],
        );
        check(
            &[(
                "cookie",
                "=__Host-digue=secret; = __host-DIGUE-device=t; __Host-digue; b",
            )],
            &[("cookie", "b")],
        );
        assert_eq!(
            session_cookie(&map(&[("cookie", "a=1; __Host-digue=s")])),
            Some("s")
        );
        assert_eq!(
            session_cookie(&map(&[("cookie", "__Host-digue=s; __Host-digue=t")])),
            None
        );
        assert_eq!(session_cookie(&map(&[("cookie", "=__Host-digue=s")])), None);
        let mut headers = map(&[
            ("set-cookie", "__Host-digue=x; Path=/"),
            ("set-cookie", "=__Host-digue=x"),
            ("set-cookie", " = =\t__Host-digue-device=x"),
            ("set-cookie", "__Host-digue"),
            ("set-cookie", "a=1"),
        ]);
        strip_response(&mut headers);
        assert_eq!(headers, map(&[("set-cookie", "a=1")]));
    }

    #[test]
    fn a_cookie_that_is_no_text_hides_no_other() {
        let mut headers = HeaderMap::new();
        let bytes = b"nom=Andr\xe9; __Host-digue=s; ville=\xc3\x89vry";
        headers.insert(header::COOKIE, HeaderValue::from_bytes(bytes).unwrap());
        assert_eq!(session_cookie(&headers), Some("s"));
        strip_request(&mut headers, &[]);
        assert_eq!(
            headers[header::COOKIE].as_bytes(),
            b"nom=Andr\xe9; ville=\xc3\x89vry"
        );
    }

    #[test]
    fn a_held_response_is_asked_for_whole_and_readable() {
        let mut headers = map(&[
            ("range", "bytes=0-10"),
            ("if-none-match", "x"),
            ("accept-encoding", "gzip, deflate, br;q=0.5, zstd"),
        ]);
        ask_for_readable(&mut headers);
        assert_eq!(headers, map(&[("accept-encoding", "gzip, br;q=0.5, zstd")]));
        let mut headers = map(&[("accept-encoding", "deflate")]);
        ask_for_readable(&mut headers);
        assert_eq!(headers, map(&[("accept-encoding", "identity")]));
    }
}
