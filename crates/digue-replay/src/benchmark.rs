//! The benchmark of detection: a world at work, a theft, and how many persons it cost before the
//! account was cut off.
//!
//! Decisions are those of the gateway: the same caseload check, the same detection. Time is
//! simulated. Budgets are left out, so that the figures are those of detection alone.

use std::collections::{HashMap, HashSet};

use digue_access::caseload::{self, Caseloads};
use digue_detection::{
    Action, Engine, EngineOptions, Finding, Playbook, RecentClosings, SeenPerson, Sighting,
    SightingKind, SignalKind, Weight,
};
use digue_types::{AccountId, OrganisationId, PersonKey, PopulationId, Timestamp};

use crate::theft::{Goal, Theft, TheftClass, TheftMove};
use crate::world::{DAY_MS, World, WorldVisit};

/// Seeds from here on were examined while thresholds were set; those below are for judging.
pub const TUNING_SEEDS: u64 = 1_000_000;

/// Days for which a world is played to count the false alarms of honest work.
const HONEST_DAYS: i64 = 80;

/// Persons of the account's own caseload that a thief may meet by chance.
const HARMLESS: usize = 5;

/// The settings of a run.
#[derive(Clone, Debug, Default)]
pub struct BenchmarkSettings {
    /// Persons outside the caseload are refused, as with an extraction from the operator.
    pub has_caseload: bool,
    pub off: Vec<SignalKind>,
}

/// The cost of one theft.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Distinct persons shown to the thief before every account was cut off, or until the end.
    pub persons: u32,
    /// Those of them outside the caseload, where it is enforced: always zero.
    pub outside: u32,
    /// From the first move to the last containment; `None` when an account was never cut off.
    pub seconds: Option<f64>,
    pub is_met: bool,
}

/// The cost of detection for honest work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HonestCost {
    /// Days on which accounts worked, and all days on which they existed.
    pub worked_days: u64,
    pub account_days: u64,
    pub alerts: u32,
    pub containments: u32,
    /// Persons shown with an explanation, and all persons shown.
    pub explained: u64,
    pub shown: u64,
}

/// The Monday on which every world begins: 2026-06-01T00:00:00Z.
const BEGIN_SECS: i64 = 1_780_272_000;

/// A world and its detection engine, at some day.
#[derive(Clone)]
struct WatchedWorld {
    world: World,
    engine: Engine,
    setting: BenchmarkSettings,
    portal_key: u64,
    honest: HonestCost,
    worked: HashSet<(usize, i64)>,
    reopen: Vec<(i64, String, Timestamp)>,
}

impl WatchedWorld {
    fn new(seed: u64, setting: &BenchmarkSettings) -> Self {
        let options = EngineOptions {
            off: setting.off.clone(),
            day_offset_secs: 7200,
            ..EngineOptions::default()
        };
        let mut engine = Engine::new(options);
        let world = World::draw(seed);
        for worker in &world.workers {
            if worker.since > 0 {
                let organisation = organisation(worker.organisation);
                engine.made(
                    at(worker.since * DAY_MS),
                    &worker.id,
                    &organisation,
                    "kairos",
                    1,
                );
            }
        }
        Self {
            world,
            engine,
            setting: setting.clone(),
            portal_key: seed,
            honest: HonestCost::default(),
            worked: HashSet::new(),
            reopen: Vec::new(),
        }
    }

    fn seen(&self, account: usize, person: u32, is_exact: bool) -> SeenPerson {
        let key = key(self.portal_key, person);
        let is_held = account < self.world.workers.len() && self.world.holds(account, person);
        let is_explained = self.setting.has_caseload && (is_exact || is_held);
        // The factor and the offset spread the numbers as a portal's are: consecutive persons do
        // not have consecutive numbers.
        SeenPerson {
            key,
            number: Some(u64::from(person) * 37 + 1_000_003),
            is_explained,
        }
    }

