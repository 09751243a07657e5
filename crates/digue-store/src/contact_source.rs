//! Contacts in the portal's own database: a query written for it by the operator, read once for a
//! campaign, and never written to.

use std::io;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::error::{StoreError, Stored};

/// A person waits for it at the sign-in.
const FINDING_LASTS: Duration = lasts(Duration::from_secs(10));
/// Contacts or relations of millions of persons.
const READING_LASTS: Duration = lasts(Duration::from_mins(10));

/// Rows about one person and one account; more answer another question.
const LOOKED_UP_MAX: usize = 100;

/// Tests wait for a database that never answers.
const fn lasts(usual: Duration) -> Duration {
    if cfg!(test) {
        Duration::from_millis(20)
    } else {
        usual
    }
}

/// A database of the portal, and a query that returns `person` and any of `email`, `phone`, `name`,
/// `address`.
#[derive(Clone)]
pub struct ContactSource {
    /// `sqlite:PATH`, `postgres://...` or `mysql://...`, which is also MariaDB's.
    pub url: String,
    pub query: String,
}

/// The contacts of one person, as the source has them; empty where it has none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ContactRow {
    pub person: String,
    pub email: String,
    pub phone: String,
    pub name: String,
    pub address: String,
}

impl std::fmt::Debug for ContactSource {
    /// Without the URL: it may contain a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactSource")
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

impl ContactSource {
    /// The persons that the query returns for these values, bound to `$1` and following: two at
    /// most, because more than one is never used.
    ///
    /// # Errors
    /// As `read`.
    pub async fn find(&self, values: &[String]) -> Stored<Vec<String>> {
        within(FINDING_LASTS, self.find_two(values)).await
    }

    async fn find_two(&self, values: &[String]) -> Stored<Vec<String>> {
        let mut connection = self.connect().await?;
        let mut found = Vec::new();
        {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let (text, values) = self.with_values(&values);
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
            for value in values {
                query = query.bind(value);
            }
            let mut rows = query.fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                found.push(cell(&row, "person")?);
                if found.len() == 2 {
                    break;
                }
            }
        }
        connection.close().await?;
        Ok(found)
    }

    /// These columns of the rows that the query returns for these values, bound to `$1` and
    /// following: two rows at most, because more than one is never used. The first column is
    /// needed; NULL is empty, and so is another column that the query does not have.
    ///
    /// # Errors
    /// As `read`.
    pub async fn find_rows(&self, values: &[String], columns: &[&str]) -> Stored<Vec<Vec<String>>> {
        within(FINDING_LASTS, self.find_two_rows(values, columns)).await
    }

