//! State that people change: organisations, accounts and their credentials, approval requests, gates,
//! sessions, links, break glass, queued mail.
//!
//! SQLite by default, PostgreSQL by URL; one SQL text serves both, and one contract suite runs against
//! both. Nothing here decides; nothing above this crate sees SQL. What was shown to whom is not stored here
//! but in the journal.

mod approvals;
mod campaigns;
mod contact_source;
mod files;
mod findings;
mod identities;
mod incidents;
mod invitations;
mod isms;
mod keys;
mod mails;
mod migrate;
mod passkeys;
mod passwords;
mod people;
mod persons;
mod reports;
mod rows;
mod sessions;
mod spellings;

use std::collections::HashMap;
use std::time::Duration;

use digue_access::session::TokenHash;
use digue_access::{AccountRecord, Membership};
use digue_types::{AccountId, Gate, PortalId, Timestamp};
use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;

pub use approvals::{ApprovalDecision, ApprovalRecord};
pub use campaigns::{CampaignRecord, NoticeRecord};
pub use contact_source::{ContactRow, ContactSource};
pub use files::FileRecord;
pub use findings::{AlertChannel, FindingRecord, FindingVerdict};
pub use identities::{IdentityRecord, ProviderSession};
pub use incidents::{EntryRecord, IncidentRecord};
pub use invitations::{GrantedKeyRecord, UnconfirmedRecord};
pub use isms::{CheckRecord, ReviewLine, ReviewRecord, RevisionRecord, SwitchRecord};
pub use keys::ApiKeyRecord;
pub use mails::MailRecord;
pub use passkeys::PasskeyRecord;
pub use passwords::{Attempts, PasswordRecord};
pub use people::{OrganisationRecord, RecoveryRecord};
pub use persons::{HiddenRecord, KnownPerson, PersonCode, PreferenceRecord, RequestRecord};
pub use reports::ReportRecord;
pub use rows::{BreakGlassRecord, GateRecord, StoreConnection};
pub use sessions::ConnectionRecord;

/// The database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    #[error("the stored value `{0}` is not valid")]
    Corrupt(String),
    #[error("the database was written by a newer version of Digue")]
    Newer,
    /// Two names of version 0.1.0 are spellings of one.
    #[error(
        "`{one}` and `{other}` in the table `{table}` are one name since version 0.2: letter case, width and \
         composition do not count any more. After a backup, delete the row of the one that is to go from this \
         table; what opened it goes with it. Then start again"
    )]
    SameName { table: String, one: String, other: String },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error)
    }
}

type Stored<T> = Result<T, StoreError>;

