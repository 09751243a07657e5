//! The part of the contract about what restricts or allows: files, feeds, rules, cuts, partners.

use digue_access::{Membership, Reach, Role};
use digue_store::{
    DayOfChanges, GateRecord, HeldChange, IdentityCutRecord, ScimDay, ScimState, ScimUserRecord,
    SignalRecord, SignalStreamRecord, SourceRecord, Store, WaitingSignalRecord,
};
use digue_types::{AccountId, Gate, GateReason, OrganisationId, Timestamp};

use crate::{NOON, account};

pub(crate) async fn keep_the_contract(store: &Store) {
    an_installation_knows_its_versions(store).await;
    a_file_has_two_digests_while_it_is_replaced(store).await;
    a_feed_is_bounded_and_its_old_loads_are_forgotten(store).await;
    wanted_rules_are_not_granted_ones(store).await;
    a_cut_is_replaced_and_needs_no_account(store).await;
    a_partner_is_known_from_its_first_day(store).await;
    a_source_is_replaced_by_name(store).await;
    what_a_directory_says_is_kept_whole(store).await;
    a_signal_is_taken_once_and_forgotten(store).await;
    what_a_signal_asks_for_keeps_its_age(store).await;
    a_stream_of_signals_is_replaced_by_name(store).await;
    every_code_is_one_that_the_database_takes(store).await;
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(NOON.secs() + second)
}

async fn a_source_is_replaced_by_name(store: &Store) {
    let never = SourceRecord {
        name: "portefeuilles".into(),
        read_at: at(1),
        good_at: None,
        rows: None,
        fault: Some(("source-fault-rows".into(), Some(3))),
        loaded: None,
        day: None,
        held: None,
    };
    store.set_source(&never).await.unwrap();
    assert_eq!(store.sources().await.unwrap(), std::slice::from_ref(&never));
    let held = SourceRecord {
        read_at: at(3),
        good_at: Some(at(2)),
        rows: Some(0),
        fault: None,
        loaded: Some(("b".repeat(64), at(2))),
        day: Some(DayOfChanges {
            from: at(1),
            before: 340_000,
            removed: 12,
            added: 0,
        }),
        held: Some(HeldChange {
            digest: "a".repeat(64),
            at: at(3),
            rows: 0,
            removed: 340_000,
            added: 0,
        }),
        ..never
    };
    store.set_source(&held).await.unwrap();
    assert_eq!(store.sources().await.unwrap(), [held]);
}

async fn a_signal_is_taken_once_and_forgotten(store: &Store) {
    let signal = |token: &str, account: Option<&str>, outcome: &str, second| SignalRecord {
        stream: "annuaire".into(),
        token: token.into(),
        event: "account-disabled".into(),
        subject: "iss_sub".into(),
        account: account.map(|name| AccountId::parse(name).unwrap()),
        accounts: u64::from(account.is_some()),
        outcome: outcome.into(),
        issued_at: at(second - 1),
        taken_at: at(second),
    };
    let first = signal("t1", Some("a1"), "closed", 10);
    let second = signal("t2", None, "unknown-subject", 20);
    let third = SignalRecord {
        accounts: 2,
        ..signal("t3", None, "closed", 30)
    };
    for one in [&first, &second, &third] {
        assert!(store.take_signal(one).await.unwrap());
    }
    let again = signal("t1", None, "cut", 40);
    assert!(!store.take_signal(&again).await.unwrap(), "it is known");
    assert!(store.is_signal_known("annuaire", "t1").await.unwrap());
    assert!(!store.is_signal_known("autre", "t1").await.unwrap());
    let all = store.signals(None, 10).await.unwrap();
    assert_eq!(all, [third.clone(), second.clone(), first]);
    let unknown = store.signals(Some("unknown-subject"), 10).await.unwrap();
    assert_eq!(unknown, std::slice::from_ref(&second));
    assert_eq!(store.signals(None, 1).await.unwrap().len(), 1);
    let counts = store.signal_counts().await.unwrap();
    let annuaire = |outcome: &str, count| ("annuaire".to_owned(), outcome.to_owned(), count);
    assert_eq!(
        counts,
        [annuaire("closed", 2), annuaire("unknown-subject", 1)]
    );
    assert_eq!(store.signalled_accounts("closed", at(10)).await.unwrap(), 3);
    assert_eq!(store.signalled_accounts("closed", at(11)).await.unwrap(), 2);
    assert_eq!(store.signalled_accounts("cut", at(0)).await.unwrap(), 0);
    assert_eq!(store.forget_signals(at(30)).await.unwrap(), 2);
    assert_eq!(store.signal_count().await.unwrap(), 1);
    assert_eq!(store.forget_signals(at(31)).await.unwrap(), 1);
}

