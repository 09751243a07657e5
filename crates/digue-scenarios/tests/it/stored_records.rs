//! Somebody writes into the database beside Digue: each record that differs is named, and no other.

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::holders::{self, HolderForm};
use digue_app::{Actor, gates};
use digue_casework::findings::FindingOutcome;
use digue_casework::notice_style::Style;
use digue_casework::{breach, containment, findings, incidents};
use digue_compliance::isms::reviews::AccessDecision;
use digue_compliance::isms::{checks, reviews};
use digue_detection::Action;
use digue_detection::Weight;
use digue_evidence::stored_records::{self, RecordComparison, StoredKind};
use digue_exposure::ScopeQuestion;
use digue_isms::check::{Check, CheckOutcome};
use digue_isms::kinds::RegisterKind;
use digue_locales::Language;
use digue_notices::{Blocks, CampaignRequest, RATE};
use digue_response::IncidentNote;
use digue_response::incident::{EntryKind, Source};
use digue_store::FindingQuery;
use digue_types::{Gate, Subject};

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::containment::found;
use crate::isms::add;

const DAY: Duration = Duration::from_hours(24);

/// Writes into the database of a running Digue, as a thief of the machine would.
fn write_beside(home: &Home, sql: &str) {
    assert!(home.change_beside(sql) > 0, "{sql}");
}

async fn compared(home: &Home) -> RecordComparison {
    stored_records::compare(&home.app, &Actor::digue(), StoredKind::ALL)
        .await
        .unwrap()
}

/// A campaign of notices to the one person who was shown to a1.
async fn told_by_letter(home: &Home, dpo: &Actor, incident: &str) {
    let asked = notices_to_one(home, dpo, incident).await;
    digue_notices::prepare(&home.app, dpo, incident, asked)
        .await
        .unwrap();
}

/// The request for notices to the one person who was shown to a1, decided.
pub(crate) async fn notices_to_one(home: &Home, dpo: &Actor, incident: &str) -> CampaignRequest {
    let contacts = "personne;courriel\nP1;p1@exemple.fr\n";
    notices_to(home, dpo, incident, (&["P1"], contacts)).await
}

/// The same to several persons, and a file of contacts.
pub(crate) async fn notices_to(
    home: &Home,
    dpo: &Actor,
    incident: &str,
    (persons, contacts): (&[&str], &str),
) -> CampaignRequest {
    home.show("a1", persons).await;
    let question = ScopeQuestion {
        accounts: vec!["a1".parse().unwrap()],
        ..ScopeQuestion::default()
    };
    let version = breach::compute_affected(&home.app, dpo, incident, question)
        .await
        .unwrap();
    let decided = IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason: "le risque est élevé".to_owned(),
    };
    incidents::add(&home.app, dpo, incident, None, decided)
        .await
        .unwrap();
    let text = || "Un compte a été volé.".to_owned();
    let blocks = Blocks {
        happened: text(),
        risks: text(),
        steps: text(),
        contact: text(),
        address: text(),
    };
    CampaignRequest {
        version: version.number,
        after: None,
        style: Style::Plain(Language::French),
        subject: "Vos données".to_owned(),
        blocks,
        rate: RATE,
        contacts: contacts.as_bytes().to_vec(),
    }
}

