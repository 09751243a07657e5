//! The certificates of the listeners: valid, complete, of their keys, for the hosts that are
//! served.

use digue_config::reader::ConfigFault;
use digue_config::server::{ListenerSettings, TlsFiles};
use digue_locales::Value;

use crate::certificates::{CertificateReading, covers, read};
use crate::installation::{ExaminedInstallation, RunState};
use crate::listeners::reachable;
use crate::report::{HealthCheck, HealthResult, HealthState};
use crate::served_certificate::served;

pub(crate) fn examine(installation: &ExaminedInstallation) -> HealthResult {
    let mut result = HealthResult::new(HealthCheck::Certificates);
    let listeners = &installation.settings.listeners;
    for (listener, files) in with_tls(listeners) {
        let reading = read(files, installation.now);
        let ends = reading
            .ends_at
            .map_or_else(|| "?".to_owned(), |at| at.to_string());
        let values = [
            ("address", Value::from(listener.address.to_string())),
            ("file", Value::from(files.certificate.display().to_string())),
            ("ends", Value::from(ends)),
        ];
        result = result.looked_at("doctor-certificates", &values);
        for fault in &reading.faults {
            result = result.fault(HealthState::Bad, fault, &next_of(fault));
        }
        for warning in &reading.warnings {
            let is_over = warning.key == "warning-certificate-expired";
            let state = if is_over {
                HealthState::Bad
            } else {
                HealthState::Warning
            };
            result = result.fault(state, warning, &next_of(warning));
        }
        result = covered(result, installation, files, &reading);
        if installation.run == RunState::Running {
            result = in_use(result, installation, listener, &reading);
        }
    }
    if with_tls(listeners).next().is_none() {
        result.not_applicable("doctor-certificates-none")
    } else {
        result
    }
}

fn with_tls(
    listeners: &[ListenerSettings],
) -> impl Iterator<Item = (&ListenerSettings, &TlsFiles)> {
    listeners
        .iter()
        .filter_map(|listener| Some((listener, listener.tls.as_ref()?)))
}

/// The key of the sentence that says what to do.
fn next_of(fault: &ConfigFault) -> String {
    format!("{}-next", fault.key)
}

/// Every host that a client may name.
fn hosts(installation: &ExaminedInstallation) -> Vec<String> {
    let portals = installation
        .maps
        .iter()
        .flat_map(|map| map.portal.hosts.clone());
    portals
        .chain([installation.settings.console_host.clone()])
        .collect()
}

/// Whether the certificate is for every host.
fn covered(
    result: HealthResult,
    installation: &ExaminedInstallation,
    files: &TlsFiles,
    reading: &CertificateReading,
) -> HealthResult {
    let hosts = hosts(installation);
    let missing: Vec<&str> = hosts
        .iter()
        .filter(|host| !covers(&reading.names, host))
        .map(String::as_str)
        .collect();
    // Without a name it could not be read, and that is a finding already.
    if reading.names.is_empty() || missing.is_empty() {
        return result;
    }
    let values = [
        ("file", Value::from(files.certificate.display().to_string())),
        ("hosts", Value::from(missing.join(", "))),
    ];
    result.warning("doctor-certificates-hosts", &values)
}

/// Whether the running Digue serves what is in the file.
fn in_use(
    result: HealthResult,
    installation: &ExaminedInstallation,
    listener: &ListenerSettings,
    reading: &CertificateReading,
) -> HealthResult {
    let Some(leaf) = reading.leaf.as_ref().filter(|_| reading.faults.is_empty()) else {
        return result;
    };
    let address = ("address", Value::from(listener.address.to_string()));
    match served(
        reachable(listener.address),
        &installation.settings.console_host,
    ) {
        Ok(served) if served == *leaf => result.looked_at("doctor-certificates-in-use", &[]),
        Ok(_) => result.warning("doctor-certificates-other", &[address]),
        Err(error) => {
            let cause = ("cause", Value::from(error.to_string()));
            result.unknown("doctor-certificates-unasked", &[address, cause])
        }
    }
}
