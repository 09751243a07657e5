//! The order of acts: the journal says that something was done once, however many ask for it at
//! once, and never of what came too late.

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::decisions;
use digue_administration::{accounts, break_glass};
use digue_app::{OperationError, gates};
use digue_casework::findings::{self, FindingOutcome};
use digue_detection::{Action, Weight};
use digue_identity::person_sessions::SignedInPerson;
use digue_notices::desk;
use digue_selfservice::persons::{
    requests::{self, PersonRequest, RequestKind, RequestOutcome},
    sights,
};
use digue_store::{
    BreakGlassRecord, FindingQuery, FindingRecord, HiddenRecord, KnownPerson, ReportRecord,
    RequestRecord,
};
use digue_types::{AccountId, Act, Gate, Timestamp};
use futures_util::future::join_all;

use crate::app::Home;
use crate::approvals::somebody;

/// So many at once.
const MANY: usize = 10;

/// One did it, all others came too late.
#[track_caller]
fn one_of<T: std::fmt::Debug>(results: Vec<Result<T, OperationError>>) {
    let done = results.iter().filter(|result| result.is_ok()).count();
    let late = results
        .iter()
        .filter(|result| matches!(result, Err(OperationError::Conflict)))
        .count();
    assert_eq!((done, late), (1, MANY - 1), "{results:?}");
}

#[track_caller]
fn written_once(home: &Home, act: Act) {
    let count = home
        .acts()
        .into_iter()
        .filter(|(known, _)| *known == act)
        .count();
    assert_eq!(count, 1, "{act:?}");
}

#[tokio::test]
async fn one_approval_decided_ten_times_at_once_is_one_act_and_one_entry() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let mut deciders = Vec::new();
    for number in 0..MANY {
        deciders.push(somebody(&home, &format!("dpo{number}"), "op", Role::Dpo).await);
    }
    let reach = Reach::Account(agent.account.clone());
    gates::set_gate(&home.app, &ciso, reach.clone(), Gate::Closed, "suspect")
        .await
        .unwrap();
    let request = ApprovalRequest::OpenGate {
        reach: reach.clone(),
        gate: Gate::Open,
    };
    let id = approvals::ask(&home.app, &ciso, &request, "retrouvé")
        .await
        .unwrap();
    // Half of them grant, half refuse.
    let decide =
        |place: usize| decisions::decide(&home.app, &deciders[place], &id, place.is_multiple_of(2));
    one_of(join_all((0..MANY).map(decide)).await);
    let acts = home.acts();
    let count = |act: Act| acts.iter().filter(|(known, _)| *known == act).count();
    assert_eq!(
        count(Act::ApprovalGranted) + count(Act::ApprovalRefused),
        1,
        "{acts:?}"
    );
    // Closed once, and opened as often as it was granted.
    assert_eq!(count(Act::GateSet), 1 + count(Act::ApprovalGranted));
}

#[tokio::test]
async fn the_same_request_made_ten_times_at_once_waits_once() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let ask = |_| {
        approvals::ask(
            &home.app,
            &ciso,
            &ApprovalRequest::ExportJournal,
            "contrôle annuel",
        )
    };
    one_of(join_all((0..MANY).map(ask)).await);
    assert_eq!(approvals::list(&home.app, &ciso).await.unwrap().len(), 1);
    written_once(&home, Act::ApprovalAsked);
}

#[tokio::test]
async fn a_suspended_account_resumed_ten_times_at_once_is_resumed_once() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    for is_suspended in [true, false] {
        let set = |_| {
            accounts::set_suspended(
                &home.app,
                &ciso,
                &agent.account,
                is_suspended,
                "un exercice",
            )
        };
        one_of(join_all((0..MANY).map(set)).await);
        let rules = home.app.gateway().rules();
        assert_eq!(
            rules.directory.find(&agent.account).unwrap().is_suspended,
            is_suspended
        );
    }
    let acts = home.acts();
    for act in [Act::AccountSuspended, Act::AccountResumed] {
        assert_eq!(
            acts.iter().filter(|(known, _)| *known == act).count(),
            1,
            "{act:?}"
        );
    }
}

fn finding(home: &Home) -> FindingRecord {
    FindingRecord {
        id: "fi-1".parse().unwrap(),
        at: home.now(),
        account: Some(AccountId::parse("a1").unwrap()),
        organisation: "of-1".parse().unwrap(),
        portal: "portail".parse().unwrap(),
        weight: "alert".into(),
        evidence: 3000,
        signals: "[]".into(),
        around: String::new(),
        persons: 40,
        action: "observe".into(),
        intended: "observe".into(),
        is_fused: false,
        verdict: None,
    }
}

