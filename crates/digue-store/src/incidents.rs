//! The stored incidents: entries are added and never changed.

use digue_types::Timestamp;

use crate::{Store, Stored, rows};

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
    /// Opens an incident with its first entry; its number is the next one.
    pub async fn open_incident(&self, id: &str, journal: u64, first: &EntryRecord) -> Stored<IncidentRecord> {
        // With its first entry or not at all: an incident is the fold of its entries (decision 12), and
        // without any it has no state.
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO incidents (id, number, opened_at, journal) \
             SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3 FROM incidents",
        )
        .bind(id)
        .bind(first.at.micros())
        .bind(i64::try_from(journal).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
        insert(first).execute(&mut *transaction).await?;
        let row = sqlx::query("SELECT id, number, opened_at, journal FROM incidents WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
        let record = rows::incident(&row)?;
        transaction.commit().await?;
        Ok(record)
    }

    /// All incidents, the newest first.
    pub async fn incidents(&self) -> Stored<Vec<IncidentRecord>> {
        let rows = sqlx::query("SELECT id, number, opened_at, journal FROM incidents ORDER BY number DESC")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::incident).collect()
    }

    pub async fn incident(&self, id: &str) -> Stored<Option<IncidentRecord>> {
        let row = sqlx::query("SELECT id, number, opened_at, journal FROM incidents WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::incident).transpose()
    }

    /// The entries of one incident in order; those of all incidents for an empty id.
    pub async fn incident_entries(&self, incident: &str) -> Stored<Vec<EntryRecord>> {
        let sql = format!(
            "SELECT {ENTRY} FROM incident_entries WHERE incident = $1 OR $1 = '' ORDER BY incident, number"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(incident).fetch_all(&self.pool).await?;
        rows.iter().map(rows::incident_entry).collect()
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

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn insert(entry: &EntryRecord) -> Query<'_> {
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
