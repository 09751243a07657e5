//! What an entry costs on the shared journal: `benchmarks/shared-journal` runs this.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use digue_journal::observer::NoObserver;
use digue_journal::{Journal, JournalOptions};
use digue_shared_journal::{PostgresJournal, WaitingStep};
use digue_testkit::events::shown;

use crate::gateways::{open, waiting};
use crate::servers::Servers;
use crate::{settings, signer};

const MEASURED: Duration = Duration::from_secs(8);
const WRITERS: [usize; 3] = [1, 16, 64];

#[test]
#[ignore = "it measures, and judges nothing"]
fn entries_a_second_and_how_long_one_waits() {
    println!("journal  writers  entries/s  p50 ms  p99 ms");
    let folder = tempfile::tempdir().unwrap();
    let disk = digue_journal::disk::Disk::new(folder.path());
    let local = Journal::open(JournalOptions {
        keyring: digue_testkit::keys::keyring(&disk),
        disk,
        signer: signer(),
        queue_max: 8192,
        checkpoint_every: Duration::from_millis(500),
        observer: Box::new(NoObserver),
    })
    .unwrap();
    measure("local", &local);
    local.close();
    let servers = Servers::start();
    let url = servers.database("figures");
    drop(PostgresJournal::create(settings(&[&url]), signer().verifier()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = waiting(&url, folder.path(), 1, Duration::from_secs(3600));
    assert_eq!(gateway.step().unwrap(), WaitingStep::Ready);
    let (shared, _) = open(
        folder.path(),
        gateway.serve().unwrap(),
        Box::new(NoObserver),
    );
    measure("shared", &shared);
    shared.close();
}

fn measure(name: &str, journal: &Journal) {
    for writers in WRITERS {
        let is_over = AtomicBool::new(false);
        let since = Instant::now();
        let mut waits: Vec<Duration> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..writers)
                .map(|writer| {
                    let is_over = &is_over;
                    scope.spawn(move || write(journal, writer as u64, is_over))
                })
                .collect();
            while since.elapsed() < MEASURED {
                std::thread::park_timeout(MEASURED);
            }
            is_over.store(true, Ordering::Release);
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        waits.sort_unstable();
        let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_secs_f64() * 1000.0;
        let rate = waits.len() as f64 / since.elapsed().as_secs_f64();
        println!(
            "{name:7}  {writers:7}  {rate:9.0}  {:6.1}  {:6.1}",
            at(50),
            at(99)
        );
    }
}

fn write(journal: &Journal, writer: u64, is_over: &AtomicBool) -> Vec<Duration> {
    let mut waits = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        let since = Instant::now();
        let event = vec![shown(writer, "a1", "P1")];
        if journal.append_and_wait(event).is_ok() {
            waits.push(since.elapsed());
        }
    }
    waits
}
