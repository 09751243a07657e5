//! Changes of the members of a group: a set of accounts, which may be large.

use std::collections::BTreeSet;

use digue_types::AccountId;
use serde_json::{Value, json};

use super::{Operation, OperationKind, PatchStep, steps};
use crate::error::{ScimError, ScimType};
use crate::filter::{Filter, FilterOperator, FilterTarget, FilterTest, Literal};
use crate::path::KnownPath;
use crate::schema::GROUP;
use crate::value::{VALUES_MAX, writable};

/// The most members of a group.
pub const MEMBERS_MAX: usize = 50_000;

/// A group as a client sends it whole, or as `PATCH` would leave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentGroup {
    pub display_name: Option<String>,
    /// `None` where the client does not say.
    pub members: Option<BTreeSet<AccountId>>,
}

/// A group that a client sent whole.
///
/// # Errors
/// `invalidValue` for a member that is no user.
pub fn sent_group(body: &Value) -> Result<SentGroup, ScimError> {
    let known = writable(&GROUP, body)?;
    let members = known.get("members").map(values).transpose()?;
    Ok(SentGroup {
        display_name: known
            .get("displayName")
            .and_then(Value::as_str)
            .map(str::to_owned),
        members,
    })
}

/// The members that operations leave of these, and the name that they give the group.
///
/// # Errors
/// The first operation's; nothing is changed then.
pub fn apply(
    operations: &[Operation],
    before: &BTreeSet<AccountId>,
) -> Result<SentGroup, ScimError> {
    let mut members = before.clone();
    let mut display_name = None;
    for operation in operations {
        for step in steps(&GROUP, operation)? {
            match step.path.found.attribute.name {
                "members" => change(&mut members, &step)?,
                "displayName" => match step.value.as_str() {
                    Some(name) => display_name = Some(name.to_owned()),
                    None => {
                        let detail = "displayName cannot be changed";
                        return Err(ScimError::wrong(ScimType::Mutability, detail));
                    }
                },
                // The directory's own identifier of a group: nothing here looks at it.
                _ => {}
            }
            // After each step: at the end, 200 operations of 1,000 members would be held already.
            if members.len() > MEMBERS_MAX {
                let detail = format!("a group has at most {MEMBERS_MAX} members");
                return Err(ScimError::wrong(ScimType::TooMany, detail));
            }
        }
    }
    Ok(SentGroup {
        display_name,
        members: Some(members),
    })
}

fn change(members: &mut BTreeSet<AccountId>, step: &PatchStep<'_>) -> Result<(), ScimError> {
    let KnownPath { filter, sub, .. } = &step.path;
    let whole = || {
        let detail = "a member is added or removed as a whole";
        ScimError::wrong(ScimType::Mutability, detail)
    };
    if sub.is_some_and(|sub| sub.name != "value") {
        return Err(whole());
    }
    match (step.kind, filter) {
        (OperationKind::Add, None) => members.extend(values(step.value)?),
        (OperationKind::Replace, None) => *members = values(step.value)?,
        // Entra ID names the members to remove in the value.
        (OperationKind::Remove, None) if !step.value.is_null() => {
            for gone in values(step.value)? {
                members.remove(&gone);
            }
        }
        // Without a filter all values go (RFC 7644, 3.5.2.2). How many accounts may close by it is
        // for the brake of `digue-provisioning`.
        (OperationKind::Remove, None) => members.clear(),
        (OperationKind::Remove, Some(filter)) => remove_meant(members, filter),
        (OperationKind::Add | OperationKind::Replace, Some(_)) => return Err(whole()),
    }
    Ok(())
}

fn remove_meant(members: &mut BTreeSet<AccountId>, filter: &Filter) {
    // Most remove one: a large group is not searched for it.
    if let Filter::Test(FilterTest {
        target: FilterTarget::Item(sub),
        operator: FilterOperator::Equal,
        literal: Literal::Text { folded, .. },
    }) = filter
        && sub.name == "value"
    {
        if let Ok(account) = AccountId::parse(folded) {
            members.remove(&account);
        }
        return;
    }
    members.retain(|account| {
        let item = json!({"value": account.as_str(), "type": "User"});
        !filter.matches_item(&item)
    });
}

/// The accounts of a list of members.
fn values(sent: &Value) -> Result<BTreeSet<AccountId>, ScimError> {
    let list = match sent {
        Value::Null => &[][..],
        Value::Array(list) => &list[..],
        one => std::slice::from_ref(one),
    };
    if list.len() > VALUES_MAX {
        let detail = format!("more than {VALUES_MAX} members in one operation");
        return Err(ScimError::wrong(ScimType::TooMany, detail));
    }
    list.iter().map(member).collect()
}

fn member(sent: &Value) -> Result<AccountId, ScimError> {
    let wrong = |why: &str| ScimError::wrong(ScimType::InvalidValue, why);
    let of = |name: &str| {
        let object = sent.as_object()?;
        let found = object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str())
    };
    if of("type").is_some_and(|kind| !kind.eq_ignore_ascii_case("user")) {
        return Err(wrong(
            "members are users: a group within a group gives nothing",
        ));
    }
    let id = sent.as_str().or_else(|| of("value"));
    let id = id.ok_or_else(|| wrong("a member has a value"))?;
    AccountId::parse(id).map_err(|_| wrong("a member is the id of a user"))
}
