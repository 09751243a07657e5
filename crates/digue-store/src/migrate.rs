//! Migrations: numbered files, one text for both databases, each applied once and completely.

use sqlx::{AnyPool, Row as _};

use crate::error::{StoreError, Stored};
use crate::spellings;

/// In order; never changed once released.
const MIGRATIONS: [&str; 17] = [
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
];

/// The migration with which names became canonical: SQL cannot express how.
const SPELLINGS: usize = 14;

pub(crate) async fn run(pool: &AnyPool) -> Stored<()> {
    sqlx::query("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY)").execute(pool).await?;
    // One transaction for all of them: a power cut leaves the schema of the version before, and no mixture.
    let mut transaction = pool.begin().await?;
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS last FROM migrations")
        .fetch_one(&mut *transaction)
        .await?;
    let last = usize::try_from(row.try_get::<i64, _>("last")?).unwrap_or(0);
    // An older program would write rows that the newer one misreads when it comes back.
    if last > MIGRATIONS.len() {
        return Err(StoreError::Newer);
    }
    for (place, text) in MIGRATIONS.iter().enumerate().skip(last) {
        // A semicolon ends a statement anywhere, in comments and strings too: migrations must not contain
        // others.
        for statement in text.split(';').map(str::trim).filter(|s| !s.is_empty()) {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO migrations (number) VALUES ($1)")
            .bind(i64::try_from(place + 1).expect("few migrations"))
            .execute(&mut *transaction)
            .await?;
    }
    if last < SPELLINGS {
        spellings::make_canonical(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
