//! The result of a restore drill, and what it allows anybody to say.
//!
//! A drill passes only when every step that it needs passed: what was skipped was not tested. A
//! drill that was not run is red, and stays red.

use std::time::Duration;

use digue_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::schedule::{Cadence, DueState};
use crate::{RepositoryId, SnapshotId};

/// What a drill tries, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrillStep {
    /// The repository is the expected one.
    RepositoryIsOurs,
    /// The snapshot is one that the journal knows.
    SnapshotIsJournaled,
    /// A share of the packs was read and every hash agreed.
    PacksRead,
    /// All files came back into an empty folder.
    Restored,
    /// The restored files have the hashes that the snapshot says.
    FilesMatch,
    /// The restored journal verifies against its own signature.
    JournalVerifies,
    /// It contains the checkpoint that was kept elsewhere.
    CheckpointReached,
    /// The restored store opens, with its own checks and migrations.
    StoreOpens,
    /// The restore had no network.
    Isolated,
    /// The data are not older than the body accepts.
    WithinAge,
    /// The restore did not take longer than the body accepts.
    WithinTime,
}

impl DrillStep {
    pub const ALL: [Self; 11] = [
        Self::RepositoryIsOurs,
        Self::SnapshotIsJournaled,
        Self::PacksRead,
        Self::Restored,
        Self::FilesMatch,
        Self::JournalVerifies,
        Self::CheckpointReached,
        Self::StoreOpens,
        Self::Isolated,
        Self::WithinAge,
        Self::WithinTime,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::RepositoryIsOurs => "repository-is-ours",
            Self::SnapshotIsJournaled => "snapshot-is-journaled",
            Self::PacksRead => "packs-read",
            Self::Restored => "restored",
            Self::FilesMatch => "files-match",
            Self::JournalVerifies => "journal-verifies",
            Self::CheckpointReached => "checkpoint-reached",
            Self::StoreOpens => "store-opens",
            Self::Isolated => "isolated",
            Self::WithinAge => "within-age",
            Self::WithinTime => "within-time",
        }
    }

    /// True when the drill fails without it. Isolation and the journal's knowledge are not to be
    /// had everywhere: a clean machine knows no journal yet.
    pub const fn is_required(self) -> bool {
        match self {
            Self::Isolated | Self::SnapshotIsJournaled | Self::CheckpointReached => false,
            Self::RepositoryIsOurs
            | Self::PacksRead
            | Self::Restored
            | Self::FilesMatch
            | Self::JournalVerifies
            | Self::StoreOpens
            | Self::WithinAge
            | Self::WithinTime => true,
        }
    }
}

/// How a step went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    Passed,
    /// The first things that differ, as paths, entries or codes.
    Failed(Vec<String>),
    /// Not tried: never green.
    NotRun,
}

impl StepOutcome {
    /// The outcome of a limit; beyond it, `value` is what differs.
    fn within(is_within: bool, value: Duration) -> Self {
        if is_within {
            Self::Passed
        } else {
            Self::Failed(vec![format!("{}s", value.as_secs())])
        }
    }
}

/// How old the data may be and how long a restore may take: PDMA and DMIA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DrillTolerance {
    pub age: Duration,
    pub time: Duration,
}

/// One drill, as it is journalled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrillReport {
    pub repository: RepositoryId,
    pub snapshot: SnapshotId,
    /// When the decision to restore was taken, and when everything was usable.
    pub began: Timestamp,
    pub ended: Timestamp,
    /// When the restored data were consistent: the backup's beginning, not its end.
    pub data_of: Timestamp,
    pub files: u64,
    pub bytes: u64,
    /// The sources that came back.
    pub sources: Vec<String>,
    steps: Vec<(DrillStep, StepOutcome)>,
}

/// What one may say of a drill.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrillVerdict {
    Passed,
    Failed,
    /// Nothing failed, but a step that is needed was not tried.
    Incomplete,
}

