//! Weighs the evidence about an account after each response, and makes the findings.
//!
//! Counting is done in `engine`, the weight of a count against its usual level in `volume` and
//! `daily`, the sum in `fusion`.

use crate::daily::DayContext;
use crate::engine::{Engine, FIRST_DAYS, PLACES_MAX, ResponseCounts};
use crate::fetching;
use crate::fusion::{Bars, CONTEXT_MAX, Finding, Surroundings, Weight, strongest, together};
use crate::organisation_day::OrganisationDay;
use crate::places::ClientPlace;
use crate::profile::{LIST_DAYS, Profile};
use crate::sighting::Sighting;
use crate::signal::{Figures, Signal, SignalKind};
use crate::tally::{DAILY, DayCount, RULES, SHEETS};
use crate::volume;

/// Days of a portal after which it is known which networks many organisations share.
const CROWDS_KNOWN_AFTER: u32 = 7;
/// Requests in a day that no map describes, from which on there is an alert.
const UNMAPPED_MAX: u32 = 1000;

/// How many days devices and networks of contained accounts are remembered.
const REMEMBERED_DAYS: i32 = 180;
/// Above this share of responses, programs are normal on a portal.
const PROGRAMS_RULE: f32 = 0.2;
/// How many days an account that a step left open is compared with the finding that led to it.
const STEPPED_DAYS: i32 = 14;

impl Engine {
    /// Weighs the account's evidence after a response.
    pub(crate) fn judge(
        &mut self,
        account: usize,
        sighting: &Sighting<'_>,
        place: ClientPlace,
        met: &ResponseCounts,
    ) -> Option<Finding> {
        let mut signals = Vec::new();
        let fast = self.windows(account, &mut signals);
        let hard = self.hard(account, met, &mut signals);
        let unmapped = self.unmapped(account, &mut signals);
        let slow = self.days(account, DayContext::default(), &mut Vec::new());
        let is_loud =
            hard.max(unmapped) > 0.0 || together([(0.0, fast), (0.0, slow)].into_iter()) >= 0.3;
        if !is_loud && !self.is_placed(account, place) {
            // Nearly every response of nearly every day ends here, before the costly part.
            self.organisation_day(account, 0.0);
            return None;
        }
        let mut signs = Vec::new();
        let elsewhere = self.weigh_context(account, place, &mut signs);
        let (strangeness, habits) = self.strangeness(account, &mut signals);
        signals.append(&mut signs);
        // Familiar hours and kinds of persons do not excuse haste. They do weaken a long rise,
        // which may be more of the same work.
        let context = (strangeness + elsewhere.max(0.0)).clamp(-1.0, CONTEXT_MAX);
        let context = if self.is_fast(account) {
            context.max(0.0)
        } else {
            context
        };
        let fast = fast.max(0.0);
        let fast = fast + context.min(1.25 * fast);
        let slow = self.days(account, DayContext { habits, elsewhere }, &mut signals);
        let total = together([(0.0, fast), (0.0, slow)].into_iter()).max(hard);
        let shared = self.organisation_day(account, total);
        signals.extend(shared);
        let total = shared
            .map_or(total, |signal| total.max(signal.evidence))
            .max(unmapped);
        let found = self.find(account, sighting, total, signals);
        found.or_else(|| self.about_organisation(account, sighting, shared?))
    }

    /// How unusual the work is for this account: over the last days, and today alone.
    fn strangeness(&self, account: usize, signals: &mut Vec<Signal>) -> (f32, f32) {
        let profile = &self.profiles[account];
        let common = &self.portals[profile.portal as usize].common;
        let (days, kinds, hours) = profile.strangeness(common);
        let off = &self.options.off;
        let is_on = |kind: SignalKind| !off.contains(&kind);
        // What earlier days held is known as one sum of both: without one of them it is not used.
        let days = if is_on(SignalKind::Shape) && is_on(SignalKind::Hours) {
            days
        } else {
            0.0
        };
        let kinds = if is_on(SignalKind::Shape) { kinds } else { 0.0 };
        let hours = if is_on(SignalKind::Hours) { hours } else { 0.0 };
        for (kind, evidence) in [(SignalKind::Shape, kinds), (SignalKind::Hours, hours)] {
            if !is_on(kind) {
                continue;
            }
            let seen = profile.today.count(DayCount::New);
            signals.push(Signal {
                kind,
                evidence,
                figures: Figures {
                    seen,
                    ..Figures::default()
                },
            });
        }
        (days, (kinds + hours).clamp(-1.0, 2.0))
    }

