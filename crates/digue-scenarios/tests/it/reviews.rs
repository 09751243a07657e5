//! Reviews of access: what was found since a review was opened speaks against keeping an account.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_access::{Reach, Role};
use digue_administration::account_doubts::AccessDoubt;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::{decisions, reopening};
use digue_app::{Actor, OperationError};
use digue_casework::findings::{self, FindingOutcome};
use digue_casework::{containment, incidents};
use digue_compliance::isms::reviews::{self, AccessDecision};
use digue_detection::{Action, Weight};
use digue_tasks::AwaitedAct;
use digue_testkit::Mailbox;
use digue_types::{AccountId, Gate};

use crate::app::{Home, Plan, mail_to};
use crate::approvals::{again, somebody};
use crate::containment::found;

async fn doubts(home: &Home, actor: &Actor, account: &str) -> Vec<AccessDoubt> {
    let views = reviews::list(&home.app, actor).await.unwrap();
    let line = views[0]
        .lines
        .iter()
        .find(|line| line.account.as_str() == account);
    line.unwrap().doubts.iter().copied().collect()
}

/// A review keeps the facts of its opening; a theft that was found a day later is not among them.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_contained_since_the_opening_is_kept_only_with_a_reason() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    for account in ["a1", "a2", "a3"] {
        somebody(&home, account, "of-1", Role::Agent).await;
    }
    let due = home.now().plus(Duration::from_hours(24 * 30));
    let review = reviews::open(&home.app, &ciso, "Revue annuelle", due)
        .await
        .unwrap();
    assert_eq!(doubts(&home, &ciso, "a1").await, []);
    let stolen = found(&home, "a1", Weight::Containment, Action::CloseAccount);
    containment::respond(&home.app, stolen).await.unwrap();
    let open = [AccessDoubt::OpenFinding, AccessDoubt::HeldBack];
    assert_eq!(doubts(&home, &ciso, "a1").await, open);
    assert_eq!(doubts(&home, &ciso, "a2").await, []);

    let ciso = again(&home, &ciso);
    let [a1, a2] = ["a1", "a2"].map(|name| AccountId::parse(name).unwrap());
    let keep = async |account: &AccountId, reason: &str| {
        let account = std::slice::from_ref(account);
        let decision = (AccessDecision::Keep, reason);
        reviews::decide(&home.app, &ciso, &review, account, decision).await
    };
    assert!(matches!(
        keep(&a1, "").await,
        Err(OperationError::Invalid("invalid-review-doubts"))
    ));
    keep(&a2, "").await.unwrap();

    // Judged to be work, it is open again with lower limits: looked at, not waved through.
    let id = findings::view(&home.app, &ciso).await.unwrap().findings[0]
        .id
        .clone();
    let work = FindingOutcome::Work;
    findings::decide(&home.app, &ciso, id.as_str(), work, "un inventaire annoncé")
        .await
        .unwrap();
    let left: BTreeSet<AccessDoubt> = doubts(&home, &ciso, "a1").await.into_iter().collect();
    assert!(!left.is_empty() && !left.contains(&AccessDoubt::OpenFinding));
    keep(&a1, "vu avec la déléguée, inventaire de novembre")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_theft_is_doubted_for_a_year() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    somebody(&home, "a1", "of-1", Role::Agent).await;
    let seen = found(&home, "a1", Weight::Alert, Action::Observe);
    containment::respond(&home.app, seen).await.unwrap();
    let id = findings::view(&home.app, &ciso).await.unwrap().findings[0]
        .id
        .clone();
    let ciso = again(&home, &ciso);
    let theft = FindingOutcome::Theft;
    findings::decide(&home.app, &ciso, id.as_str(), theft, "reconnu au téléphone")
        .await
        .unwrap();
    let due = home.now().plus(Duration::from_hours(24 * 30));
    reviews::open(&home.app, &ciso, "Revue annuelle", due)
        .await
        .unwrap();
    let found = doubts(&home, &ciso, "a1").await;
    assert!(found.contains(&AccessDoubt::Theft), "{found:?}");
}

/// A finding that was judged to be work once left its account closed, with no page that said so.
#[tokio::test(flavor = "multi_thread")]
async fn access_that_was_closed_for_work_is_a_task_until_two_persons_open_it() {
    let home = Home::with(Plan::default()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    somebody(&home, "a1", "of-1", Role::Agent).await;
    let closing = found(&home, "a1", Weight::Containment, Action::CloseAccount);
    containment::respond(&home.app, closing).await.unwrap();
    let to_do = async || {
        let board = digue_tasks::board(&home.app, &ciso).await;
        let acts = board.mine.into_iter().map(|task| task.act);
        acts.filter(|act| matches!(act, AwaitedAct::ReopenAccess { .. }))
            .count()
    };
    assert_eq!(to_do().await, 0, "it is to be judged first");
    let id = findings::view(&home.app, &ciso).await.unwrap().findings[0]
        .id
        .clone();
    let officer = again(&home, &ciso);
    let work = FindingOutcome::Work;
    findings::decide(
        &home.app,
        &officer,
        id.as_str(),
        work,
        "un inventaire annoncé",
    )
    .await
    .unwrap();
    let reach = Reach::Account(AccountId::parse("a1").unwrap());
    let gate = || home.app.gateway().rules().gates.of(&reach);
    assert_eq!((gate(), to_do().await), (Gate::Closed, 1));

    let request = ApprovalRequest::OpenGate {
        reach: reach.clone(),
        gate: Gate::Open,
    };
    let reason = "un inventaire annoncé";
    let asked = approvals::ask(&home.app, &officer, &request, reason)
        .await
        .unwrap();
    let cleared = reopening::cleared(&home.app, &ciso).await.unwrap();
    assert!(cleared.len() == 1 && cleared[0].is_asked, "{cleared:?}");
    assert_eq!((gate(), to_do().await), (Gate::Closed, 0));
    decisions::decide(&home.app, &again(&home, &dpo), &asked, true)
        .await
        .unwrap();
    assert_eq!(gate(), Gate::Open);
    assert_eq!(reopening::cleared(&home.app, &ciso).await.unwrap(), []);
}

/// Either officer may confirm a theft, and the DPO alone is awake on some nights.
#[tokio::test(flavor = "multi_thread")]
async fn both_officers_are_mailed_of_a_finding_and_of_a_partners_report() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    for (account, role) in [("rssi", Role::Ciso), ("dpo", Role::Dpo)] {
        somebody(&home, account, "op", role).await;
        home.with_address(account, &format!("{account}@exemple.fr"))
            .await;
    }
    let delegate = somebody(&home, "chef", "of-1", Role::Delegate).await;
    home.with_address("chef", "chef@exemple.fr").await;
    let seen = found(&home, "a1", Weight::Alert, Action::Observe);
    containment::respond(&home.app, seen).await.unwrap();
    incidents::report(&home.app, &delegate, "Poste volé", "un portable, hier soir")
        .await
        .unwrap();
    let queued = home.store.mails().await.unwrap();
    let mut told: Vec<(String, String)> = queued
        .into_iter()
        .map(|mail| (mail.kind, mail.recipient))
        .collect();
    told.sort();
    let both = |kind: &str| {
        ["dpo@exemple.fr", "rssi@exemple.fr"].map(|to| (kind.to_owned(), to.to_owned()))
    };
    assert_eq!(told, [both("finding"), both("reported")].concat());
}
