//! What happened to backups, as the journal keeps it, and what may be said from it.
//!
//! An event is written down by the process that holds the journal; its time is the entry's, never
//! one that the event carries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use digue_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::canary::DeletionProof;
use crate::drill::{DrillReport, DrillStanding, DrillStep, DrillVerdict, PastDrill, StepOutcome};
use crate::error::BackupError;
use crate::reports::ReportStanding;
use crate::retention::JournaledSnapshot;
use crate::schedule::{Cadence, DueState};
use crate::signs::SuspicionLevel;
use crate::{RepositoryId, SnapshotId};

/// The name of the source that holds Digue itself.
pub const OWN_SOURCE: &str = "digue";

/// Why a backup was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupFailure {
    WrongKey,
    NoRepository,
    OtherRepository,
    StorageFull,
    Busy,
    Unreachable,
    Refused,
    Damaged,
    CommandFailed,
    /// A file of the source, or of the machine.
    File,
    Library,
}

impl BackupFailure {
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "wrong-key",
            Self::NoRepository => "no-repository",
            Self::OtherRepository => "other-repository",
            Self::StorageFull => "storage-full",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
            Self::CommandFailed => "command-failed",
            Self::File => "file",
            Self::Library => "library",
        }
    }
}

impl From<&BackupError> for BackupFailure {
    fn from(error: &BackupError) -> Self {
        match error {
            BackupError::WrongKey(_) => Self::WrongKey,
            BackupError::NoRepository(_) | BackupError::NoSnapshot(_) => Self::NoRepository,
            BackupError::OtherRepository { .. } | BackupError::RepositoryExists(_) => {
                Self::OtherRepository
            }
            BackupError::StorageFull { .. } => Self::StorageFull,
            BackupError::Busy(_) => Self::Busy,
            BackupError::Unreachable { .. } => Self::Unreachable,
            BackupError::Refused { .. } => Self::Refused,
            BackupError::Damaged { .. } | BackupError::ReadingBroken { .. } => Self::Damaged,
            BackupError::CommandNotStarted { .. } | BackupError::CommandFailed { .. } => {
                Self::CommandFailed
            }
            BackupError::NotEmpty(_) | BackupError::Escapes(_) | BackupError::File { .. } => {
                Self::File
            }
            BackupError::Library { .. } => Self::Library,
        }
    }
}

/// One thing that happened. Repositories go by the name that the operator gave them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BackupEvent {
    Made {
        repository: String,
        id: RepositoryId,
        source: String,
        snapshot: SnapshotId,
        files: u64,
        bytes: u64,
        /// Files that could not be read, and are not in the snapshot.
        unread: u64,
        suspicion: SuspicionLevel,
    },
    Failed {
        repository: String,
        source: String,
        failure: BackupFailure,
    },
    /// A share of the packs was read.
    Verified {
        repository: String,
        part: u32,
        of: u32,
        faults: u64,
    },
    DeletionTried {
        repository: String,
        proof: DeletionProof,
    },
    Drilled {
        repository: String,
        id: RepositoryId,
        snapshot: SnapshotId,
        verdict: DrillVerdict,
        age_secs: u64,
        time_secs: u64,
        failed: Vec<DrillStep>,
    },
    /// The report of another system says something new.
    Reported {
        /// The name that the operator gave the other system.
        system: String,
        standing: ReportStanding,
    },
    /// A recovery key was drawn and split; the fingerprint says which.
    KeySplit {
        repository: String,
        id: RepositoryId,
        needed: u8,
        sheets: u8,
        fingerprint: String,
    },
}

impl BackupEvent {
    /// The event of a drill.
    pub fn drilled(repository: &str, report: &DrillReport) -> Self {
        let failed = report
            .outcomes()
            .filter(|(_, outcome)| matches!(outcome, StepOutcome::Failed(_)));
        Self::Drilled {
            repository: repository.to_owned(),
            id: report.repository.clone(),
            snapshot: report.snapshot.clone(),
            verdict: report.verdict(),
            age_secs: report.age().as_secs(),
            time_secs: report.time().as_secs(),
            failed: failed.map(|(step, _)| step).collect(),
        }
    }

    /// The name of the repository; of the other system for a report.
    pub fn repository(&self) -> &str {
        match self {
            Self::Reported { system, .. } => system,
            Self::Made { repository, .. }
            | Self::Failed { repository, .. }
            | Self::Verified { repository, .. }
            | Self::DeletionTried { repository, .. }
            | Self::Drilled { repository, .. }
            | Self::KeySplit { repository, .. } => repository,
        }
    }

