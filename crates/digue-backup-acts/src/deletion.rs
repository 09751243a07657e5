//! The deletion of old backups, decided by two persons and stopped by any one of them. Nothing is
//! deleted here: a command does it after the wait, where its credential allows it.

use digue_access::Role;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_backup::deletion::{BackupDeletion, DeletionStanding, PLAN_LASTS};
use digue_backup::history::{BackupEvent, BackupHistory};
use digue_types::{Act, Subject, Timestamp};

use crate::backups;

/// What a reader sees of one repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepositoryDeletion {
    pub repository: String,
    /// Snapshots of the last plan, while it may be asked for.
    pub planned: Option<usize>,
    /// Snapshots that were agreed to, and when they may go.
    pub agreed: Option<(usize, Timestamp)>,
}

/// The repositories that have a plan or an agreed deletion; of nobody who does not watch.
///
/// # Errors
/// When the journal cannot be read.
pub async fn standings(
    app: &App,
    actor: &Actor,
) -> Result<Vec<RepositoryDeletion>, OperationError> {
    let Some(rules) = backups::rules(app).filter(|_| actor.role.can_watch()) else {
        return Ok(Vec::new());
    };
    let (history, now) = (backups::history(app).await?, app.clock().now());
    let all = rules
        .repositories
        .iter()
        .map(|repository| RepositoryDeletion {
            repository: repository.clone(),
            planned: current_plan(&history, repository, now).map(|plan| plan.snapshots.len()),
            agreed: match history.deletion(repository, now) {
                DeletionStanding::NoneAgreed => None,
                DeletionStanding::Waiting { deletion, until } => {
                    Some((deletion.snapshots.len(), until))
                }
                DeletionStanding::Due(deletion) => Some((deletion.snapshots.len(), now)),
            },
        });
    Ok(all
        .filter(|one| one.planned.is_some() || one.agreed.is_some())
        .collect())
}

/// The last plan, unless it is old, or some of it was deleted already.
fn current_plan<'h>(
    history: &'h BackupHistory,
    repository: &str,
    now: Timestamp,
) -> Option<&'h BackupDeletion> {
    let (at, plan) = history.planned_deletion(repository)?;
    let deleted = history.deleted(&plan.id);
    let is_current = now < at.plus(PLAN_LASTS)
        && !plan
            .snapshots
            .iter()
            .any(|snapshot| deleted.contains(snapshot));
    is_current.then_some(plan)
}

/// Requests the deletion that was planned last; the id of the request.
///
/// # Errors
/// `NotFound` without a plan of the last week; `Conflict` while a deletion is agreed to or waits
/// for its second person.
pub async fn ask(
    app: &App,
    actor: &Actor,
    repository: &str,
    reason: &str,
) -> Result<String, OperationError> {
    actor.must_act()?;
    let (history, now) = (backups::history(app).await?, app.clock().now());
    let plan = current_plan(&history, repository, now);
    let plan = plan.ok_or(OperationError::NotFound("deletion"))?;
    if history.deletion(repository, now) != DeletionStanding::NoneAgreed {
        return Err(OperationError::Conflict);
    }
    let request = ApprovalRequest::DeleteBackups(plan.clone());
    approvals::ask(app, actor, &request, reason).await
}

/// Stops an agreed deletion. One person is enough: nothing is lost by keeping.
///
/// # Errors
/// `NotFound` where none is agreed to.
pub async fn cancel(
    app: &App,
    actor: &Actor,
    repository: &str,
    reason: &str,
) -> Result<(), OperationError> {
    require(Role::can_review(actor.role))?;
    let (history, now) = (backups::history(app).await?, app.clock().now());
    let deletion = match history.deletion(repository, now) {
        DeletionStanding::Waiting { deletion, .. } | DeletionStanding::Due(deletion) => {
            deletion.clone()
        }
        DeletionStanding::NoneAgreed => return Err(OperationError::NotFound("deletion")),
    };
    let details = ActDetails {
        subject: Subject::Repository(repository.to_owned()),
        after: BackupEvent::DeletionCancelled { deletion }.to_text(),
        reason: parse_reason(reason, REASON_CHARS_MIN)?,
        ..ActDetails::default()
    };
    app.write_down(actor, Act::BackupDeletionCancelled, details)
        .await
        .map(drop)
}
