//! Thefts put into recorded work of others: what the watch loses and whom it wrongs, beside three
//! simple rules.
//!
//! `cargo bench -p digue-detection --bench recorded`. Accounts are split by their names: thresholds
//! were set looking at one half ("tuning"), the table is of the other ("judged").

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io::Read as _;
use std::time::Duration;

use digue_detection::batch::Owned;
use digue_detection::engine::key_of;
use digue_detection::sighting::number_of;
use digue_detection::{Batches, Engine, Finding, Options, SeenPerson, SightingKind, Weight};
use digue_types::Timestamp;

const DAY: i64 = 86_400;

#[derive(Clone)]
struct Event {
    second: i64,
    /// Thousandths, for thefts faster than a second.
    milli: i64,
    account: String,
    persons: Vec<String>,
}

impl Event {
    fn owned(&self) -> Owned {
        let mut persons: Vec<SeenPerson> = self
            .persons
            .iter()
            .map(|person| SeenPerson { key: key_of(person), number: number_of(person), is_explained: false })
            .collect();
        persons.sort_unstable();
        Owned {
            at: Timestamp::from_micros(self.second * 1_000_000 + self.milli * 1000),
            account: self.account.clone(),
            portal: String::new(),
            organisation: "house".to_owned(),
            session: String::new(),
            action: String::new(),
            ip: String::new(),
            agent: String::new(),
            kind: SightingKind::Shown,
            persons,
        }
    }
}

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn load(name: &str) -> Vec<Event> {
    let path = format!("{}/benches/data/{name}.csv.gz", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the data is beside this file");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip of text");
    let mut events: Vec<Event> = text
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split(',');
            let mut field = || fields.next().expect("four fields").to_owned();
            let at = Timestamp::parse_rfc3339(&format!("{}Z", field().replace(' ', "T"))).expect("a time");
            Event { second: at.secs(), milli: 0, account: field(), persons: vec![field()] }
        })
        .collect();
    events.sort_by(|a, b| (a.second, &a.account, &a.persons).cmp(&(b.second, &b.account, &b.persons)));
    events
}

/// Half of the accounts, by name.
fn is_judged(account: &str) -> bool {
    key_of(account).count_ones() % 2 == 1
}

#[derive(Clone, Copy)]
enum Kind {
    /// Sheets at so many a second, until 3,000 persons.
    Sheets(f64),
    /// Lists of so many, one every five seconds.
    Lists(usize),
    /// One export of so many.
    Export(usize),
    /// So many times the account's own p95 on working days, within so many of them.
    Slow(f64, i64),
    /// So many a day on working days.
    Daily(usize, i64),
}

struct Theft {
    start: i64,
    accounts: Vec<String>,
    events: Vec<Event>,
}

struct House {
    events: Vec<Event>,
    /// Account, day: persons.
    days: BTreeMap<String, BTreeMap<i64, HashSet<String>>>,
    persons: Vec<String>,
}

impl House {
    fn new(events: Vec<Event>) -> Self {
        let mut days: BTreeMap<String, BTreeMap<i64, HashSet<String>>> = BTreeMap::new();
        let mut persons = HashSet::new();
        for event in &events {
            let day = days.entry(event.account.clone()).or_default().entry(event.second / DAY).or_default();
            day.extend(event.persons.iter().cloned());
            persons.extend(event.persons.iter().cloned());
        }
        let mut persons: Vec<String> = persons.into_iter().collect();
        persons.sort();
        Self { events, days, persons }
    }

    fn percentile(&self, account: &str, share: f64) -> f64 {
        let mut counts: Vec<usize> = self.days[account].values().map(HashSet::len).collect();
        counts.sort_unstable();
        let place = share * (counts.len() - 1) as f64;
        let (low, high) = (counts[place.floor() as usize] as f64, counts[place.ceil() as usize] as f64);
        low + (high - low) * place.fract()
    }

