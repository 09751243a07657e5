//! Copies the rows of the tables before migration 18 into those with constraints.
//!
//! No row is lost. One that belongs to a row that does not exist (a passkey of an account that
//! never was) can be of no use: it is set aside, as the statement that would put it back, and the
//! rest goes on. One with a value that no version writes is damage, or a change by hand,
//! and may be a gate: it is neither dropped nor guessed at, the migration stops and names it.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Column as _, Connection as _, Row as _, ValueRef as _};

use crate::error::{StoreError, Stored};

/// A column, and the table and column in which its value must exist.
const PARENTS: [(&str, &str, &str, &str); 17] = [
    ("contacts", "account", "accounts", "id"),
    ("links", "account", "accounts", "id"),
    ("sessions", "account", "accounts", "id"),
    ("provider_sessions", "session", "sessions", "id"),
    ("passkeys", "account", "accounts", "id"),
    ("passwords", "account", "accounts", "id"),
    ("recovery_codes", "account", "passwords", "account"),
    ("identities", "account", "accounts", "id"),
    ("identity_invitations", "account", "accounts", "id"),
    ("api_keys", "account", "accounts", "id"),
    ("granted_keys", "account", "accounts", "id"),
    ("connections", "account", "accounts", "id"),
    ("incident_entries", "incident", "incidents", "id"),
    ("campaigns", "incident", "incidents", "id"),
    ("notices", "campaign", "campaigns", "id"),
    ("review_lines", "review", "reviews", "id"),
    // The organisations of accounts are added before.
    ("accounts", "organisation", "organisations", "id"),
];

/// Tables whose key has more than one column.
const LONG_KEYS: [(&str, usize); 10] = [
    ("gates", 2),
    ("attempts", 2),
    ("recovery_codes", 2),
    ("incident_entries", 2),
    ("notices", 2),
    ("kept_files", 2),
    ("records", 3),
    ("check_results", 2),
    ("review_lines", 2),
    ("person_wishes", 2),
];

const OLD: &str = "old_";

/// `INSERT INTO table (columns) SELECT values FROM old_table`, in its parts.
struct TableCopy {
    /// `table (columns)`
    into: String,
    values: String,
    /// The table as it was called before.
    table: String,
    /// The columns of its key, which are the first ones.
    key: Vec<String>,
}

/// True for a statement that copies a whole table.
pub(crate) fn is_copy(statement: &str) -> bool {
    TableCopy::parse(statement).is_some()
}

impl TableCopy {
    fn parse(statement: &str) -> Option<Self> {
        let code: Vec<&str> = statement
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect();
        let words: Vec<&str> = code
            .iter()
            .flat_map(|line| line.split_whitespace())
            .collect();
        let text = words.join(" ");
        let (into, rest) = text.strip_prefix("INSERT INTO ")?.split_once(" SELECT ")?;
        let (values, from) = rest.rsplit_once(" FROM ")?;
        let table = from
            .strip_prefix(OLD)
            .filter(|name| !name.contains(' '))?
            .to_owned();
        let columns = into.split_once(" (")?.1.trim_end_matches(')');
        let length = LONG_KEYS
            .iter()
            .find(|(long, _)| *long == table)
            .map_or(1, |(_, length)| *length);
        let key = columns
            .split(", ")
            .take(length)
            .map(ToOwned::to_owned)
            .collect();
        Some(Self {
            into: into.to_owned(),
            values: values.to_owned(),
            table,
            key,
        })
    }

    fn insert_from(&self, rows: &str) -> String {
        format!(
            "INSERT INTO {} SELECT {} FROM {rows}",
            self.into, self.values
        )
    }

    /// The first `count` rows, in the order of the key.
    fn first(&self, count: i64) -> String {
        let (table, key) = (&self.table, self.key.join(", "));
        format!("(SELECT * FROM {OLD}{table} ORDER BY {key} LIMIT {count}) AS {OLD}{table}")
    }
}

/// Runs a statement that copies a table.
///
/// # Errors
/// `Unfit` for a row that the constraints refuse.
pub(crate) async fn copy(connection: &mut AnyConnection, statement: &str) -> Stored<()> {
    let copy = TableCopy::parse(statement).expect("`is_copy` was asked before");
    for (table, column, parent, parent_column) in PARENTS {
        if copy.table == table {
            let missing = format!(
                "NOT EXISTS (SELECT 1 FROM {parent} WHERE {parent}.{parent_column} = {OLD}{table}.{column})"
            );
            set_aside(connection, &copy, &missing).await?;
        }
    }
    let all = format!("{OLD}{}", copy.table);
    match try_insert(connection, &copy.insert_from(&all), true).await {
        Ok(()) => Ok(()),
        Err(error) if is_refusal(&error) => Err(first_refused(connection, &copy, error).await?),
        Err(error) => Err(error.into()),
    }
}

