//! The same operations for programs: JSON in and out, problems as RFC 9457.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use digue_locales::text;
use digue_operations::caseloads::{self, Loaded};
use digue_operations::{OperationError, gates, watch};
use digue_types::{PopulationId, PortalId};
use serde_json::{Value, json};

use crate::error::outcome;
use crate::pages::gates::GateForm;
use crate::router::Console;
use crate::visitor::Visitor;

/// An operation's error as a problem document.
pub(crate) struct Problem(pub(crate) Visitor, pub(crate) OperationError);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(visitor, error) = self;
        let (mut status, title, detail) = outcome(&error);
        if visitor.session.is_none() && status == StatusCode::FORBIDDEN {
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

pub(crate) async fn set_gate(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<GateForm>,
) -> Result<StatusCode, Problem> {
    let actor = answer(&visitor, visitor.actor(&console.house))?;
    let (reach, gate) = answer(&visitor, form.parse())?;
    let done = gates::set_gate(&console.house, &actor, reach, gate, form.reason()).await;
    answer(&visitor, done).map(|()| StatusCode::NO_CONTENT)
}

pub(crate) async fn overview(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<Value>, Problem> {
    let actor = answer(&visitor, visitor.actor(&console.house))?;
    let view = answer(&visitor, watch::overview(&console.house, &actor))?;
    let coverage: Vec<Value> = view
        .coverage
        .iter()
        .map(|portal| {
            json!({
                "portal": portal.portal,
                "observes_only": portal.observes_only,
                "inspected": portal.counts.inspected,
                "uninspected": portal.counts.uninspected,
                "uninspected_bytes": portal.counts.uninspected_bytes,
                "outside_map": portal.counts.outside_map,
                "refused": portal.counts.refused,
                "would_refuse": portal.counts.would_refuse,
                "unseen": portal.counts.unseen,
            })
        })
        .collect();
    Ok(Json(json!({
        "now": view.now,
        "persons_day": view.persons_day,
        "sessions": view.sessions,
        "coverage": coverage,
        "journal": {
            "size": view.journal.size,
            "checkpoint_size": view.journal.checkpoint_size,
            "checkpoint_at": view.journal.checkpoint_at,
            "failure": view.journal.failure,
        },
    })))
}
