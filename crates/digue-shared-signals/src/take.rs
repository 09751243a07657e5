//! One token: verified, carried out once, kept.

use digue_app::files::hex;
use digue_app::{App, OperationError};
use digue_security_events::{SecurityEvent, SecurityEventToken};
use digue_store::{SignalRecord, SignalStreamRecord};
use ring::hmac;

use crate::effects::{EventConsequence, SignalReason, carry_out};
use crate::state::{self, SignalTurnHeld};
use crate::verify::{NotTaken, verified};
use crate::{EventStream, ReceiveRules, SignalOutcome, subjects};

/// Takes a token. One that was taken before is taken again, and nothing follows: transmitters send a
/// token again whose receipt they missed (RFC 8935, 2).
///
/// `id` is the name under which it came by a poll.
pub(crate) async fn take(
    app: &App,
    stream: EventStream<'_>,
    token: &str,
    id: Option<&str>,
) -> Result<(), NotTaken> {
    let rules = stream.rules;
    let event = match verified(app, stream, token).await {
        Ok(event) if id.is_some_and(|id| id != event.id) => {
            let detail = "its name is not the one under which it came".to_owned();
            Err(NotTaken::Refused(crate::SignalRefusal::Claim, detail))
        }
        other => other,
    };
    // Two tokens that name one account must not both find room in the brake.
    let turn = state::turn(app).await;
    match event {
        Ok(event) => carry_out_once(app, &turn, rules, &event).await,
        Err(NotTaken::Refused(why, detail)) => {
            let stream = &rules.name;
            tracing::warn!(stream, cause = why.code(), detail, "Security event refused");
            turn.refused(app, &rules.name, why).await?;
            Err(NotTaken::Refused(why, detail))
        }
        Err(NotTaken::Failed(error)) => Err(NotTaken::Failed(error)),
    }
}

async fn carry_out_once(
    app: &App,
    turn: &SignalTurnHeld<'_>,
    rules: &ReceiveRules,
    token: &SecurityEventToken,
) -> Result<(), NotTaken> {
    let name = keyed(app, rules, &token.id);
    if app.store().is_signal_known(&rules.name, &name).await? {
        return Ok(());
    }
    if app.store().signal_count().await? >= state::KEPT_MAX {
        return Err(NotTaken::Failed(OperationError::Full));
    }
    let consequence = EventConsequence::of(&token.event, &token.details);
    let (outcome, accounts) = match consequence {
        EventConsequence::Stream => (SignalOutcome::Stream, Vec::new()),
        EventConsequence::NotHandled => (SignalOutcome::NotHandled, Vec::new()),
        EventConsequence::Nothing
        | EventConsequence::EndSessions(_)
        | EventConsequence::Close
        | EventConsequence::Reopen => {
            let ends = consequence.ends_sessions();
            let found = subjects::find(app, rules, token, ends).await?;
            let reason = SignalReason {
                stream: &rules.name,
                event: token.event.name(),
                token: &token.id,
            };
            let outcome = match (found.accounts.is_empty(), found.ended) {
                (true, 0) => SignalOutcome::UnknownSubject,
                // Sessions of a person, who has no account.
                (true, _) => SignalOutcome::Cut,
                (false, _) => carry_out(app, turn, &reason, &found.accounts, consequence).await?,
            };
            (outcome, found.accounts)
        }
    };
    let now = app.clock().now();
    let record = SignalRecord {
        stream: rules.name.clone(),
        token: name,
        event: token.event.name().to_owned(),
        // Who has an account is named by it, and others need not be kept.
        subject: match outcome == SignalOutcome::UnknownSubject {
            true => subjects::shown(&token.subject),
            false => token.subject.format().to_owned(),
        },
        account: match &accounts[..] {
            [only] => Some(only.clone()),
            _ => None,
        },
        accounts: accounts.len() as u64,
        outcome: outcome.code().to_owned(),
        issued_at: token.issued_at,
        taken_at: now,
    };
    // Last: after a failure the next try does all of it again, and nothing of it harms twice.
    app.store().take_signal(&record).await?;
    let heard = |stream: &mut SignalStreamRecord| {
        stream.heard_at = Some(now);
        if let SecurityEvent::Verification { .. } = &token.event {
            stream.verified_at = Some(now);
        }
        if let SecurityEvent::StreamUpdated { status, .. } = &token.event {
            status.code().clone_into(&mut stream.status);
        }
    };
    turn.update(app, &rules.name, heard).await?;
    Ok(())
}

/// The name of a token as it is kept: it can be recognised and reveals nothing.
fn keyed(app: &App, rules: &ReceiveRules, id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    // The issuer is part of it: a stream that is configured for another one knows none of its tokens.
    let text = format!("signal\n{}\n{id}", rules.issuer);
    hex(hmac::sign(&key, text.as_bytes()).as_ref())
}
