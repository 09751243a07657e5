//! The ways in which accounts are stolen and used, drawn from a seed.
//!
//! The classes are those of known breaches; the named cases have their real rates.

use std::collections::BTreeSet;

use crate::draw::Draw;
use crate::world::{DAY_MS, World, WorldVisit};

/// Programs of thieves, as they name themselves.
const TOOLS: [&str; 2] = [
    "python-requests/2.32",
    "Mozilla/5.0 (X11; Linux) Chrome/146.0",
];

/// One act of a thief.
#[derive(Clone, Debug)]
pub struct TheftMove {
    pub at_ms: i64,
    /// Index of the worker whose account is used; above the workers: an account created for the
    /// theft.
    pub account: usize,
    pub action: &'static str,
    pub persons: Vec<u32>,
    pub session: &'static str,
    pub portal: &'static str,
}

/// A theft: its moves in time order, and where they come from.
#[derive(Clone, Debug)]
pub struct Theft {
    pub moves: Vec<TheftMove>,
    pub ip: String,
    pub agent: &'static str,
    /// Accounts that a delegate is made to create before: organisation, and index above the
    /// workers.
    pub made: Vec<(usize, usize)>,
    pub start_ms: i64,
}

/// One class of theft.
#[derive(Clone, Copy, Debug)]
pub struct TheftClass {
    pub name: &'static str,
    /// The days of the world between which it may begin.
    starts: (i64, i64),
    kind: TheftKind,
    /// The goal that it must reach.
    pub goal: Goal,
    /// For a case that happened: the persons taken then.
    pub then: Option<u32>,
}

/// The goal of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// At most this many persons before the containment.
    Persons(u32),
    /// Contained within this many days, in this percentage of runs.
    Within(i64, u32),
}

