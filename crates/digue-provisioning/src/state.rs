//! The users of a directory as they are: what it said of each, beside the account that there is.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use digue_access::{AccountRecord, Snapshot};
use digue_app::{App, OperationError};
use digue_scim::ScimError;
use digue_scim::schema::{ACCOUNT_SCHEMA, USER_SCHEMA};
use digue_store::{ScimState, ScimUserRecord};
use digue_types::{AccountId, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::change::WantedChange;
use crate::{AccountGroups, GroupRule, Provisioning, ProvisioningRules};

/// How exactly the time of the last request is kept.
const HEARD_EVERY: Duration = Duration::from_mins(1);

/// One change after the other, and one look at all users after the other.
// The first of the async locks, before that of loads.
#[derive(Default)]
pub(crate) struct DirectoryTurn {
    changes: Mutex<()>,
    // Taken under `changes` or alone; nothing takes `changes` while it holds this.
    scans: Mutex<()>,
    heard_at: AtomicI64,
}

/// Held while something changes.
pub(crate) struct ChangeTurn<'t> {
    _held: MutexGuard<'t, ()>,
}

pub(crate) async fn change_turn(app: &App) -> ChangeTurn<'_> {
    ChangeTurn {
        _held: app.area::<Provisioning>().turn.changes.lock().await,
    }
}

impl ChangeTurn<'_> {
    /// The state of the directory, to be replaced while this is held.
    pub(crate) async fn state(&self, app: &App) -> Result<ScimState, OperationError> {
        let known = app.store().scim_state().await?;
        Ok(known.unwrap_or(ScimState {
            heard_at: app.clock().now(),
            day: None,
        }))
    }
}

/// Keeps when the directory last spoke.
pub(crate) async fn heard(app: &App) -> Result<(), OperationError> {
    let now = app.clock().now();
    let turn = &app.area::<Provisioning>().turn;
    let last = Timestamp::from_micros(turn.heard_at.load(Ordering::Relaxed));
    // Before the lock: a synchronisation would write one row again with each of its requests.
    if now.since(last) < HEARD_EVERY {
        return Ok(());
    }
    let held = change_turn(app).await;
    let state = ScimState {
        heard_at: now,
        ..held.state(app).await?
    };
    app.store().set_scim_state(&state).await?;
    turn.heard_at.store(now.micros(), Ordering::Relaxed);
    Ok(())
}

/// A failure of Digue itself: the directory tries again.
pub(crate) fn failed(error: impl Into<OperationError>) -> ScimError {
    let error = error.into();
    tracing::error!(%error, "A request of the directory failed");
    ScimError::new(503, None, "try again later")
}

/// What may be done with an account from here.
enum AccountReach {
    /// It belongs to a group of the directory, or the directory named it and there is none.
    Ours(Option<AccountRecord>),
    /// One of the operator's own roles.
    Operators,
    /// Of an organisation or role that no group leads to.
    Foreign,
    Nobody,
}

/// One user, as the directory said and as the account is.
#[derive(Clone, Debug)]
pub(crate) struct DirectoryUser {
    pub(crate) row: ScimUserRecord,
    pub(crate) waits: Option<(WantedChange, Timestamp)>,
    pub(crate) account: Option<AccountRecord>,
    pub(crate) is_quarantined: bool,
    /// The directory spoke of it before; otherwise the account stands where a group leads to, and
    /// counts as a member of it.
    pub(crate) is_known: bool,
}

/// All users. One request at a time has them in memory, whatever the number of keys.
pub(crate) struct AllUsers<'a> {
    pub(crate) users: Vec<DirectoryUser>,
    _one: MutexGuard<'a, ()>,
}

/// Accounts and groups at one moment.
pub(crate) struct DirectoryView<'a> {
    pub(crate) app: &'a App,
    pub(crate) rules: &'a ProvisioningRules,
    snapshot: Arc<Snapshot>,
}

impl<'a> DirectoryView<'a> {
    pub(crate) fn of(app: &'a App, rules: &'a ProvisioningRules) -> Self {
        Self {
            app,
            rules,
            snapshot: app.gateway().rules(),
        }
    }

