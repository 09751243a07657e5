//! Revisions of the records of the ISMS: added, and never changed.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{is_true, number, text, time};
use crate::error::Stored;
use crate::store::Store;

/// One revision of one record of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRecord {
    pub kind: String,
    pub id: String,
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    pub author: String,
    pub is_over: bool,
    /// Its values, as JSON.
    pub content: String,
}

const REVISION: &str = "kind, id, number, at, author, is_over, content";

impl Store {
    /// Adds revisions, all or none; false when one of them already exists.
    pub async fn add_revisions(&self, revisions: &[RevisionRecord]) -> Stored<bool> {
        let sql = format!(
            "INSERT INTO records ({REVISION}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
        );
        let mut transaction = self.transaction().await?;
        for revision in revisions {
            let done = sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .bind(revision.kind.as_str())
                .bind(revision.id.as_str())
                .bind(i64::from(revision.number))
                .bind(revision.at.micros())
                .bind(revision.author.as_str())
                .bind(i64::from(revision.is_over))
                .bind(revision.content.as_str())
                .execute(&mut *transaction)
                .await?;
            // Another user saved this revision first: nothing of the batch may stay, or half of a
            // form is stored.
            if done.rows_affected() == 0 {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The last revision of every record, ended ones included.
    pub async fn last_revisions(&self) -> Stored<Vec<RevisionRecord>> {
        let sql = format!(
            "SELECT {REVISION} FROM records WHERE (kind, id, number) IN \
             (SELECT kind, id, MAX(number) FROM records GROUP BY kind, id)"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Every revision of every record of a kind.
    pub async fn revisions_of(&self, kind: &str) -> Stored<Vec<RevisionRecord>> {
        let sql = format!("SELECT {REVISION} FROM records WHERE kind = $1 ORDER BY id, number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(kind)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Every revision of every record.
    pub async fn all_revisions(&self) -> Stored<Vec<RevisionRecord>> {
        let sql = format!("SELECT {REVISION} FROM records ORDER BY kind, id, number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Every revision of a record, oldest first.
    pub async fn revisions(&self, kind: &str, id: &str) -> Stored<Vec<RevisionRecord>> {
        let sql =
            format!("SELECT {REVISION} FROM records WHERE kind = $1 AND id = $2 ORDER BY number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(kind)
            .bind(id)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<RevisionRecord> {
    Ok(RevisionRecord {
        kind: text(row, "kind")?,
        id: text(row, "id")?,
        number: number(row, "number")?,
        at: time(row, "at")?,
        author: text(row, "author")?,
        is_over: is_true(row, "is_over")?,
        content: text(row, "content")?,
    })
}
