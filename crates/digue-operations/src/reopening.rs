//! Progressive reopening after an incident: who, how wide, with which part of the limits. Asked for by
//! one person and granted by another; the limits are set first, then the gate opens, and the
//! incident's log says so.

use std::time::Duration;

use digue_access::Reach;
use digue_access::decide::Reduction;
use digue_response::IncidentNote;
use digue_types::{AccountId, Gate};

use crate::actor::Actor;
use crate::app::App;
use crate::approvals::{self, ApprovalRequest};
use crate::error::OperationError;
use crate::gates::{self, ActAuthority};
use crate::{incidents, recovery};

/// How long the lower limits of one step last.
const STEP_LASTS: Duration = Duration::from_hours(14 * 24);

/// One step of a reopening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReopeningStep {
    pub reach: Reach,
    pub gate: Gate,
    /// Part of the usual limits; a hundred gives them back.
    pub percent: u8,
    pub incident: String,
}

/// Asks a second person for a step; the name of the request.
///
/// # Errors
/// `Invalid` for a part of no limits; `NotFound` for an incident or an account that is not there.
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

/// Does what was granted.
pub(crate) async fn carry_out(
    app: &App,
    actor: &Actor,
    step: &ReopeningStep,
    reason: &str,
) -> Result<(), OperationError> {
    let until = app.clock.now().plus(STEP_LASTS);
    for account in accounts_of(app, &step.reach) {
        recovery::reduce(app, &account, Reduction { percent: step.percent, until }).await?;
    }
    if app.gateway().rules().gates.of(&step.reach) != step.gate {
        gates::apply(app, actor, step.reach.clone(), step.gate, reason, ActAuthority::Two).await?;
    }
    let what = format!("{}:{} {}", step.reach.scope().code(), step.reach.name(), step.gate.code());
    let note = IncidentNote::Reopening { what, budget_percent: Some(step.percent), text: reason.to_owned() };
    incidents::add(app, actor, &step.incident, None, note).await.map(drop)
}

/// Accounts whose limits a step sets; a portal's limits are its own.
fn accounts_of(app: &App, reach: &Reach) -> Vec<AccountId> {
    let rules = app.gateway().rules();
    match reach {
        Reach::Account(account) => vec![account.clone()],
        Reach::Organisation(organisation) => {
            let own = rules.directory.iter().filter(|(_, record)| record.organisation == *organisation);
            own.map(|(account, _)| account.clone()).collect()
        }
        _ => Vec::new(),
    }
}
