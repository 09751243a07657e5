//! What a fall cost: what was in the journal and is not in the backup.

use std::time::Duration;

use digue_types::Timestamp;

/// A point of the journal: how many entries, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalPoint {
    pub entries: u64,
    pub at: Timestamp,
}

/// What is known of the journal's last state before the fall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LastKnown {
    /// The journal itself survived somewhere up to its last entry.
    Complete(JournalPoint),
    /// The entries of a checkpoint that a witness or anybody else kept: there may have been more
    /// after it, and a checkpoint says no time.
    Kept(u64),
    /// Nobody kept anything newer than the backup.
    Nothing,
}

/// How sure a count of lost entries is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LostEntries {
    Exactly(u64),
    AtLeast(u64),
    /// Nothing outside the backup says how long the journal was.
    Unknown,
}

/// The loss of a restore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loss {
    pub entries: LostEntries,
    /// Between the backup and the last that is known; `None` where its time is not.
    pub span: Option<Duration>,
}

impl Loss {
    const UNKNOWN: Self = Self {
        entries: LostEntries::Unknown,
        span: None,
    };
}

/// The kept checkpoint is *older* than the backup claims to be, or the other way round: one of them
/// lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the journal had {known} entries when it was complete, and the backup has {restored}")]
pub struct LossContradiction {
    pub known: u64,
    pub restored: u64,
}

/// What was lost between the restored journal and the last state that is known.
///
/// # Errors
/// When the complete journal was shorter than its backup.
pub fn between(restored: JournalPoint, last: LastKnown) -> Result<Loss, LossContradiction> {
    match last {
        LastKnown::Complete(known) => exact(restored, known),
        // A checkpoint kept before the backup was made says nothing of what came after.
        LastKnown::Kept(known) if known <= restored.entries => Ok(Loss::UNKNOWN),
        LastKnown::Kept(known) => Ok(Loss {
            entries: LostEntries::AtLeast(known - restored.entries),
            span: None,
        }),
        LastKnown::Nothing => Ok(Loss::UNKNOWN),
    }
}

fn exact(restored: JournalPoint, known: JournalPoint) -> Result<Loss, LossContradiction> {
    let entries = known.entries.checked_sub(restored.entries);
    let entries = entries.ok_or(LossContradiction {
        known: known.entries,
        restored: restored.entries,
    })?;
    Ok(Loss {
        entries: LostEntries::Exactly(entries),
        span: Some(known.at.since(restored.at)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(entries: u64) -> JournalPoint {
        JournalPoint {
            entries,
            at: Timestamp::from_secs(entries as i64),
        }
    }

    #[test]
    fn a_kept_checkpoint_gives_a_lower_bound_and_a_complete_journal_the_figure() {
        let loss = |last| between(point(100), last).unwrap().entries;
        assert_eq!(
            loss(LastKnown::Complete(point(130))),
            LostEntries::Exactly(30)
        );
        assert_eq!(
            loss(LastKnown::Complete(point(100))),
            LostEntries::Exactly(0)
        );
        assert_eq!(loss(LastKnown::Kept(130)), LostEntries::AtLeast(30));
    }

    #[test]
    fn nothing_newer_is_not_nothing_lost() {
        let loss = |last| between(point(100), last).unwrap().entries;
        assert_eq!(loss(LastKnown::Nothing), LostEntries::Unknown);
        assert_eq!(loss(LastKnown::Kept(100)), LostEntries::Unknown);
    }

    #[test]
    fn a_backup_longer_than_the_journal_is_a_contradiction() {
        assert!(between(point(100), LastKnown::Complete(point(99))).is_err());
    }
}
