//! Responses that left without an entry, where rules are only tried: counted, so that the journal
//! can be told once it is written again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use digue_types::{PortalId, Timestamp};

use crate::lock::lock;

/// Responses of one portal that left without an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnrecordedResponses {
    pub portal: PortalId,
    pub count: u64,
    /// When the first and the last of them left.
    pub since: Timestamp,
    pub until: Timestamp,
}

/// The lock is a leaf.
#[derive(Debug, Default)]
pub struct JournalGaps {
    total: AtomicU64,
    waiting: Mutex<BTreeMap<PortalId, UnrecordedResponses>>,
}

impl JournalGaps {
    /// Counts one more; returns the number since the start.
    pub fn note(&self, portal: &PortalId, at: Timestamp) -> u64 {
        self.put_back(UnrecordedResponses {
            portal: portal.clone(),
            count: 1,
            since: at,
            until: at,
        });
        // Relaxed: a figure for the console and the log, read by nothing that decides.
        self.total.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// All since the start.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub fn take(&self) -> Vec<UnrecordedResponses> {
        std::mem::take(&mut *lock(&self.waiting))
            .into_values()
            .collect()
    }

    pub fn put_back(&self, gap: UnrecordedResponses) {
        let mut waiting = lock(&self.waiting);
        match waiting.get_mut(&gap.portal) {
            Some(known) => {
                known.count = known.count.saturating_add(gap.count);
                known.since = known.since.min(gap.since);
                known.until = known.until.max(gap.until);
            }
            None => drop(waiting.insert(gap.portal.clone(), gap)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_journalled_is_taken_once_and_again_when_it_is_put_back() {
        let gaps = JournalGaps::default();
        let portal = PortalId::parse("portail").unwrap();
        for (secs, total) in [(5, 1), (9, 2)] {
            assert_eq!(gaps.note(&portal, Timestamp::from_secs(secs)), total);
        }
        let taken = gaps.take();
        assert_eq!((taken.len(), gaps.take()), (1, vec![]));
        gaps.note(&portal, Timestamp::from_secs(2));
        taken.into_iter().for_each(|gap| gaps.put_back(gap));
        let (since, until) = (Timestamp::from_secs(2), Timestamp::from_secs(9));
        assert_eq!(
            gaps.take(),
            [UnrecordedResponses {
                portal,
                count: 3,
                since,
                until
            }]
        );
        assert_eq!(gaps.total(), 3);
    }
}
