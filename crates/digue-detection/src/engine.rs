//! The door: entries go in one by one, findings come out.
//!
//! Memory is bounded by the number of accounts: each has a profile of fixed size. Made again from
//! the same entries it is the same.

use std::time::Duration;

use digue_types::Timestamp;
use hashbrown::{HashMap, HashSet};

use crate::company::{Company, Strangers};
use crate::fetching;
use crate::fusion::{Bars, CONTEXT_MAX, Finding, Weight, strongest, together};
use crate::known::Known;
use crate::paging::Page;
use crate::places::{Agents, Place, hash};
use crate::profile::{Common, Profile};
use crate::shape::kind_of;
use crate::sighting::{Kind, Sighting};
use crate::signal::{Figures, Signal, SignalKind};
use crate::slow::Exponents;
use crate::tally::{Count, RULES, SLOW};
use crate::volume;

/// How the engine is set.
#[derive(Clone, Debug)]
pub struct Options {
    pub bars: Bars,
    /// Signals that are not listened to.
    pub off: Vec<SignalKind>,
    /// Added to UTC, so that days and hours are those of the people who work.
    pub day_offset_secs: i32,
    /// Keys of persons who do not exist.
    pub decoys: HashSet<u64>,
    /// New persons by one response, or by lists in ten minutes, that no work needs.
    pub listed_max: u32,
    /// An account that works on after so long was opened again, as records of the past show it;
    /// `None` where reopening is told by `reopened`.
    pub reopens_after: Option<Duration>,
    /// Profiles; further accounts share one.
    pub accounts_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bars: Bars::default(),
            off: Vec::new(),
            day_offset_secs: 0,
            decoys: HashSet::new(),
            listed_max: 200,
            reopens_after: None,
            accounts_max: 500_000,
        }
    }
}

/// Persons of a portal whose last reading is remembered, at least.
const SEEN: usize = 1 << 20;
/// A response with more persons than this is a list.
const SHEET_PERSONS_MAX: usize = 2;
/// Devices and networks of contained accounts are remembered for so long.
const REMEMBERED_DAYS: i32 = 180;
/// Days with new persons by lists after which an account's lists are measured by its habits.
const LISTED_DAYS: usize = 3;
/// Above this share of responses, programs are the rule on a portal.
const PROGRAMS_RULE: f32 = 0.2;
/// An account that was left open under conditions is measured against that finding for so long.
const STEPPED_DAYS: i32 = 14;
/// Which networks many organisations share is known after so many days.
const CROWDS_KNOWN_AFTER: i32 = 7;
/// Requests of a day that no map describes, above which people are told.
const UNMAPPED_MAX: u32 = 1000;
/// Remembered places, and networks that are followed.
const PLACES_MAX: usize = 65_536;

#[derive(Clone)]
struct Portal {
    common: Common,
    seen: Known,
    /// Share of the persons shown lately that had an explanation.
    explained: f32,
    /// Share of the responses of late that went to programs.
    programs: f32,
    first_day: i32,
}

#[derive(Clone)]
struct Organisation {
    name: String,
    company: Company,
    strangers: Strangers,
    alerted_day: i32,
}

/// A network, and the organisations that used it today.
#[derive(Clone, Default)]
struct Network {
    day: i32,
    organisations: Vec<u32>,
    /// Days on which it was crowded: a carrier's address is shared every day.
    crowded_days: u16,
}

/// The watch over all accounts.
#[derive(Clone)]
pub struct Engine {
    options: Options,
    exponents: Exponents,
    portals: Vec<Portal>,
    portal_names: HashMap<String, u32>,
    organisations: Vec<Organisation>,
    organisation_names: HashMap<String, u32>,
    profiles: Vec<Profile>,
    account_names: HashMap<String, u32>,
    /// Places of contained accounts, with the day and whose they were.
    remembered: HashMap<Place, (i32, u32)>,
    remembered_networks: HashMap<u32, (i32, u32)>,
    networks: HashMap<u32, Network>,
    agents: Agents,
}

/// The persons of one response as `observe` met them.
#[derive(Default)]
struct Met {
    /// By sheets, new to the account and unexplained.
    new: u32,
    /// By lists, new to the account and unexplained.
    listed: u32,
    decoys: u32,
}

