//! The state of things in one statement: the worst that is true now, and `Unknown` where calm
//! cannot be shown.

use std::time::Duration;

use digue_app::{Actor, App, OperationError};
use digue_casework::incidents::{self, IncidentView};
use digue_detection::Action;
use digue_exposure::ScopeQuestion;
use digue_response::clock::{ClockKind, DueTime, LegalClock};
use digue_response::incident::ToldState;
use digue_types::{AccountId, FindingId, Timestamp};

use crate::sources::unmet;
use crate::task::{AwaitedAct, Task, TaskSource};

/// The worst that is true now.
#[derive(Clone, Debug, PartialEq)]
pub enum Situation {
    /// Nothing leaves: the journal cannot be written.
    JournalFailing,
    /// Accounts were closed automatically, and nobody has decided yet whether it was a theft.
    Contained(ContainedAccounts),
    /// A legal deadline has passed.
    DutyOverdue(RunningDuty),
    /// Findings without a decision; nothing was closed.
    Undecided { findings: usize, oldest: Timestamp },
    /// A theft was confirmed, and its incident is not qualified yet: its nearest duty.
    TheftToQualify(RunningDuty),
    /// A legal clock runs.
    DutyRunning(RunningDuty),
    /// Tasks of the reader whose day has passed.
    Overdue { tasks: usize },
    /// Tasks of the reader that are in time.
    Waiting { tasks: usize },
    /// Everything was read, and nothing awaits the reader.
    Calm,
    /// Nothing is known to await the reader, and not everything could be read.
    Unknown,
}

/// Accounts that were closed and of which nobody has decided yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainedAccounts {
    pub accounts: usize,
    /// Closed last, with its finding.
    pub finding: FindingId,
    pub account: Option<AccountId>,
    /// The first closing.
    pub since: Timestamp,
    pub persons: PersonsShown,
    /// The reader may decide.
    pub is_mine: bool,
}

/// Distinct persons that closed accounts were shown from the day before their finding on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonsShown {
    Known(usize),
    /// The index could not be read, or a closing is about an organisation as a whole.
    Unknown,
}

/// A duty of an open incident that is not met.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningDuty {
    pub incident: String,
    pub reference: String,
    pub title: String,
    pub kind: ClockKind,
    pub started_at: Timestamp,
    /// `None` for a duty without undue delay.
    pub due: Option<DueTime>,
    /// The state of the incident.
    pub state: ToldState,
}

impl RunningDuty {
    /// At the latest; `None` for a duty without undue delay.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due.map(DueTime::at)
    }

    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| due.is_past(now))
    }
}

fn duty(view: &IncidentView, clock: LegalClock) -> RunningDuty {
    RunningDuty {
        incident: view.record.id.clone(),
        reference: view.reference(),
        title: view.incident.title.clone(),
        kind: clock.rule.kind,
        started_at: clock.started_at,
        due: clock.due(),
        state: view.incident.told_state(),
    }
}

/// The duties of all open incidents, the nearest deadline first.
pub(crate) async fn duties(app: &App, actor: &Actor) -> Result<Vec<RunningDuty>, OperationError> {
    let views = incidents::list(app, actor).await?;
    let open = views.iter().filter(|view| !view.incident.is_closed());
    let mut duties: Vec<RunningDuty> = open
        .flat_map(|view| unmet(view).into_iter().map(|clock| duty(view, clock)))
        .collect();
    duties.sort_by_key(|duty| (duty.due.is_none(), duty.due_at(), duty.started_at));
    Ok(duties)
}

pub(crate) async fn of(
    app: &App,
    actor: &Actor,
    (mine, others): (&[Task], &[Task]),
    duties: &[RunningDuty],
    unread: &[TaskSource],
) -> Situation {
    let now = app.clock().now();
    if actor.role.can_watch() && app.journal_status().failure.is_some() {
        return Situation::JournalFailing;
    }
    let findings: Vec<&Task> = mine
        .iter()
        .chain(others)
        .filter(|task| task.source() == TaskSource::Findings)
        .collect();
    if let Some(contained) = contained(app, &findings).await {
        return Situation::Contained(contained);
    }
    if let Some(late) = duties.iter().find(|duty| duty.is_overdue(now)) {
        return Situation::DutyOverdue(late.clone());
    }
    if let Some(oldest) = findings.iter().map(|task| task.since).min() {
        return Situation::Undecided {
            findings: findings.len(),
            oldest,
        };
    }
    let to_qualify = |duty: &&RunningDuty| {
        matches!(duty.due, Some(DueTime::AtLatest(_))) && duty.state == ToldState::TheftConfirmed
    };
    if let Some(theft) = duties.iter().find(to_qualify) {
        return Situation::TheftToQualify(theft.clone());
    }
    if let Some(next) = duties.iter().find(|duty| duty.due.is_some()) {
        return Situation::DutyRunning(next.clone());
    }
    let overdue = mine.iter().filter(|task| task.is_overdue(now)).count();
    if overdue > 0 {
        Situation::Overdue { tasks: overdue }
    } else if !mine.is_empty() {
        Situation::Waiting { tasks: mine.len() }
    } else if unread.is_empty() {
        Situation::Calm
    } else {
        Situation::Unknown
    }
}

/// The findings that closed accounts.
async fn contained(app: &App, findings: &[&Task]) -> Option<ContainedAccounts> {
    let closing = |task: &&&Task| matches!(task.act, AwaitedAct::JudgeFinding { taken: Some(taken), .. } if taken >= Action::CloseAccount);
    let closed: Vec<&&Task> = findings.iter().filter(closing).collect();
    let last = closed.iter().max_by_key(|task| task.since)?;
    let since = closed.iter().map(|task| task.since).min()?;
    let AwaitedAct::JudgeFinding {
        finding, account, ..
    } = &last.act
    else {
        return None;
    };
    let mut accounts: Vec<Option<AccountId>> = closed.iter().map(|task| account_of(task)).collect();
    accounts.sort();
    accounts.dedup();
    Some(ContainedAccounts {
        finding: finding.clone(),
        account: account.clone(),
        since,
        persons: persons_shown(app, &accounts, since).await,
        is_mine: last.is_mine,
        accounts: accounts.len(),
    })
}

fn account_of(task: &Task) -> Option<AccountId> {
    let AwaitedAct::JudgeFinding { account, .. } = &task.act else {
        return None;
    };
    account.clone()
}

/// A theft is seen some time after it began.
const BEFORE_FINDING: Duration = Duration::from_hours(24);

async fn persons_shown(
    app: &App,
    accounts: &[Option<AccountId>],
    since: Timestamp,
) -> PersonsShown {
    let Some(accounts) = accounts.iter().cloned().collect::<Option<Vec<AccountId>>>() else {
        return PersonsShown::Unknown;
    };
    let question = ScopeQuestion {
        accounts,
        from: Some(since.minus(BEFORE_FINDING)),
        ..ScopeQuestion::default()
    };
    let view = app.view();
    let counted = app.blocking(move || view.count(&question)).await;
    match counted.and_then(|counted| app.answered(counted)) {
        Ok(persons) => PersonsShown::Known(persons),
        Err(error) => {
            tracing::error!(%error, "Persons shown to closed accounts cannot be counted; shown as unknown");
            PersonsShown::Unknown
        }
    }
}
