//! One entry of the incident log: its content as it is stored, and why it may be refused. What the
//! entries of a log amount to, `incident` folds.

use std::fmt;

use digue_types::{Act, Gate, Subject, Timestamp, lists};
use serde::{Deserialize, Serialize};

use crate::affected::AffectedVersion;
use crate::clock::{Awareness, ClockKind};
use crate::figure::DeclaredFigure;
use crate::notification::{Field, SentNotification};
use crate::severity::Terms;
use crate::sheet::{Answer, Sheet};
use crate::vocabulary::{Exemption, Gravity};

lists! {
    /// The state of an incident.
    IncidentState "incident-state" {
        Suspected "suspected",
        Confirmed "confirmed",
        Contained "contained",
        Resolved "resolved",
        Dismissed "dismissed",
    }

    /// Who opened an incident.
    Source "incident-source" {
        /// Detection: a finding or a containment.
        Containment "containment",
        /// A member of the operator's staff.
        Person "person",
        /// An organisation that works with the portal.
        Partner "partner",
        /// Imported from an earlier register.
        Imported "imported",
        /// Signs of encryption in a backup.
        Backup "backup",
    }

    /// The operator's role for the data (GDPR art. 4(7), 4(8), 26).
    IncidentRole "incident-role" {
        Controller "controller",
        Processor "processor",
        Joint "joint",
    }

    /// The kind of a free-text entry.
    EntryKind "entry-kind" {
        Fact "fact",
        Interpretation "interpretation",
        Decision "decision",
        Action "action",
        Contact "contact",
        Message "message",
    }
}

/// One entry of the incident log.
#[derive(Clone, PartialEq, Debug)]
pub struct IncidentEntry {
    /// From 1, without gaps.
    pub number: u32,
    /// When it happened.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Account; `digue` for an entry that Digue wrote itself.
    pub author: String,
    pub note: IncidentNote,
}

/// The content of an entry. Stored as JSON: new fields need a default, codes are never renamed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum IncidentNote {
    Opened {
        source: Source,
        title: String,
        /// The account, organisation or portal with which it began, if any.
        about: Subject,
    },
    Said {
        kind: EntryKind,
        text: String,
        /// The journal entry that shows it, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal: Option<u64>,
    },
    /// An act of the journal about the incident's subject, added by Digue.
    Seen {
        act: Act,
        subject: Subject,
        before: String,
        after: String,
        reason: String,
        /// Number of the journal entry.
        journal: u64,
        /// The author of the act; empty in entries older than this field.
        #[serde(default)]
        by: String,
    },
    Corrected {
        entry: u32,
        text: String,
    },
    /// The act that another entry states was not done: claims and clocks no longer count it, and
    /// both entries stay in the log.
    Withdrawn {
        entry: u32,
        reason: String,
    },
    StateSet {
        state: IncidentState,
        reason: String,
    },
    RoleSet {
        role: IncidentRole,
        /// Whether the operator is insured, and under NIS 2: those clocks run only then.
        is_insured: bool,
        is_nis2: bool,
    },
    /// The hour of awareness, in microseconds UTC. A later entry corrects it, and both stay.
    Aware {
        at: i64,
        reason: String,
        #[serde(default)]
        of: Awareness,
    },
    /// When the breach happened, as far as is known; microseconds UTC.
    Occurred {
        from: i64,
        to: Option<i64>,
    },
    SheetAdded {
        sheet: Sheet,
    },
    Step {
        sheet: Sheet,
        step: String,
        answer: Answer,
        text: String,
    },
    TaskAdded {
        title: String,
        owner: String,
        due: Option<i64>,
    },
    TaskDone {
        /// The entry that added it.
        task: u32,
        text: String,
    },
    Affected(AffectedVersion),
    FieldSet {
        field: Field,
        value: Vec<String>,
    },
    SeveritySet {
        terms: Terms,
        reason: String,
    },
    GravitySet {
        gravity: Gravity,
        reason: String,
    },
    AuthorityDecided {
        notify: bool,
        reason: String,
    },
    PersonsDecided {
        inform: bool,
        exemption: Option<Exemption>,
        reason: String,
    },
    DelayExplained {
        clock: ClockKind,
        reason: String,
    },
    /// The incident is closed although this duty was not met, and why: only for one that the law
    /// leaves to the operator (`ClockKind::may_be_left_open`).
    LeftOpen {
        clock: ClockKind,
        reason: String,
    },
    /// Why a figure is declared otherwise than the list of persons measures it. For these two values
    /// only: another answer, or another list, is another difference.
    DifferenceExplained {
        figure: DeclaredFigure,
        declared: Vec<String>,
        measured: Vec<String>,
        reason: String,
    },
    Submitted(SentNotification),
    /// Another duty was met: complaint filed, controller notified, persons informed, warning sent.
    Met {
        clock: ClockKind,
        at: i64,
        /// To whom, where or by which means: a police station, a controller, a letter.
        to: String,
        receipt: String,
        /// Number of persons informed, where Digue counted notices. `None` marks a statement by a
        /// person, which can be withdrawn (`states_an_act`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        persons: Option<u64>,
    },
    /// A campaign of notices ended, with the outcome of its notices.
    NoticesEnded(NoticesEnded),
    /// A lesson, and the measure that follows from it.
    Lesson {
        text: String,
        measure: String,
        owner: String,
        due: Option<i64>,
    },
    /// A file was added: the authority's receipt, a signed document.
    Kept {
        name: String,
        /// SHA-256, hexadecimal.
        hash: String,
        size: u64,
    },
    /// A step of the reopening was taken.
    Reopening {
        /// The text of a `ReopenedGate`.
        what: String,
        budget_percent: Option<u8>,
        text: String,
    },
}

