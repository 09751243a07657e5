//! The small forms of an incident: each becomes one entry of its log. One that is refused comes
//! back as it was typed, with the reason.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use digue_app::OperationError;
use digue_casework::incident_forms;
use digue_casework::typed_form::TypedForm;

use crate::error::PageResponse;
use crate::response::incident_steps::next_place;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

/// Pages of an incident that a form may return to.
const PAGES: [&str; 6] = [
    "sheets",
    "affected",
    "notification",
    "decisions",
    "notices",
    "closing",
];

/// Fields that people write themselves: shown again to be corrected. The others are kept as they
/// are.
const WRITTEN: [&str; 12] = [
    "text", "reason", "at", "from", "to", "receipt", "title", "owner", "due", "persons", "basis",
    "measure",
];

/// A field of a form that was refused.
struct RetypedField {
    name: String,
    label: String,
    value: String,
    /// `text`, `moment` or `line`.
    kind: &'static str,
}

fn kind_of(name: &str, value: &str) -> &'static str {
    match name {
        "text" | "reason" => "text",
        "at" | "from" | "due" => "moment",
        // The end of a period, or whom a duty was met towards.
        "to" if value.parse::<jiff::civil::DateTime>().is_ok() => "moment",
        _ => "line",
    }
}

#[derive(Template)]
#[template(path = "incident_refused.html")]
struct RefusedEntryPage {
    w: Localizer,
    id: String,
    /// Where the form stands.
    back: String,
    why: String,
    written: Vec<RetypedField>,
    kept: Vec<(String, String)>,
}

pub(crate) async fn add(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let form = TypedForm::new(pairs.clone());
    let w = console.words(&visitor);
    let back = match PAGES.iter().find(|page| **page == form.text("back")) {
        Some(page) => format!("/incidents/{id}/{page}"),
        None => format!("/incidents/{id}"),
    };
    match incident_forms::take(&console.app, &actor, &id, &form, &w.reader()).await {
        Ok(()) => {
            // What ends a step leads to the next one; the rest stays where it was written.
            let ends_a_step = matches!(form.text("note"), "submitted" | "met");
            let place = if ends_a_step && !back.ends_with(&id) {
                next_place(&console, &visitor, &actor, &id).await?
            } else {
                back
            };
            Ok(Redirect::to(&format!("{place}?saved=entry")).into_response())
        }
        Err(OperationError::Invalid(key)) => {
            let is_written = |name: &str| WRITTEN.contains(&name);
            let (written, kept): (Vec<_>, Vec<_>) =
                pairs.into_iter().partition(|(name, _)| is_written(name));
            let written = written.into_iter().map(|(name, value)| RetypedField {
                label: w.coded("entry-field", &name),
                kind: kind_of(&name, &value),
                name,
                value,
            });
            let (written, why) = (written.collect(), w.say(key));
            let refused = page(&RefusedEntryPage {
                w,
                id,
                back,
                why,
                written,
                kept,
            });
            Ok((StatusCode::UNPROCESSABLE_ENTITY, refused).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
