//! Maps and policies: the approved ones, and those that wait for approval, each as one text.

use sqlx::any::AnyRow;

use crate::columns::text;
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// The approved rules, by subject.
    pub async fn granted_rules(&self) -> Stored<Vec<(String, String)>> {
        let rows =
            sqlx::query("SELECT subject, text FROM rules WHERE state = 'granted' ORDER BY subject")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }

    pub async fn set_granted_rules(&self, subject: &str, rules: &str) -> Stored<()> {
        self.set_rules(subject, "granted", rules).await
    }

    /// The rules of a subject that wait for approval.
    pub async fn wanted_rules(&self, subject: &str) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT text FROM rules WHERE state = 'wanted' AND subject = $1")
            .bind(subject)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| text(&row, "text")).transpose()
    }

    pub async fn set_wanted_rules(&self, subject: &str, rules: &str) -> Stored<()> {
        self.set_rules(subject, "wanted", rules).await
    }

    async fn set_rules(&self, subject: &str, state: &str, rules: &str) -> Stored<()> {
        sqlx::query(
            "INSERT INTO rules (subject, state, text) VALUES ($1, $2, $3) \
             ON CONFLICT (subject, state) DO UPDATE SET text = excluded.text",
        )
        .bind(subject)
        .bind(state)
        .bind(rules)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<(String, String)> {
    Ok((text(row, "subject")?, text(row, "text")?))
}
