//! Requests of persons, with the answers.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{
    entry_or_zero, present, present_entry, present_time, text, text_or_empty, time, time_or_zero,
    whole,
};
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
    /// What is not recognised, of a contest; empty for the others and for those of before 0.2.0.
    pub reason: String,
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
    /// Why it is refused, of an entered request; empty for the others.
    pub refusal: String,
    /// `None` where a signed-in person made it.
    pub entered: Option<EnteredRequest>,
}

/// How a request came that an officer entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredRequest {
    /// `post`, `counter`, `mail`...
    pub channel: String,
    /// Its legal time runs from here.
    pub received_at: Timestamp,
    /// Name and postal address, a line each: to whom the answer goes.
    pub requester: String,
    pub entered_by: String,
    /// How the identity was proved, or that a proof was asked; empty for neither.
    pub proof: String,
    /// Zero for neither.
    pub proof_at: Timestamp,
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
            reason: String::new(),
            text: String::new(),
            opened_at: at,
            extended_at: Timestamp::ZERO,
            extended_why: String::new(),
            answered_at: Timestamp::ZERO,
            answered_by: String::new(),
            outcome: String::new(),
            answer: String::new(),
            refusal: String::new(),
            entered: None,
        }
    }
}

const REQUEST: &str = "id, population, person, kind, entry, account, text, opened_at, extended_at, \
                       extended_why, answered_at, answered_by, outcome, answer, reason, \
                       refusal, channel, received_at, requester, entered_by, proof, proof_at";

impl Store {
    pub async fn add_request(&self, request: &RequestRecord) -> Stored<()> {
        let sql = format!(
            "INSERT INTO person_requests ({REQUEST}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
             $18, $19, $20, $21, $22)"
        );
        let entered = request.entered.as_ref();
        let of = |text: fn(&EnteredRequest) -> &str| entered.and_then(|one| present(text(one)));
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(request.id.as_str())
            .bind(request.whose.population.as_str())
            .bind(request.whose.person.as_str())
            .bind(request.kind.as_str())
            .bind(present_entry(request.entry)?)
            .bind(present(request.account.as_str()))
            .bind(present(request.text.as_str()))
            .bind(request.opened_at.micros())
            .bind(present_time(request.extended_at))
            .bind(present(request.extended_why.as_str()))
            .bind(present_time(request.answered_at))
            .bind(present(request.answered_by.as_str()))
            .bind(present(request.outcome.as_str()))
            .bind(present(request.answer.as_str()))
            .bind(present(request.reason.as_str()))
            .bind(present(request.refusal.as_str()))
            .bind(of(|one| &one.channel))
            .bind(entered.map(|one| one.received_at.micros()))
            .bind(of(|one| &one.requester))
            .bind(of(|one| &one.entered_by))
            .bind(of(|one| &one.proof))
            .bind(entered.and_then(|one| present_time(one.proof_at)))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Every request, oldest first.
    pub async fn requests(&self) -> Stored<Vec<RequestRecord>> {
        let sql = format!("SELECT {REQUEST} FROM person_requests ORDER BY opened_at, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn request(&self, id: &str) -> Stored<Option<RequestRecord>> {
        let sql = format!("SELECT {REQUEST} FROM person_requests WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// How many requests of a kind are unanswered.
    pub async fn open_requests(&self, kind: &str) -> Stored<u64> {
        let sql =
            "SELECT COUNT(*) AS open FROM person_requests WHERE kind = $1 AND answered_at IS NULL";
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
        (answer, refusal): (&str, &str),
    ) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_requests SET answered_at = $1, answered_by = $2, outcome = $3, answer = $4, refusal = $5 \
             WHERE id = $6 AND answered_at IS NULL",
        )
        .bind(at.micros())
        .bind(by.as_str())
        .bind(outcome)
        .bind(present(answer))
        .bind(present(refusal))
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Extends the deadline of a request, once (GDPR art. 12(3)).
    pub async fn extend_request(&self, id: &str, at: Timestamp, why: &str) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_requests SET extended_at = $1, extended_why = $2 \
             WHERE id = $3 AND answered_at IS NULL AND extended_at IS NULL",
        )
        .bind(at.micros())
        .bind(present(why))
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Notes the proof of identity of an entered request, while it is unanswered.
    pub async fn note_request_proof(&self, id: &str, proof: &str, at: Timestamp) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE person_requests SET proof = $1, proof_at = $2 \
             WHERE id = $3 AND channel IS NOT NULL AND answered_at IS NULL",
        )
        .bind(present(proof))
        .bind(present_time(at))
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Withdraws an answer that could not be journalled.
    pub async fn release_request(&self, id: &str) -> Stored<()> {
        sqlx::query(
            "UPDATE person_requests SET answered_at = NULL, answered_by = NULL, outcome = NULL, answer = NULL, \
             refusal = NULL \
             WHERE id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Withdraws an extension that could not be journalled.
    pub async fn release_extension(&self, id: &str) -> Stored<()> {
        sqlx::query(
            "UPDATE person_requests SET extended_at = NULL, extended_why = NULL WHERE id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn entered(row: &AnyRow) -> Stored<Option<EnteredRequest>> {
    let channel = text_or_empty(row, "channel")?;
    if channel.is_empty() {
        return Ok(None);
    }
    Ok(Some(EnteredRequest {
        channel,
        received_at: time_or_zero(row, "received_at")?,
        requester: text_or_empty(row, "requester")?,
        entered_by: text_or_empty(row, "entered_by")?,
        proof: text_or_empty(row, "proof")?,
        proof_at: time_or_zero(row, "proof_at")?,
    }))
}

fn read(row: &AnyRow) -> Stored<RequestRecord> {
    Ok(RequestRecord {
        id: text(row, "id")?,
        whose: person::read(row)?,
        kind: text(row, "kind")?,
        entry: entry_or_zero(row, "entry")?,
        account: text_or_empty(row, "account")?,
        reason: text_or_empty(row, "reason")?,
        text: text_or_empty(row, "text")?,
        opened_at: time(row, "opened_at")?,
        extended_at: time_or_zero(row, "extended_at")?,
        extended_why: text_or_empty(row, "extended_why")?,
        answered_at: time_or_zero(row, "answered_at")?,
        answered_by: text_or_empty(row, "answered_by")?,
        outcome: text_or_empty(row, "outcome")?,
        answer: text_or_empty(row, "answer")?,
        refusal: text_or_empty(row, "refusal")?,
        entered: entered(row)?,
    })
}
