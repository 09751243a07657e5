//! Activity at the portals, now and in the last hours; and gates.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use digue_administration::holders::HolderBook;
use digue_app::gates::{self, ShutGate};
use digue_app::{Actor, OperationError};
use digue_evidence::watch::{self, Overview};
use digue_exposure::Minute;
use digue_types::{Gate, Timestamp};
use serde::Deserialize;

use crate::chart::{Bar, ChartRange, RangeLinks, RangeQuery, bars};
use crate::choices::NameChoices;
use crate::error::{PageRedirect, PageResponse};
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
    /// The time that the chart shows, in its bars.
    minutes: Vec<(Timestamp, Minute)>,
    ranges: RangeLinks,
    title: String,
    file: String,
    gates: Vec<ShutGate>,
    /// Accounts and organisations for the form.
    names: NameChoices,
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
    Query(asked): Query<RangeQuery>,
) -> PageResponse {
    let view = watch::overview(&console.app, &actor).await?;
    let gates = gates::shut_gates(&console.app, &actor).await?;
    let range = ChartRange::hours(&asked);
    let minutes = minutes_of(&console, &actor, range)?;
    let values: Vec<u64> = minutes.iter().map(|(_, minute)| minute.persons).collect();
    let w = console.words(&visitor);
    let page = page(&OverviewPage {
        ranges: RangeLinks::new(&w, "/activity?", &ChartRange::BY_HOUR, range),
        title: chart_title(&w, range),
        file: format!("/minutes.csv?hours={}", range.length()),
        names: NameChoices::of(&w, &HolderBook::read(&console.app, &actor).await?),
        minutes,
        w,
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

/// The minutes of a range, joined to its bars: persons of the busiest minute, responses of all.
fn minutes_of(
    console: &Console,
    actor: &Actor,
    range: ChartRange,
) -> Result<Vec<(Timestamp, Minute)>, OperationError> {
    let minutes = watch::minutes(&console.app, actor, range.length() * 60)?;
    let step = usize::try_from(range.step()).unwrap_or(1).max(1);
    let bar = |minutes: &[(Timestamp, Minute)]| {
        let joined = minutes
            .iter()
            .fold(Minute::default(), |sum, (_, minute)| Minute {
                // A sum would count a person who is shown in two minutes as two.
                persons: sum.persons.max(minute.persons),
                responses: sum.responses + minute.responses,
                refused: sum.refused + minute.refused,
            });
        (
            minutes.first().map_or(Timestamp::ZERO, |(at, _)| *at),
            joined,
        )
    };
    Ok(minutes.chunks(step).map(bar).collect())
}

fn chart_title(w: &Localizer, range: ChartRange) -> String {
    match range.step() {
        1 => w.say("minutes-title"),
        step => w.with1(
            "minutes-title-step",
            "minutes",
            w.counted("minutes-count", step.unsigned_abs()),
        ),
    }
}

pub(crate) async fn minutes_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(asked): Query<RangeQuery>,
) -> PageResponse {
    let minutes = watch::minutes(
        &console.app,
        &actor,
        ChartRange::hours(&asked).length() * 60,
    )?;
    let w = console.words(&visitor);
    let header = ["minute", "persons", "responses", "refused"].map(|key| w.coded("column", key));
    let rows = minutes.into_iter().map(|(at, minute)| {
        vec![
            at.to_string(),
            minute.persons.to_string(),
            minute.responses.to_string(),
            minute.refused.to_string(),
        ]
    });
    Ok(csv(visitor.language, "minutes", &header, rows))
}

/// The button of the demonstration; otherwise there is no such page.
pub(crate) async fn attack(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
) -> PageRedirect {
    let demo = console.demo.as_ref();
    let demo = demo.ok_or(OperationError::NotFound("page"))?;
    // Others are sent back without an error: the button is visible to every visitor of the
    // demonstration.
    if actor.role.can_act() {
        demo.start_attack();
    }
    Ok(Redirect::to("/?live=1"))
}