impl Engine {
    pub fn new(options: Options) -> Self {
        Self {
            options,
            exponents: Exponents::new(),
            portals: Vec::new(),
            portal_names: HashMap::new(),
            organisations: Vec::new(),
            organisation_names: HashMap::new(),
            profiles: Vec::new(),
            account_names: HashMap::new(),
            remembered: HashMap::new(),
            remembered_networks: HashMap::new(),
            networks: HashMap::new(),
            agents: Agents::default(),
        }
    }

    /// Takes in one response and says what it reveals, if anything new.
    ///
    /// Responses come in the order of their time; see [`crate::Batches`] for those of one instant.
    pub fn observe(&mut self, sighting: &Sighting<'_>) -> Option<Finding> {
        let (second, day) = self.clock(sighting.at);
        let account = self.account(sighting.account, sighting.organisation, sighting.portal, day);
        self.begin(account, day);
        if sighting.kind == Kind::Resource {
            let profile = &mut self.profiles[account];
            profile.has_fetched = true;
            self.portals[profile.portal as usize].common.fetches = true;
            return None;
        }
        let place = self.agents.place(sighting.ip, sighting.agent);
        let profile = &mut self.profiles[account];
        if profile.last_day != Some(day) {
            profile.standing.work(profile.last_day, day);
        }
        profile.last_day = Some(day);
        profile.places.meet(sighting.session, place, second, day);
        if self.options.reopens_after.is_some_and(|after| {
            profile.contained.is_some_and(|at| u64::from(second.saturating_sub(at)) > after.as_secs())
        }) {
            profile.clear(day);
        }
        let portal = &mut self.portals[profile.portal as usize];
        portal.programs += 0.005 * (f32::from(u8::from(place.is_program)) - portal.programs);
        let met = match sighting.kind {
            Kind::Resource => unreachable!("returned above"),
            Kind::Shown => self.meet(account, sighting, second, day),
            Kind::Uninspected(_) => {
                profile.today.add(Count::Uninspected, 1);
                Met::default()
            }
            Kind::Moved => {
                profile.places.refused(day);
                Met::default()
            }
            Kind::Unmapped => {
                profile.today.add(Count::Unmapped, 1);
                Met::default()
            }
            Kind::Refused => {
                profile.today.add(Count::Refused, 1);
                Met::default()
            }
        };
        self.crowd(place, account, day);
        let organisation = self.profiles[account].organisation as usize;
        self.organisations[organisation].strangers.add(day, met.new + met.listed);
        let found = self.judge(account, sighting, place, &met);
        found.or_else(|| self.many_strangers(account, sighting))
    }

    /// An account was made, together with so many by the same leader on that day, itself included.
    pub fn made(&mut self, at: Timestamp, account: &str, organisation: &str, portal: &str, made_with: u32) {
        let (_, day) = self.clock(at);
        let account = self.account(account, organisation, portal, day);
        let standing = &mut self.profiles[account].standing;
        (standing.made, standing.made_with) = (Some(day), made_with);
    }

    /// An account was given back to its holder.
    pub fn recovered(&mut self, at: Timestamp, account: &str) {
        let (_, day) = self.clock(at);
        if let Some(&account) = self.account_names.get(account) {
            self.profiles[account as usize].standing.recovered = Some(day);
        }
    }

    /// An account was cut off, by whomever: where it came from lately is remembered.
    pub fn contained(&mut self, at: Timestamp, account: &str) {
        let (second, day) = self.clock(at);
        if let Some(&account) = self.account_names.get(account) {
            self.contain(account as usize, second, day);
        }
    }

    /// What a finding revealed was answered by a step that leaves the account open: it is found again
    /// when it goes on and the odds are ten times worse.
    pub fn left_open(&mut self, finding: &Finding) {
        let (_, day) = self.clock(finding.at);
        let known = finding.account.as_ref().and_then(|account| self.account_names.get(account));
        if let Some(&account) = known {
            let profile = &mut self.profiles[account as usize];
            (profile.contained, profile.stepped) = (None, Some((day, finding.evidence)));
        }
    }

    /// An account was opened again, or its alert found to be work: what it did teaches.
    pub fn reopened(&mut self, at: Timestamp, account: &str) {
        let (_, day) = self.clock(at);
        if let Some(&account) = self.account_names.get(account) {
            let owner = account;
            self.profiles[account as usize].clear(day);
            self.remembered.retain(|_, (_, whose)| *whose != owner);
            self.remembered_networks.retain(|_, (_, whose)| *whose != owner);
        }
    }

