//! What happened to backups, as the journal keeps it, and what may be said from it.
//!
//! An event is written down by the process that holds the journal; its time is the entry's, never
//! one that the event carries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use digue_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::acceptance::{AcceptedAs, SnapshotAcceptance};
use crate::additions::{AdditionList, KnownFiles};
use crate::canary::DeletionProof;
use crate::deletion::{BackupDeletion, DELETION_WAITS, DeletionStanding};
use crate::drill::{DrillReport, DrillStanding, DrillStep, DrillVerdict, PastDrill, StepOutcome};
use crate::reports::ReportStanding;
use crate::retention::{FreezeCause, JournaledSnapshot};
use crate::schedule::{Cadence, DueState};
use crate::signs::SuspicionLevel;
use crate::{RepositoryId, SnapshotId};

pub use crate::failure::BackupFailure;

/// The name of the source that holds Digue itself.
pub const OWN_SOURCE: &str = "digue";

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
        /// The repository; entries of earlier versions do not say it.
        #[serde(default)]
        id: Option<RepositoryId>,
        /// What lay there and is none of our backups; entries of earlier versions do not say it.
        #[serde(default)]
        additions: Option<AdditionList>,
    },
    DeletionTried {
        repository: String,
        /// Entries of earlier versions do not say it, and prove nothing.
        #[serde(default)]
        id: Option<RepositoryId>,
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
        /// The sources that came back; of an earlier version, none is known.
        #[serde(default)]
        sources: Vec<String>,
    },
    /// Snapshots that retention no longer keeps: a proposal, which deletes nothing.
    DeletionPlanned { deletion: BackupDeletion },
    /// Two persons agreed to a deletion; it waits.
    DeletionAgreed { deletion: BackupDeletion },
    /// One person stopped an agreed deletion.
    DeletionCancelled { deletion: BackupDeletion },
    /// An agreed deletion was carried out; of no snapshots, when what earlier ones left was tidied.
    Deleted { deletion: BackupDeletion },
    /// Snapshots that freeze deletion: a proposal, which lifts nothing.
    AcceptanceProposed { acceptance: SnapshotAcceptance },
    /// Two persons said what snapshots that froze deletion hold.
    SnapshotsAccepted { acceptance: SnapshotAcceptance },
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
        /// The name of its file in the repository; entries of earlier versions do not say it.
        #[serde(default)]
        key_file: Option<String>,
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
            sources: report.sources.clone(),
        }
    }

    /// The name of the repository; of the other system for a report.
    pub fn repository(&self) -> &str {
        match self {
            Self::Reported { system, .. } => system,
            Self::DeletionPlanned { deletion }
            | Self::DeletionAgreed { deletion }
            | Self::DeletionCancelled { deletion }
            | Self::Deleted { deletion } => &deletion.repository,
            Self::AcceptanceProposed { acceptance } | Self::SnapshotsAccepted { acceptance } => {
                &acceptance.repository
            }
            Self::Made { repository, .. }
            | Self::Failed { repository, .. }
            | Self::Verified { repository, .. }
            | Self::DeletionTried { repository, .. }
            | Self::Drilled { repository, .. }
            | Self::KeySplit { repository, .. } => repository,
        }
    }

    /// True for what only persons decide: no command may leave it as its result.
    pub const fn is_of_persons(&self) -> bool {
        match self {
            Self::DeletionAgreed { .. }
            | Self::DeletionCancelled { .. }
            | Self::SnapshotsAccepted { .. } => true,
            Self::Made { .. }
            | Self::Failed { .. }
            | Self::Verified { .. }
            | Self::DeletionTried { .. }
            | Self::Drilled { .. }
            | Self::DeletionPlanned { .. }
            | Self::Deleted { .. }
            | Self::AcceptanceProposed { .. }
            | Self::Reported { .. }
            | Self::KeySplit { .. } => false,
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

/// A recovery key on paper, without what is on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SplitKey {
    pub at: Timestamp,
    /// The repository that it opens.
    pub id: RepositoryId,
    pub needed: u8,
    pub sheets: u8,
    pub fingerprint: String,
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
    /// By repository and share: the faults that were found when it was read last.
    faults: BTreeMap<String, BTreeMap<(u32, u32), u64>>,
    drills: BTreeMap<String, Vec<PastDrill>>,
    /// By repository and source: the newest drill that brought it back.
    restores: BTreeMap<(String, String), PastDrill>,
    /// By repository: the recovery key that was split last.
    keys: BTreeMap<String, SplitKey>,
    /// By repository: the names of the files of every recovery key.
    key_files: BTreeMap<RepositoryId, BTreeSet<String>>,
    /// By repository: what lay there beside our backups when it was read last.
    additions: BTreeMap<RepositoryId, (Timestamp, AdditionList)>,
    /// By repository.
    snapshots: BTreeMap<RepositoryId, Vec<JournaledSnapshot>>,
    /// By name: the repository that the last backup under it went to.
    ids: BTreeMap<String, RepositoryId>,
    /// By name: when a deletion was tried last, in which repository, and what came of it.
    proofs: BTreeMap<String, (Timestamp, Option<RepositoryId>, DeletionProof)>,
    /// By repository: the last plan, and the agreed deletion that was not carried out yet.
    planned: BTreeMap<String, (Timestamp, BackupDeletion)>,
    agreed: BTreeMap<String, (Timestamp, BackupDeletion)>,
    deleted: BTreeMap<RepositoryId, BTreeSet<SnapshotId>>,
    /// By repository: the last deletion, and whether it was one of snapshots.
    deletions: BTreeMap<String, (Timestamp, bool)>,
    /// By repository: what was proposed to be accepted, and not accepted since.
    proposed: BTreeMap<String, (Timestamp, SnapshotAcceptance)>,
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
                files,
                bytes,
                unread,
                suspicion,
            } => {
                let before = self.ids.insert(repository.clone(), id.clone());
                if before.is_some_and(|before| before != *id) {
                    self.restores.retain(|(name, _), _| name != repository);
                }
                let pair = (repository.clone(), source.clone());
                latest(&mut self.stored, pair.clone(), at);
                // A backup that lacks files is kept, and is no success.
                if *unread == 0 {
                    latest(&mut self.made, pair, at);
                }
                let oddity = self.oddity(id, source, at, (*files, *bytes));
                let known = self.snapshots.entry(id.clone()).or_default();
                if !known.iter().any(|entry| entry.id == *snapshot) {
                    let is_suspect = *suspicion != SuspicionLevel::Clean || oddity.is_some();
                    let (id, source) = (snapshot.clone(), source.clone());
                    known.push(JournaledSnapshot {
                        id,
                        source,
                        at,
                        files: *files,
                        bytes: *bytes,
                        is_suspect,
                        is_accepted: false,
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
                sources,
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
                for source in sources {
                    let pair = (repository.clone(), source.clone());
                    self.restores.insert(pair, past);
                }
                // What such a drill did not bring back was tried and failed: an earlier success says
                // nothing any more.
                if *verdict != DrillVerdict::Passed {
                    let here = self.stored.keys().filter(|(name, _)| name == repository);
                    for pair in here.cloned().collect::<Vec<_>>() {
                        self.restores.insert(pair, past);
                    }
                }
                if *verdict == DrillVerdict::Passed
                    && let Some(known) = self.snapshots.get_mut(id)
                {
                    known
                        .iter_mut()
                        .filter(|entry| entry.id == *snapshot)
                        .for_each(|one| one.is_drilled = true);
                }
            }
            BackupEvent::DeletionTried {
                repository,
                id,
                proof,
            } => {
                let tried = (at, id.clone(), proof.clone());
                self.proofs.insert(repository.clone(), tried);
            }
            BackupEvent::DeletionPlanned { deletion } => {
                let name = deletion.repository.clone();
                self.planned.insert(name, (at, deletion.clone()));
            }
            BackupEvent::DeletionAgreed { deletion } => {
                let name = deletion.repository.clone();
                self.agreed.insert(name, (at, deletion.clone()));
            }
            BackupEvent::DeletionCancelled { deletion } => {
                self.agreed.remove(&deletion.repository);
            }
            BackupEvent::Deleted { deletion } => self.take_deleted(at, deletion),
            BackupEvent::AcceptanceProposed { acceptance } => {
                let name = acceptance.repository.clone();
                self.proposed.insert(name, (at, acceptance.clone()));
            }
            BackupEvent::SnapshotsAccepted { acceptance } => self.take_accepted(at, acceptance),
            BackupEvent::Reported { system, standing } => {
                self.reports.insert(system.clone(), (at, standing.clone()));
            }
            BackupEvent::Verified {
                repository,
                part,
                of,
                faults,
                id,
                additions,
            } => {
                latest(&mut self.verified, repository.clone(), at);
                if let Some((id, list)) = id.as_ref().zip(additions.as_ref()) {
                    self.additions.insert(id.clone(), (at, list.clone()));
                }
                let shares = self.faults.entry(repository.clone()).or_default();
                // A share that is cut otherwise says nothing about this one, and one that is whole
                // says everything.
                if *of == 1 {
                    shares.clear();
                }
                shares.insert((*part, *of), *faults);
            }
            BackupEvent::KeySplit {
                repository,
                id,
                needed,
                sheets,
                fingerprint,
                key_file,
            } => {
                let files = self.key_files.entry(id.clone()).or_default();
                files.extend(key_file.clone());
                let key = SplitKey {
                    at,
                    id: id.clone(),
                    needed: *needed,
                    sheets: *sheets,
                    fingerprint: fingerprint.clone(),
                };
                self.keys.insert(repository.clone(), key);
            }
            BackupEvent::Failed { .. } => {}
        }
    }

    fn take_deleted(&mut self, at: Timestamp, deletion: &BackupDeletion) {
        let name = deletion.repository.clone();
        // Only what was agreed to, and waited for, explains that a snapshot is gone: a result that
        // says more, or comes sooner, is a thief's, and what it names counts as vanished.
        let was_due = self
            .agreed
            .get(&name)
            .is_some_and(|(since, agreed)| agreed == deletion && at >= since.plus(DELETION_WAITS));
        if was_due {
            self.agreed.remove(&name);
            let gone = self.deleted.entry(deletion.id.clone()).or_default();
            gone.extend(deletion.snapshots.iter().cloned());
        }
        let of_snapshots = !deletion.snapshots.is_empty();
        // A thief's result must not make the machine remove packs a week later, either.
        if was_due || !of_snapshots {
            self.deletions.insert(name, (at, of_snapshots));
        }
    }

    /// Lifts what the acceptance names, and nothing else.
    fn take_accepted(&mut self, at: Timestamp, acceptance: &SnapshotAcceptance) {
        self.proposed.remove(&acceptance.repository);
        let known = self.snapshots.entry(acceptance.id.clone()).or_default();
        for frozen in &acceptance.snapshots {
            let entry = known.iter_mut().find(|entry| entry.id == frozen.snapshot);
            match (frozen.cause, entry) {
                (FreezeCause::Vanished, _) => {
                    let gone = self.deleted.entry(acceptance.id.clone()).or_default();
                    gone.insert(frozen.snapshot.clone());
                }
                (
                    FreezeCause::Suspect
                    | FreezeCause::AheadOfClock
                    | FreezeCause::DatesDiffer
                    | FreezeCause::Unknown,
                    Some(entry),
                ) => {
                    // One of a clock that was ahead counts from now on.
                    entry.at = entry.at.min(at);
                    match acceptance.accepted_as {
                        // Its date alone says nothing of a suspicion.
                        AcceptedAs::Sound => {
                            entry.is_suspect &= frozen.cause != FreezeCause::Suspect;
                            entry.is_accepted |= !entry.is_suspect;
                        }
                        AcceptedAs::Unsound => {
                            (entry.is_suspect, entry.is_accepted) = (true, true);
                        }
                    }
                }
                // Whatever the persons say of it: nobody knows what the author of a snapshot that
                // the journal did not know put into it, so it is never a rule's or a baseline.
                (FreezeCause::Unknown, None) => known.push(JournaledSnapshot {
                    id: frozen.snapshot.clone(),
                    source: String::new(),
                    at,
                    files: 0,
                    bytes: 0,
                    is_suspect: true,
                    is_accepted: true,
                    is_drilled: false,
                }),
                (
                    FreezeCause::Suspect | FreezeCause::AheadOfClock | FreezeCause::DatesDiffer,
                    None,
                ) => {}
            }
        }
    }

    /// What was proposed last to be accepted, and when; `None` once it was accepted.
    pub fn proposed_acceptance(
        &self,
        repository: &str,
    ) -> Option<&(Timestamp, SnapshotAcceptance)> {
        self.proposed.get(repository)
    }

    /// The last plan to delete snapshots of a repository, and when it was made.
    pub fn planned_deletion(&self, repository: &str) -> Option<&(Timestamp, BackupDeletion)> {
        self.planned.get(repository)
    }

    /// Where the deletion of a repository's snapshots stands.
    pub fn deletion(&self, repository: &str, now: Timestamp) -> DeletionStanding<'_> {
        match self.agreed.get(repository) {
            None => DeletionStanding::NoneAgreed,
            Some((at, deletion)) => {
                let until = at.plus(DELETION_WAITS);
                if now < until {
                    DeletionStanding::Waiting { deletion, until }
                } else {
                    DeletionStanding::Due(deletion)
                }
            }
        }
    }

    /// Snapshots whose deletion was agreed to and carried out.
    pub fn deleted(&self, repository: &RepositoryId) -> BTreeSet<SnapshotId> {
        let deleted = self.deleted.get(repository);
        deleted.map_or_else(BTreeSet::new, Clone::clone)
    }

    /// When snapshots were deleted last, if what they left was not tidied since.
    pub fn untidied_since(&self, repository: &str) -> Option<Timestamp> {
        let (at, of_snapshots) = self.deletions.get(repository)?;
        of_snapshots.then_some(*at)
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

    /// The last complete backup of a source in a repository.
    pub fn last_made(&self, repository: &str, source: &str) -> Option<Timestamp> {
        let pair = (repository.to_owned(), source.to_owned());
        self.made.get(&pair).copied()
    }

    /// The newest drill that restored a source from a repository.
    pub fn last_restore(&self, repository: &str, source: &str) -> Option<&PastDrill> {
        self.restores
            .get(&(repository.to_owned(), source.to_owned()))
    }

    /// The recovery key that was split last for the repository that stands under this name now;
    /// `None` when none ever was. Sheets of one that stood here before open nothing.
    pub fn split_key(&self, repository: &str) -> Option<&SplitKey> {
        let key = self.keys.get(repository)?;
        let is_of_another = self.last_id(repository).is_some_and(|last| *last != key.id);
        (!is_of_another).then_some(key)
    }

    /// When a share of the repository's packs was read, whatever was found.
    pub fn last_verified(&self, repository: &str) -> Option<Timestamp> {
        self.verified.get(repository).copied()
    }

    /// Faults that reading the repository found, and that reading it again has not cleared.
    pub fn faults(&self, repository: &str) -> u64 {
        let shares = self.faults.get(repository);
        shares.map_or(0, |shares| shares.values().sum())
    }

    /// When a deletion was tried, whatever came of it.
    pub fn last_deletion_tried(&self, repository: &str) -> Option<Timestamp> {
        self.proofs.get(repository).map(|(at, ..)| *at)
    }

    /// When a drill was run last; with `passed_only`, when one passed.
    pub fn last_drill(&self, repository: &str, passed_only: bool) -> Option<Timestamp> {
        let drills = self.drills.get(repository)?.iter();
        let counted = drills.filter(|drill| !passed_only || drill.verdict == DrillVerdict::Passed);
        // By the order of the journal, as everywhere: a clock that was ahead is set right again.
        counted.map(|drill| drill.at).next_back()
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

    /// What the journal knows of a repository: all else that lies there was added.
    pub fn known_files(&self, repository: &RepositoryId) -> KnownFiles {
        let known = self.snapshots(repository).iter();
        KnownFiles {
            snapshots: known.map(|entry| entry.id.clone()).collect(),
            keys: self.key_files.get(repository).cloned().unwrap_or_default(),
        }
    }

    /// What lay in the repository of this name beside our backups, and when that was looked at;
    /// `None` when it never was.
    pub fn additions(&self, repository: &str) -> Option<&(Timestamp, AdditionList)> {
        self.additions.get(self.last_id(repository)?)
    }

    /// The newest sound snapshot of a source, by the journal's order: what a restore begins with. A
    /// newer one that the journal does not know may be anybody's, and one that was made while the
    /// clock was ahead must not hide what came after.
    pub fn newest(&self, repository: &RepositoryId, source: &str) -> Option<&JournaledSnapshot> {
        let sound = |entry: &&JournaledSnapshot| entry.source == source && !entry.is_suspect;
        self.snapshots(repository).iter().rfind(sound)
    }

    /// What the next backup of a source is compared with. The parent that the library finds is the
    /// last snapshot of the same host and path, and that may be encrypted already, or a thief's.
    pub fn baseline(&self, repository: &RepositoryId, source: &str) -> BackupBaseline<'_> {
        let known = self.snapshots(repository).iter();
        let mut baseline = BackupBaseline::First;
        for entry in known.filter(|entry| entry.source == source) {
            if !entry.is_suspect {
                baseline = BackupBaseline::Sound(&entry.id);
                continue;
            }
            // Two persons said that it holds nothing to compare with.
            if entry.is_accepted {
                continue;
            }
            baseline = match baseline {
                BackupBaseline::First | BackupBaseline::NoneSound => BackupBaseline::NoneSound,
                BackupBaseline::Sound(id) | BackupBaseline::Disputed(id) => {
                    BackupBaseline::Disputed(id)
                }
            };
        }
        baseline
    }

    /// What is odd about a backup of a source, written down at `at`, with this many files and
    /// bytes.
    pub fn oddity(
        &self,
        repository: &RepositoryId,
        source: &str,
        at: Timestamp,
        (files, bytes): (u64, u64),
    ) -> Option<BackupOddity> {
        // From the end: years of hourly backups are not read through for each of them.
        let newest_first = || {
            let known = self.snapshots(repository).iter().rev();
            known.filter(move |entry| entry.source == source)
        };
        let is_of_today =
            |entry: &&JournaledSnapshot| entry.at <= at && at.since(entry.at) < ONE_DAY;
        if newest_first().take(A_DAY_MAX).filter(is_of_today).count() == A_DAY_MAX {
            return Some(BackupOddity::TooMany);
        }
        let mut usual = Vec::new();
        for entry in newest_first()
            .filter(|entry| !entry.is_suspect)
            .take(USUAL_OF)
        {
            usual.push(entry);
            // What two persons said is sound is usual from then on.
            if entry.is_accepted {
                break;
            }
        }
        let usual_files = median(usual.iter().map(|entry| entry.files).collect())?;
        let usual_bytes = median(usual.iter().map(|entry| entry.bytes).collect())?;
        let has_shrunk = |now: u64, usual: u64, least: u64| usual >= least && now < usual / 2;
        let is_small = has_shrunk(files, usual_files, USUAL_FILES_MIN)
            || has_shrunk(bytes, usual_bytes, USUAL_BYTES_MIN);
        is_small.then_some(BackupOddity::Shrunk)
    }

    /// What another system's report said last; `None` when none was ever read.
    pub fn report(&self, system: &str) -> Option<&ReportStanding> {
        self.reports.get(system).map(|(_, standing)| standing)
    }

    /// The same, with the time of the entry that took it in: no success can be later.
    pub fn dated_report(&self, system: &str) -> Option<&(Timestamp, ReportStanding)> {
        self.reports.get(system)
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

    /// The repository that the last backup under this name went to: another one there was put in
    /// its place.
    pub fn last_id(&self, repository: &str) -> Option<&RepositoryId> {
        self.ids.get(repository)
    }

    /// True when this machine tried lately to delete from the repository of the last backup under
    /// this name, and could not.
    pub fn is_out_of_reach(&self, repository: &str, now: Timestamp) -> bool {
        let Some((at, id, proof)) = self.proofs.get(repository) else {
            return false;
        };
        let is_young = *at <= now && now.since(*at) <= PROOF_LASTS;
        let is_same = id.is_some() && id.as_ref() == self.last_id(repository);
        is_young && is_same && proof.is_proved()
    }

    /// True when the disk of this name, which is kept outside, was here lately: it took a backup
    /// then, and is out of reach since.
    pub fn is_kept_outside(&self, repository: &str, now: Timestamp) -> bool {
        let visits = self
            .stored
            .iter()
            .filter(|((name, _), _)| name == repository);
        let last = visits.map(|(_, at)| *at).max();
        last.is_some_and(|at| at <= now && now.since(at) <= VISIT_LASTS)
    }
}

/// A deletion is tried each week: two that were not tried, or found otherwise, end the proof.
const PROOF_LASTS: Duration = Duration::from_hours(14 * 24);
/// A disk that is exchanged each week, and two days.
pub const VISIT_LASTS: Duration = Duration::from_hours(9 * 24);

/// More backups of one source within a day than one each quarter of an hour: nobody configures
/// that, and a thief who adds backups pushes true ones out of the rules.
const A_DAY_MAX: usize = 96;
const ONE_DAY: Duration = Duration::from_hours(24);
/// Backups of which the median is usual.
const USUAL_OF: usize = 10;
/// Below these, half of a source is a file that a person removed.
const USUAL_FILES_MIN: u64 = 50;
const USUAL_BYTES_MIN: u64 = 64 << 10;

/// Why a backup is suspect whatever its files look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackupOddity {
    /// More of them within a day than are ever made.
    TooMany,
    /// Less than half of the usual files or bytes.
    Shrunk,
}

/// The lower one of the middle; `None` of nothing.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

/// What a new backup of a source is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackupBaseline<'h> {
    /// The journal knows no backup of it there.
    First,
    /// The newest sound one, and nothing suspect came after it.
    Sound(&'h SnapshotId),
    /// The newest sound one; a suspect one on which no two persons decided came after it.
    Disputed(&'h SnapshotId),
    /// All that the journal knows are suspect.
    NoneSound,
}

/// Entries come in order. A later one with an earlier time tells that the clock was set right since:
/// kept, the time ahead would be red until it is reached.
fn latest<K: Ord>(times: &mut BTreeMap<K, Timestamp>, key: K, at: Timestamp) {
    times.insert(key, at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::FrozenSnapshot;

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
            sources: vec![OWN_SOURCE.to_owned()],
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
                id: None,
                additions: None,
            },
            BackupEvent::DeletionTried {
                repository: "disque".to_owned(),
                id: Some(repository()),
                proof: DeletionProof::Deletable(vec!["data".to_owned()]),
            },
            reported(ReportStanding::Made {
                at_secs: 7,
                bytes: None,
            }),
            reported(ReportStanding::Failed { last_secs: Some(7) }),
            reported(ReportStanding::Unreadable),
            BackupEvent::DeletionAgreed {
                deletion: deletion(&['1', '2']),
            },
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
        assert_eq!(newest, Some(snapshot('3')), "the clock was set right");
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
    fn a_fault_stays_until_its_share_is_read_without() {
        let mut history = BackupHistory::default();
        let verified = |part, of, faults| BackupEvent::Verified {
            repository: "disque".to_owned(),
            part,
            of,
            faults,
            id: None,
            additions: None,
        };
        history.add(at(1), &verified(1, 30, 2));
        history.add(at(25), &verified(2, 30, 0));
        assert_eq!((history.faults("disque"), history.faults("autre")), (2, 0));
        history.add(at(49), &verified(1, 30, 0));
        assert_eq!(history.faults("disque"), 0);
        history.add(at(50), &verified(3, 30, 1));
        history.add(at(51), &verified(1, 1, 0));
        assert_eq!(history.faults("disque"), 0, "read whole");
    }

    fn deletion(digits: &[char]) -> BackupDeletion {
        BackupDeletion {
            repository: "disque".to_owned(),
            id: repository(),
            snapshots: digits.iter().map(|digit| snapshot(*digit)).collect(),
        }
    }

    #[test]
    fn an_agreed_deletion_waits_three_days_and_may_be_stopped_meanwhile() {
        let mut history = BackupHistory::default();
        let planned = deletion(&['1']);
        let (deletion, again) = (planned.clone(), planned.clone());
        history.add(at(0), &BackupEvent::DeletionPlanned { deletion });
        let standing = history.deletion("disque", at(500));
        assert_eq!(
            standing,
            DeletionStanding::NoneAgreed,
            "a plan deletes nothing"
        );
        let agreed = BackupEvent::DeletionAgreed { deletion: again };
        history.add(at(1), &agreed);
        let until = at(73);
        let (deletion, later) = (&planned, at(72));
        assert_eq!(
            history.deletion("disque", later),
            DeletionStanding::Waiting { deletion, until }
        );
        assert_eq!(
            history.deletion("disque", until),
            DeletionStanding::Due(&planned)
        );
        let deletion = planned.clone();
        history.add(at(74), &BackupEvent::DeletionCancelled { deletion });
        assert_eq!(
            history.deletion("disque", at(500)),
            DeletionStanding::NoneAgreed
        );
    }

    #[test]
    fn only_what_was_agreed_to_explains_that_a_snapshot_is_gone() {
        let mut history = BackupHistory::default();
        let forged = BackupEvent::Deleted {
            deletion: deletion(&['1', '2']),
        };
        history.add(at(1), &forged);
        assert_eq!(history.deleted(&repository()), BTreeSet::new());
        assert_eq!(history.untidied_since("disque"), None);
        let agreed = BackupEvent::DeletionAgreed {
            deletion: deletion(&['1']),
        };
        history.add(at(2), &agreed);
        history.add(at(80), &forged);
        assert_eq!(history.deleted(&repository()), BTreeSet::new());
        let deleted = BackupEvent::Deleted {
            deletion: deletion(&['1']),
        };
        history.add(at(73), &deleted);
        assert_eq!(
            history.deleted(&repository()),
            BTreeSet::new(),
            "an hour before its time"
        );
        history.add(at(160), &deleted);
        assert_eq!(
            history.deleted(&repository()),
            BTreeSet::from([snapshot('1')])
        );
        assert_eq!(history.untidied_since("disque"), Some(at(160)));
        let tidied = BackupEvent::Deleted {
            deletion: deletion(&[]),
        };
        history.add(at(400), &tidied);
        assert_eq!(history.untidied_since("disque"), None);
    }

    fn accepted(digit: char, cause: FreezeCause, accepted_as: AcceptedAs) -> BackupEvent {
        let snapshot = snapshot(digit);
        BackupEvent::SnapshotsAccepted {
            acceptance: SnapshotAcceptance {
                repository: "disque".to_owned(),
                id: repository(),
                accepted_as,
                snapshots: vec![FrozenSnapshot { snapshot, cause }],
            },
        }
    }

    #[test]
    fn what_follows_a_suspect_backup_is_disputed_until_persons_decide() {
        let mut history = BackupHistory::default();
        let baseline = |history: &BackupHistory| match history.baseline(&repository(), OWN_SOURCE) {
            BackupBaseline::First => ("first", None),
            BackupBaseline::Sound(id) => ("sound", Some(id.clone())),
            BackupBaseline::Disputed(id) => ("disputed", Some(id.clone())),
            BackupBaseline::NoneSound => ("none", None),
        };
        assert_eq!(baseline(&history), ("first", None));
        history.add(at(1), &made('1', 0, SuspicionLevel::Clean));
        assert_eq!(baseline(&history), ("sound", Some(snapshot('1'))));
        history.add(at(25), &made('2', 0, SuspicionLevel::Alarm));
        history.add(at(49), &made('3', 0, SuspicionLevel::Suspect));
        assert_eq!(baseline(&history), ("disputed", Some(snapshot('1'))));
        // The encrypted one stays what it is; the one after the files were put back is good.
        let (suspect, as_unsound) = (FreezeCause::Suspect, AcceptedAs::Unsound);
        history.add(at(50), &accepted('2', suspect, as_unsound));
        assert_eq!(baseline(&history), ("disputed", Some(snapshot('1'))));
        history.add(at(51), &accepted('3', suspect, AcceptedAs::Sound));
        assert_eq!(baseline(&history), ("sound", Some(snapshot('3'))));
    }

    fn sized(number: u64, files: u64, bytes: u64) -> BackupEvent {
        BackupEvent::Made {
            repository: "disque".to_owned(),
            id: repository(),
            source: OWN_SOURCE.to_owned(),
            snapshot: SnapshotId::parse(&format!("{number:064x}")).unwrap(),
            files,
            bytes,
            unread: 0,
            suspicion: SuspicionLevel::Clean,
        }
    }

    #[test]
    fn a_backup_of_less_than_half_of_the_usual_is_suspect_until_that_is_accepted() {
        let mut history = BackupHistory::default();
        let last = |history: &BackupHistory| history.snapshots(&repository()).last().cloned();
        history.add(at(1), &sized(1, 1, 10 << 30));
        history.add(at(25), &sized(2, 1, 6 << 30));
        assert!(!last(&history).unwrap().is_suspect);
        history.add(at(49), &sized(3, 1, 1 << 10));
        assert!(last(&history).unwrap().is_suspect, "a dump that collapsed");
        let id = last(&history).unwrap().id;
        let (repository, snapshot) = ("disque".to_owned(), id);
        let cause = FreezeCause::Suspect;
        let acceptance = SnapshotAcceptance {
            repository,
            id: self::repository(),
            accepted_as: AcceptedAs::Sound,
            snapshots: vec![FrozenSnapshot { snapshot, cause }],
        };
        history.add(at(50), &BackupEvent::SnapshotsAccepted { acceptance });
        history.add(at(73), &sized(4, 1, 1 << 10));
        assert!(!last(&history).unwrap().is_suspect);
        history.add(at(97), &sized(5, 1, 0));
        assert!(!last(&history).unwrap().is_suspect, "too small to say");
    }

    #[test]
    fn more_backups_than_are_ever_made_in_a_day_are_counted_by_no_rule() {
        let mut history = BackupHistory::default();
        for number in 0..200 {
            history.add(at(10), &sized(number, 1, 1));
        }
        let known = history.snapshots(&repository());
        let sound = known.iter().filter(|entry| !entry.is_suspect).count();
        assert_eq!((sound, known.len()), (A_DAY_MAX, 200));
    }

    #[test]
    fn an_acceptance_lifts_exactly_what_it_names() {
        let mut history = BackupHistory::default();
        history.add(at(1), &made('1', 0, SuspicionLevel::Clean));
        history.add(at(900), &made('2', 0, SuspicionLevel::Clean));
        let sound = AcceptedAs::Sound;
        history.add(at(30), &accepted('1', FreezeCause::Vanished, sound));
        assert_eq!(
            history.deleted(&repository()),
            BTreeSet::from([snapshot('1')])
        );
        history.add(at(31), &accepted('2', FreezeCause::AheadOfClock, sound));
        history.add(at(32), &accepted('3', FreezeCause::Unknown, sound));
        let known = history.snapshots(&repository());
        let times: Vec<Timestamp> = known.iter().map(|entry| entry.at).collect();
        assert_eq!(times, [at(1), at(31), at(32)]);
        assert!(!known[0].is_accepted && known[1].is_accepted);
        // A thief's snapshot becomes no baseline, whatever two persons were made to say of it.
        assert!(known[2].is_suspect);
        let newest = history.newest(&repository(), OWN_SOURCE).unwrap();
        assert_eq!(newest.id, snapshot('2'));
    }

    #[test]
    fn only_a_deletion_that_was_refused_lately_in_the_same_repository_proves() {
        let mut history = BackupHistory::default();
        let tried = |id, proof| BackupEvent::DeletionTried {
            repository: "disque".to_owned(),
            id,
            proof,
        };
        let (ours, other) = (repository(), RepositoryId::parse(&"b".repeat(64)).unwrap());
        let refused = DeletionProof::Refused;
        history.add(at(1), &tried(Some(ours.clone()), refused.clone()));
        assert!(
            !history.is_out_of_reach("disque", at(2)),
            "nothing is in it"
        );
        history.add(at(2), &made('1', 0, SuspicionLevel::Clean));
        assert!(history.is_out_of_reach("disque", at(3)));
        assert!(
            !history.is_out_of_reach("disque", at(1 + 15 * 24)),
            "too old"
        );
        assert!(
            !history.is_out_of_reach("disque", at(0)),
            "a clock went back"
        );
        for (id, proof) in [
            (Some(other), refused.clone()),
            (None, refused),
            (Some(ours.clone()), DeletionProof::NotRun("away".to_owned())),
            (Some(ours.clone()), DeletionProof::NotImmutable),
            (
                Some(ours),
                DeletionProof::Deletable(vec!["keys".to_owned()]),
            ),
        ] {
            history.add(at(4), &tried(id, proof));
            assert!(!history.is_out_of_reach("disque", at(5)));
        }
    }

    #[test]
    fn a_disk_that_is_kept_outside_counts_for_nine_days_after_its_visit() {
        let mut history = BackupHistory::default();
        assert!(!history.is_kept_outside("disque", at(1)));
        history.add(at(1), &made('1', 0, SuspicionLevel::Clean));
        assert!(history.is_kept_outside("disque", at(9 * 24)));
        assert!(!history.is_kept_outside("disque", at(9 * 24 + 2)));
        assert!(!history.is_kept_outside("autre", at(2)));
    }

    #[test]
    fn a_drill_proves_the_restore_of_what_it_brought_back_alone() {
        let mut history = BackupHistory::default();
        history.add(at(1), &made('1', 0, SuspicionLevel::Clean));
        history.add(at(2), &drilled(DrillVerdict::Passed));
        assert_eq!(history.last_made("disque", OWN_SOURCE), Some(at(1)));
        let restore = history.last_restore("disque", OWN_SOURCE).unwrap();
        assert_eq!((restore.at, restore.time), (at(2), Duration::from_secs(5)));
        assert!(history.last_restore("disque", "compta").is_none());
        assert!(history.last_restore("serveur", OWN_SOURCE).is_none());
        let earlier = drilled(DrillVerdict::Passed)
            .to_text()
            .replace(r#","sources":["digue"]"#, "");
        let mut history = BackupHistory::default();
        history.add(at(2), &BackupEvent::parse(&earlier).unwrap());
        assert!(history.last_restore("disque", OWN_SOURCE).is_none());
    }

    #[test]
    fn the_last_key_that_was_split_is_the_one_in_force() {
        let split = |sheets: u8, fingerprint: &str| BackupEvent::KeySplit {
            repository: "disque".to_owned(),
            id: repository(),
            needed: 2,
            sheets,
            fingerprint: fingerprint.to_owned(),
            key_file: None,
        };
        let mut history = BackupHistory::default();
        assert!(history.split_key("disque").is_none());
        history.add(at(1), &split(3, "ab"));
        history.add(at(2), &split(5, "cd"));
        let key = history.split_key("disque").unwrap();
        assert_eq!(
            (key.at, key.sheets, key.fingerprint.as_str()),
            (at(2), 5, "cd")
        );
    }
}
