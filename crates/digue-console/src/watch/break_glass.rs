//! Break glass: requested on the portal's host, reviewed in the console.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use digue_administration::break_glass::{self, BreakGlassUse};
use digue_app::OperationError;
use serde::Deserialize;

use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "break_glass.html")]
struct BreakGlassListPage {
    w: Localizer,
    records: Vec<BreakGlassUse>,
    waiting: u64,
    me: String,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Html<String>, PageError> {
    let records = break_glass::list(&console.app, &actor).await?;
    let waiting = records.iter().filter(|record| record.reviewed.is_none()).count() as u64;
    let w = Localizer::in_zone(&visitor, &console.zone);
    Ok(page(&BreakGlassListPage { w, records, waiting, me: actor.account.to_string() }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let records = break_glass::list(&console.app, &actor).await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header =
        ["at", "until", "account", "portal", "justification", "reviewed"].map(|key| w.coded("column", key));
    let rows = records.iter().map(|record| {
        vec![
            record.opened_at.to_string(),
            record.until.to_string(),
            record.account.to_string(),
            record.portal.to_string(),
            record.justification.clone(),
            record.reviewed.as_ref().map(|(by, at)| format!("{by} {at}")).unwrap_or_default(),
        ]
    });
    Ok(csv(visitor.language, "break-glass", &header, rows))
}

#[derive(Deserialize)]
pub(crate) struct ReviewForm {
    id: String,
}

pub(crate) async fn review(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<ReviewForm>,
) -> Result<Redirect, PageError> {
    break_glass::review(&console.app, &actor, &form.id).await?;
    Ok(Redirect::to("/break-glass"))
}

#[derive(Template)]
#[template(path = "break_glass_ask.html")]
struct BreakGlassPage {
    w: Localizer,
    portal: String,
    opened: Option<BreakGlassUse>,
}

/// The proof of identity comes before the form, so that no written reason is lost to it.
pub(crate) async fn ask(State(console): State<Console>, visitor: Visitor) -> Result<Response, PageError> {
    let (Some(portal), Some(session)) = (&visitor.portal, &visitor.session) else {
        return Err(PageError::from(OperationError::Denied));
    };
    if console.app.clock().now().since(session.proved_at) > console.app.proof_lasts() {
        return Ok(Redirect::to("/.digue/sign-in?fresh=1&next=/.digue/break-glass").into_response());
    }
    let page =
        page(&BreakGlassPage { w: Localizer::new(&visitor), portal: portal.to_string(), opened: None });
    Ok(page.into_response())
}

#[derive(Deserialize)]
pub(crate) struct OpenBreakGlassForm {
    justification: String,
}

pub(crate) async fn open(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<OpenBreakGlassForm>,
) -> Result<Html<String>, PageError> {
    let (Some(portal), Some(session)) = (&visitor.portal, &visitor.session) else {
        return Err(PageError::from(OperationError::Denied));
    };
    let opened = break_glass::open(&console.app, session, portal, &form.justification).await;
    let opened = Some(opened?);
    let w = Localizer::in_zone(&visitor, &console.zone);
    Ok(page(&BreakGlassPage { w, portal: portal.to_string(), opened }))
}
