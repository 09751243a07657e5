//! An incident: the fold of its entries, in the order in which they were written down.
//!
//! The *main courante*: Digue writes facts, people add what they make of them, decide and answer.
//! Nothing is erased: a correction names the entry that it corrects, and both stay. Two times stand
//! on each entry, when it happened and when it was recorded.

mod acceptance;

use std::collections::{BTreeMap, BTreeSet};

use digue_types::{Timestamp, lists};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::affected::AffectedVersion;
use crate::claim::LoggedActs;
use crate::clock::{Awareness, ClockKind, ClockRule, LegalClock, Starts, day_of, rule_of};
use crate::notification::{Field, SentNotification, Stage};
use crate::severity::Terms;
use crate::sheet::{Answer, Sheet};
use crate::vocabulary::{Exemption, Gravity};

lists! {
    /// Where an incident stands.
    IncidentState "incident-state" {
        Suspected "suspected",
        Confirmed "confirmed",
        Contained "contained",
        Resolved "resolved",
        Dismissed "dismissed",
    }

    /// Who opened it.
    Source "incident-source" {
        /// A finding of the watch, or a containment.
        Containment "containment",
        /// Somebody of the house.
        Person "person",
        /// An organisation that works with the portal.
        Partner "partner",
        /// Taken over from an earlier register.
        Imported "imported",
    }

    /// What the house is to the data.
    IncidentRole "incident-role" {
        Controller "controller",
        Processor "processor",
        Joint "joint",
    }

    /// What kind of word an entry is.
    EntryKind "entry-kind" {
        Fact "fact",
        Interpretation "interpretation",
        Decision "decision",
        Action "action",
        Contact "contact",
        Message "message",
    }
}

/// One line of the *main courante*.
#[derive(Clone, PartialEq, Debug)]
pub struct IncidentEntry {
    /// From 1, without gaps.
    pub number: u32,
    /// When it happened.
    pub at: Timestamp,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// Account; `digue` where nobody typed it.
    pub author: String,
    pub note: IncidentNote,
}

/// What an entry says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum IncidentNote {
    Opened {
        source: Source,
        title: String,
        /// The finding, account or organisation that it began with; empty otherwise.
        about: String,
    },
    Said {
        kind: EntryKind,
        text: String,
        /// Entry of the journal that shows it, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal: Option<u64>,
    },
    /// An act of the journal about what the incident is about: Digue writes it.
    Seen {
        act: String,
        subject: String,
        before: String,
        after: String,
        reason: String,
        /// The entry of the journal.
        journal: u64,
        /// Who acted; empty in entries that are older than this field.
        #[serde(default)]
        by: String,
    },
    Corrected {
        entry: u32,
        text: String,
    },
    /// An act that another entry states was not done: what rests on it is taken back, and both stay in the log.
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
        /// Whether the house is insured, and under NIS 2: those clocks run only then.
        is_insured: bool,
        is_nis2: bool,
    },
    /// The hour from which one was aware, in microseconds UTC; a later one corrects, both stay.
    Aware {
        at: i64,
        reason: String,
        #[serde(default)]
        of: Awareness,
    },
    /// When it happened, as far as one knows.
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
    Submitted(SentNotification),
    /// Another duty was met: complaint filed, controller told, persons told, warning sent.
    Met {
        clock: ClockKind,
        at: i64,
        /// Whom, or where: a police station, a controller, a means.
        to: String,
        receipt: String,
        /// How many persons were told, where notices were counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        persons: Option<u64>,
    },
    /// A campaign of notices was ended, with what became of them.
    NoticesEnded(NoticesEnded),
    /// What was learnt, and the measure that follows.
    Lesson {
        text: String,
        measure: String,
        owner: String,
        due: Option<i64>,
    },
    /// A file was handed in: the authority's receipt, a signed paper.
    Kept {
        name: String,
        /// SHA-256, hexadecimal.
        hash: String,
        size: u64,
    },
    /// A step of the reopening was taken.
    Reopening {
        what: String,
        budget_percent: Option<u8>,
        text: String,
    },
}

/// What became of the notices of one campaign.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NoticesEnded {
    pub campaign: String,
    /// Left by mail, and did not come back.
    pub sent: u64,
    /// Letters, text messages and telephone calls: made ready here, sent by somebody else.
    pub listed: u64,
    /// Refused, returned, uncertain, or never sent.
    pub unsent: u64,
    /// Nobody knows how to reach them.
    pub unreached: u64,
}

