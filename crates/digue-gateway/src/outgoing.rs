//! The request as the portal receives it: the client's, without what it may not claim, and with
//! Digue's statement of who sends it and from where.

use digue_access::session::ClientIp;
use digue_types::Timestamp;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Uri, Version};

use crate::caller::Caller;
use crate::gateway::SharedGateway;
use crate::headers;
use crate::key;
use crate::portal::{Identity, Portal};
use digue_connections::facts::ConnectionFacts;
use digue_telemetry::stages::say_trace;

/// The request to the portal: same method, same target, and Digue's statement of the caller and
/// address.
pub(crate) fn outgoing(
    shared: &SharedGateway,
    portal: &Portal,
    caller: Option<&Caller>,
    parts: &Parts,
    connection: &ConnectionFacts,
    now: Timestamp,
) -> Request<()> {
    let mut headers = parts.headers.clone();
    let public_host = parts
        .uri
        .authority()
        .map(|a| a.as_str().to_owned())
        .or_else(|| {
            parts
                .headers
                .get(header::HOST)
                .and_then(|value| value.to_str().ok())
                .map(ToOwned::to_owned)
        });
    let public_host = public_host.unwrap_or_default();
    // Kept across `strip_request`: the body is forwarded byte for byte, so its declared length
    // still holds.
    let content_length = headers.get(header::CONTENT_LENGTH).cloned();
    // First: only here is a key of Digue told from the portal's own credentials.
    key::strip(&mut headers);
    headers::strip_request(&mut headers, &passing(portal, caller));
    // After stripping and before Digue sets them: a client must not supply its own identity under
    // these names.
    for name in portal.named_headers.names() {
        headers.remove(name);
    }
    if let Some(length) = content_length {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(
        "host",
        portal.upstream.host.as_deref().unwrap_or(&public_host),
    );
    // Unknown stays unsaid: the proxy's own address would be taken for the client's.
    if let ClientIp::Known(client) = connection.origin.ip {
        set("x-forwarded-for", &client.to_string());
    }
    set("x-forwarded-host", &public_host);
    set(
        "x-forwarded-proto",
        if connection.is_secure {
            "https"
        } else {
            "http"
        },
    );
    if let Some(caller) = caller {
        say_who(shared, portal, caller, now, &mut headers);
    }
    say_trace(&mut headers);
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
        .authority(portal.upstream.authority.as_str())
        .path_and_query(target)
        .build()
        .expect("the map's check covers the upstream, and hyper has parsed the target");
    let mut request = Request::new(());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    // Portals are spoken to in HTTP/1.1 only (decision 1), whatever the client speaks.
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers;
    request
}

/// The headers that the map names: those of clients, and those of its sign-in. A proxy's header
/// passes only with a caller whom it identified: on public routes anyone could have written it.
fn passing(portal: &Portal, caller: Option<&Caller>) -> Vec<HeaderName> {
    let mut passing = portal.request_headers.clone();
    match &portal.identity {
        Identity::Session => {}
        Identity::Jwt(verifier) => passing.push(verifier.header().clone()),
        Identity::Header {
            account,
            organisation,
            ..
        } if caller.is_some() => {
            passing.push(account.clone());
            passing.extend(organisation.clone());
        }
        // The portal names its users; nobody else may do so under that name.
        Identity::Header { .. } | Identity::Portal(_) => {}
    }
    passing
}

pub(crate) fn say_who(
    shared: &SharedGateway,
    portal: &Portal,
    caller: &Caller,
    now: Timestamp,
    headers: &mut HeaderMap,
) {
    if let Some(assertion) = shared.asserter.assert(caller.facts_for(&portal.id), now) {
        headers.insert(headers::IDENTITY, assertion);
    }
    let named = &portal.named_headers;
    let rules = shared.rules.load();
    let role = rules
        .directory
        .find(&caller.account)
        .map_or("", |record| record.role.code());
    let values = [
        (&named.account, caller.account.as_str()),
        (&named.organisation, caller.organisation.as_str()),
        (&named.role, role),
    ];
    for (name, value) in values {
        // A name beyond ASCII cannot be sent in a header: the portal then gets none, since an
        // approximation could be the name of another account. The signed assertion has it.
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}

/// The origin by which the client knows the portal, from the headers sent to the portal.
pub(crate) fn public_origin(headers: &HeaderMap) -> String {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    format!(
        "{}://{}",
        text("x-forwarded-proto"),
        text("x-forwarded-host")
    )
}
