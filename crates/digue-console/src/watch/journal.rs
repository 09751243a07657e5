//! The journal, entry by entry, as it is on disk.

use askama::Template;
use axum::extract::{Query, State};
use digue_app::OperationError;
use digue_evidence::reading::EvidenceForm;
use digue_evidence::witnesses::{self, WitnessView};
use digue_evidence::{entry, watch};
use digue_types::{AccountId, Event, Exposure, Timestamp};
use serde::Deserialize;

use crate::error::{PageAnswer, PageError, PageResponse};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, Media, kept, page};
use crate::visitor::Visitor;

/// The most entries on one page, and in one export.
const PAGE_ENTRIES: u64 = 50;
const EXPORT_ENTRIES: u64 = 100_000;

#[derive(Deserialize)]
pub(crate) struct JournalQuery {
    first: Option<u64>,
}

/// One line of the page.
struct JournalLine {
    entry: u64,
    at: Timestamp,
    by: AccountId,
    /// The locale key of its kind, or the route of an exposure.
    what: String,
    about: String,
    persons: Option<u32>,
    is_refused: bool,
    json: String,
}

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage {
    w: Localizer,
    size: u64,
    checkpoint_size: u64,
    /// The first entry that was not pruned.
    minimum: u64,
    witnesses: WitnessView,
    lines: Vec<JournalLine>,
    before: Option<u64>,
    after: Option<u64>,
}

fn line(w: &Localizer, index: u64, event: &Event) -> JournalLine {
    let json = serde_json::to_string_pretty(&entry::as_json(index, event)).unwrap_or_default();
    match event {
        Event::Exposure(exposure) => JournalLine {
            entry: index,
            at: exposure.at,
            by: exposure.account.clone(),
            what: match exposure.repeated {
                Some(repeated) => {
                    format!(
                        "{} × {}",
                        w.coded("outcome", exposure.outcome.code()),
                        repeated.count
                    )
                }
                None => w.coded("outcome", exposure.outcome.code()),
            },
            about: place(exposure),
            persons: Some(u32::try_from(exposure.persons().count()).unwrap_or(u32::MAX)),
            is_refused: exposure.outcome == digue_types::Outcome::Refused,
            json,
        },
        Event::Administration(act) => JournalLine {
            entry: index,
            at: act.at,
            by: act.actor.clone(),
            what: w.coded("act", act.act.code()),
            about: w.act_about(act),
            persons: None,
            is_refused: false,
            json,
        },
    }
}

/// The portal and the address of its map; requests of several addresses in one entry have none.
fn place(exposure: &Exposure) -> String {
    match exposure.route.as_str() {
        "-" => exposure.portal.to_string(),
        route => format!("{} / {route}", exposure.portal),
    }
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(range): Query<JournalQuery>,
) -> PageAnswer {
    let status = console.app.journal_status();
    let last = status.checkpoint_size.saturating_sub(PAGE_ENTRIES);
    let first = range.first.unwrap_or(last).min(last);
    let entries = watch::entries(
        &console.app,
        &actor,
        first,
        PAGE_ENTRIES,
        EvidenceForm::Shown,
    )
    .await?;
    let w = console.words(&visitor);
    let lines = entries
        .iter()
        .rev()
        .map(|(index, event)| line(&w, *index, event))
        .collect();
    Ok(page(&JournalPage {
        w,
        size: status.size,
        checkpoint_size: status.checkpoint_size,
        minimum: console.app.journal_minimum(),
        witnesses: witnesses::view(&console.app),
        lines,
        before: (first > 0).then(|| first.saturating_sub(PAGE_ENTRIES)),
        after: (first < last).then(|| first + PAGE_ENTRIES),
    }))
}

/// Entries as NDJSON, once an export was approved.
pub(crate) async fn export(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Query(range): Query<JournalQuery>,
) -> PageResponse {
    let first = range.first.unwrap_or(0);
    let entries = watch::entries(
        &console.app,
        &actor,
        first,
        EXPORT_ENTRIES,
        EvidenceForm::File,
    )
    .await;
    let mut text = String::new();
    for (index, event) in entries? {
        text.push_str(&entry::as_json(index, &event).to_string());
        text.push('\n');
    }
    if text.is_empty() {
        return Err(PageError::from(OperationError::NotFound("entry")));
    }
    Ok(kept(
        &format!("journal-{first}.ndjson"),
        Media("application/x-ndjson"),
        text.into_bytes(),
    ))
}