/// Moves the rows of a condition to `set_aside`.
async fn set_aside(
    connection: &mut AnyConnection,
    copy: &TableCopy,
    condition: &str,
) -> Stored<()> {
    let text = format!(
        "SELECT {} FROM {OLD}{} WHERE {condition}",
        copy.values, copy.table
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        let statement = format!("INSERT INTO {} VALUES ({})", copy.into, literals(row)?);
        keep(connection, &copy.table, &statement).await?;
    }
    if !rows.is_empty() {
        let text = format!("DELETE FROM {OLD}{} WHERE {condition}", copy.table);
        sqlx::query(sqlx::AssertSqlSafe(text))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Adds a row to `set_aside`: the statement that would put it back.
pub(crate) async fn keep(
    connection: &mut AnyConnection,
    origin: &str,
    statement: &str,
) -> Stored<()> {
    let text = "INSERT INTO set_aside (number, origin, statement) \
                SELECT COALESCE(MAX(number), 0) + 1, $1, $2 FROM set_aside";
    sqlx::query(text)
        .bind(origin)
        .bind(statement)
        .execute(connection)
        .await?;
    Ok(())
}

/// The values of a row as SQL. None of the tables in `PARENTS` has columns other than texts and
/// numbers.
fn literals(row: &AnyRow) -> Stored<String> {
    let mut literals = Vec::new();
    for column in row.columns() {
        let place = column.ordinal();
        literals.push(if row.try_get_raw(place)?.is_null() {
            "NULL".to_owned()
        } else if let Ok(number) = row.try_get::<i64, _>(place) {
            number.to_string()
        } else {
            literal(&row.try_get::<String, _>(place)?)
        });
    }
    Ok(literals.join(", "))
}

/// A text as SQL, alike in both databases.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Runs a statement and undoes it when it fails, or when it is only tried.
async fn try_insert(
    connection: &mut AnyConnection,
    text: &str,
    keeps: bool,
) -> Result<(), sqlx::Error> {
    // A savepoint: PostgreSQL would refuse every further statement of the transaction after a
    // failed one.
    let mut step = connection.begin().await?;
    let done = sqlx::query(sqlx::AssertSqlSafe(text.to_owned()))
        .execute(&mut *step)
        .await;
    if keeps && done.is_ok() {
        step.commit().await?
    } else {
        step.rollback().await?
    }
    done.map(drop)
}

/// True when constraints refuse a row.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    use sqlx::error::ErrorKind::{
        CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation,
    };
    let kind = error
        .as_database_error()
        .map(sqlx::error::DatabaseError::kind);
    matches!(
        kind,
        Some(CheckViolation | ForeignKeyViolation | NotNullViolation | UniqueViolation)
    )
}

/// Finds the first row that the constraints refuse by halves: the first rows up to it cannot be
/// copied, and those before it can.
async fn first_refused(
    connection: &mut AnyConnection,
    copy: &TableCopy,
    mut refusal: sqlx::Error,
) -> Stored<StoreError> {
    let text = format!("SELECT COUNT(*) AS count FROM {OLD}{}", copy.table);
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .fetch_one(&mut *connection)
        .await?;
    let (mut good, mut bad) = (0, row.try_get::<i64, _>("count")?);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match try_insert(connection, &copy.insert_from(&copy.first(middle)), false).await {
            Ok(()) => good = middle,
            Err(error) if is_refusal(&error) => (bad, refusal) = (middle, error),
            Err(error) => return Err(error.into()),
        }
    }
    let columns: Vec<String> = copy
        .key
        .iter()
        .map(|column| format!("CAST({column} AS TEXT)"))
        .collect();
    let text = format!(
        "SELECT {} AS name FROM {OLD}{} ORDER BY {} LIMIT 1 OFFSET {}",
        columns.join(" || ' ' || "),
        copy.table,
        copy.key.join(", "),
        bad - 1
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .fetch_one(&mut *connection)
        .await?;
    Ok(StoreError::Unfit {
        table: copy.table.clone(),
        row: row.try_get("name")?,
        cause: refusal.to_string(),
    })
}
