//! Approval requests: what widens access is requested by one person and approved by another within a day.
//!
//! An attacker who took over one account can request, and gets nothing. The request is stored as it was
//! made, so that exactly what the approver read is carried out. Requesting and approving both require a
//! fresh proof of identity. How each request is carried out belongs to the module that it concerns.

mod request;
pub mod stored;

use std::time::Duration;

use digue_access::{AccountRecord, Reach, Role, Snapshot};
use digue_app::directory::{self, answers_for, organisation_of};
use digue_app::gates::{self, ActAuthority, REASON_CHARS_MIN, parse_reason};
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_identity::invitations::{self, Invitation, InvolvedAccounts};
use digue_identity::{IdentityState, keys, recovery};
use digue_store::{ApprovalDecision, ApprovalRecord};
use digue_types::{AccountId, Act, OrganisationId};

pub use request::{ApprovalRequest, NewAccount};

use crate::caseloads::{self, AgreedRelation};
use crate::loads::{self, LoadTarget, WaitingLoad};
use crate::reopening::{self, ReopeningStep};
use crate::{aliases, rules};

/// How long a request waits for its approval.
pub const WAITS: Duration = Duration::from_hours(24);

/// Requests something that needs a second person; returns the id of the request.
pub async fn ask(
    app: &App,
    actor: &Actor,
    request: &ApprovalRequest,
    reason: &str,
) -> Result<String, OperationError> {
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    may_ask(app, actor, request)?;
    actor.must_be_fresh(app)?;
    is_possible(app, request)?;
    let rules = app.gateway().rules();
    let organisation = match request {
        ApprovalRequest::AddAccounts(accounts) => accounts.first().map(|one| one.organisation.clone()),
        ApprovalRequest::RecoverAccount { account, .. } | ApprovalRequest::IssueKey { account, .. } => {
            rules.directory.find(account).map(|record| record.organisation.clone())
        }
        _ => organisation_of(&rules, actor),
    };
    let organisation = organisation.ok_or(OperationError::Denied)?;
    keep(app, actor, request, organisation, reason).await
}

/// Stores a request that the caller has authorised.
pub(crate) async fn keep(
    app: &App,
    actor: &Actor,
    request: &ApprovalRequest,
    organisation: OrganisationId,
    reason: String,
) -> Result<String, OperationError> {
    let now = app.clock.now();
    let record = ApprovalRecord {
        id: name("ap")?,
        kind: request.kind().to_owned(),
        subject: request.subject(),
        detail: request.detail(),
        organisation,
        reason: reason.clone(),
        asked_by: actor.account.clone(),
        asked_at: now,
        expires_at: now.plus(WAITS),
        decided: None,
    };
    // Looking for a duplicate and adding the request are one step under this lock: otherwise two identical
    // requests could be approved one after the other.
    let _one_at_a_time = IdentityState::of(app).asking.lock().await;
    let waits = |known: &ApprovalRecord| known.decided.is_none() && now < known.expires_at;
    let is_same =
        |known: &ApprovalRecord| ApprovalRequest::of(known).is_some_and(|known| known.overlaps(request));
    if app.store.approvals().await?.iter().any(|known| waits(known) && is_same(known)) {
        return Err(OperationError::Conflict);
    }
    let words = ActDetails {
        subject: record.subject.clone(),
        after: request.told(),
        reason,
        ..ActDetails::default()
    };
    // Journalled first: a request that can be approved always has its entry.
    app.write_down(actor, Act::ApprovalAsked, words).await?;
    app.store.add_approval(&record).await?;
    Ok(record.id)
}

