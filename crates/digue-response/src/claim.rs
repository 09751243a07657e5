//! Claims: what a document may say was done. A claim is made from the incident log and carries the
//! act that makes it true: done at an hour, due by an hour, or not done. No other crate can
//! construct one, so no document can state as done what the log does not hold (promise 30).
//!
//! A decision is not an act: a decision to notify the authority does not make it notified.

use digue_types::{Timestamp, lists};

pub use crate::acts::{ClaimKind, LoggedAct, LoggedActs};
use crate::clock::{ClockKind, LegalClock};
use crate::incident::Incident;
use crate::incident::entry::{IncidentState, Source};
use crate::notification::Field;
use crate::sheet::Sheet;
use crate::vocabulary::{Cause, Nature, Origin};

lists! {
    /// The kind of event, as far as the log shows.
    Happening "happening" {
        /// A person confirmed that the account was stolen.
        StolenAccount "stolen-account",
        /// Detection reported the account; no person has confirmed the theft.
        SuspectedAccount "suspected-account",
        /// The officers answered that the cause is external and malicious; nobody confirmed that
        /// the account was stolen.
        OutsideReader "outside-reader",
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
        format!("{}-{}", self.kind.key(), self.form())
    }

    const fn form(self) -> &'static str {
        match self.standing {
            ClaimStanding::Done(_) => "done",
            ClaimStanding::Due(Deadline::At(_)) => "due",
            ClaimStanding::Due(Deadline::WithoutDelay) => "soon",
            ClaimStanding::NotDone => "undone",
        }
    }

    /// The hour that its sentence names.
    pub const fn hour(self) -> Option<Timestamp> {
        match self.standing {
            ClaimStanding::Done(fact) => Some(fact.at()),
            ClaimStanding::Due(Deadline::At(at)) => Some(at),
            ClaimStanding::Due(Deadline::WithoutDelay) | ClaimStanding::NotDone => None,
        }
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
        let clock =
            clock_of(kind).and_then(|wanted| clocks.iter().find(|clock| clock.rule.kind == wanted));
        // "Will be notified" is itself a statement that needs a fact: without a decision it is not
        // made, even though the legal clock runs.
        let is_decided = match kind {
            ClaimKind::Complaint if self.left_open.contains_key(&ClockKind::Complaint) => false,
            ClaimKind::Authority => self.authority.as_ref().is_some_and(|decided| decided.what),
            ClaimKind::Persons => self
                .persons
                .as_ref()
                .is_some_and(|decided| decided.what.inform),
            _ => clock.is_some(),
        };
        match clock {
            Some(clock) if is_decided && self.state() != IncidentState::Dismissed => {
                match clock.due_at {
                    // Nobody stated the hour that it counts from: no paper promises one.
                    Some(due) if due >= now && clock.is_presumed => {
                        ClaimStanding::Due(Deadline::WithoutDelay)
                    }
                    Some(due) if due >= now => ClaimStanding::Due(Deadline::At(due)),
                    // Past its deadline nothing is promised any more: the document then says that
                    // it was not done.
                    Some(_) => ClaimStanding::NotDone,
                    None => ClaimStanding::Due(Deadline::WithoutDelay),
                }
            }
            _ => ClaimStanding::NotDone,
        }
    }

    /// The claims that a document makes: about duties that run, were decided or were done.
    pub fn claims(&self, clocks: &[LegalClock], now: Timestamp) -> Vec<Claim> {
        let is_said = |claim: &Claim| match claim.kind {
            ClaimKind::Authority | ClaimKind::Persons => true,
            // After a mistake of the account's own holder there is no access to close: to say that
            // it is open would alarm.
            ClaimKind::Access => {
                let is_mistake = self.happening() == Happening::Mistake;
                !self.about.is_nothing()
                    && (claim.standing != ClaimStanding::NotDone || !is_mistake)
            }
            _ => {
                claim.standing != ClaimStanding::NotDone
                    || clocks
                        .iter()
                        .any(|clock| Some(clock.rule.kind) == clock_of(claim.kind))
            }
        };
        let all = ClaimKind::ALL
            .iter()
            .map(|kind| self.claim(*kind, clocks, now));
        all.filter(is_said).collect()
    }

    /// The kind of event, as far as the acts and answers of the log show.
    pub fn happening(&self) -> Happening {
        let answer = |field| {
            self.fields
                .get(&field)
                .map(|answer| answer.what.as_slice())
                .unwrap_or_default()
        };
        let natures = answer(Field::Natures);
        let has = |nature: Nature| natures.iter().any(|code| code == nature.code());
        let cause = answer(Field::CauseOf)
            .first()
            .and_then(|code| Cause::parse(code));
        let is_account = self.about.is_account();
        // Ransomware first: such a case was once reported as a stolen account.
        if self.sheets.contains(&Sheet::Ransomware) {
            return Happening::Ransomware;
        }
        match cause {
            Some(Cause::InternalAccidental | Cause::ExternalAccidental) => {
                return Happening::Mistake;
            }
            Some(Cause::InternalMalicious) => return Happening::Unspecified,
            Some(Cause::ExternalMalicious | Cause::Unknown) | None => {}
        }
        if is_account && self.acts.theft().is_some() {
            return Happening::StolenAccount;
        }
        if has(Nature::Availability) && !has(Nature::Confidentiality) {
            return Happening::Unavailable;
        }
        // An answered question is no doubt any more: no notice says "perhaps" of it.
        if is_account && cause == Some(Cause::ExternalMalicious) {
            return Happening::OutsideReader;
        }
        if is_account && self.acts.seen().is_some() {
            Happening::SuspectedAccount
        } else {
            Happening::Unspecified
        }
    }

    /// True where the log establishes an attack: a confirmed theft, encrypted files, or the answer
    /// that it was done on purpose. A suspicion of detection is none, until a person confirms it.
    pub fn is_attack(&self) -> bool {
        let answers = |field, codes: &[&str]| {
            let given = self.fields.get(&field).map(|answer| answer.what.as_slice());
            given
                .unwrap_or_default()
                .iter()
                .any(|code| codes.contains(&code.as_str()))
        };
        self.acts.theft().is_some()
            || self.sheets.contains(&Sheet::Ransomware)
            || answers(
                Field::CauseOf,
                &[
                    Cause::ExternalMalicious.code(),
                    Cause::InternalMalicious.code(),
                ],
            )
            || answers(Field::Origins, &[Origin::Hacking.code()])
    }

    /// The same, or what detection saw of an account while nobody answered what caused it.
    pub fn may_be_attack(&self) -> bool {
        self.is_attack() || self.happening() == Happening::SuspectedAccount
    }

    /// When the breach was discovered: the first alert of detection or of a backup, or a partner's
    /// report. The hour at which an officer opened the incident is not a discovery.
    pub fn discovered_at(&self) -> Option<Timestamp> {
        let reported =
            matches!(self.source, Source::Partner | Source::Backup).then_some(self.opened_at);
        let seen = self
            .acts
            .seen()
            .map(LoggedAct::at)
            .into_iter()
            .chain(reported)
            .min()?;
        // An earlier hour of awareness is an earlier discovery.
        Some(
            self.awareness
                .iter()
                .map(|(_, aware)| aware.what)
                .fold(seen, Timestamp::min),
        )
    }
}
