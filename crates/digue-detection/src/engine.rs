//! The engine: sightings go in one by one, findings come out.
//!
//! Memory is bounded by the number of accounts: each has a profile of bounded size. Rebuilt from
//! the same entries, the engine is in the same state. What is done about a finding is not known
//! here: the caller reports back what happened (`contained`, `left_open`, `reopened`,
//! `found_to_be_work`).

#[cfg(test)]
mod place_tests;

use std::time::Duration;

use digue_types::Timestamp;
use hashbrown::{HashMap, HashSet};

use crate::fusion::{Bars, Finding, Weight};
use crate::organisation_day::{OrganisationDay, UnknownPersons};
use crate::paging::ListPage;
use crate::places::{Agents, ClientPlace, hash};
use crate::profile::{FindingReference, PortalHabits, Profile};
use crate::recent_set::RecentSet;
use crate::shape::kind_of;
use crate::sighting::{Sighting, SightingKind};
use crate::signal::SignalKind;
use crate::surge::Surge;
use crate::tally::{DayCount, Work};
use crate::tuning::Tuning;

/// Settings of the engine.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    pub bars: Bars,
    /// Signals that are switched off.
    pub off: Vec<SignalKind>,
    /// Added to UTC, so that days and hours are local to the people who work.
    pub day_offset_secs: i32,
    /// Keys of the decoys.
    pub decoys: HashSet<u64>,
    /// The most new persons in one response, or by lists within ten minutes, that any work needs.
    pub listed_max: u32,
    /// For recorded work: an account that works so long after its containment is taken to have been
    /// reopened; `None` where the caller calls `reopened`. A record has no verdicts either: after
    /// the second such reopening within a month the work is taken to have been found to be work.
    pub reopens_after: Option<Duration>,
    /// Scheduled work.
    pub batches: Vec<DeclaredBatch>,
    /// The kind of work at each portal; [`Work::Files`] where none is given.
    pub work: Vec<(String, Work)>,
    /// Greatest number of profiles; further accounts share the last one.
    pub accounts_max: usize,
    pub tuning: Tuning,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            bars: Bars::default(),
            off: Vec::new(),
            day_offset_secs: 0,
            decoys: HashSet::new(),
            listed_max: 200,
            reopens_after: None,
            batches: Vec::new(),
            work: Vec::new(),
            accounts_max: 500_000,
            tuning: Tuning::default(),
        }
    }
}

/// Scheduled work: a nightly export, a program that fetches its files.
///
/// Within its hours, so many persons a day are not judged by number and pace. The response that
/// exceeds them is judged like any other, and decoys always are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclaredBatch {
    pub account: String,
    /// Minutes of the local day; the period may cross midnight.
    pub from_minute: u32,
    pub until_minute: u32,
    /// Greatest number of persons a day.
    pub persons: u32,
}

impl DeclaredBatch {
    fn holds(&self, minute: u32) -> bool {
        if self.from_minute <= self.until_minute {
            (self.from_minute..self.until_minute).contains(&minute)
        } else {
            minute >= self.from_minute || minute < self.until_minute
        }
    }

    /// The day on which its hours began: one night is one batch, before and after midnight.
    const fn day_of(&self, minute: u32, day: i32) -> i32 {
        let is_after_midnight = self.from_minute > self.until_minute && minute < self.until_minute;
        if is_after_midnight { day - 1 } else { day }
    }
}

/// Persons of a portal whose last reading is remembered; at most twice as many.
const SEEN: usize = 1 << 20;
/// A response with at most so many persons is a record page; one with more is a list.
const SHEET_PERSONS_MAX: usize = 2;
/// Days during which an account's lists show its caseload for the first time and are not judged as
/// new.
pub(crate) const FIRST_DAYS: i32 = 5;
/// See [`EngineOptions::reopens_after`].
const REOPENINGS_MAX: usize = 2;
/// A place that several accounts have used for so many days is an office, not a thief's.
const OFFICE_DAYS: i32 = 7;
/// An account is active if it worked within so many days.
const AT_WORK_DAYS: i32 = 7;
/// Greatest number of remembered places, and of networks that are followed.
pub(crate) const PLACES_MAX: usize = 65_536;

