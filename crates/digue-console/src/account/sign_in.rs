//! Sign-in and sign-out, on every host.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use digue_access::Session;
use digue_app::secret::Secret;
use digue_app::{App, OperationError};
use digue_identity::providers::{self, ProviderChoice};
use digue_identity::sign_in::{self, EarlierSignIn};
use digue_identity::{devices, passkey, password};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::cookies::{cookie, provider_cookie, with_cookie};
use crate::account::left_address;
use crate::error::PageError;
use crate::error::{ApiError, PageRedirect, PageResponse};
use crate::form::is_local;
use crate::state::Console;
use crate::view::{Localizer, ceremony_policy, page};
use crate::visitor::Visitor;

/// Where a sign-in leads: a portal's host with the hash of the browser's secret, and the requested
/// page. All empty for the console itself.
#[derive(Deserialize, Clone, Default)]
pub(crate) struct SignInReturn {
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

impl SignInReturn {
    /// The requested page, if it is on the same host: otherwise the sign-in page would be an open
    /// redirect.
    pub(crate) fn local_next(&self) -> &str {
        let next = self.next.as_str();
        if is_local(next) { next } else { "/" }
    }

    /// The same as a query, for another way to sign in.
    fn query(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let [host, state, fresh] = [&self.host, &self.state, &self.fresh].map(|text| encode(text));
        format!(
            "for={host}&state={state}&next={}&fresh={fresh}",
            encode(self.local_next())
        )
    }

    pub(crate) fn has_next(&self) -> bool {
        !self.next.is_empty()
    }

