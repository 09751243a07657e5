//! The registers of the management system for programs: records read page by page, written from the
//! revision that was read, and the files of evidence.
//!
//! What a program writes is never signed: its key proves a program, and a signature is a person's
//! (`signatures`). Rights and faults are those of the console's forms.

mod accepted_file;
mod revision_tag;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use digue_api::{ApiQuery, JsonAnswer, JsonBody, QuotaPermit};
use digue_app::{Actor, App, LineFault, OperationError};
use digue_compliance::isms::signatures::save_own;
use digue_compliance::isms::{self, SaveError, evidence};
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_isms::register::Revision;
use digue_pages::error::ApiError;
use digue_pages::state::Console;
use digue_pages::visitor::Visitor;
use digue_types::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use self::accepted_file::AcceptedFile;
use self::revision_tag::{RevisionTag, TagFault, tag_of};

/// Records on one page: the maximum and the default.
const PAGE_RECORDS_MAX: usize = 1000;
const PAGE_RECORDS: usize = 100;
/// What no list needs.
const FIRST_MAX: usize = 1_000_000;

/// Which part of a register is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsQuery {
    /// Counted from 0.
    #[serde(default)]
    first: usize,
    count: Option<usize>,
}

impl QuotaPermit for RecordsQuery {
    fn is_within(&self) -> bool {
        self.first <= FIRST_MAX && self.count.is_none_or(|count| count <= PAGE_RECORDS_MAX)
    }
}

/// The texts of a record's fields; a field that is left out is empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordBody {
    values: Values,
}

/// The name of a file of evidence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileQuery {
    name: String,
}

impl QuotaPermit for FileQuery {
    fn is_within(&self) -> bool {
        let chars = self.name.chars().count();
        (1..=120).contains(&chars)
    }
}

fn kind_of(code: &str) -> Result<RegisterKind, OperationError> {
    RegisterKind::parse(code).ok_or(OperationError::NotFound("register"))
}

/// The same rights, and no proof of identity: nothing that comes here is signed.
fn unsigned(visitor: &Visitor, app: &App) -> Result<Actor, OperationError> {
    let mut actor = visitor.actor(app)?;
    actor.proved_at = Timestamp::ZERO;
    Ok(actor)
}

/// Every field must be one of the kind: a typing error must not be lost without a word.
fn known_fields(kind: RegisterKind, values: &Values) -> Result<(), OperationError> {
    let is_known = |code: &String| kind.fields().iter().any(|field| field.code == *code);
    match values.keys().all(is_known) {
        true => Ok(()),
        false => Err(OperationError::Invalid("invalid-record-field")),
    }
}

/// Why a record is not saved; faults with the field of each.
fn failed(kind: RegisterKind, unsaved: SaveError) -> OperationError {
    match unsaved {
        SaveError::Faults(faults) => OperationError::Faults(
            faults
                .into_iter()
                .map(|fault| LineFault {
                    line: 1,
                    column: Some(format!("{}.{}", kind.code(), fault.field)),
                    key: format!("unfit-{}", fault.unfit.code()),
                })
                .collect(),
        ),
        SaveError::Overtaken => OperationError::Conflict,
        SaveError::Operation(error) => error,
    }
}

fn record_json(revision: &Revision) -> Value {
    json!({
        "id": revision.id,
        "revision": revision.number,
        "at": revision.at,
        "by": revision.by,
        "hash": revision.hash,
        "values": revision.values,
    })
}

/// The record in force.
async fn record(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
) -> Result<Revision, OperationError> {
    let registers = isms::registers(app, actor).await?;
    if let Some(known) = registers.find(kind, id) {
        return Ok(known.clone());
    }
    let is_it = |one: &&digue_isms::register::UnreadableRecord| one.kind == kind && one.id == id;
    Err(match registers.unreadable().iter().find(is_it) {
        Some(one) => OperationError::Unavailable(format!("{} cannot be read", one.id)),
        None => OperationError::NotFound("record"),
    })
}

/// `GET /api/v1/registers`: the kinds of records, with their fields.
pub async fn kinds(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    // The right to read is asked of the registers themselves.
    isms::registers(&console.app, &actor).await?;
    let kinds = RegisterKind::ALL.iter().map(|kind| {
        let fields = kind.fields().iter();
        let fields: Vec<Value> = fields
            .map(|field| json!({"code": field.code, "needed": field.is_needed}))
            .collect();
        json!({"code": kind.code(), "prefix": kind.prefix(), "fields": fields})
    });
    Ok(Json(json!({"items": kinds.collect::<Vec<Value>>()})))
}

