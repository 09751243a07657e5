//! The journal's database on PostgreSQL: the only module that speaks SQL.
//!
//! Every change is one statement, which is one transaction and one round trip: the head row stays
//! locked for the time of one synchronous commit, and not longer. What a statement depends on (the
//! leases, the period keys, that the server replicates, that the journal is not halted) is checked
//! inside it.

/// True in a statement when the server replicates synchronously, or need not (`$1`).
macro_rules! replicates {
    ($parameter:literal) => {
        concat!(
            "(",
            $parameter,
            " OR (current_setting('synchronous_standby_names') <> '' ",
            "AND current_setting('synchronous_commit') IN ('on', 'remote_apply')))"
        )
    };
}

mod connection;
mod filling;
mod keys;
mod notices;
mod schema;
mod shared_files;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use digue_journal::note::Verifier;
use digue_journal::tree::{self, Hash};
use sqlx::Executor as _;
use sqlx::postgres::PgRow;

pub use connection::PostgresSettings;
pub use keys::{KeyDigests, PostgresKeys};
pub use shared_files::Agreement;

use crate::log::{
    BatchId, BootId, CommitAttempt, CommitRefusal, DatabaseError, EntryBatch, JournalDatabase,
    LeaseFence, LeaseRow, PublishedTree, StoredBatch,
};
use connection::{PrimaryConnection, SeenTimeline, bytes, count, read};

/// Batches that one read returns at most: 64 MB when all are as large as can be.
const BATCHES_READ: i64 = 64;

const APPEND: &str = concat!(
    // Key-share locks: taking a lease locks its row against them, waits for this transaction and
    // defeats those that come later.
    "WITH fences AS MATERIALIZED (",
    "SELECT held.name FROM digue_journal.leases held ",
    "JOIN unnest($2::text[], $3::bigint[]) AS f (name, epoch) USING (name, epoch) ",
    "WHERE held.boot = $4 ORDER BY held.name FOR KEY SHARE OF held), ",
    "checks AS MATERIALIZED (SELECT ",
    replicates!("$1"),
    " AS replicates, ",
    "(SELECT count(*) FROM fences) = cardinality($2::text[]) AS fenced, ",
    "(SELECT count(*) FROM digue_journal.period_keys k ",
    "JOIN unnest($5::bigint[], $6::bytea[]) AS u (number, digest) USING (number, digest)) ",
    "= cardinality($5::bigint[]) AS keyed, ",
    "(SELECT reason FROM digue_journal.halt) AS halted), ",
    "head AS (UPDATE digue_journal.journal SET size = size + $7 ",
    "WHERE (SELECT replicates AND fenced AND keyed AND halted IS NULL FROM checks) ",
    "RETURNING size - $7 AS first), ",
    "placed AS (INSERT INTO digue_journal.batches (first, count, id, gateway, entries) ",
    "SELECT first, $7, $8, $9, $10 FROM head RETURNING first) ",
    "SELECT (SELECT first FROM placed) AS first, replicates, fenced, keyed, halted FROM checks",
);

const SETTLE: &str = concat!(
    "UPDATE digue_journal.barrier SET ticks = ticks + 1 WHERE ",
    replicates!("$1"),
    " RETURNING (SELECT first FROM digue_journal.batches WHERE id = $2) AS first",
);

const TAKE_LEASE: &str = concat!(
    "WITH seen AS MATERIALIZED (SELECT name FROM digue_journal.leases ",
    "WHERE name = $2 AND epoch = $3 AND boot = $4 AND ticks = $5 FOR UPDATE) ",
    "UPDATE digue_journal.leases held SET epoch = held.epoch + 1, boot = $6, holder = $7, ticks = 0 ",
    "FROM seen WHERE held.name = seen.name AND ",
    replicates!("$1"),
    " RETURNING held.epoch AS epoch",
);

const RENEW_LEASE: &str = concat!(
    "UPDATE digue_journal.leases SET ticks = ticks + 1 ",
    "WHERE name = $2 AND boot = $3 AND epoch = $4 AND ",
    replicates!("$1"),
    " RETURNING ticks",
);

const RELEASE_LEASE: &str = concat!(
    "UPDATE digue_journal.leases SET boot = $5, ticks = ticks + 1 ",
    "WHERE name = $2 AND boot = $3 AND epoch = $4 AND ",
    replicates!("$1"),
    " RETURNING ticks",
);

