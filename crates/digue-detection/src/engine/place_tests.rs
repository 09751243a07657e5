//! Which places the engine remembers when it knows as many as it may.

use super::*;

fn place(network: u32) -> ClientPlace {
    ClientPlace {
        network,
        agent: 1,
        is_program: false,
    }
}

fn work(engine: &mut Engine, place: ClientPlace, day: i32) {
    for account in [0, 1] {
        engine.share_place(place, account, day);
    }
}

#[test]
fn an_office_that_opens_when_memory_is_full_is_recognised() {
    let mut engine = Engine::new(EngineOptions::default());
    let all = u32::try_from(PLACES_MAX).unwrap();
    for network in 1..=all {
        engine.share_place(place(network), 0, 0);
    }
    // Used until today, it outlives the others.
    let (old, new) = (place(1), place(all + 1));
    for day in 1..=14 {
        work(&mut engine, old, day);
        work(&mut engine, new, day);
    }
    assert!(engine.is_office(old, 14) && engine.is_office(new, 14));
    assert!(engine.tenants.len() <= PLACES_MAX);
}
