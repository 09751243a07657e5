//! E4: the blast radius of a national year. `cargo bench -p digue-exposure --bench scope -- FOLDER
//! ROWS`, or `benchmarks/scope/run`, which asks other engines the same about the same rows.
//!
//! A row is one person shown to one account at one second: 60,000 accounts, 43 million persons, one
//! year. Each account has a caseload of 128 persons drawn uniformly; 95 % of its rows are drawn
//! from it, the rest from everybody. Account 4242 is the thief: 340,000 persons in 26 hours.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use digue_exposure::{Index, IndexView, ScopeQuestion, SegmentSizes};
use digue_journal::Committed;
use digue_types::{AccountId, Event, PersonRef, Timestamp};

const YEAR: u64 = 365 * 86_400;
const EPOCH: u64 = 1_735_689_600;
const THEFT: u64 = EPOCH + 192 * 86_400 + 20 * 3600;
const THEFT_LASTS: u64 = 26 * 3600;
const THIEF: u32 = 4242;
const ACCOUNTS: u64 = 60_000;
const PERSONS: u64 = 43_000_000;
const CASELOAD: u64 = 128;
const CHUNKS: u64 = 50;
const FILE_ROWS_MAX: u64 = 200_000_000;
const ROOT: [u8; 32] = [1; 32];

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let folder = arguments
        .next()
        .unwrap_or_else(|| "target/scope".to_owned());
    let rows: u64 = arguments
        .next()
        .map_or(10_000_000, |rows| rows.parse().expect("a number of rows"));
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("a folder");
    let index = folder.join(format!("index-{rows}"));
    let data = folder.join(format!("exposures-{rows}.bin"));
    // Other engines read the same rows from a file; a billion rows are not written for them.
    if rows <= FILE_ROWS_MAX && !data.exists() {
        write(&data, rows);
    }
    if !index.join("manifest").exists() {
        load(rows, &index);
    }
    let start = Instant::now();
    let (index, _) = Index::open_reading(&index, &|_| Some(ROOT)).expect("it opens");
    println!(
        "# restart from its own files: {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let view = index.view();
    let (on_disk, segments, directories) = view.extent();
    println!(
        "# rows {on_disk}, segments {segments}, directories {} MiB",
        directories >> 20
    );
    println!(
        "# persons {}, memory {} MiB",
        index.persons(),
        memory("VmRSS")
    );
    ask(&view);
}

struct Draw(u64);

impl Draw {
    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}

/// Hands over the rows in order of time, a fiftieth of the year at once.
fn generate(rows: u64, take: &mut dyn FnMut(&[(u32, u32, u32)])) {
    let mut draw = Draw(20_250_712);
    let caseload: Vec<u32> = (0..ACCOUNTS * CASELOAD)
        .map(|_| draw.below(PERSONS) as u32)
        .collect();
    for chunk in 0..CHUNKS {
        let (low, high) = (
            EPOCH + YEAR * chunk / CHUNKS,
            EPOCH + YEAR * (chunk + 1) / CHUNKS,
        );
        let mut times: Vec<(u32, u32, u32)> = (0..rows / CHUNKS)
            .map(|_| {
                let at = low + draw.below(high - low);
                let account = draw.below(ACCOUNTS);
                let person = if draw.below(100) < 5 {
                    draw.below(PERSONS) as u32
                } else {
                    caseload[(account * CASELOAD + draw.below(CASELOAD)) as usize]
                };
                (at as u32, account as u32, person)
            })
            .collect();
        if (low..high).contains(&THEFT) {
            times.extend(theft(&mut draw));
        }
        times.sort_unstable();
        take(&times);
    }
}

fn write(path: &Path, rows: u64) {
    let draft = path.with_extension("draft");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&draft).expect("a file"));
    generate(rows, &mut |rows| {
        for (at, account, person) in rows {
            for word in [at, account, person] {
                out.write_all(&word.to_le_bytes()).expect("written");
            }
        }
    });
    out.flush().expect("written");
    std::fs::rename(draft, path).expect("renamed");
}

/// 340,000 persons, 12,000 of them twice.
fn theft(draw: &mut Draw) -> Vec<(u32, u32, u32)> {
    let mut persons = std::collections::HashSet::new();
    let mut list = Vec::new();
    while list.len() < 340_000 {
        let person = draw.below(PERSONS) as u32;
        if persons.insert(person) {
            list.push(person);
        }
    }
    list.extend_from_within(..12_000);
    let at = |draw: &mut Draw| (THEFT + draw.below(THEFT_LASTS)) as u32;
    list.into_iter()
        .map(|person| (at(draw), THIEF, person))
        .collect()
}

