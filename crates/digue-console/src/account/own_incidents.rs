//! For partner organisations: incidents about their own accounts, and reporting one.

use digue_app::OperationError;
use digue_casework::incidents::{self, IncidentView};
use digue_casework::papers::{self, PaperFormat};
use digue_evidence::paper_warning::PaperSources;
use digue_types::OperatorContact;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;

use crate::error::{PageAnswer, PageRedirect, PageResponse};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, Media, file_name, kept, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "own_incidents.html")]
struct OwnIncidentsPage {
    w: Localizer,
    views: Vec<IncidentView>,
    open: usize,
    /// Whom to call: an incident does not wait for a form to be read.
    contact: Option<OperatorContact>,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let views = incidents::own(&console.app, &actor).await?;
    let open = views
        .iter()
        .filter(|view| !view.incident.is_closed())
        .count();
    Ok(page(&OwnIncidentsPage {
        w: console.words(&visitor),
        contact: console.app.gateway().contact().cloned(),
        views,
        open,
    }))
}

#[derive(Deserialize)]
pub(crate) struct ReportForm {
    title: String,
    text: String,
}

pub(crate) async fn report(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<ReportForm>,
) -> PageRedirect {
    incidents::report(&console.app, &actor, &form.title, &form.text).await?;
    Ok(Redirect::to("/own-incidents"))
}

/// What the operator tells the organisation (GDPR art. 33(2)), with texts that it can pass on.
pub(crate) async fn paper(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageResponse {
    let views = incidents::own(&console.app, &actor).await?;
    let found = views
        .into_iter()
        .find(|view| view.record.id == id && view.is_established());
    let view = found.ok_or(OperationError::NotFound("incident"))?;
    let reader = console.words(&visitor).reader();
    let document = papers::paper(&console.app, &view, &reader, "partner").await?;
    let document = document.ok_or(OperationError::NotFound("paper"))?;
    let sources = PaperSources::incident(&view.record.id);
    let printed = papers::printed_from(&console.app, &document, PaperFormat::Pdf, sources).await;
    let bytes = printed?;
    Ok(kept(
        &format!(
            "{}-{}.pdf",
            file_name(visitor.language, "partner"),
            view.reference()
        ),
        Media(PaperFormat::Pdf.media()),
        bytes,
    ))
}
