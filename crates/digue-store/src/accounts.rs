//! Accounts: role, organisation, and whether they are suspended.

use std::collections::BTreeSet;

use digue_access::{AccountRecord, Membership, Role};
use digue_types::{AccountId, OrganisationId};
use sqlx::any::AnyRow;

use crate::columns::{corrupt, is_true, name, text};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// Saves all or none. A new account is active, a known one stays suspended if it was. An
    /// organisation exists from its first account on.
    pub async fn save_accounts(&self, accounts: &[(AccountId, Membership)]) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        let named: BTreeSet<&str> = accounts
            .iter()
            .map(|(_, membership)| membership.organisation.as_str())
            .collect();
        for organisation in named {
            sqlx::query(
                // Named by its id until someone gives it a name.
                "INSERT INTO organisations (id, name) VALUES ($1, $1) ON CONFLICT (id) DO NOTHING",
            )
            .bind(organisation)
            .execute(&mut *transaction)
            .await?;
        }
        for (id, membership) in accounts {
            sqlx::query(
                "INSERT INTO accounts (id, organisation, role, suspended) VALUES ($1, $2, $3, 0) \
                 ON CONFLICT (id) DO UPDATE SET organisation = excluded.organisation, role = excluded.role",
            )
            .bind(id.as_str())
            .bind(membership.organisation.as_str())
            .bind(membership.role.code())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Suspends an account or resumes it; false when it was so already, or does not exist.
    pub async fn set_suspended(&self, id: &AccountId, is_suspended: bool) -> Stored<bool> {
        let done =
            sqlx::query("UPDATE accounts SET suspended = $1 WHERE id = $2 AND suspended <> $1")
                .bind(i64::from(is_suspended))
                .bind(id.as_str())
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn accounts(&self) -> Stored<Vec<(AccountId, AccountRecord)>> {
        let rows =
            sqlx::query("SELECT id, organisation, role, suspended FROM accounts ORDER BY id")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<(AccountId, AccountRecord)> {
    let record = AccountRecord {
        organisation: name(row, "organisation", OrganisationId::parse)?,
        role: Role::parse(&text(row, "role")?).ok_or_else(|| corrupt("role"))?,
        is_suspended: is_true(row, "suspended")?,
    };
    Ok((name(row, "id", AccountId::parse)?, record))
}
