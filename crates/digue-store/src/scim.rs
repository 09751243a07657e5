//! What the operator's directory says of accounts and groups, and what of it waits for a person.

use std::collections::{BTreeSet, HashMap};

use digue_types::{AccountId, Timestamp};
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{
    corrupt, is_true, name, optional_text, optional_time, optional_whole, signed, text, time,
};
use crate::error::Stored;
use crate::store::Store;

/// A user of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimUserRecord {
    pub account: AccountId,
    pub external_id: Option<String>,
    /// What the directory says of them, as JSON: names, addresses, telephones.
    pub document: String,
    /// The directory wants the account to be open.
    pub is_active: bool,
    /// The directory deleted them. The account and its history stay.
    pub is_deleted: bool,
    /// The directory closed the account: it may ask for it back. What people suspended is theirs.
    pub is_closed_by: bool,
    /// The code of a change that waits for a person, and since when.
    pub waits: Option<(String, Timestamp)>,
    /// The names of their groups.
    pub groups: BTreeSet<String>,
    /// The account of the key that last spoke of them.
    pub asked_by: AccountId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// When the directory last spoke, and what it changed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScimState {
    pub heard_at: Timestamp,
    pub day: Option<ScimDay>,
}

/// What a directory changed by itself since a moment of the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScimDay {
    pub from: Timestamp,
    /// Open accounts then.
    pub before: u64,
    pub closed: u64,
    pub opened: u64,
}

