//! Identities at external providers: which account each may open, and which sessions it opened.
//!
//! A provider's names for people are stored as keyed hashes: enough to recognise one, and useless for
//! looking someone up elsewhere.

use std::collections::HashMap;

use digue_types::{AccountId, SessionId, Timestamp};

use crate::{Store, Stored, rows};

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

/// The link between a session and the provider that opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSession {
    pub session: SessionId,
    pub provider: String,
    /// `IdentityRecord::hash`.
    pub identity: String,
    /// Keyed hash of the provider's id of its own session; empty when it gives none.
    pub sid: String,
    /// The ID token that the provider expects at its end-session endpoint, sealed.
    pub sealed_token: String,
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
            .bind(identity.used_at.micros())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn identity(&self, hash: &str) -> Stored<Option<IdentityRecord>> {
        let text = format!("SELECT {COLUMNS} FROM identities WHERE hash = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text)).bind(hash).fetch_optional(&self.pool).await?;
        row.as_ref().map(rows::identity).transpose()
    }

    /// The identities of an account, oldest first.
    pub async fn identities_of(&self, account: &AccountId) -> Stored<Vec<IdentityRecord>> {
        let text = format!("SELECT {COLUMNS} FROM identities WHERE account = $1 ORDER BY linked_at, hash");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(account.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(rows::identity).collect()
    }

    /// How many identities each account has; accounts without any are absent.
    pub async fn identity_counts(&self) -> Stored<HashMap<AccountId, usize>> {
        let rows = sqlx::query("SELECT account, COUNT(*) AS held FROM identities GROUP BY account")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::held_count).collect()
    }

    pub async fn use_identity(&self, hash: &str, at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE identities SET used_at = $1 WHERE hash = $2")
            .bind(at.micros())
            .bind(hash)
            .execute(&self.pool)
            .await?;
        Ok(())
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

    /// Stores the provider of a session; deleted with the session.
    pub async fn add_provider_session(&self, known: &ProviderSession) -> Stored<()> {
        sqlx::query(
            "INSERT INTO provider_sessions (session, provider, identity, sid, sealed_token) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(known.session.as_str())
        .bind(known.provider.as_str())
        .bind(known.identity.as_str())
        .bind(known.sid.as_str())
        .bind(known.sealed_token.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn provider_session(&self, session: &SessionId) -> Stored<Option<ProviderSession>> {
        let row = sqlx::query(
            "SELECT session, provider, identity, sid, sealed_token FROM provider_sessions WHERE session = $1",
        )
        .bind(session.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::provider_session).transpose()
    }

    /// Accounts with a live session that this provider session opened.
    pub async fn accounts_of_provider_session(&self, sid: &str) -> Stored<Vec<AccountId>> {
        let rows = sqlx::query(
            // Providers that send no `sid` are stored with an empty one, which must match nobody: otherwise
            // one logout would end the sessions of all of them.
            "SELECT DISTINCT sessions.account AS account FROM provider_sessions \
             JOIN sessions ON sessions.id = provider_sessions.session \
             WHERE provider_sessions.sid = $1 AND provider_sessions.sid <> ''",
        )
        .bind(sid)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::account_of).collect()
    }
}
