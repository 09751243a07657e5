//! Decisions on approval requests, and how an approved one is carried out.
//!
//! What an approver read is what is done: the request is the stored one. How a change is made
//! belongs to the module that it concerns.

use digue_access::{AccountDirectory, Membership, Role};
use digue_app::act_contents::AccountPlace;
use digue_app::directory;
use digue_app::gates::{self, ActAuthority};
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_backup::acceptance::SnapshotAcceptance;
use digue_backup::deletion::BackupDeletion;
use digue_backup::history::BackupEvent;
use digue_identity::invitations::{self, Invitation, InvolvedAccounts};
use digue_identity::{keys, recovery};
use digue_mail::Mail;
use digue_store::{ApprovalDecision, ApprovalRecord};
use digue_types::{AccountId, Act, GateReason, OrganisationId, Subject};

use crate::approvals::{ApprovalRequest, AskedBy, NewAccount, WaitingApproval, is_possible, list};
use crate::loads;
use crate::{caseloads, record_access, reopening, rules, tables};

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
    // Through the list: a request that the actor may not see does not exist for them.
    let waiting = list(app, actor)
        .await?
        .into_iter()
        .find(|waiting| waiting.record.id == id);
    let WaitingApproval {
        record,
        may_decide,
        is_over,
        deciders: _,
    } = waiting.ok_or(OperationError::NotFound("approval"))?;
    if is_over {
        return Err(OperationError::Conflict);
    }
    require(may_decide)?;
    actor.must_be_fresh(app)?;
    let request = ApprovalRequest::of(&record)?;
    if is_granted {
        // Again: up to four days have passed since the request was checked.
        is_possible(app, &request)?;
        must_be_current(app, actor, &request).await?;
    }
    let details = ActDetails {
        subject: record.subject.clone(),
        before: AskedBy(&record.asked_by).to_string(),
        after: request.journal_summary(),
        reason: record.reason.clone(),
    };
    let act = if is_granted {
        Act::ApprovalGranted
    } else {
        Act::ApprovalRefused
    };
    let decided = ApprovalDecision {
        by: actor.account.clone(),
        at: app.clock().now(),
        is_granted,
    };
    // The order matters: the claim lets one of several concurrent deciders through, so that the
    // journal holds no decision that came too late; it expires after a minute if this process dies.
    // Settling makes it final. Only then is it carried out: a failure there leaves it approved and
    // not repeated.
    let claim = app.store().claim_approval(id, &decided);
    let release = app.store().release_approval(id, &actor.account);
    app.claim((actor, act, details), claim, release).await?;
    // The claim may have expired while the journal was slow: then another officer may have decided.
    if !app.store().settle_approval(id, &decided).await? {
        return Err(OperationError::Conflict);
    }
    let invitations = if is_granted {
        carry_out(app, actor, &request, &record).await?
    } else {
        Vec::new()
    };
    Ok(ApprovalOutcome {
        request,
        invitations,
    })
}

