//! What happened: the events of CAEP 1.0 and RISC 1.0 that a receiver acts upon, and those of SSF
//! 1.0 about a stream itself. Others are kept by their name.

use std::collections::BTreeMap;

use digue_types::Timestamp;
use serde_json::{Map, Value, json};

use crate::members::{
    EventFault, checked, object, optional_text, optional_time, optional_word, text, word, written,
};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";
const SSF: &str = "https://schemas.openid.net/secevent/ssf/event-type/";

/// The most languages of one reason.
const LANGUAGES_MAX: usize = 32;
/// The most bytes of a reason in one language.
const REASON_BYTES_MAX: usize = 2048;

/// One event with its own members.
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityEvent {
    /// CAEP 1.0, 3.1. Also the deprecated `sessions-revoked` of RISC.
    SessionRevoked,
    /// CAEP 1.0, 3.2: the claims with their new values, at least one.
    TokenClaimsChange {
        claims: Map<String, Value>,
    },
    /// CAEP 1.0, 3.3. The kind is a word of its list, or one that two parties agreed upon.
    CredentialChange {
        kind: String,
        change: CredentialChange,
    },
    /// CAEP 1.0, 3.4.
    AssuranceLevelChange {
        namespace: String,
        current: String,
        previous: Option<String>,
        direction: Option<LevelDirection>,
    },
    /// CAEP 1.0, 3.5.
    DeviceComplianceChange {
        previous: DeviceCompliance,
        current: DeviceCompliance,
    },
    /// RISC 1.0; the reason as it was sent: `hijacking`, `bulk-account`.
    AccountDisabled {
        reason: Option<String>,
    },
    AccountEnabled,
    AccountPurged,
    CredentialCompromise {
        kind: String,
    },
    /// SSF 1.0, 8.1.4.1.
    Verification {
        state: Option<String>,
    },
    /// SSF 1.0, 8.1.5.
    StreamUpdated {
        status: StreamStatus,
        reason: Option<String>,
    },
    /// An event that is not known here, by the address that names it. Its members are not read.
    Other(String),
}

/// What became of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialChange {
    Create,
    Revoke,
    Update,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelDirection {
    Increase,
    Decrease,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCompliance {
    Compliant,
    NotCompliant,
}

/// Whether a stream delivers events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamStatus {
    Enabled,
    Paused,
    Disabled,
}

/// Who or what caused an event (CAEP 1.0, 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    Admin,
    User,
    Policy,
    System,
}

const CHANGES: [(&str, CredentialChange); 4] = [
    ("create", CredentialChange::Create),
    ("revoke", CredentialChange::Revoke),
    ("update", CredentialChange::Update),
    ("delete", CredentialChange::Delete),
];
const DIRECTIONS: [(&str, LevelDirection); 2] = [
    ("increase", LevelDirection::Increase),
    ("decrease", LevelDirection::Decrease),
];
const COMPLIANCES: [(&str, DeviceCompliance); 2] = [
    ("compliant", DeviceCompliance::Compliant),
    ("not-compliant", DeviceCompliance::NotCompliant),
];
const STATUSES: [(&str, StreamStatus); 3] = [
    ("enabled", StreamStatus::Enabled),
    ("paused", StreamStatus::Paused),
    ("disabled", StreamStatus::Disabled),
];
const INITIATORS: [(&str, Initiator); 4] = [
    ("admin", Initiator::Admin),
    ("user", Initiator::User),
    ("policy", Initiator::Policy),
    ("system", Initiator::System),
];

impl StreamStatus {
    pub fn code(self) -> &'static str {
        written(&STATUSES, self)
    }
}

/// What any event may have (CAEP 1.0, 2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventDetails {
    /// When it happened, which may be before the token was made.
    pub at: Option<Timestamp>,
    pub initiator: Option<Initiator>,
    /// By language (BCP 47); empty where none was sent.
    pub reason_admin: BTreeMap<String, String>,
    pub reason_user: BTreeMap<String, String>,
}

