//! The rules by which an entry may be added to an incident, and by which an incident may be closed.
//! The fold in `incident` accepts any entry: a stored log is read as it is, even if rules changed
//! since.

use digue_types::Timestamp;
use jiff::tz::TimeZone;

use super::Incident;
use super::entry::{
    EntryRefusal, IncidentNote, IncidentRole, IncidentState, NoticesEnded, NotifiedPersons,
    REASON_CHARS_MIN, Source,
};
use crate::acts::ClaimKind;
use crate::affected::AffectedVersion;
use crate::clock::{Awareness, ClockKind, ClockRule, LegalClock, Starts};
use crate::notification::fits;
use crate::vocabulary::{Exemption, TEXT_CHARS_MAX};

impl Incident {
    /// Whether an entry may be added now.
    ///
    /// # Errors
    /// The first rule that it would break.
    pub fn accepts(
        &self,
        note: &IncidentNote,
        now: Timestamp,
        rules: &[ClockRule],
        zone: &TimeZone,
    ) -> Result<(), EntryRefusal> {
        if self.is_closed() && !note.may_follow_the_end() {
            return Err(EntryRefusal::Closed);
        }
        note.has_its_words()?;
        note.has_its_times(now)?;
        match note {
            IncidentNote::Opened { .. } => Err(EntryRefusal::OpenedTwice),
            IncidentNote::Corrected { entry, .. } if !(1..=self.entries).contains(entry) => {
                Err(EntryRefusal::NoSuchEntry)
            }
            IncidentNote::Withdrawn { entry, .. } if !self.stated.contains(entry) => {
                Err(EntryRefusal::NoSuchEntry)
            }
            IncidentNote::StateSet { state, .. } => self.may_become(*state, rules, zone),
            IncidentNote::LeftOpen { clock, .. } if !clock.may_be_left_open() => {
                Err(EntryRefusal::DutyOpen)
            }
            IncidentNote::Step { sheet, step, .. } => {
                let is_asked = self.sheets.contains(sheet) && sheet.step(step).is_some();
                if is_asked {
                    Ok(())
                } else {
                    Err(EntryRefusal::NoSuchEntry)
                }
            }
            IncidentNote::TaskDone { task, .. } => {
                let is_open = self
                    .tasks
                    .iter()
                    .any(|known| known.number == *task && known.done_at.is_none());
                if is_open {
                    Ok(())
                } else {
                    Err(EntryRefusal::NoSuchEntry)
                }
            }
            // Two versions that were computed at the same time: papers and notices cite a version
            // by its number.
            IncidentNote::Affected(version) if version.number != self.next_version() => {
                Err(EntryRefusal::Value)
            }
            IncidentNote::DifferenceExplained {
                figure,
                declared,
                measured,
                ..
            } => {
                let is_there = self.differences().iter().any(|one| {
                    (one.figure, &one.declared, &one.measured) == (*figure, declared, measured)
                });
                if is_there {
                    Ok(())
                } else {
                    Err(EntryRefusal::NoSuchDifference)
                }
            }
            IncidentNote::FieldSet { field, value } if !fits(*field, value) => {
                Err(EntryRefusal::Value)
            }
            // Informing has no exemption and not informing has one: the two are never equal.
            IncidentNote::PersonsDecided {
                inform, exemption, ..
            } if *inform == exemption.is_some() => Err(EntryRefusal::ExemptionNeeded),
            IncidentNote::Aware { at, of, .. } => {
                self.must_precede(*of, Timestamp::from_micros(*at))
            }
            IncidentNote::Submitted(submission) => {
                self.must_follow(Awareness::Data, submission.submitted_at())?;
                self.must_explain(ClockKind::Authority, submission.submitted_at(), rules, zone)
            }
            IncidentNote::Met { clock, at, .. } => {
                if let Some(aware) = self.awareness_of(*clock, rules) {
                    self.must_follow(aware, Timestamp::from_micros(*at))?;
                }
                self.must_explain(*clock, Timestamp::from_micros(*at), rules, zone)
            }
            _ => Ok(()),
        }
    }

