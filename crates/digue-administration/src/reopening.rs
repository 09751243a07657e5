//! Progressive reopening after an incident: which gate, how wide, and with which percentage of the
//! limits. Requested by one person and approved by another. The limits are set before the gate
//! opens, and the incident log records it.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_access::Reach;
use digue_access::decide::Reduction;
use digue_app::gates::{self, ActAuthority};
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_identity::recovery;
use digue_response::IncidentNote;
use digue_response::incident::ReopenedGate;
use digue_store::FindingRecord;
use digue_types::{AccountId, FindingId, Gate, GateReason, Subject, Timestamp};

use crate::account_doubts::{AccessDoubt, AccountDoubts};
use crate::approvals::{self, ApprovalRequest, OPEN_GATE, REOPEN, ReopeningStep};

/// How long the lower limits of one step last.
const STEP_LASTS: Duration = Duration::from_hours(14 * 24);

/// Requests the approval of a step; returns the id of the request.
///
/// # Errors
/// `Invalid` for a percentage outside 1 to 100; `NotFound` for an unknown incident or account.
pub async fn ask(
    app: &App,
    actor: &Actor,
    step: ReopeningStep,
    reason: &str,
) -> Result<String, OperationError> {
    actor.must_respond()?;
    if !(1..=100).contains(&step.percent) {
        return Err(OperationError::Invalid("incident-refused-value"));
    }
    incidents::view(app, actor, &step.incident).await?;
    if let Reach::Account(account) = &step.reach
        && app.gateway().rules().directory.find(account).is_none()
    {
        return Err(OperationError::NotFound("account"));
    }
    approvals::ask(app, actor, &ApprovalRequest::Reopen(step), reason).await
}

/// Access that detection closed for a finding that was judged to be work since: nobody suspects it,
/// and it stays closed until two persons open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearedAccess {
    pub finding: FindingId,
    pub reach: Reach,
    /// When the finding was judged.
    pub since: Timestamp,
    /// The opening was requested, and waits for a second person.
    pub is_asked: bool,
}

/// What may be opened because its finding was work.
///
/// # Errors
/// `Denied` unless the actor may watch.
pub async fn cleared(app: &App, actor: &Actor) -> Result<Vec<ClearedAccess>, OperationError> {
    actor.must_watch()?;
    let asked = asked_openings(app).await?;
    let doubts = AccountDoubts::read(app).await?;
    let mut cleared = Vec::new();
    for gate in app.store().gates().await? {
        let Some(finding) = gate.reason.finding().filter(|_| gate.gate == Gate::Closed) else {
            continue;
        };
        let record = app.store().finding(finding.as_str()).await?;
        let verdict = record.as_ref().and_then(|record| record.verdict.as_ref());
        let Some(verdict) = verdict.filter(|verdict| !verdict.is_theft) else {
            continue;
        };
        if is_doubted(&doubts, &gate.reach, record.as_ref()) {
            continue;
        }
        cleared.push(ClearedAccess {
            finding: finding.clone(),
            is_asked: asked.contains(&gate.reach.subject()),
            reach: gate.reach,
            since: verdict.at,
        });
    }
    Ok(cleared)
}

/// True while another finding about the same account waits, or was a theft.
fn is_doubted(doubts: &AccountDoubts<'_>, reach: &Reach, record: Option<&FindingRecord>) -> bool {
    let (Reach::Account(account), Some(record)) = (reach, record) else {
        return false;
    };
    let about = doubts.about(account, &record.organisation);
    let doubts = [
        AccessDoubt::OpenFinding,
        AccessDoubt::Theft,
        AccessDoubt::TooMany,
    ];
    doubts.iter().any(|doubt| about.contains(doubt))
}

/// The subjects whose opening waits for a second person.
async fn asked_openings(app: &App) -> Result<BTreeSet<Subject>, OperationError> {
    let now = app.clock().now();
    let known = app.store().approvals().await?.into_iter();
    let waiting = known.filter(|one| one.decided.is_none() && now < one.expires_at);
    let opening = waiting.filter(|one| matches!(one.kind.as_str(), OPEN_GATE | REOPEN));
    Ok(opening.map(|one| one.subject).collect())
}

/// Carries out an approved step.
pub(crate) async fn carry_out(
    app: &App,
    actor: &Actor,
    step: &ReopeningStep,
    reason: &str,
) -> Result<(), OperationError> {
    // Before the gate: between the two the account would otherwise have its full limits.
    reduce_limits(app, step).await?;
    // A step may raise the limits alone, behind a gate that is open already.
    if app.gateway().rules().gates.of(&step.reach) != step.gate {
        let reason = GateReason::Officer(reason.to_owned());
        let (reach, two) = (step.reach.clone(), ActAuthority::Two);
        gates::apply(app, actor, reach, step.gate, reason, two).await?;
    }
    incidents::add(app, actor, &step.incident, None, note_of(step, reason))
        .await
        .map(drop)
}

async fn reduce_limits(app: &App, step: &ReopeningStep) -> Result<(), OperationError> {
    let reduction = Reduction {
        percent: step.percent,
        until: app.clock().now().plus(STEP_LASTS),
    };
    for account in accounts_of(app, &step.reach) {
        recovery::reduce(app, &account, reduction).await?;
    }
    Ok(())
}

fn note_of(step: &ReopeningStep, reason: &str) -> IncidentNote {
    let what = ReopenedGate {
        subject: step.reach.subject(),
        gate: step.gate,
    };
    IncidentNote::Reopening {
        what: what.to_string(),
        budget_percent: Some(step.percent),
        text: reason.to_owned(),
    }
}

/// The accounts whose limits a step sets; none for a portal, whose limits are in its map.
fn accounts_of(app: &App, reach: &Reach) -> Vec<AccountId> {
    let rules = app.gateway().rules();
    match reach {
        Reach::Account(account) => vec![account.clone()],
        Reach::Organisation(organisation) => {
            let own = rules
                .directory
                .iter()
                .filter(|(_, record)| record.organisation == *organisation);
            own.map(|(account, _)| account.clone()).collect()
        }
        _ => Vec::new(),
    }
}