impl EventDetails {
    fn parse(members: &Map<String, Value>) -> Result<Self, EventFault> {
        Ok(Self {
            at: optional_time(members, "event_timestamp")?,
            initiator: optional_word(members, "initiating_entity", &INITIATORS)?,
            reason_admin: reasons(members, "reason_admin")?,
            reason_user: reasons(members, "reason_user")?,
        })
    }

    fn write(&self, members: &mut Map<String, Value>) {
        if let Some(at) = self.at {
            members.insert("event_timestamp".to_owned(), at.secs().into());
        }
        if let Some(initiator) = self.initiator {
            let word = written(&INITIATORS, initiator);
            members.insert("initiating_entity".to_owned(), word.into());
        }
        for (name, texts) in [
            ("reason_admin", &self.reason_admin),
            ("reason_user", &self.reason_user),
        ] {
            if !texts.is_empty() {
                members.insert(name.to_owned(), json!(texts));
            }
        }
    }
}

/// A message in several languages.
fn reasons(
    members: &Map<String, Value>,
    name: &'static str,
) -> Result<BTreeMap<String, String>, EventFault> {
    let fault = || EventFault::Malformed(name);
    let texts = match members.get(name) {
        None => return Ok(BTreeMap::new()),
        // RISC 1.0 gives `reason_admin` of a compromise no form: a text has no language (BCP 47,
        // `und`).
        Some(Value::String(text)) => {
            return match text.len() {
                1..=REASON_BYTES_MAX => Ok(BTreeMap::from([("und".to_owned(), text.clone())])),
                _ => Err(fault()),
            };
        }
        Some(value) => object(value, name)?,
    };
    if !(1..=LANGUAGES_MAX).contains(&texts.len()) {
        return Err(fault());
    }
    let one = |(language, text): (&String, &Value)| {
        let text = text.as_str().filter(|text| text.len() <= REASON_BYTES_MAX);
        let text = text.ok_or_else(fault)?;
        Ok((checked(language, name)?, text.to_owned()))
    };
    texts.iter().map(one).collect()
}

impl SecurityEvent {
    /// An event by its address, and its members.
    ///
    /// # Errors
    /// For a known event without a member that it must have, or with another value than its
    /// specification allows.
    pub fn parse(uri: &str, value: &Value) -> Result<(Self, EventDetails), EventFault> {
        let uri = checked(uri, "events")?;
        let members = object(value, "events")?;
        let of = |base: &str| uri.strip_prefix(base);
        let event = if let Some(name) = of(CAEP) {
            Self::parse_caep(name, members)?
        } else if let Some(name) = of(RISC) {
            Self::parse_risc(name, members)?
        } else if let Some(name) = of(SSF) {
            Self::parse_stream(name, members)?
        } else {
            None
        };
        match event {
            Some(event) => Ok((event, EventDetails::parse(members)?)),
            // Its members may mean anything: they are not held to what CAEP says of them.
            None => Ok((Self::Other(uri), EventDetails::default())),
        }
    }

    fn parse_caep(name: &str, of: &Map<String, Value>) -> Result<Option<Self>, EventFault> {
        Ok(Some(match name {
            "session-revoked" => Self::SessionRevoked,
            "token-claims-change" => {
                let claims = of.get("claims").ok_or(EventFault::Missing("claims"))?;
                let claims = object(claims, "claims")?;
                if claims.is_empty() {
                    return Err(EventFault::Malformed("claims"));
                }
                Self::TokenClaimsChange {
                    claims: claims.clone(),
                }
            }
            "credential-change" => Self::CredentialChange {
                kind: text(of, "credential_type")?,
                change: word(of, "change_type", &CHANGES)?,
            },
            "assurance-level-change" => Self::AssuranceLevelChange {
                namespace: text(of, "namespace")?,
                current: text(of, "current_level")?,
                previous: optional_text(of, "previous_level")?,
                direction: optional_word(of, "change_direction", &DIRECTIONS)?,
            },
            "device-compliance-change" => Self::DeviceComplianceChange {
                previous: word(of, "previous_status", &COMPLIANCES)?,
                current: word(of, "current_status", &COMPLIANCES)?,
            },
            _ => return Ok(None),
        }))
    }

