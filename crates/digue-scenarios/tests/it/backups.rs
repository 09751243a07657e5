//! Backups as the checks of the management system see them.

use std::fs;
use std::time::Duration;

use digue_access::Role;
use digue_administration::decisions;
use digue_app::{Actor, OperationError};
use digue_backup::acceptance::{AcceptedAs, SnapshotAcceptance};
use digue_backup::deletion::BackupDeletion;
use digue_backup::drill::DrillVerdict;
use digue_backup::history::BackupEvent;
use digue_backup::reports::ReportFormat;
use digue_backup::results::ResultsKey;
use digue_backup::retention::{FreezeCause, FrozenSnapshot};
use digue_backup::schedule::Cadence;
use digue_backup::signs::SuspicionLevel;
use digue_backup::{RepositoryId, SnapshotId};
use digue_backup_acts::backups::{BackupRules, ReportRule, journal_results, results_folder};
use digue_backup_acts::reports::journal_reports;
use digue_backup_acts::{acceptance, deletion};
use digue_casework::incidents;
use digue_compliance::isms::checks;
use digue_isms::check::{Check, CheckOutcome};
use digue_response::claim::Happening;
use digue_response::incident::Source;
use digue_response::sheet::Sheet;
use digue_types::Act;
use jiff::tz::TimeZone;

use crate::app::{Home, Plan};

const DAY: Duration = Duration::from_hours(24);

fn rules() -> BackupRules {
    BackupRules {
        repositories: vec!["disque".to_owned()],
        // One disk, carried away after each backup.
        outside: vec!["disque".to_owned()],
        sources: vec!["digue".to_owned()],
        backups: Cadence::every(DAY),
        drills: Cadence::every(DAY * 30),
        reports: Vec::new(),
        zone: TimeZone::UTC,
        runs_itself: false,
    }
}

async fn home() -> Home {
    Home::with(Plan {
        backups: Some(rules()),
        ..Plan::default()
    })
    .await
}

fn ids() -> (RepositoryId, SnapshotId) {
    (
        RepositoryId::parse(&"a".repeat(64)).unwrap(),
        SnapshotId::parse(&"b".repeat(64)).unwrap(),
    )
}

fn made(suspicion: SuspicionLevel) -> BackupEvent {
    let (id, snapshot) = ids();
    let (repository, source) = ("disque".to_owned(), "digue".to_owned());
    BackupEvent::Made {
        repository,
        id,
        source,
        snapshot,
        files: 3,
        bytes: 9,
        unread: 0,
        suspicion,
    }
}

fn drilled(verdict: DrillVerdict) -> BackupEvent {
    let (id, snapshot) = ids();
    let repository = "disque".to_owned();
    BackupEvent::Drilled {
        repository,
        id,
        snapshot,
        verdict,
        age_secs: 60,
        time_secs: 5,
        failed: Vec::new(),
        sources: Vec::new(),
    }
}

/// Leaves a result, as the command does.
fn leave(home: &Home, name: &str, event: &BackupEvent) {
    let key = ResultsKey::read_or_make(home.app.data_folder()).unwrap();
    write(home, name, &key.seal(name, event));
}

/// A file in the folder of results, by any author.
fn write(home: &Home, name: &str, text: &str) {
    let folder = results_folder(home.app.data_folder());
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.json")), text).unwrap();
}

async fn outcome(home: &Home, check: Check) -> CheckOutcome {
    checks::run_one(&home.app, check).await.unwrap().outcome
}

#[tokio::test]
async fn backups_and_drills_turn_red_by_themselves() {
    let home = home().await;
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Fail);
    assert_eq!(
        outcome(&home, Check::RestoreDrills).await,
        CheckOutcome::Fail
    );
    leave(&home, "1", &made(SuspicionLevel::Clean));
    leave(&home, "2", &drilled(DrillVerdict::Passed));
    assert_eq!(journal_results(&home.app).await.unwrap(), 2);
    assert_eq!(journal_results(&home.app).await.unwrap(), 0);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Pass);
    assert_eq!(
        outcome(&home, Check::RestoreDrills).await,
        CheckOutcome::Pass
    );
    // Nothing happens any more: days pass, and both are red.
    home.clock.pass(DAY * 10);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Fail);
    assert_eq!(
        outcome(&home, Check::RestoreDrills).await,
        CheckOutcome::Pass
    );
    home.clock.pass(DAY * 60);
    assert_eq!(
        outcome(&home, Check::RestoreDrills).await,
        CheckOutcome::Fail
    );
}

