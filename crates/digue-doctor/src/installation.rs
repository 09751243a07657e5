//! The installation that is looked at: its settings, whether Digue serves it now, and the first
//! three checks.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use digue_config::ConfigReading;
use digue_config::portal_map::PortalMap;
use digue_config::reader::ConfigFault;
use digue_config::server::Settings;
use digue_http::client::HttpClient;
use digue_locales::Value;
use digue_types::Timestamp;

use crate::report::{HealthCheck, HealthResult, HealthState};

/// What every check is given.
pub(crate) struct ExaminedInstallation {
    pub(crate) settings: Settings,
    /// The maps that could be read.
    pub(crate) maps: Vec<PortalMap>,
    pub(crate) now: Timestamp,
    /// Asks portals and providers; `Err` when Digue could not make it either.
    pub(crate) client: Result<HttpClient, String>,
    pub(crate) run: RunState,
}

impl ExaminedInstallation {
    pub(crate) fn journal_folder(&self) -> PathBuf {
        self.settings.data_folder.join("journal")
    }

    pub(crate) fn keys_folder(&self) -> PathBuf {
        self.settings.data_folder.join("keys")
    }

    /// Listeners of portals and the one for monitoring.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let listeners = self
            .settings
            .listeners
            .iter()
            .map(|listener| listener.address);
        listeners.chain(self.settings.monitoring).collect()
    }
}

/// Whether a process holds the journal, and thus serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunState {
    Running,
    Stopped,
    /// There is no journal yet.
    NeverStarted,
    Unknown(String),
}

impl RunState {
    pub(crate) fn of(data_folder: &Path) -> Self {
        let journal = data_folder.join("journal");
        let file = match File::open(journal.join("lock")) {
            Ok(file) => file,
            // A journal that was copied here without its lock is not a new one.
            Err(error)
                if error.kind() == ErrorKind::NotFound && journal.join("checkpoint").exists() =>
            {
                return Self::Stopped;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::NeverStarted,
            Err(error) => return Self::Unknown(error.to_string()),
        };
        // Held for an instant and shared, so that a start at this moment, which tries again, is not
        // kept from it.
        match file.try_lock_shared() {
            Ok(()) => Self::Stopped,
            Err(TryLockError::WouldBlock) => Self::Running,
            Err(TryLockError::Error(error)) => Self::Unknown(error.to_string()),
        }
    }
}

/// The folder of the maps, as far as it is known.
fn portals_folder(config: &Path, reading: &ConfigReading) -> PathBuf {
    let usual = || config.parent().unwrap_or(Path::new("")).join("portals");
    reading
        .settings
        .as_ref()
        .map_or_else(usual, |settings| settings.portals_folder.clone())
}

fn is_of_maps(fault: &ConfigFault, folder: &Path) -> bool {
    fault.file.starts_with(folder)
}

fn with_faults<'f>(
    mut result: HealthResult,
    faults: impl Iterator<Item = &'f ConfigFault>,
    warnings: impl Iterator<Item = &'f ConfigFault>,
) -> HealthResult {
    for fault in faults {
        result = result.fault(HealthState::Bad, fault, "doctor-fault-next");
    }
    for warning in warnings {
        result = result.fault(HealthState::Warning, warning, "doctor-fault-next");
    }
    result
}

/// `digue.toml` and the policies.
pub(crate) fn settings_result(config: &Path, reading: &ConfigReading) -> HealthResult {
    let folder = portals_folder(config, reading);
    let file = [("file", Value::from(config.display().to_string()))];
    let result =
        HealthResult::new(HealthCheck::Configuration).looked_at("doctor-configuration", &file);
    let is_ours = |fault: &&ConfigFault| !is_of_maps(fault, &folder);
    with_faults(
        result,
        reading.faults.iter().filter(is_ours),
        reading.warnings.iter().filter(is_ours),
    )
}

/// The portal maps.
pub(crate) fn maps_result(config: &Path, reading: &ConfigReading) -> HealthResult {
    let folder = portals_folder(config, reading);
    let routes: usize = reading.maps.iter().map(|map| map.portal.routes.len()).sum();
    let values = [
        ("folder", Value::from(folder.display().to_string())),
        ("portals", Value::from(reading.maps.len())),
        ("routes", Value::from(routes)),
    ];
    let result = HealthResult::new(HealthCheck::Maps).looked_at("doctor-maps", &values);
    let is_ours = |fault: &&ConfigFault| is_of_maps(fault, &folder);
    let result = with_faults(
        result,
        reading.faults.iter().filter(is_ours),
        reading.warnings.iter().filter(is_ours),
    );
    // What maps must agree upon with the settings is not compared then.
    if reading.settings.is_none() {
        result.unknown("doctor-unread", &[])
    } else {
        result
    }
}
