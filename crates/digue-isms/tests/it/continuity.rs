//! The continuity plan on small organisations whose plan is known.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_isms::continuity::{
    self, AssetBackup, BackupKnowledge, ContinuityGapKind, ContinuityPlan, CopyFacts, GapPlace,
    KeyFacts, KeySplit, LastCopy, MeasuredBackups, MeasuredRestore, SourceFacts,
};
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_isms::register::{Registers, Revision};
use digue_types::Timestamp;

const HOUR: Duration = Duration::from_hours(1);
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn record(kind: RegisterKind, id: &str, fields: &[(&str, &str)]) -> Revision {
    let values: Values = fields
        .iter()
        .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]))
        .collect();
    Revision {
        kind,
        id: id.to_owned(),
        number: 1,
        at: NOW,
        by: "rssi".to_owned(),
        is_over: false,
        values,
        hash: String::new(),
    }
}

fn activity(id: &str, fields: &[(&str, &str)]) -> Revision {
    record(RegisterKind::BusinessActivity, id, fields)
}

/// A copy from `age` ago, made every `every`, restored in `took` when it was tried.
fn copy(age: Option<Duration>, every: Duration, restore: MeasuredRestore) -> SourceFacts {
    let last = age.map_or(LastCopy::Never, |age| LastCopy::At(NOW.minus(age)));
    SourceFacts {
        copies: vec![CopyFacts {
            place: "disque".to_owned(),
            last,
            every,
            restore,
        }],
    }
}

const fn passed(took: Duration) -> MeasuredRestore {
    MeasuredRestore::Tried {
        at: NOW,
        has_passed: true,
        took,
    }
}

fn measured(sources: &[(&str, SourceFacts)]) -> BackupKnowledge {
    BackupKnowledge::Measured(MeasuredBackups {
        sources: sources
            .iter()
            .map(|(name, facts)| ((*name).to_owned(), facts.clone()))
            .collect(),
        keys: BTreeMap::new(),
    })
}

fn codes(plan: &ContinuityPlan, id: &str) -> Vec<&'static str> {
    let of = |place: &GapPlace| match place {
        GapPlace::Record { id: own, .. } => own == id,
        GapPlace::Repository(name) => name == id,
        GapPlace::Plan => id.is_empty(),
    };
    let own = plan.gaps.iter().filter(|gap| of(&gap.place));
    own.map(|gap| gap.kind.code()).collect()
}

/// Leads, and a person to call.
const LED: [(&str, &str); 2] = [("lead", "A. Martin"), ("people", "CT-1")];

fn led(id: &str, fields: &[(&str, &str)]) -> Revision {
    let all: Vec<(&str, &str)> = LED.iter().chain(fields).copied().collect();
    activity(id, &all)
}

fn contact() -> Revision {
    record(
        RegisterKind::EmergencyContact,
        "CT-1",
        &[("title", "Astreinte"), ("phone", "01 00 00 00 00")],
    )
}

#[test]
fn the_plan_restarts_what_others_need_first() {
    let registers = Registers::new([
        contact(),
        led(
            "AV-1",
            &[("title", "Paie"), ("outage", "1 j"), ("activities", "AV-2")],
        ),
        led("AV-2", &[("title", "Annuaire"), ("outage", "3 jours")]),
        led("AV-3", &[("title", "Accueil"), ("outage", "2 jours")]),
    ]);
    let plan = continuity::plan(&registers, &BackupKnowledge::NotConfigured, NOW);
    let order: Vec<&str> = plan
        .activities()
        .map(|one| one.entry.record.title.0.as_str())
        .collect();
    assert_eq!(order, ["Annuaire", "Paie", "Accueil"]);
    assert_eq!(plan.steps[0].needed_within.0, Some(24 * 60));
    assert_eq!(codes(&plan, "AV-1"), ["needs-slower"]);
    assert!(codes(&plan, "AV-2").is_empty() && codes(&plan, "AV-3").is_empty());
}

#[test]
fn a_cycle_is_told_with_its_members() {
    let registers = Registers::new([
        contact(),
        led(
            "AV-1",
            &[("title", "Paie"), ("outage", "4 h"), ("activities", "AV-2")],
        ),
        led(
            "AV-2",
            &[
                ("title", "Banque"),
                ("outage", "4 h"),
                ("activities", "AV-1"),
            ],
        ),
    ]);
    let plan = continuity::plan(&registers, &BackupKnowledge::NotConfigured, NOW);
    assert!(plan.steps.len() == 1 && plan.steps[0].is_cycle);
    let members = plan.gaps.iter().find_map(|gap| match &gap.kind {
        ContinuityGapKind::Cycle { members } => Some(members.clone()),
        _ => None,
    });
    assert_eq!(members, Some(vec!["AV-1".to_owned(), "AV-2".to_owned()]));
}

