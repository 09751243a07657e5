//! What two persons decide on snapshots that freeze deletion: a false alarm, a backup whose result
//! was lost, one that restic made.
//!
//! An acceptance names each snapshot with what held it up, and lifts nothing else: a snapshot that
//! was accepted as suspect freezes again when it vanishes.

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::RepositoryId;
use crate::deletion::SNAPSHOTS_MAX;
use crate::retention::{FreezeCause, FrozenSnapshot, RetentionPlan};

/// What the named snapshots hold, as the persons say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptedAs {
    /// Good data: those that Digue made are counted by retention, and the next backup is compared
    /// with the newest.
    Sound,
    /// Not to be trusted: they freeze nothing any more, no rule keeps them, and no restore begins
    /// with one.
    Unsound,
}

impl AcceptedAs {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Unsound => "unsound",
        }
    }
}

/// Snapshots of one repository that freeze deletion, and what they are accepted as.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotAcceptance {
    /// The name that the operator gave it.
    pub repository: String,
    pub id: RepositoryId,
    pub accepted_as: AcceptedAs,
    pub snapshots: Vec<FrozenSnapshot>,
}

impl SnapshotAcceptance {
    /// What freezes a repository now, as many as fit into one entry; with `chosen`, only snapshots
    /// whose identifier begins with one of these. `None` for none.
    pub fn of_plan(
        repository: &str,
        id: RepositoryId,
        accepted_as: AcceptedAs,
        plan: &RetentionPlan,
        chosen: &[String],
    ) -> Option<Self> {
        let is_chosen = |frozen: &&FrozenSnapshot| {
            let id = frozen.snapshot.as_str();
            chosen.is_empty() || chosen.iter().any(|start| id.starts_with(start.as_str()))
        };
        // Ours first: who floods the repository with snapshots would push them out.
        let is_unknown = |one: &&FrozenSnapshot| one.cause == FreezeCause::Unknown;
        let chosen = plan.frozen.iter().filter(is_chosen);
        let (unknown, ours): (Vec<_>, Vec<_>) = chosen.partition(is_unknown);
        let frozen = ours.into_iter().chain(unknown);
        let snapshots: Vec<FrozenSnapshot> = frozen.take(SNAPSHOTS_MAX).cloned().collect();
        (!snapshots.is_empty()).then(|| Self {
            repository: repository.to_owned(),
            id,
            accepted_as,
            snapshots,
        })
    }

    /// SHA-256 of all of it, hexadecimal: what an approval names.
    pub fn digest(&self) -> String {
        let mut content = Context::new(&SHA256);
        content.update(self.id.as_str().as_bytes());
        content.update(self.accepted_as.code().as_bytes());
        for frozen in &self.snapshots {
            content.update(frozen.snapshot.as_str().as_bytes());
            content.update(frozen.cause.code().as_bytes());
        }
        let digest = content.finish();
        let hexadecimal = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        hexadecimal.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SnapshotId;
    use crate::retention::FreezeCause;

    fn frozen(digit: char, cause: FreezeCause) -> FrozenSnapshot {
        FrozenSnapshot {
            snapshot: SnapshotId::parse(&digit.to_string().repeat(64)).unwrap(),
            cause,
        }
    }

    fn acceptance(chosen: &[String]) -> Option<SnapshotAcceptance> {
        let plan = RetentionPlan {
            frozen: [
                frozen('1', FreezeCause::Suspect),
                frozen('2', FreezeCause::Unknown),
            ]
            .into_iter()
            .collect(),
            ..RetentionPlan::default()
        };
        let id = RepositoryId::parse(&"a".repeat(64)).unwrap();
        SnapshotAcceptance::of_plan("disque", id, AcceptedAs::Sound, &plan, chosen)
    }

    #[test]
    fn only_the_chosen_snapshots_are_named() {
        assert_eq!(acceptance(&[]).unwrap().snapshots.len(), 2);
        let one = acceptance(&["2222".to_owned()]).unwrap();
        assert_eq!(one.snapshots, [frozen('2', FreezeCause::Unknown)]);
        assert_eq!(acceptance(&["3".to_owned()]), None);
    }

    #[test]
    fn another_cause_or_verdict_has_another_digest() {
        let one = acceptance(&[]).unwrap();
        let (mut other, mut unsound) = (one.clone(), one.clone());
        other.snapshots[0].cause = FreezeCause::Vanished;
        unsound.accepted_as = AcceptedAs::Unsound;
        assert_ne!(one.digest(), other.digest());
        assert_ne!(one.digest(), unsound.digest());
    }
}
