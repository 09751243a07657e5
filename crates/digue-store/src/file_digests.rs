//! The digests that a file of the data folder may have, so that a planted or changed one is not
//! used.

use crate::columns::text;
use crate::error::Stored;
use crate::store::Store;

const ADD: &str = "INSERT INTO file_digests (file, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING";

impl Store {
    /// Two while the file is being replaced; none for a file that was never stored.
    pub async fn file_digests(&self, file: &str) -> Stored<Vec<String>> {
        let rows = sqlx::query("SELECT digest FROM file_digests WHERE file = $1 ORDER BY digest")
            .bind(file)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| text(row, "digest")).collect()
    }

    /// Allows a further digest. SHA-256, hexadecimal.
    pub async fn add_file_digest(&self, file: &str, digest: &str) -> Stored<()> {
        sqlx::query(ADD)
            .bind(file)
            .bind(digest)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Allows this digest only.
    pub async fn set_file_digest(&self, file: &str, digest: &str) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        sqlx::query("DELETE FROM file_digests WHERE file = $1")
            .bind(file)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(ADD)
            .bind(file)
            .bind(digest)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