    async fn find_two_rows(&self, values: &[String], columns: &[&str]) -> Stored<Vec<Vec<String>>> {
        let mut connection = self.connect().await?;
        let mut found = Vec::new();
        {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(self.query.clone()));
            for value in values {
                query = query.bind(value.as_str());
            }
            let mut rows = query.fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                let read = |(place, column): (usize, &&str)| match place {
                    0 => cell(&row, column),
                    _ => optional_cell(&row, column),
                };
                found.push(
                    columns
                        .iter()
                        .enumerate()
                        .map(read)
                        .collect::<Stored<_>>()?,
                );
                if found.len() == 2 {
                    break;
                }
            }
        }
        connection.close().await?;
        Ok(found)
    }

    /// Passes every row to `each`, in a session that cannot write.
    ///
    /// # Errors
    /// A database that does not answer in time, or a query that it rejects.
    pub async fn read(&self, each: &mut (dyn FnMut(ContactRow) + Send)) -> Stored<()> {
        within(READING_LASTS, self.read_all(each)).await
    }

    async fn read_all(&self, each: &mut (dyn FnMut(ContactRow) + Send)) -> Stored<()> {
        let mut connection = self.connect().await?;
        // The operator's own configuration, as trusted as the URL beside it.
        let query = sqlx::AssertSqlSafe(self.query.clone());
        {
            let mut rows = sqlx::query(query).fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                each(ContactRow {
                    person: cell(&row, "person")?,
                    email: optional_cell(&row, "email")?,
                    phone: optional_cell(&row, "phone")?,
                    name: optional_cell(&row, "name")?,
                    address: optional_cell(&row, "address")?,
                });
            }
        }
        connection.close().await?;
        Ok(())
    }

    /// Passes the values of these columns of every row to `each`, in a session that cannot write,
    /// until it answers false. NULL is empty, and so is a column that the query does not have: its
    /// place is false in the answer, which is `None` without rows.
    ///
    /// # Errors
    /// As `read`.
    pub async fn read_columns(
        &self,
        columns: &[&str],
        each: &mut (dyn FnMut(Vec<String>) -> bool + Send),
    ) -> Stored<Option<Vec<bool>>> {
        within(READING_LASTS, self.read_all_columns(columns, each)).await
    }

    async fn read_all_columns(
        &self,
        columns: &[&str],
        each: &mut (dyn FnMut(Vec<String>) -> bool + Send),
    ) -> Stored<Option<Vec<bool>>> {
        let mut connection = self.connect().await?;
        let mut known = None;
        {
            let query = sqlx::query(sqlx::AssertSqlSafe(self.query.clone()));
            let mut rows = query.fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                known.get_or_insert_with(|| {
                    let has = |column: &&str| row.try_column(*column).is_ok();
                    columns.iter().map(has).collect()
                });
                let values = columns.iter().map(|column| optional_cell(&row, column));
                if !each(values.collect::<Stored<_>>()?) {
                    break;
                }
            }
        }
        connection.close().await?;
        Ok(known)
    }

    /// The values of these columns of every row that the query returns for `values`, bound to `$1`
    /// and following as far as the query names them; at most 100 rows. NULL is empty, and so is a
    /// column that the query does not have.
    ///
    /// # Errors
    /// As `read`; also for more rows.
    pub async fn look_up(&self, columns: &[&str], values: &[&str]) -> Stored<Vec<Vec<String>>> {
        within(FINDING_LASTS, self.look_up_all(columns, values)).await
    }

    async fn look_up_all(&self, columns: &[&str], values: &[&str]) -> Stored<Vec<Vec<String>>> {
        let mut connection = self.connect().await?;
        let mut found = Vec::new();
        {
            // PostgreSQL refuses more values than the query names.
            let named = |place: &usize| self.query.contains(&format!("${}", place + 1));
            let last = (0..values.len())
                .filter(named)
                .max()
                .map_or(0, |place| place + 1);
            let (text, values) = self.with_values(&values[..last]);
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
            for value in values {
                query = query.bind(value);
            }
            let mut rows = query.fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                if found.len() == LOOKED_UP_MAX {
                    return Err(StoreError::TooLarge(LOOKED_UP_MAX as u64));
                }
                let values = columns.iter().map(|column| optional_cell(&row, column));
                found.push(values.collect::<Stored<Vec<String>>>()?);
            }
        }
        connection.close().await?;
        Ok(found)
    }

    /// A session that cannot write, so that a mistake in the query cannot change the portal's data.
    async fn connect(&self) -> Stored<AnyConnection> {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&self.url).await?;
        let bound: &[&str] = if self.url.starts_with("sqlite:") {
            &["PRAGMA query_only = ON"]
        } else if self.is_mysql() {
            // A transaction of its own besides: some versions take the first for transactions that
            // are begun, and a statement that ends this one falls under the first again.
            &[
                "SET SESSION TRANSACTION READ ONLY",
                "START TRANSACTION READ ONLY",
            ]
        } else {
            &["SET default_transaction_read_only = on"]
        };
        for text in bound {
            // As text and not prepared: MySQL prepares neither of its two.
            sqlx::raw_sql(*text).execute(&mut connection).await?;
        }
        Ok(connection)
    }

    fn is_mysql(&self) -> bool {
        self.url.starts_with("mysql:") || self.url.starts_with("mariadb:")
    }

    /// The query and its values, as the database wants them: MySQL has `?` in the order in which
    /// they stand, and no numbers.
    fn with_values<'v>(&self, values: &[&'v str]) -> (String, Vec<&'v str>) {
        if !self.is_mysql() {
            return (self.query.clone(), values.to_vec());
        }
        let mut parts = self.query.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut bound = Vec::new();
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let place = part[..digits]
                .parse::<usize>()
                .ok()
                .and_then(|n| n.checked_sub(1));
            match place.and_then(|place| values.get(place)) {
                Some(value) => {
                    text.push('?');
                    text.push_str(&part[digits..]);
                    bound.push(*value);
                }
                // A sign of the operator's own, as in a name or a text.
                None => {
                    text.push('$');
                    text.push_str(part);
                }
            }
        }
        (text, bound)
    }
}

/// The portal's database is not Digue's: one that accepts and never answers holds nothing here.
async fn within<T>(lasts: Duration, answer: impl Future<Output = Stored<T>>) -> Stored<T> {
    let late = |_| StoreError::Unavailable(io::Error::from(io::ErrorKind::TimedOut).into());
    tokio::time::timeout(lasts, answer).await.map_err(late)?
}

/// A value of the row as text: a number is accepted as a name, and NULL is empty.
///
/// # Errors
/// When the query has no such column, or one of another type: what cannot be read is not empty.
fn cell(row: &AnyRow, column: &str) -> Stored<String> {
    // Text first: identifiers with leading zeros are text, and only a column of numbers is read as
    // such.
    if let Ok(text) = row.try_get::<Option<String>, _>(column) {
        return Ok(text.unwrap_or_default());
    }
    let number = row.try_get::<Option<i64>, _>(column)?;
    Ok(number.map(|number| number.to_string()).unwrap_or_default())
}

/// As `cell`; a query need not have every column of a contact.
fn optional_cell(row: &AnyRow, column: &str) -> Stored<String> {
    if row.try_column(column).is_err() {
        Ok(String::new())
    } else {
        cell(row, column)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn mysql_gets_its_values_in_the_order_in_which_they_stand() {
        let of = |url: &str| ContactSource {
            url: url.to_owned(),
            query: "SELECT a$b, '$' FROM t WHERE x = $2 AND y = $1 AND z = $2 -- $9".to_owned(),
        };
        let (text, values) = of("mysql://h/b").with_values(&["p", "a"]);
        assert_eq!(
            text,
            "SELECT a$b, '$' FROM t WHERE x = ? AND y = ? AND z = ? -- $9"
        );
        assert_eq!(values, ["a", "p", "a"]);
        let (text, values) = of("postgres://h/b").with_values(&["p", "a"]);
        assert!(text.contains("$2") && values == ["p", "a"]);
    }

    #[tokio::test]
    async fn a_database_that_accepts_and_never_answers_ends_in_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = ContactSource {
            url: format!("postgres://u@{}/portal", listener.local_addr().unwrap()),
            query: "SELECT 1".to_owned(),
        };
        let found = source.find(&[]).await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))));
        let read = source.read(&mut |_| ()).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))));
        let read = source.read_columns(&["person"], &mut |_| true).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))));
    }
}