const PUBLISH: &str = concat!(
    "WITH fence AS MATERIALIZED (SELECT name FROM digue_journal.leases ",
    "WHERE name = $2 AND epoch = $3 AND boot = $4 FOR KEY SHARE), ",
    "checks AS MATERIALIZED (SELECT ",
    replicates!("$1"),
    " AS replicates, EXISTS (SELECT FROM fence) AS fenced, ",
    "(SELECT reason FROM digue_journal.halt) AS halted), ",
    "moved AS (UPDATE digue_journal.publication SET epoch = $3, size = $8, root = $9 ",
    "WHERE epoch = $5 AND size = $6 AND root = $7 ",
    "AND $8 <= (SELECT size FROM digue_journal.journal) ",
    "AND (SELECT replicates AND fenced AND halted IS NULL FROM checks) RETURNING 1) ",
    "SELECT EXISTS (SELECT FROM moved) AS moved, replicates, fenced, halted FROM checks",
);

const KEEP_CHECKPOINT: &str = concat!(
    "INSERT INTO digue_journal.checkpoint (one, size, note) SELECT true, $2, $3 WHERE ",
    replicates!("$1"),
    " ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note ",
    "WHERE digue_journal.checkpoint.size < excluded.size RETURNING size",
);

/// The journal in a PostgreSQL database. Every call blocks its thread, which must not be one of an
/// asynchronous runtime's.
pub struct PostgresJournal {
    connection: PrimaryConnection,
    started: Instant,
    /// When the attempts to settle an outcome must end.
    settle_until: Option<Instant>,
}

impl PostgresJournal {
    /// Connects. The tables must be there: see [`PostgresJournal::create`].
    ///
    /// # Errors
    /// When no server takes writes, or the one that does is not fit: `DatabaseError` says why.
    pub fn open(settings: PostgresSettings, key: &Verifier) -> Result<Self, DatabaseError> {
        Self::open_beside(settings, key, &Arc::new(AtomicU32::new(0)))
    }

    /// `open`, for a second connection of one process: what one has learnt of the servers holds for
    /// both.
    pub fn open_beside(
        settings: PostgresSettings,
        key: &Verifier,
        timeline: &SeenTimeline,
    ) -> Result<Self, DatabaseError> {
        let mut journal = Self::connect(settings, timeline.clone())?;
        let stored = journal.connection.ask(async |connection| {
            connection
                .fetch_optional("SELECT version, key FROM digue_journal.journal")
                .await
        });
        let row = stored?
            .ok_or_else(|| DatabaseError::Unfit("this database holds no journal yet".to_owned()))?;
        must_be_ours(&row, key)?;
        Ok(journal)
    }

    fn connect(settings: PostgresSettings, timeline: SeenTimeline) -> Result<Self, DatabaseError> {
        let mut connection = PrimaryConnection::new(settings, timeline)?;
        connection.ensure()?;
        Ok(Self {
            connection,
            started: Instant::now(),
            settle_until: None,
        })
    }

    /// Makes the tables of a journal of no entries, unless they are there.
    ///
    /// # Errors
    /// `Unfit` when another journal, or another version's, is there.
    pub fn create(settings: PostgresSettings, key: &Verifier) -> Result<Self, DatabaseError> {
        let mut journal = Self::connect(settings, Arc::new(AtomicU32::new(0)))?;
        let text = key.to_text();
        let made = journal.connection.ask(async |connection| {
            let mut transaction = sqlx::Connection::begin(&mut *connection).await?;
            // Two gateways that start at once: the second waits, and finds everything there.
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(schema::LOCK)
                .execute(&mut *transaction)
                .await?;
            for statement in schema::TABLES {
                transaction.execute(*statement).await?;
            }
            sqlx::query("INSERT INTO digue_journal.journal VALUES (true, $1, $2, 0) ON CONFLICT DO NOTHING")
                .bind(schema::VERSION)
                .bind(&text)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "INSERT INTO digue_journal.publication VALUES (true, 0, 0, $1) ON CONFLICT DO NOTHING",
            )
            .bind(tree::empty_root().as_slice())
            .execute(&mut *transaction)
            .await?;
            let row = transaction
                .fetch_one("SELECT version, key FROM digue_journal.journal")
                .await?;
            transaction.commit().await?;
            Ok(row)
        })?;
        must_be_ours(&made, key)?;
        Ok(journal)
    }

    /// Entries that the database holds, acknowledged or not.
    pub fn size(&mut self) -> Result<u64, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            connection
                .fetch_one("SELECT size FROM digue_journal.journal")
                .await
        })?;
        count(&row, "size")
    }

    /// The settings of the server that decide what "committed" means, and its standbys: for people.
    pub fn servers(&mut self) -> Result<ServerStatus, DatabaseError> {
        let (row, standbys) = self.connection.ask(async |connection| {
            let row = connection
                .fetch_one(
                    "SELECT current_setting('synchronous_standby_names') AS names, \
                     current_setting('server_version') AS version, \
                     (SELECT reason FROM digue_journal.halt) AS halted",
                )
                .await?;
            let standbys = connection
                .fetch_all(
                    "SELECT COALESCE(application_name, '') AS name, \
                     COALESCE(sync_state, '') AS state FROM pg_stat_replication ORDER BY 1",
                )
                .await?;
            Ok((row, standbys))
        })?;
        let standby = |row: &PgRow| Ok((read(row, "name")?, read(row, "state")?));
        Ok(ServerStatus {
            version: read(&row, "version")?,
            synchronous_standbys: read(&row, "names")?,
            standbys: standbys.iter().map(standby).collect::<Result<_, _>>()?,
            halted: read(&row, "halted")?,
        })
    }

    /// All leases, by name.
    pub fn leases(&mut self) -> Result<Vec<(String, LeaseRow)>, DatabaseError> {
        let rows = self.connection.ask(async |connection| {
            connection
                .fetch_all(
                    "SELECT name, epoch, boot, holder, ticks FROM digue_journal.leases ORDER BY name",
                )
                .await
        })?;
        rows.iter()
            .map(|row| Ok((read(row, "name")?, lease_row(row)?)))
            .collect()
    }

    /// Lifts a halt: only people can judge that what was lost is accounted for.
    pub fn danger_resume(&mut self) -> CommitAttempt<()> {
        self.connection.commit(async |connection| {
            connection
                .execute("DELETE FROM digue_journal.halt")
                .await
                .map(|_| Ok(()))
        })
    }

    fn asynchronous(&self) -> bool {
        self.connection.settings().danger_asynchronous
    }
}

