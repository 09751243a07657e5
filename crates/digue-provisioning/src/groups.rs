//! Groups: those of the configuration, and their members.

use std::collections::BTreeSet;

use digue_scim::message::ScimQuery;
use digue_scim::patch::Operation;
use digue_scim::patch::members::{MEMBERS_MAX, SentGroup, apply, sent_group};
use digue_scim::schema::{GROUP_SCHEMA, TextComparison};
use digue_scim::value::folded;
use digue_scim::{ScimError, ScimType};
use digue_types::AccountId;
use serde_json::{Map, Value, json};

use crate::GroupRule;
use crate::caller::ChangeCaller;
use crate::outcome::{UserUpdate, settle};
use crate::state::{AllUsers, ChangeTurn, DirectoryUser, DirectoryView, segment, version};
use crate::users::begun;

/// A group by its id.
///
/// # Errors
/// 404.
pub(crate) fn find<'r>(view: &DirectoryView<'r>, id: &str) -> Result<&'r GroupRule, ScimError> {
    let found = view.rules.named().iter().find(|rule| rule.id() == id);
    found.ok_or_else(|| ScimError::not_found("there is no such group"))
}

/// The members of a group.
async fn members<'a>(
    view: &DirectoryView<'a>,
    rule: &GroupRule,
) -> Result<AllUsers<'a>, ScimError> {
    let mut all = view.users().await?;
    let key = rule.key();
    all.users.retain(|user| user.row.groups.contains(&key));
    Ok(all)
}

/// The resource of a group; without `members` where none are given.
fn resource(rule: &GroupRule, members: Option<&[DirectoryUser]>) -> Map<String, Value> {
    let id = rule.id();
    let mut resource = Map::new();
    resource.insert("schemas".into(), json!([GROUP_SCHEMA]));
    resource.insert("id".into(), id.as_str().into());
    resource.insert("displayName".into(), rule.name.as_str().into());
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        let member = |user: &DirectoryUser| {
            let account = user.row.account.as_str();
            json!({"value": account, "$ref": format!("Users/{}", segment(account)), "type": "User"})
        };
        let members: Vec<Value> = members.iter().map(member).collect();
        resource.insert("members".into(), members.into());
    }
    let version = version(&Value::Object(resource.clone()));
    resource.insert(
        "meta".into(),
        json!({
            "resourceType": "Group",
            "location": format!("Groups/{id}"),
            "version": version,
        }),
    );
    resource
}

pub(crate) async fn show(
    view: &DirectoryView<'_>,
    rule: &GroupRule,
) -> Result<Map<String, Value>, ScimError> {
    Ok(resource(rule, Some(&members(view, rule).await?.users)))
}

pub(crate) async fn list(
    view: &DirectoryView<'_>,
    query: &ScimQuery,
) -> Result<(usize, Vec<Map<String, Value>>), ScimError> {
    // The usual question, by name and without members, looks at no user.
    let needs_members = query.selection.has("members") || query.filter.is_some();
    let demanded = query.filter.as_ref();
    let demanded = demanded.and_then(|filter| filter.demanded("displayName"));
    let users = match needs_members {
        true => Some(view.users().await?),
        false => None,
    };
    let mut found = Vec::new();
    for rule in view.rules.named() {
        if demanded.is_some_and(|name| folded(&rule.name, TextComparison::Folded) != name) {
            continue;
        }
        let key = rule.key();
        let mine = users.iter().flat_map(|all| &all.users);
        let mine = mine.filter(|user| user.row.groups.contains(&key));
        let mine: Vec<DirectoryUser> = mine.cloned().collect();
        let resource = resource(rule, needs_members.then_some(&mine[..]));
        if query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(&resource))
        {
            found.push(resource);
        }
    }
    let total = found.len();
    let page = found.into_iter().skip(query.start - 1).take(query.count);
    Ok((total, page.collect()))
}

/// A group that the directory wants to add: groups are those of the configuration.
///
/// # Errors
/// Always: 409 for one that there is, and 403.
pub(crate) fn add(view: &DirectoryView<'_>, body: &Value) -> Result<Value, ScimError> {
    let name = sent_group(body)?.display_name;
    let name =
        name.ok_or_else(|| ScimError::wrong(ScimType::InvalidValue, "displayName is missing"))?;
    let is_it = |rule: &GroupRule| rule.key() == folded(&name, TextComparison::Folded);
    if view.rules.named().iter().any(is_it) {
        return Err(ScimError::taken("there is a group of this name"));
    }
    Err(ScimError::forbidden(
        "no group of this name is mapped in [scim] of the configuration of Digue",
    ))
}

/// Replaces the members of a group; they stay where they are not sent: an omission closes nothing.
pub(crate) async fn replace(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    rule: &GroupRule,
    body: &Value,
) -> Result<(), ScimError> {
    let sent = sent_group(body)?;
    let before = members(view, rule).await?;
    save(view, caller, turn, rule, (before, sent)).await
}

pub(crate) async fn change(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    rule: &GroupRule,
    operations: &[Operation],
) -> Result<(), ScimError> {
    let before = members(view, rule).await?;
    let accounts = before
        .users
        .iter()
        .map(|user| user.row.account.clone())
        .collect();
    let sent = apply(operations, &accounts)?;
    save(view, caller, turn, rule, (before, sent)).await
}

async fn save(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    rule: &GroupRule,
    (before, sent): (AllUsers<'_>, SentGroup),
) -> Result<(), ScimError> {
    let is_same = |name: &String| folded(name, TextComparison::Folded) == rule.key();
    if !sent.display_name.as_ref().is_none_or(is_same) {
        let detail = "displayName cannot be changed: the configuration of Digue maps it";
        return Err(ScimError::wrong(ScimType::Mutability, detail));
    }
    let Some(after) = sent.members else {
        return Ok(());
    };
    if after.len() > MEMBERS_MAX {
        let detail = format!("a group has at most {MEMBERS_MAX} members");
        return Err(ScimError::wrong(ScimType::TooMany, detail));
    }
    let known: BTreeSet<AccountId> = before
        .users
        .iter()
        .map(|user| user.row.account.clone())
        .collect();
    let mut updates = Vec::new();
    for user in before.users {
        if !after.contains(&user.row.account) {
            let mut row = begun(view, &user);
            row.groups.remove(&rule.key());
            updates.push(UserUpdate {
                before: Some(user),
                after: row,
            });
        }
    }
    // All are looked up before anything is stored: with an officer in the list (403), none of the
    // others is added or removed.
    for account in after.difference(&known) {
        let user = view
            .user(account)
            .await
            .map_err(|error| match error.status {
                404 => ScimError::wrong(ScimType::InvalidValue, "a member is no user"),
                _ => error,
            })?;
        let mut row = begun(view, &user);
        row.groups.insert(rule.key());
        updates.push(UserUpdate {
            before: Some(user),
            after: row,
        });
    }
    if updates.is_empty() {
        return Ok(());
    }
    settle(view, caller, turn, updates).await
}