    fn parse_risc(name: &str, of: &Map<String, Value>) -> Result<Option<Self>, EventFault> {
        Ok(Some(match name {
            "account-disabled" => Self::AccountDisabled {
                reason: optional_text(of, "reason")?,
            },
            "account-enabled" => Self::AccountEnabled,
            "account-purged" => Self::AccountPurged,
            "credential-compromise" => Self::CredentialCompromise {
                kind: text(of, "credential_type")?,
            },
            "sessions-revoked" => Self::SessionRevoked,
            _ => return Ok(None),
        }))
    }

    fn parse_stream(name: &str, of: &Map<String, Value>) -> Result<Option<Self>, EventFault> {
        Ok(Some(match name {
            "verification" => Self::Verification {
                state: optional_text(of, "state")?,
            },
            "stream-updated" => Self::StreamUpdated {
                status: word(of, "status", &STATUSES)?,
                reason: optional_text(of, "reason")?,
            },
            _ => return Ok(None),
        }))
    }

    /// The address that names it.
    pub fn uri(&self) -> String {
        match self {
            Self::Other(uri) => uri.clone(),
            Self::AccountDisabled { .. }
            | Self::AccountEnabled
            | Self::AccountPurged
            | Self::CredentialCompromise { .. } => format!("{RISC}{}", self.name()),
            Self::Verification { .. } | Self::StreamUpdated { .. } => {
                format!("{SSF}{}", self.name())
            }
            Self::SessionRevoked
            | Self::TokenClaimsChange { .. }
            | Self::CredentialChange { .. }
            | Self::AssuranceLevelChange { .. }
            | Self::DeviceComplianceChange { .. } => format!("{CAEP}{}", self.name()),
        }
    }

    /// The last part of its address, as the specifications name it.
    pub fn name(&self) -> &str {
        match self {
            Self::SessionRevoked => "session-revoked",
            Self::TokenClaimsChange { .. } => "token-claims-change",
            Self::CredentialChange { .. } => "credential-change",
            Self::AssuranceLevelChange { .. } => "assurance-level-change",
            Self::DeviceComplianceChange { .. } => "device-compliance-change",
            Self::AccountDisabled { .. } => "account-disabled",
            Self::AccountEnabled => "account-enabled",
            Self::AccountPurged => "account-purged",
            Self::CredentialCompromise { .. } => "credential-compromise",
            Self::Verification { .. } => "verification",
            Self::StreamUpdated { .. } => "stream-updated",
            Self::Other(uri) => uri.rsplit('/').next().unwrap_or(uri),
        }
    }

    /// True for the events about a stream itself, whose subject is the stream.
    pub const fn is_about_stream(&self) -> bool {
        matches!(self, Self::Verification { .. } | Self::StreamUpdated { .. })
    }

