//! What persons want to be told, and how far they were.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{entry_or_zero, is_true, present_entry, present_time, text, time_or_zero};
use crate::error::Stored;
use crate::person::{self, KnownPerson};
use crate::store::Store;

/// The notification preferences of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferenceRecord {
    pub whose: KnownPerson,
    /// Sealed with the key of this installation.
    pub sealed_email: String,
    pub language: String,
    pub first_visits: bool,
    pub monthly: bool,
    /// The last journal entry of which the person was informed.
    pub told_entry: u64,
    pub digest_at: Timestamp,
}

impl Store {
    pub async fn save_preference(&self, preference: &PreferenceRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO person_preferences (population, person, sealed_email, language, first_visits, monthly, \
             told_entry, digest_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (population, person) DO UPDATE SET sealed_email = excluded.sealed_email, \
             language = excluded.language, first_visits = excluded.first_visits, monthly = excluded.monthly, \
             told_entry = excluded.told_entry, digest_at = excluded.digest_at",
        )
        .bind(preference.whose.population.as_str())
        .bind(preference.whose.person.as_str())
        .bind(preference.sealed_email.as_str())
        .bind(preference.language.as_str())
        .bind(i64::from(preference.first_visits))
        .bind(i64::from(preference.monthly))
        .bind(present_entry(preference.told_entry)?)
        .bind(present_time(preference.digest_at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes how far a person was told; false when they no longer want to be. Nothing else is
    /// written: what the person changed meanwhile stays as they want it.
    pub async fn note_told(
        &self,
        whose: &KnownPerson,
        entry: u64,
        digest_at: Timestamp,
    ) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_preferences SET told_entry = $1, digest_at = $2 WHERE population = $3 AND person = $4",
        )
        .bind(present_entry(entry)?)
        .bind(present_time(digest_at))
        .bind(whose.population.as_str())
        .bind(whose.person.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn remove_preference(&self, whose: &KnownPerson) -> Stored<()> {
        sqlx::query("DELETE FROM person_preferences WHERE population = $1 AND person = $2")
            .bind(whose.population.as_str())
            .bind(whose.person.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn preferences(&self) -> Stored<Vec<PreferenceRecord>> {
        let rows = sqlx::query(
            "SELECT population, person, sealed_email, language, first_visits, monthly, told_entry, digest_at \
             FROM person_preferences ORDER BY population, person",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn request_of(&self, whose: &KnownPerson) -> Stored<Option<PreferenceRecord>> {
        let row = sqlx::query(
            "SELECT population, person, sealed_email, language, first_visits, monthly, told_entry, digest_at \
             FROM person_preferences WHERE population = $1 AND person = $2",
        )
        .bind(whose.population.as_str())
        .bind(whose.person.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Stored<PreferenceRecord> {
    Ok(PreferenceRecord {
        whose: person::read(row)?,
        sealed_email: text(row, "sealed_email")?,
        language: text(row, "language")?,
        first_visits: is_true(row, "first_visits")?,
        monthly: is_true(row, "monthly")?,
        told_entry: entry_or_zero(row, "told_entry")?,
        digest_at: time_or_zero(row, "digest_at")?,
    })
}
