//! Protection against forged requests (CSRF): a changing request from another origin is refused
//! before any handler. Browsers state the origin (`Origin`, `Sec-Fetch-Site`); programs that send
//! neither carry no cookie of a person, or carry it on purpose.

use axum::extract::{Multipart, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use digue_app::OperationError;
use digue_types::AccountId;

use crate::state::Console;
use crate::visitor::Visitor;

pub async fn refuse_foreign_posts(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let is_reading = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if !is_reading {
        let visitor = request.extensions().get::<Visitor>();
        let address = visitor.and_then(|visitor| console.app.url_of(&visitor.host));
        // The configured URL is the public one, also where another server terminates TLS.
        let scheme = match address.and_then(|address| address.split_once("://")) {
            Some((scheme, _)) => scheme,
            None if visitor.is_some_and(|visitor| visitor.is_secure) => "https",
            None => "http",
        };
        let authority = request.uri().authority().map(|a| a.as_str());
        if !is_own(request.headers(), scheme, authority) {
            return StatusCode::FORBIDDEN.into_response();
        }
    }
    next.run(request).await
}

/// True for an address on the same host.
pub fn is_local(address: &str) -> bool {
    address.starts_with('/')
        // `//host` and, in some browsers, a backslash lead to another host.
        && !address.starts_with("//")
        && !address.contains(|c: char| c == '\\' || c.is_control())
}

fn is_own(headers: &HeaderMap, scheme: &str, authority: Option<&str>) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // `Origin: null`, which sandboxed frames send, has no scheme and is therefore refused.
    if headers.contains_key(header::ORIGIN) {
        // HTTP/2 has the host in `:authority` and need not repeat it (RFC 9113, 8.3.1).
        let host = authority.or_else(|| text(header::HOST)).unwrap_or_default();
        // Read again, because an `Origin` that is no text must not pass for a missing one.
        let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
        return origin.is_some_and(|(origin_scheme, rest)| {
            origin_scheme.eq_ignore_ascii_case(scheme)
                && without_port(scheme, rest) == without_port(scheme, host)
        });
    }
    match text(header::HeaderName::from_static("sec-fetch-site")) {
        // Not `same-site`: every host of the domain is that, a portal that was broken into as well.
        Some(site) => matches!(site, "same-origin" | "none"),
        None => true,
    }
}

/// Host and port in lower case, without the default port.
fn without_port(scheme: &str, authority: &str) -> String {
    let usual = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.to_ascii_lowercase();
    authority
        .strip_suffix(usual)
        .map(ToOwned::to_owned)
        .unwrap_or(authority)
}

/// The names in a query parameter, separated by spaces.
pub fn names<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, OperationError> {
    let names = text.split_whitespace().map(str::parse);
    names
        .collect::<Result<_, _>>()
        .map_err(|_| OperationError::Invalid("invalid-scope-name"))
}

/// The account that a form or an address names.
pub fn account_named(text: &str) -> Result<AccountId, OperationError> {
    AccountId::parse(text).map_err(|_| OperationError::NotFound("account"))
}

/// The fields of a form by name; a missing one is `None`.
pub async fn fields_of<const N: usize>(
    mut form: Multipart,
    names: [&str; N],
) -> Result<[Option<Vec<u8>>; N], OperationError> {
    let unreadable = |_| OperationError::Invalid("invalid-upload");
    let mut fields = [const { None }; N];
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let place = names.iter().position(|name| field.name() == Some(name));
        if let Some(place) = place {
            fields[place] = Some(field.bytes().await.map_err(unreadable)?.to_vec());
        }
    }
    Ok(fields)
}

/// The file of a form: its name and its content.
pub async fn uploaded(mut form: Multipart) -> Result<(String, Vec<u8>), OperationError> {
    let unreadable = |_| OperationError::Invalid("invalid-upload");
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or_default().to_owned();
            return Ok((name, field.bytes().await.map_err(unreadable)?.to_vec()));
        }
    }
    Err(OperationError::Invalid("invalid-upload"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(pairs: &[(&'static str, &'static str)], expected: bool) {
        check_at("http", "digue.test:8080", pairs, expected);
    }

    #[track_caller]
    fn check_at(
        scheme: &str,
        host: &'static str,
        pairs: &[(&'static str, &'static str)],
        expected: bool,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static(host));
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        assert_eq!(
            is_own(&headers, scheme, None),
            expected,
            "{scheme} {host} {pairs:?}"
        );
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        check(&[("origin", "http://digue.test:8080")], true);
        check(&[("origin", "https://evil.test")], false);
        check(&[("origin", "null")], false);
        check(&[("origin", "http://digue.test:8081")], false);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[], true);
    }

    #[test]
    fn another_scheme_is_another_site() {
        check(&[("origin", "https://digue.test:8080")], false);
        check_at(
            "https",
            "digue.test",
            &[("origin", "https://digue.test")],
            true,
        );
        check_at(
            "https",
            "digue.test",
            &[("origin", "http://digue.test")],
            false,
        );
        check_at(
            "https",
            "digue.test:443",
            &[("origin", "https://Digue.test")],
            true,
        );
        check_at(
            "https",
            "digue.test",
            &[("origin", "https://digue.test:80")],
            false,
        );
        check_at("https", "digue.test", &[("origin", "digue.test")], false);
    }
}
