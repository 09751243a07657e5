//! Which snapshots may go, decided by when the *journal* says that they were made.
//!
//! A snapshot carries the date that its author wrote into it, and the holder of a repository's key
//! may add snapshots of any date. Rules that trust those dates (`restic forget`, `rustic forget`)
//! keep the forged ones and remove the true ones: thirty forged ones a minute after ours, or a
//! single one a year ahead. Here only a snapshot that the journal knows can be counted by a rule;
//! all others are kept and listed. They hold nothing up: who may add snapshots would otherwise
//! decide that a repository is full.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use digue_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::SnapshotId;

/// How many snapshots of each source are kept. The rules add up: a snapshot that one of them keeps
/// stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeepRules {
    pub last: usize,
    /// Newest of each of the last days that have one, UTC; weeks begin on Monday.
    pub daily: usize,
    pub weekly: usize,
    pub monthly: usize,
}

impl Default for KeepRules {
    fn default() -> Self {
        Self {
            last: 3,
            daily: 14,
            weekly: 8,
            monthly: 12,
        }
    }
}

impl KeepRules {
    /// True when some rule keeps fewer than before: that needs a second person.
    pub const fn is_shorter_than(&self, before: &Self) -> bool {
        self.last < before.last
            || self.daily < before.daily
            || self.weekly < before.weekly
            || self.monthly < before.monthly
    }
}

/// What the journal says of a snapshot that Digue made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournaledSnapshot {
    pub id: SnapshotId,
    pub source: String,
    /// When the entry was written.
    pub at: Timestamp,
    pub files: u64,
    pub bytes: u64,
    /// Made while signs of encryption were seen, or not made by Digue: counted by no rule.
    pub is_suspect: bool,
    /// Two persons decided on it: it freezes nothing, unless it vanishes.
    pub is_accepted: bool,
    /// A restore drill of it passed.
    pub is_drilled: bool,
}

/// What the repository shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentSnapshot {
    pub id: SnapshotId,
    /// The date that its author wrote into it.
    pub declared: Timestamp,
}

/// Why a snapshot stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KeepReason {
    Last,
    Daily,
    Weekly,
    Monthly,
    /// One of the three newest without signs of encryption, whatever the rules say.
    Floor,
    /// The newest whose restore drill passed.
    LastDrilled,
    Suspect,
    /// The journal dates it after now: the clock moved.
    AheadOfClock,
    /// The journal does not know it.
    Unknown,
}

/// Why nothing may be deleted now, whatever the rules say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Freeze {
    /// Snapshots that the journal knows and the repository no longer shows.
    Vanished(usize),
    Suspect(usize),
    AheadOfClock(usize),
    /// Declared after its journal entry, or a week before it.
    DatesDiffer(usize),
}

/// What two persons decide about one snapshot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeCause {
    /// The journal does not know it. It stays, and freezes nothing.
    Unknown,
    Vanished,
    Suspect,
    AheadOfClock,
    DatesDiffer,
}

impl FreezeCause {
    const ALL: [Self; 5] = [
        Self::Unknown,
        Self::Vanished,
        Self::Suspect,
        Self::AheadOfClock,
        Self::DatesDiffer,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Vanished => "vanished",
            Self::Suspect => "suspect",
            Self::AheadOfClock => "ahead-of-clock",
            Self::DatesDiffer => "dates-differ",
        }
    }

    const fn freeze(self, count: usize) -> Option<Freeze> {
        match self {
            Self::Unknown => None,
            Self::Vanished => Some(Freeze::Vanished(count)),
            Self::Suspect => Some(Freeze::Suspect(count)),
            Self::AheadOfClock => Some(Freeze::AheadOfClock(count)),
            Self::DatesDiffer => Some(Freeze::DatesDiffer(count)),
        }
    }
}

/// A snapshot about which two persons decide.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FrozenSnapshot {
    pub snapshot: SnapshotId,
    pub cause: FreezeCause,
}

impl Freeze {
    /// The text that says it, and the figure in it.
    pub const fn key_and_count(&self) -> (&'static str, usize) {
        match self {
            Self::Vanished(count) => ("freeze-vanished", *count),
            Self::Suspect(count) => ("freeze-suspect", *count),
            Self::AheadOfClock(count) => ("freeze-ahead", *count),
            Self::DatesDiffer(count) => ("freeze-dates", *count),
        }
    }
}

/// The decision on a repository.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RetentionPlan {
    pub kept: BTreeMap<SnapshotId, BTreeSet<KeepReason>>,
    /// May be removed, once nothing freezes deletion and two persons agree.
    pub removable: BTreeSet<SnapshotId>,
    /// Journalled, not known to be deleted, and gone from the repository.
    pub vanished: BTreeSet<SnapshotId>,
    pub freezes: Vec<Freeze>,
    /// The snapshots behind `freezes`, and those that the journal does not know.
    pub frozen: BTreeSet<FrozenSnapshot>,
}

/// Snapshots without signs of encryption that stay of each source, whatever the rules say.
const FLOOR: usize = 3;
/// A snapshot is journalled after it was made: declared this much later than its entry, one of the
/// two clocks is wrong, or the date is a lie.
const AFTER_ENTRY_MAX: Duration = Duration::from_mins(15);
/// A first backup over a slow line takes days and is declared at its start; its result waits while
/// Digue is stopped.
const BEFORE_ENTRY_MAX: Duration = Duration::from_hours(7 * 24);

