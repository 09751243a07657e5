//! A year of the management system in a few seconds, with the clock moved by hand.

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_app::{Actor, OperationError, gates};
use digue_casework::incidents;
use digue_compliance::isms::reviews::{AccessDecision, ReviewedAccount};
use digue_compliance::isms::{
    self, SaveError, awareness, checks, digest, reviews, signatures, start, statement,
};
use digue_isms::Values;
use digue_isms::check::{Check, CheckOutcome};
use digue_isms::contradictions::{ContradictionKind, contradictions};
use digue_isms::kinds::RegisterKind;
use digue_isms::standing::CheckStatement;
use digue_isms::start::{Answers, Data, Hosting, People, Who};
use digue_isms::statement::Implementation;
use digue_locales::Language;
use digue_response::IncidentNote;
use digue_response::incident::Source;
use digue_store::{ReviewLine, RevisionRecord};
use digue_testkit::Mailbox;
use digue_types::{AccountId, Gate, OrganisationId, Subject, Timestamp};
use futures_util::future::join_all;

use crate::app::{Home, Plan, mail_to};
use crate::approvals::somebody;

const DAY: Duration = Duration::from_hours(24);

pub(crate) fn answers() -> Answers {
    Answers {
        name: "France Formation".to_owned(),
        who: Who::Operator,
        has_portal: true,
        has_partners: true,
        people: People::Many,
        data: vec![Data::Identity, Data::Nir],
        head: "Camille Martin".to_owned(),
        ciso: "Alex Durand".to_owned(),
        dpo: "Dominique Petit".to_owned(),
        hosting: Hosting::Own,
        bonds: Vec::new(),
    }
}

/// Changes some fields of a record.
pub(crate) async fn change(
    home: &Home,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
    fields: &[(&str, &str)],
) {
    let registers = isms::registers(&home.app, actor).await.unwrap();
    let mut values = registers
        .find(kind, id)
        .unwrap_or_else(|| panic!("{id}"))
        .values
        .clone();
    for (field, value) in fields {
        values.insert((*field).to_owned(), vec![(*value).to_owned()]);
    }
    isms::save(&home.app, actor, kind, Some(id), &values)
        .await
        .unwrap();
}

