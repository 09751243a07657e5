//! What freezes the deletion of backups, lifted by two persons for exactly the snapshots that they
//! read of.

use digue_administration::approvals::{self, ApprovalRequest};
use digue_app::{Actor, App, OperationError};
use digue_backup::acceptance::{AcceptedAs, SnapshotAcceptance};
use digue_backup::deletion::PLAN_LASTS;
use digue_backup::history::BackupHistory;
use digue_types::Timestamp;

use crate::backups;

/// What a reader sees of one repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProposedAcceptance {
    pub repository: String,
    pub accepted_as: AcceptedAs,
    /// First digits and the cause of each.
    pub snapshots: Vec<(String, &'static str)>,
}

/// What is proposed; of nobody who does not watch.
///
/// # Errors
/// When the journal cannot be read.
pub async fn proposals(
    app: &App,
    actor: &Actor,
) -> Result<Vec<ProposedAcceptance>, OperationError> {
    let Some(rules) = backups::rules(app).filter(|_| actor.role.can_watch()) else {
        return Ok(Vec::new());
    };
    let (history, now) = (backups::history(app).await?, app.clock().now());
    let all = rules.repositories.iter();
    let proposed = all.filter_map(|repository| current(&history, repository, now));
    Ok(proposed
        .map(|acceptance| ProposedAcceptance {
            repository: acceptance.repository.clone(),
            accepted_as: acceptance.accepted_as,
            snapshots: acceptance
                .snapshots
                .iter()
                .map(|frozen| (frozen.snapshot.short().to_owned(), frozen.cause.code()))
                .collect(),
        })
        .collect())
}

/// The last proposal, unless it is old: the repository has changed since.
fn current<'h>(
    history: &'h BackupHistory,
    repository: &str,
    now: Timestamp,
) -> Option<&'h SnapshotAcceptance> {
    let (at, acceptance) = history.proposed_acceptance(repository)?;
    (now < at.plus(PLAN_LASTS)).then_some(acceptance)
}

/// Requests that what was proposed last is accepted; the id of the request.
///
/// # Errors
/// `NotFound` without a proposal of the last week; `Conflict` while one waits for its second person.
pub async fn ask(
    app: &App,
    actor: &Actor,
    repository: &str,
    reason: &str,
) -> Result<String, OperationError> {
    actor.must_act()?;
    let (history, now) = (backups::history(app).await?, app.clock().now());
    let proposed = current(&history, repository, now);
    let proposed = proposed.ok_or(OperationError::NotFound("acceptance"))?;
    let request = ApprovalRequest::AcceptSnapshots(proposed.clone());
    approvals::ask(app, actor, &request, reason).await
}
