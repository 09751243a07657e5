//! What is done with one record beside saving it: its signature is given or asked for, and what Digue
//! knows is filled in.

use axum::Form;
use axum::extract::{Path, State};
use digue_app::{Actor, OperationError};
use digue_casework::incidents;
use digue_compliance::isms::{self, audits, objectives};
use digue_isms::kinds::RegisterKind;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageError, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::visitor::Visitor;
use jiff::civil::Date;
use serde::Deserialize;

use crate::home::{IsmsOverview, all_wrong, isms_overview};
use crate::registers::kind_of;
use crate::review_inputs::{ReviewCounts, inputs};

#[derive(Deserialize)]
pub struct SignForm {
    #[serde(default)]
    revision: u32,
}

/// Signs a record that names the visitor.
pub async fn sign(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((code, id)): Path<(String, String)>,
    Form(form): Form<SignForm>,
) -> PageResponse {
    let kind = kind_of(&code)?;
    isms::signatures::sign(&console.app, &actor, kind, &id, form.revision).await?;
    let place = format!("/smsi/registers/{}/{id}", kind.code());
    Ok(done(&place, DoneAct::RecordSigned, id))
}

#[derive(Deserialize)]
pub struct SigningForm {
    #[serde(default)]
    due: String,
    #[serde(default)]
    message: String,
}

/// Asks the account that a record names to sign it.
pub async fn ask(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((code, id)): Path<(String, String)>,
    Form(form): Form<SigningForm>,
) -> PageResponse {
    let kind = kind_of(&code)?;
    digue_app::require(isms::may_write(actor.role, kind))?;
    let due = form.due.trim().parse::<Date>();
    let due = due.map_err(|_| OperationError::Invalid("invalid-signing-day"))?;
    isms::signatures::ask(&console.app, &actor, (kind, &id), due, &form.message).await?;
    let place = format!("/smsi/registers/{}/{id}", kind.code());
    Ok(done(&place, DoneAct::SignatureAsked, id))
}

/// Counted for those who prepare a review: the management reads their number, and no incident.
async fn incidents_of_year(
    console: &Console,
    overview: &IsmsOverview,
) -> Result<usize, OperationError> {
    let views = incidents::list(&console.app, &Actor::digue()).await?;
    let year = std::time::Duration::from_hours(24 * 365);
    let since = overview.now.at.minus(year);
    let opened = views.iter().filter(|view| view.record.opened_at > since);
    Ok(opened.count())
}

/// Fills in what Digue can: the sample of an audit, the inputs of a review.
pub async fn fill(
    State(console): State<Console>,
    visitor: Visitor,
    Path((code, id)): Path<(String, String)>,
) -> PageResponse {
    let kind = kind_of(&code)?;
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    digue_app::require(isms::may_write(actor.role, kind))?;
    let known = overview
        .registers
        .find(kind, &id)
        .ok_or(OperationError::NotFound("record"))?;
    let mut values = known.values.clone();
    if kind == RegisterKind::Audit {
        audits::draw(&console.app, &actor, &id).await?;
        let place = format!("/smsi/registers/audit/{id}");
        return Ok(done(&place, DoneAct::RecordSaved, id));
    }
    if kind != RegisterKind::Review {
        return Err(PageError::from(OperationError::NotFound("record")));
    }
    let counts = ReviewCounts {
        contradictions: all_wrong(&console, &actor, &overview).await?.len(),
        incidents: incidents_of_year(&console, &overview).await?,
        assessments: overview.registers.of(RegisterKind::Assessment).len(),
    };
    let w = console.words(&visitor);
    let objectives = objectives::objectives(&console.app, &actor).await?;
    for (field, text) in inputs(&w, &overview, &id, &objectives, &counts) {
        // What a person wrote stays; what changed since the last review is counted anew.
        if field == "since-last" || !values.contains_key(field) {
            values.insert(field.to_owned(), vec![text]);
        }
    }
    let saved = isms::save(&console.app, &actor, kind, Some(&id), &values).await;
    saved.map_err(OperationError::from)?;
    let place = format!("/smsi/registers/{}/{id}", kind.code());
    Ok(done(&place, DoneAct::RecordSaved, id))
}
