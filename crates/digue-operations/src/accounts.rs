//! Accounts: who there is, suspending one and letting it work again.
//!
//! Suspending narrows: whoever answers for an account may do it at once, and its sessions end with
//! it. Resuming widens: that is the operator's officer's.

use std::collections::HashSet;
use std::sync::Arc;

use digue_access::{AccountRecord, Reach, Role};
use digue_types::{AccountId, Act};

use crate::actor::Actor;
use crate::approvals::QUARANTINE;
use crate::error::OperationError;
use crate::gates::{REASON_CHARS_MIN, parse_reason};
use crate::house::{House, Words};

/// An account as its overseers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub account: AccountId,
    pub record: AccountRecord,
    pub passkeys: usize,
    pub sessions: usize,
    /// New, and nobody has confirmed who it is.
    pub is_quarantined: bool,
}

/// The accounts that the actor answers for: all of them for the operator's watchers, those of the
/// own organisation for its delegate; by name.
pub async fn list(house: &House, actor: &Actor) -> Result<Vec<Known>, OperationError> {
    let rules = house.gateway().rules();
    let own = rules.directory.find(&actor.account).map(|record| record.organisation.clone());
    let is_delegate = actor.role == Role::Delegate;
    if !actor.role.can_watch() && !is_delegate {
        return Err(OperationError::Denied);
    }
    let counts = house.store.passkey_counts().await?;
    let mut known: Vec<Known> = rules
        .directory
        .iter()
        .filter(|(_, record)| !is_delegate || Some(&record.organisation) == own.as_ref())
        .map(|(account, record)| Known {
            passkeys: counts.get(account).copied().unwrap_or(0),
            sessions: 0,
            is_quarantined: false,
            account: account.clone(),
            record: record.clone(),
        })
        .collect();
    let sessions = house.gateway().session_counts();
    let gates = house.store.gates().await?;
    let quarantined: HashSet<Reach> =
        gates.into_iter().filter(|gate| gate.reason == QUARANTINE).map(|gate| gate.reach).collect();
    for one in &mut known {
        one.is_quarantined = quarantined.contains(&Reach::Account(one.account.clone()));
        one.sessions = sessions.get(&one.account).copied().unwrap_or(0);
    }
    known.sort_by(|a, b| a.account.cmp(&b.account));
    Ok(known)
}

/// Suspends an account and ends its sessions, or lets it work again.
pub async fn set_suspended(
    house: &House,
    actor: &Actor,
    account: &AccountId,
    is_suspended: bool,
    reason: &str,
) -> Result<(), OperationError> {
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let mut rules = house.rules().await;
    let own = rules.directory.find(&actor.account).map(|record| record.organisation.clone());
    let found = rules.directory.find(account).cloned();
    // To whoever does not answer for it, an account of another organisation does not exist.
    let is_own = found.as_ref().map(|record| &record.organisation) == own.as_ref();
    let record = found.filter(|_| actor.role.can_act() || (actor.role == Role::Delegate && is_own));
    let may = actor.role.can_act() || (actor.role == Role::Delegate && is_suspended);
    if !may {
        return Err(OperationError::Denied);
    }
    let record = record.ok_or(OperationError::NotFound("account"))?;
    if *account == actor.account {
        return Err(OperationError::Invalid("invalid-own-account"));
    }
    if actor.role == Role::Delegate && record.role != Role::Agent {
        return Err(OperationError::Denied);
    }
    if record.is_suspended == is_suspended {
        return Err(OperationError::Conflict);
    }
    let state = |suspended| if suspended { "suspended" } else { "active" };
    let words = Words {
        subject: format!("account:{account}"),
        before: state(record.is_suspended).to_owned(),
        after: state(is_suspended).to_owned(),
        reason,
    };
    let record = AccountRecord { is_suspended, ..record };
    let act = if is_suspended { Act::AccountSuspended } else { Act::AccountResumed };
    if is_suspended {
        // Like closing a gate: it acts first and is written second.
        Arc::make_mut(&mut rules.directory).insert(account.clone(), record.clone());
        house.publish(&rules);
        let cut = house.gateway().cut_sessions(|session| session.account == *account);
        let written = house.write_down(actor, act, words).await;
        house.store.save_account(account, &record).await?;
        house.store.remove_sessions(&cut).await?;
        written?;
    } else {
        house.write_down(actor, act, words).await?;
        house.store.save_account(account, &record).await?;
        Arc::make_mut(&mut rules.directory).insert(account.clone(), record);
        house.publish(&rules);
    }
    Ok(())
}
