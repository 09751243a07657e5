//! The same operations for programs: JSON in and out, problems as RFC 9457, described by
//! `assets/openapi.json`.

pub(crate) mod acts;
pub(crate) mod reads;
pub(crate) mod usage;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use digue_locales::text;
use digue_operations::OperationError;
use digue_operations::caseloads::{self, Loaded};
use digue_types::{PopulationId, PortalId};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::outcome;
use crate::router::Console;
use crate::visitor::Visitor;

/// An operation's error as a problem document.
pub(crate) struct Problem(pub(crate) Visitor, pub(crate) OperationError);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(visitor, error) = self;
        let (mut status, title, detail) = outcome(&error);
        if visitor.session.is_none() && visitor.program.is_none() && status == StatusCode::FORBIDDEN {
            status = StatusCode::UNAUTHORIZED;
        }
        let mut problem = json!({
            "type": "about:blank",
            "title": text(visitor.language, title),
            "status": status.as_u16(),
            "detail": text(visitor.language, detail),
        });
        if let OperationError::Faults(faults) = &error {
            let said = |key: &str| text(visitor.language, key);
            let list: Vec<Value> = faults
                .iter()
                .map(|f| json!({"line": f.line, "code": f.key, "fault": said(&f.key)}))
                .collect();
            problem["faults"] = list.into();
        }
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], problem.to_string()).into_response()
    }
}

pub(crate) fn answer<T>(visitor: &Visitor, result: Result<T, OperationError>) -> Result<T, Problem> {
    result.map_err(|error| Problem(visitor.clone(), error))
}

/// A JSON body; whatever does not fit is a problem document like any other.
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let visitor = request.extensions().get::<Visitor>().cloned();
        let visitor = match visitor {
            Some(visitor) => visitor,
            None => return Err(Problem(Visitor::nobody(), OperationError::Denied)),
        };
        match Json::<T>::from_request(request, state).await {
            Ok(Json(sent)) => Ok(Self(sent)),
            Err(_) => Err(Problem(visitor, OperationError::Invalid("invalid-json"))),
        }
    }
}

/// Parameters that say whether they are within the limits that the description gives.
pub(crate) trait Limited {
    fn is_within(&self) -> bool;
}

/// Query parameters, in the same way.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Limited> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_else(Visitor::nobody);
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) if asked.is_within() => Ok(Self(asked)),
            _ => Err(Problem(visitor, OperationError::Invalid("invalid-query"))),
        }
    }
}

const OPENAPI: &str = include_str!("../assets/openapi.json");

/// What programs may ask for, for everybody.
pub(crate) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], OPENAPI).into_response()
}

/// An address or a method that the interface does not have.
pub(crate) async fn not_found(visitor: Visitor) -> Problem {
    Problem(visitor, OperationError::NotFound("page"))
}

fn population(text: &str) -> Result<PopulationId, OperationError> {
    PopulationId::parse(text).map_err(|_| OperationError::NotFound("population"))
}

fn loaded(loaded: Loaded) -> Json<Value> {
    Json(json!({"relations": loaded.relations, "version": loaded.version}))
}

pub(crate) async fn replace_caseload(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let actor = answer(&visitor, visitor.actor(&console.house))?;
    let name = answer(&visitor, population(&name))?;
    let done = caseloads::replace(&console.house, &actor, &name, body.to_vec()).await;
    answer(&visitor, done).map(loaded)
}

pub(crate) async fn add_caseload(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let actor = answer(&visitor, visitor.actor(&console.house))?;
    let name = answer(&visitor, population(&name))?;
    let done = caseloads::add(&console.house, &actor, &name, body.to_vec()).await;
    answer(&visitor, done).map(loaded)
}

pub(crate) async fn replace_aliases(
    State(console): State<Console>,
    visitor: Visitor,
    Path(portal): Path<String>,
    body: String,
) -> Result<Json<Value>, Problem> {
    let actor = answer(&visitor, visitor.actor(&console.house))?;
    let portal = PortalId::parse(&portal).map_err(|_| OperationError::NotFound("portal"));
    let portal = answer(&visitor, portal)?;
    let done = caseloads::replace_aliases(&console.house, &actor, &portal, &body).await;
    answer(&visitor, done).map(|count| Json(json!({"aliases": count})))
}