/// Requests the approval of the part of a load that widens access. Who may load may also request it.
/// To be called with the `loads` lock held.
pub(crate) async fn ask_for_load(
    app: &App,
    actor: &Actor,
    load: WaitingLoad,
) -> Result<String, OperationError> {
    let organisation = organisation_of(&app.gateway().rules(), actor);
    let organisation = organisation.ok_or(OperationError::Denied)?;
    let now = app.clock.now();
    let waiting = app.store.approvals().await?.into_iter().filter(|known| {
        known.kind == "load"
            && known.subject == load.target.name()
            && known.decided.is_none()
            && now < known.expires_at
    });
    let waiting: Vec<ApprovalRecord> = waiting.collect();
    let request = ApprovalRequest::Load(load);
    // A nightly feed sends the same file again: it joins its earlier request, and is no conflict.
    if let Some(known) = waiting.iter().find(|known| known.detail == request.detail()) {
        return Ok(known.id.clone());
    }
    if waiting.len() >= LOADS_WAITING_MAX {
        return Err(OperationError::Busy);
    }
    keep(app, actor, &request, organisation, String::new()).await
}

/// Loads of one target that may wait at once. A feed that is beyond its bound sends one each night.
const LOADS_WAITING_MAX: usize = 20;

fn may_ask(app: &App, actor: &Actor, request: &ApprovalRequest) -> Result<(), OperationError> {
    let rules = app.gateway().rules();
    match request {
        ApprovalRequest::OpenGate { .. } => actor.must_act(),
        ApprovalRequest::Reopen(_) => actor.must_respond(),
        ApprovalRequest::AddAccounts(accounts) => {
            let own = organisation_of(&rules, actor);
            let may = |one: &NewAccount| may_add(actor, own.as_ref(), &one.organisation, one.role);
            require(!accounts.is_empty() && accounts.iter().all(may))
        }
        ApprovalRequest::RecoverAccount { account, .. } | ApprovalRequest::IssueKey { account, .. } => {
            require(answers_for(&rules, actor, account))
        }
        ApprovalRequest::ExportJournal => actor.must_watch(),
        ApprovalRequest::AddToCaseload(addition) => may_ask_for(&rules, actor, addition),
        ApprovalRequest::HandOver { organisation, from, .. } => {
            let own = organisation_of(&rules, actor);
            require(
                actor.role == Role::Delegate && *from == actor.account && own.as_ref() == Some(organisation),
            )
        }
        ApprovalRequest::AllowFeed { .. } => require(actor.role.can_act() || actor.role.can_load()),
        // Requested by Digue when a map is reloaded or a file is loaded (`keep`), never by a form.
        ApprovalRequest::WidenRules { .. } | ApprovalRequest::Load(_) => Err(OperationError::Denied),
        // Requested only at the terminal (`accounts::set_at_terminal`).
        ApprovalRequest::MoveAccount { .. } => Err(OperationError::Denied),
    }
}

/// Delegates and deputies may request additions for their organisation and for its own accounts.
fn may_ask_for(rules: &Snapshot, actor: &Actor, addition: &AgreedRelation) -> Result<(), OperationError> {
    let is_own = organisation_of(rules, actor).as_ref() == Some(&addition.organisation);
    let is_theirs = addition.account.as_ref().is_none_or(|account| {
        rules.directory.find(account).is_some_and(|record| record.organisation == addition.organisation)
    });
    require(actor.role.leads_agents() && is_own && is_theirs)
}

