use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;
const NOW: i64 = 20_000 * DAY;

fn id(number: u64) -> SnapshotId {
    SnapshotId::parse(&format!("{number:064x}")).unwrap()
}

fn journaled(number: u64, secs: i64) -> JournaledSnapshot {
    let at = Timestamp::from_secs(secs);
    JournaledSnapshot {
        id: id(number),
        source: "digue".to_owned(),
        at,
        files: 1,
        bytes: 1,
        is_suspect: false,
        is_accepted: false,
        is_drilled: false,
    }
}

fn present(journal: &[JournaledSnapshot]) -> Vec<PresentSnapshot> {
    journal
        .iter()
        .map(|entry| PresentSnapshot {
            id: entry.id.clone(),
            declared: entry.at,
        })
        .collect()
}

fn decide(
    present: &[PresentSnapshot],
    journal: &[JournaledSnapshot],
    rules: &KeepRules,
) -> RetentionPlan {
    plan(
        present,
        journal,
        &BTreeSet::new(),
        rules,
        Timestamp::from_secs(NOW),
    )
}

fn daily(days: u64) -> Vec<JournaledSnapshot> {
    (0..days)
        .map(|day| journaled(day, NOW - day as i64 * DAY - 60))
        .collect()
}

#[test]
fn what_two_persons_accepted_freezes_nothing_until_it_vanishes() {
    let mut journal = daily(4);
    journal[0].is_suspect = true;
    let rules = KeepRules::default();
    let shown = present(&journal);
    let frozen = decide(&shown, &journal, &rules);
    assert_eq!(frozen.freezes, [Freeze::Suspect(1)]);
    journal[0].is_accepted = true;
    let unsound = decide(&shown, &journal, &rules);
    assert_eq!(unsound.freezes, []);
    assert_eq!(unsound.removable, BTreeSet::from([id(0)]));
    journal[0].is_suspect = false;
    let sound = decide(&shown, &journal, &rules);
    assert!(sound.kept[&id(0)].contains(&KeepReason::Last));
    let gone = decide(&shown[1..], &journal, &rules);
    assert_eq!(gone.freezes, [Freeze::Vanished(1)]);
    let cause = FreezeCause::Vanished;
    let snapshot = id(0);
    assert_eq!(
        gone.frozen,
        BTreeSet::from([FrozenSnapshot { snapshot, cause }])
    );
}

#[test]
fn the_newest_of_each_day_week_and_month_stay() {
    let journal = daily(400);
    let rules = KeepRules {
        last: 1,
        daily: 7,
        weekly: 4,
        monthly: 12,
    };
    let plan = decide(&present(&journal), &journal, &rules);
    let count = |reason| {
        plan.kept
            .values()
            .filter(|reasons| reasons.contains(&reason))
            .count()
    };
    assert_eq!(count(KeepReason::Daily), 7);
    assert_eq!(count(KeepReason::Weekly), 4);
    assert_eq!(count(KeepReason::Monthly), 12);
    assert_eq!(plan.kept.len() + plan.removable.len(), 400);
    assert_eq!(plan.freezes, []);
}

#[test]
fn a_forged_snapshot_a_year_ahead_evicts_nothing() {
    let journal = daily(30);
    let rules = KeepRules {
        last: 0,
        daily: 30,
        weekly: 0,
        monthly: 0,
    };
    let mut shown = present(&journal);
    shown.push(PresentSnapshot {
        id: id(999),
        declared: Timestamp::from_secs(NOW + 400 * DAY),
    });
    let plan = decide(&shown, &journal, &rules);
    assert_eq!(plan.removable, BTreeSet::new());
    assert_eq!(plan.kept[&id(999)], BTreeSet::from([KeepReason::Unknown]));
    // Told, and holds nothing up.
    assert_eq!(plan.freezes, []);
    let frozen: Vec<_> = plan.frozen.iter().map(|one| one.cause).collect();
    assert_eq!(frozen, [FreezeCause::Unknown]);
}

#[test]
fn a_suspect_snapshot_stays_and_takes_nobodys_place() {
    let mut journal = daily(6);
    journal[0].is_suspect = true;
    let rules = KeepRules {
        last: 0,
        daily: 1,
        weekly: 0,
        monthly: 0,
    };
    let plan = decide(&present(&journal), &journal, &rules);
    assert_eq!(plan.kept[&id(0)], BTreeSet::from([KeepReason::Suspect]));
    assert!(plan.kept[&id(1)].contains(&KeepReason::Daily));
    assert!(plan.freezes.contains(&Freeze::Suspect(1)));
}

#[test]
fn rules_of_nothing_leave_three_and_the_last_that_was_restored() {
    let mut journal = daily(10);
    journal[7].is_drilled = true;
    journal[9].is_drilled = true;
    let rules = KeepRules {
        last: 0,
        daily: 0,
        weekly: 0,
        monthly: 0,
    };
    let plan = decide(&present(&journal), &journal, &rules);
    assert_eq!(
        plan.kept.keys().cloned().collect::<Vec<_>>(),
        [id(0), id(1), id(2), id(7)]
    );
}

#[test]
fn a_snapshot_that_vanished_freezes_deletion_unless_a_plan_removed_it() {
    let journal = daily(5);
    let shown = present(&journal[1..]);
    let rules = KeepRules::default();
    let plan_of = |deleted: BTreeSet<SnapshotId>| {
        plan(
            &shown,
            &journal,
            &deleted,
            &rules,
            Timestamp::from_secs(NOW),
        )
    };
    let alarmed = plan_of(BTreeSet::new());
    assert_eq!(alarmed.vanished, BTreeSet::from([id(0)]));
    assert_eq!(alarmed.freezes, [Freeze::Vanished(1)]);
    assert_eq!(plan_of(BTreeSet::from([id(0)])).freezes, []);
}

