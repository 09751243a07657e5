//! The connection to the state.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyPool, Transaction};

use crate::database::Database;
use crate::error::Stored;
use crate::migrate;

/// Milliseconds for which SQLite waits for another process: for one that migrates a large state,
/// and for a write.
const WAITS_TO_MIGRATE: &str = "PRAGMA busy_timeout = 600000";
const WAITS_TO_WRITE: &str = "PRAGMA busy_timeout = 5000";

/// A connection to the state.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
    database: Database,
}

impl Store {
    /// Opens and migrates. `url` is `sqlite:PATH`, `sqlite::memory:` or `postgres://...`.
    pub async fn open(url: &str) -> Stored<Self> {
        sqlx::any::install_default_drivers();
        let database = if url.starts_with("sqlite:") {
            Database::Sqlite
        } else {
            Database::Postgresql
        };
        // SQLite has one writer: a second connection would only wait, or lose an in-memory file.
        let connections = match database {
            Database::Sqlite => 1,
            Database::Postgresql => 8,
        };
        let url = match url.strip_prefix("sqlite:") {
            Some(path) if path != ":memory:" && !path.contains('?') => {
                format!("sqlite:{path}?mode=rwc")
            }
            _ => url.to_owned(),
        };
        // The connection of SQLite is never replaced: an in-memory database would be lost with it,
        // and `synchronous` is a setting of the connection.
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // Shorter than any client waits: a page then says that the database is not available,
            // and does not hang.
            .acquire_timeout(Duration::from_secs(10))
            .connect(&url)
            .await?;
        if database == Database::Sqlite {
            // FULL, because in WAL mode NORMAL may lose the last commits in a power cut. SQLite
            // enforces foreign keys only where the connection asks for it.
            for pragma in [
                WAITS_TO_MIGRATE,
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ] {
                sqlx::query(pragma).execute(&pool).await?;
            }
        }
        migrate::run(&pool, database).await?;
        if database == Database::Sqlite {
            sqlx::query(WAITS_TO_WRITE).execute(&pool).await?;
        }
        Ok(Self { pool, database })
    }

    /// Begins a transaction that will write. Every transaction of the state begins here.
    pub(crate) async fn transaction(&self) -> Stored<Transaction<'static, Any>> {
        self.database.begin(&self.pool).await
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}