/// Refuses a request that could not be carried out now. Checked when it is made and again when it is
/// approved, because a day may lie between the two.
fn is_possible(app: &App, request: &ApprovalRequest) -> Result<(), OperationError> {
    let rules = app.gateway().rules();
    match request {
        // Only the confirmation of its holder opens the gate of such an account: otherwise two persons
        // could open an account whose invitation is in unknown hands.
        ApprovalRequest::OpenGate { reach: Reach::Account(account), .. }
        | ApprovalRequest::Reopen(ReopeningStep { reach: Reach::Account(account), .. })
        | ApprovalRequest::IssueKey { account, .. }
            if app.unconfirmed().has(account) =>
        {
            Err(OperationError::Invalid("invalid-gate-unconfirmed"))
        }
        ApprovalRequest::OpenGate { reach, gate } if rules.gates.of(reach) <= *gate => {
            Err(OperationError::Conflict)
        }
        ApprovalRequest::AddAccounts(accounts)
            if accounts.iter().any(|one| rules.directory.find(&one.account).is_some()) =>
        {
            Err(OperationError::Invalid("invalid-account-exists"))
        }
        ApprovalRequest::RecoverAccount { since, .. } if *since > app.clock.now() => {
            Err(OperationError::Invalid("invalid-since"))
        }
        ApprovalRequest::AddToCaseload(addition)
            if addition.until.is_some_and(|until| until <= app.clock.now()) =>
        {
            Err(OperationError::Invalid("invalid-until"))
        }
        // A feed acts by API keys of an account, which must itself have the right to load.
        ApprovalRequest::AllowFeed { account, .. }
            if rules.directory.find(account).is_none_or(|record| !record.role.can_load()) =>
        {
            Err(OperationError::Invalid("invalid-feed-account"))
        }
        ApprovalRequest::HandOver { organisation, from, to } => {
            let successor = rules.directory.find(to).filter(|record| {
                record.organisation == *organisation && !record.is_suspended && record.role != Role::Delegate
            });
            let holds = rules.directory.find(from).is_some_and(|record| record.role == Role::Delegate);
            if successor.is_some() && holds && from != to && !app.unconfirmed().has(to) {
                Ok(())
            } else {
                Err(OperationError::Invalid("invalid-successor"))
            }
        }
        _ => Ok(()),
    }
}

/// A delegate or deputy adds agents of their own organisation; the operator's officers add any account.
pub(crate) fn may_add(
    actor: &Actor,
    own: Option<&OrganisationId>,
    organisation: &OrganisationId,
    role: Role,
) -> bool {
    let is_own_agent = actor.role.leads_agents() && own == Some(organisation) && role == Role::Agent;
    actor.role.can_act() || is_own_agent
}

/// True when the actor may be the second person: never the requester, nor the person it is about.
/// Officers may decide every request (the CISO and the DPO supervise each other); for accounts and keys
/// those who could have made the request may, too.
fn may_decide(app: &App, actor: &Actor, record: &ApprovalRecord) -> bool {
    let Some(request) = ApprovalRequest::of(record) else { return false };
    let is_about = match &request {
        ApprovalRequest::RecoverAccount { account, .. }
        | ApprovalRequest::IssueKey { account, .. }
        | ApprovalRequest::AllowFeed { account, .. }
        | ApprovalRequest::MoveAccount { account, .. } => *account == actor.account,

        ApprovalRequest::HandOver { to, .. } => *to == actor.account,
        _ => false,
    };
    if actor.account == record.asked_by || is_about {
        return false;
    }
    let could_ask = matches!(
        request,
        ApprovalRequest::AddAccounts(_)
            | ApprovalRequest::RecoverAccount { .. }
            | ApprovalRequest::IssueKey { .. }
    );
    actor.role.can_review() || (could_ask && may_ask(app, actor, &request).is_ok())
}

/// An approval request, and whether the reader may decide it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingApproval {
    pub record: ApprovalRecord,
    pub may_decide: bool,
    pub is_over: bool,
}

/// The approval requests that concern the actor, the newest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<WaitingApproval>, OperationError> {
    require(actor.role.oversees())?;
    let own = organisation_of(&app.gateway().rules(), actor);
    let now = app.clock.now();
    let mut records = app.store.approvals().await?;
    records.retain(|record| actor.role.can_watch() || Some(&record.organisation) == own.as_ref());
    let waiting = records.into_iter().map(|record| {
        let is_over = record.decided.is_some() || now >= record.expires_at;
        WaitingApproval { may_decide: !is_over && may_decide(app, actor, &record), is_over, record }
    });
    Ok(waiting.collect())
}

