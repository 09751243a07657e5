//! Opening one record that a class of persons holds back (`[classes]` of a map): the account that
//! needs it says why at the portal, another person agrees, and the record opens for a while.
//!
//! Which class holds a record back is decided in `digue-access`.

use std::sync::Arc;

use digue_access::Session;
use digue_access::classes::RecordAgreement;
use digue_app::directory::organisation_of;
use digue_app::gates::parse_reason;
use digue_app::{Actor, App, OperationError};
use digue_gateway::Portal;
use digue_gateway::ports::Aliases as _;
use digue_store::ApprovalRecord;
use digue_types::{AccountId, PersonRef, PopulationId, PortalId, Timestamp};

use crate::approvals::{self, ApprovalRequest, OPEN_RECORD, RecordRequest};
use crate::break_glass::{JUSTIFICATION_CHARS_MIN, WRITING_LASTS};
use crate::held_back::held_back;

/// Requests of one account that may wait at once.
const WAITING_MAX: usize = 20;

/// A request of an account, as it is shown the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRecordRequest {
    pub person: String,
    pub asked_at: Timestamp,
    pub state: RecordRequestState,
}

digue_types::lists! {
    /// What became of a request to open a record.
    RecordRequestState "record-request" {
        Waits "waits",
        /// The record may be opened.
        Open "open",
        /// It was agreed to, and its time is over.
        Ended "ended",
        Refused "refused",
        /// Nobody decided within a day.
        Expired "expired",
    }
}

/// Requests that the account of this session opens the record of the person with this identifier.
///
/// # Errors
/// `Invalid` for a person whom no class with an agreement holds back; `Busy` while too many
/// requests of the account wait.
pub async fn ask(
    app: &App,
    session: &Session,
    portal: &PortalId,
    identifier: &str,
    reason: &str,
) -> Result<(), OperationError> {
    let actor = Actor::of_session(app, session)?;
    // The proof was fresh when the form was opened; writing the reason may take some minutes.
    let age = app.clock().now().since(session.proved_at);
    if age > app.proof_lasts() + WRITING_LASTS {
        return Err(OperationError::ProofNeeded);
    }
    let reason = parse_reason(reason, JUSTIFICATION_CHARS_MIN)?;
    let hosts = app.gateway().hosts();
    let map = hosts
        .portal(portal)
        .ok_or(OperationError::NotFound("portal"))?;
    let person = person_of(app, map, identifier)?;
    let (class, lasts) = held_back(app, map, &person)?;
    let request = RecordRequest {
        portal: portal.clone(),
        population: map.population.clone(),
        class,
        person: person.to_string(),
        account: session.account.clone(),
        lasts,
    };
    let now = app.clock().now();
    let known = app.store().approvals().await?;
    let waits = |known: &&ApprovalRecord| {
        known.asked_by == session.account
            && known.kind == OPEN_RECORD
            && known.decided.is_none()
            && now < known.expires_at
    };
    if known.iter().filter(waits).count() >= WAITING_MAX {
        return Err(OperationError::Busy);
    }
    let organisation = organisation_of(&app.gateway().rules(), &actor);
    let organisation = organisation.ok_or(OperationError::Denied)?;
    let request = ApprovalRequest::OpenRecord(request);
    approvals::keep(app, &actor, &request, organisation, reason)
        .await
        .map(drop)
}

/// The person that an identifier of any kind names at this portal.
fn person_of(app: &App, map: &Portal, typed: &str) -> Result<PersonRef, OperationError> {
    let invalid = || OperationError::Invalid("invalid-person");
    let typed = typed.trim();
    let others = map
        .kinds
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != map.primary);
    let by_alias = others.into_iter().find_map(|(_, kind)| {
        let identifier = kind.canonical(typed)?;
        app.aliases().resolve(&map.id, &kind.name, &identifier)
    });
    if let Some(person) = by_alias {
        return Ok(person);
    }
    let person = map.kinds[map.primary].canonical(typed);
    let person = person.ok_or_else(invalid)?;
    PersonRef::parse(&person).map_err(|_| invalid())
}

/// Opens the record; the decision is journalled already.
pub(crate) async fn carry_out(
    app: &App,
    request: &RecordRequest,
    record: &ApprovalRecord,
) -> Result<(), OperationError> {
    let now = app.clock().now();
    let agreed = agreement(request, record, now);
    let mut rules = app.rules().await;
    let open = Arc::make_mut(&mut rules.agreements);
    for known in open.values_mut() {
        known.retain(|known| now < known.until);
    }
    open.retain(|_, known| !known.is_empty());
    open.entry(agreed.0).or_default().push(agreed.1);
    app.publish(&rules);
    Ok(())
}

type AgreedRecord = ((PopulationId, AccountId), RecordAgreement);

fn agreement(request: &RecordRequest, record: &ApprovalRecord, at: Timestamp) -> AgreedRecord {
    let agreement = RecordAgreement {
        person: digue_types::PersonKey::new(&request.population, &request.person),
        reason: record.reason.clone(),
        until: at.plus(request.lasts),
    };
    (
        (request.population.clone(), request.account.clone()),
        agreement,
    )
}

/// Puts the agreements in force that were given before a start and have not ended.
pub async fn restore(app: &App) -> Result<(), OperationError> {
    let now = app.clock().now();
    let known = app.store().approvals().await?;
    let mut rules = app.rules().await;
    let open = Arc::make_mut(&mut rules.agreements);
    for record in known.iter().filter(|record| record.kind == OPEN_RECORD) {
        let Some(decided) = record.decided.as_ref().filter(|decided| decided.is_granted) else {
            continue;
        };
        match ApprovalRequest::of(record) {
            Ok(ApprovalRequest::OpenRecord(request)) => {
                let (key, agreement) = agreement(&request, record, decided.at);
                if now < agreement.until {
                    open.entry(key).or_default().push(agreement);
                }
            }
            // Nobody is shown a record by a request that cannot be read.
            Ok(_) | Err(_) => tracing::warn!(
                approval = record.id,
                "An agreement to open a record cannot be read; it has to be asked for again"
            ),
        }
    }
    app.publish(&rules);
    Ok(())
}

/// The requests of the account of this session within eight days, the newest first.
pub async fn own(app: &App, session: &Session) -> Result<Vec<OwnRecordRequest>, OperationError> {
    let now = app.clock().now();
    let since = now.minus(approvals::WAITS * 2);
    let known = app.store().approvals().await?;
    let is_own = |record: &&ApprovalRecord| {
        record.asked_by == session.account && record.kind == OPEN_RECORD && since < record.asked_at
    };
    let own = known.iter().filter(is_own).filter_map(|record| {
        let Ok(ApprovalRequest::OpenRecord(request)) = ApprovalRequest::of(record) else {
            return None;
        };
        let state = match &record.decided {
            Some(decided) if !decided.is_granted => RecordRequestState::Refused,
            Some(decided) if now < decided.at.plus(request.lasts) => RecordRequestState::Open,
            Some(_) => RecordRequestState::Ended,
            None if now < record.expires_at => RecordRequestState::Waits,
            None => RecordRequestState::Expired,
        };
        Some(OwnRecordRequest {
            person: request.person,
            asked_at: record.asked_at,
            state,
        })
    });
    Ok(own.collect())
}
