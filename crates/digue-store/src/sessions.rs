//! Sessions, which survive a restart.

use digue_access::session::{ClientIp, Device, TokenHash};
use digue_access::{RequestOrigin, Session};
use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{
    corrupt, hex, name, optional_text, present, present_time, text, text_or_empty, time,
    time_or_zero, unhex,
};
use crate::error::Stored;
use crate::store::Store;

const COLUMNS: &str = "token, id, account, organisation, host, opened_at, seen_at, proved_at, ip, agent, tls, \
                       device_key, device_cookie, device_until, other_ip";

impl Store {
    pub async fn add_session(&self, token: &TokenHash, session: &Session) -> Stored<()> {
        let text = format!(
            "INSERT INTO sessions ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, NULL, NULL, $12)"
        );
        sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(hex(token))
            .bind(session.id.as_str())
            .bind(session.account.as_str())
            .bind(session.organisation.as_str())
            .bind(session.host.as_str())
            .bind(session.opened_at.micros())
            .bind(session.seen_at.micros())
            .bind(present_time(session.proved_at))
            .bind(stored_address(session.origin.ip))
            .bind(present(session.origin.agent.as_str()))
            .bind(present(session.origin.tls.as_str()))
            .bind(stored_address(session.other_ip))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Stores the address of the other family that the holder of a session uses.
    pub async fn know_other_address(&self, id: &SessionId, ip: ClientIp) -> Stored<()> {
        sqlx::query("UPDATE sessions SET other_ip = $1 WHERE id = $2")
            .bind(stored_address(ip))
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn sessions(&self) -> Stored<Vec<(TokenHash, Session)>> {
        let text = format!("SELECT {COLUMNS} FROM sessions ORDER BY opened_at");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn remove_sessions(&self, ids: &[SessionId]) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        for id in ids {
            // What the provider knows of a session goes with it: a later logout there must find
            // nothing.
            for text in [
                "DELETE FROM provider_sessions WHERE session = $1",
                "DELETE FROM sessions WHERE id = $1",
            ] {
                sqlx::query(text)
                    .bind(id.as_str())
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Records a fresh proof on a session.
    pub async fn prove_session(&self, id: &SessionId, at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE sessions SET proved_at = $1 WHERE id = $2")
            .bind(present_time(at))
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
        proved_at: time_or_zero(row, "proved_at")?,
        origin: RequestOrigin {
            ip: address(row, "ip")?,
            agent: text_or_empty(row, "agent")?,
            tls: text_or_empty(row, "tls")?,
        },
        other_ip: address(row, "other_ip")?,
        device: device(row)?,
    };
    Ok((
        unhex(&text(row, "token")?).ok_or_else(|| corrupt("token"))?,
        session,
    ))
}

fn stored_address(ip: ClientIp) -> Option<String> {
    if ip.is_unknown() {
        None
    } else {
        Some(ip.to_string())
    }
}

fn address(row: &AnyRow, column: &str) -> Stored<ClientIp> {
    Ok(optional_text(row, column)?.map_or(ClientIp::Unknown, |text| ClientIp::read(&text)))
}

fn device(row: &AnyRow) -> Stored<Option<Device>> {
    let Some(key) = optional_text(row, "device_key")? else {
        return Ok(None);
    };
    let cookie = unhex(&text(row, "device_cookie")?).ok_or_else(|| corrupt("device_cookie"))?;
    // The previous cookie is valid for ten seconds only (decision 7), so it is not stored.
    Ok(Some(Device {
        key,
        cookie,
        until: time(row, "device_until")?,
        before: None,
    }))
}
