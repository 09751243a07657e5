//! The two endpoints of device-bound sessions, for browsers.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use digue_access::Session;
use digue_app::{App, OperationError};
use digue_identity::devices::{self, BoundSession, COOKIE_LASTS};

use crate::error::ApiError;
use crate::state::Console;
use crate::visitor::Visitor;

/// A string or token of a structured field (RFC 8941), without quotes.
fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    Some(value.trim_matches('"')).filter(|value| !value.is_empty())
}

fn bound(bound: &BoundSession) -> Response {
    let cookie = format!(
        "__Host-digue-device={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
        bound.cookie.reveal(),
        COOKIE_LASTS.as_secs()
    );
    let cookie = HeaderValue::from_str(&cookie).expect("base64url and fixed words");
    (
        [(header::SET_COOKIE, cookie)],
        Json(bound.instructions.clone()),
    )
        .into_response()
}

/// Binds a session that was just opened to a key.
pub(crate) async fn register(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let session = visitor.session.as_ref().ok_or(OperationError::Denied)?;
    let token = header_text(&headers, "secure-session-response")
        .ok_or(OperationError::Invalid("invalid-ceremony"));
    let token = token?;
    devices::register(&console.app, session, token)
        .await
        .map_err(ApiError::from)
        .map(|done| bound(&done))
}

/// Asks for a signature, or issues the next short cookie for one. Here the long cookie alone
/// authenticates the session, because the short one is what is being requested.
pub(crate) async fn refresh(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let session = session_of(&visitor, &headers)?;
    match header_text(&headers, "secure-session-response") {
        Some(token) => {
            let done = devices::refresh(&console.app, session, token).await;
            done.map_err(ApiError::from).map(|done| bound(&done))
        }
        None => asks(&console.app, session).map_err(ApiError::from),
    }
}

/// A cookie from another network or browser gets no challenge: its holder must sign in again.
fn session_of<'v>(
    visitor: &'v Visitor,
    headers: &HeaderMap,
) -> Result<&'v Session, OperationError> {
    use digue_access::session::SessionDoubt;
    let session = match (&visitor.session, &visitor.doubted) {
        (Some(session), _) => session,
        (None, Some((session, SessionDoubt::Unbound))) => session,
        _ => return Err(OperationError::Denied),
    };
    let named = header_text(headers, "sec-secure-session-id");
    // The browser names the session whose key it will use (DBSC draft). Another one would sign for
    // nothing.
    if named == Some(session.id.as_str()) {
        Ok(session)
    } else {
        Err(OperationError::Denied)
    }
}

fn asks(app: &App, session: &Session) -> Result<Response, OperationError> {
    let challenge = devices::challenge(app, session)?;
    let value = format!("\"{challenge}\";id=\"{}\"", session.id);
    let value = HeaderValue::from_str(&value).expect("base64url");
    // 403 with a challenge is what the draft asks for; 401 would make some clients ask for a
    // password.
    Ok((StatusCode::FORBIDDEN, [("secure-session-challenge", value)]).into_response())
}
