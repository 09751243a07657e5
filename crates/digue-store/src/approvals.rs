//! Approval requests: what one person requests and another has to grant.

use std::time::Duration;

use digue_types::{AccountId, OrganisationId, Subject, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{corrupt, name, present, text, text_or_empty, time};
use crate::error::Stored;
use crate::store::Store;

/// One approval request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRecord {
    pub id: String,
    /// What is requested and about what: `open-gate`, `account:of-12.agent3`.
    pub kind: String,
    pub subject: Subject,
    pub detail: String,
    /// The organisation concerned.
    pub organisation: OrganisationId,
    pub reason: String,
    pub asked_by: AccountId,
    pub asked_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided: Option<ApprovalDecision>,
}

/// Who decided, when, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalDecision {
    pub by: AccountId,
    pub at: Timestamp,
    pub is_granted: bool,
}

// The column `granted`; NULL while nobody decides.
const REFUSED: i64 = 0;
const GRANTED: i64 = 1;
/// A decision is in progress.
const CLAIMED: i64 = 2;

/// Longer than it takes to apply and journal any decision.
const CLAIM_LASTS: Duration = Duration::from_mins(1);

impl Store {
    pub async fn add_approval(&self, approval: &ApprovalRecord) -> Stored<()> {
        sqlx::query(
            "INSERT INTO approvals (id, kind, subject, detail, organisation, reason, asked_by, asked_at, \
             expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(approval.id.as_str())
        .bind(approval.kind.as_str())
        .bind(approval.subject.to_string())
        .bind(present(approval.detail.as_str()))
        .bind(approval.organisation.as_str())
        .bind(present(approval.reason.as_str()))
        .bind(approval.asked_by.as_str())
        .bind(approval.asked_at.micros())
        .bind(approval.expires_at.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All approvals, the newest first.
    pub async fn approvals(&self) -> Stored<Vec<ApprovalRecord>> {
        let rows = sqlx::query(
            "SELECT id, kind, subject, detail, organisation, reason, asked_by, asked_at, expires_at, \
             decided_by, decided_at, granted FROM approvals ORDER BY asked_at DESC, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Claims a decision: of two at the same time, one succeeds. It becomes a decision with
    /// `settle_approval`; a claim whose process has died expires after a minute.
    pub async fn claim_approval(&self, id: &str, decided: &ApprovalDecision) -> Stored<bool> {
        // Claim, journal, settle. In one step after the journal, ten concurrent decisions were one
        // act with seven entries: the journal said granted before the store could refuse.
        let done = sqlx::query(
            "UPDATE approvals SET decided_by = $1, decided_at = $2, granted = $3 \
             WHERE id = $4 AND expires_at > $5 \
             AND (granted IS NULL OR (granted = $6 AND decided_at < $7))",
        )
        .bind(decided.by.as_str())
        .bind(decided.at.micros())
        .bind(CLAIMED)
        .bind(id)
        .bind(decided.at.micros())
        .bind(CLAIMED)
        .bind(decided.at.minus(CLAIM_LASTS).micros())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Turns a claim into the decision; false when the claim has passed to another process.
    pub async fn settle_approval(&self, id: &str, decided: &ApprovalDecision) -> Stored<bool> {
        // With `decided_by`: after a minute another person may have taken the claim over.
        let done = sqlx::query(
            "UPDATE approvals SET granted = $1 WHERE id = $2 AND granted = $3 AND decided_by = $4",
        )
        .bind(i64::from(decided.is_granted))
        .bind(id)
        .bind(CLAIMED)
        .bind(decided.by.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Releases a claim: the request is pending again.
    pub async fn release_approval(&self, id: &str, by: &AccountId) -> Stored<()> {
        sqlx::query(
            "UPDATE approvals SET decided_by = NULL, decided_at = NULL, granted = NULL \
             WHERE id = $1 AND granted = $2 AND decided_by = $3",
        )
        .bind(id)
        .bind(CLAIMED)
        .bind(by.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<ApprovalRecord> {
    let decided = match row.try_get::<Option<i64>, _>("granted")? {
        // A claim is not a decision yet, see `Store::claim_approval`.
        None | Some(CLAIMED) => None,
        Some(REFUSED) => Some(decision(row, false)?),
        Some(GRANTED) => Some(decision(row, true)?),
        // Never taken for a grant: a release that wrote it knows more than this one.
        Some(_) => return Err(corrupt("granted")),
    };
    Ok(ApprovalRecord {
        id: text(row, "id")?,
        kind: text(row, "kind")?,
        // Requests of version 0.1.0 may name an account in another spelling.
        subject: Subject::parse(&text(row, "subject")?).canonical(),
        detail: text_or_empty(row, "detail")?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        reason: text_or_empty(row, "reason")?,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        asked_at: time(row, "asked_at")?,
        expires_at: time(row, "expires_at")?,
        decided,
    })
}

fn decision(row: &AnyRow, is_granted: bool) -> Stored<ApprovalDecision> {
    let by = name(row, "decided_by", AccountId::parse)?;
    Ok(ApprovalDecision {
        by,
        at: time(row, "decided_at")?,
        is_granted,
    })
}
