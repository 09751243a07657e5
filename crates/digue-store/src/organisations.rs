//! Organisations.

use digue_types::OrganisationId;
use sqlx::any::AnyRow;

use crate::columns::{name, present, text, text_or_empty};
use crate::error::Stored;
use crate::store::Store;

/// A partner organisation, or the operator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationRecord {
    pub id: OrganisationId,
    pub name: String,
    /// The organisation's own address; may be empty.
    pub email: String,
}

impl Store {
    /// Adds or replaces.
    pub async fn save_organisation(&self, organisation: &OrganisationRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO organisations (id, name, email) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email",
        )
        .bind(organisation.id.as_str())
        .bind(organisation.name.as_str())
        .bind(present(organisation.email.as_str()))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All organisations, by id.
    pub async fn organisations(&self) -> Stored<Vec<OrganisationRecord>> {
        let rows = sqlx::query("SELECT id, name, email FROM organisations ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<OrganisationRecord> {
    Ok(OrganisationRecord {
        id: name(row, "id", OrganisationId::parse)?,
        name: text(row, "name")?,
        email: text_or_empty(row, "email")?,
    })
}
