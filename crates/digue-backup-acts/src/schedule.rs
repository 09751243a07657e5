//! What of the backups is due, by the journal's entries. Who runs it is not known here.

use std::time::Duration;

use digue_app::{App, OperationError};
use digue_backup::deletion::DeletionStanding;
use digue_backup::history::{BackupHistory, OWN_SOURCE};
use digue_backup::schedule::{Cadence, DueState, TIDY_AFTER};
use digue_types::Timestamp;

use crate::backups::{self, BackupRules};

const DAY: Duration = Duration::from_hours(24);

/// A command that a repository needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BackupJob {
    Make,
    /// Tonight's share of the packs.
    Verify,
    TryDeletion,
    Drill,
    /// What two persons agreed to delete, and the tidying a week after.
    Delete,
}

/// A command that is due, and for which repository.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DueJob {
    pub job: BackupJob,
    pub repository: String,
}

impl BackupJob {
    /// In the order in which they run: what the others prove is as old as the last backup.
    const ALL: [Self; 5] = [
        Self::Make,
        Self::Verify,
        Self::TryDeletion,
        Self::Drill,
        Self::Delete,
    ];

    fn is_due(
        self,
        history: &BackupHistory,
        rules: &BackupRules,
        repository: &str,
        now: Timestamp,
    ) -> bool {
        let stored = |source: &str| history.stored(repository, source, rules.backups, now);
        // Nothing to prove yet.
        if self != Self::Make && stored(OWN_SOURCE) == DueState::Never {
            return false;
        }
        let runs = |every: Duration, last: Option<Timestamp>| {
            Cadence::every(every).state(last, now).runs_now()
        };
        match self {
            Self::Make => rules.sources.iter().any(|source| stored(source).runs_now()),
            Self::Verify => runs(DAY, history.last_verified(repository)),
            Self::TryDeletion => runs(DAY * 7, history.last_deletion_tried(repository)),
            // One that failed is tried again the next day, with the next backup.
            Self::Drill => {
                let passed = history.last_drill(repository, true);
                let any = history.last_drill(repository, false);
                rules.drills.state(passed, now).runs_now() && runs(DAY, any)
            }
            Self::Delete => match history.deletion(repository, now) {
                DeletionStanding::Due(_) => true,
                DeletionStanding::Waiting { .. } => false,
                DeletionStanding::NoneAgreed => history
                    .untidied_since(repository)
                    .is_some_and(|since| now >= since.plus(TIDY_AFTER)),
            },
        }
    }
}

/// What is due now; nothing unless the configuration leaves the running to Digue.
///
/// # Errors
/// When the journal cannot be read.
pub async fn due(app: &App) -> Result<Vec<DueJob>, OperationError> {
    let Some(rules) = backups::rules(app).filter(|rules| rules.runs_itself) else {
        return Ok(Vec::new());
    };
    Ok(due_by(
        &backups::history(app).await?,
        rules,
        app.clock().now(),
    ))
}

