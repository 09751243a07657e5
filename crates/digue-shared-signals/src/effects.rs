//! What follows from an event: what takes is done at once, what gives waits for a person.

use std::fmt;

use digue_administration::provisioning;
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts};
use digue_security_events::SecurityEvent;
use digue_security_events::event::{
    CredentialChange, DeviceCompliance, EventDetails, Initiator, LevelDirection,
};
use digue_store::WaitingSignalRecord;
use digue_types::{AccountId, Act, Subject};
use ring::digest::{SHA256, digest};

use crate::state::SignalTurnHeld;
use crate::{SharedSignals, SignalOutcome};

/// What an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventConsequence {
    /// Nothing: rights are Digue's own, and what got stronger ends no session.
    Nothing,
    /// It is not known here.
    NotHandled,
    /// It is about the stream.
    Stream,
    EndSessions(EndedBy),
    Close,
    Reopen,
}

/// Who ended the sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// Their holder signed out at the provider: as with back-channel logout, Digue's own sessions
    /// end, and identities that a proxy vouches for stay.
    Holder,
    /// An administrator, a rule, or nobody says: what others vouch for is refused, too.
    Others,
}

impl EventConsequence {
    /// An event that says less than it could is taken for what cuts.
    pub(crate) fn of(event: &SecurityEvent, details: &EventDetails) -> Self {
        let cut = Self::EndSessions(EndedBy::Others);
        match event {
            SecurityEvent::SessionRevoked => Self::EndSessions(match details.initiator {
                Some(Initiator::User) => EndedBy::Holder,
                Some(Initiator::Admin | Initiator::Policy | Initiator::System) | None => {
                    EndedBy::Others
                }
            }),
            SecurityEvent::CredentialChange { change, .. } => match change {
                CredentialChange::Create => Self::Nothing,
                CredentialChange::Revoke | CredentialChange::Update | CredentialChange::Delete => {
                    cut
                }
            },
            SecurityEvent::AssuranceLevelChange { direction, .. } => match direction {
                Some(LevelDirection::Increase) => Self::Nothing,
                Some(LevelDirection::Decrease) | None => cut,
            },
            SecurityEvent::DeviceComplianceChange { current, .. } => match current {
                DeviceCompliance::Compliant => Self::Nothing,
                DeviceCompliance::NotCompliant => cut,
            },
            SecurityEvent::TokenClaimsChange { .. } => Self::Nothing,
            SecurityEvent::AccountDisabled { .. }
            | SecurityEvent::AccountPurged
            | SecurityEvent::CredentialCompromise { .. } => Self::Close,
            SecurityEvent::AccountEnabled => Self::Reopen,
            SecurityEvent::Verification { .. } | SecurityEvent::StreamUpdated { .. } => {
                Self::Stream
            }
            SecurityEvent::Other(_) => Self::NotHandled,
        }
    }

    /// Sessions that a provider opened end with it.
    pub(crate) const fn ends_sessions(self) -> bool {
        match self {
            Self::EndSessions(_) | Self::Close => true,
            Self::Nothing | Self::NotHandled | Self::Stream | Self::Reopen => false,
        }
    }
}

/// The reason of the acts of an event, as the journal has it: the stream, the event, and the first
/// bits of the SHA-256 of the token's name, by which the provider's own log is compared.
pub(crate) struct SignalReason<'s> {
    pub(crate) stream: &'s str,
    pub(crate) event: &'s str,
    pub(crate) token: &'s str,
}

impl fmt::Display for SignalReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = digest(&SHA256, self.token.as_bytes());
        write!(f, "signal {} {} ", self.stream, self.event)?;
        digest.as_ref()[..8]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Does for each account what an event asks for; returns the gravest outcome.
