//! The cookies of a request. Their bytes may be anything: browsers send what scripts wrote.

use http::header::{self, HeaderMap, HeaderValue};

/// Names and values of all cookies.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    pairs(headers).filter_map(|pair| {
        let place = pair.iter().position(|byte| *byte == b'=')?;
        Some((&pair[..place], &pair[place + 1..]))
    })
}

/// Cookies as they were sent, those without a name, too.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes);
    values
        .flat_map(|value| value.split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
}
