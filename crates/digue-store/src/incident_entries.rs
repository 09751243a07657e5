//! The entries of incidents: added, and never changed.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{number, text, time};
use crate::error::Stored;
use crate::store::Store;

/// One entry of the incident log (*main courante*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRecord {
    pub incident: String,
    /// From 1, without gaps.
    pub number: u32,
    pub at: Timestamp,
    pub recorded_at: Timestamp,
    pub author: String,
    /// Its content, as JSON.
    pub note: String,
}

const ENTRY: &str = "incident, number, at, recorded_at, author, note";

impl Store {
    /// The entries of one incident in order; those of all incidents for an empty id.
    pub async fn incident_entries(&self, incident: &str) -> Stored<Vec<EntryRecord>> {
        let sql = format!(
            "SELECT {ENTRY} FROM incident_entries WHERE incident = $1 OR $1 = '' ORDER BY incident, number"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(incident)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Adds an entry; false when its number is taken: of two at the same time, one is first.
    pub async fn add_incident_entry(&self, entry: &EntryRecord) -> Stored<bool> {
        let sql = "INSERT INTO incident_entries (incident, number, at, recorded_at, author, note) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (incident, number) DO NOTHING";
        let done = bound(sqlx::query(sql), entry).execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Withdraws an entry that could not be journalled.
    pub async fn release_incident_entry(&self, entry: &EntryRecord) -> Stored<()> {
        sqlx::query("DELETE FROM incident_entries WHERE incident = $1 AND number = $2")
            .bind(entry.incident.as_str())
            .bind(i64::from(entry.number))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<EntryRecord> {
    Ok(EntryRecord {
        incident: text(row, "incident")?,
        number: number(row, "number")?,
        at: time(row, "at")?,
        recorded_at: time(row, "recorded_at")?,
        author: text(row, "author")?,
        note: text(row, "note")?,
    })
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

pub(crate) fn insert(entry: &EntryRecord) -> Query<'_> {
    let sql = "INSERT INTO incident_entries (incident, number, at, recorded_at, author, note) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    bound(sqlx::query(sql), entry)
}

fn bound<'q>(query: Query<'q>, entry: &'q EntryRecord) -> Query<'q> {
    query
        .bind(entry.incident.as_str())
        .bind(i64::from(entry.number))
        .bind(entry.at.micros())
        .bind(entry.recorded_at.micros())
        .bind(entry.author.as_str())
        .bind(entry.note.as_str())
}
