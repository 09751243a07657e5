//! The tables of names: a start reads each of them, and ends at one that it cannot use.

use std::io::{Error, ErrorKind};
use std::path::Path;

use digue_identifiers::name_table::NAME_KEY_BYTES;
use digue_identifiers::{NameKey, PersonNameTable};
use digue_locales::Value;

use crate::installation::{ExaminedInstallation, RunState};
use crate::report::{HealthResult, HealthState};

pub(crate) fn tables(
    mut result: HealthResult,
    installation: &ExaminedInstallation,
) -> HealthResult {
    // It runs on what it read at its start, and the next start would fail.
    let state = if installation.run == RunState::Running {
        HealthState::Warning
    } else {
        HealthState::Bad
    };
    let key = installation.keys_folder().join("names.key");
    let folder = installation.settings.data_folder.join("names");
    for map in &installation.maps {
        let path = folder.join(format!("{}.names", map.portal.id));
        let values = |cause: String| {
            [
                ("file", Value::from(path.display().to_string())),
                ("cause", Value::from(cause)),
            ]
        };
        result = match usable(&path, &key) {
            Ok(()) => result,
            // Without a table names are not searched for.
            Err((NamesFault::Table, error)) if error.kind() == ErrorKind::NotFound => result,
            Err((_, error)) if error.kind() == ErrorKind::PermissionDenied => {
                result.unknown("doctor-names-unread", &values(error.to_string()))
            }
            Err((_, error)) => {
                result.find(state, "doctor-names-damaged", &values(error.to_string()))
            }
        };
    }
    result
}

/// Which of the two files it is about.
enum NamesFault {
    Table,
    Key,
}

fn usable(table: &Path, key: &Path) -> Result<(), (NamesFault, Error)> {
    let bytes = std::fs::read(table).map_err(|error| (NamesFault::Table, error))?;
    let secret = key_in(key).map_err(|error| {
        let text = format!("{}: {error}", key.display());
        (NamesFault::Key, Error::new(error.kind(), text))
    })?;
    PersonNameTable::from_bytes(NameKey::new(&secret), &bytes)
        .map(drop)
        .map_err(|fault| (NamesFault::Table, Error::new(ErrorKind::InvalidData, fault)))
}

fn key_in(path: &Path) -> Result<[u8; NAME_KEY_BYTES], Error> {
    let secret = std::fs::read(path)?;
    secret.try_into().map_err(|_| ErrorKind::InvalidData.into())
}
