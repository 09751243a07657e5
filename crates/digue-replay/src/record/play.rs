//! Plays a record through detection: once unchanged, for the false alarms, and from the day of each
//! theft on, for its cost.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use digue_detection::{
    Engine, EngineOptions, Finding, Sighting, SightingKind, SignalKind, Tuning, Weight,
};
use digue_types::Timestamp;

use super::rivals::{self, Calibration, RIVALS};
use super::theft::{self, BeforeTheft, Habits, RecordClass, ThiefPlace};
use super::{DAY_MS, RecordError, RecordedView, RecordedWork};
use crate::draw::Draw;

/// Days of work before an account may be chosen as a victim: by then it has habits.
pub const HABIT_DAYS: usize = 20;
/// Days between the first theft of a reopened account and the second.
const REOPENED_BEFORE: i64 = 21;

/// Which accounts are stolen: thresholds were set with one half; the other one judges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordHalf {
    Tuning,
    Judging,
}

impl RecordHalf {
    fn holds(self, name: &str) -> bool {
        // By the name, not by chance: the split stays the same when a record is extended.
        let is_judging = digue_detection::engine::key_of(name).count_ones() % 2 == 1;
        is_judging == (self == Self::Judging)
    }
}

/// The settings under which a record is played.
#[derive(Clone, Debug)]
pub struct PlaySettings {
    pub half: RecordHalf,
    pub victims: usize,
    pub off: Vec<SignalKind>,
    pub has_one_office: bool,
    /// Someone gives the verdict *it was work* after each false containment; otherwise the account
    /// is only reopened.
    pub has_verdicts: bool,
    pub tuning: Tuning,
}

/// The cost of detection for honest work.
#[derive(Clone, Debug, Default)]
pub struct HonestTally {
    pub days_worked: usize,
    pub containments: usize,
    pub alerts: usize,
    /// The most accounts contained on one calendar day.
    pub most_in_a_day: usize,
    /// Accounts that were contained at least once.
    pub accounts: usize,
    /// Containments, by leading signal.
    pub leads: BTreeMap<&'static str, usize>,
}

/// The cost of one theft.
#[derive(Clone, Debug)]
pub struct TheftCost {
    pub persons: usize,
    /// Calendar days from the first move to the last containment; `None` when an account was never
    /// contained.
    pub days: Option<f64>,
    /// The same for each rival: persons, and whether it stopped the theft.
    pub rivals: Vec<(usize, bool)>,
}

/// One record, and the settings under which it is played.
pub struct RecordBenchmark<'r> {
    record: &'r RecordedWork,
    options: PlaySettings,
    days: Vec<BTreeMap<i64, u32>>,
    calibration: Calibration,
}

struct Start<'c> {
    class: &'c RecordClass,
    place: usize,
    day: i64,
    accounts: Vec<usize>,
    seed: u64,
}

impl Start<'_> {
    /// The day from which the thief's account differs from the record.
    fn begins(&self) -> i64 {
        match self.class.before {
            BeforeTheft::Reopened => self.day - REOPENED_BEFORE,
            BeforeTheft::New | BeforeTheft::Work | BeforeTheft::Leave => self.day,
        }
    }
}

impl<'r> RecordBenchmark<'r> {
    pub fn new(record: &'r RecordedWork, options: PlaySettings) -> Result<Self, RecordError> {
        let days = record.days();
        let calibration = Calibration::of(&days);
        let benchmark = Self {
            record,
            options,
            days,
            calibration,
        };
        if benchmark.candidates().is_empty() {
            return Err(RecordError::TooShort {
                found: benchmark.days.len(),
            });
        }
        Ok(benchmark)
    }

    fn engine(&self) -> Engine {
        Engine::new(EngineOptions {
            off: self.options.off.clone(),
            tuning: self.options.tuning,
            reopens_after: Some(Duration::from_hours(24)),
            ..EngineOptions::default()
        })
    }

