//! Refusals as the journal has them: the first few of a kind one by one, further ones as one entry
//! a minute with their count and period. Otherwise a client that is refused as fast as it can send
//! would fill the disk.
//!
//! A kind is an account, a portal, and the reasons. The counts are kept in memory only: a crash
//! loses those of at most one minute, never the first refusals of a kind.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use digue_types::{
    AccountId, ActionName, Exposure, Inspection, OutsideRecords, PortalId, RefusalReason,
    RepeatedExposure, RouteName, Timestamp, UnmappedAddress,
};

use crate::lock::lock;

/// Refusals of a kind that are journalled one by one, until a whole window passes without any.
const SINGLE_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses outside the map that are counted apart in one window; further ones are counted
/// together, so that a client that tries addresses fills no disk either.
const ADDRESSES_MAX: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RefusalKind {
    account: AccountId,
    portal: PortalId,
    reasons: Vec<RefusalReason>,
    /// Where rules are only tried the bytes were sent: how far they were inspected must survive
    /// merging.
    inspection: Inspection,
}

#[derive(Debug)]
struct RefusalWindow {
    since: Timestamp,
    single: u32,
    /// By the address and the answer of what no rule describes.
    counted: BTreeMap<Option<(UnmappedAddress, u16)>, Exposure>,
}

/// The refusals of the last minute, by kind. The lock is a leaf.
#[derive(Debug, Default)]
pub struct RefusalCounter(Mutex<HashMap<RefusalKind, RefusalWindow>>);

impl RefusalCounter {
    /// Returns the refusal when it gets its own entry; otherwise it was counted.
    pub fn take(&self, refusal: Exposure) -> Option<Exposure> {
        let kind = kind_of(&refusal);
        let mut kinds = lock(&self.0);
        let fresh = || RefusalWindow {
            since: refusal.at,
            single: 0,
            counted: BTreeMap::new(),
        };
        let window = kinds.entry(kind).or_insert_with(fresh);
        if window.single < SINGLE_MAX {
            window.single += 1;
            return Some(refusal);
        }
        window.count(refusal);
        None
    }

    /// The entries of the windows that have ended, or of all of them at a stop.
    pub fn due(&self, now: Timestamp, are_all: bool) -> Vec<Exposure> {
        let mut due = Vec::new();
        lock(&self.0).retain(|_, window| {
            if !are_all && now < window.since.plus(WINDOW) {
                return true;
            }
            window.since = now;
            let counted = std::mem::take(&mut window.counted);
            let goes_on = !counted.is_empty();
            // A kind without refusals in its window is forgotten: its next ones are journalled one
            // by one again.
            due.extend(counted.into_values());
            goes_on
        });
        due
    }

    /// Counts again a merged entry that could not be journalled.
    pub fn put_back(&self, refusals: Exposure) {
        let mut kinds = lock(&self.0);
        // As if the single ones were used up: further refusals of the kind join these and do not
        // overtake them.
        let fresh = || RefusalWindow {
            since: refusals.at,
            single: SINGLE_MAX,
            counted: BTreeMap::new(),
        };
        kinds
            .entry(kind_of(&refusals))
            .or_insert_with(fresh)
            .count(refusals);
    }
}

fn kind_of(refusal: &Exposure) -> RefusalKind {
    RefusalKind {
        account: refusal.account.clone(),
        portal: refusal.portal.clone(),
        reasons: refusal.reasons.clone(),
        inspection: refusal.inspection,
    }
}