#[test]
fn measurements_contradict_tolerances() {
    let asset = |id: &str, backup: &str| {
        let title = ("title", "Base");
        record(
            RegisterKind::Asset,
            id,
            &[title, ("about", "primary"), ("backup", backup)],
        )
    };
    let registers = Registers::new([
        contact(),
        asset("BI-1", "base"),
        asset("BI-2", "partage"),
        asset("BI-3", "ailleurs"),
        record(
            RegisterKind::Asset,
            "BI-4",
            &[("title", "Cloud"), ("about", "supporting")],
        ),
        record(
            RegisterKind::Asset,
            "BI-5",
            &[
                ("title", "Locaux"),
                ("about", "supporting"),
                ("holds-data", "no"),
            ],
        ),
        led(
            "AV-1",
            &[
                ("title", "Paie"),
                ("outage", "2 h"),
                ("data-age", "12 h"),
                ("assets", "BI-1"),
            ],
        ),
        led(
            "AV-2",
            &[
                ("title", "Courrier"),
                ("outage", "2 j"),
                ("data-age", "7 j"),
                ("assets", "BI-2"),
            ],
        ),
        led(
            "AV-3",
            &[
                ("title", "Suivi"),
                ("outage", "2 j"),
                ("assets", "BI-3, BI-4, BI-5"),
            ],
        ),
        led(
            "AV-4",
            &[
                ("title", "Accueil"),
                ("outage", "4 h"),
                ("assets", "BI-5"),
                ("activities", "AV-1"),
            ],
        ),
    ]);
    let known = measured(&[
        ("base", copy(Some(HOUR * 30), HOUR * 24, passed(HOUR * 5))),
        (
            "partage",
            copy(None, HOUR * 24, MeasuredRestore::NeverTried),
        ),
    ]);
    let plan = continuity::plan(&registers, &known, NOW);
    assert_eq!(
        codes(&plan, "AV-1"),
        ["backup-too-seldom", "backup-too-old", "restore-too-slow"]
    );
    assert_eq!(
        codes(&plan, "AV-2"),
        ["never-backed-up", "restore-not-measured"]
    );
    assert_eq!(
        codes(&plan, "AV-3"),
        ["unknown-backup", "asset-without-backup", "data-age-not-set"]
    );
    // It has nothing to restore itself, and waits five hours for what it needs.
    assert_eq!(codes(&plan, "AV-4"), ["waits-too-long"]);
    let step = plan
        .steps
        .iter()
        .find(|step| step.activities[0].entry.id == "AV-4")
        .unwrap();
    assert_eq!(step.ready.at_least, HOUR * 5);
    assert!(step.ready.is_measured);
}

#[test]
fn what_was_not_measured_is_unknown_and_never_fast() {
    let registers = Registers::new([
        contact(),
        record(
            RegisterKind::Asset,
            "BI-1",
            &[("title", "Base"), ("about", "primary"), ("backup", "base")],
        ),
        led(
            "AV-1",
            &[("title", "Paie"), ("outage", "2 h"), ("assets", "BI-1")],
        ),
    ]);
    let plan = continuity::plan(&registers, &BackupKnowledge::NotConfigured, NOW);
    let planned = &plan.steps[0].activities[0].assets[0];
    assert_eq!(planned.backup, AssetBackup::NotMeasured("base".to_owned()));
    assert!(!plan.steps[0].ready.is_measured);
    let failed = MeasuredRestore::Tried {
        at: NOW,
        has_passed: false,
        took: HOUR,
    };
    let known = measured(&[("base", copy(Some(HOUR), HOUR * 24, failed))]);
    let plan = continuity::plan(&registers, &known, NOW);
    assert!(!plan.steps[0].ready.is_measured);
    assert_eq!(codes(&plan, "AV-1"), ["restore-failed", "data-age-not-set"]);
}

