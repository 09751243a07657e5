//! Claims: what a document may say was done. A claim is made from the incident log and carries the act that
//! makes it true: done at an hour, due by an hour, or not done. No other crate can construct one, so no
//! document can state as done what the log does not hold (promise 30).
//!
//! A decision is not an act: a decision to notify the authority does not make it notified.

use std::collections::BTreeMap;

use digue_types::{Timestamp, lists};

use crate::clock::{ClockKind, LegalClock};
use crate::incident::{Incident, IncidentEntry, IncidentNote, IncidentState};
use crate::sheet::Sheet;
use crate::vocabulary::{Cause, Nature};

lists! {
    /// The subject of a claim.
    ClaimKind "claim" {
        /// The authority was notified (art. 33).
        Authority "authority",
        /// The persons were informed (art. 34).
        Persons "persons",
        /// The public was informed instead (art. 34(3)(c)).
        Public "public",
        /// The access that the incident is about is closed.
        Access "access",
        Complaint "complaint",
        /// The processor notified its controller (art. 33(2)).
        Controller "controller",
        EarlyWarning "early-warning",
        Nis2 "nis2",
        FinalReport "final-report",
    }

    /// The kind of event, as far as the log shows.
    Happening "happening" {
        /// A person confirmed that the account was stolen.
        StolenAccount "stolen-account",
        /// Detection reported the account; no person has confirmed the theft.
        SuspectedAccount "suspected-account",
        /// Files were encrypted.
        Ransomware "ransomware",
        /// Data were unavailable, and nothing says that they were read.
        Unavailable "unavailable",
        /// A mistake: the cause was entered as accidental, internal or external.
        Mistake "mistake",
        /// No more is known than that there is a breach.
        Unspecified "unspecified",
    }
}

/// An act in the log: the entry that states it, and when it was done. Fields are private, so that only the
/// fold of a log can make one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoggedAct {
    entry: u32,
    at: Timestamp,
}

impl LoggedAct {
    pub const fn entry(self) -> u32 {
        self.entry
    }

    pub const fn at(self) -> Timestamp {
        self.at
    }
}

/// The deadline of an act that is still to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadline {
    At(Timestamp),
    WithoutDelay,
}

/// The form of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimStanding {
    Done(LoggedAct),
    /// It was decided, and its deadline has not passed.
    Due(Deadline),
    NotDone,
}

/// A claim with the act that supports it, if any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    kind: ClaimKind,
    standing: ClaimStanding,
}

impl Claim {
    pub const fn kind(self) -> ClaimKind {
        self.kind
    }

    pub const fn standing(self) -> ClaimStanding {
        self.standing
    }

    /// The locale key of its sentence: `claim-authority-done`, `-due`, `-soon` or `-undone`.
    pub fn key(self) -> String {
        let form = match self.standing {
            ClaimStanding::Done(_) => "done",
            ClaimStanding::Due(Deadline::At(_)) => "due",
            ClaimStanding::Due(Deadline::WithoutDelay) => "soon",
            ClaimStanding::NotDone => "undone",
        };
        format!("{}-{form}", self.kind.key())
    }

    /// The hour that its sentence names.
    pub const fn hour(self) -> Option<Timestamp> {
        match self.standing {
            ClaimStanding::Done(fact) => Some(fact.at),
            ClaimStanding::Due(Deadline::At(at)) => Some(at),
            ClaimStanding::Due(Deadline::WithoutDelay) | ClaimStanding::NotDone => None,
        }
    }
}

/// The acts that a log states, collected while it is folded.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LoggedActs {
    done: BTreeMap<ClaimKind, LoggedAct>,
    /// The acts by which access is closed now. A map, because a gate and a suspension are lifted
    /// separately: access is closed as long as one of them holds.
    shut: BTreeMap<ShutPortal, LoggedAct>,
    /// The first alert or containment of detection.
    seen: Option<LoggedAct>,
    /// A person confirmed the theft.
    theft: Option<LoggedAct>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum ShutPortal {
    Gate,
    Suspension,
}

