//! Events from identity providers: the tokens that were taken, what waits for a person, and how
//! each stream stands.

use digue_types::{AccountId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{corrupt, name, optional_text, optional_time, signed, text, time, whole};
use crate::error::Stored;
use crate::store::Store;

/// A token that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalRecord {
    pub stream: String,
    /// The keyed hash of its name.
    pub token: String,
    /// The name of its event.
    pub event: String,
    /// Its subject: what identifies it where the subject is unknown, else its format alone.
    pub subject: String,
    /// The account, where it is one.
    pub account: Option<AccountId>,
    /// How many accounts the subject is.
    pub accounts: u64,
    /// The code of what followed.
    pub outcome: String,
    pub issued_at: Timestamp,
    pub taken_at: Timestamp,
}

/// A change of an account that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingSignalRecord {
    pub account: AccountId,
    /// `close` or `reopen`.
    pub change: String,
    pub stream: String,
    pub event: String,
    pub since: Timestamp,
}

/// How a stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalStreamRecord {
    pub name: String,
    /// The last token that was taken.
    pub heard_at: Option<Timestamp>,
    /// The last verification (SSF 1.0, 8.1.4).
    pub verified_at: Option<Timestamp>,
    /// What the transmitter last said of it: `enabled`, `paused` or `disabled`.
    pub status: String,
    /// Tokens that were refused, ever.
    pub refused: u64,
    /// When and why (the code of the error) one was refused last.
    pub refusal: Option<(Timestamp, String)>,
    /// The last poll that was answered.
    pub asked_at: Option<Timestamp>,
    /// Since when polls are not answered; `None` while they are.
    pub failing_since: Option<Timestamp>,
}

impl SignalStreamRecord {
    /// A stream that was never heard.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            heard_at: None,
            verified_at: None,
            status: "enabled".to_owned(),
            refused: 0,
            refusal: None,
            asked_at: None,
            failing_since: None,
        }
    }
}

