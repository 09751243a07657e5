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
use crate::view::{Localizer, ShownCount, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    w: Localizer,
    view: SettingsView,
}

impl SettingsPage {
    /// Hours once there are several: nobody reads 600 minutes.
    fn span(&self, mins: impl ShownCount) -> String {
        match (mins.count() / 60, mins.count() % 60) {
            (hours @ 2.., 0) => self.w.counted("hours-count", hours),
            _ => self.w.counted("minutes-count", mins),
        }
    }

    /// What a session is bound to.
    fn held_to(&self) -> Vec<String> {
        let held_to = &self.view.held_to;
        let parts = [
            (held_to.network, "held-to-network"),
            (held_to.agent, "held-to-agent"),
            (held_to.tls, "held-to-tls"),
        ];
        let parts = parts.into_iter().filter(|(is, _)| *is);
        parts.map(|(_, key)| self.w.say(key)).collect()
    }
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
