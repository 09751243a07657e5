//! The one place where the outcome of an operation becomes a page and a status.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use digue_locales::{Language, text};
use digue_operations::OperationError;

use crate::proof::NeedsProof;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

/// A page that could not be shown.
pub(crate) struct PageError {
    visitor: Visitor,
    error: OperationError,
}

impl PageError {
    pub(crate) fn new(visitor: &Visitor, error: OperationError) -> Self {
        Self { visitor: visitor.clone(), error }
    }
}

/// Turns the error of an operation into this visitor's page.
pub(crate) fn told<T>(visitor: &Visitor, result: Result<T, OperationError>) -> Result<T, PageError> {
    result.map_err(|error| PageError::new(visitor, error))
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    w: Localizer,
    title: String,
    text: String,
    details: Vec<String>,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let is_stranger = self.visitor.session.is_none();
        if is_stranger && matches!(self.error, OperationError::Denied) {
            return Redirect::to("/.digue/sign-in").into_response();
        }
        if matches!(self.error, OperationError::ProofNeeded) && !is_stranger {
            // The page that asks for the proof keeps what was sent: see `proof`.
            let mut response = StatusCode::FORBIDDEN.into_response();
            response.extensions_mut().insert(NeedsProof);
            return response;
        }
        let (status, title, text) = outcome(&self.error);
        if status.is_server_error() {
            tracing::error!(error = %self.error, "A page could not be shown");
        }
        let w = Localizer::new(&self.visitor);
        let details = match &self.error {
            OperationError::Faults(faults) => faults
                .iter()
                .map(|fault| {
                    let kind = w.say(&fault.key);
                    let line = ("line", fault.line.into());
                    match &fault.column {
                        None => w.with("fault-line", [line, ("fault", kind.into())]),
                        Some(column) => {
                            let column = ("column", column_said(self.visitor.language, column).into());
                            w.with("fault-cell", [line, column, ("fault", kind.into())])
                        }
                    }
                })
                .collect(),
            _ => Vec::new(),
        };
        let message = MessagePage { title: w.say(title), text: w.say(text), details, w };
        (status, page(&message)).into_response()
    }
}

/// Columns that every CSV of Digue calls by these codes, in its reader's words; others as the file has them.
const CSV_COLUMNS: [&str; 10] =
    ["account", "organisation", "person", "reason", "from", "until", "kind", "identifier", "role", "email"];

pub(crate) fn column_said(language: Language, column: &str) -> String {
    if CSV_COLUMNS.contains(&column) {
        text(language, &format!("csv-column-{column}"))
    } else {
        column.to_owned()
    }
}

/// A body that is larger than this route takes.
pub(crate) fn too_large(visitor: &Visitor, is_api: bool) -> Response {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    let w = Localizer::new(visitor);
    let (title, text) = (w.say("too-large-title"), w.say("too-large"));
    if is_api {
        let problem = serde_json::json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": text,
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        return (status, kind, problem.to_string()).into_response();
    }
    (status, page(&MessagePage { title, text, details: Vec::new(), w })).into_response()
}

/// Status, and locale keys of title and text.
pub(crate) fn outcome(error: &OperationError) -> (StatusCode, &'static str, &'static str) {
    match error {
        OperationError::Denied => (StatusCode::FORBIDDEN, "error-denied-title", "error-denied"),
        OperationError::NotFound(_) => (StatusCode::NOT_FOUND, "error-not-found-title", "error-not-found"),
        OperationError::Invalid(key) => (StatusCode::UNPROCESSABLE_ENTITY, "error-invalid-title", key),
        OperationError::Faults(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "error-invalid-title", "error-faults")
        }
        OperationError::SecondNeeded => (StatusCode::CONFLICT, "error-second-title", "error-second"),
        OperationError::Involved => (StatusCode::CONFLICT, "error-involved-title", "error-involved"),
        OperationError::ProofNeeded => (StatusCode::FORBIDDEN, "error-proof-title", "error-proof"),
        OperationError::Busy => (StatusCode::TOO_MANY_REQUESTS, "error-busy-title", "error-busy"),
        OperationError::Full => (StatusCode::SERVICE_UNAVAILABLE, "error-full-title", "error-full"),
        OperationError::Conflict => (StatusCode::CONFLICT, "error-conflict-title", "error-conflict"),
        OperationError::Unavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "error-unavailable-title", "error-unavailable")
        }
    }
}
