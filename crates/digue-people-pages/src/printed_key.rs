//! The page for the holder of the printed key, in a browser that is signed in to nothing.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use digue_administration::printed_key::{self, WaitingOfficer};
use digue_app::OperationError;
use digue_casework::rate_limiter;
use digue_identity::invitations::Invitation;
use serde::Deserialize;

use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "printed_key.html")]
struct PrintedKeyPage {
    w: Localizer,
    /// The browser is signed in: the officer who asked for an account must not see its link.
    is_signed_in: bool,
    /// Kept in the page between its two steps.
    key: String,
    /// `None` before a key was given.
    waiting: Option<Vec<WaitingOfficer>>,
    made: Option<Invitation>,
    is_wrong: bool,
}

impl PrintedKeyPage {
    fn new(visitor: &Visitor, key: String) -> Self {
        Self {
            w: Localizer::new(visitor),
            is_signed_in: visitor.session.is_some(),
            key,
            waiting: None,
            made: None,
            is_wrong: false,
        }
    }
}

pub async fn show(visitor: Visitor) -> PageAnswer {
    visitor.must_be_on_console()?;
    Ok(page(&PrintedKeyPage::new(&visitor, String::new())))
}

#[derive(Deserialize)]
pub struct PrintedKeyForm {
    key: String,
    /// The request that is approved; empty to see which wait.
    #[serde(default)]
    id: String,
}

/// Shows what waits for the key, or approves it.
pub async fn use_key(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<PrintedKeyForm>,
) -> PageResponse {
    visitor.must_be_on_console()?;
    let app = &console.app;
    if visitor.session.is_some() {
        return Err(PageError::from(OperationError::Involved));
    }
    rate_limiter::pass(app, &visitor.ip())?;
    let mut shown = PrintedKeyPage::new(&visitor, form.key);
    let done = match form.id.as_str() {
        "" => printed_key::waiting(app, &shown.key)
            .await
            .map(|waiting| shown.waiting = Some(waiting)),
        id => printed_key::grant(app, &shown.key, id)
            .await
            .map(|made| shown.made = Some(made)),
    };
    match done {
        Ok(()) => Ok(page(&shown).into_response()),
        Err(OperationError::Invalid("invalid-printed-key")) => {
            shown.is_wrong = true;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
        }
        Err(error) => Err(PageError::from(error)),
    }
}
