//! Partner organisations.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect, Response};
use digue_administration::accounts;
use digue_administration::organisations::{self, OrganisationView, OverseenOrganisation};
use digue_app::OperationError;
use digue_evidence::stored_records::StoredKind;
use digue_types::{Gate, OrganisationId};
use serde::Deserialize;

use crate::differences::words_beside;
use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "organisations.html")]
struct OrganisationsPage {
    w: Localizer,
    rows: Vec<OverseenOrganisation>,
    without_leader: usize,
    can_act: bool,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Html<String>, PageError> {
    let rows = organisations::list(&console.app, &actor).await?;
    Ok(page(&OrganisationsPage {
        w: Localizer::new(&visitor),
        without_leader: rows.iter().filter(|one| one.leaders == 0).count(),
        rows,
        can_act: actor.role.can_act(),
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let rows = organisations::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    let header = ["organisation", "name", "accounts", "leaders", "sessions", "persons", "gate"]
        .map(|key| w.coded("column", key));
    let rows = rows.into_iter().map(|one| {
        vec![
            one.record.id.to_string(),
            one.record.name,
            one.accounts.to_string(),
            one.leaders.to_string(),
            one.sessions.to_string(),
            one.persons_day.to_string(),
            one.gate.code().to_owned(),
        ]
    });
    Ok(csv(visitor.language, "organisations", &header, rows))
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct OrganisationPage {
    w: Localizer,
    view: OrganisationView,
    accounts: Vec<accounts::OverseenAccount>,
    watches: bool,
    can_act: bool,
    positions: Vec<Gate>,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    let id = named(&id)?;
    let view = organisations::view(&console.app, &actor, &id).await?;
    let mut theirs = accounts::list(&console.app, &actor).await?;
    theirs.retain(|known| known.record.organisation == id);
    Ok(page(&OrganisationPage {
        w: words_beside(&console, &visitor, &[StoredKind::Account, StoredKind::Gate], None).await?,
        view,
        accounts: theirs,
        watches: actor.role.can_watch(),
        can_act: actor.role.can_act(),
        positions: Gate::ALL.to_vec(),
    }))
}

fn named(text: &str) -> Result<OrganisationId, OperationError> {
    OrganisationId::parse(text.trim()).map_err(|_| OperationError::NotFound("organisation"))
}

#[derive(Deserialize)]
pub(crate) struct OrganisationForm {
    organisation: String,
    name: String,
    #[serde(default)]
    email: String,
}

/// Adds an organisation, or changes its name and address.
pub(crate) async fn save(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<OrganisationForm>,
) -> Result<Redirect, PageError> {
    let id = OrganisationId::parse(form.organisation.trim())
        .map_err(|_| OperationError::Invalid("invalid-account-name"));
    let id = id?;
    let saved = organisations::save(&console.app, &actor, &id, &form.name, &form.email).await;
    saved?;
    Ok(Redirect::to(&format!("/organisations/{id}")))
}