    /// The bets of the counts within minutes, hours and the day.
    fn windows(&self, account: usize, signals: &mut Vec<Signal>) -> f32 {
        let profile = &self.profiles[account];
        let today = &profile.today;
        let mut bets = [(0.0, -30.0); RULES.len()];
        for (place, rule) in RULES.iter().enumerate() {
            let seen = self.seen_in_window(profile, place);
            // In its first days an account's lists show its caseload for the first time.
            let is_first = rule.count == DayCount::ListsTen && profile.age(today.day) < FIRST_DAYS;
            if seen < 3 || is_first || self.options.off.contains(&rule.kind) {
                continue;
            }
            let usual = self.usual_in_window(profile, place);
            if let Some(signal) = volume::above(rule.kind, seen, usual, rule.minutes) {
                bets[place] = (rule.weight, signal.evidence);
                signals.push(signal);
            }
        }
        together(bets.into_iter().filter(|(_, evidence)| *evidence > -10.0))
    }

    fn seen_in_window(&self, profile: &Profile, place: usize) -> u32 {
        let windows = [
            profile.sheets.paced()[0],
            profile.sheets.paced()[1],
            profile.sheets.paced()[2],
            profile.sheets.all()[0],
            profile.lists.all()[1],
        ];
        windows
            .get(place)
            .copied()
            .unwrap_or_else(|| profile.today.count(RULES[place].count))
    }

    /// The usual level of a rule's count on this day. It exceeds the rule's bound only where a
    /// person once gave the verdict that it was work: no habit makes haste usual by itself.
    fn usual_in_window(&self, profile: &Profile, place: usize) -> f32 {
        let rule = &RULES[place];
        let usual = profile.usual(rule.count, profile.today.day);
        // The factor of a busy day applies from ten minutes on: it does not excuse haste within a
        // minute.
        let is_longer = rule.minutes >= 10;
        let usual = if is_longer {
            usual * profile.factor
        } else {
            usual
        };
        if profile.is_confirmed(rule.count) {
            usual
        } else {
            usual.min(rule.usual_max)
        }
    }

    /// The bets of whole days.
    fn days(&self, account: usize, context: DayContext, signals: &mut Vec<Signal>) -> f32 {
        let profile = &self.profiles[account];
        let common = &self.portals[profile.portal as usize].common;
        // No evidence at all: far below any weight, and finite, so that sums stay numbers.
        let mut bets = [(0.0, -30.0); DAILY.len()];
        for (place, (count, weight)) in DAILY.into_iter().enumerate() {
            let Some(rise) = profile.rise(&self.options.tuning, place, &profile.today, context)
            else {
                continue;
            };
            let (kind, minutes) = if rise.days > 1 {
                (SignalKind::Slow, rise.days * 1440)
            } else {
                (self.kind_of_day(profile, count), 1440)
            };
            if self.options.off.contains(&kind) {
                continue;
            }
            bets[place] = (weight, rise.evidence);
            if rise.evidence > 0.1 {
                let mut figures = Figures::new(rise.counted, rise.upper, minutes);
                if kind == SignalKind::Lists {
                    figures.seen =
                        profile.today.count(DayCount::Listed) + profile.today.count(DayCount::New);
                }
                signals.push(Signal {
                    kind,
                    evidence: rise.evidence,
                    figures,
                });
            }
        }
        let evidence = together(bets.into_iter());
        // While a portal is new, a day's number alone raises no alert. Haste, and lists beyond any
        // work, do.
        let most = if common.is_early(profile.today.day) {
            self.options.bars.alert - 0.1
        } else {
            f32::MAX
        };
        evidence.min(most)
    }

    fn kind_of_day(&self, profile: &Profile, count: DayCount) -> SignalKind {
        let is_by_lists =
            profile.today.count(DayCount::Listed) * 2 > profile.today.count(DayCount::Reached);
        if count == DayCount::Reached && is_by_lists {
            SignalKind::Lists
        } else {
            self.kind_of_volume(profile, count)
        }
    }

