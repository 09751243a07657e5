//! The bounded memory of one account.

use std::collections::VecDeque;

use hashbrown::HashSet;

use crate::fetching::Days;
use crate::known::Known;
use crate::level::WAIT_DAYS;
use crate::order::Order;
use crate::paging::Paging;
use crate::places::Places;
use crate::recent::Recent;
use crate::rhythm::Rhythm;
use crate::shape::{HOURS, KINDS, Mixture, OF_HOURS, OF_KINDS, bounded};
use crate::slow::Exponents;
use crate::standing::Standing;
use crate::tally::{ALL, Count, Day, Levels, PeerLevels, SLOW, floor};

/// Persons that are surely remembered for an account.
const KNOWN: usize = 2048;
/// Persons of today's sheets that are told apart.
const TODAY_MAX: usize = 8192;
/// A person read longer ago is new again.
const KNOWN_DAYS: u16 = 90;
/// Working days whose strangeness adds up.
const STRANGE_DAYS: usize = 5;
/// Working days after which an account has habits.
const SETTLED_DAYS: usize = 8;
/// After a clearing the levels are raised for so long.
const CLEARED_DAYS: i32 = 120;
const CLEARED_FACTOR: f32 = 2.5;

#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) organisation: u32,
    pub(crate) portal: u32,
    pub(crate) first_day: i32,
    pub(crate) last_day: Option<i32>,
    known: Known,
    today_sheets: HashSet<u32>,
    pub(crate) sheets: Recent,
    pub(crate) lists: Recent,
    pub(crate) today: Day,
    pub(crate) levels: Levels,
    kinds: Mixture<KINDS>,
    hours: Mixture<HOURS>,
    /// Day and strangeness of the last working days.
    strange: VecDeque<(i32, f32)>,
    pub(crate) order: Order,
    pub(crate) paging: Paging,
    /// Days with resources, and whether this is one.
    pub(crate) fetching: Days,
    pub(crate) has_fetched: bool,
    pub(crate) rhythm: Rhythm,
    pub(crate) places: Places,
    pub(crate) standing: Standing,
    /// Second of the containment in force.
    pub(crate) contained: Option<u32>,
    pub(crate) cleared: Option<i32>,
    /// Day and strength of the containment after which it was left open under conditions.
    pub(crate) stepped: Option<(i32, f32)>,
    /// Day and strength of the last alert.
    pub(crate) alerted: Option<(i32, f32)>,
    /// What it adds to its organisation today.
    pub(crate) share: f32,
    pub(crate) share_day: i32,
}

/// What an account's peers have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Common {
    pub(crate) levels: PeerLevels,
    pub(crate) kinds: Mixture<KINDS>,
    pub(crate) hours: Mixture<HOURS>,
    pub(crate) fetching: Days,
    /// Resources of this portal pass the lock.
    pub(crate) fetches: bool,
}

impl Profile {
    pub(crate) fn new(organisation: u32, portal: u32, day: i32) -> Self {
        Self {
            organisation,
            portal,
            first_day: day,
            last_day: None,
            known: Known::new(KNOWN),
            today_sheets: HashSet::new(),
            sheets: Recent::default(),
            lists: Recent::default(),
            today: Day::of(day),
            levels: Levels::default(),
            kinds: Mixture::default(),
            hours: Mixture::default(),
            strange: VecDeque::new(),
            order: Order::default(),
            paging: Paging::default(),
            fetching: Days::default(),
            has_fetched: false,
            rhythm: Rhythm::default(),
            places: Places::default(),
            standing: Standing::default(),
            contained: None,
            cleared: None,
            stepped: None,
            alerted: None,
            share: 0.0,
            share_day: day,
        }
    }

    /// Notes that `key` was shown; true when the account had not read it for long.
    pub(crate) fn meet(&mut self, key: u32, day: u16) -> bool {
        self.known.meet(key, day).is_none_or(|before| day.saturating_sub(before) > KNOWN_DAYS)
    }

    /// True when `key` was not opened as a sheet today.
    pub(crate) fn opens(&mut self, key: u32) -> bool {
        self.today_sheets.len() < TODAY_MAX && self.today_sheets.insert(key)
    }

    pub(crate) fn age(&self, day: i32) -> i32 {
        day - self.first_day
    }

    /// Working days before today.
    pub(crate) fn worked(&self) -> usize {
        self.levels.of(Count::Sheets).days().max(self.levels.of(Count::Listed).days())
    }

