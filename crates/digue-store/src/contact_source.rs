//! Where the portal keeps how to reach its persons: a query that somebody wrote for it, read once for
//! a campaign and never written to.

use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::Stored;

/// A database of the portal and the query that answers `person`, and any of `email`, `phone`, `name`,
/// `address`.
#[derive(Clone)]
pub struct ContactSource {
    /// `sqlite:PATH` or `postgres://...`.
    pub url: String,
    pub query: String,
}

/// How one person is reached, as the source says it; empty where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ContactRow {
    pub person: String,
    pub email: String,
    pub phone: String,
    pub name: String,
    pub address: String,
}

impl std::fmt::Debug for ContactSource {
    /// Without the address: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactSource").field("query", &self.query).finish_non_exhaustive()
    }
}

impl ContactSource {
    /// The persons that the query names for these values, `$1` and on: two at most, for more than one is
    /// as good as many.
    ///
    /// # Errors
    /// As `read`.
    pub async fn find(&self, values: &[String]) -> Stored<Vec<String>> {
        let mut connection = self.connect().await?;
        let mut found = Vec::new();
        {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(self.query.clone()));
            for value in values {
                query = query.bind(value.as_str());
            }
            let mut rows = query.fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                found.push(cell(&row, "person"));
                if found.len() == 2 {
                    break;
                }
            }
        }
        connection.close().await?;
        Ok(found)
    }

    /// Every row, one after the other, in a session that cannot write.
    ///
    /// # Errors
    /// A database that does not answer, a query that it refuses.
    pub async fn read(&self, each: &mut (dyn FnMut(ContactRow) + Send)) -> Stored<()> {
        let mut connection = self.connect().await?;
        // The operator's own configuration, as trusted as the address beside it.
        let query = sqlx::AssertSqlSafe(self.query.clone());
        {
            let mut rows = sqlx::query(query).fetch(&mut connection);
            while let Some(row) = rows.try_next().await? {
                each(ContactRow {
                    person: cell(&row, "person"),
                    email: cell(&row, "email"),
                    phone: cell(&row, "phone"),
                    name: cell(&row, "name"),
                    address: cell(&row, "address"),
                });
            }
        }
        connection.close().await?;
        Ok(())
    }

    /// A session that cannot write.
    async fn connect(&self) -> Stored<AnyConnection> {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&self.url).await?;
        let bound = if self.url.starts_with("sqlite:") {
            "PRAGMA query_only = ON"
        } else {
            "SET default_transaction_read_only = on"
        };
        sqlx::query(bound).execute(&mut connection).await?;
        Ok(connection)
    }
}

/// A text of any kind that the database tells: a number is a name too; none is nothing.
fn cell(row: &AnyRow, column: &str) -> String {
    if let Ok(text) = row.try_get::<Option<String>, _>(column) {
        return text.unwrap_or_default();
    }
    row.try_get::<Option<i64>, _>(column).ok().flatten().map(|number| number.to_string()).unwrap_or_default()
}
