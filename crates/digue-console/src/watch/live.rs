//! Refresh by server-sent events: a page is notified when there is something new, and reloads
//! itself. Without JavaScript nothing refreshes.

use digue_app::Actor;
use digue_types::Timestamp;

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};

use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::{AttackProgress, Console};
use crate::visitor::Visitor;

/// The shortest interval: people cannot read faster.
const EVERY: Duration = Duration::from_secs(2);

/// A page is read anew after this time in any case: the time that is left to a clock changes
/// without an event.
const AT_LEAST_EVERY: Duration = Duration::from_secs(30);

/// What pages that refresh show.
struct LivePulse {
    size: u64,
    /// Refused requests of an attack stand in one entry for many: the journal does not grow with
    /// each.
    attack: Option<AttackProgress>,
    at: Timestamp,
}

impl LivePulse {
    fn of(console: &Console) -> Self {
        Self {
            size: console.app.journal_status().size,
            attack: console.demo.as_ref().and_then(|demo| demo.progress()),
            at: console.app.clock().now(),
        }
    }

    fn differs(&self, known: &Self) -> bool {
        self.size != known.size
            || self.attack != known.attack
            || self.at.since(known.at) >= AT_LEAST_EVERY
    }
}

/// Sends the size of the journal whenever something that pages show has changed, until the session
/// ends.
pub(crate) async fn events(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<impl IntoResponse, PageError> {
    if !actor.role.can_watch() {
        return Err(PageError::from(digue_app::OperationError::Denied));
    }
    let session = visitor.console_session()?.clone();
    let first = LivePulse::of(&console);
    let stream = futures_util::stream::unfold(
        (console, session, first),
        |(console, session, known)| async move {
            loop {
                tokio::time::sleep(EVERY).await;
                // Nothing is sent to a session that was cut.
                let app = &console.app;
                let is_live = app.gateway().sessions(|one| one.id == session.id).len() == 1;
                if app.is_closing() || !is_live || Actor::of_session(app, &session).is_err() {
                    return None;
                }
                let pulse = LivePulse::of(&console);
                if pulse.differs(&known) {
                    let event = Event::default()
                        .event("journal")
                        .data(pulse.size.to_string());
                    return Some((Ok::<_, Infallible>(event), (console, session, pulse)));
                }
            }
        },
    );
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}