impl Store {
    /// Keeps a token; false where it is kept already.
    pub async fn take_signal(&self, signal: &SignalRecord) -> Stored<bool> {
        let done = sqlx::query(
            "INSERT INTO signal_tokens (stream, token, event, subject, account, accounts, outcome, \
             issued_at, taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (stream, token) DO NOTHING",
        )
        .bind(signal.stream.as_str())
        .bind(signal.token.as_str())
        .bind(signal.event.as_str())
        .bind(signal.subject.as_str())
        .bind(signal.account.as_ref().map(AccountId::as_str))
        .bind(signed(signal.accounts)?)
        .bind(signal.outcome.as_str())
        .bind(signal.issued_at.micros())
        .bind(signal.taken_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn is_signal_known(&self, stream: &str, token: &str) -> Stored<bool> {
        let row =
            sqlx::query("SELECT 1 AS one FROM signal_tokens WHERE stream = $1 AND token = $2")
                .bind(stream)
                .bind(token)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    /// The last tokens, the newest first; of one outcome where it is given.
    pub async fn signals(&self, outcome: Option<&str>, most: u32) -> Stored<Vec<SignalRecord>> {
        let rows = sqlx::query(
            "SELECT * FROM signal_tokens WHERE $1 = '' OR outcome = $1 \
             ORDER BY taken_at DESC, stream, token LIMIT $2",
        )
        .bind(outcome.unwrap_or_default())
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_signal).collect()
    }

    /// How many tokens of each stream had each outcome.
    pub async fn signal_counts(&self) -> Stored<Vec<(String, String, u64)>> {
        let rows = sqlx::query(
            "SELECT stream, outcome, COUNT(*) AS signals FROM signal_tokens \
             GROUP BY stream, outcome ORDER BY stream, outcome",
        )
        .fetch_all(&self.pool)
        .await?;
        let count = |row: &AnyRow| {
            Ok((
                text(row, "stream")?,
                text(row, "outcome")?,
                whole(row, "signals")?,
            ))
        };
        rows.iter().map(count).collect()
    }

    /// How many accounts had this outcome since then, whatever the stream.
    pub async fn signalled_accounts(&self, outcome: &str, since: Timestamp) -> Stored<u64> {
        let row = sqlx::query(
            "SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) AS accounts FROM signal_tokens \
             WHERE outcome = $1 AND taken_at >= $2",
        )
        .bind(outcome)
        .bind(since.micros())
        .fetch_one(&self.pool)
        .await?;
        whole(&row, "accounts")
    }

    /// How many tokens are kept.
    pub async fn signal_count(&self) -> Stored<u64> {
        let row = sqlx::query("SELECT COUNT(*) AS signals FROM signal_tokens")
            .fetch_one(&self.pool)
            .await?;
        u64::try_from(row.try_get::<i64, _>("signals")?).map_err(|_| corrupt("signals"))
    }

    /// Deletes the tokens that were taken before then; returns how many.
    pub async fn forget_signals(&self, before: Timestamp) -> Stored<u64> {
        let done = sqlx::query("DELETE FROM signal_tokens WHERE taken_at < $1")
            .bind(before.micros())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    /// Adds or replaces what waits for an account. The age of the same change stays.
    pub async fn save_waiting_signal(&self, waiting: &WaitingSignalRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO signal_waiting (account, \"change\", stream, event, since) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account) DO UPDATE SET \
             since = CASE WHEN signal_waiting.\"change\" = excluded.\"change\" \
             THEN signal_waiting.since ELSE excluded.since END, \
             \"change\" = excluded.\"change\", stream = excluded.stream, event = excluded.event",
        )
        .bind(waiting.account.as_str())
        .bind(waiting.change.as_str())
        .bind(waiting.stream.as_str())
        .bind(waiting.event.as_str())
        .bind(waiting.since.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What waits, the oldest first.
    pub async fn waiting_signals(&self) -> Stored<Vec<WaitingSignalRecord>> {
        let rows = sqlx::query("SELECT * FROM signal_waiting ORDER BY since, account")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read_waiting).collect()
    }

    /// Nothing waits for this account any more; returns whether something did.
    pub async fn remove_waiting_signal(&self, account: &AccountId, change: &str) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM signal_waiting WHERE account = $1 AND \"change\" = $2")
            .bind(account.as_str())
            .bind(change)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Adds or replaces.
    pub async fn set_signal_stream(&self, stream: &SignalStreamRecord) -> Stored<()> {
        let refusal = stream.refusal.as_ref();
        sqlx::query(
            "INSERT INTO signal_streams (name, heard_at, verified_at, status, refused, refused_at, \
             refused_why, asked_at, failing_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (name) DO UPDATE SET heard_at = excluded.heard_at, \
             verified_at = excluded.verified_at, status = excluded.status, \
             refused = excluded.refused, refused_at = excluded.refused_at, \
             refused_why = excluded.refused_why, asked_at = excluded.asked_at, \
             failing_since = excluded.failing_since",
        )
        .bind(stream.name.as_str())
        .bind(stream.heard_at.map(Timestamp::micros))
        .bind(stream.verified_at.map(Timestamp::micros))
        .bind(stream.status.as_str())
        .bind(signed(stream.refused)?)
        .bind(refusal.map(|(at, _)| at.micros()))
        .bind(refusal.map(|(_, why)| why.as_str()))
        .bind(stream.asked_at.map(Timestamp::micros))
        .bind(stream.failing_since.map(Timestamp::micros))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The streams that were ever heard or asked, by name.
    pub async fn signal_streams(&self) -> Stored<Vec<SignalStreamRecord>> {
        let rows = sqlx::query("SELECT * FROM signal_streams ORDER BY name")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read_stream).collect()
    }
}

fn read_signal(row: &AnyRow) -> Stored<SignalRecord> {
    let account = optional_text(row, "account")?;
    Ok(SignalRecord {
        stream: text(row, "stream")?,
        token: text(row, "token")?,
        event: text(row, "event")?,
        subject: text(row, "subject")?,
        account: account
            .map(|_| name(row, "account", AccountId::parse))
            .transpose()?,
        accounts: whole(row, "accounts")?,
        outcome: text(row, "outcome")?,
        issued_at: time(row, "issued_at")?,
        taken_at: time(row, "taken_at")?,
    })
}

fn read_waiting(row: &AnyRow) -> Stored<WaitingSignalRecord> {
    Ok(WaitingSignalRecord {
        account: name(row, "account", AccountId::parse)?,
        change: text(row, "change")?,
        stream: text(row, "stream")?,
        event: text(row, "event")?,
        since: time(row, "since")?,
    })
}

fn read_stream(row: &AnyRow) -> Stored<SignalStreamRecord> {
    let refusal = match (
        optional_time(row, "refused_at")?,
        optional_text(row, "refused_why")?,
    ) {
        (Some(at), Some(why)) => Some((at, why)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(corrupt("refused_why")),
    };
    Ok(SignalStreamRecord {
        name: text(row, "name")?,
        heard_at: optional_time(row, "heard_at")?,
        verified_at: optional_time(row, "verified_at")?,
        status: text(row, "status")?,
        refused: whole(row, "refused")?,
        refusal,
        asked_at: optional_time(row, "asked_at")?,
        failing_since: optional_time(row, "failing_since")?,
    })
}
