//! The continuity plan, from the registers and the journal to the file that is read without Digue.

use std::fs;
use std::time::Duration;

use digue_access::Role;
use digue_app::{Actor, OperationError};
use digue_backup::history::BackupEvent;
use digue_backup::results::ResultsKey;
use digue_backup::schedule::Cadence;
use digue_backup_acts::backups::{BackupRules, journal_results, results_folder};
use digue_casework::incidents;
use digue_compliance::isms::{self, SaveError, continuity, exercises, restart, status_page};
use digue_isms::continuity::{ContinuityGapKind, ContinuityPlan};
use digue_isms::field::{FieldError, FieldFault, Values};
use digue_isms::kinds::RegisterKind;
use digue_response::incident::{IncidentNote, Source};
use digue_response::sheet::Sheet;
use digue_types::Subject;
use jiff::tz::TimeZone;

use crate::app::{Home, Plan};

const DAY: Duration = Duration::from_hours(24);

async fn home() -> Home {
    Home::with(Plan {
        backups: Some(BackupRules {
            repositories: vec!["disque".to_owned()],
            sources: vec!["digue".to_owned(), "partage".to_owned()],
            backups: Cadence::every(DAY),
            drills: Cadence::every(DAY * 30),
            reports: Vec::new(),
            outside: Vec::new(),
            zone: TimeZone::UTC,
            runs_itself: false,
        }),
        ..Plan::default()
    })
    .await
}

async fn actor(home: &Home, role: Role) -> Actor {
    Actor {
        account: home.account(role.code(), role).await,
        role,
        proved_at: home.now(),
    }
}

fn values(fields: &[(&str, &str)]) -> Values {
    let texts = fields
        .iter()
        .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]));
    texts.collect()
}

async fn save(home: &Home, ciso: &Actor, kind: RegisterKind, fields: &[(&str, &str)]) -> String {
    isms::save(&home.app, ciso, kind, None, &values(fields))
        .await
        .unwrap()
}

/// Journals a backup of Digue, a drill of it that took five hours, and a key split 2 of 3.
async fn journal_backups(home: &Home) {
    let id = "a".repeat(64);
    let texts = [
        format!(
            r#"{{"kind":"made","repository":"disque","id":"{id}","source":"digue","snapshot":"{id}",
                "files":1,"bytes":1,"unread":0,"suspicion":"clean"}}"#
        ),
        format!(
            r#"{{"kind":"drilled","repository":"disque","id":"{id}","snapshot":"{id}",
                "verdict":"passed","age_secs":60,"time_secs":18000,"failed":[],"sources":["digue"]}}"#
        ),
        format!(
            r#"{{"kind":"key-split","repository":"disque","id":"{id}","needed":2,"sheets":3,
                "fingerprint":"ab12 cd34"}}"#
        ),
    ];
    let folder = results_folder(home.app.data_folder());
    fs::create_dir_all(&folder).unwrap();
    let key = ResultsKey::read_or_make(home.app.data_folder()).unwrap();
    for (number, text) in texts.iter().enumerate() {
        let (name, event) = (number.to_string(), BackupEvent::parse(text).unwrap());
        fs::write(folder.join(format!("{name}.json")), key.seal(&name, &event)).unwrap();
    }
    assert_eq!(journal_results(&home.app).await.unwrap(), 3);
}

