//! Approval requests: what widens access is requested by one person and approved by another within
//! a day.
//!
//! An attacker who took over one account can request, and gets nothing. The request is stored as it
//! was made, so that exactly what the approver read is carried out. Requesting and approving both
//! require a fresh proof of identity. It knows nothing of how a request is decided and carried out
//! (`decisions`).

mod codec;
mod earlier_form;
mod request;
pub mod stored;

use std::time::Duration;

use digue_access::{AccountRecord, Reach, Role, Snapshot};
use digue_app::directory::{answers_for, organisation_of};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, Area, OperationError, console_role, require};
use digue_store::ApprovalRecord;
use digue_types::{AccountId, Act, OrganisationId, Timestamp};
use tokio::sync::Mutex;

pub use codec::UnreadableRequest;
pub use request::{
    AgreedRelation, ApprovalRequest, NewAccount, RecordRequest, ReopeningStep, RulesGuard,
};
pub(crate) use request::{AskedBy, OPEN_GATE, OPEN_RECORD, REOPEN};

use crate::held_back::must_be_held_back;
use crate::loads::{self, LoadTarget, WaitingLoad};

/// Serialises new requests: looking for a duplicate and adding the request are one step.
// After `LoadLock`, before `App::rules`.
#[derive(Default)]
pub(crate) struct RequestLock(Mutex<()>);

impl Area for RequestLock {}

/// How long a request waits for its approval: one of a Friday is still there on a Monday, and on the
/// Tuesday after a long week-end.
pub const WAITS: Duration = Duration::from_hours(4 * 24);

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
    let organisation = organisation_concerned(&app.gateway().rules(), actor, request);
    let organisation = organisation.ok_or(OperationError::Denied)?;
    keep(app, actor, request, organisation, reason).await
}

fn organisation_concerned(
    rules: &Snapshot,
    actor: &Actor,
    request: &ApprovalRequest,
) -> Option<OrganisationId> {
    match request {
        ApprovalRequest::AddAccounts(accounts) => {
            // Those of several organisations come from an officer, and officers see every request.
            accounts.first().map(|one| one.organisation.clone())
        }
        ApprovalRequest::RecoverAccount { account, .. }
        | ApprovalRequest::IssueKey { account, .. } => rules
            .directory
            .find(account)
            .map(|record| record.organisation.clone()),
        _ => organisation_of(rules, actor),
    }
}

/// Stores a request that the caller has authorised.
pub(crate) async fn keep(
    app: &App,
    actor: &Actor,
    request: &ApprovalRequest,
    organisation: OrganisationId,
    reason: String,
) -> Result<String, OperationError> {
    let now = app.clock().now();
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
    // Looking for a duplicate and adding the request are one step under this lock: otherwise two
    // identical requests could be approved one after the other.
    let _one_at_a_time = app.area::<RequestLock>().0.lock().await;
    let waits = |known: &ApprovalRecord| known.decided.is_none() && now < known.expires_at;
    let is_same = |known: &ApprovalRecord| match ApprovalRequest::of(known) {
        Ok(known) => known.overlaps(request),
        Err(error) => {
            // It cannot be approved, and therefore does nothing twice.
            tracing::warn!(%error, "Approval request is unreadable; it has to be made again");
            false
        }
    };
    if app
        .store()
        .approvals()
        .await?
        .iter()
        .any(|known| waits(known) && is_same(known))
    {
        return Err(OperationError::Conflict);
    }
    let details = ActDetails {
        subject: record.subject.clone(),
        after: request.journal_summary(),
        reason,
        ..ActDetails::default()
    };
    // Journalled first: a request that can be approved always has its entry.
    app.write_down(actor, Act::ApprovalAsked, details).await?;
    app.store().add_approval(&record).await?;
    Ok(record.id)
}

/// Requests the approval of the part of a load that widens access. Who may load may also request
/// it. To be called with `LoadLock` held.
pub(crate) async fn ask_for_load(
    app: &App,
    actor: &Actor,
    load: WaitingLoad,
) -> Result<String, OperationError> {
    let organisation = organisation_of(&app.gateway().rules(), actor);
    let organisation = organisation.ok_or(OperationError::Denied)?;
    let waiting = waiting_loads(app, &load.target).await?;
    let request = ApprovalRequest::Load(load);
    // A nightly feed sends the same file again: it joins its earlier request, and is no conflict.
    let is_it = |known: &&ApprovalRecord| ApprovalRequest::of(known).as_ref() == Ok(&request);
    if let Some(known) = waiting.iter().find(is_it) {
        return Ok(known.id.clone());
    }
    if waiting.len() >= LOADS_WAITING_MAX {
        return Err(OperationError::Busy);
    }
    keep(app, actor, &request, organisation, String::new()).await
}