impl DrillReport {
    /// A drill of which nothing has been tried yet.
    pub fn begin(
        repository: RepositoryId,
        snapshot: SnapshotId,
        data_of: Timestamp,
        began: Timestamp,
    ) -> Self {
        Self {
            repository,
            snapshot,
            began,
            ended: began,
            data_of,
            files: 0,
            bytes: 0,
            sources: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Notes how a step went; the worse of two outcomes stays.
    pub fn note(&mut self, step: DrillStep, outcome: StepOutcome) {
        match self.steps.iter_mut().find(|(known, _)| *known == step) {
            None => self.steps.push((step, outcome)),
            Some((_, StepOutcome::Failed(_))) => {}
            Some((_, known)) => *known = outcome,
        }
    }

    /// Notes that a step passed when nothing differed.
    pub fn note_differences(&mut self, step: DrillStep, differences: Vec<String>) {
        let outcome = if differences.is_empty() {
            StepOutcome::Passed
        } else {
            StepOutcome::Failed(differences)
        };
        self.note(step, outcome);
    }

    /// Ends the drill: age and time are steps of it.
    pub fn end(&mut self, now: Timestamp, tolerance: DrillTolerance) {
        self.ended = now;
        // A clock that went back makes both unknown, not zero.
        let is_ordered = self.data_of <= self.began && self.began <= now;
        self.note(
            DrillStep::WithinAge,
            StepOutcome::within(is_ordered && self.age() <= tolerance.age, self.age()),
        );
        self.note(
            DrillStep::WithinTime,
            StepOutcome::within(is_ordered && self.time() <= tolerance.time, self.time()),
        );
    }

    /// Age of the data had the body fallen when the drill began (PDMA constatée).
    pub fn age(&self) -> Duration {
        self.began.since(self.data_of)
    }

    /// From the decision to usable (DMIA constatée).
    pub fn time(&self) -> Duration {
        self.ended.since(self.began)
    }

    pub fn outcome(&self, step: DrillStep) -> StepOutcome {
        let known = self.steps.iter().find(|(known, _)| *known == step);
        known.map_or(StepOutcome::NotRun, |(_, outcome)| outcome.clone())
    }

    /// Every step in order with its outcome.
    pub fn outcomes(&self) -> impl Iterator<Item = (DrillStep, StepOutcome)> {
        DrillStep::ALL
            .into_iter()
            .map(|step| (step, self.outcome(step)))
    }

    pub fn verdict(&self) -> DrillVerdict {
        if self
            .steps
            .iter()
            .any(|(_, outcome)| matches!(outcome, StepOutcome::Failed(_)))
        {
            return DrillVerdict::Failed;
        }
        let is_missing =
            |step: &DrillStep| step.is_required() && self.outcome(*step) == StepOutcome::NotRun;
        if DrillStep::ALL.iter().any(is_missing) {
            DrillVerdict::Incomplete
        } else {
            DrillVerdict::Passed
        }
    }
}

/// A drill that ended, as the journal remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastDrill {
    pub at: Timestamp,
    pub verdict: DrillVerdict,
    pub age: Duration,
    pub time: Duration,
}

/// What may be said of a repository's restores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DrillStanding {
    /// It was never tried: red.
    NeverRun,
    /// The newest drill did not pass: red, however many did before.
    NotPassed(PastDrill),
    /// The newest passed, too long ago: red by itself.
    Overdue(PastDrill),
    Proved(PastDrill),
}

impl DrillStanding {
    /// From all drills of a repository, in the journal's order.
    pub fn of(drills: &[PastDrill], cadence: Cadence, now: Timestamp) -> Self {
        let Some(newest) = drills.last().copied() else {
            return Self::NeverRun;
        };
        if newest.verdict != DrillVerdict::Passed {
            return Self::NotPassed(newest);
        }
        match cadence.state(Some(newest.at), now) {
            DueState::Waiting { .. } | DueState::Due { .. } => Self::Proved(newest),
            DueState::Never | DueState::Overdue { .. } | DueState::ClockMoved { .. } => {
                Self::Overdue(newest)
            }
        }
    }

