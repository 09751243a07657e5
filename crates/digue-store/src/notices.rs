//! Notices to persons, each until it is sent.
//!
//! Destinations are deleted when their campaign ends; code, masked destination and hash stay, so
//! that a notice can still be verified.

use std::collections::BTreeMap;

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{number, present, signed, text, text_or_empty, time, whole};
use crate::error::Stored;
use crate::store::Store;

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRecord {
    pub campaign: String,
    /// From 1.
    pub number: u32,
    /// 60 bits.
    pub code: u64,
    pub population: String,
    pub person: String,
    /// The facts of the person's own sentence: categories and dates, as JSON.
    pub seen: String,
    /// `mail`, `letter`, `sms`, or `none` where no contact is known.
    pub channel: String,
    /// Empty once the campaign has ended.
    pub destination: String,
    pub masked: String,
    /// SHA-256 of the text, hexadecimal.
    pub hash: String,
    /// `waiting`, `sending`, `sent`, `failed`, `uncertain`, `listed`.
    pub state: String,
    pub at: Timestamp,
    pub detail: String,
    pub checks: u64,
    /// Coarse locations from which it was verified, hashed.
    pub places: String,
}

const NOTICE: &str = "campaign, number, code, population, person, seen, channel, destination, masked, hash, \
                      state, at, detail, checks, places";

