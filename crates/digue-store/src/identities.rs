//! Identities at external providers, and which account each may open.
//!
//! A provider's names for people are stored as keyed hashes: enough to recognise one, and useless
//! for looking someone up elsewhere.

use std::collections::HashMap;

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{held_count, name, present_time, text, time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

/// An identity linked to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRecord {
    /// Keyed hash of provider, issuer and subject, hexadecimal.
    pub hash: String,
    pub account: AccountId,
    /// The provider's name in the configuration.
    pub provider: String,
    pub linked_at: Timestamp,
    /// Zero before the first use.
    pub used_at: Timestamp,
}

const COLUMNS: &str = "hash, account, provider, linked_at, used_at";

impl Store {
    /// Links an identity; false when it already opens an account.
    pub async fn add_identity(&self, identity: &IdentityRecord) -> Stored<bool> {
        let text = format!(
            "INSERT INTO identities ({COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(identity.hash.as_str())
            .bind(identity.account.as_str())
            .bind(identity.provider.as_str())
            .bind(identity.linked_at.micros())
            .bind(present_time(identity.used_at))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn identity(&self, hash: &str) -> Stored<Option<IdentityRecord>> {
        let text = format!("SELECT {COLUMNS} FROM identities WHERE hash = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(hash)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The identities of an account, oldest first.
    pub async fn identities_of(&self, account: &AccountId) -> Stored<Vec<IdentityRecord>> {
        let text =
            format!("SELECT {COLUMNS} FROM identities WHERE account = $1 ORDER BY linked_at, hash");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(account.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// How many identities each account has; accounts without any are absent.
    pub async fn identity_counts(&self) -> Stored<HashMap<AccountId, usize>> {
        let rows = sqlx::query("SELECT account, COUNT(*) AS held FROM identities GROUP BY account")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(held_count).collect()
    }

    pub async fn use_identity(&self, hash: &str, at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE identities SET used_at = $1 WHERE hash = $2")
            .bind(present_time(at))
            .bind(hash)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes an identity from this account unless it is the last way to sign in; false when it
    /// stays, or the account does not have it.
    pub async fn unlink_identity(&self, account: &AccountId, hash: &str) -> Stored<bool> {
        let mut transaction = self.transaction().await?;
        // As in `remove_passkey`: in PostgreSQL two removals at once would each count the other's
        // identity.
        sqlx::query("UPDATE identities SET hash = hash WHERE account = $1")
            .bind(account.as_str())
            .execute(&mut *transaction)
            .await?;
        let done = sqlx::query(
            "DELETE FROM identities WHERE hash = $1 AND account = $2 \
             AND ((SELECT COUNT(*) FROM identities WHERE account = $2) > 1 \
             OR EXISTS (SELECT 1 FROM passkeys WHERE account = $2) \
             OR EXISTS (SELECT 1 FROM passwords WHERE account = $2))",
        )
        .bind(hash)
        .bind(account.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes an identity from this account; false when it does not have it.
    pub async fn remove_identity(&self, account: &AccountId, hash: &str) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM identities WHERE hash = $1 AND account = $2")
            .bind(hash)
            .bind(account.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &AnyRow) -> Stored<IdentityRecord> {
    Ok(IdentityRecord {
        hash: text(row, "hash")?,
        account: name(row, "account", AccountId::parse)?,
        provider: text(row, "provider")?,
        linked_at: time(row, "linked_at")?,
        used_at: time_or_zero(row, "used_at")?,
    })
}
