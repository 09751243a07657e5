//! Accounts: listing, suspending and resuming them, and creating them at the terminal.
//!
//! Suspending narrows access: those who answer for an account may do it at once, and its sessions
//! end. Resuming widens it: only the operator's officers may.

pub mod stored;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use digue_access::decide::Reduction;
use digue_access::{AccountDirectory, AccountRecord, Membership, Role, Snapshot};
use digue_app::directory::{self, answers_for, organisation_of};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts};
use digue_identity::{invitations, sign_in};
use digue_types::{AccountId, Act, Gate, OrganisationId, Subject};

use crate::approvals::{self, ApprovalRequest, NewAccount};

/// An account as officers and its delegate see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverseenAccount {
    pub account: AccountId,
    pub record: AccountRecord,
    pub passkeys: usize,
    /// Signs in with a password and a one-time code.
    pub has_password: bool,
    /// Linked identities at external providers.
    pub identities: usize,
    pub sessions: usize,
    /// The reduced limits after a recovery or a containment, while they last.
    pub reduction: Option<Reduction>,
    /// The strictest of its gate, its organisation's and the general one: a closed one refuses every
    /// request, even if the account is active.
    pub gate: Gate,
    /// Its holder is not confirmed.
    pub is_quarantined: bool,
    /// The reader may suspend or resume it.
    pub may_change: bool,
    /// The reader may hand its invitation over, and mail it to the address of its request.
    pub may_hand_over: bool,
    pub may_mail: bool,
    /// The reader may confirm its holder.
    pub may_confirm: bool,
    /// The reader answers for it, and may request its recovery.
    pub answers: bool,
}

/// The accounts that the actor may see, by name: all of them for officers, those of their own
/// organisation for delegates and deputies.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<OverseenAccount>, OperationError> {
    let rules = app.gateway().rules();
    if !actor.role.oversees() {
        return Err(OperationError::Denied);
    }
    let own = organisation_of(&rules, actor);
    let sees_all = actor.role.can_watch();
    let passkeys = app.store().passkey_counts().await?;
    let passwords = app.store().password_holders().await?;
    let identities = app.store().identity_counts().await?;
    let now = app.clock().now();
    let sessions = app.gateway().session_counts();
    let held =
        |counts: &HashMap<AccountId, usize>, account| counts.get(account).copied().unwrap_or(0);
    let theirs = rules
        .directory
        .iter()
        .filter(|(_, r)| sees_all || Some(&r.organisation) == own.as_ref());
    let mut known: Vec<OverseenAccount> = theirs
        .map(|(account, record)| {
            let answers = answers_for(&rules, actor, account);
            let unconfirmed = app.unconfirmed().find(account);
            let may_hand_over = invitations::may_hand_over(app, actor, account);
            let has_address = unconfirmed
                .as_ref()
                .is_some_and(|known| !known.email.is_empty());
            OverseenAccount {
                passkeys: held(&passkeys, account),
                identities: held(&identities, account),
                has_password: passwords.contains(account),
                reduction: rules
                    .reductions
                    .get(account)
                    .copied()
                    .filter(|known| now < known.until),
                answers,
                sessions: held(&sessions, account),
                gate: rules.gates.everywhere(&record.organisation, account),
                is_quarantined: unconfirmed.is_some(),
                may_mail: may_hand_over && has_address && digue_mail::is_configured(app),
                may_hand_over,
                may_change: answers && (actor.role.can_act() || !record.is_suspended),
                may_confirm: invitations::may_confirm(app, actor, account)
                    && (held(&passkeys, account) + held(&identities, account) > 0
                        || passwords.contains(account)),
                account: account.clone(),
                record: record.clone(),
            }
        })
        .collect();
    known.sort_by(|a, b| a.account.cmp(&b.account));
    Ok(known)
}