/// What the server says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerStatus {
    pub version: String,
    /// `synchronous_standby_names`.
    pub synchronous_standbys: String,
    /// Name and `sync_state` of each standby that is connected; the state is empty where the role
    /// may not see it.
    pub standbys: Vec<(String, String)>,
    pub halted: Option<String>,
}

fn must_be_ours(row: &PgRow, key: &Verifier) -> Result<(), DatabaseError> {
    let version = read::<i32>(row, "version")?;
    if version != schema::VERSION {
        return Err(DatabaseError::Unfit(format!(
            "the journal's tables are of version {version}, this program knows {}",
            schema::VERSION
        )));
    }
    let stored = read::<String>(row, "key")?;
    if stored == key.to_text() {
        Ok(())
    } else {
        Err(DatabaseError::Unfit(format!(
            "the journal in the database is signed by `{stored}`, not by this gateway's key"
        )))
    }
}

fn lease_row(row: &PgRow) -> Result<LeaseRow, DatabaseError> {
    Ok(LeaseRow {
        epoch: count(row, "epoch")?,
        boot: BootId(bytes(row, "boot")?),
        holder: read(row, "holder")?,
        ticks: count(row, "ticks")?,
    })
}

/// Numbers of entries and epochs are far below 2^63.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Why a checked statement changed nothing: its columns say which check failed.
fn refused(row: &PgRow) -> Result<CommitRefusal, sqlx::Error> {
    use sqlx::Row as _;
    let is = |column: &str| row.try_get::<bool, _>(column);
    if let Some(reason) = row.try_get::<Option<String>, _>("halted")? {
        return Ok(CommitRefusal::Halted(reason));
    }
    if !is("replicates")? {
        return Ok(CommitRefusal::NotSynchronous);
    }
    Ok(if is("fenced")? {
        CommitRefusal::Keys
    } else {
        CommitRefusal::Fenced
    })
}

impl JournalDatabase for PostgresJournal {
    fn now(&self) -> Duration {
        // Stands still while the machine sleeps; trust may then last too long, and the epochs that
        // the database compares decide all the same.
        self.started.elapsed()
    }

    fn may_try_again(&mut self, attempts: u32) -> bool {
        let within = self.connection.settings().settle_within;
        if attempts <= 1 {
            self.settle_until = Some(Instant::now() + within);
            return true;
        }
        let pause = Duration::from_millis(50) * attempts.min(10);
        let is_left = self
            .settle_until
            .is_some_and(|end| Instant::now() + pause < end);
        if is_left {
            // Nothing unparks this thread: it is a pause.
            std::thread::park_timeout(pause);
        }
        is_left
    }

    fn session(&self) -> u64 {
        self.connection.session
    }

