//! What a gap of the plan says.

use std::time::Duration;

use crate::register_kind::RegisterKind;

/// One gap, and what states it.
#[derive(Clone, PartialEq, Debug)]
pub struct ContinuityGap {
    pub place: GapPlace,
    pub kind: ContinuityGapKind,
}

/// What a gap is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GapPlace {
    Record {
        kind: RegisterKind,
        id: String,
        title: String,
    },
    Repository(String),
    /// The plan as a whole.
    Plan,
}

/// What does not agree. Tolerances are in minutes, as declared.
#[derive(Clone, PartialEq, Debug)]
pub enum ContinuityGapKind {
    /// Nobody has written down an activity: there is no order, no tolerance and no lead.
    NotBegun,
    /// Nobody is written down to be called.
    NoContact,
    /// No backup is configured: no age and no restore is measured, and no key was ever split.
    NothingMeasured,
    /// A source is backed up, and no restore of it ever passed.
    SourceNotRestored {
        name: String,
    },
    /// No exercise of crisis was held for a year, or ever.
    NotExercised,
    /// It holds data, and no activity says that it needs it.
    AssetWithoutActivity,
    /// Nobody said how long the activity may be away.
    OutageNotSet,
    /// A contact that can be reached in no way.
    ContactWithoutNumber,
    /// The record cannot be read: the plan lacks what it says.
    Unreadable,
    /// These activities need each other; as identifiers.
    Cycle {
        members: Vec<String>,
    },
    /// It names a record that is not in force.
    MissingRecord {
        id: String,
    },
    NobodyLeads,
    NobodyToCall,
    /// It needs an activity that may be away longer than itself.
    NeedsSlower {
        needed: String,
        its: u32,
        own: u32,
    },
    /// By measured restores, it is back later than it may, because of what it needs.
    WaitsTooLong {
        own: u32,
        at_least: Duration,
    },
    RestoreTooSlow {
        asset: String,
        own: u32,
        took: Duration,
    },
    /// The last drill of every copy failed.
    RestoreFailed {
        asset: String,
    },
    RestoreNotMeasured {
        asset: String,
    },
    AssetWithoutBackup {
        asset: String,
    },
    /// Digue makes and reads no backup of this name.
    UnknownBackup {
        asset: String,
        name: String,
    },
    NeverBackedUp {
        asset: String,
        name: String,
    },
    BackupTooOld {
        asset: String,
        own: u32,
        age: Duration,
    },
    BackupTooSeldom {
        asset: String,
        own: u32,
        every: Duration,
    },
    /// It has data, and nobody said how old they may be.
    DataAgeNotSet,
    KeyNeverSplit,
    /// Fewer sheets have a named holder than the key needs.
    KeyWithoutHolders {
        held: usize,
        needed: u8,
    },
}

impl ContinuityGapKind {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotBegun => "not-begun",
            Self::NoContact => "no-contact",
            Self::NothingMeasured => "nothing-measured",
            Self::SourceNotRestored { .. } => "source-not-restored",
            Self::NotExercised => "not-exercised",
            Self::AssetWithoutActivity => "asset-without-activity",
            Self::OutageNotSet => "outage-not-set",
            Self::ContactWithoutNumber => "contact-without-number",
            Self::Unreadable => "unreadable",
            Self::Cycle { .. } => "cycle",
            Self::MissingRecord { .. } => "missing-record",
            Self::NobodyLeads => "nobody-leads",
            Self::NobodyToCall => "nobody-to-call",
            Self::NeedsSlower { .. } => "needs-slower",
            Self::WaitsTooLong { .. } => "waits-too-long",
            Self::RestoreTooSlow { .. } => "restore-too-slow",
            Self::RestoreFailed { .. } => "restore-failed",
            Self::RestoreNotMeasured { .. } => "restore-not-measured",
            Self::AssetWithoutBackup { .. } => "asset-without-backup",
            Self::UnknownBackup { .. } => "unknown-backup",
            Self::NeverBackedUp { .. } => "never-backed-up",
            Self::BackupTooOld { .. } => "backup-too-old",
            Self::BackupTooSeldom { .. } => "backup-too-seldom",
            Self::DataAgeNotSet => "data-age-not-set",
            Self::KeyNeverSplit => "key-never-split",
            Self::KeyWithoutHolders { .. } => "key-without-holders",
        }
    }
}