    pub(crate) fn is_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// The page that follows a sign-in.
    pub(crate) fn welcome(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        format!(
            "/.digue/welcome?for={}&state={}&next={}",
            encode(&self.host),
            encode(&self.state),
            encode(self.local_next())
        )
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    w: Localizer,
    portal: Option<String>,
    way: SignInReturn,
    is_known: bool,
    allows_passwords: bool,
    providers: Vec<ProviderChoice>,
    is_wrong: bool,
    account: String,
}

/// The name of the cookie with the browser's secret on a portal's host during a sign-in in the
/// console.
const STATE_COOKIE: &str = "__Host-digue-state";

pub(crate) async fn sign_in(
    State(console): State<Console>,
    visitor: Visitor,
    Query(way): Query<SignInReturn>,
) -> PageResponse {
    if visitor.portal.is_some() {
        return to_console(&console, &visitor, &way).map_err(PageError::from);
    }
    let is_known = visitor.session.as_ref().is_some_and(|session| {
        let age = console.app.clock().now().since(session.proved_at);
        way.fresh.is_empty() || age <= console.app.proof_lasts()
    });
    // For a portal the page asks even a signed-in user: a link alone must not hand a session over.
    if is_known && way.host.is_empty() {
        return Ok(Redirect::to(way.local_next()).into_response());
    }
    Ok(sign_in_page(&console, &visitor, way, is_known, None))
}

/// `refused` is the account of a refused attempt with a password.
fn sign_in_page(
    console: &Console,
    visitor: &Visitor,
    way: SignInReturn,
    is_known: bool,
    refused: Option<String>,
) -> Response {
    let portal = (!way.host.is_empty()).then(|| way.host.clone());
    // Browsers apply `form-action` to redirects after a form, too, and this one leads to the
    // portal.
    let policy = ceremony_policy(console.app.url_of(&way.host).unwrap_or_default());
    let page = page(&SignInPage {
        w: Localizer::new(visitor),
        portal,
        way,
        is_known,
        allows_passwords: password::is_allowed(&console.app),
        providers: providers::for_accounts(&console.app),
        is_wrong: refused.is_some(),
        account: refused.unwrap_or_default(),
    });
    ([(header::CONTENT_SECURITY_POLICY, policy)], page).into_response()
}

/// Redirects from a portal's host to the console, where identities are proved.
fn to_console(
    console: &Console,
    visitor: &Visitor,
    way: &SignInReturn,
) -> Result<Response, OperationError> {
    let state = Secret::draw()?;
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let address = format!(
        "{}/.digue/sign-in?for={}&state={}&next={}&fresh={}",
        console.app.console_url(),
        encode(&visitor.host),
        sign_in::state_hash(state.reveal()),
        encode(way.local_next()),
        encode(&way.fresh),
    );
    let cookie =
        // Ten minutes: the time for a sign-in in the console. `Lax`, because the way back is a
        // navigation from another site.
        format!("{STATE_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600", state.reveal());
    Ok(with_cookie(Redirect::to(&address).into_response(), &cookie))
}

fn session_cookie(secret: &Secret) -> String {
    // `Lax`: with `Strict` a link in a mail to a portal's page would open the sign-in page.
    format!(
        "__Host-digue={}; Path=/; Secure; HttpOnly; SameSite=Lax",
        secret.reveal()
    )
}

/// Sets the cookie of a new session and, over TLS, invites the browser to bind it to a device key.
/// An earlier session that came from elsewhere ends.
pub(crate) async fn opened(
    console: &Console,
    visitor: &Visitor,
    response: Response,
    secret: &Secret,
    session: &Session,
) -> Result<Response, OperationError> {
    if let Some((old, _)) = &visitor.doubted {
        sign_in::replace(&console.app, old, session).await?;
    }
    let mut response = with_cookie(response, &session_cookie(secret));
    if visitor.is_secure {
        let invitation = devices::invitation(&console.app, session)?;
        if let Ok(value) = HeaderValue::from_str(&invitation) {
            response
                .headers_mut()
                .insert("secure-session-registration", value);
        }
    }
    Ok(response)
}

/// Begins a passkey ceremony, for any account.
pub(crate) async fn begin(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<Value>, ApiError> {
    visitor.must_be_on_console()?;
    let begun = passkey::begin_sign_in(&console.app)?;
    Ok(Json(
        json!({"ceremony": begun.ceremony, "options": begun.options}),
    ))
}

#[derive(Deserialize)]
pub(crate) struct SignInProvider {
    ceremony: String,
    answer: Value,
    /// Not empty: a fresh proof for the existing session.
    #[serde(default)]
    proof: String,
    /// Not empty: completes a sign-in in which a provider proved one factor.
    #[serde(default)]
    ticket: String,
    #[serde(flatten)]
    way: SignInReturn,
}

/// Signs in, or gives a fresh proof; returns where to go.
pub(crate) async fn finish(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(shown): Json<SignInProvider>,
) -> Result<Response, ApiError> {
    let app = &console.app;
    visitor.must_be_on_console()?;
    if !shown.ticket.is_empty() {
        let (ticket, held, origin) = (&shown.ticket, provider_cookie(&headers), &visitor.origin);
        let done =
            providers::step_up_by_passkey(app, ticket, held, &shown.ceremony, shown.answer, origin)
                .await;
        let linked = done?;
        let next = Json(json!({"next": linked.next})).into_response();
        return opened(&console, &visitor, next, &linked.secret, &linked.session)
            .await
            .map_err(ApiError::from);
    }
    if !shown.proof.is_empty() {
        let session = visitor.console_session()?;
        passkey::prove(app, session, &shown.ceremony, shown.answer).await?;
        let next = if shown.way.next.is_empty() {
            "/self"
        } else {
            shown.way.local_next()
        };
        return Ok(Json(json!({"next": next})).into_response());
    }
    let done = passkey::finish_sign_in(app, &shown.ceremony, shown.answer, &visitor.origin).await;
    let (secret, session) = done?;
    let next = Json(json!({"next": shown.way.welcome()})).into_response();
    opened(&console, &visitor, next, &secret, &session)
        .await
        .map_err(ApiError::from)
}

#[derive(Deserialize)]
pub(crate) struct SignInPasswordForm {
    account: String,
    password: String,
    code: String,
    #[serde(flatten)]
    way: SignInReturn,
}

/// The cookie of a device on which an account signed in with its password before.
const KNOWN_COOKIE: &str = "__Host-digue-known";

pub(crate) fn device_of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, KNOWN_COOKIE)
}

/// Signs in with a password and a one-time code.
pub(crate) async fn by_password(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<SignInPasswordForm>,
) -> PageResponse {
    visitor.must_be_on_console()?;
    let SignInPasswordForm {
        account,
        password,
        code,
        way,
    } = form;
    let shown = password::ShownCredentials {
        account: &account,
        password: &password,
        code: &code,
        device: device_of(&headers),
    };
    let done = match password::sign_in(&console.app, shown, &visitor.origin).await {
        Ok(done) => done,
        Err(OperationError::Invalid(_)) => {
            // The account stays in the form, the password does not; the answer is the same for
            // every wrong input.
            let mut page = sign_in_page(&console, &visitor, way, false, Some(account));
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(page);
        }
        Err(error) => return Err(PageError::from(error)),
    };
    let next = Redirect::to(&way.welcome()).into_response();
    let response = opened(&console, &visitor, next, &done.secret, &done.session).await;
    let response = response?;
    Ok(match done.device {
        None => response,
        Some(device) => {
            let cookie = format!(
                // `Strict`, unlike the session: it is needed only by the form of this page, never
                // after a navigation from elsewhere.
                "{KNOWN_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31536000",
                device.reveal()
            );
            with_cookie(response, &cookie)
        }
    })
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    w: Localizer,
    way: SignInReturn,
    portal: Option<String>,
    connections: Vec<EarlierSignIn>,
}

/// The last sign-ins, so that the holder notices one that was not theirs; then continues.
pub(crate) async fn welcome(
    State(console): State<Console>,
    visitor: Visitor,
    Query(way): Query<SignInReturn>,
) -> PageResponse {
    let session = visitor.console_session()?;
    let connections = sign_in::last_connections(&console.app, session).await?;
    let policy = ceremony_policy(console.app.url_of(&way.host).unwrap_or_default());
    let portal = (!way.host.is_empty()).then(|| way.host.clone());
    let w = console.words(&visitor);
    let page = page(&WelcomePage {
        w,
        way,
        portal,
        connections,
    });
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], page).into_response())
}

