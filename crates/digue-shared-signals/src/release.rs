//! Deciding what waits: an officer does what a provider asked for, exactly as it was shown, or
//! leaves the accounts as they are.
//!
//! The provider is the one who asked, and the officer the one who agrees.

use digue_access::Role;
use digue_administration::{accounts, provisioning};
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_types::{Act, Subject};

use crate::overview::{SignalChange, WaitingSignal, digest_of, waiting};
use crate::state;

/// What becomes of what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingDecision {
    /// It is done.
    Agree,
    /// The accounts stay as they are.
    Refuse,
}

/// Decides what the page with this digest showed; returns how many changes.
///
/// # Errors
/// `Conflict` when others wait by now; `Denied` for a program and for all but those who suspend and
/// resume accounts; `ProofNeeded`; the first failure, after all were tried.
pub async fn decide(
    app: &App,
    actor: &Actor,
    digest: &str,
    decision: WaitingDecision,
) -> Result<usize, OperationError> {
    actor.must_act()?;
    require(!actor.is_program())?;
    actor.must_be_fresh(app)?;
    // Before the digest is compared: no event comes between what was read and what is done.
    let _turn = state::turn(app).await;
    let (shown, _) = waiting(app).await?;
    if shown.is_empty() || digest_of(&shown) != digest {
        return Err(OperationError::Conflict);
    }
    let mut failure = None;
    let mut done = 0;
    for one in &shown {
        let decided = match decision {
            WaitingDecision::Agree => carry_out(app, actor, one).await,
            WaitingDecision::Refuse => refuse(app, actor, one).await,
        };
        let settled = match decided {
            Ok(()) => app
                .store()
                .remove_waiting_signal(&one.account, one.change.code())
                .await
                .map_err(OperationError::from),
            Err(error) => Err(error),
        };
        match settled {
            Ok(_) => done += 1,
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(done), Err)
}

fn reason(one: &WaitingSignal) -> String {
    format!("signal {} {}", one.stream, one.event)
}

async fn carry_out(app: &App, actor: &Actor, one: &WaitingSignal) -> Result<(), OperationError> {
    let (account, reason) = (&one.account, reason(one));
    let snapshot = app.gateway().rules();
    let role = snapshot.directory.find(account).map(|record| record.role);
    // The operator's own people are closed and resumed as on their page, which knows who may.
    let is_operators = !role.is_some_and(Role::can_come_from_directory);
    let closes = one.change == SignalChange::Close;
    let done = match (is_operators, closes) {
        (true, _) => accounts::set_suspended(app, actor, account, closes, &reason).await,
        (false, true) => provisioning::close(app, actor, account, &reason).await,
        (false, false) => provisioning::reopen(app, actor, account, &reason).await,
    };
    match done {
        // Done by others meanwhile.
        Ok(()) | Err(OperationError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The account stays as it is, and the journal says who decided it.
async fn refuse(app: &App, actor: &Actor, one: &WaitingSignal) -> Result<(), OperationError> {
    let details = ActDetails {
        subject: Subject::Account(one.account.clone()),
        before: one.change.code().to_owned(),
        after: String::new(),
        reason: reason(one),
    };
    app.write_down(actor, Act::ApprovalRefused, details)
        .await
        .map(drop)
}
