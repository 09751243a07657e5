//! Brings the names of version 0.1.0 to their canonical spelling.
//!
//! Version 0.1.0 took `A1` and `a1` for two accounts. Since 0.2.0 a name is one, whatever its
//! spelling; stored names are rewritten once. Only the operator may merge two accounts or
//! organisations that turn out to be one: they may be two people, one of them suspended. Digue does
//! not start until that is done.

use digue_types::{AccountId, Gate, OrganisationId};
use sqlx::{AnyConnection, Row as _};

use crate::error::{StoreError, Stored};

/// Columns with the name of an account, where several rows may have the same.
const ACCOUNTS: [(&str, &str); 39] = [
    ("gates", "set_by"),
    ("break_glass", "account"),
    ("break_glass", "reviewed_by"),
    ("approvals", "asked_by"),
    ("approvals", "decided_by"),
    ("recoveries", "account"),
    ("recoveries", "asked_by"),
    ("recoveries", "granted_by"),
    ("connections", "account"),
    ("mails", "account"),
    ("findings", "account"),
    ("findings", "decided_by"),
    ("incident_entries", "author"),
    ("campaigns", "made_by"),
    ("kept_files", "kept_by"),
    ("records", "author"),
    ("check_switches", "author"),
    ("reviews", "opened_by"),
    ("review_lines", "decided_by"),
    ("message_reports", "reporter"),
    ("person_codes", "made_by"),
    ("person_requests", "account"),
    ("person_requests", "answered_by"),
    ("hidden_sights", "set_by"),
    ("unconfirmed", "asked_by"),
    ("unconfirmed", "granted_by"),
    ("granted_keys", "asked_by"),
    ("granted_keys", "granted_by"),
    ("identity_invitations", "made_by"),
    // Credentials.
    ("links", "account"),
    ("sessions", "account"),
    ("passkeys", "account"),
    ("recovery_codes", "account"),
    ("api_keys", "account"),
    ("identities", "account"),
    ("granted_keys", "account"),
    ("identity_invitations", "account"),
    // One row for each account: `settle_unconfirmed` has run before.
    ("unconfirmed", "account"),
    // One row for each account: `settle_attempts` has run before.
    ("attempts", "account"),
];

/// Of those, the tables whose rows open an account. A row under another spelling must not come to
/// open the account that exists.
const OPENING: [&str; 8] = [
    "links",
    "sessions",
    "passkeys",
    "recovery_codes",
    "api_keys",
    "identities",
    "passwords",
    "contacts",
];

/// Columns with the name of an organisation.
const ORGANISATIONS: [(&str, &str); 5] = [
    ("accounts", "organisation"),
    ("sessions", "organisation"),
    ("approvals", "organisation"),
    ("findings", "organisation"),
    ("review_lines", "organisation"),
];

