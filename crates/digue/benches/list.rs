//! E5: from *contain* to the signed list of 340,000 affected persons, amid a year of normal work.
//!
//! `cargo bench -p digue --bench list`: writes a year into a journal, starts the release binary on
//! loopback, closes the thief's account through the console, and fetches the list. Stops by itself.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use digue_types::{AccountId, Category, Event, PersonRef, Timestamp};

mod scene;

use scene::{Draw, FORM, Instance, open};

const NORMAL: u64 = 2_000_000;
const ACCOUNTS: u64 = 60_000;
const PERSONS: u64 = 43_000_000;
const STOLEN: u64 = 340_000;
const UNIT: usize = 1000;

fn main() {
    let instance = Instance::configure();
    let start = Instant::now();
    let entries = write_year(instance.folder.path());
    println!(
        "{entries} entries written in {:.0} s",
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let child = instance.serve();
    println!(
        "started, index made from the journal, in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let officer = instance.officer();
    // A first, small question: connections and sessions are warm, as on a working day.
    assert_eq!(officer.get("/scope?account=a1").status, 200);
    let start = Instant::now();
    let contained = "scope=account&name=thief&gate=closed&reason=compte+vol%C3%A9";
    let closed = officer.send("POST", "/gates", &[FORM], contained.as_bytes());
    assert_eq!(closed.status, 303, "{}", closed.text());
    let cut = start.elapsed();
    let list = officer.get("/scope.ndjson?account=thief");
    let listed = start.elapsed();
    assert_eq!(list.status, 200, "{}", list.text());
    let path = instance.folder.path().join("thief.list");
    std::fs::write(&path, &list.body).expect("the list is kept");
    let lines = list.body.iter().filter(|byte| **byte == b'\n').count() - 2;
    assert_eq!(lines as u64, STOLEN);
    println!(
        "| contained | signed list of {lines} persons, {} MiB |",
        list.body.len() >> 20
    );
    println!("|--:|--:|");
    println!(
        "| {:.0} ms | {:.2} s |",
        cut.as_secs_f64() * 1e3,
        listed.as_secs_f64()
    );
    drop(child);
    for arguments in [
        &["scope", "check", "thief.list"][..],
        &["scope", "check", "thief.list", "--from-journal"],
    ] {
        let start = Instant::now();
        println!(
            "{} ({:.1} s)",
            instance.digue(arguments).trim(),
            start.elapsed().as_secs_f64()
        );
    }
}

/// A year of normal work that ends now, with the theft in it: 340,000 persons in 26 hours.
fn write_year(folder: &Path) -> u64 {
    let journal = open(folder);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970");
    let year = Duration::from_hours(24 * 360);
    let (start, theft) = (now - year, now - Duration::from_hours(40));
    let mut draw = Draw(20_250_712);
    let Event::Exposure(sample) = digue_testkit::events::shown(0, "a0", "P") else {
        unreachable!()
    };
    let event = |at: Duration, account: &str, person: u64| {
        let mut exposure = sample.clone();
        exposure.at = Timestamp::from_micros(i64::try_from(at.as_micros()).expect("a date"));
        exposure.account = AccountId::parse(account).expect("a name");
        exposure.shown[0].persons =
            vec![PersonRef::parse(&format!("{person:08}")).expect("a reference")];
        exposure.categories = vec![Category::parse("identite").expect("a name")];
        Event::Exposure(exposure)
    };
    let mut unit = Vec::with_capacity(UNIT);
    let mut count = 0;
    let mut take = |event: Event, unit: &mut Vec<Event>| {
        unit.push(event);
        count += 1;
        if unit.len() == UNIT {
            journal
                .append_and_wait(std::mem::take(unit))
                .expect("durable");
        }
    };
    for number in 0..NORMAL {
        let at = start + year.mul_f64(number as f64 / NORMAL as f64);
        let account = format!("a{}", draw.below(ACCOUNTS));
        take(event(at, &account, draw.below(PERSONS)), &mut unit);
    }
    for person in 0..STOLEN {
        let at = theft + Duration::from_hours(26).mul_f64(person as f64 / STOLEN as f64);
        // Spread over the population, each person once.
        take(event(at, "thief", person * 126), &mut unit);
    }
    journal.append_and_wait(unit).expect("durable");
    journal.close();
    count
}
