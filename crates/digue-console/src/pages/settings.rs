//! What is set, and where it is changed: read only, because it is set in files.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use digue_operations::house::SettingsView;

use crate::error::{PageError, told};
use crate::router::Console;
use crate::view::{Words, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    w: Words,
    view: SettingsView,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Html<String>, PageError> {
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let view = told(&visitor, console.house.settings(&actor).await)?;
    Ok(page(&SettingsPage { w: Words::in_zone(&visitor, &console.zone), view }))
}