/// The lists in the constraints of the database are those of the types.
#[tokio::test]
async fn the_database_takes_every_code_of_detection() {
    let home = Home::open().await;
    let mut stored = 0;
    for weight in [Weight::Alert, Weight::Containment] {
        for action in Action::ALL {
            let record = FindingRecord {
                id: format!("fi-{stored}").parse().unwrap(),
                weight: weight.code().into(),
                action: action.code().into(),
                intended: action.code().into(),
                ..finding(&home)
            };
            home.store.add_finding(&record).await.unwrap();
            stored += 1;
        }
    }
    assert_eq!(
        home.store
            .findings_of(&FindingQuery::default(), 100)
            .await
            .unwrap()
            .len(),
        stored
    );
}

#[tokio::test]
async fn a_finding_is_decided_once() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    home.store.add_finding(&finding(&home)).await.unwrap();
    let decide = |_| {
        findings::decide(
            &home.app,
            &ciso,
            "fi-1",
            FindingOutcome::Work,
            "un inventaire",
        )
    };
    one_of(join_all((0..MANY).map(decide)).await);
    written_once(&home, Act::FindingCleared);
}

#[tokio::test]
async fn an_exceptional_access_is_reviewed_once() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let record = BreakGlassRecord {
        id: "bg-1".into(),
        portal: "portail".parse().unwrap(),
        account: AccountId::parse("a1").unwrap(),
        justification: "urgence vitale au guichet".into(),
        opened_at: home.now(),
        until: home.now().plus(Duration::from_mins(15)),
        reviewed: None,
    };
    home.store.add_break_glass(&record).await.unwrap();
    one_of(join_all((0..MANY).map(|_| break_glass::review(&home.app, &ciso, "bg-1"))).await);
    written_once(&home, Act::BreakGlassReviewed);
}

#[tokio::test]
async fn look_alikes_are_published_once_and_a_request_is_answered_once() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let report = ReportRecord {
        id: "mr-1".into(),
        at: home.now(),
        reporter: String::new(),
        verdict: "fraud".into(),
        signs: String::new(),
        look_alikes: "exemp1e.fr".into(),
        published_at: Timestamp::ZERO,
    };
    home.store.add_report(&report).await.unwrap();
    one_of(join_all((0..MANY).map(|_| desk::publish(&home.app, &ciso, "mr-1"))).await);
    let whose = KnownPerson {
        population: "personnes".into(),
        person: "P1".into(),
    };
    let request = RequestRecord::opened("rq-1".into(), whose, "access", home.now());
    home.store.add_request(&request).await.unwrap();
    let text = "Voici vos consultations.";
    let answer = |_| requests::answer(&home.app, &ciso, "rq-1", RequestOutcome::Done, text);
    one_of(join_all((0..MANY).map(answer)).await);
    let acts = home.acts();
    for act in [Act::LookAlikesPublished, Act::PersonAnswered] {
        assert_eq!(
            acts.iter().filter(|(known, _)| *known == act).count(),
            1,
            "{act:?}"
        );
    }
}

#[tokio::test]
async fn a_person_makes_ten_requests_in_a_day_and_no_more() {
    let home = Home::open().await;
    let person = SignedInPerson::vouched_for(KnownPerson {
        population: "personnes".into(),
        person: "P1".into(),
    });
    let request = PersonRequest {
        kind: RequestKind::Access,
        entry: None,
        reason: None,
        text: "Je demande mes données.".into(),
    };
    for number in 1..=10 {
        let asked = requests::ask(&home.app, &person, &request).await;
        assert!(asked.is_ok(), "{number}: {asked:?}");
    }
    let eleventh = requests::ask(&home.app, &person, &request).await;
    assert!(
        matches!(eleventh, Err(OperationError::Busy)),
        "{eleventh:?}"
    );
    home.clock.pass(Duration::from_hours(24));
    requests::ask(&home.app, &person, &request).await.unwrap();
}

#[tokio::test]
async fn what_was_hidden_is_shown_again_once() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let record = HiddenRecord {
        id: "hd-1".into(),
        reach: Reach::Account("a1".parse().unwrap()),
        from: Timestamp::ZERO,
        to: home.now(),
        reason: "une enquête est en cours".into(),
        set_by: dpo.account.clone(),
        set_at: home.now(),
        until: home.now().plus(Duration::from_hours(24)),
        lifted_at: Timestamp::ZERO,
    };
    home.store.hide(&record).await.unwrap();
    one_of(join_all((0..MANY).map(|_| sights::lift(&home.app, &dpo, "hd-1"))).await);
    written_once(&home, Act::SightsShown);
}

/// A journal that cannot write decides nothing: what was claimed waits again.
#[tokio::test]
async fn what_could_not_be_written_down_waits_again() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = approvals::ask(
        &home.app,
        &ciso,
        &ApprovalRequest::ExportJournal,
        "contrôle annuel",
    )
    .await
    .unwrap();
    home.acts();
    let failed = decisions::decide(&home.app, &dpo, &id, true).await;
    assert!(
        matches!(failed, Err(OperationError::Unavailable(_))),
        "{failed:?}"
    );
    let waiting = approvals::list(&home.app, &dpo).await.unwrap();
    assert_eq!(
        (waiting[0].record.decided.is_some(), waiting[0].may_decide),
        (false, true)
    );
}