    /// One response of honest work; the finding of detection, if any.
    fn visit(&mut self, visit: &WorldVisit) -> Option<Finding> {
        let persons: Vec<SeenPerson> = visit
            .persons
            .iter()
            .map(|&person| self.seen(visit.worker, person, visit.is_exact))
            .collect();
        self.honest.shown += persons.len() as u64;
        self.honest.explained += persons.iter().filter(|person| person.is_explained).count() as u64;
        // Without a right to them, the gateway refuses.
        let is_refused =
            self.setting.has_caseload && persons.iter().any(|person| !person.is_explained);
        let persons = if is_refused { Vec::new() } else { persons };
        let day = visit.at_ms.div_euclid(DAY_MS);
        self.worked.insert((visit.worker, day));
        let worker = &self.world.workers[visit.worker];
        let session = format!("{}-{day}", worker.id);
        self.engine.observe(&Sighting {
            at: at(visit.at_ms),
            portal: "kairos",
            organisation: &organisation(worker.organisation),
            account: &worker.id,
            session: &session,
            action: visit.action,
            ip: &worker.ip,
            agent: &worker.agent,
            kind: if is_refused {
                SightingKind::Refused
            } else {
                SightingKind::Shown
            },
            persons: &unique(persons),
        })
    }

    /// Whole days of honest work; a false containment is lifted the next day.
    fn work(&mut self, days: std::ops::Range<i64>) {
        for day in days {
            self.reopen(day);
            for visit in self.world.day(day) {
                if let Some(finding) = self.visit(&visit) {
                    self.note(&finding, day);
                }
            }
        }
    }

    /// Gives the verdict *it was work* on the containments of the day before.
    fn reopen(&mut self, day: i64) {
        // Only a verdict teaches (decision 17): a bare reopening would change nothing for the
        // account.
        for (_, account, found_at) in self
            .reopen
            .extract_if(.., |(due, ..)| *due <= day)
            .collect::<Vec<_>>()
        {
            self.engine.found_to_be_work(
                at(day * DAY_MS),
                &account,
                Weight::Containment,
                Some(found_at),
            );
        }
    }

    fn note(&mut self, finding: &Finding, day: i64) {
        match finding.weight {
            Weight::Alert => self.honest.alerts += 1,
            Weight::Containment => {
                self.honest.containments += 1;
                self.reopen.extend(
                    finding
                        .account
                        .clone()
                        .map(|account| (day + 1, account, finding.at)),
                );
            }
        }
    }
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_micros(BEGIN_SECS * 1_000_000 + milliseconds * 1000)
}

fn organisation(number: usize) -> String {
    format!("of-{number:02}")
}

/// The key of a person of this world.
fn key(world: u64, person: u32) -> u64 {
    crate::draw::Draw::new(world ^ u64::from(person) << 20).number()
}

fn unique(mut persons: Vec<SeenPerson>) -> Vec<SeenPerson> {
    persons.sort_unstable();
    persons.dedup_by_key(|person| person.key);
    persons
}

/// The cost of detection for honest work in the world of `seed`.
pub fn honest(seed: u64, setting: &BenchmarkSettings) -> HonestCost {
    let mut watched = WatchedWorld::new(seed, setting);
    watched.work(0..HONEST_DAYS);
    let account_days = watched
        .world
        .workers
        .iter()
        .map(|worker| (HONEST_DAYS - worker.since) as u64)
        .sum();
    HonestCost {
        worked_days: watched.worked.len() as u64,
        account_days,
        ..watched.honest
    }
}

/// The cost of each of `classes` in the world of `seed`; the world is played once.
pub fn thefts(seed: u64, setting: &BenchmarkSettings, classes: &[TheftClass]) -> Vec<Cost> {
    // By day, so that one world serves all classes: each theft is played on a clone.
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by_key(|&place| classes[place].start(seed));
    let mut watched = WatchedWorld::new(seed, setting);
    let mut costs = vec![None; classes.len()];
    let mut day = 0;
    for place in order {
        let start = classes[place].start(seed);
        watched.work(day..start);
        day = start;
        let theft = classes[place].draw(seed, &watched.world);
        costs[place] = Some(play(watched.clone(), &theft, classes[place].goal));
    }
    costs
        .into_iter()
        .map(|cost| cost.expect("`order` holds every class once"))
        .collect()
}

