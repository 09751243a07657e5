//! Mail waiting to be sent. Its text is made when it leaves: no link is stored here.

use digue_types::{AccountId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, number, present, text, text_or_empty, time};
use crate::error::Stored;
use crate::store::Store;

/// One mail to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRecord {
    pub id: String,
    pub recipient: String,
    pub kind: String,
    /// The account concerned.
    pub account: AccountId,
    pub detail: String,
    pub tries: u32,
    pub next_at: Timestamp,
    /// From then on it would be useless.
    pub expires_at: Timestamp,
}

impl Store {
    pub async fn add_mail(&self, mail: &MailRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO mails (id, recipient, kind, account, detail, tries, next_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(mail.id.as_str())
        .bind(mail.recipient.as_str())
        .bind(mail.kind.as_str())
        .bind(mail.account.as_str())
        .bind(present(mail.detail.as_str()))
        .bind(i64::from(mail.tries))
        .bind(mail.next_at.micros())
        .bind(mail.expires_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Every waiting mail, the next one first.
    pub async fn mails(&self) -> Stored<Vec<MailRecord>> {
        let rows = sqlx::query(
            "SELECT id, recipient, kind, account, detail, tries, next_at, expires_at FROM mails \
             ORDER BY next_at, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Not sent: try again at `next_at`.
    pub async fn delay_mail(&self, id: &str, next_at: Timestamp) -> Stored<()> {
        sqlx::query("UPDATE mails SET tries = tries + 1, next_at = $1 WHERE id = $2")
            .bind(next_at.micros())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn remove_mail(&self, id: &str) -> Stored<()> {
        sqlx::query("DELETE FROM mails WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<MailRecord> {
    Ok(MailRecord {
        id: text(row, "id")?,
        recipient: text(row, "recipient")?,
        kind: text(row, "kind")?,
        account: name(row, "account", AccountId::parse)?,
        detail: text_or_empty(row, "detail")?,
        tries: number(row, "tries")?,
        next_at: time(row, "next_at")?,
        expires_at: time(row, "expires_at")?,
    })
}
