//! Budgets that are lowered for a time.

use std::collections::HashMap;

use digue_access::decide::Reduction;
use digue_types::{AccountId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{corrupt, name, time};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    pub async fn save_reduction(&self, account: &AccountId, reduction: Reduction) -> Stored<()> {
        sqlx::query(
            "INSERT INTO reductions (account, percent, until_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET percent = excluded.percent, until_at = excluded.until_at",
        )
        .bind(account.as_str())
        .bind(i64::from(reduction.percent))
        .bind(reduction.until.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Reductions still in force at `now`.
    pub async fn reductions(&self, now: Timestamp) -> Stored<HashMap<AccountId, Reduction>> {
        let rows =
            sqlx::query("SELECT account, percent, until_at FROM reductions WHERE until_at > $1")
                .bind(now.micros())
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<(AccountId, Reduction)> {
    let percent =
        u8::try_from(row.try_get::<i64, _>("percent")?).map_err(|_| corrupt("percent"))?;
    Ok((
        name(row, "account", AccountId::parse)?,
        Reduction {
            percent,
            until: time(row, "until_at")?,
        },
    ))
}
