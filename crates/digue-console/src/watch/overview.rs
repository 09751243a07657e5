//! Activity at the portals, now and in the last hour; gates; and the search field.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use digue_app::gates::{self, ShutGate};
use digue_evidence::watch::{self, NamedAccount, Overview};
use digue_types::Gate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::chart::{Bar, bars};
use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, ceremony_policy, csv, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    w: Localizer,
    view: Overview,
    bars: Vec<Bar>,
    top: u64,
    bar_width: f64,
    gates: Vec<ShutGate>,
    positions: Vec<Gate>,
    can_act: bool,
    /// The page refreshes itself, because the reader chose so: a page that changes unasked is not
    /// accessible to everyone.
    is_live: bool,
}

#[derive(Deserialize)]
pub(crate) struct ShownCoverage {
    #[serde(default)]
    live: Option<u8>,
}

const CHART_WIDTH: f64 = 720.0;
const CHART_HEIGHT: f64 = 120.0;

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(shown): Query<ShownCoverage>,
) -> Result<Response, PageError> {
    let view = watch::overview(&console.app, &actor).await?;
    let gates = gates::shut_gates(&console.app, &actor).await?;
    let values: Vec<u64> = view
        .minutes
        .iter()
        .map(|(_, minute)| minute.persons)
        .collect();
    let page = page(&OverviewPage {
        w: Localizer::in_zone(&visitor, &console.zone),
        bars: bars(&values, CHART_WIDTH, CHART_HEIGHT),
        top: values.iter().copied().max().unwrap_or(0),
        bar_width: CHART_WIDTH / values.len().max(1) as f64 - 2.0,
        gates,
        positions: Gate::ALL.to_vec(),
        can_act: actor.role.can_act(),
        is_live: shown.live == Some(1),
        view,
    });
    // The policy allows the script only on the page of a reader who asked for it.
    if shown.live == Some(1) {
        return Ok((
            [(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))],
            page,
        )
            .into_response());
    }
    Ok(page.into_response())
}

pub(crate) async fn minutes_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let view = watch::overview(&console.app, &actor).await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header = ["minute", "persons", "responses", "refused"].map(|key| w.coded("column", key));
    let rows = view.minutes.into_iter().map(|(at, minute)| {
        vec![
            at.to_string(),
            minute.persons.to_string(),
            minute.responses.to_string(),
            minute.refused.to_string(),
        ]
    });
    Ok(csv(visitor.language, "minutes", &header, rows))
}

#[derive(Deserialize)]
pub(crate) struct Search {
    q: String,
}

/// Opens the account or the person of this name.
pub(crate) async fn search(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Query(search): Query<Search>,
) -> Result<Response, PageError> {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let place = match watch::find(&console.app, &actor, search.q.trim())? {
        NamedAccount::Account(account) => format!("/accounts/{}", encode(account.as_str())),
        NamedAccount::Organisation(id) => format!("/organisations/{}", encode(id.as_str())),
        NamedAccount::Person(person) => format!("/persons?person={}", encode(person.as_str())),
    };
    Ok(Redirect::to(&place).into_response())
}

/// The button of the demonstration; otherwise there is no such page.
pub(crate) async fn attack(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
) -> Result<Redirect, PageError> {
    let missing = || PageError::from(digue_app::OperationError::NotFound("page"));
    let demo = console.demo.as_ref().ok_or_else(missing)?;
    // Others are sent back without an error: the button is visible to every visitor of the
    // demonstration.
    if actor.role.can_act() {
        demo.start_attack();
    }
    Ok(Redirect::to("/?live=1"))
}
