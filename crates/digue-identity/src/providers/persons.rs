//! From an identity to a person of a portal: by the portal's own identifier, without guessing.

use std::time::Duration;

use digue_app::secret::Secret;
use digue_app::{App, OperationError, canonical};
use digue_store::KnownPerson;
use digue_types::Timestamp;
use serde_json::Value;

use super::accounts::SKEW;
use super::peer::{ProviderPeer, VerifiedIdentity};
use super::{PersonBy, PersonRules, keyed};

use crate::person_sessions::{self, PersonDebts};

/// The greatest age of a person's proof of identity.
const PROOF_LASTS: Duration = Duration::from_mins(10);

/// Opens a session in the space of the person that an identity belongs to.
///
/// # Errors
/// `Invalid` when it matches no person of the portal, or several: a code by letter is the
/// alternative.
pub(super) async fn open(
    app: &App,
    peer: &ProviderPeer,
    rules: &PersonRules,
    vouched: VerifiedIdentity,
) -> Result<Secret, OperationError> {
    let unknown = || OperationError::Invalid("invalid-person-unknown");
    // A new authentication was requested (`begin`). An older one may be that of another person on a
    // shared machine.
    let now = app.clock().now();
    if let Some(at) = vouched.auth_time {
        must_be_recent(at, now)?;
    }
    let typed = match &rules.by {
        PersonBy::Claim(name) => claim_text(&vouched, name).ok_or_else(unknown)?,
        PersonBy::Source { source, claims } => {
            let values: Option<Vec<String>> = claims
                .iter()
                .map(|name| claim_text(&vouched, name))
                .collect();
            let mut found = source.find(&values.ok_or_else(unknown)?).await?;
            // Two matches count as none: choosing one could open the record of a namesake.
            match (found.pop(), found.is_empty()) {
                (Some(person), true) => person,
                _ => return Err(unknown()),
            }
        }
    };
    let person = canonical::person(app, &rules.population, &typed).map_err(|_| unknown())?;
    let owed = PersonDebts {
        provider: peer.rules.id.clone(),
        subject: keyed(app, peer, "subject", &vouched.subject),
        sid: vouched.sid.as_ref().map(|sid| keyed(app, peer, "sid", sid)),
        id_token: vouched.id_token,
        vouched_at: vouched.at,
    };
    let whose = KnownPerson {
        population: rules.population.to_string(),
        person,
    };
    person_sessions::open(
        app,
        whose,
        &format!("provider:{}", peer.rules.id),
        Some(owed),
    )
    .await
}

/// Refuses a proof of identity that is too old, or of a future that no clock explains.
// One without any date passes: `prompt=login` obliges a provider to ask again, and not to say when
// it did (OpenID Connect Core, section 3.1.2.1; docs/reference/providers.md).
fn must_be_recent(at: Timestamp, now: Timestamp) -> Result<(), OperationError> {
    if at > now.plus(SKEW) {
        return Err(OperationError::Invalid("invalid-provider-answer"));
    }
    if now.since(at) > PROOF_LASTS {
        return Err(OperationError::Invalid("invalid-identity-old"));
    }
    Ok(())
}

/// A claim as text; `sub` is the subject of the ID token where the user info has none.
fn claim_text(vouched: &VerifiedIdentity, name: &str) -> Option<String> {
    match vouched.claims.get(name) {
        Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ if name == "sub" => Some(vouched.subject.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_of_the_future_is_refused_like_an_old_one() {
        let now = Timestamp::parse_rfc3339("2026-11-28T12:00:00Z").unwrap();
        let minutes = |count| Duration::from_mins(count);
        for at in [now, now.plus(minutes(1)), now.minus(minutes(10))] {
            assert!(must_be_recent(at, now).is_ok(), "{at}");
        }
        for at in [now.plus(minutes(2)), now.minus(minutes(11))] {
            assert!(must_be_recent(at, now).is_err(), "{at}");
        }
    }
}