    /// Accounts that were found to be stolen, or cut off by people.
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

    /// Accounts that are followed.
    pub fn accounts(&self) -> usize {
        self.profiles.len()
    }

    /// Second and day of an instant, where people work; before 1970 is 1970.
    fn clock(&self, at: Timestamp) -> (u32, i32) {
        let local = at.secs().saturating_add(i64::from(self.options.day_offset_secs)).max(0);
        let second = u32::try_from(local).unwrap_or(u32::MAX);
        (second, i32::try_from(second / 86_400).expect("49,710 at most"))
    }

    fn account(&mut self, account: &str, organisation: &str, portal: &str, day: i32) -> usize {
        if let Some(&known) = self.account_names.get(account) {
            return known as usize;
        }
        if self.profiles.len() >= self.options.accounts_max {
            // One profile for all further ones: they are watched, if not told apart.
            return self.profiles.len() - 1;
        }
        let portal = self.portal(portal, day);
        let organisation = self.organisation(organisation);
        self.organisations[organisation as usize].company.accounts += 1;
        let number = u32::try_from(self.profiles.len()).expect("bounded");
        self.account_names.insert(account.to_owned(), number);
        self.profiles.push(Profile::new(organisation, portal, day));
        number as usize
    }

    fn portal(&mut self, name: &str, first_day: i32) -> u32 {
        if let Some(&known) = self.portal_names.get(name) {
            return known;
        }
        let number = u32::try_from(self.portals.len()).expect("few portals");
        self.portals.push(Portal {
            common: Common::default(),
            seen: Known::new(SEEN),
            explained: 0.0,
            programs: 0.0,
            first_day,
        });
        self.portal_names.insert(name.to_owned(), number);
        number
    }

    fn organisation(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.organisation_names.get(name) {
            return known;
        }
        let number = u32::try_from(self.organisations.len()).expect("fewer than accounts");
        self.organisations.push(Organisation {
            name: name.to_owned(),
            company: Company::default(),
            strangers: Strangers::default(),
            alerted_day: -1,
        });
        self.organisation_names.insert(name.to_owned(), number);
        number
    }

    fn begin(&mut self, account: usize, day: i32) {
        let profile = &mut self.profiles[account];
        if profile.today.day < day {
            let common = &mut self.portals[profile.portal as usize].common;
            profile.begin(day, common, &self.exponents);
        }
    }

    /// Counts the persons of a response.
    fn meet(&mut self, account: usize, sighting: &Sighting<'_>, second: u32, day: i32) -> Met {
        let profile = &mut self.profiles[account];
        let portal = &mut self.portals[profile.portal as usize];
        let today = u16::try_from(day).unwrap_or(u16::MAX);
        let is_sheet = sighting.persons.len() <= SHEET_PERSONS_MAX;
        let mut met = Met::default();
        profile.sheets.move_on(second);
        profile.lists.move_on(second);
        for person in sighting.persons {
            let key = (person.key ^ (person.key >> 32)) as u32;
            met.decoys += u32::from(self.options.decoys.contains(&person.key));
            let last_read = portal.seen.meet(key, today);
            let is_new = profile.meet(key, today);
            portal.explained += 0.0005 * (f32::from(u8::from(person.is_explained)) - portal.explained);
            let is_strange = is_new && !person.is_explained;
            if is_sheet {
                profile.sheets.meet(second, key);
                if profile.opens(key) {
                    profile.today.add(Count::Sheets, 1);
                }
                if is_strange {
                    profile.today.add(Count::New, 1);
                    met.new += 1;
                }
                if is_new {
                    let kind = &mut profile.today.kinds[kind_of(last_read, today)];
                    *kind = kind.saturating_add(1);
                }
                let run = profile.order.next(person.number);
                profile.today.at_least(Count::Run, run);
            } else if is_strange {
                met.listed += 1;
                profile.lists.meet(second, key);
                profile.today.add(Count::Listed, 1);
            }
        }
        let page = Page {
            second,
            action: hash(sighting.action),
            persons: sighting.persons.len(),
            is_list: !is_sheet,
            is_strange: met.listed > 0,
        };
        let (pages, is_end) = profile.paging.next(page);
        profile.today.at_least(Count::Pages, pages);
        profile.today.add(Count::Ended, u32::from(is_end));
        if sighting.persons.is_empty() {
            profile.today.add(Count::Empty, 1);
        } else if is_sheet {
            profile.rhythm.meet(sighting.at.micros().div_euclid(1000));
            profile.today.hours |= 1 << hour_of(second, day);
        }
        if sighting.action == "search" {
            profile.today.add(Count::Searches, 1);
        }
        let (paced, all, lists) = (profile.sheets.paced(), profile.sheets.all(), profile.lists.all());
        let counts = [Count::PacedMinute, Count::PacedTen, Count::PacedHour];
        for (count, seen) in counts.into_iter().zip(paced) {
            profile.today.at_least(count, seen);
        }
        profile.today.at_least(Count::BurstMinute, all[0]);
        profile.today.at_least(Count::ListsTen, lists[1]);
        met
    }

