//! Two persons: what widens is asked for by one and granted by another, within a day.
//!
//! Whoever took over one account can ask, and gets nothing. The wish is kept as it was asked: what
//! is granted is what was read.

use std::time::Duration;

use digue_access::{AccountRecord, Reach, Role};
use digue_store::{ApprovalRecord, Decided, GateRecord};
use digue_types::{AccountId, Act, Gate, OrganisationId};

use crate::accounts::{answers_for, organisation_of};
use crate::actor::Actor;
use crate::error::OperationError;
use crate::gates::{self, Consent, REASON_CHARS_MIN, parse_reason};
use crate::house::{House, Words};
use crate::secret::name;

/// How long a request waits for its second person.
const WAITS: Duration = Duration::from_hours(24);
/// The reason of the gate in front of a new account, until somebody confirms who it is.
pub const QUARANTINE: &str = "quarantine";

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Set a closed gate to something wider.
    OpenGate { reach: Reach, gate: Gate },
    /// Add an account; it starts in quarantine.
    AddAccount { account: AccountId, organisation: OrganisationId, role: Role },
}

impl Wish {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OpenGate { .. } => "open-gate",
            Self::AddAccount { .. } => "add-account",
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::OpenGate { reach, .. } => format!("{}:{}", reach.scope().code(), reach.name()),
            Self::AddAccount { account, .. } => format!("account:{account}"),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::OpenGate { gate, .. } => gate.code().to_owned(),
            Self::AddAccount { organisation, role, .. } => format!("{} {organisation}", role.code()),
        }
    }

    /// Back from what was kept.
    fn of(record: &ApprovalRecord) -> Option<Self> {
        let (scope, named) = record.subject.split_once(':')?;
        match record.kind.as_str() {
            "open-gate" => {
                let gate = Gate::parse(&record.detail)?;
                Some(Self::OpenGate { reach: Reach::parse(scope, named)?, gate })
            }
            "add-account" => {
                let (role, organisation) = record.detail.split_once(' ')?;
                Some(Self::AddAccount {
                    account: AccountId::parse(named).ok()?,
                    organisation: OrganisationId::parse(organisation).ok()?,
                    role: Role::parse(role)?,
                })
            }
            _ => None,
        }
    }
}

/// Asks for something that needs a second person.
pub async fn ask(house: &House, actor: &Actor, wish: &Wish, reason: &str) -> Result<String, OperationError> {
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let own = organisation_of(&house.gateway().rules(), actor);
    let organisation = match wish {
        Wish::OpenGate { reach, gate } => {
            actor.must_act()?;
            if house.gateway().rules().gates.of(reach) <= *gate {
                return Err(OperationError::Conflict);
            }
            own.ok_or(OperationError::Denied)?
        }
        Wish::AddAccount { account, organisation, role } => {
            may_add(actor, own.as_ref(), organisation, *role)?;
            if house.gateway().rules().directory.find(account).is_some() {
                return Err(OperationError::Invalid("invalid-account-exists"));
            }
            organisation.clone()
        }
    };
    let now = house.clock.now();
    let record = ApprovalRecord {
        id: name("ap")?,
        kind: wish.kind().to_owned(),
        subject: wish.subject(),
        detail: wish.detail(),
        organisation,
        reason: reason.clone(),
        asked_by: actor.account.clone(),
        asked_at: now,
        expires_at: now.plus(WAITS),
        decided: None,
    };
    let is_same = |known: &ApprovalRecord| {
        known.decided.is_none()
            && now < known.expires_at
            && known.kind == record.kind
            && known.subject == record.subject
    };
    if house.store.approvals().await?.iter().any(is_same) {
        return Err(OperationError::Conflict);
    }
    let words = Words {
        subject: record.subject.clone(),
        after: format!("{} {}", record.kind, record.detail),
        reason,
        ..Words::default()
    };
    house.write_down(actor, Act::ApprovalAsked, words).await?;
    house.store.add_approval(&record).await?;
    Ok(record.id)
}

/// A delegate adds agents of the own organisation; the operator's officer adds anybody.
fn may_add(
    actor: &Actor,
    own: Option<&OrganisationId>,
    organisation: &OrganisationId,
    role: Role,
) -> Result<(), OperationError> {
    let is_own_agent = actor.role == Role::Delegate && own == Some(organisation) && role == Role::Agent;
    if actor.role.can_act() || is_own_agent { Ok(()) } else { Err(OperationError::Denied) }
}

/// May this actor be the second person? Never the one who asked.
fn may_decide(house: &House, actor: &Actor, record: &ApprovalRecord) -> bool {
    if actor.account == record.asked_by {
        return false;
    }
    match Wish::of(record) {
        // Whoever could have asked for it.
        Some(Wish::AddAccount { organisation, role, .. }) => {
            let own = organisation_of(&house.gateway().rules(), actor);
            may_add(actor, own.as_ref(), &organisation, role).is_ok()
        }
        // The security officer and the data protection officer watch each other.
        Some(Wish::OpenGate { .. }) => matches!(actor.role, Role::Rssi | Role::Dpo),
        None => false,
    }
}