#[derive(Clone)]
pub(crate) struct PortalState {
    pub(crate) common: PortalHabits,
    seen: RecentSet,
    /// Share of the persons shown lately that were explained, as a moving average.
    pub(crate) explained: f32,
    /// Share of the latest responses that went to programs, as a moving average.
    pub(crate) programs: f32,
    pub(crate) surge: Surge,
}

#[derive(Clone)]
pub(crate) struct OrganisationState {
    pub(crate) name: String,
    pub(crate) organisation_day: OrganisationDay,
    pub(crate) unknown_persons: UnknownPersons,
    pub(crate) alerted_day: i32,
    pub(crate) surge: Surge,
}

/// A network, and the organisations that used it today.
#[derive(Clone, Default)]
pub(crate) struct NetworkUse {
    first_day: i32,
    day: i32,
    pub(crate) organisations: Vec<u32>,
    /// Days on which it was crowded. A mobile carrier's address is shared every day and says
    /// nothing.
    pub(crate) crowded_days: u16,
}

/// The accounts that use a place. Several of them over days mean an office behind one address, with
/// one browser.
#[derive(Clone, Copy)]
struct PlaceUsers {
    first_day: i32,
    /// The last day on which it was used.
    day: i32,
    last_account: u32,
    /// How often the account changed there, from 1; saturates, since a few are as good as many.
    accounts: u8,
}

/// Number of active accounts at a portal, and in one organisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AtWork {
    pub accounts: u32,
    pub of_organisation: u32,
}

/// Detection over all accounts.
#[derive(Clone)]
pub struct Engine {
    pub(crate) options: EngineOptions,
    pub(crate) portals: Vec<PortalState>,
    portal_names: HashMap<String, u32>,
    pub(crate) organisations: Vec<OrganisationState>,
    organisation_names: HashMap<String, u32>,
    pub(crate) profiles: Vec<Profile>,
    account_names: HashMap<String, u32>,
    /// Places of contained accounts, with the day of the containment and the account's number.
    pub(crate) remembered: HashMap<ClientPlace, (i32, u32)>,
    pub(crate) remembered_networks: HashMap<u32, (i32, u32)>,
    pub(crate) networks: HashMap<u32, NetworkUse>,
    tenants: HashMap<ClientPlace, PlaceUsers>,
    agents: Agents,
    /// Day, and persons of that day, of each declared batch.
    batched: Vec<(i32, u32)>,
}

/// The counts of one response.
#[derive(Default)]
pub(crate) struct ResponseCounts {
    /// Persons on a record page, new to the account and unexplained.
    pub(crate) new: u32,
    /// Persons in a list, new to the account and unexplained.
    pub(crate) listed: u32,
    pub(crate) decoys: u32,
}

impl Engine {
    pub fn new(options: EngineOptions) -> Self {
        Self {
            batched: vec![(-1, 0); options.batches.len()],
            options,
            portals: Vec::new(),
            portal_names: HashMap::new(),
            organisations: Vec::new(),
            organisation_names: HashMap::new(),
            profiles: Vec::new(),
            account_names: HashMap::new(),
            remembered: HashMap::new(),
            remembered_networks: HashMap::new(),
            networks: HashMap::new(),
            tenants: HashMap::new(),
            agents: Agents::default(),
        }
    }

