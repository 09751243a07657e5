//! The only place where the result of an operation becomes a page and a status code.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use digue_app::{LineFault, OperationError};
use digue_evidence::stored_records::RecordDifference;
use digue_locales::{Language, text};
use digue_types::OperatorContact;
use serde_json::{Value, json};

use crate::state::Console;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

/// An operation error on its way to `show_errors`, which knows the reader's language.
pub struct PageError(OperationError);

/// What the address of a page answers.
pub type PageAnswer = Result<Html<String>, PageError>;

/// What the address of a file answers, or that of an act with headers of its own.
pub type PageResponse = Result<Response, PageError>;

/// What an act answers: the page that is shown next.
pub type PageRedirect = Result<Redirect, PageError>;

impl From<OperationError> for PageError {
    fn from(error: OperationError) -> Self {
        Self(error)
    }
}

/// Who reads the error: a person or a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ErrorAudience {
    Person,
    Program,
}

/// Marks a response whose body is still missing.
#[derive(Clone)]
pub struct FailedOperation(Arc<OperationError>, ErrorAudience);

impl FailedOperation {
    pub fn response(error: OperationError, audience: ErrorAudience) -> Response {
        let (status, _, _) = outcome(&error);
        let mut response = status.into_response();
        response
            .extensions_mut()
            .insert(Self(Arc::new(error), audience));
        response
    }

    pub fn needs_proof(&self) -> bool {
        matches!(*self.0, OperationError::ProofNeeded) && self.1 == ErrorAudience::Person
    }
}

/// The form of a request, on its way to `show_errors`.
#[derive(Clone)]
pub struct RefusedForm(pub Bytes);

/// What an error page says, with the form that was refused: its own page can be shown instead.
#[derive(Clone)]
pub struct RefusedFormPage {
    /// In the encoding of addresses.
    pub form: Bytes,
    pub title: String,
    pub text: String,
    pub details: Vec<String>,
    /// The words of the link to the form.
    pub way: String,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        FailedOperation::response(self.0, ErrorAudience::Person)
    }
}

/// Fills in the error page or the problem document (RFC 9457) of a response, in the reader's
/// language.
pub async fn show_errors(
    State(console): State<Console>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let failed = response.extensions_mut().remove();
    let failed = failed.or_else(|| unreadable_form(&response));
    let Some(FailedOperation(error, audience)) = failed else {
        return response;
    };
    if response.status().is_server_error() {
        tracing::error!(%error, "Request failed; an error was sent");
    }
    if audience == ErrorAudience::Program {
        return problem_document(&visitor, &error);
    }
    // A refused visitor without a session is sent to sign in; with one, the refusal is about the
    // role and stays.
    if visitor.session.is_none() && matches!(*error, OperationError::Denied) {
        return Redirect::to("/.digue/sign-in").into_response();
    }
    // The status and the cookies of the handler are kept.
    let (mut parts, _) = response.into_parts();
    // It is that of the empty body: the page would be cut off.
    parts.headers.remove(header::CONTENT_LENGTH);
    let contact = match &*error {
        OperationError::Denied => console.app.gateway().contact(),
        _ => None,
    };
    let unconfirmed = match &*error {
        OperationError::Denied => unconfirmed_sentence(&console, &visitor),
        _ => None,
    };
    let form = parts.extensions.remove::<RefusedForm>();
    let message = message_page(&visitor, &error, contact, unconfirmed);
    let refused = form.map(|RefusedForm(form)| RefusedFormPage {
        form,
        title: message.title.clone(),
        text: message.text.clone(),
        details: message.details.clone(),
        way: message.w.say("error-to-form"),
    });
    let mut answer = (parts.status, parts.headers, page(&message)).into_response();
    if let Some(refused) = refused {
        answer.extensions_mut().insert(refused);
    }
    answer
}

/// A form that the framework could not read: its answer is a text for programmers.
fn unreadable_form(response: &Response) -> Option<FailedOperation> {
    let is_form = response.extensions().get::<RefusedForm>().is_some();
    let is_refused = matches!(
        response.status(),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
    );
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let error = OperationError::Invalid("invalid-form");
    (is_form && is_refused && is_text)
        .then(|| FailedOperation(Arc::new(error), ErrorAudience::Person))
}

/// The error of an operation, on its way to `show_errors`, which makes a problem document of it.
pub struct ApiError(OperationError);

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        Self(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        FailedOperation::response(self.0, ErrorAudience::Program)
    }
}

/// The problem document of an error, in the reader's language.
pub fn problem_document(visitor: &Visitor, error: &OperationError) -> Response {
    let (mut status, title, detail) = outcome(error);
    if visitor.session.is_none() && visitor.program.is_none() && status == StatusCode::FORBIDDEN {
        // 401 only for a caller without any identity: a program that is known and refused must not
        // retry with its key.
        status = StatusCode::UNAUTHORIZED;
    }
    // No types of our own: by `about:blank` the status alone tells the kind (RFC 9457, 4.2.1).
    let mut problem = json!({
        "type": "about:blank",
        "title": text(visitor.language, title),
        "status": status.as_u16(),
        "detail": detail_text(&Localizer::new(visitor), error, detail),
    });
    if let OperationError::Unconfirmed(codes) = error {
        problem["records"] = codes
            .iter()
            .map(|code| {
                let name = difference_in_words(visitor.language, code);
                json!({ "code": code, "name": name })
            })
            .collect();
    }
    if let OperationError::Faults(faults) = error {
        problem["faults"] = faults
            .iter()
            .map(|fault| fault_json(visitor.language, fault))
            .collect();
    }
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], problem.to_string()).into_response()
}

