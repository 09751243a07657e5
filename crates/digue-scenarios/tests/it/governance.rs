//! The management system as an auditor tries it: the management signs, delegates sign within their
//! days, evidence is handed out as it was kept, and what is not whole is not signed.

use digue_access::{Reach, Role};
use digue_app::{Actor, OperationError, console_role, gates};
use digue_casework::incidents;
use digue_compliance::isms::policies::{self, PolicyState};
use digue_compliance::isms::signatures::{ask, in_words, open_requests, save_own, sign};
use digue_compliance::isms::{
    self, awareness, clauses, compared, digest, evidence, objectives, start, work_mails,
};
use digue_governance::clauses::ClauseState;
use digue_isms::Values;
use digue_isms::kinds::{PolicyTopic, RegisterKind};
use digue_isms::signatures::{SignatureState, signed};
use digue_locales::Language;
use digue_response::clock::Awareness;
use digue_response::incident::{IncidentNote, Source};
use digue_store::FileRecord;
use digue_types::{Gate, Subject, Timestamp};

use crate::app::{Home, Plan, mail_to};
use crate::approvals::somebody;
use crate::isms::{add, answers, change};

async fn on_disk() -> Home {
    Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await
}

async fn state(home: &Home, actor: &Actor, kind: RegisterKind, id: &str) -> SignatureState {
    let found = compared::registers(&home.app, actor).await.unwrap();
    let revision = found.registers.find(kind, id).unwrap();
    signed(&found.registers, revision).unwrap()
}

async fn number(home: &Home, actor: &Actor, kind: RegisterKind, id: &str) -> u32 {
    let registers = isms::registers(&home.app, actor).await.unwrap();
    registers.find(kind, id).unwrap().number
}