/// Decides on a repository's snapshots.
///
/// `deleted` are those that a plan already removed: their absence is no alarm.
pub fn plan(
    present: &[PresentSnapshot],
    journal: &[JournaledSnapshot],
    deleted: &BTreeSet<SnapshotId>,
    rules: &KeepRules,
    now: Timestamp,
) -> RetentionPlan {
    let declared: BTreeMap<&SnapshotId, Timestamp> = present
        .iter()
        .map(|snapshot| (&snapshot.id, snapshot.declared))
        .collect();
    let mut plan = RetentionPlan::default();
    let mut of_source: BTreeMap<&str, Vec<&JournaledSnapshot>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for entry in journal {
        known.insert(&entry.id);
        let Some(declared) = declared.get(&entry.id) else {
            if !deleted.contains(&entry.id) {
                plan.vanished.insert(entry.id.clone());
                plan.freeze(&entry.id, FreezeCause::Vanished);
            }
            continue;
        };
        let is_misdated = declared.since(entry.at) > AFTER_ENTRY_MAX
            || entry.at.since(*declared) > BEFORE_ENTRY_MAX;
        if is_misdated && !entry.is_accepted {
            plan.freeze(&entry.id, FreezeCause::DatesDiffer);
        }
        if entry.at > now {
            plan.freeze(&entry.id, FreezeCause::AheadOfClock);
            plan.keep(entry, KeepReason::AheadOfClock);
        } else if entry.is_suspect {
            // Not among the candidates: counted there, encrypted copies would push the last sound
            // one out of the rules.
            if entry.is_accepted {
                plan.removable.insert(entry.id.clone());
            } else {
                plan.freeze(&entry.id, FreezeCause::Suspect);
                plan.keep(entry, KeepReason::Suspect);
            }
        } else {
            of_source.entry(&entry.source).or_default().push(entry);
        }
    }
    for candidates in of_source.into_values() {
        plan.apply(candidates, rules);
    }
    let unknown: Vec<&PresentSnapshot> = present
        .iter()
        .filter(|snapshot| !known.contains(&snapshot.id))
        .collect();
    for snapshot in &unknown {
        plan.freeze(&snapshot.id, FreezeCause::Unknown);
        plan.kept
            .entry(snapshot.id.clone())
            .or_default()
            .insert(KeepReason::Unknown);
    }
    for cause in FreezeCause::ALL {
        let of_cause = plan.frozen.iter().filter(|frozen| frozen.cause == cause);
        let count = of_cause.count();
        if count > 0 {
            plan.freezes.extend(cause.freeze(count));
        }
    }
    plan
}

impl RetentionPlan {
    fn freeze(&mut self, snapshot: &SnapshotId, cause: FreezeCause) {
        let snapshot = snapshot.clone();
        self.frozen.insert(FrozenSnapshot { snapshot, cause });
    }

    fn keep(&mut self, entry: &JournaledSnapshot, reason: KeepReason) {
        self.kept
            .entry(entry.id.clone())
            .or_default()
            .insert(reason);
    }

    /// Applies the rules to the sound snapshots of one source.
    fn apply(&mut self, mut candidates: Vec<&JournaledSnapshot>, rules: &KeepRules) {
        // Each once, at the time of its first entry: one that is journalled again later would take
        // a second place, and a newer one than its own.
        candidates.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        let mut known = BTreeSet::new();
        candidates.retain(|entry| known.insert(&entry.id));
        candidates.reverse();
        for entry in candidates.iter().take(rules.last) {
            self.keep(entry, KeepReason::Last);
        }
        for entry in candidates.iter().take(FLOOR) {
            self.keep(entry, KeepReason::Floor);
        }
        if let Some(entry) = candidates.iter().find(|entry| entry.is_drilled) {
            self.keep(entry, KeepReason::LastDrilled);
        }
        self.keep_newest_of_each(
            &candidates,
            rules.daily,
            KeepReason::Daily,
            Timestamp::utc_day,
        );
        self.keep_newest_of_each(&candidates, rules.weekly, KeepReason::Weekly, week);
        self.keep_newest_of_each(&candidates, rules.monthly, KeepReason::Monthly, month);
        let gone = candidates
            .iter()
            .filter(|entry| !self.kept.contains_key(&entry.id));
        self.removable
            .extend(gone.map(|entry| entry.id.clone()).collect::<Vec<_>>());
    }

    /// `newest_first` is sorted; `period` numbers the day, week or month of a time.
    fn keep_newest_of_each(
        &mut self,
        newest_first: &[&JournaledSnapshot],
        count: usize,
        reason: KeepReason,
        period: fn(Timestamp) -> i64,
    ) {
        let mut periods = BTreeSet::new();
        for entry in newest_first {
            if periods.len() == count {
                return;
            }
            if periods.insert(period(entry.at)) {
                self.keep(entry, reason);
            }
        }
    }
}

/// Weeks from Monday; 1970-01-01 was a Thursday.
fn week(at: Timestamp) -> i64 {
    (at.utc_day() + 3).div_euclid(7)
}

fn month(at: Timestamp) -> i64 {
    let (year, month, _) = at.utc_date();
    i64::from(year) * 12 + i64::from(month)
}

#[cfg(test)]
mod tests;
