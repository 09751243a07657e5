//! What an operator does in the first hour, and how much of it is done. Each answer comes from the
//! running system; what could not be read is not known, and never done.

use digue_app::{Actor, App, OperationError, require};
use digue_compliance::isms;
use digue_isms::check::Check;
use digue_isms::standing::CheckStatement;
use digue_types::lists;

lists! {
    /// One step of the first hour.
    FirstStep "first-step" {
        /// The reader has two passkeys: one that is lost locks nobody out.
        Passkeys "passkeys",
        /// A confirmed officer besides the reader, with a credential.
        SecondOfficer "second-officer",
        /// Each officer can be called.
        Contacts "contacts",
        Mail "mail",
        /// A portal answers through Digue.
        Portal "portal",
        /// A backup was restored for proof.
        Backups "backups",
    }
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FirstStepState {
    Done,
    Open,
    Unknown,
}

impl From<bool> for FirstStepState {
    fn from(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Open }
    }
}

/// The steps of the first hour, for an officer.
///
/// # Errors
/// `Denied` for other roles.
pub async fn first_steps(
    app: &App,
    actor: &Actor,
) -> Result<Vec<(FirstStep, FirstStepState)>, OperationError> {
    require(actor.role.can_review())?;
    let mut steps = Vec::new();
    for step in FirstStep::ALL {
        let state = state_of(app, actor, *step).await.unwrap_or_else(|error| {
            tracing::warn!(%error, step = step.code(), "First step cannot be checked; shown as unknown");
            FirstStepState::Unknown
        });
        steps.push((*step, state));
    }
    Ok(steps)
}

async fn state_of(
    app: &App,
    actor: &Actor,
    step: FirstStep,
) -> Result<FirstStepState, OperationError> {
    match step {
        FirstStep::Passkeys => {
            Ok((app.store().passkeys_of(&actor.account).await?.len() > 1).into())
        }
        FirstStep::SecondOfficer => has_second_officer(app, actor)
            .await
            .map(FirstStepState::from),
        FirstStep::Contacts => contacts(app).await.map(FirstStepState::from),
        FirstStep::Mail => Ok(digue_mail::is_configured(app).into()),
        FirstStep::Portal => Ok(has_traffic(app).into()),
        FirstStep::Backups => backups(app, actor).await,
    }
}

/// The officers who are active and confirmed.
fn officers(app: &App) -> Vec<digue_types::AccountId> {
    let rules = app.gateway().rules();
    let active = rules.directory.iter().filter(|(account, record)| {
        record.role.can_review() && !record.is_suspended && !app.unconfirmed().has(account)
    });
    active.map(|(account, _)| account.clone()).collect()
}

async fn has_second_officer(app: &App, actor: &Actor) -> Result<bool, OperationError> {
    for account in officers(app)
        .iter()
        .filter(|account| **account != actor.account)
    {
        let has_own = !app.store().passkeys_of(account).await?.is_empty()
            || !app.store().identities_of(account).await?.is_empty();
        if has_own {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn contacts(app: &App) -> Result<bool, OperationError> {
    let holders = app.store().holders().await?;
    let can_be_called = |account| {
        holders
            .get(account)
            .is_some_and(|holder| !holder.telephone.is_empty())
    };
    Ok(officers(app).iter().all(can_be_called))
}

fn has_traffic(app: &App) -> bool {
    let hosts = app.gateway().hosts();
    let state = app.journal_state();
    hosts.portals().any(|portal| {
        let seen = state.index.coverage(&portal.id);
        seen.inspected + seen.uninspected + seen.outside_map > 0
    })
}

/// A backup that nobody restored is a hope: the step is done once every repository was restored
/// for proof, in time.
async fn backups(app: &App, actor: &Actor) -> Result<FirstStepState, OperationError> {
    let measured = isms::measured(app, actor).await?;
    let now = isms::now(app);
    let says = [Check::Backups, Check::RestoreDrills].map(|check| measured.says(check, now));
    Ok(restored(says))
}

fn restored(says: [CheckStatement; 2]) -> FirstStepState {
    let is_open = |one: &CheckStatement| match one {
        CheckStatement::Fail | CheckStatement::Disabled => true,
        CheckStatement::Pass | CheckStatement::Unknown => false,
    };
    if says.iter().any(is_open) {
        FirstStepState::Open
    } else if says.contains(&CheckStatement::Unknown) {
        FirstStepState::Unknown
    } else {
        FirstStepState::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_measured_restore_makes_backups_done() {
        use CheckStatement::{Disabled, Fail, Pass, Unknown};
        assert_eq!(restored([Pass, Pass]), FirstStepState::Done);
        for open in [
            [Pass, Fail],
            [Fail, Pass],
            [Pass, Disabled],
            [Fail, Unknown],
        ] {
            assert_eq!(restored(open), FirstStepState::Open, "{open:?}");
        }
        for unknown in [[Pass, Unknown], [Unknown, Pass], [Unknown, Unknown]] {
            assert_eq!(restored(unknown), FirstStepState::Unknown, "{unknown:?}");
        }
    }
}
