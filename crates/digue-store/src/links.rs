//! One-time links.

use digue_access::session::TokenHash;
use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{hex, name, present, present_time, text, text_or_empty, time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

/// A one-time link, valid for one account on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConnection {
    pub account: AccountId,
    pub host: String,
    pub expires_at: Timestamp,
    /// SHA-256 (hex) of the secret that the browser using it must hold; empty for a link that
    /// anyone who holds it may use.
    pub state: String,
    /// When the identity was proved; zero when using the link is the proof.
    pub proved_at: Timestamp,
}

impl Store {
    pub async fn add_link(&self, token: &TokenHash, link: &StoreConnection) -> Stored<()> {
        sqlx::query("INSERT INTO links (token, account, host, expires_at, state, proved_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(hex(token))
            .bind(link.account.as_str())
            .bind(link.host.as_str())
            .bind(link.expires_at.micros())
            .bind(present(link.state.as_str()))
            .bind(present_time(link.proved_at))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The account of a link, while it is valid; the link stays valid.
    pub async fn peek_link(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Stored<Option<StoreConnection>> {
        let row =
            sqlx::query("SELECT account, host, expires_at, state, proved_at FROM links WHERE token = $1 AND expires_at > $2")
                .bind(hex(token))
                .bind(now.micros())
                .fetch_optional(&self.pool)
                .await?;
        row.as_ref().map(read).transpose()
    }

    /// Uses up a link: of two at the same time, one gets it.
    pub async fn take_link(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Stored<Option<StoreConnection>> {
        let row = sqlx::query(
            "DELETE FROM links WHERE token = $1 AND expires_at > $2 \
             RETURNING account, host, expires_at, state, proved_at",
        )
        .bind(hex(token))
        .bind(now.micros())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Stored<StoreConnection> {
    Ok(StoreConnection {
        account: name(row, "account", AccountId::parse)?,
        host: text(row, "host")?,
        expires_at: time(row, "expires_at")?,
        state: text_or_empty(row, "state")?,
        proved_at: time_or_zero(row, "proved_at")?,
    })
}