impl NoticesEnded {
    /// Every notice left from here: nothing is for somebody else to say.
    pub const fn is_whole(&self) -> bool {
        self.sent > 0 && self.listed == 0 && self.unsent == 0 && self.unreached == 0
    }
}

/// Why a note cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EntryRefusal {
    #[error("a reason is needed")]
    NoReason,
    #[error("a text is needed")]
    NoText,
    #[error("there is no such entry")]
    NoSuchEntry,
    #[error("this state does not follow from the present one")]
    NoSuchStep,
    #[error("both decisions are needed first: the authority, the persons")]
    Undecided,
    #[error("the authority was not notified")]
    NotNotified,
    #[error("the notification has fields that are still unknown")]
    NotificationOpen,
    #[error("the persons were not informed")]
    PersonsNotTold,
    #[error("notices were not sent")]
    NoticesUnsent,
    #[error("the list of affected persons is empty or was not computed")]
    NobodyAffected,
    #[error("the public was not informed in place of the persons")]
    PublicNotTold,
    #[error("the controller was not told")]
    ControllerNotTold,
    #[error("before one was aware")]
    BeforeAwareness,
    #[error("mandatory steps are open")]
    StepsOpen,
    #[error("an hour that has not come yet")]
    Future,
    #[error("the end is before the beginning")]
    Backwards,
    #[error("after the hour, reasons for the delay are needed first")]
    DelayUnexplained,
    #[error("persons are informed, or there is an exemption")]
    ExemptionNeeded,
    #[error("the value does not fit its field")]
    Value,
    #[error("another opening")]
    OpenedTwice,
    #[error("it is closed: correct or reopen it")]
    Closed,
}

/// Shorter reasons say nothing.
pub const REASON_CHARS_MIN: usize = 10;
/// Longer texts are documents.
pub const TEXT_CHARS_MAX: usize = 8_000;

/// A decision with who took it, when and why.
#[derive(Clone, PartialEq, Debug)]
pub struct IncidentDecision<T> {
    pub what: T,
    pub by: String,
    pub at: Timestamp,
    pub reason: String,
}

/// Whether persons are told, and if not, why not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PersonsNotified {
    pub inform: bool,
    pub exemption: Option<Exemption>,
}

/// A task, open or done.
#[derive(Clone, PartialEq, Debug)]
pub struct IncidentTask {
    /// The entry that added it.
    pub number: u32,
    pub title: String,
    pub owner: String,
    pub due: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
}

/// A lesson and the measure that it asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Lesson {
    pub number: u32,
    pub text: String,
    pub measure: String,
    pub owner: String,
    pub due: Option<Timestamp>,
}

/// An answer to a step of a sheet.
#[derive(Clone, PartialEq, Debug)]
pub struct StepAnswer {
    pub answer: Answer,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
}

/// A duty that was met.
#[derive(Clone, PartialEq, Debug)]
pub struct DutyMet {
    pub at: Timestamp,
    /// Whom, or by which means.
    pub to: String,
    pub receipt: String,
    pub persons: Option<u64>,
    /// The entry that says so.
    pub entry: u32,
}

/// Everything that the entries say together.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    pub title: String,
    pub source: Source,
    pub about: String,
    pub opened_at: Timestamp,
    pub opened_by: String,
    pub role: IncidentRole,
    pub is_insured: bool,
    pub is_nis2: bool,
    /// The states it went through, with when and why.
    pub states: Vec<IncidentDecision<IncidentState>>,
    /// Hours of awareness, the first one first; the last one of each kind counts.
    pub awareness: Vec<(Awareness, IncidentDecision<Timestamp>)>,
    pub occurred: Option<(Timestamp, Option<Timestamp>)>,
    pub sheets: Vec<Sheet>,
    pub steps: BTreeMap<(Sheet, String), StepAnswer>,
    pub tasks: Vec<IncidentTask>,
    pub affected: Vec<AffectedVersion>,
    pub fields: BTreeMap<Field, IncidentDecision<Vec<String>>>,
    pub severity: Option<IncidentDecision<Terms>>,
    pub gravity: Option<IncidentDecision<Gravity>>,
    pub authority: Option<IncidentDecision<bool>>,
    pub persons: Option<IncidentDecision<PersonsNotified>>,
    pub delays: BTreeMap<ClockKind, IncidentDecision<()>>,
    pub submissions: Vec<(Timestamp, SentNotification)>,
    /// Duties met, the first time of each.
    pub met: BTreeMap<ClockKind, DutyMet>,
    /// Entries that say that persons were told.
    told: Vec<u32>,
    /// The acts that claims rest on.
    pub acts: LoggedActs,
    /// Campaigns that were ended, with the entry that says so.
    pub notices: Vec<(u32, NoticesEnded)>,
    pub lessons: Vec<Lesson>,
    /// Files that were handed in: when, name, hash, bytes.
    pub files: Vec<(Timestamp, String, String, u64)>,
    pub reopenings: Vec<(Timestamp, String, Option<u8>, String)>,
    /// Entries that state what people did, and that nobody took back.
    pub stated: BTreeSet<u32>,
    /// Acts that were taken back, with the entry that does.
    pub withdrawn: BTreeMap<u32, u32>,
    /// Corrected entries and the entries that correct them, the last one last.
    pub corrections: BTreeMap<u32, Vec<u32>>,
    pub entries: u32,
}