    /// Shows one view to the engine.
    fn see(
        &self,
        engine: &mut Engine,
        view: &RecordedView,
        thief: Option<ThiefPlace>,
    ) -> Option<Finding> {
        let account = self.record.accounts.get(view.account);
        let made = format!("new-{}", view.account);
        let name = account.map_or(made.as_str(), |account| &account.name);
        let organisation = account.map_or("org0", |account| &account.organisation);
        let number = if self.options.has_one_office {
            0
        } else {
            view.account
        };
        let is_elsewhere = thief == Some(ThiefPlace::Elsewhere);
        let ip = match is_elsewhere {
            true => format!("203.0.{}.9", 100 + view.account % 100),
            false => format!("10.{}.{}.7", number / 250, number % 250),
        };
        let agent = match (is_elsewhere, number % 3) {
            (true, _) => "Mozilla/5.0 (X11; Linux x86_64) Chrome/146.0",
            (false, 0) => "Mozilla/5.0 (Windows NT 10.0) Firefox/144",
            (false, 1) => "Mozilla/5.0 (Windows NT 10.0) Edg/142",
            (false, _) => "Mozilla/5.0 (Windows NT 10.0) Chrome/142",
        };
        let session = format!(
            "{name}-{}{}",
            view.day(),
            if is_elsewhere { "-t" } else { "" }
        );
        let mut persons = view.persons.clone();
        persons.sort_unstable();
        persons.dedup_by_key(|person| person.key);
        engine.observe(&Sighting {
            at: Timestamp::from_micros(view.at_ms * 1000),
            portal: "",
            organisation,
            account: name,
            session: &session,
            action: view.action,
            ip: &ip,
            agent,
            kind: SightingKind::Shown,
            persons: &persons,
        })
    }

    /// Plays the record unchanged.
    pub fn honest(&self) -> HonestTally {
        let mut engine = self.engine();
        let mut honest = HonestTally {
            days_worked: self.days.iter().map(BTreeMap::len).sum(),
            ..HonestTally::default()
        };
        let mut by_day: HashMap<i64, usize> = HashMap::new();
        let mut accounts = HashSet::new();
        let mut verdicts: VecDeque<(i64, usize, Timestamp)> = VecDeque::new();
        for view in &self.record.views {
            while let Some((_, account, found_at)) =
                verdicts.pop_front_if(|(due, ..)| *due <= view.at_ms)
            {
                let at = Timestamp::from_micros(view.at_ms * 1000);
                let name = &self.record.accounts[account].name;
                engine.found_to_be_work(at, name, Weight::Containment, Some(found_at));
            }
            let Some(finding) = self.see(&mut engine, view, None) else {
                continue;
            };
            match finding.weight {
                Weight::Alert => honest.alerts += 1,
                Weight::Containment => {
                    honest.containments += 1;
                    accounts.insert(view.account);
                    if self.options.has_verdicts {
                        verdicts.push_back((view.at_ms + DAY_MS / 2, view.account, finding.at));
                    }
                    *by_day.entry(view.day()).or_default() += 1;
                    let lead = finding
                        .signals
                        .first()
                        .map_or("", |signal| signal.kind.code());
                    *honest.leads.entry(lead).or_default() += 1;
                }
            }
        }
        honest.accounts = accounts.len();
        honest.most_in_a_day = by_day.values().copied().max().unwrap_or(0);
        honest
    }

    /// Accounts of this half with habits, and the day from which they have them.
    fn candidates(&self) -> Vec<(usize, i64)> {
        let last = self.record.views.last().map_or(0, RecordedView::day);
        let of = |(account, days): (usize, &BTreeMap<i64, u32>)| {
            let day = *days.keys().nth(HABIT_DAYS)?;
            let is_ours = self.options.half.holds(&self.record.accounts[account].name);
            (is_ours && day + theft::THEFT_DAYS < last).then_some((account, day))
        };
        self.days.iter().enumerate().filter_map(of).collect()
    }

