//! What is done about findings, step by step of the playbook, and what people make of them.

use std::sync::Arc;

use digue_access::{Reach, Role};
use digue_app::found::MonitoredFinding;
use digue_app::monitor::{DetectionMonitor, WatchRules};
use digue_app::signals::StoredSignals;
use digue_app::{Actor, OperationError};
use digue_casework::containment;
use digue_casework::findings::{self, FindingOutcome, ListedFinding, StoredSurroundings};
use digue_casework::incidents;
use digue_detection::playbook::PlaybookStep;
use digue_detection::{Action, Figures, Finding, Signal, SignalKind, Surroundings, Weight};
use digue_gateway::ports::ResponseMonitor as _;
use digue_identity::recovery::PERCENT_AFTER;
use digue_journal::disk::{DurableStep, FaultEffect};
use digue_store::{FindingQuery, FindingRecord, FindingVerdict};
use digue_testkit::Mailbox;
use digue_testkit::disk::{FailNext, IO_ERROR};
use digue_types::{
    AccountId, Act, Basis, Event, Exposure, Gate, OrganisationId, PersonRef, PortalId, Subject,
};

use crate::app::{Home, Plan, mail_to};
use crate::approvals::{again, somebody};
use crate::passkey::by_link;

pub(crate) fn found(home: &Home, account: &str, weight: Weight, taken: Action) -> MonitoredFinding {
    let signal = Signal {
        kind: SignalKind::Pace,
        evidence: 4.4,
        figures: Figures {
            seen: 31,
            usual: 7,
            minutes: 1,
        },
    };
    let finding = Finding {
        at: home.now(),
        account: Some(account.to_owned()),
        organisation: "of-1".to_owned(),
        portal: "kairos".to_owned(),
        weight,
        evidence: 4.6,
        signals: vec![signal],
        persons: 31,
        is_repeated: false,
        around: Surroundings::default(),
    };
    MonitoredFinding {
        finding,
        step: PlaybookStep {
            taken,
            intended: taken,
            is_fused: false,
        },
        is_trial: false,
    }
}

#[tokio::test]
async fn each_step_shuts_what_it_says_and_no_more() {
    let home = Home::open().await;
    let account = AccountId::parse("a1").unwrap();
    let of = |reach: Reach| home.app.gateway().rules().gates.of(&reach);
    let app = Reach::Organisation(OrganisationId::parse("of-1").unwrap());
    let portal = Reach::Portal(PortalId::parse("kairos").unwrap());
    for (taken, expected) in [
        (Action::Observe, [Gate::Open, Gate::Open, Gate::Open]),
        (Action::LowerBudget, [Gate::Open, Gate::Open, Gate::Open]),
        (
            Action::CaseloadOnly,
            [Gate::CaseloadOnly, Gate::Open, Gate::Open],
        ),
        (Action::StepUp, [Gate::StepUp, Gate::Open, Gate::Open]),
        (Action::CloseAccount, [Gate::Closed, Gate::Open, Gate::Open]),
        (
            Action::CloseOrganisation,
            [Gate::Closed, Gate::Closed, Gate::Open],
        ),
        (
            Action::ClosePortal,
            [Gate::Closed, Gate::Closed, Gate::Closed],
        ),
    ] {
        if taken == Action::CloseAccount {
            by_link(&home, "a1").await;
            assert_eq!(home.app.gateway().sessions_of(&account).len(), 1);
        }
        containment::respond(&home.app, found(&home, "a1", Weight::Containment, taken))
            .await
            .unwrap();
        let gates = [
            of(Reach::Account(account.clone())),
            of(app.clone()),
            of(portal.clone()),
        ];
        assert_eq!(gates, expected, "{taken:?}");
        let percent = home.app.gateway().rules().percent_of(&account, home.now());
        assert_eq!(
            percent == PERCENT_AFTER,
            taken > Action::Observe,
            "{taken:?}"
        );
    }
    assert!(home.app.gateway().sessions_of(&account).is_empty());
    let acts = home.acts();
    assert_eq!(
        acts.iter()
            .filter(|(act, _)| *act == Act::WatchContained)
            .count(),
        7
    );
    assert_eq!(
        acts.iter().filter(|(act, _)| *act == Act::GateSet).count(),
        5
    );
}

