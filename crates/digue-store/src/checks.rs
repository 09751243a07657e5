//! Results of checks: added, and never changed.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{text, time};
use crate::error::Stored;
use crate::store::Store;

/// One result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRecord {
    pub name: String,
    pub at: Timestamp,
    /// As JSON.
    pub content: String,
    /// SHA-256 of its canonical form, hexadecimal.
    pub hash: String,
}

impl Store {
    pub async fn add_check_result(&self, result: &CheckRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO check_results (name, at, content, hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(result.name.as_str())
        .bind(result.at.micros())
        .bind(result.content.as_str())
        .bind(result.hash.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last result of every check.
    pub async fn last_check_results(&self) -> Stored<Vec<CheckRecord>> {
        let rows = sqlx::query(
            "SELECT name, at, content, hash FROM check_results WHERE (name, at) IN \
             (SELECT name, MAX(at) FROM check_results GROUP BY name)",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Every result of every check, oldest first.
    pub async fn all_check_results(&self) -> Stored<Vec<CheckRecord>> {
        let rows =
            sqlx::query("SELECT name, at, content, hash FROM check_results ORDER BY name, at")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }

    /// Results of a check, newest first, at most `most`.
    pub async fn check_results(&self, name: &str, most: u32) -> Stored<Vec<CheckRecord>> {
        let rows = sqlx::query(
            "SELECT name, at, content, hash FROM check_results WHERE name = $1 ORDER BY at DESC LIMIT $2",
        )
        .bind(name)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<CheckRecord> {
    Ok(CheckRecord {
        name: text(row, "name")?,
        at: time(row, "at")?,
        content: text(row, "content")?,
        hash: text(row, "hash")?,
    })
}