    fn append(&mut self, batch: &EntryBatch) -> CommitAttempt<u64> {
        let asynchronous = self.asynchronous();
        let names: Vec<&str> = batch.fences.iter().map(|f| f.name.as_str()).collect();
        let epochs: Vec<i64> = batch.fences.iter().map(|f| stored(f.epoch)).collect();
        let numbers: Vec<i64> = batch.keys.iter().map(|key| i64::from(key.number)).collect();
        let digests: Vec<&[u8]> = batch.keys.iter().map(|key| key.digest.as_slice()).collect();
        let entries: Vec<&[u8]> = batch.entries.iter().map(Vec::as_slice).collect();
        self.connection.commit(async |connection| {
            use sqlx::Row as _;
            // Until the end of the statement, at which it is committed: the row comes before that.
            let rows = sqlx::query(APPEND)
                .bind(asynchronous)
                .bind(&names)
                .bind(&epochs)
                .bind(batch.boot.0.as_slice())
                .bind(&numbers)
                .bind(&digests)
                .bind(stored(entries.len() as u64))
                .bind(batch.id.0.as_slice())
                .bind(&batch.gateway)
                .bind(&entries)
                .fetch_all(&mut *connection)
                .await?;
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            match row.try_get::<Option<i64>, _>("first")? {
                Some(first) => Ok(Ok(u64::try_from(first).unwrap_or(0))),
                None => refused(row).map(Err),
            }
        })
    }

    fn settle(&mut self, id: BatchId) -> CommitAttempt<Option<u64>> {
        let asynchronous = self.asynchronous();
        // Over a connection of its own: the one that left it in doubt was dropped with it.
        self.connection.commit(async |connection| {
            use sqlx::Row as _;
            let rows = sqlx::query(SETTLE)
                .bind(asynchronous)
                .bind(id.0.as_slice())
                .fetch_all(&mut *connection)
                .await?;
            let Some(row) = rows.first() else {
                return Ok(Err(CommitRefusal::NotSynchronous));
            };
            let first = row.try_get::<Option<i64>, _>("first")?;
            Ok(Ok(first.map(|first| u64::try_from(first).unwrap_or(0))))
        })
    }

    fn batches(&mut self, from: u64) -> Result<Vec<StoredBatch>, DatabaseError> {
        let rows = self.connection.ask(async |connection| {
            sqlx::query(
                "SELECT first, entries FROM digue_journal.batches WHERE first >= \
                 COALESCE((SELECT max(first) FROM digue_journal.batches WHERE first <= $1), $1) \
                 AND first + count > $1 ORDER BY first LIMIT $2",
            )
            .bind(stored(from))
            .bind(BATCHES_READ)
            .fetch_all(&mut *connection)
            .await
        })?;
        let batch = |row: &PgRow| {
            Ok(StoredBatch {
                first: count(row, "first")?,
                entries: read(row, "entries")?,
            })
        };
        rows.iter().map(batch).collect()
    }

