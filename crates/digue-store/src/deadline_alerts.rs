//! Which alerts about a legal deadline were sent.

use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// Notes that an alert was queued.
    pub async fn note_deadline_alert(&self, incident: &str, duty: &str, percent: u8) -> Stored<()> {
        sqlx::query(
            "INSERT INTO deadline_alerts (incident, duty, percent) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(incident)
        .bind(duty)
        .bind(i64::from(percent))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// True once this step of a duty's time was told.
    pub async fn has_deadline_alert(
        &self,
        incident: &str,
        duty: &str,
        percent: u8,
    ) -> Stored<bool> {
        let told = sqlx::query(
            "SELECT percent FROM deadline_alerts WHERE incident = $1 AND duty = $2 AND percent = $3",
        )
        .bind(incident)
        .bind(duty)
        .bind(i64::from(percent))
        .fetch_optional(&self.pool)
        .await?;
        Ok(told.is_some())
    }
}