    /// Which organisations use a network today.
    fn crowd(&mut self, place: Place, account: usize, day: i32) {
        if place.network == 0 {
            return;
        }
        if self.networks.len() >= PLACES_MAX && !self.networks.contains_key(&place.network) {
            self.networks.retain(|_, network| day - network.day < 7);
            if self.networks.len() >= PLACES_MAX {
                return;
            }
        }
        let organisation = self.profiles[account].organisation;
        let network = self.networks.entry(place.network).or_default();
        if network.day != day {
            if network.organisations.len() >= 4 {
                network.crowded_days = network.crowded_days.saturating_add(1);
            }
            network.day = day;
            network.organisations.clear();
        }
        if network.organisations.len() < 16 && !network.organisations.contains(&organisation) {
            network.organisations.push(organisation);
        }
    }

    /// Weighs what is known of the account now.
    fn judge(&mut self, account: usize, sighting: &Sighting<'_>, place: Place, met: &Met) -> Option<Finding> {
        let mut signals = Vec::new();
        let volume = self.volume(account, met, &mut signals);
        let hard = self.hard(account, met, &mut signals);
        let unmapped = self.unmapped(account, &mut signals);
        let profile = &self.profiles[account];
        if hard.max(unmapped) == 0.0 && volume < 0.3 && !self.is_placed(account, place) {
            // Nearly every response of nearly every day ends here.
            self.company(account, 0.0);
            return None;
        }
        let portal = &self.portals[profile.portal as usize];
        let mut context = Vec::new();
        self.context(account, place, &mut context);
        context.retain(|signal| !self.options.off.contains(&signal.kind));
        let around: f32 = context.iter().map(|signal| signal.evidence).sum::<f32>().clamp(0.0, 3.0);
        let (mut strangeness, kinds, hours) = profile.strangeness(&portal.common);
        if self.options.off.contains(&SignalKind::Shape) || self.options.off.contains(&SignalKind::Hours) {
            strangeness = 0.0;
        }
        for (kind, evidence) in [(SignalKind::Shape, kinds), (SignalKind::Hours, hours)] {
            let seen = profile.today.count(Count::New);
            signals.push(Signal { kind, evidence, figures: Figures { seen, ..Figures::default() } });
        }
        signals.append(&mut context);
        // Haste is not excused by its hour; a long rise is, by being the same work as ever.
        let context = (strangeness + around).clamp(-1.0, CONTEXT_MAX);
        let context = if self.is_fast(account) { context.max(0.0) } else { context };
        // A few persons at an odd hour from a new device are worth an alert, no more.
        let volume = volume.max(0.0);
        let total = (volume + context.min(1.25 * volume)).max(hard);
        let together = self.company(account, total);
        signals.extend(together);
        let total = together.map_or(total, |signal| total.max(signal.evidence)).max(unmapped);
        let found = self.find(account, sighting, total, signals);
        found.or_else(|| self.about_organisation(account, sighting, together?))
    }

