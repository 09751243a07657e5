//! Counters for the console's first page: the last minutes, how much of each portal was inspected,
//! the last exposures.
//!
//! Kept up to date entry by entry, so that the page asks no question of the index.

use std::collections::{BTreeMap, VecDeque};

use digue_types::{
    AccountId, Exposure, Inspection, OrganisationId, Outcome, PortalId, RefusalReason, RouteName,
    Timestamp,
};

use crate::outside::{OutsideAddresses, OutsideRow};

/// The facts of one exposure that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedExposure {
    /// Index of the journal entry.
    pub entry: u64,
    /// In whole seconds.
    pub at: Timestamp,
    pub portal: PortalId,
    pub route: RouteName,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub outcome: Outcome,
    pub inspection: Inspection,
    pub reasons: Vec<RefusalReason>,
    /// Persons shown; 0 when it was refused.
    pub shown: u32,
    /// Persons found in the response, also when it was refused.
    pub found: u32,
}

/// The counts of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Persons shown, counted each time.
    pub persons: u64,
    pub responses: u64,
    pub refused: u64,
}

/// How much of a portal's traffic was inspected, in responses unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub inspected: u64,
    pub uninspected: u64,
    pub uninspected_bytes: u64,
    /// Requests for routes that the map does not describe.
    pub outside_map: u64,
    pub refused: u64,
    pub would_refuse: u64,
    /// Reported by the portal, imported, or known from the request alone.
    pub unseen: u64,
}

impl Coverage {
    fn numbers(&mut self) -> [&mut u64; 7] {
        [
            &mut self.inspected,
            &mut self.uninspected,
            &mut self.uninspected_bytes,
            &mut self.outside_map,
            &mut self.refused,
            &mut self.would_refuse,
            &mut self.unseen,
        ]
    }
}

/// Minutes with traffic that are kept: two days.
const MINUTES_MAX: usize = 2 * 24 * 60;
/// Exposures that are kept for the list of the last ones.
const RECENT_MAX: usize = 200;

/// The counters; stored with the index, as they were at its last entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExposureCounters {
    minutes: BTreeMap<i64, Minute>,
    coverage: BTreeMap<PortalId, Coverage>,
    outside: BTreeMap<PortalId, OutsideAddresses>,
    recent: VecDeque<CountedExposure>,
}

impl ExposureCounters {
    pub(crate) fn add(&mut self, entry: u64, exposure: &Exposure) {
        let shown = exposure.persons().count();
        self.count(exposure, shown as u64);
        self.recent.push_front(CountedExposure {
            entry,
            at: Timestamp::from_secs(exposure.at.secs()),
            portal: exposure.portal.clone(),
            route: exposure.route.clone(),
            account: exposure.account.clone(),
            organisation: exposure.organisation.clone(),
            outcome: exposure.outcome,
            inspection: exposure.inspection,
            reasons: exposure.reasons.clone(),
            shown: u32::try_from(shown).unwrap_or(u32::MAX),
            found: exposure.persons_found,
        });
        self.recent.truncate(RECENT_MAX);
    }