#[tokio::test]
async fn an_incomplete_drill_proves_nothing_and_a_result_that_cannot_be_read_is_set_aside() {
    let home = home().await;
    leave(&home, "1", &drilled(DrillVerdict::Incomplete));
    write(&home, "2", "half of a res");
    let results = results_folder(home.app.data_folder());
    // What is no text, and a folder of that name, keep no other result back.
    fs::write(results.join("0.json"), b"{\"\xff\xfe").unwrap();
    fs::create_dir(results.join("00.json")).unwrap();
    assert_eq!(journal_results(&home.app).await.unwrap(), 1);
    assert!(results.join("0.unreadable").exists());
    assert_eq!(
        outcome(&home, Check::RestoreDrills).await,
        CheckOutcome::Fail
    );
    assert!(
        results_folder(home.app.data_folder())
            .join("2.unreadable")
            .exists()
    );
}

#[tokio::test]
async fn alarms_of_backups_open_one_incident_with_the_checklist_of_a_ransomware() {
    let home = home().await;
    leave(&home, "1", &made(SuspicionLevel::Suspect));
    journal_results(&home.app).await.unwrap();
    assert!(
        incidents::list(&home.app, &Actor::digue())
            .await
            .unwrap()
            .is_empty()
    );
    leave(&home, "2", &made(SuspicionLevel::Alarm));
    leave(&home, "3", &made(SuspicionLevel::Alarm));
    journal_results(&home.app).await.unwrap();
    let opened = incidents::list(&home.app, &Actor::digue()).await.unwrap();
    assert_eq!(opened.len(), 1);
    let incident = &opened[0].incident;
    assert_eq!(incident.source, Source::Backup);
    assert!(incident.sheets.contains(&Sheet::Ransomware));
    assert_eq!(incident.happening(), Happening::Ransomware);
    assert_eq!(incident.discovered_at(), Some(incident.opened_at));
}

fn deletion() -> BackupDeletion {
    let (id, snapshot) = ids();
    BackupDeletion {
        repository: "disque".to_owned(),
        id,
        snapshots: vec![snapshot],
    }
}

/// The account of an officer, with a fresh proof of identity.
async fn officer(home: &Home, role: Role) -> Actor {
    Actor {
        account: home.account(role.code(), role).await,
        role,
        proved_at: home.now(),
    }
}

#[tokio::test]
async fn backups_are_deleted_by_two_persons_after_three_days_and_kept_by_one() {
    let home = home().await;
    let (ciso, dpo) = (
        officer(&home, Role::Ciso).await,
        officer(&home, Role::Dpo).await,
    );
    let ask = async || deletion::ask(&home.app, &ciso, "disque", "plus de place").await;
    let unplanned = ask().await;
    assert!(matches!(unplanned, Err(OperationError::NotFound(_))));
    let deletion = deletion();
    let planned = BackupEvent::DeletionPlanned { deletion };
    leave(&home, "1", &planned);
    assert_eq!(journal_results(&home.app).await.unwrap(), 1);
    let id = ask().await.unwrap();
    assert!(matches!(ask().await, Err(OperationError::Conflict)));
    let alone = decisions::decide(&home.app, &ciso, &id, true).await;
    assert!(matches!(alone, Err(OperationError::Denied)));
    let shown = async || deletion::standings(&home.app, &dpo).await.unwrap();
    assert_eq!(shown().await[0].agreed, None);
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    let until = home.now().plus(DAY * 3);
    assert_eq!(shown().await[0].agreed, Some((1, until)));
    assert!(matches!(ask().await, Err(OperationError::Conflict)));
    // One person is enough to keep them, and two have to agree again.
    deletion::cancel(&home.app, &dpo, "disque", "pas avant l'audit")
        .await
        .unwrap();
    assert_eq!(shown().await[0].agreed, None);
    let nothing = deletion::cancel(&home.app, &dpo, "disque", "encore").await;
    assert!(matches!(nothing, Err(OperationError::NotFound(_))));
    assert!(ask().await.is_ok());
    // A plan grows old.
    home.clock.pass(DAY * 8);
    assert!(shown().await.is_empty());
    let acts = home.acts();
    let agreed = acts
        .iter()
        .filter(|(act, _)| *act == Act::BackupDeletionAgreed);
    assert_eq!(agreed.count(), 1);
}

fn acceptance() -> SnapshotAcceptance {
    let (id, snapshot) = ids();
    let cause = FreezeCause::Suspect;
    SnapshotAcceptance {
        repository: "disque".to_owned(),
        id,
        accepted_as: AcceptedAs::Sound,
        snapshots: vec![FrozenSnapshot { snapshot, cause }],
    }
}