/// Tables with one row for each name.
const UNIQUE: [(&str, &str, SpellingKind); 5] = [
    ("accounts", "id", SpellingKind::Account),
    ("organisations", "id", SpellingKind::Organisation),
    ("contacts", "account", SpellingKind::Account),
    ("reductions", "account", SpellingKind::Account),
    ("passwords", "account", SpellingKind::Account),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum SpellingKind {
    Account,
    Organisation,
}

impl SpellingKind {
    /// The canonical spelling; `None` for an invalid name, which is left for its reader to reject.
    fn canonical(self, text: &str) -> Option<String> {
        match self {
            Self::Account => AccountId::parse(text).ok().map(|id| id.to_string()),
            Self::Organisation => OrganisationId::parse(text).ok().map(|id| id.to_string()),
        }
    }
}

/// Rewrites every name in its canonical spelling.
///
/// # Errors
/// `SameName` when two accounts or organisations turn out to be one.
pub(crate) async fn make_canonical(connection: &mut AnyConnection) -> Stored<()> {
    let accounts = names(connection, "accounts", "id").await?;
    for (table, column, kind) in UNIQUE {
        refuse_same(
            table,
            kind,
            &names(connection, table, column).await?,
            &accounts,
        )?;
    }
    // Before anything is renamed: afterwards an orphan's passkey could no longer be told from the
    // account's own.
    for table in OPENING {
        drop_orphans(connection, table, &accounts).await?;
    }
    settle_gates(connection).await?;
    settle_unconfirmed(connection).await?;
    settle_attempts(connection).await?;
    for (table, column, kind) in UNIQUE {
        rename(connection, table, column, kind).await?;
    }
    for (table, column) in ACCOUNTS {
        rename(connection, table, column, SpellingKind::Account).await?;
    }
    for (table, column) in ORGANISATIONS {
        rename(connection, table, column, SpellingKind::Organisation).await?;
    }
    settle_review_lines(connection).await
}

async fn names(connection: &mut AnyConnection, table: &str, column: &str) -> Stored<Vec<String>> {
    let text = format!("SELECT DISTINCT {column} FROM {table} ORDER BY {column}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok(row.try_get::<String, _>(0)?))
        .collect()
}

/// Names without an account are removed later, so they do not conflict with existing ones.
fn refuse_same(
    table: &str,
    kind: SpellingKind,
    names: &[String],
    accounts: &[String],
) -> Stored<()> {
    let is_opening = OPENING.contains(&table);
    let kept = names
        .iter()
        .filter(|name| !is_opening || !is_orphan(name, accounts));
    let mut spelled: Vec<(String, &String)> = kept
        .filter_map(|name| Some((kind.canonical(name)?, name)))
        .collect();
    spelled.sort();
    match spelled.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => {
            let (one, other) = (pair[0].1.clone(), pair[1].1.clone());
            Err(StoreError::SameName {
                table: table.to_owned(),
                one,
                other,
            })
        }
        None => Ok(()),
    }
}

/// Another spelling of an existing account, without an account of its own.
fn is_orphan(name: &str, accounts: &[String]) -> bool {
    let canonical = SpellingKind::Account.canonical(name);
    let is_there = accounts.iter().any(|account| account == name);
    !is_there
        && accounts
            .iter()
            .any(|account| SpellingKind::Account.canonical(account) == canonical)
}

async fn drop_orphans(
    connection: &mut AnyConnection,
    table: &str,
    accounts: &[String],
) -> Stored<()> {
    let column = "account";
    for name in names(connection, table, column).await? {
        if is_orphan(&name, accounts) {
            let text = format!("DELETE FROM {table} WHERE {column} = $1");
            sqlx::query(sqlx::AssertSqlSafe(text))
                .bind(name)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn rename(
    connection: &mut AnyConnection,
    table: &str,
    column: &str,
    kind: SpellingKind,
) -> Stored<()> {
    for name in names(connection, table, column).await? {
        let Some(canonical) = kind.canonical(&name).filter(|canonical| *canonical != name) else {
            continue;
        };
        let text = format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(canonical)
            .bind(name);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Of gates that turn out to be one, the strictest stays.
async fn settle_gates(connection: &mut AnyConnection) -> Stored<()> {
    let rows = sqlx::query("SELECT scope, name, gate FROM gates")
        .fetch_all(&mut *connection)
        .await?;
    let mut strictest: std::collections::BTreeMap<(String, String), (Gate, String)> =
        Default::default();
    for row in &rows {
        let (scope, name): (String, String) = (row.try_get("scope")?, row.try_get("name")?);
        let gate: String = row.try_get("gate")?;
        let gate = Gate::parse(&gate).ok_or_else(|| StoreError::Corrupt("gate".to_owned()))?;
        let kind = match scope.as_str() {
            "account" => SpellingKind::Account,
            "organisation" => SpellingKind::Organisation,
            _ => continue,
        };
        let Some(canonical) = kind.canonical(&name) else {
            continue;
        };
        let known = strictest
            .entry((scope, canonical))
            .or_insert_with(|| (gate, name.clone()));
        if gate > known.0 {
            *known = (gate, name);
        }
    }
    for row in &rows {
        let (scope, name): (String, String) = (row.try_get("scope")?, row.try_get("name")?);
        let is_weaker = strictest
            .iter()
            .any(|((known_scope, canonical), (_, kept))| {
                let kind = if scope == "account" {
                    SpellingKind::Account
                } else {
                    SpellingKind::Organisation
                };
                *known_scope == scope
                    && kind.canonical(&name).as_ref() == Some(canonical)
                    && *kept != name
            });
        if is_weaker {
            sqlx::query("DELETE FROM gates WHERE scope = $1 AND name = $2")
                .bind(scope)
                .bind(name)
                .execute(&mut *connection)
                .await?;
        }
    }
    for ((scope, canonical), (_, name)) in strictest
        .iter()
        .filter(|((_, canonical), (_, name))| canonical != name)
    {
        sqlx::query("UPDATE gates SET name = $1 WHERE scope = $2 AND name = $3")
            .bind(canonical.as_str())
            .bind(scope.as_str())
            .bind(name.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Of unconfirmed accounts that turn out to be one, the oldest entry stays.
async fn settle_unconfirmed(connection: &mut AnyConnection) -> Stored<()> {
    let rows = sqlx::query("SELECT account FROM unconfirmed ORDER BY since, account")
        .fetch_all(&mut *connection)
        .await?;
    let mut kept = std::collections::BTreeSet::new();
    for row in &rows {
        let name: String = row.try_get("account")?;
        if !kept.insert(
            SpellingKind::Account
                .canonical(&name)
                .unwrap_or_else(|| name.clone()),
        ) {
            sqlx::query("DELETE FROM unconfirmed WHERE account = $1")
                .bind(name)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Of failed attempts under several spellings, the highest count stays.
async fn settle_attempts(connection: &mut AnyConnection) -> Stored<()> {
    let rows = sqlx::query(
        "SELECT account, device, failures FROM attempts ORDER BY failures DESC, account",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut kept = std::collections::BTreeSet::new();
    for row in &rows {
        let (name, device): (String, String) = (row.try_get("account")?, row.try_get("device")?);
        let canonical = SpellingKind::Account
            .canonical(&name)
            .unwrap_or_else(|| name.clone());
        if !kept.insert((canonical, device.clone())) {
            sqlx::query("DELETE FROM attempts WHERE account = $1 AND device = $2")
                .bind(name)
                .bind(device)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Review lines about former accounts may turn out to be about one; the last decision stays.
async fn settle_review_lines(connection: &mut AnyConnection) -> Stored<()> {
    let rows = sqlx::query(
        "SELECT review, account, decided_at FROM review_lines ORDER BY decided_at DESC, account",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut kept = std::collections::BTreeSet::new();
    for row in &rows {
        let (review, name): (String, String) = (row.try_get("review")?, row.try_get("account")?);
        let canonical = SpellingKind::Account
            .canonical(&name)
            .unwrap_or_else(|| name.clone());
        let text = match kept.insert((review.clone(), canonical)) {
            true => continue,
            false => "DELETE FROM review_lines WHERE review = $1 AND account = $2",
        };
        sqlx::query(text)
            .bind(review)
            .bind(name)
            .execute(&mut *connection)
            .await?;
    }
    rename(connection, "review_lines", "account", SpellingKind::Account).await
}