    pub(crate) fn usual(&self, common: &Common, count: Count, day: i32) -> f32 {
        let usual = self.levels.of(count).usual(common.levels.usual(count), self.age(day));
        let usual = usual.max(floor(count));
        if self.is_cleared(day) { usual * CLEARED_FACTOR } else { usual }
    }

    pub(crate) fn is_cleared(&self, day: i32) -> bool {
        self.cleared.is_some_and(|cleared| day - cleared < CLEARED_DAYS)
    }

    /// How strange the last days were, today included: -1 to 3, 0 without history.
    pub(crate) fn strangeness(&self, common: &Common) -> (f32, f32, f32) {
        let (kinds, hours) = self.strangeness_of(&self.today, common);
        let last = self.strange.iter().filter(|(day, _)| self.today.day - day < 14).rev();
        let before: f32 = last.take(STRANGE_DAYS - 1).map(|(_, strange)| *strange).sum();
        ((before + kinds + hours).clamp(-1.0, 3.0), kinds, hours)
    }

    fn strangeness_of(&self, day: &Day, common: &Common) -> (f32, f32) {
        let kinds = self.kinds.strangeness(&common.kinds, &bounded(&day.kinds), OF_KINDS);
        let hours = self.hours.strangeness(&common.hours, &day.hours(), OF_HOURS);
        (kinds.clamp(-1.0, 1.5), hours.clamp(-1.0, 1.5))
    }

    /// Begins `day`: the working day before it is closed and teaches what is usual.
    pub(crate) fn begin(&mut self, day: i32, common: &mut Common, exponents: &Exponents) {
        if day <= self.today.day {
            return;
        }
        let done = self.today;
        if self.last_day == Some(done.day) {
            self.close(&done, common, exponents);
        }
        self.today = Day::of(day);
        self.has_fetched = false;
        self.today_sheets.clear();
        self.today_sheets.shrink_to(64);
    }

    fn close(&mut self, done: &Day, common: &mut Common, exponents: &Exponents) {
        let (kinds, hours) = self.strangeness_of(done, common);
        self.strange.push_back((done.day, kinds + hours));
        while self.strange.len() > STRANGE_DAYS {
            self.strange.pop_front();
        }
        for (place, (count, _)) in SLOW.into_iter().enumerate() {
            let usual = self.usual(common, count, done.day);
            let share = self.levels.of(count).share_of(usual, done.day);
            self.levels.slow[place].close(exponents, done.day, done.count(count), usual, share);
            if self.levels.of(count).days() < SETTLED_DAYS {
                // Who has no habits yet is measured by the day alone.
                self.levels.slow[place].forget();
            }
        }
        for count in ALL {
            let seen = done.count(count);
            if seen == 0 && !matches!(count, Count::New | Count::Sheets) {
                // Rare things have a level of the days on which they happen.
                continue;
            }
            let usual = self.usual(common, count, done.day);
            let level = self.levels.of_mut(count);
            let before = level.own();
            if self.cleared.is_some_and(|cleared| done.day - cleared <= WAIT_DAYS * 10) {
                level.learn(done.day, seen, f32::MAX);
            } else {
                level.learn(done.day, seen, usual);
            }
            common.levels.of_mut(count).replace(before, level.own());
        }
        // Resources are not journalled: days before the first one, made again, say nothing.
        if common.fetches && done.count(Count::Sheets) > 0 {
            self.fetching.learn(self.has_fetched);
            common.fetching.learn(self.has_fetched);
        }
        self.kinds.learn(&done.kinds, 5.0);
        self.hours.learn(&done.hours(), 3.0);
        common.kinds.learn_from_peer(&done.kinds);
        common.hours.learn_from_peer(&done.hours());
    }

    /// What was seen was found to be work, or the operator opened the account again.
    pub(crate) fn clear(&mut self, day: i32) {
        self.contained = None;
        self.cleared = Some(day);
        self.alerted = None;
        self.stepped = None;
        self.strange.clear();
        for slow in &mut self.levels.slow {
            slow.forget();
        }
        for count in ALL {
            let seen = self.today.count(count);
            if seen > 0 {
                self.levels.of_mut(count).accept(day, seen);
            }
        }
        (self.sheets, self.lists) = (Recent::default(), Recent::default());
    }
}