///
/// # Errors
/// The first failure, after all accounts were tried. Every part may be done again.
pub(crate) async fn carry_out(
    app: &App,
    turn: &SignalTurnHeld<'_>,
    reason: &SignalReason<'_>,
    accounts: &[AccountId],
    consequence: EventConsequence,
) -> Result<SignalOutcome, OperationError> {
    let may_close =
        consequence == EventConsequence::Close && may_close(app, turn, accounts).await?;
    let mut gravest = SignalOutcome::Unchanged;
    let mut failure = None;
    for account in accounts {
        let done = match consequence {
            EventConsequence::EndSessions(by) => end_sessions(app, reason, account, by)
                .await
                .map(|()| SignalOutcome::Cut),
            EventConsequence::Close => close(app, reason, account, may_close).await,
            EventConsequence::Reopen => ask_to_reopen(app, reason, account).await,
            EventConsequence::Nothing | EventConsequence::NotHandled | EventConsequence::Stream => {
                Ok(SignalOutcome::Unchanged)
            }
        };
        match done {
            Ok(outcome) => gravest = gravest.max(outcome),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(gravest), Err)
}

/// Whether the brake lets these accounts close without a person.
async fn may_close(
    app: &App,
    _turn: &SignalTurnHeld<'_>,
    accounts: &[AccountId],
) -> Result<bool, OperationError> {
    let brake = app.area::<SharedSignals>().rules.brake;
    let since = app.clock().now().minus(brake.within);
    let closed = SignalOutcome::Closed.code();
    let closed = app.store().signalled_accounts(closed, since).await?;
    Ok(closed + accounts.len() as u64 <= brake.closes_at_most)
}

/// Ends the sessions at once, journals it, then removes them from the store.
async fn end_sessions(
    app: &App,
    reason: &SignalReason<'_>,
    account: &AccountId,
    by: EndedBy,
) -> Result<(), OperationError> {
    let details = |before: usize, after: String| ActDetails {
        subject: Subject::Account(account.clone()),
        before: format!("sessions:{before}"),
        after,
        reason: reason.to_string(),
    };
    match by {
        EndedBy::Holder => {
            let cut = app.cut_sessions(|session| session.account == *account);
            let details = details(cut.len(), "sessions:0".to_owned());
            let written = app
                .write_down(&Actor::digue(), Act::SessionCut, details)
                .await;
            app.remove_sessions(&cut).await?;
            written.map(drop)
        }
        EndedBy::Others => {
            let cut = identity_cuts::cut_account(app, account).await?;
            let after = format!("sessions:0 headers-until:{}", cut.headers_refused_until);
            let details = details(cut.sessions.len(), after);
            app.write_down(&Actor::digue(), Act::SessionCut, details)
                .await
                .map(drop)
        }
    }
}

/// Closes an account, or ends its sessions and leaves the closing to a person: beyond the brake, and
/// for the operator's own people, whom no other system may put out of work.
async fn close(
    app: &App,
    reason: &SignalReason<'_>,
    account: &AccountId,
    may_close: bool,
) -> Result<SignalOutcome, OperationError> {
    app.store().remove_waiting_signal(account, "reopen").await?;
    let snapshot = app.gateway().rules();
    let record = snapshot.directory.find(account);
    let record = record.ok_or(OperationError::NotFound("account"))?;
    if record.is_suspended {
        return Ok(SignalOutcome::Unchanged);
    }
    if may_close && record.role.can_come_from_directory() {
        let text = reason.to_string();
        let closed = provisioning::close(app, &Actor::digue(), account, &text).await;
        return match closed {
            Ok(()) => Ok(SignalOutcome::Closed),
            // Closed by others meanwhile.
            Err(OperationError::Conflict) => Ok(SignalOutcome::Unchanged),
            Err(error) => Err(error),
        };
    }
    // The sessions first: they end also where the store fails.
    let ended = end_sessions(app, reason, account, EndedBy::Others).await;
    keep_waiting(app, reason, account, "close").await?;
    ended.map(|()| SignalOutcome::Held)
}

async fn ask_to_reopen(
    app: &App,
    reason: &SignalReason<'_>,
    account: &AccountId,
) -> Result<SignalOutcome, OperationError> {
    // A stream takes back what it asked for itself: the one that says "open again" does not know why
    // another one wanted the account closed.
    let waiting = app.store().waiting_signals().await?;
    let closing = waiting
        .iter()
        .find(|one| one.account == *account && one.change == "close");
    if let Some(closing) = closing {
        if closing.stream != reason.stream {
            return Ok(SignalOutcome::Held);
        }
        app.store().remove_waiting_signal(account, "close").await?;
        return Ok(SignalOutcome::Withdrawn);
    }
    let snapshot = app.gateway().rules();
    let record = snapshot.directory.find(account);
    if !record.is_some_and(|record| record.is_suspended) {
        return Ok(SignalOutcome::Unchanged);
    }
    keep_waiting(app, reason, account, "reopen").await?;
    Ok(SignalOutcome::Requested)
}

async fn keep_waiting(
    app: &App,
    reason: &SignalReason<'_>,
    account: &AccountId,
    change: &str,
) -> Result<(), OperationError> {
    let waiting = WaitingSignalRecord {
        account: account.clone(),
        change: change.to_owned(),
        stream: reason.stream.to_owned(),
        event: reason.event.to_owned(),
        since: app.clock().now(),
    };
    Ok(app.store().save_waiting_signal(&waiting).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What each event of the specifications leads to.
    #[test]
    fn what_an_event_does_not_say_is_taken_for_what_cuts() {
        let cut = EventConsequence::EndSessions(EndedBy::Others);
        let caep = "https://schemas.openid.net/secevent/caep/event-type/";
        let risc = "https://schemas.openid.net/secevent/risc/event-type/";
        let ssf = "https://schemas.openid.net/secevent/ssf/event-type/";
        for (base, name, members, expected) in [
            (caep, "session-revoked", json!({}), cut),
            (
                caep,
                "session-revoked",
                json!({"initiating_entity": "admin"}),
                cut,
            ),
            (
                caep,
                "session-revoked",
                json!({"initiating_entity": "user"}),
                EventConsequence::EndSessions(EndedBy::Holder),
            ),
            (
                caep,
                "token-claims-change",
                json!({"claims": {"role": "x"}}),
                EventConsequence::Nothing,
            ),
            (
                caep,
                "credential-change",
                json!({"credential_type": "pin", "change_type": "create"}),
                EventConsequence::Nothing,
            ),
            (
                caep,
                "credential-change",
                json!({"credential_type": "pin", "change_type": "update"}),
                cut,
            ),
            (
                caep,
                "credential-change",
                json!({"credential_type": "pin", "change_type": "revoke"}),
                cut,
            ),
            (
                caep,
                "assurance-level-change",
                json!({"namespace": "NIST-AAL", "current_level": "2", "change_direction": "increase"}),
                EventConsequence::Nothing,
            ),
            (
                caep,
                "assurance-level-change",
                json!({"namespace": "NIST-AAL", "current_level": "2"}),
                cut,
            ),
            (
                caep,
                "device-compliance-change",
                json!({"previous_status": "compliant", "current_status": "not-compliant"}),
                cut,
            ),
            (
                caep,
                "device-compliance-change",
                json!({"previous_status": "not-compliant", "current_status": "compliant"}),
                EventConsequence::Nothing,
            ),
            (
                caep,
                "session-established",
                json!({}),
                EventConsequence::NotHandled,
            ),
            (risc, "account-disabled", json!({}), EventConsequence::Close),
            (risc, "account-purged", json!({}), EventConsequence::Close),
            (
                risc,
                "credential-compromise",
                json!({"credential_type": "password"}),
                EventConsequence::Close,
            ),
            (risc, "account-enabled", json!({}), EventConsequence::Reopen),
            (ssf, "verification", json!({}), EventConsequence::Stream),
            (
                ssf,
                "stream-updated",
                json!({"status": "paused"}),
                EventConsequence::Stream,
            ),
        ] {
            let uri = format!("{base}{name}");
            let (event, details) = SecurityEvent::parse(&uri, &members).unwrap();
            assert_eq!(
                EventConsequence::of(&event, &details),
                expected,
                "{name} {members}"
            );
        }
    }

    #[test]
    fn the_journal_names_the_stream_the_event_and_the_token_by_its_hash() {
        let reason = SignalReason {
            stream: "annuaire",
            event: "session-revoked",
            token: "abc",
        };
        // The vector of FIPS 180-4 for `abc`.
        assert_eq!(
            reason.to_string(),
            "signal annuaire session-revoked ba7816bf8f01cfea"
        );
    }
}
