//! Suspicious messages that people showed: what was thought of them, and never the message.

use digue_types::Timestamp;

use crate::{Store, Stored, rows};

/// One message that somebody showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    pub id: String,
    pub at: Timestamp,
    /// An account; empty when nobody had signed in.
    pub reporter: String,
    pub verdict: String,
    /// Codes of what told, between blanks.
    pub signs: String,
    /// Domains that look like an official one, between blanks.
    pub look_alikes: String,
    /// When an officer put the domains on the public page; zero before.
    pub published_at: Timestamp,
}

impl Store {
    pub async fn add_report(&self, report: &ReportRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO message_reports (id, at, reporter, verdict, signs, look_alikes, published_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(report.id.as_str())
        .bind(report.at.micros())
        .bind(report.reporter.as_str())
        .bind(report.verdict.as_str())
        .bind(report.signs.as_str())
        .bind(report.look_alikes.as_str())
        .bind(report.published_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last ones, the newest first.
    pub async fn reports(&self, count: u32) -> Stored<Vec<ReportRecord>> {
        let rows = sqlx::query(
            "SELECT id, at, reporter, verdict, signs, look_alikes, published_at FROM message_reports \
             ORDER BY at DESC, id LIMIT $1",
        )
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::report).collect()
    }

    /// False when there is no such report, or its domains are public already.
    pub async fn publish_report(&self, id: &str, at: Timestamp) -> Stored<bool> {
        let done =
            sqlx::query("UPDATE message_reports SET published_at = $1 WHERE id = $2 AND published_at = 0")
                .bind(at.micros())
                .bind(id)
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets what is older, published or not; how many.
    pub async fn forget_reports(&self, before: Timestamp) -> Stored<u64> {
        let done = sqlx::query("DELETE FROM message_reports WHERE at < $1")
            .bind(before.micros())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}
