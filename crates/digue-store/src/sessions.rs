//! Sessions, which survive a restart.

use digue_access::session::{ClientIp, Device, TokenHash};
use digue_access::{RequestOrigin, Session};
use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{corrupt, hex, name, text, time, unhex};
use crate::error::Stored;
use crate::store::Store;

const COLUMNS: &str = "token, id, account, organisation, host, opened_at, seen_at, proved_at, ip, agent, tls, \
                       device_key, device_cookie, device_until, other_ip";

impl Store {
    pub async fn add_session(&self, token: &TokenHash, session: &Session) -> Stored<()> {
        let text = format!(
            "INSERT INTO sessions ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', 0, $12)"
        );
        sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(hex(token))
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
        rows.iter().map(read).collect()
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
        .bind(hex(&device.cookie))
        .bind(device.until.micros())
        .bind(id.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<(TokenHash, Session)> {
    let session = Session {
        id: name(row, "id", SessionId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        host: text(row, "host")?,
        opened_at: time(row, "opened_at")?,
        seen_at: time(row, "seen_at")?,
        proved_at: time(row, "proved_at")?,
        origin: RequestOrigin {
            ip: ClientIp::read(&text(row, "ip")?),
            agent: text(row, "agent")?,
            tls: text(row, "tls")?,
        },
        other_ip: ClientIp::read(&text(row, "other_ip")?),
        device: device(row)?,
    };
    Ok((unhex(&text(row, "token")?).ok_or_else(|| corrupt("token"))?, session))
}

fn device(row: &AnyRow) -> Stored<Option<Device>> {
    let key = text(row, "device_key")?;
    if key.is_empty() {
        return Ok(None);
    }
    let cookie = unhex(&text(row, "device_cookie")?).ok_or_else(|| corrupt("device_cookie"))?;
    // The previous cookie is valid for ten seconds only (decision 7), so it is not stored.
    Ok(Some(Device { key, cookie, until: time(row, "device_until")?, before: None }))
}
