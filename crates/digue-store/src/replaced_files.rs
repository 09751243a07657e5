//! The version of the last load that replaced a whole file, by the file's subject.

use crate::columns::{signed, whole};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// `None` when no load replaced the file.
    pub async fn last_replacement(&self, target: &str) -> Stored<Option<u64>> {
        let row = sqlx::query("SELECT version FROM replaced_files WHERE target = $1")
            .bind(target)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| whole(&row, "version")).transpose()
    }

    pub async fn set_last_replacement(&self, target: &str, version: u64) -> Stored<()> {
        sqlx::query(
            "INSERT INTO replaced_files (target, version) VALUES ($1, $2) \
             ON CONFLICT (target) DO UPDATE SET version = excluded.version",
        )
        .bind(target)
        .bind(signed(version)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
