//! Passwords with their second factor and recovery codes, for accounts without a passkey.
//!
//! Hashes and sealed secrets only; the key of both is kept elsewhere.

use std::collections::HashSet;

use digue_access::session::TokenHash;
use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{corrupt, hex, name, signed, text, time, whole};
use crate::error::Stored;
use crate::store::Store;

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

impl Store {
    /// Sets password, second factor and recovery codes in one transaction.
    pub async fn save_password(
        &self,
        password: &PasswordRecord,
        codes: &[TokenHash],
    ) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        sqlx::query(
            "INSERT INTO passwords (account, hash, totp, totp_step, changed_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, totp = excluded.totp, \
             totp_step = excluded.totp_step, changed_at = excluded.changed_at",
        )
        .bind(password.account.as_str())
        .bind(password.hash.as_str())
        .bind(password.totp.as_str())
        .bind(signed(password.totp_step)?)
        .bind(password.changed_at.micros())
        .execute(&mut *transaction)
        .await?;
        // Codes of an earlier password must not open the account any more: they may be why it was
        // changed.
        sqlx::query("DELETE FROM recovery_codes WHERE account = $1")
            .bind(password.account.as_str())
            .execute(&mut *transaction)
            .await?;
        for code in codes {
            sqlx::query("INSERT INTO recovery_codes (account, hash) VALUES ($1, $2)")
                .bind(password.account.as_str())
                .bind(hex(code))
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
        row.as_ref().map(read).transpose()
    }

    /// Accounts that sign in with a password.
    pub async fn password_holders(&self) -> Stored<HashSet<AccountId>> {
        let rows = sqlx::query("SELECT account FROM passwords")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(holder).collect()
    }

    pub async fn remove_password(&self, account: &AccountId) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        for text in [
            // In this order: the codes refer to the password.
            "DELETE FROM recovery_codes WHERE account = $1",
            "DELETE FROM passwords WHERE account = $1",
        ] {
            sqlx::query(text)
                .bind(account.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Uses up the code of a period: of two requests with it, one signs in.
    pub async fn use_totp(&self, account: &AccountId, step: u64) -> Stored<bool> {
        // `<`, not `<>`: once a code was used, neither it nor an earlier one is accepted again (RFC
        // 6238, 5.2).
        let done = sqlx::query(
            "UPDATE passwords SET totp_step = $1 WHERE account = $2 AND totp_step < $1",
        )
        .bind(signed(step)?)
        .bind(account.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses up a recovery code.
    pub async fn use_recovery_code(&self, account: &AccountId, code: &TokenHash) -> Stored<bool> {
        let done = sqlx::query("DELETE FROM recovery_codes WHERE account = $1 AND hash = $2")
            .bind(account.as_str())
            .bind(hex(code))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Recovery codes not yet used.
    pub async fn recovery_codes_left(&self, account: &AccountId) -> Stored<usize> {
        let row = sqlx::query("SELECT COUNT(*) AS kept FROM recovery_codes WHERE account = $1")
            .bind(account.as_str())
            .fetch_one(&self.pool)
            .await?;
        usize::try_from(whole(&row, "kept")?).map_err(|_| corrupt("kept"))
    }
}

fn read(row: &AnyRow) -> Stored<PasswordRecord> {
    Ok(PasswordRecord {
        account: name(row, "account", AccountId::parse)?,
        hash: text(row, "hash")?,
        totp: text(row, "totp")?,
        totp_step: whole(row, "totp_step")?,
        changed_at: time(row, "changed_at")?,
    })
}

fn holder(row: &AnyRow) -> Stored<AccountId> {
    name(row, "account", AccountId::parse)
}
