//! What every gateway must have alike besides entries: digests that must agree, and files of the
//! data folder, written by the gateway that serves.

use crate::log::{BootId, CommitAttempt, CommitRefusal, DatabaseError, LeaseFence};
use crate::postgres::connection::{bytes, read};
use crate::postgres::{PostgresJournal, stored};

/// Whether a gateway has what the others have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreement {
    /// The same, or it is the first.
    Agreed,
    Differs,
}

const AGREE: &str = concat!(
    "INSERT INTO digue_journal.agreements (name, digest) SELECT $2, $3 WHERE ",
    replicates!("$1"),
    // Changed to what it is, so that the row is returned and the commit is a barrier.
    " ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING digest",
);

const PUT_FILE: &str = concat!(
    "WITH fence AS MATERIALIZED (SELECT name FROM digue_journal.leases ",
    "WHERE name = $2 AND epoch = $3 AND boot = $4 FOR KEY SHARE), ",
    "checks AS MATERIALIZED (SELECT ",
    replicates!("$1"),
    " AS replicates, EXISTS (SELECT FROM fence) AS fenced), ",
    "gone AS (DELETE FROM digue_journal.files WHERE path = $5 AND part > cardinality($7) ",
    "AND (SELECT replicates AND fenced FROM checks)), ",
    "put AS (INSERT INTO digue_journal.files (path, part, digest, content) ",
    "SELECT $5, part, $6, content FROM unnest($7::bytea[]) WITH ORDINALITY AS parts (content, part) ",
    "WHERE (SELECT replicates AND fenced FROM checks) ",
    "ON CONFLICT (path, part) DO UPDATE SET digest = excluded.digest, content = excluded.content) ",
    "SELECT replicates, fenced FROM checks",
);

impl PostgresJournal {
    /// Compares the SHA-256 of something that all gateways must have alike with theirs; the first
    /// one's is kept.
    ///
    /// # Errors
    /// The database did not acknowledge: nothing is known.
    pub fn agree(&mut self, name: &str, digest: &[u8; 32]) -> Result<Agreement, DatabaseError> {
        let asynchronous = self.asynchronous();
        let kept = self.connection.commit(async |connection| {
            use sqlx::Row as _;
            let rows = sqlx::query(AGREE)
                .bind(asynchronous)
                .bind(name)
                .bind(digest.as_slice())
                .fetch_all(&mut *connection)
                .await?;
            match rows.first() {
                Some(row) => row.try_get::<Vec<u8>, _>("digest").map(Ok),
                None => Ok(Err(CommitRefusal::NotSynchronous)),
            }
        });
        match kept {
            CommitAttempt::Acknowledged(kept) if kept == digest => Ok(Agreement::Agreed),
            CommitAttempt::Acknowledged(_) => Ok(Agreement::Differs),
            CommitAttempt::Refused(refusal) => Err(DatabaseError::Unreachable(refusal.to_string())),
            CommitAttempt::Doubtful(cause) => Err(DatabaseError::Unreachable(cause)),
        }
    }

    /// Stores a file in parts, in place of the one before, if the lease `fence` is still held.
    pub(crate) fn put_file(
        &mut self,
        fence: &LeaseFence,
        boot: BootId,
        path: &str,
        digest: &[u8; 32],
        parts: &[&[u8]],
    ) -> CommitAttempt<()> {
        let asynchronous = self.asynchronous();
        self.connection.commit(async |connection| {
            use sqlx::Row as _;
            let rows = sqlx::query(PUT_FILE)
                .bind(asynchronous)
                .bind(&fence.name)
                .bind(stored(fence.epoch))
                .bind(boot.0.as_slice())
                .bind(path)
                .bind(digest.as_slice())
                .bind(parts)
                .fetch_all(&mut *connection)
                .await?;
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            if !row.try_get::<bool, _>("replicates")? {
                return Ok(Err(CommitRefusal::NotSynchronous));
            }
            let is_fenced = row.try_get::<bool, _>("fenced")?;
            Ok(if is_fenced {
                Ok(())
            } else {
                Err(CommitRefusal::Fenced)
            })
        })
    }

    /// The stored files: path and SHA-256.
    pub(crate) fn stored_files(&mut self) -> Result<Vec<(String, [u8; 32])>, DatabaseError> {
        let rows = self.connection.ask(async |connection| {
            let text = "SELECT path, digest FROM digue_journal.files WHERE part = 1 ORDER BY path";
            sqlx::query(text).fetch_all(&mut *connection).await
        })?;
        let file = |row| Ok((read(row, "path")?, bytes(row, "digest")?));
        rows.iter().map(file).collect()
    }

    /// The parts of a file, in order.
    pub(crate) fn file_parts(&mut self, path: &str) -> Result<Vec<Vec<u8>>, DatabaseError> {
        let rows = self.connection.ask(async |connection| {
            let text = "SELECT content FROM digue_journal.files WHERE path = $1 ORDER BY part";
            sqlx::query(text)
                .bind(path)
                .fetch_all(&mut *connection)
                .await
        })?;
        rows.iter().map(|row| read(row, "content")).collect()
    }
}
