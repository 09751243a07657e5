//! Awareness modules and documents to read, for every user.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect};
use digue_access::Role;
use digue_app::OperationError;
use digue_casework::typed_form::TypedForm;
use digue_compliance::isms::awareness::{self, Learner, ReadingTask};
use digue_isms::awareness::{ANSWERS, Module, QUESTIONS};
use jiff::civil::Date;

use digue_pages::error::{PageAnswer, PageError, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, Media, kept, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "awareness.html")]
struct ModulesPage {
    w: Localizer,
    modules: Vec<(&'static str, Option<Date>)>,
    documents: Vec<ReadingTask>,
    /// May see the progress of others.
    oversees: bool,
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let modules = awareness::own(&console.app, &actor).await?;
    let documents = awareness::documents(&console.app, &actor).await?;
    Ok(page(&ModulesPage {
        modules: modules
            .into_iter()
            .map(|(module, on)| (module.code(), on))
            .collect(),
        documents,
        oversees: visitor.role.is_some_and(Role::oversees),
        w: console.words(&visitor),
    }))
}

#[derive(Template)]
#[template(path = "awareness_module.html")]
struct ModulePage {
    w: Localizer,
    module: &'static str,
    reading: String,
    /// As (number, text, answers).
    questions: Vec<(usize, String, Vec<(&'static str, String)>)>,
    /// The right answers of an insufficient attempt.
    right: Option<u32>,
}

#[derive(Template)]
#[template(path = "awareness_state.html")]
struct StatePage {
    w: Localizer,
    list: ShownTable,
    total: usize,
    /// The number of people who completed every module.
    done: usize,
}

fn table(w: &Localizer, learners: &[Learner]) -> ListTable {
    let mut columns = vec![
        ListColumn::text("account", w.say("column-account")),
        ListColumn::choice("organisation", w.say("column-organisation")),
    ];
    columns.extend(
        Module::ALL
            .iter()
            .map(|module| ListColumn::text(module.code(), w.coded("module", module.code()))),
    );
    ListTable {
        caption: w.say("awareness-state"),
        place: "/awareness/state".to_owned(),
        file: "/awareness/state.csv".to_owned(),
        empty: w.say("accounts-none"),
        rows: learners.iter().map(|one| row(w, one)).collect(),
        columns,
        act: None,
    }
}

fn row(w: &Localizer, one: &Learner) -> ListRow {
    let mut cells = vec![
        ListCell::account(w, &one.account),
        ListCell::organisation(w, &one.organisation),
    ];
    cells.extend(one.done.iter().map(|on| done_cell(w, *on)));
    ListRow::new(&one.account, cells)
}

/// When a module was done.
fn done_cell(w: &Localizer, on: Option<Date>) -> ListCell {
    match on {
        Some(on) => ListCell::day(w, on),
        None => ListCell::chip(w.say("awareness-todo"), ChipTone::Watch)
            .sorted(0)
            .filed_as(""),
    }
}

pub async fn state(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let mut learners = awareness::everybody(&console.app, &actor).await?;
    learners.sort_by_key(|one| one.done.iter().filter(|on| on.is_some()).count());
    let w = console.words(&visitor);
    Ok(page(&StatePage {
        total: learners.len(),
        done: learners
            .iter()
            .filter(|one| one.done.iter().all(Option::is_some))
            .count(),
        list: table(&w, &learners).shown(&w, &query),
        w,
    }))
}

pub async fn state_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let learners = awareness::everybody(&console.app, &actor).await?;
    let w = console.words(&visitor);
    Ok(table(&w, &learners).csv(&query, visitor.language, "awareness"))
}

fn module_of(code: &str) -> Result<Module, PageError> {
    Module::parse(code)
        .ok_or(OperationError::NotFound("module"))
        .map_err(PageError::from)
}

fn module_page(w: Localizer, module: Module, right: Option<u32>) -> Html<String> {
    let key = format!("module-{}", module.code());
    let question = |number: usize| {
        let key = format!("{key}-q{number}");
        let answers = ANSWERS.map(|answer| (answer, w.say(&format!("{key}-{answer}"))));
        (number, w.say(&key), answers.to_vec())
    };
    let reading = w.say(&format!("{key}-text"));
    page(&ModulePage {
        reading,
        questions: (1..=QUESTIONS).map(question).collect(),
        module: module.code(),
        right,
        w,
    })
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> PageAnswer {
    let module = module_of(&code)?;
    // Called for its error alone: the page is for signed-in users.
    visitor.actor(&console.app)?;
    Ok(module_page(console.words(&visitor), module, None))
}

pub async fn answer(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(code): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let module = module_of(&code)?;
    let form = TypedForm::new(pairs);
    let answers: Vec<String> = (1..=QUESTIONS)
        .map(|number| form.owned(&format!("q{number}")))
        .collect();
    let right = awareness::answer(&console.app, &actor, module, &answers).await?;
    if usize::try_from(right) == Ok(QUESTIONS) {
        return Ok(Redirect::to("/awareness").into_response());
    }
    let w = console.words(&visitor);
    Ok((
        StatusCode::UNPROCESSABLE_ENTITY,
        module_page(w, module, Some(right)),
    )
        .into_response())
}

pub async fn read(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageRedirect {
    awareness::read(&console.app, &actor, &id).await?;
    Ok(Redirect::to("/awareness"))
}

#[derive(Template)]
#[template(path = "awareness_text.html")]
struct TextPage {
    w: Localizer,
    one: ReadingTask,
}

/// The text of a document that the reader is to read.
pub async fn text(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageAnswer {
    let documents = awareness::documents(&console.app, &actor).await?;
    let own = documents
        .into_iter()
        .find(|one| one.id == id && !one.document.text.0.is_empty());
    let one = own.ok_or(OperationError::NotFound("document"))?;
    Ok(page(&TextPage {
        w: console.words(&visitor),
        one,
    }))
}

pub async fn file(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageResponse {
    let (name, bytes) = awareness::file(&console.app, &actor, &id).await?;
    // Without its real type: whatever was uploaded, the browser must save it and not show it.
    Ok(kept(&name, Media("application/octet-stream"), bytes))
}
