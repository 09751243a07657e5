//! The clock of this machine against the journal: entries, deadlines and certificates live by it.

use digue_journal::disk::Disk;
use digue_journal::keyring::{Keyring, MasterKey, OpenedKeyring};
use digue_journal::reader;
use digue_locales::Value;
use digue_types::Timestamp;

use crate::files::cause_of;
use crate::installation::ExaminedInstallation;
use crate::journal::ReadJournal;
use crate::report::{HealthCheck, HealthResult};

/// What clocks that are kept in time never differ by.
const SKEW_SECS: i64 = 60;
/// Before it this program was not built: a clock that lost its battery begins in 1970 or 2000.
const BUILT_AFTER: &str = "2026-11-01";

pub(crate) fn examine(installation: &ExaminedInstallation) -> HealthResult {
    let now = installation.now;
    let at = [("at", Value::from(now.to_string()))];
    let result = HealthResult::new(HealthCheck::Clock).looked_at("doctor-clock", &at);
    if Timestamp::parse_date(BUILT_AFTER).is_some_and(|built| now < built) {
        return result.bad("doctor-clock-reset", &[]);
    }
    let journal = match ReadJournal::open(installation) {
        Ok(journal) => journal,
        Err(absence) => return absence.blocks(result),
    };
    match last_entry(installation, &journal) {
        Ok(Some(last)) => judge(result, last, now),
        Ok(None) => result.looked_at("doctor-clock-no-entry", &[]),
        Err(cause) => result.unknown("doctor-clock-unknown", &[("cause", Value::from(cause))]),
    }
}

fn judge(result: HealthResult, last: Timestamp, now: Timestamp) -> HealthResult {
    let ahead = last.secs() - now.secs();
    let values = [
        ("last", Value::from(last.to_string())),
        ("seconds", Value::from(ahead)),
    ];
    let result = result.looked_at("doctor-clock-last", &values);
    if ahead > SKEW_SECS {
        result.bad("doctor-clock-back", &values)
    } else {
        result
    }
}

/// The time of the newest entry that is published; `None` for one that is forgotten, or an empty
/// journal.
fn last_entry(
    installation: &ExaminedInstallation,
    journal: &ReadJournal,
) -> Result<Option<Timestamp>, String> {
    let size = journal.head.size;
    let Some(last) = size.checked_sub(1) else {
        return Ok(None);
    };
    let keyring = keyring(installation, &journal.disk)?;
    let entries =
        reader::entries(&journal.disk, last..size, size).map_err(|error| cause_of(&error))?;
    let Some(sealed) = entries.last() else {
        return Ok(None);
    };
    match keyring.open(sealed).map_err(|error| cause_of(&error))? {
        OpenedKeyring::Event(event) => Ok(Some(event.at())),
        OpenedKeyring::Forgotten(_) => Ok(None),
    }
}

/// Opens the entries; `Err` where the master key cannot be read from here.
pub(crate) fn keyring(installation: &ExaminedInstallation, disk: &Disk) -> Result<Keyring, String> {
    let path = &installation.settings.journal.master_key;
    let named = |cause: String| format!("{}: {cause}", path.display());
    let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| named("32 bytes".to_owned()))?;
    Ok(Keyring::reading(disk.clone(), Some(MasterKey::new(&bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::HealthState;

    #[test]
    fn a_clock_behind_the_journal_is_bad_and_one_ahead_of_it_is_a_quiet_night() {
        let now = Timestamp::from_secs(1_795_000_000);
        let state = |secs: i64| {
            judge(
                HealthResult::new(HealthCheck::Clock),
                Timestamp::from_secs(now.secs() + secs),
                now,
            )
            .state()
        };
        assert_eq!(state(3_600), HealthState::Bad);
        assert_eq!(state(30), HealthState::Good);
        assert_eq!(state(-86_400), HealthState::Good);
    }
}