#[tokio::test]
async fn a_name_that_cannot_be_read_keeps_no_other_gate_open() {
    let account = Reach::Account(AccountId::parse("a1").unwrap());
    let organisation = Reach::Organisation(OrganisationId::parse("of-1").unwrap());
    let portal = Reach::Portal(PortalId::parse("kairos").unwrap());
    let spoilt: [(fn(&mut Finding), _, [Gate; 3]); 3] = [
        (
            |finding| finding.account = Some(" ".to_owned()),
            "account",
            [Gate::Open, Gate::Closed, Gate::Closed],
        ),
        (
            |finding| finding.organisation = " ".to_owned(),
            "organisation",
            [Gate::Closed, Gate::Open, Gate::Closed],
        ),
        (
            |finding| finding.portal = " ".to_owned(),
            "portal",
            [Gate::Closed, Gate::Closed, Gate::Open],
        ),
    ];
    for (spoil, part, expected) in spoilt {
        let home = Home::open().await;
        let mut found = found(&home, "a1", Weight::Containment, Action::ClosePortal);
        spoil(&mut found.finding);
        let answer = containment::respond(&home.app, found).await;
        assert!(
            matches!(answer, Err(OperationError::NotFound(named)) if named == part),
            "{part}: {answer:?}"
        );
        let rules = home.app.gateway().rules();
        let gates = [&account, &organisation, &portal].map(|reach| rules.gates.of(reach));
        assert_eq!(gates, expected, "{part}");
    }
}

#[tokio::test]
async fn an_alert_does_what_the_playbook_says_of_alerts() {
    let home = Home::open().await;
    let reach = Reach::Account(AccountId::parse("a1").unwrap());
    let gate = || home.app.gateway().rules().gates.of(&reach);
    containment::respond(
        &home.app,
        found(&home, "a1", Weight::Alert, Action::Observe),
    )
    .await
    .unwrap();
    assert_eq!(gate(), Gate::Open);
    containment::respond(&home.app, found(&home, "a1", Weight::Alert, Action::StepUp))
        .await
        .unwrap();
    assert_eq!(gate(), Gate::StepUp);
    assert!(home.acts().iter().any(|(act, _)| *act == Act::WatchAlerted));
}

#[tokio::test]
async fn a_finding_is_decided_once_by_who_may_act_and_clearing_ends_a_step_up() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let auditor = somebody(&home, "auditeur", "op", Role::Auditor).await;
    let agent = somebody(&home, "a2", "of-1", Role::Agent).await;
    containment::respond(
        &home.app,
        found(&home, "a1", Weight::Containment, Action::StepUp),
    )
    .await
    .unwrap();
    let view = findings::view(&home.app, &auditor).await.unwrap();
    assert_eq!(
        (view.undecided, view.findings.len(), view.false_alarms),
        (1, 1, 0)
    );
    let id = view.findings[0].id.clone();
    assert!(matches!(
        findings::view(&home.app, &agent).await,
        Err(OperationError::Denied)
    ));
    let decide = async |actor: &Actor, outcome: FindingOutcome, reason: &str| {
        findings::decide(&home.app, actor, id.as_str(), outcome, reason).await
    };
    assert!(matches!(
        decide(&auditor, FindingOutcome::Work, "un inventaire").await,
        Err(OperationError::Denied)
    ));
    assert!(matches!(
        decide(&agent, FindingOutcome::Work, "un inventaire").await,
        Err(OperationError::Denied)
    ));
    let ciso = again(&home, &ciso);
    assert!(matches!(
        decide(&ciso, FindingOutcome::Work, "ok").await,
        Err(OperationError::Invalid(_))
    ));
    decide(&ciso, FindingOutcome::Work, "un inventaire annoncé")
        .await
        .unwrap();
    assert!(matches!(
        decide(&ciso, FindingOutcome::Theft, "changé d'avis").await,
        Err(OperationError::Conflict)
    ));
    let reach = Reach::Account(AccountId::parse("a1").unwrap());
    assert_eq!(home.app.gateway().rules().gates.of(&reach), Gate::Open);
    let view = findings::view(&home.app, &ciso).await.unwrap();
    assert_eq!(
        (view.undecided, view.oldest, view.false_alarms),
        (0, None, 1)
    );
    let acts = home.acts();
    assert_eq!(
        acts.iter()
            .filter(|(act, _)| *act == Act::FindingCleared)
            .count(),
        1
    );
}