#[derive(Clone, Copy, Debug)]
enum TheftKind {
    /// Record pages at this rate, by this client.
    Sheets {
        per_second: f64,
        client: ClientKind,
    },
    /// Lists of `size` persons, `apart` seconds apart.
    Lists {
        size: usize,
        apart: i64,
    },
    Export {
        size: usize,
    },
    /// Accounts of different organisations from one address, each reading `daily` persons a day.
    OneAddress {
        accounts: usize,
        daily: usize,
    },
    /// A delegate creates two accounts, which read at once.
    MadeAccounts,
    /// One portal, then another.
    Pivot,
    /// The session continues after the password was reset.
    AfterReset,
    /// This multiple of the account's own 95th percentile.
    Slow {
        factor: f64,
        days: i64,
        hours: (i64, i64),
        from: VictimChoice,
    },
    /// Accounts of one organisation, each reading `daily` persons a day.
    Company {
        accounts: usize,
        daily: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientKind {
    Script,
    /// The holder's own device and browser.
    Holder,
}

/// The persons that the thief reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VictimChoice {
    Anybody,
    /// Consecutive numbers.
    InOrder,
    /// The account's caseload only.
    Caseload,
}

const fn class(name: &'static str, starts: (i64, i64), kind: TheftKind, goal: Goal) -> TheftClass {
    TheftClass {
        name,
        starts,
        kind,
        goal,
        then: None,
    }
}

const FROM_DAY_ONE: (i64, i64) = (0, 50);
const LATER: (i64, i64) = (35, 50);

const fn script(per_second: f64) -> TheftKind {
    TheftKind::Sheets {
        per_second,
        client: ClientKind::Script,
    }
}

const fn slow(factor: f64, days: i64, hours: (i64, i64), from: VictimChoice) -> TheftKind {
    TheftKind::Slow {
        factor,
        days,
        hours,
        from,
    }
}

/// Every class; the named cases last.
pub const CLASSES: [TheftClass; 21] = [
    class("sheets-1", FROM_DAY_ONE, script(1.0), Goal::Persons(50)),
    class("sheets-4", FROM_DAY_ONE, script(4.0), Goal::Persons(50)),
    class(
        "sheets-holder-device",
        FROM_DAY_ONE,
        TheftKind::Sheets {
            per_second: 1.5,
            client: ClientKind::Holder,
        },
        Goal::Persons(50),
    ),
    class(
        "lists",
        FROM_DAY_ONE,
        TheftKind::Lists { size: 40, apart: 4 },
        Goal::Persons(300),
    ),
    class(
        "export",
        FROM_DAY_ONE,
        TheftKind::Export { size: 3000 },
        Goal::Persons(300),
    ),
    class(
        "one-address",
        LATER,
        TheftKind::OneAddress {
            accounts: 8,
            daily: 60,
        },
        Goal::Within(3, 80),
    ),
    class(
        "api-key",
        FROM_DAY_ONE,
        TheftKind::Sheets {
            per_second: 20.0,
            client: ClientKind::Script,
        },
        Goal::Persons(50),
    ),
    class(
        "made-accounts",
        LATER,
        TheftKind::MadeAccounts,
        Goal::Persons(100),
    ),
    class("pivot", LATER, TheftKind::Pivot, Goal::Persons(100)),
    class(
        "after-reset",
        LATER,
        TheftKind::AfterReset,
        Goal::Persons(50),
    ),
    class(
        "slow-office",
        LATER,
        slow(2.0, 3, (8, 18), VictimChoice::Anybody),
        Goal::Within(3, 95),
    ),
    class(
        "slow-1.2",
        LATER,
        slow(1.2, 14, (8, 18), VictimChoice::Anybody),
        Goal::Within(14, 80),
    ),
    class(
        "slow-in-order",
        LATER,
        slow(2.0, 3, (8, 18), VictimChoice::InOrder),
        Goal::Within(3, 95),
    ),
    class(
        "night",
        LATER,
        slow(2.0, 3, (0, 5), VictimChoice::Anybody),
        Goal::Within(3, 95),
    ),
    class(
        "own-rhythm",
        LATER,
        slow(1.5, 14, (-1, -1), VictimChoice::Anybody),
        Goal::Within(14, 80),
    ),
    class(
        "ten-accounts",
        LATER,
        TheftKind::Company {
            accounts: 10,
            daily: 100,
        },
        Goal::Within(1, 100),
    ),
    class(
        "inside-caseload",
        LATER,
        slow(2.0, 14, (8, 18), VictimChoice::Caseload),
        Goal::Persons(150),
    ),
    TheftClass {
        then: Some(36_820_828),
        ..class(
            "cap-emploi-2024",
            FROM_DAY_ONE,
            script(14.7),
            Goal::Persons(50),
        )
    },
    TheftClass {
        then: Some(340_000),
        ..class("kairos", FROM_DAY_ONE, script(4.0), Goal::Persons(50))
    },
    TheftClass {
        then: Some(1_600_000),
        ..class(
            "missions-locales-2025",
            LATER,
            TheftKind::MadeAccounts,
            Goal::Persons(100),
        )
    },
    TheftClass {
        then: Some(678_000),
        ..class("dgfip-2026", FROM_DAY_ONE, script(8.5), Goal::Persons(50))
    },
];

impl TheftClass {
    pub fn parse(name: &str) -> Option<Self> {
        CLASSES.into_iter().find(|class| class.name == name)
    }

    /// The day on which this seed's theft begins.
    pub fn start(&self, seed: u64) -> i64 {
        let mut draw = Draw::new(seed ^ 0xdead_0001 ^ self.name.len() as u64);
        let day = self.starts.0 + draw.below((self.starts.1 - self.starts.0) as usize) as i64;
        // Thefts spread over days begin on working days.
        if day % 7 >= 5 { day + 2 } else { day }
    }

