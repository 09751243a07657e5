//! Each signal once where it must be given, and once where it must not.

use digue_detection::{
    DeclaredBatch, Engine, EngineOptions, Finding, SeenPerson, Sighting, SightingKind, SignalKind,
    Weight,
};
use digue_types::Timestamp;

const MONDAY: i64 = 1_780_272_000;
const DAY: i64 = 86_400;
const HOME: (&str, &str) = ("192.0.2.7", "Mozilla/5.0 Firefox/140.0");

/// A portal with twelve accounts in three organisations, after two months of ordinary work.
struct House {
    engine: Engine,
    found: Vec<Finding>,
}

fn person(number: u64) -> SeenPerson {
    SeenPerson {
        key: (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        number: Some(number * 7919 % 1_000_003),
        is_explained: false,
    }
}

impl House {
    fn at_work() -> Self {
        Self::with(EngineOptions::default())
    }

    fn with(options: EngineOptions) -> Self {
        let mut house = Self {
            engine: Engine::new(options),
            found: Vec::new(),
        };
        for day in 0..60 {
            if day % 7 >= 5 {
                continue;
            }
            for hour in 8..17 {
                for account in 0..12 {
                    if (day + hour + account * 3) % 4 == 0 {
                        let second = MONDAY
                            + day * DAY
                            + hour * 3600
                            + account * 97
                            + (day * 131 + hour * 17) % 600;
                        let who = (day * 7 + hour * 3 + account * 1009) % 40 + account * 50;
                        house.open(account, second, &[who as u64]);
                    }
                }
            }
        }
        assert!(
            house.found.is_empty(),
            "two months of work: {:?}",
            house.found
        );
        house
    }

    fn see(
        &mut self,
        account: i64,
        second: i64,
        persons: &[SeenPerson],
        place: (&str, &str),
        kind: SightingKind,
    ) {
        let organisation = format!("o{}", account % 3);
        let name = format!("a{account}");
        let sighting = Sighting {
            at: Timestamp::from_secs(second),
            portal: "kairos",
            organisation: &organisation,
            account: &name,
            session: "s1",
            action: "open",
            ip: place.0,
            agent: place.1,
            kind,
            persons,
        };
        self.found.extend(self.engine.observe(&sighting));
    }

    fn open(&mut self, account: i64, second: i64, persons: &[u64]) {
        let persons: Vec<SeenPerson> = persons.iter().map(|number| person(*number)).collect();
        self.see(account, second, &persons, HOME, SightingKind::Shown);
    }

    #[track_caller]
    fn contained(&self, account: i64, kind: SignalKind) {
        let name = format!("a{account}");
        let finding = self.found.iter().find(|finding| {
            finding.weight == Weight::Containment && finding.account.as_deref() == Some(&name)
        });
        let finding = finding.unwrap_or_else(|| panic!("not contained: {:?}", self.found));
        let said: Vec<SignalKind> = finding.signals.iter().map(|signal| signal.kind).collect();
        assert!(said.contains(&kind), "{said:?}");
    }
}

/// Noon of the first day after the two months.
const NOON: i64 = MONDAY + 63 * DAY + 12 * 3600;

#[test]
fn a_fast_reader_is_cut_off_within_tens_of_persons() {
    let mut house = House::at_work();
    for step in 0..60 {
        house.open(1, NOON + step, &[10_000 + step as u64]);
    }
    house.contained(1, SignalKind::Pace);
    assert!(house.found.last().unwrap().persons <= 50);
}

#[test]
fn a_slow_reader_is_cut_off_within_days() {
    let mut house = House::at_work();
    for day in 0..5 {
        for sheet in 0..6 {
            house.open(
                2,
                NOON + day * DAY + sheet * 1500 - 10_000,
                &[20_000 + (day * 1000 + sheet * 37) as u64],
            );
        }
    }
    house.contained(2, SignalKind::Slow);
}

#[test]
fn an_export_is_cut_off_by_the_response_that_shows_it() {
    let mut house = House::at_work();
    house.open(3, NOON, &(30_000..33_000).collect::<Vec<u64>>());
    house.contained(3, SignalKind::Export);
}

#[test]
fn the_list_of_the_own_persons_is_no_export() {
    let mut house = House::at_work();
    for hour in 0..5 {
        house.open(3, NOON + hour * 600, &(150..190).collect::<Vec<u64>>());
    }
    assert!(house.found.is_empty(), "{:?}", house.found);
}

#[test]
fn lists_are_cut_off_below_three_hundred_even_where_a_finding_was_cleared() {
    let mut house = House::at_work();
    house
        .engine
        .reopened(Timestamp::from_secs(NOON - 3600), "a4");
    for page in 0..20 {
        house.open(
            4,
            NOON + page * 5,
            &(0..40)
                .map(|n| 40_000 + page as u64 * 40 + n)
                .collect::<Vec<u64>>(),
        );
    }
    house.contained(4, SignalKind::Lists);
    let contained = house
        .found
        .iter()
        .find(|finding| finding.weight == Weight::Containment)
        .unwrap();
    // The page that reveals it is withheld.
    assert!(contained.persons - 40 <= 300, "{}", contained.persons);
}

#[test]
fn the_first_morning_of_an_organisation_is_no_theft() {
    let mut engine = House {
        engine: Engine::new(EngineOptions::default()),
        found: Vec::new(),
    };
    for account in 0..9 {
        let caseload: Vec<u64> = (0..120).map(|n| account as u64 * 1000 + n).collect();
        engine.open(account, NOON + account * 300, &caseload);
    }
    assert!(engine.found.is_empty(), "{:?}", engine.found);
}

#[test]
fn lists_one_after_the_other_are_cut_off_below_three_hundred() {
    let mut house = House::at_work();
    for page in 0..20 {
        house.open(
            4,
            NOON + page * 5,
            &(0..50)
                .map(|n| 40_000 + page as u64 * 50 + n)
                .collect::<Vec<u64>>(),
        );
    }
    house.contained(4, SignalKind::Lists);
    assert!(house.found[0].persons <= 300, "{}", house.found[0].persons);
}

#[test]
fn a_person_who_does_not_exist_is_evidence() {
    let mut house = House::with(EngineOptions {
        decoys: [person(77_777).key].into_iter().collect(),
        ..EngineOptions::default()
    });
    house.open(5, NOON, &[77_777]);
    house.contained(5, SignalKind::Decoy);
}

#[test]
fn three_accounts_that_each_read_a_little_more_are_heard_together() {
    let mut house = House::at_work();
    for sheet in 0..40 {
        for account in [0, 3, 6, 9] {
            let who = 50_000 + (account * 100 + sheet) as u64;
            house.open(
                account,
                NOON - 3 * 3600 + sheet * 550 + account * 13,
                &[who],
            );
        }
    }
    let about_house = house
        .found
        .iter()
        .any(|finding| finding.account.is_none() && finding.organisation == "o0");
    assert!(
        house
            .found
            .iter()
            .all(|finding| finding.account.is_none() || finding.persons > 5)
    );
    let together = house.found.iter().any(|finding| {
        finding
            .signals
            .iter()
            .any(|s| s.kind == SignalKind::Collusion)
    });
    assert!(about_house && together, "{:?}", house.found);
}

#[test]
fn the_device_of_an_account_that_was_cut_off_is_remembered() {
    let thief = ("203.0.113.9", "Mozilla/5.0 (X11) Chrome/146.0");
    let steal = |house: &mut House, account: i64, first: i64, count: i64| {
        for step in 0..count {
            let persons = [person((60_000 + account * 1000 + step) as u64)];
            house.see(
                account,
                first + step * 40,
                &persons,
                thief,
                SightingKind::Shown,
            );
        }
    };
    let mut house = House::at_work();
    steal(&mut house, 7, NOON, 60);
    house.contained(7, SignalKind::NewDevice);
    let persons = |house: &House| house.found.last().map_or(0, |finding| finding.persons);
    let first = persons(&house);
    steal(&mut house, 8, NOON + 4000, 60);
    house.contained(8, SignalKind::SharedPlace);
    assert!(
        persons(&house) <= first,
        "the second account is cut off no later"
    );
}

#[test]
fn refusals_and_uninspected_responses_are_heard() {
    for (kind, expected) in [
        (SightingKind::Refused, SignalKind::Refusals),
        (SightingKind::Uninspected(1 << 20), SignalKind::Uninspected),
    ] {
        let mut house = House::at_work();
        for step in 0..200 {
            house.see(1, NOON + step * 20, &[], HOME, kind);
        }
        house.contained(1, expected);
    }
}

#[test]
fn a_flood_of_unknown_addresses_is_told_and_closes_nobody() {
    let mut house = House::at_work();
    // A page that changed before its map: all accounts of all organisations are affected.
    for step in 0..20_000 {
        house.see(step % 12, NOON + step, &[], HOME, SightingKind::Unmapped);
    }
    let told: Vec<_> = house
        .found
        .iter()
        .map(|finding| (finding.weight, finding.signals[0].kind))
        .collect();
    assert_eq!(told, [(Weight::Alert, SignalKind::Unmapped); 12]);
    // Below that there is no alert.
    let mut house = House::at_work();
    for step in 0..900 {
        house.see(1, NOON + step, &[], HOME, SightingKind::Unmapped);
    }
    assert!(house.found.is_empty());
}

#[test]
fn sheets_without_resources_are_a_reason() {
    let mut house = House::at_work();
    // The browsers of all accounts fetch resources for two more weeks, the thief's program none.
    for day in 63..77 {
        for account in 0..10 {
            let at = MONDAY + day * DAY + 10 * 3600 + account * 60;
            house.see(account, at, &[], HOME, SightingKind::Resource);
            house.open(account, at + 1, &[(account * 7) as u64]);
        }
    }
    let noon = NOON + 14 * DAY;
    for step in 0..60 {
        let at = noon + step / 20 * DAY + step % 20 * 900;
        house.open(1, at, &[20_000 + step as u64 * 13]);
    }
    house.contained(1, SignalKind::Slow);
    let mut said = house.found.iter().flat_map(|finding| &finding.signals);
    assert!(
        said.any(|signal| signal.kind == SignalKind::NoResources),
        "{:?}",
        house.found
    );
}

#[test]
fn lists_walked_to_their_end_are_a_reason_by_themselves() {
    let off = vec![SignalKind::Lists, SignalKind::Volume, SignalKind::Slow];
    let mut house = House::with(EngineOptions {
        off,
        ..EngineOptions::default()
    });
    for step in 0..300_i64 {
        let size = if step % 3 == 2 { 0 } else { 3 };
        let persons: Vec<SeenPerson> = (0..size)
            .map(|n| person((30_000 + step * 10 + n) as u64))
            .collect();
        house.see(2, NOON + step * 60, &persons, HOME, SightingKind::Shown);
    }
    house.contained(2, SignalKind::ListsEnded);
}

#[test]
fn a_switched_off_signal_is_not_heard() {
    let decoys = [person(77_777).key].into_iter().collect();
    let mut house = House::with(EngineOptions {
        decoys,
        off: vec![SignalKind::Decoy],
        ..EngineOptions::default()
    });
    house.open(5, NOON, &[77_777]);
    assert!(house.found.is_empty());
}

#[test]
fn an_account_that_was_opened_again_works_on() {
    let mut house = House::at_work();
    for step in 0..40 {
        house.open(1, NOON + step, &[10_000 + step as u64]);
    }
    house.contained(1, SignalKind::Pace);
    house
        .engine
        .reopened(Timestamp::from_secs(NOON + 3600), "a1");
    house.found.clear();
    for sheet in 0..5 {
        house.open(1, NOON + DAY + sheet * 1200, &[60 + sheet as u64]);
    }
    assert!(house.found.is_empty(), "{:?}", house.found);
}

#[test]
fn nothing_is_said_twice() {
    let mut house = House::at_work();
    for step in 0..200 {
        house.open(1, NOON + step, &[10_000 + step as u64]);
    }
    assert_eq!(
        house
            .found
            .iter()
            .filter(|finding| finding.weight == Weight::Containment)
            .count(),
        1
    );
}

#[test]
fn an_account_that_was_left_open_is_found_again_when_it_goes_on_and_worse() {
    let mut house = House::at_work();
    let mut sheets = 0;
    while house
        .found
        .iter()
        .all(|finding| finding.weight != Weight::Containment)
    {
        house.open(1, NOON + sheets * 40, &[10_000 + sheets as u64]);
        sheets += 1;
    }
    let first = house.found.last().unwrap().clone();
    assert!(!first.is_repeated);
    house.engine.left_open(&first);
    house.found.clear();
    house.open(1, NOON + sheets * 40, &[10_000]);
    assert!(house.found.is_empty(), "no worse: {:?}", house.found);
    for step in 0..40 {
        house.open(1, NOON + 7200 + step, &[12_000 + step as u64]);
    }
    assert!(
        house.found.iter().any(|finding| finding.is_repeated),
        "{:?}",
        house.found
    );
}

/// Twelve accounts, the sixth of which fetches 500 persons a night from eleven to three.
fn with_batch(decoys: &[u64]) -> House {
    let batch = DeclaredBatch {
        account: "a5".to_owned(),
        from_minute: 23 * 60,
        until_minute: 3 * 60,
        persons: 500,
    };
    let decoys = decoys.iter().map(|number| person(*number).key).collect();
    House::with(EngineOptions {
        batches: vec![batch],
        decoys,
        ..EngineOptions::default()
    })
}

/// An hour before midnight, of the night of `day`.
const fn night(day: i64) -> i64 {
    NOON + day * DAY + 11 * 3600
}

#[test]
fn a_declared_batch_is_no_theft_night_after_night() {
    let mut house = with_batch(&[]);
    for day in 0..30 {
        for list in 0..10 {
            let first = 100_000 + (day * 1000 + list * 50) as u64;
            house.open(
                5,
                night(day) + list * 1200,
                &(first..first + 50).collect::<Vec<u64>>(),
            );
        }
    }
    assert!(house.found.is_empty(), "{:?}", house.found);
}

#[test]
fn what_goes_beyond_a_declared_batch_is_judged() {
    let persons = |more: u64| (100_000..100_500 + more).collect::<Vec<u64>>();
    let mut house = with_batch(&[]);
    house.open(5, night(0), &persons(0));
    assert!(house.found.is_empty(), "{:?}", house.found);
    let mut house = with_batch(&[]);
    house.open(5, night(0), &persons(1));
    house.contained(5, SignalKind::Export);
    // In two responses, before and after midnight: it is one night.
    let mut house = with_batch(&[]);
    house.open(5, night(0) + 3000, &persons(0));
    house.open(
        5,
        night(0) + 4000,
        &(200_000..200_300).collect::<Vec<u64>>(),
    );
    house.contained(5, SignalKind::Export);
    // Outside its hours, and by another account.
    for (account, second) in [(5, NOON), (4, night(0))] {
        let mut house = with_batch(&[]);
        house.open(account, second, &persons(0));
        house.contained(account, SignalKind::Export);
    }
}

#[test]
fn a_fictitious_person_is_judged_in_a_declared_batch_too() {
    let mut house = with_batch(&[100_007]);
    house.open(5, night(0), &(100_000..100_040).collect::<Vec<u64>>());
    house.contained(5, SignalKind::Decoy);
}