/// A theft in progress.
struct OngoingTheft<'t> {
    theft: &'t Theft,
    accounts: HashSet<usize>,
    /// When each account was cut off.
    cut: HashMap<usize, i64>,
    shown: HashSet<u32>,
    outside: u32,
    gate: Option<(Caseloads, PopulationId)>,
}

/// Plays a theft amid honest work, from the day on which it begins.
fn play(mut watched: WatchedWorld, theft: &Theft, goal: Goal) -> Cost {
    for &(employer, account) in &theft.made {
        let made = theft.made.len() as u32;
        // Ten minutes before the theft: an attacker who creates accounts uses them at once.
        let since = at(theft.start_ms - 600_000);
        watched.engine.made(
            since,
            &name(&watched.world, account),
            &organisation(employer),
            "kairos",
            made,
        );
    }
    let mut ongoing = OngoingTheft {
        theft,
        accounts: theft.moves.iter().map(|step| step.account).collect(),
        cut: HashMap::new(),
        shown: HashSet::new(),
        outside: 0,
        gate: watched
            .setting
            .has_caseload
            .then(|| enforced(&watched.world)),
    };
    let mut moves = theft.moves.iter().peekable();
    let mut day = theft.start_ms.div_euclid(DAY_MS);
    let last = theft
        .moves
        .last()
        .map_or(day, |step| step.at_ms.div_euclid(DAY_MS));
    while day <= last && !ongoing.is_over() {
        watched.reopen(day);
        let visits = watched.world.day(day);
        let mut visits = visits.iter().peekable();
        loop {
            let is_theft = match (
                visits.peek(),
                moves.peek().filter(|step| step.at_ms < (day + 1) * DAY_MS),
            ) {
                (Some(visit), Some(step)) => step.at_ms < visit.at_ms,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (None, None) => break,
            };
            if is_theft {
                ongoing.steal(
                    &mut watched,
                    moves.next().expect("`moves.peek` returned a move"),
                );
            } else {
                ongoing.work(
                    &mut watched,
                    visits.next().expect("`visits.peek` returned a visit"),
                );
            }
        }
        day += 1;
    }
    ongoing.cost(goal)
}

impl OngoingTheft<'_> {
    fn is_over(&self) -> bool {
        self.cut.len() == self.accounts.len()
    }

    /// The holder of an account works; that, too, may reveal the theft.
    fn work(&mut self, watched: &mut WatchedWorld, visit: &WorldVisit) {
        if self.cut.contains_key(&visit.worker) {
            return;
        }
        let found = watched
            .visit(visit)
            .filter(|finding| finding.weight == Weight::Containment);
        if found.is_some() && self.accounts.contains(&visit.worker) {
            self.cut.insert(visit.worker, visit.at_ms);
        }
    }

    fn steal(&mut self, watched: &mut WatchedWorld, step: &TheftMove) {
        if self.cut.contains_key(&step.account) {
            return;
        }
        let (found, released, strangers) = steal(watched, self.theft, step, self.gate.as_ref());
        let found =
            found.filter(|found| found.weight == Weight::Containment && found.account.is_some());
        let Some(finding) = found else {
            self.shown.extend(released);
            self.outside += strangers;
            return;
        };
        // The response that reveals it is withheld: its persons do not count.
        self.cut.insert(step.account, step.at_ms);
        let same =
            |account: &&usize| same_employer(&watched.world, self.theft, **account, step.account);
        // Without the account that was just cut off.
        let closed = self.cut.keys().filter(same).count() - 1;
        let closed = u32::try_from(closed).unwrap_or(u32::MAX);
        let recent = RecentClosings {
            accounts: closed,
            ..RecentClosings::default()
        };
        if Playbook::default().step(&finding, &recent).taken >= Action::CloseOrganisation {
            let all: Vec<usize> = self.accounts.iter().filter(same).copied().collect();
            for account in all {
                self.cut.entry(account).or_insert(step.at_ms);
            }
        }
    }

    fn cost(self, goal: Goal) -> Cost {
        let is_over = self.is_over();
        let start = self.theft.start_ms;
        let end = self.cut.values().copied().max().unwrap_or(start);
        let persons = u32::try_from(self.shown.len()).unwrap_or(u32::MAX);
        let is_met = match goal {
            // A thief who is refused everything, or has only the caseload to read, need not be cut
            // off.
            Goal::Persons(most) => persons <= most,
            Goal::Within(..) => is_over || self.gate.is_some() && self.shown.len() <= HARMLESS,
        };
        let seconds = is_over.then(|| (end - start) as f64 / 1000.0);
        Cost {
            persons,
            outside: self.outside,
            seconds,
            is_met,
        }
    }
}

