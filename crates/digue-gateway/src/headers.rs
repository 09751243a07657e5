//! Which headers pass, in both directions.
//!
//! Hop-by-hop fields end here (RFC 9110, 7.6.1). Fields by which a client could claim an identity,
//! an address or another URL are Digue's to set: what came in under those names is dropped, also
//! when written with underscores, which CGI gateways read as hyphens.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// What `digue-inspect` decodes.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "identity"];

/// The session cookie. `__Host-`: this host alone, secure, whole site (RFC 6265bis).
pub const SESSION_COOKIE: &str = "__Host-digue";
/// Lasts minutes; the key of the device gets the next one.
pub const DEVICE_COOKIE: &str = "__Host-digue-device";

/// The identity that Digue asserts, as a signed JWT.
pub const IDENTITY: HeaderName = HeaderName::from_static("digue-identity");
/// The index of the journal entry of this response.
pub const RECEIPT: HeaderName = HeaderName::from_static("digue-receipt");

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

/// Names (hyphens for underscores) that a client may not send to a portal.
const SPOOFABLE: [&str; 26] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-forwarded-uri",
    "x-forwarded-method",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "x-original-url",
    "x-original-uri",
    "x-original-method",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-remote-user",
    "remote-user",
    "x-authenticated-user",
    "proxy",
];

/// Removes what must not reach the portal. `named` are the identity headers of the portal's map.
pub fn strip_request(headers: &mut HeaderMap, named: &[HeaderName]) {
    strip_hop_by_hop(headers);
    let dropped: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            let plain = name.as_str().replace('_', "-");
            name.as_str().contains('_')
                || SPOOFABLE.contains(&plain.as_str())
                || plain.starts_with("digue-")
                || named.iter().any(|known| known.as_str() == plain)
        })
        .cloned()
        .collect();
    for name in dropped {
        headers.remove(name);
    }
    // The portal's own expectations are met here: the body is on its way.
    headers.remove(header::EXPECT);
    headers.remove(header::CONTENT_LENGTH);
    // A program's key is the lock's, too.
    let is_key =
        |value: &HeaderValue| value.as_bytes().get(..5).is_some_and(|s| s.eq_ignore_ascii_case(b"dpop "));
    if headers.get(header::AUTHORIZATION).is_some_and(is_key) {
        headers.remove(header::AUTHORIZATION);
        headers.remove("dpop");
    }
    strip_session_cookie(headers);
}

/// For responses that will be held: whole, and in a coding that can be read.
pub fn ask_for_readable(headers: &mut HeaderMap) {
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
            CODINGS.iter().any(|known| known.eq_ignore_ascii_case(name))
        })
        .map(ToOwned::to_owned)
        .collect();
    headers.remove(header::ACCEPT_ENCODING);
    let value = if wanted.is_empty() { "identity".to_owned() } else { wanted.join(", ") };
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::ACCEPT_ENCODING, value);
    }
}

/// Removes what must not reach the client.
pub fn strip_response(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
    headers.remove(&RECEIPT);
    strip_own_cookies(headers);
}

/// Removes what sets, overwrites or clears the gateway's own cookies.
pub(crate) fn strip_own_cookies(headers: &mut HeaderMap) {
    let is_own = |value: &HeaderValue| is_own_cookie(value.as_bytes().trim_ascii_start());
    if !headers.get_all(header::SET_COOKIE).iter().any(is_own) {
        return;
    }
    // A portal may not set, overwrite or clear the lock's own cookie.
    let kept: Vec<HeaderValue> =
        headers.get_all(header::SET_COOKIE).iter().filter(|value| !is_own(value)).cloned().collect();
    headers.remove(header::SET_COOKIE);
    for value in kept {
        headers.append(header::SET_COOKIE, value);
    }
}

/// For Digue's own pages: only the connection's fields are not theirs to set.
pub fn strip_response_hops(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // A client may not have end-to-end fields removed by naming them here.
        .filter(|name| *name != header::HOST && *name != header::COOKIE && *name != header::AUTHORIZATION)
        .collect();
    for name in listed.iter().chain(&HOP_BY_HOP) {
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

fn single_cookie<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let mut found = cookies(headers).filter(|(name, _)| *name == wanted);
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// Every cookie of the gateway begins with the name of its first. A browser sends a cookie without a name,
/// `=__Host-digue=x`, as `__Host-digue=x`: it counts as one.
pub(crate) fn is_own_cookie(pair: &[u8]) -> bool {
    let prefix = SESSION_COOKIE.as_bytes();
    let is_padding = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b'=';
    let name = &pair[pair.iter().take_while(is_padding).count()..];
    name.len() >= prefix.len() && name[..prefix.len()].eq_ignore_ascii_case(prefix)
}

fn strip_session_cookie(headers: &mut HeaderMap) {
    // HTTP/2 clients may split cookies over several fields; portals expect one (RFC 9113, 8.2.3).
    let kept: Vec<String> = cookies(headers)
        .filter(|(name, _)| !is_own_cookie(name.as_bytes()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    headers.remove(header::COOKIE);
    if !kept.is_empty()
        && let Ok(value) = HeaderValue::from_str(&kept.join("; "))
    {
        headers.insert(header::COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[track_caller]
    fn check(sent: &[(&'static str, &'static str)], reaches: &[(&'static str, &'static str)]) {
        let mut headers = map(sent);
        strip_request(&mut headers, &[HeaderName::from_static("x-portal-user")]);
        assert_eq!(headers, map(reaches));
    }

    #[test]
    fn hop_by_hop_fields_end_here() {
        check(
            &[("connection", "close, x-mine"), ("x-mine", "1"), ("te", "trailers"), ("accept", "*/*")],
            &[("accept", "*/*")],
        );
    }

    #[test]
    fn a_client_cannot_have_its_cookie_removed_by_connection() {
        check(&[("connection", "cookie"), ("cookie", "a=1")], &[("cookie", "a=1")]);
    }

    #[test]
    fn identities_and_addresses_cannot_be_claimed() {
        check(
            &[
                ("x-forwarded-for", "1.2.3.4"),
                ("x_forwarded_for", "1.2.3.4"),
                ("x-original-url", "/admin"),
                ("x-http-method-override", "DELETE"),
                ("digue-identity", "forged"),
                ("digue_identity", "forged"),
                ("x-portal-user", "root"),
                ("x_portal_user", "root"),
                ("x-custom", "kept"),
            ],
            &[("x-custom", "kept")],
        );
    }

    #[test]
    fn the_locks_cookie_stays_with_the_lock() {
        check(&[("cookie", "a=1; __Host-digue=secret; b=2")], &[("cookie", "a=1; b=2")]);
        check(&[("cookie", "__Host-digue-device=s; b=2; __Host-digue-known=t")], &[("cookie", "b=2")]);
        assert_eq!(session_cookie(&map(&[("cookie", "a=1; __Host-digue=s")])), Some("s"));
        assert_eq!(session_cookie(&map(&[("cookie", "__Host-digue=s; __Host-digue=t")])), None);
        let mut headers = map(&[("set-cookie", "__Host-digue=x; Path=/"), ("set-cookie", "a=1")]);
        strip_response(&mut headers);
        assert_eq!(headers, map(&[("set-cookie", "a=1")]));
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