/// The page once read the last 500 findings, and called those before them decided.
#[tokio::test(flavor = "multi_thread")]
async fn a_finding_without_a_decision_is_listed_behind_any_number_of_others() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let first = found(&home, "a1", Weight::Containment, Action::StepUp);
    containment::respond(&home.app, first).await.unwrap();
    let asked = FindingQuery::default();
    let oldest = home.store.findings_of(&asked, 1).await.unwrap().remove(0);
    let verdict = FindingVerdict {
        is_theft: false,
        by: ciso.account.clone(),
        at: oldest.at,
        reason: "un inventaire annoncé".to_owned(),
    };
    for number in 1..=600_u64 {
        let later = FindingRecord {
            id: format!("fi-later-{number}").parse().unwrap(),
            at: oldest.at.plus(std::time::Duration::from_secs(number)),
            ..oldest.clone()
        };
        home.store.add_finding(&later).await.unwrap();
        assert!(
            home.store
                .decide_finding(later.id.as_str(), &verdict)
                .await
                .unwrap()
        );
    }
    let view = findings::view(&home.app, &ciso).await.unwrap();
    assert_eq!((view.undecided, view.oldest), (1, Some(oldest.at)));
    assert_eq!((view.unlisted, view.false_alarms), (0, 600));
    let listed = view.findings.last().unwrap();
    assert_eq!((&listed.id, listed.decided.is_none()), (&oldest.id, true));
}

