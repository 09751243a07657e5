//! The inventory of programs: files of other tools in, and what the catalogue of exploited
//! vulnerabilities names of it.

use askama::Template;
use axum::extract::{Multipart, State};
use digue_access::Role;
use digue_app::OperationError;
use digue_compliance::isms::advisories::{self, AdvisoryFeed};
use digue_compliance::isms::import;
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::Software;
use digue_privacy::kev::{KevCatalogue, KevError, KevMatch, matches};
use digue_privacy_acts::inventory::{self, InventoryOutcome, InventoryPreview};

use digue_pages::differences::words_with;
use digue_pages::error::{PageAnswer, PageResponse};
use digue_pages::form::fields_of;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

use crate::home::isms_overview;

#[derive(Template)]
#[template(path = "isms_software.html")]
struct SoftwarePage {
    w: Localizer,
    count: usize,
    /// What is known of the catalogue, in words.
    feed: String,
    is_current: bool,
    list: ShownTable,
    taken: Option<ShownInventory>,
    may_write: bool,
    tab: &'static str,
}

/// What a file changes, or changed.
struct ShownInventory {
    says: String,
    /// The file, carried by the form that confirms it.
    waiting: Option<String>,
    digest: String,
    is_taken: bool,
    is_outdated: bool,
}

fn feed_in_words(w: &Localizer, feed: &AdvisoryFeed) -> String {
    let of = |key: &str, catalogue: &KevCatalogue| {
        let values = [
            ("day", w.day(catalogue.released).into()),
            ("entries", w.number(catalogue.entries.len()).into()),
        ];
        w.with(key, values)
    };
    match feed {
        AdvisoryFeed::Absent => w.say("kev-absent"),
        AdvisoryFeed::Unreadable(KevError::Form) => w.say("kev-form"),
        AdvisoryFeed::Unreadable(KevError::ToCome(day)) => {
            w.with("kev-to-come", [("day", w.day(*day).into())])
        }
        AdvisoryFeed::Unreadable(KevError::Incomplete { said, found }) => {
            let values = [
                ("said", w.number(*said).into()),
                ("found", w.number(*found).into()),
            ];
            w.with("kev-incomplete", values)
        }
        AdvisoryFeed::Stale(catalogue) => of("kev-stale", catalogue),
        AdvisoryFeed::Current(catalogue) => of("kev-current", catalogue),
    }
}

/// Why nothing is named: an empty list proves something only where an inventory was compared with a
/// catalogue of this month.
fn nothing_named(w: &Localizer, feed: &AdvisoryFeed, programs: usize) -> String {
    match feed {
        AdvisoryFeed::Absent | AdvisoryFeed::Unreadable(_) => w.say("kev-not-compared"),
        AdvisoryFeed::Stale(_) | AdvisoryFeed::Current(_) if programs == 0 => {
            w.say("kev-no-inventory")
        }
        AdvisoryFeed::Stale(_) => w.say("kev-none-stale"),
        AdvisoryFeed::Current(_) => w.say("kev-none"),
    }
}

fn match_table(w: &Localizer, found: &[KevMatch<'_>], empty: String) -> ListTable {
    let row = |one: &KevMatch<'_>| {
        let record = &one.software.record;
        let place = format!("/smsi/registers/software/{}", one.software.id);
        let tone = match one.verdict.is_open() {
            true => ChipTone::Bad,
            false => ChipTone::Plain,
        };
        let ransomware = match one.entry.ransomware {
            Some(true) => w.say("yes-no-yes"),
            Some(false) => w.say("yes-no-no"),
            None => w.say("kev-unknown"),
        };
        let cells = [
            ListCell::chip(w.coded("kev", one.verdict.code()), tone),
            ListCell::link(place, &record.title.0),
            ListCell::text(match record.version.0.as_str() {
                "" => w.say("kev-unknown"),
                version => version.to_owned(),
            }),
            ListCell::text(&record.place.0),
            ListCell::text(&one.entry.cve),
            ListCell::text(&one.entry.name),
            ListCell::day(w, one.entry.added),
            ListCell::text(ransomware),
        ];
        ListRow::new(format!("{} {}", one.software.id, one.entry.cve), cells)
    };
    ListTable {
        caption: w.say("kev-title"),
        place: "/smsi/software".to_owned(),
        file: "/smsi/software.csv".to_owned(),
        empty,
        rows: found.iter().map(row).collect(),
        columns: vec![
            ListColumn::choice("verdict", w.say("column-verdict")),
            ListColumn::text("software", w.say("field-software-title")),
            ListColumn::text("version", w.say("field-software-version")),
            ListColumn::text("place", w.say("field-software-place")),
            ListColumn::text("cve", w.say("kev-cve")),
            ListColumn::text("name", w.say("kev-name")),
            ListColumn::text("added", w.say("kev-added")),
            ListColumn::choice("ransomware", w.say("kev-ransomware")),
        ],
        act: None,
    }
}