impl RefusalWindow {
    fn count(&mut self, refusal: Exposure) {
        let address = refusal
            .unmapped
            .clone()
            .map(|address| Some((address, refusal.status)));
        let has_room = |address: &Option<_>| {
            self.counted.len() < ADDRESSES_MAX || self.counted.contains_key(address)
        };
        let address = address.filter(has_room).flatten();
        let unmapped = address.as_ref().map(|(address, _)| address.clone());
        let refusal = Exposure {
            unmapped,
            ..refusal
        };
        match self.counted.get_mut(&address) {
            Some(counted) => merge(counted, &refusal),
            None => {
                let repeated = refusal.repeated.unwrap_or(RepeatedExposure {
                    count: 1,
                    until: refusal.at,
                });
                self.counted.insert(
                    address,
                    Exposure {
                        repeated: Some(repeated),
                        ..refusal
                    },
                );
            }
        }
    }
}

/// Merges two entries. Where they differ, the field is left open: the entry must not claim for all
/// what holds for one.
fn merge(counted: &mut Exposure, refusal: &Exposure) {
    let until = refusal
        .repeated
        .map_or(refusal.at, |repeated| repeated.until);
    let before = counted.repeated.unwrap_or(RepeatedExposure {
        count: 1,
        until: counted.at,
    });
    counted.repeated = Some(RepeatedExposure {
        count: before.count.saturating_add(refusal.requests()),
        until: before.until.max(until),
    });
    counted.at = counted.at.min(refusal.at);
    counted.persons_found = counted.persons_found.saturating_add(refusal.persons_found);
    counted.body_bytes = counted.body_bytes.saturating_add(refusal.body_bytes);
    counted.outside = match (counted.outside.take(), &refusal.outside) {
        (Some(known), Some(more)) => Some(OutsideRecords {
            count: known.count.saturating_add(more.count),
            ..known
        }),
        (known, more) => known.or_else(|| more.clone()),
    };
    if counted.route != refusal.route {
        counted.route = RouteName::parse("-").expect("the fixed name `-` is a route name");
    }
    if counted.action != refusal.action {
        counted.action = ActionName::parse("-").expect("the fixed name `-` is an action name");
    }
    if counted.inspection != refusal.inspection {
        counted.inspection = Inspection::NotReached;
    }
    if counted.status != refusal.status {
        counted.status = 0;
    }
}

#[cfg(test)]
mod tests {
    use digue_types::{
        ExchangeId, OrganisationId, Outcome, PopulationId, RequestClient, SessionId,
    };

    use super::*;