async fn what_a_signal_asks_for_keeps_its_age(store: &Store) {
    let waiting = |account: &str, change: &str, second| WaitingSignalRecord {
        account: AccountId::parse(account).unwrap(),
        change: change.into(),
        stream: "annuaire".into(),
        event: "account-disabled".into(),
        since: at(second),
    };
    store
        .save_waiting_signal(&waiting("a2", "close", 2))
        .await
        .unwrap();
    store
        .save_waiting_signal(&waiting("a1", "close", 1))
        .await
        .unwrap();
    store
        .save_waiting_signal(&waiting("a1", "close", 9))
        .await
        .unwrap();
    let expected = [waiting("a1", "close", 1), waiting("a2", "close", 2)];
    assert_eq!(store.waiting_signals().await.unwrap(), expected);
    store
        .save_waiting_signal(&waiting("a1", "reopen", 9))
        .await
        .unwrap();
    let expected = [waiting("a2", "close", 2), waiting("a1", "reopen", 9)];
    assert_eq!(store.waiting_signals().await.unwrap(), expected);
    for (account, change, was_there) in [
        ("a1", "close", false),
        ("a1", "reopen", true),
        ("a2", "close", true),
    ] {
        let account = AccountId::parse(account).unwrap();
        let removed = store.remove_waiting_signal(&account, change).await.unwrap();
        assert_eq!(removed, was_there, "{account} {change}");
    }
}

async fn a_stream_of_signals_is_replaced_by_name(store: &Store) {
    let new = SignalStreamRecord::new("annuaire");
    store.set_signal_stream(&new).await.unwrap();
    assert_eq!(
        store.signal_streams().await.unwrap(),
        std::slice::from_ref(&new)
    );
    let heard = SignalStreamRecord {
        heard_at: Some(at(1)),
        verified_at: Some(at(2)),
        status: "paused".into(),
        refused: 3,
        refusal: Some((at(3), "key".into())),
        asked_at: Some(at(4)),
        failing_since: Some(at(5)),
        ..new
    };
    store.set_signal_stream(&heard).await.unwrap();
    assert_eq!(store.signal_streams().await.unwrap(), [heard]);
}

async fn what_a_directory_says_is_kept_whole(store: &Store) {
    let user = |name: &str, external: Option<&str>| ScimUserRecord {
        account: AccountId::parse(name).unwrap(),
        external_id: external.map(str::to_owned),
        document: r#"{"userName":"É"}"#.into(),
        is_active: true,
        is_deleted: false,
        is_closed_by: false,
        waits: None,
        groups: ["agents".to_owned(), "Délégués".to_owned()].into(),
        asked_by: account("annuaire"),
        created_at: at(1),
        changed_at: at(1),
    };
    let first = user("élise@exemple.fr", Some("7f"));
    let second = user("nouvelle", None);
    store
        .save_scim_users(&[first.clone(), second.clone()])
        .await
        .unwrap();
    assert_eq!(
        store.scim_user(&first.account).await.unwrap().as_ref(),
        Some(&first)
    );
    assert_eq!(
        store.scim_account_of("7f").await.unwrap().as_ref(),
        Some(&first.account)
    );
    assert_eq!(store.scim_account_of("7F").await.unwrap(), None);
    // One identifier of the directory is one person; nothing of a refused save stays.
    let third = ScimUserRecord {
        is_deleted: true,
        ..second.clone()
    };
    let saved = store
        .save_scim_users(&[third, user("autre", Some("7f"))])
        .await;
    assert!(saved.is_err());
    let waits = ScimUserRecord {
        external_id: None,
        is_active: false,
        is_deleted: true,
        is_closed_by: true,
        waits: Some(("close".into(), at(2))),
        groups: Default::default(),
        changed_at: at(3),
        ..first
    };
    store
        .save_scim_users(std::slice::from_ref(&waits))
        .await
        .unwrap();
    let mut all = store.scim_users().await.unwrap();
    all.sort_by(|a, b| a.account.cmp(&b.account));
    assert_eq!(
        store.scim_waiting().await.unwrap(),
        [ScimUserRecord {
            document: "{}".into(),
            ..waits.clone()
        }]
    );
    assert_eq!(all, [second, waits]);
    assert_eq!(store.scim_user_count().await.unwrap(), 2);

    assert_eq!(store.scim_state().await.unwrap(), None);
    for day in [
        None,
        Some(ScimDay {
            from: at(1),
            before: 40,
            closed: 2,
            opened: 0,
        }),
    ] {
        let state = ScimState {
            heard_at: at(4),
            day,
        };
        store.set_scim_state(&state).await.unwrap();
        assert_eq!(store.scim_state().await.unwrap(), Some(state));
    }
}

