//! Push delivery (RFC 8935): a transmitter posts one token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use digue_app::{App, OperationError};
use digue_gateway::identity::token_hash;
use digue_security_events::delivery::DeliveryError;
use digue_types::Timestamp;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::take::take;
use crate::verify::NotTaken;
use crate::{ReceiveWay, SharedSignals, SignalRefusal, stream};

/// Requests of one stream in a minute: more than a provider of a nation sends when it restarts, and
/// fewer than would keep others from being heard.
const REQUESTS_A_MINUTE: u32 = 3_000;
const CONTENT: &str = "application/secevent+jwt";

/// The answer to a transmitter.
#[derive(Clone, Debug, PartialEq)]
pub struct PushAnswer {
    pub status: StatusCode,
    /// `None` for a token that was taken.
    pub body: Option<Value>,
}

impl PushAnswer {
    /// There is no such stream at this address.
    pub const fn missing() -> Self {
        Self::later(StatusCode::NOT_FOUND)
    }

    fn error(status: StatusCode, error: DeliveryError, description: &str) -> Self {
        Self {
            status,
            body: Some(error.to_json(description)),
        }
    }

    /// For a failure of Digue itself: the transmitter tries again.
    const fn later(status: StatusCode) -> Self {
        Self { status, body: None }
    }
}

/// A transmitter that proved who it is.
#[derive(Clone, Debug)]
pub struct PushCaller {
    stream: String,
}

/// The requests of each stream in the running minute.
#[derive(Default)]
pub(crate) struct PushRequests {
    // A leaf.
    counts: Mutex<(i64, HashMap<String, u32>)>,
}

impl PushRequests {
    fn pass(&self, stream: &str, now: Timestamp) -> bool {
        let minute = now.secs().div_euclid(60);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.0 != minute {
            *counts = (minute, HashMap::new());
        }
        // Only streams of the configuration come here.
        let count = counts.1.entry(stream.to_owned()).or_default();
        *count += 1;
        *count <= REQUESTS_A_MINUTE
    }
}

/// Who sends a request to a stream, by its `Authorization: Bearer` alone; before its body is read.
///
/// # Errors
/// 404 for a stream that takes nothing by push; 401; 429.
pub fn authenticate(app: &App, name: &str, headers: &HeaderMap) -> Result<PushCaller, PushAnswer> {
    let stream = stream(app, name).map_err(|_| PushAnswer::missing())?;
    let ReceiveWay::Push { secrets } = &stream.rules.way else {
        return Err(PushAnswer::missing());
    };
    if !bearer(headers).is_some_and(|secret| secrets.contains(&token_hash(secret))) {
        return Err(PushAnswer::error(
            StatusCode::UNAUTHORIZED,
            DeliveryError::AuthenticationFailed,
            "the secret of this stream is needed",
        ));
    }
    // Last: what strangers send takes nothing from the minute of a stream.
    let requests = &app.area::<SharedSignals>().requests;
    if !requests.pass(name, app.clock().now()) {
        return Err(PushAnswer::later(StatusCode::TOO_MANY_REQUESTS));
    }
    Ok(PushCaller {
        stream: name.to_owned(),
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// Takes the token of a request.
pub async fn push(app: &App, caller: &PushCaller, headers: &HeaderMap, body: &[u8]) -> PushAnswer {
    let invalid = |error: DeliveryError, description: &str| {
        PushAnswer::error(StatusCode::BAD_REQUEST, error, description)
    };
    let Ok(stream) = stream(app, &caller.stream) else {
        return PushAnswer::missing();
    };
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or(kind).trim());
    // RFC 8935, 2.1. A form that a browser can send is none.
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(CONTENT)) {
        let description = "the content type must be application/secevent+jwt";
        return invalid(DeliveryError::InvalidRequest, description);
    }
    let Ok(token) = std::str::from_utf8(body) else {
        return invalid(DeliveryError::InvalidRequest, "the token is not text");
    };
    match take(app, stream, token.trim(), None).await {
        Ok(()) => PushAnswer::later(StatusCode::ACCEPTED),
        Err(NotTaken::Refused(why, detail)) => invalid(error_of(why), &detail),
        Err(NotTaken::Failed(error)) => {
            let stream = &caller.stream;
            tracing::error!(stream, %error, "Taking a security event failed; its transmitter may try again");
            let status = match error {
                OperationError::Full | OperationError::Busy => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            PushAnswer::later(status)
        }
    }
}

/// The code that tells a transmitter why its token was refused.
pub(crate) const fn error_of(why: SignalRefusal) -> DeliveryError {
    match why {
        SignalRefusal::Unreadable
        | SignalRefusal::Kind
        | SignalRefusal::Early
        | SignalRefusal::Old
        | SignalRefusal::Claim => DeliveryError::InvalidRequest,
        SignalRefusal::Key => DeliveryError::InvalidKey,
        SignalRefusal::Issuer => DeliveryError::InvalidIssuer,
        SignalRefusal::Audience => DeliveryError::InvalidAudience,
        SignalRefusal::State => DeliveryError::InvalidState,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stream_that_sends_too_much_waits_and_no_other() {
        let requests = PushRequests::default();
        let pass = |name: &str, secs| requests.pass(name, Timestamp::from_secs(secs));
        let passed = (0..4_000).filter(|_| pass("annuaire", 30)).count();
        assert_eq!(passed, 3_000);
        assert!(pass("autre", 30) && pass("annuaire", 60));
    }

    #[test]
    fn a_secret_is_one_bearer_and_nothing_else() {
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, http::HeaderValue::from_static(value));
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(with(&["Bearer s"]).as_deref(), Some("s"));
        assert_eq!(with(&["bearer s "]).as_deref(), Some("s"));
        for values in [
            &[] as &[&'static str],
            &["s"],
            &["Basic s"],
            &["Bearer s", "Bearer s"],
        ] {
            assert_eq!(with(values), None, "{values:?}");
        }
    }
}
