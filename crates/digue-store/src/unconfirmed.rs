//! Accounts whose holder has not been confirmed.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, present, present_time, text, text_or_empty, time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

/// A new or recovered account: who requested and granted it, and who held its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnconfirmedRecord {
    pub account: AccountId,
    /// Empty when an earlier version did not store it.
    pub asked_by: String,
    pub granted_by: String,
    /// The holder's address according to the request; empty after a recovery.
    pub email: String,
    /// Accounts that saw a link, separated by spaces.
    pub handed_by: String,
    /// The last invitation; zero for none.
    pub invited_at: Timestamp,
    pub since: Timestamp,
}

impl Store {
    /// Adds or replaces.
    pub async fn save_unconfirmed(&self, record: &UnconfirmedRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO unconfirmed (account, asked_by, granted_by, email, handed_by, invited_at, since) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO UPDATE SET \
             asked_by = excluded.asked_by, granted_by = excluded.granted_by, email = excluded.email, \
             handed_by = excluded.handed_by, invited_at = excluded.invited_at, since = excluded.since",
        )
        .bind(record.account.as_str())
        .bind(present(record.asked_by.as_str()))
        .bind(present(record.granted_by.as_str()))
        .bind(present(record.email.as_str()))
        .bind(record.handed_by.as_str())
        .bind(present_time(record.invited_at))
        .bind(record.since.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn unconfirmed(&self) -> Stored<Vec<UnconfirmedRecord>> {
        let rows = sqlx::query(
            "SELECT account, asked_by, granted_by, email, handed_by, invited_at, since FROM unconfirmed \
             ORDER BY account",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Ends the wait for a confirmation; false when there was none.
    pub async fn remove_unconfirmed(&self, account: &AccountId) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM unconfirmed WHERE account = $1")
            .bind(account.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &AnyRow) -> Stored<UnconfirmedRecord> {
    Ok(UnconfirmedRecord {
        account: name(row, "account", AccountId::parse)?,
        asked_by: text_or_empty(row, "asked_by")?,
        granted_by: text_or_empty(row, "granted_by")?,
        email: text_or_empty(row, "email")?,
        handed_by: text(row, "handed_by")?,
        invited_at: time_or_zero(row, "invited_at")?,
        since: time(row, "since")?,
    })
}
