//! One account: budgets, persons, exposures.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use digue_app::OperationError;
use digue_evidence::reading::EvidenceForm;
use digue_evidence::stored_records::StoredKind;
use digue_evidence::watch::{self, AccountView, Timeline};
use digue_identity::recovery::{self, LookBack};
use digue_types::{AccountId, Administration, Gate, Subject, Timestamp};
use jiff::tz::TimeZone;

use digue_pages::chart::{Bar, bars};
use digue_pages::differences::words_beside;
use digue_pages::error::PageError;
use digue_pages::form::account_named;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, csv, page};
use digue_pages::visitor::Visitor;

/// The most lines of each table on the page; the exports have all.
const LINES: usize = 200;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    w: Localizer,
    view: AccountView,
    persons_total: u64,
    can_act: bool,
    gate: Gate,
    positions: Vec<Gate>,
    look_back: Option<LookBack>,
    /// Distinct persons by day, the oldest first.
    days: Vec<(Timestamp, u64)>,
    bars: Vec<Bar>,
    bar_width: f64,
    top: u64,
    acts: Vec<(u64, Administration)>,
}

/// Days in the chart.
const DAYS: i64 = 30;
const CHART_WIDTH: f64 = 720.0;
const CHART_HEIGHT: f64 = 120.0;

/// The day of a time in the console's zone, counted from 1970.
fn day_of(at: Timestamp, zone: &TimeZone) -> i64 {
    let moment = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
    let local = zone.to_datetime(moment).date();
    i64::from(
        local
            .since(jiff::civil::date(1970, 1, 1))
            .map_or(0, |span| span.get_days()),
    )
}

/// The last days with their distinct persons, days without any included.
fn last_days(timeline: &Timeline, today: i64) -> Vec<(Timestamp, u64)> {
    let first = today - DAYS + 1;
    (first..=today)
        .map(|day| {
            let shown = timeline.periods.get(&day).copied().unwrap_or(0);
            // Noon is on the same date in every zone of Europe.
            (Timestamp::from_secs(day * 86_400 + 43_200), shown as u64)
        })
        .collect()
}

async fn look(
    console: &Console,
    visitor: &Visitor,
    account: &str,
    part: (EvidenceForm, fn(AccountId) -> Subject),
) -> Result<AccountView, PageError> {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(account)?;
    watch::account(&console.app, &actor, &account, part)
        .await
        .map_err(PageError::from)
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(account): Path<String>,
) -> Result<Html<String>, PageError> {
    let mut view = look(
        &console,
        &visitor,
        &account,
        (EvidenceForm::Shown, Subject::History),
    )
    .await?;
    let persons_total = view.persons.len() as u64;
    view.persons.truncate(LINES);
    view.exposures.truncate(LINES);
    let reach = digue_access::Reach::Account(view.account.clone());
    let zone = console.zone.clone();
    let period_of = move |at: Timestamp| day_of(at, &zone);
    let timeline = watch::timeline(&console.app, &actor, &view.account, period_of).await?;
    let look_back =
        match recovery::look_back(&console.app, &actor, &view.account, EvidenceForm::Shown).await {
            Ok(found) => Some(found),
            Err(OperationError::NotFound(_)) => None,
            Err(error) => return Err(PageError::from(error)),
        };
    let days = last_days(&timeline, day_of(console.app.clock().now(), &console.zone));
    let values: Vec<u64> = days.iter().map(|(_, shown)| *shown).collect();
    Ok(page(&AccountPage {
        w: words_beside(
            &console,
            &visitor,
            &[StoredKind::Account, StoredKind::Gate],
            Some(&account),
        )
        .await?,
        gate: console.app.gateway().rules().gates.of(&reach),
        positions: Gate::ALL.to_vec(),
        can_act: actor.role.can_act(),
        look_back,
        bars: bars(&values, CHART_WIDTH, CHART_HEIGHT),
        bar_width: CHART_WIDTH / DAYS as f64 - 2.0,
        top: values.iter().copied().max().unwrap_or(0),
        days,
        acts: timeline.acts,
        persons_total,
        view,
    }))
}

pub async fn exposures_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> Result<Response, PageError> {
    let view = look(
        &console,
        &visitor,
        &account,
        (EvidenceForm::File, Subject::Exposures),
    )
    .await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header = [
        "entry", "at", "portal", "route", "outcome", "persons", "reasons",
    ]
    .map(|key| w.coded("column", key));
    let rows = view.exposures.iter().map(|seen| {
        let reasons: Vec<String> = seen.reasons.iter().map(ToString::to_string).collect();
        vec![
            seen.entry.to_string(),
            seen.at.to_string(),
            seen.portal.to_string(),
            seen.route.to_string(),
            seen.outcome.code().to_owned(),
            seen.shown.to_string(),
            reasons.join(" "),
        ]
    });
    Ok(csv(visitor.language, "exposures", &header, rows))
}

pub async fn persons_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> Result<Response, PageError> {
    let view = look(
        &console,
        &visitor,
        &account,
        (EvidenceForm::File, Subject::Persons),
    )
    .await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header = ["person", "times", "last"].map(|key| w.coded("column", key));
    let rows = view
        .persons
        .iter()
        .map(|(person, times, at)| vec![person.to_string(), times.to_string(), at.to_string()]);
    Ok(csv(visitor.language, "persons", &header, rows))
}

/// Persons that the account was shown between the presumed date and its recovery.
pub async fn look_back_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(account): Path<String>,
) -> Result<Response, PageError> {
    let named = account_named(&account)?;
    let found = recovery::look_back(&console.app, &actor, &named, EvidenceForm::File).await;
    let found = found?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header = ["person", "last"].map(|key| w.coded("column", key));
    let rows = found
        .persons
        .iter()
        .map(|(person, at)| vec![person.to_string(), at.to_string()]);
    Ok(csv(visitor.language, "look-back", &header, rows))
}
