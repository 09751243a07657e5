//! One connection to the server that takes writes: opened, judged before it is used, and dropped at
//! the first doubt.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{Connection as _, Executor as _, Row as _};
use tokio::runtime::Runtime;

use crate::log::{CommitAttempt, CommitRefusal, DatabaseError};
use crate::postgres::notices::ServerWarnings;

/// Where the database is, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// URLs of the servers that may be the primary, or of one address that leads to it. TLS as in
    /// the driver's URLs: `?sslmode=verify-full&sslrootcert=...`.
    pub urls: Vec<String>,
    /// Accepts a server that acknowledges what a failover loses.
    pub danger_asynchronous: bool,
    /// After this time without an answer the outcome is unknown.
    pub answer_within: Duration,
    /// How long outcomes in doubt are asked for, all attempts together.
    pub settle_within: Duration,
}

impl PostgresSettings {
    pub fn new(urls: Vec<String>) -> Self {
        Self {
            urls,
            danger_asynchronous: false,
            answer_within: Duration::from_secs(5),
            settle_within: Duration::from_secs(10),
        }
    }
}

/// The highest timeline that this process has seen: a server on a lower one is an old primary.
pub(super) type SeenTimeline = Arc<AtomicU32>;

pub(super) struct PrimaryConnection {
    settings: PostgresSettings,
    /// `None` while it is dropped.
    runtime: Option<Runtime>,
    warnings: ServerWarnings,
    connection: Option<PgConnection>,
    /// Counts connections.
    pub(super) session: u64,
    timeline: SeenTimeline,
    /// Which of the URLs was the primary last.
    primary: usize,
}

impl Drop for PrimaryConnection {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        {
            let _entered = runtime.enter();
            drop(self.connection.take());
        }
        // Not waited for: it may be dropped by a task of another runtime, which must not block.
        runtime.shutdown_background();
    }
}

/// The answer to a statement.
type Answer<T> = Result<T, sqlx::Error>;

