//! An incident: the fold of its log entries, in the order in which they were written
//! (docs/decisions/0012).
//!
//! In the incident log (*main courante*) Digue writes facts; people add interpretations, decisions
//! and answers. Nothing is erased: a correction names the entry that it corrects, and both stay.
//! Each entry has two times, when it happened and when it was recorded. Nothing here stores,
//! journals or sends.

mod acceptance;
pub mod entry;

use std::collections::{BTreeMap, BTreeSet};

use digue_types::{Subject, Timestamp};
use jiff::tz::TimeZone;

use crate::acts::{ClaimKind, LoggedActs};
use crate::affected::AffectedVersion;
use crate::clock::{Awareness, ClockKind, ClockRule, LegalClock, Starts, day_of, rule_of};
use crate::figure::DeclaredFigure;
use crate::notification::{Field, SentNotification, Stage};
use crate::severity::Terms;
use crate::sheet::{Answer, Sheet};
use crate::vocabulary::{Exemption, Gravity};

pub use entry::{
    EntryKind, EntryRefusal, IncidentEntry, IncidentNote, IncidentRole, IncidentState,
    NoticesEnded, NotifiedPersons, REASON_CHARS_MIN, ReopenedGate, Source,
};

/// The state of an incident as people are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToldState {
    Entered(IncidentState),
    /// An officer confirmed the theft, and nobody entered a state since.
    TheftConfirmed,
}

impl ToldState {
    /// The end of its locale key `incident-state-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Entered(state) => state.code(),
            Self::TheftConfirmed => "theft",
        }
    }
}

/// A decision with its author, time and reason.
#[derive(Clone, PartialEq, Debug)]
pub struct IncidentDecision<T> {
    pub what: T,
    pub by: String,
    pub at: Timestamp,
    pub reason: String,
}

/// An explanation, and the values that it explains.
#[derive(Clone, PartialEq, Debug)]
pub struct ExplainedFigure {
    pub declared: Vec<String>,
    pub measured: Vec<String>,
    pub decision: IncidentDecision<()>,
}

/// Whether persons are informed, and if not, by which exemption.
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

/// A lesson and the measure that it calls for.
#[derive(Clone, PartialEq, Debug)]
pub struct Lesson {
    pub number: u32,
    pub text: String,
    pub measure: String,
    pub owner: String,
    pub due: Option<Timestamp>,
}

/// An answer to a step of a checklist.
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
    /// To whom, or by which means.
    pub to: String,
    pub receipt: String,
    pub persons: Option<u64>,
    /// The entry that states it.
    pub entry: u32,
}

/// The current state of an incident, folded from its entries.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    pub title: String,
    pub source: Source,
    pub about: Subject,
    pub opened_at: Timestamp,
    pub opened_by: String,
    pub role: IncidentRole,
    pub is_insured: bool,
    pub is_nis2: bool,
    /// Its states in order, with time and reason.
    pub states: Vec<IncidentDecision<IncidentState>>,
    /// Hours of awareness in order of entry; the last of each kind counts.
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
    /// Duties that stay open when the incident is closed, and why.
    pub left_open: BTreeMap<ClockKind, IncidentDecision<()>>,
    /// Why figures are declared otherwise than they are measured.
    pub explained: BTreeMap<DeclaredFigure, ExplainedFigure>,
    pub submissions: Vec<(Timestamp, SentNotification)>,
    /// Duties met, by the first act of each.
    pub met: BTreeMap<ClockKind, DutyMet>,
    /// Entries that state that persons were informed.
    informed: Vec<u32>,
    /// The acts that support claims.
    pub acts: LoggedActs,
    /// Campaigns that ended, with the entry that states it.
    pub notices: Vec<(u32, NoticesEnded)>,
    pub lessons: Vec<Lesson>,
    /// Files that were added: time, name, SHA-256, size in bytes.
    pub files: Vec<(Timestamp, String, String, u64)>,
    /// Reopening steps: time, subject, budget in percent, text.
    pub reopenings: Vec<(Timestamp, String, Option<u8>, String)>,
    /// Entries in which a person states an act, without those withdrawn.
    pub stated: BTreeSet<u32>,
    /// Withdrawn entries, each with the entry that withdraws it.
    pub withdrawn: BTreeMap<u32, u32>,
    /// Corrected entries, each with the entries that correct it, in order.
    pub corrections: BTreeMap<u32, Vec<u32>>,
    pub entries: u32,
}