impl LoggedActs {
    pub(crate) fn take(&mut self, entry: &IncidentEntry, about: &str) {
        let fact = LoggedAct { entry: entry.number, at: entry.at };
        match &entry.note {
            IncidentNote::Submitted(submission) => {
                self.state(ClaimKind::Authority, LoggedAct { at: submission.submitted_at(), ..fact });
            }
            IncidentNote::Met { clock, at, .. } => {
                if let Some(kind) = claim_of(*clock) {
                    self.state(kind, LoggedAct { at: Timestamp::from_micros(*at), ..fact });
                }
            }
            IncidentNote::Seen { act, subject, after, .. } => self.see(act, after, subject == about, fact),
            _ => {}
        }
    }

    /// Keeps the earliest act of a kind: entries are in the order of writing, not of doing.
    fn state(&mut self, kind: ClaimKind, fact: LoggedAct) {
        let known = self.done.entry(kind).or_insert(fact);
        if fact.at < known.at {
            *known = fact;
        }
    }

    /// An act of the journal, by its code. The subject matters for gates and suspensions only: closing
    /// another account does not close this one.
    fn see(&mut self, act: &str, after: &str, is_about: bool, fact: LoggedAct) {
        match act {
            "watch-alerted" | "watch-contained" => {
                self.seen = Some(self.seen.filter(|seen| seen.at <= fact.at).unwrap_or(fact));
            }
            "finding-confirmed" => self.theft = Some(fact),
            "finding-cleared" => self.theft = None,
            "gate-set" if is_about => self.shut_or_open(ShutPortal::Gate, after == "closed", fact),
            "account-suspended" if is_about => self.shut_or_open(ShutPortal::Suspension, true, fact),
            "account-resumed" if is_about => self.shut_or_open(ShutPortal::Suspension, false, fact),
            _ => {}
        }
    }

    fn shut_or_open(&mut self, how: ShutPortal, is_shut: bool, fact: LoggedAct) {
        if is_shut {
            self.shut.entry(how).or_insert(fact);
        } else {
            self.shut.remove(&how);
        }
    }

    /// The act that makes a claim true.
    pub fn fact(&self, kind: ClaimKind) -> Option<LoggedAct> {
        match kind {
            ClaimKind::Access => self.shut.values().min_by_key(|fact| fact.at).copied(),
            _ => self.done.get(&kind).copied(),
        }
    }

    /// The first alert or containment of detection.
    pub fn seen(&self) -> Option<LoggedAct> {
        self.seen
    }

    pub fn theft(&self) -> Option<LoggedAct> {
        self.theft
    }
}

/// The claim that meeting a duty supports.
const fn claim_of(clock: ClockKind) -> Option<ClaimKind> {
    match clock {
        ClockKind::Persons => Some(ClaimKind::Persons),
        ClockKind::Public => Some(ClaimKind::Public),
        ClockKind::Processor => Some(ClaimKind::Controller),
        ClockKind::Complaint => Some(ClaimKind::Complaint),
        ClockKind::EarlyWarning => Some(ClaimKind::EarlyWarning),
        ClockKind::Nis2 => Some(ClaimKind::Nis2),
        ClockKind::FinalReport => Some(ClaimKind::FinalReport),
        // Submissions have their own note, `IncidentNote::Submitted`.
        ClockKind::Authority | ClockKind::Complement => None,
    }
}

const fn clock_of(kind: ClaimKind) -> Option<ClockKind> {
    match kind {
        ClaimKind::Authority => Some(ClockKind::Authority),
        ClaimKind::Persons => Some(ClockKind::Persons),
        ClaimKind::Public => Some(ClockKind::Public),
        ClaimKind::Complaint => Some(ClockKind::Complaint),
        ClaimKind::Controller => Some(ClockKind::Processor),
        ClaimKind::EarlyWarning => Some(ClockKind::EarlyWarning),
        ClaimKind::Nis2 => Some(ClockKind::Nis2),
        ClaimKind::FinalReport => Some(ClockKind::FinalReport),
        ClaimKind::Access => None,
    }
}

