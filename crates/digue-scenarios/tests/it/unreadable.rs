//! Stored records that cannot be read are named and counted: they are neither absent nor in order.

use std::time::Duration;

use digue_access::Role;
use digue_app::signals::sentences;
use digue_app::{Actor, OperationError};
use digue_casework::{breach, containment, findings, incidents};
use digue_compliance::isms::{self, checks, reviews};
use digue_compliance::space::assessment;
use digue_detection::{Action, Weight};
use digue_evidence::completeness::{CompleteSince, complete_since};
use digue_evidence::stored_records::{self, StoredFault, StoredKind};
use digue_exposure::ScopeQuestion;
use digue_isms::check::{Check, CheckOutcome, NotRun};
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_journal::keyring::Stream;
use digue_locales::Language;
use digue_response::incident::Source;
use digue_store::FindingQuery;
use digue_types::{Event, PortalId, Subject, Timestamp};

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::containment::found;
use crate::isms::add;

const DAY: Duration = Duration::from_hours(24);

async fn on_disk() -> Home {
    Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await
}

/// Changes a row as damage to the database does.
fn damage(home: &Home, sql: &str) {
    assert!(home.change_beside(sql) > 0, "{sql}");
}

/// The records of a kind that the comparison names as unreadable.
async fn unreadable(home: &Home, kind: StoredKind) -> Vec<String> {
    let found = stored_records::compare(&home.app, &Actor::digue(), &[kind])
        .await
        .unwrap();
    let unreadable = found
        .differences
        .into_iter()
        .filter(|one| one.fault == StoredFault::Unreadable);
    unreadable.map(|one| one.name).collect()
}

#[tokio::test]
async fn a_register_record_that_cannot_be_read_is_named_and_fails_its_check() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let measure = [("title", "Clés"), ("priority", "p1"), ("declared", "to-do")];
    add(&home, &ciso, RegisterKind::Measure, &measure).await;
    damage(&home, "UPDATE records SET content = '{' WHERE id = 'ME-1'");
    // Read anew after the next write.
    add(&home, &ciso, RegisterKind::Measure, &measure).await;
    let registers = isms::registers(&home.app, &ciso).await.unwrap();
    let ids: Vec<&str> = registers
        .unreadable()
        .iter()
        .map(|record| record.id.as_str())
        .collect();
    assert_eq!(
        (ids, registers.of(RegisterKind::Measure).len()),
        (vec!["ME-1"], 1)
    );
    let late = checks::run_one(&home.app, Check::MeasuresLate)
        .await
        .unwrap();
    assert_eq!(
        (late.outcome, late.found.population),
        (CheckOutcome::Fail, 2)
    );
    assert_eq!(late.found.failing, ["ME-1"]);
    assert!(
        unreadable(&home, StoredKind::Record)
            .await
            .contains(&"ME-1".to_owned())
    );
    let intact = checks::run_one(&home.app, Check::RecordsIntact)
        .await
        .unwrap();
    assert!(
        intact
            .found
            .failing
            .contains(&"unreadable:record:ME-1".to_owned()),
        "{:?}",
        intact.found
    );
    // It exists, and its number is not given again.
    let values: Values = [("title".to_owned(), vec!["Autre".to_owned()])].into();
    let saved = isms::save(
        &home.app,
        &ciso,
        RegisterKind::Measure,
        Some("ME-1"),
        &values,
    )
    .await;
    assert!(matches!(
        saved,
        Err(isms::SaveError::Faults(_))
            | Err(isms::SaveError::Operation(OperationError::Unavailable(_)))
    ));
    let ended = isms::end(&home.app, &ciso, RegisterKind::Measure, "ME-1").await;
    assert!(
        matches!(ended, Err(OperationError::Unavailable(_))),
        "{ended:?}"
    );
    let history = isms::history(&home.app, &ciso, RegisterKind::Measure, "ME-1")
        .await
        .unwrap();
    assert_eq!((history.revisions.len(), history.unreadable), (0, vec![1]));
}