async fn an_installation_knows_its_versions(store: &Store) {
    assert_eq!(store.caseload_version().await.unwrap(), None);
    store.set_caseload_version(0).await.unwrap();
    assert_eq!(
        store.caseload_version().await.unwrap(),
        Some(0),
        "zero is a version, and not none"
    );
    assert!(
        store.set_caseload_version(u64::MAX).await.is_err(),
        "never another number than the one given"
    );
    assert_eq!(store.digest_at().await.unwrap(), None);
    store.set_digest_at(NOON).await.unwrap();
    assert_eq!(store.digest_at().await.unwrap(), Some(NOON));
    assert_eq!(
        store.last_replacement("caseload:personnes").await.unwrap(),
        None
    );
    for version in [3, 4] {
        store
            .set_last_replacement("caseload:personnes", version)
            .await
            .unwrap();
    }
    assert_eq!(
        store.last_replacement("caseload:personnes").await.unwrap(),
        Some(4)
    );
    store.set_journal_head_aside("none").await.unwrap();
    assert_eq!(store.journal_head().await.unwrap(), None);
    store.set_journal_head("digue.test\n3\n").await.unwrap();
    assert_eq!(
        store.journal_head().await.unwrap().as_deref(),
        Some("digue.test\n3\n")
    );
    for _ in 0..2 {
        store.set_journal_head_aside("2026").await.unwrap();
        assert_eq!(store.journal_head().await.unwrap(), None);
    }
}

async fn a_file_has_two_digests_while_it_is_replaced(store: &Store) {
    let file = "caseload:personnes";
    assert!(store.file_digests(file).await.unwrap().is_empty());
    let [one, other] = ["a".repeat(64), "b".repeat(64)];
    store.set_file_digest(file, &one).await.unwrap();
    for _ in 0..2 {
        store.add_file_digest(file, &other).await.unwrap();
    }
    assert_eq!(
        store.file_digests(file).await.unwrap(),
        [one, other.clone()]
    );
    store.set_file_digest(file, &other).await.unwrap();
    assert_eq!(store.file_digests(file).await.unwrap(), [other]);
    assert!(
        store.set_file_digest(file, "").await.is_err(),
        "a file without digest is not a known one"
    );
    assert_eq!(
        store.file_digests(file).await.unwrap().len(),
        1,
        "all or nothing"
    );
}

async fn a_feed_is_bounded_and_its_old_loads_are_forgotten(store: &Store) {
    let (a1, target) = (account("a1"), "caseload:personnes");
    assert_eq!(store.feed(&a1, target).await.unwrap(), None);
    for per_day in [5, 0] {
        store.set_feed(&a1, target, per_day).await.unwrap();
    }
    assert_eq!(
        store.feed(&a1, target).await.unwrap(),
        Some(0),
        "nothing is a bound, and not none"
    );
    for (second, readings) in [(1, 10), (2, 20), (2, 5), (9, 1)] {
        store
            .add_feed_load(&a1, target, (at(second), readings), at(second - 8))
            .await
            .unwrap();
    }
    let loads = store.feed_loads(&a1, target, at(0)).await.unwrap();
    assert_eq!(
        loads,
        [(at(2), 25), (at(9), 1)],
        "two of one instant count both"
    );
    assert_eq!(
        store.feed_loads(&a1, target, at(2)).await.unwrap(),
        [(at(9), 1)]
    );
    assert!(store.set_feed(&account("nobody"), target, 1).await.is_err());
}