impl Incident {
    /// Folds the entries; `None` when the first one is not an opening.
    pub fn of(entries: &[IncidentEntry]) -> Option<Self> {
        let (first, rest) = entries.split_first()?;
        let IncidentNote::Opened {
            source,
            title,
            about,
        } = &first.note
        else {
            return None;
        };
        let opened = IncidentDecision {
            what: IncidentState::Suspected,
            by: first.author.clone(),
            at: first.at,
            reason: title.clone(),
        };
        let mut incident = Self {
            title: title.clone(),
            source: *source,
            // Incidents of version 0.1.0 name accounts as they were typed.
            about: about.clone().canonical(),
            opened_at: first.at,
            opened_by: first.author.clone(),
            // Until stated otherwise, the role with the most duties.
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
            left_open: BTreeMap::new(),
            explained: BTreeMap::new(),
            submissions: Vec::new(),
            met: BTreeMap::new(),
            informed: Vec::new(),
            acts: LoggedActs::default(),
            notices: Vec::new(),
            lessons: Vec::new(),
            files: Vec::new(),
            reopenings: Vec::new(),
            stated: BTreeSet::new(),
            // Known before the fold begins: an act that is withdrawn later must leave no trace in
            // clocks, claims or states.
            withdrawn: withdrawn(rest),
            corrections: BTreeMap::new(),
            entries: 1,
        };
        for entry in rest {
            if incident.withdrawn.contains_key(&entry.number) {
                // Its number stays taken: papers and other entries cite entries by number.
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
            IncidentNote::Corrected {
                entry: corrected, ..
            } => {
                self.corrections
                    .entry(*corrected)
                    .or_default()
                    .push(entry.number);
            }
            IncidentNote::StateSet { state, reason } => {
                self.states.push(decided(*state, by, at, reason))
            }
            IncidentNote::RoleSet {
                role,
                is_insured,
                is_nis2,
            } => {
                (self.role, self.is_insured, self.is_nis2) = (*role, *is_insured, *is_nis2);
            }
            IncidentNote::Aware {
                at: hour,
                reason,
                of,
            } => {
                self.awareness
                    .push((*of, decided(Timestamp::from_micros(*hour), by, at, reason)));
            }
            IncidentNote::Occurred { from, to } => {
                self.occurred = Some((
                    Timestamp::from_micros(*from),
                    to.map(Timestamp::from_micros),
                ));
            }
            IncidentNote::SheetAdded { sheet } => {
                if !self.sheets.contains(sheet) {
                    self.sheets.push(*sheet);
                }
            }
            IncidentNote::Step {
                sheet,
                step,
                answer,
                text,
            } => {
                let answer = StepAnswer {
                    answer: *answer,
                    text: text.clone(),
                    by: by.clone(),
                    at,
                };
                self.steps.insert((*sheet, step.clone()), answer);
            }
            IncidentNote::TaskAdded { .. }
            | IncidentNote::TaskDone { .. }
            | IncidentNote::Lesson { .. } => self.take_work(entry),
            IncidentNote::Affected(version) => self.affected.push(version.clone()),
            IncidentNote::FieldSet { field, value } => {
                self.fields
                    .insert(*field, decided(value.clone(), by, at, ""));
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
            IncidentNote::PersonsDecided {
                inform,
                exemption,
                reason,
            } => {
                let telling = PersonsNotified {
                    inform: *inform,
                    exemption: *exemption,
                };
                self.persons = Some(decided(telling, by, at, reason));
            }
            IncidentNote::DelayExplained { clock, reason } => {
                self.delays.insert(*clock, decided((), by, at, reason));
            }
            IncidentNote::LeftOpen { clock, reason } => {
                self.left_open.insert(*clock, decided((), by, at, reason));
            }
            IncidentNote::DifferenceExplained {
                figure,
                declared,
                measured,
                reason,
            } => {
                let explained = ExplainedFigure {
                    declared: declared.clone(),
                    measured: measured.clone(),
                    decision: decided((), by, at, reason),
                };
                self.explained.insert(*figure, explained);
            }
            IncidentNote::Submitted(submission) => self.submissions.push((at, submission.clone())),
            IncidentNote::Met {
                clock,
                at,
                to,
                receipt,
                persons,
            } => {
                let at = Timestamp::from_micros(*at);
                let (to, receipt, persons) = (to.clone(), receipt.clone(), *persons);
                let met = DutyMet {
                    at,
                    to,
                    receipt,
                    persons,
                    entry: entry.number,
                };
                if *clock == ClockKind::Persons {
                    self.informed.push(entry.number);
                }
                // The first act meets the duty; a later one does not make it late.
                self.met.entry(*clock).or_insert(met);
            }
            IncidentNote::NoticesEnded(ended) => self.notices.push((entry.number, ended.clone())),
            IncidentNote::Kept { name, hash, size } => {
                self.files.push((at, name.clone(), hash.clone(), *size));
            }
            IncidentNote::Reopening {
                what,
                budget_percent,
                text,
            } => {
                self.reopenings
                    .push((at, what.clone(), *budget_percent, text.clone()));
            }
        }
    }

    /// Folds tasks and lessons.
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
            IncidentNote::Lesson {
                text,
                measure,
                owner,
                due,
            } => self.lessons.push(Lesson {
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
        self.states
            .last()
            .map_or(IncidentState::Suspected, |state| state.what)
    }

    /// The state as people are told. Nobody entered one when an officer confirmed the theft, and it
    /// is not suspected any more.
    pub fn told_state(&self) -> ToldState {
        match self.state() {
            // The first state is that of the opening.
            IncidentState::Suspected if self.states.len() == 1 && self.acts.theft().is_some() => {
                ToldState::TheftConfirmed
            }
            state => ToldState::Entered(state),
        }
    }

    /// Resolved or dismissed.
    pub fn is_closed(&self) -> bool {
        matches!(
            self.state(),
            IncidentState::Resolved | IncidentState::Dismissed
        )
    }

    /// The hour of awareness for the data.
    pub fn aware_at(&self) -> Option<Timestamp> {
        self.aware_of(Awareness::Data)
    }

    /// The hour of awareness of a fact. Where it was not stated, the hour for the data applies: one
    /// cannot know that an attack affected data without knowing of the attack. The reverse does not
    /// hold; and a mail to the wrong person is no attack: it starts no clock of L. 12-10-1. What
    /// detection saw of an account counts as one until its cause is answered otherwise: not asked yet
    /// is not *no attack*.
    pub fn aware_of(&self, what: Awareness) -> Option<Timestamp> {
        let last = |what| {
            let mut hours = self.awareness.iter().rev();
            hours
                .find(|(of, _)| *of == what)
                .map(|(_, aware)| aware.what)
        };
        let follows_from_data = match what {
            Awareness::Data | Awareness::Significant => true,
            Awareness::Attack => self.may_be_attack(),
        };
        last(what).or_else(|| last(Awareness::Data).filter(|_| follows_from_data))
    }

    /// When it was contained: the hour at which access ended, where the log has it, and not the one
    /// at which an officer wrote that it is contained.
    pub fn contained_at(&self) -> Option<Timestamp> {
        let stated = self.reached(IncidentState::Contained)?;
        let shut = self.acts.fact(ClaimKind::Access);
        Some(shut.map_or(stated, |shut| shut.at().min(stated)))
    }

    /// The last notification left nothing unknown: what changes later is a complement, and reopens
    /// nothing.
    pub fn is_wholly_notified(&self) -> bool {
        self.submissions
            .last()
            .is_some_and(|(_, last)| last.unknown.is_empty())
    }

    /// When the incident first entered a state.
    pub fn reached(&self, state: IncidentState) -> Option<Timestamp> {
        self.states
            .iter()
            .find(|known| known.what == state)
            .map(|known| known.at)
    }

    /// The number of the next version of the affected set.
    pub fn next_version(&self) -> u32 {
        u32::try_from(self.affected.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// The current version of the affected set: the last one.
    pub fn affected(&self) -> Option<&AffectedVersion> {
        self.affected.last()
    }

    /// The checklists in use, those that come first before the others.
    pub fn sheets_in_order(&self) -> Vec<Sheet> {
        let mut sheets = self.sheets.clone();
        sheets.sort_by_key(|sheet| !sheet.comes_first());
        sheets
    }

    /// Unanswered mandatory steps of the checklists in use.
    pub fn open_steps(&self) -> Vec<(Sheet, &'static str)> {
        let steps = self
            .sheets_in_order()
            .into_iter()
            .flat_map(|sheet| sheet.steps().iter().map(move |step| (sheet, step)));
        let open = steps.filter(|(sheet, step)| {
            step.is_mandatory && !self.steps.contains_key(&(*sheet, step.code.to_owned()))
        });
        open.map(|(sheet, step)| (sheet, step.code)).collect()
    }

    /// When the authority was first notified.
    pub fn notified_at(&self) -> Option<Timestamp> {
        self.submissions
            .iter()
            .map(|(_, submission)| submission.submitted_at())
            .min()
    }

    /// The last initial notification that left fields unknown.
    fn incomplete(&self) -> Option<&SentNotification> {
        let is_open =
            |sent: &SentNotification| sent.stage == Stage::Initial && !sent.unknown.is_empty();
        self.submissions
            .iter()
            .map(|(_, sent)| sent)
            .rfind(|sent| is_open(sent))
    }

    /// When a complement was sent for the fields that the initial notification left unknown.
    fn completed_at(&self) -> Option<Timestamp> {
        let first = self.incomplete()?.submitted_at();
        let later = self.submissions.iter().map(|(_, sent)| sent);
        let later =
            later.filter(|sent| sent.stage != Stage::Initial && sent.submitted_at() >= first);
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

    /// The hour from which the duties that follow from awareness count, and whether it is presumed.
    fn counted_from(&self, of: Awareness) -> Option<(Timestamp, bool)> {
        let stated = self.aware_of(of).map(|at| (at, false));
        stated.or_else(|| {
            let presumed = self.presumed_aware_at()?;
            // As above: only what may be an attack is known as one with the violation.
            let is_attack = of != Awareness::Attack || self.may_be_attack();
            is_attack.then_some((presumed, true))
        })
    }

    /// When an officer was aware at the latest, where nobody stated any hour: they confirmed a theft,
    /// or the incident. `None` while nothing is confirmed, and for an earlier register's incident.
    /// The hour of the attack alone ends nothing: whether data are affected was seen before.
    fn presumed_aware_at(&self) -> Option<Timestamp> {
        let is_counted = self.aware_at().is_none()
            && self.source != Source::Imported
            && self.state() != IncidentState::Dismissed;
        let theft = self.acts.theft().map(|theft| theft.at());
        // Contained without having been confirmed first: who wrote it knew as well.
        // What was confirmed before it was dismissed is not known any more.
        let dismissed =
            |state: &IncidentDecision<IncidentState>| state.what == IncidentState::Dismissed;
        let since = self.states.iter().rposition(dismissed);
        let since = since.map_or(0, |place| place + 1);
        let confirmed = self
            .states
            .iter()
            .skip(since)
            .find(|state| match state.what {
                IncidentState::Confirmed | IncidentState::Contained | IncidentState::Resolved => {
                    true
                }
                IncidentState::Suspected | IncidentState::Dismissed => false,
            });
        let confirmed = confirmed.map(|state| state.at);
        let first = theft.into_iter().chain(confirmed).min();
        first.filter(|_| is_counted)
    }

    /// The clocks that run or ran; none before the first hour of awareness. Where nobody stated it,
    /// they count from the confirmation: not stated yet is not *nothing due*.
    pub fn clocks(&self, rules: &[ClockRule], zone: &TimeZone) -> Vec<LegalClock> {
        let runs = ClockKind::ALL.iter().filter(|kind| self.concerns(**kind));
        let clocks = runs.filter_map(|kind| {
            // The law in force on the day of awareness applies to the whole chain: a report that
            // follows a month later is not moved to a newer rule.
            let aware = Awareness::ALL
                .iter()
                .filter_map(|of| self.counted_from(*of))
                .map(|(at, _)| at)
                .min()?;
            let rule = *rule_of(rules, *kind, day_of(aware, zone))?;
            let (start, is_presumed) = match rule.starts {
                Starts::Aware(of) => self.counted_from(of)?,
                Starts::Notified => (self.met_at(ClockKind::Nis2)?, false),
                Starts::Incomplete => (self.incomplete()?.submitted_at(), false),
            };
            let clock = LegalClock::start(rule, start, self.met_at(*kind), zone);
            Some(LegalClock {
                is_presumed,
                ..clock
            })
        });
        clocks.collect()
    }

    /// Whether a duty concerns the operator, given its role and its decisions so far. An undecided
    /// duty does: its clock runs until a decision stops it.
    fn concerns(&self, kind: ClockKind) -> bool {
        let answers = self.role != IncidentRole::Processor;
        let persons = self.persons.as_ref().map(|decided| decided.what);
        match kind {
            ClockKind::Authority => {
                answers && self.authority.as_ref().is_none_or(|decided| decided.what)
            }
            ClockKind::Complement => answers,
            ClockKind::Persons => answers && persons.is_none_or(|persons| persons.inform),
            ClockKind::Public => {
                answers
                    && persons.is_some_and(|one| one.exemption == Some(Exemption::Disproportionate))
            }
            ClockKind::Processor => self.role == IncidentRole::Processor,
            ClockKind::Complaint => self.is_insured,
            ClockKind::EarlyWarning | ClockKind::Nis2 | ClockKind::FinalReport => self.is_nis2,
        }
    }

    /// The key moments, in the order of an incident; `None` where unknown. The names are locale
    /// codes.
    pub fn moments(&self) -> [(&'static str, Option<Timestamp>); 6] {
        [
            ("occurred", self.occurred.map(|(from, _)| from)),
            ("seen", self.discovered_at()),
            ("aware", self.aware_at()),
            ("contained", self.contained_at()),
            ("notified", self.notified_at()),
            ("told", self.met_at(ClockKind::Persons)),
        ]
    }

    /// The stage of the next notification.
    pub fn next_stage(&self) -> Stage {
        if self.submissions.is_empty() {
            Stage::Initial
        } else {
            Stage::Complementary
        }
    }
}

/// Acts that a later entry withdraws. The number must be lower: a withdrawal cannot reach forward
/// to an act entered after it.
fn withdrawn(entries: &[IncidentEntry]) -> BTreeMap<u32, u32> {
    let acts: BTreeSet<u32> = entries
        .iter()
        .filter(|entry| entry.note.states_an_act())
        .map(|entry| entry.number)
        .collect();
    let taken = entries.iter().filter_map(|entry| match &entry.note {
        IncidentNote::Withdrawn { entry: act, .. } if *act < entry.number && acts.contains(act) => {
            Some((*act, entry.number))
        }
        _ => None,
    });
    taken.collect()
}

fn decided<T>(what: T, by: &str, at: Timestamp, reason: &str) -> IncidentDecision<T> {
    IncidentDecision {
        what,
        by: by.to_owned(),
        at,
        reason: reason.to_owned(),
    }
}
