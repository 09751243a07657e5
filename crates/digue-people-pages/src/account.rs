//! One account: budgets, persons, exposures.

use askama::Template;
use axum::extract::{Path, Query, State};
use digue_access::Reach;
use digue_administration::holders::{self, HolderBook};
use digue_app::{Actor, OperationError};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::stored_records::StoredKind;
use digue_evidence::watch::{self, AccountView, Timeline};
use digue_identity::recovery::{self, LookBack};
use digue_types::{AccountId, Gate, Subject, Timestamp};
use jiff::tz::TimeZone;

use crate::account_lists::{self, AccountHistory};
use digue_pages::chart::{Bar, ChartRange, RangeLinks, RangeQuery, bars};
use digue_pages::differences::words_beside;
use digue_pages::error::{PageAnswer, PageResponse};
use digue_pages::form::account_named;
use digue_pages::holder::HolderCard;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{ListTable, ShownTable, TableQuery};
use digue_pages::view::{Localizer, csv, page};
use digue_pages::visitor::Visitor;

/// The most lines of a list on the page, the latest ones; the exports have all.
const LINES: usize = 2_000;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    w: Localizer,
    view: AccountView,
    persons_total: u64,
    can_act: bool,
    gate: Gate,
    positions: Vec<Gate>,
    /// `None`: one account needs no second look.
    gate_reach: Option<String>,
    look_back: Option<LookBack>,
    /// Distinct persons by day or week, the oldest first.
    days: Vec<(Timestamp, u64)>,
    bars: Vec<Bar>,
    bar_width: f64,
    top: u64,
    ranges: RangeLinks,
    by_week: bool,
    /// The one list that is shown, and the others to choose from as (address, words, is shown).
    list: ShownTable,
    lists: Vec<(String, String, bool)>,
    /// Lines that the page leaves out.
    left_out: u64,
    /// Whom to call about it; `None` for an account that only the journal knows.
    people: Option<HolderCard>,
}

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

/// Distinct persons by period of `range`, periods without any included; the last one ends today.
/// Periods are numbered by the days from their last one to `today`.
fn periods(timeline: &Timeline, today: i64, range: ChartRange) -> Vec<(Timestamp, u64)> {
    let step = range.step();
    let first_day = |number: i64| today - (number + 1) * step + 1;
    (0..range.length() / step)
        .rev()
        .map(|number| {
            let shown = timeline.periods.get(&-number).copied().unwrap_or(0);
            // Noon is on the same date in every zone of Europe.
            (
                Timestamp::from_secs(first_day(number) * 86_400 + 43_200),
                shown as u64,
            )
        })
        .collect()
}

async fn look(
    console: &Console,
    visitor: &Visitor,
    account: &str,
    part: (EvidenceForm, fn(AccountId) -> Subject),
) -> Result<AccountView, OperationError> {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(account)?;
    watch::account(&console.app, &actor, &account, part).await
}

fn chosen_list(query: &TableQuery) -> AccountHistory {
    query
        .value("list")
        .and_then(AccountHistory::parse)
        .unwrap_or_default()
}

/// Cuts the lists to what the page shows; returns how many lines of the chosen one it leaves out.
fn shorten(view: &mut AccountView, chosen: AccountHistory) -> u64 {
    let left_out = match chosen {
        AccountHistory::Persons => view.persons.len().saturating_sub(LINES) as u64,
        AccountHistory::Exposures => view.exposures.len().saturating_sub(LINES) as u64,
        AccountHistory::Acts => 0,
    };
    view.persons.truncate(LINES);
    view.exposures.truncate(LINES);
    left_out
}