/// The sentence of an error; that of a file with the time at which the journal holds it.
fn detail_text(w: &Localizer, error: &OperationError, key: &str) -> String {
    match error {
        OperationError::FileAltered(at) => w.with1(key, "at", w.moment(*at)),
        OperationError::Denied
        | OperationError::NotFound(_)
        | OperationError::Invalid(_)
        | OperationError::Faults(_)
        | OperationError::ProofNeeded
        | OperationError::SecondNeeded
        | OperationError::Involved
        | OperationError::Unconfirmed(_)
        | OperationError::Conflict
        | OperationError::Busy
        | OperationError::Full
        | OperationError::Unavailable(_) => w.say(key),
    }
}

fn difference_in_words(language: Language, code: &str) -> String {
    RecordDifference::parse(code).map_or_else(|| code.to_owned(), |one| one.in_words(language))
}

fn fault_json(language: Language, fault: &LineFault) -> Value {
    json!({
        "line": fault.line,
        "column": fault.column,
        "name": fault.column.as_deref().map(|column| column_label(language, column)),
        "code": fault.key,
        "fault": text(language, &fault.key),
    })
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    w: Localizer,
    title: String,
    text: String,
    details: Vec<String>,
    /// Whom a reader can ask who may not do this.
    contact: Option<OperatorContact>,
}

/// Why an account whose holder nobody confirmed yet may do so little, and who can confirm it. `None`
/// for every other account: its role is the reason.
fn unconfirmed_sentence(console: &Console, visitor: &Visitor) -> Option<String> {
    let account = &visitor.session.as_ref()?.account;
    let unconfirmed = console.app.unconfirmed();
    if !unconfirmed.has(account) {
        return None;
    }
    let w = Localizer::new(visitor);
    let confirmers = unconfirmed.confirmers(&console.app, account);
    Some(if confirmers.is_empty() {
        w.say("error-unconfirmed")
    } else {
        let names: Vec<String> = confirmers.iter().map(ToString::to_string).collect();
        w.with1("error-unconfirmed-by", "names", names.join(", "))
    })
}

fn message_page(
    visitor: &Visitor,
    error: &OperationError,
    contact: Option<&OperatorContact>,
    unconfirmed: Option<String>,
) -> MessagePage {
    let (_, title, text) = outcome(error);
    let w = Localizer::new(visitor);
    let details = match error {
        OperationError::Faults(faults) => faults
            .iter()
            .map(|fault| fault_in_words(&w, visitor, fault))
            .collect(),
        OperationError::Unconfirmed(codes) => codes
            .iter()
            .map(|code| difference_in_words(visitor.language, code))
            .collect(),
        _ => Vec::new(),
    };
    MessagePage {
        title: w.say(title),
        text: unconfirmed.unwrap_or_else(|| detail_text(&w, error, text)),
        details,
        contact: contact.cloned(),
        w,
    }
}

fn fault_in_words(w: &Localizer, visitor: &Visitor, fault: &LineFault) -> String {
    let kind = w.say(&fault.key);
    let line = ("line", fault.line.into());
    match &fault.column {
        None => w.with("fault-line", [line, ("fault", kind.into())]),
        Some(column) => {
            let column = ("column", column_label(visitor.language, column).into());
            w.with("fault-cell", [line, column, ("fault", kind.into())])
        }
    }
}

/// Columns that all CSV files of Digue share, translated for the reader; others as in the file.
const CSV_COLUMNS: [&str; 10] = [
    "account",
    "organisation",
    "person",
    "reason",
    "from",
    "until",
    "kind",
    "identifier",
    "role",
    "email",
];

pub fn column_label(language: Language, column: &str) -> String {
    if CSV_COLUMNS.contains(&column) {
        text(language, &format!("csv-column-{column}"))
    } else {
        column.to_owned()
    }
}

/// A body larger than the route accepts.
pub fn too_large(visitor: &Visitor, is_api: bool) -> Response {
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
    (
        status,
        page(&MessagePage {
            title,
            text,
            details: Vec::new(),
            contact: None,
            w,
        }),
    )
        .into_response()
}

/// The status, and the locale keys of title and text.
pub fn outcome(error: &OperationError) -> (StatusCode, &'static str, &'static str) {
    match error {
        OperationError::Denied => (StatusCode::FORBIDDEN, "error-denied-title", "error-denied"),
        OperationError::NotFound(_) => (
            StatusCode::NOT_FOUND,
            "error-not-found-title",
            "error-not-found",
        ),
        OperationError::Invalid(key) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "error-invalid-title", key)
        }
        OperationError::Faults(_) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "error-invalid-title",
            "error-faults",
        ),
        OperationError::SecondNeeded => {
            (StatusCode::CONFLICT, "error-second-title", "error-second")
        }
        OperationError::Involved => (
            StatusCode::CONFLICT,
            "error-involved-title",
            "error-involved",
        ),
        OperationError::ProofNeeded => (StatusCode::FORBIDDEN, "error-proof-title", "error-proof"),
        OperationError::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "error-busy-title",
            "error-busy",
        ),
        OperationError::Full => (
            StatusCode::SERVICE_UNAVAILABLE,
            "error-full-title",
            "error-full",
        ),
        OperationError::Unconfirmed(_) => (
            StatusCode::CONFLICT,
            "error-unconfirmed-records-title",
            "error-unconfirmed-records",
        ),
        OperationError::FileAltered(_) => (
            StatusCode::CONFLICT,
            "error-file-altered-title",
            "error-file-altered",
        ),
        OperationError::Conflict => (
            StatusCode::CONFLICT,
            "error-conflict-title",
            "error-conflict",
        ),
        OperationError::Unavailable(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "error-unavailable-title",
            "error-unavailable",
        ),
    }
}
