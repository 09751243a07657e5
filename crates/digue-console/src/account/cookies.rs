//! Cookies of the sign-in pages.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// Held by a browser while its user is at a provider. The redirect back comes from another site.
// `__Host-` binds the cookie to this host alone: a portal on a neighbouring subdomain can neither
// set nor read it.
pub(crate) const PROVIDER_COOKIE: &str = "__Host-digue-provider";

pub(crate) fn provider_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, PROVIDER_COOKIE)
}

pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    // As bytes: a cookie of another application that is not valid text must not hide ours.
    let values = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes);
    let mut pairs = values
        .flat_map(|value| value.split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let pair = pair.trim_ascii();
            let place = pair.iter().position(|byte| *byte == b'=')?;
            Some((&pair[..place], &pair[place + 1..]))
        });
    let (_, value) = pairs.find(|(known, _)| *known == name.as_bytes())?;
    std::str::from_utf8(value).ok()
}

pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    let cookie = HeaderValue::from_str(cookie).expect("base64url, codes and fixed words");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
