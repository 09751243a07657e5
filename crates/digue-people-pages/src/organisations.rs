//! Partner organisations.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use digue_administration::accounts::{self, OverseenAccount};
use digue_administration::holders::HolderBook;
use digue_administration::organisations::{self, OrganisationView, OverseenOrganisation};
use digue_app::{Actor, OperationError};
use digue_evidence::stored_records::StoredKind;
use digue_types::{AccountId, Gate, OrganisationId};
use serde::Deserialize;

use crate::accounts::state_cell;
use digue_pages::differences::words_beside;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageAnswer, PageResponse};
use digue_pages::holder::HolderCard;
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

fn table(w: &Localizer, known: &[OverseenOrganisation], book: &HolderBook) -> ListTable {
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
            ListColumn::text("leaders", name("leaders")),
            ListColumn::number("sessions", name("sessions")),
            ListColumn::number("persons", name("persons-day")),
            ListColumn::choice("gate", name("gate")),
        ],
        rows: known.iter().map(|one| row(w, one, book)).collect(),
        act: None,
    }
}

fn row(w: &Localizer, one: &OverseenOrganisation, book: &HolderBook) -> ListRow {
    let suspended = match one.suspended {
        0 => String::new(),
        suspended => w.counted("organisation-suspended", suspended),
    };
    let cells = [
        ListCell::link(format!("/organisations/{}", one.record.id), &one.record.id),
        ListCell::text(&one.record.name),
        ListCell::number(w, one.accounts).and_quiet(suspended),
        leaders(w, one, book),
        ListCell::number(w, one.sessions),
        ListCell::number(w, one.persons_day),
        gate_cell(w, one.gate),
    ];
    ListRow::new(&one.record.id, cells)
}

fn gate_cell(w: &Localizer, gate: Gate) -> ListCell {
    let tone = match gate {
        Gate::Open => ChipTone::Good,
        Gate::Closed => ChipTone::Bad,
        Gate::StepUp | Gate::CaseloadOnly => ChipTone::Watch,
    };
    ListCell::chip(w.coded("gate", gate.code()), tone).filed_as(gate.code())
}

/// The delegate with their telephone, and how many others lead.
fn leaders(w: &Localizer, one: &OverseenOrganisation, book: &HolderBook) -> ListCell {
    let leaders = book.leaders(&one.record.id);
    let Some(first) = leaders.first() else {
        return ListCell::chip(w.say("organisation-nobody-leads"), ChipTone::Bad).filed_as("");
    };
    let more = match leaders.len() - 1 {
        0 => String::new(),
        more => w.counted("organisation-leaders-more", more),
    };
    ListCell::text(first.name())
        .and_telephone(first.telephone())
        .and_quiet(more)
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let known = organisations::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    let book = HolderBook::read(&console.app, &actor).await?;
    Ok(page(&OrganisationsPage {
        without_leader: known.iter().filter(|one| one.leaders == 0).count(),
        total: known.len(),
        list: table(&w, &known, &book).shown(&w, &query),
        can_act: actor.role.can_act(),
        w,
    }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let known = organisations::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    let book = HolderBook::read(&console.app, &actor).await?;
    Ok(table(&w, &known, &book).csv(&query, visitor.language, "organisations"))
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct OrganisationPage {
    w: Localizer,
    view: OrganisationView,
    /// Its accounts.
    list: ShownTable,
    can_act: bool,
    positions: Vec<Gate>,
    /// How many accounts its gate holds, to be confirmed before it changes.
    gate_reach: Option<String>,
    /// Whom to call; `None` without a leader.
    people: Option<HolderCard>,
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    query: TableQuery,
) -> PageAnswer {
    let id = named(&id)?;
    let view = organisations::view(&console.app, &actor, &id).await?;
    let theirs = accounts_of(&console, &actor, &id).await?;
    let kinds = [StoredKind::Account, StoredKind::Holder, StoredKind::Gate];
    let w = words_beside(&console, &visitor, &kinds, None).await?;
    let book = HolderBook::read(&console.app, &actor).await?;
    Ok(page(&OrganisationPage {
        people: HolderCard::of_organisation(&w, &book, &id),
        list: accounts_table(&w, &id, &theirs, (&book, actor.role.can_watch())).shown(&w, &query),
        gate_reach: Some(w.with(
            "gate-reach-organisation",
            [
                ("count", view.known.accounts.into()),
                ("shown", w.number(view.known.accounts).into()),
                ("name", view.known.record.name.as_str().into()),
            ],
        )),
        w,
        view,
        can_act: actor.role.can_act(),
        positions: Gate::ALL.to_vec(),
    }))
}

pub async fn accounts_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    query: TableQuery,
) -> PageResponse {
    let id = named(&id)?;
    organisations::view(&console.app, &actor, &id).await?;
    let theirs = accounts_of(&console, &actor, &id).await?;
    let book = HolderBook::read(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    let table = accounts_table(&w, &id, &theirs, (&book, actor.role.can_watch()));
    Ok(table.csv(&query, visitor.language, "accounts"))
}

async fn accounts_of(
    console: &Console,
    actor: &Actor,
    id: &OrganisationId,
) -> Result<Vec<OverseenAccount>, OperationError> {
    let mut theirs = accounts::list(&console.app, actor).await?;
    theirs.retain(|known| known.record.organisation == *id);
    Ok(theirs)
}

/// The accounts of an organisation; `watches` for readers of the pages about an account.
fn accounts_table(
    w: &Localizer,
    id: &OrganisationId,
    theirs: &[OverseenAccount],
    (book, watches): (&HolderBook, bool),
) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let row = |one: &OverseenAccount| account_row(w, one, book, watches);
    ListTable {
        caption: w.say("accounts-title"),
        place: format!("/organisations/{id}"),
        file: format!("/organisations/{id}/accounts.csv"),
        empty: w.say("organisation-no-accounts"),
        columns: vec![
            ListColumn::text("account", name("account")),
            ListColumn::text("holder", name("holder")),
            ListColumn::choice("role", name("role")),
            ListColumn::choice("state", name("state")),
            ListColumn::number("passkeys", name("passkeys")),
            ListColumn::number("sessions", name("sessions")),
        ],
        rows: theirs.iter().map(row).collect(),
        act: None,
    }
}

fn account_row(w: &Localizer, one: &OverseenAccount, book: &HolderBook, watches: bool) -> ListRow {
    let place = match watches {
        true => format!("/accounts/{}", one.account),
        false => format!("/accounts?q={}", one.account),
    };
    let cells = [
        ListCell::link(place, &one.account),
        holder_cell(w, &one.account, book),
        ListCell::text(w.coded("role", one.record.role.code())),
        state_cell(w, one),
        ListCell::number(w, one.passkeys),
        ListCell::number(w, one.sessions),
    ];
    ListRow::new(&one.account, cells)
}

fn holder_cell(w: &Localizer, account: &AccountId, book: &HolderBook) -> ListCell {
    let holder = book.of(account).filter(|known| known.written.is_some());
    holder.map_or_else(
        || ListCell::empty().and_quiet(w.say("holder-unknown")),
        |known| ListCell::text(known.name()).and_telephone(known.telephone()),
    )
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
) -> PageResponse {
    let id = OrganisationId::parse(form.organisation.trim())
        .map_err(|_| OperationError::Invalid("invalid-account-name"));
    let id = id?;
    let saved = organisations::save(&console.app, &actor, &id, &form.name, &form.email).await;
    saved?;
    Ok(done(
        &format!("/organisations/{id}"),
        DoneAct::OrganisationSaved,
        form.name.trim(),
    ))
}
