//! Feeds: how much the programs of an account may add to a file in a day, and what they added.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{number, signed, time, whole};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// Adds or replaces. `target` is the subject of the file.
    pub async fn set_feed(&self, account: &AccountId, target: &str, per_day: u32) -> Stored<()> {
        sqlx::query(
            "INSERT INTO feeds (account, target, per_day) VALUES ($1, $2, $3) \
             ON CONFLICT (account, target) DO UPDATE SET per_day = excluded.per_day",
        )
        .bind(account.as_str())
        .bind(target)
        .bind(i64::from(per_day))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The most readings that the account may add to the file in 24 hours; `None` without
    /// permission.
    pub async fn feed(&self, account: &AccountId, target: &str) -> Stored<Option<u32>> {
        let row = sqlx::query("SELECT per_day FROM feeds WHERE account = $1 AND target = $2")
            .bind(account.as_str())
            .bind(target)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| number(&row, "per_day")).transpose()
    }

    /// What the feed added after `since`, oldest first.
    pub async fn feed_loads(
        &self,
        account: &AccountId,
        target: &str,
        since: Timestamp,
    ) -> Stored<Vec<(Timestamp, u64)>> {
        let rows = sqlx::query(
            "SELECT at, readings FROM feed_loads WHERE account = $1 AND target = $2 AND at > $3 ORDER BY at",
        )
        .bind(account.as_str())
        .bind(target)
        .bind(since.micros())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_load).collect()
    }

    /// Stores what the feed added, and forgets what it added until `before`.
    pub async fn add_feed_load(
        &self,
        account: &AccountId,
        target: &str,
        (at, readings): (Timestamp, u64),
        before: Timestamp,
    ) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        sqlx::query("DELETE FROM feed_loads WHERE account = $1 AND target = $2 AND at <= $3")
            .bind(account.as_str())
            .bind(target)
            .bind(before.micros())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO feed_loads (account, target, at, readings) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account, target, at) DO UPDATE SET readings = feed_loads.readings + excluded.readings",
        )
        .bind(account.as_str())
        .bind(target)
        .bind(at.micros())
        .bind(signed(readings)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn read_load(row: &AnyRow) -> Stored<(Timestamp, u64)> {
    Ok((time(row, "at")?, whole(row, "readings")?))
}