/// `GET /api/v1/registers/{kind}`: the records in force, and the names of those that cannot be read.
pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
    ApiQuery(query): ApiQuery<RecordsQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let registers = isms::registers(&console.app, &actor).await?;
    let kind = kind_of(&code)?;
    let all = registers.of(kind);
    let count = query.count.unwrap_or(PAGE_RECORDS);
    let items: Vec<Value> = all
        .iter()
        .skip(query.first)
        .take(count)
        .map(record_json)
        .collect();
    let unreadable = registers.unreadable().iter().filter(|one| one.kind == kind);
    let unreadable: Vec<&str> = unreadable.map(|one| one.id.as_str()).collect();
    Ok(Json(
        json!({"total": all.len(), "items": items, "unreadable": unreadable}),
    ))
}

/// `GET /api/v1/registers/{kind}/{record}`, with its revision as the tag.
pub async fn read(
    State(console): State<Console>,
    visitor: Visitor,
    Path((code, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let actor = visitor.actor(&console.app)?;
    isms::registers(&console.app, &actor).await?;
    let known = record(&console.app, &actor, kind_of(&code)?, &id).await?;
    let tag = [(header::ETAG, tag_of(known.number))];
    Ok((tag, Json(record_json(&known))).into_response())
}

/// `POST /api/v1/registers/{kind}`: a new record.
pub async fn add(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
    JsonBody(sent): JsonBody<RecordBody>,
) -> Result<Response, ApiError> {
    let actor = unsigned(&visitor, &console.app)?;
    isms::registers(&console.app, &actor).await?;
    let kind = kind_of(&code)?;
    digue_app::require(isms::may_write(actor.role, kind))?;
    known_fields(kind, &sent.values)?;
    let saved = save_own(&console.app, &actor, kind, None, &sent.values).await;
    let id = saved.map_err(|unsaved| failed(kind, unsaved))?;
    let place = format!("/api/v1/registers/{}/{id}", kind.code());
    let headers = [(header::LOCATION, place), (header::ETAG, tag_of(1))];
    let body = Json(json!({"id": id, "revision": 1}));
    Ok((StatusCode::CREATED, headers, body).into_response())
}

/// `PUT /api/v1/registers/{kind}/{record}`: a further revision of the one that `If-Match` names.
pub async fn change(
    State(console): State<Console>,
    visitor: Visitor,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    JsonBody(sent): JsonBody<RecordBody>,
) -> Result<Response, ApiError> {
    let actor = unsigned(&visitor, &console.app)?;
    isms::registers(&console.app, &actor).await?;
    let kind = kind_of(&code)?;
    digue_app::require(isms::may_write(actor.role, kind))?;
    let known = record(&console.app, &actor, kind, &id).await?;
    let read = match RevisionTag::of(&headers).must_be(known.number) {
        Ok(read) => read,
        Err(fault) => return Ok(fault.problem(&visitor)),
    };
    known_fields(kind, &sent.values)?;
    let from = Some((id.as_str(), read));
    match save_own(&console.app, &actor, kind, from, &sent.values).await {
        Ok(_) => {}
        Err(SaveError::Overtaken) => return Ok(TagFault::Overtaken.problem(&visitor)),
        Err(unsaved) => return Err(failed(kind, unsaved).into()),
    }
    let now = record(&console.app, &actor, kind, &id).await?;
    let tag = [(header::ETAG, tag_of(now.number))];
    Ok((StatusCode::NO_CONTENT, tag).into_response())
}

/// `PUT /api/v1/evidence/{record}/file?name=`: the file of a piece of evidence, from the revision
/// that `If-Match` names.
///
/// A person who uploads a file has looked at it. A program has not: only kinds that an auditor opens
/// are taken, by their bytes.
pub async fn put_file(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    ApiQuery(file): ApiQuery<FileQuery>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let actor = unsigned(&visitor, &console.app)?;
    let kind = RegisterKind::EvidenceItem;
    digue_app::require(isms::may_write(actor.role, kind))?;
    let known = record(&console.app, &actor, kind, &id).await?;
    if let Err(fault) = RevisionTag::of(&headers).must_be(known.number) {
        return Ok(fault.problem(&visitor));
    }
    AcceptedFile::of(&body).ok_or(OperationError::Invalid("invalid-evidence-kind"))?;
    match evidence::attach_from(
        &console.app,
        &actor,
        (id.as_str(), Some(known.number)),
        &file.name,
        &body,
    )
    .await
    {
        Ok(()) => {}
        Err(SaveError::Overtaken) => return Ok(TagFault::Overtaken.problem(&visitor)),
        Err(unsaved) => return Err(failed(kind, unsaved).into()),
    }
    let now = record(&console.app, &actor, kind, &id).await?;
    let tag = [(header::ETAG, tag_of(now.number))];
    Ok((StatusCode::NO_CONTENT, tag).into_response())
}