/// `None` for an account that was never recovered.
async fn known_look_back(
    console: &Console,
    actor: &Actor,
    account: &AccountId,
) -> Result<Option<LookBack>, OperationError> {
    match recovery::look_back(&console.app, actor, account, EvidenceForm::Shown).await {
        Ok(found) => Ok(Some(found)),
        Err(OperationError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn table_of(
    w: &Localizer,
    view: &AccountView,
    timeline: &Timeline,
    chosen: AccountHistory,
) -> ListTable {
    match chosen {
        AccountHistory::Persons => account_lists::persons(w, &view.account, &view.persons),
        AccountHistory::Exposures => account_lists::exposures(w, view),
        AccountHistory::Acts => account_lists::acts(w, &view.account, &timeline.acts),
    }
}

/// The lists to choose from, as (address, words, is shown).
fn list_links(
    w: &Localizer,
    account: &AccountId,
    chosen: AccountHistory,
) -> Vec<(String, String, bool)> {
    let link = |list: &AccountHistory| {
        let address = format!("/accounts/{account}?list={}#list", list.code());
        let words = w.coded("account-list", list.code());
        (address, words, *list == chosen)
    };
    AccountHistory::ALL.iter().map(link).collect()
}

/// The narrowest gate in front of the account.
fn gate_of(console: &Console, account: &AccountId) -> Gate {
    let rules = console.app.gateway().rules();
    match rules.directory.find(account) {
        Some(record) => rules.gates.everywhere(&record.organisation, account),
        None => rules.gates.of(&Reach::Account(account.clone())),
    }
}

fn bar_width(bars: usize) -> f64 {
    (CHART_WIDTH / bars.max(1) as f64 - 2.0).max(1.0)
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(account): Path<String>,
    Query(asked): Query<RangeQuery>,
    query: TableQuery,
) -> PageAnswer {
    let range = ChartRange::days(&asked);
    let mut view = look(
        &console,
        &visitor,
        &account,
        (EvidenceForm::Shown, Subject::History),
    )
    .await?;
    let persons_total = view.persons.len() as u64;
    let chosen = chosen_list(&query);
    let left_out = shorten(&mut view, chosen);
    let zone = console.zone.clone();
    let today = day_of(console.app.clock().now(), &zone);
    let period_of = move |at: Timestamp| -((today - day_of(at, &zone)).div_euclid(range.step()));
    let timeline = watch::timeline(&console.app, &actor, &view.account, period_of).await?;
    let look_back = known_look_back(&console, &actor, &view.account).await?;
    let days = periods(&timeline, today, range);
    let values: Vec<u64> = days.iter().map(|(_, shown)| *shown).collect();
    let kinds = [StoredKind::Account, StoredKind::Holder, StoredKind::Gate];
    let w = words_beside(&console, &visitor, &kinds, Some(&account)).await?;
    let book = HolderBook::read(&console.app, &actor).await?;
    let may_write = holders::may_write(&console.app, &actor, &view.account);
    let place = format!("/accounts/{}?list={}&", view.account, chosen.code());
    let table = table_of(&w, &view, &timeline, chosen);
    Ok(page(&AccountPage {
        people: HolderCard::of_account(&w, &book, &view.account, may_write),
        ranges: RangeLinks::new(&w, &place, &ChartRange::BY_DAY, range),
        by_week: range.step() > 1,
        list: table.shown(&w, &query),
        lists: list_links(&w, &view.account, chosen),
        left_out,
        w,
        gate: gate_of(&console, &view.account),
        positions: Gate::ALL.to_vec(),
        gate_reach: None,
        can_act: actor.role.can_act(),
        look_back,
        bars: bars(&values, CHART_WIDTH, CHART_HEIGHT),
        bar_width: bar_width(values.len()),
        top: values.iter().copied().max().unwrap_or(0),
        days,
        persons_total,
        view,
    }))
}

pub async fn exposures_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
    query: TableQuery,
) -> PageResponse {
    let view = look(
        &console,
        &visitor,
        &account,
        (EvidenceForm::File, Subject::Exposures),
    )
    .await?;
    let w = console.words(&visitor);
    Ok(account_lists::exposures(&w, &view).csv(&query, visitor.language, "exposures"))
}

pub async fn persons_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
    query: TableQuery,
) -> PageResponse {
    let view = look(
        &console,
        &visitor,
        &account,
        (EvidenceForm::File, Subject::Persons),
    )
    .await?;
    let w = console.words(&visitor);
    Ok(
        account_lists::persons(&w, &view.account, &view.persons).csv(
            &query,
            visitor.language,
            "persons",
        ),
    )
}

/// Persons that the account was shown between the presumed date and its recovery.
pub async fn look_back_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(account): Path<String>,
) -> PageResponse {
    let named = account_named(&account)?;
    let found = recovery::look_back(&console.app, &actor, &named, EvidenceForm::File).await;
    let found = found?;
    let w = console.words(&visitor);
    let header = ["person", "last"].map(|key| w.coded("column", key));
    let rows = found
        .persons
        .iter()
        .map(|(person, at)| vec![person.to_string(), at.to_string()]);
    Ok(csv(visitor.language, "look-back", &header, rows))
}
