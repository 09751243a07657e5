//! The same operations for programs: JSON in and out, errors as RFC 9457 problem documents,
//! described by `assets/openapi.json`.

pub mod acts;
pub mod reads;
pub mod usage;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use digue_administration::loads::{LoadGrowth, LoadMode, LoadOutcome, LoadTarget};
use digue_administration::tables;
use digue_app::OperationError;
use digue_types::{PopulationId, PortalId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use digue_pages::error::ApiError;
use digue_pages::state::Console;
use digue_pages::visitor::Visitor;

/// What a reading answers.
pub type JsonAnswer = Result<Json<Value>, ApiError>;

/// A JSON body; whatever does not fit is a problem document like any other.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // Before the body is parsed: a sender who may not send learns nothing of what would be
        // accepted.
        if request.extensions().get::<Visitor>().is_none() {
            return Err(ApiError::from(OperationError::Denied));
        }
        match Json::<T>::from_request(request, state).await {
            Ok(Json(sent)) => Ok(Self(sent)),
            Err(_) => Err(ApiError::from(OperationError::Invalid("invalid-json"))),
        }
    }
}

/// Parameters that check the limits of the API description.
pub trait QuotaPermit {
    fn is_within(&self) -> bool;
}

/// Query parameters, checked in the same way.
pub struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + QuotaPermit> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) if query.is_within() => Ok(Self(query)),
            _ => Err(ApiError::from(OperationError::Invalid("invalid-query"))),
        }
    }
}

const OPENAPI: &str = include_str!("../assets/openapi.json");

/// The API description; public.
pub async fn openapi() -> Response {
    (
        [(
            header::CONTENT_TYPE,
            "application/vnd.oai.openapi+json;version=3.1",
        )],
        OPENAPI,
    )
        .into_response()
}

/// An address or a method that the API does not have.
pub async fn not_found() -> ApiError {
    ApiError::from(OperationError::NotFound("page"))
}

fn population(text: &str) -> Result<PopulationId, OperationError> {
    PopulationId::parse(text).map_err(|_| OperationError::NotFound("population"))
}

/// 200, or 202 when a part waits for a second person.
fn loaded(mut body: Value, done: LoadOutcome) -> Response {
    if !done.ignored.is_empty() {
        body["ignored"] = done.ignored.into();
    }
    let Some((id, growth)) = done.waiting else {
        return Json(body).into_response();
    };
    body["waiting"] = growth_json(&id, &growth);
    if let Some(cause) = done.unknown {
        body["waiting"]["unknown"] = cause.code().into();
    }
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

/// The part of a load that waits under `id`.
fn growth_json(id: &str, growth: &LoadGrowth) -> Value {
    json!({
        "id": id,
        "rows": growth.rows,
        "persons": growth.persons,
        "accounts": growth.accounts,
        "organisations": growth.organisations,
        "readings": growth.readings,
        "endless": growth.endless,
        "merges": growth.merges,
    })
}

/// `?confirm=loss`: the sender accepts that half of the rows, fewer or none remain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBody {
    confirm: Option<String>,
}

impl QuotaPermit for LoadBody {
    fn is_within(&self) -> bool {
        self.confirm
            .as_deref()
            .is_none_or(|confirm| confirm == "loss")
    }
}

impl LoadBody {
    fn replace(&self) -> LoadMode {
        LoadMode::Replace {
            confirms_loss: self.confirm.is_some(),
        }
    }
}

async fn load_caseload(
    console: &Console,
    visitor: &Visitor,
    name: &str,
    body: Bytes,
    mode: LoadMode,
) -> Result<Response, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let target = LoadTarget::Caseload(population(name)?);
    let done = tables::load(&console.app, &actor, &target, body.to_vec(), mode).await?;
    let loaded_rows = json!({"relations": done.rows, "version": done.version});
    Ok(loaded(loaded_rows, done))
}

pub async fn replace_caseload(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
    ApiQuery(loading): ApiQuery<LoadBody>,
    body: Bytes,
) -> Result<Response, ApiError> {
    load_caseload(&console, &visitor, &name, body, loading.replace()).await
}

pub async fn add_caseload(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    load_caseload(&console, &visitor, &name, body, LoadMode::Add).await
}

pub async fn replace_aliases(
    State(console): State<Console>,
    visitor: Visitor,
    Path(portal): Path<String>,
    ApiQuery(loading): ApiQuery<LoadBody>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let portal = PortalId::parse(&portal).map_err(|_| OperationError::NotFound("portal"))?;
    let target = LoadTarget::Aliases(portal);
    let (csv, mode) = (body.to_vec(), loading.replace());
    let done = tables::load(&console.app, &actor, &target, csv, mode).await?;
    let loaded_rows = json!({"aliases": done.rows});
    Ok(loaded(loaded_rows, done))
}
