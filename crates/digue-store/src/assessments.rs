//! The self-assessment of each partner organisation, until it is signed: the draft of its answers,
//! when it was first seen and when it was last reminded.

use std::collections::HashMap;

use digue_types::{OrganisationId, Timestamp};
use sqlx::any::AnyRow;

use crate::columns::{name, optional_text, optional_time, time};
use crate::error::Stored;
use crate::store::Store;

impl Store {
    /// The draft of an organisation's answers, as JSON.
    pub async fn assessment_draft(&self, organisation: &OrganisationId) -> Stored<Option<String>> {
        let row = sqlx::query("SELECT draft FROM assessments WHERE organisation = $1")
            .bind(organisation.as_str())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row
            .map(|row| optional_text(&row, "draft"))
            .transpose()?
            .flatten())
    }

    /// `None` removes it.
    pub async fn set_assessment_draft(
        &self,
        organisation: &OrganisationId,
        draft: Option<&str>,
    ) -> Stored<()> {
        sqlx::query(
            "INSERT INTO assessments (organisation, draft) VALUES ($1, $2) \
             ON CONFLICT (organisation) DO UPDATE SET draft = excluded.draft",
        )
        .bind(organisation.as_str())
        .bind(draft)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// When a partner was first seen.
    pub async fn partner_known(&self, organisation: &OrganisationId) -> Stored<Option<Timestamp>> {
        let row = sqlx::query("SELECT known_at FROM assessments WHERE organisation = $1")
            .bind(organisation.as_str())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row
            .map(|row| optional_time(&row, "known_at"))
            .transpose()?
            .flatten())
    }

    /// When each partner was first seen.
    pub async fn partners_known(&self) -> Stored<HashMap<OrganisationId, Timestamp>> {
        self.partner_times(
            "SELECT organisation, known_at AS at FROM assessments WHERE known_at IS NOT NULL",
        )
        .await
    }

    /// Stores when these partners were first seen, all or none. One that is known already stays as
    /// it is.
    pub async fn add_partners_known(&self, partners: &[(OrganisationId, Timestamp)]) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        for (organisation, at) in partners {
            sqlx::query(
                "INSERT INTO assessments (organisation, known_at) VALUES ($1, $2) \
                 ON CONFLICT (organisation) DO UPDATE SET \
                 known_at = COALESCE(assessments.known_at, excluded.known_at)",
            )
            .bind(organisation.as_str())
            .bind(at.micros())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// When each partner was last reminded.
    pub async fn partners_reminded(&self) -> Stored<HashMap<OrganisationId, Timestamp>> {
        self.partner_times(
            "SELECT organisation, reminded_at AS at FROM assessments WHERE reminded_at IS NOT NULL",
        )
        .await
    }

    pub async fn set_partner_reminded(
        &self,
        organisation: &OrganisationId,
        at: Timestamp,
    ) -> Stored<()> {
        sqlx::query(
            "INSERT INTO assessments (organisation, reminded_at) VALUES ($1, $2) \
             ON CONFLICT (organisation) DO UPDATE SET reminded_at = excluded.reminded_at",
        )
        .bind(organisation.as_str())
        .bind(at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn partner_times(&self, sql: &'static str) -> Stored<HashMap<OrganisationId, Timestamp>> {
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(partner_time).collect()
    }
}

fn partner_time(row: &AnyRow) -> Stored<(OrganisationId, Timestamp)> {
    Ok((
        name(row, "organisation", OrganisationId::parse)?,
        time(row, "at")?,
    ))
}
