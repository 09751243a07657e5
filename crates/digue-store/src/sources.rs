//! What became of each source of `[[sources]]`: the last readings, and a change that waits.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{corrupt, optional_text, optional_time, optional_whole, signed, text, time};
use crate::error::{StoreError, Stored};
use crate::store::Store;

/// The state of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    pub name: String,
    /// The last attempt.
    pub read_at: Timestamp,
    /// The last time that it was read whole and its rows were in force afterwards.
    pub good_at: Option<Timestamp>,
    /// Its rows then.
    pub rows: Option<u64>,
    /// Why the last attempt failed, as a locale key, and the line of the file it is about.
    pub fault: Option<(String, Option<u64>)>,
    /// SHA-256 of the rows that were loaded last, and when.
    pub loaded: Option<(String, Timestamp)>,
    /// What it changed by itself since a moment of the last day.
    pub day: Option<DayOfChanges>,
    pub held: Option<HeldChange>,
}

/// What a source changed by itself within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayOfChanges {
    pub from: Timestamp,
    /// Rows in force then.
    pub before: u64,
    pub removed: u64,
    pub added: u64,
}

/// A change of a source that a person must see first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldChange {
    /// SHA-256 of the rows, in hexadecimal: what is released is what was shown.
    pub digest: String,
    pub at: Timestamp,
    pub rows: u64,
    /// In force now, and not in the source any more.
    pub removed: u64,
    /// New rows.
    pub added: u64,
}

impl Store {
    /// Adds or replaces.
    pub async fn set_source(&self, source: &SourceRecord) -> Stored<()> {
        let held = source.held.as_ref();
        let number = |number: Option<u64>| number.map(signed).transpose();
        let (fault, day) = (source.fault.as_ref(), source.day);
        sqlx::query(
            "INSERT INTO sources (name, read_at, good_at, \"rows\", fault, fault_line, loaded_digest, \
             loaded_at, day_from, day_before, day_removed, day_added, held_digest, held_at, held_rows, \
             held_removed, held_added) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT (name) DO UPDATE SET read_at = excluded.read_at, good_at = excluded.good_at, \
             \"rows\" = excluded.\"rows\", fault = excluded.fault, fault_line = excluded.fault_line, \
             loaded_digest = excluded.loaded_digest, loaded_at = excluded.loaded_at, \
             day_from = excluded.day_from, day_before = excluded.day_before, \
             day_removed = excluded.day_removed, day_added = excluded.day_added, \
             held_digest = excluded.held_digest, held_at = excluded.held_at, held_rows = excluded.held_rows, \
             held_removed = excluded.held_removed, held_added = excluded.held_added",
        )
        .bind(source.name.as_str())
        .bind(source.read_at.micros())
        .bind(source.good_at.map(Timestamp::micros))
        .bind(number(source.rows)?)
        .bind(fault.map(|(key, _)| key.as_str()))
        .bind(number(fault.and_then(|(_, line)| *line))?)
        .bind(source.loaded.as_ref().map(|(digest, _)| digest.as_str()))
        .bind(source.loaded.as_ref().map(|(_, at)| at.micros()))
        .bind(day.map(|day| day.from.micros()))
        .bind(number(day.map(|day| day.before))?)
        .bind(number(day.map(|day| day.removed))?)
        .bind(number(day.map(|day| day.added))?)
        .bind(held.map(|held| held.digest.as_str()))
        .bind(held.map(|held| held.at.micros()))
        .bind(number(held.map(|held| held.rows))?)
        .bind(number(held.map(|held| held.removed))?)
        .bind(number(held.map(|held| held.added))?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All sources that were ever read, by name.
    pub async fn sources(&self) -> Stored<Vec<SourceRecord>> {
        let rows = sqlx::query("SELECT * FROM sources ORDER BY name")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<SourceRecord> {
    let fault = optional_text(row, "fault")?;
    let line = optional_whole(row, "fault_line")?;
    Ok(SourceRecord {
        name: text(row, "name")?,
        read_at: time(row, "read_at")?,
        good_at: optional_time(row, "good_at")?,
        rows: optional_whole(row, "rows")?,
        fault: fault.map(|key| (key, line)),
        loaded: optional_text(row, "loaded_digest")?
            .map(|digest| Ok::<_, StoreError>((digest, time(row, "loaded_at")?)))
            .transpose()?,
        day: day(row)?,
        held: held(row)?,
    })
}

fn day(row: &AnyRow) -> Stored<Option<DayOfChanges>> {
    let Some(from) = optional_time(row, "day_from")? else {
        return Ok(None);
    };
    let whole = |column| optional_whole(row, column)?.ok_or_else(|| corrupt(column));
    Ok(Some(DayOfChanges {
        from,
        before: whole("day_before")?,
        removed: whole("day_removed")?,
        added: whole("day_added")?,
    }))
}

fn held(row: &AnyRow) -> Stored<Option<HeldChange>> {
    let Some(digest) = optional_text(row, "held_digest")? else {
        return Ok(None);
    };
    let whole = |column| optional_whole(row, column)?.ok_or_else(|| corrupt(column));
    Ok(Some(HeldChange {
        digest,
        at: time(row, "held_at")?,
        rows: whole("held_rows")?,
        removed: whole("held_removed")?,
        added: whole("held_added")?,
    }))
}