impl Incident {
    /// Folds the entries; `None` when the first one does not open it.
    pub fn of(entries: &[IncidentEntry]) -> Option<Self> {
        let (first, rest) = entries.split_first()?;
        let IncidentNote::Opened { source, title, about } = &first.note else { return None };
        let opened = IncidentDecision {
            what: IncidentState::Suspected,
            by: first.author.clone(),
            at: first.at,
            reason: title.clone(),
        };
        let mut incident = Self {
            title: title.clone(),
            source: *source,
            about: about.clone(),
            opened_at: first.at,
            opened_by: first.author.clone(),
            role: IncidentRole::Controller,
            is_insured: false,
            is_nis2: false,
            states: vec![opened],
            awareness: Vec::new(),
            occurred: None,
            sheets: Vec::new(),
            steps: BTreeMap::new(),
            tasks: Vec::new(),
            affected: Vec::new(),
            fields: BTreeMap::new(),
            severity: None,
            gravity: None,
            authority: None,
            persons: None,
            delays: BTreeMap::new(),
            submissions: Vec::new(),
            met: BTreeMap::new(),
            told: Vec::new(),
            acts: LoggedActs::default(),
            notices: Vec::new(),
            lessons: Vec::new(),
            files: Vec::new(),
            reopenings: Vec::new(),
            stated: BTreeSet::new(),
            withdrawn: withdrawn(rest),
            corrections: BTreeMap::new(),
            entries: 1,
        };
        for entry in rest {
            if incident.withdrawn.contains_key(&entry.number) {
                incident.entries = entry.number;
            } else {
                incident.take(entry);
            }
        }
        Some(incident)
    }

    fn take(&mut self, entry: &IncidentEntry) {
        self.entries = entry.number;
        self.acts.take(entry, &self.about);
        if entry.note.states_an_act() {
            self.stated.insert(entry.number);
        }
        let (by, at) = (&entry.author, entry.at);
        match &entry.note {
            IncidentNote::Opened { .. }
            | IncidentNote::Said { .. }
            | IncidentNote::Seen { .. }
            | IncidentNote::Withdrawn { .. } => {}
            IncidentNote::Corrected { entry: corrected, .. } => {
                self.corrections.entry(*corrected).or_default().push(entry.number);
            }
            IncidentNote::StateSet { state, reason } => self.states.push(decided(*state, by, at, reason)),
            IncidentNote::RoleSet { role, is_insured, is_nis2 } => {
                (self.role, self.is_insured, self.is_nis2) = (*role, *is_insured, *is_nis2);
            }
            IncidentNote::Aware { at: hour, reason, of } => {
                self.awareness.push((*of, decided(Timestamp::from_micros(*hour), by, at, reason)));
            }
            IncidentNote::Occurred { from, to } => {
                self.occurred = Some((Timestamp::from_micros(*from), to.map(Timestamp::from_micros)));
            }
            IncidentNote::SheetAdded { sheet } => {
                if !self.sheets.contains(sheet) {
                    self.sheets.push(*sheet);
                }
            }
            IncidentNote::Step { sheet, step, answer, text } => {
                let answer = StepAnswer { answer: *answer, text: text.clone(), by: by.clone(), at };
                self.steps.insert((*sheet, step.clone()), answer);
            }
            IncidentNote::TaskAdded { .. } | IncidentNote::TaskDone { .. } | IncidentNote::Lesson { .. } => {
                self.take_work(entry)
            }
            IncidentNote::Affected(version) => self.affected.push(version.clone()),
            IncidentNote::FieldSet { field, value } => {
                self.fields.insert(*field, decided(value.clone(), by, at, ""));
            }
            IncidentNote::SeveritySet { terms, reason } => {
                self.severity = Some(decided(*terms, by, at, reason))
            }
            IncidentNote::GravitySet { gravity, reason } => {
                self.gravity = Some(decided(*gravity, by, at, reason))
            }
            IncidentNote::AuthorityDecided { notify, reason } => {
                self.authority = Some(decided(*notify, by, at, reason));
            }
            IncidentNote::PersonsDecided { inform, exemption, reason } => {
                let telling = PersonsNotified { inform: *inform, exemption: *exemption };
                self.persons = Some(decided(telling, by, at, reason));
            }
            IncidentNote::DelayExplained { clock, reason } => {
                self.delays.insert(*clock, decided((), by, at, reason));
            }
            IncidentNote::Submitted(submission) => self.submissions.push((at, submission.clone())),
            IncidentNote::Met { clock, at, to, receipt, persons } => {
                let at = Timestamp::from_micros(*at);
                let (to, receipt, persons) = (to.clone(), receipt.clone(), *persons);
                let met = DutyMet { at, to, receipt, persons, entry: entry.number };
                if *clock == ClockKind::Persons {
                    self.told.push(entry.number);
                }
                self.met.entry(*clock).or_insert(met);
            }
            IncidentNote::NoticesEnded(ended) => self.notices.push((entry.number, ended.clone())),
            IncidentNote::Kept { name, hash, size } => {
                self.files.push((at, name.clone(), hash.clone(), *size));
            }
            IncidentNote::Reopening { what, budget_percent, text } => {
                self.reopenings.push((at, what.clone(), *budget_percent, text.clone()));
            }
        }
    }

