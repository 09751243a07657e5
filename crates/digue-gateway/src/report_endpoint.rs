//! `POST /v1/exposures`: a portal that reports its own exposures.
//!
//! The lines are journalled as one unit or not at all, and every fault is listed with its line.
//! Each is a visit whose persons have already been shown (`visit::reported`): budgets count them
//! but cannot refuse them, and the answer names those exceeded.

use std::sync::Arc;

use digue_locales::{Language, text};
use digue_types::{RefusalReason, Timestamp};
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::caller::token_hash;
use crate::gateway::SharedGateway;
use crate::portal::Portal;
use crate::reported::{LineFault, ReportedVisit, read_line};
use crate::visit::reported;
use digue_http::body::{Body, full};
use digue_quotas::hold::{self, BodyHolder, HeldBody, hold};
use digue_refusals::{Refusal, language_of};

const PATH: &str = "/v1/exposures";
const BODY_BYTES_MAX: usize = 8 << 20;
const LINES_MAX: usize = 10_000;

pub(crate) fn is_asked(request: &Request<Body>) -> bool {
    request.uri().path() == PATH && request.method() == Method::POST
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

/// Journals the report of the portal whose token the request carries.
pub(crate) async fn answer(
    shared: &Arc<SharedGateway>,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    // Before the body: nothing of an unauthenticated client is read (promise 33).
    let portal = portal_of(shared, &request)
        .ok_or_else(|| Refusal::of(vec![RefusalReason::NoSession], None))?;
    let language = language_of(request.headers());
    let share = hold::begin(&shared.held, [BodyHolder::Portal(portal.id.clone())]);
    // The share is kept while the bytes are read.
    let (body, _share) = match hold(
        request.into_body(),
        BODY_BYTES_MAX,
        portal.timeouts.idle,
        share,
    )
    .await
    {
        Ok(HeldBody::Whole { bytes, share }) => (bytes, share),
        Ok(HeldBody::TooLarge { .. }) => return Err(Refusal::too_large()),
        Err(error) => return Err(Refusal::from(&error)),
    };
    let report = match read_lines(&portal, &body, shared.clock.now()) {
        Ok(report) => report,
        Err(faults) => return Ok(faulty(language, faults)),
    };
    Ok(json(
        StatusCode::OK,
        &reported(shared, &portal, report).await?,
    ))
}

/// Every fault of a report, none of which was journalled.
fn faulty(language: Language, faults: Vec<(usize, LineFault)>) -> Response<Body> {
    let located = |(line, (member, code)): (usize, LineFault)| {
        let fault = text(language, &format!("report-fault-{code}"));
        ReportFault {
            line,
            member,
            code,
            fault,
        }
    };
    let report = FaultyReport {
        r#type: "urn:digue:invalid-report",
        title: text(language, "report-invalid-title"),
        status: 422,
        faults: faults.into_iter().map(located).collect(),
    };
    json(StatusCode::UNPROCESSABLE_ENTITY, &report)
}

/// The portal whose report token the request carries. Hashes are compared, never secrets, so the
/// time that the comparison takes reveals nothing useful.
fn portal_of(shared: &SharedGateway, request: &Request<Body>) -> Option<Arc<Portal>> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let hash = token_hash(token.trim());
    let hosts = shared.hosts.load();
    hosts
        .portals()
        .find(|portal| portal.report_tokens.contains(&hash))
        .cloned()
}

fn read_lines(
    portal: &Portal,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<ReportedVisit>, Vec<(usize, LineFault)>> {
    let mut report = Vec::new();
    let mut faults = Vec::new();
    for (place, line) in body.split(|b| *b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_line(portal, line, now) {
            Ok(visit) => report.push(visit),
            Err(fault) => faults.push((place + 1, fault)),
        }
        if place >= LINES_MAX {
            faults.push((place + 1, ("", "too-many")));
            break;
        }
    }
    if faults.is_empty() {
        Ok(report)
    } else {
        Err(faults)
    }
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Body> {
    let mut response = Response::new(full(
        serde_json::to_vec(value).expect("strings and numbers serialise"),
    ));
    *response.status_mut() = status;
    let kind = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
