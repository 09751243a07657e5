//! Work that goes on beside requests: what is repeated, and what follows a finding.

use std::sync::Arc;
use std::time::Duration;

use digue_app::found::FindingReceiver;
use digue_app::{App, OperationError};
use digue_casework::containment;
use digue_gateway::Gateway;
use tokio::sync::watch;
use tokio::task::JoinError;

use digue_map_commands::traffic::Traffic;

/// Carries out the findings of detection, one after the other; those that wait are carried out
/// before a stop.
pub(crate) async fn respond(
    app: Arc<App>,
    mut found: FindingReceiver,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let next = tokio::select! {
            // Findings first: with a fair choice a stop could leave a theft that was found without
            // its gate.
            biased;
            next = found.next() => next,
            _ = stopping.changed() => return,
        };
        // On a task of its own: were one to panic, the later ones would wait for ever.
        let app = app.clone();
        let done = tokio::spawn(async move { containment::respond(&app, next).await }).await;
        if let Err(error) = flat(done) {
            tracing::error!(%error, "A containment is incomplete; check the account's gate and sessions");
        }
    }
}

/// Stores the tally, apart from the workers that serve connections.
pub(crate) async fn store_apart(traffic: Arc<Traffic>) -> Result<(), OperationError> {
    let stored = tokio::task::spawn_blocking(move || traffic.store()).await;
    let unavailable =
        |error: &dyn std::fmt::Display| OperationError::Unavailable(error.to_string());
    stored
        .map_err(|error| unavailable(&error))?
        .map_err(|error| unavailable(&error))
}

/// The result of a task; a panic is an error like others.
fn flat(done: Result<Result<(), OperationError>, JoinError>) -> Result<(), OperationError> {
    done.unwrap_or_else(|error| Err(OperationError::Unavailable(error.to_string())))
}

/// Journals counted refusals, a window at a time; the rest is journalled by `stop`.
pub(crate) async fn write_counted(gateway: Gateway, mut stopping: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    // After a pause of the machine missed ticks are not made up for: they would all find the same
    // work.
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => gateway.record_counted_refusals(false).await,
            _ = stopping.changed() => return,
        }
    }
}

/// Applies the charges that responses have queued (decision 6).
pub(crate) async fn settle_budgets(gateway: Gateway, mut stopping: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(Duration::from_millis(20));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => gateway.settle_budgets(),
            _ = stopping.changed() => return,
        }
    }
}

/// Repeats `work` until the stop; a failure is logged, and the next interval tries again.
pub(crate) async fn repeat<Work: Future<Output = Result<(), OperationError>> + Send + 'static>(
    app: Arc<App>,
    every: Duration,
    mut stopping: watch::Receiver<bool>,
    what: &'static str,
    work: impl Fn(Arc<App>) -> Work,
) {
    let mut every = tokio::time::interval(every);
    // Missed ticks are not made up for: after a pause each task runs once, not a hundred times.
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            _ = stopping.changed() => return,
        }
        // On a task of its own: were it to panic, this kind of work would never be done again.
        if let Err(error) = flat(tokio::spawn(work(app.clone())).await) {
            tracing::warn!(%error, what, "Periodic task failed; retrying at the next interval");
        }
    }
}