    /// Tasks and lessons: what is to be done.
    fn take_work(&mut self, entry: &IncidentEntry) {
        match &entry.note {
            IncidentNote::TaskAdded { title, owner, due } => self.tasks.push(IncidentTask {
                number: entry.number,
                title: title.clone(),
                owner: owner.clone(),
                due: due.map(Timestamp::from_micros),
                done_at: None,
            }),
            IncidentNote::TaskDone { task, .. } => {
                if let Some(task) = self.tasks.iter_mut().find(|known| known.number == *task) {
                    task.done_at = Some(entry.at);
                }
            }
            IncidentNote::Lesson { text, measure, owner, due } => self.lessons.push(Lesson {
                number: entry.number,
                text: text.clone(),
                measure: measure.clone(),
                owner: owner.clone(),
                due: due.map(Timestamp::from_micros),
            }),
            _ => {}
        }
    }

    pub fn state(&self) -> IncidentState {
        self.states.last().map_or(IncidentState::Suspected, |state| state.what)
    }

    /// Resolved or dismissed.
    pub fn is_closed(&self) -> bool {
        matches!(self.state(), IncidentState::Resolved | IncidentState::Dismissed)
    }

    /// The hour of awareness that counts for the data.
    pub fn aware_at(&self) -> Option<Timestamp> {
        self.aware_of(Awareness::Data)
    }

    /// The hour from which a duty's clock runs. Where nobody stated its own, that of the data stands in:
    /// one cannot know that data were touched without knowing of the attack.
    pub fn aware_of(&self, what: Awareness) -> Option<Timestamp> {
        let last = |what| {
            let mut hours = self.awareness.iter().rev();
            hours.find(|(of, _)| *of == what).map(|(_, aware)| aware.what)
        };
        last(what).or_else(|| last(Awareness::Data))
    }

    /// When it was first in a state.
    pub fn reached(&self, state: IncidentState) -> Option<Timestamp> {
        self.states.iter().find(|known| known.what == state).map(|known| known.at)
    }

    /// The set that counts.
    pub fn affected(&self) -> Option<&AffectedVersion> {
        self.affected.last()
    }

    /// Mandatory steps of the sheets in use that nobody answered.
    pub fn open_steps(&self) -> Vec<(Sheet, &'static str)> {
        let steps = self.sheets.iter().flat_map(|sheet| sheet.steps().iter().map(|step| (*sheet, step)));
        let open = steps.filter(|(sheet, step)| {
            step.is_mandatory && !self.steps.contains_key(&(*sheet, step.code.to_owned()))
        });
        open.map(|(sheet, step)| (sheet, step.code)).collect()
    }

