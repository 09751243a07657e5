//! Which log lines are written and which traces are sent: at the start, and again at each reload of
//! the configuration.

use std::sync::OnceLock;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::stages::TARGET;
use crate::traces::{TraceError, TraceTarget, Traces};

static RUNNING: OnceLock<Running> = OnceLock::new();

struct Running {
    filter: reload::Handle<EnvFilter, Registry>,
    traces: Traces,
    /// The levels where no configuration names any.
    usual: String,
}

/// Writes lines from now on; no trace is sent before `follow`.
///
/// `usual` are the levels without a configuration, as `DIGUE_LOG` writes them; the variable goes
/// before them.
pub fn start(usual: &str) {
    let (filter, handle) = reload::Layer::new(filter(usual_levels(usual), false));
    // Output that scripts read is on standard output, alone.
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(|data| data.target() != TARGET));
    let (traces, stages) = Traces::new();
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(stages)
        .init();
    RUNNING.get_or_init(|| Running {
        filter: handle,
        traces,
        usual: usual.to_owned(),
    });
}

/// Applies the levels and the traces of a configuration.
///
/// Without levels the lines are again those of the start: taking the section away must be a way
/// back. Without a target no trace is begun any more.
///
/// # Errors
/// When traces cannot be sent as asked: the lines are in force all the same.
pub fn follow(levels: Option<String>, traces: Option<&TraceTarget>) -> Result<(), TraceError> {
    let Some(running) = RUNNING.get() else {
        return Ok(());
    };
    let levels = levels.unwrap_or_else(|| usual_levels(&running.usual));
    let sent = running.traces.follow(traces);
    let is_traced = traces.is_some() && sent.is_ok();
    match running.filter.reload(filter(levels.clone(), is_traced)) {
        Ok(()) => tracing::info!(
            filter = levels,
            traces = is_traced,
            "Log levels are in force"
        ),
        Err(error) => tracing::error!(%error, "Log levels could not be changed; the old ones stay"),
    }
    sent
}

/// Sends what has ended and was not yet sent; blocks for five seconds at most.
pub fn finish() {
    if let Some(running) = RUNNING.get() {
        running.traces.finish();
    }
}

/// Spans of stages cost nothing where no trace is sent: the filter takes them out where they stand.
fn filter(levels: String, is_traced: bool) -> EnvFilter {
    let stages = if is_traced { "info" } else { "off" };
    EnvFilter::new(format!("{levels},{TARGET}={stages}"))
}

/// `DIGUE_LOG`, or what suffices to follow an installation.
fn usual_levels(usual: &str) -> String {
    EnvFilter::try_from_env("DIGUE_LOG").map_or_else(|_| usual.to_owned(), |own| own.to_string())
}