/// A finding that waits for a decision, at a home whose disk can be made to fail; and who decides.
async fn undecided(faults: &Arc<FailNext>) -> (Home, Actor, String) {
    let home = Home::with(Plan {
        faults: Some(faults.clone()),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    containment::respond(
        &home.app,
        found(&home, "a1", Weight::Containment, Action::StepUp),
    )
    .await
    .unwrap();
    let id = findings::view(&home.app, &ciso).await.unwrap().findings[0]
        .id
        .to_string();
    (home, ciso, id)
}

async fn is_decided(home: &Home, id: &str) -> bool {
    home.store
        .finding(id)
        .await
        .unwrap()
        .unwrap()
        .verdict
        .is_some()
}

/// The entry is on the disk although its commit failed: after the recovery the journal has it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_journal_may_have_stays_done_in_the_store() {
    let faults = Arc::new(FailNext::new(
        DurableStep::WalSync,
        FaultEffect::FailAfter(IO_ERROR),
    ));
    let (home, ciso, id) = undecided(&faults).await;
    faults.arm(2);
    let decide = findings::decide(
        &home.app,
        &ciso,
        &id,
        FindingOutcome::Work,
        "un inventaire annoncé",
    );
    assert!(matches!(decide.await, Err(OperationError::Unavailable(_))));
    assert!(is_decided(&home, &id).await);
    // The next act finds a disk that works.
    home.app.note(Act::Started, Subject::Nothing).await.unwrap();
    assert!(
        home.acts()
            .iter()
            .any(|(act, _)| *act == Act::FindingCleared)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_whose_commit_failed_once_is_done_and_journalled() {
    let faults = Arc::new(FailNext::new(
        DurableStep::WalWrite,
        FaultEffect::Fail(IO_ERROR),
    ));
    let (home, ciso, id) = undecided(&faults).await;
    faults.arm(1);
    let decide = findings::decide(
        &home.app,
        &ciso,
        &id,
        FindingOutcome::Work,
        "un inventaire annoncé",
    );
    decide.await.unwrap();
    assert!(is_decided(&home, &id).await);
    assert!(
        home.acts()
            .iter()
            .any(|(act, _)| *act == Act::FindingCleared)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_journal_refuses_is_released() {
    let faults = Arc::new(FailNext::new(
        DurableStep::WalWrite,
        FaultEffect::Fail(IO_ERROR),
    ));
    let (home, ciso, id) = undecided(&faults).await;
    home.close_journal();
    let decide = findings::decide(
        &home.app,
        &ciso,
        &id,
        FindingOutcome::Work,
        "un inventaire annoncé",
    );
    assert!(matches!(decide.await, Err(OperationError::Unavailable(_))));
    assert!(!is_decided(&home, &id).await);
}

/// Confirming a theft keeps access closed: the DPO may do it where no CISO is there. Deciding that
/// it was work may widen access, and stays with the CISO.
#[tokio::test]
async fn the_dpo_confirms_a_theft_in_the_cisos_place_and_its_sister_alerts_come_along() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2", "P3"]).await;
    let mut ids = Vec::new();
    for (account, weight, taken) in [
        ("a1", Weight::Alert, Action::Observe),
        ("a1", Weight::Containment, Action::CloseAccount),
        ("a2", Weight::Alert, Action::Observe),
    ] {
        containment::respond(&home.app, found(&home, account, weight, taken))
            .await
            .unwrap();
        let newest = findings::view(&home.app, &dpo).await.unwrap().findings;
        ids.push(
            newest
                .into_iter()
                .find(|one| !ids.contains(&one.id))
                .unwrap()
                .id,
        );
    }
    let decide = async |outcome| {
        findings::decide(
            &home.app,
            &dpo,
            ids[1].as_str(),
            outcome,
            "la titulaire dormait",
        )
        .await
    };
    assert!(matches!(
        decide(FindingOutcome::Work).await,
        Err(OperationError::Denied)
    ));
    let shown = findings::finding(&home.app, &dpo, ids[1].as_str())
        .await
        .unwrap();
    assert_eq!(shown.sisters.len(), 1, "said before it is decided");
    let done = decide(FindingOutcome::Theft).await.unwrap();
    assert_eq!(done.sisters, 1);
    let view = findings::view(&home.app, &dpo).await.unwrap();
    assert_eq!(
        view.undecided, 1,
        "the alert about another account still waits"
    );
    let incident = incidents::view(&home.app, &dpo, &done.incident.unwrap())
        .await
        .unwrap();
    assert_eq!(
        incident.incident.affected().unwrap().persons,
        3,
        "it begins with the list"
    );
    let confirmed = home
        .acts()
        .iter()
        .filter(|(act, _)| *act == Act::FindingConfirmed)
        .count();
    assert_eq!(confirmed, 2, "each finding has its entry in the journal");
}

#[tokio::test]
async fn the_days_around_a_finding_are_kept_and_what_was_not_is_not_made_up() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let mut found = found(&home, "a1", Weight::Containment, Action::StepUp);
    let around = Surroundings {
        sheets: 31,
        usual: 7,
        portal_factor: 3.2,
        innocent: Some(9),
        ..Surroundings::default()
    };
    found.finding.around = around;
    containment::respond(&home.app, found).await.unwrap();
    let record = home
        .store
        .findings_of(&FindingQuery::default(), 1)
        .await
        .unwrap()
        .remove(0);
    let view = findings::finding(&home.app, &ciso, record.id.as_str())
        .await
        .unwrap();
    assert_eq!(view.finding.around, StoredSurroundings::Kept(around));
    for (kept, read) in [
        ("", StoredSurroundings::NotKept),
        ("{\"usual\":1}", StoredSurroundings::Unreadable),
    ] {
        let old = FindingRecord {
            around: kept.to_owned(),
            ..record.clone()
        };
        assert_eq!(ListedFinding::from(old).around, read);
    }
    // What cannot be read is not nothing: neither signals nor codes of a later version.
    let listed = ListedFinding::from(record.clone());
    assert_eq!(listed.signals.known().map(<[_]>::len), Some(1));
    assert_eq!(
        (listed.weight, listed.action),
        (Some(Weight::Containment), Some(Action::StepUp))
    );
    let spoilt = FindingRecord {
        signals: "[{".to_owned(),
        action: "later".to_owned(),
        ..record
    };
    let listed = ListedFinding::from(spoilt);
    assert_eq!(
        (listed.signals, listed.action),
        (StoredSignals::Unreadable, None)
    );
}

#[tokio::test]
async fn officers_are_told_by_mail_and_not_in_a_storm() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    somebody(&home, "rssi", "op", Role::Ciso).await;
    somebody(&home, "a1", "of-1", Role::Agent).await;
    home.with_address("rssi", "rssi@exemple.fr").await;
    home.with_address("a1", "a1@exemple.fr").await;
    for account in 0..20 {
        let found = found(
            &home,
            &format!("b{account}"),
            Weight::Containment,
            Action::CloseAccount,
        );
        containment::respond(&home.app, found).await.unwrap();
    }
    digue_mail::send_due(&home.app).await.unwrap();
    let told = mailbox.messages();
    assert!((1..=6).contains(&told.len()), "{}", told.len());
    assert!(
        told.iter()
            .all(|(to, text)| to == "rssi@exemple.fr" && !text.contains("enter?link"))
    );
}

/// `account` of `organisation` is shown these persons, so many hours after the first day.
fn shown(account: u64, organisation: u64, hours: u64, persons: std::ops::Range<u64>) -> Exposure {
    let event = digue_testkit::events::shown(hours * 3600 + account, &format!("a{account}"), "P1");
    let Event::Exposure(mut exposure) = event else {
        panic!("an exposure")
    };
    exposure.organisation = OrganisationId::parse(&format!("of-{organisation}")).unwrap();
    exposure.shown[0].basis = Basis::NotRequired;
    exposure.shown[0].persons = persons
        .map(|person| PersonRef::parse(&format!("P{account}-{person}")).unwrap())
        .collect();
    *exposure
}

/// 200 accounts work one day; on the next one each of them exports 300 persons. What was done about
/// each.
fn all_export(organisations: u64) -> Vec<PlaybookStep> {
    let monitor = DetectionMonitor::new(WatchRules::default());
    let mut found = monitor.take_found().unwrap();
    for account in 0..200 {
        monitor.look(&shown(account, account % organisations, 0, 0..1));
    }
    for account in 0..200 {
        monitor.look(&shown(account, account % organisations, 24, 100..400));
    }
    let mut steps = Vec::new();
    while let Some(MonitoredFinding { finding, step, .. }) = found.take_waiting() {
        if finding.weight == Weight::Containment {
            steps.push(step);
        }
    }
    assert_eq!(steps.len(), 200, "each of them is found");
    steps
}

#[test]
fn of_many_accounts_found_at_once_the_fuse_lets_so_many_be_closed_and_asks_people_about_the_rest() {
    // Ten are five in a hundred of 200.
    for organisations in [200, 1, 40] {
        let steps = all_export(organisations);
        let closed = steps
            .iter()
            .filter(|step| step.taken == Action::CloseAccount)
            .count();
        assert_eq!(closed, 10, "{organisations} organisations");
        assert!(
            steps
                .iter()
                .all(|step| step.taken < Action::CloseOrganisation),
            "none fits in the fuse"
        );
        let rest: Vec<&PlaybookStep> = steps
            .iter()
            .filter(|step| step.taken != Action::CloseAccount)
            .collect();
        assert!(
            rest.iter()
                .all(|step| step.taken == Action::StepUp && step.is_fused)
        );
        assert!(
            rest.iter()
                .all(|step| step.intended >= Action::CloseAccount),
            "what it intended is said"
        );
    }
}

#[tokio::test]
async fn a_blown_fuse_is_told_once_by_mail_and_stays_on_the_page_until_it_is_decided() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    home.with_address("rssi", "rssi@exemple.fr").await;
    for account in 0..9 {
        let mut found = found(
            &home,
            &format!("b{account}"),
            Weight::Containment,
            Action::CloseAccount,
        );
        if account >= 7 {
            found.step = PlaybookStep {
                taken: Action::StepUp,
                intended: Action::CloseOrganisation,
                is_fused: true,
            };
        }
        containment::respond(&home.app, found).await.unwrap();
    }
    digue_mail::send_due(&home.app).await.unwrap();
    let told = mailbox.messages();
    let of_fuse = told
        .iter()
        .filter(|(_, text)| text.contains("kairos"))
        .count();
    assert_eq!(of_fuse, 1, "{told:?}");
    let view = findings::view(&home.app, &ciso).await.unwrap();
    let held: Vec<(&str, usize)> = view
        .held
        .iter()
        .map(|held| (held.portal.as_str(), held.waiting))
        .collect();
    assert_eq!(held, [("kairos", 2)]);
    let gate = Reach::Account(AccountId::parse("b8").unwrap());
    assert_eq!(home.app.gateway().rules().gates.of(&gate), Gate::StepUp);
}
