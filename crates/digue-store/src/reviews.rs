//! Reviews of access.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, present_time, text, time, time_or_zero};
use crate::error::Stored;
use crate::review_lines::{self, ReviewLine};
use crate::store::Store;

/// A review in which every account's access is examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRecord {
    pub id: String,
    pub title: String,
    pub opened_at: Timestamp,
    pub opened_by: AccountId,
    pub due_at: Timestamp,
    /// Zero while it is open.
    pub closed_at: Timestamp,
}

impl Store {
    /// Opens a review with its lines, all or none; false when another one is open.
    pub async fn open_review(&self, review: &ReviewRecord, lines: &[ReviewLine]) -> Stored<bool> {
        let mut transaction = self.transaction().await?;
        let done = sqlx::query(
            "INSERT INTO reviews (id, title, opened_at, opened_by, due_at, closed_at) \
             SELECT $1, $2, $3, $4, $5, $6 \
             WHERE NOT EXISTS (SELECT 1 FROM reviews WHERE closed_at IS NULL)",
        )
        .bind(review.id.as_str())
        .bind(review.title.as_str())
        .bind(review.opened_at.micros())
        .bind(review.opened_by.as_str())
        .bind(review.due_at.micros())
        .bind(present_time(review.closed_at))
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for line in lines {
            review_lines::insert(line)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// All reviews, the newest first.
    pub async fn reviews(&self) -> Stored<Vec<ReviewRecord>> {
        let rows = sqlx::query(
            "SELECT id, title, opened_at, opened_by, due_at, closed_at FROM reviews ORDER BY opened_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn close_review(&self, id: &str, at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE reviews SET closed_at = $1 WHERE id = $2 AND closed_at IS NULL")
            .bind(at.micros())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<ReviewRecord> {
    Ok(ReviewRecord {
        id: text(row, "id")?,
        title: text(row, "title")?,
        opened_at: time(row, "opened_at")?,
        opened_by: name(row, "opened_by", AccountId::parse)?,
        due_at: time(row, "due_at")?,
        closed_at: time_or_zero(row, "closed_at")?,
    })
}