/// The result of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalOutcome {
    pub request: ApprovalRequest,
    /// Accounts whose holders are to be invited, by a person who neither requested nor approved.
    pub invitations: Vec<Invitation>,
}

/// Approves or refuses a request; what is approved is carried out at once.
///
/// # Errors
/// `Conflict` when it was decided before, or has expired.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: &str,
    is_granted: bool,
) -> Result<ApprovalOutcome, OperationError> {
    let waiting = list(app, actor).await?.into_iter().find(|waiting| waiting.record.id == id);
    let WaitingApproval { record, may_decide, is_over } =
        waiting.ok_or(OperationError::NotFound("approval"))?;
    if is_over {
        return Err(OperationError::Conflict);
    }
    require(may_decide)?;
    actor.must_be_fresh(app)?;
    let request = ApprovalRequest::of(&record)
        .ok_or_else(|| OperationError::Unavailable("a stored approval request cannot be read".into()))?;
    if is_granted {
        is_possible(app, &request)?;
        must_be_current(app, actor, &request).await?;
    }
    let words = ActDetails {
        subject: record.subject.clone(),
        before: format!("asked by {}", record.asked_by),
        after: request.told(),
        reason: record.reason.clone(),
    };
    let act = if is_granted { Act::ApprovalGranted } else { Act::ApprovalRefused };
    let decided = ApprovalDecision { by: actor.account.clone(), at: app.clock.now(), is_granted };
    // The order matters: the claim lets one of several concurrent deciders through, so that the journal
    // holds no decision that came too late; it expires after a minute if this process dies. Settling
    // makes it final. Only then is it carried out: a failure there leaves it approved and not repeated.
    let claim = app.store.claim_approval(id, &decided);
    let release = app.store.release_approval(id, &actor.account);
    app.claim((actor, act, words), claim, release).await?;
    if !app.store.settle_approval(id, &decided).await? {
        return Err(OperationError::Conflict);
    }
    let invitations = if is_granted { carry_out(app, actor, &request, &record).await? } else { Vec::new() };
    Ok(ApprovalOutcome { request, invitations })
}

/// Checks that the files behind a request are unchanged since it was made, and that they give nothing to
/// the approver. The files are checked again under the `loads` lock when the load is carried out; here an
/// approver learns of a change before the decision is journalled.
async fn must_be_current(app: &App, actor: &Actor, request: &ApprovalRequest) -> Result<(), OperationError> {
    match request {
        ApprovalRequest::Load(load) => match load.target {
            LoadTarget::Caseload(_) if caseloads::gives_to(app, load, &actor.account).await? => {
                Err(OperationError::SecondNeeded)
            }
            LoadTarget::Caseload(_) => Ok(()),
            LoadTarget::Aliases(_) => aliases::must_be_current(app, load).await,
        },
        ApprovalRequest::WidenRules { of, detail } => rules::wanted(app, of, detail).await.map(drop),
        _ => Ok(()),
    }
}

