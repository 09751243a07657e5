//! Wrong answers in a row, by account and device.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{number, present_time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

/// Consecutive wrong answers, from one device that the account knows, or from all others together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    pub failures: u32,
    pub failed_at: Timestamp,
}

impl Store {
    /// Consecutive wrong answers from this device; `None` when the account does not know it. All
    /// unknown devices share the empty name.
    pub async fn attempts(&self, account: &AccountId, device: &str) -> Stored<Option<Attempts>> {
        let row = sqlx::query(
            "SELECT failures, failed_at FROM attempts WHERE account = $1 AND device = $2",
        )
        .bind(account.as_str())
        .bind(device)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// Counts an attempt before its answer is checked: parallel attempts are all counted.
    pub async fn count_attempt(
        &self,
        account: &AccountId,
        device: &str,
        at: Timestamp,
    ) -> Stored<()> {
        sqlx::query(
            "INSERT INTO attempts (account, device, failures, failed_at) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (account, device) DO UPDATE SET failures = attempts.failures + 1, \
             failed_at = excluded.failed_at",
        )
        .bind(account.as_str())
        .bind(device)
        .bind(present_time(at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Counts an attempt if the count is still what its caller has seen; false when another attempt
    /// came between. A limit that is looked at before it is counted holds only with this.
    pub async fn count_attempt_after(
        &self,
        account: &AccountId,
        device: &str,
        seen: Option<Attempts>,
        at: Timestamp,
    ) -> Stored<bool> {
        let query = match seen {
            None => sqlx::query(
                "INSERT INTO attempts (account, device, failures, failed_at) VALUES ($1, $2, 1, $3) \
                 ON CONFLICT (account, device) DO NOTHING",
            ),
            // `COALESCE`, because a time of zero is stored as NULL, which equals nothing in SQL.
            Some(_) => sqlx::query(
                "UPDATE attempts SET failures = failures + 1, failed_at = $3 \
                 WHERE account = $1 AND device = $2 AND failures = $4 AND COALESCE(failed_at, 0) = $5",
            ),
        };
        let query = query
            .bind(account.as_str())
            .bind(device)
            .bind(present_time(at));
        let query = match seen {
            None => query,
            Some(seen) => query
                .bind(i64::from(seen.failures))
                .bind(seen.failed_at.micros()),
        };
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// The right answer: clears the attempts of this device, which the account now knows.
    pub async fn forget_attempts(&self, account: &AccountId, device: &str) -> Stored<()> {
        // Set to zero and not deleted: the row is what makes the device known.
        sqlx::query(
            "INSERT INTO attempts (account, device, failures, failed_at) VALUES ($1, $2, 0, NULL) \
             ON CONFLICT (account, device) DO UPDATE SET failures = 0",
        )
        .bind(account.as_str())
        .bind(device)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<Attempts> {
    let failures = number(row, "failures")?;
    Ok(Attempts {
        failures,
        failed_at: time_or_zero(row, "failed_at")?,
    })
}
