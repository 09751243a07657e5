//! The space of a person: consultations of their record, requests, notification preferences; and
//! the same rows in the portal's own pages.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use digue_app::secret::Secret;
use digue_app::{App, OperationError};
use digue_identity::person_sessions::{self, SignedInPerson};
use digue_identity::providers::{self, ProviderChoice};
use digue_selfservice::persons::news::{self, NewsPreference};
use digue_selfservice::persons::requests::{self, RequestKind, TrackedRequest};
use digue_selfservice::persons::sights::{self, ConsultationPage, ConsultationRow, PAGE};
use digue_selfservice::persons::{self, codes};
use digue_types::PopulationId;
use serde::Deserialize;

use crate::account::cookies::cookie;
use crate::account::left_address;
use crate::error::{PageError, PageRedirect, PageResponse};
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

const COOKIE: &str = "__Host-digue-person";

/// The name of the session cookie.
fn secret(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE).map(ToOwned::to_owned)
}

pub(crate) fn here(
    console: &Console,
    visitor: &Visitor,
    headers: &HeaderMap,
) -> Result<SignedInPerson, OperationError> {
    if visitor.portal.is_some() {
        return Err(OperationError::NotFound("page"));
    }
    person_sessions::here(
        &console.app,
        &secret(headers).ok_or(OperationError::Denied)?,
    )
}

/// Sends persons without a session to their sign-in page.
#[expect(
    clippy::result_large_err,
    reason = "the error is the response that is sent"
)]
pub(crate) fn or_sign_in(
    person: Result<SignedInPerson, OperationError>,
) -> Result<SignedInPerson, Response> {
    match person {
        Ok(person) => Ok(person),
        Err(OperationError::Denied) => Err(Redirect::to("/person/door").into_response()),
        Err(error) => Err(PageError::from(error).into_response()),
    }
}