    /// The awareness from which a duty runs, once its hour is known.
    fn awareness_of(&self, clock: ClockKind, rules: &[ClockRule]) -> Option<Awareness> {
        let rule = rules.iter().find(|rule| rule.kind == clock)?;
        match rule.starts {
            // Of an attack that nobody established nobody is aware, and a duty met before the breach
            // itself was known stays an error.
            Starts::Aware(of) => match self.aware_of(of) {
                Some(_) => Some(of),
                None => self.aware_at().map(|_| Awareness::Data),
            },
            Starts::Notified | Starts::Incomplete => None,
        }
    }

    /// A duty cannot be met before the hour of awareness, nor without one.
    fn must_follow(&self, of: Awareness, at: Timestamp) -> Result<(), EntryRefusal> {
        if self.aware_of(of).is_some_and(|aware| aware <= at) {
            Ok(())
        } else {
            Err(EntryRefusal::BeforeAwareness)
        }
    }

    /// A corrected hour of awareness cannot be later than the notification that followed from it:
    /// moving it would make a late notification appear to be in time.
    fn must_precede(&self, of: Awareness, at: Timestamp) -> Result<(), EntryRefusal> {
        // Only the awareness of a data breach starts the clock of this notification.
        let sent = self.notified_at().filter(|_| of == Awareness::Data);
        if sent.is_some_and(|sent| sent < at) {
            Err(EntryRefusal::BeforeAwareness)
        } else {
            Ok(())
        }
    }

    /// A duty met after its deadline needs the reasons for the delay first (art. 33(1)).
    fn must_explain(
        &self,
        kind: ClockKind,
        at: Timestamp,
        rules: &[ClockRule],
        zone: &TimeZone,
    ) -> Result<(), EntryRefusal> {
        let clock = self
            .clocks(rules, zone)
            .into_iter()
            .find(|clock| clock.rule.kind == kind);
        let is_late = clock
            .and_then(|clock| clock.due_at)
            .is_some_and(|due| at > due);
        // Only the first act has a deadline: a second notification is not late.
        let is_first = self.met_at(kind).is_none();
        if is_late && is_first && !self.delays.contains_key(&kind) {
            return Err(EntryRefusal::DelayUnexplained);
        }
        Ok(())
    }

    fn may_become(
        &self,
        state: IncidentState,
        rules: &[ClockRule],
        zone: &TimeZone,
    ) -> Result<(), EntryRefusal> {
        use IncidentState::{Confirmed, Contained, Dismissed, Resolved, Suspected};
        let follows = matches!(
            (self.state(), state),
            (Suspected, Confirmed | Contained | Dismissed)
                | (Confirmed, Contained | Dismissed)
                | (Contained, Confirmed | Resolved | Dismissed)
                | (Resolved, Contained)
                | (Dismissed, Suspected)
        );
        if !follows {
            return Err(EntryRefusal::NoSuchStep);
        }
        if state != Resolved {
            return Ok(());
        }
        self.may_close()?;
        // Closed violations of an earlier register are taken over as they are: it says nothing of
        // these duties.
        let is_taken_over = self.source == Source::Imported;
        let clocks = self.clocks(rules, zone);
        if !is_taken_over && self.open_duties(&clocks).next().is_some() {
            Err(EntryRefusal::DutyOpen)
        } else {
            Ok(())
        }
    }

