//! The message desk: anyone submits a message and receives a verdict; officers read the reports and publish
//! look-alike domains.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, State};
use axum::response::{Html, Redirect, Response};
use digue_app::OperationError;
use digue_casework::desk::{self, MessageReport, SubmittedReport};
use digue_messages::MessageVerdict;
use digue_types::Timestamp;
use serde::Deserialize;

use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "messages.html")]
struct DeskPage {
    w: Localizer,
    report: Option<MessageReport>,
    /// The signs, in words.
    signs: Vec<String>,
    look_alikes: Vec<(String, Timestamp)>,
}

pub(crate) async fn ask(State(console): State<Console>, visitor: Visitor) -> Result<Html<String>, PageError> {
    shown(&console, &visitor, None).await
}

async fn shown(
    console: &Console,
    visitor: &Visitor,
    answered: Option<MessageReport>,
) -> Result<Html<String>, PageError> {
    let signs =
        answered.iter().flat_map(|answered| desk::signs_in_words(visitor.language, &answered.opinion));
    let signs = signs.collect();
    let look_alikes = desk::look_alikes(&console.app).await?;
    Ok(page(&DeskPage {
        w: Localizer::in_zone(visitor, &console.zone),
        report: answered,
        signs,
        look_alikes,
    }))
}

/// A pasted text, or the file of a message.
pub(crate) async fn examine(
    State(console): State<Console>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Html<String>, PageError> {
    let bytes = given(form).await?;
    // No account is needed; with one, the report names it.
    let actor = visitor.actor(&console.app).ok();
    let ip = &visitor.origin.ip.to_string();
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
    rows: Vec<SubmittedReport>,
    frauds: usize,
    may_publish: bool,
}

pub(crate) async fn reports(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Html<String>, PageError> {
    let rows = desk::reports(&console.app, &actor).await?;
    let frauds = rows.iter().filter(|row| row.verdict == Some(MessageVerdict::Fraud)).count();
    let may_publish = actor.role.can_respond();
    Ok(page(&ReportsPage { w: Localizer::in_zone(&visitor, &console.zone), rows, frauds, may_publish }))
}

pub(crate) async fn reports_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let rows = desk::reports(&console.app, &actor).await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header = ["at", "account", "verdict", "signs", "look-alikes"].map(|key| w.coded("column", key));
    let rows = rows.into_iter().map(|row| {
        vec![
            row.at.to_string(),
            row.reporter.unwrap_or_default(),
            row.verdict.map_or("", |verdict| verdict.code()).to_owned(),
            row.signs.iter().map(|sign| sign.code()).collect::<Vec<_>>().join(" "),
            row.look_alikes.join(" "),
        ]
    });
    Ok(csv(visitor.language, "messages", &header, rows))
}

#[derive(Deserialize)]
pub(crate) struct PublishForm {
    id: String,
}

pub(crate) async fn publish(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<PublishForm>,
) -> Result<Redirect, PageError> {
    desk::publish(&console.app, &actor, &form.id).await?;
    Ok(Redirect::to("/messages/reports"))
}
