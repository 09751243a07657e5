//! The questions of the night of a breach, and their answers: who was shown, when, what, and which
//! entries prove it.

use std::collections::BTreeSet;

use digue_types::{
    AccountId, Category, OrganisationId, PersonRef, PopulationId, PortalId, RouteName, SessionId, Timestamp,
};
use ipnet::IpNet;

/// Which exposures are asked for; an empty list asks for all. Times are whole seconds: `from` is
/// within, `to` is not.
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

/// One person who was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub population: PopulationId,
    pub person: PersonRef,
    /// To the second; the entries have the microseconds.
    pub first: Timestamp,
    pub last: Timestamp,
    /// Times that the person was shown.
    pub times: u64,
    pub categories: BTreeSet<Category>,
    /// The entries that prove it, ascending.
    pub entries: Vec<u64>,
    /// At least one of them saw the person where the map describes persons.
    pub is_certain: bool,
}

impl Affected {
    /// Takes in what another identifier of the same person was shown.
    pub fn join(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.categories.extend(other.categories.iter().cloned());
        let shared = other.entries.iter().filter(|entry| self.entries.contains(entry)).count() as u64;
        // One response that shows two identifiers of a person showed the person once.
        self.times += other.times.saturating_sub(shared);
        self.entries.extend(&other.entries);
        self.entries.sort_unstable();
        self.entries.dedup();
        self.is_certain |= other.is_certain;
    }
}

/// On which side the true count may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountBound {
    /// These persons and no others.
    Exact,
    /// These persons, and perhaps others.
    Lower,
    /// These persons, or perhaps only some of them.
    Upper,
}

impl CountBound {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Lower => "lower_bound",
            Self::Upper => "upper_bound",
        }
    }
}

/// How good an answer is, with the responses that are the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Responses released that could not be looked into: whom they showed is not known.
    pub uninspected: u64,
    /// Responses that were not seen, of requests that name nobody.
    pub unseen: u64,
    /// Responses that were not seen, of requests that name persons: they may not have been shown.
    pub presumed: u64,
    /// Persons found by a pattern only, outside of what the map describes: it may have been another number.
    pub swept: u64,
}

impl Quality {
    pub const fn bound(self) -> CountBound {
        match self {
            Self { uninspected: 0, unseen: 0, presumed: 0, swept: 0 } => CountBound::Exact,
            Self { uninspected: 0, unseen: 0, .. } => CountBound::Upper,
            _ => CountBound::Lower,
        }
    }
}

/// What a question names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'q> {
    Account(&'q AccountId),
    Organisation(&'q OrganisationId),
    Portal(&'q PortalId),
    Route(&'q RouteName),
}

/// An answer, or the names that nobody knows: a name with a slip of the finger was not shown nobody.
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