    fn theft(
        &self,
        account: &str,
        start_day: i64,
        kind: Kind,
        is_fresh: bool,
        draw: &mut Draw,
    ) -> Vec<Event> {
        let mut stolen = 0_usize;
        let mut person = |draw: &mut Draw| {
            stolen += 1;
            if is_fresh {
                format!("V{account}-{stolen}-{}", draw.below(1_000_000))
            } else {
                self.persons[draw.below(self.persons.len())].clone()
            }
        };
        let mut events = Vec::new();
        let office = start_day * DAY + 8 * 3600 + draw.below(8 * 3600) as i64;
        let event =
            |second: i64, milli: i64, persons| Event { second, milli, account: account.to_owned(), persons };
        match kind {
            Kind::Sheets(rate) => {
                let mut at = 0.0;
                for _ in 0..3000 {
                    at += 1000.0 / rate * (0.7 + 0.6 * draw.below(1000) as f64 / 1000.0);
                    let milli = at as i64;
                    events.push(event(office + milli / 1000, milli % 1000, vec![person(draw)]));
                }
            }
            Kind::Lists(size) => {
                for page in 0..60 {
                    let persons = (0..size).map(|_| person(draw)).collect();
                    events.push(event(office + page * 5, 0, persons));
                }
            }
            Kind::Export(size) => events.push(event(office, 0, (0..size).map(|_| person(draw)).collect())),
            Kind::Slow(factor, days) => {
                let daily = (factor * self.percentile(account, 0.95).max(1.0)).ceil() as usize;
                self.spread(account, start_day, daily, days, &mut person, draw, &mut events);
            }
            Kind::Daily(daily, days) => {
                self.spread(account, start_day, daily, days, &mut person, draw, &mut events);
            }
        }
        events
    }

    #[expect(clippy::too_many_arguments, reason = "a draw of events, named one by one")]
    fn spread(
        &self,
        account: &str,
        start_day: i64,
        daily: usize,
        days: i64,
        person: &mut dyn FnMut(&mut Draw) -> String,
        draw: &mut Draw,
        events: &mut Vec<Event>,
    ) {
        let mut day = start_day;
        let mut worked = 0;
        while worked < days {
            // 1970-01-01 was a Thursday.
            if !matches!(day.rem_euclid(7), 2 | 3) {
                worked += 1;
                let mut seconds: Vec<i64> = (0..daily).map(|_| draw.below(10 * 3600) as i64).collect();
                seconds.sort_unstable();
                for second in seconds {
                    let second = day * DAY + 8 * 3600 + second;
                    events.push(Event {
                        second,
                        milli: 0,
                        account: account.to_owned(),
                        persons: vec![person(draw)],
                    });
                }
            }
            day += 1;
        }
    }
}

/// What a judge sees and says.
trait Judge {
    /// The accounts that are cut off at this event, which is not shown.
    fn see(&mut self, event: &Event) -> Vec<String>;

    /// The same, when no event comes any more.
    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

struct Watch {
    engine: Engine,
    batches: Batches,
    found: Vec<Finding>,
    alerts: Vec<String>,
}

impl Watch {
    fn new() -> Self {
        let options = Options { reopens_after: Some(Duration::from_hours(24)), ..Options::default() };
        Self {
            engine: Engine::new(options),
            batches: Batches::default(),
            found: Vec::new(),
            alerts: Vec::new(),
        }
    }
}

impl Judge for Watch {
    fn see(&mut self, event: &Event) -> Vec<String> {
        self.batches.push(&mut self.engine, event.owned(), &mut self.found);
        self.cut()
    }