/// The actor leaves: their own account is suspended and its sessions end.
///
/// # Errors
/// `Invalid` for the last leader of an organisation that has agents: another must take over first.
pub async fn leave(app: &App, actor: &Actor) -> Result<(), OperationError> {
    actor.must_be_fresh(app)?;
    let rules = app.gateway().rules();
    let own = rules
        .directory
        .find(&actor.account)
        .cloned()
        .ok_or(OperationError::Denied)?;
    if actor.role.can_watch() || actor.role.can_load() {
        return Err(OperationError::Denied);
    }
    if own.role.leads_agents() && would_leave_agents(&rules.directory, actor, &own) {
        return Err(OperationError::Invalid("invalid-leave-last"));
    }
    suspend(app, actor, &actor.account, "leave").await
}

/// The organisation has agents, and nobody else who leads them.
fn would_leave_agents(directory: &AccountDirectory, actor: &Actor, own: &AccountRecord) -> bool {
    let others = directory.iter().filter(|(account, record)| {
        **account != actor.account
            && record.organisation == own.organisation
            && !record.is_suspended
    });
    let roles: Vec<Role> = others.map(|(_, record)| record.role).collect();
    roles.contains(&Role::Agent) && !roles.iter().any(|role| role.leads_agents())
}

/// The result of setting an account at the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtTerminal {
    Saved,
    /// It waits for a second person; the id of the request.
    Waiting(String),
}

/// Adds an account at the terminal or, with `moves`, moves one to another organisation or role.
///
/// While no officer has credentials the terminal sets Digue up alone. From then on its user counts
/// as one person: an officer must approve what is requested here.
pub async fn set_at_terminal(
    app: &App,
    account: &AccountId,
    (organisation, role): (OrganisationId, Role),
    moves: bool,
) -> Result<AtTerminal, OperationError> {
    let digue = Actor::digue();
    let known = app.gateway().rules().directory.find(account).cloned();
    match &known {
        // Nothing to change, and no error: scripts that set an installation up may run again.
        Some(known) if known.organisation == organisation && known.role == role => {
            return Ok(AtTerminal::Saved);
        }
        Some(_) if !moves => return Err(OperationError::Invalid("invalid-account-elsewhere")),
        None if moves => return Err(OperationError::NotFound("account")),
        Some(_) | None => {}
    }
    if !has_officer(app).await? {
        let membership = Membership { organisation, role };
        directory::put(app, &digue, |_| Ok(vec![(account.clone(), membership)])).await?;
        return Ok(AtTerminal::Saved);
    }
    let request = match known {
        Some(_) => ApprovalRequest::MoveAccount {
            account: account.clone(),
            organisation: organisation.clone(),
            role,
        },
        None => {
            let account = account.clone();
            ApprovalRequest::AddAccounts(vec![NewAccount {
                account,
                organisation: organisation.clone(),
                role,
                email: None,
            }])
        }
    };
    approvals::keep(app, &digue, &request, organisation, String::new())
        .await
        .map(AtTerminal::Waiting)
}

/// True when an officer who could approve has credentials of their own.
async fn has_officer(app: &App) -> Result<bool, OperationError> {
    Ok(!officers(app).await?.is_empty())
}

/// The officers who could approve and have credentials of their own.
async fn officers(app: &App) -> Result<Vec<AccountId>, OperationError> {
    let rules = app.gateway().rules();
    let mut found = Vec::new();
    let all = rules
        .directory
        .iter()
        .filter(|(_, record)| record.role.can_review() && !record.is_suspended);
    for (account, _) in all {
        // An officer without credentials could approve nothing: from then on nobody could set the
        // installation up.
        if has_credentials(app, account).await? {
            found.push(account.clone());
        }
    }
    Ok(found)
}

async fn has_credentials(app: &App, account: &AccountId) -> Result<bool, OperationError> {
    Ok(!app.store().passkeys_of(account).await?.is_empty()
        || !app.store().identities_of(account).await?.is_empty()
        || app.store().password_of(account).await?.is_some())
}

