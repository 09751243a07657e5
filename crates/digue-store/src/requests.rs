//! Requests of persons, with the answers.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{signed, text, time, whole};
use crate::error::Stored;
use crate::person::{self, KnownPerson};
use crate::store::Store;

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

const REQUEST: &str = "id, population, person, kind, entry, account, text, opened_at, extended_at, \
                       extended_why, answered_at, answered_by, outcome, answer";

impl Store {
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
            .bind(signed(request.entry)?)
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
        rows.iter().map(read).collect()
    }

    pub async fn request(&self, id: &str) -> Stored<Option<RequestRecord>> {
        let sql = format!("SELECT {REQUEST} FROM person_requests WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// How many requests of a kind are unanswered.
    pub async fn open_requests(&self, kind: &str) -> Stored<u64> {
        let sql = "SELECT COUNT(*) AS open FROM person_requests WHERE kind = $1 AND answered_at = 0";
        let row = sqlx::query(sql).bind(kind).fetch_one(&self.pool).await?;
        whole(&row, "open")
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
        rows.iter().map(read).collect()
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
}

fn read(row: &AnyRow) -> Stored<RequestRecord> {
    Ok(RequestRecord {
        id: text(row, "id")?,
        whose: person::read(row)?,
        kind: text(row, "kind")?,
        entry: whole(row, "entry")?,
        account: text(row, "account")?,
        text: text(row, "text")?,
        opened_at: time(row, "opened_at")?,
        extended_at: time(row, "extended_at")?,
        extended_why: text(row, "extended_why")?,
        answered_at: time(row, "answered_at")?,
        answered_by: text(row, "answered_by")?,
        outcome: text(row, "outcome")?,
        answer: text(row, "answer")?,
    })
}