/// The gate that a step of a reopening set: `portal:portail open`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReopenedGate {
    pub subject: Subject,
    pub gate: Gate,
}

impl ReopenedGate {
    /// `None` for a text of another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (subject, gate) = text.rsplit_once(' ')?;
        Some(Self {
            subject: Subject::parse(subject),
            gate: Gate::parse(gate)?,
        })
    }
}

impl fmt::Display for ReopenedGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.gate.code())
    }
}

/// The outcome of the notices of one campaign.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NoticesEnded {
    pub campaign: String,
    /// Sent by mail and not returned.
    pub sent: u64,
    /// Letters, text messages and telephone calls: prepared here, sent by others.
    pub listed: u64,
    /// Refused, returned, uncertain, or never sent.
    pub unsent: u64,
    /// Persons without any contact.
    pub unreached: u64,
    /// The persons of every campaign of the incident that had ended by then, this one included.
    /// `None` in entries of version 0.1.0, which counted the notices of one campaign alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persons: Option<NotifiedPersons>,
}

impl NoticesEnded {
    /// True when Digue itself sent every notice. Only then does the end of a campaign count as
    /// informing the persons: whether a printed letter was posted, a person has to enter.
    pub fn is_whole(&self) -> bool {
        self.notices().is_whole()
    }

    /// The notices of this campaign alone: one for each of its persons.
    fn notices(&self) -> NotifiedPersons {
        NotifiedPersons {
            sent: self.sent,
            listed: self.listed,
            unsent: self.unsent,
            unreached: self.unreached,
        }
    }

    /// What became of the persons of the incident, each counted once, after these campaigns; `None`
    /// without a campaign, and where several of version 0.1.0 may have had the same persons.
    pub(crate) fn persons_of(campaigns: &[(u32, Self)]) -> Option<NotifiedPersons> {
        match campaigns {
            [] => None,
            [(_, only)] => Some(only.notices()),
            [.., (_, last)] => last.persons,
        }
    }

    /// The notices of these campaigns: two for a person who had one in each.
    pub(crate) fn notices_of(campaigns: &[(u32, Self)]) -> NotifiedPersons {
        let each = campaigns.iter().map(|(_, ended)| ended.notices());
        each.fold(NotifiedPersons::default(), NotifiedPersons::plus)
    }
}

/// Numbers of persons by the best that was done to inform each: a person whose message came back
/// and who then had a letter is one person, informed by other means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NotifiedPersons {
    /// Sent by mail and not returned.
    pub sent: u64,
    /// Nothing by mail; letters, text messages and telephone calls, sent by others.
    pub listed: u64,
    /// Refused, returned, uncertain, or never sent, and nothing else.
    pub unsent: u64,
    /// Without any contact in every campaign.
    pub unreached: u64,
}

impl NotifiedPersons {
    /// True when Digue itself sent a message to every person.
    pub const fn is_whole(self) -> bool {
        self.sent > 0 && self.listed == 0 && self.unsent == 0 && self.unreached == 0
    }

    /// Persons to whom something left, by mail or through others.
    pub const fn addressed(self) -> u64 {
        self.sent + self.listed
    }

    /// Persons to whom nothing left.
    pub const fn left_out(self) -> u64 {
        self.unsent + self.unreached
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            listed: self.listed + other.listed,
            unsent: self.unsent + other.unsent,
            unreached: self.unreached + other.unreached,
        }
    }
}

/// Why an entry cannot be added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EntryRefusal {
    #[error("a reason is needed")]
    NoReason,
    #[error("a text is needed")]
    NoText,
    #[error("there is no such entry")]
    NoSuchEntry,
    #[error("this state cannot follow the current one")]
    NoSuchStep,
    #[error("both decisions are needed first: the authority, the persons")]
    Undecided,
    #[error("the authority was not notified")]
    NotNotified,
    #[error("the notification has fields that are still unknown")]
    NotificationOpen,
    #[error("the persons were not informed")]
    PersonsNotInformed,
    #[error("notices were not sent")]
    NoticesUnsent,
    #[error("the list of affected persons is empty or was not computed")]
    NobodyAffected,
    #[error("the public was not informed in place of the persons")]
    PublicNotInformed,
    #[error("the controller was not notified")]
    ControllerNotInformed,
    #[error("the hour is before the hour of awareness")]
    BeforeAwareness,
    #[error("a duty whose clock runs was not met: complaint, NIS 2")]
    DutyOpen,
    #[error("mandatory steps are open")]
    StepsOpen,
    #[error("a declared figure is below the measured one: correct it, or explain it")]
    DeclaredLess,
    #[error("these are not the declared and the measured figure, or they agree")]
    NoSuchDifference,
    #[error("the hour is in the future")]
    Future,
    #[error("the end is before the beginning")]
    Backwards,
    #[error("the deadline has passed: enter the reasons for the delay first")]
    DelayUnexplained,
    #[error("a decision not to inform needs an exemption, and a decision to inform has none")]
    ExemptionNeeded,
    #[error("the value does not fit its field")]
    Value,
    #[error("an officer confirmed the theft: only the CISO may dismiss the incident")]
    TheftStands,
    #[error("the incident is already open")]
    OpenedTwice,
    #[error("the incident is closed: add a correction or reopen it")]
    Closed,
}

/// The shortest reason, in characters: "ok" or "yes" is not a reason.
pub const REASON_CHARS_MIN: usize = 10;
