//! A simulated world at work, day by day: organisations, jobs, rhythms, caseloads that turn over.
//!
//! It contains what makes detection hard: desks that look up unknown persons all day, month-end
//! exports, new and growing accounts, holidays, programs, people who work on Saturdays or in the
//! evening.

use crate::draw::Draw;

/// The job of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountJob {
    /// A small group, opened again and again.
    Trainer,
    /// Appointments: a larger caseload, many record pages.
    Counsellor,
    /// A reception: unknown persons, found by their full identifiers.
    Desk,
    /// Lists, and the export of the organisation at the end of the month.
    Manager,
    /// A program that fetches the record pages of its caseload each night.
    Program,
}

impl AccountJob {
    fn draw(draw: &mut Draw) -> Self {
        match draw.below(20) {
            0..=7 => Self::Trainer,
            8..=13 => Self::Counsellor,
            14..=15 => Self::Desk,
            16..=18 => Self::Manager,
            _ => Self::Program,
        }
    }
}

/// One account.
#[derive(Clone, Debug)]
pub struct Worker {
    pub id: String,
    pub organisation: usize,
    pub job: AccountJob,
    /// Numbers of persons.
    pub caseload: Vec<u32>,
    /// Record pages on a usual day.
    pace: f64,
    /// Minute of the day at which work begins.
    begins: i64,
    works_saturdays: bool,
    /// The day from which it exists.
    pub since: i64,
    away: (i64, i64),
    pub ip: String,
    pub agent: String,
}

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldVisit {
    /// Milliseconds since the world began.
    pub at_ms: i64,
    pub worker: usize,
    pub action: &'static str,
    pub persons: Vec<u32>,
    /// Found by full identifiers.
    pub is_exact: bool,
}

/// Organisations, accounts and persons; the same for the same seed.
#[derive(Clone)]
pub struct World {
    pub organisations: usize,
    pub workers: Vec<Worker>,
    /// Persons are the numbers below this.
    pub persons: u32,
    draw: u64,
}

/// The first day is a Monday, the first of a month of thirty days.
pub const DAY_MS: i64 = 86_400_000;

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0) Chrome/146.0",
    "Mozilla/5.0 (Macintosh) Safari/19.0",
    "Mozilla/5.0 (Windows NT 11.0) Edge/146.0",
];