    fn kind_of_volume(&self, profile: &Profile, count: DayCount) -> SignalKind {
        let is_fed = self.portals[profile.portal as usize].explained > 0.5;
        if is_fed && count != DayCount::Sheets {
            SignalKind::Unexplained
        } else {
            SignalKind::Volume
        }
    }

    /// Evidence that needs no history: decoys, and lists and exports beyond any work.
    fn hard(&self, account: usize, met: &ResponseCounts, signals: &mut Vec<Signal>) -> f32 {
        let profile = &self.profiles[account];
        let mut hard = 0.0_f32;
        let mut say = |kind: SignalKind, evidence: f32, seen: u32, usual: u32, minutes: u32| {
            if !self.options.off.contains(&kind) {
                hard = hard.max(evidence);
                signals.push(Signal {
                    kind,
                    evidence,
                    figures: Figures {
                        seen,
                        usual,
                        minutes,
                    },
                });
            }
        };
        if met.decoys > 0 {
            // Reaches the highest bar that can be configured (10^8 days): no work leads to a
            // fictitious person.
            say(SignalKind::Decoy, 8.0, met.decoys, 0, 0);
        }
        // More than any work needs, unless a person gave the verdict that such lists were work.
        let usual = profile.levels.of(DayCount::Listed);
        let learnt = usual
            .own()
            .filter(|_| usual.days() >= 10 && profile.is_confirmed(DayCount::Listed));
        let known = learnt.unwrap_or(0.0) * 1.5;
        let allowed = profile
            .allowed(DayCount::Listed, profile.today.day)
            .unwrap_or(0.0);
        let max = self.options.listed_max.max(known.max(allowed) as u32);
        if met.listed > max {
            say(SignalKind::Export, 6.0, met.listed, max, 0);
        } else if met.listed > 0 {
            let (ten, day) = (
                profile.lists.all()[1],
                profile.today.count(DayCount::Listed),
            );
            if ten > max {
                say(SignalKind::Lists, 6.0, ten, max, 10);
            }
            if day as f32 > max as f32 * 1.05 {
                say(SignalKind::Lists, 6.0, day, max, 1440);
            }
            // A caseload is shown for the first time only once: lists of new persons that go on
            // through a week are no work of an account without that habit, however few they are on
            // each day.
            let habit = usual.own().filter(|_| usual.days() >= 10).unwrap_or(0.0);
            let a_day = habit.max(known).max(allowed);
            let week = profile.listed_in_week();
            // 250 by default: promise 37 bounds at 300 persons what lists lose, however a thief
            // spreads them.
            let week_max = (self.options.listed_max * 5 / 4).max((LIST_DAYS as f32 * a_day) as u32);
            if week > week_max {
                say(
                    SignalKind::Lists,
                    6.0,
                    week,
                    week_max,
                    LIST_DAYS.unsigned_abs() * 1440,
                );
            }
        }
        hard
    }

    /// Many requests that no map describes are worth an alert and no more: when a page changes
    /// before its map, all of its readers do the same. They do not count for the organisation
    /// either.
    fn unmapped(&self, account: usize, signals: &mut Vec<Signal>) -> f32 {
        let seen = self.profiles[account].today.count(DayCount::Unmapped);
        if seen < UNMAPPED_MAX || self.options.off.contains(&SignalKind::Unmapped) {
            return 0.0;
        }
        let Bars { alert, containment } = self.options.bars;
        // Whatever the bars are set to, never a containment.
        let evidence = alert.min(containment - 0.1);
        let figures = Figures {
            seen,
            usual: UNMAPPED_MAX,
            minutes: 1440,
        };
        signals.push(Signal {
            kind: SignalKind::Unmapped,
            evidence,
            figures,
        });
        evidence
    }

