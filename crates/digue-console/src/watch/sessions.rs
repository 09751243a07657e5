//! Live sessions, with device and network.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use digue_access::Session;
use digue_evidence::watch;

use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

/// The most lines on the page; the export has all.
const LINES: usize = 200;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    w: Localizer,
    total: usize,
    bound: usize,
    rows: Vec<Session>,
    can_act: bool,
    watches: bool,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Html<String>, PageError> {
    let mut rows = watch::sessions(&console.app, &actor)?;
    let (total, bound) = (rows.len(), rows.iter().filter(|one| one.device.is_some()).count());
    rows.truncate(LINES);
    Ok(page(&SessionsPage {
        w: Localizer::in_zone(&visitor, &console.zone),
        total,
        bound,
        rows,
        can_act: actor.role.can_act(),
        watches: actor.role.can_watch(),
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let rows = watch::sessions(&console.app, &actor)?;
    let w = Localizer::new(&visitor);
    let header = ["account", "organisation", "place", "opened", "seen", "ip", "device"]
        .map(|key| w.coded("column", key));
    let rows = rows.into_iter().map(|one| {
        vec![
            one.account.to_string(),
            one.organisation.to_string(),
            one.host,
            one.opened_at.to_string(),
            one.seen_at.to_string(),
            one.origin.ip.to_string(),
            one.origin.agent,
        ]
    });
    Ok(csv(visitor.language, "sessions", &header, rows))
}
