//! `digue doctor`: what is wrong with an installation, and what to do next.
//!
//! It looks beside a running Digue or without one, and changes nothing: it opens what it reads for
//! reading, migrates no state, makes no file, sends no mail. It says neither secrets nor names of
//! people. What could not be looked at is unknown, and never good.

mod backups;
mod certificate_check;
pub mod certificates;
mod clock;
mod files;
mod index;
mod installation;
mod journal;
mod listeners;
mod log_extract;
mod monitoring;
mod names;
mod process;
mod published_figures;
mod report;
mod served_certificate;
mod services;
mod shared_journal;
mod state;
mod support_bundle;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use digue_config::ConfigReading;
use digue_config::server::Settings;
use digue_http::client::HttpClient;
use digue_types::Timestamp;
use futures_util::future::BoxFuture;
use tokio::time::timeout;

use crate::installation::{ExaminedInstallation, RunState};
pub use crate::log_extract::LogTail;
pub use crate::report::{
    HealthCheck, HealthFinding, HealthReport, HealthResult, HealthState, HealthText,
};
pub use crate::support_bundle::{BundleContents, support_bundle};

/// How long one check may take. A disk that hangs or a name server that is silent must not hold the
/// others up.
const CHECK_LASTS: Duration = Duration::from_secs(60);

/// Makes the client with which portals and providers are asked, as the serving Digue would.
pub type ClientMaker<'a> = &'a (dyn Fn(&Settings) -> Result<HttpClient, String> + Send + Sync);

/// Makes every check of the installation that `config` describes.
pub async fn examine(config: &Path, now: Timestamp, make_client: ClientMaker<'_>) -> HealthReport {
    let file = config.to_owned();
    let reading = tokio::task::spawn_blocking(move || digue_config::examine(&file)).await;
    let Ok(reading) = reading else {
        return HealthReport {
            at: now,
            results: HealthCheck::ALL.map(HealthResult::stopped).into(),
        };
    };
    let read = [
        installation::settings_result(config, &reading),
        installation::maps_result(config, &reading),
    ];
    let ConfigReading { settings, maps, .. } = reading;
    let rest = &HealthCheck::ALL[read.len()..];
    let Some(settings) = settings else {
        let unread = rest.iter().map(|check| HealthResult::unread(*check));
        return HealthReport {
            at: now,
            results: read.into_iter().chain(unread).collect(),
        };
    };
    let client = make_client(&settings);
    let run = run_state(settings.data_folder.clone()).await;
    let installation = Arc::new(ExaminedInstallation {
        settings,
        maps,
        now,
        client,
        run,
    });
    // All at once: on a bad night each of several servers may take its whole time not to answer.
    let tasks = rest
        .iter()
        .map(|check| (*check, tokio::spawn(bounded(*check, installation.clone()))));
    let tasks = tasks.collect::<Vec<_>>();
    let mut results = Vec::from(read);
    for (check, task) in tasks {
        results.push(task.await.unwrap_or_else(|_| HealthResult::stopped(check)));
    }
    HealthReport { at: now, results }
}

/// Whether Digue serves; unknown when the disk of its data does not answer.
async fn run_state(data_folder: PathBuf) -> RunState {
    let asked = tokio::task::spawn_blocking(move || RunState::of(&data_folder));
    match timeout(CHECK_LASTS, asked).await {
        Ok(Ok(run)) => run,
        Ok(Err(error)) => RunState::Unknown(error.to_string()),
        Err(late) => RunState::Unknown(late.to_string()),
    }
}

/// One check, given up after its time.
async fn bounded(check: HealthCheck, installation: Arc<ExaminedInstallation>) -> HealthResult {
    let made = timeout(CHECK_LASTS, make(check, installation)).await;
    made.unwrap_or_else(|_| HealthResult::late(check, CHECK_LASTS))
}

fn make(
    check: HealthCheck,
    installation: Arc<ExaminedInstallation>,
) -> BoxFuture<'static, HealthResult> {
    match check {
        HealthCheck::Configuration | HealthCheck::Maps => {
            Box::pin(async move { HealthResult::stopped(check) })
        }
        HealthCheck::Process => on_thread(check, installation, process::process_result),
        HealthCheck::State => Box::pin(state::examine(installation)),
        HealthCheck::Journal => Box::pin(journal::examine(installation)),
        HealthCheck::SharedJournal => on_thread(check, installation, shared_journal::examine),
        HealthCheck::Space => on_thread(check, installation, files::space),
        HealthCheck::Index => on_thread(check, installation, index::examine),
        HealthCheck::Keys => on_thread(check, installation, files::keys),
        HealthCheck::Listeners => on_thread(check, installation, listeners::examine),
        HealthCheck::Certificates => on_thread(check, installation, certificate_check::examine),
        HealthCheck::Clock => on_thread(check, installation, clock::examine),
        HealthCheck::Portals => Box::pin(services::portals(installation)),
        HealthCheck::Providers => Box::pin(services::providers(installation)),
        HealthCheck::Signals => Box::pin(services::signals(installation)),
        HealthCheck::Mail => Box::pin(services::mail(installation)),
        HealthCheck::Backups => on_thread(check, installation, backups::examine),
        HealthCheck::Monitoring => Box::pin(monitoring::examine(installation)),
    }
}

/// A check that reads files: a disk that hangs holds a thread of its own, and not those that wait
/// for the network.
fn on_thread(
    check: HealthCheck,
    installation: Arc<ExaminedInstallation>,
    examine: fn(&ExaminedInstallation) -> HealthResult,
) -> BoxFuture<'static, HealthResult> {
    Box::pin(async move {
        let made = tokio::task::spawn_blocking(move || examine(&installation)).await;
        made.unwrap_or_else(|_| HealthResult::stopped(check))
    })
}