    /// Observes one response; returns a finding when it reveals something new.
    ///
    /// Responses must come in the order of their time; see [`crate::Batches`] for those of one
    /// instant.
    pub fn observe(&mut self, sighting: &Sighting<'_>) -> Option<Finding> {
        let (second, day) = self.clock(sighting.at);
        let account = self.account(
            sighting.account,
            sighting.organisation,
            sighting.portal,
            day,
        );
        self.begin(account, day);
        if sighting.kind == SightingKind::Resource {
            let profile = &mut self.profiles[account];
            profile.has_fetched = true;
            self.portals[profile.portal as usize].common.fetches = true;
            return None;
        }
        let place = self.agents.place(sighting.ip, sighting.agent);
        let profile = &mut self.profiles[account];
        if profile.last_day != Some(day) {
            profile.dates.work(profile.last_day, day);
        }
        profile.last_day = Some(day);
        profile.last_place = place;
        profile.places.meet(sighting.session, place, second, day);
        if self.options.reopens_after.is_some_and(|after| {
            profile
                .contained
                .is_some_and(|at| u64::from(second.saturating_sub(at)) > after.as_secs())
        }) {
            profile.reopen(day);
            if profile.reopenings() >= REOPENINGS_MAX {
                let last = profile.last_containment();
                profile.confirm(&self.options.tuning, last, day);
            }
        }
        let portal = &mut self.portals[profile.portal as usize];
        portal.programs += 0.005 * (f32::from(u8::from(place.is_program)) - portal.programs);
        let met = match sighting.kind {
            SightingKind::Resource => unreachable!("returned above"),
            SightingKind::Shown => self.meet(account, sighting, second, day),
            SightingKind::Uninspected(_) => {
                profile.today.add(DayCount::Uninspected, 1);
                ResponseCounts::default()
            }
            SightingKind::Moved => {
                profile.places.refused(day);
                ResponseCounts::default()
            }
            SightingKind::Unmapped => {
                profile.today.add(DayCount::Unmapped, 1);
                ResponseCounts::default()
            }
            SightingKind::Refused => {
                profile.today.add(DayCount::Refused, 1);
                ResponseCounts::default()
            }
        };
        self.crowd(place, account, day);
        let organisation = self.profiles[account].organisation as usize;
        self.organisations[organisation].unknown_persons.add(
            &self.options.tuning,
            day,
            met.new + met.listed,
        );
        let found = self.judge(account, sighting, place, &met);
        found.or_else(|| self.many_unknown(account, sighting))
    }

    /// Records that an account was made; `made_with` is the number that the same leader made on
    /// that day, this one included.
    pub fn made(
        &mut self,
        at: Timestamp,
        account: &str,
        organisation: &str,
        portal: &str,
        made_with: u32,
    ) {
        let (_, day) = self.clock(at);
        let account = self.account(account, organisation, portal, day);
        let dates = &mut self.profiles[account].dates;
        (dates.made, dates.made_with) = (Some(day), made_with);
    }

    /// Records that an account was recovered: returned to its holder.
    pub fn recovered(&mut self, at: Timestamp, account: &str) {
        let (_, day) = self.clock(at);
        if let Some(&account) = self.account_names.get(account) {
            self.profiles[account as usize].dates.recovered = Some(day);
        }
    }

    /// Records that an account was cut off, by detection or by a person: the places it used lately
    /// are remembered.
    pub fn contained(&mut self, at: Timestamp, account: &str) {
        let (second, day) = self.clock(at);
        if let Some(&account) = self.account_names.get(account) {
            self.contain(account as usize, second, day);
        }
    }

    /// Records that the step taken for a finding left the account open: there is another finding
    /// when it continues and the odds are ten times worse.
    pub fn left_open(&mut self, finding: &Finding) {
        let (_, day) = self.clock(finding.at);
        let known = finding
            .account
            .as_ref()
            .and_then(|account| self.account_names.get(account));
        if let Some(&account) = known {
            let profile = &mut self.profiles[account as usize];
            (profile.contained, profile.stepped) = (None, Some((day, finding.evidence)));
        }
    }

    /// Records that an account was reopened. It may have been a theft nevertheless: what it did
    /// teaches nothing, its places stay remembered, and it is judged as before.
    pub fn reopened(&mut self, at: Timestamp, account: &str) {
        let (_, day) = self.clock(at);
        if let Some(&account) = self.account_names.get(account) {
            self.profiles[account as usize].reopen(day);
        }
    }