    /// The bets of all counts, and their signals.
    fn volume(&self, account: usize, met: &Met, signals: &mut Vec<Signal>) -> f32 {
        let profile = &self.profiles[account];
        let common = &self.portals[profile.portal as usize].common;
        let today = &profile.today;
        let mut bets = [(0.0, -30.0); RULES.len() + SLOW.len()];
        let windows = [
            profile.sheets.paced()[0],
            profile.sheets.paced()[1],
            profile.sheets.paced()[2],
            profile.sheets.all()[0],
            profile.lists.all()[1],
        ];
        for (place, rule) in RULES.iter().enumerate() {
            let seen = windows.get(place).copied().unwrap_or_else(|| today.count(rule.count));
            if seen < 3 || self.options.off.contains(&rule.kind) {
                continue;
            }
            // The first list of a new account shows its whole caseload for the first time.
            if rule.count == Count::ListsTen && profile.levels.of(Count::Listed).days() < LISTED_DAYS {
                continue;
            }
            let usual = profile.usual(common, rule.count, today.day).min(rule.usual_max);
            if let Some(signal) = volume::above(rule.kind, seen, usual, rule.minutes) {
                bets[place] = (rule.weight, signal.evidence);
                signals.push(signal);
            }
        }
        for (place, (count, weight)) in SLOW.into_iter().enumerate() {
            let seen = today.count(count);
            if count == Count::Listed && (met.listed == 0 || profile.levels.of(count).days() < LISTED_DAYS) {
                continue;
            }
            let usual = profile.usual(common, count, today.day);
            let share = profile.levels.of(count).share_of(usual, today.day);
            let rise = profile.levels.slow[place].with(&self.exponents, today.day, seen, usual, share);
            let (kind, minutes) = if rise.days > 1 {
                (SignalKind::Slow, rise.days * 1440)
            } else {
                (self.kind_of_volume(profile, count), 1440)
            };
            if self.options.off.contains(&kind) {
                continue;
            }
            bets[RULES.len() + place] = (weight, rise.evidence);
            if rise.evidence > 0.1 {
                let figures = Figures::new(rise.counted, usual * rise.days as f32, minutes);
                signals.push(Signal { kind, evidence: rise.evidence, figures });
            }
        }
        together(bets.into_iter().filter(|(_, evidence)| *evidence > -10.0))
    }

    fn kind_of_volume(&self, profile: &Profile, count: Count) -> SignalKind {
        let is_fed = self.portals[profile.portal as usize].explained > 0.5;
        if is_fed && count != Count::Sheets { SignalKind::Unexplained } else { SignalKind::Volume }
    }

    /// What needs no history: persons who do not exist, exports beyond any work.
    fn hard(&self, account: usize, met: &Met, signals: &mut Vec<Signal>) -> f32 {
        let profile = &self.profiles[account];
        let mut hard = 0.0_f32;
        let mut say = |kind: SignalKind, evidence: f32, seen: u32, usual: u32, minutes: u32| {
            if !self.options.off.contains(&kind) {
                hard = hard.max(evidence);
                signals.push(Signal { kind, evidence, figures: Figures { seen, usual, minutes } });
            }
        };
        if met.decoys > 0 {
            say(SignalKind::Decoy, 8.0, met.decoys, 0, 0);
        }
        let max = self.options.listed_max;
        // What was found to be work once may be a little more, and still not a database.
        let max = if profile.is_cleared(profile.today.day) { max * 7 / 5 } else { max };
        if met.listed > max {
            say(SignalKind::Export, 6.0, met.listed, max, 0);
        } else if met.listed > 0 {
            let ten = profile.lists.all()[1];
            if ten > max {
                say(SignalKind::Lists, 6.0, ten, max, 10);
            }
            let day = profile.today.count(Count::Listed);
            let usual = profile.levels.of(Count::Listed);
            let own = usual.own().filter(|_| usual.days() >= 10).unwrap_or(0.0) * 2.0;
            if day as f32 > (max as f32 * 1.05).max(own) {
                say(SignalKind::Lists, 6.0, day, max, 1440);
            }
        }
        hard
    }

    /// A flood of requests that nothing describes is worth a word to people and no more, and is nobody's but this
    /// account's: a page that changed before its map did makes all of its readers do the same.
    fn unmapped(&self, account: usize, signals: &mut Vec<Signal>) -> f32 {
        let seen = self.profiles[account].today.count(Count::Unmapped);
        if seen < UNMAPPED_MAX || self.options.off.contains(&SignalKind::Unmapped) {
            return 0.0;
        }
        let Bars { alert, containment } = self.options.bars;
        let evidence = alert.min(containment - 0.1);
        let figures = Figures { seen, usual: UNMAPPED_MAX, minutes: 1440 };
        signals.push(Signal { kind: SignalKind::Unmapped, evidence, figures });
        evidence
    }