/// A one-time link, at the terminal. Refused for an officer with credentials while another officer
/// has some, too: a lost passkey is then a matter of a recovery by two persons, and the terminal
/// cannot become an officer alone.
pub async fn link_at_terminal(
    app: &App,
    account: &AccountId,
    host: &str,
    lasts: Duration,
) -> Result<String, OperationError> {
    let officers = officers(app).await?;
    if officers.len() > 1 && officers.contains(account) {
        return Err(OperationError::Invalid("invalid-link-officer"));
    }
    sign_in::issue_link(app, &Actor::digue(), account, host, lasts).await
}

/// Suspends an account and ends its sessions, or resumes it.
pub async fn set_suspended(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    is_suspended: bool,
    reason: &str,
) -> Result<(), OperationError> {
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let rules = app.gateway().rules();
    let may = actor.role.can_act() || (actor.role.leads_agents() && is_suspended);
    if !may {
        return Err(OperationError::Denied);
    }
    if *account == actor.account {
        return Err(OperationError::Invalid("invalid-own-account"));
    }
    // For a delegate, accounts of other organisations do not exist: the error must not reveal them.
    let own = organisation_of(&rules, actor);
    let record = rules.directory.find(account);
    let is_hidden = record
        .is_none_or(|record| !actor.role.can_act() && Some(&record.organisation) != own.as_ref());
    if is_hidden {
        return Err(OperationError::NotFound("account"));
    }
    if !answers_for(&rules, actor, account) {
        return Err(OperationError::Denied);
    }
    if is_suspended {
        return suspend(app, actor, account, &reason).await;
    }
    resume(app, actor, account, &reason).await
}

/// Resumes an account, for a caller that has authorised the actor.
///
/// # Errors
/// `Conflict` for one that is not suspended.
pub(crate) async fn resume(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    reason: &str,
) -> Result<(), OperationError> {
    let mut rules = app.rules().await;
    // Checked under the lock: of several who resume it at the same time, one does.
    if !is_suspended_now(&rules, account)? {
        return Err(OperationError::Conflict);
    }
    app.write_down(
        actor,
        Act::AccountResumed,
        change(account, "suspended", "active", reason),
    )
    .await?;
    app.store().set_suspended(account, false).await?;
    identity_cuts::lift(app, account).await?;
    Arc::make_mut(&mut rules.directory).set_suspended(account, false);
    app.publish(&rules);
    Ok(())
}

fn is_suspended_now(rules: &Snapshot, account: &AccountId) -> Result<bool, OperationError> {
    let record = rules
        .directory
        .find(account)
        .ok_or(OperationError::NotFound("account"))?;
    Ok(record.is_suspended)
}

fn change(account: &AccountId, before: &str, after: &str, reason: &str) -> ActDetails {
    ActDetails {
        subject: Subject::Account(account.clone()),
        before: before.to_owned(),
        after: after.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Suspends an account. As with closing a gate, it is applied first, and stored and journalled
/// after.
///
/// # Errors
/// `Conflict` for an account that is suspended already. A suspension that the store could not keep,
/// so that a restart would lift it, is stored by the next call.
pub(crate) async fn suspend(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    reason: &str,
) -> Result<(), OperationError> {
    // Held to the end: a resumption waits until the suspension is stored.
    let mut rules = app.rules().await;
    let is_known = is_suspended_now(&rules, account)?;
    if is_known && !app.store().set_suspended(account, true).await? {
        return Err(OperationError::Conflict);
    }
    if !is_known {
        Arc::make_mut(&mut rules.directory).set_suspended(account, true);
        app.publish(&rules);
    }
    // Not `?` yet: journal and store follow, whether the cut could be stored or not.
    let cut = identity_cuts::cut_account(app, account).await;
    let details = change(account, "active", "suspended", reason);
    let written = app.write_down(actor, Act::AccountSuspended, details).await;
    app.store().set_suspended(account, true).await?;
    cut?;
    written.map(drop)
}
