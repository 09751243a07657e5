//! Checks that are switched off until a date.

use digue_types::Timestamp;
use sqlx::any::AnyRow;

use crate::columns::{text, time};
use crate::error::Stored;
use crate::store::Store;

/// A check that is switched off until a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchRecord {
    pub name: String,
    pub author: String,
    pub reason: String,
    pub until: Timestamp,
}

impl Store {
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
        let rows =
            sqlx::query("SELECT name, author, reason, until FROM check_switches ORDER BY name")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Stored<SwitchRecord> {
    Ok(SwitchRecord {
        name: text(row, "name")?,
        author: text(row, "author")?,
        reason: text(row, "reason")?,
        until: time(row, "until")?,
    })
}
