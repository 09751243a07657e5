//! The claims of a security event token (RFC 8417, as SSF 1.0, 4, narrows it).

use digue_types::Timestamp;
use serde_json::{Map, Value, json};

use crate::event::{EventDetails, SecurityEvent};
use crate::members::{EventFault, checked, object, optional_text, optional_time, text};
use crate::subject::EventSubject;

/// The media type and `typ` of the header (RFC 8417, 2.3).
pub const TOKEN_TYPE: &str = "secevent+jwt";

/// The most names of one event, and audiences of one token.
const NAMES_MAX: usize = 8;
/// The most bytes of the name of a token: it is remembered.
const ID_BYTES_MAX: usize = 255;

/// A token with one event.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEventToken {
    pub issuer: String,
    /// At least one.
    pub audiences: Vec<String>,
    /// `jti`: its name, unique at its issuer.
    pub id: String,
    pub issued_at: Timestamp,
    /// `txn`: the same for all events of one cause.
    pub transaction: Option<String>,
    pub subject: EventSubject,
    pub event: SecurityEvent,
    pub details: EventDetails,
}

impl SecurityEventToken {
    /// Reads claims whose signature was verified.
    ///
    /// # Errors
    /// The first fault. `sub`, `exp` and `nonce` are refused whatever their value: they would make
    /// it pass for an ID token or a logout token elsewhere, or one of those for an event here (SSF
    /// 1.0, 4.1.3; RFC 8417, 4.5 to 4.7).
    pub fn parse(claims: &Map<String, Value>) -> Result<Self, EventFault> {
        for name in ["sub", "exp", "nonce"] {
            if claims.contains_key(name) {
                return Err(EventFault::Forbidden(name));
            }
        }
        let id = text(claims, "jti")?;
        if id.len() > ID_BYTES_MAX {
            return Err(EventFault::Malformed("jti"));
        }
        let issued_at = optional_time(claims, "iat")?.ok_or(EventFault::Missing("iat"))?;
        let (event, details) = one_event(claims)?;
        let subject = claims.get("sub_id").ok_or(EventFault::Missing("sub_id"))?;
        Ok(Self {
            issuer: text(claims, "iss")?,
            audiences: audiences(claims)?,
            id,
            issued_at,
            transaction: optional_text(claims, "txn")?,
            subject: EventSubject::parse(subject)?,
            event,
            details,
        })
    }

    /// The claims of the token.
    pub fn claims(&self) -> Value {
        let audience = match &self.audiences[..] {
            [only] => json!(only),
            all => json!(all),
        };
        let mut claims = json!({
            "iss": self.issuer,
            "aud": audience,
            "jti": self.id,
            "iat": self.issued_at.secs(),
            "sub_id": self.subject.to_json(),
            "events": {self.event.uri(): self.event.to_json(&self.details)},
        });
        if let Some(transaction) = &self.transaction {
            claims["txn"] = transaction.as_str().into();
        }
        claims
    }
}

/// `aud`: a text, or a list of texts (RFC 7519, 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Result<Vec<String>, EventFault> {
    let fault = EventFault::Malformed("aud");
    match claims.get("aud") {
        None => Err(EventFault::Missing("aud")),
        Some(Value::String(only)) => Ok(vec![checked(only, "aud")?]),
        Some(Value::Array(all)) if (1..=NAMES_MAX).contains(&all.len()) => {
            let one = |value: &Value| checked(value.as_str().ok_or(fault.clone())?, "aud");
            all.iter().map(one).collect()
        }
        Some(_) => Err(fault),
    }
}

/// The event of `events`. Several names are allowed where they name the same event with the same
/// members.
fn one_event(claims: &Map<String, Value>) -> Result<(SecurityEvent, EventDetails), EventFault> {
    let events = claims.get("events").ok_or(EventFault::Missing("events"))?;
    let events = object(events, "events")?;
    if events.len() > NAMES_MAX {
        return Err(EventFault::SeveralEvents);
    }
    let mut named = events.iter();
    let (uri, members) = named.next().ok_or(EventFault::Malformed("events"))?;
    let first = SecurityEvent::parse(uri, members)?;
    for (uri, members) in named {
        if SecurityEvent::parse(uri, members)? != first {
            return Err(EventFault::SeveralEvents);
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "iss": "https://idp.exemple.fr", "aud": "digue", "jti": "1", "iat": 1_600_000_000,
            "sub_id": {"format": "opaque", "id": "a1"}, "events": {REVOKED: {}},
        });
        claims.as_object().expect("an object").clone()
    }

    fn with(name: &str, value: Value) -> Result<SecurityEventToken, EventFault> {
        let mut claims = claims();
        claims.insert(name.to_owned(), value);
        SecurityEventToken::parse(&claims)
    }

    #[test]
    fn each_claim_that_must_be_there_is_missed() {
        for name in ["iss", "aud", "jti", "iat", "sub_id", "events"] {
            let mut claims = claims();
            claims.remove(name);
            let fault = SecurityEventToken::parse(&claims).unwrap_err();
            assert_eq!(fault, EventFault::Missing(name));
        }
    }

    #[test]
    fn a_token_of_another_kind_is_no_event() {
        for (name, value) in [
            ("sub", json!("a1")),
            ("sub", Value::Null),
            ("exp", json!(1_900_000_000)),
            ("nonce", json!("n")),
        ] {
            assert_eq!(with(name, value).unwrap_err(), EventFault::Forbidden(name));
        }
    }

    #[test]
    fn claims_of_another_type_are_faults() {
        for (name, value) in [
            ("iss", json!(["https://idp.exemple.fr"])),
            ("aud", json!([])),
            ("aud", json!(["digue", 7])),
            ("aud", json!({})),
            ("jti", json!(7)),
            ("jti", json!("j".repeat(256))),
            ("iat", json!("1600000000")),
            ("iat", json!(1e300)),
            ("txn", json!(8_675_309)),
            ("events", json!([REVOKED])),
            ("events", json!({})),
        ] {
            assert_eq!(
                with(name, value).unwrap_err(),
                EventFault::Malformed(name),
                "{name}"
            );
        }
    }

    #[test]
    fn two_events_are_refused_and_two_names_of_one_are_not() {
        let other = REVOKED
            .replace("caep", "risc")
            .replace("session-", "sessions-");
        let events = |second: &str| json!({REVOKED: {}, second: {}});
        assert_eq!(
            with("events", events(&other)).unwrap().event,
            SecurityEvent::SessionRevoked
        );
        let enabled = "https://schemas.openid.net/secevent/risc/event-type/account-enabled";
        assert_eq!(
            with("events", events(enabled)).unwrap_err(),
            EventFault::SeveralEvents
        );
        assert_eq!(
            with(
                "events",
                json!({REVOKED: {}, other: {"event_timestamp": 1}})
            )
            .unwrap_err(),
            EventFault::SeveralEvents
        );
    }
}
