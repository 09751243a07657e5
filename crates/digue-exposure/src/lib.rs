//! Who saw whom: an index over the journal, rebuilt from it and fed by it.
//!
//! In memory, exact, in the order of the journal. It decides nothing and can always be thrown away:
//! the journal is the truth. (The index of a national population, with its own files, is to come;
//! this one takes about 60 bytes for each exposure.)

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use digue_journal::Committed;
use digue_types::{
    AccountId, Administration, Basis, Event, Exposure, Inspection, OrganisationId, Outcome, PersonRef,
    PopulationId, PortalId, Reason, RouteName, Timestamp,
};
use hashbrown::HashMap;

/// One exposure, without what only the journal needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Index of the journal entry.
    pub entry: u64,
    pub at: Timestamp,
    pub portal: PortalId,
    pub route: RouteName,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub outcome: Outcome,
    pub inspection: Inspection,
    pub reasons: Vec<Reason>,
    /// Persons shown, by right; empty when refused.
    pub shown: u32,
    /// Persons found in the response, also when it was refused.
    pub found: u32,
}

/// One person shown to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    pub entry: u64,
    pub at: Timestamp,
    pub portal: PortalId,
    pub route: RouteName,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub basis: Basis,
}

/// What happened in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Persons shown, each time they were.
    pub persons: u64,
    pub responses: u64,
    pub refused: u64,
}

/// How much of a portal's traffic Digue looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Responses with persons, inspected.
    pub inspected: u64,
    pub uninspected: u64,
    pub uninspected_bytes: u64,
    /// Requests for routes that the map does not know.
    pub outside_map: u64,
    pub refused: u64,
    pub would_refuse: u64,
    /// Reported by the portal, or known from the request alone.
    pub unseen: u64,
}

type Dense = u32;

/// The index.
#[derive(Debug, Default)]
pub struct Index {
    size: u64,
    exposures: Vec<Seen>,
    acts: Vec<(u64, Administration)>,
    persons: HashMap<PopulationId, HashMap<PersonRef, Dense>>,
    names: Vec<PersonRef>,
    /// For each person: place in `exposures`, and right.
    by_person: Vec<Vec<(Dense, Basis)>>,
    /// For each exposure: its persons.
    shown: Vec<Vec<(Dense, Basis)>>,
    by_account: HashMap<AccountId, Vec<Dense>>,
    minutes: BTreeMap<i64, Minute>,
    coverage: BTreeMap<PortalId, Coverage>,
}

/// Minutes kept for the picture of a day.
const MINUTES_MAX: usize = 2 * 24 * 60;

impl Index {
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries taken in.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes in one entry; entries come in order and without gap.
    ///
    /// # Panics
    /// When an entry was skipped: an index with a hole would give wrong answers for ever.
    pub fn add(&mut self, committed: &Committed) {
        assert_eq!(committed.index, self.size, "the index takes entries in order");
        self.size += 1;
        match &committed.event {
            Event::Exposure(exposure) => self.add_exposure(committed.index, exposure),
            Event::Administration(act) => self.acts.push((committed.index, act.clone())),
        }
    }

    fn add_exposure(&mut self, entry: u64, exposure: &Exposure) {
        self.count(exposure);
        let place = Dense::try_from(self.exposures.len()).expect("fewer than 4 billion exposures in memory");
        let mut shown = Vec::new();
        for group in &exposure.shown {
            for person in &group.persons {
                let dense = self.dense(&exposure.population, person);
                self.by_person[dense as usize].push((place, group.basis));
                shown.push((dense, group.basis));
            }
        }
        self.by_account.entry(exposure.account.clone()).or_default().push(place);
        self.exposures.push(Seen {
            entry,
            at: exposure.at,
            portal: exposure.portal.clone(),
            route: exposure.route.clone(),
            account: exposure.account.clone(),
            organisation: exposure.organisation.clone(),
            outcome: exposure.outcome,
            inspection: exposure.inspection,
            reasons: exposure.reasons.clone(),
            shown: u32::try_from(shown.len()).unwrap_or(u32::MAX),
            found: exposure.persons_found,
        });
        self.shown.push(shown);
    }

    fn dense(&mut self, population: &PopulationId, person: &PersonRef) -> Dense {
        let next = Dense::try_from(self.names.len()).expect("fewer than 4 billion persons");
        if let Some(dense) = self.persons.get(population).and_then(|known| known.get(person)) {
            return *dense;
        }
        self.persons.entry(population.clone()).or_default().insert(person.clone(), next);
        self.names.push(person.clone());
        self.by_person.push(Vec::new());
        next
    }