/// A house in which something of everything happened.
async fn lived_in() -> Home {
    let home = Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await;
    let app = &home.app;
    let ciso = somebody(&home, "rssi", "operateur", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "operateur", Role::Dpo).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let holder = HolderForm {
        name: "Léa Martin".to_owned(),
        telephone: "01 99 00 12 34".to_owned(),
        ..HolderForm::default()
    };
    holders::save(app, &agent, &agent.account, &holder)
        .await
        .unwrap();
    let reach = Reach::Account(agent.account.clone());
    gates::set_gate(app, &ciso, reach.clone(), Gate::Closed, "poste perdu")
        .await
        .unwrap();
    let request = ApprovalRequest::OpenGate {
        reach,
        gate: Gate::Open,
    };
    approvals::ask(app, &ciso, &request, "poste retrouvé")
        .await
        .unwrap();
    containment::respond(app, found(&home, "a1", Weight::Alert, Action::Observe))
        .await
        .unwrap();
    let finding = home
        .store
        .findings_of(&FindingQuery::default(), 10)
        .await
        .unwrap()
        .pop()
        .unwrap();
    let decided = findings::decide(
        app,
        &ciso,
        finding.id.as_str(),
        FindingOutcome::Work,
        "un inventaire",
    );
    decided.await.unwrap();
    // One that nobody judged.
    somebody(&home, "a2", "of-1", Role::Agent).await;
    containment::respond(app, found(&home, "a2", Weight::Alert, Action::Observe))
        .await
        .unwrap();
    let incident = incidents::open(app, &dpo, Source::Person, "Une plainte", Subject::Nothing)
        .await
        .unwrap();
    let note = IncidentNote::Said {
        kind: EntryKind::Fact,
        text: "la personne a rappelé".to_owned(),
        journal: None,
    };
    incidents::add(app, &dpo, &incident, None, note)
        .await
        .unwrap();
    told_by_letter(&home, &dpo, &incident).await;
    let risk = add(
        &home,
        &ciso,
        RegisterKind::Risk,
        &[("title", "Vol"), ("likelihood", "2"), ("gravity", "2")],
    )
    .await;
    let (today, later) = (home.today(0), home.today(300));
    let accepted = [
        ("risk", risk.as_str()),
        ("residual-likelihood", "2"),
        ("residual-gravity", "2"),
        ("justification", "coût du traitement"),
        ("approver", "la direction"),
        ("accepted-on", today.as_str()),
        ("expires-on", later.as_str()),
    ];
    add(&home, &ciso, RegisterKind::Acceptance, &accepted).await;
    let audit = [
        ("title", "Audit"),
        ("scope", "tout"),
        ("auditor", "X"),
        ("planned-from", today.as_str()),
        ("signed-by", "X"),
    ];
    add(&home, &ciso, RegisterKind::Audit, &audit).await;
    let review = [
        ("title", "Revue"),
        ("held-on", today.as_str()),
        ("chair", "Y"),
        ("actions", "vu"),
        ("issues", "vu"),
        ("parties", "vu"),
        ("performance", "vu"),
        ("feedback", "vu"),
        ("risks", "vu"),
        ("improvement", "vu"),
        ("decisions", "aucune"),
        ("signed-on", today.as_str()),
    ];
    add(&home, &ciso, RegisterKind::Review, &review).await;
    let rights = reviews::open(app, &ciso, "Revue des accès", home.now().plus(DAY * 30))
        .await
        .unwrap();
    reviews::decide(
        app,
        &ciso,
        &rights,
        std::slice::from_ref(&agent.account),
        // A finding speaks against the account: it is kept with a reason.
        (AccessDecision::Keep, "vu avec la déléguée"),
    )
    .await
    .unwrap();
    for check in [Check::Dormant, Check::ClockDrift] {
        let until = home.now().plus(DAY * 30);
        checks::switch(app, &ciso, check, until, "remplacement du serveur")
            .await
            .unwrap();
        checks::run_one(app, check).await.unwrap();
    }
    // Enabled again before its end.
    checks::switch(
        app,
        &ciso,
        Check::WideCaseloads,
        home.now(),
        "serveur remplacé",
    )
    .await
    .unwrap();
    home
}

