//! A monitor that withholds what it takes for a theft, and remembers what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use digue_gateway::ports::{ResourceFetch, ResponseMonitor, Verdict};
use digue_types::{Exposure, Inspection, Outcome};

/// The person whose record the monitor takes for a theft.
pub(crate) const DECOY: &str = "P6";

/// A monitor that withholds the decoy, and the persons beyond a number; it records every call.
#[derive(Default)]
pub(crate) struct RecordingMonitor {
    pub(crate) memory: Mutex<MonitorMemory>,
    pub(crate) monitor_calls: Mutex<Vec<MonitorCall>>,
}

/// What a monitor knows after all it was told; the same from the journal alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MonitorMemory {
    shown: BTreeMap<(bool, String), BTreeSet<String>>,
    /// Refused requests.
    refused: BTreeMap<String, u64>,
}

/// One call of the monitor.
#[derive(Clone, Debug)]
pub(crate) struct MonitorCall {
    /// Asked for a verdict.
    pub(crate) wants_verdict: bool,
    pub(crate) exposure: Exposure,
}

/// The most persons of one account that this monitor lets pass.
const SHOWN_MAX: usize = 40;

impl MonitorMemory {
    /// Takes one exposure; true when it reveals a theft.
    fn take(&mut self, exposure: &Exposure, is_trial: bool) -> bool {
        let account = exposure.account.to_string();
        if exposure.outcome == Outcome::Refused {
            *self.refused.entry(account).or_default() += exposure.requests();
            return false;
        }
        let persons: BTreeSet<String> = exposure.persons().map(ToString::to_string).collect();
        if persons.is_empty() {
            // Most of them have no entry: a memory that must outlive a restart takes nothing from
            // them.
            return false;
        }
        let key = (is_trial, account);
        let known = self
            .shown
            .get(&key)
            .map_or(0, |known| known.union(&persons).count());
        let is_theft = persons.contains(DECOY) || known > SHOWN_MAX;
        let has_left = is_trial || exposure.inspection == Inspection::Reported;
        if has_left || !is_theft {
            self.shown.entry(key).or_default().extend(persons);
        }
        is_theft
    }

    /// The memory after a restart.
    pub(crate) fn read(entries: &[Exposure]) -> Self {
        let mut memory = Self::default();
        for entry in entries {
            memory.take(entry, ["essai", "pilote"].contains(&entry.portal.as_str()));
        }
        memory
    }
}

impl ResponseMonitor for RecordingMonitor {
    fn look(&self, exposure: &Exposure) -> Verdict {
        self.monitor_calls.lock().unwrap().push(MonitorCall {
            wants_verdict: true,
            exposure: exposure.clone(),
        });
        let is_theft = self.memory.lock().unwrap().take(exposure, false);
        if is_theft {
            Verdict::Withhold
        } else {
            Verdict::Pass
        }
    }

    fn observe(&self, exposure: &Exposure) {
        self.monitor_calls.lock().unwrap().push(MonitorCall {
            wants_verdict: false,
            exposure: exposure.clone(),
        });
        self.memory.lock().unwrap().take(exposure, true);
    }

    fn fetched(&self, _: &ResourceFetch<'_>) {}
}