    /// Weighs the signs of the day besides its volume: leaves those that are worth something at
    /// this portal in `signs` and returns the bet on all of them. The strongest of the day is kept
    /// for its end.
    pub(crate) fn weigh_context(
        &mut self,
        account: usize,
        place: ClientPlace,
        signs: &mut Vec<Signal>,
    ) -> f32 {
        self.context(account, place, signs);
        signs.retain(|signal| !self.options.off.contains(&signal.kind));
        let profile = &mut self.profiles[account];
        let rates = &self.portals[profile.portal as usize].common.rates;
        let (elsewhere, shown) = rates.weigh(signs);
        let before = std::mem::replace(&mut profile.context.elsewhere, elsewhere);
        let is_first = profile.signs.iter().all(|sign| *sign == 0);
        if !is_first && before > elsewhere {
            profile.context.elsewhere = before;
        } else {
            profile.signs = shown;
        }
        profile.context.elsewhere
    }

    fn context(&self, account: usize, place: ClientPlace, signals: &mut Vec<Signal>) {
        let profile = &self.profiles[account];
        let day = profile.today.day;
        let portal = &self.portals[profile.portal as usize];
        profile.places.signals(
            place,
            day,
            profile.worked(),
            portal.programs > PROGRAMS_RULE,
            signals,
        );
        profile.dates.signals(day, signals);
        let sheets = profile.today.count(DayCount::Sheets);
        let usually = (profile.fetching, portal.common.fetching);
        if let Some(evidence) =
            fetching::evidence(sheets, usually.0, usually.1).filter(|_| !profile.has_fetched)
        {
            let figures = Figures {
                seen: sheets,
                ..Figures::default()
            };
            signals.push(Signal {
                kind: SignalKind::NoResources,
                evidence,
                figures,
            });
        }
        if let Some((evidence, gap_ms)) = profile.rhythm.regularity() {
            let seconds = (gap_ms / 1000.0).round().max(1.0) as u32;
            signals.push(Signal {
                kind: SignalKind::Rhythm,
                evidence,
                figures: Figures {
                    seen: seconds,
                    ..Figures::default()
                },
            });
        }
        if let Some((evidence, seen)) = self.shared(account, place, day) {
            let figures = Figures {
                seen,
                ..Figures::default()
            };
            signals.push(Signal {
                kind: SignalKind::SharedPlace,
                evidence,
                figures,
            });
        }
        if let Some(network) = self.networks.get(&place.network)
            && portal.common.days(day) >= CROWDS_KNOWN_AFTER
            && network.crowded_days < 3
            && network.organisations.len() >= 4
        {
            let seen = network.organisations.len() as u32;
            let evidence = if seen >= 8 { 2.0 } else { 0.8 };
            let figures = Figures {
                seen,
                ..Figures::default()
            };
            signals.push(Signal {
                kind: SignalKind::CrowdedNetwork,
                evidence,
                figures,
            });
        }
    }

