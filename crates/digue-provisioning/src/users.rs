//! Users: reading, adding, replacing, changing, deleting.

use std::collections::BTreeSet;

use digue_scim::filter::Filter;
use digue_scim::message::ScimQuery;
use digue_scim::patch::{self, Operation};
use digue_scim::schema::USER;
use digue_scim::value::writable;
use digue_scim::{ScimError, ScimType};
use digue_store::ScimUserRecord;
use digue_types::AccountId;
use serde_json::{Map, Value};

use crate::caller::ChangeCaller;
use crate::outcome::{UserUpdate, settle};
use crate::state::{AllUsers, ChangeTurn, DirectoryUser, DirectoryView, document, failed};

/// The most users of a directory, those of past years included.
pub(crate) const USERS_MAX: u64 = 100_000;
/// The most bytes of what a directory says of one user.
const DOCUMENT_BYTES_MAX: usize = 2 << 10;

/// Users that are looked at before other requests have their turn.
const BETWEEN_TURNS: usize = 256;

/// A page of users: the number of all that match, and the resources.
pub(crate) async fn list(
    view: &DirectoryView<'_>,
    query: &ScimQuery,
) -> Result<(usize, Vec<Map<String, Value>>), ScimError> {
    let candidates = candidates(view, query.filter.as_ref()).await?;
    let mut found = Vec::new();
    let mut total = 0;
    for (place, user) in candidates.iter().enumerate() {
        // A filter over a nation's accounts takes seconds: others are served in between.
        if place % BETWEEN_TURNS == BETWEEN_TURNS - 1 {
            tokio::task::yield_now().await;
        }
        let is_in_page = total + 1 >= query.start && found.len() < query.count;
        let Some(filter) = &query.filter else {
            total += 1;
            if is_in_page {
                found.push(view.resource(user)?);
            }
            continue;
        };
        let resource = view.resource(user)?;
        if filter.matches(&resource) {
            total += 1;
            if is_in_page {
                found.push(resource);
            }
        }
    }
    Ok((total, found))
}

/// The users that a filter can mean.
enum UserCandidates<'a> {
    Few(Vec<DirectoryUser>),
    All(AllUsers<'a>),
}

impl UserCandidates<'_> {
    fn iter(&self) -> impl Iterator<Item = &DirectoryUser> {
        match self {
            Self::Few(users) => users.iter(),
            Self::All(all) => all.users.iter(),
        }
    }
}

/// The users that a filter can mean: one, where it demands a name.
async fn candidates<'a>(
    view: &DirectoryView<'a>,
    filter: Option<&Filter>,
) -> Result<UserCandidates<'a>, ScimError> {
    let demanded = |name| filter.and_then(|filter| filter.demanded(name));
    // This only narrows: `list` holds the whole filter against those that are left.
    let named = demanded("userName").or_else(|| demanded("id"));
    let account = match (named, demanded("externalId")) {
        (Some(name), _) => match AccountId::parse(name) {
            Ok(account) => Some(account),
            Err(_) => return Ok(UserCandidates::Few(Vec::new())),
        },
        (None, Some(external)) => {
            let known = view.app.store().scim_account_of(external).await;
            match known.map_err(failed)? {
                None => return Ok(UserCandidates::Few(Vec::new())),
                known => known,
            }
        }
        (None, None) => None,
    };
    let Some(account) = account else {
        return view.users().await.map(UserCandidates::All);
    };
    match view.user(&account).await {
        Ok(user) => Ok(UserCandidates::Few(vec![user])),
        // A list says nothing of accounts beyond the directory's reach.
        Err(error) if matches!(error.status, 403 | 404) => Ok(UserCandidates::Few(Vec::new())),
        Err(error) => Err(error),
    }
}

/// Adds a user; returns its account.
pub(crate) async fn add(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    body: &Value,
) -> Result<AccountId, ScimError> {
    let sent = SentUser::of(writable(&USER, body)?)?;
    let before = view.free_name(&sent.account).await?;
    let count = view.app.store().scim_user_count().await.map_err(failed)?;
    // A deleted user has its row already, and comes back however full the directory is.
    if before.is_none() && count >= USERS_MAX {
        return Err(ScimError::new(
            403,
            None,
            "the directory has too many users",
        ));
    }
    let now = view.app.clock().now();
    let after = ScimUserRecord {
        account: sent.account.clone(),
        external_id: sent.external_id,
        document: sent.document,
        is_active: sent.is_active.unwrap_or(true),
        is_deleted: false,
        is_closed_by: before
            .as_ref()
            .is_some_and(|before| before.row.is_closed_by),
        waits: None,
        // One that people opened again stays where it is.
        groups: match before.as_ref().and_then(|before| before.account.as_ref()) {
            Some(record) if !record.is_suspended => view.group_of(record).map(|group| group.key()),
            Some(_) | None => None,
        }
        .into_iter()
        .collect(),
        asked_by: caller.actor.account.clone(),
        created_at: before.as_ref().map_or(now, |before| before.row.created_at),
        changed_at: now,
    };
    save(view, caller, turn, UserUpdate { before, after }).await?;
    Ok(sent.account)
}

