//! Whether a token is one of this stream: its type, its signature, its issuer and audience, its age,
//! and that it is an event.

use std::time::Duration;

use digue_app::{App, OperationError};
use digue_http::jwt::{TokenFault, token_type};
use digue_security_events::token::TOKEN_TYPE;
use digue_security_events::{
    EventFault, EventSubject, SecurityEvent, SecurityEventToken, SubjectIdentifier,
};
use digue_types::Timestamp;

use crate::{EventStream, ReceiveRules, SignalRefusal};

/// The difference between clocks that is tolerated.
const SKEW: Duration = Duration::from_mins(1);
/// The greatest age of a token. Older ones are refused: their names are forgotten soon after
/// (`state::KEPT_FOR`), and a replay would not be known. Long enough for a transmitter to try again
/// after a weekend.
pub(crate) const AGE_MAX: Duration = Duration::from_hours(7 * 24);
const TOKEN_BYTES_MAX: usize = 64 << 10;

/// Why a token was not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// For good, with what the engineer of the other side is told.
    Refused(SignalRefusal, String),
    /// Not now: the transmitter may try again.
    Failed(OperationError),
}

impl<E: Into<OperationError>> From<E> for NotTaken {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

fn refused(why: SignalRefusal, detail: impl ToString) -> NotTaken {
    NotTaken::Refused(why, detail.to_string())
}

/// The event of a token, once all of it is verified.
pub(crate) async fn verified(
    app: &App,
    stream: EventStream<'_>,
    token: &str,
) -> Result<SecurityEventToken, NotTaken> {
    let rules = stream.rules;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(refused(SignalRefusal::Unreadable, "the token is too long"));
    }
    // Before the keys are asked for: another kind of token that the same keys signed must not pass
    // for an event (SSF 1.0, 4.1.1).
    if token_type(token).as_deref() != Some(TOKEN_TYPE) {
        let detail = "`typ` of the header must be secevent+jwt";
        return Err(refused(SignalRefusal::Kind, detail));
    }
    let away = |error: crate::keys::KeysAway| {
        NotTaken::Failed(OperationError::Unavailable(error.to_string()))
    };
    let known = stream.keys.known(app, rules, None).await.map_err(away)?;
    let claims = known.keys.claims(token, &rules.issuer, &rules.audience);
    let claims = match claims {
        // The transmitter may have replaced its keys, also under the same name.
        Err(fault) if fault.is_about_keys() => {
            let newer = stream.keys.known(app, rules, Some(known.at));
            let newer = newer.await.map_err(away)?;
            newer.keys.claims(token, &rules.issuer, &rules.audience)
        }
        other => other,
    };
    let claims = claims.map_err(|fault| refused(refusal_of(fault), fault))?;
    let event = SecurityEventToken::parse(&claims);
    let event = event.map_err(|fault| refused(SignalRefusal::Claim, fault))?;
    check(rules, &event, app.clock().now())?;
    Ok(event)
}

const fn refusal_of(fault: TokenFault) -> SignalRefusal {
    match fault {
        TokenFault::NoKey | TokenFault::Signature => SignalRefusal::Key,
        TokenFault::Issuer => SignalRefusal::Issuer,
        TokenFault::Audience | TokenFault::Client => SignalRefusal::Audience,
        TokenFault::Malformed => SignalRefusal::Unreadable,
        TokenFault::Over => SignalRefusal::Old,
        TokenFault::Early => SignalRefusal::Early,
        TokenFault::Date(_) => SignalRefusal::Claim,
    }
}

/// What the signature does not say.
fn check(rules: &ReceiveRules, event: &SecurityEventToken, now: Timestamp) -> Result<(), NotTaken> {
    // Each other audience could present the token here as its own.
    let is_known = |name: &String| *name == rules.audience || rules.other_audiences.contains(name);
    if !event.audiences.iter().all(is_known) {
        let detail = "it is also for an audience that is not configured";
        return Err(refused(SignalRefusal::Audience, detail));
    }
    if event.issued_at > now.plus(SKEW) {
        return Err(refused(SignalRefusal::Early, "`iat` is in the future"));
    }
    if now.since(event.issued_at) > AGE_MAX {
        return Err(refused(SignalRefusal::Old, "`iat` is more than a week ago"));
    }
    if event.event.is_about_stream() {
        let is_stream = matches!(
            event.subject,
            EventSubject::Simple(SubjectIdentifier::Opaque(_))
        );
        // SSF 1.0, 8.1.4.1 and 8.1.5.
        if !is_stream {
            return Err(refused(
                SignalRefusal::Claim,
                EventFault::Malformed("sub_id"),
            ));
        }
    }
    // Digue asks for no verification, so that a transmitter that sends one has no state (SSF 1.0,
    // 8.1.4.2).
    if matches!(&event.event, SecurityEvent::Verification { state: Some(_) }) {
        let detail = "no verification with a state was asked for";
        return Err(refused(SignalRefusal::State, detail));
    }
    Ok(())
}