#[test]
fn a_record_that_ended_and_a_person_who_is_not_named_are_told() {
    let over = Revision {
        is_over: true,
        ..record(
            RegisterKind::Asset,
            "BI-1",
            &[("title", "Base"), ("about", "primary")],
        )
    };
    let registers = Registers::new([
        over,
        activity(
            "AV-1",
            &[("title", "Paie"), ("outage", "2 h"), ("assets", "BI-1")],
        ),
        activity("AV-2", &[("title", "Suivi"), ("outage", "vite")]),
    ]);
    let plan = continuity::plan(&registers, &BackupKnowledge::NotConfigured, NOW);
    assert_eq!(
        codes(&plan, "AV-1"),
        ["missing-record", "nobody-leads", "nobody-to-call"]
    );
    assert_eq!(codes(&plan, "AV-2"), ["unreadable"]);
    assert_eq!(plan.unreadable.len(), 1);
}

#[test]
fn only_holders_of_the_key_in_force_count() {
    let holder = |id: &str, sheet: &str, fingerprint: &str| {
        record(
            RegisterKind::KeyHolder,
            id,
            &[
                ("title", "C. Petit"),
                ("repository", "disque"),
                ("sheet", sheet),
                ("fingerprint", fingerprint),
            ],
        )
    };
    let key = KeyFacts {
        at: NOW,
        needed: 2,
        sheets: 3,
        fingerprint: "ab12 cd34".to_owned(),
    };
    let with = |holders: &[Revision], split: KeySplit| {
        let known = BackupKnowledge::Measured(MeasuredBackups {
            sources: BTreeMap::new(),
            keys: BTreeMap::from([("disque".to_owned(), split)]),
        });
        continuity::plan(&Registers::new(holders.to_vec()), &known, NOW)
    };
    let good = [
        holder("DC-1", "1", "AB12CD34"),
        holder("DC-2", "3", "ab12 cd34"),
    ];
    let split = || KeySplit::Split(key.clone());
    assert!(codes(&with(&good, split()), "disque").is_empty());
    let poor = [
        holder("DC-1", "1", "AB12CD34"),
        holder("DC-2", "1", "AB12CD34"),
        holder("DC-3", "2", "old"),
        holder("DC-4", "9", "AB12CD34"),
    ];
    let plan = with(&poor, split());
    assert_eq!(codes(&plan, "disque"), ["key-without-holders"]);
    assert_eq!(plan.keys[0].sheets_held(), 1);
    assert_eq!(plan.keys[0].holders.len(), 4);
    assert_eq!(
        codes(&with(&good, KeySplit::Never), "disque"),
        ["key-never-split"]
    );
}

#[test]
fn a_plan_that_nobody_began_says_what_it_lacks() {
    let nothing = Registers::new([]);
    let plan = continuity::plan(&nothing, &BackupKnowledge::NotConfigured, NOW);
    assert_eq!(
        codes(&plan, ""),
        [
            "not-begun",
            "no-contact",
            "nothing-measured",
            "not-exercised"
        ]
    );
    // Backed up and never restored; an asset with data that nobody needs; a contact without number.
    let files = copy(Some(HOUR), HOUR, MeasuredRestore::NeverTried);
    let held = record(
        RegisterKind::ContinuityExercise,
        "EX-1",
        &[
            ("title", "Une nuit"),
            ("scenario", "ransomware"),
            ("held-on", "2026-12-01"),
        ],
    );
    let begun = Registers::new([
        record(
            RegisterKind::Asset,
            "AC-1",
            &[
                ("title", "Partage"),
                ("about", "primary"),
                ("holds-data", "yes"),
            ],
        ),
        record(
            RegisterKind::EmergencyContact,
            "CT-1",
            &[("title", "Astreinte")],
        ),
        held.clone(),
    ]);
    let plan = continuity::plan(&begun, &measured(&[("partage", files)]), NOW);
    assert_eq!(codes(&plan, ""), ["not-begun", "source-not-restored"]);
    assert_eq!(codes(&plan, "AC-1"), ["asset-without-activity"]);
    assert_eq!(codes(&plan, "CT-1"), ["contact-without-number"]);
    // An exercise of years ago, or of next year, is none.
    for day in ["2020-01-01", "2028-01-01"] {
        let mut old = held.clone();
        old.values
            .insert("held-on".to_owned(), vec![day.to_owned()]);
        let plan = continuity::plan(&Registers::new([old]), &measured(&[]), NOW);
        assert!(codes(&plan, "").contains(&"not-exercised"), "{day}");
    }
}