impl Incident {
    /// A claim as it stands at `now`, given the clocks that run.
    pub fn claim(&self, kind: ClaimKind, clocks: &[LegalClock], now: Timestamp) -> Claim {
        let standing = match self.acts.fact(kind) {
            Some(fact) => ClaimStanding::Done(fact),
            None => self.pending(kind, clocks, now),
        };
        Claim { kind, standing }
    }

    fn pending(&self, kind: ClaimKind, clocks: &[LegalClock], now: Timestamp) -> ClaimStanding {
        let clock = clock_of(kind).and_then(|wanted| clocks.iter().find(|clock| clock.rule.kind == wanted));
        // "Will be notified" is itself a statement that needs a fact: without a decision it is not made,
        // even though the legal clock runs.
        let is_decided = match kind {
            ClaimKind::Authority => self.authority.as_ref().is_some_and(|decided| decided.what),
            ClaimKind::Persons => self.persons.as_ref().is_some_and(|decided| decided.what.inform),
            _ => clock.is_some(),
        };
        match clock {
            Some(clock) if is_decided && self.state() != IncidentState::Dismissed => match clock.due_at {
                Some(due) if due >= now => ClaimStanding::Due(Deadline::At(due)),
                Some(_) => ClaimStanding::NotDone,
                None => ClaimStanding::Due(Deadline::WithoutDelay),
            },
            _ => ClaimStanding::NotDone,
        }
    }

    /// The claims that a document makes: about duties that run, were decided or were done.
    pub fn claims(&self, clocks: &[LegalClock], now: Timestamp) -> Vec<Claim> {
        let is_said = |claim: &Claim| match claim.kind {
            ClaimKind::Authority | ClaimKind::Persons => true,
            ClaimKind::Access => !self.about.is_empty(),
            _ => {
                claim.standing != ClaimStanding::NotDone
                    || clocks.iter().any(|clock| Some(clock.rule.kind) == clock_of(claim.kind))
            }
        };
        let all = ClaimKind::ALL.iter().map(|kind| self.claim(*kind, clocks, now));
        all.filter(is_said).collect()
    }

    /// The kind of event, as far as the acts and answers of the log show.
    pub fn happening(&self) -> Happening {
        let said = |field| self.fields.get(&field).map(|said| said.what.as_slice()).unwrap_or_default();
        let natures = said(crate::notification::Field::Natures);
        let has = |nature: Nature| natures.iter().any(|code| code == nature.code());
        let cause = said(crate::notification::Field::CauseOf).first().and_then(|code| Cause::parse(code));
        let is_account = self.about.starts_with("account:");
        // Ransomware first: such a case was once reported as a stolen account.
        if self.sheets.contains(&Sheet::Ransomware) {
            return Happening::Ransomware;
        }
        match cause {
            Some(Cause::InternalAccidental | Cause::ExternalAccidental) => return Happening::Mistake,
            Some(Cause::InternalMalicious) => return Happening::Unspecified,
            Some(Cause::ExternalMalicious | Cause::Unknown) | None => {}
        }
        if is_account && self.acts.theft.is_some() {
            return Happening::StolenAccount;
        }
        if has(Nature::Availability) && !has(Nature::Confidentiality) {
            return Happening::Unavailable;
        }
        if is_account && self.acts.seen.is_some() {
            Happening::SuspectedAccount
        } else {
            Happening::Unspecified
        }
    }

    /// When the breach was discovered: the first alert of detection, or a partner's report. The hour at which
    /// an officer opened the incident is not a discovery.
    pub fn discovered_at(&self) -> Option<Timestamp> {
        let reported = (self.source == crate::incident::Source::Partner).then_some(self.opened_at);
        let seen = self.acts.seen.map(LoggedAct::at).into_iter().chain(reported).min()?;
        // An earlier hour of awareness is an earlier discovery.
        Some(self.awareness.iter().map(|(_, aware)| aware.what).fold(seen, Timestamp::min))
    }
}
