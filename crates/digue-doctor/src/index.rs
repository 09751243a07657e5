//! The index behind the journal: whether the next start has long to catch up.

use digue_app::indexing::IndexFolder;
use digue_exposure::Index;
use digue_locales::Value;

use crate::files::cause_of;
use crate::installation::{ExaminedInstallation, RunState};
use crate::journal::ReadJournal;
use crate::report::{HealthCheck, HealthResult};

/// Entries that a start reads in about twenty seconds (docs/benchmarks.md).
const CAUGHT_UP_SOON: u64 = 1_000_000;

pub(crate) fn examine(installation: &ExaminedInstallation) -> HealthResult {
    let folder = IndexFolder::new(&installation.settings.data_folder.join("index"));
    let current = folder.current();
    let place = [("folder", Value::from(current.display().to_string()))];
    let result = HealthResult::new(HealthCheck::Index).looked_at("doctor-index", &place);
    let journal = match ReadJournal::open(installation) {
        Ok(journal) => journal,
        Err(absence) => return absence.blocks(result),
    };
    let covered = match Index::remembered(&current) {
        Ok(covered) => covered.map_or(0, |(size, _)| size),
        Err(error) => {
            return result.unknown(
                "doctor-index-unreadable",
                &[("cause", Value::from(cause_of(&error)))],
            );
        }
    };
    let behind = journal.head.size.saturating_sub(covered);
    let values = [
        ("covered", Value::from(covered)),
        ("behind", Value::from(behind)),
    ];
    let result = result.looked_at("doctor-index-behind", &values);
    // The running Digue has the rest in memory, and writes it now and then.
    if behind <= CAUGHT_UP_SOON || installation.run == RunState::Running {
        result
    } else if covered == 0 || folder.is_stale() {
        result.warning("doctor-index-rebuilt", &values)
    } else {
        result.warning("doctor-index-late", &values)
    }
}
