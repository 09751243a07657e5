//! The support bundle: what people outside need in order to help, and nothing that they must not
//! see.
//!
//! What is in it is chosen, and not what is left out: codes, numbers and switches of this program.
//! Sentences of the checks, texts of the configuration, names of portals and fields of log lines
//! stay with the operator, who may add to it what is theirs to tell.

use std::fs;
use std::io;
use std::path::Path;

use digue_config::handed_on;
use digue_config::portal_map::PortalMap;
use digue_config::reader::ConfigFault;
use digue_config::server::Settings;
use digue_config::{ConfigReading, examine};
use serde_json::{Value as Json, json};

use crate::listeners::reachable;
use crate::log_extract::{LogTail, extract};
use crate::monitoring::ask;
use crate::published_figures::without_names;
use crate::report::{HealthReport, HealthResult};

const FIGURES_BYTES_MAX: u64 = 1 << 22;

/// What a bundle is made of.
pub struct BundleContents<'b> {
    /// Of the program that makes it.
    pub version: &'static str,
    /// `digue.toml`.
    pub config: &'b Path,
    pub report: &'b HealthReport,
    /// The last lines of Digue's log, where they are at hand.
    pub log: Option<&'b LogTail>,
}

/// Makes the bundle.
pub async fn support_bundle(contents: &BundleContents<'_>) -> Json {
    let file = contents.config.to_owned();
    let reading = tokio::task::spawn_blocking(move || examine(&file)).await;
    let (configuration, portals, metrics) = match reading {
        Ok(reading) => (
            configuration(contents.config, &reading),
            portals(&reading),
            metrics(reading.settings.as_ref()).await,
        ),
        Err(_) => (unknown("stopped"), unknown("stopped"), unknown("stopped")),
    };
    json!({
        "digue": contents.version,
        "at": contents.report.at.to_string(),
        "system": system(),
        "configuration": configuration,
        "portals": portals,
        "checks": contents.report.results.iter().map(check).collect::<Json>(),
        "metrics": metrics,
        "log": contents.log.map_or_else(|| unknown("not given"), extract),
    })
}

/// What could not be read is unknown, and says why; it is never an empty list.
fn unknown(cause: &str) -> Json {
    json!({ "unknown": cause })
}

fn system() -> Json {
    let first_line = |name: &str, part: &str| match fs::read_to_string(name) {
        Ok(text) => {
            let line = text.lines().find_map(|line| line.strip_prefix(part));
            line.map_or_else(|| unknown("not said"), |line| json!(line.trim()))
        }
        Err(error) => unknown(&error.kind().to_string()),
    };
    let processors = std::thread::available_parallelism();
    json!({
        "system": first_line("/etc/os-release", "PRETTY_NAME="),
        "kernel": first_line("/proc/sys/kernel/osrelease", ""),
        "architecture": std::env::consts::ARCH,
        "processors": processors.map_or_else(|error| unknown(&error.kind().to_string()), |count| json!(count)),
        "memory": first_line("/proc/meminfo", "MemTotal:"),
    })
}

fn configuration(file: &Path, reading: &ConfigReading) -> Json {
    let faults = |faults: &[ConfigFault]| -> Json { faults.iter().map(fault).collect() };
    let read = match &reading.settings {
        Some(_) => handed_on::without_texts(file).unwrap_or_else(|cause| unknown(&cause)),
        // A key that Digue does not know may be anything, a name too.
        None => unknown("it has faults"),
    };
    let store = reading.settings.as_ref().map(|settings| {
        let kind = settings.store_url.split(':').next();
        kind.filter(|kind| ["sqlite", "postgres", "postgresql"].contains(kind))
    });
    json!({
        "read": read,
        "store": store.flatten().map_or_else(|| unknown("it has faults"), |kind| json!(kind)),
        "faults": faults(&reading.faults),
        "warnings": faults(&reading.warnings),
    })
}

/// Where a fault is, without what is written there.
fn fault(fault: &ConfigFault) -> Json {
    json!({ "code": fault.key, "line": fault.line })
}

/// The maps that could be read, and whether others could not.
fn portals(reading: &ConfigReading) -> Json {
    if reading.settings.is_none() {
        return unknown("the configuration has faults");
    }
    let read: Json = reading.maps.iter().map(portal).collect();
    match reading.faults.is_empty() {
        true => read,
        false => json!({ "read": read, "others": unknown("maps have faults") }),
    }
}

fn portal(map: &PortalMap) -> Json {
    let portal = &map.portal;
    json!({
        "mode": portal.mode.code(),
        "hosts": portal.hosts.len(),
        "routes": portal.routes.len(),
        "kinds_of_identifiers": portal.kinds.len(),
        "reports_itself": !portal.report_tokens.is_empty(),
    })
}

fn check(result: &HealthResult) -> Json {
    let findings = result.findings.iter().map(|finding| {
        json!({
            "state": finding.state.code(),
            "code": finding.what.code(),
            "line": finding.what.line(),
        })
    });
    json!({
        "check": result.check.code(),
        "state": result.state().code(),
        "findings": findings.collect::<Json>(),
    })
}

async fn metrics(settings: Option<&Settings>) -> Json {
    let Some(settings) = settings else {
        return unknown("the configuration has faults");
    };
    let Some(address) = settings.monitoring else {
        return unknown("no [monitoring]");
    };
    let answer: io::Result<String> = ask(reachable(address), "/metrics", FIGURES_BYTES_MAX).await;
    match answer {
        // It ends with this line: without it, figures are missing.
        Ok(answer) if !answer.trim_end().ends_with("# EOF") => unknown("cut"),
        Ok(answer) => without_names(&answer),
        Err(error) => unknown(&error.kind().to_string()),
    }
}
