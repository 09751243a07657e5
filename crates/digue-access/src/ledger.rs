//! Exact counts of distinct persons in sliding windows.
//!
//! A person counts in a window as long as their last exposure is younger than the window. Times
//! are rounded *up* to the second: a person may count for up to one second too long, never too
//! short, so that a budget is never exceeded.

use std::collections::VecDeque;

use digue_types::{PersonKey, SlidingWindow, Timestamp};
use hashbrown::HashMap;

/// The distinct persons shown within one scope: an account, an organisation, a portal.
///
/// A charge is queued at once and sorted in later, by `settle` or when exact figures are needed:
/// for a response of a hundred persons a portal-wide ledger touches a hundred cold cache lines, and
/// no response needs to wait for that while all figures are far from their limits.
///
/// 28 bytes for each exposure within the longest window that is counted. Persons are told apart by
/// 64 of their 128 bits: two persons of one scope among a million are confused with a probability
/// of 3e-8, and then count as one.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Second of each person's last exposure. In parts, so that a map that grows moves a part of
    /// the persons and delays no response for long.
    last_seen: Vec<HashMap<u64, u32>>,
    /// Charges that are not in `last_seen` and `log` yet, in order of time.
    pending: VecDeque<(u32, u64)>,
    /// Exposures within the longest window, in order of time. Only a person's last one counts.
    log: VecDeque<(u32, u64)>,
    /// How many entries of `log`, counted from the first one ever, have left each window.
    released: [u64; 4],
    /// How many entries were removed from the front of `log`.
    dropped: u64,
    counts: [u32; 4],
    now: u32,
    longest: SlidingWindow,
}

/// Bounds `pending`: the charge that would exceed it sorts in everything first.
const PENDING_MAX: usize = 1 << 16;

/// Parts of a ledger that may hold a national population.
const PARTS_OF_MANY: usize = 256;

impl Ledger {
    /// Counts in windows up to `longest`; longer ones stay at zero.
    pub fn new(longest: SlidingWindow) -> Self {
        Self::in_parts(longest, 1)
    }

    /// `new`, for a scope of millions of persons.
    pub fn of_many(longest: SlidingWindow) -> Self {
        Self::in_parts(longest, PARTS_OF_MANY)
    }

    fn in_parts(longest: SlidingWindow, parts: usize) -> Self {
        Self {
            last_seen: vec![HashMap::new(); parts],
            pending: VecDeque::new(),
            log: VecDeque::new(),
            released: [0; 4],
            dropped: 0,
            counts: [0; 4],
            now: 0,
            longest,
        }
    }

    /// Counts `persons` as shown at `now`, or at the last charge where the clock has stepped back.
    pub fn charge(&mut self, now: Timestamp, persons: &[PersonKey]) {
        let last = self.pending.back().map_or(self.now, |(at, _)| *at);
        // `move_on` relies on a log in order of time. A later time only makes the person count
        // longer.
        let at = seconds(now).max(last);
        if self.pending.len() + persons.len() > PENDING_MAX {
            self.settle(usize::MAX);
        }
        self.pending
            .extend(persons.iter().map(|person| (at, person.0)));
    }

    /// Sorts in at most `at_most` charges, the oldest first; returns how many are left.
    pub fn settle(&mut self, at_most: usize) -> usize {
        for _ in 0..at_most {
            let Some((at, person)) = self.pending.pop_front() else {
                break;
            };
            if at > self.now {
                self.move_on(at);
            }
            self.sort_in(at, person);
        }
        if self.pending.is_empty() && self.last_seen.len() == 1 {
            // Returns the memory: with sixty thousand accounts the empty queues would add up.
            self.pending = VecDeque::new();
        }
        self.pending.len()
    }

    /// Distinct persons in each window at `now`.
    pub fn counts(&mut self, now: Timestamp) -> [u32; 4] {
        self.settle(usize::MAX);
        self.move_on(seconds(now));
        self.counts
    }

    /// An upper bound of `counts` at any later time: every pending charge may be a new person, and
    /// time only removes some. Costs no look-up.
    pub fn counts_at_most(&self) -> [u32; 4] {
        let pending = u32::try_from(self.pending.len()).unwrap_or(u32::MAX);
        self.counts.map(|count| count.saturating_add(pending))
    }

    /// How many of the distinct `persons` would be new in each window at `now`.
    pub fn new_persons(&mut self, now: Timestamp, persons: &[PersonKey]) -> [u32; 4] {
        self.settle(usize::MAX);
        self.move_on(seconds(now));
        let mut new = [0; 4];
        for person in persons {
            let last = self.part(person.0).get(&person.0).copied();
            for window in self.windows() {
                new[window.index()] +=
                    u32::from(!last.is_some_and(|last| self.is_within(last, window)));
            }
        }
        new
    }

