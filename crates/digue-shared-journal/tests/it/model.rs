//! The rules of writing, leasing and publishing on a model of a database: a failover takes back
//! everything that was not acknowledged, answers are lost, twins of a statement arrive late, clocks
//! jump. Threads take turns, one operation at a time, in an order that the seed decides.

mod actors;
mod database;
mod schedule;

use std::collections::{BTreeMap, BTreeSet};

use digue_journal::tree::{Hash, TreeEdge, leaf_hash};
use digue_shared_journal::{BatchId, BatchOutcome};

use database::World;
use schedule::Chance;

/// Seeds of a run of the suite.
const SEEDS: std::ops::Range<u64> = 0..200;
const LOSSY_SEEDS: std::ops::Range<u64> = 0..60;

#[test]
fn nothing_acknowledged_is_lost_or_doubled_and_there_is_one_history_in_200_seeds() {
    let mut seen = BTreeMap::<&str, u64>::new();
    for seed in SEEDS {
        let run = actors::run(seed, false);
        let history = run.world.history();
        assert_one_history(seed, &run, &history);
        for (name, count) in run.world.counts() {
            *seen.entry(name).or_default() += count;
        }
        for (_, outcome) in &run.outcomes {
            let name = match outcome {
                BatchOutcome::Committed(_) => "committed",
                BatchOutcome::Refused(_) => "refused",
                BatchOutcome::Unknown(_) => "unknown",
            };
            *seen.entry(name).or_default() += 1;
        }
    }
    // A model in which nothing goes wrong would prove nothing.
    for name in [
        "failover",
        "crash",
        "lost answer",
        "not replicated",
        "never sent",
        "twin",
        "long answer",
        "committed",
        "unknown",
        "signature",
        "takeover",
        "deposed",
    ] {
        assert!(
            seen.get(name).copied().unwrap_or(0) > 20,
            "{name}: {seen:?}"
        );
    }
    println!("{seen:?}");
}

fn assert_one_history(seed: u64, run: &actors::Run, history: &[(BatchId, Vec<Vec<u8>>)]) {
    let mut places = BTreeMap::new();
    let (mut edge, mut roots) = (TreeEdge::new(), BTreeMap::<u64, Hash>::new());
    roots.insert(0, edge.root());
    for (id, entries) in history {
        let earlier = places.insert(*id, edge.size());
        assert_eq!(earlier, None, "seed {seed}: {id:?} is there twice");
        for entry in entries {
            drop(edge.push(leaf_hash(entry)));
        }
        roots.insert(edge.size(), edge.root());
    }
    for (batch, outcome) in &run.outcomes {
        let place = places.get(&batch.id);
        match outcome {
            BatchOutcome::Committed(first) => {
                assert_eq!(place, Some(first), "seed {seed}: {batch:?}");
                let stored = history.iter().find(|(id, _)| *id == batch.id).unwrap();
                assert_eq!(stored.1, batch.entries, "seed {seed}");
            }
            BatchOutcome::Refused(_) => assert_eq!(place, None, "seed {seed}: {batch:?}"),
            // There or not: its responses did not leave.
            BatchOutcome::Unknown(_) => {}
        }
    }
    for signed in run.world.signatures() {
        assert_eq!(
            roots.get(&signed.size),
            Some(&signed.root),
            "seed {seed}: a signature over another history: {signed:?}"
        );
        assert!(
            signed.was_published,
            "seed {seed}: signed before it was published: {signed:?}"
        );
        assert!(
            !signed.was_deposed,
            "seed {seed}: signed by a deposed publisher: {signed:?}"
        );
    }
    let epochs: Vec<u64> = run.world.published_epochs();
    assert!(epochs.is_sorted(), "seed {seed}: {epochs:?}");
    assert_eq!(run.lost, BTreeSet::new(), "seed {seed}: a false alarm");
    let last = run
        .world
        .signatures()
        .iter()
        .map(|signed| signed.size)
        .max();
    assert_eq!(
        last,
        Some(edge.size()),
        "seed {seed}: the end was not signed"
    );
}

/// A failover that loses acknowledged entries, as a wrongly configured cluster does: what was
/// signed shows it, and nothing else is signed.
#[test]
fn a_failover_that_loses_acknowledged_entries_is_noticed_before_anything_is_signed() {
    let mut noticed = 0;
    for seed in LOSSY_SEEDS {
        let run = actors::run(seed, true);
        let mut by_size = BTreeMap::<u64, Hash>::new();
        for signed in run.world.signatures() {
            let known = by_size.insert(signed.size, signed.root);
            assert!(
                known.is_none_or(|known| known == signed.root),
                "seed {seed}: two trees of {} entries were signed",
                signed.size
            );
        }
        if run.world.lost_signed_entries() {
            assert!(
                !run.lost.is_empty(),
                "seed {seed}: signed entries were lost unnoticed"
            );
            noticed += 1;
        }
    }
    assert!(noticed > 5, "only {noticed} seeds lost signed entries");
}

/// The same seed is the same run.
#[test]
fn a_seed_names_its_run() {
    let (one, two) = (actors::run(7, false), actors::run(7, false));
    assert_eq!(one.outcomes, two.outcomes);
    assert_eq!(one.world.history(), two.world.history());
    assert_eq!(Chance::new(3).below(1000), Chance::new(3).below(1000));
    let _: &World = &one.world;
}
