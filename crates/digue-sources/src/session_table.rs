//! A portal's own table of sessions: a query by the value of the session's cookie.

use std::pin::Pin;

use digue_portal_login::{LoginAnswer, LoginFault, PortalUser, SessionTable};
use digue_store::ContactSource;

/// A query with one value, `$1`, that returns `account` and, where the table has it, `organisation`.
#[derive(Clone, Debug)]
pub struct QueriedSessions(pub ContactSource);

const COLUMNS: [&str; 2] = ["account", "organisation"];

impl SessionTable for QueriedSessions {
    fn user_of(
        &self,
        value: String,
    ) -> Pin<Box<dyn Future<Output = Result<LoginAnswer, LoginFault>> + Send>> {
        let source = self.0.clone();
        Box::pin(async move {
            let found = source.find_rows(&[value], &COLUMNS).await;
            // The driver's words, which name the step and never the value.
            let rows = found.map_err(|error| LoginFault::Query(error.to_string()))?;
            answer_of(rows)
        })
    }
}

fn answer_of(mut rows: Vec<Vec<String>>) -> Result<LoginAnswer, LoginFault> {
    let Some(row) = rows.pop() else {
        return Ok(LoginAnswer::Nobody);
    };
    if !rows.is_empty() {
        return Err(LoginFault::Query(
            "the query returns more than one session for a value".to_owned(),
        ));
    }
    let mut cells = row.into_iter();
    let account = cells.next().unwrap_or_default();
    // A session in which nobody has signed in yet.
    if account.trim().is_empty() {
        return Ok(LoginAnswer::Nobody);
    }
    Ok(LoginAnswer::User(PortalUser {
        account,
        organisation: cells.next().filter(|name| !name.trim().is_empty()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: &str = "WITH sessions (k, who, org, n) AS (VALUES \
         ('s1', 'a1', 'of-1', 1), ('s2', '', NULL, 2), ('s3', 'a3', NULL, 3), \
         ('twice', 'a1', '', 4), ('twice', 'a2', '', 5)) ";

    #[tokio::test]
    async fn a_session_is_one_users_or_nobodys_and_never_one_of_two() {
        let sessions = |query: &str| {
            QueriedSessions(ContactSource {
                url: "sqlite::memory:".to_owned(),
                query: query.to_owned(),
            })
        };
        let queried = |columns: &str| {
            sessions(&format!(
                "{SESSIONS} SELECT {columns} FROM sessions WHERE k = $1"
            ))
        };
        let all = queried("who AS account, org AS organisation");
        let user = |account: &str, organisation: Option<&str>| {
            Ok(LoginAnswer::User(PortalUser {
                account: account.to_owned(),
                organisation: organisation.map(str::to_owned),
            }))
        };
        let of = async |table: &QueriedSessions, value: &str| table.user_of(value.to_owned()).await;
        assert_eq!(of(&all, "s1").await, user("a1", Some("of-1")));
        assert_eq!(of(&all, "s2").await, Ok(LoginAnswer::Nobody));
        assert_eq!(of(&all, "s3").await, user("a3", None));
        assert_eq!(of(&all, "none").await, Ok(LoginAnswer::Nobody));
        assert_eq!(of(&all, "x' OR '1'='1").await, Ok(LoginAnswer::Nobody));
        assert!(matches!(of(&all, "twice").await, Err(LoginFault::Query(_))));
        let numbers = queried("n AS account");
        assert_eq!(of(&numbers, "s1").await, user("1", None));
        for broken in [
            queried("who"),
            sessions("SELECT who AS account FROM gone WHERE k = $1"),
            sessions("CREATE TABLE made AS SELECT $1 AS account"),
        ] {
            let answer = of(&broken, "s1").await;
            assert!(
                matches!(answer, Err(LoginFault::Query(_))),
                "{broken:?} {answer:?}"
            );
        }
    }
}
