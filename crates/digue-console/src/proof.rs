//! Sensitive acts without a fresh proof of identity: the proof is requested, and the submitted form
//! is kept on the page and sent again afterwards, so that nothing is typed twice.

use digue_app::OperationError;
use digue_identity::password;
use digue_identity::providers::{self, OwnIdentity};

use askama::Template;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;

use crate::account::sign_in::device_of;
use crate::error::{FailedOperation, PageError, PageResponse, RefusedForm};
use crate::form::is_local;
use crate::state::Console;
use crate::view::{Localizer, ceremony_policy, page};
use crate::visitor::Visitor;

/// Larger forms are not kept.
const KEPT_BYTES_MAX: usize = 64 << 10;

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    w: Localizer,
    /// The address and method to which the kept form is sent.
    action: String,
    is_post: bool,
    fields: Vec<(String, String)>,
    /// The same fields, as one value.
    body: String,
    has_password: bool,
    identities: Vec<OwnIdentity>,
    is_wrong: bool,
    /// The proof was given: the form only needs to be sent again.
    is_proved: bool,
}

/// Keeps the form of a request until it is known whether a proof is needed.
pub(crate) async fn keep_form(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned();
    let action = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let is_post = request.method() == Method::POST;
    let (request, kept) = match is_post && is_form(request.headers()) {
        true => read(request).await,
        false => (request, Bytes::new()),
    };
    let mut response = next.run(request).await;
    if !kept.is_empty() {
        response.extensions_mut().insert(RefusedForm(kept.clone()));
    }
    let needs_proof = response
        .extensions()
        .get()
        .is_some_and(FailedOperation::needs_proof);
    match visitor {
        Some(visitor) if needs_proof && visitor.session.is_some() => {
            // A form in this encoding is ASCII (URL Standard, 5.2): nothing is lost.
            let body = String::from_utf8_lossy(&kept).into_owned();
            // Other bodies cannot be kept on a page: their form must be filled in again.
            let is_kept = !is_post || !kept.is_empty();
            let (action, is_post) = if is_kept {
                (action, is_post)
            } else {
                ("/".to_owned(), false)
            };
            ask(
                &console,
                &visitor,
                KeptForm {
                    action,
                    is_post,
                    body,
                },
                false,
            )
            .await
        }
        _ => response,
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Reads a form as far as it may be kept. A longer one passes as it comes: it is only not shown
/// again, and how long it may be is the route's rule.
async fn read(request: Request) -> (Request, Bytes) {
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut start = Vec::new();
    let (body, kept) = loop {
        match rest.next().await {
            None => {
                let whole = Bytes::from(start);
                break (Body::from(whole.clone()), whole);
            }
            Some(Ok(bytes)) => start.extend_from_slice(&bytes),
            Some(Err(error)) => {
                let broken = stream::iter([Ok(Bytes::from(start)), Err(error)]);
                break (Body::from_stream(broken), Bytes::new());
            }
        }
        if start.len() > KEPT_BYTES_MAX {
            let start = stream::iter([Ok(Bytes::from(start))]);
            break (Body::from_stream(start.chain(rest)), Bytes::new());
        }
    };
    (Request::from_parts(parts, body), kept)
}

/// The submitted form, to be sent again.
struct KeptForm {
    action: String,
    is_post: bool,
    body: String,
}

impl KeptForm {
    fn fields(&self) -> Vec<(String, String)> {
        let fields = if self.is_post {
            self.body.as_str()
        } else {
            self.action.split_once('?').map_or("", |(_, query)| query)
        };
        pairs_of(fields)
    }
}

/// The fields of a form in the encoding of addresses.
pub(crate) fn pairs_of(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs.map(pair_of).collect()
}

fn pair_of(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (plain(name), plain(value))
}

/// The text that a browser wrote as part of a form.
fn plain(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text)
        .decode_utf8_lossy()
        .into_owned()
}

async fn ask(console: &Console, visitor: &Visitor, kept: KeptForm, is_wrong: bool) -> Response {
    show(console, visitor, kept, is_wrong, false).await
}

async fn show(
    console: &Console,
    visitor: &Visitor,
    kept: KeptForm,
    is_wrong: bool,
    is_proved: bool,
) -> Response {
    let (mut has_password, mut identities) = (false, Vec::new());
    if let Ok(session) = visitor.console_session() {
        // An error only hides these two ways: a passkey is always offered.
        has_password = password::own(&console.app, session)
            .await
            .is_ok_and(|own| own.is_some());
        identities = providers::own(&console.app, session)
            .await
            .unwrap_or_default();
    }
    let fields = kept.fields();
    let page = page(&ProofPage {
        w: Localizer::new(visitor),
        fields,
        action: kept.action.split('?').next().unwrap_or_default().to_owned(),
        is_post: kept.is_post,
        body: kept.body,
        has_password,
        identities,
        is_wrong,
        is_proved,
    });
    let status = if is_proved {
        StatusCode::OK
    } else {
        StatusCode::FORBIDDEN
    };
    (
        status,
        [(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))],
        page,
    )
        .into_response()
}

#[derive(Deserialize)]
pub(crate) struct PasswordProof {
    password: String,
    code: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    is_post: u8,
    #[serde(default)]
    body: String,
}

/// Gives the proof with password and code, and offers to send the kept form.
pub(crate) async fn by_password(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<PasswordProof>,
) -> PageResponse {
    let session = visitor.console_session()?;
    let is_local = is_local(&form.action);
    let action = if is_local {
        form.action
    } else {
        "/".to_owned()
    };
    let kept = KeptForm {
        action,
        is_post: form.is_post == 1,
        body: form.body,
    };
    let device = device_of(&headers);
    match password::prove(&console.app, session, &form.password, &form.code, device).await {
        Ok(()) => Ok(show(&console, &visitor, kept, false, true).await),
        Err(OperationError::Invalid(_)) => Ok(ask(&console, &visitor, kept, true).await),
        Err(error) => Err(PageError::from(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_comes_back_field_by_field() {
        let kept = KeptForm {
            action: "/gates".into(),
            is_post: true,
            body: "scope=account&reason=vol+d%27un+poste&x".into(),
        };
        let expected = [
            ("scope", "account"),
            ("reason", "vol d'un poste"),
            ("x", ""),
        ];
        assert_eq!(
            kept.fields(),
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        let asked = KeptForm {
            action: "/persons/sights.csv?person=P1".into(),
            is_post: false,
            body: String::new(),
        };
        assert_eq!(asked.fields(), [("person".to_owned(), "P1".to_owned())]);
    }
}