/// True when two accounts are of one organisation.
fn same_employer(world: &World, theft: &Theft, one: usize, other: usize) -> bool {
    employer_of(world, theft, one) == employer_of(world, theft, other)
}

fn employer_of(world: &World, theft: &Theft, account: usize) -> usize {
    let made = || {
        theft
            .made
            .iter()
            .find(|(_, number)| *number == account)
            .map_or(0, |(employer, _)| *employer)
    };
    world
        .workers
        .get(account)
        .map_or_else(made, |worker| worker.organisation)
}

fn name(world: &World, account: usize) -> String {
    match world.workers.get(account) {
        Some(worker) => worker.id.clone(),
        None => format!("made-{}", account - world.workers.len() + 1),
    }
}

/// The caseloads of a world, as the gateway holds them.
fn enforced(world: &World) -> (Caseloads, PopulationId) {
    let mut csv = "account,person\n".to_owned();
    for worker in &world.workers {
        for person in &worker.caseload {
            csv += &format!("{},{person}\n", worker.id);
        }
    }
    let population = PopulationId::parse("kairos").expect("`kairos` is a population id");
    let read = caseload::read_csv(csv.as_bytes(), &population, &|text| Ok(text.to_owned()));
    (read.expect("the CSV was written above"), population)
}

/// One move: the finding, the persons shown, and how many of them are outside the caseload.
fn steal(
    watched: &mut WatchedWorld,
    theft: &Theft,
    step: &TheftMove,
    gate: Option<&(Caseloads, PopulationId)>,
) -> (Option<Finding>, Vec<u32>, u32) {
    let account = name(&watched.world, step.account);
    let worker = watched.world.workers.get(step.account);
    let organisation = organisation(employer_of(&watched.world, theft, step.account));
    let agent = if theft.agent.is_empty() {
        worker
            .map(|worker| worker.agent.clone())
            .unwrap_or_default()
    } else {
        theft.agent.to_owned()
    };
    let now = at(step.at_ms);
    let is_held = |person: u32| {
        gate.is_none_or(|(caseloads, population)| {
            let account = AccountId::parse(&account).expect("an account id");
            let organisation = OrganisationId::parse(&organisation).expect("an organisation id");
            let key = PersonKey::new(population, &person.to_string());
            caseloads
                .holder(&account, &organisation)
                .find(key, now)
                .is_some()
        })
    };
    let strangers = step
        .persons
        .iter()
        .filter(|person| !is_held(**person))
        .count();
    let is_refused = gate.is_some() && strangers > 0;
    let persons: Vec<SeenPerson> = if is_refused {
        Vec::new()
    } else {
        unique(
            step.persons
                .iter()
                .map(|&person| watched.seen(step.account, person, false))
                .collect(),
        )
    };
    let found = watched.engine.observe(&Sighting {
        at: now,
        portal: step.portal,
        organisation: &organisation,
        account: &account,
        session: step.session,
        action: step.action,
        ip: &theft.ip,
        agent: &agent,
        kind: if is_refused {
            SightingKind::Refused
        } else {
            SightingKind::Shown
        },
        persons: &persons,
    });
    let released = if is_refused {
        Vec::new()
    } else {
        step.persons.clone()
    };
    let outside = if gate.is_some() && !is_refused {
        strangers as u32
    } else {
        0
    };
    (found, released, outside)
}

