//! Refresh by server-sent events: a page is notified when there is something new, and reloads itself. Without
//! JavaScript nothing refreshes.

use digue_app::Actor;

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};

use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::visitor::Visitor;

/// The shortest interval: people cannot read faster.
const EVERY: Duration = Duration::from_secs(2);

/// Sends the size of the journal whenever it has grown, until the session ends.
pub(crate) async fn events(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<impl IntoResponse, PageError> {
    if !actor.role.can_watch() {
        return Err(PageError::from(digue_app::OperationError::Denied));
    }
    let session = visitor.console_session()?.clone();
    let first = console.app.journal_status().size;
    let stream =
        futures_util::stream::unfold((console, session, first), |(console, session, known)| async move {
            loop {
                tokio::time::sleep(EVERY).await;
                // Nothing is sent to a session that was cut.
                let app = &console.app;
                let is_live = app.gateway().sessions(|one| one.id == session.id).len() == 1;
                if app.is_closing() || !is_live || Actor::of_session(app, &session).is_err() {
                    return None;
                }
                let size = app.journal_status().size;
                if size != known {
                    let event = Event::default().event("journal").data(size.to_string());
                    return Some((Ok::<_, Infallible>(event), (console, session, size)));
                }
            }
        });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}
