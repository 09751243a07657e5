//! The primary dies under load, and its standby takes over.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use digue_journal::disk::Disk;
use digue_journal::tree::{TreeEdge, leaf_hash};
use digue_shared_journal::follower::{JournalFollower, entries_from};
use digue_shared_journal::lease::LeaseTerms;
use digue_shared_journal::log::JournalDatabase as _;
use digue_shared_journal::publisher::CheckpointPublisher;
use digue_shared_journal::{BatchId, BatchOutcome, PostgresJournal, SharedJournalError, writer};

use crate::servers::Servers;
use crate::{batch, boot, settings, signer};

const GATEWAYS: u8 = 3;
/// Acknowledged batches after which the primary dies, and before which nobody stops.
const BEFORE: u64 = 40;
const AFTER: u64 = 40;

#[test]
fn nothing_acknowledged_is_lost_when_the_primary_is_killed_under_load() {
    let servers = Servers::start();
    let urls = [servers.database("journal"), servers.url(1, "journal")];
    let urls = [urls[0].as_str(), urls[1].as_str()];
    drop(PostgresJournal::create(settings(&urls[..1]), signer().verifier()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (acknowledged, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (outcomes, signed) = std::thread::scope(|scope| {
        let writers: Vec<_> = (1..=GATEWAYS)
            .map(|gateway| {
                let (acknowledged, is_over) = (&acknowledged, &is_over);
                scope.spawn(move || {
                    let mut database =
                        PostgresJournal::open(settings(&urls), signer().verifier()).unwrap();
                    let mut outcomes = Vec::new();
                    while !is_over.load(Ordering::Acquire) {
                        let number = outcomes.len() as u64;
                        let batch = batch(gateway, number, 1 + number % 4);
                        let outcome = writer::commit(&mut database, &batch);
                        if matches!(outcome, BatchOutcome::Committed(_)) {
                            acknowledged.fetch_add(1, Ordering::AcqRel);
                        }
                        outcomes.push((batch, outcome));
                    }
                    outcomes
                })
            })
            .collect();
        let publishing = scope.spawn(|| publish_until(&urls, folder.path(), &is_over));
        let wait_for = |count: u64| {
            while acknowledged.load(Ordering::Acquire) < count {
                std::thread::park_timeout(Duration::from_millis(5));
            }
        };
        wait_for(BEFORE);
        servers.kill(0);
        servers.promote(1);
        // The old primary comes back as a standby: without one nothing is acknowledged.
        servers.follow(0, 1);
        let so_far = acknowledged.load(Ordering::Acquire);
        wait_for(so_far + AFTER);
        is_over.store(true, Ordering::Release);
        let outcomes: Vec<_> = writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect();
        (outcomes, publishing.join().unwrap())
    });
    // From outside: what is in the database now.
    let mut database = PostgresJournal::open(settings(&urls[1..]), signer().verifier()).unwrap();
    let mut edge = TreeEdge::new();
    let mut places = BTreeMap::new();
    loop {
        let entries = entries_from(&mut database, edge.size()).unwrap();
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let place = edge.size();
            assert_eq!(places.insert(entry.clone(), place), None, "an entry twice");
            drop(edge.push(leaf_hash(&entry)));
        }
    }
    let mut counts = [0_u64; 3];
    for (batch, outcome) in &outcomes {
        let found = places.get(&batch.entries[0]).copied();
        match outcome {
            BatchOutcome::Committed(first) => {
                counts[0] += 1;
                for (place, entry) in (*first..).zip(&batch.entries) {
                    assert_eq!(places.get(entry), Some(&place), "{batch:?}");
                }
            }
            BatchOutcome::Refused(_) => {
                counts[1] += 1;
                assert_eq!(found, None, "{batch:?}");
            }
            BatchOutcome::Unknown(BatchId(_)) => counts[2] += 1,
        }
    }
    println!(
        "committed, refused, unknown: {counts:?}; {} entries, {signed} signed",
        edge.size()
    );
    assert!(counts[0] >= BEFORE + AFTER && signed > 0);
    // The publisher comes to the end of the same history.
    let mut follower = JournalFollower::open(Disk::new(folder.path()), signer()).unwrap();
    let mut publisher = CheckpointPublisher::new(signer(), "the last", boot(9), terms());
    while follower.mirror().size() < edge.size() {
        publisher
            .step(&mut database, follower.mirror().edge())
            .unwrap();
        follower.step(&mut database).unwrap();
    }
    assert_eq!(follower.mirror().root(), edge.root());
    assert!(database.halted().unwrap().is_none());
}

fn terms() -> LeaseTerms {
    LeaseTerms {
        lasts: Duration::from_millis(1500),
        renew_every: Duration::from_millis(300),
        margin: Duration::from_millis(300),
    }
}

/// A gateway that publishes and follows; how many checkpoints it signed or saw.
fn publish_until(urls: &[&str], folder: &std::path::Path, is_over: &AtomicBool) -> u64 {
    let mut database = PostgresJournal::open(settings(urls), signer().verifier()).unwrap();
    let mut follower = JournalFollower::open(Disk::new(folder), signer()).unwrap();
    let mut publisher = CheckpointPublisher::new(signer(), "publisher", boot(8), terms());
    let mut signed = 0;
    while !is_over.load(Ordering::Acquire) {
        let stepped = publisher
            .step(&mut database, follower.mirror().edge())
            .and_then(|_| follower.step(&mut database));
        match stepped {
            Ok(Some(_)) => signed += 1,
            Ok(None) => {}
            Err(SharedJournalError::Database(_)) => {
                std::thread::park_timeout(Duration::from_millis(50));
            }
            Err(other) => panic!("a false alarm: {other}"),
        }
    }
    signed
}
