//! Which alerts about a legal deadline were sent.

use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// Notes that an alert is sent; false when it was sent before.
    pub async fn note_deadline_alert(
        &self,
        incident: &str,
        duty: &str,
        percent: u8,
    ) -> Stored<bool> {
        let noted = sqlx::query(
            "INSERT INTO deadline_alerts (incident, duty, percent) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(incident)
        .bind(duty)
        .bind(i64::from(percent))
        .execute(&self.pool)
        .await?;
        Ok(noted.rows_affected() > 0)
    }
}