async fn way_on(
    app: &App,
    session: &Session,
    way: &SignInReturn,
) -> Result<String, OperationError> {
    let address = sign_in::hand_over(app, session, &way.host, &way.state).await?;
    Ok(format!(
        "{address}&next={}",
        utf8_percent_encode(way.local_next(), NON_ALPHANUMERIC)
    ))
}

/// Continues to a portal, for a user who is signed in to the console.
pub(crate) async fn hand_over(
    State(console): State<Console>,
    visitor: Visitor,
    Form(way): Form<SignInReturn>,
) -> PageRedirect {
    let session = visitor.console_session()?;
    let address = way_on(&console.app, session, &way).await?;
    Ok(Redirect::to(&address))
}

#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    link: String,
    #[serde(flatten)]
    way: SignInReturn,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    w: Localizer,
    account: String,
    link: String,
    providers: Vec<ProviderChoice>,
}

/// Asks before it signs in, because mail scanners and previews open links and would use them up. A
/// hand-over asks nothing: only the browser that holds its state can use it.
pub(crate) async fn enter_page(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<LinkQuery>,
) -> PageResponse {
    if let Some(state) = cookie(&headers, STATE_COOKIE) {
        let (host, origin) = (&visitor.host, &visitor.origin);
        let taken = sign_in::take_over(&console.app, &query.link, state, host, origin).await;
        // After any failure the link is tried as an invitation: a state may be left from before.
        if let Ok((secret, session)) = taken {
            let gone =
                format!("{STATE_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
            let response = Redirect::to(query.way.local_next()).into_response();
            let response = opened(&console, &visitor, response, &secret, &session).await;
            return Ok(with_cookie(response?, &gone));
        }
    }
    let account = sign_in::peek_link(&console.app, &query.link, &visitor.host).await;
    let account = account.map_err(link_gone)?.to_string();
    // Identities are linked in the console; a portal's link opens its portal.
    let providers = if visitor.portal.is_none() {
        providers::for_accounts(&console.app)
    } else {
        Vec::new()
    };
    Ok(page(&EnterPage {
        w: Localizer::new(&visitor),
        account,
        link: query.link,
        providers,
    })
    .into_response())
}

pub(crate) async fn enter(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<LinkQuery>,
) -> PageResponse {
    let entered = sign_in::enter(&console.app, &form.link, &visitor.host, &visitor.origin).await;
    let (secret, session) = entered.map_err(link_gone)?;
    // Before anything else: without a credential the next sign-in takes another link.
    // In the demonstration nobody comes back tomorrow.
    let is_first = visitor.portal.is_none()
        && console.demo.is_none()
        && passkey::first_until(&console.app, &session)
            .await?
            .is_some();
    let next = if is_first {
        "/self"
    } else {
        form.way.local_next()
    };
    let response = Redirect::to(next).into_response();
    opened(&console, &visitor, response, &secret, &session)
        .await
        .map_err(PageError::from)
}

fn link_gone(error: OperationError) -> OperationError {
    match error {
        OperationError::NotFound(_) => OperationError::Invalid("invalid-link"),
        other => other,
    }
}

pub(crate) async fn leave(State(console): State<Console>, visitor: Visitor) -> PageResponse {
    let mut next = "/.digue/sign-in".to_owned();
    if let Some(session) = &visitor.session {
        // Asked before the session ends: the ID token that the provider wants is stored with it.
        if let Some(ticket) = providers::farewell(&console.app, session).await {
            next = left_address(&ticket);
        }
        sign_in::leave(&console.app, session).await?;
    }
    let mut response = Redirect::to(&next).into_response();
    let gone = "__Host-digue=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    response
        .headers_mut()
        .append(header::SET_COOKIE, HeaderValue::from_static(gone));
    Ok(response)
}

#[derive(Deserialize)]
pub(crate) struct LanguageForm {
    language: String,
    #[serde(default)]
    next: String,
}

/// Stores the chosen language for a year, and returns to the page where it was chosen.
pub(crate) async fn language(headers: HeaderMap, Form(form): Form<LanguageForm>) -> Response {
    let chosen = digue_locales::Language::parse(&form.language).unwrap_or_default();
    // Without `__Host-` and not `HttpOnly`: it is no secret, and the pages of all hosts may read
    // it.
    let cookie = format!(
        "digue-language={}; Path=/; Max-Age=31536000; SameSite=Lax",
        chosen.code()
    );
    back_with_cookie(&headers, form.next, &cookie)
}

/// Sets a cookie, and returns to `next`, or when it is empty to the page from which the form was
/// sent.
pub(crate) fn back_with_cookie(headers: &HeaderMap, next: String, cookie: &str) -> Response {
    let next = if next.is_empty() {
        came_from(headers).unwrap_or_default()
    } else {
        next
    };
    let way = SignInReturn {
        next,
        ..SignInReturn::default()
    };
    with_cookie(Redirect::to(way.local_next()).into_response(), cookie)
}

/// The page of this host from which a form was sent.
pub(crate) fn came_from(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (_, rest) = text(header::REFERER)?.split_once("://")?;
    let (host, place) = rest.split_once('/')?;
    // Only a page of this host: the header is the browser's, but where it leads must not be another
    // site's choice.
    (Some(host) == text(header::HOST)).then(|| format!("/{place}"))
}

/// The public keys with which portals verify asserted identities.
pub(crate) async fn jwks(State(console): State<Console>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, console.app.gateway().jwks()).into_response()
}

/// A page that only answers forms was opened by its address, for example from the history or after
/// a change of language. People are sent to the start page; programs get an error.
pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    let is_person = method == Method::GET && !uri.path().starts_with("/api/");
    if is_person {
        Redirect::to("/").into_response()
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    }
}

pub(crate) async fn not_found() -> (StatusCode, PageError) {
    (
        StatusCode::NOT_FOUND,
        PageError::from(OperationError::NotFound("page")),
    )
}
