//! Which headers of a client reach a portal: those of this list and those that the map names.
//!
//! Portals trust many headers that a proxy usually sets: for the user, the address, the host. No
//! list of those can be complete, so the list is of headers that pass: the standard fields of a
//! request (RFC 9110 and the IANA registry), fetch metadata and client hints, and those of common
//! frameworks' scripts.

use http::header::{HeaderMap, HeaderName};

/// Names that pass.
const PASSING: [&str; 107] = [
    // Content negotiation, bodies, conditions, ranges, caches.
    "accept",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "accept-language",
    "accept-patch",
    "accept-post",
    "allow",
    "cache-control",
    "date",
    "digest",
    "pragma",
    "prefer",
    "priority",
    "range",
    "repr-digest",
    "te",
    "want-content-digest",
    "want-digest",
    "want-repr-digest",
    // The client, the page it comes from, credentials of the portal's own.
    "authorization",
    "cookie",
    "dpop",
    "from",
    "origin",
    "referer",
    "user-agent",
    // Browsers.
    "access-control-request-headers",
    "access-control-request-local-network",
    "access-control-request-method",
    "access-control-request-private-network",
    "attribution-reporting-eligible",
    "available-dictionary",
    "dictionary-id",
    "device-memory",
    "dnt",
    "downlink",
    "dpr",
    "ect",
    "last-event-id",
    "ping-from",
    "ping-to",
    "purpose",
    "rtt",
    "save-data",
    "service-worker",
    "service-worker-navigation-preload",
    "upgrade-insecure-requests",
    "viewport-width",
    "width",
    "x-moz",
    "x-purpose",
    // One request, once; and its trace.
    "baggage",
    "idempotency-key",
    "request-id",
    "sentry-trace",
    "traceparent",
    "tracestate",
    "x-correlation-id",
    "x-idempotency-key",
    "x-request-id",
    // Protection against forged requests: the tokens of frameworks.
    "anti-csrf-token",
    "csrf-token",
    "jenkins-crumb",
    "requesttoken",
    "requestverificationtoken",
    "x-atlassian-token",
    "x-csrf",
    "x-csrf-header",
    "x-csrf-protection",
    "x-csrf-token",
    "x-csrftoken",
    "x-glpi-csrf-token",
    "x-requestverificationtoken",
    "x-wp-nonce",
    "x-xsrf-token",
    // Scripts that fetch parts of pages.
    "faces-request",
    "next-action",
    "next-url",
    "ocs-apirequest",
    "partial-request",
    "rsc",
    "x-ajax",
    "x-fetch",
    "x-inertia",
    "x-livewire",
    "x-livewire-navigate",
    "x-microsoftajax",
    "x-nextjs-data",
    "x-requested-with",
    // APIs.
    "api-version",
    "apollo-require-preflight",
    "grpc-timeout",
    "odata-isolation",
    "odata-maxversion",
    "odata-version",
    "soapaction",
    "tus-resumable",
    "x-api-version",
    "x-grpc-web",
    "x-user-agent",
    // Files over HTTP (WebDAV, RFC 4918).
    "depth",
    "destination",
    "if",
    "lock-token",
    "overwrite",
    "timeout",
];

/// Prefixes of names that pass.
const PASSING_BEGINNINGS: [&str; 16] = [
    "apollographql-client-",
    "content-",
    "hx-",
    "if-",
    "next-router-",
    "sec-",
    "turbo-",
    "turbolinks-",
    "unpoly-",
    "upload-",
    "wicket-",
    "x-gwt-",
    "x-inertia-",
    "x-pjax",
    "x-signalr-",
    "x-up-",
];

/// Names that no map may let pass: with them a client would claim another identity, address or
/// method, or control the connection.
const NEVER: [&str; 26] = [
    "connection",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "max-forwards",
    // CGI makes HTTP_PROXY of it, and programs send their own requests there (CVE-2016-5385).
    "proxy",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
    "x-original-uri",
    // Some frameworks route by it and not by the path, which is all that the map has judged.
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
    "x-accel-redirect",
];

const NEVER_BEGINNINGS: [&str; 7] = [
    "digue-",
    "proxy-",
    "remote-",
    "x-forwarded-",
    "x-remote-",
    "x-envoy-",
    "x-original-",
];

/// Why a map may not name a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestHeaderError {
    #[error("it is not a header name")]
    Name,
    #[error("only a proxy may set a header of this name")]
    Claims,
    /// CGI (RFC 3875, 4.1.18) makes the same variable of `_` and `-`.
    #[error("an underscore in a header name is read as a hyphen by some portals")]
    Underscore,
}

/// Parses a client header that a map lets pass besides the usual ones.
pub fn parse_request_header(text: &str) -> Result<HeaderName, RequestHeaderError> {
    let name: HeaderName = text.parse().map_err(|_| RequestHeaderError::Name)?;
    if name.as_str().contains('_') {
        return Err(RequestHeaderError::Underscore);
    }
    if is_never(name.as_str()) {
        Err(RequestHeaderError::Claims)
    } else {
        Ok(name)
    }
}

