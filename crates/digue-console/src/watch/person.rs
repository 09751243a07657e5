//! One person: every account that was shown them.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use digue_app::OperationError;
use digue_evidence::reading::EvidenceForm;
use digue_evidence::{scope, watch};
use digue_exposure::{Lookup, Sight};
use digue_types::{AccountId, PersonRef, Timestamp};
use serde::Deserialize;

use crate::chart::{ChartRange, MARK_WIDTH, RangeLinks, RangeQuery, mark};
use crate::error::{PageAnswer, PageError, PageResponse};
use crate::state::Console;
use crate::table::{ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery};
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    w: Localizer,
    person: PersonRef,
    is_known: bool,
    /// There are consultations, though maybe not in the time that is shown.
    has_any: bool,
    list: ShownTable,
    /// Consultations that the list leaves out.
    left_out: u64,
    ranges: RangeLinks,
    accounts: u64,
    total: u64,
    /// The accounts of the chart, with a mark for each consultation.
    rows: Vec<(AccountId, Vec<f64>)>,
    mark_width: f64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Rows of the chart: the accounts with the latest consultations.
const ROWS: usize = 12;
const WIDTH: f64 = 720.0;

/// The chart of accounts by time; `sights` has the newest first.
fn picture(sights: &[Sight]) -> Vec<(AccountId, Vec<f64>)> {
    let (last, first) = (
        sights.first().map(|one| one.at.secs()),
        sights.last().map(|one| one.at.secs()),
    );
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let mut rows: Vec<(AccountId, Vec<f64>)> = Vec::new();
    for sight in sights {
        let x = mark(sight.at.secs(), first, last, WIDTH);
        let known = rows
            .iter()
            .position(|(account, _)| *account == sight.account);
        match known {
            Some(place) => rows[place].1.push(x),
            None if rows.len() < ROWS => rows.push((sight.account.clone(), vec![x])),
            None => {}
        }
    }
    rows
}

#[derive(Deserialize)]
pub(crate) struct PersonSearch {
    person: String,
}

/// The most consultations in the list, the latest ones; the export has all.
const SIGHTS_PAGE: usize = 2_000;

async fn look(
    console: &Console,
    visitor: &Visitor,
    search: &PersonSearch,
    form: EvidenceForm,
) -> Result<(PersonRef, Lookup<Vec<Sight>>), PageError> {
    let actor = visitor.actor(&console.app)?;
    scope::may_ask(&actor)?;
    let person =
        PersonRef::parse(search.person.trim()).map_err(|_| OperationError::NotFound("person"));
    let person = person?;
    let sights = watch::person(&console.app, &actor, &person, form).await?;
    Ok((person, sights))
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Query(search): Query<PersonSearch>,
    Query(asked): Query<RangeQuery>,
    query: TableQuery,
) -> PageAnswer {
    let (person, reply) = look(&console, &visitor, &search, EvidenceForm::Shown).await?;
    let (mut sights, is_known) = match reply {
        Lookup::Known(sights) => (sights, true),
        Lookup::UnknownSubject(_) => (Vec::new(), false),
    };
    let has_any = !sights.is_empty();
    let range = ChartRange::some_days(&asked);
    keep_within(&console, range, &mut sights);
    let accounts: std::collections::BTreeSet<_> =
        sights.iter().map(|sight| sight.account.clone()).collect();
    let total = sights.len() as u64;
    let rows = picture(&sights);
    let (last, first) = (
        sights.first().map(|sight| sight.at),
        sights.last().map(|sight| sight.at),
    );
    sights.truncate(SIGHTS_PAGE);
    let w = console.words(&visitor);
    let place = format!("/persons?person={}&", w.query(&person));
    Ok(page(&PersonPage {
        ranges: RangeLinks::or_all(&w, &place, &ChartRange::BY_DAY, range),
        list: table(&w, &sights).shown(&w, &query),
        left_out: total.saturating_sub(sights.len() as u64),
        is_known,
        has_any,
        accounts: accounts.len() as u64,
        total,
        rows,
        mark_width: MARK_WIDTH,
        first,
        last,
        person,
        w,
    }))
}

/// Leaves out what is older than the range.
fn keep_within(console: &Console, range: Option<ChartRange>, sights: &mut Vec<Sight>) {
    let Some(range) = range else { return };
    let days = Duration::from_hours(24 * range.length().unsigned_abs());
    let since = console.app.clock().now().minus(days);
    sights.retain(|sight| sight.at >= since);
}

fn table(w: &Localizer, sights: &[Sight]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let row = |sight: &Sight| {
        let entry = format!("/journal?first={0}#e{0}", sight.entry);
        let cells = [
            ListCell::link(entry, sight.entry)
                .sorted(i64::try_from(sight.entry).unwrap_or(i64::MAX)),
            ListCell::moment(w, sight.at),
            ListCell::account_link(w, &sight.account),
            ListCell::organisation(w, &sight.organisation),
            ListCell::text(&sight.portal),
            ListCell::text(&sight.population),
            ListCell::text(&sight.route),
            ListCell::text(w.coded("basis", sight.basis.code())).filed_as(sight.basis.code()),
        ];
        ListRow::new(sight.entry, cells)
    };
    ListTable {
        caption: w.say("person-sights"),
        place: "/persons".to_owned(),
        file: "/persons/sights.csv".to_owned(),
        empty: w.say("person-nobody-then"),
        columns: vec![
            ListColumn::number("entry", name("entry")),
            ListColumn::text("at", name("at")),
            ListColumn::text("account", name("account")),
            ListColumn::choice("organisation", name("organisation")),
            ListColumn::choice("portal", name("portal")),
            ListColumn::file("population", name("population")),
            ListColumn::text("route", name("route")),
            ListColumn::choice("basis", name("basis")),
        ],
        rows: sights.iter().map(row).collect(),
        act: None,
    }
}

pub(crate) async fn sights_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Query(search): Query<PersonSearch>,
    Query(asked): Query<RangeQuery>,
    query: TableQuery,
) -> PageResponse {
    let (_, reply) = look(&console, &visitor, &search, EvidenceForm::File).await?;
    let mut sights = match reply {
        Lookup::Known(sights) => sights,
        Lookup::UnknownSubject(_) => {
            return Err(PageError::from(OperationError::Invalid("unknown-subject")));
        }
    };
    keep_within(&console, ChartRange::some_days(&asked), &mut sights);
    let w = console.words(&visitor);
    Ok(table(&w, &sights).csv(&query, visitor.language, "sights"))
}