/// An approval, and whether the reader may decide it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub record: ApprovalRecord,
    pub may_decide: bool,
    pub is_over: bool,
}

/// Approvals that concern the actor, the newest first.
pub async fn list(house: &House, actor: &Actor) -> Result<Vec<Waiting>, OperationError> {
    if !actor.role.oversees() {
        return Err(OperationError::Denied);
    }
    let own = organisation_of(&house.gateway().rules(), actor);
    let now = house.clock.now();
    let mut records = house.store.approvals().await?;
    records.retain(|record| actor.role.can_watch() || Some(&record.organisation) == own.as_ref());
    let waiting = records.into_iter().map(|record| {
        let is_over = record.decided.is_some() || now >= record.expires_at;
        Waiting { may_decide: !is_over && may_decide(house, actor, &record), is_over, record }
    });
    Ok(waiting.collect())
}

/// Grants or refuses; what is granted is done at once.
pub async fn decide(
    house: &House,
    actor: &Actor,
    id: &str,
    is_granted: bool,
) -> Result<Wish, OperationError> {
    let waiting = list(house, actor).await?.into_iter().find(|waiting| waiting.record.id == id);
    let Waiting { record, may_decide, is_over } = waiting.ok_or(OperationError::NotFound("approval"))?;
    if is_over {
        return Err(OperationError::Conflict);
    }
    if !may_decide {
        return Err(OperationError::Denied);
    }
    let wish =
        Wish::of(&record).ok_or_else(|| OperationError::Unavailable("a stored wish does not read".into()))?;
    if let Wish::AddAccount { account, .. } = &wish
        && is_granted
        && house.gateway().rules().directory.find(account).is_some()
    {
        return Err(OperationError::Invalid("invalid-account-exists"));
    }
    let words = Words {
        subject: record.subject.clone(),
        before: format!("asked by {}", record.asked_by),
        after: format!("{} {}", record.kind, record.detail),
        reason: record.reason.clone(),
    };
    let act = if is_granted { Act::ApprovalGranted } else { Act::ApprovalRefused };
    house.write_down(actor, act, words).await?;
    let decided = Decided { by: actor.account.clone(), at: house.clock.now(), is_granted };
    if !house.store.decide_approval(id, &decided).await? {
        return Err(OperationError::Conflict);
    }
    if is_granted {
        carry_out(house, actor, &wish, &record).await?;
    }
    Ok(wish)
}

async fn carry_out(
    house: &House,
    actor: &Actor,
    wish: &Wish,
    record: &ApprovalRecord,
) -> Result<(), OperationError> {
    match wish {
        Wish::OpenGate { reach, gate } => {
            gates::apply(house, actor, reach.clone(), *gate, &record.reason, Consent::Two).await
        }
        Wish::AddAccount { account, organisation, role } => {
            // The gate first: an account that exists is never without it. One that was closed before
            // the account was stays closed.
            let reach = Reach::Account(account.clone());
            match gates::apply(house, actor, reach, Gate::Closed, QUARANTINE, Consent::Two).await {
                Ok(()) | Err(OperationError::Conflict) => {}
                Err(error) => return Err(error),
            }
            let added =
                AccountRecord { organisation: organisation.clone(), role: *role, is_suspended: false };
            house.put_accounts(actor, vec![(account.clone(), added)]).await
        }
    }
}

/// Lets a new account out of quarantine: somebody who answers for it has made sure, over another
/// channel, who holds its passkey. `how` says which.
pub async fn confirm(
    house: &House,
    actor: &Actor,
    account: &AccountId,
    how: &str,
) -> Result<(), OperationError> {
    let how = parse_reason(how, REASON_CHARS_MIN)?;
    if !answers_for(&house.gateway().rules(), actor, account) {
        return Err(OperationError::Denied);
    }
    if !is_quarantined(house, account).await? {
        return Err(OperationError::Conflict);
    }
    if house.store.passkeys_of(account).await?.is_empty() {
        return Err(OperationError::Invalid("invalid-confirm-passkey"));
    }
    gates::apply(house, actor, Reach::Account(account.clone()), Gate::Open, &how, Consent::Two).await
}

/// The closed gate of a new account.
pub(crate) fn is_quarantine(gate: &GateRecord) -> bool {
    gate.gate == Gate::Closed && gate.reason == QUARANTINE
}

pub(crate) async fn is_quarantined(house: &House, account: &AccountId) -> Result<bool, OperationError> {
    let reach = Reach::Account(account.clone());
    Ok(house.store.gates().await?.iter().any(|gate| gate.reach == reach && is_quarantine(gate)))
}
