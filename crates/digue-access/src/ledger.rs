//! Distinct persons in sliding windows, exactly.
//!
//! A person counts in a window as long as their last exposure is younger than the window. Times
//! are rounded *up* to the second: a person may count up to one second too long, never too short,
//! so the budget's promise holds.

use std::collections::VecDeque;

use digue_types::{PersonKey, Timestamp, Window};
use hashbrown::HashMap;

/// The distinct persons shown within one scope: an account, an organisation, a portal.
///
/// 28 bytes for each exposure within the longest window that is counted. Persons are told apart by
/// 64 of their 128 bits: two persons of one scope among a million are confused with a probability
/// of 3e-8, and then count as one.
#[derive(Clone, Debug)]
pub struct Ledger {
    last_seen: HashMap<u64, u32>,
    log: VecDeque<(u32, u64)>,
    /// Place in `log` (counted from the first entry ever) up to which each window has let go.
    released: [u64; 4],
    dropped: u64,
    counts: [u32; 4],
    now: u32,
    longest: Window,
}

impl Ledger {
    /// Counts in windows up to `longest`; longer ones stay at zero.
    pub fn new(longest: Window) -> Self {
        Self {
            last_seen: HashMap::new(),
            log: VecDeque::new(),
            released: [0; 4],
            dropped: 0,
            counts: [0; 4],
            now: 0,
            longest,
        }
    }

    /// Moves on to `now`; a clock that steps back is taken to stand still.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(seconds(now));
        for window in self.windows() {
            let w = window.index();
            let length = u32::try_from(window.length().as_secs()).expect("30 days fit");
            while let Some(&(at, person)) = self.log.get((self.released[w] - self.dropped) as usize) {
                if at.saturating_add(length) > self.now {
                    break;
                }
                self.released[w] += 1;
                if self.last_seen.get(&person) == Some(&at) {
                    self.counts[w] -= 1;
                }
            }
        }
        // What the longest window let go of is forgotten.
        while self.dropped < self.released[self.longest.index()] {
            let (at, person) = self.log.pop_front().expect("released entries are in the log");
            self.dropped += 1;
            if self.last_seen.get(&person) == Some(&at) {
                self.last_seen.remove(&person);
            }
        }
    }

    /// How many of `persons` (distinct) would be new in each window, at the time of `advance`.
    pub fn new_persons(&self, persons: &[PersonKey]) -> [u32; 4] {
        let mut new = [0; 4];
        for person in persons {
            let last = self.last_seen.get(&person.0);
            for window in self.windows() {
                let w = window.index();
                new[w] += u32::from(!last.is_some_and(|&last| self.is_within(last, window)));
            }
        }
        new
    }

    /// Counts `persons` (distinct) as shown at the time of `advance`.
    pub fn charge(&mut self, persons: impl IntoIterator<Item = PersonKey>) {
        for person in persons {
            self.charge_one(person.0);
        }
    }

    fn charge_one(&mut self, person: u64) {
        let last = self.last_seen.insert(person, self.now);
        if last == Some(self.now) {
            return;
        }
        for window in self.windows() {
            let counted = last.is_some_and(|last| self.is_within(last, window));
            self.counts[window.index()] += u32::from(!counted);
        }
        self.log.push_back((self.now, person));
    }

    /// Counts what `other` has counted, too. Persons of both may count a little longer than they
    /// would have, never shorter.
    pub fn absorb(&mut self, other: &Self) {
        for &(at, person) in &other.log {
            self.advance(Timestamp::from_secs(i64::from(at)));
            self.charge_one(person);
        }
    }

    /// Distinct persons in `window` at the time of `advance`.
    pub fn count(&self, window: Window) -> u32 {
        self.counts[window.index()]
    }

    /// When `person` was last shown, within the longest window.
    pub fn last_seen(&self, person: PersonKey) -> Option<Timestamp> {
        self.last_seen.get(&person.0).map(|&at| Timestamp::from_secs(i64::from(at)))
    }

    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    fn windows(&self) -> impl Iterator<Item = Window> + use<> {
        let longest = self.longest;
        Window::ALL.into_iter().take_while(move |window| *window <= longest)
    }

    fn is_within(&self, at: u32, window: Window) -> bool {
        at.saturating_add(u32::try_from(window.length().as_secs()).expect("30 days fit")) > self.now
    }
}

/// Seconds, rounded up.
fn seconds(time: Timestamp) -> u32 {
    let up = time.micros().div_euclid(1_000_000) + i64::from(time.micros().rem_euclid(1_000_000) > 0);
    u32::try_from(up.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn person(number: u64) -> PersonKey {
        PersonKey(number, number)
    }

    #[test]
    fn a_person_counts_once_until_the_window_has_passed() {
        let mut ledger = Ledger::new(Window::Day);
        let mut at = |secs: i64, who: &[u64]| {
            ledger.advance(Timestamp::from_secs(secs));
            ledger.charge(who.iter().map(|&n| person(n)));
            [ledger.count(Window::Minute), ledger.count(Window::Hour), ledger.count(Window::Day)]
        };
        assert_eq!(at(1000, &[1, 2]), [2, 2, 2]);
        assert_eq!(at(1030, &[2, 3]), [3, 3, 3]);
        assert_eq!(at(1060, &[]), [2, 3, 3]);
        assert_eq!(at(1090, &[]), [0, 3, 3]);
        assert_eq!(at(4630, &[]), [0, 0, 3]);
        assert_eq!(at(90_000, &[]), [0, 0, 0]);
    }

    #[test]
    fn a_clock_that_steps_back_forgets_nobody() {
        let mut ledger = Ledger::new(Window::Hour);
        ledger.advance(Timestamp::from_secs(1000));
        ledger.charge([person(1)]);
        ledger.advance(Timestamp::from_secs(10));
        assert_eq!(ledger.count(Window::Minute), 1);
    }

    #[test]
    fn what_has_passed_is_forgotten() {
        let mut ledger = Ledger::new(Window::Minute);
        for second in 0..10_000 {
            ledger.advance(Timestamp::from_secs(second));
            ledger.charge([person(u64::try_from(second).unwrap())]);
        }
        assert!(ledger.log.len() <= 60 && ledger.last_seen.len() <= 60);
    }

    proptest! {
        /// Against the definition: distinct persons whose last exposure is within the window.
        #[test]
        fn counts_are_those_of_the_definition(
            steps in proptest::collection::vec((0i64..4000, 0u64..12), 1..120)
        ) {
            let mut ledger = Ledger::new(Window::Hour);
            let mut shown: BTreeMap<u64, i64> = BTreeMap::new();
            let mut now = 0;
            for (wait, who) in steps {
                now += wait / 20;
                ledger.advance(Timestamp::from_secs(now));
                let expected_new = [Window::Minute, Window::Hour].map(|w| {
                    let length = w.length().as_secs() as i64;
                    u32::from(!shown.get(&who).is_some_and(|at| at + length > now))
                });
                let new = ledger.new_persons(&[person(who)]);
                prop_assert_eq!([new[0], new[1]], expected_new);
                ledger.charge([person(who)]);
                shown.insert(who, now);
                for window in [Window::Minute, Window::Hour] {
                    let length = window.length().as_secs() as i64;
                    let expected = shown.values().filter(|at| **at + length > now).count();
                    prop_assert_eq!(ledger.count(window) as usize, expected);
                }
            }
        }
    }
}
