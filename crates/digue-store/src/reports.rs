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

const COLUMNS: &str = "id, at, reporter, verdict, signs, look_alikes, published_at";

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

    /// The last ones of account holders and as many of everybody else, the newest first: neither pushes
    /// the other off the list.
    pub async fn reports(&self, count: u32) -> Stored<Vec<ReportRecord>> {
        let mut all = self.reports_where("reporter <> ''", "at", count).await?;
        all.extend(self.reports_where("reporter = ''", "at", count).await?);
        all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        Ok(all)
    }

    /// Reports whose domains are public, the last published first, whatever was reported since.
    pub async fn published_reports(&self, count: u32) -> Stored<Vec<ReportRecord>> {
        self.reports_where("published_at > 0", "published_at", count).await
    }

    async fn reports_where(&self, condition: &str, by: &str, count: u32) -> Stored<Vec<ReportRecord>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message_reports WHERE {condition} ORDER BY {by} DESC, id LIMIT $1"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(count)).fetch_all(&self.pool).await?;
        rows.iter().map(rows::report).collect()
    }

    pub async fn report(&self, id: &str) -> Stored<Option<ReportRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM message_reports WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(rows::report).transpose()
    }

    /// True when somebody without an account showed the same since then.
    pub async fn knows_report(&self, report: &ReportRecord, since: Timestamp) -> Stored<bool> {
        let row = sqlx::query(
            "SELECT id FROM message_reports WHERE reporter = '' AND verdict = $1 AND signs = $2 \
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

    /// Takes a publication back that could not be written down.
    pub async fn release_report(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE message_reports SET published_at = 0 WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
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