async fn carry_out(
    app: &App,
    actor: &Actor,
    request: &ApprovalRequest,
    record: &ApprovalRecord,
) -> Result<Vec<Invitation>, OperationError> {
    match request {
        ApprovalRequest::OpenGate { reach, gate } => {
            gates::apply(app, actor, reach.clone(), *gate, &record.reason, ActAuthority::Two).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::Reopen(step) => {
            reopening::carry_out(app, actor, step, &record.reason).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AddAccounts(accounts) => add_accounts(app, actor, accounts, &record.asked_by).await,
        ApprovalRequest::RecoverAccount { account, since } => {
            recovery::carry_out(app, actor, account, *since, record).await.map(|one| vec![one])
        }
        ApprovalRequest::WidenRules { of, detail } => {
            rules::grant(app, of, detail).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AddToCaseload(addition) => {
            caseloads::add_one(app, addition, &record.reason).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::Load(load) => {
            match load.target {
                LoadTarget::Caseload(_) => caseloads::load_granted(app, load).await?,
                LoadTarget::Aliases(_) => aliases::load_granted(app, load).await?,
            }
            Ok(Vec::new())
        }
        ApprovalRequest::MoveAccount { account, organisation, role } => {
            move_account(app, actor, account, organisation, *role).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AllowFeed { account, target, per_day } => {
            let words = ActDetails {
                subject: format!("account:{account}"),
                after: format!("{} {per_day}", target.name()),
                reason: record.reason.clone(),
                ..ActDetails::default()
            };
            app.write_down(actor, Act::FeedAllowed, words).await?;
            loads::allow_feed(app, account, target, *per_day).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::HandOver { from, to, .. } => {
            hand_over(app, actor, from, to).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::IssueKey { account, thumbprint, name } => {
            keys::grant(app, actor, record, (account, thumbprint, name)).await?;
            Ok(Vec::new())
        }
        // Nothing to do now: `evidence` looks for this approval when the export is made.
        ApprovalRequest::ExportJournal => Ok(Vec::new()),
    }
}

/// Moves an account to another organisation or role.
async fn move_account(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    organisation: &OrganisationId,
    role: Role,
) -> Result<(), OperationError> {
    let known = app.gateway().rules().directory.find(account).cloned();
    let known = known.ok_or(OperationError::NotFound("account"))?;
    let words = ActDetails {
        subject: format!("account:{account}"),
        before: format!("{} {}", known.organisation, known.role.code()),
        after: format!("{organisation} {}", role.code()),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::AccountMoved, words).await?;
    let moved = AccountRecord { organisation: organisation.clone(), role, ..known };
    directory::put(app, actor, vec![(account.clone(), moved)]).await
}

/// Makes `to` the delegate and `from` an agent. The successor must hold a passkey, as every delegate; the
/// sessions of both end, so that neither continues with earlier rights.
async fn hand_over(app: &App, actor: &Actor, from: &AccountId, to: &AccountId) -> Result<(), OperationError> {
    if app.store.passkeys_of(to).await?.is_empty() {
        return Err(OperationError::Invalid("invalid-successor-passkey"));
    }
    let rules = app.gateway().rules();
    // Only the role changes: an account that was suspended while the request waited stays suspended.
    let record = |account: &AccountId, role: Role| {
        let known = rules.directory.find(account).cloned().ok_or(OperationError::NotFound("account"))?;
        Ok::<_, OperationError>((account.clone(), AccountRecord { role, ..known }))
    };
    let saved = vec![record(to, Role::Delegate)?, record(from, Role::Agent)?];
    directory::put(app, actor, saved).await?;
    let cut = app.gateway().cut_sessions(|session| session.account == *from || session.account == *to);
    Ok(app.store.remove_sessions(&cut).await?)
}

async fn add_accounts(
    app: &App,
    actor: &Actor,
    accounts: &[NewAccount],
    asked_by: &AccountId,
) -> Result<Vec<Invitation>, OperationError> {
    // The gates first: were an account saved before its gate, a crash in between would leave it open.
    for one in accounts {
        let involved = InvolvedAccounts { asked_by, granted_by: &actor.account, email: one.email.as_deref() };
        invitations::put_aside(app, actor, &one.account, involved).await?;
    }
    let record = |one: &NewAccount| AccountRecord {
        organisation: one.organisation.clone(),
        role: one.role,
        is_suspended: false,
    };
    let added = accounts.iter().map(|one| (one.account.clone(), record(one))).collect();
    directory::put(app, actor, added).await?;
    let mut invited = Vec::new();
    for one in accounts {
        app.store.save_contact(&one.account, one.email.as_deref().unwrap_or_default()).await?;
        invited.push(Invitation { account: one.account.clone(), email: one.email.clone(), link: None });
    }
    Ok(invited)
}
