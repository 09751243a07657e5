//! Settings, read only: they are set in files, and each line says where.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse as _};
use digue_administration::settings::{self, SettingsView};
use digue_app::OperationError;
use digue_casework::operator;
use digue_response::notification::Field;

use crate::error::{PageAnswer, PageResponse};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    w: Localizer,
    view: SettingsView,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let view = settings::read(&console.app, &actor).await?;
    Ok(page(&SettingsPage {
        w: console.words(&visitor),
        view,
    }))
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct AccessibilityPage {
    w: Localizer,
    name: String,
    contact: Option<String>,
    version: &'static str,
}

/// The accessibility statement that the law requires (decree 2019-768), made from known facts.
pub(crate) async fn accessibility(
    State(console): State<Console>,
    visitor: Visitor,
) -> Html<String> {
    let known = |field: Field| {
        operator::rules(&console.app)
            .controller
            .get(&field)
            .cloned()
    };
    let w = Localizer::new(&visitor);
    page(&AccessibilityPage {
        name: known(Field::ControllerName).unwrap_or_else(|| w.say("accessibility-operator")),
        contact: known(Field::ContactMail),
        version: env!("CARGO_PKG_VERSION"),
        w,
    })
}

/// Whom to tell of a weakness (RFC 9116), for anyone; nothing where the operator names nobody.
pub(crate) async fn security_contact(State(console): State<Console>) -> PageResponse {
    let app = &console.app;
    let contact = operator::rules(app).security.as_ref();
    let contact = contact.ok_or(OperationError::NotFound("page"))?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let text = contact.text(app.console_url(), app.clock().now());
    Ok((kind, text).into_response())
}
