//! Puts what stands around a page into the visitor of each request, before its handler.

use axum::Form;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;

use crate::account::cookies::cookie;
use crate::account::sign_in::back_with_cookie;
use crate::done::{DONE_COOKIE, DoneNotice, was_shown};
use crate::frame::{ColourTheme, PageFrame};
use crate::state::Console;
use crate::visitor::Visitor;

const THEME_COOKIE: &str = "digue-theme";

pub(crate) async fn surround(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    let chosen = cookie(request.headers(), THEME_COOKIE).and_then(ColourTheme::parse);
    let path = request.uri().path().to_owned();
    let theme = chosen.unwrap_or_default();
    let mut frame = PageFrame {
        path,
        theme,
        danger_asynchronous: console.app.danger_asynchronous(),
        ..PageFrame::default()
    };
    // Counts are asked of the store: only for answers that show a menu. What a form answers with,
    // and a file, have names, too.
    let may_name = !is_apart(&frame.path);
    let is_page = request.method() == Method::GET && has_menu(&frame.path);
    frame.done = cookie(request.headers(), DONE_COOKIE)
        .filter(|_| is_page)
        .and_then(DoneNotice::parse);
    let has_notice = frame.done.is_some();
    // Read first: the visitor of the request is borrowed only between awaits.
    let visitor = request
        .extensions()
        .get::<Visitor>()
        .filter(|_| may_name)
        .cloned();
    if let Some(actor) = visitor.and_then(|visitor| visitor.actor(&console.app).ok()) {
        frame.names = console.names.seen_by(&console.app, &actor).await;
        if is_page {
            frame.counts = console.counts.of(&console.app, &actor).await;
        }
    }
    if let Some(visitor) = request.extensions_mut().get_mut::<Visitor>() {
        visitor.frame = frame;
    }
    let mut response = next.run(request).await;
    if has_notice && !response.status().is_redirection() {
        was_shown(&mut response);
    }
    response
}

/// Streams, programs and the sign-in pages.
fn is_apart(path: &str) -> bool {
    ["/.digue/", "/api/", "/v2/", "/scim/", "/events"]
        .iter()
        .any(|apart| path.starts_with(apart))
}

/// Files have no menu, nor has what stands apart.
fn has_menu(path: &str) -> bool {
    let is_file = path
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'));
    !is_apart(path) && !is_file
}

#[derive(Deserialize)]
pub(crate) struct ThemeForm {
    theme: String,
}

/// Stores the chosen theme for a year, and returns to the page where it was chosen.
pub(crate) async fn choose_theme(headers: HeaderMap, Form(form): Form<ThemeForm>) -> Response {
    let chosen = ColourTheme::parse(&form.theme).unwrap_or_default();
    let cookie = format!(
        "{THEME_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax",
        chosen.code()
    );
    back_with_cookie(&headers, String::new(), &cookie)
}