    fn count(&mut self, exposure: &Exposure, shown: u64) {
        let minute = self
            .minutes
            .entry(exposure.at.secs().div_euclid(60))
            .or_default();
        minute.persons += shown;
        // `entry` would clone the portal's name for every exposure.
        if !self.coverage.contains_key(&exposure.portal) {
            self.coverage
                .insert(exposure.portal.clone(), Coverage::default());
        }
        let coverage = self
            .coverage
            .get_mut(&exposure.portal)
            .expect("inserted above");
        // The parts of one response count once.
        if exposure.part == 1 {
            if exposure.unmapped.is_some() {
                self.outside
                    .entry(exposure.portal.clone())
                    .or_default()
                    .add(exposure);
            }
            let requests = exposure.requests();
            minute.responses += requests;
            minute.refused += if exposure.outcome == Outcome::Refused {
                requests
            } else {
                0
            };
            match exposure.outcome {
                Outcome::Refused if exposure.reasons.contains(&RefusalReason::UnknownRoute) => {
                    coverage.outside_map += requests;
                }
                Outcome::Refused => coverage.refused += requests,
                Outcome::WouldRefuse => {
                    coverage.would_refuse += requests;
                    if exposure.reasons.contains(&RefusalReason::UnknownRoute) {
                        coverage.outside_map += requests;
                    }
                }
                Outcome::Released => {}
            }
            if exposure.is_released() {
                match exposure.inspection {
                    Inspection::Inspected => coverage.inspected += 1,
                    Inspection::Reported | Inspection::RequestOnly | Inspection::Imported => {
                        coverage.unseen += 1;
                    }
                    Inspection::NotReached
                    | Inspection::TooLarge
                    | Inspection::UnknownType
                    | Inspection::Broken
                    | Inspection::Stream
                    | Inspection::NotLooked
                    | Inspection::Partial
                    | Inspection::Undescribed
                    | Inspection::NameAlone => coverage.uninspected += 1,
                }
            }
        }
        if exposure.is_released() && exposure.inspection.is_uninspected() {
            coverage.uninspected_bytes += exposure.body_bytes;
        }
        // By number and not by age: after an import of old logs, the oldest minutes go, whatever
        // the time is.
        while self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_first();
        }
    }

    pub(crate) fn minutes(&self, now: Timestamp, count: i64) -> Vec<(Timestamp, Minute)> {
        let last = now.secs().div_euclid(60);
        (last - count + 1..=last)
            .map(|minute| {
                let counts = self.minutes.get(&minute).copied().unwrap_or_default();
                (Timestamp::from_secs(minute * 60), counts)
            })
            .collect()
    }

    pub(crate) fn coverage(&self, portal: &PortalId) -> Coverage {
        self.coverage.get(portal).copied().unwrap_or_default()
    }

    /// The addresses that no map described, the most requested first, and how many requests were
    /// for others.
    pub(crate) fn outside(&self, portal: &PortalId) -> (Vec<OutsideRow>, u64) {
        self.outside
            .get(portal)
            .map(OutsideAddresses::rows)
            .unwrap_or_default()
    }

    pub(crate) fn recent(&self, count: usize) -> impl Iterator<Item = &CountedExposure> {
        self.recent.iter().take(count)
    }

    /// The counters as lines of the manifest. The last exposures are not stored: entries added
    /// after the start replace them.
    pub(crate) fn to_lines(&self) -> String {
        let mut text = String::new();
        for (portal, coverage) in &self.coverage {
            let numbers = coverage
                .clone()
                .numbers()
                .map(|number| number.to_string())
                .join(" ");
            text.push_str(&format!("coverage {portal} {numbers}\n"));
        }
        for (portal, outside) in &self.outside {
            text.push_str(&outside.to_lines(portal));
        }
        for (minute, counts) in &self.minutes {
            let Minute {
                persons,
                responses,
                refused,
            } = counts;
            text.push_str(&format!(
                "minute {minute} {persons} {responses} {refused}\n"
            ));
        }
        text
    }

    /// Reads a line that `to_lines` wrote; `None` when it cannot be parsed.
    pub(crate) fn read_line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match words.next()? {
            "coverage" => {
                let mut coverage = Coverage::default();
                let portal = words.next()?.parse().ok()?;
                for number in coverage.numbers() {
                    *number = words.next()?.parse().ok()?;
                }
                self.coverage.insert(portal, coverage);
            }
            "outside" => {
                let portal = words.next()?.parse().ok()?;
                self.outside
                    .entry(portal)
                    .or_default()
                    .read_words(&mut words)?;
            }
            "minute" => {
                let minute = words.next()?.parse().ok()?;
                let mut number = || words.next()?.parse().ok();
                let counts = Minute {
                    persons: number()?,
                    responses: number()?,
                    refused: number()?,
                };
                self.minutes.insert(minute, counts);
            }
            _ => return None,
        }
        words.next().is_none().then_some(())
    }
}
