//! One-time codes that persons receive by letter; only their hashes are stored.

use digue_types::{AccountId, Timestamp};

use crate::error::Stored;
use crate::person::{self, KnownPerson};
use crate::store::Store;

/// A one-time code sent by letter; only its hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonCode {
    pub hash: String,
    pub whose: KnownPerson,
    pub made_at: Timestamp,
    pub made_by: AccountId,
    pub expires_at: Timestamp,
}

impl Store {
    pub async fn add_person_codes(&self, codes: &[PersonCode]) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        for code in codes {
            sqlx::query(
                "INSERT INTO person_codes (hash, population, person, made_at, made_by, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(code.hash.as_str())
            .bind(code.whose.population.as_str())
            .bind(code.whose.person.as_str())
            .bind(code.made_at.micros())
            .bind(code.made_by.as_str())
            .bind(code.expires_at.micros())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Uses up a code; `None` when it is unknown, used or expired.
    pub async fn take_person_code(
        &self,
        hash: &str,
        now: Timestamp,
    ) -> Stored<Option<KnownPerson>> {
        let row = sqlx::query(
            // Marked as used and kept until it expires, by one statement: of two browsers with one
            // letter, one signs in.
            "UPDATE person_codes SET used_at = $1 WHERE hash = $2 AND used_at IS NULL AND expires_at > $1 \
             RETURNING population, person",
        )
        .bind(now.micros())
        .bind(hash)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(person::read).transpose()
    }

    /// Deletes expired codes.
    pub async fn forget_person_codes(&self, now: Timestamp) -> Stored<u64> {
        let done = sqlx::query("DELETE FROM person_codes WHERE expires_at <= $1")
            .bind(now.micros())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}
