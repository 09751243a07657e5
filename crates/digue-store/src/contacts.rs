//! Addresses of account holders.

use std::collections::HashMap;

use digue_types::AccountId;
use sqlx::any::AnyRow;

use crate::columns::{name, text};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// Sets the address of an account holder; an empty address is deleted.
    pub async fn save_contact(&self, account: &AccountId, email: &str) -> Stored<()> {
        let query = if email.is_empty() {
            sqlx::query("DELETE FROM contacts WHERE account = $1").bind(account.as_str())
        } else {
            sqlx::query(
                "INSERT INTO contacts (account, email) VALUES ($1, $2) \
                 ON CONFLICT (account) DO UPDATE SET email = excluded.email",
            )
            .bind(account.as_str())
            .bind(email)
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// The addresses of all account holders who gave one.
    pub async fn contacts(&self) -> Stored<HashMap<AccountId, String>> {
        let rows = sqlx::query("SELECT account, email FROM contacts")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The accounts with this address, in whatever ASCII letter case.
    pub async fn accounts_at(&self, email: &str) -> Stored<Vec<AccountId>> {
        let rows =
            sqlx::query("SELECT account FROM contacts WHERE LOWER(email) = $1 ORDER BY account")
                .bind(email.to_ascii_lowercase())
                .fetch_all(&self.pool)
                .await?;
        let account = |row: &AnyRow| name(row, "account", AccountId::parse);
        rows.iter().map(account).collect()
    }
}

fn read(row: &AnyRow) -> Stored<(AccountId, String)> {
    Ok((name(row, "account", AccountId::parse)?, text(row, "email")?))
}