/// Replaces what the directory says of a user. `active` stays as it is where it is not sent: an
/// omission opens no account.
pub(crate) async fn replace(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    before: DirectoryUser,
    body: &Value,
) -> Result<(), ScimError> {
    let sent = SentUser::of(writable(&USER, body)?)?;
    save_sent(view, caller, turn, before, sent).await
}

pub(crate) async fn change(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    before: DirectoryUser,
    operations: &[Operation],
) -> Result<(), ScimError> {
    let mut whole = document(&before.row)?;
    whole.insert("userName".into(), before.row.account.as_str().into());
    whole.insert("active".into(), before.row.is_active.into());
    if let Some(external) = &before.row.external_id {
        whole.insert("externalId".into(), external.as_str().into());
    }
    let changed = patch::apply(&USER, &whole, operations)?;
    let sent = SentUser::of(changed)?;
    save_sent(view, caller, turn, before, sent).await
}

async fn save_sent(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    before: DirectoryUser,
    sent: SentUser,
) -> Result<(), ScimError> {
    // One account cannot become another by its name, however it is spelled.
    if sent.account != before.row.account {
        let detail = "userName cannot be changed: the account and its history keep their name";
        return Err(ScimError::wrong(ScimType::Mutability, detail));
    }
    let after = ScimUserRecord {
        external_id: sent.external_id,
        document: sent.document,
        is_active: sent.is_active.unwrap_or(before.row.is_active),
        ..begun(view, &before)
    };
    let before = Some(before);
    save(view, caller, turn, UserUpdate { before, after }).await
}

/// Deletes a user: the account is closed, and its history stays. Returns false where the closing
/// waits for a person.
pub(crate) async fn delete(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    before: DirectoryUser,
) -> Result<bool, ScimError> {
    let account = before.row.account.clone();
    let after = ScimUserRecord {
        // Free again: the directory may give it to another user.
        external_id: None,
        is_active: false,
        is_deleted: true,
        groups: BTreeSet::new(),
        ..begun(view, &before)
    };
    let before = Some(before);
    settle(view, caller, turn, vec![UserUpdate { before, after }]).await?;
    let saved = view.app.store().scim_user(&account).await.map_err(failed)?;
    Ok(saved.is_some_and(|row| row.waits.is_none()))
}

/// The row of a user, which begins when the directory first speaks of an account.
pub(crate) fn begun(view: &DirectoryView<'_>, user: &DirectoryUser) -> ScimUserRecord {
    let mut row = user.row.clone();
    if !user.is_known {
        row.created_at = view.app.clock().now();
    }
    row
}

async fn save(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    update: UserUpdate,
) -> Result<(), ScimError> {
    if let Some(external) = &update.after.external_id {
        let known = view.app.store().scim_account_of(external).await;
        let known = known.map_err(failed)?;
        if known.is_some_and(|known| known != update.after.account) {
            return Err(ScimError::taken("another user has this externalId"));
        }
    }
    settle(view, caller, turn, vec![update]).await
}

/// What a directory says of a user, checked.
struct SentUser {
    account: AccountId,
    external_id: Option<String>,
    is_active: Option<bool>,
    document: String,
}

impl SentUser {
    fn of(mut known: Map<String, Value>) -> Result<Self, ScimError> {
        let wrong = |why: &str| ScimError::wrong(ScimType::InvalidValue, why);
        let name = known.remove("userName");
        let name = name.as_ref().and_then(Value::as_str);
        let name = name.ok_or_else(|| wrong("userName is missing"))?;
        let account = AccountId::parse(name)
            .map_err(|error| wrong(&format!("userName is no name of an account: {error}")))?;
        // The name under which entries are Digue's own acts, or nobody's.
        if ["digue", "unknown"].contains(&account.as_str()) {
            return Err(wrong("this name is Digue's own"));
        }
        let external = known.remove("externalId");
        let active = known.remove("active");
        let document = Value::Object(known).to_string();
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(wrong(&format!(
                "a user is larger than {DOCUMENT_BYTES_MAX} bytes"
            )));
        }
        Ok(Self {
            account,
            external_id: external.and_then(|value| value.as_str().map(str::to_owned)),
            is_active: active.and_then(|value| value.as_bool()),
            document,
        })
    }
}