fn due_by(history: &BackupHistory, rules: &BackupRules, now: Timestamp) -> Vec<DueJob> {
    let pairs = BackupJob::ALL
        .into_iter()
        .flat_map(|job| rules.repositories.iter().map(move |one| (job, one)));
    let due = pairs.filter(|(job, repository)| job.is_due(history, rules, repository, now));
    due.map(|(job, repository)| DueJob {
        job,
        repository: repository.clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use digue_backup::canary::DeletionProof;
    use digue_backup::deletion::BackupDeletion;
    use digue_backup::drill::DrillVerdict;
    use digue_backup::history::BackupEvent;
    use digue_backup::signs::SuspicionLevel;
    use digue_backup::{RepositoryId, SnapshotId};
    use jiff::tz::TimeZone;

    use super::*;

    fn rules() -> BackupRules {
        BackupRules {
            repositories: vec!["disque".to_owned()],
            outside: Vec::new(),
            sources: vec![OWN_SOURCE.to_owned(), "dossiers".to_owned()],
            backups: Cadence::every(DAY),
            drills: Cadence::every(DAY * 30),
            reports: Vec::new(),
            zone: TimeZone::UTC,
            runs_itself: true,
        }
    }

    fn ids() -> (RepositoryId, SnapshotId) {
        (
            RepositoryId::parse(&"a".repeat(64)).unwrap(),
            SnapshotId::parse(&"b".repeat(64)).unwrap(),
        )
    }

    fn made(source: &str, unread: u64) -> BackupEvent {
        let (id, snapshot) = ids();
        let (repository, source, suspicion) = (
            "disque".to_owned(),
            source.to_owned(),
            SuspicionLevel::Clean,
        );
        BackupEvent::Made {
            repository,
            id,
            source,
            snapshot,
            files: 1,
            bytes: 1,
            unread,
            suspicion,
        }
    }

    fn drilled(verdict: DrillVerdict) -> BackupEvent {
        let (id, snapshot) = ids();
        let repository = "disque".to_owned();
        BackupEvent::Drilled {
            repository,
            id,
            snapshot,
            verdict,
            age_secs: 1,
            time_secs: 1,
            failed: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_secs(1_764_000_000 + hours * 3_600)
    }

    fn jobs(history: &BackupHistory, now: Timestamp) -> Vec<BackupJob> {
        due_by(history, &rules(), now)
            .into_iter()
            .map(|due| due.job)
            .collect()
    }

    #[test]
    fn a_new_repository_needs_a_backup_before_it_can_prove_anything() {
        let mut history = BackupHistory::default();
        assert_eq!(jobs(&history, at(0)), [BackupJob::Make]);
        history.add(at(0), &made(OWN_SOURCE, 0));
        let all = [
            BackupJob::Make,
            BackupJob::Verify,
            BackupJob::TryDeletion,
            BackupJob::Drill,
        ];
        assert_eq!(jobs(&history, at(1)), all, "one source is missing");
        history.add(at(1), &made("dossiers", 0));
        assert_eq!(jobs(&history, at(1)), all[1..]);
    }

    #[test]
    fn a_deletion_is_due_three_days_after_it_was_agreed_to_and_its_tidying_a_week_later() {
        let mut history = BackupHistory::default();
        let rules = BackupRules {
            backups: Cadence::every(DAY * 99),
            drills: Cadence::every(DAY * 99),
            ..rules()
        };
        history.add(at(0), &made(OWN_SOURCE, 0));
        history.add(at(0), &made("dossiers", 0));
        let is_due = |history: &BackupHistory, hours| {
            let due = due_by(history, &rules, at(hours));
            due.iter().any(|due| due.job == BackupJob::Delete)
        };
        let (id, snapshot) = ids();
        let deletion = |snapshots| BackupDeletion {
            repository: "disque".to_owned(),
            id: id.clone(),
            snapshots,
        };
        let agreed = deletion(vec![snapshot]);
        let event = BackupEvent::DeletionAgreed {
            deletion: agreed.clone(),
        };
        history.add(at(1), &event);
        assert!(!is_due(&history, 72));
        assert!(is_due(&history, 73));
        history.add(at(73), &BackupEvent::Deleted { deletion: agreed });
        assert!(!is_due(&history, 100));
        assert!(is_due(&history, 73 + 8 * 24));
        let tidied = BackupEvent::Deleted {
            deletion: deletion(Vec::new()),
        };
        history.add(at(73 + 8 * 24), &tidied);
        assert!(!is_due(&history, 500));
    }

    #[test]
    fn each_job_comes_back_at_its_own_pace() {
        let mut history = BackupHistory::default();
        let day = |history: &mut BackupHistory, hours| {
            // A file that can never be read is no reason to store everything again every hour.
            history.add(at(hours), &made(OWN_SOURCE, 1));
            history.add(at(hours), &made("dossiers", 0));
            let repository = "disque".to_owned();
            history.add(
                at(hours),
                &BackupEvent::Verified {
                    repository,
                    part: 1,
                    of: 30,
                    faults: 0,
                    id: None,
                    additions: None,
                },
            );
        };
        day(&mut history, 0);
        let (repository, proof) = ("disque".to_owned(), DeletionProof::NotImmutable);
        let id = Some(ids().0);
        history.add(
            at(0),
            &BackupEvent::DeletionTried {
                repository,
                id,
                proof,
            },
        );
        history.add(at(0), &drilled(DrillVerdict::Failed));
        assert_eq!(jobs(&history, at(23)), []);
        day(&mut history, 24);
        assert_eq!(
            jobs(&history, at(25)),
            [BackupJob::Drill],
            "the failed one, again"
        );
        history.add(at(25), &drilled(DrillVerdict::Passed));
        assert_eq!(jobs(&history, at(47)), []);
        day(&mut history, 7 * 24);
        assert_eq!(jobs(&history, at(7 * 24 + 1)), [BackupJob::TryDeletion]);
        assert!(jobs(&history, at(31 * 24 + 1)).contains(&BackupJob::Drill));
    }
}