    /// Records the verdict of a person that the counts cited by a finding were work: so much is
    /// allowed for a fortnight, and teaches. Where `found_at` is not known, the finding that allows
    /// least is taken.
    pub fn found_to_be_work(
        &mut self,
        at: Timestamp,
        account: &str,
        weight: Weight,
        found_at: Option<Timestamp>,
    ) {
        let (_, day) = self.clock(at);
        let judged = FindingReference {
            weight,
            second: found_at.map(|at| self.clock(at).0),
        };
        if let Some(&owner) = self.account_names.get(account) {
            self.profiles[owner as usize].confirm(&self.options.tuning, judged, day);
            // Still contained for another finding: its places stay remembered.
            if self.profiles[owner as usize].contained.is_some() {
                return;
            }
            self.remembered.retain(|_, (_, whose)| *whose != owner);
            self.remembered_networks
                .retain(|_, (_, whose)| *whose != owner);
        }
    }

    /// The accounts that are contained, by detection or by people; sorted.
    pub fn contained_accounts(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .account_names
            .iter()
            .filter(|(_, number)| self.profiles[**number as usize].contained.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// Accounts that worked at a portal in the last seven days, and those of them in this
    /// organisation. Accounts without a named portal count at each.
    pub fn at_work(&self, at: Timestamp, portal: &str, organisation: &str) -> AtWork {
        let (_, day) = self.clock(at);
        let of_portal = [self.portal_names.get(portal), self.portal_names.get("")];
        let organisation = self.organisation_names.get(organisation);
        let mut at_work = AtWork::default();
        for profile in &self.profiles {
            let is_recent = profile
                .last_day
                .is_some_and(|last| day - last < AT_WORK_DAYS);
            if is_recent && of_portal.contains(&Some(&profile.portal)) {
                at_work.accounts += 1;
                at_work.of_organisation += u32::from(organisation == Some(&profile.organisation));
            }
        }
        at_work
    }

    /// True for the key of a decoy.
    pub fn is_decoy(&self, person: u64) -> bool {
        self.options.decoys.contains(&person)
    }

    /// Number of accounts that are followed.
    pub fn accounts(&self) -> usize {
        self.profiles.len()
    }

    /// Local second and day of an instant, since 1970; earlier ones become 0.
    pub(crate) fn clock(&self, at: Timestamp) -> (u32, i32) {
        let local = at
            .secs()
            .saturating_add(i64::from(self.options.day_offset_secs))
            .max(0);
        let second = u32::try_from(local).unwrap_or(u32::MAX);
        (
            second,
            i32::try_from(second / 86_400).expect("2^32 seconds are 49,710 days"),
        )
    }

    fn account(&mut self, account: &str, organisation: &str, portal: &str, day: i32) -> usize {
        if let Some(&known) = self.account_names.get(account) {
            self.move_to(known as usize, organisation);
            self.place_at(known as usize, portal);
            return known as usize;
        }
        if self.profiles.len() >= self.options.accounts_max {
            // All further accounts share a profile: they are judged together rather than not at
            // all.
            return self.profiles.len() - 1;
        }
        let portal = self.portal(portal);
        let organisation = self.organisation(organisation);
        self.organisations[organisation as usize]
            .organisation_day
            .accounts += 1;
        let number = u32::try_from(self.profiles.len()).expect("accounts_max is far below 2^32");
        self.account_names.insert(account.to_owned(), number);
        let mut profile = Profile::new(organisation, portal, day);
        profile.expect(
            &self.options.tuning,
            &self.portals[portal as usize].common,
            day,
        );
        self.profiles.push(profile);
        number as usize
    }

    /// Moves an account to its new organisation, among whose accounts it is judged from then on.
    fn move_to(&mut self, account: usize, organisation: &str) {
        let before = self.profiles[account].organisation as usize;
        if organisation.is_empty() || self.organisations[before].name == organisation {
            return;
        }
        let now = self.organisation(organisation);
        let organisation_day = &mut self.organisations[before].organisation_day;
        organisation_day.accounts = organisation_day.accounts.saturating_sub(1);
        self.organisations[now as usize].organisation_day.accounts += 1;
        let profile = &mut self.profiles[account];
        (profile.organisation, profile.of_organisation) =
            (now, crate::surge::SurgeShare::default());
        (profile.share, profile.share_day) = (0.0, profile.today.day);
    }

    /// Assigns an account that has not worked yet to the portal of its first visit.
    fn place_at(&mut self, account: usize, portal: &str) {
        if portal.is_empty() || self.profiles[account].last_day.is_some() {
            return;
        }
        let number = self.portal(portal);
        let profile = &mut self.profiles[account];
        if profile.portal != number {
            (profile.portal, profile.of_portal) = (number, crate::surge::SurgeShare::default());
            let common = &self.portals[number as usize].common;
            profile.expect(&self.options.tuning, common, profile.today.day);
        }
    }

    fn portal(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.portal_names.get(name) {
            return known;
        }
        let number = u32::try_from(self.portals.len()).expect("portals are configured one by one");
        let work = self
            .options
            .work
            .iter()
            .find(|(portal, _)| portal == name)
            .map(|(_, work)| *work);
        self.portals.push(PortalState {
            common: PortalHabits {
                work: work.unwrap_or_default(),
                first_day: i32::MAX,
                ..PortalHabits::default()
            },
            seen: RecentSet::new(SEEN),
            explained: 0.0,
            programs: 0.0,
            surge: Surge::new(
                self.options.tuning.portal_doubt,
                self.options.tuning.ordinary,
            ),
        });
        self.portal_names.insert(name.to_owned(), number);
        number
    }

    fn organisation(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.organisation_names.get(name) {
            return known;
        }
        let number =
            u32::try_from(self.organisations.len()).expect("fewer than 2^32 organisations exist");
        self.organisations.push(OrganisationState {
            name: name.to_owned(),
            organisation_day: OrganisationDay::default(),
            unknown_persons: UnknownPersons::default(),
            alerted_day: -1,
            surge: Surge::new(
                2.0 * self.options.tuning.portal_doubt,
                self.options.tuning.ordinary,
            ),
        });
        self.organisation_names.insert(name.to_owned(), number);
        number
    }

    fn begin(&mut self, account: usize, day: i32) {
        let profile = &self.profiles[account];
        if profile.today.day >= day {
            return;
        }
        if profile.last_day == Some(profile.today.day) {
            // The context of the finished day, so that its bets win or lose together with the day.
            let (mut signs, place) = (Vec::new(), profile.last_place);
            self.weigh_context(account, place, &mut signs);
        }
        let profile = &mut self.profiles[account];
        profile.begin(
            &self.options.tuning,
            day,
            &mut self.portals[profile.portal as usize].common,
        );
    }

    /// Counts a response in the declared batch whose hours it falls in; true while that is within
    /// its number.
    fn is_batch(&mut self, sighting: &Sighting<'_>, second: u32, day: i32) -> bool {
        let minute = second / 60 % 1440;
        let fits = |batch: &DeclaredBatch| batch.account == sighting.account && batch.holds(minute);
        let Some(place) = self.options.batches.iter().position(fits) else {
            return false;
        };
        let day = self.options.batches[place].day_of(minute, day);
        let (last, count) = &mut self.batched[place];
        if *last != day {
            (*last, *count) = (day, 0);
        }
        *count = count.saturating_add(u32::try_from(sighting.persons.len()).unwrap_or(u32::MAX));
        *count <= self.options.batches[place].persons
    }

    /// Counts the persons of a response, in the account's day and windows and in the portal's
    /// memory.
    fn meet(
        &mut self,
        account: usize,
        sighting: &Sighting<'_>,
        second: u32,
        day: i32,
    ) -> ResponseCounts {
        let is_batch = !self.options.batches.is_empty() && self.is_batch(sighting, second, day);
        let profile = &mut self.profiles[account];
        let portal = &mut self.portals[profile.portal as usize];
        let today = u16::try_from(day).unwrap_or(u16::MAX);
        let is_sheet = sighting.persons.len() <= SHEET_PERSONS_MAX;
        let mut met = ResponseCounts::default();
        profile.sheets.move_on(second);
        profile.lists.move_on(second);
        for person in sighting.persons {
            let key = (person.key ^ (person.key >> 32)) as u32;
            // By the whole key, of which the memory of persons keeps 32 bits; and before batches
            // are left out: decoys are judged there, too.
            met.decoys += u32::from(self.options.decoys.contains(&person.key));
            let last_read = portal.seen.meet(key, today);
            let is_new = profile.meet(key, today);
            portal.explained +=
                0.0005 * (f32::from(u8::from(person.is_explained)) - portal.explained);
            let is_strange = is_new && !person.is_explained;
            if is_batch {
                continue;
            }
            if is_sheet {
                profile.sheets.meet(second, key);
                if profile.opens(key) {
                    profile.today.add(DayCount::Sheets, 1);
                }
                if is_strange {
                    profile.today.add(DayCount::New, 1);
                    profile.today.add(DayCount::Reached, 1);
                    met.new += 1;
                }
                if is_new {
                    let kind = &mut profile.today.kinds[kind_of(last_read, today)];
                    *kind = kind.saturating_add(1);
                }
                let run = profile.order.next(person.number);
                profile.today.at_least(DayCount::Run, run);
            } else if is_strange {
                met.listed += 1;
                profile.lists.meet(second, key);
                profile.today.add(DayCount::Listed, 1);
            }
        }
        if met.listed > 0 {
            profile.list(day, met.listed);
        }
        if profile.age(day) >= FIRST_DAYS {
            // A name in a list counts as half a person opened: lists show tens at a time.
            profile.today.add(DayCount::Reached, met.listed.div_ceil(2));
        }
        self.note_response(account, sighting, second, day, met.listed > 0);
        self.note_share(account, day);
        met
    }

    /// Records the kind of a response, and the greatest counts of the day's windows.
    fn note_response(
        &mut self,
        account: usize,
        sighting: &Sighting<'_>,
        second: u32,
        day: i32,
        lists: bool,
    ) {
        let profile = &mut self.profiles[account];
        let is_sheet = sighting.persons.len() <= SHEET_PERSONS_MAX;
        let page = ListPage {
            second,
            action: hash(sighting.action),
            persons: sighting.persons.len(),
            is_list: !is_sheet,
            is_strange: lists,
        };
        let (pages, is_end) = profile.paging.next(page);
        profile.today.at_least(DayCount::Pages, pages);
        profile.today.add(DayCount::Ended, u32::from(is_end));
        if sighting.persons.is_empty() {
            profile.today.add(DayCount::Empty, 1);
        } else if is_sheet {
            profile.rhythm.meet(sighting.at.micros().div_euclid(1000));
            profile.today.hours |= 1 << hour_of(second, day);
        }
        if sighting.action == "search" {
            profile.today.add(DayCount::Searches, 1);
        }
        let (paced, all, lists) = (
            profile.sheets.paced(),
            profile.sheets.all(),
            profile.lists.all(),
        );
        let counts = [
            DayCount::PacedMinute,
            DayCount::PacedTen,
            DayCount::PacedHour,
        ];
        for (count, seen) in counts.into_iter().zip(paced) {
            profile.today.at_least(count, seen);
        }
        profile.today.at_least(DayCount::BurstMinute, all[0]);
        profile.today.at_least(DayCount::ListsTen, lists[1]);
    }

    /// Updates the account's part in the day of its portal and organisation, and its factor of the
    /// day.
    fn note_share(&mut self, account: usize, day: i32) {
        let profile = &mut self.profiles[account];
        let portal = &mut self.portals[profile.portal as usize];
        let organisation = &mut self.organisations[profile.organisation as usize];
        if let Some(mean) = profile.settled_mean() {
            let ratio = profile.today.count(DayCount::Sheets) as f32 / mean;
            portal.surge.note(&mut profile.of_portal, day, ratio);
            if !organisation.name.is_empty() {
                organisation
                    .surge
                    .note(&mut profile.of_organisation, day, ratio);
            }
        }
        // The other organisations of the portal explain a busy day; the account's own adds only
        // within a bound. With its own organisation in the factor, ten stolen accounts of fifteen
        // explained themselves (docs/decisions/0017).
        if organisation.name.is_empty() {
            profile.factor = portal.surge.factor(day);
            return;
        }
        let of_rest = portal.surge.factor_without(Some(&organisation.surge), day);
        let of_office = organisation.surge.factor(day);
        profile.factor = of_rest.max(of_office.min(of_rest * self.options.tuning.organisation_max));
    }

    /// Records that an organisation uses a network today.
    fn crowd(&mut self, place: ClientPlace, account: usize, day: i32) {
        if place.network == 0 {
            return;
        }
        if self.networks.len() >= PLACES_MAX && !self.networks.contains_key(&place.network) {
            // Full: what was not used for a week is forgotten, and new networks are ignored until
            // then.
            self.networks.retain(|_, network| day - network.day < 7);
            if self.networks.len() >= PLACES_MAX {
                return;
            }
        }
        let organisation = self.profiles[account].organisation;
        let network = self
            .networks
            .entry(place.network)
            .or_insert_with(|| NetworkUse {
                first_day: day,
                ..NetworkUse::default()
            });
        if network.day != day {
            if network.organisations.len() >= 4 {
                network.crowded_days = network.crowded_days.saturating_add(1);
            }
            network.day = day;
            network.organisations.clear();
        }
        // Sixteen say as much as a thousand: beyond four a network is crowded, and the list stays
        // short.
        if network.organisations.len() < 16 && !network.organisations.contains(&organisation) {
            network.organisations.push(organisation);
        }
        self.share_place(place, account, day);
    }

    /// Records that an account uses a place.
    fn share_place(&mut self, place: ClientPlace, account: usize, day: i32) {
        let account = u32::try_from(account).expect("accounts_max is far below 2^32");
        if self.tenants.len() >= PLACES_MAX && !self.tenants.contains_key(&place) {
            // As in `crowd`; otherwise an office that opens later would never be known as one.
            self.tenants.retain(|_, tenants| day - tenants.day < 7);
            if self.tenants.len() >= PLACES_MAX {
                return;
            }
        }
        let fresh = PlaceUsers {
            first_day: day,
            day,
            last_account: account,
            accounts: 1,
        };
        let tenants = self.tenants.entry(place).or_insert(fresh);
        tenants.day = day;
        if tenants.last_account != account {
            tenants.last_account = account;
            tenants.accounts = tenants.accounts.saturating_add(1);
        }
    }

    /// True when several accounts have used this place for a week: an office.
    pub(crate) fn is_office(&self, place: ClientPlace, day: i32) -> bool {
        let is_old = |first_day: i32| day - first_day >= OFFICE_DAYS;
        self.tenants
            .get(&place)
            .is_some_and(|tenants| tenants.accounts > 1 && is_old(tenants.first_day))
    }

    /// True when a network has been in use for a week, or is often crowded: it is not the thief's
    /// own, and is not remembered with a contained account.
    pub(crate) fn is_old_network(&self, network: u32, day: i32) -> bool {
        let known = self.networks.get(&network);
        known.is_some_and(|known| day - known.first_day >= OFFICE_DAYS || known.crowded_days >= 3)
    }
}

/// The hour of the day, plus 24 on Saturdays and Sundays.
fn hour_of(second: u32, day: i32) -> u32 {
    let hour = second / 3600 % 24;
    // 1970-01-01 was a Thursday: days 2 and 3 of each week are Saturday and Sunday.
    let is_rest = matches!(day.rem_euclid(7), 2 | 3);
    hour + if is_rest { 24 } else { 0 }
}

/// A key for a person known only by the text of the reference.
pub fn key_of(person: &str) -> u64 {
    let low = hash(person);
    let high = person.bytes().rev().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash.rotate_left(5) ^ u32::from(byte)).wrapping_mul(0x9e37_79b1)
    });
    u64::from(high) << 32 | u64::from(low)
}
