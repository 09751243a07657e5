//! The request to a portal in pilot or observe-only mode: as the client sent it, with what any
//! reverse proxy adds.
//!
//! Removed are only hop-by-hop fields and Digue's own: its cookies, and the names under which it
//! identifies the caller to a portal, which no client may use.

use digue_types::Timestamp;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Uri, Version};

use crate::caller::Caller;
use crate::gateway::SharedGateway;
use crate::headers::{self, is_websocket};
use crate::outgoing::say_who;
use crate::portal::{Identity, Portal};
use digue_connections::facts::ConnectionFacts;

/// `None` when its target cannot be written for another server.
pub(super) fn as_sent(
    shared: &SharedGateway,
    portal: &Portal,
    caller: Option<&Caller>,
    parts: &Parts,
    connection: &ConnectionFacts,
    now: Timestamp,
) -> Option<Request<()>> {
    let mut headers = parts.headers.clone();
    headers::strip_hops(&mut headers);
    if is_websocket(&parts.headers) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    if parts.version == Version::HTTP_2 {
        join_cookies(&mut headers);
    }
    strip_own_cookies(&mut headers);
    set_host(portal, parts, &mut headers);
    set_forwarded(connection, parts, &mut headers);
    set_identity(shared, portal, caller, connection, now, &mut headers);
    let scheme = if portal.upstream.is_https {
        "https"
    } else {
        "http"
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(portal.upstream.authority.as_str());
    let mut request = Request::new(());
    *request.uri_mut() = uri.path_and_query(target).build().ok()?;
    *request.method_mut() = parts.method.clone();
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers;
    Some(request)
}

/// HTTP/2 clients may split cookies over several fields; portals expect one (RFC 9113, 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let fields: Vec<&[u8]> = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if fields.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&fields.join(&b"; "[..]))
    {
        headers.insert(header::COOKIE, joined);
    }
}

/// Removes Digue's own cookies, and keeps every other byte of the field.
fn strip_own_cookies(headers: &mut HeaderMap) {
    let is_own = |pair: &&[u8]| headers::is_own_cookie(pair);
    let has_own = headers.get_all(header::COOKIE).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b';')
            .any(|pair| is_own(&pair))
    });
    if !has_own {
        return;
    }
    let fields: Vec<Vec<u8>> = headers
        .get_all(header::COOKIE)
        .iter()
        .map(|value| {
            let pairs = value.as_bytes().split(|byte| *byte == b';');
            let kept: Vec<&[u8]> = pairs.filter(|pair| !is_own(pair)).collect();
            kept.join(&b';').trim_ascii_start().to_vec()
        })
        .collect();
    headers.remove(header::COOKIE);
    for field in fields.iter().filter(|field| !field.is_empty()) {
        headers.append(
            header::COOKIE,
            HeaderValue::from_bytes(field).expect("bytes of a header value"),
        );
    }
}

fn set_host(portal: &Portal, parts: &Parts, headers: &mut HeaderMap) {
    let public = parts
        .uri
        .authority()
        .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    let named = portal
        .upstream
        .host
        .as_deref()
        .and_then(|host| HeaderValue::from_str(host).ok());
    if let Some(host) = named.or(public) {
        headers.insert(header::HOST, host);
    }
}

/// Fields set by a trusted proxy stay; for all other clients Digue sets what it sees.
fn set_forwarded(connection: &ConnectionFacts, parts: &Parts, headers: &mut HeaderMap) {
    // Empty when unknown: then the proxy's field stays, or none is set.
    let client = connection.origin.ip.to_string();
    let host = parts
        .uri
        .authority()
        .map(|authority| authority.as_str().as_bytes().to_vec());
    let host = host.or_else(|| {
        parts
            .headers
            .get(header::HOST)
            .map(|host| host.as_bytes().to_vec())
    });
    let scheme = if connection.is_secure {
        "https"
    } else {
        "http"
    };
    for (name, value) in [
        ("x-forwarded-for", client.into_bytes()),
        ("x-forwarded-host", host.unwrap_or_default()),
        ("x-forwarded-proto", scheme.as_bytes().to_vec()),
    ] {
        if let Ok(value) = HeaderValue::from_bytes(&value)
            && !value.is_empty()
            && !(connection.is_from_proxy && headers.contains_key(name))
        {
            headers.insert(name, value);
        }
    }
}

/// Identifies the caller to portals that rely on Digue for it.
fn set_identity(
    shared: &SharedGateway,
    portal: &Portal,
    caller: Option<&Caller>,
    connection: &ConnectionFacts,
    now: Timestamp,
    headers: &mut HeaderMap,
) {
    // The proxy in front identifies the caller, to Digue and to the portal alike.
    if let Identity::Header { from, .. } = &portal.identity
        && from
            .iter()
            .any(|network| network.contains(&connection.peer))
    {
        return;
    }
    let named: Vec<HeaderName> = portal.named_headers.names();
    for name in named.iter().chain([&headers::IDENTITY]) {
        headers.remove(name);
    }
    let is_told_by_digue = matches!(portal.identity, Identity::Session) || !named.is_empty();
    if let Some(caller) = caller
        && is_told_by_digue
    {
        say_who(shared, portal, caller, now, headers);
    }
}
