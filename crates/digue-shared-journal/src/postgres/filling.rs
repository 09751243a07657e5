//! What only a transfer does: a journal of one machine written into an empty database.

use digue_journal::keyring::PeriodKeyRecord;
use digue_journal::tree::Hash;
use sqlx::Executor as _;

use crate::log::{BatchId, CommitAttempt, CommitRefusal, DatabaseError, PublishedTree};
use crate::postgres::connection::read;
use crate::postgres::keys::file_digest;
use crate::postgres::{PostgresJournal, stored};

impl PostgresJournal {
    /// Stores entries at index `first`, which must be the end of what is stored.
    pub(crate) fn fill(
        &mut self,
        first: u64,
        id: BatchId,
        entries: &[Vec<u8>],
    ) -> CommitAttempt<()> {
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        self.connection.commit(async |connection| {
            let text = "WITH head AS (UPDATE digue_journal.journal SET size = size + $2 \
                        WHERE size = $1 AND EXISTS (SELECT FROM digue_journal.halt) RETURNING 1) \
                        INSERT INTO digue_journal.batches (first, count, id, gateway, entries) \
                        SELECT $1, $2, $3, '', $4 FROM head";
            let done = sqlx::query(text)
                .bind(stored(first))
                .bind(stored(entries.len() as u64))
                .bind(id.0.as_slice())
                .bind(&entries)
                .execute(&mut *connection)
                .await?;
            if done.rows_affected() == 1 {
                return Ok(Ok(()));
            }
            // Stored by an earlier attempt whose answer was lost, or by something else: the tree
            // that is read back at the end decides.
            Ok(Err(CommitRefusal::Duplicate))
        })
    }

    /// Stores a period key's file under its number.
    pub(crate) fn put_key(&mut self, record: &PeriodKeyRecord, file: &[u8]) -> CommitAttempt<()> {
        let (stream, period) = (record.stream.to_string(), record.period.to_string());
        let digest = file_digest(file);
        self.connection.commit(async |connection| {
            sqlx::query(
                "INSERT INTO digue_journal.period_keys VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (number) DO UPDATE SET file = excluded.file, digest = excluded.digest",
            )
            .bind(i64::from(record.number))
            .bind(&stream)
            .bind(&period)
            .bind(file)
            .bind(digest.as_slice())
            .execute(&mut *connection)
            .await?;
            Ok(Ok(()))
        })
    }

    /// Stores the leaf hashes of a full tile of entries that were pruned.
    pub(crate) fn put_leaves(&mut self, tile: u64, leaves: &[u8]) -> CommitAttempt<()> {
        self.connection.commit(async |connection| {
            let text = "INSERT INTO digue_journal.beginning VALUES ($1, $2) ON CONFLICT DO NOTHING";
            sqlx::query(text)
                .bind(stored(tile))
                .bind(leaves)
                .execute(&mut *connection)
                .await?;
            Ok(Ok(()))
        })
    }

    /// Stores the note that says where the journal begins, and begins there.
    pub(crate) fn put_pruned(&mut self, minimum: u64, note: &str) -> CommitAttempt<()> {
        self.connection.commit(async |connection| {
            let text = "WITH head AS (UPDATE digue_journal.journal SET size = $1 WHERE size = 0) \
                        INSERT INTO digue_journal.pruned VALUES (true, $2) ON CONFLICT DO NOTHING";
            sqlx::query(text)
                .bind(stored(minimum))
                .bind(note)
                .execute(&mut *connection)
                .await?;
            Ok(Ok(()))
        })
    }

    /// Makes the tree of what was stored the published one.
    pub(crate) fn begin_with(&mut self, tree: &PublishedTree) -> CommitAttempt<()> {
        self.connection.commit(async |connection| {
            let text = "UPDATE digue_journal.publication SET size = $1, root = $2 \
                        WHERE epoch = 0 AND (size = 0 OR (size = $1 AND root = $2))";
            let done = sqlx::query(text)
                .bind(stored(tree.size))
                .bind(tree.root.as_slice())
                .execute(&mut *connection)
                .await?;
            Ok(if done.rows_affected() == 1 {
                Ok(())
            } else {
                Err(CommitRefusal::Overtaken)
            })
        })
    }

    /// The signed note of a journal that was pruned before it was shared.
    pub(crate) fn pruned_note(&mut self) -> Result<Option<String>, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            connection
                .fetch_optional("SELECT note FROM digue_journal.pruned")
                .await
        })?;
        row.map(|row| read(&row, "note")).transpose()
    }

    /// The leaf hashes of a tile of entries that were pruned.
    pub(crate) fn leaves(&mut self, tile: u64) -> Result<Vec<Hash>, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            let text = "SELECT content FROM digue_journal.beginning WHERE tile = $1";
            sqlx::query(text)
                .bind(stored(tile))
                .fetch_optional(&mut *connection)
                .await
        })?;
        let missing = || DatabaseError::Unfit(format!("tile {tile} of the beginning is missing"));
        let bytes: Vec<u8> = read(&row.ok_or_else(missing)?, "content")?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() && hashes.len() == digue_journal::tree::TILE_WIDTH {
            Ok(hashes.to_vec())
        } else {
            Err(DatabaseError::Unfit(format!(
                "tile {tile} of the beginning has {} bytes",
                bytes.len()
            )))
        }
    }
}
