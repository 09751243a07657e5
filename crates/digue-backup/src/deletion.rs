//! The deletion of snapshots: planned from the journal, agreed to by two persons, carried out days
//! later, and only while nothing speaks against it.
//!
//! A thief with one account, or with the machine, gets no further than a plan. The wait is there for
//! the persons who did not ask: they read of it, and any of them may stop it.

use std::time::Duration;

use digue_types::Timestamp;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::retention::{Freeze, RetentionPlan};
use crate::{RepositoryId, SnapshotId};

/// From the second person's approval to the deletion.
pub const DELETION_WAITS: Duration = Duration::from_hours(72);
/// A plan is one entry of the journal, and is read by a person.
pub const SNAPSHOTS_MAX: usize = 40;
/// A plan that is older than this is made again: its repository has changed.
pub const PLAN_LASTS: Duration = Duration::from_hours(7 * 24);

/// Snapshots of one repository that are to be deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BackupDeletion {
    /// The name that the operator gave it.
    pub repository: String,
    pub id: RepositoryId,
    pub snapshots: Vec<SnapshotId>,
}

impl BackupDeletion {
    /// A plan's removable snapshots, as many as fit; `None` for none.
    pub fn of_plan(repository: &str, id: RepositoryId, plan: &RetentionPlan) -> Option<Self> {
        let snapshots: Vec<SnapshotId> =
            plan.removable.iter().take(SNAPSHOTS_MAX).cloned().collect();
        (!snapshots.is_empty()).then(|| Self {
            repository: repository.to_owned(),
            id,
            snapshots,
        })
    }

    /// SHA-256 of the repository and its snapshots, hexadecimal: what an approval names.
    pub fn digest(&self) -> String {
        let mut content = Context::new(&SHA256);
        content.update(self.id.as_str().as_bytes());
        for snapshot in &self.snapshots {
            content.update(snapshot.as_str().as_bytes());
        }
        let digest = content.finish();
        digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Compares an agreed deletion with a plan that was made just now, for which the absence of its
    /// snapshots was no alarm.
    ///
    /// # Errors
    /// Why nothing of it may be deleted.
    pub fn must_still_hold(&self, plan: &RetentionPlan) -> Result<(), DeletionStop> {
        if !plan.freezes.is_empty() {
            return Err(DeletionStop::Frozen(plan.freezes.clone()));
        }
        // One that is in neither list was removed by a run that broke off.
        let kept = |snapshot: &&SnapshotId| plan.kept.contains_key(*snapshot);
        match self.snapshots.iter().find(kept) {
            None => Ok(()),
            Some(first) => Err(DeletionStop::Kept(first.clone())),
        }
    }
}

/// Why an agreed deletion is not carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeletionStop {
    #[error("the repository is not as the journal knows it: {0:?}")]
    Frozen(Vec<Freeze>),
    #[error("snapshot {0} is to be kept by now")]
    Kept(SnapshotId),
}

/// Where the deletion of a repository's snapshots stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeletionStanding<'d> {
    NoneAgreed,
    /// Agreed, and not to be carried out before `until`.
    Waiting {
        deletion: &'d BackupDeletion,
        until: Timestamp,
    },
    Due(&'d BackupDeletion),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::KeepReason;

    fn snapshot(digit: char) -> SnapshotId {
        SnapshotId::parse(&digit.to_string().repeat(64)).unwrap()
    }

    fn plan(removable: &[char]) -> RetentionPlan {
        RetentionPlan {
            removable: removable.iter().map(|digit| snapshot(*digit)).collect(),
            ..RetentionPlan::default()
        }
    }

    fn deletion() -> BackupDeletion {
        let id = RepositoryId::parse(&"a".repeat(64)).unwrap();
        BackupDeletion::of_plan("disque", id, &plan(&['1', '2'])).unwrap()
    }

    #[test]
    fn what_was_agreed_is_deleted_only_while_all_of_it_is_still_removable() {
        let agreed = deletion();
        assert_eq!(agreed.must_still_hold(&plan(&['1', '2', '3'])), Ok(()));
        // A run that broke off had removed the second one.
        let mut now = plan(&['1', '3']);
        assert_eq!(agreed.must_still_hold(&now), Ok(()));
        now.kept
            .insert(snapshot('2'), [KeepReason::Last].into_iter().collect());
        let kept = agreed.must_still_hold(&now);
        assert_eq!(kept, Err(DeletionStop::Kept(snapshot('2'))));
    }

    #[test]
    fn anything_that_the_journal_does_not_know_stops_a_deletion() {
        for freeze in [
            Freeze::Vanished(1),
            Freeze::Suspect(1),
            Freeze::AheadOfClock(1),
            Freeze::DatesDiffer(1),
        ] {
            let mut now = plan(&['1', '2']);
            now.freezes.push(freeze.clone());
            let stopped = deletion().must_still_hold(&now);
            assert_eq!(stopped, Err(DeletionStop::Frozen(vec![freeze])));
        }
    }

    #[test]
    fn another_list_has_another_digest_and_nothing_is_no_deletion() {
        let (one, mut other) = (deletion(), deletion());
        assert_eq!(one.digest(), other.digest());
        other.snapshots.pop();
        assert_ne!(one.digest(), other.digest());
        assert_eq!(BackupDeletion::of_plan("disque", one.id, &plan(&[])), None);
    }
}