fn values(fields: &[(&str, &str)]) -> Values {
    let one = |(field, text): &(&str, &str)| ((*field).to_owned(), vec![(*text).to_owned()]);
    fields.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_hour_leaves_no_clause_without_a_record_but_those_that_people_must_do() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    somebody(&home, "directrice", "op", Role::Management).await;
    start::begin(&home.app, &ciso, &answers(), Language::French)
        .await
        .unwrap();
    let table = clauses::table(&home.app, &ciso).await.unwrap();
    let missing = table
        .iter()
        .filter(|line| line.state == ClauseState::Missing);
    let missing: Vec<&str> = missing.map(|line| line.clause.number()).collect();
    // No finding yet: an audit or an incident writes the first one.
    assert_eq!(missing, ["10.2"]);
    let line = table
        .iter()
        .find(|line| line.clause.number() == "6.1.3")
        .unwrap();
    let gaps: Vec<&str> = line.gaps.iter().map(|one| one.gap.code()).collect();
    assert_eq!(
        gaps,
        ["not-frozen", "owner-not-approved"],
        "each of the 93 has a reason"
    );
    let programme = clauses::audit_programme(&home.app, &ciso, "PA-1")
        .await
        .unwrap();
    let never = programme.lines.iter().filter(|line| line.audits.is_empty());
    assert_eq!(never.count(), 0, "three years examine everything");
    let objectives = objectives::objectives(&home.app, &ciso).await.unwrap();
    assert!(objectives.iter().all(|one| one.progress.target.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_management_reads_signs_and_holds_reviews_and_writes_nothing_else() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Management).await;
    isms::registers(&home.app, &head).await.unwrap();
    let denied = |saved: Result<String, isms::SaveError>| {
        matches!(
            saved,
            Err(isms::SaveError::Operation(OperationError::Denied))
        )
    };
    let measure = values(&[("title", "X"), ("priority", "p1"), ("declared", "to-do")]);
    let kind = RegisterKind::Measure;
    assert!(denied(
        isms::save(&home.app, &head, kind, None, &measure).await
    ));
    let review = values(&[
        ("title", "Revue"),
        ("held-on", &home.today(0)),
        ("chair", "directrice"),
        ("signed-by", "directrice"),
    ]);
    let kind = RegisterKind::Review;
    let id = isms::save(&home.app, &head, kind, None, &review)
        .await
        .unwrap();
    // Signed without its inputs it says nothing.
    let refused = sign(&home.app, &head, kind, &id, 1).await;
    assert!(matches!(
        refused,
        Err(OperationError::Invalid("invalid-review-inputs"))
    ));
    let inputs = [
        "actions",
        "issues",
        "parties",
        "performance",
        "feedback",
        "risks",
        "improvement",
        "decisions",
    ];
    for field in inputs {
        change(&home, &ciso, kind, &id, &[(field, "Vu.")]).await;
    }
    let seen = number(&home, &ciso, kind, &id).await;
    sign(&home.app, &head, kind, &id, seen).await.unwrap();
    let SignatureState::Signed(given) = state(&home, &ciso, kind, &id).await else {
        panic!("the management signed")
    };
    assert_eq!(given.capacity.unwrap().code(), "direction");
    assert!(incidents::list(&home.app, &head).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_an_audit_of_their_own_work() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let auditor = somebody(&home, "auditrice", "op", Role::Auditor).await;
    let measure = [
        ("title", "Clés"),
        ("priority", "p1"),
        ("declared", "to-do"),
        ("requirements", "iso-8.5"),
        ("owner", "auditrice"),
    ];
    add(&home, &ciso, RegisterKind::Measure, &measure).await;
    let audit = |criteria: &'static str| {
        [
            ("title", "Audit"),
            ("scope", "Connexions"),
            ("criteria", criteria),
            ("auditor", "auditrice"),
            ("planned-from", "2026-01-01"),
            ("signed-by", "auditrice"),
        ]
    };
    let kind = RegisterKind::Audit;
    let own = add(&home, &ciso, kind, &audit("iso-8.5")).await;
    let refused = sign(&home.app, &auditor, kind, &own, 1).await;
    assert!(matches!(
        refused,
        Err(OperationError::Invalid("invalid-audit-own-work"))
    ));
    // Nor by saving it: the officer wrote the measure.
    let of_officer = values(&[
        ("title", "Audit"),
        ("scope", "Connexions"),
        ("criteria", "iso-8.5"),
        ("auditor", "auditrice"),
        ("planned-from", "2026-01-01"),
        ("signed-by", "rssi"),
    ]);
    let saved = save_own(&home.app, &ciso, kind, None, &of_officer)
        .await
        .unwrap();
    let found = compared::registers(&home.app, &ciso).await.unwrap();
    let revision = found.registers.find(kind, &saved).unwrap();
    assert_eq!(
        signed(&found.registers, revision),
        Some(SignatureState::Typed)
    );
    let others = add(&home, &ciso, kind, &audit("iso-7.1")).await;
    sign(&home.app, &auditor, kind, &others, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_asked_for_told_by_mail_given_and_then_no_longer_asked() {
    let mailbox = digue_testkit::Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Management).await;
    home.contact(&head.account, "directrice@exemple.fr").await;
    let id = policies::begin(&home.app, &ciso, PolicyTopic::SignIn, Language::French)
        .await
        .unwrap();
    let again = policies::begin(&home.app, &ciso, PolicyTopic::SignIn, Language::French).await;
    assert!(matches!(again, Err(OperationError::Conflict)));
    let kind = RegisterKind::Document;
    let due = home.today(7).parse().unwrap();
    let asked = ask(&home.app, &ciso, (kind, &id), due, "Avant vendredi").await;
    assert!(matches!(
        asked,
        Err(OperationError::Invalid("invalid-signatory"))
    ));
    let approved = [
        ("approved-by", "directrice"),
        ("approved-on", &home.today(0)),
    ];
    change(&home, &ciso, kind, &id, &approved).await;
    let past = home.today(-1).parse().unwrap();
    let asked = ask(&home.app, &ciso, (kind, &id), past, "").await;
    assert!(matches!(
        asked,
        Err(OperationError::Invalid("invalid-signing-day"))
    ));
    ask(&home.app, &ciso, (kind, &id), due, "Avant vendredi")
        .await
        .unwrap();
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 1);
    assert_eq!(mailbox.messages()[0].0, "directrice@exemple.fr");
    let open = async || {
        let found = compared::registers(&home.app, &ciso).await.unwrap();
        open_requests(&found.registers)
    };
    assert_eq!(open().await[0].signatory, "directrice");
    let state_of = async || {
        let all = policies::policies(&home.app, &head).await.unwrap();
        let one = all.into_iter().find(|one| one.topic == PolicyTopic::SignIn);
        one.map(|one| (one.state, one.readers)).unwrap()
    };
    assert_eq!(state_of().await, (PolicyState::Waiting, 0));
    let seen = number(&home, &ciso, kind, &id).await;
    sign(&home.app, &head, kind, &id, seen).await.unwrap();
    assert_eq!(open().await, []);
    assert_eq!(state_of().await, (PolicyState::Signed, 0));
    // Its readers confirm this text, and a changed one again.
    awareness::read(&home.app, &head, &id).await.unwrap();
    assert_eq!(state_of().await, (PolicyState::Signed, 1));
    change(&home, &ciso, kind, &id, &[("text", "Autre texte.")]).await;
    assert_eq!(state_of().await, (PolicyState::Waiting, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_signs_for_another_within_the_delegation_and_it_is_said_for_whom() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Management).await;
    let deputy = somebody(&home, "adjoint", "op", Role::Management).await;
    let exception = [
        ("title", "Navigateur"),
        ("justification", "Ancien outil"),
        ("approver", "directrice"),
        ("expires-on", &home.today(90)),
    ];
    let kind = RegisterKind::Exception;
    let id = add(&home, &ciso, kind, &exception).await;
    let refused = sign(&home.app, &deputy, kind, &id, 1).await;
    assert!(matches!(refused, Err(OperationError::Denied)));
    let delegation = [
        ("title", "Congés"),
        ("giver", "directrice"),
        ("receiver", "adjoint"),
        ("starts-on", &home.today(0)),
        ("ends-on", &home.today(10)),
    ];
    let given = add(&home, &ciso, RegisterKind::SigningDelegation, &delegation).await;
    let refused = sign(&home.app, &deputy, kind, &id, 1).await;
    assert!(
        matches!(refused, Err(OperationError::Denied)),
        "nobody gave it yet"
    );
    sign(&home.app, &head, RegisterKind::SigningDelegation, &given, 1)
        .await
        .unwrap();
    sign(&home.app, &deputy, kind, &id, 1).await.unwrap();
    let found = compared::registers(&home.app, &ciso).await.unwrap();
    let revision = found.registers.find(kind, &id).unwrap();
    let state = signed(&found.registers, revision).unwrap();
    let said = in_words(Language::French, revision, &state, |at| at.to_string()).unwrap();
    assert!(said.starts_with("Signée par adjoint"), "{said}");
    assert!(said.contains("au nom de directrice"), "{said}");
    // What was signed under it stays signed: its last day ends it, and nothing else.
    let ended = isms::end(&home.app, &ciso, RegisterKind::SigningDelegation, &given).await;
    assert!(matches!(ended, Err(OperationError::Conflict)));
    // A change of the delegation, by whomever, takes nothing from what was signed under it before.
    home.clock.pass(std::time::Duration::from_secs(1));
    let kind_of = RegisterKind::SigningDelegation;
    change(&home, &ciso, kind_of, &given, &[("title", "Congés d'été")]).await;
    let found = compared::registers(&home.app, &ciso).await.unwrap();
    let revision = found.registers.find(kind, &id).unwrap();
    let state = signed(&found.registers, revision).unwrap();
    assert!(state.stands(), "{state:?}");
    // Under the changed one nobody signs until its giver has signed it.
    let later = add(&home, &ciso, kind, &exception).await;
    let refused = sign(&home.app, &deputy, kind, &later, 1).await;
    assert!(matches!(refused, Err(OperationError::Denied)));
    sign(&home.app, &head, kind_of, &given, 2).await.unwrap();
    // Nor for a giver who is kept out.
    let reach = Reach::Account(head.account.clone());
    gates::set_gate(&home.app, &ciso, reach, Gate::Closed, "vol suspecté")
        .await
        .unwrap();
    let refused = sign(&home.app, &deputy, kind, &later, 1).await;
    assert!(matches!(refused, Err(OperationError::Denied)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_only_an_agent_in_the_console() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let second = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let role = || console_role(&home.app, &second.account, second.role);
    assert_eq!(role(), Role::Ciso);
    let reach = Reach::Account(second.account.clone());
    // With a session alone, as a thief has it, no officer is put out of office.
    let stale = Actor {
        proved_at: Timestamp::ZERO,
        ..ciso.clone()
    };
    let refused = gates::set_gate(&home.app, &stale, reach.clone(), Gate::Closed, "suspect").await;
    assert!(matches!(refused, Err(OperationError::ProofNeeded)));
    assert_eq!(role(), Role::Ciso);
    gates::set_gate(&home.app, &ciso, reach, Gate::Closed, "vol suspecté")
        .await
        .unwrap();
    assert_eq!(role(), Role::Agent);
    // What closes everything closes no officer's console: somebody must reopen.
    gates::set_gate(
        &home.app,
        &ciso,
        Reach::Everything,
        Gate::Closed,
        "exercice",
    )
    .await
    .unwrap();
    assert_eq!(
        console_role(&home.app, &ciso.account, ciso.role),
        Role::Ciso
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_evidence_is_handed_out_as_it_was_kept_or_not_at_all() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let auditor = somebody(&home, "auditrice", "op", Role::Auditor).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let kind = RegisterKind::EvidenceItem;
    let id = add(
        &home,
        &ciso,
        kind,
        &[("title", "Relevé"), ("requirements", "iso-8.5")],
    )
    .await;
    let denied = evidence::attach(&home.app, &auditor, &id, "r.txt", b"x").await;
    assert!(matches!(denied, Err(OperationError::Denied)));
    evidence::attach(&home.app, &ciso, &id, "relevé.txt", b"dix comptes")
        .await
        .unwrap();
    let (name, bytes) = evidence::file(&home.app, &auditor, &id).await.unwrap();
    assert_eq!(
        (name.as_str(), bytes.as_slice()),
        ("relevé.txt", &b"dix comptes"[..])
    );
    assert!(matches!(
        evidence::file(&home.app, &agent, &id).await,
        Err(OperationError::Denied)
    ));
    let files: Vec<FileRecord> = home.store.all_files().await.unwrap();
    assert_eq!(files.len(), 1);
    let changed = home.change_beside("UPDATE kept_files SET bytes = CAST('onze' AS BLOB)");
    assert!(changed > 0);
    let altered = evidence::file(&home.app, &auditor, &id).await;
    assert!(
        matches!(altered, Err(OperationError::FileAltered(_))),
        "{altered:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_mailed_to_whom_it_names_and_long_late_work_to_the_management() {
    let mailbox = digue_testkit::Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Management).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let stranger = somebody(&home, "a2", "of-1", Role::Agent).await;
    for actor in [&head, &agent, &stranger] {
        let address = format!("{}@exemple.fr", actor.account);
        home.contact(&actor.account, &address).await;
    }
    let measure = [
        ("title", "Clés"),
        ("priority", "p1"),
        ("declared", "to-do"),
        ("owner", "a1"),
        ("due", &home.today(-31)),
    ];
    add(&home, &ciso, RegisterKind::Measure, &measure).await;
    assert!(digest::send_due(&home.app).await.unwrap());
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 2);
    let mut told: Vec<String> = mailbox.messages().into_iter().map(|one| one.0).collect();
    told.sort();
    assert_eq!(told, ["a1@exemple.fr", "directrice@exemple.fr"]);
}

/// An incident of which the body knows, from now on, that data were breached.
async fn aware_of_breach(home: &Home, ciso: &Actor) -> String {
    let source = Source::Person;
    let id = incidents::open(
        &home.app,
        ciso,
        source,
        "Compte a1",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let note = IncidentNote::Aware {
        at: home.now().micros(),
        of: Awareness::Data,
        reason: "Constaté à la lecture du journal par le RSSI.".to_owned(),
    };
    incidents::add(&home.app, ciso, &id, None, note)
        .await
        .unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legal_deadline_alerts_once_at_each_step_and_not_once_it_is_met() {
    let mailbox = digue_testkit::Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    home.contact(&ciso.account, "rssi@exemple.fr").await;
    let incident = aware_of_breach(&home, &ciso).await;
    let alerted = async || work_mails::alert_deadlines(&home.app).await.unwrap();
    assert_eq!(alerted().await, 0, "{incident}");
    let hours = |hours| std::time::Duration::from_hours(hours);
    home.clock.pass(hours(40));
    assert!(alerted().await > 0, "half of 72 hours");
    assert_eq!(alerted().await, 0, "told once");
    home.clock.pass(hours(20));
    assert!(alerted().await > 0, "four fifths");
    home.clock.pass(hours(10));
    assert!(alerted().await > 0, "shortly before the end");
    home.clock.pass(hours(100));
    assert_eq!(alerted().await, 0, "all was told");
}

/// The twelfth vector of the audit of 2026-11; the others are tested where their clocks are.
#[test]
fn a_request_of_november_is_due_in_december_and_extended_in_march() {
    let paris = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    let opened = Timestamp::parse_rfc3339("2026-11-28T09:00:00Z").unwrap();
    let due = |is_extended| digue_response::clock::rights_due(opened, is_extended, &paris);
    assert_eq!(due(false).to_string(), "2026-12-28T22:59:59Z");
    assert_eq!(due(true).to_string(), "2027-03-01T22:59:59Z");
}