    /// The theft of this seed, in `world` as it is on the day on which it begins.
    pub fn draw(&self, seed: u64, world: &World) -> Theft {
        let mut draw = Draw::new(
            seed.wrapping_mul(31) ^ self.name.bytes().fold(7, |h, b| h * 33 + u64::from(b)),
        );
        let day = self.start(seed);
        let start_ms = day * DAY_MS + 9 * 3_600_000 + draw.below(6 * 3_600_000) as i64;
        // A multiple of its own habit needs an account that has one.
        let age = if matches!(self.kind, TheftKind::Slow { .. }) {
            20
        } else {
            0
        };
        let victim = victim(&mut draw, world, day - age);
        let mut scene = TheftScene {
            draw,
            world,
            day,
            start_ms,
            moves: Vec::new(),
            next: 0,
        };
        let made = scene.act(self.kind, victim);
        let is_holder = matches!(
            self.kind,
            TheftKind::AfterReset
                | TheftKind::Sheets {
                    client: ClientKind::Holder,
                    ..
                }
        );
        scene.moves.sort_by_key(|step| (step.at_ms, step.account));
        let worker = &world.workers[victim];
        Theft {
            start_ms: scene.moves.first().map_or(start_ms, |step| step.at_ms),
            moves: scene.moves,
            ip: if is_holder {
                worker.ip.clone()
            } else {
                format!("203.0.113.{}", 1 + scene.draw.below(250))
            },
            agent: if is_holder {
                ""
            } else {
                TOOLS[scene.draw.below(TOOLS.len())]
            },
            made,
        }
    }
}

/// An account that has existed since `day` at the latest, of any organisation but the large one.
fn victim(draw: &mut Draw, world: &World, day: i64) -> usize {
    loop {
        let number = draw.below(world.workers.len());
        if world.workers[number].since <= day && world.workers[number].organisation != 0 {
            return number;
        }
    }
}

fn persons_opened(visits: &[WorldVisit], account: usize) -> usize {
    let own = visits
        .iter()
        .filter(|visit| visit.worker == account && visit.persons.len() == 1);
    let persons: BTreeSet<u32> = own.map(|visit| visit.persons[0]).collect();
    persons.len()
}

/// The 95th percentile of the account's working days so far: distinct persons by record pages.
fn usual_day(world: &World, account: usize, until: i64) -> f64 {
    // The world keeps no history: a clone works the days again, with today's caseloads. Only the
    // counts matter.
    let mut past = World::clone(world);
    let mut counts: Vec<usize> = Vec::new();
    for day in 0..until {
        let opened = persons_opened(&past.day(day), account);
        if opened > 0 {
            counts.push(opened);
        }
    }
    counts.sort_unstable();
    counts
        .get(counts.len().saturating_sub(1) * 95 / 100)
        .copied()
        .unwrap_or(5) as f64
}

struct TheftScene<'w> {
    draw: Draw,
    world: &'w World,
    day: i64,
    start_ms: i64,
    moves: Vec<TheftMove>,
    /// The last number of a thief who reads in order.
    next: u32,
}

