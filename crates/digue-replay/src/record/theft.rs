//! The ways in which an informed thief uses an account, inserted into recorded work.

use std::collections::BTreeMap;

use super::{DAY_MS, RecordedView, RecordedWork, seen};
use crate::draw::Draw;

/// Days for which a slow theft continues unless it is stopped.
pub const THEFT_DAYS: i64 = 30;

/// Where the thief works from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ThiefPlace {
    /// The holder's own device and session.
    Holder,
    /// A device with which the account was never seen.
    Elsewhere,
}

/// The history of the account before the theft.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BeforeTheft {
    Work,
    /// The account is created for the theft, or on the day before it.
    New,
    /// It was stolen, contained and reopened three weeks earlier.
    Reopened,
    /// Its holder is on leave, and stays away.
    Leave,
}

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// Record pages at this many a second, 3,000 in all.
    Sheets(f64),
    /// One list of this many persons every five seconds, 3,000 in all.
    Lists(usize),
    Export(usize),
    /// This many record pages a day.
    Daily(f64),
    /// This multiple of the 95th percentile of the account's own days.
    OfP95(f64),
    /// This multiple of the account's own mean.
    OfMean(f64),
    /// This multiple of the 95th percentile, once every `every` working days.
    Pulse {
        factor: f64,
        every: i64,
    },
    /// This share of the mean or the 95th percentile on the first day, growing by this factor each
    /// day.
    RampOfMean {
        from: f64,
        growth: f64,
    },
    RampOfP95 {
        from: f64,
        growth: f64,
    },
    /// This multiple of what the holder reads on each of its own days.
    Imitation(f64),
    /// Consecutive identifiers, one a minute for eight hours; each opened `times` times.
    ByNumber {
        times: usize,
    },
    /// `lists` lists of `size` persons a day.
    DailyLists {
        lists: usize,
        size: usize,
    },
    /// Lists of ten persons, whose record pages are then opened: `daily` persons a day.
    ListThenSheets {
        daily: usize,
    },
}

/// The goal of a class (P2 and P3 in `docs/benchmarks.md`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordGoal {
    /// At most this many persons, in every theft.
    Persons(usize),
    /// This percentage of thefts within this many days.
    Within { days: i64, percent: usize },
    /// At least as many thefts stopped as by the volume-only test.
    Rival,
    /// Cannot be found in theory; reported, and without a goal.
    Inherent,
}

/// One class of theft.
#[derive(Clone, Copy, Debug)]
pub struct RecordClass {
    pub name: &'static str,
    pub pace: Pace,
    pub from: ThiefPlace,
    pub before: BeforeTheft,
    /// Hours of the day, UTC.
    pub hours: (i64, i64),
    /// Accounts that are stolen together, and whether they belong to one organisation.
    pub accounts: usize,
    pub is_one_organisation: bool,
    pub days: i64,
    pub goal: RecordGoal,
}

const fn class(name: &'static str, pace: Pace, from: ThiefPlace, goal: RecordGoal) -> RecordClass {
    RecordClass {
        name,
        pace,
        from,
        before: BeforeTheft::Work,
        hours: (8, 18),
        accounts: 1,
        is_one_organisation: false,
        days: THEFT_DAYS,
        goal,
    }
}

const fn within(days: i64, percent: usize) -> RecordGoal {
    RecordGoal::Within { days, percent }
}

const FAST: RecordGoal = RecordGoal::Persons(50);
const LISTS: RecordGoal = RecordGoal::Persons(300);
const NEW: RecordClass = RecordClass {
    before: BeforeTheft::New,
    ..class(
        "",
        Pace::Daily(0.0),
        ThiefPlace::Elsewhere,
        RecordGoal::Rival,
    )
};

