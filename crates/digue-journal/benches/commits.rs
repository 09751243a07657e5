//! E3: journalled responses per second, sync on, at several numbers of concurrent writers.
//! `cargo bench -p digue-journal`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use digue_journal::disk::Disk;
use digue_journal::note::Signer;
use digue_journal::observer::NoObserver;
use digue_journal::{Journal, JournalOptions};
use digue_types::Event;

const SECONDS: u64 = 3;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    println!(
        "one fdatasync of an append here: {:.2} ms (median of 50)",
        sync_millis(folder.path())
    );
    println!(
        "| writers | responses/s | exposures/s (5 persons each) | p50 ms | p99 ms | checkpoint lag |"
    );
    println!("|--:|--:|--:|--:|--:|--:|");
    for writers in [1, 8, 64, 512] {
        measure(&folder.path().join(writers.to_string()), writers);
    }
}

fn sync_millis(folder: &std::path::Path) -> f64 {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("probe")).expect("a file");
    let mut times: Vec<f64> = (0..50)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[7; 300]).expect("written");
            file.sync_data().expect("synced");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[25]
}

fn measure(folder: &std::path::Path, writers: usize) {
    let journal = Arc::new(
        Journal::open(JournalOptions {
            disk: Disk::new(folder),
            keyring: digue_testkit::keys::keyring(&Disk::new(folder)),
            signer: Signer::from_seed("bench", &[1; 32]).expect("a key"),
            queue_max: 8192,
            checkpoint_every: Duration::from_millis(500),
            observer: Box::new(NoObserver),
        })
        .expect("it opens"),
    );
    let done = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let threads: Vec<_> = (0..writers)
        .map(|writer| {
            let (journal, done) = (journal.clone(), done.clone());
            std::thread::spawn(move || {
                let mut times = Vec::new();
                while Instant::now() < end {
                    let number = done.fetch_add(1, Ordering::Relaxed);
                    let event = response(number, writer);
                    let start = Instant::now();
                    journal.append_and_wait(vec![event]).expect("it is durable");
                    times.push(start.elapsed().as_secs_f64() * 1e3);
                }
                times
            })
        })
        .collect();
    let mut times: Vec<f64> = threads
        .into_iter()
        .flat_map(|t| t.join().expect("a writer"))
        .collect();
    let status = journal.status();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let rate = times.len() as f64 / SECONDS as f64;
    println!(
        "| {writers} | {rate:.0} | {:.0} | {:.2} | {:.2} | {} entries |",
        rate * 5.0,
        at(0.5),
        at(0.99),
        status.size - status.checkpoint_size
    );
    journal.close();
}

fn response(number: u64, writer: usize) -> Event {
    let Event::Exposure(mut exposure) =
        digue_testkit::events::shown(number, &format!("a{writer}"), "P0")
    else {
        unreachable!("an exposure")
    };
    for person in 1..5 {
        let text = format!("{:07}A", number * 5 + person);
        exposure.shown[0]
            .persons
            .push(digue_types::PersonRef::parse(&text).expect("a reference"));
    }
    Event::Exposure(exposure)
}
