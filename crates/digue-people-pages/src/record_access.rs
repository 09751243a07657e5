//! A record that a class of persons holds back: the account asks for it on the portal's host.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use digue_administration::record_access::{self, OwnRecordRequest};
use digue_app::OperationError;
use serde::Deserialize;

use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "record_ask.html")]
struct RecordRequestPage {
    w: Localizer,
    is_asked: bool,
    own: Vec<OwnRecordRequest>,
}

/// The proof of identity comes before the form, so that no written reason is lost to it.
pub async fn show(State(console): State<Console>, visitor: Visitor) -> PageResponse {
    let (Some(_), Some(session)) = (&visitor.portal, &visitor.session) else {
        return Err(PageError::from(OperationError::Denied));
    };
    if console.app.clock().now().since(session.proved_at) > console.app.proof_lasts() {
        return Ok(Redirect::to("/.digue/sign-in?fresh=1&next=/.digue/record").into_response());
    }
    let own = record_access::own(&console.app, session).await?;
    let page = page(&RecordRequestPage {
        w: console.words(&visitor),
        is_asked: false,
        own,
    });
    Ok(page.into_response())
}

#[derive(Deserialize)]
pub struct RecordRequestForm {
    person: String,
    justification: String,
}

pub async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<RecordRequestForm>,
) -> PageAnswer {
    let (Some(portal), Some(session)) = (&visitor.portal, &visitor.session) else {
        return Err(PageError::from(OperationError::Denied));
    };
    let RecordRequestForm {
        person,
        justification,
    } = form;
    record_access::ask(&console.app, session, portal, &person, &justification).await?;
    let own = record_access::own(&console.app, session).await?;
    Ok(page(&RecordRequestPage {
        w: console.words(&visitor),
        is_asked: true,
        own,
    }))
}
