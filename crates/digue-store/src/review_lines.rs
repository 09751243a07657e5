//! The accounts of a review of access, one line each.

use digue_types::{AccountId, OrganisationId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, present, text, text_or_empty, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

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

impl Store {
    pub async fn review_lines(&self, review: &str) -> Stored<Vec<ReviewLine>> {
        let rows = sqlx::query(
            "SELECT review, account, organisation, facts, decision, decided_by, decided_at, reason \
             FROM review_lines WHERE review = $1 ORDER BY organisation, account",
        )
        .bind(review)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Decides a line; false when it was already decided.
    pub async fn decide_review_line(&self, line: &ReviewLine) -> Stored<bool> {
        let done = sqlx::query(
            // Decided once, by the database: of two officers at the same time one gets false.
            "UPDATE review_lines SET decision = $1, decided_by = $2, decided_at = $3, reason = $4 \
             WHERE review = $5 AND account = $6 AND decision IS NULL",
        )
        .bind(line.decision.as_str())
        .bind(line.decided_by.as_str())
        .bind(line.decided_at.micros())
        .bind(present(line.reason.as_str()))
        .bind(line.review.as_str())
        .bind(line.account.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Withdraws a decision that could not be journalled.
    pub async fn release_review_line(&self, line: &ReviewLine) -> Stored<()> {
        sqlx::query(
            // Only the decision of this author: one that another officer made since must stay.
            "UPDATE review_lines SET decision = NULL, decided_by = NULL, decided_at = NULL, reason = NULL \
             WHERE review = $1 AND account = $2 AND decided_by = $3",
        )
        .bind(line.review.as_str())
        .bind(line.account.as_str())
        .bind(line.decided_by.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

/// Adds a line that is not decided yet.
pub(crate) fn insert(line: &ReviewLine) -> Query<'_> {
    sqlx::query(
        "INSERT INTO review_lines (review, account, organisation, facts) VALUES ($1, $2, $3, $4)",
    )
    .bind(line.review.as_str())
    .bind(line.account.as_str())
    .bind(line.organisation.as_str())
    .bind(line.facts.as_str())
}

fn read(row: &AnyRow) -> Stored<ReviewLine> {
    Ok(ReviewLine {
        review: text(row, "review")?,
        account: name(row, "account", AccountId::parse)?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        facts: text(row, "facts")?,
        decision: text_or_empty(row, "decision")?,
        decided_by: text_or_empty(row, "decided_by")?,
        decided_at: time_or_zero(row, "decided_at")?,
        reason: text_or_empty(row, "reason")?,
    })
}