    /// The form in which the journal keeps it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("names and numbers become JSON")
    }

    /// # Errors
    /// When it was not written by `to_text`, or by a later version.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// The fold of all events.
#[derive(Clone, Debug, Default)]
pub struct BackupHistory {
    /// By repository and source: the last complete backup.
    made: BTreeMap<(String, String), Timestamp>,
    /// The same, of backups that may lack files.
    stored: BTreeMap<(String, String), Timestamp>,
    /// By repository: when a share of its packs was read.
    verified: BTreeMap<String, Timestamp>,
    drills: BTreeMap<String, Vec<PastDrill>>,
    /// By repository.
    snapshots: BTreeMap<RepositoryId, Vec<JournaledSnapshot>>,
    proofs: BTreeMap<String, (Timestamp, DeletionProof)>,
    /// By other system: the last report, and when its entry was written.
    reports: BTreeMap<String, (Timestamp, ReportStanding)>,
}

impl BackupHistory {
    /// Takes the event of an entry written at `at`. The same snapshot twice counts once, at its
    /// first entry.
    pub fn add(&mut self, at: Timestamp, event: &BackupEvent) {
        match event {
            BackupEvent::Made {
                repository,
                id,
                source,
                snapshot,
                unread,
                suspicion,
                ..
            } => {
                let pair = (repository.clone(), source.clone());
                latest(&mut self.stored, pair.clone(), at);
                // A backup that lacks files is kept, and is no success.
                if *unread == 0 {
                    latest(&mut self.made, pair, at);
                }
                let known = self.snapshots.entry(id.clone()).or_default();
                if !known.iter().any(|entry| entry.id == *snapshot) {
                    let is_suspect = *suspicion != SuspicionLevel::Clean;
                    let (id, source) = (snapshot.clone(), source.clone());
                    known.push(JournaledSnapshot {
                        id,
                        source,
                        at,
                        is_suspect,
                        is_drilled: false,
                    });
                }
            }
            BackupEvent::Drilled {
                repository,
                id,
                snapshot,
                verdict,
                age_secs,
                time_secs,
                ..
            } => {
                let (age, time) = (
                    Duration::from_secs(*age_secs),
                    Duration::from_secs(*time_secs),
                );
                let past = PastDrill {
                    at,
                    verdict: *verdict,
                    age,
                    time,
                };
                self.drills
                    .entry(repository.clone())
                    .or_default()
                    .push(past);
                if *verdict == DrillVerdict::Passed
                    && let Some(known) = self.snapshots.get_mut(id)
                {
                    known
                        .iter_mut()
                        .filter(|entry| entry.id == *snapshot)
                        .for_each(|one| one.is_drilled = true);
                }
            }
            BackupEvent::DeletionTried { repository, proof } => {
                self.proofs.insert(repository.clone(), (at, proof.clone()));
            }
            BackupEvent::Reported { system, standing } => {
                self.reports.insert(system.clone(), (at, standing.clone()));
            }
            BackupEvent::Verified { repository, .. } => {
                latest(&mut self.verified, repository.clone(), at)
            }
            BackupEvent::Failed { .. } | BackupEvent::KeySplit { .. } => {}
        }
    }

    /// Where the backup of a source to a repository stands.
    pub fn backup(
        &self,
        repository: &str,
        source: &str,
        cadence: Cadence,
        now: Timestamp,
    ) -> DueState {
        let last = self.made.get(&(repository.to_owned(), source.to_owned()));
        cadence.state(last.copied(), now)
    }

    /// The same as `backup`, where a backup that lacks files counts, too: another one would lack
    /// them again.
    pub fn stored(
        &self,
        repository: &str,
        source: &str,
        cadence: Cadence,
        now: Timestamp,
    ) -> DueState {
        let last = self.stored.get(&(repository.to_owned(), source.to_owned()));
        cadence.state(last.copied(), now)
    }

    /// When a share of the repository's packs was read, whatever was found.
    pub fn last_verified(&self, repository: &str) -> Option<Timestamp> {
        self.verified.get(repository).copied()
    }

    /// When a deletion was tried, whatever came of it.
    pub fn last_deletion_tried(&self, repository: &str) -> Option<Timestamp> {
        self.proofs.get(repository).map(|(at, _)| *at)
    }

    /// When a drill was run last; with `passed_only`, when one passed.
    pub fn last_drill(&self, repository: &str, passed_only: bool) -> Option<Timestamp> {
        let drills = self.drills.get(repository)?.iter();
        let counted = drills.filter(|drill| !passed_only || drill.verdict == DrillVerdict::Passed);
        counted.map(|drill| drill.at).max()
    }