/// The catalogue whose entries are compared; one that is stale is shown, and proves nothing.
const fn catalogue_of(feed: &AdvisoryFeed) -> Option<&KevCatalogue> {
    match feed {
        AdvisoryFeed::Stale(catalogue) | AdvisoryFeed::Current(catalogue) => Some(catalogue),
        AdvisoryFeed::Absent | AdvisoryFeed::Unreadable(_) => None,
    }
}

async fn shown(
    console: &Console,
    visitor: &Visitor,
    query: &TableQuery,
    taken: Option<ShownInventory>,
) -> PageAnswer {
    let (actor, overview) = isms_overview(console, visitor).await?;
    let feed = advisories::feed(&console.app, &actor).await?;
    let w = words_with(console, visitor, &overview.comparison.differences);
    let entries = overview.registers.read::<Software>().entries;
    let found = catalogue_of(&feed).map_or_else(Vec::new, |feed| matches(&entries, feed));
    Ok(page(&SoftwarePage {
        count: overview.registers.of(RegisterKind::Software).len(),
        is_current: matches!(feed, AdvisoryFeed::Current(_)),
        feed: feed_in_words(&w, &feed),
        list: match_table(&w, &found, nothing_named(&w, &feed, entries.len())).shown(&w, query),
        taken,
        may_write: visitor.role.is_some_and(Role::can_govern),
        tab: "software",
        w,
    }))
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageAnswer {
    shown(&console, &visitor, &query, None).await
}

pub async fn csv(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageResponse {
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let feed = advisories::feed(&console.app, &actor).await?;
    let w = words_with(&console, &visitor, &overview.comparison.differences);
    let entries = overview.registers.read::<Software>().entries;
    let found = catalogue_of(&feed).map_or_else(Vec::new, |feed| matches(&entries, feed));
    // An empty file would say that nothing is concerned.
    if catalogue_of(&feed).is_none() {
        return Err(OperationError::Invalid("kev-not-compared").into());
    }
    let empty = nothing_named(&w, &feed, entries.len());
    Ok(match_table(&w, &found, empty).csv_beside(&query, &w, "software"))
}

fn in_words(w: &Localizer, preview: &InventoryPreview) -> String {
    let values = [
        (
            "form",
            w.coded("inventory-form", preview.form.code()).into(),
        ),
        ("added", w.number(preview.added).into()),
        ("changed", w.number(preview.changed).into()),
        ("same", w.number(preview.same).into()),
        ("unseen", w.number(preview.unseen).into()),
        ("unnamed", w.number(preview.unnamed).into()),
    ];
    w.with("inventory-would", values)
}

/// Shows what an inventory would change, or takes it once its sender confirmed what was shown.
pub async fn take(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
    form: Multipart,
) -> PageAnswer {
    let [file, kept, digest] = fields_of(form, ["file", "kept", "digest"]).await?;
    let invalid = || OperationError::Invalid("invalid-upload");
    let app = &console.app;
    let (bytes, outcome) = match (file, kept, digest) {
        (Some(file), None, _) => (file, None),
        (None, Some(kept), Some(digest)) => {
            let bytes = import::unpack(&kept).ok_or_else(invalid)?;
            let digest = String::from_utf8(digest).map_err(|_| invalid())?;
            let done = inventory::import(app, &actor, (&bytes, &digest)).await?;
            (bytes, Some(done))
        }
        _ => return Err(invalid().into()),
    };
    let (preview, is_taken, is_outdated) = match outcome {
        None => (inventory::preview(app, &actor, &bytes).await?, false, false),
        Some(InventoryOutcome::Taken(preview)) => (preview, true, false),
        Some(InventoryOutcome::Outdated(preview)) => (preview, false, true),
    };
    let w = console.words(&visitor);
    let taken = ShownInventory {
        says: in_words(&w, &preview),
        waiting: (!is_taken).then(|| import::pack(&bytes)),
        digest: preview.digest,
        is_taken,
        is_outdated,
    };
    shown(&console, &visitor, &query, Some(taken)).await
}
