//! The part of the contract about the ISMS.

use digue_store::{CheckRecord, ReviewLine, ReviewRecord, RevisionRecord, Store, SwitchRecord};
use digue_types::{OrganisationId, Timestamp};

use crate::{NOON, account};

pub(crate) async fn keep_the_contract(store: &Store) {
    revisions_are_added_once_and_the_last_counts(store).await;
    results_are_kept_and_the_last_is_found(store).await;
    a_line_of_a_review_is_decided_once(store).await;
}

async fn revisions_are_added_once_and_the_last_counts(store: &Store) {
    let revision = |id: &str, number: u32, content: &str| RevisionRecord {
        kind: "measure".to_owned(),
        id: id.to_owned(),
        number,
        at: NOON,
        author: "rssi".to_owned(),
        is_over: number > 2,
        content: content.to_owned(),
    };
    assert!(
        store
            .add_revisions(&[revision("ME-1", 1, "{}")])
            .await
            .unwrap()
    );
    assert!(
        !store
            .add_revisions(&[revision("ME-1", 1, "[]")])
            .await
            .unwrap(),
        "never overwritten"
    );
    assert!(
        store
            .add_revisions(&[revision("ME-1", 2, "{}")])
            .await
            .unwrap()
    );
    // All or none.
    let both = [revision("ME-2", 1, "{}"), revision("ME-1", 2, "{}")];
    assert!(!store.add_revisions(&both).await.unwrap());
    let last = store.last_revisions().await.unwrap();
    assert_eq!(last, [revision("ME-1", 2, "{}")]);
    assert_eq!(store.revisions("measure", "ME-1").await.unwrap().len(), 2);
}

async fn results_are_kept_and_the_last_is_found(store: &Store) {
    let result = |second: i64| CheckRecord {
        name: "passkeys".to_owned(),
        at: Timestamp::from_secs(NOON.secs() + second),
        content: "{}".to_owned(),
        hash: format!("h{second}"),
    };
    for second in [0, 2, 1] {
        store.add_check_result(&result(second)).await.unwrap();
    }
    assert_eq!(store.last_check_results().await.unwrap(), [result(2)]);
    assert_eq!(
        store.check_results("passkeys", 2).await.unwrap(),
        [result(2), result(1)]
    );
    let switch = |reason: &str| SwitchRecord {
        name: "passkeys".to_owned(),
        author: "rssi".to_owned(),
        reason: reason.to_owned(),
        until: NOON,
    };
    store.switch_check(&switch("migration")).await.unwrap();
    store.switch_check(&switch("fini")).await.unwrap();
    assert_eq!(store.check_switches().await.unwrap(), [switch("fini")]);
}

async fn a_line_of_a_review_is_decided_once(store: &Store) {
    let review = ReviewRecord {
        id: "rv-1".to_owned(),
        title: "2026".to_owned(),
        opened_at: NOON,
        opened_by: account("rssi"),
        due_at: NOON,
        closed_at: Timestamp::ZERO,
    };
    let line = |decision: &str| ReviewLine {
        review: "rv-1".to_owned(),
        account: account("a1"),
        organisation: OrganisationId::parse("of-1").unwrap(),
        facts: "{}".to_owned(),
        decision: decision.to_owned(),
        decided_by: if decision.is_empty() {
            String::new()
        } else {
            "chef".to_owned()
        },
        decided_at: if decision.is_empty() {
            Timestamp::ZERO
        } else {
            NOON
        },
        reason: String::new(),
    };
    assert!(store.open_review(&review, &[line("")]).await.unwrap());
    let second = ReviewRecord {
        id: "rv-2".to_owned(),
        ..review.clone()
    };
    assert!(
        !store.open_review(&second, &[]).await.unwrap(),
        "one is open"
    );
    assert_eq!(store.reviews().await.unwrap(), [review]);
    assert_eq!(store.review_lines("rv-1").await.unwrap(), [line("")]);
    assert!(store.decide_review_line(&line("keep")).await.unwrap());
    assert!(!store.decide_review_line(&line("suspend")).await.unwrap());
    assert_eq!(store.review_lines("rv-1").await.unwrap(), [line("keep")]);
    store.close_review("rv-1", NOON).await.unwrap();
    assert_eq!(store.reviews().await.unwrap()[0].closed_at, NOON);
}