const SET_SETTING: &str = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// A connection to the state.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens and migrates. `url` is `sqlite:PATH`, `sqlite::memory:` or `postgres://...`.
    pub async fn open(url: &str) -> Stored<Self> {
        sqlx::any::install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        // SQLite has one writer: a second connection would only wait, or lose an in-memory file.
        let connections = if is_sqlite { 1 } else { 8 };
        let url = match url.strip_prefix("sqlite:") {
            Some(path) if path != ":memory:" && !path.contains('?') => {
                format!("sqlite:{path}?mode=rwc")
            }
            _ => url.to_owned(),
        };
        // The connection of SQLite is never replaced: an in-memory database would be lost with it, and
        // `synchronous` is a setting of the connection.
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // Shorter than any client waits: a page then says that the database is not available, and does
            // not hang.
            .acquire_timeout(Duration::from_secs(10))
            .connect(&url)
            .await?;
        if is_sqlite {
            // FULL, because in WAL mode NORMAL may lose the last commits in a power cut.
            for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
                sqlx::query(pragma).execute(&pool).await?;
            }
        }
        migrate::run(&pool).await?;
        Ok(Self { pool })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Saves all or none. A new account is active, a known one stays suspended if it was. An organisation
    /// exists from its first account on.
    pub async fn save_accounts(&self, accounts: &[(AccountId, Membership)]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        for (id, membership) in accounts {
            sqlx::query(
                "INSERT INTO accounts (id, organisation, role, suspended) VALUES ($1, $2, $3, 0) \
                 ON CONFLICT (id) DO UPDATE SET organisation = excluded.organisation, role = excluded.role",
            )
            .bind(id.as_str())
            .bind(membership.organisation.as_str())
            .bind(membership.role.code())
            .execute(&mut *transaction)
            .await?;
        }
        let named: std::collections::BTreeSet<&str> =
            accounts.iter().map(|(_, membership)| membership.organisation.as_str()).collect();
        for organisation in named {
            sqlx::query(
                // Named by its id until someone gives it a name.
                "INSERT INTO organisations (id, name, email) VALUES ($1, $1, '') ON CONFLICT (id) DO NOTHING",
            )
            .bind(organisation)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Suspends an account or resumes it; false when it was so already, or does not exist.
    pub async fn set_suspended(&self, id: &AccountId, is_suspended: bool) -> Stored<bool> {
        let done = sqlx::query("UPDATE accounts SET suspended = $1 WHERE id = $2 AND suspended <> $1")
            .bind(i64::from(is_suspended))
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn accounts(&self) -> Stored<Vec<(AccountId, AccountRecord)>> {
        let rows = sqlx::query("SELECT id, organisation, role, suspended FROM accounts ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::account).collect()
    }

    /// Sets a gate; an open one is deleted.
    pub async fn set_gate(&self, record: &GateRecord) -> Stored<()> {
        // Open is the absence of a row: what was never closed and what was opened again are the same.
        if record.gate == Gate::Open {
            sqlx::query("DELETE FROM gates WHERE scope = $1 AND name = $2")
                .bind(record.reach.scope().code())
                .bind(record.reach.name())
                .execute(&self.pool)
                .await?;
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO gates (scope, name, gate, reason, set_by, set_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scope, name) DO UPDATE SET \
             gate = excluded.gate, reason = excluded.reason, set_by = excluded.set_by, \
             set_at = excluded.set_at",
        )
        .bind(record.reach.scope().code())
        .bind(record.reach.name())
        .bind(record.gate.code())
        .bind(record.reason.to_string())
        .bind(record.set_by.as_str())
        .bind(record.set_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn gates(&self) -> Stored<Vec<GateRecord>> {
        let rows =
            sqlx::query("SELECT scope, name, gate, reason, set_by, set_at FROM gates ORDER BY scope, name")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(rows::gate).collect()
    }

    pub async fn add_link(&self, token: &TokenHash, link: &StoreConnection) -> Stored<()> {
        sqlx::query("INSERT INTO links (token, account, host, expires_at, state, proved_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(rows::hex(token))
            .bind(link.account.as_str())
            .bind(link.host.as_str())
            .bind(link.expires_at.micros())
            .bind(link.state.as_str())
            .bind(link.proved_at.micros())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The account of a link, while it is valid; the link stays valid.
    pub async fn peek_link(&self, token: &TokenHash, now: Timestamp) -> Stored<Option<StoreConnection>> {
        let row =
            sqlx::query("SELECT account, host, expires_at, state, proved_at FROM links WHERE token = $1 AND expires_at > $2")
                .bind(rows::hex(token))
                .bind(now.micros())
                .fetch_optional(&self.pool)
                .await?;
        row.as_ref().map(rows::link).transpose()
    }

    /// Uses up a link: of two at the same time, one gets it.
    pub async fn take_link(&self, token: &TokenHash, now: Timestamp) -> Stored<Option<StoreConnection>> {
        let row = sqlx::query(
            "DELETE FROM links WHERE token = $1 AND expires_at > $2 \
             RETURNING account, host, expires_at, state, proved_at",
        )
        .bind(rows::hex(token))
        .bind(now.micros())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::link).transpose()
    }

    pub async fn add_break_glass(&self, record: &BreakGlassRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO break_glass (id, portal, account, justification, opened_at, until_at, \
             reviewed_by, reviewed_at) VALUES ($1, $2, $3, $4, $5, $6, '', 0)",
        )
        .bind(record.id.as_str())
        .bind(record.portal.as_str())
        .bind(record.account.as_str())
        .bind(record.justification.as_str())
        .bind(record.opened_at.micros())
        .bind(record.until.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All break-glass, newest first.
    pub async fn break_glass(&self) -> Stored<Vec<BreakGlassRecord>> {
        let rows = sqlx::query(
            "SELECT id, portal, account, justification, opened_at, until_at, reviewed_by, \
             reviewed_at FROM break_glass ORDER BY opened_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(rows::break_glass).collect()
    }

    /// True when there was one to review.
    pub async fn review_break_glass(&self, id: &str, by: &AccountId, at: Timestamp) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE break_glass SET reviewed_by = $1, reviewed_at = $2 \
             WHERE id = $3 AND reviewed_at = 0",
        )
        .bind(by.as_str())
        .bind(at.micros())
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Withdraws a review that could not be journalled.
    pub async fn release_break_glass(&self, id: &str) -> Stored<()> {
        sqlx::query("UPDATE break_glass SET reviewed_by = '', reviewed_at = 0 WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn set_setting(&self, name: &str, value: &str) -> Stored<()> {
        sqlx::query(SET_SETTING).bind(name).bind(value).execute(&self.pool).await?;
        Ok(())
    }

    pub async fn setting(&self, name: &str) -> Stored<Option<String>> {
        use sqlx::Row as _;
        let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row.try_get::<String, _>(0)).transpose().map_err(StoreError::from)
    }

    /// Settings whose names begin with `prefix`, by the rest of the name.
    pub async fn settings_under(&self, prefix: &str) -> Stored<HashMap<String, String>> {
        use sqlx::Row as _;
        // Not with LIKE: SQLite ignores letter case there and PostgreSQL does not, and `_` matches anything
        // in both.
        let rows = sqlx::query("SELECT name, value FROM settings WHERE substr(name, 1, $1) = $2")
            .bind(i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX))
            .bind(prefix)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let name = row.try_get::<String, _>(0)?;
            Ok((name[prefix.len()..].to_owned(), row.try_get::<String, _>(1)?))
        };
        rows.iter().map(read).collect()
    }

    /// Sets several, all or none.
    pub async fn set_settings(&self, settings: &[(String, String)]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        for (name, value) in settings {
            sqlx::query(SET_SETTING)
                .bind(name.as_str())
                .bind(value.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    pub async fn remove_setting(&self, name: &str) -> Stored<()> {
        sqlx::query("DELETE FROM settings WHERE name = $1").bind(name).execute(&self.pool).await?;
        Ok(())
    }

    /// All gates that are not open, as a table for `serve` to start with.
    pub async fn gate_table(&self) -> Stored<digue_access::GateTable> {
        let mut table = digue_access::GateTable::default();
        for record in self.gates().await? {
            table.set(record.reach, record.gate);
        }
        Ok(table)
    }
}

/// Break-glass still in force at `now`, by portal and account.
pub fn live_break_glass(
    records: &[BreakGlassRecord],
    now: Timestamp,
) -> HashMap<(PortalId, AccountId), digue_access::decide::BreakGlass> {
    let live = records.iter().filter(|record| now < record.until);
    live.map(|record| {
        let glass = digue_access::decide::BreakGlass {
            justification: record.justification.clone(),
            until: record.until,
        };
        ((record.portal.clone(), record.account.clone()), glass)
    })
    .collect()
}