impl PrimaryConnection {
    pub(super) fn new(
        settings: PostgresSettings,
        timeline: SeenTimeline,
    ) -> Result<Self, DatabaseError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DatabaseError::Unreachable(error.to_string()))?;
        Ok(Self {
            settings,
            runtime: Some(runtime),
            warnings: ServerWarnings::new(),
            connection: None,
            session: 0,
            timeline,
            primary: 0,
        })
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("there until it is dropped")
    }

    pub(super) fn settings(&self) -> &PostgresSettings {
        &self.settings
    }

    /// Makes sure that there is a connection to a server that may be written to.
    pub(super) fn ensure(&mut self) -> Result<(), DatabaseError> {
        if self.connection.is_some() {
            return Ok(());
        }
        let mut failure = DatabaseError::Unreachable("no address is configured".to_owned());
        for offset in 0..self.settings.urls.len() {
            let place = (self.primary + offset) % self.settings.urls.len();
            match self.open(place) {
                Ok(connection) => {
                    self.connection = Some(connection);
                    self.session += 1;
                    self.primary = place;
                    return Ok(());
                }
                // What a server that can be reached says of itself is more use than the silence of
                // the others.
                Err(error @ DatabaseError::Unfit(_)) => failure = error,
                Err(error) => {
                    if matches!(failure, DatabaseError::Unreachable(_)) {
                        failure = error;
                    }
                }
            }
        }
        Err(failure)
    }

    fn open(&mut self, place: usize) -> Result<PgConnection, DatabaseError> {
        let unfit = |what: &str| DatabaseError::Unfit(what.to_owned());
        let not_primary = |what: &str| DatabaseError::NotPrimary(what.to_owned());
        let options = PgConnectOptions::from_str(&self.settings.urls[place])
            .map_err(|error| DatabaseError::Unfit(error.to_string()))?
            .application_name("digue");
        let (patience, lock_millis) = (
            self.settings.answer_within,
            self.settings.answer_within.as_millis() * 4 / 5,
        );
        let opening = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            // Each setting that a role or a database could have changed to make "committed" mean
            // less. A wait for a lock ends before the answer is given up: nothing is in doubt then.
            for text in [
                "SET synchronous_commit = on".to_owned(),
                "SET client_min_messages = warning".to_owned(),
                "SET default_transaction_isolation = 'read committed'".to_owned(),
                "SET statement_timeout = 0".to_owned(),
                format!("SET lock_timeout = {lock_millis}"),
            ] {
                connection.execute(sqlx::AssertSqlSafe(text)).await?;
            }
            let row = connection
                .fetch_one(
                    "SELECT pg_is_in_recovery() AS follows, \
                     current_setting('synchronous_standby_names') <> '' AS replicates, \
                     current_setting('fsync') = 'on' AS syncs, \
                     current_setting('server_version_num')::int AS version",
                )
                .await?;
            let timeline = if row.try_get("follows")? {
                None
            } else {
                let text =
                    "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS timeline";
                Some(
                    connection
                        .fetch_one(text)
                        .await?
                        .try_get::<String, _>("timeline")?,
                )
            };
            let test = "DO $$ BEGIN RAISE WARNING 'digue: a test'; END $$";
            connection.execute(test).await?;
            Ok::<_, sqlx::Error>((connection, row, timeline))
        };
        let (opened, warnings) = self.warnings.during(|| {
            self.runtime()
                .block_on(async { tokio::time::timeout(patience, opening).await })
        });
        let (connection, row, timeline) = match opened {
            Err(_) => return Err(DatabaseError::Unreachable("no answer in time".to_owned())),
            Ok(Err(error)) => return Err(unreachable(&error)),
            Ok(Ok(opened)) => opened,
        };
        let is = |column: &str| read::<bool>(&row, column);
        let Some(timeline) = timeline else {
            return Err(not_primary("this server is a standby"));
        };
        if read::<i32>(&row, "version")? < 130_000 {
            return Err(unfit("PostgreSQL 13 or later is needed"));
        }
        if !warnings.iter().any(|text| text.contains("digue: a test")) {
            return Err(unfit(
                "warnings of the server are not heard: a commit that was not replicated would pass \
                 for one that was",
            ));
        }
        let is_durable = is("replicates")? && is("syncs")?;
        if !is_durable && !self.settings.danger_asynchronous {
            return Err(unfit(
                "the server does not replicate synchronously: set synchronous_standby_names, and \
                 fsync = on",
            ));
        }
        let timeline = u32::from_str_radix(&timeline, 16)
            .map_err(|_| DatabaseError::Unfit(format!("the timeline `{timeline}`")))?;
        // A primary that was replaced, and has come back without knowing it.
        if self.timeline.fetch_max(timeline, Ordering::AcqRel) > timeline {
            return Err(not_primary("this server is a former primary"));
        }
        Ok(connection)
    }

    /// Asks something. A connection that failed is dropped.
    pub(super) fn ask<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Answer<T>,
    ) -> Result<T, DatabaseError> {
        self.ensure()?;
        match self.run(work) {
            Some((Ok(value), _)) => Ok(value),
            Some((Err(error), _)) => {
                self.drop_connection();
                Err(unreachable(&error))
            }
            None => Err(DatabaseError::Unreachable("no answer in time".to_owned())),
        }
    }

    /// Commits something, in one statement: `Acknowledged` only when the server said that it is
    /// committed, said nothing else, and still replicates.
    pub(super) fn commit<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Answer<Result<T, CommitRefusal>>,
    ) -> CommitAttempt<T> {
        if let Err(error) = self.ensure() {
            return CommitAttempt::Refused(CommitRefusal::Unreachable(error.to_string()));
        }
        let Some((answer, warnings)) = self.run(work) else {
            return CommitAttempt::Doubtful("no answer in time".to_owned());
        };
        if !warnings.is_empty() {
            self.drop_connection();
            return CommitAttempt::Doubtful(warnings.join(", "));
        }
        match answer {
            Ok(Ok(value)) => match self.still_replicates() {
                Ok(true) => CommitAttempt::Acknowledged(value),
                Ok(false) => CommitAttempt::Doubtful(
                    "the server stopped replicating while it committed".to_owned(),
                ),
                Err(error) => CommitAttempt::Doubtful(error.to_string()),
            },
            Ok(Err(refusal)) => CommitAttempt::Refused(refusal),
            Err(error) => match refusal(&error) {
                Some(refusal) => CommitAttempt::Refused(refusal),
                None => {
                    self.drop_connection();
                    CommitAttempt::Doubtful(error.to_string())
                }
            },
        }
    }

    /// A server whose list of standbys is emptied lets all waiting commits go, without a warning.
    fn still_replicates(&mut self) -> Result<bool, DatabaseError> {
        if self.settings.danger_asynchronous {
            return Ok(true);
        }
        let text = "SELECT current_setting('synchronous_standby_names') <> '' AS replicates";
        let row = self.ask(async |connection| connection.fetch_one(text).await)?;
        read(&row, "replicates")
    }

    /// Runs `work`; `None` when no answer came in time.
    fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Answer<T>,
    ) -> Option<(Answer<T>, Vec<String>)> {
        let connection = self.connection.as_mut()?;
        let patience = self.settings.answer_within;
        let runtime = self.runtime.as_ref().expect("there until it is dropped");
        let (answer, warnings) = self.warnings.during(|| {
            runtime.block_on(async { tokio::time::timeout(patience, work(connection)).await })
        });
        if answer.is_err() {
            self.drop_connection();
        }
        for text in &warnings {
            tracing::warn!(text, "The journal's database warns");
        }
        Some((answer.ok()?, warnings))
    }

    /// Leaves the connection without a word: the server may be frozen.
    pub(super) fn drop_connection(&mut self) {
        // Within the runtime, which the connection's socket belongs to.
        let connection = self.connection.take();
        self.runtime().block_on(async move { drop(connection) });
    }
}

fn unreachable(error: &sqlx::Error) -> DatabaseError {
    DatabaseError::Unreachable(error.to_string())
}

/// Errors that end a statement before anything is committed. All others leave it in doubt: a
/// backend that is told to stop while it waits for its standby reports an error too, and has
/// committed.
fn refusal(error: &sqlx::Error) -> Option<CommitRefusal> {
    let code = error.as_database_error()?.code()?;
    match &code[..2] {
        "23" if code == "23505" => Some(CommitRefusal::Duplicate),
        "22" | "23" | "25" | "40" | "42" | "55" => {
            Some(CommitRefusal::Unreachable(error.to_string()))
        }
        _ => None,
    }
}

/// A column that must be there.
pub(super) fn read<'r, T>(row: &'r PgRow, column: &str) -> Result<T, DatabaseError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(column)
        .map_err(|error| DatabaseError::Unfit(error.to_string()))
}

/// A number that is never negative.
pub(super) fn count(row: &PgRow, column: &str) -> Result<u64, DatabaseError> {
    u64::try_from(read::<i64>(row, column)?)
        .map_err(|_| DatabaseError::Unfit(format!("the column `{column}` is negative")))
}

pub(super) fn bytes<const N: usize>(row: &PgRow, column: &str) -> Result<[u8; N], DatabaseError> {
    read::<Vec<u8>>(row, column)?
        .try_into()
        .map_err(|_| DatabaseError::Unfit(format!("the column `{column}` is not {N} bytes")))
}
