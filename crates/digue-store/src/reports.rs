//! Reports to the message desk: the verdict on each suspicious message, and never the message
//! itself.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{present, present_time, text, text_or_empty, time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

/// One reported message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    pub id: String,
    pub at: Timestamp,
    /// The account that reported it; empty for someone not signed in.
    pub reporter: String,
    pub verdict: String,
    /// Codes of the signs that led to the verdict, separated by spaces.
    pub signs: String,
    /// Domains that imitate an official one, separated by spaces.
    pub look_alikes: String,
    /// When an officer published the domains; zero before.
    pub published_at: Timestamp,
}

const COLUMNS: &str = "id, at, reporter, verdict, signs, look_alikes, published_at";

impl Store {
    pub async fn add_report(&self, report: &ReportRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO message_reports (id, at, reporter, verdict, signs, look_alikes, published_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(report.id.as_str())
        .bind(report.at.micros())
        .bind(present(report.reporter.as_str()))
        .bind(report.verdict.as_str())
        .bind(report.signs.as_str())
        .bind(report.look_alikes.as_str())
        .bind(present_time(report.published_at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last reports of account holders and as many of everyone else, newest first: neither
    /// pushes the other off the list.
    pub async fn reports(&self, count: u32) -> Stored<Vec<ReportRecord>> {
        let mut all = self
            .reports_where("reporter IS NOT NULL", "at", count)
            .await?;
        all.extend(self.reports_where("reporter IS NULL", "at", count).await?);
        all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        Ok(all)
    }

    /// Reports whose domains are public, the last published first, however many came since.
    pub async fn published_reports(&self, count: u32) -> Stored<Vec<ReportRecord>> {
        self.reports_where("published_at IS NOT NULL", "published_at", count)
            .await
    }

    async fn reports_where(
        &self,
        condition: &str,
        by: &str,
        count: u32,
    ) -> Stored<Vec<ReportRecord>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message_reports WHERE {condition} ORDER BY {by} DESC, id LIMIT $1"
        );
        // Conditions and columns are constants of this file; nothing that comes from outside is
        // part of the text.
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn report(&self, id: &str) -> Stored<Option<ReportRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM message_reports WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// True when someone not signed in has reported the same since `since`.
    pub async fn knows_report(&self, report: &ReportRecord, since: Timestamp) -> Stored<bool> {
        let row = sqlx::query(
            "SELECT id FROM message_reports WHERE reporter IS NULL AND verdict = $1 AND signs = $2 \
             AND look_alikes = $3 AND at >= $4 LIMIT 1",
        )
        .bind(report.verdict.as_str())
        .bind(report.signs.as_str())
        .bind(report.look_alikes.as_str())
        .bind(since.micros())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// Withdraws a publication that could not be journalled.
    pub async fn release_report(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE message_reports SET published_at = NULL WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// False when the report does not exist or is already public.
    pub async fn publish_report(&self, id: &str, at: Timestamp) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE message_reports SET published_at = $1 WHERE id = $2 AND published_at IS NULL",
        )
        .bind(at.micros())
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes older reports, published or not; returns how many.
    pub async fn forget_reports(&self, before: Timestamp) -> Stored<u64> {
        let done = sqlx::query("DELETE FROM message_reports WHERE at < $1")
            .bind(before.micros())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

fn read(row: &AnyRow) -> Stored<ReportRecord> {
    Ok(ReportRecord {
        id: text(row, "id")?,
        at: time(row, "at")?,
        reporter: text_or_empty(row, "reporter")?,
        verdict: text(row, "verdict")?,
        signs: text(row, "signs")?,
        look_alikes: text(row, "look_alikes")?,
        published_at: time_or_zero(row, "published_at")?,
    })
}
