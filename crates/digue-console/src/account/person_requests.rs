//! What a person asks about a consultation or about their data, on pages that say what follows.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use digue_app::OperationError;
use digue_casework::operator;
use digue_evidence::retention;
use digue_response::notification::Field;
use digue_selfservice::persons::requests::{self, ContestReason, PersonRequest, RequestKind};
use digue_selfservice::persons::sights::{self, ConsultationRow};
use serde::Deserialize;

use crate::account::person_space::{here, or_sign_in};
use crate::error::PageError;
use crate::state::Console;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

/// A question about one consultation, before it is sent.
#[derive(Template)]
#[template(path = "person_ask.html")]
struct PersonAskPage {
    w: Localizer,
    row: ConsultationRow,
    kind: RequestKind,
    /// What can be contested; empty for the question who that was.
    reasons: Vec<ContestReason>,
}

#[derive(Deserialize)]
pub(crate) struct AskQuery {
    kind: String,
    entry: u64,
}

pub(crate) async fn question(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<AskQuery>,
) -> Result<Response, Response> {
    let person = or_sign_in(here(&console, &visitor, &headers))?;
    let failed = |error: OperationError| PageError::from(error).into_response();
    let kind = RequestKind::parse(&query.kind)
        .filter(|kind| kind.is_of_consultation())
        .ok_or_else(|| failed(OperationError::NotFound("request")))?;
    let reasons = if kind == RequestKind::Contest {
        ContestReason::ALL.to_vec()
    } else {
        Vec::new()
    };
    let row = sights::one(&console.app, &person, query.entry)
        .await
        .map_err(failed)?;
    if row.is_asked(kind.code()) {
        return Ok(Redirect::to("/person#asked").into_response());
    }
    let w = Localizer::in_zone(&visitor, &console.zone);
    Ok(page(&PersonAskPage {
        w,
        row,
        kind,
        reasons,
    })
    .into_response())
}

#[derive(Deserialize)]
pub(crate) struct AskForm {
    kind: String,
    #[serde(default)]
    entry: Option<u64>,
    #[serde(default)]
    what: String,
    #[serde(default)]
    text: String,
}

pub(crate) async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<AskForm>,
) -> Result<Response, Response> {
    let person = or_sign_in(here(&console, &visitor, &headers))?;
    let done = match RequestKind::parse(&form.kind) {
        Some(kind) => {
            let request = PersonRequest {
                kind,
                entry: form.entry,
                reason: ContestReason::parse(&form.what),
                text: form.text,
            };
            requests::ask(&console.app, &person, &request).await
        }
        None => Err(OperationError::NotFound("request")),
    };
    done.map_err(PageError::from)
        .map_err(|error| error.into_response())?;
    Ok(Redirect::to("/person#asked").into_response())
}

#[derive(Deserialize)]
pub(crate) struct WithdrawForm {
    id: String,
}

pub(crate) async fn withdraw(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<WithdrawForm>,
) -> Result<Response, Response> {
    let person = or_sign_in(here(&console, &visitor, &headers))?;
    requests::withdraw(&console.app, &person, &form.id)
        .await
        .map_err(PageError::from)
        .map_err(|error| error.into_response())?;
    Ok(Redirect::to("/person#asked").into_response())
}

/// What the GDPR's articles 13 and 14 have a body say about the processing, from its own facts.
#[derive(Template)]
#[template(path = "person_information.html")]
struct PersonInformationPage {
    w: Localizer,
    /// As the operator wrote them; what is not written is said to be missing.
    name: Option<String>,
    address: Option<String>,
    officer: Option<String>,
    mail: Option<String>,
    phone: Option<String>,
    /// Days that a consultation stays readable, by portal: the shortest and the longest.
    days: (u64, u64),
}

const DAY_SECS: u64 = 86_400;

pub(crate) async fn information(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    if visitor.portal.is_some() {
        return Err(PageError::from(OperationError::NotFound("page")));
    }
    let facts = &operator::rules(&console.app).controller;
    let known = |field: Field| facts.get(&field).cloned();
    let retentions = retention::in_force(&console.app);
    let all = retentions.portals.iter().map(|(_, kept)| kept);
    let days = |keep: std::time::Duration| keep.as_secs() / DAY_SECS;
    let kept: Vec<u64> = all.map(|retention| days(retention.keep)).collect();
    let usual = days(retentions.app.keep);
    Ok(page(&PersonInformationPage {
        w: Localizer::new(&visitor),
        name: known(Field::ControllerName),
        address: known(Field::ControllerAddress),
        officer: known(Field::ContactName),
        mail: known(Field::ContactMail),
        phone: known(Field::ContactPhone),
        days: (
            kept.iter().copied().min().unwrap_or(usual),
            kept.iter().copied().max().unwrap_or(usual),
        ),
    })
    .into_response())
}