    /// The clocks of duties beside the authority and the persons that nobody met, and that nobody
    /// gave a reason to leave open.
    pub(crate) fn open_duties<'c>(
        &self,
        clocks: &'c [LegalClock],
    ) -> impl Iterator<Item = &'c LegalClock> {
        let is_taken_over = self.source == Source::Imported && self.is_closed();
        clocks.iter().filter(move |clock| {
            let kind = clock.rule.kind;
            kind.is_beside()
                && clock.met_at.is_none()
                && !is_taken_over
                && !self.left_open.contains_key(&kind)
        })
    }

    /// An incident may be closed when everything was decided and done. Each refusal names the one
    /// thing that is missing.
    fn may_close(&self) -> Result<(), EntryRefusal> {
        if !self.open_figures().is_empty() {
            return Err(EntryRefusal::DeclaredLess);
        }
        if self.role == IncidentRole::Processor {
            // The controller decides about authority and persons; a processor only notifies it
            // (art. 33(2)).
            let is_informed = self.acts.fact(ClaimKind::Controller).is_some();
            return if is_informed {
                self.all_steps()
            } else {
                Err(EntryRefusal::ControllerNotInformed)
            };
        }
        let (Some(authority), Some(persons)) = (&self.authority, &self.persons) else {
            return Err(EntryRefusal::Undecided);
        };
        if authority.what && self.acts.fact(ClaimKind::Authority).is_none() {
            return Err(EntryRefusal::NotNotified);
        }
        // The last one counts: a complement that fills the gaps completes the notification (art.
        // 33(4)).
        let is_open = self
            .submissions
            .last()
            .is_some_and(|(_, last)| !last.unknown.is_empty());
        if authority.what && is_open {
            return Err(EntryRefusal::NotificationOpen);
        }
        if persons.what.inform {
            self.all_informed()?;
        }
        // Art. 34(3)(c): a communication to the public then takes the place of the individual ones.
        let is_public = persons.what.exemption == Some(Exemption::Disproportionate);
        if is_public && self.acts.fact(ClaimKind::Public).is_none() {
            return Err(EntryRefusal::PublicNotInformed);
        }
        self.all_steps()
    }

    /// The affected persons are known and were all informed.
    pub(crate) fn all_informed(&self) -> Result<(), EntryRefusal> {
        let affected = self.affected().map_or(0, AffectedVersion::everybody);
        if affected == 0 {
            return Err(EntryRefusal::NobodyAffected);
        }
        // A campaign that left notices unsent needs a later act that informed the rest. Entry
        // numbers decide and not times: a time is typed, a number is given.
        let informed = self
            .met
            .get(&ClockKind::Persons)
            .ok_or(EntryRefusal::PersonsNotInformed)?;
        match self.open_campaign() {
            Some(entry) if self.last_informed().unwrap_or(informed.entry) < entry => {
                Err(EntryRefusal::NoticesUnsent)
            }
            _ => Ok(()),
        }
    }

    /// The entry of the last campaign after which not every person had been sent a message. A later
    /// campaign that reached the rest closes an earlier one, where persons were counted.
    pub fn open_campaign(&self) -> Option<u32> {
        match self.notices.last() {
            Some((entry, last)) if last.persons.is_some() => {
                let is_open = self.notified().is_some_and(|persons| !persons.is_whole());
                is_open.then_some(*entry)
            }
            _ => {
                let mut later_first = self.notices.iter().rev();
                let open = later_first.find(|(_, ended)| !ended.is_whole());
                open.map(|(entry, _)| *entry)
            }
        }
    }

    /// What became of the persons of every campaign that ended, each counted once; `None` before the
    /// first end, and where several campaigns of version 0.1.0 may have had the same persons.
    pub fn notified(&self) -> Option<NotifiedPersons> {
        NoticesEnded::persons_of(&self.notices)
    }

    /// The same; where persons were not counted, the notices of every campaign.
    pub fn notified_or_notices(&self) -> NotifiedPersons {
        self.notified()
            .unwrap_or_else(|| NoticesEnded::notices_of(&self.notices))
    }

    /// The number of persons informed, where Digue counted them: of whom each was sent a message,
    /// or, once a person stated that the rest was handed over, had a letter or a call.
    pub fn informed_count(&self) -> Option<u64> {
        let informed = self.met.get(&ClockKind::Persons)?;
        if self.notices.is_empty() {
            return informed.persons;
        }
        let persons = self.notified()?;
        let is_stated = self.last_informed() > self.open_campaign();
        (is_stated && persons.left_out() == 0).then(|| persons.addressed())
    }

    /// The last entry that states that persons were informed.
    pub fn last_informed(&self) -> Option<u32> {
        self.informed.last().copied()
    }

    fn all_steps(&self) -> Result<(), EntryRefusal> {
        if self.open_steps().is_empty() {
            Ok(())
        } else {
            Err(EntryRefusal::StepsOpen)
        }
    }
}

