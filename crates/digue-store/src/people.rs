//! Organisations, contacts of account holders, and the restrictions after a recovery.

use std::collections::HashMap;

use digue_access::decide::Reduction;
use digue_types::{AccountId, OrganisationId, Timestamp};

use crate::{Store, Stored, rows};

/// A partner organisation, or the operator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationRecord {
    pub id: OrganisationId,
    pub name: String,
    /// The organisation's own address; may be empty.
    pub email: String,
}

/// A recovery: the account returned to its holder, and the time from which someone else may have used it.
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
    /// Adds or replaces.
    pub async fn save_organisation(&self, organisation: &OrganisationRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO organisations (id, name, email) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email",
        )
        .bind(organisation.id.as_str())
        .bind(organisation.name.as_str())
        .bind(organisation.email.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All organisations, by id.
    pub async fn organisations(&self) -> Stored<Vec<OrganisationRecord>> {
        let rows = sqlx::query("SELECT id, name, email FROM organisations ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::organisation).collect()
    }

    /// Sets the address of an account holder; an empty address is deleted.
    pub async fn save_contact(&self, account: &AccountId, email: &str) -> Stored<()> {
        let query = if email.is_empty() {
            sqlx::query("DELETE FROM contacts WHERE account = $1").bind(account.as_str())
        } else {
            sqlx::query(
                "INSERT INTO contacts (account, email) VALUES ($1, $2) \
                 ON CONFLICT (account) DO UPDATE SET email = excluded.email",
            )
            .bind(account.as_str())
            .bind(email)
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// The addresses of all account holders who gave one.
    pub async fn contacts(&self) -> Stored<HashMap<AccountId, String>> {
        let rows = sqlx::query("SELECT account, email FROM contacts").fetch_all(&self.pool).await?;
        rows.iter().map(rows::contact).collect()
    }

    pub async fn save_reduction(&self, account: &AccountId, reduction: Reduction) -> Stored<()> {
        sqlx::query(
            "INSERT INTO reductions (account, percent, until_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET percent = excluded.percent, until_at = excluded.until_at",
        )
        .bind(account.as_str())
        .bind(i64::from(reduction.percent))
        .bind(reduction.until.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Reductions still in force at `now`.
    pub async fn reductions(&self, now: Timestamp) -> Stored<HashMap<AccountId, Reduction>> {
        let rows = sqlx::query("SELECT account, percent, until_at FROM reductions WHERE until_at > $1")
            .bind(now.micros())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::reduction).collect()
    }

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
        rows.iter().map(rows::recovery).collect()
    }

    /// Removes every way to sign in to an account: passkeys, identities, password, codes, links, known
    /// devices.
    pub async fn remove_factors(&self, account: &AccountId) -> Stored<()> {
        // All or none: after a failure in between, one way in would be left to the person who is being locked
        // out.
        let mut transaction = self.pool.begin().await?;
        for text in [
            "DELETE FROM passkeys WHERE account = $1",
            "DELETE FROM identities WHERE account = $1",
            "DELETE FROM passwords WHERE account = $1",
            "DELETE FROM recovery_codes WHERE account = $1",
            "DELETE FROM attempts WHERE account = $1",
            "DELETE FROM links WHERE account = $1",
            // Keys and invitations still to be collected, too: a thief may have prepared them before the
            // recovery.
            "DELETE FROM granted_keys WHERE account = $1",
            "DELETE FROM identity_invitations WHERE account = $1",
        ] {
            sqlx::query(text).bind(account.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