/// Every class, the fast ones first.
pub const CLASSES: [RecordClass; 42] = [
    class(
        "sheets-1-holder",
        Pace::Sheets(1.0),
        ThiefPlace::Holder,
        FAST,
    ),
    class(
        "sheets-4-elsewhere",
        Pace::Sheets(4.0),
        ThiefPlace::Elsewhere,
        FAST,
    ),
    RecordClass {
        name: "sheets-1-new-account",
        pace: Pace::Sheets(1.0),
        goal: FAST,
        ..NEW
    },
    class("lists-of-50", Pace::Lists(50), ThiefPlace::Holder, LISTS),
    class("lists-of-10", Pace::Lists(10), ThiefPlace::Holder, LISTS),
    RecordClass {
        name: "lists-of-50-new-account",
        pace: Pace::Lists(50),
        goal: LISTS,
        ..NEW
    },
    class("export-3000", Pace::Export(3000), ThiefPlace::Holder, LISTS),
    RecordClass {
        hours: (0, 5),
        days: 5,
        ..class(
            "night-100",
            Pace::Daily(100.0),
            ThiefPlace::Elsewhere,
            within(1, 95),
        )
    },
    class(
        "daily-60-elsewhere",
        Pace::Daily(60.0),
        ThiefPlace::Elsewhere,
        within(3, 95),
    ),
    class(
        "daily-60-holder",
        Pace::Daily(60.0),
        ThiefPlace::Holder,
        within(3, 95),
    ),
    class(
        "daily-20",
        Pace::Daily(20.0),
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "daily-10",
        Pace::Daily(10.0),
        ThiefPlace::Holder,
        RecordGoal::Inherent,
    ),
    class(
        "daily-5",
        Pace::Daily(5.0),
        ThiefPlace::Holder,
        RecordGoal::Inherent,
    ),
    class(
        "imitation-30",
        Pace::Imitation(0.3),
        ThiefPlace::Holder,
        RecordGoal::Inherent,
    ),
    class(
        "imitation-100",
        Pace::Imitation(1.0),
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "imitation-200",
        Pace::Imitation(2.0),
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    RecordClass {
        before: BeforeTheft::Leave,
        ..class(
            "leave",
            Pace::OfMean(1.0),
            ThiefPlace::Holder,
            RecordGoal::Inherent,
        )
    },
    class(
        "ramp-10",
        Pace::RampOfMean {
            from: 0.1,
            growth: 1.1,
        },
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "ramp-5",
        Pace::RampOfP95 {
            from: 0.5,
            growth: 1.05,
        },
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "alternate-1.3",
        Pace::Pulse {
            factor: 1.3,
            every: 2,
        },
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "fourth-2.5",
        Pace::Pulse {
            factor: 2.5,
            every: 4,
        },
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "p95-1.2",
        Pace::OfP95(1.2),
        ThiefPlace::Holder,
        within(14, 80),
    ),
    class("p95-2", Pace::OfP95(2.0), ThiefPlace::Holder, within(3, 95)),
    class("p95-5", Pace::OfP95(5.0), ThiefPlace::Holder, within(3, 95)),
    RecordClass {
        before: BeforeTheft::Reopened,
        ..class(
            "p95-2-reopened",
            Pace::OfP95(2.0),
            ThiefPlace::Holder,
            within(3, 95),
        )
    },
    RecordClass {
        before: BeforeTheft::Reopened,
        ..class(
            "p95-5-reopened",
            Pace::OfP95(5.0),
            ThiefPlace::Holder,
            within(3, 95),
        )
    },
    class(
        "by-number",
        Pace::ByNumber { times: 1 },
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "by-number-twice",
        Pace::ByNumber { times: 2 },
        ThiefPlace::Holder,
        RecordGoal::Rival,
    ),
    class(
        "four-lists-of-50",
        Pace::DailyLists { lists: 4, size: 50 },
        ThiefPlace::Holder,
        LISTS,
    ),
    class(
        "ten-lists-of-10",
        Pace::DailyLists {
            lists: 10,
            size: 10,
        },
        ThiefPlace::Holder,
        LISTS,
    ),
    class(
        "lists-of-3",
        Pace::DailyLists { lists: 66, size: 3 },
        ThiefPlace::Holder,
        LISTS,
    ),
    class(
        "one-list-of-200",
        Pace::DailyLists {
            lists: 1,
            size: 200,
        },
        ThiefPlace::Holder,
        LISTS,
    ),
    class(
        "list-then-sheets",
        Pace::ListThenSheets { daily: 60 },
        ThiefPlace::Holder,
        within(3, 95),
    ),
    RecordClass {
        name: "new-40",
        pace: Pace::Daily(40.0),
        goal: RecordGoal::Rival,
        ..NEW
    },
    RecordClass {
        name: "new-60",
        pace: Pace::Daily(60.0),
        goal: RecordGoal::Rival,
        ..NEW
    },
    RecordClass {
        name: "new-100",
        pace: Pace::Daily(100.0),
        goal: within(3, 95),
        ..NEW
    },
    RecordClass {
        name: "new-150",
        pace: Pace::Daily(150.0),
        goal: within(3, 95),
        ..NEW
    },
    RecordClass {
        name: "new-four-lists-of-50",
        pace: Pace::DailyLists { lists: 4, size: 50 },
        goal: LISTS,
        ..NEW
    },
    RecordClass {
        accounts: 3,
        ..class(
            "three-organisations-20",
            Pace::Daily(20.0),
            ThiefPlace::Holder,
            RecordGoal::Inherent,
        )
    },
    RecordClass {
        accounts: 3,
        ..class(
            "three-organisations-60",
            Pace::Daily(60.0),
            ThiefPlace::Holder,
            within(3, 95),
        )
    },
    RecordClass {
        accounts: 10,
        is_one_organisation: true,
        ..class(
            "ten-accounts-100",
            Pace::Daily(100.0),
            ThiefPlace::Holder,
            within(1, 95),
        )
    },
    RecordClass {
        accounts: 10,
        is_one_organisation: true,
        ..class(
            "ten-accounts-lists",
            Pace::DailyLists { lists: 4, size: 50 },
            ThiefPlace::Holder,
            within(1, 95),
        )
    },
];

impl RecordClass {
    pub fn parse(name: &str) -> Option<Self> {
        CLASSES.into_iter().find(|class| class.name == name)
    }
}

/// The account's work before the theft, as the thief knows it.
#[derive(Clone, Debug)]
pub struct Habits {
    pub mean: f64,
    pub p95: f64,
    /// Its own days, the future ones included, with the number of persons.
    pub days: BTreeMap<i64, u32>,
}

/// Draws the views of a thief with one account from `start` on.
pub fn draw(
    class: &RecordClass,
    record: &RecordedWork,
    account: usize,
    habits: &Habits,
    start: i64,
    seed: u64,
) -> Vec<RecordedView> {
    let mut draw = Draw::new(seed);
    let is_fresh = draw.once_in(2);
    let mut thief = RecordThief {
        record,
        account,
        views: Vec::new(),
        drawn: 0,
        seed,
        is_fresh,
        draw,
    };
    let begin = start * DAY_MS + 9 * 3_600_000 + thief.draw.below(5 * 3_600_000) as i64;
    match class.pace {
        Pace::Sheets(rate) => thief.sheets(begin, rate),
        Pace::Lists(size) => {
            for page in 0..3000_i64.div_euclid(size as i64) {
                thief.list(begin + page * 5000, size);
            }
        }
        Pace::Export(size) => thief.list(begin, size),
        _ => {
            for day in 0..class.days {
                thief.day(class, habits, start + day, day);
            }
        }
    }
    thief.views.sort_by_key(|view| view.at_ms);
    thief.views
}

struct RecordThief<'r> {
    record: &'r RecordedWork,
    account: usize,
    views: Vec<RecordedView>,
    drawn: u64,
    seed: u64,
    /// Reads persons whom no one has read yet; otherwise anyone.
    is_fresh: bool,
    draw: Draw,
}

