//! What was measured of backups, as the plan needs it. The caller reads it from the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_types::Timestamp;

/// Whether anything is measured at all.
#[derive(Clone, PartialEq, Debug)]
pub enum BackupKnowledge {
    NotConfigured,
    Measured(MeasuredBackups),
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct MeasuredBackups {
    /// By the name of the source, or of the other system whose reports are read.
    pub sources: BTreeMap<String, SourceFacts>,
    /// By repository.
    pub keys: BTreeMap<String, KeySplit>,
}

/// The copies of one source.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SourceFacts {
    pub copies: Vec<CopyFacts>,
}

/// The copy of a source in one place.
#[derive(Clone, PartialEq, Debug)]
pub struct CopyFacts {
    /// The repository, or the other system.
    pub place: String,
    pub last: LastCopy,
    pub every: Duration,
    pub restore: MeasuredRestore,
}

/// The last backup that succeeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LastCopy {
    Never,
    At(Timestamp),
    /// The report of the other system says nothing of a success.
    Unreadable,
}

/// What drills say of a source's restore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeasuredRestore {
    /// No drill restored this source.
    NeverTried,
    /// Another system keeps it: a report proves no restore.
    OfAnotherSystem,
    Tried {
        at: Timestamp,
        has_passed: bool,
        took: Duration,
    },
}

/// Whether the recovery key of a repository was split.
#[derive(Clone, PartialEq, Debug)]
pub enum KeySplit {
    Never,
    Split(KeyFacts),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFacts {
    pub at: Timestamp,
    pub needed: u8,
    pub sheets: u8,
    pub fingerprint: String,
}

impl SourceFacts {
    /// The newest backup in any place; `None` when no place has one, or none says so.
    pub fn newest(&self) -> Option<Timestamp> {
        let times = self.copies.iter().filter_map(|copy| match copy.last {
            LastCopy::At(at) => Some(at),
            LastCopy::Never | LastCopy::Unreadable => None,
        });
        times.max()
    }

    /// The shortest interval of its backups.
    pub fn every(&self) -> Option<Duration> {
        self.copies.iter().map(|copy| copy.every).min()
    }

    /// The shortest restore of the last drills that passed: one place is enough.
    pub fn restore_time(&self) -> Option<Duration> {
        let times = self.copies.iter().filter_map(|copy| match copy.restore {
            MeasuredRestore::Tried {
                has_passed: true,
                took,
                ..
            } => Some(took),
            MeasuredRestore::Tried { .. }
            | MeasuredRestore::NeverTried
            | MeasuredRestore::OfAnotherSystem => None,
        });
        times.min()
    }
}
