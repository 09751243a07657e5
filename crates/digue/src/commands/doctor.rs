//! `digue doctor`: what is wrong with an installation, and what to do next. It changes nothing.

use std::path::Path;
use std::time::Duration;

use digue_config::server::Settings;
use digue_doctor::{HealthReport, HealthState};
use digue_http::client::HttpClient;
use digue_types::Timestamp;

use super::runtime;
use crate::tls;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};

pub(crate) fn run(out: &Output, file: &Path, json: bool) -> u8 {
    tls::install();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return out.failed(&error.into()),
    };
    let report = runtime.block_on(digue_doctor::examine(file, now(), &client));
    // A thread that waits for a disk that hangs is not waited for.
    runtime.shutdown_background();
    if json {
        out.line(&format!("{:#}", report.json(out.language)));
    } else {
        out.text(&report.text(out.language));
    }
    code_of(&report)
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// The client of the serving Digue.
fn client(settings: &Settings) -> Result<HttpClient, String> {
    let roots = tls::authorities(settings.upstream_authorities.as_deref());
    let roots = roots.map_err(|error| format!("{error:#}"))?;
    Ok(HttpClient::new(roots, Duration::from_secs(5)))
}

fn code_of(report: &HealthReport) -> u8 {
    match report.state() {
        HealthState::Good | HealthState::NotApplicable | HealthState::Warning => GOOD,
        HealthState::Bad => BAD,
        HealthState::Unknown => NOT_RUN,
    }
}