    /// Counts one more thing that is equal to no other, such as a response. Its key is its second
    /// and its number within it, so that two ledgers charged with the same things hold the same
    /// keys.
    pub fn charge_another(&mut self, now: Timestamp) {
        // Everything pending first: the number within the second is counted in the log.
        self.settle(usize::MAX);
        let at = seconds(now).max(self.now);
        let before = self
            .log
            .iter()
            .rev()
            .take_while(|(logged, _)| *logged == at)
            .count() as u64;
        self.charge(now, &[PersonKey(u64::from(at) << 32 | before, 0)]);
    }

    /// Adds the charges of `other`, each at its own time: the result is the ledger that had been
    /// charged with both in order of time, whichever of them some charges are in.
    pub fn absorb(&mut self, other: &Self) {
        let mut both = Self::in_parts(self.longest, self.last_seen.len());
        let mut charges: Vec<(u32, u64)> = self.charges().chain(other.charges()).collect();
        // Two sorted runs: the sort merges them in one pass.
        charges.sort_by_key(|(at, _)| *at);
        for (at, person) in charges {
            both.move_on(at);
            both.sort_in(at, person);
        }
        both.move_on(self.now.max(other.now));
        *self = both;
    }

    /// Every charge that is kept, in order of time.
    fn charges(&self) -> impl Iterator<Item = (u32, u64)> {
        self.log.iter().chain(&self.pending).copied()
    }

    /// When `person` was last shown, within the longest window.
    pub fn last_seen(&self, person: PersonKey) -> Option<Timestamp> {
        let pending = self
            .pending
            .iter()
            .rev()
            .find(|(_, who)| *who == person.0)
            .map(|(at, _)| at);
        let at = pending.or_else(|| self.part(person.0).get(&person.0));
        at.map(|&at| Timestamp::from_secs(i64::from(at)))
    }

    /// Charges that `settle` has to sort in.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.log.is_empty() && self.pending.is_empty()
    }

    fn sort_in(&mut self, at: u32, person: u64) {
        let last = self.part_mut(person).insert(person, at);
        // Already logged for this second: a second entry would leave the count twice.
        if last == Some(at) {
            return;
        }
        for window in self.windows() {
            let counted = last.is_some_and(|last| self.is_within(last, window));
            self.counts[window.index()] += u32::from(!counted);
        }
        self.log.push_back((at, person));
    }

    fn move_on(&mut self, now: u32) {
        // The clock may step back; persons who have left a window do not enter it again.
        if now <= self.now {
            return;
        }
        self.now = now;
        for window in self.windows() {
            let w = window.index();
            let length = length_secs(window);
            while let Some(&(at, person)) = self.log.get((self.released[w] - self.dropped) as usize)
            {
                if at.saturating_add(length) > self.now {
                    break;
                }
                self.released[w] += 1;
                // Only a person's last exposure counts: an earlier one leaves without effect.
                if self.part(person).get(&person) == Some(&at) {
                    self.counts[w] -= 1;
                }
            }
        }
        // No window needs what has left the longest one.
        while self.dropped < self.released[self.longest.index()] {
            let (at, person) = self
                .log
                .pop_front()
                .expect("entries between dropped and released are in the log");
            self.dropped += 1;
            let part = self.part_mut(person);
            if part.get(&person) == Some(&at) {
                part.remove(&person);
            }
        }
    }

    fn place(&self, person: u64) -> usize {
        (person >> 32) as usize % self.last_seen.len()
    }

    fn part(&self, person: u64) -> &HashMap<u64, u32> {
        &self.last_seen[self.place(person)]
    }

    fn part_mut(&mut self, person: u64) -> &mut HashMap<u64, u32> {
        let place = self.place(person);
        &mut self.last_seen[place]
    }

    fn windows(&self) -> impl Iterator<Item = SlidingWindow> + use<> {
        let longest = self.longest;
        SlidingWindow::ALL
            .into_iter()
            .take_while(move |window| *window <= longest)
    }

    fn is_within(&self, at: u32, window: SlidingWindow) -> bool {
        at.saturating_add(length_secs(window)) > self.now
    }
}

fn length_secs(window: SlidingWindow) -> u32 {
    u32::try_from(window.length().as_secs())
        .expect("the longest window has 30 days: 2,592,000 seconds")
}