async fn wanted_rules_are_not_granted_ones(store: &Store) {
    let portal = "portal:kairos";
    store.set_wanted_rules(portal, "wider").await.unwrap();
    assert!(store.granted_rules().await.unwrap().is_empty());
    for rules in ["first", ""] {
        store.set_granted_rules(portal, rules).await.unwrap();
    }
    assert_eq!(
        store.granted_rules().await.unwrap(),
        [(portal.to_owned(), String::new())]
    );
    assert_eq!(
        store.wanted_rules(portal).await.unwrap().as_deref(),
        Some("wider")
    );
    assert_eq!(store.wanted_rules("policies:").await.unwrap(), None);
}

async fn a_cut_is_replaced_and_needs_no_account(store: &Store) {
    let cut = |is_lifted| IdentityCutRecord {
        account: account("proxied"),
        at: NOON,
        is_lifted,
    };
    store.save_identity_cut(&cut(false)).await.unwrap();
    assert_eq!(store.identity_cuts().await.unwrap(), [cut(false)]);
    store.save_identity_cut(&cut(true)).await.unwrap();
    assert_eq!(store.identity_cuts().await.unwrap(), [cut(true)]);
}

async fn a_partner_is_known_from_its_first_day(store: &Store) {
    let of_1 = OrganisationId::parse("of-1").unwrap();
    assert_eq!(store.assessment_draft(&of_1).await.unwrap(), None);
    store.set_assessment_draft(&of_1, Some("{}")).await.unwrap();
    assert!(
        store.partners_known().await.unwrap().is_empty()
            && store.partners_reminded().await.unwrap().is_empty()
    );
    assert_eq!(store.partner_known(&of_1).await.unwrap(), None);
    for second in [0, 5] {
        store
            .add_partners_known(&[(of_1.clone(), at(second))])
            .await
            .unwrap();
        store.set_partner_reminded(&of_1, at(second)).await.unwrap();
    }
    assert_eq!(store.partner_known(&of_1).await.unwrap(), Some(at(0)));
    assert_eq!(
        store.partners_known().await.unwrap(),
        [(of_1.clone(), at(0))].into()
    );
    assert_eq!(
        store.partners_reminded().await.unwrap(),
        [(of_1.clone(), at(5))].into()
    );
    assert_eq!(
        store.assessment_draft(&of_1).await.unwrap().as_deref(),
        Some("{}")
    );
    store.set_assessment_draft(&of_1, None).await.unwrap();
    assert_eq!(store.assessment_draft(&of_1).await.unwrap(), None);
}

/// The lists in the constraints are those of the types.
async fn every_code_is_one_that_the_database_takes(store: &Store) {
    let of_1 = OrganisationId::parse("of-1").unwrap();
    for role in Role::ALL {
        let membership = Membership {
            organisation: of_1.clone(),
            role,
        };
        store
            .save_accounts(&[(account("a1"), membership)])
            .await
            .unwrap();
    }
    let membership = Membership {
        organisation: of_1.clone(),
        role: Role::Delegate,
    };
    store
        .save_accounts(&[(account("a1"), membership)])
        .await
        .unwrap();
    let reaches = [
        Reach::Everything,
        Reach::Portal("kairos".parse().unwrap()),
        Reach::Organisation(of_1),
        Reach::Account(account("nobody")),
    ];
    for reach in reaches {
        for gate in [Gate::CaseloadOnly, Gate::StepUp, Gate::Closed, Gate::Open] {
            let reason = GateReason::Quarantine;
            let record = GateRecord {
                reach: reach.clone(),
                gate,
                reason,
                set_by: account("digue"),
                set_at: NOON,
            };
            store.set_gate(&record).await.unwrap();
        }
    }
    assert!(store.gates().await.unwrap().is_empty());
}
