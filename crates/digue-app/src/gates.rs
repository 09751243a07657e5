//! Closing and reopening gates.
//!
//! A closing is applied first and journalled second: containment must not wait for a failing disk;
//! the failure is returned. An opening is journalled first: nothing is widened without a trace.

use std::sync::Arc;

use digue_access::Reach;
use digue_store::GateRecord;
use digue_types::visible::visible_chars;
use digue_types::{AccountId, Act, Gate, GateReason, Subject, Timestamp};

use crate::actor::Actor;
use crate::acts::ActDetails;
use crate::app::App;
use crate::error::OperationError;
use crate::identity_cuts::{self, CutDone};

/// The fewest characters of a reason: a word or two.
pub const REASON_CHARS_MIN: usize = 5;
pub const REASON_CHARS_MAX: usize = 500;
/// True for the closed gate of an account whose holder is not confirmed.
pub fn is_quarantine(gate: &GateRecord) -> bool {
    gate.gate == Gate::Closed && gate.reason == GateReason::Quarantine
}

/// A written reason, checked.
pub fn parse_reason(text: &str, chars_min: usize) -> Result<String, OperationError> {
    let text = text.trim();
    if visible_chars(text) < chars_min {
        return Err(OperationError::Invalid("invalid-reason-short"));
    }
    if text.chars().count() > REASON_CHARS_MAX || text.chars().any(|c| c.is_control() && c != '\n')
    {
        return Err(OperationError::Invalid("invalid-reason-long"));
    }
    Ok(text.to_owned())
}

/// Whether one person acts alone, or a second one has approved it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ActAuthority {
    One,
    Two,
}

/// Sets a gate, effective at once on live sessions and streams. Opening a closed one needs two
/// persons (`approvals`).
///
/// # Errors
/// `ProofNeeded` for closing an account of the operator's own roles without a fresh proof of identity.
pub async fn set_gate(
    app: &App,
    actor: &Actor,
    reach: Reach,
    gate: Gate,
    reason: &str,
) -> Result<(), OperationError> {
    actor.must_act()?;
    // It takes away a role that two persons gave (`console_role`), until two persons open it: a stolen
    // session alone must not.
    let takes_role = |account: &AccountId| {
        let rules = app.gateway().rules();
        let record = rules.directory.find(account);
        record.is_some_and(|record| !record.role.can_come_from_directory())
    };
    if gate == Gate::Closed && matches!(&reach, Reach::Account(account) if takes_role(account)) {
        actor.must_be_fresh(app)?;
    }
    // Always the words of a person, also when they are "quarantine": `invitations::confirm` opens a
    // quarantine, and one person must not open a gate that needs two.
    let reason = GateReason::Officer(reason.to_owned());
    apply(app, actor, reach, gate, reason, ActAuthority::One).await
}

/// `set_gate`, for callers that have authorised the actor.
pub async fn apply(
    app: &App,
    actor: &Actor,
    reach: Reach,
    gate: Gate,
    reason: GateReason,
    consent: ActAuthority,
) -> Result<(), OperationError> {
    let reason = match reason {
        GateReason::Officer(text) => GateReason::Officer(parse_reason(&text, REASON_CHARS_MIN)?),
        GateReason::Quarantine | GateReason::Monitor { .. } | GateReason::Cleared(_) => reason,
    };
    // Only the confirmation of its holder opens such an account (`invitations::confirm`).
    if gate != Gate::Closed
        && matches!(&reach, Reach::Account(account) if app.unconfirmed().has(account))
    {
        return Err(OperationError::Invalid("invalid-gate-unconfirmed"));
    }
    // Held to the end, also while the entry is written: the gate that is journalled as "before" is
    // the one that was in force, and two changes of one gate are journalled in the order in which
    // they apply.
    let mut rules = app.rules().await;
    let before = rules.gates.of(&reach);
    // A closing is in force before it is stored. One that the store could not keep, so that a
    // restart would open the gate, is stored by the next call.
    if before == gate && (gate == Gate::Open || is_stored(app, &reach, gate).await?) {
        return Err(OperationError::Conflict);
    }
    if before == Gate::Closed && gate != Gate::Closed && consent == ActAuthority::One {
        return Err(OperationError::SecondNeeded);
    }
    let details = ActDetails {
        subject: reach.subject(),
        before: before.code().to_owned(),
        after: gate.code().to_owned(),
        reason: reason.to_string(),
    };
    let record = GateRecord {
        reach: reach.clone(),
        gate,
        reason,
        set_by: actor.account.clone(),
        set_at: app.clock().now(),
    };
    if gate >= before {
        Arc::make_mut(&mut rules.gates).set(reach, gate);
        app.publish(&rules);
        // Both are tried and the gate stays closed, whichever of them fails: the caller learns that
        // the trace is incomplete.
        let written = app.write_down(actor, Act::GateSet, details).await.map(drop);
        let stored = app.store().set_gate(&record).await;
        written?;
        stored?;
    } else {
        app.write_down(actor, Act::GateSet, details).await?;
        app.store().set_gate(&record).await?;
        if gate == Gate::Open
            && let Reach::Account(account) = &reach
        {
            // Before the gate opens: identities that a proxy vouches for would otherwise stay
            // refused.
            identity_cuts::lift(app, account).await?;
        }
        Arc::make_mut(&mut rules.gates).set(reach, gate);
        app.publish(&rules);
    }
    Ok(())
}

async fn is_stored(app: &App, reach: &Reach, gate: Gate) -> Result<bool, OperationError> {
    Ok(app
        .store()
        .gates()
        .await?
        .iter()
        .any(|known| known.reach == *reach && known.gate == gate))
}

/// A gate that is not open, with who set it and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShutGate {
    pub reach: Reach,
    pub gate: Gate,
    pub reason: GateReason,
    pub set_by: AccountId,
    pub set_at: Timestamp,
}

/// Gates that are not open.
pub async fn shut_gates(app: &App, actor: &Actor) -> Result<Vec<ShutGate>, OperationError> {
    actor.must_watch()?;
    let gates = app.store().gates().await?.into_iter().map(|record| {
        let GateRecord {
            reach,
            gate,
            reason,
            set_by,
            set_at,
        } = record;
        ShutGate {
            reach,
            gate,
            reason,
            set_by,
            set_at,
        }
    });
    Ok(gates.collect())
}

/// Ends every session of an account and refuses the identities that others vouch for. Streams in
/// flight stop within a second.
pub async fn cut_sessions(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    reason: &str,
) -> Result<CutDone, OperationError> {
    actor.must_act()?;
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let cut = identity_cuts::cut_account(app, account).await?;
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        before: format!("sessions:{}", cut.sessions.len()),
        after: format!("sessions:0 headers-until:{}", cut.headers_refused_until),
        reason,
    };
    app.write_down(actor, Act::SessionCut, details).await?;
    Ok(cut)
}