    fn lease(&mut self, name: &str) -> Result<LeaseRow, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            let text =
                "SELECT epoch, boot, holder, ticks FROM digue_journal.leases WHERE name = $1";
            sqlx::query(text)
                .bind(name)
                .fetch_optional(&mut *connection)
                .await
        })?;
        row.as_ref()
            .map_or_else(|| Ok(LeaseRow::never_held()), lease_row)
    }

    fn take_lease(
        &mut self,
        name: &str,
        seen: &LeaseRow,
        boot: BootId,
        holder: &str,
    ) -> CommitAttempt<u64> {
        let asynchronous = self.asynchronous();
        self.connection.commit(async |connection| {
            use sqlx::Row as _;
            let rows = if seen.epoch == 0 {
                let text = concat!(
                    "INSERT INTO digue_journal.leases SELECT $2, 1, $3, $4, 0 WHERE ",
                    replicates!("$1"),
                    " ON CONFLICT DO NOTHING RETURNING epoch"
                );
                sqlx::query(text)
                    .bind(asynchronous)
                    .bind(name)
                    .bind(boot.0.as_slice())
                    .bind(holder)
                    .fetch_all(&mut *connection)
                    .await?
            } else {
                sqlx::query(TAKE_LEASE)
                    .bind(asynchronous)
                    .bind(name)
                    .bind(stored(seen.epoch))
                    .bind(seen.boot.0.as_slice())
                    .bind(stored(seen.ticks))
                    .bind(boot.0.as_slice())
                    .bind(holder)
                    .fetch_all(&mut *connection)
                    .await?
            };
            let Some(row) = rows.first() else {
                return Ok(Err(CommitRefusal::Overtaken));
            };
            Ok(Ok(
                u64::try_from(row.try_get::<i64, _>("epoch")?).unwrap_or(0)
            ))
        })
    }

    fn renew_lease(&mut self, name: &str, boot: BootId, epoch: u64) -> CommitAttempt<()> {
        let asynchronous = self.asynchronous();
        self.connection.commit(async |connection| {
            let rows = sqlx::query(RENEW_LEASE)
                .bind(asynchronous)
                .bind(name)
                .bind(boot.0.as_slice())
                .bind(stored(epoch))
                .fetch_all(&mut *connection)
                .await?;
            Ok(rows.first().map(|_| ()).ok_or(CommitRefusal::Fenced))
        })
    }

    fn release_lease(&mut self, name: &str, boot: BootId, epoch: u64) -> CommitAttempt<()> {
        let asynchronous = self.asynchronous();
        self.connection.commit(async |connection| {
            let rows = sqlx::query(RELEASE_LEASE)
                .bind(asynchronous)
                .bind(name)
                .bind(boot.0.as_slice())
                .bind(stored(epoch))
                .bind(BootId::NOBODY.0.as_slice())
                .fetch_all(&mut *connection)
                .await?;
            Ok(rows.first().map(|_| ()).ok_or(CommitRefusal::Fenced))
        })
    }

    fn published(&mut self) -> Result<PublishedTree, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            connection
                .fetch_one("SELECT epoch, size, root FROM digue_journal.publication")
                .await
        })?;
        Ok(PublishedTree {
            epoch: count(&row, "epoch")?,
            size: count(&row, "size")?,
            root: bytes(&row, "root")?,
        })
    }

    fn publish(
        &mut self,
        session: u64,
        fence: &LeaseFence,
        boot: BootId,
        last: &PublishedTree,
        next: &PublishedTree,
    ) -> CommitAttempt<()> {
        let asynchronous = self.asynchronous();
        if let Err(error) = self.connection.ensure() {
            return CommitAttempt::Refused(CommitRefusal::Unreachable(error.to_string()));
        }
        if self.connection.session != session {
            return CommitAttempt::Refused(CommitRefusal::Overtaken);
        }
        self.connection.commit(async |connection| {
            use sqlx::Row as _;
            let rows = sqlx::query(PUBLISH)
                .bind(asynchronous)
                .bind(&fence.name)
                .bind(stored(fence.epoch))
                .bind(boot.0.as_slice())
                .bind(stored(last.epoch))
                .bind(stored(last.size))
                .bind(last.root.as_slice())
                .bind(stored(next.size))
                .bind(next.root.as_slice())
                .fetch_all(&mut *connection)
                .await?;
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            if row.try_get("moved")? {
                return Ok(Ok(()));
            }
            // With all checks passed it is the tree that was not the last one.
            Ok(Err(match refused(row)? {
                CommitRefusal::Keys => CommitRefusal::Overtaken,
                other => other,
            }))
        })
    }

    fn keep_checkpoint(&mut self, size: u64, note: &str) -> CommitAttempt<()> {
        let asynchronous = self.asynchronous();
        self.connection.commit(async |connection| {
            let rows = sqlx::query(KEEP_CHECKPOINT)
                .bind(asynchronous)
                .bind(stored(size))
                .bind(note)
                .fetch_all(&mut *connection)
                .await?;
            Ok(rows.first().map(|_| ()).ok_or(CommitRefusal::Overtaken))
        })
    }

    fn checkpoint(&mut self) -> Result<Option<(u64, String)>, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            connection
                .fetch_optional("SELECT size, note FROM digue_journal.checkpoint")
                .await
        })?;
        row.map(|row| Ok((count(&row, "size")?, read(&row, "note")?)))
            .transpose()
    }

    fn pruned(&mut self) -> Result<Option<String>, DatabaseError> {
        self.pruned_note()
    }

    fn pruned_leaves(&mut self, tile: u64) -> Result<Vec<Hash>, DatabaseError> {
        self.leaves(tile)
    }

    fn halt(&mut self, reason: &str) -> CommitAttempt<()> {
        self.connection.commit(async |connection| {
            let text = "INSERT INTO digue_journal.halt (one, reason) VALUES (true, $1) \
                        ON CONFLICT DO NOTHING RETURNING reason";
            let rows = sqlx::query(text)
                .bind(reason)
                .fetch_all(&mut *connection)
                .await?;
            let earlier = || CommitRefusal::Halted("halted earlier".to_owned());
            Ok(rows.first().map(|_| ()).ok_or_else(earlier))
        })
    }

    fn halted(&mut self) -> Result<Option<String>, DatabaseError> {
        let row = self.connection.ask(async |connection| {
            connection
                .fetch_optional("SELECT reason FROM digue_journal.halt")
                .await
        })?;
        row.map(|row| read(&row, "reason")).transpose()
    }
}