#[tokio::test]
async fn a_result_that_no_command_of_this_installation_left_is_set_aside_and_turns_backups_red() {
    let home = home().await;
    leave(&home, "1", &made(SuspicionLevel::Clean));
    assert_eq!(journal_results(&home.app).await.unwrap(), 1);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Pass);
    // Without a seal, and under the seal of another installation.
    write(&home, "2", &drilled(DrillVerdict::Passed).to_text());
    let theirs = tempfile::tempdir().unwrap();
    let key = ResultsKey::read_or_make(theirs.path()).unwrap();
    write(&home, "3", &key.seal("3", &drilled(DrillVerdict::Passed)));
    assert_eq!(journal_results(&home.app).await.unwrap(), 0);
    let drills = outcome(&home, Check::RestoreDrills).await;
    assert_eq!(drills, CheckOutcome::Fail);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Fail);
    let results = results_folder(home.app.data_folder());
    for name in ["2", "3"] {
        fs::remove_file(results.join(format!("{name}.unreadable"))).unwrap();
    }
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Pass);
}

#[tokio::test]
async fn a_suspicion_is_lifted_by_two_persons_and_by_no_file() {
    let home = home().await;
    let (ciso, dpo) = (
        officer(&home, Role::Ciso).await,
        officer(&home, Role::Dpo).await,
    );
    let ask = async || acceptance::ask(&home.app, &ciso, "disque", "fausse alerte").await;
    leave(&home, "1", &made(SuspicionLevel::Suspect));
    let acceptance = acceptance();
    let forged = BackupEvent::SnapshotsAccepted {
        acceptance: acceptance.clone(),
    };
    leave(&home, "2", &forged);
    assert_eq!(journal_results(&home.app).await.unwrap(), 1);
    assert!(matches!(ask().await, Err(OperationError::NotFound(_))));
    let proposed = BackupEvent::AcceptanceProposed { acceptance };
    leave(&home, "3", &proposed);
    assert_eq!(journal_results(&home.app).await.unwrap(), 1);
    let id = ask().await.unwrap();
    assert!(matches!(ask().await, Err(OperationError::Conflict)));
    let alone = decisions::decide(&home.app, &ciso, &id, true).await;
    assert!(matches!(alone, Err(OperationError::Denied)));
    let shown = async || acceptance::proposals(&home.app, &dpo).await.unwrap();
    assert_eq!(shown().await[0].snapshots[0].1, "suspect");
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    assert!(shown().await.is_empty());
    let acts = home.acts();
    let accepted = acts
        .iter()
        .filter(|(act, _)| *act == Act::SnapshotsAccepted);
    assert_eq!(accepted.count(), 1);
}

#[tokio::test]
async fn a_file_in_the_data_folder_is_no_agreement_of_two_persons() {
    let home = home().await;
    let deletion = deletion();
    let forged = BackupEvent::DeletionAgreed { deletion };
    leave(&home, "1", &forged);
    assert_eq!(journal_results(&home.app).await.unwrap(), 0);
    assert!(
        results_folder(home.app.data_folder())
            .join("1.unreadable")
            .exists()
    );
    let dpo = officer(&home, Role::Dpo).await;
    let shown = deletion::standings(&home.app, &dpo).await;
    assert!(shown.unwrap().is_empty());
}

#[tokio::test]
async fn the_report_of_another_system_is_journalled_when_it_changes_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compta.json");
    let (name, format) = ("compta".to_owned(), ReportFormat::Declared);
    let report = ReportRule {
        name,
        format,
        file: file.clone(),
        backups: Cadence::every(DAY),
    };
    let rules = BackupRules {
        repositories: Vec::new(),
        reports: vec![report],
        ..rules()
    };
    let home = Home::with(Plan {
        backups: Some(rules),
        ..Plan::default()
    })
    .await;
    // A file that is not there is a fact, journalled once.
    assert_eq!(journal_reports(&home.app).await.unwrap(), 1);
    assert_eq!(journal_reports(&home.app).await.unwrap(), 0);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Fail);
    let now = home.now();
    fs::write(
        &file,
        format!(r#"{{"backups": [{{"at": "{now}", "outcome": "made"}}]}}"#),
    )
    .unwrap();
    assert_eq!(journal_reports(&home.app).await.unwrap(), 1);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Pass);
    // The report stays as it is, and its age makes it red.
    home.clock.pass(DAY * 3);
    assert_eq!(journal_reports(&home.app).await.unwrap(), 0);
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::Fail);
}

#[tokio::test]
async fn without_configured_backups_nothing_is_said() {
    let home = Home::open().await;
    assert_eq!(outcome(&home, Check::Backups).await, CheckOutcome::NotRun);
    assert_eq!(
        outcome(&home, Check::RestoreDrills).await,
        CheckOutcome::NotRun
    );
}
