//! Coming in and going out, on every host.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use digue_operations::{OperationError, sign_in};
use serde::Deserialize;

use crate::error::{PageError, told};
use crate::router::Console;
use crate::view::{Words, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    w: Words,
}

/// How one comes in; the place where passkeys will be.
pub(crate) async fn sign_in(visitor: Visitor) -> Html<String> {
    page(&SignInPage { w: Words::new(&visitor) })
}

#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    link: String,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    w: Words,
    account: String,
    link: String,
}

/// Asks before it signs in: programs that preview links open them, and would use them up.
pub(crate) async fn enter_page(
    State(console): State<Console>,
    visitor: Visitor,
    Query(query): Query<LinkQuery>,
) -> Result<Html<String>, PageError> {
    let account = sign_in::peek_link(&console.house, &query.link, &visitor.host).await;
    let account = told(&visitor, account.map_err(link_gone))?.to_string();
    Ok(page(&EnterPage { w: Words::new(&visitor), account, link: query.link }))
}

pub(crate) async fn enter(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<LinkQuery>,
) -> Result<Response, PageError> {
    let secret = sign_in::enter(&console.house, &form.link, &visitor.host, &visitor.client_ip).await;
    let secret = told(&visitor, secret.map_err(link_gone))?;
    let cookie = format!("__Host-digue={}; Path=/; Secure; HttpOnly; SameSite=Lax", secret.reveal());
    let mut response = Redirect::to("/").into_response();
    let cookie = HeaderValue::from_str(&cookie).expect("base64url");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn link_gone(error: OperationError) -> OperationError {
    match error {
        OperationError::NotFound(_) => OperationError::Invalid("invalid-link"),
        other => other,
    }
}

pub(crate) async fn leave(State(console): State<Console>, visitor: Visitor) -> Result<Response, PageError> {
    if let Some(session) = &visitor.session {
        told(&visitor, sign_in::leave(&console.house, session).await)?;
    }
    let mut response = Redirect::to("/.digue/sign-in").into_response();
    let gone = "__Host-digue=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(gone));
    Ok(response)
}

#[derive(Deserialize)]
pub(crate) struct LanguageForm {
    language: String,
    #[serde(default)]
    next: String,
}

/// Keeps the chosen language for a year.
pub(crate) async fn language(Form(form): Form<LanguageForm>) -> Response {
    let chosen = digue_locales::Language::parse(&form.language).unwrap_or_default();
    // Only a place of this host: anything else would make the button a redirector.
    let is_local = form.next.starts_with('/') && !form.next.starts_with("//") && !form.next.contains('\\');
    let mut response = Redirect::to(if is_local { &form.next } else { "/" }).into_response();
    let cookie = format!("digue-language={}; Path=/; Max-Age=31536000; SameSite=Lax", chosen.code());
    let cookie = HeaderValue::from_str(&cookie).expect("a language code");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// The keys that portals verify identities with.
pub(crate) async fn jwks(State(console): State<Console>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, console.house.gateway().jwks()).into_response()
}

pub(crate) async fn not_found(visitor: Visitor) -> (StatusCode, PageError) {
    (StatusCode::NOT_FOUND, PageError::new(&visitor, OperationError::NotFound("page")))
}
