//! Databases as version 0.1.0 left them.

use sqlx::AnyPool;

const SCHEMA: &str = include_str!("../data/0.1.0/schema.sql");
pub(crate) const ROWS: &str = include_str!("../data/0.1.0/rows.sql");

/// The migrations after 0.1.0 that SQL alone expresses, with their numbers.
const LATER: [(i64, &str); 5] = [
    (13, include_str!("../../migrations/0013-invitations.sql")),
    (14, include_str!("../../migrations/0014-names.sql")),
    (15, include_str!("../../migrations/0015-around.sql")),
    (16, include_str!("../../migrations/0016-fuse.sql")),
    (17, include_str!("../../migrations/0017-alert-channels.sql")),
];

/// A pool for statements beside the store.
pub(crate) async fn pool(url: &str) -> AnyPool {
    sqlx::any::install_default_drivers();
    let url = if url.starts_with("sqlite:") {
        format!("{url}?mode=rwc")
    } else {
        url.to_owned()
    };
    AnyPool::connect(&url).await.unwrap()
}

/// Makes the database of version 0.1.0 at `url`, with these rows.
pub(crate) async fn create(url: &str, rows: &[&str]) {
    let pool = pool(url).await;
    run(&pool, SCHEMA).await;
    for statement in rows {
        run(&pool, statement).await;
    }
    pool.close().await;
}

/// Applies the migrations up to `last`, without what Digue does beside their SQL.
pub(crate) async fn migrate_to(url: &str, last: i64) {
    let pool = pool(url).await;
    for (number, text) in LATER.into_iter().filter(|(number, _)| *number <= last) {
        run(&pool, text).await;
        run(
            &pool,
            &format!("INSERT INTO migrations (number) VALUES ({number})"),
        )
        .await;
    }
    pool.close().await;
}

/// Runs statements, each of which ends at a semicolon at the end of a line.
pub(crate) async fn run(pool: &AnyPool, text: &str) {
    for statement in text
        .split(";\n")
        .filter(|statement| !statement.trim().is_empty())
    {
        let done = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(pool)
            .await;
        assert!(done.is_ok(), "{statement}: {done:?}");
    }
}

/// The first column of each row.
pub(crate) async fn texts(url: &str, query: &str) -> Vec<String> {
    use sqlx::Row as _;
    let pool = pool(url).await;
    let rows = sqlx::query(sqlx::AssertSqlSafe(query.to_owned()))
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    rows.iter()
        .map(|row| row.try_get::<String, _>(0).unwrap())
        .collect()
}
