//! The connection to the state.

use std::time::Duration;

use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;

use crate::error::Stored;
use crate::migrate;

/// A connection to the state.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
}

impl Store {
    /// Opens and migrates. `url` is `sqlite:PATH`, `sqlite::memory:` or `postgres://...`.
    pub async fn open(url: &str) -> Stored<Self> {
        sqlx::any::install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        // SQLite has one writer: a second connection would only wait, or lose an in-memory file.
        let connections = if is_sqlite { 1 } else { 8 };
        let url = match url.strip_prefix("sqlite:") {
            Some(path) if path != ":memory:" && !path.contains('?') => {
                format!("sqlite:{path}?mode=rwc")
            }
            _ => url.to_owned(),
        };
        // The connection of SQLite is never replaced: an in-memory database would be lost with it, and
        // `synchronous` is a setting of the connection.
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // Shorter than any client waits: a page then says that the database is not available, and does
            // not hang.
            .acquire_timeout(Duration::from_secs(10))
            .connect(&url)
            .await?;
        if is_sqlite {
            // FULL, because in WAL mode NORMAL may lose the last commits in a power cut. SQLite enforces foreign
            // keys only where the connection asks for it.
            for pragma in
                ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"]
            {
                sqlx::query(pragma).execute(&pool).await?;
            }
        }
        migrate::run(&pool, is_sqlite).await?;
        Ok(Self { pool })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}
