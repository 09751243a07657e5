//! The arguments of these commands, as the command line reads them.

use std::path::PathBuf;

/// Recorded traffic, and the persons who are known.
pub struct HarArguments {
    pub files: Vec<PathBuf>,
    pub persons: Option<PathBuf>,
    pub identifiers: Vec<String>,
    pub names: Vec<String>,
    pub names_file: Option<PathBuf>,
}

/// The arguments of `digue learn`.
pub struct LearnArguments {
    pub har: HarArguments,
    pub map: Option<PathBuf>,
    pub out: Option<PathBuf>,
    pub aliases: Option<PathBuf>,
    pub portal: String,
    pub upstream: String,
    /// Instead of recordings.
    pub pilot: Option<PilotArguments>,
}

/// The traffic of a running portal in pilot mode.
pub struct PilotArguments {
    pub config: PathBuf,
    pub portal: String,
    /// The most exchanges, and minutes, of one reading.
    pub exchanges: usize,
    pub minutes: u64,
}

/// What `digue inspect` looks at.
pub enum InspectedTraffic {
    Response(SavedResponse),
    Har {
        har: HarArguments,
        /// Where to write a line for each exchange.
        each: Option<PathBuf>,
    },
}

/// A response of a portal, saved in a file.
pub struct SavedResponse {
    pub route: String,
    pub status: u16,
    pub media_type: Option<String>,
    pub coding: String,
    pub body: PathBuf,
}
