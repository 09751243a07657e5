//! The host and the method of a request, read in one way only.

use digue_types::RefusalReason;
use http::{Method, Request, header};

use digue_http::body::Body;
use digue_refusals::Refusal;

/// Host and port named by a request.
pub struct Authority {
    /// Lower case, without a final dot.
    pub host: String,
    pub port: Option<u16>,
}

impl Authority {
    /// `None` for text that is not an authority, or that names a user.
    pub fn parse(text: &str) -> Option<Self> {
        let authority: http::uri::Authority = text.parse().ok()?;
        let port = authority.port_u16();
        // `host:` and ports above 65535 are no port to one program and something else to the next.
        let is_plain =
            !text.contains('@') && (port.is_some() || authority.host().len() == text.len());
        // `host.` is `host` (RFC 3986, 3.2.2), and the map names it without the dot.
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        (is_plain && !host.is_empty()).then_some(Self { host, port })
    }
}

/// The host of a request: exactly one (RFC 9112, 3.2), and the same in the target as in the field.
pub fn authority_of(request: &Request<Body>) -> Result<Authority, Refusal> {
    let malformed = || Refusal::of(vec![RefusalReason::MalformedRequest], None);
    let mut fields = request.headers().get_all(header::HOST).iter();
    let field = fields
        .next()
        .map(|value| value.to_str().map_err(|_| malformed()))
        .transpose()?;
    if fields.next().is_some() {
        return Err(malformed());
    }
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    let authority = match (target, field) {
        (Some(target), Some(field)) if !target.eq_ignore_ascii_case(field) => {
            return Err(malformed());
        }
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => return Err(malformed()),
    };
    Authority::parse(authority).ok_or_else(malformed)
}

/// Methods for intermediaries between client and portal: a tunnel cannot be inspected, and an echo
/// of the request would show the headers that the portal receives.
pub fn is_refused_method(method: &Method) -> bool {
    matches!(method.as_str(), "CONNECT" | "TRACE" | "TRACK")
}