    /// What may be said of a repository's restores.
    pub fn drill(&self, repository: &str, cadence: Cadence, now: Timestamp) -> DrillStanding {
        DrillStanding::of(
            self.drills.get(repository).map_or(&[], Vec::as_slice),
            cadence,
            now,
        )
    }

    /// The snapshots of a repository that the journal knows: what retention may count.
    pub fn snapshots(&self, repository: &RepositoryId) -> &[JournaledSnapshot] {
        self.snapshots.get(repository).map_or(&[], Vec::as_slice)
    }

    /// The newest sound snapshot of a source, by the journal's time: what a restore begins with. A
    /// newer one that the journal does not know may be anybody's.
    pub fn newest(&self, repository: &RepositoryId, source: &str) -> Option<&JournaledSnapshot> {
        let sound = |entry: &&JournaledSnapshot| entry.source == source && !entry.is_suspect;
        self.snapshots(repository)
            .iter()
            .filter(sound)
            .max_by_key(|entry| entry.at)
    }

    /// What another system's report said last; `None` when none was ever read.
    pub fn report(&self, system: &str) -> Option<&ReportStanding> {
        self.reports.get(system).map(|(_, standing)| standing)
    }

    /// Where the backups of another system stand, by its newest success. A report cannot date one
    /// later than the entry that took it in.
    ///
    /// Whatever it succeeded in before, a newest backup that failed and a report that cannot be
    /// read are as red as none.
    pub fn reported(&self, system: &str, cadence: Cadence, now: Timestamp) -> DueState {
        let last = self
            .reports
            .get(system)
            .and_then(|(at, standing)| match standing {
                ReportStanding::Made { at_secs, .. } => {
                    // The other system's clock may be ahead, and a date in the future would stay
                    // green for that long.
                    Some(Timestamp::from_secs(*at_secs).min(*at))
                }
                ReportStanding::Failed { .. }
                | ReportStanding::Empty
                | ReportStanding::Unreadable => None,
            });
        cadence.state(last, now)
    }

    /// Repositories from which nothing could be deleted when it was last tried.
    pub fn proved(&self) -> BTreeSet<&str> {
        let proved = self
            .proofs
            .iter()
            .filter(|(_, (_, proof))| proof.is_proved());
        proved.map(|(repository, _)| repository.as_str()).collect()
    }
}

