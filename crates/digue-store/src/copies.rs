//! Copies of a SQLite database for backups, and what SQLite says of one that was restored.

use std::path::Path;

use sqlx::Row as _;
use sqlx::any::AnyPoolOptions;

use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// Copies a SQLite database, consistent in itself, into a file that does not exist yet; beside
    /// its writer.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be read, or the file is there already.
    pub async fn copy_to(url: &str, file: &Path) -> Stored<()> {
        sqlx::any::install_default_drivers();
        // Not `open`: a copy migrates nothing.
        let url = if url.contains('?') {
            url.to_owned()
        } else {
            format!("{url}?mode=rw")
        };
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .connect(&url)
            .await?;
        // A live file is never copied as bytes: half of a transaction may be in its write-ahead
        // file.
        let copied = sqlx::query("VACUUM INTO $1")
            .bind(file.to_string_lossy().into_owned())
            .execute(&pool)
            .await;
        pool.close().await;
        copied?;
        Ok(())
    }

    /// What SQLite finds wrong with its own file; empty when nothing is.
    ///
    /// # Errors
    /// `Unavailable` when it could not be asked; on PostgreSQL, which has no such question.
    pub async fn integrity_faults(&self) -> Stored<Vec<String>> {
        let said = sqlx::query("PRAGMA integrity_check")
            .fetch_all(&self.pool)
            .await?;
        let mut faults = Vec::new();
        for row in said {
            let line: String = row.try_get(0)?;
            if line != "ok" {
                faults.push(line);
            }
        }
        let broken = sqlx::query("PRAGMA foreign_key_check")
            .fetch_all(&self.pool)
            .await?;
        for row in broken {
            let table: String = row.try_get(0)?;
            faults.push(format!("foreign key of {table}"));
        }
        Ok(faults)
    }
}