impl RecordThief<'_> {
    fn push(
        &mut self,
        at_ms: i64,
        persons: Vec<digue_detection::SeenPerson>,
        action: &'static str,
    ) {
        self.views.push(RecordedView {
            at_ms,
            account: self.account,
            persons,
            action,
        });
    }

    fn person(&mut self) -> digue_detection::SeenPerson {
        self.drawn += 1;
        if self.is_fresh {
            seen(&format!(
                "V{}-{}",
                self.seed,
                self.drawn.wrapping_mul(7919) % 1_000_003
            ))
        } else {
            let view = self.draw.below(self.record.views.len());
            self.record.views[view].persons[0]
        }
    }

    fn list(&mut self, at_ms: i64, size: usize) {
        let persons = (0..size).map(|_| self.person()).collect();
        self.push(at_ms, persons, "list");
    }

    fn sheets(&mut self, begin: i64, rate: f64) {
        let mut at = begin as f64;
        for _ in 0..3000 {
            at += 1000.0 / rate * (0.7 + 0.6 * self.draw.below(1000) as f64 / 1000.0);
            let person = self.person();
            self.push(at as i64, vec![person], "open");
        }
    }

    /// One day of a slow theft: the `count`th, from 0.
    fn day(&mut self, class: &RecordClass, habits: &Habits, day: i64, count: i64) {
        // 1970-01-01 was a Thursday, so 2 and 3 are Saturday and Sunday; thefts at other hours take
        // no rest.
        let is_rest = matches!(day.rem_euclid(7), 2 | 3) && class.hours == (8, 18);
        if is_rest {
            return;
        }
        let worked = count * 5 / 7;
        let daily = match class.pace {
            Pace::Daily(daily) => daily,
            Pace::OfP95(factor) => factor * habits.p95,
            Pace::OfMean(factor) => factor * habits.mean,
            Pace::Pulse { factor, every } if worked % every == 0 => factor * habits.p95,
            Pace::RampOfMean { from, growth } => from * habits.mean * growth.powi(worked as i32),
            Pace::RampOfP95 { from, growth } => from * habits.p95 * growth.powi(worked as i32),
            Pace::Imitation(factor) => {
                factor * f64::from(habits.days.get(&day).copied().unwrap_or(0))
            }
            Pace::ByNumber { times } => return self.by_number(day, count, times),
            Pace::DailyLists { lists, size } => return self.lists(class, day, lists, size),
            Pace::ListThenSheets { daily } => return self.list_then_sheets(class, day, daily),
            Pace::Pulse { .. } | Pace::Sheets(_) | Pace::Lists(_) | Pace::Export(_) => return,
        };
        let whole = daily.floor() as usize
            + usize::from((self.draw.below(1000) as f64) < daily.fract() * 1000.0);
        for _ in 0..whole {
            let (at, person) = (self.within(class, day), self.person());
            self.push(at, vec![person], "open");
        }
    }

    fn within(&mut self, class: &RecordClass, day: i64) -> i64 {
        let (from, until) = class.hours;
        day * DAY_MS
            + from * 3_600_000
            + self.draw.below(((until - from) * 3_600_000) as usize) as i64
    }

    fn by_number(&mut self, day: i64, count: i64, times: usize) {
        for step in 0..480 {
            let person = seen(&format!(
                "{}",
                40_000_000 + self.seed % 1_000_000 + (count * 480 + step) as u64
            ));
            for time in 0..times {
                self.push(
                    day * DAY_MS + (9 * 60 + step) * 60_000 + 9000 * time as i64,
                    vec![person],
                    "open",
                );
            }
        }
    }

    fn lists(&mut self, class: &RecordClass, day: i64, lists: usize, size: usize) {
        for _ in 0..lists {
            let at = self.within(class, day);
            self.list(at, size);
        }
    }

    fn list_then_sheets(&mut self, class: &RecordClass, day: i64, daily: usize) {
        for _ in 0..daily.div_ceil(10) {
            let begin = self.within(class, day);
            self.list(begin, 10);
            let listed = self.views.last().expect("just pushed").persons.clone();
            for (place, person) in listed.into_iter().enumerate() {
                let wait = 45_000 * (place as i64 + 1) + self.draw.below(20_000) as i64;
                self.push(begin + wait, vec![person], "open");
            }
        }
    }
}