/// Seconds, rounded up.
fn seconds(time: Timestamp) -> u32 {
    let up =
        time.micros().div_euclid(1_000_000) + i64::from(time.micros().rem_euclid(1_000_000) > 0);
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
        let mut ledger = Ledger::new(SlidingWindow::Day);
        let mut at = |secs: i64, who: &[u64]| {
            let now = Timestamp::from_secs(secs);
            ledger.charge(now, &who.iter().map(|&n| person(n)).collect::<Vec<_>>());
            let [minute, hour, day, _] = ledger.counts(now);
            [minute, hour, day]
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
        let mut ledger = Ledger::new(SlidingWindow::Hour);
        ledger.charge(Timestamp::from_secs(1000), &[person(1)]);
        assert_eq!(ledger.counts(Timestamp::from_secs(10))[0], 1);
        ledger.charge(Timestamp::from_secs(10), &[person(2)]);
        assert_eq!(ledger.counts(Timestamp::from_secs(1059))[0], 2);
    }

    #[test]
    fn what_has_passed_is_forgotten() {
        let mut ledger = Ledger::new(SlidingWindow::Minute);
        for second in 0..10_000 {
            ledger.charge(
                Timestamp::from_secs(second),
                &[person(u64::try_from(second).unwrap())],
            );
            ledger.settle(1);
        }
        assert!(ledger.log.len() <= 60 && ledger.last_seen[0].len() <= 60);
    }

    #[test]
    fn waiting_charges_are_bounded_and_never_undercounted() {
        let mut ledger = Ledger::of_many(SlidingWindow::Hour);
        let now = Timestamp::from_secs(1000);
        for number in 0..PENDING_MAX as u64 + 10 {
            ledger.charge(now, &[person(number << 32)]);
            assert!(ledger.counts_at_most()[0] as u64 > number);
        }
        assert!(ledger.pending.len() <= PENDING_MAX);
        assert_eq!(ledger.counts(now)[0] as usize, PENDING_MAX + 10);
    }

    proptest! {
        /// Two ledgers that were charged with parts of the same exposures, or with the same ones,
        /// are absorbed to the ledger that was charged with all of them.
        #[test]
        fn absorbing_is_charging_in_order_of_time(
            steps in proptest::collection::vec((0i64..4000, 0u64..12, 0usize..3, 0usize..3), 1..80)
        ) {
            let mut whole = Ledger::new(SlidingWindow::Hour);
            let mut parts = [Ledger::new(SlidingWindow::Hour), Ledger::new(SlidingWindow::Hour)];
            let mut now = 0;
            for (wait, who, sorted_in, into) in steps {
                now += wait / 20;
                let time = Timestamp::from_secs(now);
                whole.charge(time, &[person(who)]);
                for (place, part) in parts.iter_mut().enumerate().filter(|(place, _)| into == 2 || into == *place) {
                    part.charge(time, &[person(who)]);
                    part.settle(sorted_in + place);
                }
            }
            let [mut one, other] = parts;
            one.absorb(&other);
            for later in [0, 30, 70, 3_500, 4_000] {
                let time = Timestamp::from_secs(now + later);
                prop_assert_eq!(one.counts(time), whole.counts(time));
                for who in 0..12 {
                    prop_assert_eq!(one.last_seen(person(who)), whole.last_seen(person(who)));
                }
            }
        }

        /// Against the definition (distinct persons whose last exposure is within the window),
        /// however many charges have been sorted in.
        #[test]
        fn counts_are_those_of_the_definition(
            steps in proptest::collection::vec((0i64..4000, 0u64..12, 0usize..3, any::<bool>()), 1..120)
        ) {
            let mut ledger = Ledger::new(SlidingWindow::Hour);
            let mut shown: BTreeMap<u64, i64> = BTreeMap::new();
            let mut now = 0;
            for (wait, who, sorted_in, asked) in steps {
                now += wait / 20;
                let time = Timestamp::from_secs(now);
                if asked {
                    let expected = [SlidingWindow::Minute, SlidingWindow::Hour].map(|w| {
                        let length = w.length().as_secs() as i64;
                        u32::from(shown.get(&who).is_none_or(|at| at + length <= now))
                    });
                    let new = ledger.new_persons(time, &[person(who)]);
                    prop_assert_eq!([new[0], new[1]], expected);
                }
                ledger.charge(time, &[person(who)]);
                shown.insert(who, now);
                let expected = [SlidingWindow::Minute, SlidingWindow::Hour].map(|w| {
                    let length = w.length().as_secs() as i64;
                    u32::try_from(shown.values().filter(|at| **at + length > now).count()).unwrap()
                });
                let most = ledger.counts_at_most();
                prop_assert!(most[0] >= expected[0] && most[1] >= expected[1]);
                prop_assert_eq!(ledger.last_seen(person(who)), Some(time));
                ledger.settle(sorted_in);
                if asked {
                    prop_assert_eq!(&ledger.counts(time)[..2], &expected[..]);
                }
            }
        }
    }
}
