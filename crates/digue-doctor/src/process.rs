//! The process: whether it serves, and whether it would start again on what lies there now.

use digue_locales::Value;

use crate::installation::{ExaminedInstallation, RunState};
use crate::report::{HealthCheck, HealthResult};
use crate::{certificates, names};

/// Whether Digue serves, and could be started again.
pub(crate) fn process_result(installation: &ExaminedInstallation) -> HealthResult {
    let lock = installation
        .journal_folder()
        .join("lock")
        .display()
        .to_string();
    let values = [("file", Value::from(lock))];
    let result = HealthResult::new(HealthCheck::Process).looked_at("doctor-process", &values);
    let result = match &installation.run {
        RunState::Running => result.looked_at("doctor-process-running", &[]),
        RunState::Stopped => result.bad("doctor-process-stopped", &[]),
        RunState::NeverStarted => result.warning("doctor-process-never", &[]),
        RunState::Unknown(cause) => result.unknown(
            "doctor-process-unknown",
            &[("cause", Value::from(cause.as_str()))],
        ),
    };
    let result = names::tables(result, installation);
    let faults = certificates::faults(&installation.settings.listeners, installation.now);
    // It runs on what it read at its start, and the next start would fail.
    let cannot_start = installation.run == RunState::Running && !faults.is_empty();
    if cannot_start {
        result.warning("doctor-process-no-restart", &[])
    } else {
        result
    }
}