impl IncidentNote {
    /// True when a person entered that an act was done outside Digue: they may have been wrong, so
    /// it can be withdrawn. What Digue counted of its own notices cannot: a DPO could otherwise
    /// close over notices that were never sent.
    pub const fn states_an_act(&self) -> bool {
        matches!(self, Self::Submitted(_) | Self::Met { persons: None, .. })
    }

    /// True for entries that may be added to a closed incident.
    const fn may_follow_the_end(&self) -> bool {
        matches!(
            self,
            Self::Corrected { .. }
                | Self::StateSet { .. }
                | Self::DifferenceExplained { .. }
                | Self::Said { .. }
                | Self::Seen { .. }
                | Self::Lesson { .. }
                | Self::TaskDone { .. }
                | Self::Submitted(_)
                | Self::Met { .. }
                | Self::NoticesEnded(_)
                | Self::Kept { .. }
        )
    }

    /// Decisions need a reason, free texts must not be empty, and no text is longer than
    /// `TEXT_CHARS_MAX`.
    fn has_its_words(&self) -> Result<(), EntryRefusal> {
        match self {
            Self::Said { text, .. }
            | Self::Reopening { text, .. }
            | Self::Corrected { text, .. }
            | Self::Lesson { text, .. }
            | Self::Met { to: text, .. } => text_of(text),
            Self::TaskAdded { title, owner, .. } => text_of(title).and_then(|()| text_of(owner)),
            Self::Step { text, .. } | Self::TaskDone { text, .. } => bounded(text),
            Self::StateSet { reason, .. }
            | Self::Withdrawn { reason, .. }
            | Self::Aware { reason, .. }
            | Self::SeveritySet { reason, .. }
            | Self::GravitySet { reason, .. }
            | Self::AuthorityDecided { reason, .. }
            | Self::PersonsDecided { reason, .. }
            | Self::DelayExplained { reason, .. }
            | Self::LeftOpen { reason, .. }
            | Self::DifferenceExplained { reason, .. } => reason_of(reason),
            _ => Ok(()),
        }
    }

    /// Times are not in the future, and a period does not end before it starts.
    fn has_its_times(&self, now: Timestamp) -> Result<(), EntryRefusal> {
        match self {
            Self::Aware { at, .. } | Self::Met { at, .. } => past(*at, now),
            Self::Submitted(submission) => past(submission.submitted_at, now),
            Self::Occurred { from, to: Some(to) } if to < from => Err(EntryRefusal::Backwards),
            Self::Occurred { from, to } => {
                past(*from, now).and_then(|()| past(to.unwrap_or(*from), now))
            }
            _ => Ok(()),
        }
    }
}

fn reason_of(reason: &str) -> Result<(), EntryRefusal> {
    if reason.trim().chars().count() < REASON_CHARS_MIN {
        Err(EntryRefusal::NoReason)
    } else {
        bounded(reason)
    }
}

fn text_of(text: &str) -> Result<(), EntryRefusal> {
    if text.trim().is_empty() {
        Err(EntryRefusal::NoText)
    } else {
        bounded(text)
    }
}

fn bounded(text: &str) -> Result<(), EntryRefusal> {
    if text.chars().count() > TEXT_CHARS_MAX {
        Err(EntryRefusal::Value)
    } else {
        Ok(())
    }
}

fn past(at: i64, now: Timestamp) -> Result<(), EntryRefusal> {
    if at > now.micros() {
        Err(EntryRefusal::Future)
    } else {
        Ok(())
    }
}
