//! The contract of findings.

use digue_store::{
    AlertChannel, FindingCount, FindingQuery, FindingRecord, FindingVerdict, FindingsAbout, Store,
};
use digue_types::{OrganisationId, PortalId, Timestamp};

use super::{NOON, account};

fn finding(id: &str, at: Timestamp) -> FindingRecord {
    FindingRecord {
        id: id.parse().unwrap(),
        at,
        account: (id != "f3").then(|| account("a1")),
        organisation: OrganisationId::parse("of-1").unwrap(),
        portal: PortalId::parse("kairos").unwrap(),
        weight: "containment".into(),
        evidence: 4_210,
        signals: "[]".into(),
        around: r#"{"usual":12}"#.into(),
        persons: 32,
        action: "close-account".into(),
        intended: "close-organisation".into(),
        is_fused: id == "f2",
        verdict: None,
    }
}

pub(crate) async fn keep_the_contract(store: &Store) {
    let later = Timestamp::from_secs(NOON.secs() + 60);
    let all = [
        finding("f2", later),
        finding("f1", NOON),
        finding("f3", NOON),
    ];
    for one in &all {
        store.add_finding(one).await.unwrap();
    }
    assert!(store.add_finding(&all[0]).await.is_err(), "ids are unique");
    assert_eq!(
        store
            .findings_of(&FindingQuery::default(), 10)
            .await
            .unwrap(),
        all
    );
    assert_eq!(
        store
            .findings_of(&FindingQuery::default(), 1)
            .await
            .unwrap(),
        all[..1]
    );
    assert_eq!(store.finding("f1").await.unwrap(), Some(all[1].clone()));
    assert_eq!(store.finding("f9").await.unwrap(), None);
    a_query_selects_what_it_says(store, later).await;
    let untold = async |channel, most| -> Vec<String> {
        store
            .untold_findings(channel, most)
            .await
            .unwrap()
            .into_iter()
            .map(|finding| finding.id.to_string())
            .collect()
    };
    store
        .tell_finding("f1", AlertChannel::Webhook, later)
        .await
        .unwrap();
    assert_eq!(untold(AlertChannel::Webhook, 10).await, ["f3", "f2"]);
    assert_eq!(
        untold(AlertChannel::Syslog, 10).await,
        ["f1", "f3", "f2"],
        "each has its own progress"
    );
    assert_eq!(untold(AlertChannel::Syslog, 2).await, ["f1", "f3"]);
    store
        .skip_findings(AlertChannel::Syslog, later)
        .await
        .unwrap();
    assert!(untold(AlertChannel::Syslog, 10).await.is_empty());
    assert_eq!(untold(AlertChannel::Webhook, 10).await, ["f3", "f2"]);
    // Of two who decide, one does.
    let verdict = FindingVerdict {
        is_theft: false,
        by: account("rssi"),
        at: later,
        reason: "un inventaire".into(),
    };
    assert!(store.decide_finding("f1", &verdict).await.unwrap());
    assert!(
        !store
            .decide_finding(
                "f1",
                &FindingVerdict {
                    is_theft: true,
                    ..verdict.clone()
                }
            )
            .await
            .unwrap()
    );
    assert_eq!(
        store.finding("f1").await.unwrap().unwrap().verdict,
        Some(verdict)
    );
    let counted = async |is_undecided| {
        let asked = FindingQuery {
            is_undecided,
            is_work: !is_undecided,
            ..FindingQuery::default()
        };
        store.count_findings(&asked).await.unwrap().findings
    };
    assert_eq!((counted(true).await, counted(false).await), (2, 1));
}

/// Of three undecided findings: f1 and f2 of an account, f3 of their organisation as a whole.
async fn a_query_selects_what_it_says(store: &Store, later: Timestamp) {
    let of = OrganisationId::parse("of-1").unwrap();
    let check = async |asked: FindingQuery, ids: &[&str], oldest: Option<Timestamp>| {
        let found = store.findings_of(&asked, 10).await.unwrap();
        let found: Vec<&str> = found.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(found, ids, "{asked:?}");
        let findings = ids.len() as u64;
        assert_eq!(
            store.count_findings(&asked).await.unwrap(),
            FindingCount { findings, oldest },
            "{asked:?}"
        );
    };
    let about = |about| FindingQuery {
        about: Some(about),
        ..FindingQuery::default()
    };
    let account = FindingsAbout::Account(account("a1"));
    check(about(account.clone()), &["f2", "f1"], Some(NOON)).await;
    let whole = about(FindingsAbout::Organisation(of.clone()));
    check(whole, &["f2", "f1", "f3"], Some(NOON)).await;
    check(
        about(FindingsAbout::OrganisationItself(of)),
        &["f3"],
        Some(NOON),
    )
    .await;
    let portal = |name| about(FindingsAbout::Portal(PortalId::parse(name).unwrap()));
    check(portal("kairos"), &["f2", "f1", "f3"], Some(NOON)).await;
    check(portal("akto"), &[], None).await;
    let fused = FindingQuery {
        is_fused: true,
        ..about(account.clone())
    };
    check(fused, &["f2"], Some(later)).await;
    let since = FindingQuery {
        since: Some(later),
        is_undecided: true,
        ..FindingQuery::default()
    };
    check(since, &["f2"], Some(later)).await;
    let until = FindingQuery {
        until: Some(NOON),
        ..about(account)
    };
    check(until, &["f1"], Some(NOON)).await;
    let closed = FindingQuery {
        has_closed: true,
        ..FindingQuery::default()
    };
    check(closed, &["f2", "f1", "f3"], Some(NOON)).await;
    let work = FindingQuery {
        is_work: true,
        ..FindingQuery::default()
    };
    check(work, &[], None).await;
}
