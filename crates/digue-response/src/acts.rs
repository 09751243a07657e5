//! The acts that an incident log states: what was done, by which entry and at what hour. No other
//! crate can make one, so no claim rests on anything else (promise 30).

use std::collections::BTreeMap;

use digue_types::{Act, Gate, Subject, Timestamp, lists};

use crate::clock::ClockKind;
use crate::incident::entry::{IncidentEntry, IncidentNote};

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
}

/// An act in the log: the entry that states it, and when it was done. Fields are private, so that
/// only the fold of a log can make one.
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

/// The acts that a log states, collected while it is folded.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LoggedActs {
    done: BTreeMap<ClaimKind, LoggedAct>,
    /// The acts by which access is closed now. A map, because a gate and a suspension are lifted
    /// separately: access is closed as long as one of them holds.
    shut: BTreeMap<ShutPortal, LoggedAct>,
    /// The first alert or containment of detection.
    seen: Option<LoggedAct>,
    /// The findings that a person confirmed as a theft, by their name in the journal. Clearing one
    /// says nothing of the others.
    thefts: BTreeMap<String, LoggedAct>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum ShutPortal {
    Gate,
    Suspension,
}

impl LoggedActs {
    pub(crate) fn take(&mut self, entry: &IncidentEntry, about: &Subject) {
        let fact = LoggedAct {
            entry: entry.number,
            at: entry.at,
        };
        match &entry.note {
            IncidentNote::Submitted(submission) => {
                self.state(
                    ClaimKind::Authority,
                    LoggedAct {
                        at: submission.submitted_at(),
                        ..fact
                    },
                );
            }
            IncidentNote::Met { clock, at, .. } => {
                if let Some(kind) = claim_of(*clock) {
                    self.state(
                        kind,
                        LoggedAct {
                            at: Timestamp::from_micros(*at),
                            ..fact
                        },
                    );
                }
            }
            IncidentNote::Seen {
                act,
                subject,
                after,
                ..
            } => {
                self.see(*act, after, subject.clone().canonical() == *about, fact);
            }
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

    /// An act of the journal. The subject matters for gates and suspensions only: closing another
    /// account does not close this one. All other acts change no claim.
    fn see(&mut self, act: Act, after: &str, is_about: bool, fact: LoggedAct) {
        if matches!(act, Act::WatchAlerted | Act::WatchContained) {
            // By time, not by entry: findings from before the opening are entered after it.
            self.seen = Some(self.seen.filter(|seen| seen.at <= fact.at).unwrap_or(fact));
        } else if act == Act::FindingConfirmed {
            self.thefts.insert(after.to_owned(), fact);
        } else if act == Act::FindingCleared {
            self.thefts.remove(after);
        } else if act == Act::GateSet && is_about {
            let is_closed = Gate::parse(after) == Some(Gate::Closed);
            self.shut_or_open(ShutPortal::Gate, is_closed, fact);
        } else if matches!(act, Act::AccountSuspended | Act::AccountResumed) && is_about {
            self.shut_or_open(ShutPortal::Suspension, act == Act::AccountSuspended, fact);
        }
    }

    fn shut_or_open(&mut self, how: ShutPortal, is_shut: bool, fact: LoggedAct) {
        if is_shut {
            // The first one: closing again does not move the hour at which access ended.
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

    /// The earliest confirmation of a theft that stands.
    pub fn theft(&self) -> Option<LoggedAct> {
        self.thefts.values().min_by_key(|fact| fact.at).copied()
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