#[test]
fn a_clock_that_went_back_keeps_what_lies_ahead_of_it() {
    let mut journal = daily(5);
    journal[0].at = Timestamp::from_secs(NOW + 400 * DAY);
    let plan = decide(
        &present(&journal),
        &journal,
        &KeepRules {
            last: 1,
            daily: 0,
            weekly: 0,
            monthly: 0,
        },
    );
    assert_eq!(
        plan.kept[&id(0)],
        BTreeSet::from([KeepReason::AheadOfClock])
    );
    assert!(plan.kept[&id(1)].contains(&KeepReason::Last));
    assert!(plan.freezes.contains(&Freeze::AheadOfClock(1)));
}

#[test]
fn a_source_does_not_push_out_another() {
    let mut journal = daily(40);
    for entry in &mut journal[20..] {
        entry.source = "comptabilite".to_owned();
    }
    let plan = decide(
        &present(&journal),
        &journal,
        &KeepRules {
            last: 5,
            daily: 0,
            weekly: 0,
            monthly: 0,
        },
    );
    assert_eq!(plan.kept.len(), 10);
}

#[test]
fn fewer_of_anything_is_shorter() {
    let usual = KeepRules::default();
    assert!(!usual.is_shorter_than(&usual));
    assert!(
        KeepRules {
            monthly: 11,
            last: 100,
            ..usual
        }
        .is_shorter_than(&usual)
    );
    assert!(
        !KeepRules {
            monthly: 13,
            ..usual
        }
        .is_shorter_than(&usual)
    );
}

proptest! {
    /// The promise: whatever a thief adds, and however it dates it, the same true snapshots stay.
    #[test]
    fn forged_snapshots_evict_nothing(
        times in prop::collection::vec(NOW - 700 * DAY..NOW + 3 * DAY, 0..60),
        suspects in prop::collection::vec(any::<bool>(), 60),
        forged in prop::collection::vec(i64::MIN..i64::MAX, 0..60),
        (last, daily, weekly, monthly) in (0usize..5, 0usize..9, 0usize..6, 0usize..14),
    ) {
        let mut journal: Vec<JournaledSnapshot> =
            times.iter().enumerate().map(|(number, at)| journaled(number as u64, *at)).collect();
        for (entry, is_suspect) in journal.iter_mut().zip(&suspects) {
            entry.is_suspect = *is_suspect;
        }
        let rules = KeepRules { last, daily, weekly, monthly };
        let honest = present(&journal);
        let mut attacked = honest.clone();
        for (number, declared) in forged.iter().enumerate() {
            let declared = Timestamp::from_micros(*declared);
            attacked.push(PresentSnapshot { id: id(1_000 + number as u64), declared });
        }
        let (before, after) = (decide(&honest, &journal, &rules), decide(&attacked, &journal, &rules));
        prop_assert_eq!(&before.removable, &after.removable);
        for (id, reasons) in &before.kept {
            prop_assert_eq!(after.kept.get(id), Some(reasons));
        }
        let unknown = after.kept.values().filter(|reasons| reasons.contains(&KeepReason::Unknown)).count();
        prop_assert_eq!(unknown, forged.len());
    }

    /// Dates that the journal does not confirm decide nothing either: those of our own snapshots
    /// rewritten.
    #[test]
    fn declared_dates_decide_nothing(
        times in prop::collection::vec(NOW - 700 * DAY..NOW, 1..40),
        declared in prop::collection::vec(i64::MIN..i64::MAX, 40),
    ) {
        let journal: Vec<JournaledSnapshot> =
            times.iter().enumerate().map(|(number, at)| journaled(number as u64, *at)).collect();
        let honest = present(&journal);
        let mut moved = honest.clone();
        for (snapshot, declared) in moved.iter_mut().zip(&declared) {
            snapshot.declared = Timestamp::from_micros(*declared);
        }
        let rules = KeepRules::default();
        let (before, after) = (decide(&honest, &journal, &rules), decide(&moved, &journal, &rules));
        prop_assert_eq!(before.removable, after.removable);
        prop_assert_eq!(before.kept, after.kept);
    }

    /// Nothing is lost between the two lists, and nothing is in both.
    #[test]
    fn each_snapshot_is_kept_or_removable(times in prop::collection::vec(NOW - 700 * DAY..NOW, 0..80)) {
        let journal: Vec<JournaledSnapshot> =
            times.iter().enumerate().map(|(number, at)| journaled(number as u64, *at)).collect();
        let plan = decide(&present(&journal), &journal, &KeepRules::default());
        for entry in &journal {
            prop_assert!(plan.kept.contains_key(&entry.id) != plan.removable.contains(&entry.id));
        }
    }
}

#[test]
fn a_snapshot_that_is_journalled_again_takes_no_second_place() {
    let mut journal = daily(6);
    // The oldest three once more, as if they were the newest.
    journal.extend((3..6).map(|number| journaled(number, NOW - 10)));
    let rules = KeepRules {
        last: 2,
        daily: 2,
        weekly: 0,
        monthly: 0,
    };
    let plan = decide(&present(&journal[..6]), &journal, &rules);
    for (number, is_kept) in [(0, true), (1, true), (5, false)] {
        let reasons = plan.kept.get(&id(number));
        let is_last = reasons.is_some_and(|reasons| reasons.contains(&KeepReason::Last));
        assert_eq!(is_last, is_kept, "{number}");
    }
}
