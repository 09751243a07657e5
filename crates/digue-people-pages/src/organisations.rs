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

use digue_pages::differences::words_beside;
use digue_pages::error::PageError;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "organisations.html")]
struct OrganisationsPage {
    w: Localizer,
    list: ShownTable,
    total: usize,
    without_leader: usize,
    can_act: bool,
}

fn table(w: &Localizer, known: &[OverseenOrganisation]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("organisations-title"),
        place: "/organisations".to_owned(),
        file: "/organisations.csv".to_owned(),
        empty: w.say("organisations-none"),
        columns: vec![
            ListColumn::text("organisation", name("organisation")),
            ListColumn::text("name", name("name")),
            ListColumn::number("accounts", name("accounts")),
            ListColumn::number("leaders", name("leaders")),
            ListColumn::number("sessions", name("sessions")),
            ListColumn::number("persons", name("persons-day")),
            ListColumn::choice("gate", name("gate")),
        ],
        rows: known.iter().map(|one| row(w, one)).collect(),
        act: None,
    }
}

fn row(w: &Localizer, one: &OverseenOrganisation) -> ListRow {
    let suspended = match one.suspended {
        0 => String::new(),
        suspended => w.counted("organisation-suspended", suspended),
    };
    let tone = match one.gate {
        Gate::Open => ChipTone::Good,
        Gate::Closed => ChipTone::Bad,
        Gate::StepUp | Gate::CaseloadOnly => ChipTone::Watch,
    };
    let cells = [
        ListCell::link(format!("/organisations/{}", one.record.id), &one.record.id),
        ListCell::text(&one.record.name),
        ListCell::number(w, one.accounts).and_quiet(suspended),
        ListCell::number(w, one.leaders),
        ListCell::number(w, one.sessions),
        ListCell::number(w, one.persons_day),
        ListCell::chip(w.coded("gate", one.gate.code()), tone).filed_as(one.gate.code()),
    ];
    ListRow::new(&one.record.id, cells)
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> Result<Html<String>, PageError> {
    let known = organisations::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    Ok(page(&OrganisationsPage {
        without_leader: known.iter().filter(|one| one.leaders == 0).count(),
        total: known.len(),
        list: table(&w, &known).shown(&w, &query),
        can_act: actor.role.can_act(),
        w,
    }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> Result<Response, PageError> {
    let known = organisations::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    Ok(table(&w, &known).csv(&query, visitor.language, "organisations"))
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

pub async fn show(
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
        w: words_beside(
            &console,
            &visitor,
            &[StoredKind::Account, StoredKind::Gate],
            None,
        )
        .await?,
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
pub struct OrganisationForm {
    organisation: String,
    name: String,
    #[serde(default)]
    email: String,
}

/// Adds an organisation, or changes its name and address.
pub async fn save(
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