fn with_cookie(value: &str, lasts: &str, to: &str) -> Response {
    // `Lax`: a person who comes from a provider's page or from a mail must stay signed in. Forms of
    // other sites are refused by their origin.
    let cookie = format!("{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{lasts}");
    let mut response = Redirect::to(to).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[derive(Template)]
#[template(path = "person_sign_in.html")]
struct PersonSignInPage {
    w: Localizer,
    populations: Vec<PopulationId>,
    providers: Vec<ProviderChoice>,
    is_requested: bool,
    /// A code that opened nothing: it may be a notice's, which is verified elsewhere.
    refused: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct PersonSpaceQuery {
    #[serde(default)]
    asked: Option<u8>,
}

/// The sign-in page of persons.
pub(crate) async fn sign_in(
    State(console): State<Console>,
    visitor: Visitor,
    Query(query): Query<PersonSpaceQuery>,
) -> Html<String> {
    sign_in_page(&console, &visitor, query.asked == Some(1), None)
}

fn sign_in_page(
    console: &Console,
    visitor: &Visitor,
    is_requested: bool,
    refused: Option<String>,
) -> Html<String> {
    page(&PersonSignInPage {
        w: Localizer::new(visitor),
        populations: persons::populations(&console.app),
        providers: providers::for_persons(&console.app),
        is_requested,
        refused,
    })
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    code: String,
}

pub(crate) async fn enter(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<CodeForm>,
) -> PageResponse {
    let code: String = form.code.chars().take(40).collect();
    match codes::enter(&console.app, &code, &visitor.ip()).await {
        Ok(secret) => Ok(entered(&secret)),
        // Both papers carry a code of one form, and it is not said whether this one exists.
        Err(OperationError::Invalid("invalid-person-code")) => {
            let shown = sign_in_page(&console, &visitor, false, Some(code));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
        Err(error) => Err(PageError::from(error)),
    }
}

/// Sets the cookie of a person's new session.
pub(crate) fn entered(secret: &Secret) -> Response {
    with_cookie(secret.reveal(), "", "/person")
}

#[derive(Deserialize)]
pub(crate) struct LetterForm {
    population: String,
    person: String,
}

/// Requests a letter; the response is the same for known and unknown persons.
pub(crate) async fn ask_letter(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<LetterForm>,
) -> PageRedirect {
    codes::ask(&console.app, &form.population, &form.person, &visitor.ip()).await?;
    Ok(Redirect::to("/person/door?asked=1"))
}

pub(crate) async fn leave(State(console): State<Console>, headers: HeaderMap) -> Response {
    let mut next = "/person/door".to_owned();
    if let Some(secret) = secret(&headers) {
        if let Some(ticket) = providers::farewell_of_person(&console.app, &secret).await {
            next = left_address(&ticket);
        }
        person_sessions::leave(&console.app, &secret);
    }
    with_cookie("", "; Max-Age=0", &next)
}

#[derive(Template)]
#[template(path = "person_space.html")]
struct PersonSpacePage {
    w: Localizer,
    page: ConsultationPage,
    after: usize,
    requests: Vec<TrackedRequest>,
    preference: NewsPreference,
    /// The newest consultation, whatever page of the list is shown.
    newest: Option<ConsultationRow>,
    /// A mail server is configured: preferences can be saved.
    can_mail: bool,
    kinds: Vec<&'static str>,
}

impl PersonSpacePage {
    fn next(&self) -> usize {
        self.after + PAGE
    }
}

#[derive(Deserialize)]
pub(crate) struct AfterQuery {
    #[serde(default)]
    after: usize,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<AfterQuery>,
) -> Result<Response, Response> {
    let person = or_sign_in(here(&console, &visitor, &headers))?;
    let failed = |error: OperationError| PageError::from(error).into_response();
    let app = &console.app;
    let rows = sights::page(app, &person, query.after)
        .await
        .map_err(failed)?;
    let kinds = RequestKind::ALL
        .iter()
        .filter(|kind| !kind.is_of_consultation());
    Ok(page(&PersonSpacePage {
        newest: newest(app, &person, &rows, query.after)
            .await
            .map_err(failed)?,
        page: rows,
        after: query.after,
        requests: requests::own(app, &person).await.map_err(failed)?,
        preference: news::preference(app, &person).await.map_err(failed)?,
        can_mail: digue_mail::is_configured(app),
        kinds: kinds.map(|kind| kind.code()).collect(),
        w: console.words(&visitor),
    })
    .into_response())
}

async fn newest(
    app: &App,
    person: &SignedInPerson,
    shown: &ConsultationPage,
    after: usize,
) -> Result<Option<ConsultationRow>, OperationError> {
    if after == 0 {
        return Ok(shown.rows.first().cloned());
    }
    Ok(sights::page(app, person, 0).await?.rows.into_iter().next())
}

pub(crate) async fn rows_csv(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let person = or_sign_in(here(&console, &visitor, &headers))?;
    let rows = sights::all(&console.app, &person).await;
    let rows = rows
        .map_err(PageError::from)
        .map_err(|error| error.into_response())?;
    let w = console.words(&visitor);
    let header = ["at", "organisation", "reader", "why", "shown", "incident"]
        .map(|key| w.coded("column", key));
    let lines = rows.into_iter().map(|row| {
        let why = w.coded("person-basis", row.why());
        vec![
            row.at.to_string(),
            row.organisation,
            row.alias,
            why,
            w.reader().kinds(&row.categories).join(", "),
            row.incident.unwrap_or_default(),
        ]
    });
    Ok(csv(visitor.language, "consultations", &header, lines))
}

#[derive(Deserialize)]
pub(crate) struct NewsForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    monthly: String,
}

pub(crate) async fn preference(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<NewsForm>,
) -> Result<Response, Response> {
    let person = or_sign_in(here(&console, &visitor, &headers))?;
    let preference = NewsPreference {
        email: form.email,
        first_visits: !form.first.is_empty(),
        monthly: !form.monthly.is_empty(),
        is_unreadable: false,
    };
    let saved = news::save(&console.app, &person, visitor.language, &preference).await;
    saved
        .map_err(PageError::from)
        .map_err(|error| error.into_response())?;
    Ok(Redirect::to("/person").into_response())
}

#[derive(Template)]
#[template(path = "person_embed.html")]
struct EmbedPage {
    w: Localizer,
    page: ConsultationPage,
}

#[derive(Deserialize)]
pub(crate) struct EmbedToken {
    token: String,
}

/// The latest rows, to be framed by the portal's own pages.
pub(crate) async fn embed(
    State(console): State<Console>,
    visitor: Visitor,
    Query(query): Query<EmbedToken>,
) -> PageResponse {
    let person = persons::embedded(&console.app, &query.token)?;
    let rows = sights::page(&console.app, &person, 0).await?;
    let shown = page(&EmbedPage {
        w: console.words(&visitor),
        page: rows,
    });
    let portals = console.app.portal_origins().join(" ");
    let policy = format!(
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors {portals}"
    );
    let policy =
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], shown).into_response())
}
