//! Accounts whose holder may link an identity, for a time.

use digue_types::{AccountId, Timestamp};

use crate::error::Stored;
use crate::store::Store;

impl Store {
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
        let row = sqlx::query(
            "SELECT account FROM identity_invitations WHERE account = $1 AND expires_at > $2",
        )
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
