//! Questions to the directory in force: which organisation an actor belongs to, and which accounts it answers
//! for.
//!
//! It changes nothing; what may be done to an account belongs to the module of the act.

use digue_access::{Role, Snapshot};
use digue_types::{AccountId, OrganisationId};

use crate::actor::Actor;

/// The organisation that the actor belongs to.
pub(crate) fn organisation_of(rules: &Snapshot, actor: &Actor) -> Option<OrganisationId> {
    rules.directory.find(&actor.account).map(|record| record.organisation.clone())
}

/// Officers who act answer for every account, delegates and deputies for the agents of their own
/// organisation; no one for their own account.
pub(crate) fn answers_for(rules: &Snapshot, actor: &Actor, account: &AccountId) -> bool {
    let Some(record) = rules.directory.find(account) else { return false };
    let is_own_agent =
        record.role == Role::Agent && Some(&record.organisation) == organisation_of(rules, actor).as_ref();
    let may = actor.role.can_act() || (actor.role.leads_agents() && is_own_agent);
    may && actor.account != *account
}
