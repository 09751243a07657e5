//! What awaits an account: the state of things in one statement, the legal clocks that run, and one
//! list of tasks over every area.
//!
//! It decides nothing. Each area says who may see and do what; this crate asks them all and keeps
//! apart what an area refused to this reader, what it has not, and what it could not read. It knows
//! no page and no language.

mod first_steps;
mod situation;
mod sources;
mod task;

use digue_app::{Actor, App, OperationError};
use digue_types::Timestamp;

pub use crate::first_steps::{FirstStep, FirstStepState, first_steps};
pub use crate::situation::{ContainedAccounts, PersonsShown, RunningDuty, Situation};
pub use crate::task::{AwaitedAct, Task, TaskCount, TaskSource};

/// The start page of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskBoard {
    pub now: Timestamp,
    pub situation: Situation,
    /// Duties of open incidents that are not met, the nearest deadline first.
    pub duties: Vec<RunningDuty>,
    /// What the reader is to do, the most urgent first.
    pub mine: Vec<Task>,
    /// What the reader sees and another person must do.
    pub others: Vec<Task>,
    /// Sources of which it is not known what awaits the reader: they could not be read.
    pub unread: Vec<TaskSource>,
}

impl TaskBoard {
    /// How much of each source awaits the reader; sources with nothing are left out.
    pub fn counts(&self) -> Vec<(TaskSource, TaskCount)> {
        let count = |source: TaskSource| match self.unread.contains(&source) {
            true => TaskCount::Unknown,
            false => TaskCount::Known(
                self.mine
                    .iter()
                    .filter(|task| task.source() == source)
                    .count(),
            ),
        };
        let all = TaskSource::ALL
            .iter()
            .map(|source| (*source, count(*source)));
        all.filter(|(_, count)| *count != TaskCount::Known(0))
            .collect()
    }

    pub fn overdue(&self) -> usize {
        self.mine
            .iter()
            .filter(|task| task.is_overdue(self.now))
            .count()
    }
}

/// Everything that awaits the actor. A source that cannot be read does not hide the others.
pub async fn board(app: &App, actor: &Actor) -> TaskBoard {
    let mut unread = Vec::new();
    let mut tasks = Vec::new();
    for source in TaskSource::ALL {
        match sources::tasks(app, actor, *source).await {
            Ok(found) => tasks.extend(found),
            // The area has nothing for this role.
            Err(OperationError::Denied) => {}
            Err(error) => {
                tracing::error!(%error, source = source.code(), "Tasks cannot be read; shown as unknown");
                unread.push(*source);
            }
        }
    }
    // After the tasks: one that is late by whole days is counted back from the hour at which it was
    // read, and an earlier one would make `120 d 23 h` of 121 days.
    let now = app.clock().now();
    tasks.sort_by_key(|task| task.urgency(now));
    let (mine, others): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(|task| task.is_mine);
    let duties = situation::duties(app, actor).await.unwrap_or_else(|error| {
        if !matches!(error, OperationError::Denied) && !unread.contains(&TaskSource::Incidents) {
            unread.push(TaskSource::Incidents);
        }
        Vec::new()
    });
    let situation = situation::of(
        app,
        actor,
        (mine.as_slice(), others.as_slice()),
        &duties,
        &unread,
    )
    .await;
    TaskBoard {
        now,
        situation,
        duties,
        mine,
        others,
        unread,
    }
}
