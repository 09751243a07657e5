//! Campaigns of notices to persons.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{
    name, number, number_or_zero, present_time, signed, text, time, time_or_zero, whole,
};
use crate::error::Stored;
use crate::store::Store;

/// One campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRecord {
    pub id: String,
    pub incident: String,
    /// Version of the affected set that it informs.
    pub version: u32,
    pub made_at: Timestamp,
    pub made_by: AccountId,
    /// `preparing`, `failed`, `ready`, `sending`, `paused`, `ended`.
    pub state: String,
    pub language: String,
    pub subject: String,
    /// The blocks of the template, as JSON.
    pub blocks: String,
    /// Messages per minute.
    pub rate: u32,
    /// Zero while it is running.
    pub ended_at: Timestamp,
    /// Informs only persons who were not in this earlier version; zero informs all.
    pub after: u32,
    /// Where contacts come from: `csv` or `query`.
    pub source: String,
    /// Persons to be informed.
    pub persons: u64,
    /// Rows of contacts that could not be used, as JSON.
    pub faults: String,
}

const CAMPAIGN: &str = "id, incident, version, made_at, made_by, state, language, subject, blocks, rate, ended_at, after_version, \
     source, persons, faults";

impl Store {
    pub async fn add_campaign(&self, campaign: &CampaignRecord) -> Stored<()> {
        let sql = format!(
            "INSERT INTO campaigns ({CAMPAIGN}) VALUES \
             ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(campaign.id.as_str())
            .bind(campaign.incident.as_str())
            .bind(i64::from(campaign.version))
            .bind(campaign.made_at.micros())
            .bind(campaign.made_by.as_str())
            .bind(campaign.state.as_str())
            .bind(campaign.language.as_str())
            .bind(campaign.subject.as_str())
            .bind(campaign.blocks.as_str())
            .bind(i64::from(campaign.rate))
            .bind(present_time(campaign.ended_at))
            .bind((campaign.after > 0).then(|| i64::from(campaign.after)))
            .bind(campaign.source.as_str())
            .bind(signed(campaign.persons)?)
            .bind(campaign.faults.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// All campaigns, the newest first.
    pub async fn campaigns(&self) -> Stored<Vec<CampaignRecord>> {
        let sql = format!("SELECT {CAMPAIGN} FROM campaigns ORDER BY made_at DESC, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn campaign(&self, id: &str) -> Stored<Option<CampaignRecord>> {
        let sql = format!("SELECT {CAMPAIGN} FROM campaigns WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Sets the state of a campaign, from one state only; false when another request was faster.
    pub async fn move_campaign(
        &self,
        id: &str,
        (from, to): (&str, &str),
        ended_at: Timestamp,
    ) -> Stored<bool> {
        let sql = "UPDATE campaigns SET state = $1, ended_at = $2 WHERE id = $3 AND state = $4";
        let done = sqlx::query(sql)
            .bind(to)
            .bind(present_time(ended_at))
            .bind(id)
            .bind(from)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Sets the rows of a campaign's contacts that could not be used.
    pub async fn set_campaign_faults(&self, id: &str, faults: &str) -> Stored<()> {
        sqlx::query("UPDATE campaigns SET faults = $1 WHERE id = $2")
            .bind(faults)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<CampaignRecord> {
    Ok(CampaignRecord {
        id: text(row, "id")?,
        incident: text(row, "incident")?,
        version: number(row, "version")?,
        made_at: time(row, "made_at")?,
        made_by: name(row, "made_by", AccountId::parse)?,
        state: text(row, "state")?,
        language: text(row, "language")?,
        subject: text(row, "subject")?,
        blocks: text(row, "blocks")?,
        rate: number(row, "rate")?,
        ended_at: time_or_zero(row, "ended_at")?,
        after: number_or_zero(row, "after_version")?,
        source: text(row, "source")?,
        persons: whole(row, "persons")?,
        faults: text(row, "faults")?,
    })
}