    /// Evidence of a place shared with another account that was cut off, and how many days ago that
    /// was. Places that this account has long used, and offices, say nothing.
    fn shared(&self, account: usize, place: ClientPlace, day: i32) -> Option<(f32, u32)> {
        let profile = &self.profiles[account];
        if !profile.places.is_young(place, day) || self.is_office(place, day) {
            return None;
        }
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

    /// True when the place alone makes the context worth weighing.
    fn is_placed(&self, account: usize, place: ClientPlace) -> bool {
        let profile = &self.profiles[account];
        let is_remembered = self.remembered.contains_key(&place)
            && profile.places.is_young(place, profile.today.day);
        is_remembered || profile.places.has_moved()
    }

    fn is_fast(&self, account: usize) -> bool {
        let profile = &self.profiles[account];
        profile.sheets.paced()[1] > 15 || profile.lists.all()[1] > 60
    }

    /// Adds the account's evidence to its organisation's; returns a signal when the accounts
    /// together reach the bar of an alert.
    pub(crate) fn organisation_day(&mut self, account: usize, evidence: f32) -> Option<Signal> {
        if self.options.off.contains(&SignalKind::Collusion) {
            return None;
        }
        let profile = &mut self.profiles[account];
        let day = profile.today.day;
        let organisation = &mut self.organisations[profile.organisation as usize];
        if organisation.name.is_empty() {
            // Accounts without an organisation are not one organisation.
            return None;
        }
        let organisation_day: &mut OrganisationDay = &mut organisation.organisation_day;
        let before = if profile.share_day == day {
            profile.share
        } else {
            0.0
        };
        // Evidence below one is left out until an account has a share: in a large organisation
        // chance alone would add up.
        if before == 0.0 && evidence < 1.0 {
            return None;
        }
        (profile.share, profile.share_day) = (
            organisation_day.weigh(&self.options.tuning, day, before, evidence),
            day,
        );
        let (sum, accounts) = organisation_day.evidence(day)?;
        (sum >= self.options.bars.alert && evidence >= 1.0).then_some(Signal {
            kind: SignalKind::Collusion,
            evidence: sum,
            figures: Figures {
                seen: accounts,
                usual: 0,
                minutes: 1440,
            },
        })
    }

    /// A finding about several accounts of an organisation together; at most one a day.
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
            around: Surroundings::default(),
        })
    }

    /// A finding that an organisation as a whole reads more unexplained new persons than usual; at
    /// most one a day. Accounts that share a theft among them may each stay below their own level.
    pub(crate) fn many_unknown(
        &mut self,
        account: usize,
        sighting: &Sighting<'_>,
    ) -> Option<Finding> {
        let profile = &self.profiles[account];
        let kind = self.kind_of_volume(profile, DayCount::New);
        let (number, day) = (profile.organisation as usize, profile.today.day);
        let organisation = &self.organisations[number];
        if organisation.name.is_empty() {
            return None;
        }
        let surge = &self.portals[profile.portal as usize].surge;
        let factor = surge.factor_without(Some(&organisation.surge), day);
        let (evidence, seen, usual) = organisation.unknown_persons.evidence(factor)?;
        let is_news = organisation.alerted_day != day && evidence >= self.options.bars.containment;
        if !is_news || self.options.off.contains(&kind) {
            return None;
        }
        let signal = Signal {
            kind,
            evidence,
            figures: Figures::new(seen, usual, 1440),
        };
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
            around: Surroundings::default(),
        })
    }

    /// Makes a finding when the evidence reaches a bar and says more than the last finding.
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
        let stepped = profile
            .stepped
            .filter(|(then, _)| day - then < STEPPED_DAYS);
        if stepped.is_some_and(|(_, evidence)| total < evidence + 1.0) {
            return None;
        }
        let is_containment = total >= bars.containment;
        if !is_containment {
            // One alert in seven days, and another when the odds are ten times worse.
            if profile
                .alerted
                .is_some_and(|(then, evidence)| day - then < 7 && total < evidence + 1.0)
            {
                return None;
            }
            profile.alerted = Some((day, total));
        }
        let persons = profile.today.count(DayCount::Sheets) + profile.today.count(DayCount::Listed);
        let signals = strongest(signals);
        let weight = if is_containment {
            Weight::Containment
        } else {
            Weight::Alert
        };
        profile.cite(
            weight,
            (second, day),
            signals
                .iter()
                .flat_map(|signal| cited(signal.kind))
                .copied(),
        );
        let around = self.around(account, &signals);
        let organisation = self.organisations[self.profiles[account].organisation as usize]
            .name
            .clone();
        if is_containment {
            self.contain(account, second, day);
        }
        Some(Finding {
            at: sighting.at,
            account: Some(sighting.account.to_owned()),
            organisation,
            portal: sighting.portal.to_owned(),
            weight,
            evidence: total,
            signals,
            persons,
            is_repeated: stepped.is_some(),
            around,
        })
    }

    /// The circumstances of a finding.
    fn around(&self, account: usize, signals: &[Signal]) -> Surroundings {
        let profile = &self.profiles[account];
        let portal = &self.portals[profile.portal as usize];
        let organisation = &self.organisations[profile.organisation as usize];
        let day = profile.today.day;
        let honest = profile.prediction(SHEETS);
        Surroundings {
            sheets: profile.today.count(DayCount::Sheets),
            usual: honest.upper().ceil() as u32,
            portal_factor: portal.surge.factor(day),
            organisation_factor: organisation.surge.factor(day),
            portal_days: portal.common.days(day),
            known_accounts: portal.common.levels.accounts() as u32,
            is_early: portal.common.is_early(day),
            innocent: self.innocent(account, signals),
        }
    }

    /// The highest value of the leading signal's count that would not have been reported; `None`
    /// where it has no number.
    fn innocent(&self, account: usize, signals: &[Signal]) -> Option<u32> {
        let lead = signals.first()?;
        let profile = &self.profiles[account];
        let alert = self.options.bars.alert;
        if let Some(place) = RULES
            .iter()
            .position(|rule| rule.kind == lead.kind && rule.minutes == lead.figures.minutes)
        {
            let usual = self.usual_in_window(profile, place);
            return Some(volume::count_of(alert - RULES[place].weight, usual));
        }
        if matches!(lead.kind, SignalKind::Export | SignalKind::Lists) && lead.evidence >= 6.0 {
            return Some(lead.figures.usual);
        }
        if lead.kind == SignalKind::Unmapped {
            return Some(UNMAPPED_MAX - 1);
        }
        let place = match lead.kind {
            SignalKind::Volume | SignalKind::Slow | SignalKind::Unexplained => 0,
            SignalKind::Lists => 1,
            _ => return None,
        };
        // The evidence has no closed inverse. It grows with the count, so halving finds the bound.
        let count = DAILY[place].0;
        let mut day = profile.today;
        let (mut low, mut high) = (0, day.count(count));
        while low < high {
            let middle = (low + high).div_ceil(2);
            day.set(count, middle);
            let rise = profile.rise(&self.options.tuning, place, &day, profile.context);
            let is_innocent = rise.is_none_or(|rise| rise.evidence + DAILY[place].1 < alert);
            if is_innocent {
                low = middle
            } else {
                high = middle - 1
            }
        }
        Some(if lead.kind == SignalKind::Lists {
            low * 2
        } else {
            low
        })
    }

    pub(crate) fn contain(&mut self, account: usize, second: u32, day: i32) {
        let owner = u32::try_from(account).expect("accounts_max is far below 2^32");
        let profile = &mut self.profiles[account];
        profile.contain(second, day);
        let places: Vec<ClientPlace> = profile.places.recent(day).collect();
        for place in places {
            // Remembering an office would accuse the account's colleagues.
            if self.is_office(place, day) {
                continue;
            }
            if self.remembered.len() >= PLACES_MAX || self.remembered_networks.len() >= PLACES_MAX {
                self.remembered.retain(|_, (then, _)| day - *then < 30);
                self.remembered_networks
                    .retain(|_, (then, _)| day - *then < 30);
            }
            if place.agent != 0 && place.network != 0 {
                self.remembered.insert(place, (day, owner));
            }
            if place.network != 0 && !self.is_old_network(place.network, day) {
                self.remembered_networks.insert(place.network, (day, owner));
            }
        }
    }
}

