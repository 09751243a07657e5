//! The ISMS: revisions of records, results of checks, reviews of access.
//!
//! Revisions and results are added and never changed.

use digue_types::{AccountId, OrganisationId, Timestamp};

use crate::{Store, Stored, rows};

/// One revision of one record of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRecord {
    pub kind: String,
    pub id: String,
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    pub author: String,
    pub is_over: bool,
    /// Its values, as JSON.
    pub content: String,
}

/// One result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRecord {
    pub name: String,
    pub at: Timestamp,
    /// As JSON.
    pub content: String,
    /// SHA-256 of its canonical form, hexadecimal.
    pub hash: String,
}

/// A check that is switched off until a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchRecord {
    pub name: String,
    pub author: String,
    pub reason: String,
    pub until: Timestamp,
}

/// A review in which every account's access is examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRecord {
    pub id: String,
    pub title: String,
    pub opened_at: Timestamp,
    pub opened_by: AccountId,
    pub due_at: Timestamp,
    /// Zero while it is open.
    pub closed_at: Timestamp,
}

/// One account in a review, with the facts known when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewLine {
    pub review: String,
    pub account: AccountId,
    pub organisation: OrganisationId,
    /// As JSON.
    pub facts: String,
    /// `keep`, `suspend`; empty until it is decided.
    pub decision: String,
    pub decided_by: String,
    pub decided_at: Timestamp,
    pub reason: String,
}

const REVISION: &str = "kind, id, number, at, author, is_over, content";

impl Store {
    /// Adds revisions, all or none; false when one of them already exists.
    pub async fn add_revisions(&self, revisions: &[RevisionRecord]) -> Stored<bool> {
        let sql = format!(
            "INSERT INTO records ({REVISION}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
        );
        let mut transaction = self.pool.begin().await?;
        for revision in revisions {
            let done = sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .bind(revision.kind.as_str())
                .bind(revision.id.as_str())
                .bind(i64::from(revision.number))
                .bind(revision.at.micros())
                .bind(revision.author.as_str())
                .bind(i64::from(revision.is_over))
                .bind(revision.content.as_str())
                .execute(&mut *transaction)
                .await?;
            // Another user saved this revision first: nothing of the batch may stay, or half of a form is
            // stored.
            if done.rows_affected() == 0 {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The last revision of every record, ended ones included.
    pub async fn last_revisions(&self) -> Stored<Vec<RevisionRecord>> {
        let sql = format!(
            "SELECT {REVISION} FROM records WHERE (kind, id, number) IN \
             (SELECT kind, id, MAX(number) FROM records GROUP BY kind, id)"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(rows::revision).collect()
    }

    /// Every revision of every record.
    pub async fn all_revisions(&self) -> Stored<Vec<RevisionRecord>> {
        let sql = format!("SELECT {REVISION} FROM records ORDER BY kind, id, number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(rows::revision).collect()
    }

    /// Every revision of a record, oldest first.
    pub async fn revisions(&self, kind: &str, id: &str) -> Stored<Vec<RevisionRecord>> {
        let sql = format!("SELECT {REVISION} FROM records WHERE kind = $1 AND id = $2 ORDER BY number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind).bind(id).fetch_all(&self.pool).await?;
        rows.iter().map(rows::revision).collect()
    }

    pub async fn add_check_result(&self, result: &CheckRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO check_results (name, at, content, hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(result.name.as_str())
        .bind(result.at.micros())
        .bind(result.content.as_str())
        .bind(result.hash.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last result of every check.
    pub async fn last_check_results(&self) -> Stored<Vec<CheckRecord>> {
        let rows = sqlx::query(
            "SELECT name, at, content, hash FROM check_results WHERE (name, at) IN \
             (SELECT name, MAX(at) FROM check_results GROUP BY name)",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::check).collect()
    }

    /// Results of a check, newest first, at most `most`.
    pub async fn check_results(&self, name: &str, most: u32) -> Stored<Vec<CheckRecord>> {
        let rows = sqlx::query(
            "SELECT name, at, content, hash FROM check_results WHERE name = $1 ORDER BY at DESC LIMIT $2",
        )
        .bind(name)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::check).collect()
    }

    /// Switches a check off until a date; a past date switches it on.
    pub async fn switch_check(&self, switch: &SwitchRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO check_switches (name, author, reason, until) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET author = excluded.author, reason = excluded.reason, \
             until = excluded.until",
        )
        .bind(switch.name.as_str())
        .bind(switch.author.as_str())
        .bind(switch.reason.as_str())
        .bind(switch.until.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn check_switches(&self) -> Stored<Vec<SwitchRecord>> {
        let rows = sqlx::query("SELECT name, author, reason, until FROM check_switches ORDER BY name")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::switch).collect()
    }

    /// Opens a review with its lines, all or none.
    pub async fn open_review(&self, review: &ReviewRecord, lines: &[ReviewLine]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO reviews (id, title, opened_at, opened_by, due_at, closed_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(review.id.as_str())
        .bind(review.title.as_str())
        .bind(review.opened_at.micros())
        .bind(review.opened_by.as_str())
        .bind(review.due_at.micros())
        .bind(review.closed_at.micros())
        .execute(&mut *transaction)
        .await?;
        for line in lines {
            sqlx::query(
                "INSERT INTO review_lines (review, account, organisation, facts, decision, decided_by, \
                 decided_at, reason) VALUES ($1, $2, $3, $4, '', '', 0, '')",
            )
            .bind(line.review.as_str())
            .bind(line.account.as_str())
            .bind(line.organisation.as_str())
            .bind(line.facts.as_str())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All reviews, the newest first.
    pub async fn reviews(&self) -> Stored<Vec<ReviewRecord>> {
        let rows = sqlx::query(
            "SELECT id, title, opened_at, opened_by, due_at, closed_at FROM reviews ORDER BY opened_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::review).collect()
    }

    pub async fn review_lines(&self, review: &str) -> Stored<Vec<ReviewLine>> {
        let rows = sqlx::query(
            "SELECT review, account, organisation, facts, decision, decided_by, decided_at, reason \
             FROM review_lines WHERE review = $1 ORDER BY organisation, account",
        )
        .bind(review)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::review_line).collect()
    }

    /// Decides a line; false when it was already decided.
    pub async fn decide_review_line(&self, line: &ReviewLine) -> Stored<bool> {
        let done = sqlx::query(
            // Decided once, by the database: of two officers at the same time one gets false.
            "UPDATE review_lines SET decision = $1, decided_by = $2, decided_at = $3, reason = $4 \
             WHERE review = $5 AND account = $6 AND decision = ''",
        )
        .bind(line.decision.as_str())
        .bind(line.decided_by.as_str())
        .bind(line.decided_at.micros())
        .bind(line.reason.as_str())
        .bind(line.review.as_str())
        .bind(line.account.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Withdraws a decision that could not be journalled.
    pub async fn release_review_line(&self, line: &ReviewLine) -> Stored<()> {
        sqlx::query(
            // Only the decision of this author: one that somebody else made since must stay.
            "UPDATE review_lines SET decision = '', decided_by = '', decided_at = 0, reason = '' \
             WHERE review = $1 AND account = $2 AND decided_by = $3",
        )
        .bind(line.review.as_str())
        .bind(line.account.as_str())
        .bind(line.decided_by.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn close_review(&self, id: &str, at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE reviews SET closed_at = $1 WHERE id = $2 AND closed_at = 0")
            .bind(at.micros())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
