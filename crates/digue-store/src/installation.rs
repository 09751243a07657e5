//! What there is once for an installation, in one row that a migration added.

use digue_types::Timestamp;
use sqlx::Row as _;

use crate::columns::{corrupt, optional_text, optional_time, signed};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// The version of the caseloads in force; `None` before the first load.
    pub async fn caseload_version(&self) -> Stored<Option<u64>> {
        let row = sqlx::query("SELECT caseload_version FROM installation")
            .fetch_one(&self.pool)
            .await?;
        let version = row.try_get::<Option<i64>, _>(0)?;
        version
            .map(|version| u64::try_from(version).map_err(|_| corrupt("caseload_version")))
            .transpose()
    }

    pub async fn set_caseload_version(&self, version: u64) -> Stored<()> {
        let text = "UPDATE installation SET caseload_version = $1";
        sqlx::query(text)
            .bind(signed(version)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// When the officers were last sent their digest.
    pub async fn digest_at(&self) -> Stored<Option<Timestamp>> {
        let row = sqlx::query("SELECT digest_at FROM installation")
            .fetch_one(&self.pool)
            .await?;
        optional_time(&row, "digest_at")
    }

    pub async fn set_digest_at(&self, at: Timestamp) -> Stored<()> {
        let text = "UPDATE installation SET digest_at = $1";
        sqlx::query(text)
            .bind(at.micros())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The journal's last signed checkpoint, as a note.
    pub async fn journal_head(&self) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT journal_head FROM installation")
            .fetch_one(&self.pool)
            .await?;
        optional_text(&row, "journal_head")
    }

    pub async fn set_journal_head(&self, note: &str) -> Stored<()> {
        sqlx::query("UPDATE installation SET journal_head = $1")
            .bind(note)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Puts the journal's head aside under a name, where it stays as evidence.
    pub async fn set_journal_head_aside(&self, suffix: &str) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        sqlx::query(
            "INSERT INTO former_journal_heads (suffix, note) \
             SELECT $1, journal_head FROM installation WHERE journal_head IS NOT NULL \
             ON CONFLICT (suffix) DO UPDATE SET note = excluded.note",
        )
        .bind(suffix)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE installation SET journal_head = NULL")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