/// Checks that the files behind a request are unchanged since it was made, and that they give
/// nothing to the approver. The files are checked again under `LoadLock` when the load is carried
/// out; here an approver learns of a change before the decision is journalled.
async fn must_be_current(
    app: &App,
    actor: &Actor,
    request: &ApprovalRequest,
) -> Result<(), OperationError> {
    match request {
        ApprovalRequest::Load(load) => tables::must_be_current(app, load, &actor.account).await,
        ApprovalRequest::WidenRules { of, detail } => {
            rules::wanted(app, of, detail).await.map(drop)
        }
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
            let reason = GateReason::Officer(record.reason.clone());
            gates::apply(app, actor, reach.clone(), *gate, reason, ActAuthority::Two).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::Reopen(step) => {
            reopening::carry_out(app, actor, step, &record.reason).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AddAccounts(accounts) => {
            add_accounts(app, actor, accounts, &record.asked_by).await
        }
        ApprovalRequest::RecoverAccount { account, since } => {
            recovery::carry_out(app, actor, account, *since, record)
                .await
                .map(|one| vec![one])
        }
        ApprovalRequest::WidenRules { of, detail } => {
            rules::grant(app, of, detail).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AddToCaseload(addition) => {
            caseloads::add_one(app, addition, &record.reason).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::OpenRecord(request) => {
            record_access::carry_out(app, request, record).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::Load(load) => {
            tables::load_granted(app, load).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::MoveAccount {
            account,
            organisation,
            role,
        } => {
            move_account(app, actor, account, organisation, *role).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AllowFeed {
            account,
            target,
            per_day,
        } => {
            let details = ActDetails {
                subject: Subject::Account(account.clone()),
                after: format!("{} {per_day}", target.name()),
                reason: record.reason.clone(),
                ..ActDetails::default()
            };
            // An act of its own beside the approval: auditors look for the bound under the account,
            // not under the request.
            app.write_down(actor, Act::FeedAllowed, details).await?;
            loads::allow_feed(app, account, target, *per_day).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::HandOver {
            organisation,
            from,
            to,
        } => {
            hand_over(app, actor, organisation, (from, to)).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::IssueKey {
            account,
            proof,
            name,
        } => {
            keys::grant(app, actor, record, (account, proof, name)).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::DeleteBackups(deletion) => {
            delete_backups_later(app, actor, deletion, record).await?;
            Ok(Vec::new())
        }
        ApprovalRequest::AcceptSnapshots(acceptance) => {
            accept_snapshots(app, actor, acceptance, record).await?;
            Ok(Vec::new())
        }
        // Nothing to do now: `evidence` looks for this approval when the export is made.
        ApprovalRequest::ExportJournal => Ok(Vec::new()),
    }
}

/// Writes down that two persons agreed to a deletion, and tells every officer: those who did not
/// ask have three days to stop it.
async fn delete_backups_later(
    app: &App,
    actor: &Actor,
    deletion: &BackupDeletion,
    record: &ApprovalRecord,
) -> Result<(), OperationError> {
    let (repository, deletion) = (deletion.repository.clone(), deletion.clone());
    let details = ActDetails {
        subject: Subject::Repository(repository.clone()),
        before: AskedBy(&record.asked_by).to_string(),
        after: BackupEvent::DeletionAgreed { deletion }.to_text(),
        reason: record.reason.clone(),
    };
    app.write_down(actor, Act::BackupDeletionAgreed, details)
        .await?;
    let mail = |_| Mail::BackupDeletion {
        repository: repository.clone(),
    };
    digue_mail::tell_roles(app, Role::can_review, mail).await
}

/// Writes down what two persons said of snapshots that froze deletion.
async fn accept_snapshots(
    app: &App,
    actor: &Actor,
    acceptance: &SnapshotAcceptance,
    record: &ApprovalRecord,
) -> Result<(), OperationError> {
    let acceptance = acceptance.clone();
    let details = ActDetails {
        subject: Subject::Repository(acceptance.repository.clone()),
        before: AskedBy(&record.asked_by).to_string(),
        after: BackupEvent::SnapshotsAccepted { acceptance }.to_text(),
        reason: record.reason.clone(),
    };
    app.write_down(actor, Act::SnapshotsAccepted, details)
        .await
        .map(drop)
}

/// Moves an account to another organisation or role.
pub(crate) async fn move_account(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    organisation: &OrganisationId,
    role: Role,
) -> Result<(), OperationError> {
    let rules = app.gateway().rules();
    let known = rules
        .directory
        .find(account)
        .ok_or(OperationError::NotFound("account"))?;
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        before: AccountPlace::of(known).to_string(),
        after: AccountPlace {
            organisation: organisation.clone(),
            role,
        }
        .to_string(),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::AccountMoved, details).await?;
    let moved = Membership {
        organisation: organisation.clone(),
        role,
    };
    directory::put(app, actor, |_| Ok(vec![(account.clone(), moved)])).await
}

/// Makes `to` the delegate and `from` an agent. The successor must hold a passkey, as every
/// delegate; the sessions of both end, so that neither continues with earlier rights.
async fn hand_over(
    app: &App,
    actor: &Actor,
    organisation: &OrganisationId,
    (from, to): (&AccountId, &AccountId),
) -> Result<(), OperationError> {
    if app.store().passkeys_of(to).await?.is_empty() {
        return Err(OperationError::Invalid("invalid-successor-passkey"));
    }
    let plan = |directory: &AccountDirectory| {
        let place = |account: &AccountId, role: Role| {
            // One of the two may have been moved elsewhere while the request waited.
            let known = directory
                .find(account)
                .filter(|known| known.organisation == *organisation);
            known.ok_or(OperationError::Invalid("invalid-successor"))?;
            Ok::<_, OperationError>((
                account.clone(),
                Membership {
                    organisation: organisation.clone(),
                    role,
                },
            ))
        };
        Ok(vec![place(to, Role::Delegate)?, place(from, Role::Agent)?])
    };
    directory::put(app, actor, plan).await?;
    app.end_sessions(|session| session.account == *from || session.account == *to)
        .await
        .map(drop)
}

pub(crate) async fn add_accounts(
    app: &App,
    actor: &Actor,
    accounts: &[NewAccount],
    asked_by: &AccountId,
) -> Result<Vec<Invitation>, OperationError> {
    // The gates first: were an account saved before its gate, a crash in between would leave it
    // open.
    for one in accounts {
        let involved = InvolvedAccounts {
            asked_by,
            granted_by: &actor.account,
            email: one.email.as_deref(),
        };
        invitations::put_aside(app, actor, &one.account, involved).await?;
    }
    directory::put(app, actor, |directory| memberships(directory, accounts)).await?;
    save_contacts(app, accounts).await
}

fn memberships(
    directory: &AccountDirectory,
    accounts: &[NewAccount],
) -> Result<Vec<(AccountId, Membership)>, OperationError> {
    let is_known = |one: &NewAccount| directory.find(&one.account).is_some();
    // Another request may have added one of them since `is_possible`.
    if accounts.iter().any(is_known) {
        return Err(OperationError::Invalid("invalid-account-exists"));
    }
    Ok(accounts.iter().map(membership).collect())
}

fn membership(one: &NewAccount) -> (AccountId, Membership) {
    let membership = Membership {
        organisation: one.organisation.clone(),
        role: one.role,
    };
    (one.account.clone(), membership)
}

/// Returns the invitations, whose links are made when they are handed over.
async fn save_contacts(
    app: &App,
    accounts: &[NewAccount],
) -> Result<Vec<Invitation>, OperationError> {
    let mut invited = Vec::new();
    for one in accounts {
        // After the accounts, to which contacts refer.
        app.store()
            .save_contact(&one.account, one.email.as_deref().unwrap_or_default())
            .await?;
        invited.push(Invitation {
            account: one.account.clone(),
            email: one.email.clone(),
            link: None,
        });
    }
    Ok(invited)
}
