//! `findUsage` of Estonia's data tracker (specification 1.6, OpenAPI 2.1.0): a portal shows its
//! persons, in its own pages, who consulted their records.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use digue_app::OperationError;
use digue_locales::{Language, text};
use digue_selfservice::persons::{self, sights};
use digue_types::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{ApiQuery, QuotaPermit};
use digue_pages::error::ApiError;
use digue_pages::state::Console;
use digue_pages::visitor::Visitor;

const LIMIT: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindUsage {
    user_code: String,
    #[serde(default)]
    population: String,
    #[serde(default)]
    period_start: Option<String>,
    #[serde(default)]
    period_end: Option<String>,
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    limit: Option<usize>,
}

impl QuotaPermit for FindUsage {
    fn is_within(&self) -> bool {
        (1..=128).contains(&self.user_code.chars().count()) && self.population.len() <= 128
    }
}

fn moment(text: Option<&String>) -> Result<Option<Timestamp>, OperationError> {
    let parse = |text: &String| {
        Timestamp::parse_rfc3339(text).ok_or(OperationError::Invalid("invalid-query"))
    };
    text.map(parse).transpose()
}

/// The usages of one person's data, the newest first. `X-Road-UserId` names the requester and is
/// journalled.
pub async fn find(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<FindUsage>,
) -> Result<Json<Value>, ApiError> {
    let actor = visitor.actor(&console.app)?;
    persons::must_read(&actor)?;
    // The requester is named by the calling system; without a name the entry would not say who
    // asked.
    let user = headers
        .get("x-road-userid")
        .and_then(|value| value.to_str().ok());
    let user = user.ok_or(OperationError::Invalid("invalid-query"))?;
    let (from, to) = (
        moment(query.period_start.as_ref()),
        moment(query.period_end.as_ref()),
    );
    let (from, to) = (from?, to?);
    let person = persons::of_program(
        &console.app,
        &actor,
        &query.population,
        &query.user_code,
        user,
    )
    .await;
    let person = person?;
    let rows = sights::all(&console.app, &person).await?;
    let within = rows
        .iter()
        .filter(|row| from.is_none_or(|from| from <= row.at) && to.is_none_or(|to| row.at <= to));
    let total = within.clone().count();
    let usages: Vec<Value> = within
        .skip(query.offset)
        .take(query.limit.unwrap_or(LIMIT).min(LIMIT))
        .map(|row| {
            let why = text(Language::French, &format!("person-basis-{}", row.why()));
            let shown = row.categories.join(", ");
            json!({
                "logtime": row.at,
                "action": if shown.is_empty() { why } else { format!("{why} ({shown})") },
                "receiverCode": row.alias,
                "receiverName": row.organisation,
                "receiverSystem": row.portal,
            })
        })
        .collect();
    Ok(Json(json!({"totalUsages": total, "usages": usages})))
}

/// The time from which there is a log.
pub async fn period(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<Value>, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let since = persons::kept_since(&console.app, &actor).await?;
    Ok(Json(json!({"periodStart": since})))
}

pub async fn heartbeat(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<Value>, ApiError> {
    let actor = visitor.actor(&console.app)?;
    persons::must_read(&actor)?;
    let failure = console.app.journal_status().failure;
    let (status, message) = match failure {
        None => ("OK", String::new()),
        Some(failure) => ("FAIL", failure),
    };
    Ok(Json(json!({"status": status, "message": message})))
}
