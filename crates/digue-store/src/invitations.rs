//! Accounts whose holder has not been confirmed, and keys that wait for a holder to collect them.

use digue_types::{AccountId, Timestamp};

use crate::{Store, Stored, rows};

/// A new or recovered account: who requested and granted it, and who held its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnconfirmedRecord {
    pub account: AccountId,
    /// Empty when an earlier version did not store it.
    pub asked_by: String,
    pub granted_by: String,
    /// The holder's address according to the request; empty after a recovery.
    pub email: String,
    /// Accounts that saw a link, separated by spaces.
    pub handed_by: String,
    /// The last invitation; zero for none.
    pub invited_at: Timestamp,
    pub since: Timestamp,
}

/// An API key that was granted, and that the account's holder has not collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedKeyRecord {
    /// The id of its approval request.
    pub id: String,
    pub account: AccountId,
    pub thumbprint: String,
    pub name: String,
    pub asked_by: AccountId,
    pub granted_by: AccountId,
    pub granted_at: Timestamp,
}

impl Store {
    /// Adds or replaces.
    pub async fn save_unconfirmed(&self, record: &UnconfirmedRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO unconfirmed (account, asked_by, granted_by, email, handed_by, invited_at, since) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO UPDATE SET \
             asked_by = excluded.asked_by, granted_by = excluded.granted_by, email = excluded.email, \
             handed_by = excluded.handed_by, invited_at = excluded.invited_at, since = excluded.since",
        )
        .bind(record.account.as_str())
        .bind(record.asked_by.as_str())
        .bind(record.granted_by.as_str())
        .bind(record.email.as_str())
        .bind(record.handed_by.as_str())
        .bind(record.invited_at.micros())
        .bind(record.since.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn unconfirmed(&self) -> Stored<Vec<UnconfirmedRecord>> {
        let rows = sqlx::query(
            "SELECT account, asked_by, granted_by, email, handed_by, invited_at, since FROM unconfirmed \
             ORDER BY account",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::unconfirmed).collect()
    }

    /// Ends the wait for a confirmation; false when there was none.
    pub async fn remove_unconfirmed(&self, account: &AccountId) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM unconfirmed WHERE account = $1")
            .bind(account.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn add_granted_key(&self, record: &GrantedKeyRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO granted_keys (id, account, thumbprint, name, asked_by, granted_by, granted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(record.id.as_str())
        .bind(record.account.as_str())
        .bind(record.thumbprint.as_str())
        .bind(record.name.as_str())
        .bind(record.asked_by.as_str())
        .bind(record.granted_by.as_str())
        .bind(record.granted_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Keys that wait for this account's holder, oldest first.
    pub async fn granted_keys_of(&self, account: &AccountId) -> Stored<Vec<GrantedKeyRecord>> {
        let rows = sqlx::query(
            "SELECT id, account, thumbprint, name, asked_by, granted_by, granted_at FROM granted_keys \
             WHERE account = $1 ORDER BY granted_at, id",
        )
        .bind(account.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::granted_key).collect()
    }

    /// Takes one: of two at the same time, one gets it.
    pub async fn take_granted_key(&self, id: &str, account: &AccountId) -> Stored<Option<GrantedKeyRecord>> {
        let row = sqlx::query(
            "DELETE FROM granted_keys WHERE id = $1 AND account = $2 \
             RETURNING id, account, thumbprint, name, asked_by, granted_by, granted_at",
        )
        .bind(id)
        .bind(account.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::granted_key).transpose()
    }

    pub async fn save_identity_invitation(
        &self,
        account: &AccountId,
        by: &AccountId,
        until: Timestamp,
    ) -> Stored<()> {
        sqlx::query(
            "INSERT INTO identity_invitations (account, made_by, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET made_by = excluded.made_by, expires_at = excluded.expires_at",
        )
        .bind(account.as_str())
        .bind(by.as_str())
        .bind(until.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// True while the holder of an account may link an identity.
    pub async fn is_invited_to_link(&self, account: &AccountId, now: Timestamp) -> Stored<bool> {
        let row =
            sqlx::query("SELECT account FROM identity_invitations WHERE account = $1 AND expires_at > $2")
                .bind(account.as_str())
                .bind(now.micros())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    pub async fn remove_identity_invitation(&self, account: &AccountId) -> Stored<()> {
        sqlx::query("DELETE FROM identity_invitations WHERE account = $1")
            .bind(account.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
