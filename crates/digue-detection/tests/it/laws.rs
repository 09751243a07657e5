//! Properties: no panic, no influence of the order within an instant, no difference after a
//! restart.

use std::cell::Cell;

use digue_detection::batch::OwnedSighting;
use digue_detection::{Batches, Engine, EngineOptions, Finding, SeenPerson, SightingKind};
use digue_types::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

fn play(sightings: &[OwnedSighting]) -> Vec<Finding> {
    let mut engine = Engine::new(EngineOptions::default());
    let (mut batches, mut found) = (Batches::default(), Vec::new());
    for sighting in sightings {
        batches.push(&mut engine, sighting.clone(), &mut found);
    }
    batches.flush(&mut engine, &mut found);
    found
}

fn sighting() -> impl Strategy<Value = OwnedSighting> {
    let kind = prop_oneof![
        8 => Just(SightingKind::Shown),
        1 => Just(SightingKind::Refused),
        1 => Just(SightingKind::Unmapped),
        1 => Just(SightingKind::Moved),
        1 => Just(SightingKind::Resource),
        1 => (0u64..1 << 40).prop_map(SightingKind::Uninspected),
    ];
    let persons = prop_oneof![
        6 => proptest::collection::vec(0u64..400, 0..3),
        1 => proptest::collection::vec(0u64..4000, 30..90),
    ];
    (0u8..6, 0u8..3, persons, kind, 0u8..4, any::<bool>()).prop_map(
        |(account, house, persons, kind, place, is_exact)| {
            let mut persons: Vec<SeenPerson> = persons
                .into_iter()
                .map(|number| SeenPerson {
                    key: number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                    number: Some(number),
                    is_explained: is_exact,
                })
                .collect();
            persons.sort_unstable();
            persons.dedup();
            OwnedSighting {
                at: Timestamp::ZERO,
                account: format!("a{account}"),
                portal: "kairos".to_owned(),
                organisation: format!("o{house}"),
                session: format!("s{account}"),
                action: if place == 0 {
                    "search".to_owned()
                } else {
                    "open".to_owned()
                },
                ip: format!("192.0.{place}.1"),
                agent: if place == 3 {
                    "curl/8".to_owned()
                } else {
                    "Firefox".to_owned()
                },
                kind,
                persons,
            }
        },
    )
}

/// Sightings in order of time, several in an instant.
fn sightings(count: usize) -> impl Strategy<Value = Vec<OwnedSighting>> {
    proptest::collection::vec(
        (
            sighting(),
            prop_oneof![4 => Just(0i64), 6 => 1i64..5, 1 => 1000i64..200_000],
        ),
        1..count,
    )
    .prop_map(|steps| {
        let mut at = 1_780_272_000;
        steps
            .into_iter()
            .map(|(sighting, wait)| {
                at += wait;
                OwnedSighting {
                    at: Timestamp::from_secs(at),
                    ..sighting
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sightings_of_one_instant_have_no_order(sightings in sightings(400), turn in 1usize..7) {
        let mut shuffled = sightings.clone();
        for instant in shuffled.chunk_by_mut(|a, b| a.at == b.at) {
            let length = instant.len();
            instant.rotate_left(turn % length);
            instant.reverse();
        }
        prop_assert_eq!(play(&sightings), play(&shuffled));
    }

    #[test]
    fn nothing_makes_it_panic(times in proptest::collection::vec((any::<i64>(), sighting()), 1..200)) {
        let mut engine = Engine::new(EngineOptions { accounts_max: 3, ..EngineOptions::default() });
        for (micros, sighting) in times {
            engine.observe(&OwnedSighting { at: Timestamp::from_micros(micros), ..sighting }.as_sighting());
        }
        prop_assert!(engine.accounts() <= 3);
    }
}

/// A process that stops has judged what it read. The next one reads the entries of the journal up
/// to there, judges them, and continues: its findings are those of a process that never stopped.
#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let (found_before, found_after) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 64,
        ..ProptestConfig::default()
    });
    let played = runner.run(&(sightings(400), 0usize..100), |(sightings, share)| {
        let whole = play(&sightings);
        // Between two instants: the entries of one instant are in the journal together.
        let stop = sightings[sightings.len() * share / 100].at;
        let cut = sightings.partition_point(|sighting| sighting.at < stop);
        let mut engine = Engine::new(EngineOptions::default());
        let (mut batches, mut found) = (Batches::default(), Vec::new());
        for part in [&sightings[..cut], &sightings[cut..]] {
            for sighting in part {
                batches.push(&mut engine, sighting.clone(), &mut found);
            }
            batches.flush(&mut engine, &mut found);
        }
        prop_assert_eq!(&found, &whole);
        // What the first process found before it stopped.
        let before = play(&sightings[..cut]);
        prop_assert_eq!(&before[..], &whole[..before.len()]);
        prop_assert!(
            whole[before.len()..]
                .iter()
                .all(|finding| finding.at >= stop)
        );
        found_before.set(found_before.get() + before.len());
        found_after.set(found_after.get() + whole.len() - before.len());
        Ok(())
    });
    played.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        found_before.get() > 0 && found_after.get() > 0,
        "no record had a finding on both sides of its stop"
    );
}
