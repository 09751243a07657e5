//! Sessions that a provider opened, and what is needed to end them with it.

use digue_types::{AccountId, SessionId};
use sqlx::any::AnyRow;

use crate::columns::{name, present, text, text_or_empty};
use crate::error::Stored;
use crate::store::Store;

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

impl Store {
    /// Stores the provider of a session; deleted with the session.
    pub async fn add_provider_session(&self, known: &ProviderSession) -> Stored<()> {
        sqlx::query(
            "INSERT INTO provider_sessions (session, provider, identity, sid, sealed_token) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(known.session.as_str())
        .bind(known.provider.as_str())
        .bind(known.identity.as_str())
        .bind(present(known.sid.as_str()))
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
        row.as_ref().map(read).transpose()
    }

    /// Accounts with a live session that this provider session opened.
    pub async fn accounts_of_provider_session(&self, sid: &str) -> Stored<Vec<AccountId>> {
        let rows = sqlx::query(
            // Providers that send no `sid` are stored with NULL, which equals nothing: otherwise
            // one logout would end the sessions of all of them.
            "SELECT DISTINCT sessions.account AS account FROM provider_sessions \
             JOIN sessions ON sessions.id = provider_sessions.session \
             WHERE provider_sessions.sid = $1",
        )
        .bind(sid)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(account).collect()
    }
}

fn read(row: &AnyRow) -> Stored<ProviderSession> {
    Ok(ProviderSession {
        session: name(row, "session", SessionId::parse)?,
        provider: text(row, "provider")?,
        identity: text(row, "identity")?,
        sid: text_or_empty(row, "sid")?,
        sealed_token: text(row, "sealed_token")?,
    })
}

fn account(row: &AnyRow) -> Stored<AccountId> {
    name(row, "account", AccountId::parse)
}