impl TheftScene<'_> {
    /// Draws everything that the thief does; returns the accounts created for it.
    fn act(&mut self, kind: TheftKind, victim: usize) -> Vec<(usize, usize)> {
        match kind {
            TheftKind::Sheets { per_second, .. } => {
                self.sheets(victim, per_second, 3000, "s-thief", "kairos")
            }
            TheftKind::AfterReset => self.sheets(victim, 8.5, 3000, "s-kept", "kairos"),
            TheftKind::Lists { size, apart } => {
                for page in 0..80 {
                    let persons = (0..size)
                        .map(|_| self.person(VictimChoice::Anybody, victim))
                        .collect();
                    self.push(self.start_ms + page * apart * 1000, victim, "list", persons);
                }
            }
            TheftKind::Export { size } => {
                let persons = (0..size)
                    .map(|_| self.person(VictimChoice::Anybody, victim))
                    .collect();
                self.push(self.start_ms, victim, "export", persons);
            }
            TheftKind::OneAddress { accounts, daily } => {
                for account in self.one_of_each(accounts) {
                    self.daily(account, daily, 3, (8, 18), VictimChoice::Anybody);
                }
            }
            TheftKind::MadeAccounts => {
                let employer = self.world.workers[victim].organisation;
                let first = self.world.workers.len();
                for account in first..first + 2 {
                    self.sheets(account, 1.0, 1500, "s-new", "kairos");
                }
                return vec![(employer, first), (employer, first + 1)];
            }
            TheftKind::Pivot => {
                self.sheets(victim, 1.0, 12, "s-first", "pigp");
                self.start_ms += 300_000;
                self.sheets(victim, 2.0, 2000, "s-second", "ader");
            }
            TheftKind::Slow {
                factor,
                days,
                hours,
                from,
            } => {
                let own = usual_day(self.world, victim, self.day);
                self.daily(victim, (factor * own).ceil() as usize, days, hours, from);
            }
            TheftKind::Company { accounts, daily } => {
                let members = self
                    .world
                    .workers
                    .iter()
                    .enumerate()
                    .filter(|(_, worker)| worker.organisation == 0);
                let members: Vec<usize> =
                    members.map(|(number, _)| number).take(accounts).collect();
                for account in members {
                    self.daily(account, daily, 1, (8, 18), VictimChoice::Anybody);
                }
            }
        }
        Vec::new()
    }

    /// One account each from at most `most` organisations.
    fn one_of_each(&self, most: usize) -> Vec<usize> {
        let workers = &self.world.workers;
        let mut chosen: Vec<usize> = Vec::new();
        for (number, worker) in workers.iter().enumerate() {
            let is_new = chosen
                .iter()
                .all(|other| workers[*other].organisation != worker.organisation);
            if chosen.len() < most && is_new && worker.since <= self.day {
                chosen.push(number);
            }
        }
        chosen
    }

    fn person(&mut self, from: VictimChoice, account: usize) -> u32 {
        match from {
            VictimChoice::Anybody => self.draw.below(self.world.persons as usize) as u32,
            VictimChoice::InOrder => {
                self.next += 1;
                (self.next + 1000) % self.world.persons
            }
            VictimChoice::Caseload => *self.draw.pick(&self.world.workers[account].caseload),
        }
    }

    fn push(&mut self, at_ms: i64, account: usize, action: &'static str, persons: Vec<u32>) {
        self.moves.push(TheftMove {
            at_ms,
            account,
            action,
            persons,
            session: "s-thief",
            portal: "kairos",
        });
    }

    fn sheets(
        &mut self,
        account: usize,
        per_second: f64,
        count: usize,
        session: &'static str,
        portal: &'static str,
    ) {
        let from = if self.draw.once_in(3) {
            VictimChoice::InOrder
        } else {
            VictimChoice::Anybody
        };
        let mut at = self.start_ms as f64;
        for _ in 0..count {
            at += 1000.0 / per_second * (0.5 + self.draw.below(1000) as f64 / 1000.0);
            let person = self.person(from, account);
            let at_ms = at as i64;
            self.moves.push(TheftMove {
                at_ms,
                account,
                action: "open",
                persons: vec![person],
                session,
                portal,
            });
        }
    }

    /// `daily` record pages on each working day, between these hours; -1 for the account's own
    /// hours.
    fn daily(
        &mut self,
        account: usize,
        daily: usize,
        days: i64,
        hours: (i64, i64),
        from: VictimChoice,
    ) {
        let mut day = self.day;
        let mut done = 0;
        while done < days {
            if day % 7 < 5 {
                done += 1;
                let (first, last) = if hours.0 < 0 { (8, 16) } else { hours };
                for _ in 0..daily {
                    let within = self.draw.below(((last - first) * 3_600_000) as usize) as i64;
                    let person = self.person(from, account);
                    self.push(
                        day * DAY_MS + first * 3_600_000 + within,
                        account,
                        "open",
                        vec![person],
                    );
                }
            }
            day += 1;
        }
    }
}
