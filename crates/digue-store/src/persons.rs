//! The space of persons: their one-time codes, their requests with the answers, their notification
//! preferences, and what is hidden from them for a time.

use digue_access::Reach;
use digue_types::{AccountId, Timestamp};

use crate::{Store, Stored, rows};

/// A person of a population, under the portal's identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KnownPerson {
    pub population: String,
    pub person: String,
}

/// A one-time code sent by letter; only its hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonCode {
    pub hash: String,
    pub whose: KnownPerson,
    pub made_at: Timestamp,
    pub made_by: AccountId,
    pub expires_at: Timestamp,
}

/// A request of a person, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    pub id: String,
    pub whose: KnownPerson,
    /// `contest`, `name`, `access`, `rectification`...
    pub kind: String,
    /// The journal entry that it concerns; zero for none.
    pub entry: u64,
    /// The account that this entry names; empty for none.
    pub account: String,
    pub text: String,
    pub opened_at: Timestamp,
    /// When the deadline was extended, and why; zero for never.
    pub extended_at: Timestamp,
    pub extended_why: String,
    /// Zero until it is answered.
    pub answered_at: Timestamp,
    pub answered_by: String,
    pub outcome: String,
    pub answer: String,
}

impl RequestRecord {
    /// An unanswered request that concerns no journal entry.
    pub fn opened(id: String, whose: KnownPerson, kind: &str, at: Timestamp) -> Self {
        Self {
            id,
            whose,
            kind: kind.to_owned(),
            entry: 0,
            account: String::new(),
            text: String::new(),
            opened_at: at,
            extended_at: Timestamp::ZERO,
            extended_why: String::new(),
            answered_at: Timestamp::ZERO,
            answered_by: String::new(),
            outcome: String::new(),
            answer: String::new(),
        }
    }
}

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

/// Consultations hidden from the persons concerned for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenRecord {
    pub id: String,
    /// An account or an organisation.
    pub reach: Reach,
    pub from: Timestamp,
    pub to: Timestamp,
    pub reason: String,
    pub set_by: AccountId,
    pub set_at: Timestamp,
    pub until: Timestamp,
    /// Zero until it is lifted.
    pub lifted_at: Timestamp,
}

const REQUEST: &str = "id, population, person, kind, entry, account, text, opened_at, extended_at, \
                       extended_why, answered_at, answered_by, outcome, answer";

fn signed(entry: u64) -> i64 {
    i64::try_from(entry).unwrap_or(i64::MAX)
}