fn codes(plan: &ContinuityPlan) -> Vec<&'static str> {
    plan.gaps.iter().map(|gap| gap.kind.code()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_follows_registers_and_journal_and_is_read_without_digue() {
    let home = home().await;
    let ciso = actor(&home, Role::Ciso).await;
    let (_, before) = continuity::plan(&home.app, &ciso).await.unwrap();
    assert!(before.is_empty());
    // Nobody began it: it says so.
    assert_eq!(
        codes(&before),
        [
            "not-begun",
            "no-contact",
            "source-not-restored",
            "source-not-restored",
            "not-exercised",
            "key-never-split"
        ]
    );

    let contact = save(
        &home,
        &ciso,
        RegisterKind::EmergencyContact,
        &[("title", "Astreinte <Nord>"), ("phone", "03 20 00 00 01")],
    )
    .await;
    let base = save(
        &home,
        &ciso,
        RegisterKind::Asset,
        &[
            ("title", "Journal et état"),
            ("about", "primary"),
            ("backup", "digue"),
        ],
    )
    .await;
    let share = save(
        &home,
        &ciso,
        RegisterKind::Asset,
        &[
            ("title", "Partage"),
            ("about", "primary"),
            ("backup", "partage"),
        ],
    )
    .await;
    let access = save(
        &home,
        &ciso,
        RegisterKind::BusinessActivity,
        &[
            ("title", "Accès des partenaires"),
            ("outage", "4 heures"),
            ("data-age", "1 j"),
            ("lead", "A. Martin"),
            ("people", &contact),
            ("assets", &base),
        ],
    )
    .await;
    save(
        &home,
        &ciso,
        RegisterKind::BusinessActivity,
        &[
            ("title", "Paiement des formations"),
            ("outage", "2 jours"),
            ("data-age", "4 h"),
            ("lead", "B. Durand"),
            ("people", &contact),
            ("assets", &share),
            ("activities", &access),
        ],
    )
    .await;
    for (sheet, fingerprint) in [("1", "AB12CD34"), ("2", "00000000")] {
        save(
            &home,
            &ciso,
            RegisterKind::KeyHolder,
            &[
                ("title", "Maître Petit"),
                ("repository", "disque"),
                ("sheet", sheet),
                ("fingerprint", fingerprint),
                ("place", "étude, coffre"),
                ("contact", &contact),
            ],
        )
        .await;
    }
    journal_backups(&home).await;
    let (_, plan) = continuity::plan(&home.app, &ciso).await.unwrap();
    let order: Vec<&str> = plan
        .activities()
        .map(|one| one.entry.record.title.0.as_str())
        .collect();
    assert_eq!(order, ["Accès des partenaires", "Paiement des formations"]);
    assert_eq!(
        codes(&plan),
        [
            "not-exercised",
            "restore-too-slow",
            "backup-too-seldom",
            "never-backed-up",
            "restore-not-measured",
            "key-without-holders"
        ]
    );
    // The holder of the sheet of another key does not count.
    assert!(matches!(
        plan.gaps.last().map(|gap| &gap.kind),
        Some(ContinuityGapKind::KeyWithoutHolders { held: 1, needed: 2 })
    ));
    // Two days without a backup: the same registers, and one more gap.
    home.clock.pass(DAY * 2);
    let (_, later) = continuity::plan(&home.app, &ciso).await.unwrap();
    assert!(codes(&later).contains(&"backup-too-old"));

    let exercise = save(
        &home,
        &ciso,
        RegisterKind::ContinuityExercise,
        &[
            ("title", "Une nuit"),
            ("scenario", "ransomware"),
            ("held-on", &home.now().to_string()[..10]),
            (
                "lessons",
                "- Imprimer le plan\n\nAppeler l'hébergeur d'abord",
            ),
        ],
    )
    .await;
    let registers = isms::registers(&home.app, &ciso).await.unwrap();
    let open = exercises::without_measures(&registers);
    assert_eq!((open.len(), open[0].lessons), (1, 2));
    let made = exercises::take_measures(&home.app, &ciso, &exercise).await;
    assert_eq!(made.unwrap(), 2);
    // Once: the exercise names its measures from then on.
    let again = exercises::take_measures(&home.app, &ciso, &exercise).await;
    assert!(again.is_err());
    let (registers, after) = continuity::plan(&home.app, &ciso).await.unwrap();
    assert!(!codes(&after).contains(&"not-exercised"));
    let mut titles: Vec<&str> = registers
        .of(RegisterKind::Measure)
        .iter()
        .map(|measure| measure.values["title"][0].as_str())
        .collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Appeler l'hébergeur d'abord", "Imprimer le plan"]);

    // What the public sees names activities and nobody.
    status_page::write_folder(&home.app).await.unwrap();
    let written = home.app.data_folder().join("continuity");
    let public = fs::read_to_string(written.join("etat-des-services.html")).unwrap();
    assert!(public.contains("Accès des partenaires") && public.contains("Aucune interruption"));
    assert!(
        !public.contains("Martin") && !public.contains("03 20"),
        "{public}"
    );
    let signed = fs::read_to_string(written.join("etat-des-services.txt")).unwrap();
    assert!(signed.starts_with("digue-status-1\n"), "{signed}");
    assert!(signed.contains("\n\n— "), "signed: {signed}");

    continuity::write_folder(&home.app).await.unwrap();
    let file = home
        .app
        .data_folder()
        .join("continuity/plan-de-continuite.html");
    let page = fs::read_to_string(file).unwrap();
    for expected in [
        "<html lang=\"fr\">",
        "La première heure",
        "Astreinte &lt;Nord&gt;",
        "03 20 00 00 01",
        "Accès des partenaires",
        "Maître Petit",
        "étude, coffre",
        "pour l'ouvrir : 2 (sur 3)",
        "4 h",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(
        !page.contains("<script") && !page.contains("src="),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duration_without_its_unit_is_told_and_only_officers_and_the_auditor_read_the_plan() {
    let home = home().await;
    let ciso = actor(&home, Role::Ciso).await;
    let kind = RegisterKind::BusinessActivity;
    for (typed, unfit) in [("4", FieldError::Duration), ("2 m", FieldError::Ambiguous)] {
        let record = values(&[("title", "Paie"), ("outage", typed)]);
        let saved = isms::save(&home.app, &ciso, kind, None, &record).await;
        let expected = FieldFault {
            field: "outage",
            unfit,
        };
        assert!(
            matches!(&saved, Err(SaveError::Faults(faults)) if faults == &[expected]),
            "{typed}: {saved:?}"
        );
    }
    for (role, may) in [
        (Role::Dpo, true),
        (Role::Auditor, true),
        (Role::Delegate, false),
    ] {
        let reader = actor(&home, role).await;
        let read = continuity::plan(&home.app, &reader).await;
        assert_eq!(read.is_ok(), may, "{}", role.code());
        assert!(may || matches!(read, Err(OperationError::Denied)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_ransomware_the_plan_becomes_tasks_with_hours_once() {
    let home = home().await;
    let ciso = actor(&home, Role::Ciso).await;
    for (title, outage, lead) in [("Courrier", "2 jours", ""), ("Accès", "4 h", "A. Martin")] {
        let mut fields = vec![("title", title), ("outage", outage)];
        if !lead.is_empty() {
            fields.push(("lead", lead));
        }
        save(&home, &ciso, RegisterKind::BusinessActivity, &fields).await;
    }
    let id = incidents::open(&home.app, &ciso, Source::Backup, "Alarme", Subject::Nothing)
        .await
        .unwrap();
    // Not of this kind yet: nothing is led in it.
    assert!(restart::open(&home.app, &ciso).await.unwrap().is_empty());
    let refused = restart::take_into(&home.app, &ciso, &id).await;
    assert!(
        matches!(refused, Err(OperationError::NotFound(_))),
        "{refused:?}"
    );
    let note = IncidentNote::SheetAdded {
        sheet: Sheet::Ransomware,
    };
    incidents::add(&home.app, &ciso, &id, None, note)
        .await
        .unwrap();
    let auditor = actor(&home, Role::Auditor).await;
    let denied = restart::take_into(&home.app, &auditor, &id).await;
    assert!(matches!(denied, Err(OperationError::Denied)), "{denied:?}");

    let began = home.now();
    assert_eq!(restart::take_into(&home.app, &ciso, &id).await.unwrap(), 2);
    assert_eq!(restart::take_into(&home.app, &ciso, &id).await.unwrap(), 0);
    let led = restart::open(&home.app, &ciso).await.unwrap();
    let titles: Vec<&str> = led[0]
        .tasks
        .iter()
        .map(|task| task.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["Redémarrer AV-2 – Accès", "Redémarrer AV-1 – Courrier"]
    );
    let first = &led[0].tasks[0];
    assert_eq!(first.owner, "A. Martin");
    assert_eq!(first.due, Some(began.plus(Duration::from_hours(4))));
    assert!(!led[0].tasks[1].owner.is_empty());

    let done = IncidentNote::TaskDone {
        task: first.number,
        text: "comptes rouverts".to_owned(),
    };
    incidents::add(&home.app, &ciso, &id, None, done)
        .await
        .unwrap();
    let led = restart::open(&home.app, &ciso).await.unwrap();
    assert!(led[0].tasks[0].done_at.is_some() && led[0].tasks[1].done_at.is_none());
}
