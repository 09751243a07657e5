//! Rows that a migration took out of their tables, because what they belonged to does not exist.

use sqlx::any::AnyRow;

use crate::columns::text;
use crate::error::Stored;
use crate::store::Store;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAsideRecord {
    /// The table that it was in.
    pub origin: String,
    /// The SQL statement that would put it back, once what it belongs to exists.
    pub statement: String,
}

impl Store {
    /// Every row that was set aside, in the order of the migration.
    pub async fn set_aside(&self) -> Stored<Vec<SetAsideRecord>> {
        let rows = sqlx::query("SELECT origin, statement FROM set_aside ORDER BY number")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<SetAsideRecord> {
    Ok(SetAsideRecord {
        origin: text(row, "origin")?,
        statement: text(row, "statement")?,
    })
}