#[tokio::test]
async fn a_check_result_that_cannot_be_read_is_one_that_did_not_run() {
    let home = on_disk().await;
    somebody(&home, "rssi", "op", Role::Ciso).await;
    let passed = checks::run_one(&home.app, Check::Lockout).await.unwrap();
    assert_eq!(passed.outcome, CheckOutcome::Pass);
    damage(
        &home,
        "UPDATE check_results SET content = replace(content, 'pass', 'wonderful')",
    );
    let measured = checks::measured(&home.app).await.unwrap();
    let result = &measured.results[&Check::Lockout];
    assert_eq!(
        (result.outcome, result.found.not_run),
        (CheckOutcome::NotRun, Some(NotRun::Unreadable))
    );
    let history = checks::history(&home.app, &Actor::digue(), Check::Lockout)
        .await
        .unwrap();
    assert_eq!(
        (history.len(), history[0].result.outcome),
        (1, CheckOutcome::NotRun)
    );
    assert_eq!(unreadable(&home, StoredKind::Check).await, ["lockout"]);
    // It is run again at once, and not after half a day.
    home.clock.pass(Duration::from_secs(1));
    checks::run_due(&home.app).await.unwrap();
    let measured = checks::measured(&home.app).await.unwrap();
    assert_eq!(
        measured.results[&Check::Lockout].outcome,
        CheckOutcome::Pass
    );
}

#[tokio::test]
async fn the_facts_of_a_review_that_cannot_be_read_are_not_those_of_an_unused_account() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    somebody(&home, "a1", "of-1", Role::Agent).await;
    let id = reviews::open(
        &home.app,
        &ciso,
        "Revue des accès",
        home.now().plus(DAY * 30),
    )
    .await
    .unwrap();
    damage(
        &home,
        "UPDATE review_lines SET facts = '' WHERE account = 'a1'",
    );
    let reviews = reviews::list(&home.app, &ciso).await.unwrap();
    let facts = |account: &str| {
        let line = reviews[0]
            .lines
            .iter()
            .find(|line| line.account.as_str() == account);
        line.unwrap().facts.clone()
    };
    assert_eq!(facts("a1"), None);
    assert_eq!(facts("rssi").unwrap().role, "rssi");
    assert_eq!(
        unreadable(&home, StoredKind::Review).await,
        [format!("{id} a1")]
    );
}

#[tokio::test]
async fn an_answer_does_not_replace_a_draft_that_cannot_be_read() {
    let home = on_disk().await;
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let answers = |said: &str| -> Values { [("comment".to_owned(), vec![said.to_owned()])].into() };
    assessment::answer(&home.app, &delegate, answers("un début"))
        .await
        .unwrap();
    damage(
        &home,
        "UPDATE assessments SET draft = '{' WHERE organisation = 'of-1'",
    );
    for failed in [
        assessment::answer(&home.app, &delegate, answers("la suite")).await,
        assessment::sign(&home.app, &delegate).await,
        assessment::show(&home.app, &delegate).await.map(drop),
    ] {
        assert!(
            matches!(failed, Err(OperationError::Unavailable(_))),
            "{failed:?}"
        );
    }
    assert_eq!(
        home.store
            .assessment_draft(&"of-1".parse().unwrap())
            .await
            .unwrap()
            .as_deref(),
        Some("{")
    );
}

#[tokio::test]
async fn a_finding_whose_signals_cannot_be_read_says_so() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    containment::respond(
        &home.app,
        found(&home, "b1", Weight::Alert, Action::Observe),
    )
    .await
    .unwrap();
    let id = home
        .store
        .findings_of(&FindingQuery::default(), 1)
        .await
        .unwrap()
        .pop()
        .unwrap()
        .id;
    let whole = findings::finding(&home.app, &ciso, id.as_str())
        .await
        .unwrap()
        .finding
        .signals;
    assert_eq!(whole.known().map(<[_]>::len), Some(1));
    assert_eq!(
        whole.in_words(Language::French),
        sentences(Language::French, whole.readable())
    );
    damage(
        &home,
        "UPDATE findings SET signals = replace(signals, 'pace', 'telepathy')",
    );
    let damaged = findings::finding(&home.app, &ciso, id.as_str())
        .await
        .unwrap()
        .finding
        .signals;
    assert_eq!((damaged.known(), damaged.readable()), (None, &[][..]));
    assert_eq!(
        damaged.in_words(Language::French).len(),
        1,
        "that it cannot be read"
    );
    assert_eq!(
        unreadable(&home, StoredKind::Finding).await,
        [id.to_string()]
    );
}

