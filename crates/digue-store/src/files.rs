//! Files handed in about a subject: a receipt, a signed document. Identified by their hash.

use digue_types::{AccountId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{name, signed, text, time, whole};
use crate::error::Stored;
use crate::store::Store;

/// One file, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// The subject: `incident:in-…`.
    pub subject: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub hash: String,
    /// The name given by its owner.
    pub name: String,
    pub size: u64,
    pub kept_at: Timestamp,
    pub kept_by: AccountId,
}

impl Store {
    /// Stores a file; false when the same one is already stored.
    pub async fn add_file(&self, file: &FileRecord, bytes: &[u8]) -> Stored<bool> {
        let done = sqlx::query(
            "INSERT INTO kept_files (subject, hash, name, size, kept_at, kept_by, bytes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(file.subject.as_str())
        .bind(file.hash.as_str())
        .bind(file.name.as_str())
        .bind(signed(file.size)?)
        .bind(file.kept_at.micros())
        .bind(file.kept_by.as_str())
        .bind(bytes)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Files about a subject, the oldest first.
    pub async fn files(&self, subject: &str) -> Stored<Vec<FileRecord>> {
        let rows = sqlx::query(
            "SELECT subject, hash, name, size, kept_at, kept_by FROM kept_files WHERE subject = $1 \
             ORDER BY kept_at, hash",
        )
        .bind(subject)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Every file of every subject, the oldest first.
    pub async fn all_files(&self) -> Stored<Vec<FileRecord>> {
        let rows = sqlx::query(
            "SELECT subject, hash, name, size, kept_at, kept_by FROM kept_files \
             ORDER BY kept_at, subject, hash",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// The stored bytes of a file, which nothing has compared with its hash yet: callers read files
    /// through `digue_evidence::stored_files`.
    pub async fn file_bytes(&self, subject: &str, hash: &str) -> Stored<Option<Vec<u8>>> {
        let row = sqlx::query("SELECT bytes FROM kept_files WHERE subject = $1 AND hash = $2")
            .bind(subject)
            .bind(hash)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("bytes")).transpose()?)
    }
}

fn read(row: &AnyRow) -> Stored<FileRecord> {
    Ok(FileRecord {
        subject: text(row, "subject")?,
        hash: text(row, "hash")?,
        name: text(row, "name")?,
        size: whole(row, "size")?,
        kept_at: time(row, "kept_at")?,
        kept_by: name(row, "kept_by", AccountId::parse)?,
    })
}
