//! One's own account: passkeys and sessions.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use digue_access::Session;
use digue_operations::{OperationError, passkey, sign_in};
use digue_store::PasskeyRecord;
use digue_types::SessionId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{PageError, told};
use crate::pages::api::{Problem, answer};
use crate::router::Console;
use crate::view::{Words, ceremony_policy, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "own.html")]
struct OwnPage {
    w: Words,
    session: Session,
    passkeys: Vec<PasskeyRecord>,
    sessions: Vec<Session>,
    /// The identity was proved in the last minutes: passkeys may be changed.
    is_fresh: bool,
}

pub(crate) async fn show(State(console): State<Console>, visitor: Visitor) -> Result<Response, PageError> {
    let session = told(&visitor, visitor.console_session())?;
    let house = &console.house;
    let page = page(&OwnPage {
        w: Words::in_zone(&visitor, &console.zone),
        passkeys: told(&visitor, passkey::own(house, session).await)?,
        sessions: told(&visitor, sign_in::own_sessions(house, session))?,
        is_fresh: house.clock().now().since(session.proved_at) <= passkey::FRESH,
        session: session.clone(),
    });
    Ok(([(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))], page).into_response())
}

pub(crate) async fn begin_adding(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<Value>, Problem> {
    let session = answer(&visitor, visitor.console_session())?;
    let begun = answer(&visitor, passkey::begin_adding(&console.house, session).await)?;
    Ok(Json(json!({"ceremony": begun.ceremony, "options": begun.options})))
}

#[derive(Deserialize)]
pub(crate) struct Made {
    ceremony: String,
    name: String,
    answer: Value,
}

pub(crate) async fn finish_adding(
    State(console): State<Console>,
    visitor: Visitor,
    Json(made): Json<Made>,
) -> Result<Json<Value>, Problem> {
    let session = answer(&visitor, visitor.console_session())?;
    let done = passkey::finish_adding(&console.house, session, &made.ceremony, &made.name, made.answer).await;
    answer(&visitor, done)?;
    Ok(Json(json!({"next": "/self"})))
}

#[derive(Deserialize)]
pub(crate) struct Named {
    id: String,
}

pub(crate) async fn remove(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<Named>,
) -> Result<Redirect, PageError> {
    let session = told(&visitor, visitor.console_session())?;
    told(&visitor, passkey::remove(&console.house, session, &form.id).await)?;
    Ok(Redirect::to("/self"))
}

/// Ends one of one's own sessions; with an empty name, all the others.
pub(crate) async fn cut(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<Named>,
) -> Result<Redirect, PageError> {
    let session = told(&visitor, visitor.console_session())?;
    let which = match form.id.as_str() {
        "" => None,
        id => Some(told(&visitor, SessionId::parse(id).map_err(|_| OperationError::NotFound("session")))?),
    };
    told(&visitor, sign_in::cut_own(&console.house, session, which.as_ref()).await)?;
    Ok(Redirect::to("/self"))
}
