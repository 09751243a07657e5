//! Settings by name.

use std::collections::HashMap;

use sqlx::Row as _;

use crate::error::{StoreError, Stored};
use crate::store::Store;

const SET_SETTING: &str = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl Store {
    pub async fn set_setting(&self, name: &str, value: &str) -> Stored<()> {
        sqlx::query(SET_SETTING).bind(name).bind(value).execute(&self.pool).await?;
        Ok(())
    }

    pub async fn setting(&self, name: &str) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row.try_get::<String, _>(0)).transpose().map_err(StoreError::from)
    }

    /// Settings whose names begin with `prefix`, by the rest of the name.
    pub async fn settings_under(&self, prefix: &str) -> Stored<HashMap<String, String>> {
        // Not with LIKE: SQLite ignores letter case there and PostgreSQL does not, and `_` matches anything
        // in both.
        let rows = sqlx::query("SELECT name, value FROM settings WHERE substr(name, 1, $1) = $2")
            .bind(i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX))
            .bind(prefix)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let name = row.try_get::<String, _>(0)?;
            Ok((name[prefix.len()..].to_owned(), row.try_get::<String, _>(1)?))
        };
        rows.iter().map(read).collect()
    }

    /// Sets several, all or none.
    pub async fn set_settings(&self, settings: &[(String, String)]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        for (name, value) in settings {
            sqlx::query(SET_SETTING)
                .bind(name.as_str())
                .bind(value.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    pub async fn remove_setting(&self, name: &str) -> Stored<()> {
        sqlx::query("DELETE FROM settings WHERE name = $1").bind(name).execute(&self.pool).await?;
        Ok(())
    }
}
