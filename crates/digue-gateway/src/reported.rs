//! `POST /v1/exposures`: a portal that reports its own exposures.
//!
//! One JSON object per line, in the format of `docs/reference/exposures.md`. The lines are journalled as
//! one unit or not at all, and every fault is listed with its line. The persons have already been shown:
//! budgets count them but cannot refuse them, and the answer names those exceeded.

use std::collections::BTreeMap;
use std::sync::Arc;

use digue_access::budget::Charge;
use digue_locales::text;
use digue_types::{
    ActionName, Basis, Category, ExchangeId, Exposure, Inspection, Means, Outcome, PersonKey, PersonRef,
    RefusalReason, RequestClient, RouteName, SessionId, ShownPersons, Timestamp,
};
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::body::{Body, full};
use crate::client_address::told_address;
use crate::gateway::{SharedGateway, lock};
use crate::hold::{self, BodyHolder, HeldBody, HoldError, hold};
use crate::identity::token_hash;
use crate::portal::Portal;
use crate::refusal::{Refusal, language_of};

const PATH: &str = "/v1/exposures";
const BODY_BYTES_MAX: usize = 8 << 20;
const LINES_MAX: usize = 10_000;

pub fn is_asked(request: &Request<Body>) -> bool {
    request.uri().path() == PATH && request.method() == Method::POST
}

/// One line as the portal writes it. Unknown members are a fault: the value of a misspelt one would be
/// lost. Optional members may be `null`, which many programs write for an absent value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportedLine<'l> {
    at: String,
    account: String,
    organisation: String,
    #[serde(default)]
    session: Option<String>,
    portal: String,
    route: String,
    action: String,
    #[serde(borrow)]
    persons: Vec<std::borrow::Cow<'l, str>>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    client: Option<ReportedClient>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ReportedClient {
    ip: Option<String>,
    user_agent: Option<String>,
}

#[derive(Serialize)]
struct AcceptedReport {
    first_entry: u64,
    entries: usize,
    /// The limits that these exposures exceeded, by account.
    over_budget: BTreeMap<String, Vec<RefusalReason>>,
}

#[derive(Serialize)]
struct FaultyReport {
    r#type: &'static str,
    title: String,
    status: u16,
    faults: Vec<ReportFault>,
}

#[derive(Serialize)]
struct ReportFault {
    /// From 1.
    line: usize,
    /// The member at fault; empty for the line as a whole.
    member: &'static str,
    /// For programs; `fault` says the same to people.
    code: &'static str,
    fault: String,
}

/// A fault of one line: member and code. The line is never quoted: it names persons.
type Wrong = (&'static str, &'static str);

/// Journals the report of the portal whose token the request carries.
pub async fn answer(shared: &Arc<SharedGateway>, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let portal =
        portal_of(shared, &request).ok_or_else(|| Refusal::of(vec![RefusalReason::NoSession], None))?;
    let language = language_of(request.headers());
    let share = hold::begin(&shared.held, [BodyHolder::Portal(portal.id.clone())]);
    // The share is kept while the bytes are read.
    let (body, _share) = match hold(request.into_body(), BODY_BYTES_MAX, portal.timeouts.idle, share).await {
        Ok(HeldBody::Whole { bytes, share }) => (bytes, share),
        Err(HoldError::Full(_)) => return Err(Refusal::busy()),
        Ok(HeldBody::TooLarge { .. }) | Err(HoldError::Cut(_) | HoldError::Silent) => {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return Err(Refusal::unavailable(status, "too-large-title", "too-large"));
        }
    };
    let exposures = match read_lines(shared, &portal, &body) {
        Ok(exposures) => exposures,
        Err(wrong) => {
            let said = |(line, (member, code)): (usize, Wrong)| {
                let fault = text(language, &format!("report-fault-{code}"));
                ReportFault { line, member, code, fault }
            };
            let faulty = FaultyReport {
                r#type: "urn:digue:invalid-report",
                title: text(language, "report-invalid-title"),
                status: 422,
                faults: wrong.into_iter().map(said).collect(),
            };
            return Ok(json(StatusCode::UNPROCESSABLE_ENTITY, &faulty));
        }
    };
    if exposures.is_empty() {
        let accepted = AcceptedReport { first_entry: 0, entries: 0, over_budget: BTreeMap::new() };
        return Ok(json(StatusCode::OK, &accepted));
    }
    let entries = exposures.len();
    // Before the entry is durable, as everywhere: after a failure the counts err towards showing less
    // (decision 4).
    let over_budget = count(shared, &portal, &exposures);
    for exposure in &exposures {
        // Already shown: the monitor can only stop what comes next.
        shared.monitor.look(exposure);
    }
    let first_entry = shared.recorder.record(exposures).await.map_err(Refusal::unrecorded)?;
    Ok(json(StatusCode::OK, &AcceptedReport { first_entry, entries, over_budget }))
}

/// The portal whose report token the request carries. Hashes are compared, never secrets, so the time that
/// the comparison takes reveals nothing useful.
fn portal_of(shared: &SharedGateway, request: &Request<Body>) -> Option<Arc<Portal>> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let hash = token_hash(token.trim());
    let hosts = shared.hosts.load();
    hosts.portals().find(|portal| portal.report_token == Some(hash)).cloned()
}

