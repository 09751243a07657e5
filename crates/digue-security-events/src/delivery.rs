//! Errors of delivery by push and poll, and the messages of a poll (RFC 8935, 2.4; RFC 8936, 2).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::members::EventFault;

/// The most tokens of one answer that are taken. A request asks for fewer.
pub const TOKENS_MAX: usize = 256;

/// Why a receiver does not take a token: the codes of the registry of RFC 8935, 7.1, and the one of
/// SSF 1.0, 8.1.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryError {
    /// It cannot be read, or is no event.
    InvalidRequest,
    /// Its key is unknown, or its signature does not verify.
    InvalidKey,
    InvalidIssuer,
    InvalidAudience,
    /// The transmitter did not prove who it is.
    AuthenticationFailed,
    /// The transmitter may not send this.
    AccessDenied,
    /// A verification that was not asked for, or with another state.
    InvalidState,
}

impl DeliveryError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidKey => "invalid_key",
            Self::InvalidIssuer => "invalid_issuer",
            Self::InvalidAudience => "invalid_audience",
            Self::AuthenticationFailed => "authentication_failed",
            Self::AccessDenied => "access_denied",
            Self::InvalidState => "invalid_state",
        }
    }

    /// With a description for the engineer of the other side.
    pub fn to_json(self, description: &str) -> Value {
        json!({"err": self.code(), "description": description})
    }
}

/// A request of a poll: what was taken, what was not and why, and that more is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollRequest {
    /// The most tokens of the answer; 0 only acknowledges.
    pub events_max: usize,
    /// Names of tokens.
    pub taken: Vec<String>,
    pub refused: BTreeMap<String, (DeliveryError, String)>,
}

impl PollRequest {
    pub fn to_json(&self) -> Value {
        let refused: Map<String, Value> = self
            .refused
            .iter()
            .map(|(id, (error, why))| (id.clone(), error.to_json(why)))
            .collect();
        let mut request = json!({
            "maxEvents": self.events_max,
            // A request that waits would hold a connection of each stream for its whole life.
            "returnImmediately": true,
        });
        if !self.taken.is_empty() {
            request["ack"] = json!(self.taken);
        }
        if !refused.is_empty() {
            request["setErrs"] = Value::Object(refused);
        }
        request
    }
}

/// The answer to a poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollAnswer {
    /// Tokens by their names, none of them verified.
    pub tokens: BTreeMap<String, String>,
    pub has_more: bool,
}

impl PollAnswer {
    /// # Errors
    /// For a text that is no such answer, and for more than `TOKENS_MAX` tokens.
    pub fn parse(text: &[u8]) -> Result<Self, EventFault> {
        let answer: Value =
            serde_json::from_slice(text).map_err(|_| EventFault::Malformed("answer"))?;
        let sets = answer.get("sets").ok_or(EventFault::Missing("sets"))?;
        let sets = sets.as_object().ok_or(EventFault::Malformed("sets"))?;
        if sets.len() > TOKENS_MAX {
            return Err(EventFault::Malformed("sets"));
        }
        let one = |(id, token): (&String, &Value)| {
            let token = token.as_str().ok_or(EventFault::Malformed("sets"))?;
            Ok((id.clone(), token.to_owned()))
        };
        let has_more = match answer.get("moreAvailable") {
            None => false,
            Some(Value::Bool(more)) => *more,
            Some(_) => return Err(EventFault::Malformed("moreAvailable")),
        };
        Ok(Self {
            tokens: sets.iter().map(one).collect::<Result<_, _>>()?,
            has_more,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of RFC 8936, 2.2 and 2.4.
    #[test]
    fn a_poll_says_what_was_taken_and_what_was_not() {
        let request = PollRequest {
            events_max: 10,
            taken: vec!["a".to_owned()],
            refused: BTreeMap::from([(
                "b".to_owned(),
                (DeliveryError::InvalidAudience, "for another".to_owned()),
            )]),
        };
        let expected = json!({
            "maxEvents": 10, "returnImmediately": true, "ack": ["a"],
            "setErrs": {"b": {"err": "invalid_audience", "description": "for another"}},
        });
        assert_eq!(request.to_json(), expected);
        let nothing = json!({"maxEvents": 0, "returnImmediately": true});
        assert_eq!(PollRequest::default().to_json(), nothing);
    }

    #[test]
    fn an_answer_is_read_and_what_is_none_is_refused() {
        let answer = PollAnswer::parse(br#"{"sets": {"a": "x.y.z"}, "moreAvailable": true}"#);
        let answer = answer.unwrap();
        assert_eq!(
            (answer.tokens["a"].as_str(), answer.has_more),
            ("x.y.z", true)
        );
        assert_eq!(
            PollAnswer::parse(br#"{"sets": {}}"#).unwrap(),
            PollAnswer::default()
        );
        let many: Map<String, Value> = (0..=TOKENS_MAX)
            .map(|id| (id.to_string(), "x".into()))
            .collect();
        for text in [
            "".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            r#"{"sets": []}"#.to_owned(),
            r#"{"sets": {"a": 7}}"#.to_owned(),
            r#"{"sets": {}, "moreAvailable": 1}"#.to_owned(),
            json!({"sets": many}).to_string(),
        ] {
            assert!(PollAnswer::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
