//! The part of the contract about persons, and about reports to the message desk.

use digue_store::{
    EnteredRequest, HiddenRecord, KnownPerson, PersonCode, PreferenceRecord, ReportRecord,
    RequestRecord, Store,
};
use digue_types::Timestamp;

use crate::{NOON, account};

pub(crate) async fn keep_the_contract(store: &Store) {
    a_code_is_taken_once_and_in_time(store).await;
    a_request_is_answered_once(store).await;
    an_entered_request_keeps_how_it_came_and_its_proof(store).await;
    a_wish_is_replaced_and_forgotten(store).await;
    what_is_hidden_is_lifted_once(store).await;
    a_report_is_published_once_and_forgotten(store).await;
    what_strangers_show_pushes_nothing_off(store).await;
}

fn marie() -> KnownPerson {
    KnownPerson {
        population: "personnes".to_owned(),
        person: "P1".to_owned(),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(NOON.secs() + second)
}

async fn a_code_is_taken_once_and_in_time(store: &Store) {
    let code = |hash: &str, expires: i64| PersonCode {
        hash: hash.to_owned(),
        whose: marie(),
        made_at: NOON,
        made_by: account("dpo"),
        expires_at: at(expires),
    };
    store
        .add_person_codes(&[code("h1", 60), code("h2", 60)])
        .await
        .unwrap();
    assert_eq!(
        store.take_person_code("h1", at(10)).await.unwrap(),
        Some(marie())
    );
    assert_eq!(
        store.take_person_code("h1", at(11)).await.unwrap(),
        None,
        "once"
    );
    assert_eq!(
        store.take_person_code("h2", at(60)).await.unwrap(),
        None,
        "in time"
    );
    assert_eq!(store.take_person_code("h3", at(10)).await.unwrap(), None);
    assert_eq!(store.forget_person_codes(at(60)).await.unwrap(), 2);
}

async fn an_entered_request_keeps_how_it_came_and_its_proof(store: &Store) {
    let entered = EnteredRequest {
        channel: "post".to_owned(),
        received_at: at(100),
        requester: "Marie Durand\n1 rue Haute\n35000 Rennes".to_owned(),
        entered_by: "dpo".to_owned(),
        proof: String::new(),
        proof_at: Timestamp::ZERO,
    };
    let opened = RequestRecord {
        entered: Some(entered.clone()),
        ..RequestRecord::opened("rq-9".to_owned(), marie(), "erasure", at(200))
    };
    store.add_request(&opened).await.unwrap();
    assert_eq!(store.request("rq-9").await.unwrap(), Some(opened.clone()));
    assert!(
        store
            .note_request_proof("rq-9", "document", at(300))
            .await
            .unwrap()
    );
    // One that a signed-in person made has no proof to note.
    assert!(
        !store
            .note_request_proof("rq-2", "document", at(300))
            .await
            .unwrap()
    );
    let by = account("dpo");
    let answer = ("Dossier en cours.", "legal-duty");
    assert!(
        store
            .answer_request("rq-9", (&by, at(400)), "refused", answer)
            .await
            .unwrap()
    );
    assert!(
        !store
            .note_request_proof("rq-9", "asked", at(500))
            .await
            .unwrap()
    );
    let stored = store.request("rq-9").await.unwrap().unwrap();
    assert_eq!(stored.refusal, "legal-duty");
    let proved = EnteredRequest {
        proof: "document".to_owned(),
        proof_at: at(300),
        ..entered
    };
    assert_eq!(stored.entered, Some(proved));
    store.release_request("rq-9").await.unwrap();
    let released = store.request("rq-9").await.unwrap().unwrap();
    assert_eq!(
        (released.refusal.as_str(), released.answered_at),
        ("", Timestamp::ZERO)
    );
}

async fn a_request_is_answered_once(store: &Store) {
    let request = |id: &str, second: i64| RequestRecord {
        id: id.to_owned(),
        whose: marie(),
        kind: "contest".to_owned(),
        entry: 42,
        account: "a1".to_owned(),
        reason: "unknown-body".to_owned(),
        text: "Je ne connais pas cet organisme.".to_owned(),
        opened_at: at(second),
        extended_at: Timestamp::ZERO,
        extended_why: String::new(),
        answered_at: Timestamp::ZERO,
        answered_by: String::new(),
        outcome: String::new(),
        answer: String::new(),
        refusal: String::new(),
        entered: None,
    };
    for (id, second) in [("rq-1", 1), ("rq-2", 2)] {
        store.add_request(&request(id, second)).await.unwrap();
    }
    assert!(
        store
            .extend_request("rq-1", at(5), "dossier complexe")
            .await
            .unwrap()
    );
    assert!(!store.extend_request("rq-1", at(6), "encore").await.unwrap());
    let by = account("dpo");
    assert!(
        store
            .answer_request("rq-1", (&by, at(9)), "explained", ("Un rendez-vous.", ""))
            .await
            .unwrap()
    );
    assert!(
        !store
            .answer_request("rq-1", (&by, at(10)), "upheld", ("Non.", ""))
            .await
            .unwrap()
    );
    assert!(
        !store
            .extend_request("rq-1", at(11), "trop tard")
            .await
            .unwrap()
    );
    let all = store.requests().await.unwrap();
    assert_eq!(
        all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        ["rq-1", "rq-2"]
    );
    assert_eq!(
        (all[0].outcome.as_str(), all[0].extended_why.as_str()),
        ("explained", "dossier complexe")
    );
    assert_eq!(all[1], request("rq-2", 2));
    assert_eq!(
        store.request("rq-2").await.unwrap(),
        Some(request("rq-2", 2))
    );
    assert_eq!(store.request("rq-3").await.unwrap(), None);
    assert_eq!(store.open_requests("contest").await.unwrap(), 1);
    let own = store.requests_of(&marie()).await.unwrap();
    assert_eq!(own[0].id, "rq-2", "the newest first");
    let other = KnownPerson {
        person: "P2".to_owned(),
        ..marie()
    };
    assert!(store.requests_of(&other).await.unwrap().is_empty());
}

async fn a_wish_is_replaced_and_forgotten(store: &Store) {
    let preference = |told_entry: u64| PreferenceRecord {
        whose: marie(),
        sealed_email: "sealed".to_owned(),
        language: "fr".to_owned(),
        first_visits: true,
        monthly: false,
        told_entry,
        digest_at: NOON,
    };
    store.save_preference(&preference(1)).await.unwrap();
    store.save_preference(&preference(7)).await.unwrap();
    let known = preference(7);
    assert!(store.note_told(&known.whose, 9, NOON).await.unwrap());
    let told = store.request_of(&known.whose).await.unwrap();
    assert_eq!(
        told,
        Some(PreferenceRecord {
            told_entry: 9,
            digest_at: NOON,
            ..known.clone()
        })
    );
    store.save_preference(&known).await.unwrap();
    assert_eq!(store.preferences().await.unwrap(), [preference(7)]);
    assert_eq!(
        store.request_of(&marie()).await.unwrap(),
        Some(preference(7))
    );
    store.remove_preference(&marie()).await.unwrap();
    assert_eq!(store.request_of(&marie()).await.unwrap(), None);
}

async fn what_is_hidden_is_lifted_once(store: &Store) {
    let hidden = HiddenRecord {
        id: "hd-1".to_owned(),
        reach: digue_access::Reach::Account(account("a1")),
        from: NOON,
        to: at(60),
        reason: "enquete en cours".to_owned(),
        set_by: account("dpo"),
        set_at: at(70),
        until: at(900),
        lifted_at: Timestamp::ZERO,
    };
    store.hide(&hidden).await.unwrap();
    assert_eq!(store.hidden().await.unwrap(), [hidden]);
    assert!(store.lift("hd-1", at(80)).await.unwrap());
    assert!(!store.lift("hd-1", at(81)).await.unwrap());
}

async fn a_report_is_published_once_and_forgotten(store: &Store) {
    let report = |id: &str, second: i64| ReportRecord {
        id: id.to_owned(),
        at: at(second),
        reporter: "a1".to_owned(),
        verdict: "fraud".to_owned(),
        signs: "looks-like".to_owned(),
        look_alikes: "portai.fr".to_owned(),
        published_at: Timestamp::ZERO,
    };
    for (id, second) in [("mr-1", 1), ("mr-2", 2)] {
        store.add_report(&report(id, second)).await.unwrap();
    }
    assert!(store.publish_report("mr-1", at(9)).await.unwrap());
    assert!(!store.publish_report("mr-1", at(9)).await.unwrap());
    assert_eq!(store.reports(10).await.unwrap()[0], report("mr-2", 2));
    assert_eq!(store.forget_reports(at(2)).await.unwrap(), 1);
    assert_eq!(store.reports(10).await.unwrap().len(), 1);
}

async fn what_strangers_show_pushes_nothing_off(store: &Store) {
    let report = |number: u32, reporter: &str| ReportRecord {
        id: format!("flood-{number:04}"),
        at: at(i64::from(number)),
        reporter: reporter.to_owned(),
        verdict: "fraud".into(),
        signs: String::new(),
        look_alikes: format!("exemp1e-{number}.fr"),
        published_at: Timestamp::ZERO,
    };
    // What the test before left would be counted, too.
    store.forget_reports(at(100)).await.unwrap();
    store.add_report(&report(0, "")).await.unwrap();
    store.add_report(&report(1, "a1")).await.unwrap();
    assert!(store.publish_report("flood-0000", at(2)).await.unwrap());
    for number in 2..50 {
        store.add_report(&report(number, "")).await.unwrap();
    }
    let published = store.published_reports(5).await.unwrap();
    assert_eq!(
        published
            .iter()
            .map(|one| one.id.as_str())
            .collect::<Vec<_>>(),
        ["flood-0000"]
    );
    let listed = store.reports(5).await.unwrap();
    assert!(
        listed.len() == 6 && listed.iter().any(|one| one.id == "flood-0001"),
        "{listed:?}"
    );
    assert_eq!(
        store.report("flood-0007").await.unwrap(),
        Some(report(7, ""))
    );
    assert!(store.knows_report(&report(7, ""), at(0)).await.unwrap());
    assert!(!store.knows_report(&report(7, ""), at(8)).await.unwrap());
    assert!(!store.knows_report(&report(99, ""), at(0)).await.unwrap());
    assert_eq!(store.forget_reports(at(100)).await.unwrap(), 50);
}