impl World {
    /// Twelve organisations: one of twelve accounts, the others of one to eight.
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed ^ 0x0005_eed0_f0ff_1ce0);
        let organisations = 12;
        let mut world = Self {
            organisations,
            workers: Vec::new(),
            persons: 60_000,
            draw: draw.number(),
        };
        for organisation in 0..organisations {
            // One must have enough accounts for the theft of ten.
            let size = if organisation == 0 {
                12
            } else {
                1 + draw.below(8)
            };
            let network = format!("198.51.{}", 10 + organisation);
            for rank in 0..size {
                let job = AccountJob::draw(&mut draw);
                world.hire(&mut draw, organisation, rank, job, &network);
            }
        }
        world
    }

    fn hire(
        &mut self,
        draw: &mut Draw,
        organisation: usize,
        rank: usize,
        job: AccountJob,
        network: &str,
    ) {
        let (held, pace) = match job {
            AccountJob::Trainer => (8 + draw.below(18), 2.0 + draw.below(50) as f64 / 10.0),
            AccountJob::Counsellor => (40 + draw.below(70), 8.0 + draw.below(140) as f64 / 10.0),
            AccountJob::Desk => (10, 15.0 + draw.below(250) as f64 / 10.0),
            AccountJob::Manager => (60 + draw.below(80), 1.0 + draw.below(30) as f64 / 10.0),
            AccountJob::Program => (20 + draw.below(20), 20.0),
        };
        let caseload = (0..held)
            .map(|_| draw.below(self.persons as usize) as u32)
            .collect();
        // One in eight joins later.
        let since = if draw.once_in(8) {
            5 + draw.below(50) as i64
        } else {
            0
        };
        let away = 20 + draw.below(60) as i64;
        self.workers.push(Worker {
            id: format!("of-{organisation:02}.agent{}", rank + 1),
            organisation,
            job,
            caseload,
            pace,
            begins: if job == AccountJob::Program {
                120
            } else {
                450 + draw.below(120) as i64
            },
            works_saturdays: draw.once_in(10),
            since,
            away: (away, away + 5 + draw.below(12) as i64),
            ip: format!("{network}.{}", 10 + rank),
            agent: if job == AccountJob::Program {
                "planning-sync/3.1".to_owned()
            } else {
                (*draw.pick(&AGENTS)).to_owned()
            },
        });
    }

    /// The responses of `day`, in time order. Changes the caseloads: call it for each day, in
    /// order.
    pub fn day(&mut self, day: i64) -> Vec<WorldVisit> {
        let mut draw = Draw::new(self.draw ^ (day as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut visits = Vec::new();
        for number in 0..self.workers.len() {
            self.turn_over(number, &mut draw);
            let worker = &self.workers[number];
            if worker.is_off(day, &mut draw) {
                continue;
            }
            match worker.job {
                AccountJob::Program => nightly(worker, number, day, &mut draw, &mut visits),
                _ => work(worker, number, day, self.persons, &mut draw, &mut visits),
            }
        }
        visits.sort_by_key(|visit| (visit.at_ms, visit.worker));
        visits
    }

    fn turn_over(&mut self, number: usize, draw: &mut Draw) {
        let persons = self.persons as usize;
        let caseload = &mut self.workers[number].caseload;
        for held in caseload.iter_mut() {
            if draw.once_in(45) {
                *held = draw.below(persons) as u32;
            }
        }
    }

    /// True when the person is in the worker's own caseload.
    pub fn holds(&self, worker: usize, person: u32) -> bool {
        self.workers[worker].caseload.contains(&person)
    }
}

impl Worker {
    fn is_off(&self, day: i64, draw: &mut Draw) -> bool {
        let weekday = day % 7;
        let rests = weekday == 6 || weekday == 5 && !self.works_saturdays;
        let is_away = (self.away.0..self.away.1).contains(&day);
        // A public holiday now and then, and a day off.
        let is_holiday = day % 37 == 31;
        day < self.since
            || (self.job != AccountJob::Program && (rests || is_away || is_holiday))
            || draw.once_in(14)
    }

    /// Record pages of a day, with the bursts of real work.
    fn sheets(&self, draw: &mut Draw) -> usize {
        // The product of two uniform draws and a rare busy day: a long tail, mean about the pace.
        let factor =
            (0.2 + draw.below(1000) as f64 / 600.0) * (0.5 + draw.below(1000) as f64 / 1000.0);
        let busy = if draw.once_in(40) { 2.2 } else { 1.0 };
        (self.pace * factor * busy).round() as usize
    }
}

fn work(
    worker: &Worker,
    number: usize,
    day: i64,
    persons: u32,
    draw: &mut Draw,
    visits: &mut Vec<WorldVisit>,
) {
    let start = day * DAY_MS + (worker.begins + draw.below(40) as i64) * 60_000;
    let list = |at_ms: i64, action, persons: Vec<u32>| WorldVisit {
        at_ms,
        worker: number,
        action,
        persons,
        is_exact: false,
    };
    if worker.job != AccountJob::Desk {
        // The first page of the caseload, as on a portal's home page.
        visits.push(list(
            start,
            "list",
            worker.caseload.iter().take(50).copied().collect(),
        ));
    }
    if worker.job == AccountJob::Manager && day % 30 >= 27 && draw.once_in(2) {
        let at = start + 3_600_000 + draw.below(7_200_000) as i64;
        visits.push(list(at, "export", worker.caseload.clone()));
    }
    let sheets = worker.sheets(draw);
    let mut at = start + 60_000;
    // A working day is eight hours with its breaks; people open two or three record pages in a row.
    let mean_gap = 8 * 3600 * 1000 / (sheets as i64 + 1);
    for place in 0..sheets {
        let is_row = place % 3 != 0 && draw.once_in(2);
        let gap = if is_row {
            8_000 + draw.below(90_000) as i64
        } else {
            draw.below(2 * mean_gap as usize) as i64
        };
        at += gap.max(4_000);
        let is_stranger = match worker.job {
            AccountJob::Desk => !draw.once_in(4),
            _ => draw.once_in(25),
        };
        let person = if is_stranger {
            draw.below(persons as usize) as u32
        } else {
            *draw.pick(&worker.caseload)
        };
        // Sometimes a colleague's person is opened without a full search before.
        let is_exact = is_stranger && !draw.once_in(14);
        if is_exact {
            visits.push(WorldVisit {
                at_ms: at - 3_000,
                worker: number,
                action: "search",
                persons: vec![person],
                is_exact: true,
            });
        }
        visits.push(WorldVisit {
            at_ms: at,
            worker: number,
            action: "open",
            persons: vec![person],
            is_exact,
        });
    }
}

fn nightly(
    worker: &Worker,
    number: usize,
    day: i64,
    draw: &mut Draw,
    visits: &mut Vec<WorldVisit>,
) {
    let mut at = day * DAY_MS + worker.begins * 60_000;
    for &person in worker.caseload.iter().take(30) {
        at += 15_000 + draw.below(4_000) as i64;
        visits.push(WorldVisit {
            at_ms: at,
            worker: number,
            action: "open",
            persons: vec![person],
            is_exact: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_days() {
        let days = |seed| {
            let mut world = World::draw(seed);
            (0..10).flat_map(|day| world.day(day)).collect::<Vec<_>>()
        };
        assert_eq!(days(3), days(3));
        assert_ne!(days(3), days(4));
    }

    #[test]
    fn people_rest_on_sundays_and_time_goes_on() {
        let mut world = World::draw(5);
        for day in 0..14 {
            let visits = world.day(day);
            assert!(visits.is_sorted_by_key(|visit| visit.at_ms));
            let people = visits
                .iter()
                .filter(|visit| world.workers[visit.worker].job != AccountJob::Program)
                .count();
            assert_eq!(people == 0, day % 7 == 6, "day {day}: {people}");
        }
    }
}