    fn refusal(account: &str, route: &str, reason: RefusalReason, secs: i64) -> Exposure {
        Exposure {
            at: Timestamp::from_secs(secs),
            exchange: ExchangeId::parse("x").unwrap(),
            portal: PortalId::parse("portail").unwrap(),
            route: RouteName::parse(route).unwrap(),
            action: ActionName::parse("open").unwrap(),
            account: AccountId::parse(account).unwrap(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            session: SessionId::parse("s").unwrap(),
            client: RequestClient::default(),
            outcome: Outcome::Refused,
            reasons: vec![reason],
            inspection: Inspection::NotReached,
            population: PopulationId::parse("personnes").unwrap(),
            shown: Vec::new(),
            persons_found: 1,
            categories: Vec::new(),
            body_bytes: 0,
            status: 0,
            policy_version: 0,
            caseload_version: 0,
            justification: None,
            part: 1,
            parts: 1,
            source: None,
            unread: None,
            repeated: None,
            unmapped: None,
            names_alone: 0,
            outside: None,
            classes: digue_types::ShownClasses::default(),
        }
    }

    fn count(entries: &[Exposure]) -> u64 {
        entries.iter().map(Exposure::requests).sum()
    }

    #[test]
    fn a_flood_is_a_few_entries_that_count_all_of_it() {
        let counter = RefusalCounter::default();
        let mut written = Vec::new();
        // Ten minutes, a hundred a second.
        for second in 0..600 {
            for _ in 0..100 {
                written.extend(counter.take(refusal(
                    "a1",
                    "-",
                    RefusalReason::UnknownRoute,
                    second,
                )));
            }
            written.extend(counter.due(Timestamp::from_secs(second), false));
        }
        written.extend(counter.due(Timestamp::from_secs(600), true));
        assert_eq!(count(&written), 60_000);
        assert!(written.len() <= 10 + 11, "{}", written.len());
        let second = &written[10];
        let until = second.repeated.unwrap().until;
        assert!(
            second.at == Timestamp::from_secs(0) && until == Timestamp::from_secs(60),
            "{until:?}"
        );
    }

    #[test]
    fn after_a_quiet_window_refusals_are_written_one_by_one_again() {
        let counter = RefusalCounter::default();
        let one = |secs| counter.take(refusal("a1", "-", RefusalReason::UnknownRoute, secs));
        assert_eq!((0..30).filter_map(|_| one(0)).count(), 10);
        assert_eq!(counter.due(Timestamp::from_secs(59), false), []);
        assert_eq!(count(&counter.due(Timestamp::from_secs(60), false)), 20);
        assert!(one(61).is_none(), "it goes on");
        assert_eq!(count(&counter.due(Timestamp::from_secs(120), false)), 1);
        assert_eq!(counter.due(Timestamp::from_secs(180), false), []);
        assert!(one(181).is_some());
    }

    #[test]
    fn kinds_are_counted_apart_and_what_differs_within_one_is_left_open() {
        let counter = RefusalCounter::default();
        for number in 0..20 {
            let _ = counter.take(refusal(
                "a1",
                "fiche",
                RefusalReason::OutsideCaseload,
                number,
            ));
            let _ = counter.take(refusal(
                "a2",
                "fiche",
                RefusalReason::OutsideCaseload,
                number,
            ));
            let _ = counter.take(refusal("a1", "-", RefusalReason::UnknownRoute, number));
        }
        let _ = counter.take(refusal("a2", "liste", RefusalReason::OutsideCaseload, 20));
        let mut due = counter.due(Timestamp::from_secs(30), true);
        due.sort_by_key(|entry| (entry.account.clone(), entry.requests()));
        let summaries: Vec<_> = due
            .iter()
            .map(|e| (e.account.as_str(), e.route.as_str(), e.requests()))
            .collect();
        assert_eq!(summaries[2], ("a2", "-", 11));
        assert_eq!(count(&due), 31);
        assert_eq!(due[2].persons_found, 11);
    }

    #[test]
    fn addresses_outside_the_map_are_counted_apart_up_to_a_bound() {
        let counter = RefusalCounter::default();
        let ask = |template: String| {
            let unmapped = Some(UnmappedAddress::new("GET", &template, Some("text/html")));
            counter.take(Exposure {
                unmapped,
                ..refusal("unknown", "-", RefusalReason::UnknownRoute, 1)
            })
        };
        let mut written: Vec<Exposure> = (0..50).filter_map(|_| ask("/a".into())).collect();
        written.extend((0..5_000).filter_map(|number| ask(format!("/b{number}"))));
        written.extend(counter.due(Timestamp::from_secs(90), false));
        assert_eq!(count(&written), 5_050, "none is lost");
        assert!(written.len() <= 10 + ADDRESSES_MAX + 1, "{}", written.len());
        let of_a: u64 = written
            .iter()
            .filter(|entry| {
                entry
                    .unmapped
                    .as_ref()
                    .is_some_and(|address| address.template == "/a")
            })
            .map(Exposure::requests)
            .sum();
        assert_eq!(of_a, 50);
    }

    #[test]
    fn what_the_disk_refused_is_counted_again() {
        let counter = RefusalCounter::default();
        (0..15)
            .for_each(|_| drop(counter.take(refusal("a1", "-", RefusalReason::UnknownRoute, 1))));
        let lost = counter.due(Timestamp::from_secs(100), false).remove(0);
        drop(counter.take(refusal("a1", "-", RefusalReason::UnknownRoute, 101)));
        counter.put_back(lost);
        let due = counter.due(Timestamp::from_secs(200), false);
        assert_eq!(
            (count(&due), due.len(), due[0].at),
            (6, 1, Timestamp::from_secs(1))
        );
    }
}
