//! Passwords with their second factor, for accounts without a passkey.
//!
//! Hashes and sealed secrets only; the key of both is kept elsewhere.

use std::collections::HashSet;

use digue_access::session::TokenHash;
use digue_types::{AccountId, Timestamp};

use crate::{Store, Stored, rows};

/// The credentials of a holder who has no passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordRecord {
    pub account: AccountId,
    /// Argon2id, in PHC form.
    pub hash: String,
    /// The shared secret of the one-time codes (TOTP), sealed.
    pub totp: String,
    /// The last period whose code was used: each is valid once.
    pub totp_step: u64,
    pub changed_at: Timestamp,
}

/// Consecutive wrong answers, from one device that the account knows, or from all others together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    pub failures: u32,
    pub failed_at: Timestamp,
}

impl Store {
    /// Sets password, second factor and recovery codes in one transaction.
    pub async fn save_password(&self, password: &PasswordRecord, codes: &[TokenHash]) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO passwords (account, hash, totp, totp_step, changed_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, totp = excluded.totp, \
             totp_step = excluded.totp_step, changed_at = excluded.changed_at",
        )
        .bind(password.account.as_str())
        .bind(password.hash.as_str())
        .bind(password.totp.as_str())
        .bind(rows::stored(password.totp_step))
        .bind(password.changed_at.micros())
        .execute(&mut *transaction)
        .await?;
        // Codes of an earlier password must not open the account any more: they may be why it was changed.
        sqlx::query("DELETE FROM recovery_codes WHERE account = $1")
            .bind(password.account.as_str())
            .execute(&mut *transaction)
            .await?;
        for code in codes {
            sqlx::query("INSERT INTO recovery_codes (account, hash) VALUES ($1, $2)")
                .bind(password.account.as_str())
                .bind(rows::hex(code))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    pub async fn password_of(&self, account: &AccountId) -> Stored<Option<PasswordRecord>> {
        let row = sqlx::query(
            "SELECT account, hash, totp, totp_step, changed_at FROM passwords WHERE account = $1",
        )
        .bind(account.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(rows::password).transpose()
    }

    /// Accounts that sign in with a password.
    pub async fn password_holders(&self) -> Stored<HashSet<AccountId>> {
        let rows = sqlx::query("SELECT account FROM passwords").fetch_all(&self.pool).await?;
        rows.iter().map(rows::holder).collect()
    }

    pub async fn remove_password(&self, account: &AccountId) -> Stored<()> {
        let mut transaction = self.pool.begin().await?;
        for text in
            ["DELETE FROM passwords WHERE account = $1", "DELETE FROM recovery_codes WHERE account = $1"]
        {
            sqlx::query(text).bind(account.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Uses up the code of a period: of two requests with it, one signs in.
    pub async fn use_totp(&self, account: &AccountId, step: u64) -> Stored<bool> {
        // `<`, not `<>`: once a code was used, neither it nor an earlier one is accepted again (RFC 6238,
        // 5.2).
        let done = sqlx::query("UPDATE passwords SET totp_step = $1 WHERE account = $2 AND totp_step < $1")
            .bind(rows::stored(step))
            .bind(account.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses up a recovery code.
    pub async fn use_recovery_code(&self, account: &AccountId, code: &TokenHash) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM recovery_codes WHERE account = $1 AND hash = $2")
            .bind(account.as_str())
            .bind(rows::hex(code))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Recovery codes not yet used.
    pub async fn recovery_codes_left(&self, account: &AccountId) -> Stored<usize> {
        use sqlx::Row as _;
        let row = sqlx::query("SELECT COUNT(*) AS kept FROM recovery_codes WHERE account = $1")
            .bind(account.as_str())
            .fetch_one(&self.pool)
            .await?;
        Ok(usize::try_from(row.try_get::<i64, _>("kept")?).unwrap_or(0))
    }

    /// Consecutive wrong answers from this device; `None` when the account does not know it. All unknown
    /// devices share the empty name.
    pub async fn attempts(&self, account: &AccountId, device: &str) -> Stored<Option<Attempts>> {
        let row = sqlx::query("SELECT failures, failed_at FROM attempts WHERE account = $1 AND device = $2")
            .bind(account.as_str())
            .bind(device)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::attempts).transpose()
    }

    /// Counts an attempt before its answer is checked: parallel attempts are all counted.
    pub async fn count_attempt(&self, account: &AccountId, device: &str, at: Timestamp) -> Stored<()> {
        sqlx::query(
            "INSERT INTO attempts (account, device, failures, failed_at) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (account, device) DO UPDATE SET failures = attempts.failures + 1, \
             failed_at = excluded.failed_at",
        )
        .bind(account.as_str())
        .bind(device)
        .bind(at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Counts an attempt if the count is still what its caller has seen; false when another attempt came
    /// between. A limit that is looked at before it is counted holds only with this.
    pub async fn count_attempt_after(
        &self,
        account: &AccountId,
        device: &str,
        seen: Option<Attempts>,
        at: Timestamp,
    ) -> Stored<bool> {
        let query = match seen {
            None => sqlx::query(
                "INSERT INTO attempts (account, device, failures, failed_at) VALUES ($1, $2, 1, $3) \
                 ON CONFLICT (account, device) DO NOTHING",
            ),
            Some(_) => sqlx::query(
                "UPDATE attempts SET failures = failures + 1, failed_at = $3 \
                 WHERE account = $1 AND device = $2 AND failures = $4 AND failed_at = $5",
            ),
        };
        let query = query.bind(account.as_str()).bind(device).bind(at.micros());
        let query = match seen {
            None => query,
            Some(seen) => query.bind(i64::from(seen.failures)).bind(seen.failed_at.micros()),
        };
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// The right answer: clears the attempts of this device, which the account now knows.
    pub async fn forget_attempts(&self, account: &AccountId, device: &str) -> Stored<()> {
        sqlx::query(
            "INSERT INTO attempts (account, device, failures, failed_at) VALUES ($1, $2, 0, 0) \
             ON CONFLICT (account, device) DO UPDATE SET failures = 0",
        )
        .bind(account.as_str())
        .bind(device)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