impl Store {
    pub async fn add_person_codes(&self, codes: &[PersonCode]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        for code in codes {
            sqlx::query(
                "INSERT INTO person_codes (hash, population, person, made_at, made_by, expires_at, used_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, 0)",
            )
            .bind(code.hash.as_str())
            .bind(code.whose.population.as_str())
            .bind(code.whose.person.as_str())
            .bind(code.made_at.micros())
            .bind(code.made_by.as_str())
            .bind(code.expires_at.micros())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Uses up a code; `None` when it is unknown, used or expired.
    pub async fn take_person_code(&self, hash: &str, now: Timestamp) -> Stored<Option<KnownPerson>> {
        let row = sqlx::query(
            // Marked as used and kept until it expires, by one statement: of two browsers with one letter,
            // one signs in.
            "UPDATE person_codes SET used_at = $1 WHERE hash = $2 AND used_at = 0 AND expires_at > $1 \
             RETURNING population, person",
        )
        .bind(now.micros())
        .bind(hash)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::known_person).transpose()
    }

    /// Deletes expired codes.
    pub async fn forget_person_codes(&self, now: Timestamp) -> Stored<u64> {
        let done = sqlx::query("DELETE FROM person_codes WHERE expires_at <= $1")
            .bind(now.micros())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    pub async fn add_request(&self, request: &RequestRecord) -> Stored<()> {
        let sql = format!(
            "INSERT INTO person_requests ({REQUEST}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(request.id.as_str())
            .bind(request.whose.population.as_str())
            .bind(request.whose.person.as_str())
            .bind(request.kind.as_str())
            .bind(signed(request.entry))
            .bind(request.account.as_str())
            .bind(request.text.as_str())
            .bind(request.opened_at.micros())
            .bind(request.extended_at.micros())
            .bind(request.extended_why.as_str())
            .bind(request.answered_at.micros())
            .bind(request.answered_by.as_str())
            .bind(request.outcome.as_str())
            .bind(request.answer.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Every request, oldest first.
    pub async fn requests(&self) -> Stored<Vec<RequestRecord>> {
        let sql = format!("SELECT {REQUEST} FROM person_requests ORDER BY opened_at, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(rows::request).collect()
    }

    pub async fn request(&self, id: &str) -> Stored<Option<RequestRecord>> {
        let sql = format!("SELECT {REQUEST} FROM person_requests WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(rows::request).transpose()
    }

    /// How many requests of a kind are unanswered.
    pub async fn open_requests(&self, kind: &str) -> Stored<u64> {
        use sqlx::Row as _;
        let sql = "SELECT COUNT(*) AS open FROM person_requests WHERE kind = $1 AND answered_at = 0";
        let row = sqlx::query(sql).bind(kind).fetch_one(&self.pool).await?;
        Ok(u64::try_from(row.try_get::<i64, _>("open")?).unwrap_or(0))
    }

    /// The requests of one person, newest first.
    pub async fn requests_of(&self, whose: &KnownPerson) -> Stored<Vec<RequestRecord>> {
        let sql = format!(
            "SELECT {REQUEST} FROM person_requests WHERE population = $1 AND person = $2 \
             ORDER BY opened_at DESC, id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(whose.population.as_str())
            .bind(whose.person.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::request).collect()
    }

    /// Answers a request once; false when it was already answered.
    pub async fn answer_request(
        &self,
        id: &str,
        (by, at): (&AccountId, Timestamp),
        outcome: &str,
        answer: &str,
    ) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_requests SET answered_at = $1, answered_by = $2, outcome = $3, answer = $4 \
             WHERE id = $5 AND answered_at = 0",
        )
        .bind(at.micros())
        .bind(by.as_str())
        .bind(outcome)
        .bind(answer)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Extends the deadline of a request, once (GDPR art. 12(3)).
    pub async fn extend_request(&self, id: &str, at: Timestamp, why: &str) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_requests SET extended_at = $1, extended_why = $2 \
             WHERE id = $3 AND answered_at = 0 AND extended_at = 0",
        )
        .bind(at.micros())
        .bind(why)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Withdraws an answer that could not be journalled.
    pub async fn release_request(&self, id: &str) -> Stored<()> {
        sqlx::query(
            "UPDATE person_requests SET answered_at = 0, answered_by = '', outcome = '', answer = '' \
             WHERE id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Withdraws an extension that could not be journalled.
    pub async fn release_extension(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE person_requests SET extended_at = 0, extended_why = '' WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn save_preference(&self, preference: &PreferenceRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO person_wishes (population, person, sealed_email, language, first_visits, monthly, \
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
        .bind(signed(preference.told_entry))
        .bind(preference.digest_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes how far a person was told; false when they no longer want to be. Nothing else is written: what the
    /// person changed meanwhile stays as they want it.
    pub async fn note_told(&self, whose: &KnownPerson, entry: u64, digest_at: Timestamp) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_wishes SET told_entry = $1, digest_at = $2 WHERE population = $3 AND person = $4",
        )
        .bind(signed(entry))
        .bind(digest_at.micros())
        .bind(whose.population.as_str())
        .bind(whose.person.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn remove_preference(&self, whose: &KnownPerson) -> Stored<()> {
        sqlx::query("DELETE FROM person_wishes WHERE population = $1 AND person = $2")
            .bind(whose.population.as_str())
            .bind(whose.person.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn preferences(&self) -> Stored<Vec<PreferenceRecord>> {
        let rows = sqlx::query(
            "SELECT population, person, sealed_email, language, first_visits, monthly, told_entry, digest_at \
             FROM person_wishes ORDER BY population, person",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::preference).collect()
    }

    pub async fn request_of(&self, whose: &KnownPerson) -> Stored<Option<PreferenceRecord>> {
        let row = sqlx::query(
            "SELECT population, person, sealed_email, language, first_visits, monthly, told_entry, digest_at \
             FROM person_wishes WHERE population = $1 AND person = $2",
        )
        .bind(whose.population.as_str())
        .bind(whose.person.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::preference).transpose()
    }

    pub async fn hide(&self, hidden: &HiddenRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO hidden_sights (id, reach, from_at, to_at, reason, set_by, set_at, until_at, lifted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(hidden.id.as_str())
        .bind(hidden.reach.subject().to_string())
        .bind(hidden.from.micros())
        .bind(hidden.to.micros())
        .bind(hidden.reason.as_str())
        .bind(hidden.set_by.as_str())
        .bind(hidden.set_at.micros())
        .bind(hidden.until.micros())
        .bind(hidden.lifted_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Everything that was ever hidden, newest first.
    pub async fn hidden(&self) -> Stored<Vec<HiddenRecord>> {
        let rows = sqlx::query(
            "SELECT id, reach, from_at, to_at, reason, set_by, set_at, until_at, lifted_at FROM hidden_sights \
             ORDER BY set_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::hidden).collect()
    }

    /// False when it was already lifted.
    pub async fn lift(&self, id: &str, at: Timestamp) -> Stored<bool> {
        let done = sqlx::query("UPDATE hidden_sights SET lifted_at = $1 WHERE id = $2 AND lifted_at = 0")
            .bind(at.micros())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Hides again what was lifted, because the lifting could not be journalled.
    pub async fn release_lift(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE hidden_sights SET lifted_at = 0 WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