pub(crate) async fn add(
    home: &Home,
    actor: &Actor,
    kind: RegisterKind,
    fields: &[(&str, &str)],
) -> String {
    let values: Values = fields
        .iter()
        .map(|(field, value)| ((*field).to_owned(), vec![(*value).to_owned()]))
        .collect();
    isms::save(&home.app, actor, kind, None, &values)
        .await
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// A reason for each control, without which no statement is signed.
pub(crate) async fn give_reasons(home: &Home, actor: &Actor) -> String {
    let controls = digue_isms::framework::controls().map(|control| control.id);
    let controls = controls.collect::<Vec<_>>().join(",");
    let decided = [
        ("requirement", controls.as_str()),
        ("applies", "yes"),
        ("inclusion", "good-practice"),
    ];
    add(home, actor, RegisterKind::Applicability, &decided).await
}

async fn named(home: &Home, actor: &Actor, check: &str) -> String {
    let registers = isms::registers(&home.app, actor).await.unwrap();
    let measures = registers.read::<digue_isms::kinds::Measure>().entries;
    let found = measures.into_iter().find(|one| {
        one.record
            .checks
            .0
            .iter()
            .any(|known| known.code() == check)
    });
    found.unwrap_or_else(|| panic!("a measure with {check}")).id
}

async fn wrongs(home: &Home, actor: &Actor) -> Vec<ContradictionKind> {
    let registers = isms::registers(&home.app, actor).await.unwrap();
    let measured = isms::measured(&home.app, actor).await.unwrap();
    contradictions(&registers, &measured, isms::now(&home.app))
        .into_iter()
        .map(|one| one.wrong)
        .collect()
}

/// A quarter later: checks run, and a version of the statement is signed.
async fn quarter(home: &Home, ciso: &mut Actor, number: u64) -> Vec<(String, Implementation)> {
    home.clock.pass(DAY * 91);
    ciso.proved_at = home.now();
    checks::run_all(&home.app, ciso).await.unwrap();
    assert_eq!(statement::freeze(&home.app, ciso).await.unwrap(), number);
    let (lines, _) = statement::now_standing(&home.app, ciso).await.unwrap();
    lines
        .into_iter()
        .map(|line| (line.control.number().to_owned(), line.implementation))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_goes_by_and_what_was_promised_shows_by_itself() {
    let home = Home::with(Plan::default()).await;
    let account = home.account("rssi", Role::Ciso).await;
    let agent = home.account("agent9", Role::Agent).await;
    let mut ciso = Actor {
        account,
        role: Role::Ciso,
        proved_at: home.now(),
    };
    start::begin(&home.app, &ciso, &answers(), Language::French)
        .await
        .unwrap();
    let first = wrongs(&home, &ciso).await;
    assert!(
        !first.contains(&ContradictionKind::PromisedNotDone)
            && !first.contains(&ContradictionKind::Contradicted),
        "{first:?}"
    );
    // The passkeys are said to be in place; nobody has one.
    let measure = named(&home, &ciso, "passkeys").await;
    change(
        &home,
        &ciso,
        RegisterKind::Measure,
        &measure,
        &[("declared", "in-place")],
    )
    .await;
    // A promise of an impact assessment, with a penalty.
    let fields = [
        ("title", "Chiffrer les exports"),
        ("priority", "p1"),
        ("declared", "to-do"),
        ("origin", "dpia"),
        ("owner", "Alex Durand"),
        ("penalty", "5000"),
        ("due", &home.today(30)),
    ];
    add(&home, &ciso, RegisterKind::Measure, &fields).await;

    give_reasons(&home, &ciso).await;
    let lines = quarter(&home, &mut ciso, 1).await;
    let of = |lines: &[(String, Implementation)], control: &str| {
        lines
            .iter()
            .find(|(number, _)| number == control)
            .unwrap()
            .1
    };
    assert_eq!(
        of(&lines, "8.5"),
        Implementation::Failing,
        "a check fails, whatever was said"
    );
    let wrong = wrongs(&home, &ciso).await;
    assert!(
        wrong.contains(&ContradictionKind::Contradicted)
            && wrong[0] == ContradictionKind::PromisedNotDone,
        "{wrong:?}"
    );
    let week = digest::week(&home.app).await.unwrap();
    assert!(week.late > 20 && week.euros == 61 * 5000, "{week:?}");

    // The second quarter: an incident with its lesson, a review of accesses that acts.
    let id = incidents::open(
        &home.app,
        &ciso,
        Source::Person,
        "Poste infecté",
        Subject::Nothing,
    )
    .await
    .unwrap();
    let lesson = IncidentNote::Lesson {
        text: "le poste n'était pas à jour".to_owned(),
        measure: "Mises à jour automatiques".to_owned(),
        owner: "Alex Durand".to_owned(),
        due: Some(home.now().plus(DAY * 30).micros()),
    };
    incidents::add(&home.app, &ciso, &id, None, lesson)
        .await
        .unwrap();
    let registers = isms::registers(&home.app, &ciso).await.unwrap();
    let measures = registers.read::<digue_isms::kinds::Measure>().entries;
    let learnt = measures
        .iter()
        .find(|one| one.record.title.0 == "Mises à jour automatiques");
    let learnt = learnt.expect("a lesson creates its measure");
    assert_eq!(
        learnt.record.origin.0,
        Some(digue_isms::kinds::MeasureOrigin::Incident)
    );
    let due = home.now().plus(DAY * 30);
    let review = reviews::open(&home.app, &ciso, "Revue annuelle", due)
        .await
        .unwrap();
    reviews::decide(
        &home.app,
        &ciso,
        &review,
        std::slice::from_ref(&agent),
        (AccessDecision::Suspend, "parti en mars"),
    )
    .await
    .unwrap();
    assert!(
        home.app
            .gateway()
            .rules()
            .directory
            .find(&agent)
            .unwrap()
            .is_suspended
    );
    let measured = isms::measured(&home.app, &ciso).await.unwrap();
    assert_eq!(
        measured.says(Check::Passkeys, isms::now(&home.app)),
        CheckStatement::Fail
    );
    quarter(&home, &mut ciso, 2).await;

    // The third: a risk is accepted until the end of the year, an audit is held.
    change(
        &home,
        &ciso,
        RegisterKind::Risk,
        "RI-6",
        &[("treatment", "accept")],
    )
    .await;
    let registers = isms::registers(&home.app, &ciso).await.unwrap();
    let risk = registers
        .find(RegisterKind::Risk, "RI-6")
        .unwrap()
        .values
        .clone();
    let residual = |field: &str| risk[field][0].clone();
    let (likelihood, gravity) = (
        residual("residual-likelihood"),
        residual("residual-gravity"),
    );
    let fields = [
        ("risk", "RI-6"),
        ("residual-likelihood", likelihood.as_str()),
        ("residual-gravity", gravity.as_str()),
        ("justification", "coût hors de proportion"),
        ("approver", "Camille Martin"),
        ("accepted-on", &home.today(0)),
        ("expires-on", &home.today(100)),
    ];
    let accepted = add(&home, &ciso, RegisterKind::Acceptance, &fields).await;
    let again = isms::registers(&home.app, &ciso).await.unwrap();
    let mut changed = again
        .find(RegisterKind::Acceptance, &accepted)
        .unwrap()
        .values
        .clone();
    changed.insert("expires-on".to_owned(), vec![home.today(900)]);
    let refused = isms::save(
        &home.app,
        &ciso,
        RegisterKind::Acceptance,
        Some(&accepted),
        &changed,
    )
    .await;
    assert!(refused.is_err(), "an acceptance is never changed");
    change(
        &home,
        &ciso,
        RegisterKind::Audit,
        "AU-1",
        &[("done-on", &home.today(0)), ("conclusion", "not-yet")],
    )
    .await;
    assert!(
        !wrongs(&home, &ciso)
            .await
            .contains(&ContradictionKind::AcceptanceExpired)
    );
    quarter(&home, &mut ciso, 3).await;
    assert!(
        !wrongs(&home, &ciso)
            .await
            .contains(&ContradictionKind::AcceptanceExpired)
    );
    let lines = quarter(&home, &mut ciso, 4).await;
    assert!(
        wrongs(&home, &ciso)
            .await
            .contains(&ContradictionKind::AcceptanceExpired),
        "it expired by itself"
    );
    assert_eq!(
        of(&lines, "5.36"),
        Implementation::Failing,
        "measures are late"
    );
    assert_eq!(
        statement::versions(&home.app, &ciso).await.unwrap().len(),
        4
    );
    // A gate that is closed and a check that is off do not hide.
    let reach = Reach::Account("agent9".parse().unwrap());
    gates::set_gate(&home.app, &ciso, reach, Gate::Closed, "parti en mars")
        .await
        .unwrap();
    let until = home.now().plus(DAY);
    checks::switch(
        &home.app,
        &ciso,
        Check::Passkeys,
        until,
        "migration en cours",
    )
    .await
    .unwrap();
    let measured = isms::measured(&home.app, &ciso).await.unwrap();
    assert_eq!(
        measured.says(Check::Passkeys, isms::now(&home.app)),
        CheckStatement::Disabled
    );
    home.clock.pass(DAY * 2);
    assert_eq!(
        measured.says(Check::Passkeys, isms::now(&home.app)),
        CheckStatement::Fail,
        "off ends by itself"
    );
    home.clock.pass(DAY * 2);
    assert_eq!(
        measured.says(Check::Passkeys, isms::now(&home.app)),
        CheckStatement::Unknown,
        "old is not known"
    );
}

#[tokio::test]
async fn an_acceptance_is_signed_by_the_account_that_it_names_and_by_nobody_else() {
    let home = Home::with(Plan::default()).await;
    let actor = async |name: &str, role| Actor {
        account: home.account(name, role).await,
        role,
        proved_at: home.now(),
    };
    let (ciso, dpo) = (
        actor("rssi", Role::Ciso).await,
        actor("dpo", Role::Dpo).await,
    );
    let (head, agent) = (
        actor("directrice", Role::Auditor).await,
        actor("agent8", Role::Agent).await,
    );
    let policy = [
        ("title", "Politique"),
        ("about", "policy"),
        ("edition", "1"),
        ("audience", "everybody"),
        ("approved-by", "Directrice"),
        ("approved-on", &home.today(0)),
        ("review-on", &home.today(300)),
    ];
    let id = add(&home, &ciso, RegisterKind::Document, &policy).await;
    awareness::attach(&home.app, &ciso, &id, "politique.pdf", b"%PDF-1.7")
        .await
        .unwrap();
    let number = async || {
        let registers = isms::registers(&home.app, &ciso).await.unwrap();
        registers.find(RegisterKind::Document, &id).unwrap().number
    };
    let seen = number().await;
    let outcome = async || {
        checks::run_one(&home.app, Check::DocumentsCurrent)
            .await
            .unwrap()
            .outcome
    };
    assert!(
        wrongs(&home, &ciso)
            .await
            .contains(&ContradictionKind::NotSigned)
    );
    assert_eq!(
        outcome().await,
        CheckOutcome::Fail,
        "a name that the RSSI typed turns nothing green"
    );
    for other in [&ciso, &dpo, &agent] {
        let refused = signatures::sign(&home.app, other, RegisterKind::Document, &id, seen).await;
        assert!(
            matches!(refused, Err(OperationError::Denied)),
            "{}",
            other.account
        );
    }
    let forged: Values = [
        ("record", id.as_str()),
        ("revision", "1"),
        ("signed-on", "2026-01-01"),
    ]
    .map(|(field, value)| (field.to_owned(), vec![value.to_owned()]))
    .into();
    assert!(
        isms::save(&home.app, &ciso, RegisterKind::Signature, None, &forged)
            .await
            .is_err()
    );
    let old = signatures::sign(&home.app, &head, RegisterKind::Document, &id, seen + 1).await;
    assert!(
        matches!(old, Err(OperationError::Conflict)),
        "what was read is what is signed"
    );
    signatures::sign(&home.app, &head, RegisterKind::Document, &id, seen)
        .await
        .unwrap();
    assert!(
        !wrongs(&home, &ciso)
            .await
            .contains(&ContradictionKind::NotSigned)
    );
    assert_eq!(outcome().await, CheckOutcome::Pass);
    let twice = signatures::sign(&home.app, &head, RegisterKind::Document, &id, seen).await;
    assert!(matches!(twice, Err(OperationError::Conflict)));
    // A further revision waits for another signature.
    change(
        &home,
        &ciso,
        RegisterKind::Document,
        &id,
        &[("edition", "2")],
    )
    .await;
    assert_eq!(outcome().await, CheckOutcome::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_two_officers_writes_and_nothing_is_lost() {
    let home = Home::with(Plan::default()).await;
    let values: Values = [("title", "Portail"), ("about", "supporting")]
        .map(|(field, value)| (field.to_owned(), vec![value.to_owned()]))
        .into();
    for (name, role, may) in [
        ("rssi", Role::Ciso, true),
        ("dpo", Role::Dpo, true),
        ("audit", Role::Auditor, false),
        ("chef", Role::Delegate, false),
        ("agent8", Role::Agent, false),
    ] {
        let account = home.account(name, role).await;
        let actor = Actor {
            account,
            role,
            proved_at: home.now(),
        };
        let saved = isms::save(&home.app, &actor, RegisterKind::Asset, None, &values).await;
        assert_eq!(saved.is_ok(), may, "{name}");
        assert_eq!(
            isms::registers(&home.app, &actor).await.is_ok(),
            role.can_watch(),
            "{name}"
        );
    }
    let ciso = Actor {
        account: "rssi".parse().unwrap(),
        role: Role::Ciso,
        proved_at: home.now(),
    };
    // An end is a revision; the name is not given again.
    isms::end(&home.app, &ciso, RegisterKind::Asset, "BI-2")
        .await
        .unwrap();
    assert_eq!(
        isms::history(&home.app, &ciso, RegisterKind::Asset, "BI-2")
            .await
            .unwrap()
            .revisions
            .len(),
        2
    );
    assert_eq!(
        isms::save(&home.app, &ciso, RegisterKind::Asset, None, &values)
            .await
            .unwrap(),
        "BI-3"
    );
    // A link leads somewhere, and the same record saved again is no revision.
    let mut linked = values.clone();
    linked.insert("supports".to_owned(), vec!["BI-77".to_owned()]);
    assert!(
        isms::save(&home.app, &ciso, RegisterKind::Asset, Some("BI-1"), &linked)
            .await
            .is_err()
    );
    isms::save(&home.app, &ciso, RegisterKind::Asset, Some("BI-1"), &values)
        .await
        .unwrap();
    assert_eq!(
        isms::history(&home.app, &ciso, RegisterKind::Asset, "BI-1")
            .await
            .unwrap()
            .revisions
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_week_is_mailed_once_to_the_two_officers() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let account = home.account("rssi", Role::Ciso).await;
    let agent = home.account("agent9", Role::Agent).await;
    home.contact(&account, "rssi@exemple.fr").await;
    home.contact(&agent, "agent@exemple.fr").await;
    let ciso = Actor {
        account,
        role: Role::Ciso,
        proved_at: home.now(),
    };
    assert!(
        !digest::send_due(&home.app).await.unwrap(),
        "nothing is written down yet"
    );
    start::begin(&home.app, &ciso, &answers(), Language::French)
        .await
        .unwrap();
    home.clock.pass(DAY * 100);
    assert!(digest::send_due(&home.app).await.unwrap());
    assert!(!digest::send_due(&home.app).await.unwrap(), "once a week");
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 1);
    let messages = mailbox.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].0, "rssi@exemple.fr");
    home.clock.pass(DAY * 7);
    assert!(digest::send_due(&home.app).await.unwrap());
}

#[test]
fn facts_of_a_review_that_cannot_be_read_are_not_those_of_an_unused_account() {
    let line = |facts: &str, decision: &str| ReviewLine {
        review: "rv-1".to_owned(),
        account: AccountId::parse("a1").unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        facts: facts.to_owned(),
        decision: decision.to_owned(),
        decided_by: "rssi".to_owned(),
        decided_at: Timestamp::ZERO,
        reason: String::new(),
    };
    assert_eq!(ReviewedAccount::from(line("{\"role\":", "")).facts, None);
    let read = ReviewedAccount::from(line(
        r#"{"role":"agent","last_use":null,"passkeys":1,"persons":0,"is_beyond_peers":false,"is_suspended":false}"#,
        "keep",
    ));
    assert_eq!(read.facts.map(|facts| facts.passkeys), Some(1));
    assert_eq!(read.decided.unwrap().what, Some(AccessDecision::Keep));
    // A decision that only a later version knows is a decision all the same.
    assert_eq!(
        ReviewedAccount::from(line("{}", "later"))
            .decided
            .unwrap()
            .what,
        None
    );
}

/// What a later release wrote, or a damaged store holds: it is named, no check passes over it, and
/// nothing is signed without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_record_that_cannot_be_read_is_never_left_out_in_silence() {
    let home = Home::with(Plan::default()).await;
    let account = home.account("rssi", Role::Ciso).await;
    let ciso = Actor {
        account,
        role: Role::Ciso,
        proved_at: home.now(),
    };
    let measure = |title| [("title", title), ("priority", "p1"), ("declared", "to-do")];
    let id = add(
        &home,
        &ciso,
        RegisterKind::Measure,
        &measure("Clés d'accès"),
    )
    .await;
    let refused = statement::freeze(&home.app, &ciso).await;
    assert!(
        matches!(
            refused,
            Err(OperationError::Invalid("invalid-statement-reason"))
        ),
        "{refused:?}"
    );
    give_reasons(&home, &ciso).await;
    assert_eq!(statement::freeze(&home.app, &ciso).await.unwrap(), 1);
    let damaged = RevisionRecord {
        kind: "measure".to_owned(),
        id: id.clone(),
        number: 2,
        at: home.now(),
        author: "rssi".to_owned(),
        is_over: false,
        content: "{\"title\":".to_owned(),
    };
    assert!(home.app.store().add_revisions(&[damaged]).await.unwrap());
    // The next save reads the registers again.
    add(&home, &ciso, RegisterKind::Measure, &measure("Sauvegardes")).await;
    assert!(
        wrongs(&home, &ciso)
            .await
            .contains(&ContradictionKind::Unreadable)
    );
    checks::run_all(&home.app, &ciso).await.unwrap();
    let measured = isms::measured(&home.app, &ciso).await.unwrap();
    let late = &measured.results[&Check::MeasuresLate];
    assert_eq!(
        (late.outcome, late.found.population, &late.found.failing[..]),
        (CheckOutcome::Fail, 2, &[id.clone()][..])
    );
    let refused = statement::freeze(&home.app, &ciso).await;
    assert!(
        matches!(&refused, Err(OperationError::Unconfirmed(codes))
            if codes.contains(&format!("unreadable:record:{id}"))),
        "{refused:?}"
    );
    let history = isms::history(&home.app, &ciso, RegisterKind::Measure, &id)
        .await
        .unwrap();
    assert_eq!(
        (history.revisions.len(), &history.unreadable[..]),
        (1, &[2][..]),
        "a gap that is named"
    );
}

#[tokio::test]
async fn checks_that_no_longer_run_await_the_officer() {
    let home = Home::with(Plan::default()).await;
    let account = home.account("rssi", Role::Ciso).await;
    let officer = Actor {
        account,
        role: Role::Ciso,
        proved_at: home.now(),
    };
    let old = |board: digue_tasks::TaskBoard| {
        let acts = board.mine.into_iter().map(|task| task.act);
        acts.filter(|act| matches!(act, digue_tasks::AwaitedAct::RunChecks(_)))
            .collect::<Vec<_>>()
    };
    checks::run_all(&home.app, &officer).await.unwrap();
    assert_eq!(old(digue_tasks::board(&home.app, &officer).await), []);
    home.clock.pass(DAY * 401);
    let ran = isms::measured(&home.app, &officer)
        .await
        .unwrap()
        .results
        .len();
    assert_eq!(
        old(digue_tasks::board(&home.app, &officer).await),
        [digue_tasks::AwaitedAct::RunChecks(ran)]
    );
    checks::run_due(&home.app).await.unwrap();
    assert_eq!(old(digue_tasks::board(&home.app, &officer).await), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_one_record_the_second_sees_what_the_first_wrote() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let values = |title: &str, owner: &str| {
        let fields = [("title", title), ("about", "supporting"), ("owner", owner)];
        let fields = fields.map(|(field, text)| (field.to_owned(), vec![text.to_owned()]));
        Values::from(fields)
    };
    let id = isms::save(
        &home.app,
        &ciso,
        RegisterKind::Asset,
        None,
        &values("Portail", ""),
    )
    .await
    .unwrap();
    let save = async |read: u32, values: &Values| {
        let from = Some((id.as_str(), read));
        signatures::save_own(&home.app, &ciso, RegisterKind::Asset, from, values).await
    };
    save(1, &values("Portail", "Camille")).await.unwrap();
    let late = save(1, &values("Portail des partenaires", "")).await;
    assert!(matches!(late, Err(SaveError::Overtaken)), "{late:?}");
    // The same values again are no loss, whichever revision was read.
    save(1, &values("Portail", "Camille")).await.unwrap();
    save(2, &values("Portail des partenaires", "Camille"))
        .await
        .unwrap();
}

#[tokio::test]
async fn of_two_reviews_opened_at_once_one_is_open() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let due = home.now().plus(DAY * 30);
    let opened = ["Revue de juin", "Revue de juillet"]
        .map(|title| reviews::open(&home.app, &ciso, title, due));
    let opened = join_all(opened).await;
    assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1);
    assert_eq!(home.store.reviews().await.unwrap().len(), 1);
}
