//! Sources: how old what they feed is, and changes that wait for a person.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use digue_provisioning::overview::{self as directory, DirectoryOverview, WaitingChange};
use digue_sources::overview::{self, SourceStanding, SourceView};
use digue_sources::{SourceTarget, reading};
use serde::Deserialize;

use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage {
    w: Localizer,
    list: ShownTable,
    /// Those that wait for a person.
    held: Vec<SourceView>,
    sources: Vec<SourceView>,
    may_load: bool,
    /// The operator's directory, where one is configured.
    directory: Option<DirectoryPart>,
}

/// The directory on the page: its state, and what waits.
struct DirectoryPart {
    found: DirectoryOverview,
    list: ShownTable,
    may_release: bool,
    is_fresh: bool,
}

fn table(w: &Localizer, sources: &[SourceView]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("sources-title"),
        place: "/sources".to_owned(),
        file: "/sources.csv".to_owned(),
        empty: w.say("sources-none"),
        columns: vec![
            ListColumn::text("name", name("name")),
            ListColumn::text("feeds", w.say("source-feeds")),
            ListColumn::choice("state", name("state")),
            ListColumn::text("fresh", w.say("source-good-at")),
            ListColumn::number("rows", w.say("source-rows")),
            ListColumn::text("account", name("account")),
        ],
        rows: sources.iter().map(|source| row(w, source)).collect(),
        act: None,
    }
}

/// The changes of the directory that wait.
fn waiting_table(w: &Localizer, found: &DirectoryOverview) -> ListTable {
    let row = |one: &WaitingChange| {
        let place = one.place.as_ref().map_or_else(ListCell::empty, |place| {
            ListCell::organisation(w, &place.organisation)
                .and_quiet(w.coded("role", place.role.code()))
        });
        let cells = [
            ListCell::account(w, &one.account),
            ListCell::text(w.say(one.change.key())).filed_as(one.change.code()),
            place,
            ListCell::moment(w, one.since),
            ListCell::account(w, &one.asked_by),
        ];
        ListRow::new(&one.account, cells)
    };
    ListTable {
        caption: w.say("directory-waiting"),
        place: "/sources".to_owned(),
        file: String::new(),
        empty: w.say("directory-nothing"),
        columns: vec![
            ListColumn::text("account", w.say("column-account")),
            ListColumn::choice("change", w.say("directory-change")),
            ListColumn::choice("organisation", w.say("column-organisation")),
            ListColumn::text("since", w.say("directory-since")),
            ListColumn::text("asked-by", w.say("column-asked-by")),
        ],
        rows: found.waiting.iter().map(row).collect(),
        act: None,
    }
}

const fn tone(standing: SourceStanding) -> ChipTone {
    match standing {
        SourceStanding::Held | SourceStanding::Late => ChipTone::Bad,
        SourceStanding::Failing | SourceStanding::Unread => ChipTone::Watch,
        SourceStanding::Fresh => ChipTone::Good,
    }
}

fn row(w: &Localizer, source: &SourceView) -> ListRow {
    let good_at = source.good_at;
    let cells = [
        ListCell::text(&source.name),
        ListCell::text(match &source.target {
            SourceTarget::Table(target) => w.reader().named(&target.subject()),
            SourceTarget::Accounts => w.say("source-accounts"),
            SourceTarget::Retention => w.say("source-retention"),
        }),
        standing_cell(w, source),
        good_at.map_or_else(
            || ListCell::text(w.say("source-never")),
            |at| ListCell::moment(w, at),
        ),
        source
            .rows
            .map_or_else(ListCell::empty, |rows| ListCell::number(w, rows)),
        ListCell::account(w, &source.account),
    ];
    ListRow::new(&source.name, cells).marked(source.needs_a_person())
}

/// Whether it feeds, and why not.
fn standing_cell(w: &Localizer, source: &SourceView) -> ListCell {
    let why = |fault| fault_words(w, fault);
    ListCell::chip(w.say(source.standing.key()), tone(source.standing))
        .and_quiet(source.fault.as_ref().map_or_else(String::new, why))
        .filed_as(source.standing.code())
}

/// Why the last reading failed, and where.
fn fault_words(w: &Localizer, (key, line): &(String, Option<u64>)) -> String {
    match line {
        Some(line) => format!("{} {}", w.counted("source-line", *line), w.say(key)),
        None => w.say(key),
    }
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let sources = overview::list(&console.app, &actor).await?;
    let directory = directory::overview(&console.app, &actor).await?;
    let w = console.words(&visitor);
    let list = table(&w, &sources).shown(&w, &query);
    let age = console.app.clock().now().since(actor.proved_at);
    let directory = directory.map(|found| DirectoryPart {
        list: waiting_table(&w, &found).shown(&w, &TableQuery::default()),
        may_release: actor.role.can_review(),
        is_fresh: age <= console.app.proof_lasts(),
        found,
    });
    let is_held = |source: &&SourceView| source.held.is_some();
    Ok(page(&SourcesPage {
        w,
        list,
        held: sources.iter().filter(is_held).cloned().collect(),
        sources,
        directory,
        may_load: actor.role.can_load(),
    }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let sources = overview::list(&console.app, &actor).await?;
    let w = console.words(&visitor);
    Ok(table(&w, &sources).csv(&query, visitor.language, "sources"))
}

/// Reads a source at once.
pub async fn read(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(name): Path<String>,
) -> PageRedirect {
    reading::read_now(&console.app, &actor, &name).await?;
    Ok(Redirect::to("/sources"))
}

#[derive(Deserialize)]
pub struct ReleaseForm {
    #[serde(default)]
    digest: String,
}

/// Puts a held change in force.
pub async fn release(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(name): Path<String>,
    Form(form): Form<ReleaseForm>,
) -> PageRedirect {
    reading::release(&console.app, &actor, &name, &form.digest).await?;
    Ok(Redirect::to("/sources"))
}

/// Does what the directory wants and could not do by itself.
pub async fn release_directory(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<ReleaseForm>,
) -> PageRedirect {
    digue_provisioning::release(&console.app, &actor, &form.digest).await?;
    Ok(Redirect::to("/sources"))
}
