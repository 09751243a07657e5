//! The last sign-ins of each account, as shown to its holder.

use digue_types::{AccountId, SessionId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, present, text, text_or_empty, time};
use crate::error::Stored;
use crate::store::Store;

/// One sign-in, as shown to its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRecord {
    pub session: SessionId,
    pub account: AccountId,
    pub at: Timestamp,
    pub host: String,
    pub ip: String,
    pub agent: String,
    /// `passkey`, `password`, `link`, `hand-over`, or the name of an identity provider.
    pub means: String,
}

/// Sign-ins kept for each account and means: a working day of hand-overs must not push out the one
/// by a stolen password.
const CONNECTIONS_KEPT: i64 = 20;

impl Store {
    /// Stores a sign-in, and deletes the oldest ones of the account by the same means.
    pub async fn add_connection(&self, connection: &ConnectionRecord) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        sqlx::query(
            "INSERT INTO connections (session, account, at, host, ip, agent, means) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(connection.session.as_str())
        .bind(connection.account.as_str())
        .bind(connection.at.micros())
        .bind(connection.host.as_str())
        .bind(present(connection.ip.as_str()))
        .bind(present(connection.agent.as_str()))
        .bind(connection.means.as_str())
        .execute(&mut *transaction)
        .await?;
        // In the same transaction, so that the list never grows: a stolen account may sign in
        // thousands of times.
        sqlx::query(
            "DELETE FROM connections WHERE account = $1 AND means = $2 AND session NOT IN \
             (SELECT session FROM connections WHERE account = $1 AND means = $2 \
             ORDER BY at DESC, session LIMIT $3)",
        )
        .bind(connection.account.as_str())
        .bind(connection.means.as_str())
        .bind(CONNECTIONS_KEPT)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The last sign-ins of an account by other means than `without`, newest first.
    pub async fn connections_of(
        &self,
        account: &AccountId,
        without: &str,
        count: i64,
    ) -> Stored<Vec<ConnectionRecord>> {
        let rows = sqlx::query(
            "SELECT session, account, at, host, ip, agent, means FROM connections \
             WHERE account = $1 AND means <> $2 ORDER BY at DESC, session LIMIT $3",
        )
        .bind(account.as_str())
        .bind(without)
        .bind(count)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<ConnectionRecord> {
    Ok(ConnectionRecord {
        session: name(row, "session", SessionId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        at: time(row, "at")?,
        host: text(row, "host")?,
        ip: text_or_empty(row, "ip")?,
        agent: text_or_empty(row, "agent")?,
        means: text(row, "means")?,
    })
}