fn read_lines(
    shared: &SharedGateway,
    portal: &Portal,
    body: &[u8],
) -> Result<Vec<Exposure>, Vec<(usize, Wrong)>> {
    let mut exposures = Vec::new();
    let mut faults = Vec::new();
    for (place, line) in body.split(|b| *b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_line(shared, portal, line) {
            Ok(exposure) => exposures.push(exposure),
            Err(wrong) => faults.push((place + 1, wrong)),
        }
        if place >= LINES_MAX {
            faults.push((place + 1, ("", "too-many")));
            break;
        }
    }
    if faults.is_empty() { Ok(exposures) } else { Err(faults) }
}

fn read_line(shared: &SharedGateway, portal: &Portal, line: &[u8]) -> Result<Exposure, Wrong> {
    let exposure = exposure_of(portal, line, shared.clock.now(), shared.next_exchange())?;
    let rules = shared.rules.load();
    let (policy_version, caseload_version) = (rules.policy_version, rules.caseload_version);
    Ok(Exposure { policy_version, caseload_version, ..exposure })
}

/// The exposure in one line of a report; or the member at fault and the code of the fault.
pub fn exposure_of(
    portal: &Portal,
    line: &[u8],
    now: Timestamp,
    exchange: ExchangeId,
) -> Result<Exposure, (&'static str, &'static str)> {
    let line: ReportedLine<'_> = serde_json::from_slice(line).map_err(|error| ("", category(&error)))?;
    if line.portal != portal.id.as_str() {
        return Err(("portal", "other-portal"));
    }
    let name = |member: &'static str| move |_: digue_types::IdError| (member, "name");
    let at = Timestamp::parse_rfc3339(&line.at).ok_or(("at", "instant"))?;
    // Clocks differ: five minutes ahead is not yet the future.
    if at > now.plus(std::time::Duration::from_mins(5)) {
        return Err(("at", "future"));
    }
    let primary = &portal.kinds[portal.primary];
    let mut persons: Vec<PersonRef> = Vec::new();
    for text in &line.persons {
        let canonical = primary.canonical(text).ok_or(("persons", "shape"))?;
        let person = PersonRef::parse(&canonical).map_err(name("persons"))?;
        persons.push(person);
    }
    persons.sort();
    persons.dedup();
    let categories: Result<Vec<Category>, _> =
        line.categories.iter().flatten().map(|text| Category::parse(text)).collect();
    let client = line.client.unwrap_or_default();
    let said = |text: Option<String>| text.unwrap_or_default();
    let session = line.session.as_deref().unwrap_or("reported");
    Ok(Exposure {
        at,
        exchange,
        portal: portal.id.clone(),
        route: RouteName::parse(&line.route).map_err(name("route"))?,
        action: ActionName::parse(&line.action).map_err(name("action"))?,
        account: portal.mapping.account(&line.account).map_err(|_| ("account", "name"))?,
        organisation: portal
            .mapping
            .organisation(&line.organisation)
            .map_err(|_| ("organisation", "name"))?,
        session: SessionId::parse(session).map_err(name("session"))?,
        client: RequestClient {
            ip: told_address(&said(client.ip)),
            user_agent: said(client.user_agent).chars().take(200).collect(),
        },
        outcome: Outcome::Released,
        reasons: Vec::new(),
        inspection: Inspection::Reported,
        population: portal.population.clone(),
        persons_found: u32::try_from(persons.len()).unwrap_or(u32::MAX),
        shown: if persons.is_empty() {
            Vec::new()
        } else {
            vec![ShownPersons { basis: Basis::Declared, means: Means::Described, persons }]
        },
        categories: categories.map_err(name("categories"))?,
        body_bytes: 0,
        status: 0,
        policy_version: 0,
        caseload_version: 0,
        justification: None,
        part: 1,
        parts: 1,
        source: None,
        repeated: None,
        unread: None,
    })
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "members",
        _ => "json",
    }
}

fn count(
    shared: &SharedGateway,
    portal: &Portal,
    exposures: &[Exposure],
) -> BTreeMap<String, Vec<RefusalReason>> {
    let keyer = portal.keyer();
    let hosts = shared.hosts.load();
    let mut budgets = lock(hosts.budgets(&portal.id));
    let mut over: BTreeMap<String, Vec<RefusalReason>> = BTreeMap::new();
    for exposure in exposures {
        let keys: Vec<PersonKey> = exposure.persons().map(|p| keyer.key(p.as_str())).collect();
        let charge = Charge {
            account: &exposure.account,
            organisation: &exposure.organisation,
            persons: &keys,
            by_exact_search: &[],
            by_break_glass: &[],
            percent: 100,
        };
        // Checked before it is charged, and charged in any case: the persons were shown.
        let broken = budgets.check(exposure.at, &charge);
        budgets.charge(exposure.at, &charge);
        if !broken.is_empty() {
            let known = over.entry(exposure.account.to_string()).or_default();
            known.extend(broken);
            known.sort();
            known.dedup();
        }
    }
    over
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Body> {
    let mut response = Response::new(full(serde_json::to_vec(value).expect("strings and numbers serialise")));
    *response.status_mut() = status;
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
