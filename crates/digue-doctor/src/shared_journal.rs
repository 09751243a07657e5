//! The database of a journal that several gateways share: whether it acknowledges what it keeps.

use digue_journal::note::Verifier;
use digue_locales::Value;
use digue_shared_journal::PostgresJournal;
use digue_shared_journal::gateway::SERVING;
use digue_shared_journal::log::{DatabaseError, JournalDatabase as _};
use digue_shared_journal::postgres::{PostgresSettings, ServerStatus};

use crate::installation::ExaminedInstallation;
use crate::journal::verifier;
use crate::report::{HealthCheck, HealthResult};

pub(crate) fn examine(installation: &ExaminedInstallation) -> HealthResult {
    let result = HealthResult::new(HealthCheck::SharedJournal);
    let journal = &installation.settings.journal;
    if !journal.is_shared {
        return result.not_applicable("doctor-shared-journal-local");
    }
    let Ok(key) = verifier(&installation.keys_folder().join("journal.pub")) else {
        return result.unknown("doctor-journal-needed", &[]);
    };
    let mut settings = PostgresSettings::new(journal.databases.clone());
    // Only looked at: what a start would refuse is reported below.
    settings.danger_asynchronous = true;
    let result = if journal.danger_asynchronous {
        result.warning("doctor-shared-journal-danger", &[])
    } else {
        result
    };
    judge(result, settings, &key, journal.danger_asynchronous)
}

fn judge(
    result: HealthResult,
    settings: PostgresSettings,
    key: &Verifier,
    accepts_loss: bool,
) -> HealthResult {
    let mut database = match PostgresJournal::open(settings, key) {
        Ok(database) => database,
        Err(error) => return away(result, &error),
    };
    let servers = match database.servers() {
        Ok(servers) => servers,
        Err(error) => return away(result, &error),
    };
    let result = replicates(result, &servers, accepts_loss);
    let result = match servers.halted {
        None => result,
        Some(reason) => result.bad(
            "doctor-shared-journal-halted",
            &[("cause", Value::from(reason))],
        ),
    };
    match database.lease(SERVING) {
        Ok(lease) if lease.epoch > 0 => result.looked_at(
            "doctor-shared-journal-serving",
            &[("gateway", Value::from(lease.holder))],
        ),
        Ok(_) => result.looked_at("doctor-shared-journal-nobody", &[]),
        Err(error) => away(result, &error),
    }
}

fn replicates(result: HealthResult, servers: &ServerStatus, accepts_loss: bool) -> HealthResult {
    let values = [
        ("version", Value::from(servers.version.as_str())),
        (
            "standbys",
            Value::from(servers.synchronous_standbys.as_str()),
        ),
    ];
    let result = result.looked_at("doctor-shared-journal", &values);
    if servers.synchronous_standbys.is_empty() {
        // The configuration accepts it, and the warning above says so.
        return if accepts_loss {
            result
        } else {
            result.bad("doctor-shared-journal-asynchronous", &[])
        };
    }
    let states: Vec<&str> = servers
        .standbys
        .iter()
        .map(|(_, state)| state.as_str())
        .collect();
    if states
        .iter()
        .any(|state| matches!(*state, "sync" | "quorum"))
    {
        result
    } else if states.iter().any(|state| state.is_empty()) {
        result.unknown("doctor-shared-journal-unseen", &[])
    } else {
        result.bad("doctor-shared-journal-alone", &[])
    }
}

fn away(result: HealthResult, error: &DatabaseError) -> HealthResult {
    let values = [("cause", Value::from(error.to_string()))];
    result.bad("doctor-shared-journal-away", &values)
}

#[cfg(test)]
mod tests {
    use crate::report::HealthState;

    use super::*;

    fn state(names: &str, standbys: &[(&str, &str)], accepts_loss: bool) -> HealthState {
        let servers = ServerStatus {
            version: "15".to_owned(),
            synchronous_standbys: names.to_owned(),
            standbys: standbys
                .iter()
                .map(|(name, state)| ((*name).to_owned(), (*state).to_owned()))
                .collect(),
            halted: None,
        };
        let result = HealthResult::new(HealthCheck::SharedJournal);
        replicates(result, &servers, accepts_loss).state()
    }

    #[test]
    fn a_server_replicates_when_a_synchronous_standby_is_there_and_seen() {
        use HealthState::{Bad, Good, Unknown};
        assert_eq!(state("db2", &[("db2", "sync")], false), Good);
        let both = [("db2", "async"), ("db3", "quorum")];
        assert_eq!(state("ANY 1 (db2, db3)", &both, false), Good);
        assert_eq!(state("", &[("db2", "async")], false), Bad);
        assert_eq!(state("", &[], true), Good);
        assert_eq!(state("db2", &[], false), Bad);
        assert_eq!(state("db2", &[("db3", "async")], false), Bad);
        // The role may not see the states.
        assert_eq!(state("db2", &[("db2", "")], false), Unknown);
    }
}