    fn count(&mut self, exposure: &Exposure) {
        let minute = self.minutes.entry(exposure.at.secs().div_euclid(60)).or_default();
        minute.persons += exposure.persons().count() as u64;
        let coverage = self.coverage.entry(exposure.portal.clone()).or_default();
        // The parts of one response count once.
        if exposure.part == 1 {
            minute.responses += 1;
            minute.refused += u64::from(exposure.outcome == Outcome::Refused);
            match exposure.outcome {
                Outcome::Refused if exposure.reasons.contains(&Reason::UnknownRoute) => {
                    coverage.outside_map += 1;
                }
                Outcome::Refused => coverage.refused += 1,
                Outcome::WouldRefuse => coverage.would_refuse += 1,
                Outcome::Released => {}
            }
            if exposure.is_released() {
                match exposure.inspection {
                    Inspection::Inspected => coverage.inspected += 1,
                    Inspection::Reported | Inspection::RequestOnly => coverage.unseen += 1,
                    _ => coverage.uninspected += 1,
                }
            }
        }
        if exposure.is_released() && exposure.inspection.is_uninspected() {
            coverage.uninspected_bytes += exposure.body_bytes;
        }
        while self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_first();
        }
    }

    /// The last `count` minutes up to `now`, oldest first, silent ones included.
    pub fn minutes(&self, now: Timestamp, count: i64) -> Vec<(Timestamp, Minute)> {
        let last = now.secs().div_euclid(60);
        (last - count + 1..=last)
            .map(|minute| {
                let counts = self.minutes.get(&minute).copied().unwrap_or_default();
                (Timestamp::from_secs(minute * 60), counts)
            })
            .collect()
    }

    pub fn coverage(&self, portal: &PortalId) -> Coverage {
        self.coverage.get(portal).copied().unwrap_or_default()
    }

    /// The last `count` exposures of `account`, newest first.
    pub fn of_account(&self, account: &AccountId, count: usize) -> Vec<&Seen> {
        let places = self.by_account.get(account).map(Vec::as_slice).unwrap_or_default();
        places.iter().rev().take(count).map(|&place| &self.exposures[place as usize]).collect()
    }

    /// Distinct persons ever shown to `account`, with how often and when last, most recent first.
    pub fn persons_of(&self, account: &AccountId) -> Vec<(&PersonRef, u32, Timestamp)> {
        let mut persons: BTreeMap<Dense, (u32, Timestamp)> = BTreeMap::new();
        for &place in self.by_account.get(account).map(Vec::as_slice).unwrap_or_default() {
            let at = self.exposures[place as usize].at;
            for (person, _) in &self.shown[place as usize] {
                let known = persons.entry(*person).or_insert((0, at));
                *known = (known.0 + 1, known.1.max(at));
            }
        }
        let mut list: Vec<_> = persons
            .into_iter()
            .map(|(person, (times, at))| (&self.names[person as usize], times, at))
            .collect();
        list.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
        list
    }

    /// Distinct persons shown to `account` in each period; `period_of` numbers them.
    pub fn persons_by(
        &self,
        account: &AccountId,
        period_of: &dyn Fn(Timestamp) -> i64,
    ) -> BTreeMap<i64, usize> {
        let mut sets: BTreeMap<i64, HashSet<Dense>> = BTreeMap::new();
        for &place in self.by_account.get(account).map(Vec::as_slice).unwrap_or_default() {
            let period = sets.entry(period_of(self.exposures[place as usize].at)).or_default();
            period.extend(self.shown[place as usize].iter().map(|(person, _)| *person));
        }
        sets.into_iter().map(|(period, persons)| (period, persons.len())).collect()
    }

    /// Acts of an account, and acts upon it, newest first.
    pub fn acts_about(&self, account: &AccountId, count: usize) -> Vec<&(u64, Administration)> {
        let named = format!("account:{account}");
        let is_about = |act: &Administration| act.actor == *account || act.subject == named;
        self.acts.iter().rev().filter(|(_, act)| is_about(act)).take(count).collect()
    }

    /// Distinct persons shown to `account` from `from` to `to`, both included, with the last time of
    /// each; the last first.
    pub fn persons_between(
        &self,
        account: &AccountId,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(PersonRef, Timestamp)> {
        let mut last: BTreeMap<Dense, Timestamp> = BTreeMap::new();
        for &place in self.by_account.get(account).map(Vec::as_slice).unwrap_or_default() {
            let at = self.exposures[place as usize].at;
            if at < from || at > to {
                continue;
            }
            for (person, _) in &self.shown[place as usize] {
                let known = last.entry(*person).or_insert(at);
                *known = at.max(*known);
            }
        }
        let mut list: Vec<_> =
            last.into_iter().map(|(person, at)| (self.names[person as usize].clone(), at)).collect();
        list.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        list
    }

    /// Everyone who was shown `person`, in any population, newest first.
    pub fn of_person(&self, person: &PersonRef) -> Vec<Sight> {
        let mut sights: Vec<Sight> = Vec::new();
        // Populations are few; a person is looked up in each.
        for &dense in self.persons.values().filter_map(|known| known.get(person)) {
            for (place, basis) in &self.by_person[dense as usize] {
                let seen = &self.exposures[*place as usize];
                sights.push(Sight {
                    entry: seen.entry,
                    at: seen.at,
                    portal: seen.portal.clone(),
                    route: seen.route.clone(),
                    account: seen.account.clone(),
                    organisation: seen.organisation.clone(),
                    basis: *basis,
                });
            }
        }
        sights.sort_by_key(|sight| std::cmp::Reverse(sight.entry));
        sights
    }

    /// The last `count` exposures of all, newest first.
    pub fn recent(&self, count: usize) -> impl Iterator<Item = &Seen> {
        self.exposures.iter().rev().take(count)
    }

    /// The last `count` acts of administration, newest first.
    pub fn acts(&self, count: usize) -> impl Iterator<Item = &(u64, Administration)> {
        self.acts.iter().rev().take(count)
    }

    /// Distinct persons shown on `portal` within `length` before `now`.
    pub fn distinct_since(&self, now: Timestamp, length: Duration) -> usize {
        let since = now.minus(length);
        let mut persons = HashSet::new();
        for (place, seen) in self.exposures.iter().enumerate().rev() {
            // Entries are in the order they were committed, which is that of time but for seconds.
            if seen.at.plus(Duration::from_mins(10)) < since {
                break;
            }
            if seen.at > since {
                persons.extend(self.shown[place].iter().map(|(person, _)| *person));
            }
        }
        persons.len()
    }

    pub fn persons(&self) -> usize {
        self.names.len()
    }
}
