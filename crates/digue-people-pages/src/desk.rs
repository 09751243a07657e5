//! The message desk: anyone submits a message and receives a verdict; officers read the reports and
//! publish look-alike domains.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, State};
use axum::response::Redirect;
use digue_app::OperationError;
use digue_messages::MessageVerdict;
use digue_notices::desk::{self, MessageReport, SubmittedReport};
use digue_types::Timestamp;
use serde::Deserialize;

use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, RowButton, RowForm, ShownTable,
    TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "messages.html")]
struct DeskPage {
    w: Localizer,
    report: Option<MessageReport>,
    /// The signs, in words.
    signs: Vec<String>,
    look_alikes: Vec<(String, Timestamp)>,
}

pub async fn ask(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    shown(&console, &visitor, None).await
}

async fn shown(
    console: &Console,
    visitor: &Visitor,
    answered: Option<MessageReport>,
) -> PageAnswer {
    let signs = answered
        .iter()
        .flat_map(|answered| desk::signs_in_words(visitor.language, &answered.opinion));
    let signs = signs.collect();
    let look_alikes = desk::look_alikes(&console.app).await?;
    Ok(page(&DeskPage {
        w: console.words(visitor),
        report: answered,
        signs,
        look_alikes,
    }))
}

/// A pasted text, or the file of a message.
pub async fn examine(
    State(console): State<Console>,
    visitor: Visitor,
    form: Multipart,
) -> PageAnswer {
    let bytes = given(form).await?;
    // No account is needed; with one, the report names it.
    let actor = visitor.actor(&console.app).ok();
    let ip = &visitor.ip();
    let answered = desk::examine(&console.app, visitor.language, actor.as_ref(), &bytes, ip).await;
    let answered = answered?;
    shown(&console, &visitor, Some(answered)).await
}

/// The file if there is one, otherwise the text.
async fn given(mut form: Multipart) -> Result<Vec<u8>, OperationError> {
    let unreadable = |_| OperationError::Invalid("invalid-upload");
    let mut text = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let is_file = field.name() == Some("file");
        let is_text = field.name() == Some("text");
        let bytes = field.bytes().await.map_err(unreadable)?.to_vec();
        match (is_file, is_text, bytes.is_empty()) {
            (true, _, false) => return Ok(bytes),
            (_, true, false) => text = bytes,
            _ => {}
        }
    }
    Ok(text)
}

#[derive(Template)]
#[template(path = "message_reports.html")]
struct ReportsPage {
    w: Localizer,
    list: ShownTable,
    total: usize,
    frauds: usize,
}

fn table(w: &Localizer, may_publish: bool, reports: &[SubmittedReport]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("reports-title"),
        place: "/messages/reports".to_owned(),
        file: "/messages/reports.csv".to_owned(),
        empty: w.say("reports-none"),
        columns: vec![
            ListColumn::text("at", name("at")),
            ListColumn::text("account", name("account")),
            ListColumn::choice("verdict", name("verdict")),
            ListColumn::text("signs", name("signs")),
            ListColumn::text("look-alikes", name("look-alikes")),
        ],
        rows: reports
            .iter()
            .map(|report| row(w, may_publish, report))
            .collect(),
        act: None,
    }
}

fn row(w: &Localizer, may_publish: bool, report: &SubmittedReport) -> ListRow {
    let reporter = match &report.reporter {
        Some(reporter) => ListCell::account(w, reporter),
        None => ListCell::empty().and_quiet(w.say("reports-nobody")),
    };
    let cells = [
        ListCell::moment(w, report.at),
        reporter,
        verdict_cell(w, report.verdict),
        signs_cell(w, report),
        look_alikes_cell(w, may_publish, report),
    ];
    ListRow::new(&report.id, cells)
}

fn verdict_cell(w: &Localizer, verdict: Option<MessageVerdict>) -> ListCell {
    let tone = if verdict == Some(MessageVerdict::Fraud) {
        ChipTone::Bad
    } else {
        ChipTone::Plain
    };
    let code = verdict.map(MessageVerdict::code);
    ListCell::chip(w.maybe_coded("verdict-short", code), tone).filed_as(code.unwrap_or_default())
}

fn signs_cell(w: &Localizer, report: &SubmittedReport) -> ListCell {
    let codes: Vec<&str> = report.signs.iter().map(|sign| sign.code()).collect();
    let words = codes
        .iter()
        .map(|code| CellPart::Text(w.coded("sign-short", code)));
    words.collect::<ListCell>().filed_as(codes.join(" "))
}

/// The look-alike domains, with the button that publishes them while they are not.
fn look_alikes_cell(w: &Localizer, may_publish: bool, report: &SubmittedReport) -> ListCell {
    if report.look_alikes.is_empty() {
        return ListCell::empty();
    }
    let names = ListCell::code(report.look_alikes.join(" "));
    match report.published_at {
        Some(_) => names.and_quiet(w.say("reports-published")),
        None if may_publish => names.and_form(publish_form(w, &report.id)),
        None => names,
    }
}

fn publish_form(w: &Localizer, id: &str) -> RowForm {
    RowForm::to("/messages/publish")
        .hidden("id", id)
        .button(RowButton::new(w.say("reports-publish"), ""))
}

pub async fn reports(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let reports = desk::reports(&console.app, &actor).await?;
    let w = console.words(&visitor);
    Ok(page(&ReportsPage {
        frauds: reports
            .iter()
            .filter(|report| report.verdict == Some(MessageVerdict::Fraud))
            .count(),
        total: reports.len(),
        list: table(&w, actor.role.can_respond(), &reports).shown(&w, &query),
        w,
    }))
}

pub async fn reports_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let reports = desk::reports(&console.app, &actor).await?;
    let w = console.words(&visitor);
    Ok(table(&w, false, &reports).csv(&query, visitor.language, "messages"))
}

#[derive(Deserialize)]
pub struct PublishForm {
    id: String,
}

pub async fn publish(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<PublishForm>,
) -> PageRedirect {
    desk::publish(&console.app, &actor, &form.id).await?;
    Ok(Redirect::to("/messages/reports"))
}
