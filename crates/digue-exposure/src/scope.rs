//! The questions after a breach, and their answers: which persons were shown, when, which data, and
//! which entries prove it.
//!
//! Only types: `view` answers them. An answer says how exact it is, and an unknown name is never
//! answered with an empty list.

use std::collections::BTreeSet;

use digue_types::{
    AccountId, Category, OrganisationId, PersonRef, PopulationId, PortalId, RouteName, SessionId,
    Timestamp,
};
use ipnet::IpNet;

/// The exposures that a question is about; an empty list does not restrict it. Times are whole
/// seconds: `from` is included, `to` is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeQuestion {
    pub accounts: Vec<AccountId>,
    pub organisations: Vec<OrganisationId>,
    pub portals: Vec<PortalId>,
    pub routes: Vec<RouteName>,
    pub sessions: Vec<SessionId>,
    pub networks: Vec<IpNet>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Only entries before this one: those that a checkpoint of this size covers.
    pub before_entry: Option<u64>,
}

impl ScopeQuestion {
    /// True when no instant lies in its period: "nobody was shown" would state what nothing was
    /// asked about.
    pub fn is_of_no_time(&self) -> bool {
        let second = |at: Timestamp| at.secs();
        matches!((self.from, self.to), (Some(from), Some(to)) if second(from) >= second(to))
    }
}

/// One person who was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub population: PopulationId,
    pub person: PersonRef,
    /// In whole seconds; the entries have microseconds.
    pub first: Timestamp,
    pub last: Timestamp,
    /// How often the person was shown.
    pub times: u64,
    pub categories: BTreeSet<Category>,
    /// The entries that prove it, ascending.
    pub entries: Vec<u64>,
    /// In at least one response that was seen, the person stood where the map describes persons.
    pub is_certain: bool,
}

impl Affected {
    /// Adds the exposures of another identifier of the same person (an alias).
    pub fn join(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.categories.extend(other.categories.iter().cloned());
        let shared = other
            .entries
            .iter()
            .filter(|entry| self.entries.contains(entry))
            .count() as u64;
        // One response that shows two identifiers of a person showed the person once.
        self.times += other.times.saturating_sub(shared);
        self.entries.extend(&other.entries);
        self.entries.sort_unstable();
        self.entries.dedup();
        self.is_certain |= other.is_certain;
    }
}

/// On which side of the answer the true count may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountBound {
    /// These persons and no others.
    Exact,
    /// These persons, and perhaps others.
    Lower,
    /// These persons, or perhaps only some of them.
    Upper,
    /// About these persons: requests named them, and whom the responses showed was not seen.
    Estimate,
}

impl CountBound {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Lower => "lower_bound",
            Self::Upper => "upper_bound",
            Self::Estimate => "estimate",
        }
    }
}

/// How exact an answer is: the numbers of responses, or persons, because of which it is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Responses that were released and could not be inspected: whom they showed is not known.
    pub uninspected: u64,
    /// Responses that Digue did not see, to requests that name nobody.
    pub unseen: u64,
    /// Persons named by requests whose responses Digue did not see: they may not have been shown.
    pub presumed: u64,
    /// Persons found only by a pattern, outside everything that the map describes: it may have been
    /// another number.
    pub swept: u64,
}

impl Quality {
    pub const fn bound(self) -> CountBound {
        // Where persons may be missing, the answer is a lower bound even if some of those listed
        // are uncertain: a notification must not call it complete. A response that was not seen may
        // have shown others than its request names, and not those: it bounds nothing.
        match self {
            Self {
                uninspected: 0,
                unseen: 0,
                presumed: 0,
                swept: 0,
            } => CountBound::Exact,
            Self {
                uninspected: 0,
                unseen: 0,
                presumed: 0,
                swept: 1..,
            } => CountBound::Upper,
            Self {
                uninspected: 0,
                unseen: 0,
                presumed: 1..,
                swept: _,
            } => CountBound::Estimate,
            Self {
                uninspected: 1.., ..
            }
            | Self { unseen: 1.., .. } => CountBound::Lower,
        }
    }
}

/// A name in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionName<'q> {
    Account(&'q AccountId),
    Organisation(&'q OrganisationId),
    Portal(&'q PortalId),
    Route(&'q RouteName),
}

/// An answer, or the names of the question that are unknown: a mistyped name must not be answered
/// with "nobody was shown".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    Known(T),
    UnknownSubject(Vec<String>),
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeAnswer {
    /// Sorted by population and person.
    pub persons: Vec<Affected>,
    /// Rows that the answer rests on: one for each person in each response.
    pub exposures: u64,
    pub quality: Quality,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_within_one_second_or_turned_round_has_no_time() {
        let at = |text: &str| Timestamp::parse_rfc3339(text);
        let of = |from: &str, to: &str| {
            let (from, to) = (at(from), at(to));
            ScopeQuestion {
                from,
                to,
                ..ScopeQuestion::default()
            }
            .is_of_no_time()
        };
        assert!(of("2025-11-22T03:00:00Z", "2025-11-22T03:00:00Z"));
        // Questions are of whole seconds: the end is not included.
        assert!(of("2025-11-22T03:00:00.1Z", "2025-11-22T03:00:00.9Z"));
        assert!(of("2025-11-22T03:00:01Z", "2025-11-22T03:00:00Z"));
        assert!(!of("2025-11-22T03:00:00Z", "2025-11-22T03:00:01Z"));
        assert!(!ScopeQuestion::default().is_of_no_time());
    }
}
