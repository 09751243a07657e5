//! API keys of programs.

use digue_access::session::TokenHash;
use digue_access::{ApiKey, KeyProof};
use digue_types::{AccountId, SessionId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{corrupt, hex, name, text, time, unhex};
use crate::error::Stored;
use crate::store::Store;

/// A key, with the hash of its secret and the name its holders gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    pub secret: TokenHash,
    pub key: ApiKey,
    pub name: String,
    pub added_at: Timestamp,
}

impl Store {
    pub async fn add_key(&self, record: &ApiKeyRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO api_keys (id, secret, account, name, thumbprint, added_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(record.key.id.as_str())
        .bind(hex(&record.secret))
        .bind(record.key.account.as_str())
        .bind(record.name.as_str())
        .bind(record.key.proof.code())
        .bind(record.added_at.micros())
        .bind(record.key.expires_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All keys, the newest first.
    pub async fn keys(&self) -> Stored<Vec<ApiKeyRecord>> {
        let rows = sqlx::query(
            "SELECT id, secret, account, name, thumbprint, added_at, expires_at FROM api_keys \
             ORDER BY added_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Deletes a key; true when it existed.
    pub async fn remove_key(&self, id: &SessionId) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM api_keys WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes all keys of an account.
    pub async fn remove_keys_of(&self, account: &AccountId) -> Stored<()> {
        sqlx::query("DELETE FROM api_keys WHERE account = $1")
            .bind(account.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<ApiKeyRecord> {
    let key = ApiKey {
        id: name(row, "id", SessionId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        proof: KeyProof::parse(&text(row, "thumbprint")?),
        expires_at: time(row, "expires_at")?,
    };
    let secret = unhex(&text(row, "secret")?).ok_or_else(|| corrupt("secret"))?;
    Ok(ApiKeyRecord {
        secret,
        key,
        name: text(row, "name")?,
        added_at: time(row, "added_at")?,
    })
}