    /// What is not volume.
    fn context(&self, account: usize, place: Place, signals: &mut Vec<Signal>) {
        let profile = &self.profiles[account];
        let day = profile.today.day;
        let portal = &self.portals[profile.portal as usize];
        profile.places.signals(place, profile.worked(), portal.programs > PROGRAMS_RULE, signals);
        profile.standing.signals(day, signals);
        let sheets = profile.today.count(Count::Sheets);
        let usually = (profile.fetching, portal.common.fetching);
        if let Some(evidence) =
            fetching::evidence(sheets, usually.0, usually.1).filter(|_| !profile.has_fetched)
        {
            let figures = Figures { seen: sheets, ..Figures::default() };
            signals.push(Signal { kind: SignalKind::NoResources, evidence, figures });
        }
        if let Some((evidence, gap_ms)) = profile.rhythm.regularity() {
            let seconds = (gap_ms / 1000.0).round().max(1.0) as u32;
            signals.push(Signal {
                kind: SignalKind::Rhythm,
                evidence,
                figures: Figures { seen: seconds, ..Figures::default() },
            });
        }
        if let Some((evidence, seen)) = self.shared(account, place, day) {
            let figures = Figures { seen, ..Figures::default() };
            signals.push(Signal { kind: SignalKind::SharedPlace, evidence, figures });
        }
        if let Some(network) = self.networks.get(&place.network)
            && day - portal.first_day >= CROWDS_KNOWN_AFTER
            && network.crowded_days < 3
            && network.organisations.len() >= 4
        {
            let seen = network.organisations.len() as u32;
            let evidence = if seen >= 8 { 2.0 } else { 0.8 };
            let figures = Figures { seen, ..Figures::default() };
            signals.push(Signal { kind: SignalKind::CrowdedNetwork, evidence, figures });
        }
    }

    /// A place shared with an account that was cut off, and how many days ago.
    fn shared(&self, account: usize, place: Place, day: i32) -> Option<(f32, u32)> {
        let recent = |known: Option<&(i32, u32)>| {
            let (then, whose) = known?;
            let days = day - then;
            (*whose as usize != account && days < REMEMBERED_DAYS).then(|| days.unsigned_abs())
        };
        if let Some(days) = recent(self.remembered.get(&place)) {
            return Some((3.0, days));
        }
        recent(self.remembered_networks.get(&place.network)).map(|days| (0.7, days))
    }

    /// True when where it is asked from is worth a word by itself.
    fn is_placed(&self, account: usize, place: Place) -> bool {
        self.remembered.contains_key(&place) || self.profiles[account].places.has_moved()
    }

    fn is_fast(&self, account: usize) -> bool {
        let profile = &self.profiles[account];
        profile.sheets.paced()[1] > 15 || profile.lists.all()[1] > 60
    }

    /// What the account's evidence adds to its organisation's, and what they show together.
    fn company(&mut self, account: usize, evidence: f32) -> Option<Signal> {
        if self.options.off.contains(&SignalKind::Collusion) {
            return None;
        }
        let profile = &mut self.profiles[account];
        let day = profile.today.day;
        let company = &mut self.organisations[profile.organisation as usize].company;
        let before = if profile.share_day == day { profile.share } else { 0.0 };
        if before == 0.0 && evidence < 1.0 {
            return None;
        }
        (profile.share, profile.share_day) = (company.weigh(day, before, evidence), day);
        let (sum, accounts) = company.evidence(day)?;
        (sum >= self.options.bars.alert && evidence >= 1.0).then_some(Signal {
            kind: SignalKind::Collusion,
            evidence: sum,
            figures: Figures { seen: accounts, usual: 0, minutes: 1440 },
        })
    }

    /// Once a day: several accounts of the organisation together.
    fn about_organisation(
        &mut self,
        account: usize,
        sighting: &Sighting<'_>,
        together: Signal,
    ) -> Option<Finding> {
        let profile = &self.profiles[account];
        let day = profile.today.day;
        let organisation = &mut self.organisations[profile.organisation as usize];
        if organisation.alerted_day == day || together.evidence < self.options.bars.containment {
            return None;
        }
        organisation.alerted_day = day;
        Some(Finding {
            at: sighting.at,
            account: None,
            organisation: organisation.name.clone(),
            portal: sighting.portal.to_owned(),
            weight: Weight::Alert,
            evidence: together.evidence,
            signals: vec![together],
            persons: 0,
            is_repeated: false,
        })
    }

