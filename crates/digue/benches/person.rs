//! The person's page over 100 million exposures.
//!
//! `cargo bench -p digue --bench person [-- LISTS]`: writes a year of lists of a hundred persons
//! into a journal, starts the release binary on loopback, signs persons in with the code of their
//! letter, and times their page from the first byte to the last. Stops by itself. `./test` prepares
//! the reader of the letters.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use digue_testkit::Client;
use digue_types::{AccountId, Category, Event, PersonRef, Timestamp};

mod scene;

use scene::{CONSOLE, Draw, FORM, Instance, open};

/// Entries, each a list of [`LISTED`] persons.
const LISTS: u64 = 1_000_000;
const LISTED: u64 = 100;
const ACCOUNTS: u64 = 60_000;
const PERSONS: u64 = 43_000_000;
const UNIT: usize = 500;
/// Pages requested for each person.
const TIMES: usize = 400;
/// Persons with a known number of consultations: a usual one, a followed one, one whom everyone
/// sees.
const KNOWN: [(&str, u64); 3] = [("MARIE", 12), ("LUC", 400), ("ANNE", 5_000)];

fn main() {
    let lists = std::env::args()
        .skip(1)
        .find_map(|text| text.parse().ok())
        .unwrap_or(LISTS);
    let instance = Instance::configure();
    let begun = Instant::now();
    write_year(instance.folder.path(), lists);
    println!(
        "{} exposures written in {:.0} s",
        lists * LISTED,
        begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let served = instance.serve();
    println!(
        "started, index made from the journal, in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let officer = instance.officer();
    println!("| consultations | page, median | p99 | bytes |");
    println!("|--:|--:|--:|--:|");
    for (person, consultations) in KNOWN {
        let client = enter(&instance, &officer, person);
        let mut times = Vec::with_capacity(TIMES);
        let mut bytes = 0;
        for _ in 0..TIMES {
            let begun = Instant::now();
            let page = client.get("/person");
            times.push(begun.elapsed());
            assert_eq!(page.status, 200);
            bytes = page.body.len();
        }
        times.sort_unstable();
        let of = |part: usize| times[TIMES * part / 100].as_secs_f64() * 1e3;
        println!(
            "| {consultations} | {:.1} ms | {:.1} ms | {bytes} |",
            of(50),
            of(99)
        );
        let all = client.get("/person/consultations.csv").text();
        assert_eq!(all.lines().count() as u64, consultations + 1, "{person}");
    }
    drop(served);
}

/// The person's own browser, signed in with the code from the letter, read as a person reads it.
fn enter(instance: &Instance, officer: &Client, person: &str) -> Client {
    let asked = format!("population=personnes&persons={person}");
    let letters = officer.send("POST", "/requests/letters", &[FORM], asked.as_bytes());
    assert_eq!(letters.status, 200, "{}", letters.text());
    let place = instance.folder.path().join("letters.pdf");
    std::fs::write(&place, &letters.body).expect("written");
    let said = ["DIGUE_TEST_PYTHON", "HOME"].map(|name| std::env::var(name).ok());
    let [python, home] = said;
    let python =
        python.unwrap_or_else(|| format!("{}/.cache/digue/python", home.unwrap_or_default()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/read_document.py");
    let read = Command::new(format!("{python}/bin/python"))
        .arg(script)
        .arg(&place)
        .output();
    let text = String::from_utf8_lossy(&read.expect("./test prepares Python").stdout).into_owned();
    let is_code = |word: &&str| word.matches('-').count() == 3 && word.len() == 16;
    let code = text
        .split(|sign: char| sign.is_whitespace() || sign == ':')
        .find(is_code)
        .expect("a code");
    let client = Client::new(instance.address, CONSOLE);
    let entered = client.send(
        "POST",
        "/person/door",
        &[FORM],
        format!("code={code}").as_bytes(),
    );
    assert_eq!(entered.status, 303, "{}", entered.text());
    let cookie = entered
        .header("set-cookie")
        .expect("a session")
        .split(';')
        .next()
        .expect("its value");
    client.with_named_cookie(cookie)
}

/// A year of lists that ends now; the known persons are on the stated number of them.
fn write_year(folder: &Path, lists: u64) {
    let journal = open(folder);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970");
    let year = Duration::from_hours(24 * 360);
    let start = now - year;
    let mut draw = Draw(20_260_101);
    let Event::Exposure(sample) = digue_testkit::events::shown(0, "a0", "P") else {
        unreachable!()
    };
    let mut unit = Vec::with_capacity(UNIT);
    for number in 0..lists {
        let mut exposure = sample.clone();
        let at = start + year.mul_f64(number as f64 / lists as f64);
        exposure.at = Timestamp::from_micros(i64::try_from(at.as_micros()).expect("a date"));
        exposure.account = AccountId::parse(&format!("a{}", draw.below(ACCOUNTS))).expect("a name");
        exposure.categories = vec![Category::parse("identite").expect("a name")];
        let mut persons: Vec<PersonRef> = (0..LISTED)
            .map(|_| PersonRef::parse(&format!("{:08}", draw.below(PERSONS))).expect("a reference"))
            .collect();
        for (place, (name, count)) in KNOWN.iter().enumerate() {
            if number % (lists / count) == 0 && number / (lists / count) < *count {
                persons[place] = PersonRef::parse(name).expect("a reference");
            }
        }
        exposure.shown[0].persons = persons;
        unit.push(Event::Exposure(exposure));
        if unit.len() == UNIT {
            journal
                .append_and_wait(std::mem::take(&mut unit))
                .expect("durable");
        }
    }
    journal.append_and_wait(unit).expect("durable");
    journal.close();
}