/// Every row is added as an entry that the journal has just made durable; the time to draw the rows
/// is not counted.
fn load(rows: u64, folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    let (mut index, _) = Index::open(folder, &|_| None, SegmentSizes::default()).expect("it opens");
    index.note_checkpoint(0, ROOT);
    let accounts: Vec<AccountId> = (0..ACCOUNTS)
        .map(|n| AccountId::parse(&format!("a{n}")).expect("a name"))
        .collect();
    let event = digue_testkit::events::shown(0, "a0", "P");
    let mut committed = Committed { index: 0, event };
    let mut taken_in = Duration::ZERO;
    generate(rows, &mut |rows| {
        let start = Instant::now();
        for (at, account, number) in rows {
            let Event::Exposure(exposure) = &mut committed.event else {
                unreachable!("an exposure")
            };
            exposure.at = Timestamp::from_secs(i64::from(*at));
            exposure.account = accounts[*account as usize].clone();
            exposure.shown[0].persons[0] = person(*number);
            index.add(&committed);
            committed.index += 1;
        }
        taken_in += start.elapsed();
    });
    let closing = Instant::now();
    index.close();
    taken_in += closing.elapsed();
    println!(
        "# loaded in {:.0} s ({:.0} rows/s), all on disk; peak memory {} MiB, disk {} MiB",
        taken_in.as_secs_f64(),
        committed.index as f64 / taken_in.as_secs_f64(),
        memory("VmHWM"),
        bytes_of(folder) >> 20
    );
}

fn person(number: u32) -> PersonRef {
    let mut text = *b"00000000";
    let mut rest = number;
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    PersonRef::parse(std::str::from_utf8(&text).expect("digits")).expect("a reference")
}

fn ask(view: &IndexView) {
    let at = |seconds: u64| Some(Timestamp::from_secs(seconds as i64));
    let account = |number: u32| AccountId::parse(&format!("a{number}")).expect("a name");
    let between = |from: u64, lasts: u64| ScopeQuestion {
        from: at(from),
        to: at(from + lasts),
        ..ScopeQuestion::default()
    };
    let one = ScopeQuestion {
        accounts: vec![account(THIEF)],
        ..between(THEFT, THEFT_LASTS)
    };
    let fifty = ScopeQuestion {
        accounts: (100..150).map(account).collect(),
        ..between(THEFT, 30 * 86_400)
    };
    let all = between(THEFT, 7 * 86_400);
    let first = ScopeQuestion {
        accounts: vec![account(THIEF)],
        ..between(THEFT, 60)
    };
    let first = view.answer(&first, &mut |_| {}).expect("an answer");
    // References have leading zeros: the least text is the least number.
    let victim = first
        .persons
        .iter()
        .map(|one| one.person.clone())
        .min()
        .expect("somebody");
    let count = |question: &ScopeQuestion| view.count(question).expect("an answer").to_string();
    report("Q1", &|| count(&one));
    report("Q2", &|| count(&fifty));
    report("Q3", &|| sights(view, &victim));
    report("Q4", &|| count(&all));
}

/// Account, first and last second, and how often, for every account that was shown this person.
fn sights(view: &IndexView, person: &PersonRef) -> String {
    let mut accounts: BTreeMap<u32, (i64, i64, u32)> = BTreeMap::new();
    for sight in view.of_person(person).expect("an answer") {
        let number = sight.account.as_str()[1..].parse().expect("a number");
        let at = sight.at.secs();
        let known = accounts.entry(number).or_insert((at, at, 0));
        *known = (known.0.min(at), known.1.max(at), known.2 + 1);
    }
    let lines = accounts
        .into_iter()
        .map(|(account, (first, last, n))| format!("{account}:{first}:{last}:{n}"));
    lines.collect::<Vec<_>>().join(" ")
}

/// The median of 21 runs, after one to warm up.
fn report(name: &str, question: &dyn Fn() -> String) {
    let answer = question();
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(question(), answer);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("digue {name} {:.3} {answer}", times[10].as_secs_f64() * 1e3);
}

/// MiB of a line of `/proc/self/status`.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or(0)
        >> 10
}

fn bytes_of(folder: &Path) -> u64 {
    let items = std::fs::read_dir(folder).into_iter().flatten().flatten();
    items
        .map(|item| {
            if item.path().is_dir() {
                bytes_of(&item.path())
            } else {
                item.metadata().map_or(0, |m| m.len())
            }
        })
        .sum()
}
