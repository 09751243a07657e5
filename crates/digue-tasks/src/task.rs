//! One task: what is to be done, by when, and by whom.

use std::cmp::Reverse;

use digue_access::Reach;
use digue_compliance::isms::signatures::OpenRequest;
use digue_detection::Action;
use digue_isms::calendar::DueItem;
use digue_response::clock::{ClockKind, DueTime};
use digue_response::incident::ToldState;
use digue_selfservice::persons::requests::RequestKind;
use digue_types::{AccountId, FindingId, OrganisationId, Subject, Timestamp, lists};

lists! {
    /// The area of the work that a task comes from.
    TaskSource "task-source" {
        Findings "findings",
        Incidents "incidents",
        Requests "requests",
        Approvals "approvals",
        BreakGlass "break-glass",
        Holders "holders",
        Reviews "reviews",
        Checks "checks",
        Sources "sources",
        Signals "signals",
        Registers "registers",
        Assessment "assessment",
        Learning "learning",
    }
}

/// How many tasks of a source await the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskCount {
    Known(usize),
    /// The source could not be read.
    Unknown,
}

/// The next act of a task, with the facts by which a reader recognises it.
#[derive(Clone, Debug, PartialEq)]
pub enum AwaitedAct {
    /// Decide whether a finding was a theft or work.
    JudgeFinding {
        finding: FindingId,
        /// `None`: about the organisation as a whole.
        account: Option<AccountId>,
        organisation: OrganisationId,
        /// Persons shown on the day of the finding.
        persons: u32,
        /// What was done at once; `None` for a step that only a later version knows.
        taken: Option<Action>,
    },
    /// Go on with an open incident.
    LeadIncident {
        id: String,
        reference: String,
        title: String,
        state: ToldState,
        /// The duty whose deadline is the nearest; `None` before any clock runs.
        duty: Option<ClockKind>,
    },
    /// Answer a person's request, or the contest of a consultation.
    AnswerRequest {
        id: String,
        /// `None` for a kind that only a later version knows.
        kind: Option<RequestKind>,
    },
    /// Make the letters with codes that persons asked for.
    SendLetters(usize),
    /// Approve or refuse; `kind` is the code of the request.
    DecideApproval {
        id: String,
        kind: String,
        subject: Subject,
        asked_by: AccountId,
        /// Who could.
        deciders: Vec<AccountId>,
    },
    /// Ask for the opening of access that was closed for a finding which was work.
    ReopenAccess { finding: FindingId, reach: Reach },
    /// Read the reason of an exceptional access.
    ReviewBreakGlass { id: String, account: AccountId },
    /// Confirm who holds a new account.
    ConfirmHolder { account: AccountId },
    /// Decide about the accounts of a review of access that are left.
    DecideReview {
        id: String,
        title: String,
        left: usize,
    },
    /// Look at failing checks.
    RepairChecks(usize),
    /// Find out why checks no longer run: their last results are too old to say anything.
    RunChecks(usize),
    /// A source whose change its brake holds.
    DecideSource { name: String },
    /// A source that is out of date.
    RepairSource { name: String },
    /// Changes of the operator's directory that wait.
    DecideDirectory { changes: usize },
    /// The directory has been silent for too long.
    RepairDirectory,
    /// Closings and reopenings that identity providers ask for.
    DecideSignals { changes: usize },
    /// A record of a register whose day has passed.
    OverdueRecord(DueItem),
    /// Sign a record that names the reader.
    SignRecord(OpenRequest),
    /// Answer the self-assessment of the organisation.
    Assess,
    /// Read a training module and answer its questions.
    LearnModule(&'static str),
    /// Read a controlled document.
    ReadDocument { id: String, title: String },
}

/// What is to be done, by when, and whether by the reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub act: AwaitedAct,
    pub since: Timestamp,
    /// `None` without a deadline.
    pub due: Option<DueTime>,
    /// False when the reader sees it and another person must do it.
    pub is_mine: bool,
}

/// The order of tasks: a person who may be a victim now, then what the law gives persons and the
/// authority, then what is overdue, then the nearest deadline, then the kind of work, the oldest
/// first. A late measure of one's own is no reason to miss the 72 hours of an incident.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Urgency {
    is_not_theft: bool,
    is_not_of_law: bool,
    is_in_time: bool,
    has_no_deadline: bool,
    due: Option<Timestamp>,
    source: TaskSource,
    /// Findings with more persons first.
    persons: Reverse<u32>,
    since: Timestamp,
}

impl Task {
    /// One of the reader that began with nothing and has no deadline.
    pub(crate) const fn undated(act: AwaitedAct) -> Self {
        Self {
            act,
            since: Timestamp::ZERO,
            due: None,
            is_mine: true,
        }
    }

    pub const fn source(&self) -> TaskSource {
        match self.act {
            AwaitedAct::JudgeFinding { .. } => TaskSource::Findings,
            AwaitedAct::LeadIncident { .. } => TaskSource::Incidents,
            AwaitedAct::AnswerRequest { .. } | AwaitedAct::SendLetters(_) => TaskSource::Requests,
            AwaitedAct::DecideApproval { .. } | AwaitedAct::ReopenAccess { .. } => {
                TaskSource::Approvals
            }
            AwaitedAct::ReviewBreakGlass { .. } => TaskSource::BreakGlass,
            AwaitedAct::ConfirmHolder { .. } => TaskSource::Holders,
            AwaitedAct::DecideReview { .. } => TaskSource::Reviews,
            AwaitedAct::RepairChecks(_) | AwaitedAct::RunChecks(_) => TaskSource::Checks,
            AwaitedAct::DecideSource { .. }
            | AwaitedAct::RepairSource { .. }
            | AwaitedAct::DecideDirectory { .. }
            | AwaitedAct::RepairDirectory => TaskSource::Sources,
            AwaitedAct::DecideSignals { .. } => TaskSource::Signals,
            AwaitedAct::OverdueRecord(_) | AwaitedAct::SignRecord(_) => TaskSource::Registers,
            AwaitedAct::Assess => TaskSource::Assessment,
            AwaitedAct::LearnModule(_) | AwaitedAct::ReadDocument { .. } => TaskSource::Learning,
        }
    }

    /// An open incident, or a person who waits for an answer.
    const fn is_of_law(&self) -> bool {
        match self.source() {
            TaskSource::Incidents | TaskSource::Requests => true,
            TaskSource::Findings
            | TaskSource::Approvals
            | TaskSource::BreakGlass
            | TaskSource::Holders
            | TaskSource::Reviews
            | TaskSource::Checks
            | TaskSource::Sources
            | TaskSource::Signals
            | TaskSource::Registers
            | TaskSource::Assessment
            | TaskSource::Learning => false,
        }
    }

    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| due.is_past(now))
    }

    pub(crate) fn urgency(&self, now: Timestamp) -> Urgency {
        let persons = if let AwaitedAct::JudgeFinding { persons, .. } = self.act {
            persons
        } else {
            0
        };
        Urgency {
            is_not_theft: self.source() != TaskSource::Findings,
            is_not_of_law: !self.is_of_law(),
            is_in_time: !self.is_overdue(now),
            has_no_deadline: self.due.is_none(),
            due: self.due.map(DueTime::at),
            source: self.source(),
            persons: Reverse(persons),
            since: self.since,
        }
    }
}
