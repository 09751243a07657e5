//! Progressive reopening after an incident: which gate, how wide, and with which percentage of the
//! limits. Requested by one person and approved by another. The limits are set before the gate
//! opens, and the incident log records it.

use std::time::Duration;

use digue_access::Reach;
use digue_access::decide::Reduction;
use digue_app::gates::{self, ActAuthority};
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_identity::recovery;
use digue_response::IncidentNote;
use digue_response::incident::ReopenedGate;
use digue_types::{AccountId, GateReason};

use crate::approvals::{self, ApprovalRequest, ReopeningStep};

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

/// Carries out an approved step.
pub(crate) async fn carry_out(
    app: &App,
    actor: &Actor,
    step: &ReopeningStep,
    reason: &str,
) -> Result<(), OperationError> {
    let until = app.clock().now().plus(STEP_LASTS);
    // Before the gate: between the two the account would otherwise have its full limits.
    for account in accounts_of(app, &step.reach) {
        recovery::reduce(
            app,
            &account,
            Reduction {
                percent: step.percent,
                until,
            },
        )
        .await?;
    }
    // A step may raise the limits alone, behind a gate that is open already.
    if app.gateway().rules().gates.of(&step.reach) != step.gate {
        let reason = GateReason::Officer(reason.to_owned());
        gates::apply(
            app,
            actor,
            step.reach.clone(),
            step.gate,
            reason,
            ActAuthority::Two,
        )
        .await?;
    }
    let what = ReopenedGate {
        subject: step.reach.subject(),
        gate: step.gate,
    }
    .to_string();
    let note = IncidentNote::Reopening {
        what,
        budget_percent: Some(step.percent),
        text: reason.to_owned(),
    };
    incidents::add(app, actor, &step.incident, None, note)
        .await
        .map(drop)
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