impl Store {
    /// Adds notices, all of them or none.
    pub async fn add_notices(&self, notices: &[NoticeRecord]) -> Stored<()> {
        let sql = format!(
            "INSERT INTO notices ({NOTICE}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        );
        let mut transaction = self.transaction().await?;
        for notice in notices {
            sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .bind(notice.campaign.as_str())
                .bind(i64::from(notice.number))
                .bind(signed(notice.code)?)
                .bind(notice.population.as_str())
                .bind(notice.person.as_str())
                .bind(notice.seen.as_str())
                .bind(notice.channel.as_str())
                .bind(present(notice.destination.as_str()))
                .bind(present(notice.masked.as_str()))
                .bind(notice.hash.as_str())
                .bind(notice.state.as_str())
                .bind(notice.at.micros())
                .bind(present(notice.detail.as_str()))
                .bind(signed(notice.checks)?)
                .bind(notice.places.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Takes the next waiting notice of a campaign that is being sent: no other worker takes it.
    /// `None` when there is none, or the campaign was paused or ended meanwhile.
    pub async fn take_notice(&self, campaign: &str, at: Timestamp) -> Stored<Option<NoticeRecord>> {
        // One statement: with a separate select, two workers would send the same notice.
        let sql = format!(
            "UPDATE notices SET state = 'sending', at = $1 WHERE campaign = $2 AND number = \
             (SELECT MIN(number) FROM notices WHERE campaign = $2 AND state = 'waiting') \
             AND state = 'waiting' \
             AND EXISTS (SELECT 1 FROM campaigns WHERE id = $2 AND state = 'sending') RETURNING {NOTICE}"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(at.micros())
            .bind(campaign)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    pub async fn set_notice(
        &self,
        campaign: &str,
        number: u32,
        state: &str,
        detail: &str,
        at: Timestamp,
    ) -> Stored<()> {
        sqlx::query(
            "UPDATE notices SET state = $1, detail = $2, at = $3 WHERE campaign = $4 AND number = $5",
        )
        .bind(state)
        .bind(present(detail))
        .bind(at.micros())
        .bind(campaign)
        .bind(i64::from(number))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// After a start: a notice that was being sent may or may not have left. It is not resent
    /// automatically.
    pub async fn doubt_notices(&self) -> Stored<u64> {
        let done = sqlx::query("UPDATE notices SET state = 'uncertain' WHERE state = 'sending'")
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    /// How many notices of a campaign are in each state.
    pub async fn notice_counts(&self, campaign: &str) -> Stored<BTreeMap<String, u64>> {
        self.count_notices(
            "SELECT state AS name, COUNT(*) AS count FROM notices WHERE campaign = $1 GROUP BY state",
            campaign,
        )
        .await
    }

    /// How many notices of a campaign use each channel.
    pub async fn notice_channels(&self, campaign: &str) -> Stored<BTreeMap<String, u64>> {
        self.count_notices(
            "SELECT channel AS name, COUNT(*) AS count FROM notices WHERE campaign = $1 GROUP BY channel",
            campaign,
        )
        .await
    }

    /// The persons of every campaign of an incident that has ended, with the states of their notices:
    /// population, person, state. A person has a line for each different state.
    pub async fn notified_persons(&self, incident: &str) -> Stored<Vec<(String, String, String)>> {
        let rows = sqlx::query(
            "SELECT DISTINCT notices.population AS population, notices.person AS person, \
             notices.state AS state FROM notices JOIN campaigns ON campaigns.id = notices.campaign \
             WHERE campaigns.incident = $1 AND campaigns.state = 'ended'",
        )
        .bind(incident)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    text(row, "population")?,
                    text(row, "person")?,
                    text(row, "state")?,
                ))
            })
            .collect()
    }

    async fn count_notices(
        &self,
        sql: &'static str,
        campaign: &str,
    ) -> Stored<BTreeMap<String, u64>> {
        let rows = sqlx::query(sql)
            .bind(campaign)
            .fetch_all(&self.pool)
            .await?;
        let counted = rows.iter().map(|row| {
            let count = whole(row, "count")?;
            Ok((text(row, "name")?, count))
        });
        counted.collect()
    }

    /// The last number prepared; zero before the first.
    pub async fn last_notice(&self, campaign: &str) -> Stored<u32> {
        let row =
            sqlx::query("SELECT COALESCE(MAX(number), 0) AS last FROM notices WHERE campaign = $1")
                .bind(campaign)
                .fetch_one(&self.pool)
                .await?;
        number(&row, "last")
    }

    /// Notices of a campaign in one state, in order, after a number, at most `most`.
    pub async fn notices(
        &self,
        campaign: &str,
        state: &str,
        after: u32,
        most: u32,
    ) -> Stored<Vec<NoticeRecord>> {
        let sql = format!(
            "SELECT {NOTICE} FROM notices WHERE campaign = $1 AND state = $2 AND number > $3 \
             ORDER BY number LIMIT $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(campaign)
            .bind(state)
            .bind(i64::from(after))
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Notices by one of the channels that need a hand (letter, text message, telephone), exported
    /// or not.
    pub async fn notices_by_hand(
        &self,
        campaign: &str,
        channel: &str,
        after: u32,
        most: u32,
    ) -> Stored<Vec<NoticeRecord>> {
        let sql = format!(
            "SELECT {NOTICE} FROM notices WHERE campaign = $1 AND channel = $2 \
             AND state IN ('listed', 'exported') AND number > $3 ORDER BY number LIMIT $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(campaign)
            .bind(channel)
            .bind(i64::from(after))
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Marks notices as exported in a file for someone else to deliver. One exported earlier keeps
    /// its time.
    pub async fn export_notices(
        &self,
        campaign: &str,
        numbers: &[u32],
        at: Timestamp,
    ) -> Stored<()> {
        let mut all = self.transaction().await?;
        for number in numbers {
            sqlx::query(
                "UPDATE notices SET state = 'exported', at = $1 \
                 WHERE campaign = $2 AND number = $3 AND state = 'listed'",
            )
            .bind(at.micros())
            .bind(campaign)
            .bind(i64::from(*number))
            .execute(&mut *all)
            .await?;
        }
        Ok(all.commit().await?)
    }

    pub async fn notice_by_code(&self, code: u64) -> Stored<Option<NoticeRecord>> {
        let sql = format!("SELECT {NOTICE} FROM notices WHERE code = $1");
        // Codes have 60 bits: one that does not fit the column belongs to no notice.
        let Ok(code) = i64::try_from(code) else {
            return Ok(None);
        };
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(code)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Counts a verification of a notice, and sets the coarse locations it came from.
    pub async fn note_check(&self, code: u64, places: &str) -> Stored<()> {
        sqlx::query("UPDATE notices SET checks = checks + 1, places = $1 WHERE code = $2")
            .bind(places)
            .bind(signed(code)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Notices of a campaign that were verified from more locations than one person uses: at least
    /// five hashes of eight characters, with four spaces between them.
    pub async fn replayed_notices(&self, campaign: &str) -> Stored<u64> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS count FROM notices WHERE campaign = $1 AND LENGTH(places) >= 44",
        )
        .bind(campaign)
        .fetch_one(&self.pool)
        .await?;
        whole(&row, "count")
    }

    /// Deletes the destinations of a campaign that has ended.
    pub async fn forget_destinations(&self, campaign: &str) -> Stored<()> {
        sqlx::query("UPDATE notices SET destination = NULL WHERE campaign = $1")
            .bind(campaign)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Deletes the destinations that campaigns still have although they ended.
    pub async fn forget_ended_destinations(&self) -> Stored<()> {
        sqlx::query(
            "UPDATE notices SET destination = NULL WHERE destination IS NOT NULL \
             AND campaign IN (SELECT id FROM campaigns WHERE state = 'ended')",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<NoticeRecord> {
    Ok(NoticeRecord {
        campaign: text(row, "campaign")?,
        number: number(row, "number")?,
        code: whole(row, "code")?,
        population: text(row, "population")?,
        person: text(row, "person")?,
        seen: text(row, "seen")?,
        channel: text(row, "channel")?,
        destination: text_or_empty(row, "destination")?,
        masked: text_or_empty(row, "masked")?,
        hash: text(row, "hash")?,
        state: text(row, "state")?,
        at: time(row, "at")?,
        detail: text_or_empty(row, "detail")?,
        checks: whole(row, "checks")?,
        places: text(row, "places")?,
    })
}