    fn starts<'c>(&self, classes: &'c [RecordClass]) -> Vec<Start<'c>> {
        let candidates = self.candidates();
        let last = self.record.views.last().map_or(0, RecordedView::day);
        let mut starts = Vec::new();
        for (place, class) in classes.iter().enumerate() {
            for victim in 0..self.options.victims {
                // From class and victim alone: a new class must not change the thefts of the
                // others.
                let seed = class
                    .name
                    .bytes()
                    .fold(victim as u64 * 1_000_003, |seed, byte| {
                        seed.wrapping_mul(33).wrapping_add(u64::from(byte))
                    });
                let mut draw = Draw::new(seed);
                let Some(&(account, from)) = candidates.get(draw.below(candidates.len())) else {
                    continue;
                };
                let until = self.days[account]
                    .keys()
                    .next_back()
                    .copied()
                    .unwrap_or(from)
                    .min(last - theft::THEFT_DAYS);
                let own: Vec<i64> = self.days[account]
                    .range(from..=until.max(from))
                    .map(|(day, _)| *day)
                    .collect();
                let day = own.get(draw.below(own.len())).copied().unwrap_or(from);
                let accounts = match (class.before, class.accounts) {
                    (BeforeTheft::New, _) => vec![self.record.accounts.len()],
                    (_, 1) => vec![account],
                    (_, count) => self.together(class, account, count, day, &mut draw),
                };
                starts.push(Start {
                    class,
                    place,
                    day,
                    accounts,
                    seed,
                });
            }
        }
        starts.sort_by_key(|start| (start.day, start.place, start.seed));
        starts
    }

    /// `count` accounts with a past, of the same organisation or of different ones.
    fn together(
        &self,
        class: &RecordClass,
        account: usize,
        count: usize,
        day: i64,
        draw: &mut Draw,
    ) -> Vec<usize> {
        let organisation = |account: usize| &self.record.accounts[account].organisation;
        let mut all: Vec<usize> = (0..self.record.accounts.len())
            .filter(|&other| other != account && self.days[other].range(..day).count() >= 3)
            .filter(|&other| {
                (organisation(other) == organisation(account)) == class.is_one_organisation
            })
            .collect();
        let mut chosen = vec![account];
        while chosen.len() < count && !all.is_empty() {
            chosen.push(all.swap_remove(draw.below(all.len())));
        }
        chosen
    }

    /// The cost of each theft, by class.
    pub fn thefts(&self, classes: &[RecordClass]) -> Vec<Vec<TheftCost>> {
        let mut costs: Vec<Vec<TheftCost>> = classes.iter().map(|_| Vec::new()).collect();
        let mut engine = self.engine();
        let mut next = 0;
        // In the order of their days: one engine plays the common past once, and each theft
        // continues a clone.
        for start in self.starts(classes) {
            let begins = start.begins();
            while self
                .record
                .views
                .get(next)
                .is_some_and(|view| view.day() < begins)
            {
                drop(self.see(&mut engine, &self.record.views[next], None));
                next += 1;
            }
            costs[start.place].push(self.play(engine.clone(), next, &start));
        }
        costs
    }

    fn play(&self, mut engine: Engine, mut next: usize, start: &Start<'_>) -> TheftCost {
        let class = start.class;
        let mut theft: Vec<RecordedView> = Vec::new();
        for (place, &account) in start.accounts.iter().enumerate() {
            let habits = self.habits(account, start.day);
            theft.extend(theft::draw(
                class,
                self.record,
                account,
                &habits,
                start.day,
                start.seed.wrapping_add(place as u64),
            ));
        }
        if class.before == BeforeTheft::Reopened {
            // Stolen once before, contained within seconds, and reopened the next day.
            let fast = RecordClass {
                pace: theft::Pace::Sheets(1.0),
                ..*class
            };
            let day = start.day - REOPENED_BEFORE;
            let mut first = theft::draw(
                &fast,
                self.record,
                start.accounts[0],
                &self.habits(start.accounts[0], day),
                day,
                start.seed ^ 77,
            );
            first.truncate(120);
            theft.extend(first);
        }
        theft.sort_by_key(|view| view.at_ms);
        let until = theft.last().map_or(start.day, RecordedView::day) + 1;
        let mut cut: HashMap<usize, i64> = HashMap::new();
        let mut lost: HashSet<(usize, u64)> = HashSet::new();
        let mut moves = theft.iter().peekable();
        let counts = |at_ms: i64| at_ms.div_euclid(DAY_MS) >= start.day;
        while cut.len() < start.accounts.len() {
            let own = self
                .record
                .views
                .get(next)
                .filter(|view| view.day() < until);
            let is_theft = match (own, moves.peek()) {
                (Some(view), Some(step)) => step.at_ms < view.at_ms,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (None, None) => break,
            };
            let view = if is_theft { moves.next() } else { own }
                .expect("both absent breaks the loop above");
            next += usize::from(!is_theft);
            // A cut account shows nothing more, and a holder on leave does nothing.
            let is_mine = start.accounts.contains(&view.account);
            if is_mine
                && (cut.contains_key(&view.account)
                    || !is_theft && class.before == BeforeTheft::Leave)
            {
                continue;
            }
            let found = self.see(&mut engine, view, is_theft.then_some(class.from));
            let found = found
                .filter(|found| found.weight == Weight::Containment && found.account.is_some());
            if found.is_some() && is_mine && counts(view.at_ms) {
                cut.insert(view.account, view.at_ms);
            } else if is_theft && counts(view.at_ms) {
                lost.extend(view.persons.iter().map(|person| (view.account, person.key)));
            }
        }
        let begin = theft
            .iter()
            .map(|view| view.at_ms)
            .find(|at| counts(*at))
            .unwrap_or(0);
        let end = cut.values().copied().max().unwrap_or(begin);
        let is_over = cut.len() == start.accounts.len();
        TheftCost {
            persons: lost.len(),
            days: is_over.then(|| (end - begin) as f64 / DAY_MS as f64),
            rivals: self.rivals(start, &theft),
        }
    }

    fn habits(&self, account: usize, day: i64) -> Habits {
        let Some(days) = self.days.get(account) else {
            return Habits {
                mean: 0.0,
                p95: 0.0,
                days: BTreeMap::new(),
            };
        };
        let (mean, p95) = mean_and_p95(days.range(..day).map(|(_, count)| *count).collect());
        Habits {
            mean,
            p95,
            days: days.clone(),
        }
    }

    fn rivals(&self, start: &Start<'_>, theft: &[RecordedView]) -> Vec<(usize, bool)> {
        let until = theft.last().map_or(start.day, RecordedView::day) + 1;
        let theft: Vec<RecordedView> = theft
            .iter()
            .filter(|view| view.day() >= start.day)
            .cloned()
            .collect();
        let nothing = BTreeMap::new();
        let of = |rival| {
            let (mut persons, mut is_stopped) = (0, true);
            for &account in &start.accounts {
                let views = rivals::merged(self.record, &theft, account, start.day, until);
                let days = self.days.get(account).unwrap_or(&nothing);
                let (lost, stopped) =
                    rivals::lost(rival, self.calibration, days, start.day, &views);
                persons += lost.len();
                is_stopped &= stopped;
            }
            (persons, is_stopped)
        };
        RIVALS.into_iter().map(of).collect()
    }
}

fn mean_and_p95(mut counts: Vec<u32>) -> (f64, f64) {
    counts.sort_unstable();
    let sum: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    let place = counts.len().saturating_sub(1) * 95 / 100;
    let p95 = counts.get(place).copied().unwrap_or(1);
    (sum / counts.len().max(1) as f64, f64::from(p95))
}
