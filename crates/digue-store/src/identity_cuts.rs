//! Cuts of accounts whose identities other systems vouch for, so that a restart refuses them again.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{is_true, name, time};
use crate::error::Stored;
use crate::store::Store;

/// One cut; a lifted one stays, because tokens from before it are refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityCutRecord {
    pub account: AccountId,
    pub at: Timestamp,
    pub is_lifted: bool,
}

impl Store {
    /// Adds or replaces.
    pub async fn save_identity_cut(&self, cut: &IdentityCutRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO identity_cuts (account, cut_at, lifted) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET cut_at = excluded.cut_at, lifted = excluded.lifted",
        )
        .bind(cut.account.as_str())
        .bind(cut.at.micros())
        .bind(i64::from(cut.is_lifted))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Every cut, by account.
    pub async fn identity_cuts(&self) -> Stored<Vec<IdentityCutRecord>> {
        let rows =
            sqlx::query("SELECT account, cut_at, lifted FROM identity_cuts ORDER BY account")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<IdentityCutRecord> {
    Ok(IdentityCutRecord {
        account: name(row, "account", AccountId::parse)?,
        at: time(row, "cut_at")?,
        is_lifted: is_true(row, "lifted")?,
    })
}
