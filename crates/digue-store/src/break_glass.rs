//! Break-glass, and its reviews.

use std::collections::HashMap;

use digue_access::decide::BreakGlass;
use digue_types::{AccountId, PortalId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, optional_time, text, time};
use crate::error::Stored;
use crate::store::Store;

/// A break glass, waiting for review or reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassRecord {
    pub id: String,
    pub portal: PortalId,
    pub account: AccountId,
    pub justification: String,
    pub opened_at: Timestamp,
    pub until: Timestamp,
    pub reviewed: Option<(AccountId, Timestamp)>,
}

impl Store {
    pub async fn add_break_glass(&self, record: &BreakGlassRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO break_glass (id, portal, account, justification, opened_at, until_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(record.id.as_str())
        .bind(record.portal.as_str())
        .bind(record.account.as_str())
        .bind(record.justification.as_str())
        .bind(record.opened_at.micros())
        .bind(record.until.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All break-glass, newest first.
    pub async fn break_glass(&self) -> Stored<Vec<BreakGlassRecord>> {
        let rows = sqlx::query(
            "SELECT id, portal, account, justification, opened_at, until_at, reviewed_by, \
             reviewed_at FROM break_glass ORDER BY opened_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// True when there was one to review.
    pub async fn review_break_glass(
        &self,
        id: &str,
        by: &AccountId,
        at: Timestamp,
    ) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE break_glass SET reviewed_by = $1, reviewed_at = $2 \
             WHERE id = $3 AND reviewed_at IS NULL",
        )
        .bind(by.as_str())
        .bind(at.micros())
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Withdraws a review that could not be journalled.
    pub async fn release_break_glass(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE break_glass SET reviewed_by = NULL, reviewed_at = NULL WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<BreakGlassRecord> {
    let reviewed = match optional_time(row, "reviewed_at")? {
        Some(at) => Some((name(row, "reviewed_by", AccountId::parse)?, at)),
        None => None,
    };
    Ok(BreakGlassRecord {
        id: text(row, "id")?,
        portal: name(row, "portal", PortalId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        justification: text(row, "justification")?,
        opened_at: time(row, "opened_at")?,
        until: time(row, "until_at")?,
        reviewed,
    })
}

/// Break-glass still in force at `now`, by portal and account.
pub fn live_break_glass(
    records: &[BreakGlassRecord],
    now: Timestamp,
) -> HashMap<(PortalId, AccountId), BreakGlass> {
    let live = records.iter().filter(|record| now < record.until);
    live.map(|record| {
        let glass = BreakGlass {
            justification: record.justification.clone(),
            until: record.until,
        };
        ((record.portal.clone(), record.account.clone()), glass)
    })
    .collect()
}
