//! What is hidden from the persons concerned, for a time.

use digue_access::Reach;
use digue_types::{AccountId, Subject, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{corrupt, name, present_time, text, time, time_or_zero};
use crate::error::Stored;
use crate::store::Store;

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

impl Store {
    pub async fn hide(&self, hidden: &HiddenRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO hidden_consultations (id, reach, from_at, to_at, reason, set_by, set_at, until_at, lifted_at) \
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
        .bind(present_time(hidden.lifted_at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Everything that was ever hidden, newest first.
    pub async fn hidden(&self) -> Stored<Vec<HiddenRecord>> {
        let rows = sqlx::query(
            "SELECT id, reach, from_at, to_at, reason, set_by, set_at, until_at, lifted_at FROM hidden_consultations \
             ORDER BY set_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// False when it was already lifted.
    pub async fn lift(&self, id: &str, at: Timestamp) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE hidden_consultations SET lifted_at = $1 WHERE id = $2 AND lifted_at IS NULL",
        )
        .bind(at.micros())
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Hides again what was lifted, because the lifting could not be journalled.
    pub async fn release_lift(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE hidden_consultations SET lifted_at = NULL WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// An account or an organisation. Another reach is an error: hiding nothing instead would show what
/// the DPO has hidden.
fn hidden_reach(text: &str) -> Stored<Reach> {
    let reach = Reach::of(&Subject::parse(text).canonical());
    let is_known = |reach: &Reach| matches!(reach, Reach::Account(_) | Reach::Organisation(_));
    reach.filter(is_known).ok_or_else(|| corrupt("reach"))
}

fn read(row: &AnyRow) -> Stored<HiddenRecord> {
    Ok(HiddenRecord {
        id: text(row, "id")?,
        reach: hidden_reach(&text(row, "reach")?)?,
        from: time(row, "from_at")?,
        to: time(row, "to_at")?,
        reason: text(row, "reason")?,
        set_by: name(row, "set_by", AccountId::parse)?,
        set_at: time(row, "set_at")?,
        until: time(row, "until_at")?,
        lifted_at: time_or_zero(row, "lifted_at")?,
    })
}
