//! The directory in force: which organisation an actor belongs to, which accounts it answers for,
//! and how accounts are saved.
//!
//! What may be done to an account belongs to the module of the act.

use std::sync::Arc;

use digue_access::{AccountDirectory, Membership, Role, Snapshot};
use digue_types::{AccountId, Act, OrganisationId, Subject};
use tokio::sync::Mutex;

use crate::act_contents::AccountPlace;
use crate::actor::Actor;
use crate::acts::ActDetails;
use crate::app::App;
use crate::areas::Area;
use crate::error::OperationError;

/// Serialises saves of accounts: they apply in the order of their entries, and none rests on a
/// directory that another one changes.
// Held while the saves are journalled. Before `rules`, and apart from it, so that a closing or a
// suspension never waits for the entries of a save.
#[derive(Default)]
pub(crate) struct AccountSaveLock(Mutex<()>);

impl Area for AccountSaveLock {}

/// The organisation that the actor belongs to.
pub fn organisation_of(rules: &Snapshot, actor: &Actor) -> Option<OrganisationId> {
    rules
        .directory
        .find(&actor.account)
        .map(|record| record.organisation.clone())
}

/// Officers who act answer for every account, delegates and deputies for the agents of their own
/// organisation; no one for their own account.
pub fn answers_for(rules: &Snapshot, actor: &Actor, account: &AccountId) -> bool {
    let Some(record) = rules.directory.find(account) else {
        return false;
    };
    let is_own_agent = record.role == Role::Agent
        && Some(&record.organisation) == organisation_of(rules, actor).as_ref();
    let may = actor.role.can_act() || (actor.role.leads_agents() && is_own_agent);
    may && actor.account != *account
}

/// Adds or moves accounts, for an actor who may.
pub async fn save(
    app: &App,
    actor: &Actor,
    accounts: Vec<(AccountId, Membership)>,
) -> Result<(), OperationError> {
    actor.must_act()?;
    put(app, actor, |_| Ok(accounts)).await
}

/// Adds or moves the accounts that `plan` returns, for callers that have authorised the actor.
/// `plan` sees the directory as it is while no other save is under way: what it found still holds
/// when it is applied. A suspension is left as it is, also one that comes in between.
///
/// # Errors
/// Those of `plan`; nothing is journalled or changed then.
pub async fn put(
    app: &App,
    actor: &Actor,
    plan: impl FnOnce(&AccountDirectory) -> Result<Vec<(AccountId, Membership)>, OperationError>,
) -> Result<(), OperationError> {
    let _one_at_a_time = app.area::<AccountSaveLock>().0.lock().await;
    let known = app.gateway().rules().directory.clone();
    let accounts = plan(&known)?;
    // A session carries the organisation that it was opened with: after a change of organisation or
    // role the account must sign in again, or it would keep the rights that it had.
    let is_moved = |id: &AccountId, to: &Membership| {
        known
            .find(id)
            .is_some_and(|known| known.organisation != to.organisation || known.role != to.role)
    };
    let moved: Vec<AccountId> = accounts
        .iter()
        .filter(|(id, to)| is_moved(id, to))
        .map(|(id, _)| id.clone())
        .collect();
    // One entry for each account: who existed when is answered from the journal alone.
    let details = accounts.iter().map(|(id, to)| ActDetails {
        subject: Subject::Account(id.clone()),
        after: AccountPlace {
            organisation: to.organisation.clone(),
            role: to.role,
        }
        .to_string(),
        ..ActDetails::default()
    });
    // Before the store: no account exists, even for a moment, without its entry.
    app.write_all(actor, Act::AccountSaved, details.collect())
        .await?;
    app.store().save_accounts(&accounts).await?;
    let mut rules = app.rules().await;
    let directory = Arc::make_mut(&mut rules.directory);
    for (id, to) in accounts {
        directory.save(id, to);
    }
    app.publish(&rules);
    // The rules are not held while the store deletes: every other change would wait for the disk.
    drop(rules);
    if moved.is_empty() {
        return Ok(());
    }
    app.end_sessions(|session| moved.contains(&session.account))
        .await
        .map(drop)
}
