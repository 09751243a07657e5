//! The spans of a request: one for the whole, one for each stage of it.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceContextExt as _;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The target of all of them: the log lines leave it out, the traces take nothing else.
pub const TARGET: &str = "digue_stage";

/// W3C Trace Context, 3.2.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// W3C Trace Context, 3.3: of another trace once `traceparent` is ours.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A request to a portal, from its head to the head of its response.
///
/// The names of the attributes are those of OpenTelemetry's conventions for HTTP; what has no name
/// there begins with `digue.`.
#[derive(Clone, Debug)]
pub struct RequestSpan(Span);

impl RequestSpan {
    /// `method` as HTTP registers it; one that it does not know is written by a client and says
    /// `_OTHER`.
    pub fn begin(portal: &str, method: &http::Method) -> Self {
        let known = match method.as_str() {
            method @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => method,
            _ => "_OTHER",
        };
        Self(tracing::info_span!(
            target: TARGET,
            "request",
            otel.kind = "server",
            digue.portal = portal,
            http.request.method = known,
            http.route = field::Empty,
            http.response.status_code = field::Empty,
        ))
    }

    /// The span, for the future that answers the request.
    pub fn span(&self) -> Span {
        self.0.clone()
    }

    pub fn answered(&self, status: http::StatusCode) {
        self.0
            .record("http.response.status_code", u64::from(status.as_u16()));
    }
}

/// Says by which route of the map the request at hand is answered: its name there, no path.
pub fn say_route(name: &str) {
    Span::current().record("http.route", name);
}

/// A stage of the request at hand.
#[macro_export]
macro_rules! stage {
    ($name:literal) => {
        tracing::info_span!(target: $crate::stages::TARGET, $name)
    };
}

/// Tells a portal of which trace the request is a part, where it is traced. Otherwise the client's
/// own words pass as they came.
pub fn say_trace(headers: &mut HeaderMap) {
    if Span::current().is_disabled() {
        return;
    }
    let context = Span::current().context();
    let span = context.span();
    let known = span.span_context();
    if !(known.is_valid() && known.is_sampled()) {
        return;
    }
    let text = format!("00-{}-{}-01", known.trace_id(), known.span_id());
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(TRACEPARENT, value);
        headers.remove(TRACESTATE);
    }
}
