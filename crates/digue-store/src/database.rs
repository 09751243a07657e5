//! What differs between the two databases.

use sqlx::{Any, AnyPool, Transaction};

use crate::error::Stored;

/// The kind of a database, where one SQL text is not enough for both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgresql,
}

impl Database {
    /// Begins a transaction that will write.
    ///
    /// SQLite answers "locked" at once, without waiting, when a transaction that has read wants to
    /// write while another process does: it takes the lock first, and then waits for it.
    pub(crate) async fn begin(self, pool: &AnyPool) -> Stored<Transaction<'static, Any>> {
        Ok(match self {
            Self::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await?,
            Self::Postgresql => pool.begin().await?,
        })
    }
}
