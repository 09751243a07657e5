//! The contradictions of the management system.

use askama::Template;
use axum::extract::State;
use digue_app::{Actor, OperationError};
use digue_evidence::stored_records::{self, StoredKind};
use digue_isms::contradictions::{ContradictionSource, RegisterContradiction};

use crate::home::{IsmsOverview, all_wrong, euros_due, isms_overview};
use digue_pages::differences::words_with;
use digue_pages::error::{PageAnswer, PageResponse};
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "isms_contradictions.html")]
struct ContradictionsPage {
    w: Localizer,
    list: ShownTable,
    total: usize,
    tab: &'static str,
}

fn wrong_table(
    w: &Localizer,
    overview: &IsmsOverview,
    found: &[RegisterContradiction],
) -> ListTable {
    ListTable {
        caption: w.say("smsi-contradictions"),
        place: "/smsi/contradictions".to_owned(),
        file: "/smsi/contradictions.csv".to_owned(),
        empty: w.say("smsi-wrong-none"),
        columns: vec![
            ListColumn::choice("what", w.say("smsi-column-what")),
            ListColumn::file("record", w.say("column-record")),
            ListColumn::text("title", w.say("column-title")),
            ListColumn::text("late", w.say("smsi-column-late")),
        ],
        rows: found
            .iter()
            .map(|one| wrong_row(w, overview, one))
            .collect(),
        act: None,
    }
}

fn wrong_row(w: &Localizer, overview: &IsmsOverview, one: &RegisterContradiction) -> ListRow {
    let place = match one.source {
        ContradictionSource::Record(kind) => {
            format!("/smsi/registers/{}/{}", kind.code(), one.id)
        }
        ContradictionSource::Incident if one.id.is_empty() => "/incidents".to_owned(),
        ContradictionSource::Incident => format!("/incidents/{}/notification", one.id),
    };
    let cells = [
        ListCell::chip(w.coded("wrong", one.wrong.code()), ChipTone::Bad),
        ListCell::text(&one.id),
        ListCell::link(place, wrong_title(w, overview, one)).filed_as(&one.title),
        late_cell(w, one),
    ];
    ListRow::new(&one.id, cells)
}

fn wrong_title(w: &Localizer, overview: &IsmsOverview, one: &RegisterContradiction) -> String {
    let stated = || match (one.title.as_str(), one.source) {
        ("", ContradictionSource::Incident) => w.say("incidents-title"),
        ("", ContradictionSource::Record(_)) => one.id.clone(),
        (title, _) => title.to_owned(),
    };
    match one.source {
        ContradictionSource::Record(kind) => overview
            .words(w)
            .title_of(kind, &one.id)
            .unwrap_or_else(stated),
        ContradictionSource::Incident => stated(),
    }
}

/// The days that it is late, and what they cost.
fn late_cell(w: &Localizer, one: &RegisterContradiction) -> ListCell {
    let (late, filed) = if one.days > 0 {
        let days = w.with1("smsi-days-late", "days", one.days);
        let late = ListCell::chip(days, ChipTone::Bad).sorted(i64::from(one.days));
        (late, one.days.to_string())
    } else {
        (ListCell::empty(), String::new())
    };
    late.and_if(one.euros > 0, || euros_due(w, one.euros))
        .filed_as(filed)
}

/// The warning of both: records of registers and of incidents.
async fn words_of(
    console: &Console,
    visitor: &Visitor,
    (actor, overview): (&Actor, &IsmsOverview),
) -> Result<Localizer, OperationError> {
    let of_incidents = stored_records::compare(&console.app, actor, &[StoredKind::Incident]);
    let of_incidents = of_incidents.await?.differences;
    let of_records = overview.comparison.differences.iter();
    Ok(words_with(
        console,
        visitor,
        of_records.chain(&of_incidents),
    ))
}

pub async fn wrong(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageAnswer {
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let w = words_of(&console, &visitor, (&actor, &overview)).await?;
    let found = all_wrong(&console, &actor, &overview).await?;
    let list = wrong_table(&w, &overview, &found).shown(&w, &query);
    Ok(page(&ContradictionsPage {
        list,
        total: found.len(),
        tab: "contradictions",
        w,
    }))
}

pub async fn wrong_csv(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageResponse {
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let w = words_of(&console, &visitor, (&actor, &overview)).await?;
    let found = all_wrong(&console, &actor, &overview).await?;
    Ok(wrong_table(&w, &overview, &found).csv_beside(&query, &w, "contradictions"))
}