#[tokio::test]
async fn what_is_written_beside_digue_is_named() {
    let home = lived_in().await;
    let before = compared(&home).await;
    assert!(
        before.differences.is_empty() && before.older.is_empty() && before.compared > 12,
        "{before:?}"
    );
    assert_eq!(
        checks::run_one(&home.app, Check::RecordsIntact)
            .await
            .unwrap()
            .outcome,
        CheckOutcome::Pass
    );
    let mut expected = 0;
    for (kind, name, sql) in [
        (
            StoredKind::Account,
            "a1",
            "UPDATE accounts SET organisation = 'of-9' WHERE id = 'a1'",
        ),
        (
            StoredKind::Account,
            "dpo",
            "UPDATE accounts SET suspended = 1 WHERE id = 'dpo'",
        ),
        (
            StoredKind::Account,
            "x9",
            "INSERT INTO accounts (id, organisation, role, suspended) VALUES ('x9', 'of-1', 'rssi', 0)",
        ),
        (
            StoredKind::Holder,
            "a1",
            "UPDATE holders SET telephone = '06 39 98 00 00' WHERE account = 'a1'",
        ),
        (
            StoredKind::Gate,
            "account:a1",
            "UPDATE gates SET gate = 'open' WHERE name = 'a1'",
        ),
        (
            StoredKind::Approval,
            "ap-",
            "UPDATE approvals SET decided_by = 'dpo', decided_at = asked_at + 1, granted = 1",
        ),
        (
            StoredKind::Finding,
            "fi-",
            "UPDATE findings SET verdict = 'theft' WHERE verdict <> ''",
        ),
        (
            StoredKind::Finding,
            "account:a2",
            "DELETE FROM findings WHERE account = 'a2'",
        ),
        (
            StoredKind::Campaign,
            "ca-",
            "UPDATE campaigns SET subject = 'Rien de grave'",
        ),
        (
            StoredKind::Incident,
            "in-",
            "UPDATE incident_entries SET at = at - 3600000000 WHERE number = 1",
        ),
        (
            StoredKind::Record,
            "AC-1",
            "UPDATE records SET content = replace(content, 'la direction', 'personne') WHERE kind = 'acceptance'",
        ),
        (
            StoredKind::Record,
            "AU-1",
            "UPDATE records SET author = 'dpo' WHERE kind = 'audit'",
        ),
        (
            StoredKind::Record,
            "RD-1",
            "DELETE FROM records WHERE kind = 'review'",
        ),
        (
            StoredKind::Review,
            "rv-",
            "UPDATE review_lines SET decision = 'suspend' WHERE account = 'a1'",
        ),
        (StoredKind::Approval, "account:a1", "DELETE FROM approvals"),
        (
            StoredKind::Review,
            "rv-",
            "UPDATE reviews SET due_at = due_at + 1",
        ),
        (
            StoredKind::Check,
            "records-intact",
            "UPDATE check_results SET content = replace(content, '\"failing_count\":0', '\"failing_count\":1') WHERE name = 'records-intact'",
        ),
        (
            StoredKind::Check,
            "clock-drift",
            "DELETE FROM check_results WHERE name = 'clock-drift'",
        ),
        (
            StoredKind::Switch,
            "dormant",
            "UPDATE check_switches SET until = until + 3600000000 WHERE name = 'dormant'",
        ),
        (
            StoredKind::Switch,
            "clock-drift",
            "DELETE FROM check_switches WHERE name = 'clock-drift'",
        ),
    ] {
        write_beside(&home, sql);
        // A request that is taken away differs no more: it is missing.
        expected += usize::from(!sql.starts_with("DELETE FROM approvals"));
        let found = compared(&home).await.differences;
        assert!(
            found
                .iter()
                .any(|one| one.kind == kind && one.name.starts_with(name)),
            "{sql}: {found:?}"
        );
        assert_eq!(found.len(), expected, "{sql}: {found:?}");
    }
    let result = checks::run_one(&home.app, Check::RecordsIntact)
        .await
        .unwrap();
    assert_eq!(result.outcome, CheckOutcome::Fail);
    assert!(
        result
            .found
            .failing
            .iter()
            .any(|name| name == "gate:account:a1"),
        "{:?}",
        result.found.failing
    );
}
