//! The arguments of these commands, as the command line reads them.

use std::path::PathBuf;

/// The arguments of `digue replay`.
pub struct ReplayArguments {
    /// The name of one class; `None` for all.
    pub class: Option<String>,
    pub lists: bool,
    pub seed: u64,
    pub seeds: u64,
    pub caseload: Option<bool>,
    pub ablation: bool,
    pub json: bool,
    pub record: RecordArguments,
}

/// The recorded work of `digue replay --record`, and how it is played.
pub struct RecordArguments {
    /// Empty for simulated worlds.
    pub files: Vec<PathBuf>,
    pub course: String,
    pub has_one_office: bool,
    pub has_no_organisations: bool,
    pub has_verdicts: bool,
    /// Steals from the half of the accounts with which thresholds were set, not from the one that
    /// judges.
    pub is_tuning_half: bool,
    pub victims: u64,
    pub sensitivity: bool,
}

/// The arguments of `digue watch`.
pub struct WatchArguments {
    pub exposures: PathBuf,
    pub accounts: Option<PathBuf>,
    pub caseload: Option<PathBuf>,
    pub decisions: Option<PathBuf>,
}
