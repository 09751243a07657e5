//! A list of accounts, read again and again (`[[sources]]` with `target = "accounts"`): who stands
//! on it works here, and who stood on it and does no more has left. The rules are those of a
//! directory. A list says nothing of roles: whom it adds is an agent, and what people gave in Digue
//! stays.

use std::collections::{BTreeMap, BTreeSet};

use digue_administration::holders::HolderForm;
use digue_administration::provisioning::{AccountListPort, AccountListTurn, AccountRow};
use digue_app::{Actor, App, OperationError};
use digue_scim::ScimError;
use digue_store::ScimUserRecord;
use digue_types::AccountId;
use serde_json::{Value, json};

use crate::GroupRule;
use crate::caller::ChangeCaller;
use crate::outcome::{UserUpdate, settle};
use crate::state::{DirectoryUser, DirectoryView, change_turn};
use crate::{listed_rules, users};

/// What `[[sources]]` hands its rows to.
pub(crate) struct ListedAccounts;

impl AccountListPort for ListedAccounts {
    fn take<'t>(
        &'t self,
        app: &'t App,
        actor: &'t Actor,
        (source, rows): (&'t str, Vec<AccountRow>),
    ) -> AccountListTurn<'t> {
        let caller = ChangeCaller {
            actor: actor.clone(),
            reason: format!("source {source}"),
        };
        Box::pin(async move { take(app, &caller, rows).await })
    }
}

/// Does what follows from a whole list.
///
/// # Errors
/// `Invalid` for an empty list, and for one with more accounts than a directory may have: neither
/// changes anything.
async fn take(
    app: &App,
    caller: &ChangeCaller,
    rows: Vec<AccountRow>,
) -> Result<(), OperationError> {
    let rules = listed_rules(app).ok_or(OperationError::NotFound("list"))?;
    // Everybody would have left.
    if rows.is_empty() {
        return Err(OperationError::Invalid("source-fault-accounts-none"));
    }
    if rows.len() as u64 > users::USERS_MAX {
        return Err(OperationError::Invalid("source-fault-accounts-many"));
    }
    let turn = change_turn(app).await;
    let view = DirectoryView::of(app, rules);
    let known = app.store().scim_users().await?.into_iter();
    let mut known: BTreeMap<AccountId, ScimUserRecord> =
        known.map(|row| (row.account.clone(), row)).collect();
    let mut updates = Vec::new();
    for row in &rows {
        let before = known.remove(&row.account);
        // The operator's own people stand on its lists, too.
        if view.is_of_the_operator(&row.account) {
            continue;
        }
        let before = view.of_list(&row.account, before).map_err(unavailable)?;
        let after = listed(&view, caller, before.as_ref(), row);
        let is_said = before
            .as_ref()
            .is_some_and(|before| before.is_known && says_the_same(&before.row, &after));
        if !is_said {
            updates.push(UserUpdate { before, after });
        }
    }
    // Those who stood on the list, and do no more. An account that it never named is not its own.
    for (account, row) in known {
        if !row.is_active || row.is_deleted || view.is_of_the_operator(&account) {
            continue;
        }
        let after = ScimUserRecord {
            is_active: false,
            groups: BTreeSet::new(),
            ..row.clone()
        };
        let before = view.of_list(&account, Some(row)).map_err(unavailable)?;
        updates.push(UserUpdate { before, after });
    }
    if updates.is_empty() {
        return Ok(());
    }
    settle(&view, caller, &turn, updates)
        .await
        .map_err(unavailable)
}

/// The row of an account that stands on the list.
fn listed(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    before: Option<&DirectoryUser>,
    row: &AccountRow,
) -> ScimUserRecord {
    let now = view.app.clock().now();
    let is_known = before.filter(|before| before.is_known);
    ScimUserRecord {
        account: row.account.clone(),
        external_id: None,
        document: document(&row.holder).to_string(),
        is_active: true,
        is_deleted: false,
        is_closed_by: is_known.is_some_and(|before| before.row.is_closed_by),
        // Decided by `settle`.
        waits: is_known.and_then(|before| before.row.waits.clone()),
        groups: BTreeSet::from([GroupRule::name_in_list(&row.organisation)]),
        asked_by: caller.actor.account.clone(),
        created_at: is_known.map_or(now, |before| before.row.created_at),
        changed_at: now,
    }
}

/// What the list says of the holder, in the words of a directory (RFC 7643, 4.1).
fn document(holder: &HolderForm) -> Value {
    let work = |value: &str| match value {
        "" => json!([]),
        value => json!([{"value": value, "type": "work"}]),
    };
    json!({
        "displayName": holder.name,
        "title": holder.job,
        "emails": work(&holder.email),
        "phoneNumbers": work(&holder.telephone),
    })
}

fn says_the_same(one: &ScimUserRecord, other: &ScimUserRecord) -> bool {
    one.is_active == other.is_active
        && one.is_deleted == other.is_deleted
        && one.groups == other.groups
        && one.document == other.document
}

fn unavailable(error: ScimError) -> OperationError {
    OperationError::Unavailable(error.detail)
}