    pub const fn is_red(self) -> bool {
        match self {
            Self::Proved(_) => false,
            Self::NeverRun | Self::NotPassed(_) | Self::Overdue(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOLERANCE: DrillTolerance = DrillTolerance {
        age: Duration::from_hours(24),
        time: Duration::from_hours(4),
    };

    fn report() -> DrillReport {
        let id = "0".repeat(64);
        let (repository, snapshot) = (
            RepositoryId::parse(&id).unwrap(),
            SnapshotId::parse(&id).unwrap(),
        );
        DrillReport::begin(
            repository,
            snapshot,
            Timestamp::from_secs(0),
            Timestamp::from_secs(7_200),
        )
    }

    fn complete() -> DrillReport {
        let mut report = report();
        for step in DrillStep::ALL {
            report.note(step, StepOutcome::Passed);
        }
        report
    }

    #[test]
    fn a_drill_says_how_old_and_how_long() {
        let mut report = complete();
        report.end(Timestamp::from_secs(7_500), TOLERANCE);
        assert_eq!(
            (report.age().as_secs(), report.time().as_secs()),
            (7_200, 300)
        );
        assert_eq!(report.verdict(), DrillVerdict::Passed);
    }

    #[test]
    fn data_older_than_accepted_and_a_slow_restore_fail() {
        let mut slow = complete();
        slow.end(Timestamp::from_secs(7_200 + 5 * 3_600), TOLERANCE);
        assert_eq!(slow.verdict(), DrillVerdict::Failed);
        let mut old = complete();
        old.end(
            Timestamp::from_secs(7_201),
            DrillTolerance {
                age: Duration::from_mins(119),
                ..TOLERANCE
            },
        );
        assert_eq!(
            old.outcome(DrillStep::WithinAge),
            StepOutcome::Failed(vec!["7200s".to_owned()])
        );
    }

    #[test]
    fn a_clock_that_went_back_proves_nothing() {
        let mut report = complete();
        report.end(Timestamp::from_secs(10), TOLERANCE);
        assert_eq!(report.verdict(), DrillVerdict::Failed);
    }

    #[test]
    fn a_required_step_that_was_skipped_is_no_pass() {
        for skipped in DrillStep::ALL.into_iter().filter(|step| step.is_required()) {
            let mut report = report();
            for step in DrillStep::ALL.into_iter().filter(|step| *step != skipped) {
                report.note(step, StepOutcome::Passed);
            }
            assert_eq!(report.verdict(), DrillVerdict::Incomplete, "{skipped:?}");
        }
    }

    #[test]
    fn a_failure_is_not_taken_back() {
        let mut report = complete();
        report.note(
            DrillStep::FilesMatch,
            StepOutcome::Failed(vec!["a.txt".to_owned()]),
        );
        report.note(DrillStep::FilesMatch, StepOutcome::Passed);
        assert_eq!(report.verdict(), DrillVerdict::Failed);
    }

    #[test]
    fn never_run_overdue_and_failed_are_red() {
        let cadence = Cadence::every(Duration::from_hours(24 * 30));
        let at = Timestamp::from_secs(0);
        let past = |verdict| PastDrill {
            at,
            verdict,
            age: Duration::ZERO,
            time: Duration::ZERO,
        };
        let now = Timestamp::from_secs(86_400);
        assert_eq!(
            DrillStanding::of(&[], cadence, now),
            DrillStanding::NeverRun
        );
        assert!(DrillStanding::of(&[], cadence, now).is_red());
        assert!(DrillStanding::of(&[past(DrillVerdict::Incomplete)], cadence, now).is_red());
        let passed = [past(DrillVerdict::Passed)];
        assert!(!DrillStanding::of(&passed, cadence, now).is_red());
        assert!(DrillStanding::of(&passed, cadence, Timestamp::from_secs(60 * 86_400)).is_red());
    }

    proptest! {
        #[test]
        fn only_complete_drills_pass(outcomes in prop::collection::vec(0u8..3, 11)) {
            let mut report = report();
            for (step, outcome) in DrillStep::ALL.into_iter().zip(&outcomes) {
                report.note(step, match outcome {
                    0 => StepOutcome::Passed,
                    1 => StepOutcome::Failed(vec!["x".to_owned()]),
                    _ => StepOutcome::NotRun,
                });
            }
            let required = DrillStep::ALL.into_iter().zip(&outcomes).filter(|(step, _)| step.is_required());
            let all = required.into_iter().all(|(_, outcome)| *outcome == 0);
            let none_failed = outcomes.iter().all(|outcome| *outcome != 1);
            prop_assert_eq!(report.verdict() == DrillVerdict::Passed, all && none_failed);
        }
    }
}