/// True while a whole load waits that takes the place of rows that cannot be read.
pub async fn whole_load_waits(app: &App, target: &LoadTarget) -> Result<bool, OperationError> {
    let base = loads::last_replaced(app, target).await?;
    let waiting = waiting_loads(app, target).await?;
    let is_whole = |known: &ApprovalRecord| match ApprovalRequest::of(known) {
        Ok(ApprovalRequest::Load(load)) => load.unknown.is_some() && load.base == base,
        // One that cannot be read cannot be approved: another one is needed.
        Ok(_) | Err(_) => false,
    };
    Ok(waiting.iter().any(is_whole))
}

/// Loads of one target that may wait at once. A feed that is beyond its bound sends one each night.
const LOADS_WAITING_MAX: usize = 20;

async fn waiting_loads(
    app: &App,
    target: &LoadTarget,
) -> Result<Vec<ApprovalRecord>, OperationError> {
    let now = app.clock().now();
    let mut known = app.store().approvals().await?;
    known.retain(|known| {
        known.kind == "load"
            && known.subject == target.subject()
            && known.decided.is_none()
            && now < known.expires_at
    });
    Ok(known)
}

fn may_ask(app: &App, actor: &Actor, request: &ApprovalRequest) -> Result<(), OperationError> {
    let rules = app.gateway().rules();
    match request {
        ApprovalRequest::OpenGate { .. }
        | ApprovalRequest::DeleteBackups(_)
        | ApprovalRequest::AcceptSnapshots(_) => actor.must_act(),
        ApprovalRequest::Reopen(_) => actor.must_respond(),
        ApprovalRequest::AddAccounts(accounts) => {
            let own = organisation_of(&rules, actor);
            let may = |one: &NewAccount| may_add(actor, own.as_ref(), &one.organisation, one.role);
            require(!accounts.is_empty() && accounts.iter().all(may))
        }
        ApprovalRequest::RecoverAccount { account, .. }
        | ApprovalRequest::IssueKey { account, .. } => require(answers_for(&rules, actor, account)),
        ApprovalRequest::ExportJournal => actor.must_watch(),
        ApprovalRequest::AddToCaseload(addition) => may_ask_for(&rules, actor, addition),
        ApprovalRequest::HandOver {
            organisation, from, ..
        } => {
            let own = organisation_of(&rules, actor);
            require(
                actor.role == Role::Delegate
                    && *from == actor.account
                    && own.as_ref() == Some(organisation),
            )
        }
        ApprovalRequest::AllowFeed { .. } => require(actor.role.can_act() || actor.role.can_load()),
        // Requested by Digue when a map is reloaded or a file is loaded (`keep`), never by a form.
        ApprovalRequest::WidenRules { .. } | ApprovalRequest::Load(_) => {
            Err(OperationError::Denied)
        }
        // Requested only at the portal (`record_access::ask`).
        ApprovalRequest::OpenRecord(_) => Err(OperationError::Denied),
        // Requested only at the terminal (`accounts::set_at_terminal`).
        ApprovalRequest::MoveAccount { .. } => Err(OperationError::Denied),
    }
}

/// Delegates and deputies may request additions for their organisation and for its own accounts.
fn may_ask_for(
    rules: &Snapshot,
    actor: &Actor,
    addition: &AgreedRelation,
) -> Result<(), OperationError> {
    let is_own = organisation_of(rules, actor).as_ref() == Some(&addition.organisation);
    let is_theirs = addition.account.as_ref().is_none_or(|account| {
        rules
            .directory
            .find(account)
            .is_some_and(|record| record.organisation == addition.organisation)
    });
    require(actor.role.leads_agents() && is_own && is_theirs)
}