#[tokio::test]
async fn an_affected_set_whose_checkpoint_cannot_be_read_is_not_recomputed_without_one() {
    let home = on_disk().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1"]).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Compte a1",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let question = ScopeQuestion {
        accounts: vec!["a1".parse().unwrap()],
        ..ScopeQuestion::default()
    };
    let version = breach::compute_affected(&home.app, &dpo, &id, question)
        .await
        .unwrap();
    // A version of which only others are stated has the same list, and no list of persons is no
    // version.
    let stated = breach::state_others(&home.app, &dpo, &id, Vec::new())
        .await
        .unwrap();
    assert!(
        breach::recompute(&home.app, &dpo, &id, stated.number)
            .await
            .unwrap()
    );
    let list = async |number| {
        breach::signed_list(&home.app, &dpo, &id, number)
            .await
            .unwrap()
    };
    assert_eq!(list(stated.number).await, list(version.number).await);
    let checkpoint = format!("\"checkpoint\":\"{}\"", version.checkpoint);
    damage(
        &home,
        &format!(
            "UPDATE incident_entries SET note = replace(note, '{checkpoint}', '\"checkpoint\":\"?\"') WHERE note LIKE '%checkpoint%'"
        ),
    );
    let recomputed = breach::recompute(&home.app, &dpo, &id, version.number).await;
    assert!(
        matches!(recomputed, Err(OperationError::Unavailable(_))),
        "{recomputed:?}"
    );
}

/// An exposure to a1 two months ago.
fn earlier(number: u64) -> Event {
    let Event::Exposure(mut exposure) = digue_testkit::events::shown(number, "a1", "P1") else {
        unreachable!("it is one")
    };
    exposure.at = exposure.at.minus(DAY * 60);
    Event::Exposure(exposure)
}

#[tokio::test]
async fn the_journal_is_complete_since_the_last_destroyed_period_however_many_entries_it_had() {
    let home = Home::open().await;
    let portail = PortalId::parse("portail").unwrap();
    let since = async || {
        complete_since(&home.app, |portal| *portal == portail)
            .await
            .unwrap()
    };
    assert_eq!(since().await, CompleteSince::Empty);
    home.append((0..100).map(earlier).collect()).await;
    home.settled().await;
    let Event::Exposure(first) = earlier(0) else {
        unreachable!("it is one")
    };
    assert_eq!(since().await, CompleteSince::Since(first.at));
    // Fewer than a tile: nothing is pruned, and a hundred entries at the beginning cannot be read.
    let now = home.now();
    let stream = Stream::Portal(portail.clone());
    home.app
        .journal()
        .forget(&stream, now.minus(DAY * 30), now)
        .unwrap();
    let ends: Vec<Timestamp> = home
        .app
        .journal()
        .keys()
        .iter()
        .map(|key| key.period.end())
        .collect();
    assert_eq!(
        since().await,
        CompleteSince::Since(ends[0]),
        "none of its entries can be read"
    );
    home.show("a1", &["P2"]).await;
    let CompleteSince::Since(at) = since().await else {
        panic!("there is an entry")
    };
    assert!(at >= ends[0], "{at}");
    // The retention of another portal says nothing about this one.
    let other = complete_since(&home.app, |portal| portal.as_str() == "autre")
        .await
        .unwrap();
    assert!(other.known().is_some_and(|at| at > ends[0]), "{other:?}");
}