    /// When the authority was told for the first time.
    pub fn notified_at(&self) -> Option<Timestamp> {
        self.submissions.iter().map(|(_, submission)| submission.submitted_at()).min()
    }

    /// The last initial notification that left fields open.
    fn incomplete(&self) -> Option<&SentNotification> {
        let is_open = |sent: &SentNotification| sent.stage == Stage::Initial && !sent.unknown.is_empty();
        self.submissions.iter().map(|(_, sent)| sent).rfind(|sent| is_open(sent))
    }

    /// When what the first notification left open was sent.
    fn completed_at(&self) -> Option<Timestamp> {
        let first = self.incomplete()?.submitted_at();
        let later = self.submissions.iter().map(|(_, sent)| sent);
        let later = later.filter(|sent| sent.stage != Stage::Initial && sent.submitted_at() >= first);
        later.map(SentNotification::submitted_at).min()
    }

    /// When a duty was met.
    pub fn met_at(&self, kind: ClockKind) -> Option<Timestamp> {
        match kind {
            ClockKind::Authority => self.notified_at(),
            ClockKind::Complement => self.completed_at(),
            _ => self.met.get(&kind).map(|met| met.at),
        }
    }

    /// The clocks that run, or ran, once one is aware.
    pub fn clocks(&self, rules: &[ClockRule], zone: &TimeZone) -> Vec<LegalClock> {
        let runs = ClockKind::ALL.iter().filter(|kind| self.concerns(**kind));
        let clocks = runs.filter_map(|kind| {
            // The rule is that of the day of awareness, also for what follows from it.
            let aware = Awareness::ALL.iter().filter_map(|of| self.aware_of(*of)).min()?;
            let rule = *rule_of(rules, *kind, day_of(aware, zone))?;
            let start = match rule.starts {
                Starts::Aware(of) => self.aware_of(of)?,
                Starts::Notified => self.met_at(ClockKind::Nis2)?,
                Starts::Incomplete => self.incomplete()?.submitted_at(),
            };
            Some(LegalClock::start(rule, start, self.met_at(*kind), zone))
        });
        clocks.collect()
    }

    /// Whether a duty is the body's own, as far as is decided.
    fn concerns(&self, kind: ClockKind) -> bool {
        let answers = self.role != IncidentRole::Processor;
        let persons = self.persons.as_ref().map(|decided| decided.what);
        match kind {
            ClockKind::Authority => answers && self.authority.as_ref().is_none_or(|decided| decided.what),
            ClockKind::Complement => answers,
            ClockKind::Persons => answers && persons.is_none_or(|persons| persons.inform),
            ClockKind::Public => {
                answers && persons.is_some_and(|one| one.exemption == Some(Exemption::Disproportionate))
            }
            ClockKind::Processor => self.role == IncidentRole::Processor,
            ClockKind::Complaint => self.is_insured,
            ClockKind::EarlyWarning | ClockKind::Nis2 | ClockKind::FinalReport => self.is_nis2,
        }
    }

    /// Occurred, seen, aware, contained, notified, told: the moments that are known, in this order.
    pub fn moments(&self) -> [(&'static str, Option<Timestamp>); 6] {
        [
            ("occurred", self.occurred.map(|(from, _)| from)),
            ("seen", self.discovered_at()),
            ("aware", self.aware_at()),
            ("contained", self.reached(IncidentState::Contained)),
            ("notified", self.notified_at()),
            ("told", self.met_at(ClockKind::Persons)),
        ]
    }

    /// The stage that the next notification is.
    pub fn next_stage(&self) -> Stage {
        if self.submissions.is_empty() { Stage::Initial } else { Stage::Complementary }
    }
}

/// Acts that a later entry takes back.
fn withdrawn(entries: &[IncidentEntry]) -> BTreeMap<u32, u32> {
    let acts: BTreeSet<u32> =
        entries.iter().filter(|entry| entry.note.states_an_act()).map(|entry| entry.number).collect();
    let taken = entries.iter().filter_map(|entry| match &entry.note {
        IncidentNote::Withdrawn { entry: act, .. } if *act < entry.number && acts.contains(act) => {
            Some((*act, entry.number))
        }
        _ => None,
    });
    taken.collect()
}

fn decided<T>(what: T, by: &str, at: Timestamp, reason: &str) -> IncidentDecision<T> {
    IncidentDecision { what, by: by.to_owned(), at, reason: reason.to_owned() }
}
