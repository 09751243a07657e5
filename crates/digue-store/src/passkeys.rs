//! Passkeys: public keys that a browser proved to hold, one row each. Private keys never reach
//! Digue.

use std::collections::HashMap;

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{held_count, is_true, name, number, present_time, text, time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

/// A passkey of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRecord {
    /// The credential id, base64url.
    pub id: String,
    pub account: AccountId,
    /// The random user handle of the account: the same for all its passkeys.
    pub handle: String,
    /// The name given by its holder.
    pub name: String,
    /// Public key and flags, as the WebAuthn library serialises them.
    pub credential: String,
    /// The authenticator's signature counter; 0 when it does not count.
    pub counter: u32,
    /// The authenticator may copy it to other devices.
    pub is_backed_up: bool,
    pub added_at: Timestamp,
    /// Zero before the first use.
    pub used_at: Timestamp,
}

const COLUMNS: &str =
    "id, account, handle, name, credential, counter, backed_up, added_at, used_at";

impl Store {
    /// Adds a passkey; the database rejects one that exists.
    pub async fn add_passkey(&self, passkey: &PasskeyRecord) -> Stored<()> {
        let text =
            format!("INSERT INTO passkeys ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(passkey.id.as_str())
            .bind(passkey.account.as_str())
            .bind(passkey.handle.as_str())
            .bind(passkey.name.as_str())
            .bind(passkey.credential.as_str())
            .bind(i64::from(passkey.counter))
            .bind(i64::from(passkey.is_backed_up))
            .bind(passkey.added_at.micros())
            .bind(present_time(passkey.used_at))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn passkey(&self, id: &str) -> Stored<Option<PasskeyRecord>> {
        let text = format!("SELECT {COLUMNS} FROM passkeys WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The passkeys of an account, oldest first.
    pub async fn passkeys_of(&self, account: &AccountId) -> Stored<Vec<PasskeyRecord>> {
        let text =
            format!("SELECT {COLUMNS} FROM passkeys WHERE account = $1 ORDER BY added_at, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(account.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// How many passkeys each account has; accounts without any are absent.
    pub async fn passkey_counts(&self) -> Stored<HashMap<AccountId, usize>> {
        let rows = sqlx::query("SELECT account, COUNT(*) AS held FROM passkeys GROUP BY account")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(held_count).collect()
    }

    /// Stores what a use changed, unless another use was faster: of two with one counter, one
    /// counts.
    pub async fn use_passkey(&self, used: &PasskeyRecord, counter_before: u32) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE passkeys SET credential = $1, counter = $2, backed_up = $3, used_at = $4 \
             WHERE id = $5 AND counter = $6",
        )
        .bind(used.credential.as_str())
        .bind(i64::from(used.counter))
        .bind(i64::from(used.is_backed_up))
        .bind(present_time(used.used_at))
        .bind(used.id.as_str())
        .bind(i64::from(counter_before))
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes one passkey of this account, never its last; true when it was removed.
    pub async fn remove_passkey(&self, account: &AccountId, id: &str) -> Stored<bool> {
        let mut transaction = self.transaction().await?;
        // Locks them all first: in PostgreSQL two removals at once would each count the other's
        // passkey.
        sqlx::query("UPDATE passkeys SET id = id WHERE account = $1")
            .bind(account.as_str())
            .execute(&mut *transaction)
            .await?;
        let done = sqlx::query(
            "DELETE FROM passkeys WHERE id = $1 AND account = $2 \
             AND (SELECT COUNT(*) FROM passkeys WHERE account = $2) > 1",
        )
        .bind(id)
        .bind(account.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &AnyRow) -> Stored<PasskeyRecord> {
    Ok(PasskeyRecord {
        id: text(row, "id")?,
        account: name(row, "account", AccountId::parse)?,
        handle: text(row, "handle")?,
        name: text(row, "name")?,
        credential: text(row, "credential")?,
        counter: number(row, "counter")?,
        is_backed_up: is_true(row, "backed_up")?,
        added_at: time(row, "added_at")?,
        used_at: time_or_zero(row, "used_at")?,
    })
}