    fn end(&mut self) -> Vec<String> {
        self.batches.flush(&mut self.engine, &mut self.found);
        self.cut()
    }
}

impl Watch {
    fn cut(&mut self) -> Vec<String> {
        let mut contained = Vec::new();
        for finding in self.found.drain(..) {
            let Some(account) = finding.account.clone() else { continue };
            if finding.weight == Weight::Containment {
                if std::env::args().any(|argument| argument == "--reasons") {
                    println!("  {} {} {:.1} {:?}", finding.at, account, finding.evidence, finding.signals);
                }
                contained.push(account);
            } else {
                self.alerts.push(account);
            }
        }
        contained
    }
}

/// The three rules that others use.
enum Rule {
    /// 25 distinct persons in three minutes.
    Minutes,
    /// 150 distinct persons a day.
    Day,
    /// Twice the account's own 99th percentile of its days, from the tenth day on.
    Own,
}

struct Simple {
    rule: Rule,
    recent: HashMap<String, VecDeque<(i64, String)>>,
    days: HashMap<String, (i64, HashSet<String>, Vec<usize>)>,
    cut: HashSet<String>,
}

impl Simple {
    fn new(rule: Rule) -> Self {
        Self { rule, recent: HashMap::new(), days: HashMap::new(), cut: HashSet::new() }
    }
}

impl Judge for Simple {
    fn see(&mut self, event: &Event) -> Vec<String> {
        let day = event.second / DAY;
        let (last, persons, before) =
            self.days.entry(event.account.clone()).or_insert((day, HashSet::new(), vec![]));
        if *last != day {
            before.push(persons.len());
            (*last, *persons) = (day, HashSet::new());
            self.cut.remove(&event.account);
        }
        persons.extend(event.persons.iter().cloned());
        let is_over = match self.rule {
            Rule::Minutes => {
                let recent = self.recent.entry(event.account.clone()).or_default();
                recent.extend(event.persons.iter().map(|person| (event.second, person.clone())));
                while recent.front().is_some_and(|(at, _)| event.second - at > 180) {
                    recent.pop_front();
                }
                recent.iter().map(|(_, person)| person).collect::<HashSet<_>>().len() >= 25
            }
            Rule::Day => persons.len() >= 150,
            Rule::Own => {
                let mut sorted = before.clone();
                sorted.sort_unstable();
                sorted.len() >= 10 && persons.len() > 2 * sorted[(sorted.len() - 1) * 99 / 100]
            }
        };
        if is_over && self.cut.insert(event.account.clone()) { vec![event.account.clone()] } else { vec![] }
    }
}

/// Persons lost until the cut, or `None` when it never came.
fn play<J: Judge>(mut judge: J, honest: &[Event], theft: &Theft, until: i64) -> (usize, usize) {
    let thieves: HashSet<&str> = theft.accounts.iter().map(String::as_str).collect();
    let mut cut: HashSet<String> = HashSet::new();
    let mut lost: HashSet<&str> = HashSet::new();
    // What was shown to a thief at the instant that revealed it would have been withheld.
    let mut last: HashMap<&str, Vec<&str>> = HashMap::new();
    let (mut mine, mut theirs) = (honest.iter().peekable(), theft.events.iter().peekable());
    loop {
        let is_theft = match (mine.peek(), theirs.peek()) {
            (Some(a), Some(b)) => (b.second, b.milli) < (a.second, a.milli),
            (None, Some(_)) => true,
            (Some(a), None) if a.second < until => false,
            _ => break,
        };
        let event = if is_theft { theirs.next() } else { mine.next() }.expect("peeked");
        if is_theft && cut.contains(&event.account) {
            continue;
        }
        if cut.len() == theft.accounts.len() {
            break;
        }
        let now = judge.see(event);
        cut.extend(now.into_iter().filter(|account| thieves.contains(account.as_str())));
        if is_theft && !cut.contains(&event.account) {
            if let Some(before) =
                last.insert(&event.account, event.persons.iter().map(String::as_str).collect())
            {
                lost.extend(before);
            }
        }
    }
    cut.extend(judge.end().into_iter().filter(|account| thieves.contains(account.as_str())));
    lost.extend(
        last.into_iter().filter(|(account, _)| !cut.contains(*account)).flat_map(|(_, persons)| persons),
    );
    (cut.len(), lost.len())
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let houses = ["hospital_billing", "sepsis", "traffic_fines"].map(|name| (name, House::new(load(name))));
    for (name, house) in &houses {
        honest(name, house);
    }
    let kinds: [(&str, Kind); 11] = [
        ("sheets 1/s", Kind::Sheets(1.0)),
        ("sheets 4/s", Kind::Sheets(4.0)),
        ("lists of 50", Kind::Lists(50)),
        ("export of 3000", Kind::Export(3000)),
        ("x1.2 p95, 14 days", Kind::Slow(1.2, 14)),
        ("x1.6 p95, 14 days", Kind::Slow(1.6, 14)),
        ("x2 p95, 3 days", Kind::Slow(2.0, 3)),
        ("x3 p95, 3 days", Kind::Slow(3.0, 3)),
        ("20 a day, 20 days", Kind::Daily(20, 20)),
        ("60 a day, 20 days", Kind::Daily(60, 20)),
        ("ten accounts, 100 a day, 1 day", Kind::Daily(100, 1)),
    ];
    for (label, kind) in kinds {
        for (name, house) in &houses {
            let is_ten = label.starts_with("ten");
            table(label, name, house, kind, is_ten, quick);
        }
    }
}

fn honest(name: &str, house: &House) {
    let active: usize = house.days.values().map(BTreeMap::len).sum();
    let calendar: i64 = house
        .days
        .values()
        .map(|days| days.keys().last().unwrap_or(&0) - days.keys().next().unwrap_or(&0) + 1)
        .sum();
    let mut watch = Watch::new();
    let mut false_cuts: BTreeMap<String, usize> = BTreeMap::new();
    for event in &house.events {
        for account in watch.see(event) {
            *false_cuts.entry(account).or_default() += 1;
        }
    }
    let cuts: usize = false_cuts.values().sum();
    let judged: usize = false_cuts.iter().filter(|(account, _)| is_judged(account)).map(|(_, n)| n).sum();
    let judged_days: usize =
        house.days.iter().filter(|(account, _)| is_judged(account)).map(|(_, days)| days.len()).sum();
    println!(
        "{name}: {active} account-days worked ({calendar} in all), {cuts} false containments {false_cuts:?}, {} false alerts; judged half: {judged} on {judged_days}",
        watch.alerts.len()
    );
    for rule in [Rule::Minutes, Rule::Day, Rule::Own] {
        let label = match rule {
            Rule::Minutes => "25 in 3 minutes",
            Rule::Day => "150 a day",
            Rule::Own => "2 x own p99",
        };
        let mut simple = Simple::new(rule);
        let cuts: usize = house.events.iter().map(|event| simple.see(event).len()).sum();
        println!("    {label}: {cuts} false");
    }
}

fn table(label: &str, name: &str, house: &House, kind: Kind, is_ten: bool, quick: bool) {
    let mut draw = Draw(7);
    let able: Vec<&String> = house.days.iter().filter(|(_, days)| days.len() >= 20).map(|(a, _)| a).collect();
    for is_judged_half in [false, true] {
        let mut results: [Vec<(usize, usize, usize)>; 4] = Default::default();
        let half: Vec<&&String> =
            able.iter().filter(|account| is_judged(account) == is_judged_half).collect();
        let rounds = if is_ten {
            if able.len() >= 10 { 4 } else { 0 }
        } else {
            half.len().min(if quick { 12 } else { 60 })
        };
        for round in 0..rounds {
            let is_fresh = round % 2 == 0;
            let accounts: Vec<String> = if is_ten {
                (0..10)
                    .map(|n| able[(round * 10 + n) % able.len()].clone())
                    .collect::<HashSet<_>>()
                    .into_iter()
                    .collect()
            } else {
                vec![half[round % half.len()].to_string()]
            };
            let days: Vec<i64> = house.days[&accounts[0]].keys().copied().collect();
            let start = days[15 + draw.below(days.len() - 15)];
            let mut events: Vec<Event> = accounts
                .iter()
                .flat_map(|account| house.theft(account, start, kind, is_fresh, &mut draw))
                .collect();
            events.sort_by(|a, b| (a.second, a.milli, &a.account).cmp(&(b.second, b.milli, &b.account)));
            let until = events.last().map_or(0, |event| event.second) + 1;
            let theft = Theft { start, accounts, events };
            let honest: Vec<Event> = house.events.iter().filter(|e| e.second < until).cloned().collect();
            let all = theft.events.iter().map(|event| event.persons.len()).sum();
            let _ = theft.start;
            let mut note = |place: usize, (cut, lost): (usize, usize)| {
                results[place].push((cut * usize::from(cut > 0), lost, all));
            };
            note(0, play(Watch::new(), &honest, &theft, until));
            for (place, rule) in [Rule::Minutes, Rule::Day, Rule::Own].into_iter().enumerate() {
                note(place + 1, play(Simple::new(rule), &honest, &theft, until));
            }
        }
        if results[0].is_empty() {
            continue;
        }
        let half = if is_judged_half { "judged" } else { "tuning" };
        let mut line = format!("{label} | {name} | {half}");
        let wanted = if is_ten { 10 } else { 1 };
        for result in &results {
            let caught = result.iter().filter(|(cut, ..)| *cut >= wanted.min(*cut).max(1)).count();
            let whole: usize = result.iter().map(|(cut, ..)| *cut).sum();
            let mut lost: Vec<usize> = result.iter().map(|(_, lost, _)| *lost).collect();
            lost.sort_unstable();
            let median = lost[lost.len() / 2];
            let most = lost[lost.len() - 1];
            let caught = if is_ten { whole } else { caught };
            line += &format!(" | {caught}/{} {median} {most}", result.len() * wanted);
        }
        println!("{line}");
    }
}
