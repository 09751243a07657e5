//! Which log lines are written: at the start, and again at each reload of the configuration.

use std::sync::OnceLock;

use digue_config::log::LogSettings;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Writes lines from now on.
pub(crate) fn start() {
    let (filter, handle) = reload::Layer::new(usual());
    // Output that scripts read is on standard output, alone.
    let lines = fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    FILTER.get_or_init(|| handle);
}

/// Without `[log]` the lines are again those of the start: taking the section away must be a way
/// back.
pub(crate) fn follow(settings: Option<LogSettings>) {
    let filter = settings.map_or_else(usual, |settings| EnvFilter::new(settings.filter()));
    let text = filter.to_string();
    let Some(handle) = FILTER.get() else {
        return;
    };
    match handle.reload(filter) {
        Ok(()) => tracing::info!(filter = text, "Log levels are in force"),
        Err(error) => tracing::error!(%error, "Log levels could not be changed; the old ones stay"),
    }
}

/// `DIGUE_LOG`, or what suffices to follow an installation.
fn usual() -> EnvFilter {
    EnvFilter::try_from_env("DIGUE_LOG")
        .unwrap_or_else(|_| EnvFilter::new(LogSettings::USUAL.filter()))
}
