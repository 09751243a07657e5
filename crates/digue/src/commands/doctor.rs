//! `digue doctor`: what is wrong with an installation, and what to do next. It changes nothing.

use std::fs::OpenOptions;
use std::io::{BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use digue_config::server::Settings;
use digue_doctor::{BundleContents, HealthReport, HealthState, LogTail, support_bundle};
use digue_http::client::HttpClient;
use digue_locales::Value;
use digue_types::Timestamp;

use super::runtime;
use crate::cli::doctor::DoctorArguments;
use crate::tls;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output, input};

pub(crate) fn run(out: &Output, arguments: &DoctorArguments) -> u8 {
    tls::install();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return out.failed(&error.into()),
    };
    let file = &arguments.config;
    let report = runtime.block_on(digue_doctor::examine(file, now(), &client));
    let bundle = arguments.bundle.as_deref().map(|place| {
        runtime
            .block_on(write_bundle(arguments, place, &report))
            .map(|()| place)
    });
    // A thread that waits for a disk that hangs is not waited for.
    runtime.shutdown_background();
    if arguments.json {
        out.line(&format!("{:#}", report.json(out.language)));
    } else {
        out.text(&report.text(out.language));
    }
    match bundle {
        None => code_of(&report),
        Some(Ok(place)) => {
            let place = Value::from(place.display().to_string());
            out.complain("doctor-bundle-done", &[("file", place)]);
            code_of(&report)
        }
        Some(Err(error)) => out.failed(&error),
    }
}

/// Writes what may be handed on, for its user alone, and over nothing that is there.
async fn write_bundle(
    arguments: &DoctorArguments,
    place: &Path,
    report: &HealthReport,
) -> Result<()> {
    let log = match &arguments.log {
        None => None,
        Some(file) => {
            let opened = input::open(file).with_context(|| file.display().to_string())?;
            Some(LogTail::read(BufReader::new(opened.reader))?)
        }
    };
    let contents = BundleContents {
        version: env!("CARGO_PKG_VERSION"),
        config: &arguments.config,
        report,
        log: log.as_ref(),
    };
    let bundle = support_bundle(&contents).await;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let opened = options.open(place);
    let mut file = opened.with_context(|| place.display().to_string())?;
    writeln!(file, "{bundle:#}")?;
    Ok(file.sync_all()?)
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
