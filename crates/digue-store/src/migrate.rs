//! Migrations: numbered files, one text for both databases, each applied once and completely.
//!
//! All that are due run in one transaction: an interrupted start leaves the database as the earlier
//! version wrote it, and the next start begins again.

mod rebuild;
mod settings;
mod spellings;

use sqlx::{AnyConnection, AnyPool, Row as _};

use crate::database::Database;
use crate::error::{StoreError, Stored};

/// In order; never changed once released.
const MIGRATIONS: [&str; 27] = [
    include_str!("../migrations/0001-spine.sql"),
    include_str!("../migrations/0002-passkeys.sql"),
    include_str!("../migrations/0003-approvals.sql"),
    include_str!("../migrations/0004-people.sql"),
    include_str!("../migrations/0005-keys.sql"),
    include_str!("../migrations/0006-findings.sql"),
    include_str!("../migrations/0007-incidents.sql"),
    include_str!("../migrations/0008-campaigns.sql"),
    include_str!("../migrations/0009-preparing.sql"),
    include_str!("../migrations/0010-isms.sql"),
    include_str!("../migrations/0011-people.sql"),
    include_str!("../migrations/0012-identities.sql"),
    include_str!("../migrations/0013-invitations.sql"),
    include_str!("../migrations/0014-names.sql"),
    include_str!("../migrations/0015-around.sql"),
    include_str!("../migrations/0016-fuse.sql"),
    include_str!("../migrations/0017-alert-channels.sql"),
    include_str!("../migrations/0018-constraints.sql"),
    include_str!("../migrations/0019-settings.sql"),
    include_str!("../migrations/0020-sources.sql"),
    include_str!("../migrations/0021-holders.sql"),
    include_str!("../migrations/0022-contest-reasons.sql"),
    include_str!("../migrations/0023-scim.sql"),
    include_str!("../migrations/0024-additions.sql"),
    include_str!("../migrations/0025-management.sql"),
    include_str!("../migrations/0026-signals.sql"),
    include_str!("../migrations/0027-requests-received.sql"),
];

/// How many there are in this version.
pub(crate) const COUNT: usize = MIGRATIONS.len();

/// With these, SQL alone cannot express what happens to the rows.
const SPELLINGS: usize = 14;
const CONSTRAINTS: usize = 18;
const SETTINGS: usize = 19;

/// Any number that no other program takes in this database.
const LOCK: i64 = 0x0064_6967_7565;

pub(crate) async fn run(pool: &AnyPool, database: Database) -> Stored<()> {
    // Of two processes that start at once, the second waits for the first and finds nothing to do.
    let mut transaction = database.begin(pool).await?;
    if database == Database::Postgresql {
        let lock = "SELECT 1 FROM pg_advisory_xact_lock($1)";
        sqlx::query(lock)
            .bind(LOCK)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY)")
        .execute(&mut *transaction)
        .await?;
    for number in last(&mut transaction).await? + 1..=MIGRATIONS.len() {
        apply(&mut transaction, number).await?;
        sqlx::query("INSERT INTO migrations (number) VALUES ($1)")
            .bind(i64::try_from(number).expect("few migrations"))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The number of the last migration that was applied.
async fn last(connection: &mut AnyConnection) -> Stored<usize> {
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS last FROM migrations")
        .fetch_one(connection)
        .await?;
    let last = row.try_get::<i64, _>("last")?;
    let last =
        usize::try_from(last).map_err(|_| StoreError::Corrupt("migrations.number".to_owned()))?;
    // An older program would write rows that the newer one misreads when it comes back.
    if last > MIGRATIONS.len() {
        Err(StoreError::Newer)
    } else {
        Ok(last)
    }
}

async fn apply(connection: &mut AnyConnection, number: usize) -> Stored<()> {
    // A semicolon ends a statement anywhere, in comments and strings too: migrations must not
    // contain others.
    let statements = MIGRATIONS[number - 1]
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty());
    for statement in statements {
        if number == CONSTRAINTS && rebuild::is_copy(statement) {
            rebuild::copy(connection, statement).await?;
        } else {
            sqlx::query(statement).execute(&mut *connection).await?;
        }
    }
    match number {
        // At its place and not at the end: later migrations refuse what it mends.
        SPELLINGS => spellings::make_canonical(connection).await,
        SETTINGS => settings::split(connection).await,
        _ => Ok(()),
    }
}