fn is_never(name: &str) -> bool {
    NEVER.contains(&name)
        || NEVER_BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

fn passes(name: &str) -> bool {
    PASSING.contains(&name)
        || PASSING_BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

/// Drops every header that neither this list nor `named` lets pass.
pub fn keep_passing(headers: &mut HeaderMap, named: &[HeaderName]) {
    let dropped: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            // With an underscore, even a listed name may overwrite another header's variable (RFC
            // 3875, 4.1.18).
            let is_listed = passes(name.as_str()) || named.contains(name);
            !is_listed || name.as_str().contains('_')
        })
        .cloned()
        .collect();
    for name in dropped {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn reaches(name: &str, named: &[HeaderName]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_static("x"),
        );
        keep_passing(&mut headers, named);
        !headers.is_empty()
    }

    #[test]
    fn what_ordinary_applications_send_reaches_the_portal() {
        for name in [
            "X-Requested-With",
            "X-CSRF-Token",
            "X-CSRFToken",
            "X-XSRF-TOKEN",
            "RequestVerificationToken",
            "HX-Request",
            "HX-Current-URL",
            "Turbo-Frame",
            "X-Inertia-Version",
            "X-PJAX",
            "X-PJAX-Container",
            "Sec-Fetch-Site",
            "Sec-CH-UA",
            "Sec-WebSocket-Key",
            "Sec-GPC",
            "Upgrade-Insecure-Requests",
            "Content-Type",
            "Content-Disposition",
            "If-None-Match",
            "If-Match",
            "Accept-Language",
            "Prefer",
            "Authorization",
            "Cookie",
            "Origin",
            "Referer",
            "SOAPAction",
            "Last-Event-ID",
            "Traceparent",
            "Next-Router-State-Tree",
            "Tus-Resumable",
            "Upload-Offset",
            "Depth",
            "Destination",
            "Faces-Request",
        ] {
            assert!(reaches(name, &[]), "{name}");
        }
    }

    #[test]
    fn what_claims_an_identity_an_address_or_another_target_does_not() {
        for name in [
            "Remote-User",
            "Remote-Groups",
            "X-Remote-User",
            "X-Auth-Request-User",
            "X-WEBAUTH-USER",
            "X-Client-Cert",
            "X-SSL-Client-S-DN",
            "SSL-Client-Verify",
            "X-Envoy-Original-Path",
            "X-Forwarded-For",
            "X-Forwarded-Tls-Client-Cert",
            "X-Real-IP",
            "CF-Connecting-IP",
            "Fastly-Client-IP",
            "X-Azure-ClientIP",
            "X-MS-CLIENT-PRINCIPAL-NAME",
            "X-Goog-IAP-JWT-Assertion",
            "Cf-Access-Authenticated-User-Email",
            "Tailscale-User-Login",
            "X-Authentik-Username",
            "X-Vouch-User",
            "X-Amzn-Oidc-Identity",
            "OIDC_CLAIM_sub",
            "X-HTTP-Method-Override",
            "X-Original-URL",
            "X-Sendfile-Type",
            "Digue-Identity",
            "X-Custom",
            "X-Consumer-Username",
            "X-Userinfo",
            "X-Token-Subject",
            "Content_Type",
            "X_Forwarded_For",
            "Proxy",
        ] {
            assert!(!reaches(name, &[]), "{name}");
        }
    }

    #[test]
    fn a_map_names_more_and_never_what_claims() {
        let named = parse_request_header("X-Dossier-Lock").unwrap();
        assert!(reaches("x-dossier-lock", std::slice::from_ref(&named)));
        for name in [
            "remote-user",
            "X-Forwarded-For",
            "host",
            "Digue-Identity",
            "X-HTTP-Method-Override",
        ] {
            assert_eq!(
                parse_request_header(name),
                Err(RequestHeaderError::Claims),
                "{name}"
            );
        }
        assert_eq!(
            parse_request_header("x_lock"),
            Err(RequestHeaderError::Underscore)
        );
        assert_eq!(
            parse_request_header("no name"),
            Err(RequestHeaderError::Name)
        );
    }

    #[test]
    fn nothing_that_passes_may_not_be_named() {
        for name in PASSING.iter().chain(&PASSING_BEGINNINGS) {
            assert!(!is_never(name), "{name}");
        }
    }

    proptest! {
        /// The definition again, over whole requests: what is left was listed or named.
        #[test]
        fn no_header_that_is_not_listed_reaches_the_portal(
            strangers in prop::collection::vec("[a-z][a-z0-9_-]{0,24}", 0..10),
            listed in prop::collection::vec(prop::sample::select(PASSING.as_slice()), 0..10),
            beginnings in prop::collection::vec(
                (prop::sample::select(PASSING_BEGINNINGS.as_slice()), "[a-z]{0,5}"), 0..5),
            named in prop::collection::vec("x-[a-z]{1,8}", 0..4),
            // Another spelling, which some servers take for the same name.
            underscored in any::<prop::sample::Index>(),
        ) {
            let begun = beginnings.iter().map(|(beginning, end)| format!("{beginning}{end}"));
            let listed = listed.iter().map(|name| (*name).to_owned());
            let mut names: Vec<String> = strangers.into_iter().chain(listed).chain(begun).chain(named.clone()).collect();
            if !names.is_empty() {
                let spelled = names[underscored.index(names.len())].replace('-', "_");
                names.push(spelled);
            }
            let named: Vec<HeaderName> =
                named.iter().filter_map(|name| parse_request_header(name).ok()).collect();
            let mut headers = HeaderMap::new();
            for name in &names {
                headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static("x"));
            }
            let before: Vec<HeaderName> = headers.keys().cloned().collect();
            keep_passing(&mut headers, &named);
            for name in &before {
                let text = name.as_str();
                let is_listed = PASSING.contains(&text)
                    || PASSING_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
                    || named.contains(name);
                prop_assert_eq!(headers.contains_key(name), is_listed && !text.contains('_'), "{}", text);
            }
        }
    }
}