    /// The group whose member an account is, of which the directory has not spoken: that of its
    /// place, or of a lower role there. A deputy, whom no group names, leaves as the others do.
    /// On a list every organisation may stand.
    pub(crate) fn group_of(&self, record: &AccountRecord) -> Option<Cow<'a, GroupRule>> {
        let groups = match &self.rules.groups {
            AccountGroups::Named(groups) => groups,
            AccountGroups::Listed => {
                let group = GroupRule::of_list(record.organisation.clone(), Some(record));
                return Some(Cow::Owned(group));
            }
        };
        let is_below =
            |rule: &&GroupRule| rule.organisation == record.organisation && rule.role < record.role;
        groups
            .iter()
            .find(|rule| rule.is_place_of(record))
            .or_else(|| groups.iter().find(is_below))
            .map(Cow::Borrowed)
    }

    /// Accounts that are open and that the directory could close.
    pub(crate) fn open_accounts(&self) -> u64 {
        let open = self.snapshot.directory.iter().filter(|(_, record)| {
            !record.is_suspended
                && record.role.can_come_from_directory()
                && self.group_of(record).is_some()
        });
        open.count() as u64
    }

    fn reach(&self, account: &AccountId, is_known: bool) -> AccountReach {
        match self.snapshot.directory.find(account) {
            None if is_known => AccountReach::Ours(None),
            None => AccountReach::Nobody,
            Some(record) if !record.role.can_come_from_directory() => AccountReach::Operators,
            Some(record) if is_known || self.group_of(record).is_some() => {
                AccountReach::Ours(Some(record.clone()))
            }
            Some(_) => AccountReach::Foreign,
        }
    }

    /// One user.
    ///
    /// # Errors
    /// 404 for one that the directory does not have; 403 for an account of the operator's roles.
    pub(crate) async fn user(&self, account: &AccountId) -> Result<DirectoryUser, ScimError> {
        let row = self.app.store().scim_user(account).await.map_err(failed)?;
        let missing = || ScimError::not_found("there is no such user");
        let record = match self.reach(account, row.is_some()) {
            AccountReach::Operators => {
                let detail = "this account has a role that no directory gives or takes";
                return Err(ScimError::forbidden(detail));
            }
            AccountReach::Foreign | AccountReach::Nobody => return Err(missing()),
            AccountReach::Ours(record) => record,
        };
        match row {
            Some(row) if row.is_deleted => Err(missing()),
            Some(row) => self.known(row, record),
            None => self.unknown(account, record).ok_or_else(missing),
        }
    }

    /// What is there under the name of a user to be added: nothing, or one that was deleted.
    ///
    /// # Errors
    /// 409 for a name that is taken, taken by any account.
    pub(crate) async fn free_name(
        &self,
        account: &AccountId,
    ) -> Result<Option<DirectoryUser>, ScimError> {
        let row = self.app.store().scim_user(account).await.map_err(failed)?;
        let taken = || ScimError::taken("there is an account of this name");
        match (self.reach(account, row.is_some()), row) {
            (AccountReach::Nobody, _) => Ok(None),
            (AccountReach::Ours(record), Some(row)) if row.is_deleted => {
                self.known(row, record).map(Some)
            }
            (AccountReach::Ours(_) | AccountReach::Operators | AccountReach::Foreign, _) => {
                Err(taken())
            }
        }
    }

    /// True for an account of the operator's own roles.
    pub(crate) fn is_of_the_operator(&self, account: &AccountId) -> bool {
        matches!(self.reach(account, true), AccountReach::Operators)
    }

    /// What is there under a name of a list; `None` for nothing.
    pub(crate) fn of_list(
        &self,
        account: &AccountId,
        row: Option<ScimUserRecord>,
    ) -> Result<Option<DirectoryUser>, ScimError> {
        let record = match self.reach(account, row.is_some()) {
            AccountReach::Ours(record) => record,
            AccountReach::Operators | AccountReach::Foreign | AccountReach::Nobody => None,
        };
        match row {
            Some(row) => self.known(row, record).map(Some),
            None => Ok(self.unknown(account, record)),
        }
    }

    /// All users, by name.
    pub(crate) async fn users(&self) -> Result<AllUsers<'a>, ScimError> {
        let one = self.app.area::<Provisioning>().turn.scans.lock().await;
        let rows = self.app.store().scim_users().await.map_err(failed)?;
        let named: HashSet<AccountId> = rows.iter().map(|row| row.account.clone()).collect();
        let mut users = Vec::new();
        for row in rows {
            if let AccountReach::Ours(record) = self.reach(&row.account, true)
                && !row.is_deleted
            {
                users.push(self.known(row, record)?);
            }
        }
        for (account, record) in self.snapshot.directory.iter() {
            if !named.contains(account) && record.role.can_come_from_directory() {
                users.extend(self.unknown(account, Some(record.clone())));
            }
        }
        users.sort_by(|a, b| a.row.account.cmp(&b.row.account));
        Ok(AllUsers { users, _one: one })
    }

    pub(crate) fn known(
        &self,
        row: ScimUserRecord,
        account: Option<AccountRecord>,
    ) -> Result<DirectoryUser, ScimError> {
        let waits = match &row.waits {
            None => None,
            Some((code, since)) => {
                let change = WantedChange::parse(code).ok_or_else(|| {
                    let text = format!("the change {code} of the directory cannot be read");
                    failed(OperationError::Unavailable(text))
                })?;
                Some((change, *since))
            }
        };
        Ok(DirectoryUser {
            is_quarantined: self.app.unconfirmed().has(&row.account),
            row,
            waits,
            account,
            is_known: true,
        })
    }

    /// An account of which the directory has not spoken.
    fn unknown(&self, account: &AccountId, record: Option<AccountRecord>) -> Option<DirectoryUser> {
        let record = record?;
        let group = self.group_of(&record)?;
        Some(DirectoryUser {
            row: ScimUserRecord {
                account: account.clone(),
                external_id: None,
                // Digue's own knowledge of its holder is not for the directory.
                document: "{}".to_owned(),
                is_active: true,
                is_deleted: false,
                is_closed_by: false,
                waits: None,
                groups: BTreeSet::from([group.key()]),
                // Never stored: `settle` puts the account of the key here.
                asked_by: account.clone(),
                created_at: Timestamp::ZERO,
                changed_at: Timestamp::ZERO,
            },
            waits: None,
            account: Some(record),
            is_quarantined: self.app.unconfirmed().has(account),
            is_known: false,
        })
    }

    /// The resource of a user.
    pub(crate) fn resource(&self, user: &DirectoryUser) -> Result<Map<String, Value>, ScimError> {
        let row = &user.row;
        let mut resource = document(row)?;
        resource.insert("schemas".into(), json!([USER_SCHEMA, ACCOUNT_SCHEMA]));
        resource.insert("id".into(), row.account.as_str().into());
        resource.insert("userName".into(), row.account.as_str().into());
        if let Some(external) = &row.external_id {
            resource.insert("externalId".into(), external.as_str().into());
        }
        // What is, and not what was wanted: a change that waits has not happened.
        let is_open = match &user.account {
            Some(record) => !record.is_suspended,
            None => row.is_active,
        };
        resource.insert("active".into(), is_open.into());
        let groups = self
            .rules
            .named()
            .iter()
            .filter(|rule| row.groups.contains(&rule.key()));
        let groups: Vec<Value> = groups
            .map(|rule| {
                let id = rule.id();
                json!({
                    "value": id,
                    "$ref": format!("Groups/{id}"),
                    "display": rule.name,
                    "type": "direct",
                })
            })
            .collect();
        if !groups.is_empty() {
            resource.insert("groups".into(), groups.into());
        }
        resource.insert(ACCOUNT_SCHEMA.into(), account_json(user));
        let mut meta = json!({
            "resourceType": "User",
            "location": format!("Users/{}", segment(row.account.as_str())),
        });
        if user.is_known {
            meta["created"] = row.created_at.to_string().into();
            meta["lastModified"] = row.changed_at.to_string().into();
        }
        meta["version"] = version(&Value::Object(resource.clone())).into();
        resource.insert("meta".into(), meta);
        Ok(resource)
    }
}

/// What the directory said of a user.
pub(crate) fn document(row: &ScimUserRecord) -> Result<Map<String, Value>, ScimError> {
    serde_json::from_str(&row.document).map_err(|error| {
        let text = format!("what the directory said of an account cannot be read: {error}");
        failed(OperationError::Unavailable(text))
    })
}

fn account_json(user: &DirectoryUser) -> Value {
    let state = match &user.account {
        None => "none",
        Some(record) if record.is_suspended => "closed",
        Some(_) if user.is_quarantined => "quarantined",
        Some(_) => "open",
    };
    let mut json = json!({"state": state});
    if let Some(record) = &user.account {
        json["organisation"] = record.organisation.as_str().into();
        json["role"] = record.role.code().into();
    }
    if let Some((change, _)) = user.waits {
        json["waiting"] = change.code().into();
    }
    json
}

/// The weak ETag of a resource: what it says, and not who changed it.
pub(crate) fn version(resource: &Value) -> String {
    let digest = digest(&SHA256, resource.to_string().as_bytes());
    let bytes = &digest.as_ref()[..12];
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{hex}\"")
}

/// A name as one segment of an address.
pub(crate) fn segment(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}
