//! The state as it is found, for diagnosis: nothing is made, migrated or written.

use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Error, Row as _};

use crate::database::Database;
use crate::error::Stored;
use crate::migrate;

/// How far the migrations of a database have come, against those of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaStanding {
    /// There is no file: nothing was ever started here.
    Absent,
    /// It answers, and was never migrated: it is empty, or another program's.
    NotOurs,
    Current,
    /// The next start applies these.
    Behind {
        missing: usize,
    },
    /// It was written by a newer version, and this one refuses it.
    Newer,
}

/// A state that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateInspection {
    pub schema: SchemaStanding,
    /// What SQLite says is damaged; `None` where nothing was looked for.
    pub damage: Option<String>,
}

/// Looks at the state at `url`, as `Store::open` takes it.
///
/// # Errors
/// `Unavailable` when the database does not answer.
pub async fn inspect(url: &str) -> Stored<StateInspection> {
    let Some((pool, database)) = open(url).await? else {
        return Ok(StateInspection {
            schema: SchemaStanding::Absent,
            damage: None,
        });
    };
    let inspected = look(&pool, database).await;
    pool.close().await;
    inspected
}

/// The journal's last signed checkpoint that the state at `url` remembers, as a note; `None` too where there is no state.
///
/// # Errors
/// `Unavailable` when the database does not answer.
pub async fn remembered_head(url: &str) -> Stored<Option<String>> {
    let Some((pool, _)) = open(url).await? else {
        return Ok(None);
    };
    let found = head(&pool).await;
    pool.close().await;
    found
}

/// `None` for a file that is not there.
async fn open(url: &str) -> Stored<Option<(AnyPool, Database)>> {
    sqlx::any::install_default_drivers();
    let Some(url) = reading_url(url)? else {
        return Ok(None);
    };
    let database = if url.starts_with("sqlite:") {
        Database::Sqlite
    } else {
        Database::Postgresql
    };
    let options = AnyPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10));
    Ok(Some((options.connect(&url).await?, database)))
}

async fn head(pool: &AnyPool) -> Stored<Option<String>> {
    // That of another version remembers it too. Where it has no place for it, the query fails: it
    // was not compared, which is not the same as nothing to compare.
    if schema(pool).await? == SchemaStanding::NotOurs {
        return Ok(None);
    }
    let row = sqlx::query("SELECT journal_head FROM installation")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get(0)?)
}

/// The address that opens a database for reading; `None` for a file that is not there, and an error
/// where that cannot be known.
fn reading_url(url: &str) -> Stored<Option<String>> {
    let Some(path) = url.strip_prefix("sqlite:") else {
        return Ok(Some(url.to_owned()));
    };
    let path = path.split('?').next().unwrap_or(path);
    if !Path::new(path).try_exists().map_err(Error::from)? {
        return Ok(None);
    }
    // Without a write-ahead file nobody has it open, and SQLite would make one to read: `immutable`
    // keeps it from that.
    let is_written = std::fs::metadata(format!("{path}-wal")).is_ok_and(|wal| wal.len() > 0);
    Ok(Some(format!(
        "sqlite:{path}?{}",
        if is_written {
            "mode=ro"
        } else {
            "mode=ro&immutable=1"
        }
    )))
}

async fn look(pool: &AnyPool, database: Database) -> Stored<StateInspection> {
    let schema = schema(pool).await?;
    let is_ours = matches!(
        schema,
        SchemaStanding::Current | SchemaStanding::Behind { .. }
    );
    let damage = match database {
        Database::Sqlite if is_ours => damage(pool).await?,
        Database::Sqlite | Database::Postgresql => None,
    };
    Ok(StateInspection { schema, damage })
}

async fn schema(pool: &AnyPool) -> Stored<SchemaStanding> {
    let found = sqlx::query("SELECT COALESCE(MAX(number), 0) FROM migrations")
        .fetch_one(pool)
        .await;
    let last = match found {
        Ok(row) => usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX),
        // It answered that there is no such table.
        Err(Error::Database(error)) if is_missing_table(&*error) => {
            return Ok(SchemaStanding::NotOurs);
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match migrate::COUNT.checked_sub(last) {
        Some(0) => SchemaStanding::Current,
        Some(missing) => SchemaStanding::Behind { missing },
        None => SchemaStanding::Newer,
    })
}

/// PostgreSQL has a code for it (`undefined_table`), SQLite a sentence.
fn is_missing_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table")
}

/// The first thing that SQLite finds to be damaged. It names pages and indexes, and no value.
async fn damage(pool: &AnyPool) -> Stored<Option<String>> {
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(pool).await?;
    let said: String = row.try_get(0)?;
    Ok((said != "ok").then_some(said))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Store;

    fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let items = std::fs::read_dir(folder).unwrap().map(|item| item.unwrap());
        let read = items.map(|item| {
            (
                item.file_name().to_string_lossy().into_owned(),
                std::fs::read(item.path()).unwrap(),
            )
        });
        read.collect()
    }

    async fn standing(url: &str) -> SchemaStanding {
        inspect(url).await.unwrap().schema
    }

    #[tokio::test]
    async fn a_state_is_inspected_as_it_is_and_no_file_is_made_or_changed() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/state.db", folder.path().display());
        assert_eq!(standing(&url).await, SchemaStanding::Absent);
        assert!(files(folder.path()).is_empty());

        let store = Store::open(&url).await.unwrap();
        store.set_journal_head("a head").await.unwrap();
        // Beside the process that writes it.
        let beside = remembered_head(&url).await.unwrap();
        assert_eq!(beside.as_deref(), Some("a head"));
        store.close().await;

        let before = files(folder.path());
        let found = inspect(&url).await.unwrap();
        let expected = StateInspection {
            schema: SchemaStanding::Current,
            damage: None,
        };
        assert_eq!(found, expected);
        assert_eq!(
            remembered_head(&url).await.unwrap().as_deref(),
            Some("a head")
        );
        assert!(before == files(folder.path()));
    }

    #[tokio::test]
    async fn states_of_other_versions_and_other_programs_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/state.db", folder.path().display());
        let change = async |statement: &'static str| {
            let pool = AnyPoolOptions::new()
                .connect(&format!("{url}?mode=rwc"))
                .await
                .unwrap();
            sqlx::query(statement).execute(&pool).await.unwrap();
            pool.close().await;
        };
        Store::open(&url).await.unwrap().close().await;
        change("INSERT INTO migrations (number) VALUES (9999)").await;
        assert_eq!(standing(&url).await, SchemaStanding::Newer);
        change("DELETE FROM migrations WHERE number > 17").await;
        let missing = migrate::COUNT - 17;
        assert_eq!(standing(&url).await, SchemaStanding::Behind { missing });
        change("DROP TABLE migrations").await;
        assert_eq!(standing(&url).await, SchemaStanding::NotOurs);
    }

    #[tokio::test]
    async fn a_damaged_state_is_named_or_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let url = format!("sqlite:{}", path.display());
        Store::open(&url).await.unwrap().close().await;
        let whole = std::fs::read(&path).unwrap();
        // Every second page, the first one left whole: it has the names of the tables.
        let mut torn = whole.clone();
        torn.chunks_mut(4096)
            .skip(2)
            .step_by(2)
            .for_each(|page| page.fill(0xa5));
        std::fs::write(&path, torn).unwrap();
        let found = inspect(&url).await;
        assert!(
            !found.as_ref().is_ok_and(|state| state.damage.is_none()),
            "{found:?}"
        );
        std::fs::write(&path, b"something else that is no database").unwrap();
        assert!(inspect(&url).await.is_err());
    }
}
