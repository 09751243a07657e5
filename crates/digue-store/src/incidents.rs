//! Incidents. Everything but their number and beginning is in their entries.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{number, signed, text, time, whole};
use crate::error::Stored;
use crate::incident_entries::{self, EntryRecord};
use crate::store::Store;

/// One incident: everything else is in its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRecord {
    pub id: String,
    /// From 1, in the order of opening.
    pub number: u32,
    pub opened_at: Timestamp,
    /// Index of the journal entry of its opening: its other entries come later.
    pub journal: u64,
}

impl Store {
    /// Opens an incident with its first entry; its number is the next one.
    pub async fn open_incident(
        &self,
        id: &str,
        journal: u64,
        first: &EntryRecord,
    ) -> Stored<IncidentRecord> {
        // With its first entry or not at all: an incident is the fold of its entries (decision 12),
        // and without any it has no state.
        let mut transaction = self.transaction().await?;
        sqlx::query(
            "INSERT INTO incidents (id, number, opened_at, journal) \
             SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3 FROM incidents",
        )
        .bind(id)
        .bind(first.at.micros())
        .bind(signed(journal)?)
        .execute(&mut *transaction)
        .await?;
        incident_entries::insert(first)
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query("SELECT id, number, opened_at, journal FROM incidents WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
        let record = read(&row)?;
        transaction.commit().await?;
        Ok(record)
    }

    /// All incidents, the newest first.
    pub async fn incidents(&self) -> Stored<Vec<IncidentRecord>> {
        let rows = sqlx::query(
            "SELECT id, number, opened_at, journal FROM incidents ORDER BY number DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn incident(&self, id: &str) -> Stored<Option<IncidentRecord>> {
        let row = sqlx::query("SELECT id, number, opened_at, journal FROM incidents WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Stored<IncidentRecord> {
    Ok(IncidentRecord {
        id: text(row, "id")?,
        number: number(row, "number")?,
        opened_at: time(row, "opened_at")?,
        journal: whole(row, "journal")?,
    })
}
