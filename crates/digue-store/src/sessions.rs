//! Sessions, which survive a restart, and the last sign-ins of each account.

use digue_access::Session;
use digue_access::session::{ClientIp, Device, TokenHash};
use digue_types::{AccountId, SessionId, Timestamp};

use crate::{Store, Stored, rows};

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

/// Sign-ins kept for each account.
const CONNECTIONS_KEPT: i64 = 20;

const COLUMNS: &str = "token, id, account, organisation, host, opened_at, seen_at, proved_at, ip, agent, tls, \
                       device_key, device_cookie, device_until, other_ip";

impl Store {
    pub async fn add_session(&self, token: &TokenHash, session: &Session) -> Stored<()> {
        let text = format!(
            "INSERT INTO sessions ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', 0, $12)"
        );
        sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(rows::hex(token))
            .bind(session.id.as_str())
            .bind(session.account.as_str())
            .bind(session.organisation.as_str())
            .bind(session.host.as_str())
            .bind(session.opened_at.micros())
            .bind(session.seen_at.micros())
            .bind(session.proved_at.micros())
            .bind(session.origin.ip.to_string())
            .bind(session.origin.agent.as_str())
            .bind(session.origin.tls.as_str())
            .bind(session.other_ip.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Stores the address of the other family that the holder of a session uses.
    pub async fn know_other_address(&self, id: &SessionId, ip: ClientIp) -> Stored<()> {
        sqlx::query("UPDATE sessions SET other_ip = $1 WHERE id = $2")
            .bind(ip.to_string())
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn sessions(&self) -> Stored<Vec<(TokenHash, Session)>> {
        let text = format!("SELECT {COLUMNS} FROM sessions ORDER BY opened_at");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(&self.pool).await?;
        rows.iter().map(rows::session).collect()
    }

    pub async fn remove_sessions(&self, ids: &[SessionId]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        for id in ids {
            // What the provider knows of a session goes with it: a later logout there must find nothing.
            for text in
                ["DELETE FROM sessions WHERE id = $1", "DELETE FROM provider_sessions WHERE session = $1"]
            {
                sqlx::query(text).bind(id.as_str()).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Records a fresh proof on a session.
    pub async fn prove_session(&self, id: &SessionId, at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE sessions SET proved_at = $1 WHERE id = $2")
            .bind(at.micros())
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Binds a session to a device key, or stores its next short cookie.
    pub async fn bind_session(&self, id: &SessionId, device: &Device) -> Stored<()> {
        sqlx::query(
            "UPDATE sessions SET device_key = $1, device_cookie = $2, device_until = $3 WHERE id = $4",
        )
        .bind(device.key.as_str())
        .bind(rows::hex(&device.cookie))
        .bind(device.until.micros())
        .bind(id.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Stores a sign-in, and deletes the oldest ones of the account.
    pub async fn add_connection(&self, connection: &ConnectionRecord) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO connections (session, account, at, host, ip, agent, means) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(connection.session.as_str())
        .bind(connection.account.as_str())
        .bind(connection.at.micros())
        .bind(connection.host.as_str())
        .bind(connection.ip.as_str())
        .bind(connection.agent.as_str())
        .bind(connection.means.as_str())
        .execute(&mut *transaction)
        .await?;
        // In the same transaction, so that the list never grows: a stolen account may sign in thousands of
        // times.
        sqlx::query(
            "DELETE FROM connections WHERE account = $1 AND session NOT IN \
             (SELECT session FROM connections WHERE account = $1 ORDER BY at DESC, session LIMIT $2)",
        )
        .bind(connection.account.as_str())
        .bind(CONNECTIONS_KEPT)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The last sign-ins of an account, newest first.
    pub async fn connections_of(&self, account: &AccountId, count: i64) -> Stored<Vec<ConnectionRecord>> {
        let rows = sqlx::query(
            "SELECT session, account, at, host, ip, agent, means FROM connections \
             WHERE account = $1 ORDER BY at DESC, session LIMIT $2",
        )
        .bind(account.as_str())
        .bind(count)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::connection).collect()
    }
}
