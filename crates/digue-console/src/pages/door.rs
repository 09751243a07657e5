//! Coming in and going out, on every host.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use digue_access::Session;
use digue_operations::secret::Secret;
use digue_operations::{House, OperationError, passkey, sign_in};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{PageError, told};
use crate::pages::api::{Problem, answer};
use crate::router::Console;
use crate::view::{Words, ceremony_policy, page};
use crate::visitor::Visitor;

/// Where a sign-in leads: a portal's host with the hash of what its browser holds, and the page that
/// was asked for. All empty: the console itself.
#[derive(Deserialize, Clone, Default)]
pub(crate) struct Way {
    #[serde(rename = "for", default)]
    host: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    next: String,
    /// Not empty: a session is not enough, the identity must be proved now.
    #[serde(default)]
    fresh: String,
}

impl Way {
    /// The page that was asked for, if it is one of the same host: anything else would make the door
    /// a redirector.
    fn local_next(&self) -> &str {
        let next = self.next.as_str();
        let is_local = next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains(|c: char| c == '\\' || c.is_control());
        if is_local { next } else { "/" }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    w: Words,
    portal: Option<String>,
    way: Way,
    is_known: bool,
}

/// What the browser holds on a portal's host while its holder signs in on the console.
const STATE_COOKIE: &str = "__Host-digue-state";

pub(crate) async fn sign_in(
    State(console): State<Console>,
    visitor: Visitor,
    Query(way): Query<Way>,
) -> Result<Response, PageError> {
    if visitor.portal.is_some() {
        return told(&visitor, to_console(&console, &visitor, &way));
    }
    let is_known = visitor.session.as_ref().is_some_and(|session| {
        way.fresh.is_empty() || console.house.clock().now().since(session.proved_at) <= passkey::FRESH
    });
    if is_known && way.host.is_empty() {
        return Ok(Redirect::to(way.local_next()).into_response());
    }
    let portal = (!way.host.is_empty()).then(|| way.host.clone());
    // Browsers hold a form to this policy through its redirects, and this one leads to the portal.
    let policy = ceremony_policy(console.house.url_of(&way.host).unwrap_or_default());
    let page = page(&SignInPage { w: Words::new(&visitor), portal, way, is_known });
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], page).into_response())
}

/// From a portal's host to the console, where identities are proved.
fn to_console(console: &Console, visitor: &Visitor, way: &Way) -> Result<Response, OperationError> {
    let state = Secret::draw()?;
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let address = format!(
        "{}/.digue/sign-in?for={}&state={}&next={}&fresh={}",
        console.house.console_url(),
        encode(&visitor.host),
        sign_in::state_hash(state.reveal()),
        encode(way.local_next()),
        encode(&way.fresh),
    );
    let cookie =
        format!("{STATE_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600", state.reveal());
    Ok(with_cookie(Redirect::to(&address).into_response(), &cookie))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    let cookie = HeaderValue::from_str(cookie).expect("base64url and fixed words");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

fn session_cookie(secret: &Secret) -> String {
    format!("__Host-digue={}; Path=/; Secure; HttpOnly; SameSite=Lax", secret.reveal())
}

/// Begins a ceremony, whoever it will be.
pub(crate) async fn begin(State(console): State<Console>, visitor: Visitor) -> Result<Json<Value>, Problem> {
    answer(&visitor, on_console(&visitor))?;
    let begun = answer(&visitor, passkey::begin_sign_in(&console.house))?;
    Ok(Json(json!({"ceremony": begun.ceremony, "options": begun.options})))
}

fn on_console(visitor: &Visitor) -> Result<(), OperationError> {
    if visitor.portal.is_none() { Ok(()) } else { Err(OperationError::NotFound("page")) }
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    ceremony: String,
    answer: Value,
    /// Not empty: a fresh proof for the session that there is.
    #[serde(default)]
    proof: String,
    #[serde(flatten)]
    way: Way,
}

/// Signs in, or proves afresh; says where to go.
pub(crate) async fn finish(
    State(console): State<Console>,
    visitor: Visitor,
    Json(shown): Json<Shown>,
) -> Result<Response, Problem> {
    let house = &console.house;
    answer(&visitor, on_console(&visitor))?;
    if !shown.proof.is_empty() {
        let session = answer(&visitor, visitor.console_session())?;
        answer(&visitor, passkey::prove(house, session, &shown.ceremony, shown.answer).await)?;
        let next = if shown.way.next.is_empty() { "/self" } else { shown.way.local_next() };
        return Ok(Json(json!({"next": next})).into_response());
    }
    let done = passkey::finish_sign_in(house, &shown.ceremony, shown.answer, &visitor.client()).await;
    let (secret, session) = answer(&visitor, done)?;
    let next = match shown.way.host.as_str() {
        "" => shown.way.local_next().to_owned(),
        _ => answer(&visitor, way_on(house, &session, &shown.way).await)?,
    };
    Ok(with_cookie(Json(json!({"next": next})).into_response(), &session_cookie(&secret)))
}

async fn way_on(house: &House, session: &Session, way: &Way) -> Result<String, OperationError> {
    let address = sign_in::hand_over(house, session, &way.host, &way.state).await?;
    Ok(format!("{address}&next={}", utf8_percent_encode(way.local_next(), NON_ALPHANUMERIC)))
}

/// On to a portal, for whoever has signed in on the console already.
pub(crate) async fn hand_over(
    State(console): State<Console>,
    visitor: Visitor,
    Form(way): Form<Way>,
) -> Result<Redirect, PageError> {
    let session = told(&visitor, visitor.console_session())?;
    let address = told(&visitor, way_on(&console.house, session, &way).await)?;
    Ok(Redirect::to(&address))
}

#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    link: String,
    #[serde(flatten)]
    way: Way,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    w: Words,
    account: String,
    link: String,
}

/// Asks before it signs in: programs that preview links open them, and would use them up. A hand-over
/// asks no more: only the browser that holds its state can use it.
pub(crate) async fn enter_page(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<LinkQuery>,
) -> Result<Response, PageError> {
    if let Some(state) = cookie(&headers, STATE_COOKIE) {
        let (host, client) = (&visitor.host, visitor.client());
        if let Ok(secret) = sign_in::take_over(&console.house, &query.link, state, host, &client).await {
            let gone = format!("{STATE_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
            let response = Redirect::to(query.way.local_next()).into_response();
            return Ok(with_cookie(with_cookie(response, &session_cookie(&secret)), &gone));
        }
    }
    let account = sign_in::peek_link(&console.house, &query.link, &visitor.host).await;
    let account = told(&visitor, account.map_err(link_gone))?.to_string();
    Ok(page(&EnterPage { w: Words::new(&visitor), account, link: query.link }).into_response())
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

pub(crate) async fn enter(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<LinkQuery>,
) -> Result<Response, PageError> {
    let secret = sign_in::enter(&console.house, &form.link, &visitor.host, &visitor.client()).await;
    let secret = told(&visitor, secret.map_err(link_gone))?;
    Ok(with_cookie(Redirect::to(form.way.local_next()).into_response(), &session_cookie(&secret)))
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
    let way = Way { next: form.next, ..Way::default() };
    let mut response = Redirect::to(way.local_next()).into_response();
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