    /// Once a day: the organisation as a whole reads more strangers than it ever does.
    fn many_strangers(&mut self, account: usize, sighting: &Sighting<'_>) -> Option<Finding> {
        let profile = &self.profiles[account];
        let kind = self.kind_of_volume(profile, Count::New);
        let (number, day) = (profile.organisation as usize, profile.today.day);
        let organisation = &self.organisations[number];
        let (evidence, seen, usual) = organisation.strangers.evidence()?;
        let is_news = organisation.alerted_day != day && evidence >= self.options.bars.containment;
        if !is_news || self.options.off.contains(&kind) {
            return None;
        }
        let signal = Signal { kind, evidence, figures: Figures::new(seen, usual, 1440) };
        self.organisations[number].alerted_day = day;
        Some(Finding {
            at: sighting.at,
            account: None,
            organisation: self.organisations[number].name.clone(),
            portal: sighting.portal.to_owned(),
            weight: Weight::Alert,
            evidence,
            signals: vec![signal],
            persons: 0,
            is_repeated: false,
        })
    }

    /// A finding, when it says more than the last one.
    fn find(
        &mut self,
        account: usize,
        sighting: &Sighting<'_>,
        total: f32,
        signals: Vec<Signal>,
    ) -> Option<Finding> {
        let (second, day) = self.clock(sighting.at);
        let bars = self.options.bars;
        let profile = &mut self.profiles[account];
        if profile.contained.is_some() || total < bars.alert {
            return None;
        }
        let stepped = profile.stepped.filter(|(then, _)| day - then < STEPPED_DAYS);
        if stepped.is_some_and(|(_, evidence)| total < evidence + 1.0) {
            return None;
        }
        let is_containment = total >= bars.containment;
        if !is_containment {
            // Once a day, and again when the odds are ten times worse.
            if profile.alerted.is_some_and(|(then, evidence)| day - then < 7 && total < evidence + 1.0) {
                return None;
            }
            profile.alerted = Some((day, total));
        }
        let persons = profile.today.count(Count::Sheets) + profile.today.count(Count::Listed);
        let organisation = self.organisations[profile.organisation as usize].name.clone();
        if is_containment {
            self.contain(account, second, day);
        }
        Some(Finding {
            at: sighting.at,
            account: Some(sighting.account.to_owned()),
            organisation,
            portal: sighting.portal.to_owned(),
            weight: if is_containment { Weight::Containment } else { Weight::Alert },
            evidence: total,
            signals: strongest(signals),
            persons,
            is_repeated: stepped.is_some(),
        })
    }

    fn contain(&mut self, account: usize, second: u32, day: i32) {
        let owner = u32::try_from(account).expect("bounded");
        let profile = &mut self.profiles[account];
        profile.contained = Some(second);
        let places: Vec<Place> = profile.places.recent(day).collect();
        for place in places {
            if self.remembered.len() >= PLACES_MAX || self.remembered_networks.len() >= PLACES_MAX {
                self.remembered.retain(|_, (then, _)| day - *then < 30);
                self.remembered_networks.retain(|_, (then, _)| day - *then < 30);
            }
            if place.agent != 0 && place.network != 0 {
                self.remembered.insert(place, (day, owner));
            }
            let is_common =
                self.networks.get(&place.network).is_some_and(|network| network.crowded_days >= 3);
            if place.network != 0 && !is_common {
                self.remembered_networks.insert(place.network, (day, owner));
            }
        }
    }
}

/// The hour of the day, 24 later on Saturdays and Sundays.
fn hour_of(second: u32, day: i32) -> u32 {
    let hour = second / 3600 % 24;
    // 1970-01-01 was a Thursday.
    let is_rest = matches!(day.rem_euclid(7), 2 | 3);
    hour + if is_rest { 24 } else { 0 }
}

/// A key for a person of whom only the text is known.
pub fn key_of(person: &str) -> u64 {
    let low = hash(person);
    let high = person.bytes().rev().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash.rotate_left(5) ^ u32::from(byte)).wrapping_mul(0x9e37_79b1)
    });
    u64::from(high) << 32 | u64::from(low)
}
