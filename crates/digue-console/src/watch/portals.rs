//! Portals: how far their responses are inspected, and what their maps allow.

use digue_administration::map_additions;
use digue_evidence::watch::{self, PortalView};

use askama::Template;
use axum::extract::State;

use crate::error::{PageAnswer, PageResponse};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

use super::portal_routes::{AddedRow, rows_of};

#[derive(Template)]
#[template(path = "portals.html")]
struct PortalsPage {
    w: Localizer,
    /// Each with the routes that were added to its map.
    portals: Vec<(PortalView, Vec<AddedRow>)>,
    may_add: bool,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let w = console.words(&visitor);
    let listed = map_additions::list(&console.app, &actor).await?;
    let portals = watch::portals(&console.app, &actor)?.into_iter();
    let portals = portals.map(|portal| {
        let added = rows_of(&w, &portal.coverage.portal, &listed);
        (portal, added)
    });
    Ok(page(&PortalsPage {
        portals: portals.collect(),
        may_add: map_additions::may_add(&actor).is_ok(),
        w,
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageResponse {
    let portals = watch::portals(&console.app, &actor)?;
    let w = Localizer::new(&visitor);
    let header = [
        "portal",
        "inspected",
        "uninspected",
        "uninspected-bytes",
        "outside-map",
        "refused",
        "would-refuse",
        "unseen",
    ];
    let header = header.map(|key| w.coded("column", key));
    let rows = portals.iter().map(|portal| {
        let counts = &portal.coverage.counts;
        let mut cells = vec![portal.coverage.portal.to_string()];
        let numbers = [
            counts.inspected,
            counts.uninspected,
            counts.uninspected_bytes,
            counts.outside_map,
            counts.refused,
            counts.would_refuse,
            counts.unseen,
        ];
        cells.extend(numbers.map(|number| number.to_string()));
        cells
    });
    Ok(csv(visitor.language, "portals", &header, rows))
}
