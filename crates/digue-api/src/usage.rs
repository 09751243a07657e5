//! `findUsage` of Estonia's data tracker (specification 1.6, OpenAPI 2.1.0): a portal shows its
//! persons, in its own pages, who consulted their records.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use digue_app::OperationError;
use digue_locales::{Language, text};
use digue_selfservice::persons;
use digue_selfservice::persons::sights::{self, ConsultationRow};
use digue_types::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reads::moment;
use crate::{ApiQuery, JsonAnswer, QuotaPermit};
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

impl FindUsage {
    fn period(&self) -> Result<UsagePeriod, OperationError> {
        Ok(UsagePeriod {
            from: moment(self.period_start.as_ref())?,
            to: moment(self.period_end.as_ref())?,
        })
    }

    fn length(&self) -> usize {
        self.limit.unwrap_or(LIMIT).min(LIMIT)
    }
}

/// Both ends belong to it.
struct UsagePeriod {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl UsagePeriod {
    fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}

/// The requester, named by the calling system; without a name the entry would not say who asked.
fn requester(headers: &HeaderMap) -> Result<&str, OperationError> {
    let user = headers.get("x-road-userid");
    user.and_then(|value| value.to_str().ok())
        .ok_or(OperationError::Invalid("invalid-query"))
}

fn usage_json(row: &ConsultationRow) -> Value {
    let why = text(Language::French, &format!("person-basis-{}", row.why()));
    let shown = row.categories.join(", ");
    json!({
        "logtime": row.at,
        "action": if shown.is_empty() { why } else { format!("{why} ({shown})") },
        "receiverCode": row.alias,
        "receiverName": row.organisation,
        "receiverSystem": row.portal,
    })
}

/// The usages of one person's data, the newest first. `X-Road-UserId` names the requester and is
/// journalled.
pub async fn find(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<FindUsage>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    persons::must_read(&actor)?;
    let user = requester(&headers)?;
    let period = query.period()?;
    let (population, code) = (&query.population, &query.user_code);
    let person = persons::of_program(&console.app, &actor, population, code, user).await?;
    let rows = sights::all(&console.app, &person).await?;
    let within = rows.iter().filter(|row| period.contains(row.at));
    let total = within.clone().count();
    let shown = within.skip(query.offset).take(query.length());
    let usages: Vec<Value> = shown.map(usage_json).collect();
    Ok(Json(json!({"totalUsages": total, "usages": usages})))
}

/// The time from which there is a log.
pub async fn period(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let since = persons::kept_since(&console.app, &actor).await?;
    Ok(Json(json!({"periodStart": since})))
}

pub async fn heartbeat(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    persons::must_read(&actor)?;
    let failure = console.app.journal_status().failure;
    let (status, message) = match failure {
        None => ("OK", String::new()),
        Some(failure) => ("FAIL", failure),
    };
    Ok(Json(json!({"status": status, "message": message})))
}
