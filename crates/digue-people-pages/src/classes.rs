//! Classes of persons: their numbers, and each consultation of those that are watched.

use askama::Template;
use axum::extract::State;
use digue_evidence::classes::{self, ClassLine, ClassesView, WatchedSights};
use digue_evidence::reading::EvidenceForm;

use digue_pages::error::{PageAnswer, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "classes.html")]
struct ClassesPage {
    w: Localizer,
    view: ClassesView,
    lines: ShownTable,
    is_cut: bool,
    list: ShownTable,
}

fn lines_table(w: &Localizer, view: &ClassesView) -> ListTable {
    let row = |line: &ClassLine| {
        let rules: Vec<String> = line
            .rules
            .iter()
            .map(|(portal, rule)| format!("{portal}: {}", w.coded("class-rule", rule.code())))
            .collect();
        let held = line.held.map_or_else(
            || ListCell::text(w.say("classes-unknown")),
            |held| ListCell::number(w, held as u64),
        );
        let cells = [
            ListCell::text(&line.class),
            ListCell::text(&line.population),
            held,
            ListCell::text(rules.join(", ")),
            ListCell::number(w, line.count.shown),
            ListCell::number(w, line.count.agreed),
        ];
        ListRow::new(format!("{} {}", line.population, line.class), cells)
            .marked(line.held.is_none())
    };
    ListTable {
        caption: w.say("classes-title"),
        place: "/classes".to_owned(),
        file: String::new(),
        empty: w.say("classes-none"),
        columns: vec![
            ListColumn::text("class", w.say("classes-class")),
            ListColumn::text("population", w.coded("column", "population")),
            ListColumn::number("held", w.say("classes-held")),
            ListColumn::text("rules", w.say("classes-rules")),
            ListColumn::number("shown", w.say("classes-shown")),
            ListColumn::number("agreed", w.say("classes-agreed")),
        ],
        rows: view.lines.iter().map(row).collect(),
        act: None,
    }
}

fn sights_table(w: &Localizer, watched: &WatchedSights) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let row = |(class, sight): &(digue_types::ClassName, digue_app::class_sights::ClassSight)| {
        let entry = format!("/journal?first={0}#e{0}", sight.entry);
        let person = format!("/persons?person={}", w.query(&sight.person));
        let cells = [
            ListCell::link(entry, sight.entry)
                .sorted(i64::try_from(sight.entry).unwrap_or(i64::MAX)),
            ListCell::moment(w, sight.at),
            ListCell::text(class),
            ListCell::link(person, &sight.person),
            ListCell::account_link(w, &sight.account),
            ListCell::organisation(w, &sight.organisation),
            ListCell::text(&sight.portal),
            ListCell::text(&sight.route),
            ListCell::text(w.coded("basis", sight.basis.code())).filed_as(sight.basis.code()),
        ];
        ListRow::new(format!("{} {class} {}", sight.entry, sight.person), cells)
    };
    ListTable {
        caption: w.say("classes-watched"),
        place: "/classes".to_owned(),
        file: "/classes.csv".to_owned(),
        empty: w.say("classes-watched-none"),
        columns: vec![
            ListColumn::number("entry", name("entry")),
            ListColumn::text("at", name("at")),
            ListColumn::choice("class", w.say("classes-class")),
            ListColumn::text("person", name("person")),
            ListColumn::text("account", name("account")),
            ListColumn::choice("organisation", name("organisation")),
            ListColumn::choice("portal", name("portal")),
            ListColumn::text("route", name("route")),
            ListColumn::choice("basis", name("basis")),
        ],
        rows: watched.sights.iter().map(row).collect(),
        act: None,
    }
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let view = classes::overview(&console.app, &actor)?;
    let watched = classes::watched(&console.app, &actor, EvidenceForm::Shown).await?;
    let w = console.words(&visitor);
    Ok(page(&ClassesPage {
        lines: lines_table(&w, &view).shown(&w, &TableQuery::default()),
        list: sights_table(&w, &watched).shown(&w, &query),
        is_cut: watched.is_cut,
        view,
        w,
    }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let watched = classes::watched(&console.app, &actor, EvidenceForm::File).await?;
    let w = console.words(&visitor);
    Ok(sights_table(&w, &watched).csv(&query, visitor.language, "classes"))
}