/// Refuses a request that could not be carried out now. Checked when it is made and again when it
/// is approved, because a day may lie between the two.
pub(crate) fn is_possible(app: &App, request: &ApprovalRequest) -> Result<(), OperationError> {
    let rules = app.gateway().rules();
    match request {
        // Only the confirmation of its holder opens the gate of such an account: otherwise two
        // persons could open an account whose invitation is in unknown hands.
        ApprovalRequest::OpenGate {
            reach: Reach::Account(account),
            ..
        }
        | ApprovalRequest::Reopen(ReopeningStep {
            reach: Reach::Account(account),
            ..
        })
        | ApprovalRequest::IssueKey { account, .. }
            if app.unconfirmed().has(account) =>
        {
            Err(OperationError::Invalid("invalid-gate-unconfirmed"))
        }
        ApprovalRequest::OpenGate { reach, gate } if rules.gates.of(reach) <= *gate => {
            Err(OperationError::Conflict)
        }
        ApprovalRequest::AddAccounts(accounts)
            if accounts
                .iter()
                .any(|one| rules.directory.find(&one.account).is_some()) =>
        {
            Err(OperationError::Invalid("invalid-account-exists"))
        }
        // The printed key would count again.
        ApprovalRequest::MoveAccount { account, role, .. }
            if !role.can_review() && leaves_one_officer(&rules, account) =>
        {
            Err(OperationError::Invalid("invalid-move-officer"))
        }
        ApprovalRequest::RecoverAccount { since, .. } if *since > app.clock().now() => {
            Err(OperationError::Invalid("invalid-since"))
        }
        ApprovalRequest::OpenRecord(request) => {
            must_be_held_back(app, &request.portal, &request.person)
        }
        ApprovalRequest::AddToCaseload(addition)
            if addition
                .until
                .is_some_and(|until| until <= app.clock().now()) =>
        {
            Err(OperationError::Invalid("invalid-until"))
        }
        // What feeds Digue is of the operator's people who load, and no partner's.
        ApprovalRequest::IssueKey { account, proof, .. }
            if proof.is_of_directory()
                && rules
                    .directory
                    .find(account)
                    .is_none_or(|record| !record.role.can_load()) =>
        {
            Err(OperationError::Invalid("invalid-scim-account"))
        }
        // A feed acts by API keys of an account, which must itself have the right to load.
        ApprovalRequest::AllowFeed { account, .. }
            if rules
                .directory
                .find(account)
                .is_none_or(|record| !record.role.can_load()) =>
        {
            Err(OperationError::Invalid("invalid-feed-account"))
        }
        ApprovalRequest::HandOver {
            organisation,
            from,
            to,
        } => {
            let successor = rules.directory.find(to).filter(|record| {
                record.organisation == *organisation
                    && !record.is_suspended
                    && record.role != Role::Delegate
            });
            let holds = rules
                .directory
                .find(from)
                .is_some_and(|record| record.role == Role::Delegate);
            if successor.is_some() && holds && from != to && !app.unconfirmed().has(to) {
                Ok(())
            } else {
                Err(OperationError::Invalid("invalid-successor"))
            }
        }
        _ => Ok(()),
    }
}

/// True when only one account of an officer would be left without this one.
fn leaves_one_officer(rules: &Snapshot, account: &AccountId) -> bool {
    let officers: Vec<&AccountId> = rules
        .directory
        .iter()
        .filter(|(_, record)| record.role.can_review())
        .map(|(known, _)| known)
        .collect();
    officers.len() == 2 && officers.contains(&account)
}

/// A delegate or deputy adds agents of their own organisation; the operator's officers add any
/// account.
pub(crate) fn may_add(
    actor: &Actor,
    own: Option<&OrganisationId>,
    organisation: &OrganisationId,
    role: Role,
) -> bool {
    let is_own_agent =
        actor.role.leads_agents() && own == Some(organisation) && role == Role::Agent;
    actor.role.can_act() || is_own_agent
}

/// True when the actor may be the second person: never the requester, nor the person it is about.
/// Officers may decide every request (the CISO and the DPO supervise each other); for accounts and
/// keys those who could have made the request may, too, and for the records of its agents the
/// leaders of an organisation.
fn may_decide(app: &App, actor: &Actor, record: &ApprovalRecord) -> bool {
    // Unreadable: nobody may approve what cannot be shown.
    let Ok(request) = ApprovalRequest::of(record) else {
        return false;
    };
    if actor.account == record.asked_by || is_about(app, actor, &request) {
        return false;
    }
    let could_ask = matches!(
        request,
        ApprovalRequest::AddAccounts(_)
            | ApprovalRequest::RecoverAccount { .. }
            | ApprovalRequest::IssueKey { .. }
    );
    let leads = actor.role.leads_agents()
        && organisation_of(&app.gateway().rules(), actor).as_ref() == Some(&record.organisation);
    let is_record_of_agents = matches!(request, ApprovalRequest::OpenRecord(_)) && leads;
    actor.role.can_review()
        || is_record_of_agents
        || (could_ask && may_ask(app, actor, &request).is_ok())
}

