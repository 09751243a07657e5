//! The figures, taken when they are asked for. Nothing here is counted on the path of a request.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use digue_app::{Actor, App};
use digue_compliance::isms;
use digue_exposure::Coverage;
use digue_isms::check::Check;
use digue_isms::standing::CheckStatement;
use digue_journal::journal::JournalStatus;
use digue_tasks::{TaskBoard, TaskSource};
use digue_types::{PortalId, Timestamp};

/// A source of figures that may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FigureSource {
    Checks,
    Disk,
    Mail,
    Tasks(TaskSource),
}

impl FigureSource {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Checks => "check-results",
            Self::Disk => "disk",
            Self::Mail => "mail",
            Self::Tasks(source) => source.code(),
        }
    }
}

/// Everything that is shown to programs, at one time.
#[derive(Clone, Debug)]
pub struct MonitoredFigures {
    pub(crate) version: &'static str,
    pub(crate) journal: JournalStatus,
    pub(crate) is_rebuilding: bool,
    /// Responses of observed portals that left without an entry, since the start.
    pub(crate) unrecorded: u64,
    /// Since the beginning of the journal.
    pub(crate) portals: Vec<(PortalId, Coverage)>,
    pub(crate) sessions: usize,
    pub(crate) connections: usize,
    /// Accounts that the monitor knows.
    pub(crate) watched_accounts: usize,
    pub(crate) tasks: Vec<(TaskSource, usize)>,
    /// Seconds to the nearest legal deadline; negative when it has passed.
    pub(crate) deadline: Option<i64>,
    pub(crate) checks: Vec<(CheckStatement, usize)>,
    /// Messages that wait to be sent, and for how many seconds the oldest is due.
    pub(crate) mail: Option<(usize, i64)>,
    /// Bytes that the file system of the data folder has left for this process.
    pub(crate) disk_free: Option<u64>,
    /// When the certificate of each listener ends.
    pub(crate) certificates: Vec<(SocketAddr, Timestamp)>,
    pub(crate) unreadable: Vec<FigureSource>,
}

impl MonitoredFigures {
    /// Takes the figures now. `version` is that of the program; `certificates` are those of its
    /// listeners, with their ends.
    pub async fn of(
        app: &App,
        version: &'static str,
        certificates: Vec<(SocketAddr, Timestamp)>,
    ) -> Self {
        let now = app.clock().now();
        let mut unreadable = Vec::new();
        let board = digue_tasks::board(app, &Actor::digue()).await;
        unreadable.extend(board.unread.iter().copied().map(FigureSource::Tasks));
        let deadlines = board.duties.iter().filter_map(|duty| duty.due_at());
        Self {
            version,
            journal: app.journal_status(),
            is_rebuilding: app.is_rebuilding(),
            unrecorded: app.gateway().unrecorded(),
            portals: portals(app),
            sessions: app.gateway().session_count(),
            connections: app.gateway().connections().len(),
            watched_accounts: app.monitor().accounts(),
            tasks: awaited(&board),
            deadline: deadlines.min().map(|due| seconds_to(due, now)),
            checks: read(FigureSource::Checks, checks(app).await, &mut unreadable)
                .unwrap_or_default(),
            mail: read(FigureSource::Mail, mail(app, now).await, &mut unreadable),
            disk_free: read(FigureSource::Disk, disk_free(app), &mut unreadable),
            certificates,
            unreadable,
        }
    }
}

/// What awaits someone of the operator, no matter who must do it: a contest awaits the DPO and not the
/// CISO.
fn awaited(board: &TaskBoard) -> Vec<(TaskSource, usize)> {
    let mut tasks: BTreeMap<TaskSource, usize> = BTreeMap::new();
    for task in board.mine.iter().chain(&board.others) {
        *tasks.entry(task.source()).or_default() += 1;
    }
    // Of these only a part may have been read, and the number would be too small.
    tasks.retain(|source, _| !board.unread.contains(source));
    tasks.into_iter().collect()
}

/// The value, or a note that its source could not be read.
fn read<T, E: std::fmt::Display>(
    source: FigureSource,
    found: Result<T, E>,
    unreadable: &mut Vec<FigureSource>,
) -> Option<T> {
    found
        .inspect_err(|error| {
            tracing::warn!(%error, source = source.code(), "A figure cannot be read; left out");
            unreadable.push(source);
        })
        .ok()
}

fn portals(app: &App) -> Vec<(PortalId, Coverage)> {
    let state = app.journal_state();
    let hosts = app.gateway().hosts();
    let mut portals: Vec<_> = hosts
        .portals()
        .map(|portal| (portal.id.clone(), state.index.coverage(&portal.id)))
        .collect();
    portals.sort_by(|one, other| one.0.cmp(&other.0));
    portals.dedup_by(|one, other| one.0 == other.0);
    portals
}

async fn checks(app: &App) -> Result<Vec<(CheckStatement, usize)>, digue_app::OperationError> {
    let measured = isms::checks::measured(app).await?;
    let now = isms::now(app);
    let count = |statement| {
        Check::ALL
            .iter()
            .filter(|check| measured.says(**check, now) == statement)
            .count()
    };
    let all = [
        CheckStatement::Fail,
        CheckStatement::Unknown,
        CheckStatement::Disabled,
        CheckStatement::Pass,
    ];
    Ok(all.map(|statement| (statement, count(statement))).to_vec())
}

async fn mail(app: &App, now: Timestamp) -> Result<(usize, i64), digue_app::OperationError> {
    let waiting = app.store().mails().await?;
    let oldest = waiting.iter().map(|mail| mail.next_at).min();
    Ok((
        waiting.len(),
        oldest.map_or(0, |due| seconds_to(now, due).max(0)),
    ))
}

fn disk_free(app: &App) -> rustix::io::Result<u64> {
    let system = rustix::fs::statvfs(app.data_folder())?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}

/// Seconds from `from` to `to`.
fn seconds_to(to: Timestamp, from: Timestamp) -> i64 {
    (to.micros() - from.micros()) / 1_000_000
}

#[cfg(test)]
mod tests {
    use digue_tasks::{AwaitedAct, Situation, Task};

    use super::*;

    #[test]
    fn what_awaits_another_officer_counts_and_what_was_read_in_part_has_no_number() {
        let task = |act, is_mine| Task {
            act,
            since: Timestamp::ZERO,
            due: None,
            is_mine,
        };
        let board = TaskBoard {
            now: Timestamp::ZERO,
            situation: Situation::Unknown,
            duties: Vec::new(),
            mine: vec![
                task(AwaitedAct::RepairChecks(2), true),
                task(AwaitedAct::Assess, true),
            ],
            others: vec![task(AwaitedAct::SendLetters(1), false)],
            unread: vec![TaskSource::Assessment],
        };
        let mut found = awaited(&board);
        found.sort_by_key(|(source, _)| source.code());
        assert_eq!(found, [(TaskSource::Checks, 1), (TaskSource::Requests, 1)]);
    }
}
