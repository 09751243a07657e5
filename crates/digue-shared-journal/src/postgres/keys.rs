//! The wrapped period keys that all gateways share.
//!
//! Called on whatever thread appends, which may be a runtime's: each call works on a thread of its
//! own. That is rare: a new period, a start, the end of a retention.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use digue_journal::keyring::{self, PeriodKeyRecord, SharedKeys};
use digue_journal::seal::ClearHeader;
use ring::digest::{SHA256, digest};
use sqlx::Row as _;

use crate::log::{CommitAttempt, CommitRefusal, DatabaseError, UsedKey};
use crate::postgres::PostgresJournal;
use crate::postgres::connection::{PrimaryConnection, SeenTimeline};
use crate::postgres::stored;

/// SHA-256 of each key file, as this process knows it: a batch says which files it was sealed with.
#[derive(Default)]
pub struct KeyDigests(Mutex<BTreeMap<u32, [u8; 32]>>);

impl KeyDigests {
    fn note(&self, number: u32, file: &[u8]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is sealed under a key that was destroyed, nor under one that cannot be read.
        let is_usable = keyring::parse(file).is_some_and(|(record, _)| record.destroyed.is_none());
        if is_usable {
            known.insert(number, file_digest(file));
        } else {
            known.remove(&number);
        }
    }

    /// The keys that `entries` are sealed under, each once; `None` when one is not known here.
    pub fn of(&self, entries: &[Vec<u8>]) -> Option<Vec<UsedKey>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = BTreeMap::new();
        for entry in entries {
            let number = ClearHeader::of(entry).ok()?.key;
            used.insert(number, *known.get(&number)?);
        }
        let keys = used.into_iter();
        Some(
            keys.map(|(number, digest)| UsedKey { number, digest })
                .collect(),
        )
    }
}

/// SHA-256 of a key file.
pub(crate) fn file_digest(file: &[u8]) -> [u8; 32] {
    digest(&SHA256, file)
        .as_ref()
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

/// The shared period keys in the journal's database.
pub struct PostgresKeys {
    connection: Mutex<PrimaryConnection>,
    digests: Arc<KeyDigests>,
}

impl PostgresKeys {
    /// # Errors
    /// No runtime for the connection; the database is not asked yet.
    pub fn new(
        settings: crate::postgres::PostgresSettings,
        timeline: &SeenTimeline,
    ) -> Result<Self, DatabaseError> {
        Ok(Self {
            connection: Mutex::new(PrimaryConnection::new(settings, timeline.clone())?),
            digests: Arc::default(),
        })
    }

    pub fn digests(&self) -> Arc<KeyDigests> {
        self.digests.clone()
    }

    /// Works on the connection, on a thread that is no runtime's.
    fn work<T: Send>(
        &self,
        work: impl FnOnce(&mut PrimaryConnection) -> io::Result<T> + Send,
    ) -> io::Result<T> {
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let mut connection = self
                    .connection
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                work(&mut connection)
            });
            worker
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the key's thread panicked")))
        })
    }
}

/// What is not acknowledged counts as not done: an entry under a key that is lost is lost.
fn acknowledged<T>(attempt: CommitAttempt<T>) -> io::Result<T> {
    match attempt {
        CommitAttempt::Acknowledged(value) => Ok(value),
        CommitAttempt::Refused(refusal) => Err(io::Error::other(refusal)),
        CommitAttempt::Doubtful(cause) => Err(io::Error::other(cause)),
    }
}

impl SharedKeys for PostgresKeys {
    fn files(&self) -> io::Result<Vec<Vec<u8>>> {
        let files = self.work(|connection| {
            // With a commit: what it shows was committed before it, and is as durable.
            acknowledged(connection.commit(async |connection| {
                let text = "WITH moved AS (UPDATE digue_journal.barrier SET ticks = ticks + 1) \
                            SELECT number, file FROM digue_journal.period_keys ORDER BY number";
                let rows = sqlx::query(text).fetch_all(&mut *connection).await?;
                let file = |row: &sqlx::postgres::PgRow| {
                    Ok::<_, sqlx::Error>((row.try_get("number")?, row.try_get("file")?))
                };
                Ok(Ok(rows
                    .iter()
                    .map(file)
                    .collect::<Result<Vec<(i64, Vec<u8>)>, _>>()?))
            }))
        })?;
        for (number, file) in &files {
            let number = u32::try_from(*number).map_err(io::Error::other)?;
            self.digests.note(number, file);
        }
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }

    fn add(&self, record: &PeriodKeyRecord, file: &[u8]) -> io::Result<bool> {
        let number = record.number;
        let (stream, period) = (record.stream.to_string(), record.period.to_string());
        let digest = file_digest(file);
        let is_added = self.work(|connection| {
            let attempt = connection.commit(async |connection| {
                let text = "INSERT INTO digue_journal.period_keys VALUES ($1, $2, $3, $4, $5)";
                sqlx::query(text)
                    .bind(i64::from(number))
                    .bind(&stream)
                    .bind(&period)
                    .bind(file)
                    .bind(digest.as_slice())
                    .execute(&mut *connection)
                    .await?;
                Ok(Ok(()))
            });
            match attempt {
                CommitAttempt::Refused(CommitRefusal::Duplicate) => Ok(false),
                other => acknowledged(other).map(|()| true),
            }
        })?;
        if is_added {
            self.digests.note(number, file);
        }
        Ok(is_added)
    }

    fn destroy(&self, record: &PeriodKeyRecord, file: &[u8]) -> io::Result<()> {
        let (number, digest) = (record.number, file_digest(file));
        self.work(|connection| {
            acknowledged(connection.commit(async |connection| {
                let text = "UPDATE digue_journal.period_keys SET file = $2, digest = $3 \
                            WHERE number = $1";
                sqlx::query(text)
                    .bind(stored(u64::from(number)))
                    .bind(file)
                    .bind(digest.as_slice())
                    .execute(&mut *connection)
                    .await?;
                Ok(Ok(()))
            }))
        })?;
        self.digests.note(number, file);
        Ok(())
    }
}

impl PostgresJournal {
    /// The files of all period keys, by number: for a copy.
    pub fn key_files(&mut self) -> Result<Vec<Vec<u8>>, DatabaseError> {
        let rows = self.connection.ask(async |connection| {
            sqlx::query("SELECT file FROM digue_journal.period_keys ORDER BY number")
                .fetch_all(&mut *connection)
                .await
        })?;
        rows.iter().map(|row| super::read(row, "file")).collect()
    }
}
