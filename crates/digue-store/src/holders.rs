//! Names and telephones of account holders.

use std::collections::HashMap;

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, present, text, text_or_empty, time};
use crate::error::Stored;
use crate::store::Store;

/// Who holds an account, as people find them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderRecord {
    pub name: String,
    /// The function; may be empty.
    pub job: String,
    /// As it is written; may be empty.
    pub telephone: String,
    pub written_by: AccountId,
    pub written_at: Timestamp,
}

impl Store {
    /// Adds or replaces.
    pub async fn save_holder(&self, account: &AccountId, holder: &HolderRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO holders (account, name, job, telephone, written_by, written_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET \
             name = excluded.name, job = excluded.job, telephone = excluded.telephone, \
             written_by = excluded.written_by, written_at = excluded.written_at",
        )
        .bind(account.as_str())
        .bind(holder.name.as_str())
        .bind(present(holder.job.as_str()))
        .bind(present(holder.telephone.as_str()))
        .bind(holder.written_by.as_str())
        .bind(holder.written_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The holders of all accounts of which a name is known.
    pub async fn holders(&self) -> Stored<HashMap<AccountId, HolderRecord>> {
        let query = "SELECT account, name, job, telephone, written_by, written_at FROM holders";
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<(AccountId, HolderRecord)> {
    let holder = HolderRecord {
        name: text(row, "name")?,
        job: text_or_empty(row, "job")?,
        telephone: text_or_empty(row, "telephone")?,
        written_by: name(row, "written_by", AccountId::parse)?,
        written_at: time(row, "written_at")?,
    };
    Ok((name(row, "account", AccountId::parse)?, holder))
}
