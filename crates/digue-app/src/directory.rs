//! The directory in force: which organisation an actor belongs to, which accounts it answers for, and how
//! accounts are saved.
//!
//! What may be done to an account belongs to the module of the act.

use std::sync::Arc;

use digue_access::{AccountRecord, Role, Snapshot};
use digue_types::{AccountId, Act, OrganisationId, Subject};

use crate::act_contents::AccountPlace;
use crate::actor::Actor;
use crate::acts::ActDetails;
use crate::app::App;
use crate::error::OperationError;

/// The organisation that the actor belongs to.
pub fn organisation_of(rules: &Snapshot, actor: &Actor) -> Option<OrganisationId> {
    rules.directory.find(&actor.account).map(|record| record.organisation.clone())
}

/// Officers who act answer for every account, delegates and deputies for the agents of their own
/// organisation; no one for their own account.
pub fn answers_for(rules: &Snapshot, actor: &Actor, account: &AccountId) -> bool {
    let Some(record) = rules.directory.find(account) else { return false };
    let is_own_agent =
        record.role == Role::Agent && Some(&record.organisation) == organisation_of(rules, actor).as_ref();
    let may = actor.role.can_act() || (actor.role.leads_agents() && is_own_agent);
    may && actor.account != *account
}

/// Adds or replaces accounts.
pub async fn save(
    app: &App,
    actor: &Actor,
    accounts: Vec<(AccountId, AccountRecord)>,
) -> Result<(), OperationError> {
    actor.must_act()?;
    put(app, actor, accounts).await
}

/// `save`, for callers that have authorised the actor.
pub async fn put(
    app: &App,
    actor: &Actor,
    accounts: Vec<(AccountId, AccountRecord)>,
) -> Result<(), OperationError> {
    // A session carries the organisation that it was opened with: after a change of organisation or
    // role the account must sign in again, or it would keep the rights that it had.
    let known = app.gateway().rules().directory.clone();
    let is_moved = |id: &AccountId, record: &AccountRecord| {
        known
            .find(id)
            .is_some_and(|known| known.organisation != record.organisation || known.role != record.role)
    };
    let moved: Vec<AccountId> =
        accounts.iter().filter(|(id, record)| is_moved(id, record)).map(|(id, _)| id.clone()).collect();
    // One entry for each account: who existed when is answered from the journal alone.
    let words = accounts.iter().map(|(id, record)| ActDetails {
        subject: Subject::Account(id.clone()),
        after: AccountPlace::of(record).to_string(),
        ..ActDetails::default()
    });
    app.write_all(actor, Act::AccountSaved, words.collect()).await?;
    app.store().save_accounts(&accounts).await?;
    let mut rules = app.rules().await;
    let directory = Arc::make_mut(&mut rules.directory);
    for (id, record) in accounts {
        directory.insert(id, record);
    }
    app.publish(&rules);
    drop(rules);
    if moved.is_empty() {
        return Ok(());
    }
    let cut = app.gateway().cut_sessions(|session| moved.contains(&session.account));
    Ok(app.store().remove_sessions(&cut).await?)
}