/// The costs of one class over all seeds.
#[derive(Clone, Debug)]
pub struct BenchmarkRow {
    pub class: TheftClass,
    pub costs: Vec<Cost>,
}

/// Persons and seconds, over the runs of one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub runs: usize,
    pub contained: usize,
    /// Runs that reach the goal of the class.
    pub met: usize,
    /// Median, 95th percentile, maximum.
    pub persons: [u32; 3],
    /// Of the contained runs only.
    pub seconds: [f64; 3],
    pub outside: u32,
}

impl BenchmarkRow {
    pub fn summary(&self) -> Summary {
        let mut persons: Vec<u32> = self.costs.iter().map(|cost| cost.persons).collect();
        let mut seconds: Vec<f64> = self.costs.iter().filter_map(|cost| cost.seconds).collect();
        persons.sort_unstable();
        seconds.sort_by(f64::total_cmp);
        Summary {
            runs: self.costs.len(),
            contained: seconds.len(),
            met: self.costs.iter().filter(|cost| cost.is_met).count(),
            persons: three(&persons),
            seconds: three(&seconds),
            outside: self
                .costs
                .iter()
                .map(|cost| cost.outside)
                .max()
                .unwrap_or(0),
        }
    }

    /// True when as many runs reach the goal as it requires.
    pub fn is_reached(&self) -> bool {
        let wanted = match self.class.goal {
            Goal::Persons(_) => 100,
            Goal::Within(_, percent) => percent as usize,
        };
        let summary = self.summary();
        summary.met * 100 >= wanted * summary.runs
    }
}

fn three<T: Copy + Default>(sorted: &[T]) -> [T; 3] {
    let at = |percent: usize| {
        sorted
            .get((sorted.len().saturating_sub(1) * percent).div_ceil(100))
            .copied()
    };
    [50, 95, 100].map(|percent| at(percent).unwrap_or_default())
}

/// The results over all seeds.
#[derive(Clone, Debug)]
pub struct BenchmarkResults {
    pub rows: Vec<BenchmarkRow>,
    pub honest: HonestCost,
}

/// Plays `classes` in the worlds of `seeds`, on every core; calls `progress` with the number of
/// worlds done.
pub fn run(
    seeds: std::ops::Range<u64>,
    setting: &BenchmarkSettings,
    classes: &[TheftClass],
    progress: &(dyn Fn(u64) + Sync),
) -> BenchmarkResults {
    use std::sync::atomic::{AtomicU64, Ordering};
    let next = AtomicU64::new(seeds.start);
    let done = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut worlds: Vec<(u64, Vec<Cost>, HonestCost)> = std::thread::scope(|scope| {
        let work = || {
            let mut mine = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds.end {
                    return mine;
                }
                mine.push((seed, thefts(seed, setting, classes), honest(seed, setting)));
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles
            .into_iter()
            .flat_map(|handle| handle.join().expect("a world does not panic"))
            .collect()
    });
    // Threads finish in any order; the report must not depend on it.
    worlds.sort_by_key(|(seed, ..)| *seed);
    let mut rows: Vec<BenchmarkRow> = classes
        .iter()
        .map(|&class| BenchmarkRow {
            class,
            costs: Vec::new(),
        })
        .collect();
    let mut all = HonestCost::default();
    for (_, costs, honest) in worlds {
        for (row, cost) in rows.iter_mut().zip(costs) {
            row.costs.push(cost);
        }
        all.worked_days += honest.worked_days;
        all.account_days += honest.account_days;
        all.alerts += honest.alerts;
        all.containments += honest.containments;
        all.explained += honest.explained;
        all.shown += honest.shown;
    }
    BenchmarkResults { rows, honest: all }
}
