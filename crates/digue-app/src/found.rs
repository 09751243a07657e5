//! Findings of detection on their way to those who carry them out.
//!
//! They are put here while the monitor's lock is held, so that nothing here waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use digue_detection::playbook::PlaybookStep;
use digue_detection::{Action, Finding};
use tokio::sync::Notify;

/// A finding and the step that the playbook takes.
#[derive(Clone, Debug)]
pub struct MonitoredFinding {
    pub finding: Finding,
    pub step: PlaybookStep,
    /// True where rules are only tried: people are informed, and nothing is done.
    pub is_trial: bool,
}

/// Findings that may wait before those that only inform people are left out. Steps are always kept:
/// an account is cut by its first one, so that at most one waits for each account.
const WAITING_MAX: usize = 10_000;

/// The findings that wait.
#[derive(Default)]
pub(crate) struct FoundFindings {
    // A leaf lock, after the monitor's.
    queue: Mutex<FoundQueue>,
    arrived: Notify,
}

#[derive(Default)]
struct FoundQueue {
    waiting: VecDeque<MonitoredFinding>,
    /// Alerts that found no place since the last finding was taken.
    left_out: u64,
}

impl FoundFindings {
    fn lock(&self) -> MutexGuard<'_, FoundQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, found: MonitoredFinding) {
        let mut queue = self.lock();
        if queue.waiting.len() >= WAITING_MAX && found.step.taken == Action::Observe {
            queue.left_out += 1;
            return;
        }
        queue.waiting.push_back(found);
        drop(queue);
        self.arrived.notify_one();
    }

    fn take(&self) -> Option<MonitoredFinding> {
        let (next, left_out) = {
            let mut queue = self.lock();
            (
                queue.waiting.pop_front(),
                std::mem::take(&mut queue.left_out),
            )
        };
        if left_out > 0 {
            tracing::error!(
                left_out,
                "Too many findings waited; alerts were left out, and no step"
            );
        }
        next
    }
}

/// Takes the findings, one after the other.
pub struct FindingReceiver(pub(crate) Arc<FoundFindings>);

impl FindingReceiver {
    /// The next finding, as soon as there is one.
    pub async fn next(&mut self) -> MonitoredFinding {
        loop {
            if let Some(found) = self.take_waiting() {
                return found;
            }
            self.0.arrived.notified().await;
        }
    }

    /// The next finding, if one waits.
    pub fn take_waiting(&mut self) -> Option<MonitoredFinding> {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use digue_detection::{Surroundings, Weight};
    use digue_types::Timestamp;

    use super::*;

    fn found(taken: Action) -> MonitoredFinding {
        let finding = Finding {
            at: Timestamp::ZERO,
            account: Some("a1".to_owned()),
            organisation: "of-1".to_owned(),
            portal: "kairos".to_owned(),
            weight: Weight::Alert,
            evidence: 3.2,
            signals: Vec::new(),
            persons: 10,
            is_repeated: false,
            around: Surroundings::default(),
        };
        MonitoredFinding {
            finding,
            step: PlaybookStep {
                taken,
                intended: taken,
                is_fused: false,
            },
            is_trial: false,
        }
    }

    #[test]
    fn at_the_bound_alerts_are_left_out_and_steps_are_not() {
        let all = Arc::new(FoundFindings::default());
        let mut receiver = FindingReceiver(all.clone());
        for _ in 0..WAITING_MAX + 5 {
            all.put(found(Action::Observe));
        }
        all.put(found(Action::CloseAccount));
        let counts = |queue: &FoundQueue| (queue.waiting.len(), queue.left_out);
        assert_eq!(counts(&all.lock()), (WAITING_MAX + 1, 5));
        let taken: Vec<Action> = std::iter::from_fn(|| receiver.take_waiting())
            .map(|found| found.step.taken)
            .collect();
        assert_eq!(
            (taken.len(), taken.last()),
            (WAITING_MAX + 1, Some(&Action::CloseAccount))
        );
        assert_eq!(counts(&all.lock()), (0, 0));
    }

    #[tokio::test]
    async fn a_finding_that_came_before_the_receiver_waited_is_not_missed() {
        let all = Arc::new(FoundFindings::default());
        all.put(found(Action::StepUp));
        let mut receiver = FindingReceiver(all.clone());
        assert_eq!(receiver.next().await.step.taken, Action::StepUp);
        let (next, ()) = tokio::join!(receiver.next(), async { all.put(found(Action::Observe)) });
        assert_eq!(next.step.taken, Action::Observe);
    }
}