impl Store {
    /// Adds or replaces users with their groups, all or none.
    pub async fn save_scim_users(&self, users: &[ScimUserRecord]) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        for user in users {
            save(&mut transaction, user).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// One user; the deleted ones, too.
    pub async fn scim_user(&self, account: &AccountId) -> Stored<Option<ScimUserRecord>> {
        let row = sqlx::query(
            "SELECT account, external_id, document, is_active, is_deleted, is_closed_by, waits, waits_since, \
             asked_by, created_at, changed_at FROM scim_users WHERE account = $1",
        )
        .bind(account.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let groups = sqlx::query("SELECT group_name FROM scim_members WHERE account = $1")
            .bind(account.as_str())
            .fetch_all(&self.pool)
            .await?;
        let groups = groups.iter().map(|row| text(row, "group_name"));
        read(&row, groups.collect::<Stored<_>>()?).map(Some)
    }

    /// The account that the directory knows by this identifier of its own.
    pub async fn scim_account_of(&self, external_id: &str) -> Stored<Option<AccountId>> {
        let row = sqlx::query("SELECT account FROM scim_users WHERE external_id = $1")
            .bind(external_id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| name(&row, "account", AccountId::parse))
            .transpose()
    }

    /// All users, the deleted ones too, by account.
    pub async fn scim_users(&self) -> Stored<Vec<ScimUserRecord>> {
        let rows = sqlx::query(
            "SELECT account, external_id, document, is_active, is_deleted, is_closed_by, waits, waits_since, \
             asked_by, created_at, changed_at FROM scim_users ORDER BY account",
        )
        .fetch_all(&self.pool)
        .await?;
        let members = sqlx::query("SELECT group_name, account FROM scim_members")
            .fetch_all(&self.pool)
            .await?;
        with_groups(&rows, &members)
    }

    /// Those whose change waits for a person, without what the directory says of them: a thief of its
    /// key could make the list long.
    pub async fn scim_waiting(&self) -> Stored<Vec<ScimUserRecord>> {
        let rows = sqlx::query(
            "SELECT account, external_id, '{}' AS document, is_active, is_deleted, is_closed_by, waits, waits_since, \
             asked_by, created_at, changed_at FROM scim_users WHERE waits IS NOT NULL \
             ORDER BY account",
        )
        .fetch_all(&self.pool)
        .await?;
        let members = sqlx::query(
            "SELECT group_name, scim_members.account AS account FROM scim_members \
             JOIN scim_users ON scim_users.account = scim_members.account \
             WHERE scim_users.waits IS NOT NULL",
        )
        .fetch_all(&self.pool)
        .await?;
        with_groups(&rows, &members)
    }

    /// How many users the directory has, the deleted ones included.
    pub async fn scim_user_count(&self) -> Stored<u64> {
        let row = sqlx::query("SELECT COUNT(*) AS users FROM scim_users")
            .fetch_one(&self.pool)
            .await?;
        u64::try_from(row.try_get::<i64, _>("users")?).map_err(|_| corrupt("users"))
    }

    pub async fn set_scim_state(&self, state: &ScimState) -> Stored<()> {
        let number = |number: Option<u64>| number.map(signed).transpose();
        let day = state.day;
        sqlx::query(
            "INSERT INTO scim_state (id, heard_at, day_from, day_before, day_closed, day_opened) \
             VALUES (1, $1, $2, $3, $4, $5) \
             ON CONFLICT (id) DO UPDATE SET heard_at = excluded.heard_at, \
             day_from = excluded.day_from, day_before = excluded.day_before, \
             day_closed = excluded.day_closed, day_opened = excluded.day_opened",
        )
        .bind(state.heard_at.micros())
        .bind(day.map(|day| day.from.micros()))
        .bind(number(day.map(|day| day.before))?)
        .bind(number(day.map(|day| day.closed))?)
        .bind(number(day.map(|day| day.opened))?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// `None` before the first request of a directory.
    pub async fn scim_state(&self) -> Stored<Option<ScimState>> {
        let row = sqlx::query(
            "SELECT heard_at, day_from, day_before, day_closed, day_opened FROM scim_state",
        )
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read_state).transpose()
    }
}

async fn save(connection: &mut AnyConnection, user: &ScimUserRecord) -> Stored<()> {
    sqlx::query(
        "INSERT INTO scim_users (account, external_id, document, is_active, is_deleted, is_closed_by, \
         waits, waits_since, asked_by, created_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (account) DO UPDATE SET external_id = excluded.external_id, \
         document = excluded.document, is_active = excluded.is_active, \
         is_deleted = excluded.is_deleted, is_closed_by = excluded.is_closed_by, waits = excluded.waits, \
         waits_since = excluded.waits_since, asked_by = excluded.asked_by, \
         changed_at = excluded.changed_at",
    )
    .bind(user.account.as_str())
    .bind(user.external_id.as_deref())
    .bind(user.document.as_str())
    .bind(i64::from(user.is_active))
    .bind(i64::from(user.is_deleted))
    .bind(i64::from(user.is_closed_by))
    .bind(user.waits.as_ref().map(|(code, _)| code.as_str()))
    .bind(user.waits.as_ref().map(|(_, since)| since.micros()))
    .bind(user.asked_by.as_str())
    .bind(user.created_at.micros())
    .bind(user.changed_at.micros())
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM scim_members WHERE account = $1")
        .bind(user.account.as_str())
        .execute(&mut *connection)
        .await?;
    for group in &user.groups {
        sqlx::query("INSERT INTO scim_members (group_name, account) VALUES ($1, $2)")
            .bind(group.as_str())
            .bind(user.account.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn with_groups(rows: &[AnyRow], members: &[AnyRow]) -> Stored<Vec<ScimUserRecord>> {
    let mut of = HashMap::<String, BTreeSet<String>>::new();
    for member in members {
        let groups = of.entry(text(member, "account")?).or_default();
        groups.insert(text(member, "group_name")?);
    }
    let user = |row: &AnyRow| {
        let groups = of.remove(&text(row, "account")?);
        read(row, groups.unwrap_or_default())
    };
    rows.iter().map(user).collect()
}

fn read(row: &AnyRow, groups: BTreeSet<String>) -> Stored<ScimUserRecord> {
    let waits = optional_text(row, "waits")?;
    let since = optional_time(row, "waits_since")?;
    Ok(ScimUserRecord {
        account: name(row, "account", AccountId::parse)?,
        external_id: optional_text(row, "external_id")?,
        document: text(row, "document")?,
        is_active: is_true(row, "is_active")?,
        is_deleted: is_true(row, "is_deleted")?,
        is_closed_by: is_true(row, "is_closed_by")?,
        waits: match (waits, since) {
            (Some(code), Some(since)) => Some((code, since)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(corrupt("waits_since")),
        },
        groups,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        created_at: time(row, "created_at")?,
        changed_at: time(row, "changed_at")?,
    })
}

fn read_state(row: &AnyRow) -> Stored<ScimState> {
    let whole = |column| optional_whole(row, column)?.ok_or_else(|| corrupt(column));
    let day = match optional_time(row, "day_from")? {
        None => None,
        Some(from) => Some(ScimDay {
            from,
            before: whole("day_before")?,
            closed: whole("day_closed")?,
            opened: whole("day_opened")?,
        }),
    };
    Ok(ScimState {
        heard_at: time(row, "heard_at")?,
        day,
    })
}