/// The counts that a signal is about: those that a verdict on it may allow.
const fn cited(kind: SignalKind) -> &'static [DayCount] {
    match kind {
        SignalKind::Pace | SignalKind::Burst => &[
            DayCount::PacedMinute,
            DayCount::PacedTen,
            DayCount::PacedHour,
            DayCount::BurstMinute,
        ],
        SignalKind::Lists | SignalKind::Export => {
            &[DayCount::ListsTen, DayCount::Listed, DayCount::Reached]
        }
        SignalKind::Unexplained | SignalKind::Volume | SignalKind::Slow => {
            &[DayCount::Reached, DayCount::New, DayCount::Sheets]
        }
        SignalKind::Order => &[DayCount::Run],
        SignalKind::Pages => &[DayCount::Pages],
        SignalKind::ListsEnded => &[DayCount::Ended],
        SignalKind::Searches => &[DayCount::Searches],
        SignalKind::Empty => &[DayCount::Empty],
        SignalKind::Uninspected => &[DayCount::Uninspected],
        SignalKind::Refusals => &[DayCount::Refused],
        SignalKind::Unmapped => &[DayCount::Unmapped],
        SignalKind::Shape
        | SignalKind::Hours
        | SignalKind::Rhythm
        | SignalKind::NoResources
        | SignalKind::Program
        | SignalKind::Moved
        | SignalKind::TwoPlaces
        | SignalKind::NewDevice
        | SignalKind::OlderCookie
        | SignalKind::Dormant
        | SignalKind::NewAccount
        | SignalKind::Recovered
        | SignalKind::AccountsMade
        | SignalKind::Decoy
        | SignalKind::Collusion
        | SignalKind::SharedPlace
        | SignalKind::CrowdedNetwork => &[],
    }
}
