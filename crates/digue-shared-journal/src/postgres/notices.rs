//! Warnings of the server, which the driver only writes to the log.
//!
//! A commit whose wait for the standby was cancelled answers "committed", with a warning beside it.
//! The driver passes the warning on as a log event on the same thread, so it is caught there. That
//! this works is not assumed: each connection proves it with a warning of its own before anything
//! is committed (`connection`).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

const TARGET: &str = "sqlx::postgres::notice";

/// Hears the server's warnings while a statement runs on this thread.
pub(super) struct ServerWarnings {
    heard: Arc<Mutex<Vec<String>>>,
    dispatch: Dispatch,
}

impl ServerWarnings {
    pub(super) fn new() -> Self {
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let dispatch = Dispatch::new(WarningCollector(heard.clone()));
        Self { heard, dispatch }
    }

    /// Runs `work` on this thread; its result, and the warnings that came meanwhile.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<String>) {
        self.lock().clear();
        let done = tracing::dispatcher::with_default(&self.dispatch, work);
        (done, std::mem::take(&mut *self.lock()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct WarningCollector(Arc<Mutex<Vec<String>>>);

impl Subscriber for WarningCollector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && *metadata.level() <= Level::WARN
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = WarningText(String::new());
        event.record(&mut text);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.0);
    }

    // The driver's warnings are events; what spans there are is not looked at.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

struct WarningText(String);

impl Visit for WarningText {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
