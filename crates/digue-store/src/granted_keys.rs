//! API keys that were granted, and that the account's holder has not collected.

use digue_access::KeyProof;
use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, text, time};
use crate::error::Stored;
use crate::store::Store;

/// An API key that was granted, and that the account's holder has not collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedKeyRecord {
    /// The id of its approval request.
    pub id: String,
    pub account: AccountId,
    pub proof: KeyProof,
    pub name: String,
    pub asked_by: AccountId,
    pub granted_by: AccountId,
    pub granted_at: Timestamp,
}

impl Store {
    pub async fn add_granted_key(&self, record: &GrantedKeyRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO granted_keys (id, account, thumbprint, name, asked_by, granted_by, granted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(record.id.as_str())
        .bind(record.account.as_str())
        .bind(record.proof.code())
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
        rows.iter().map(read).collect()
    }

    /// Takes one: of two at the same time, one gets it.
    pub async fn take_granted_key(
        &self,
        id: &str,
        account: &AccountId,
    ) -> Stored<Option<GrantedKeyRecord>> {
        let row = sqlx::query(
            "DELETE FROM granted_keys WHERE id = $1 AND account = $2 \
             RETURNING id, account, thumbprint, name, asked_by, granted_by, granted_at",
        )
        .bind(id)
        .bind(account.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Stored<GrantedKeyRecord> {
    Ok(GrantedKeyRecord {
        id: text(row, "id")?,
        account: name(row, "account", AccountId::parse)?,
        proof: KeyProof::parse(&text(row, "thumbprint")?),
        name: text(row, "name")?,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        granted_by: name(row, "granted_by", AccountId::parse)?,
        granted_at: time(row, "granted_at")?,
    })
}
