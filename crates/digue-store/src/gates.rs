//! Gates that are not open; an open one has no row.

use digue_access::{GateTable, Reach};
use digue_types::{AccountId, Gate, GateReason, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{corrupt, name, text, time};
use crate::error::Stored;
use crate::store::Store;

/// A gate, with who set it and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRecord {
    pub reach: Reach,
    pub gate: Gate,
    pub reason: GateReason,
    pub set_by: AccountId,
    pub set_at: Timestamp,
}

impl Store {
    /// Sets a gate; an open one is deleted.
    pub async fn set_gate(&self, record: &GateRecord) -> Stored<()> {
        // Open is the absence of a row: what was never closed and what was opened again are the
        // same.
        if record.gate == Gate::Open {
            sqlx::query("DELETE FROM gates WHERE scope = $1 AND name = $2")
                .bind(record.reach.scope().code())
                .bind(record.reach.name())
                .execute(&self.pool)
                .await?;
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO gates (scope, name, gate, reason, set_by, set_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scope, name) DO UPDATE SET \
             gate = excluded.gate, reason = excluded.reason, set_by = excluded.set_by, \
             set_at = excluded.set_at",
        )
        .bind(record.reach.scope().code())
        .bind(record.reach.name())
        .bind(record.gate.code())
        .bind(record.reason.to_string())
        .bind(record.set_by.as_str())
        .bind(record.set_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn gates(&self) -> Stored<Vec<GateRecord>> {
        let rows = sqlx::query(
            "SELECT scope, name, gate, reason, set_by, set_at FROM gates ORDER BY scope, name",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// All gates that are not open, as a table for `serve` to start with.
    pub async fn gate_table(&self) -> Stored<GateTable> {
        let mut table = GateTable::default();
        for record in self.gates().await? {
            table.set(record.reach, record.gate);
        }
        Ok(table)
    }
}

fn read(row: &AnyRow) -> Stored<GateRecord> {
    let reach = Reach::parse(&text(row, "scope")?, &text(row, "name")?);
    Ok(GateRecord {
        reach: reach.ok_or_else(|| corrupt("scope"))?,
        gate: Gate::parse(&text(row, "gate")?).ok_or_else(|| corrupt("gate"))?,
        reason: GateReason::parse(&text(row, "reason")?),
        set_by: name(row, "set_by", AccountId::parse)?,
        set_at: time(row, "set_at")?,
    })
}