/// Entries come in order, and their times nearly so.
fn latest<K: Ord>(times: &mut BTreeMap<K, Timestamp>, key: K, at: Timestamp) {
    let last = times.entry(key).or_insert(at);
    *last = (*last).max(at);
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Cadence = Cadence {
        every: Duration::from_hours(24),
        overdue_after: Duration::from_hours(36),
    };

    fn repository() -> RepositoryId {
        RepositoryId::parse(&"a".repeat(64)).unwrap()
    }

    fn snapshot(digit: char) -> SnapshotId {
        SnapshotId::parse(&digit.to_string().repeat(64)).unwrap()
    }

    fn made(digit: char, unread: u64, suspicion: SuspicionLevel) -> BackupEvent {
        BackupEvent::Made {
            repository: "disque".to_owned(),
            id: repository(),
            source: OWN_SOURCE.to_owned(),
            snapshot: snapshot(digit),
            files: 10,
            bytes: 100,
            unread,
            suspicion,
        }
    }

    fn drilled(verdict: DrillVerdict) -> BackupEvent {
        BackupEvent::Drilled {
            repository: "disque".to_owned(),
            id: repository(),
            snapshot: snapshot('1'),
            verdict,
            age_secs: 60,
            time_secs: 5,
            failed: Vec::new(),
        }
    }

    fn reported(standing: ReportStanding) -> BackupEvent {
        BackupEvent::Reported {
            system: "compta".to_owned(),
            standing,
        }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_secs(hours * 3_600)
    }

    #[test]
    fn each_event_is_read_back_as_it_was_written() {
        let events = [
            made('1', 0, SuspicionLevel::Clean),
            drilled(DrillVerdict::Incomplete),
            BackupEvent::Failed {
                repository: "disque".to_owned(),
                source: "compta".to_owned(),
                failure: BackupFailure::StorageFull,
            },
            BackupEvent::Verified {
                repository: "disque".to_owned(),
                part: 3,
                of: 30,
                faults: 0,
            },
            BackupEvent::DeletionTried {
                repository: "disque".to_owned(),
                proof: DeletionProof::Deletable(vec!["data".to_owned()]),
            },
            reported(ReportStanding::Made {
                at_secs: 7,
                bytes: None,
            }),
            reported(ReportStanding::Failed { last_secs: Some(7) }),
            reported(ReportStanding::Unreadable),
        ];
        for event in events {
            assert_eq!(BackupEvent::parse(&event.to_text()).unwrap(), event);
        }
        assert!(BackupEvent::parse("{\"kind\":\"unheard-of\"}").is_err());
    }

    #[test]
    fn a_backup_that_was_never_made_is_red_and_one_with_unread_files_is_no_success() {
        let mut history = BackupHistory::default();
        assert!(history.backup("disque", OWN_SOURCE, DAY, at(1)).is_red());
        history.add(at(0), &made('1', 2, SuspicionLevel::Clean));
        assert!(history.backup("disque", OWN_SOURCE, DAY, at(1)).is_red());
        history.add(at(1), &made('2', 0, SuspicionLevel::Clean));
        assert!(!history.backup("disque", OWN_SOURCE, DAY, at(2)).is_red());
        assert!(history.backup("disque", "compta", DAY, at(2)).is_red());
        assert!(history.backup("disque", OWN_SOURCE, DAY, at(48)).is_red());
    }

    #[test]
    fn a_snapshot_has_the_time_of_its_entry_and_keeps_the_first() {
        let mut history = BackupHistory::default();
        history.add(at(5), &made('1', 0, SuspicionLevel::Alarm));
        history.add(at(9), &made('1', 0, SuspicionLevel::Clean));
        assert_eq!(
            history.newest(&repository(), OWN_SOURCE),
            None,
            "a suspect one is no beginning"
        );
        let known = history.snapshots(&repository());
        assert_eq!(known.len(), 1);
        assert_eq!(
            (known[0].at, known[0].is_suspect, known[0].is_drilled),
            (at(5), true, false)
        );
        history.add(at(10), &drilled(DrillVerdict::Passed));
        assert!(history.snapshots(&repository())[0].is_drilled);
        history.add(at(12), &made('2', 0, SuspicionLevel::Clean));
        history.add(at(11), &made('3', 0, SuspicionLevel::Clean));
        let newest = history
            .newest(&repository(), OWN_SOURCE)
            .map(|entry| entry.id.clone());
        assert_eq!(newest, Some(snapshot('2')));
        assert_eq!(history.newest(&repository(), "compta"), None);
    }

    #[test]
    fn a_drill_that_was_not_run_is_red() {
        let mut history = BackupHistory::default();
        assert!(history.drill("disque", DAY, at(1)).is_red());
        history.add(at(1), &drilled(DrillVerdict::Passed));
        assert!(!history.drill("disque", DAY, at(2)).is_red());
        assert!(history.drill("autre", DAY, at(2)).is_red());
        history.add(at(3), &drilled(DrillVerdict::Failed));
        assert!(history.drill("disque", DAY, at(4)).is_red());
    }

    #[test]
    fn another_system_is_red_until_its_newest_backup_succeeded_lately() {
        let mut history = BackupHistory::default();
        let standing = |history: &BackupHistory, hours| history.reported("compta", DAY, at(hours));
        assert!(standing(&history, 1).is_red());
        let made = |hours: i64| ReportStanding::Made {
            at_secs: hours * 3_600,
            bytes: None,
        };
        history.add(at(10), &reported(made(9)));
        assert!(!standing(&history, 11).is_red());
        assert!(standing(&history, 60).is_red());
        for bad in [
            ReportStanding::Failed { last_secs: Some(9) },
            ReportStanding::Empty,
        ] {
            history.add(at(11), &reported(bad));
            assert!(standing(&history, 11).is_red());
        }
        // A clock that is ahead gains no time.
        history.add(at(12), &reported(made(500)));
        assert!(!standing(&history, 13).is_red());
        assert!(standing(&history, 60).is_red());
    }

    #[test]
    fn only_a_refused_deletion_proves() {
        let mut history = BackupHistory::default();
        let tried = |proof| BackupEvent::DeletionTried {
            repository: "serveur".to_owned(),
            proof,
        };
        history.add(at(1), &tried(DeletionProof::Refused));
        assert_eq!(history.proved(), BTreeSet::from(["serveur"]));
        history.add(at(2), &tried(DeletionProof::NotRun("away".to_owned())));
        assert_eq!(history.proved(), BTreeSet::new());
    }
}
