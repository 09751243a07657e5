//! Recoveries: accounts returned to their holder.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, text, time};
use crate::error::Stored;
use crate::store::Store;

/// A recovery: the account returned to its holder, and the time from which someone else may have
/// used it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryRecord {
    pub id: String,
    pub account: AccountId,
    pub since: Timestamp,
    pub reason: String,
    pub asked_by: AccountId,
    pub granted_by: AccountId,
    pub granted_at: Timestamp,
}

impl Store {
    pub async fn add_recovery(&self, recovery: &RecoveryRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO recoveries (id, account, since_at, reason, asked_by, granted_by, granted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(recovery.id.as_str())
        .bind(recovery.account.as_str())
        .bind(recovery.since.micros())
        .bind(recovery.reason.as_str())
        .bind(recovery.asked_by.as_str())
        .bind(recovery.granted_by.as_str())
        .bind(recovery.granted_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All recoveries, newest first.
    pub async fn recoveries(&self) -> Stored<Vec<RecoveryRecord>> {
        let rows = sqlx::query(
            "SELECT id, account, since_at, reason, asked_by, granted_by, granted_at FROM recoveries \
             ORDER BY granted_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Removes every way to sign in to an account: passkeys, identities, password, codes, links,
    /// known devices.
    pub async fn remove_factors(&self, account: &AccountId) -> Stored<()> {
        // All or none: after a failure in between, one way in would be left to the person who is
        // being locked out.
        let mut transaction = self.transaction().await?;
        for text in [
            "DELETE FROM passkeys WHERE account = $1",
            "DELETE FROM identities WHERE account = $1",
            // Before the password, to which they refer.
            "DELETE FROM recovery_codes WHERE account = $1",
            "DELETE FROM passwords WHERE account = $1",
            "DELETE FROM attempts WHERE account = $1",
            "DELETE FROM links WHERE account = $1",
            // Keys and invitations still to be collected, too: a thief may have prepared them
            // before the recovery.
            "DELETE FROM granted_keys WHERE account = $1",
            "DELETE FROM identity_invitations WHERE account = $1",
        ] {
            sqlx::query(text)
                .bind(account.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<RecoveryRecord> {
    Ok(RecoveryRecord {
        id: text(row, "id")?,
        account: name(row, "account", AccountId::parse)?,
        since: time(row, "since_at")?,
        reason: text(row, "reason")?,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        granted_by: name(row, "granted_by", AccountId::parse)?,
        granted_at: time(row, "granted_at")?,
    })
}
