//! The clauses of ISO/IEC 27001, with what only the running system knows beside the registers.

use digue_access::Role;
use digue_app::{Actor, App, OperationError};
use digue_evidence::stored_files::FileState;
use digue_governance::clauses::{ClauseFacts, ClauseLine, clauses};
use digue_governance::owner_approval::{ApprovedRisk, approvals};
use digue_governance::programme::{ProgrammeView, programme};
use digue_isms::kinds::RegisterKind;

use super::compared::compared;
use super::{checks, must_read, now, statement};

/// Every clause with its records and what is missing.
pub async fn table(app: &App, actor: &Actor) -> Result<Vec<ClauseLine>, OperationError> {
    must_read(actor)?;
    let registers = compared(app).await?.registers;
    let measured = checks::measured(app).await?;
    let rules = app.gateway().rules();
    let leads = rules
        .directory
        .iter()
        .filter(|(_, record)| record.role == Role::Management && !record.is_suspended);
    let versions = statement::compared_versions(app).await?;
    let intact = versions.iter().filter(|one| one.state == FileState::Intact);
    let facts = ClauseFacts {
        management_accounts: leads.count(),
        frozen_statements: intact.count(),
    };
    Ok(clauses(&registers, &measured, now(app), facts))
}

/// A programme of audits with what it covers.
///
/// # Errors
/// `NotFound` for an identifier that is none.
pub async fn audit_programme(
    app: &App,
    actor: &Actor,
    id: &str,
) -> Result<ProgrammeView, OperationError> {
    must_read(actor)?;
    let registers = compared(app).await?.registers;
    let known = registers.find(RegisterKind::AuditProgramme, id);
    known.ok_or(OperationError::NotFound("record"))?;
    Ok(programme(&registers, id))
}

/// Every risk with the approval of its owner (6.1.3 f).
pub async fn owner_approvals(
    app: &App,
    actor: &Actor,
) -> Result<Vec<ApprovedRisk>, OperationError> {
    must_read(actor)?;
    let registers = compared(app).await?.registers;
    Ok(approvals(&registers, now(app)))
}
