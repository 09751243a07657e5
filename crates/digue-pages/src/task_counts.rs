//! Task counts of the last seconds, by account. Every page shows them, and most pages change
//! nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_app::{Actor, App};
use digue_tasks::{TaskCount, TaskSource};
use digue_types::{AccountId, Timestamp};

// A leaf lock, never held across an `await`.
#[derive(Default)]
pub struct RecentCounts(Mutex<HashMap<AccountId, CountedTasks>>);

struct CountedTasks {
    counts: Vec<(TaskSource, TaskCount)>,
    at: Timestamp,
    /// The last act of the journal at that time: each act may have changed a task.
    act: Option<u64>,
}

/// Tasks become due without an act.
const COUNTS_LAST: Duration = Duration::from_secs(30);
/// Accounts whose counts are kept; with more, all are counted again.
const ACCOUNTS_MAX: usize = 1_000;

impl RecentCounts {
    pub async fn of(&self, app: &App, actor: &Actor) -> Vec<(TaskSource, TaskCount)> {
        let now = app.clock().now();
        let act = app
            .journal_state()
            .index
            .acts(1)
            .next()
            .map(|(entry, _)| *entry);
        let is_fresh =
            |known: &&CountedTasks| known.act == act && now.since(known.at) < COUNTS_LAST;
        if let Some(known) = self.locked().get(&actor.account).filter(is_fresh) {
            return known.counts.clone();
        }
        let counts = digue_tasks::board(app, actor).await.counts();
        let mut all = self.locked();
        if all.len() >= ACCOUNTS_MAX {
            all.clear();
        }
        all.insert(
            actor.account.clone(),
            CountedTasks {
                counts: counts.clone(),
                at: now,
                act,
            },
        );
        counts
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<AccountId, CountedTasks>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