/// The accounts that could decide a request: officers, and the leaders of its organisation where
/// they may.
fn deciders(app: &App, record: &ApprovalRecord) -> Vec<AccountId> {
    let rules = app.gateway().rules();
    let could = |(account, known): (&AccountId, &AccountRecord)| {
        let is_asked = known.role.can_review()
            || (known.role.leads_agents() && known.organisation == record.organisation);
        // Without credentials of their own they decide nothing, but the account is who has to get
        // them.
        let actor = Actor {
            account: account.clone(),
            role: console_role(app, account, known.role),
            proved_at: Timestamp::ZERO,
        };
        let is_active = !known.is_suspended && !app.unconfirmed().has(account);
        (is_asked && is_active && may_decide(app, &actor, record)).then(|| account.clone())
    };
    let mut found: Vec<AccountId> = rules.directory.iter().filter_map(could).collect();
    found.sort();
    found
}

fn gives_to(app: &App, actor: &Actor, addition: &AgreedRelation) -> bool {
    match &addition.account {
        Some(account) => *account == actor.account,
        None => {
            let own = organisation_of(&app.gateway().rules(), actor);
            own.as_ref() == Some(&addition.organisation)
        }
    }
}

/// True when the request gives something to the actor's own account, or persons to their
/// organisation.
fn is_about(app: &App, actor: &Actor, request: &ApprovalRequest) -> bool {
    match request {
        ApprovalRequest::RecoverAccount { account, .. }
        | ApprovalRequest::IssueKey { account, .. }
        | ApprovalRequest::AllowFeed { account, .. }
        | ApprovalRequest::MoveAccount { account, .. }
        | ApprovalRequest::OpenRecord(RecordRequest { account, .. }) => *account == actor.account,
        ApprovalRequest::HandOver { to, .. } => *to == actor.account,
        ApprovalRequest::OpenGate { reach, .. }
        | ApprovalRequest::Reopen(ReopeningStep { reach, .. }) => {
            *reach == Reach::Account(actor.account.clone())
        }
        // The same rule as `kept_table::must_be_current` for loads.
        ApprovalRequest::AddToCaseload(addition) => gives_to(app, actor, addition),
        // Its rows are read when it is decided (`decisions::must_be_current`).
        ApprovalRequest::Load(_)
        | ApprovalRequest::AddAccounts(_)
        | ApprovalRequest::WidenRules { .. }
        | ApprovalRequest::DeleteBackups(_)
        | ApprovalRequest::AcceptSnapshots(_)
        | ApprovalRequest::ExportJournal => false,
    }
}

/// An approval request, and whether the reader may decide it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingApproval {
    pub record: ApprovalRecord,
    pub may_decide: bool,
    pub is_over: bool,
    /// Who could decide it, while it waits.
    pub deciders: Vec<AccountId>,
}

/// The approval requests that concern the actor, the newest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<WaitingApproval>, OperationError> {
    require(actor.role.oversees())?;
    let own = organisation_of(&app.gateway().rules(), actor);
    let now = app.clock().now();
    let mut records = app.store().approvals().await?;
    records.retain(|record| actor.role.can_watch() || Some(&record.organisation) == own.as_ref());
    let waiting = records.into_iter();
    let waiting = waiting.map(|record| waiting_at(app, actor, now, record));
    Ok(waiting.collect())
}

fn waiting_at(app: &App, actor: &Actor, now: Timestamp, record: ApprovalRecord) -> WaitingApproval {
    let is_over = record.decided.is_some() || now >= record.expires_at;
    let deciders = if is_over {
        Vec::new()
    } else {
        deciders(app, &record)
    };
    WaitingApproval {
        may_decide: !is_over && may_decide(app, actor, &record),
        is_over,
        deciders,
        record,
    }
}
