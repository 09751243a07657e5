//! Acts on an incident beyond its log: attached files, verification of what is stored, and the
//! steps of a reopening, which a second person approves.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::response::Redirect;
use digue_access::Reach;
use digue_administration::approvals::ReopeningStep;
use digue_administration::reopening;
use digue_app::OperationError;
use digue_casework::{breach, incidents};
use digue_types::{Gate, Subject};
use serde::Deserialize;

use crate::error::{PageAnswer, PageRedirect, PageResponse};
use crate::form::uploaded;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, Media, kept, page};
use crate::visitor::Visitor;

/// Attaches the authority's receipt, or another document, to the incident.
pub(crate) async fn keep_file(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    form: Multipart,
) -> PageRedirect {
    let (name, bytes) = uploaded(form).await?;
    incidents::keep_file(&console.app, &actor, &id, &name, &bytes).await?;
    Ok(Redirect::to(&format!("/incidents/{id}/notification")))
}

/// An attached file, unchanged.
pub(crate) async fn file(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((id, hash)): Path<(String, String)>,
) -> PageResponse {
    let (name, bytes) = incidents::file(&console.app, &actor, &id, &hash).await?;
    Ok(kept(&name, Media("application/octet-stream"), bytes))
}

#[derive(Template)]
#[template(path = "incident_checked.html")]
struct CheckedPage {
    w: Localizer,
    id: String,
    /// The numbers of entries that differ from the journal.
    changed: Vec<u32>,
    entries: usize,
    /// Versions of the affected set with a list, and whether recomputing gives the same hash.
    versions: Vec<(u32, bool)>,
}

/// Compares the log with the journal, and recomputes every version of the affected set.
pub(crate) async fn check(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> PageAnswer {
    let (app, actor) = (&console.app, visitor.actor(&console.app)?);
    let view = incidents::view(app, &actor, &id).await?;
    let changed = incidents::check(app, &actor, &id).await?;
    let mut versions = Vec::new();
    for version in view
        .incident
        .affected
        .iter()
        .filter(|version| version.has_list())
    {
        let same = breach::recompute(app, &actor, &id, version.number).await?;
        versions.push((version.number, same));
    }
    let w = console.words(&visitor);
    Ok(page(&CheckedPage {
        changed,
        entries: view.entries.len(),
        versions,
        id,
        w,
    }))
}

#[derive(Deserialize)]
pub(crate) struct ReopeningForm {
    /// `account:a1`, `organisation:of-1`.
    who: String,
    gate: String,
    percent: u8,
    reason: String,
}

/// Requests the approval of a step of the reopening.
pub(crate) async fn reopen(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Form(form): Form<ReopeningForm>,
) -> PageRedirect {
    reopening::ask(&console.app, &actor, step_of(&form, id)?, &form.reason).await?;
    Ok(Redirect::to("/approvals"))
}

fn step_of(form: &ReopeningForm, incident: String) -> Result<ReopeningStep, OperationError> {
    let reach = Reach::of(&Subject::parse(form.who.trim()).canonical());
    let reach = reach.ok_or(OperationError::Invalid("invalid-gate-name"))?;
    let gate = Gate::parse(&form.gate).ok_or(OperationError::Invalid("invalid-gate"))?;
    Ok(ReopeningStep {
        reach,
        gate,
        percent: form.percent,
        incident,
    })
}