    /// Its members.
    pub fn to_json(&self, details: &EventDetails) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        match self {
            Self::TokenClaimsChange { claims } => {
                put("claims", Value::Object(claims.clone()));
            }
            Self::CredentialChange { kind, change } => {
                put("credential_type", kind.as_str().into());
                put("change_type", written(&CHANGES, *change).into());
            }
            Self::AssuranceLevelChange {
                namespace,
                current,
                previous,
                direction,
            } => {
                put("namespace", namespace.as_str().into());
                put("current_level", current.as_str().into());
                if let Some(previous) = previous {
                    put("previous_level", previous.as_str().into());
                }
                if let Some(direction) = direction {
                    put("change_direction", written(&DIRECTIONS, *direction).into());
                }
            }
            Self::DeviceComplianceChange { previous, current } => {
                put("previous_status", written(&COMPLIANCES, *previous).into());
                put("current_status", written(&COMPLIANCES, *current).into());
            }
            Self::AccountDisabled { reason } => {
                if let Some(reason) = reason {
                    put("reason", reason.as_str().into());
                }
            }
            Self::CredentialCompromise { kind } => {
                put("credential_type", kind.as_str().into());
            }
            Self::Verification { state } => {
                if let Some(state) = state {
                    put("state", state.as_str().into());
                }
            }
            Self::StreamUpdated { status, reason } => {
                put("status", status.code().into());
                if let Some(reason) = reason {
                    put("reason", reason.as_str().into());
                }
            }
            Self::SessionRevoked | Self::AccountEnabled | Self::AccountPurged | Self::Other(_) => {}
        }
        details.write(&mut members);
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(uri: &str, members: Value) -> EventFault {
        SecurityEvent::parse(uri, &members).unwrap_err()
    }

    #[test]
    fn a_known_event_with_another_value_than_its_specification_allows_is_a_fault() {
        use EventFault::{Malformed, Missing};
        let caep = |name: &str, members| fault(&format!("{CAEP}{name}"), members);
        let risc = |name: &str, members| fault(&format!("{RISC}{name}"), members);
        for (found, expected) in [
            (caep("session-revoked", json!([])), Malformed("events")),
            (
                caep("session-revoked", json!({"event_timestamp": "now"})),
                Malformed("event_timestamp"),
            ),
            (
                caep("session-revoked", json!({"event_timestamp": -1})),
                Malformed("event_timestamp"),
            ),
            (
                caep("session-revoked", json!({"initiating_entity": "cat"})),
                Malformed("initiating_entity"),
            ),
            (
                caep("session-revoked", json!({"reason_admin": {}})),
                Malformed("reason_admin"),
            ),
            (
                caep("session-revoked", json!({"reason_user": {"fr": 7}})),
                Malformed("reason_user"),
            ),
            (caep("token-claims-change", json!({})), Missing("claims")),
            (
                caep("token-claims-change", json!({"claims": {}})),
                Malformed("claims"),
            ),
            (
                caep("credential-change", json!({"credential_type": "pin"})),
                Missing("change_type"),
            ),
            (
                caep(
                    "credential-change",
                    json!({"credential_type": "pin", "change_type": "lost"}),
                ),
                Malformed("change_type"),
            ),
            (
                caep("assurance-level-change", json!({"namespace": "NIST-AAL"})),
                Missing("current_level"),
            ),
            (
                caep(
                    "device-compliance-change",
                    json!({"previous_status": "compliant", "current_status": "fine"}),
                ),
                Malformed("current_status"),
            ),
            (
                risc("credential-compromise", json!({})),
                Missing("credential_type"),
            ),
            (
                risc("account-disabled", json!({"reason": 1})),
                Malformed("reason"),
            ),
            (
                fault(&format!("{SSF}stream-updated"), json!({"status": "off"})),
                Malformed("status"),
            ),
            (fault("", json!({})), Malformed("events")),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_event_that_is_not_known_is_kept_by_its_name() {
        for (uri, name) in [
            (format!("{RISC}opt-in"), "opt-in"),
            ("urn:example:event".to_owned(), "urn:example:event"),
        ] {
            let (event, _) = SecurityEvent::parse(&uri, &json!({"reason_admin": 7})).unwrap();
            assert_eq!((event.name(), event.uri()), (name, uri));
        }
    }

    #[test]
    fn the_event_that_risc_gave_up_is_the_one_of_caep() {
        let (event, _) =
            SecurityEvent::parse(&format!("{RISC}sessions-revoked"), &json!({})).unwrap();
        assert_eq!(event.uri(), format!("{CAEP}session-revoked"));
    }
}
